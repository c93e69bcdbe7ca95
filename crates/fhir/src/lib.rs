//! FHIR resources on one element table: tape, builders, policy, identity, bundles, JSON.

pub mod issue;
pub mod json;
pub mod table;
pub mod tape;

pub use issue::{Issue, Validate};
pub use tape::{NodeId, Tape};
