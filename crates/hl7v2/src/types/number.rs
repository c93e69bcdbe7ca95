//! HL7 v2 chapter 2A: NM, SI, SN, NR, NA and MA, as types of their own.

use core::fmt::{self, Write};

use iomt_core::DiagnosticCode;
use iomt_core::wire::{ErrorKind, Number, ParseError, number, write_canonical};

use super::Lenient;
use super::time::trimmed;
use crate::{Component, Field, Repetition};

/// A number: `[+-]digits[.digits]`, where one side of the point may be empty.
#[derive(Clone, Copy)]
pub struct Nm<'a> {
    raw: &'a [u8],
    value: Number,
}

impl fmt::Debug for Nm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nm(len {})", self.raw.len())
    }
}

impl<'a> Nm<'a> {
    /// Reads a number as the standard has it: no exponent, no comma, no blanks.
    ///
    /// # Errors
    /// `NM` where it is none.
    pub fn parse(raw: &'a [u8]) -> Result<Self, ParseError> {
        let value = number(raw).ok_or(ParseError::new(ErrorKind::Malformed, "NM", 0))?;
        Ok(Self { raw, value })
    }

    /// The same, and as `NumberTolerated`: blanks around it.
    ///
    /// # Errors
    /// `NM` where it is none all the same.
    pub fn parse_lenient(raw: &'a [u8]) -> Result<Lenient<Self>, ParseError> {
        let text = trimmed(raw);
        let value = Self::parse(text)?;
        let tolerated = text.len() != raw.len();
        Ok(Lenient { value, tolerated: tolerated.then_some(DiagnosticCode::NumberTolerated) })
    }

    /// The digits as they stand.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// What they are, exactly.
    #[must_use]
    pub const fn value(&self) -> Number {
        self.value
    }

    /// Writes it as FHIR and JSON do, digit by digit: no `+`, no leading zeros, a digit on both
    /// sides of the point.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> fmt::Result {
        write_canonical(self.raw, out)
    }
}

/// A sequence id: up to four digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Si(
    /// The number.
    pub u16,
);

impl Si {
    /// Reads a sequence id.
    ///
    /// # Errors
    /// `SI` where it is none.
    pub fn parse(raw: &[u8]) -> Result<Self, ParseError> {
        let error = ParseError::new(ErrorKind::Malformed, "SI", 0);
        let digits = matches!(raw.len(), 1..=4) && raw.iter().all(u8::is_ascii_digit);
        let text = core::str::from_utf8(raw).ok().filter(|_| digits);
        text.and_then(|text| text.parse().ok()).map(Self).ok_or(error)
    }
}

/// Comparator, number, separator or suffix, number: `>^100`, `^1^:^128`, `^2^+`.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Sn<'a> {
    /// `<`, `>`, `<=`, `>=`, `=` or `<>`.
    pub comparator: Option<&'static str>,
    /// The first number.
    pub num1: Option<Nm<'a>>,
    /// `-`, `+`, `/`, `.` or `:`.
    pub separator: Option<&'static str>,
    /// The second number.
    pub num2: Option<Nm<'a>>,
}

impl fmt::Debug for Sn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sn")
    }
}

impl<'a> Sn<'a> {
    /// Reads a structured number as the standard has it.
    ///
    /// # Errors
    /// `SN` with the offset of the component that is none, or where there is nothing.
    pub fn parse(repetition: Repetition<'a>) -> Result<Self, ParseError> {
        let error = ParseError::new(ErrorKind::Malformed, "SN", repetition.offset());
        let read = Self::lenient(repetition);
        match (read.tolerated, read.value.is_empty()) {
            (None, false) => Ok(read.value),
            _ => Err(error),
        }
    }

    /// The same, and as `ValueMalformed`: without the components that are none.
    ///
    /// # Errors
    /// `SN` where no component is one.
    pub fn parse_lenient(repetition: Repetition<'a>) -> Result<Lenient<Self>, ParseError> {
        let read = Self::lenient(repetition);
        if read.value.is_empty() {
            return Err(ParseError::new(ErrorKind::Malformed, "SN", repetition.offset()));
        }
        Ok(read)
    }

    fn lenient(repetition: Repetition<'a>) -> Lenient<Self> {
        let mut value = Self { comparator: None, num1: None, separator: None, num2: None };
        let mut malformed = false;
        for (number, component) in (1_u32..).zip(repetition.components()) {
            let text = trimmed(component.raw());
            let one_of = |all: &[&'static str]| all.iter().find(|s| s.as_bytes() == text).copied();
            malformed |= !text.is_empty()
                && match number {
                    1 => {
                        value.comparator = one_of(&["<", ">", "<=", ">=", "=", "<>"]);
                        value.comparator.is_none()
                    }
                    2 => {
                        value.num1 = Nm::parse(text).ok();
                        value.num1.is_none()
                    }
                    3 => {
                        value.separator = one_of(&["-", "+", "/", ".", ":"]);
                        value.separator.is_none()
                    }
                    4 => {
                        value.num2 = Nm::parse(text).ok();
                        value.num2.is_none()
                    }
                    _ => true,
                };
        }
        Lenient { value, tolerated: malformed.then_some(DiagnosticCode::ValueMalformed) }
    }

    const fn is_empty(&self) -> bool {
        self.comparator.is_none()
            && self.num1.is_none()
            && self.separator.is_none()
            && self.num2.is_none()
    }
}

/// A range of numbers, of which one side may be open.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Nr<'a> {
    /// The lower bound.
    pub low: Option<Nm<'a>>,
    /// The upper bound.
    pub high: Option<Nm<'a>>,
}

impl fmt::Debug for Nr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nr")
    }
}

impl<'a> Nr<'a> {
    /// Reads a range.
    ///
    /// # Errors
    /// `NR` where a bound is no number, or where there is none.
    pub fn parse(repetition: Repetition<'a>) -> Result<Self, ParseError> {
        let error = ParseError::new(ErrorKind::Malformed, "NR", repetition.offset());
        let mut all = Self { low: None, high: None };
        for (number, component) in (1_u32..).zip(repetition.components()) {
            let bound = match component.raw() {
                [] => continue,
                raw => Nm::parse(raw).map_err(|_| error)?,
            };
            match number {
                1 => all.low = Some(bound),
                2 => all.high = Some(bound),
                _ => return Err(error),
            }
        }
        if all.low.is_none() && all.high.is_none() {
            return Err(error);
        }
        Ok(all)
    }
}

/// A numeric array: values in the order of their taking; one that is empty was not measured.
#[derive(Clone, Copy, Debug)]
pub struct Na<'a>(Repetition<'a>);

impl<'a> Na<'a> {
    /// The array that a repetition is.
    #[must_use]
    pub const fn new(repetition: Repetition<'a>) -> Self {
        Self(repetition)
    }

    /// The values: `None` where there is none, an error where it is no number.
    pub fn values(&self) -> impl Iterator<Item = Result<Option<Nm<'a>>, ParseError>> + use<'a> {
        self.0.components().map(|component: Component<'a>| match component.raw() {
            [] => Ok(None),
            raw => match Nm::parse(raw) {
                Ok(number) => Ok(Some(number)),
                Err(error) => Err(ParseError::new(error.kind(), "NA", component.offset())),
            },
        })
    }
}

/// A multiplexed array: each repetition is one moment, each component of it a channel.
#[derive(Clone, Copy, Debug)]
pub struct Ma<'a>(Field<'a>);

impl<'a> Ma<'a> {
    /// The array that a field is.
    #[must_use]
    pub const fn new(field: Field<'a>) -> Self {
        Self(field)
    }

    /// The moments.
    pub fn moments(&self) -> impl Iterator<Item = Na<'a>> + use<'a> {
        self.0.repetitions().map(Na::new)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use iomt_core::wire::Scaled;

    use super::*;
    use crate::Delimiters;

    fn repetition(raw: &[u8]) -> Repetition<'_> {
        Repetition::new(raw, 0, Delimiters::DEFAULT)
    }

    #[test]
    fn numbers_are_exact() {
        let read = |raw: &'static [u8]| Nm::parse(raw).map(|number| number.value()).ok();
        assert_eq!(read(b"-0.50"), Some(Number::Scaled(Scaled::new(-50, -2))));
        assert_eq!(read(b"1234567890123456789012"), Some(Number::Long));
        for raw in [&b""[..], b" 1", b"1e2", b"1,5", b"12abc", b"."] {
            assert_eq!(read(raw), None);
        }
        let lenient = Nm::parse_lenient(b" 1.0 ").unwrap();
        assert_eq!((lenient.value.raw(), lenient.tolerated.is_some()), (&b"1.0"[..], true));
        assert!(Nm::parse_lenient(b"1").unwrap().tolerated.is_none());
        assert_eq!(Si::parse(b"12"), Ok(Si(12)));
        assert!(
            Si::parse(b"").is_err() && Si::parse(b"-1").is_err() && Si::parse(b"12345").is_err()
        );
    }

    #[test]
    fn structured_numbers() {
        let read = Sn::parse(repetition(b"^1^:^128")).unwrap();
        assert_eq!((read.comparator, read.separator), (None, Some(":")));
        assert_eq!((read.num1.unwrap().raw(), read.num2.unwrap().raw()), (&b"1"[..], &b"128"[..]));
        for raw in [&b""[..], b"120", b">^abc", b"^1^x", b"^1^-^2^3"] {
            assert!(Sn::parse(repetition(raw)).is_err());
        }
        let read = Sn::parse_lenient(repetition(b">^abc")).unwrap();
        assert_eq!(read.value.comparator, Some(">"));
        assert_eq!(read.tolerated, Some(DiagnosticCode::ValueMalformed));
        assert!(Sn::parse_lenient(repetition(b"120")).is_err());
    }

    #[test]
    fn ranges_and_arrays() {
        let read = Nr::parse(repetition(b"^5.0")).unwrap();
        assert!(read.low.is_none() && read.high.unwrap().raw() == b"5.0");
        for raw in [&b""[..], b"^", b"a^1", b"1^2^3"] {
            assert!(Nr::parse(repetition(raw)).is_err());
        }
        let raws = |na: Na<'static>| -> Vec<_> {
            na.values()
                .map(|v| v.map(|v| v.map_or(&b""[..], |n| n.raw())).map_err(|e| e.offset()))
                .collect()
        };
        let field = Field::new(b"1^^-2.5~3^x", 10, Delimiters::DEFAULT);
        let moments: Vec<_> = Ma::new(field).moments().map(raws).collect();
        assert_eq!(
            moments,
            [[Ok(&b"1"[..]), Ok(b""), Ok(b"-2.5")].to_vec(), [Ok(&b"3"[..]), Err(20)].to_vec()]
        );
    }
}
