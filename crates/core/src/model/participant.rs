use super::{
    Address, Concept, HumanName, Identifier, LocationKey, ParticipantKey, Telecom, Text, Time,
};
use crate::wire::Span;

/// In which role somebody takes part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum Role {
    /// Attends the patient: PV1-7.
    Attender,
    /// Referred the patient: PV1-8, PV2-13.
    Referrer,
    /// Consults: PV1-9.
    Consultant,
    /// Admitted the patient: PV1-17.
    Admitter,
    /// Takes part in the visit: PV1-52.
    Other,
    /// Is the patient's general practitioner: PD1-3, PD1-4.
    GeneralPractitioner,
    /// Ordered it: OBR-16, ORC-12.
    Orderer,
    /// Performed or is responsible for it: OBX-23.
    Performer,
    /// Is responsible for the observation: OBX-16.
    ResponsibleObserver,
    /// Directs those who performed it: OBX-25.
    MedicalDirector,
    /// Interprets it: OBR-32.
    Interpreter,
    /// Did it: OBR-34.
    Technician,
    /// Wrote it down: OBR-35.
    Transcriptionist,
    /// Took the specimen: OBR-10.
    Collector,
}

/// Somebody who takes part, in a role.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a role, who and where")]
pub struct Performer {
    /// In which role.
    pub role: Role,
    /// Who, declared before.
    pub participant: ParticipantKey,
    /// The bytes that say so.
    pub span: Span,
}

/// A person, an organization, or a person for an organization, who takes part.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Participant<'a> {
    /// How others name it.
    pub key: ParticipantKey,
    /// The person.
    pub person: Option<Person<'a>>,
    /// The organization.
    pub organization: Option<Organization<'a>>,
    /// Where, declared before, and the bytes that say so.
    pub location: Option<(LocationKey, Span)>,
    /// Numbers in that function.
    pub identifiers: &'a [Identifier<'a>],
    /// In which functions, as sent.
    pub functions: &'a [Concept<'a>],
    /// Specialties.
    pub specialties: &'a [Concept<'a>],
    /// How to reach them in that function.
    pub telecoms: &'a [Telecom<'a>],
    /// From when.
    pub start: Option<Time<'a>>,
    /// To when.
    pub end: Option<Time<'a>>,
    /// The bytes.
    pub span: Span,
}

impl Participant<'_> {
    /// Somebody of whom nothing is known.
    #[must_use]
    pub const fn new(key: ParticipantKey) -> Self {
        Self {
            key,
            person: None,
            organization: None,
            location: None,
            identifiers: &[],
            functions: &[],
            specialties: &[],
            telecoms: &[],
            start: None,
            end: None,
            span: Span::NONE,
        }
    }
}

/// A person who takes part.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Person<'a> {
    /// A number, if one was sent.
    pub identifier: Option<Identifier<'a>>,
    /// A name, if one was sent.
    pub name: HumanName<'a>,
    /// HL7 table 0360: a degree or license.
    pub qualification: Option<Text<'a>>,
    /// Addresses.
    pub addresses: &'a [Address<'a>],
}

/// An organization that takes part.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Organization<'a> {
    /// A number, if one was sent.
    pub identifier: Option<Identifier<'a>>,
    /// A name, if one was sent.
    pub name: Option<Text<'a>>,
    /// What it is.
    pub kinds: &'a [Concept<'a>],
    /// Addresses.
    pub addresses: &'a [Address<'a>],
    /// How to reach it.
    pub telecoms: &'a [Telecom<'a>],
}
