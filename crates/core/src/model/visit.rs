use super::{
    Attribute, Authority, EncounterKey, Identifier, LocationKey, Performer, SubjectKey, Text, Time,
};
use crate::wire::Span;

/// A visit.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Encounter<'a> {
    /// How others name it.
    pub key: EncounterKey,
    /// Whose visit.
    pub subject: Option<SubjectKey>,
    /// HL7 table 0004: `I` inpatient, `O` outpatient, `E` emergency, …
    pub class: Option<Text<'a>>,
    /// The visit's number: PV1-19.
    pub identifier: Option<Identifier<'a>>,
    /// Who takes part.
    pub participants: &'a [Performer],
    /// Where.
    pub stays: &'a [Stay],
    /// What else is known of it.
    pub attributes: &'a [Attribute<'a, VisitAttribute>],
    /// From when: PV1-44.
    pub start: Option<Time<'a>>,
    /// To when: PV1-45.
    pub end: Option<Time<'a>>,
    /// The bytes.
    pub span: Span,
}

impl Encounter<'_> {
    /// A visit of which nothing is known.
    #[must_use]
    pub const fn new(key: EncounterKey, subject: Option<SubjectKey>) -> Self {
        let (class, identifier, start, end) = (None, None, None, None);
        let (participants, stays, attributes) = (&[], &[], &[]);
        let span = Span::NONE;
        Self { key, subject, class, identifier, participants, stays, attributes, start, end, span }
    }
}

/// Where a patient is, was or will be.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a pair")]
pub struct Stay {
    /// Which place, declared before.
    pub location: LocationKey,
    /// When.
    pub kind: StayKind,
}

/// Which of the places of a visit one is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum StayKind {
    /// Assigned: PV1-3.
    Assigned,
    /// Before: PV1-6.
    Prior,
    /// For a time: PV1-11.
    Temporary,
    /// To come: PV1-42.
    Pending,
    /// Where the patient was to come: PV2-1.
    PriorPending,
}

/// What else is known of a visit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum VisitAttribute {
    /// PV1-4.
    AdmissionType,
}

/// A place in a building: HL7 v2 PL.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Location<'a> {
    /// How others name it.
    pub key: LocationKey,
    /// Ward or department.
    pub point_of_care: Authority<'a>,
    /// Room.
    pub room: Authority<'a>,
    /// Bed.
    pub bed: Authority<'a>,
    /// Facility.
    pub facility: Authority<'a>,
    /// Building.
    pub building: Authority<'a>,
    /// Floor.
    pub floor: Authority<'a>,
    /// HL7 table 0306 or 0116: its status as sent.
    pub status: Option<Text<'a>>,
    /// In words.
    pub description: Option<Text<'a>>,
    /// A number that says it all: PL.10.
    pub identifier: Option<Identifier<'a>>,
    /// The bytes.
    pub span: Span,
}

impl Location<'_> {
    /// A place of which nothing is known.
    #[must_use]
    pub const fn new(key: LocationKey) -> Self {
        Self {
            key,
            point_of_care: Authority::NONE,
            room: Authority::NONE,
            bed: Authority::NONE,
            facility: Authority::NONE,
            building: Authority::NONE,
            floor: Authority::NONE,
            status: None,
            description: None,
            identifier: None,
            span: Span::NONE,
        }
    }
}
