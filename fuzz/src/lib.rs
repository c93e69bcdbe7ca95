//! The bodies of the fuzz targets, so that stable `cargo test` compiles and runs them.
//!
//! `cargo +nightly fuzz run hl7v2` (or `hl7v2_diff`, `mllp_stream`, `gatt`, `translate`, `fhir_json`, `fhir_xml`,
//! `fhir_roundtrip`). Seeds stand in `corpus/<target>`; what is found becomes a vector of the protocol
//! that it is of, or of `fhir`, named after what it shows.

mod fhir;
mod gatt;
mod hl7v2;
mod hl7v2_diff;
mod mllp_stream;
mod sink;
mod translate;

pub use fhir::{fhir_json, fhir_roundtrip, fhir_xml};
pub use gatt::gatt;
pub use hl7v2::hl7v2;
pub use hl7v2_diff::hl7v2_diff;
pub use mllp_stream::mllp_stream;
pub use translate::translate;

/// With `--cfg planted_bug`, instead of the body: a bug that no seed has and that is found only by
/// who sees which branches an input takes. Proof that the fuzzer would find one.
fn planted(data: &[u8]) {
    for at in 0..data.len() {
        let is = |offset: usize, byte: u8| data.get(at + offset) == Some(&byte);
        if is(0, b'B') {
            std::hint::black_box(1);
            if is(1, b'U') {
                std::hint::black_box(2);
                if is(2, b'G') {
                    std::hint::black_box(3);
                    assert!(!is(3, b'!'), "the planted bug");
                }
            }
        }
    }
}
