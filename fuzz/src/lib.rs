//! The bodies of the fuzz targets, so that stable `cargo test` compiles and runs them.
//!
//! `cargo +nightly fuzz run hl7v2` (or `hl7v2_diff`, `mllp_stream`, `gatt`, `translate`). Seeds stand in `corpus/<target>`; what
//! is found becomes a vector of the protocol that it is of, named after what it shows.

mod gatt;
mod hl7v2;
mod hl7v2_diff;
mod mllp_stream;
mod sink;
mod translate;

pub use gatt::gatt;
pub use hl7v2::hl7v2;
pub use hl7v2_diff::hl7v2_diff;
pub use mllp_stream::mllp_stream;
pub use translate::translate;

/// A bug to be found, with `--cfg planted_bug`: proof that the fuzzer would find one.
fn planted(_data: &[u8]) {
    #[cfg(planted_bug)]
    for at in 0.._data.len() {
        let is = |offset: usize, byte: u8| _data.get(at + offset) == Some(&byte);
        // Byte by byte, as a parser goes: each step is an edge of its own.
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
