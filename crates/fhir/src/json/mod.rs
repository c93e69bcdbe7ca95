//! FHIR JSON (R4, "JSON Representation of Resources"): tape to text and back.

mod lex;
mod read;
mod write;

pub use read::{DEFAULT_DEPTH, Reader, read};
pub use write::{Buffer, is_number, write};
