use super::{
    Address, Attribute, Authority, Coding, Concept, EncounterKey, Identifier, LocationKey,
    Performer, SubjectKey, Text, Time,
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
    /// HL7 table 0003: the event that says all this, `A01`, …
    pub event: Option<Text<'a>>,
    /// HL7 table 0004: `I` inpatient, `O` outpatient, `E` emergency, …
    pub class: Option<Coding<'a>>,
    /// The visit's number, then others: PV1-19, PV1-50.
    pub identifiers: &'a [Identifier<'a>],
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
        let (event, class, start, end) = (None, None, None, None);
        let (identifiers, participants, stays, attributes) = (&[], &[], &[], &[]);
        let span = Span::NONE;
        Self {
            key,
            subject,
            event,
            class,
            identifiers,
            participants,
            stays,
            attributes,
            start,
            end,
            span,
        }
    }
}

/// Where a patient is, was or will be.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a place, when and where it is said")]
pub struct Stay {
    /// Which place, declared before.
    pub location: LocationKey,
    /// When.
    pub kind: StayKind,
    /// The bytes that say so.
    pub span: Span,
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
    /// Where the patient is discharged to: PV1-37.
    Discharge,
    /// Where the patient was to come: PV2-1.
    PriorPending,
}

/// What else is known of a visit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum VisitAttribute {
    /// A concept, HL7 table 0007: PV1-4.
    AdmissionType,
    /// An identifier: PV1-5.
    PreAdmission,
    /// A concept, HL7 table 0069: PV1-10.
    HospitalService,
    /// A concept, HL7 table 0092: PV1-13.
    ReAdmission,
    /// A concept: PV1-14.
    AdmitSource,
    /// A concept, HL7 table 0009: PV1-15.
    AmbulatoryStatus,
    /// A concept: PV1-16.
    SpecialCourtesy,
    /// A concept: PV1-36.
    DischargeDisposition,
    /// A concept: PV1-38.
    Diet,
    /// A concept: PV2-3.
    Reason,
    /// A number of days: PV2-11.
    Length,
    /// A text: PV2-12.
    Description,
    /// A concept, HL7 table 0217: PV2-25.
    Priority,
    /// A concept, HL7 table 0430: PV2-38.
    ModeOfArrival,
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
    /// HL7 table 0116: the status of the bed, PV1-40.
    pub status: Option<Text<'a>>,
    /// In words.
    pub description: Option<Text<'a>>,
    /// A number that says it all: PL.10.
    pub identifier: Option<Identifier<'a>>,
    /// Who gives out all these: PL.11.
    pub authority: Authority<'a>,
    /// Its address.
    pub address: Option<Address<'a>>,
    /// Of no place but of a kind of places: DLD.1, HL7 table 0113.
    pub class: Concept<'a>,
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
            authority: Authority::NONE,
            address: None,
            class: Concept::EMPTY,
            span: Span::NONE,
        }
    }
}
