//! The rules of FHIR resources, on the element table.
