use core::fmt;

use super::{Concept, Performer, Quantity, SubjectKey, Text, Time};
use crate::wire::Span;

/// Who gives out an identifier, as sent (HL7 v2 HD).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Authority<'a> {
    /// A local name.
    pub namespace: Option<Text<'a>>,
    /// A universal identifier…
    pub universal_id: Option<Text<'a>>,
    /// …and of which kind: `ISO`, `UUID`, `URI`, `DNS`, `EUI-64`.
    pub universal_id_type: Option<Text<'a>>,
}

impl<'a> Authority<'a> {
    /// None was sent.
    pub const NONE: Self = Self { namespace: None, universal_id: None, universal_id_type: None };

    /// A local name alone.
    #[must_use]
    pub const fn named(namespace: Text<'a>) -> Self {
        Self { namespace: Some(namespace), ..Self::NONE }
    }

    /// Whether none was sent.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.namespace.is_none() && self.universal_id.is_none()
    }
}

/// An identifier, who gave it out and what kind it is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Identifier<'a> {
    /// The identifier.
    pub value: Text<'a>,
    /// Who gave it out.
    pub authority: Authority<'a>,
    /// Its kind, HL7 table 0203: `MR`, `PI`, …
    pub type_code: Option<Text<'a>>,
    /// It is one by itself, whoever gave it out.
    pub universal: Option<Universal>,
    /// The digit that checks it.
    pub check_digit: Option<Text<'a>>,
    /// When it holds.
    pub valid: Validity<'a>,
    /// The bytes.
    pub span: Span,
}

/// Identifiers that need no authority.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum Universal {
    /// 16 hexadecimal digits, perhaps with marks between them.
    Eui64,
    /// 32 hexadecimal digits with hyphens.
    Uuid,
}

impl<'a> Identifier<'a> {
    /// A value of which nothing else is known.
    #[must_use]
    pub fn new(value: Text<'a>) -> Self {
        let (type_code, universal, check_digit) = (None, None, None);
        let (authority, valid, span) = (Authority::NONE, Validity::NONE, value.span());
        Self { value, authority, type_code, universal, check_digit, valid, span }
    }
}

/// From when to when something holds.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a pair")]
pub struct Validity<'a> {
    /// From when.
    pub start: Option<Time<'a>>,
    /// To when.
    pub end: Option<Time<'a>>,
}

impl Validity<'_> {
    /// Nothing says when.
    pub const NONE: Self = Self { start: None, end: None };
}

/// A name of a person.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct HumanName<'a> {
    /// Family name.
    pub family: Option<Text<'a>>,
    /// What the family name is made of.
    pub family_parts: FamilyParts<'a>,
    /// Given name, and further given names or initials.
    pub given: [Option<Text<'a>>; 2],
    /// Dr, …
    pub prefix: Option<Text<'a>>,
    /// Jr, …
    pub suffix: Option<Text<'a>>,
    /// Degree, a suffix too.
    pub degree: Option<Text<'a>>,
    /// What a profession adds, a suffix too.
    pub professional: Option<Text<'a>>,
    /// HL7 table 0200: `L` official, `N` nickname, …
    pub use_code: Option<Text<'a>>,
    /// HL7 table 0444: `F` family name first, `G` given name first.
    pub order: Option<Text<'a>>,
    /// When it holds.
    pub valid: Validity<'a>,
    /// The bytes.
    pub span: Span,
}

/// What a family name is made of (HL7 v2 FN).
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the parts of FN")]
pub struct FamilyParts<'a> {
    /// Prefix of the own surname: `van`.
    pub own_prefix: Option<Text<'a>>,
    /// Own surname.
    pub own: Option<Text<'a>>,
    /// Prefix of the partner's surname.
    pub partner_prefix: Option<Text<'a>>,
    /// The partner's surname.
    pub partner: Option<Text<'a>>,
}

/// A postal address.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Address<'a> {
    /// Street or mailing address, street, number of the house, other designation, addressee.
    pub lines: [Option<Text<'a>>; 5],
    /// City.
    pub city: Option<Text<'a>>,
    /// State or province.
    pub state: Option<Text<'a>>,
    /// Postal code.
    pub postal_code: Option<Text<'a>>,
    /// Country.
    pub country: Option<Text<'a>>,
    /// County or district.
    pub district: Option<Text<'a>>,
    /// Where the census counts it.
    pub census_tract: Option<Text<'a>>,
    /// HL7 table 0190: `H` home, `B` business, …
    pub use_code: Option<Text<'a>>,
    /// When it holds.
    pub valid: Validity<'a>,
    /// The bytes.
    pub span: Span,
}

/// A telephone number or another way to reach somebody.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Telecom<'a> {
    /// The number or address as a whole; else it is made of the parts.
    pub value: Option<Text<'a>>,
    /// Country code.
    pub country: Option<Text<'a>>,
    /// Area or city code.
    pub area: Option<Text<'a>>,
    /// Local number.
    pub local: Option<Text<'a>>,
    /// Extension.
    pub extension: Option<Text<'a>>,
    /// HL7 table 0202: `PH`, `FX`, `Internet`, …
    pub equipment: Option<Text<'a>>,
    /// HL7 table 0201: `PRN`, `WPN`, …
    pub use_code: Option<Text<'a>>,
    /// Which of several is preferred: 1 is the first.
    pub rank: Option<Text<'a>>,
    /// It is the preferred one: the bytes that say so.
    pub preferred: Option<Span>,
    /// When it holds.
    pub valid: Validity<'a>,
    /// The bytes.
    pub span: Span,
}

impl<'a> Telecom<'a> {
    /// A value of which nothing else is known.
    #[must_use]
    pub fn new(value: Text<'a>) -> Self {
        Self { value: Some(value), span: value.span(), ..Self::default() }
    }
}

/// The number by which a device tells its users apart.
#[derive(Clone, Copy, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a number or none")]
pub enum PersonIndex {
    /// This one.
    Known(u8),
    /// The device does not know which.
    Unknown,
}

impl fmt::Debug for PersonIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known(_) => "Known",
            Self::Unknown => "Unknown",
        })
    }
}

/// The person that a message is about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Patient<'a> {
    /// How measurements name this person.
    pub key: SubjectKey,
    /// The device's number for this person; the caller knows who it is.
    pub person: Option<PersonIndex>,
    /// Identifiers, in the order sent.
    pub identifiers: &'a [Identifier<'a>],
    /// Names.
    pub names: &'a [HumanName<'a>],
    /// Telephone numbers and the like.
    pub telecoms: &'a [Telecom<'a>],
    /// Addresses.
    pub addresses: &'a [Address<'a>],
    /// Date of birth.
    pub birth_date: Option<Time<'a>>,
    /// HL7 table 0001: `F`, `M`, …
    pub sex: Option<Text<'a>>,
    /// HL7 table 0136: `Y`, `N`.
    pub deceased: Option<Text<'a>>,
    /// When the person died.
    pub deceased_at: Option<Time<'a>>,
    /// When it was last changed, what is known of the person: PID-33.
    pub updated: Option<Time<'a>>,
    /// Who changed it: PID-34.
    pub updated_by: Authority<'a>,
    /// General practitioners.
    pub practitioners: &'a [Performer],
    /// What else is known of the person.
    pub attributes: &'a [Attribute<'a, PersonAttribute>],
    /// The bytes.
    pub span: Span,
}

impl Patient<'_> {
    /// A person of whom nothing is known.
    #[must_use]
    pub const fn new(key: SubjectKey) -> Self {
        Self {
            key,
            person: None,
            identifiers: &[],
            names: &[],
            telecoms: &[],
            addresses: &[],
            birth_date: None,
            sex: None,
            deceased: None,
            deceased_at: None,
            updated: None,
            updated_by: Authority::NONE,
            practitioners: &[],
            attributes: &[],
            span: Span::NONE,
        }
    }
}

/// What else is known of a person.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum PersonAttribute {
    /// A name: PID-6.
    MothersMaidenName,
    /// A concept: PID-15.
    Language,
    /// A concept, HL7 table 0002: PID-16.
    MaritalStatus,
    /// A concept, HL7 table 0006: PID-17.
    Religion,
    /// A text: PID-23.
    BirthPlace,
    /// A code of HL7 table 0136: PID-24.
    MultipleBirth,
    /// A number: PID-25.
    BirthOrder,
    /// A concept: PID-26, PID-39.
    Citizenship,
    /// A concept: PID-28.
    Nationality,
    /// A concept: PID-35.
    Species,
    /// A concept: PID-36.
    Breed,
    /// A concept: PD1-6.
    Disability,
    /// A text: PD1-14.
    Congregation,
}

/// Something else that is known of what a fact is about.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a pair")]
pub struct Attribute<'a, K> {
    /// What.
    pub kind: K,
    /// The value as sent.
    pub value: AttributeValue<'a>,
}

/// The value of an [`Attribute`].
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum AttributeValue<'a> {
    /// Coded.
    Concept(Concept<'a>),
    /// In words, or a code of the table that the attribute has.
    Text(Text<'a>),
    /// A name.
    Name(HumanName<'a>),
    /// An identifier.
    Identifier(Identifier<'a>),
    /// A time.
    Time(Time<'a>),
    /// A number with or without a unit.
    Quantity(Quantity<'a>),
}
