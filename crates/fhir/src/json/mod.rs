//! FHIR JSON (R4, "JSON Representation of Resources"): tape to text and back.

mod layout;
pub(crate) mod lex;
mod read;
mod write;

pub use layout::{Layout, lay_out};
pub use read::{DEFAULT_DEPTH, Reader, read};
pub(crate) use read::{rules, write_unescaped};
pub use write::{Buffer, is_number, write};
