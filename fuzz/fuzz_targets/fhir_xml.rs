#![cfg_attr(fuzzing, no_main)]
#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| iomt_fuzz::fhir_xml(data));
#[cfg(not(fuzzing))]
fn main() {}
