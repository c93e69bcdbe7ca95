//! IEEE 11073 codes, units with exact factors, LOINC selection: tables and look-ups.
//!
//! | module | from | to |
//! |---|---|---|
//! | [`mdc`] | an MDC code | its reference id, and back |
//! | [`mod@unit`] | UCUM, `MDC_DIM_…`, or what devices write | a unit; exact conversion |
//! | [`ucum`] | any unit of UCUM | its validity; exact conversion |
//! | [`analyte`] | a MDC or LOINC code | the substance, for mg/dL and mmol/L |
//! | [`loinc`] | an MDC code and a unit | the LOINC codes that hold for it |
//! | [`vital`] | a LOINC or SNOMED CT code | the vital-signs profile that FHIR implies |
//! | [`bits`] | an MDC code and a bit | its name in `ASN1ToHL7` |
//!
//! Everything is a sorted static slice and a binary search: no allocation, no start-up. The
//! slices are generated from `data/*.csv`, where each row names its source.
//!
//! What is not certain is not there: an MDC id that public tables give two codes, a unit text
//! with two readings (`M`, `G/L`), a LOINC code that says more than the MDC code does.
//!
//! # Licences of the terminologies
//!
//! - **LOINC**: This content from LOINC® is copyright © 1995 Regenstrief Institute, Inc. and the
//!   LOINC Committee, and available at no cost under the license at
//!   <http://loinc.org/terms-of-use>. Codes and names are used as they are.
//! - **UCUM**: codes and their factors. The UCUM specification is copyright © Regenstrief
//!   Institute, Inc.; it is used under the UCUM licence at <https://ucum.org/license>, comes
//!   without warranty, and is not reproduced here.
//! - **MDC** (ISO/IEEE 11073-10101): codes and reference ids are facts. None of the standard's
//!   descriptions or definitions is reproduced here; they are copyright © IEEE.
//! - **SNOMED CT**: a few identifiers, as keys for a look-up; no terms. Who uses SNOMED CT in
//!   data needs the licence of SNOMED International.
#![no_std]

pub mod analyte;
pub mod bits;
mod generated;
pub mod loinc;
pub mod mdc;
pub mod ucum;
pub mod unit;
pub mod vital;
