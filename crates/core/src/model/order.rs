use super::{
    Concept, Effective, EncounterKey, Identifier, Note, OrderKey, Performer, Quantity, StatusCode,
    StatusTable, SubjectKey, Text, Time,
};
use crate::wire::Span;

/// What was ordered: ORC and OBR.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Order<'a> {
    /// How others name it.
    pub key: OrderKey,
    /// For whom.
    pub subject: Option<SubjectKey>,
    /// During which visit.
    pub encounter: Option<EncounterKey>,
    /// What: OBR-4.
    pub code: Concept<'a>,
    /// The placer's order number: ORC-2, OBR-2.
    pub placer: Option<Identifier<'a>>,
    /// The filler's order number: ORC-3, OBR-3.
    pub filler: Option<Identifier<'a>>,
    /// Number of the group that the placer ordered together: ORC-4.
    pub group: Option<Identifier<'a>>,
    /// Number of the group that the filler does together: ORC-4.2, ORC-38.
    pub filler_group: Option<Identifier<'a>>,
    /// Further numbers: OBR-53, ORC-33.
    pub identifiers: &'a [Identifier<'a>],
    /// ORC-5.
    pub status: StatusCode<'a>,
    /// HL7 table 0119: ORC-1.
    pub control: Option<Text<'a>>,
    /// How urgent: OBR-5, ORC-7.6.
    pub priority: Option<Text<'a>>,
    /// HL7 table 0065: OBR-11.
    pub action: Option<Text<'a>>,
    /// Why it has its status: ORC-16.
    pub status_reason: Concept<'a>,
    /// Who may see it: ORC-28.
    pub confidentiality: Concept<'a>,
    /// Where it is to be done: ORC-29.
    pub location: Concept<'a>,
    /// How much of it: ORC-7.1.
    pub quantity: Option<Quantity<'a>>,
    /// When it is to be done: OBR-6, ORC-7.
    pub occurrence: Effective<'a>,
    /// When it was ordered: ORC-9.
    pub authored: Option<Time<'a>>,
    /// Who takes part.
    pub performers: &'a [Performer],
    /// Why: OBR-31.
    pub reasons: &'a [Concept<'a>],
    /// More exactly what: OBR-46, OBR-47.
    pub details: &'a [Concept<'a>],
    /// The placer's number of the order that it came of: OBR-29.1.
    pub parent_placer: Option<Identifier<'a>>,
    /// The filler's number of that order: OBR-29.2.
    pub parent_filler: Option<Identifier<'a>>,
    /// Remarks.
    pub notes: &'a [Note<'a>],
    /// The bytes.
    pub span: Span,
}

impl Order<'_> {
    /// An order of which nothing is known.
    #[must_use]
    pub const fn new(key: OrderKey, subject: Option<SubjectKey>) -> Self {
        Self {
            key,
            subject,
            encounter: None,
            code: Concept::EMPTY,
            placer: None,
            filler: None,
            group: None,
            filler_group: None,
            identifiers: &[],
            status: StatusCode::new(StatusTable::Hl70038, None),
            control: None,
            priority: None,
            action: None,
            status_reason: Concept::EMPTY,
            confidentiality: Concept::EMPTY,
            location: Concept::EMPTY,
            quantity: None,
            occurrence: Effective::Unknown,
            authored: None,
            performers: &[],
            reasons: &[],
            details: &[],
            parent_placer: None,
            parent_filler: None,
            notes: &[],
            span: Span::NONE,
        }
    }
}
