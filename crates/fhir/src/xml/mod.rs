//! FHIR XML (R4, "XML Representation of Resources"): tape to text and back.
//!
//! A resource is an element of its name in the namespace of FHIR; what is in it stands in the
//! order of the element table; a primitive has its text in the attribute `value`. `id` of a data
//! type and `url` of an extension are attributes; the narrative is XHTML as it stands.
//!
//! Document type declarations are refused, and so are entities other than the five of XML.

mod lex;
mod read;
mod text;
mod write;

use crate::table::{ElementId, Kind, el};

pub use read::{DEFAULT_DEPTH, Reader, read};
pub use write::{Writer, write};

const FHIR: &str = "http://hl7.org/fhir";
const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// Whether an element of the table is an attribute in XML.
fn is_attribute(element: ElementId) -> bool {
    let row = element.row();
    match row.name {
        "id" => row.parent.row().kind != Kind::Resource,
        _ => element == el::EXTENSION_URL,
    }
}
