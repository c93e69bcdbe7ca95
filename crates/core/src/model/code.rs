use core::fmt::{self, Write};

use super::{Mdc, Short, Text};
use crate::wire::Span;

/// Which code system a code is from.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum CodeSystem<'a> {
    /// IEEE 11073-10101.
    Mdc,
    /// LOINC.
    Loinc,
    /// SNOMED CT.
    SnomedCt,
    /// UCUM.
    Ucum,
    /// An HL7 v2 table by its number.
    Hl7Table(u16),
    /// A name as sent: `L`, `99LAB`, `I10`, an object identifier.
    Named(Text<'a>),
    /// None was sent.
    Unknown,
}

/// The code itself.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum Code<'a> {
    /// As sent.
    Text(Text<'a>),
    /// A number of IEEE 11073-10101, written in decimal.
    Mdc(Mdc),
    /// The same, sent in another way: by its reference id, or as MDIL.
    Meant(Mdc, Text<'a>),
}

impl<'a> Code<'a> {
    /// Writes it.
    pub fn write(&self, out: &mut dyn Write) -> fmt::Result {
        match self {
            Self::Text(text) => text.write(out),
            Self::Mdc(mdc) | Self::Meant(mdc, _) => write!(out, "{}", mdc.code()),
        }
    }

    /// The text as sent, if it was text.
    #[must_use]
    pub const fn text(&self) -> Option<Text<'a>> {
        match self {
            Self::Text(text) | Self::Meant(_, text) => Some(*text),
            Self::Mdc(_) => None,
        }
    }

    /// Whether it is exactly `code`.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        match self {
            Self::Text(text) => text.is(code),
            Self::Mdc(_) | Self::Meant(..) => false,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.text().map_or(Span::NONE, |text| text.span())
    }
}

/// One code of one system.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Coding<'a> {
    /// The system.
    pub system: CodeSystem<'a>,
    /// The code.
    pub code: Code<'a>,
    /// What the sender calls it.
    pub display: Option<Text<'a>>,
    /// Version of the system.
    pub version: Option<Text<'a>>,
    /// The bytes that name the system.
    pub system_span: Span,
}

impl<'a> Coding<'a> {
    /// A code of a system.
    #[must_use]
    pub const fn new(system: CodeSystem<'a>, code: Text<'a>) -> Self {
        let (display, version, system_span) = (None, None, Span::NONE);
        Self { system, code: Code::Text(code), display, version, system_span }
    }

    /// A code of IEEE 11073-10101.
    #[must_use]
    pub const fn mdc(code: Mdc) -> Self {
        let (display, version, system_span) = (None, None, Span::NONE);
        Self { system: CodeSystem::Mdc, code: Code::Mdc(code), display, version, system_span }
    }

    /// The bytes of each part that was sent.
    pub fn spans(&self) -> impl Iterator<Item = Span> + use<> {
        let text = |text: Option<Text<'_>>| text.map_or(Span::NONE, |text| text.span());
        let parts = [self.code.span(), text(self.display), self.system_span, text(self.version)];
        parts.into_iter().filter(|span| span.is_some())
    }

    /// The number, if the system is IEEE 11073-10101 and the code is its decimal number.
    #[must_use]
    pub fn as_mdc(&self) -> Option<Mdc> {
        match (self.system, self.code) {
            (_, Code::Mdc(mdc) | Code::Meant(mdc, _)) => Some(mdc),
            (CodeSystem::Mdc, Code::Text(text)) => {
                text.short()?.as_str().parse().ok().map(Mdc::new)
            }
            _ => None,
        }
    }

    /// The LOINC code, if it is one.
    #[must_use]
    pub fn as_loinc(&self) -> Option<Short<'a>> {
        match (self.system, self.code) {
            (CodeSystem::Loinc, Code::Text(text)) => text.short(),
            _ => None,
        }
    }
}

/// A concept: up to three codings, as HL7 v2 has them, and a text.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Concept<'a> {
    /// The codings, the sender's first choice first.
    pub codings: [Option<Coding<'a>>; 3],
    /// The concept in words.
    pub text: Option<Text<'a>>,
    /// The bytes that say all this.
    pub span: Span,
}

impl<'a> Concept<'a> {
    /// No coding and no text.
    pub const EMPTY: Self = Self { codings: [None; 3], text: None, span: Span::NONE };

    /// One coding.
    #[must_use]
    pub const fn coded(coding: Coding<'a>) -> Self {
        Self { codings: [Some(coding), None, None], text: None, span: Span::NONE }
    }

    /// One code of IEEE 11073-10101.
    #[must_use]
    pub const fn mdc(code: Mdc) -> Self {
        Self::coded(Coding::mdc(code))
    }

    /// A text alone.
    #[must_use]
    pub fn text(text: Text<'a>) -> Self {
        Self { text: Some(text), span: text.span(), ..Self::EMPTY }
    }

    /// The codings that are there.
    pub fn codings(&self) -> impl Iterator<Item = &Coding<'a>> {
        self.codings.iter().flatten()
    }

    /// The bytes of each part that was sent.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        let text = self.text.map(|text| text.span()).filter(|span| span.is_some());
        self.codings().flat_map(Coding::spans).chain(text)
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_none() && self.codings().next().is_none()
    }
}

/// The table that a status is from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new table must stop every mapping")]
pub enum StatusTable {
    /// HL7 table 0038: ORC-5.
    Hl70038,
    /// HL7 table 0085: OBX-11.
    Hl70085,
    /// HL7 table 0123: OBR-25.
    Hl70123,
    /// HL7 table 0085 in IHE PCD: OBX-11, and OBX-8 says how far the value may be relied on.
    IhePcd,
    /// The device reports what it has measured; the protocol knows no status.
    Measured,
    /// The device reports while it is still measuring.
    Ongoing,
}

impl StatusTable {
    /// Whether its codes are those of OBX-11.
    #[must_use]
    pub const fn is_of_results(self) -> bool {
        matches!(self, Self::Hl70085 | Self::IhePcd)
    }
}

/// A status as sent.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StatusCode<'a> {
    /// The table.
    pub table: StatusTable,
    /// The code, where one was sent.
    pub code: Option<Text<'a>>,
}

impl<'a> StatusCode<'a> {
    /// A code of a table.
    #[must_use]
    pub const fn new(table: StatusTable, code: Option<Text<'a>>) -> Self {
        Self { table, code }
    }
}
