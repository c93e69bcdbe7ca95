//! FHIR resources on one element table: tape, builders, policy, identity, bundles, JSON.

pub mod json;
pub mod table;
pub mod tape;
