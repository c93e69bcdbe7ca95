#![doc = include_str!("../../../README.md")]

pub mod account;
mod file;
pub mod readings;
mod translator;

pub use file::Summary;
pub use iomt_core::{
    Confidence, Decoder, Diagnostic, DiagnosticCode, End, Evidence, Input, Inputs, LimitKind,
    Limits, Options, Outcome, Payload, Place, Protocol, Severity, Sink, Tee, Terminators, model,
    wire,
};
pub use iomt_fhir as fhir;
pub use iomt_fhir::Output;
pub use iomt_fhir::code_maps::{CodeMapError, CodeMapErrorKind, CodeMaps, LeftOut};
pub use iomt_fhir::config::{
    BundleKind, Config, Form, Guide, ObservationStatus, OnInvalid, Partial, Results, Sentinel,
    SentinelProfile, SentinelReason, TimeZone,
};
#[cfg(feature = "gatt")]
pub use iomt_gatt as gatt;
#[cfg(feature = "hl7v2")]
pub use iomt_hl7v2 as hl7v2;
pub use iomt_nomenclature as nomenclature;
pub use iomt_validate as validate;
pub use translator::{Connection, Translator};

/// Every protocol of this build. Adding a protocol is a line here.
pub const PROTOCOLS: &[Protocol] = &[
    #[cfg(feature = "gatt")]
    gatt::PROTOCOL,
    #[cfg(feature = "hl7v2")]
    hl7v2::PROTOCOL,
];

/// The protocol of this name.
#[must_use]
pub fn protocol(name: &str) -> Option<&'static Protocol> {
    PROTOCOLS.iter().find(|protocol| protocol.name == name)
}

/// The protocol that a file is most likely of, by its first bytes.
#[must_use]
pub fn detect(bytes: &[u8]) -> Option<&'static Protocol> {
    if readings::detect(bytes) {
        return PROTOCOLS.iter().find(|p| p.inputs == Inputs::Characteristics);
    }
    let rated = PROTOCOLS.iter().map(|protocol| ((protocol.detect)(bytes), protocol));
    let best =
        rated.filter(|(c, _)| *c != Confidence::No).max_by_key(|(confidence, _)| *confidence);
    best.map(|(_, protocol)| protocol)
}

/// [`PROTOCOLS`] as a JSON array of objects with `name`, `specs`, `evidence` (`captures` or
/// `specification`) and `inputs` (`messages` or `readings`).
#[must_use]
pub fn formats() -> String {
    #[derive(serde::Serialize)]
    struct Row {
        name: &'static str,
        specs: &'static [&'static str],
        evidence: &'static str,
        inputs: &'static str,
    }
    let row = |protocol: &Protocol| Row {
        name: protocol.name,
        specs: protocol.specs,
        evidence: match protocol.evidence {
            Evidence::Captures => "captures",
            Evidence::Specification => "specification",
        },
        inputs: match protocol.inputs {
            Inputs::Messages => "messages",
            Inputs::Characteristics => "readings",
        },
    };
    // Names and texts of ours: writing them does not fail.
    serde_json::to_string(&PROTOCOLS.iter().map(row).collect::<Vec<_>>()).unwrap_or_default()
}
