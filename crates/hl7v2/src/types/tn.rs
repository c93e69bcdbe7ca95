//! HL7 v2 chapter 2A, TN, telephone number: XTN.1 of older versions.

use core::fmt;

use iomt_core::wire::{ErrorKind, ParseError};

/// A telephone number: `[NN ][(999)]999-9999[X99999][B99999][C any text]`.
#[derive(Clone, Copy)]
pub struct Tn<'a>(&'a [u8]);

impl fmt::Debug for Tn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tn(len {})", self.0.len())
    }
}

impl<'a> Tn<'a> {
    /// Reads a number in the form of the standard, which is that of North America.
    ///
    /// # Errors
    /// `TN` where it has another form.
    pub fn parse(raw: &'a [u8]) -> Result<Self, ParseError> {
        let read = after_number(raw).and_then(|rest| {
            let rest = optional(rest, b'X')?;
            let rest = optional(rest, b'B')?;
            matches!(rest, [] | [b'C', ..]).then_some(())
        });
        read.map(|()| Self(raw)).ok_or(ParseError::new(ErrorKind::Malformed, "TN", 0))
    }

    /// The bytes as they stand.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.0
    }
}

/// What follows `[NN ][(999)]999-9999`.
fn after_number(raw: &[u8]) -> Option<&[u8]> {
    let rest = match raw {
        [b'0'..=b'9', b' ', rest @ ..] | [b'0'..=b'9', b'0'..=b'9', b' ', rest @ ..] => rest,
        rest => rest,
    };
    let rest = match rest.strip_prefix(b"(") {
        Some(area) => digits(area, 3, 3)?.strip_prefix(b")")?,
        None => rest,
    };
    digits(digits(rest, 3, 3)?.strip_prefix(b"-")?, 4, 4)
}

/// What follows `letter` and one to five digits, if they are there.
fn optional(text: &[u8], letter: u8) -> Option<&[u8]> {
    match text.split_first() {
        Some((first, rest)) if *first == letter => digits(rest, 1, 5),
        _ => Some(text),
    }
}

/// What follows the digits, of which there are at least `least` and at most `most`.
fn digits(text: &[u8], least: usize, most: usize) -> Option<&[u8]> {
    let count = text.iter().take_while(|b| b.is_ascii_digit()).count();
    (least..=most).contains(&count).then(|| text.get(count..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_the_standard() {
        for raw in ["(705)267-2131", "267-2131", "12 (705)267-2131X12B12345C any"] {
            assert_eq!(Tn::parse(raw.as_bytes()).map(|tn| tn.raw()), Ok(raw.as_bytes()));
        }
        for raw in ["", "123 (705)267-2131", "(705)267-2131X", "705-267-2131", "267-21312"] {
            assert!(Tn::parse(raw.as_bytes()).is_err(), "{raw}");
        }
    }
}
