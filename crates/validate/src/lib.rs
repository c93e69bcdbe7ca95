//! The rules of FHIR resources, on the element table (R4, R4B, R5).
//!
//! [`Validator`] checks a resource on a tape, whoever wrote it: our mapping or the JSON reader.
//!
//! | what | how |
//! |---|---|
//! | structure | order, cardinality, choices, types, required bindings: the element table |
//! | primitives | forms and ranges by the definitions, calendar days that exist, zones |
//! | invariants | those of every type in the table, written by hand under their keys |
//! | units | codes of UCUM in a Quantity, by its grammar and atoms |
//! | references | contained resources in both directions; the type, where it is written |
//! | bundles | bdl-1 to bdl-12, fullUrl |
//! | narrative | well-formed XHTML, its elements and attributes |
//! | vital signs | the profiles that a LOINC or SNOMED CT code implies |
//!
//! What is left out: definitions of extensions, codes of extensible bindings and displays,
//! `meta.profile`, resources of types that the table does not have (the JSON reader warns of
//! each), and dom-3 where such a resource is contained. Best practice (dom-6, a performer) is
//! never an issue here.
//!
//! Nothing is allocated for a resource that is clean, once a few scratch lists have grown.

mod bundle;
mod check;
mod decimal;
mod invariants;
mod lexical;
mod narrative;
mod r5;
mod reference;
mod rules;
#[cfg(test)]
mod tests;
mod time;
mod vital;

use check::{Check, Scratch};
use iomt_fhir::{Issue, NodeId, Tape, Validate, Version, issue::Report};

/// Checks resources; it keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Validator {
    scratch: Scratch,
    version: Version,
}

impl Validator {
    /// A validator for R4.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, for another version.
    #[must_use]
    pub const fn for_version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }
}

impl Validate for Validator {
    fn validate(&mut self, tape: &Tape, node: NodeId, issues: &mut Vec<Issue>) -> bool {
        let report = Report::new(issues);
        Check { tape, report, scratch: &mut self.scratch, version: self.version }.run(node)
    }
}
