use core::fmt;

use super::{Attachment, Concept, Mdc, Text, Time};
use crate::wire::{Scaled, Span};

/// A number, exact to the written digit.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum Decimal<'a> {
    /// At most 18 digits.
    Scaled(Scaled),
    /// More: a text that [`crate::wire::number`] reads, for [`crate::wire::write_canonical`].
    Lexical(Text<'a>),
}

impl fmt::Debug for Decimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decimal")
    }
}

/// How a value relates to the number that stands for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum Comparator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

/// A unit in the words that were sent; all of them are kept.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Unit<'a> {
    /// As UCUM.
    pub ucum: Option<Text<'a>>,
    /// As IEEE 11073-10101.
    pub mdc: Option<Mdc>,
    /// For people, or of no known system.
    pub text: Option<Text<'a>>,
    /// The bytes.
    pub span: Span,
}

impl<'a> Unit<'a> {
    /// None was sent.
    pub const NONE: Self = Self { ucum: None, mdc: None, text: None, span: Span::NONE };

    /// A unit that the specification fixes: UCUM and IEEE 11073-10101.
    #[must_use]
    pub const fn fixed(ucum: &'static str, mdc: Mdc) -> Self {
        Self { ucum: Some(Text::literal(ucum)), mdc: Some(mdc), ..Self::NONE }
    }

    /// A unit by its UCUM code alone.
    #[must_use]
    pub const fn ucum(ucum: &'static str) -> Self {
        Self { ucum: Some(Text::literal(ucum)), ..Self::NONE }
    }

    /// Whether none was sent.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.ucum.is_none() && self.mdc.is_none() && self.text.is_none()
    }
}

/// A number with a unit.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Quantity<'a> {
    /// The number.
    pub value: Decimal<'a>,
    /// Below or above it.
    pub comparator: Option<Comparator>,
    /// The bytes that say so.
    pub comparator_span: Span,
    /// The unit.
    pub unit: Unit<'a>,
    /// The bytes of the number.
    pub span: Span,
}

impl<'a> Quantity<'a> {
    /// `value` of `unit`.
    #[must_use]
    pub const fn new(value: Decimal<'a>, unit: Unit<'a>, span: Span) -> Self {
        Self { value, comparator: None, comparator_span: Span::NONE, unit, span }
    }
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum AbsentReason {
    /// The device says that it failed, or has no number at this resolution.
    Error,
    /// Below what the device can measure.
    NegativeInfinity,
    /// Not a number.
    NotANumber,
    /// Nobody asked for it.
    NotAsked,
    /// Was not measured.
    NotPerformed,
    /// Above what the device can measure.
    PositiveInfinity,
    /// Not yet known, or not at the moment.
    TempUnknown,
    /// Nothing says why.
    Unknown,
    /// There is one, for which this place is not made.
    Unsupported,
}

/// No value: why, and what was sent in its place.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Absent<'a> {
    /// The reason.
    pub reason: AbsentReason,
    /// What was sent where the value should stand.
    pub sent: Option<Text<'a>>,
    /// The bytes.
    pub span: Span,
}

impl<'a> Absent<'a> {
    /// For `reason`; nothing legible stands in its place.
    #[must_use]
    pub const fn new(reason: AbsentReason, span: Span) -> Self {
        Self { reason, sent: None, span }
    }

    /// What was sent is no value of its type.
    #[must_use]
    pub fn malformed(sent: Text<'a>) -> Self {
        Self { reason: AbsentReason::Unknown, sent: Some(sent), span: sent.span() }
    }
}

/// A time of day, as sent.
#[derive(Clone, Copy, Eq, PartialEq)]
#[non_exhaustive]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// Digits of the fraction as a number…
    pub fraction: u32,
    /// …and how many there are.
    pub places: u8,
    /// The seconds were sent.
    pub to_second: bool,
}

impl TimeOfDay {
    /// A time to the minute or, with `second`, to the second; `None` if no clock shows it.
    #[must_use]
    pub fn new(hour: u8, minute: u8, second: Option<u8>) -> Option<Self> {
        let (to_second, second) = (second.is_some(), second.unwrap_or(0));
        let fits = hour < 24 && minute < 60 && second < 60;
        fits.then_some(Self { hour, minute, second, fraction: 0, places: 0, to_second })
    }
}

impl fmt::Debug for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TimeOfDay")
    }
}

/// Bits that each say something by themselves: numbers as ASN1ToHL7 has them, bit 0 the first.
#[derive(Clone, Copy, Eq, PartialEq)]
#[non_exhaustive]
pub struct Bits {
    /// What they are bits of.
    pub mdc: Mdc,
    /// Bit *n* is set where `set >> n & 1` is 1.
    pub set: u32,
    /// Those that the device can set at all.
    pub known: u32,
}

impl Bits {
    /// Bits of `mdc`.
    #[must_use]
    pub const fn new(mdc: Mdc, set: u32, known: u32) -> Self {
        Self { mdc, set, known }
    }
}

impl fmt::Debug for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bits").field("mdc", &self.mdc).finish_non_exhaustive()
    }
}

/// How the samples of a wave are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SampleEncoding {
    /// One byte, unsigned.
    U8,
    /// Two bytes, big-endian, unsigned.
    U16Be,
    /// Two bytes, big-endian, two's complement.
    I16Be,
    /// Two bytes, little-endian, two's complement.
    I16Le,
    /// Decimal text with a separator; an empty part is a missing sample.
    Text {
        /// Between samples.
        separator: u8,
    },
    /// Decimal text, a row for each point of time; what a row lacks of the dimensions is missing.
    Rows {
        /// Between the samples of a row.
        separator: u8,
        /// Between rows.
        row: u8,
    },
}

/// A number as it was sent, or follows from what was sent, and where that stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a number and its place")]
pub struct Given {
    /// The number.
    pub value: Scaled,
    /// The bytes.
    pub span: Span,
}

impl Given {
    /// A number that the specification fixes.
    #[must_use]
    pub const fn fixed(value: Scaled) -> Self {
        Self { value, span: Span::NONE }
    }
}

/// A wave: raw samples and how to read them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Samples<'a> {
    /// The bytes.
    pub raw: Text<'a>,
    /// How they are written.
    pub encoding: SampleEncoding,
    /// Samples that mean *missing*.
    pub sentinels: &'a [i64],
    /// Milliseconds between samples of one dimension, where that is known exactly.
    pub period: Option<Given>,
    /// Real value of a sample: `sample × factor + origin`; none is 1.
    pub factor: Option<Given>,
    /// Real value of sample 0.
    pub origin: Scaled,
    /// The unit of the real value.
    pub unit: Unit<'a>,
    /// Lowest sample that is valid.
    pub lower: Option<Given>,
    /// Highest sample that is valid.
    pub upper: Option<Given>,
    /// Values per point of time.
    pub dimensions: u16,
}

impl<'a> Samples<'a> {
    /// Samples of one dimension, factor 1, origin 0.
    #[must_use]
    pub const fn new(
        raw: Text<'a>,
        encoding: SampleEncoding,
        period: Option<Given>,
        unit: Unit<'a>,
    ) -> Self {
        let (factor, origin) = (None, Scaled::new(0, 0));
        let (lower, upper, dimensions) = (None, None, 1);
        let sentinels: &[i64] = &[];
        Self { raw, encoding, sentinels, period, factor, origin, unit, lower, upper, dimensions }
    }
}

/// What was measured, or why it was not.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum Value<'a> {
    /// There is none.
    Absent(Absent<'a>),
    /// A document, or another thing of many bytes.
    Attachment(Attachment<'a>),
    /// Flags, each true or false.
    Bits(Bits),
    /// Several values of one measurement.
    Compound(&'a [Component<'a>]),
    /// A coded value.
    Concept(Concept<'a>),
    /// From one time to another, either of which may be open.
    Period(Option<Time<'a>>, Option<Time<'a>>),
    /// A number with a unit.
    Quantity(Quantity<'a>),
    /// Two bounds, one of which may be open.
    Range(Option<Quantity<'a>>, Option<Quantity<'a>>),
    /// One number to another.
    Ratio(Quantity<'a>, Quantity<'a>),
    /// A wave.
    Samples(Samples<'a>),
    /// Words.
    Text(Text<'a>),
    /// A point of time.
    Time(Time<'a>),
    /// A time of day.
    TimeOfDay(TimeOfDay, Text<'a>),
}

/// One of several values of a measurement; not compound itself.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Component<'a> {
    /// What it is.
    pub code: Concept<'a>,
    /// Its value.
    pub value: Value<'a>,
    /// The bytes of a row of its own.
    pub span: Span,
}

impl<'a> Component<'a> {
    /// `value` of `code`.
    #[must_use]
    pub const fn new(code: Concept<'a>, value: Value<'a>) -> Self {
        Self { code, value, span: Span::NONE }
    }
}
