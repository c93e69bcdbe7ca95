//! FHIR JSON (R4, "JSON Representation of Resources"): tape to text and back.

mod write;

pub use write::{Buffer, write};
