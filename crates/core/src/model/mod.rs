//! The facts: medicine without bytes and without FHIR. All are `Copy` and borrow from the input,
//! or from scratch of the decoder; `Debug` never shows content.
//!
//! They use the vocabulary of FHIR's data types, not its resources. Statuses, flags and codes are
//! handed over as they were sent, with the table that they are from: what they mean for a
//! resource is policy, and in one place for all protocols.

mod attachment;
mod code;
mod header;
mod mdc;
mod measurement;
mod metric;
mod order;
mod participant;
mod party;
mod text;
mod time;
mod value;
mod visit;

pub use attachment::{Attachment, Content, Encoding};
pub use code::{Code, CodeSystem, Coding, Concept, StatusCode, StatusTable};
pub use header::{Header, Software};
pub use mdc::Mdc;
pub use measurement::{
    Device, DeviceKey, Effective, EncounterKey, Flag, LocationKey, Measurement, Message, Note,
    OrderKey, ParentResult, ParticipantKey, Purpose, ReferenceRange, Report, ReportKey, Specimen,
    SpecimenKey, Subject, SubjectKey, Version,
};
pub use metric::{Level, Metric};
pub use order::Order;
pub use participant::{Organization, Participant, Performer, Person, Role};
pub use party::{
    Address, Attribute, AttributeValue, Authority, FamilyParts, HumanName, Identifier, Patient,
    PersonAttribute, PersonIndex, Telecom, Universal, Validity,
};
pub use text::{Codec, Short, Text};
pub use time::{DateTime, Precision, Time, Zone};
pub use value::{
    Absent, AbsentReason, Bits, Comparator, Component, Decimal, Given, Quantity, SampleEncoding,
    Samples, TimeOfDay, Unit, Value,
};
pub use visit::{Encounter, Location, Stay, StayKind, VisitAttribute};
