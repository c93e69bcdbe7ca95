//! Resources of ours as the types of [`fhir_sdk`], for who uses that crate or its client; and back.
//!
//! Each version is a feature: `r4b` and `r5`. fhir-sdk has no R4; ours goes through R4B, which has
//! the same elements in what we write. Between versions nothing is converted: what goes to the types
//! of R5 is R5.
//!
//! Nothing else of ours uses it, for its types do not hold all that FHIR can say:
//!
//! | a resource has | fhir-sdk has | here |
//! |---|---|---|
//! | a decimal: `72`, `6.30`, `1E2` | an f64: `72.0`, `6.3`, `100.0`. How precise it was, which FHIR wants to be kept, is gone | [`Loss::Digits`] |
//! | a decimal of more digits than an f64 holds: `9007199254740993` | another number | [`ErrorKind::Changed`] |
//! | a decimal beyond f64: `1E400` | nothing: an error | [`ErrorKind::Refused`] |
//! | a time: `10:30:00.500+00:00` | `10:30:00.5Z` | [`Loss::Spelling`] |
//! | a time of more than nine digits after the second | another time | [`ErrorKind::Changed`] |
//! | base64 with space in it | base64 without | [`Loss::Spelling`] |
//! | a choice (`value[x]`, `effective[x]`) with a fault anywhere inside: a day that no month has, a time without zone or seconds, a code that its value set does not have, a required element that has an extension instead of a value | nothing, and no error: the whole choice is gone | [`ErrorKind::Dropped`] |
//! | two of one choice | one of them | [`ErrorKind::Dropped`] |
//! | an element that the version does not have | nothing, and no error | [`ErrorKind::Dropped`] |
//! | the faults of a choice anywhere else | nothing: an error | [`ErrorKind::Refused`] |
//!
//! Of what we write ourselves that hits samples without a period (`_period` says why) and a
//! MessageHeader whose sender gave no endpoint.
//!
//! So each conversion is proven: what fhir-sdk took is written by it again, and every element is
//! compared. What is another fact afterwards, or none, is an error; what is only spelled otherwise is
//! in [`Converted::losses`]. Errors name elements and no content; `Debug` of [`Converted`] shows none
//! either, that of fhir-sdk's types does.
//!
//! On the way back a decimal has the digits of the f64: 72 that went in comes out as `72.0`.
//!
#![cfg_attr(feature = "r4b", doc = "```")]
#![cfg_attr(not(feature = "r4b"), doc = "```ignore")]
//! use iomt_fhir_sdk::{Loss, r4b};
//! use fhir_sdk::r4b::resources::{Observation, ObservationValue};
//!
//! let json = br#"{"resourceType":"Observation","status":"final",
//!     "code":{"text":"heart rate"},"valueQuantity":{"value":72,"unit":"/min"}}"#;
//! let converted = r4b::from_json(json)?;
//! let losses: Vec<_> = converted.losses.iter().map(|(loss, at)| (loss, at.to_string())).collect();
//! let path = "Observation.value.ofType(Quantity).value".to_owned();
//! assert_eq!(losses, [(Loss::Digits, path)]);
//!
//! let observation = Observation::try_from(converted.resource)?;
//! let Some(ObservationValue::Quantity(quantity)) = &observation.value else { panic!() };
//! assert_eq!(quantity.value, Some(72.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compare;
mod convert;

pub use convert::{Converted, Error, ErrorKind, Loss, Losses};

/// A version: the two ways, and the resources of the element table.
macro_rules! version {
    ($version:ident, $name:literal, $table:ident) => {
        #[doc = concat!("The types of `fhir_sdk::", $name, "`.")]
        #[cfg(feature = $name)]
        pub mod $version {
            use crate::convert::{self, Converted, Error, Types};
            use fhir_sdk::$version::resources::Resource;
            use iomt_fhir::{
                Version,
                table::{ElementId, el},
                tape::{NodeId, Tape},
            };
            use serde_json::from_str;

            impl Types for Resource {
                const VERSION: Version = Version::$table;

                fn read(root: ElementId, json: &str) -> Option<serde_json::Result<Self>> {
                    // Not `Resource` itself: its errors have no place, for it is read as a whole
                    // before it is looked at.
                    Some(match root {
                        el::ROOT_BUNDLE => from_str(json).map(Self::Bundle),
                        el::ROOT_DEVICE => from_str(json).map(Self::Device),
                        el::ROOT_DEVICE_METRIC => from_str(json).map(Self::DeviceMetric),
                        el::ROOT_DIAGNOSTIC_REPORT => from_str(json).map(Self::DiagnosticReport),
                        el::ROOT_ENCOUNTER => from_str(json).map(Self::Encounter),
                        el::ROOT_LOCATION => from_str(json).map(Self::Location),
                        el::ROOT_MESSAGE_HEADER => from_str(json).map(Self::MessageHeader),
                        el::ROOT_OBSERVATION => from_str(json).map(Self::Observation),
                        el::ROOT_OPERATION_OUTCOME => from_str(json).map(Self::OperationOutcome),
                        el::ROOT_ORGANIZATION => from_str(json).map(Self::Organization),
                        el::ROOT_PATIENT => from_str(json).map(Self::Patient),
                        el::ROOT_PRACTITIONER => from_str(json).map(Self::Practitioner),
                        el::ROOT_PRACTITIONER_ROLE => from_str(json).map(Self::PractitionerRole),
                        el::ROOT_PROVENANCE => from_str(json).map(Self::Provenance),
                        el::ROOT_SERVICE_REQUEST => from_str(json).map(Self::ServiceRequest),
                        el::ROOT_SPECIMEN => from_str(json).map(Self::Specimen),
                        _ => return None,
                    })
                }
            }

            /// The resource at `node` of a tape.
            ///
            /// # Errors
            /// What fhir-sdk cannot hold: see the table of the [crate].
            pub fn from_tape(tape: &Tape, node: NodeId) -> Result<Converted<Resource>, Error> {
                convert::from_tape(tape, node)
            }

            /// A resource as JSON, which is read by our reader first.
            ///
            /// # Errors
            /// What is wrong with the JSON, and what fhir-sdk cannot hold.
            pub fn from_json(json: &[u8]) -> Result<Converted<Resource>, Error> {
                convert::from_json(json)
            }

            /// Appends a resource to a tape. After an error the tape is as it was.
            ///
            /// # Errors
            /// What FHIR JSON cannot have, such as NaN or an empty string, and elements that the
            /// element table does not have.
            pub fn to_tape(resource: &Resource, tape: &mut Tape) -> Result<NodeId, Error> {
                convert::to_tape(resource, tape)
            }
        }
    };
}

version!(r4b, "r4b", R4B);
version!(r5, "r5", R5);
