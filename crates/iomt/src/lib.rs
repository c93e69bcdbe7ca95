//! From device messages to validated FHIR: every protocol behind one translator.
//!
//! ```
//! use iomt::{Config, Form, Input, Translator};
//!
//! let mut config = Config::default();
//! config.to = Form::Ndjson;
//! config.subject = Some("Patient/42".into());
//! let mut translator = Translator::new(config);
//!
//! // One connection to one blood pressure cuff; this came as an indication of 2A35.
//! let mut cuff = translator.connect(iomt::protocol("gatt").ok_or("built without gatt")?);
//! let value = [0x02, 0x78, 0x00, 0x50, 0x00, 0x5d, 0x00, 0xea, 0x07, 11, 24, 8, 30, 0];
//! let mut observations: Vec<String> = Vec::new();
//! translator.push(&mut cuff, Input::characteristic(0x2a35, &value), &mut observations)?;
//! assert!(observations[0].contains("85354-9"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Three levels, each usable by itself: the views of a protocol crate ([`gatt`], [`hl7v2`]), its
//! facts ([`Decoder`] and [`Sink`]), and FHIR ([`Translator`]).

mod readings;
mod translator;

pub use iomt_core::{
    Confidence, Decoder, Diagnostic, DiagnosticCode, End, Evidence, Input, Inputs, LimitKind,
    Limits, Options, Outcome, Payload, Place, Protocol, Severity, Sink, Tee, model, wire,
};
pub use iomt_fhir as fhir;
pub use iomt_fhir::Output;
pub use iomt_fhir::config::{
    BundleKind, Config, Form, ObservationStatus, OnInvalid, Partial, Results, TimeZone,
};
#[cfg(feature = "gatt")]
pub use iomt_gatt as gatt;
#[cfg(feature = "hl7v2")]
pub use iomt_hl7v2 as hl7v2;
pub use iomt_nomenclature as nomenclature;
pub use iomt_validate as validate;
pub use translator::{Connection, Summary, Translator};

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
