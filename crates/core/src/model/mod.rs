//! The facts: medicine without bytes and without FHIR.

mod mdc;

pub use mdc::Mdc;
