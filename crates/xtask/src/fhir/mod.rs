//! The FHIR element table: published definitions → `crates/fhir/data/*.csv` → generated Rust.

mod codegen;
mod conversions;
mod import;
mod typed;

use crate::support::{Mode, Result};
pub use import::import;

/// Turns the fact tables into the checked-in Rust.
pub fn codegen(mode: Mode) -> Result {
    codegen::codegen(mode)?;
    typed::codegen(mode)
}

const ELEMENTS: &str = "crates/fhir/data/elements.csv";
const TYPES: &str = "crates/fhir/data/types.csv";
const CODES: &str = "crates/fhir/data/codes.csv";

const CONVERSIONS: &str = "crates/fhir/data/conversions.csv";

/// The type whose elements are the resources themselves: what a slot such as
/// `Bundle.entry.resource` holds.
const SLOT: &str = "Resource";

/// The type whose elements every primitive may have besides its value: `id` and `extension`.
const ELEMENT: &str = "Element";

/// A resource of a type that the table does not have: what is known of it all the same.
const UNCHECKED: &str = "Unchecked";

/// What `types.csv` calls a resource type of which we know the name only.
const FOREIGN: &str = "foreign";
