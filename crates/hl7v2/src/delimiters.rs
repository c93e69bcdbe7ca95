//! HL7 v2 §2.5.4: the delimiters of a message, which MSH-1 and MSH-2 declare.

use iomt_core::wire::{ErrorKind, ParseError};
use memchr::memchr;

use crate::charset::Scan;
use crate::frame;
use crate::seek;

/// The characters that separate the parts of one message. Each message has its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Delimiters {
    /// Between fields: MSH-1.
    pub field: u8,
    /// Between components.
    pub component: u8,
    /// Between repetitions of a field.
    pub repetition: u8,
    /// Around escape sequences.
    pub escape: u8,
    /// Between subcomponents.
    pub subcomponent: u8,
    /// After a value that was cut short, where MSH-2 declares it (2.7 and later).
    pub truncation: Option<u8>,
    /// How characters are found that they may stand in the middle of.
    pub(crate) scan: Scan,
}

impl Delimiters {
    /// `|^~\&`
    pub const DEFAULT: Self = Self {
        field: b'|',
        component: b'^',
        repetition: b'~',
        escape: b'\\',
        subcomponent: b'&',
        truncation: None,
        scan: Scan::Plain,
    };

    /// Those of a value that is never split. CR ends a segment, so no value has it.
    pub(crate) const NONE: Self = Self {
        field: b'\r',
        component: b'\r',
        repetition: b'\r',
        escape: b'\r',
        subcomponent: b'\r',
        truncation: None,
        scan: Scan::Plain,
    };

    /// Whether `byte` ends a part.
    #[inline]
    pub(crate) const fn separates(&self, byte: u8) -> bool {
        (byte == self.field)
            | (byte == self.component)
            | (byte == self.repetition)
            | (byte == self.subcomponent)
    }

    /// What stands between escape characters for a byte that a leaf cannot hold as it is: one of
    /// these, CR or LF (§2.7), or what begins or ends a frame.
    pub(crate) fn escape_of(&self, byte: u8) -> Option<&'static str> {
        Some(match byte {
            b if b == self.field => "F",
            b if b == self.component => "S",
            b if b == self.repetition => "R",
            b if b == self.escape => "E",
            b if b == self.subcomponent => "T",
            b if Some(b) == self.truncation => "P",
            b'\r' => "X0D",
            b'\n' => "X0A",
            frame::VT => "X0B",
            frame::FS => "X1C",
            _ => return None,
        })
    }

    /// Where `byte`, which is one of them, first stands in a part.
    pub(crate) fn position(&self, byte: u8, part: &[u8]) -> Option<usize> {
        match self.scan {
            // A call of memchr costs more than it saves.
            Scan::Plain if part.len() < 32 => {
                Some(seek::find(part, [byte])).filter(|at| *at < part.len())
            }
            Scan::Plain => memchr(byte, part),
            scan => scan.position(part, |b| b == byte),
        }
    }

    /// Reads those of a header segment, `MSH|^~\&|…`, whose first byte is byte `offset`. Also tells
    /// how many characters MSH-2 has: where fewer than four, the defaults stand in for the rest.
    ///
    /// # Errors
    /// `MSH-1` or `MSH-2` where a character is missing, is no ASCII punctuation, or is there twice.
    pub fn parse(header: &[u8], offset: usize) -> Result<(Self, usize), ParseError> {
        // The recommended ones.
        if header.get(3..9) == Some(b"|^~\\&|") {
            return Ok((Self::DEFAULT, 4));
        }
        let error =
            |kind, field, at: usize| ParseError::new(kind, field, offset.saturating_add(at));
        let truncated = |available| ErrorKind::Truncated { needed: 1, available };
        let field = match header.get(3) {
            Some(byte) if byte.is_ascii_punctuation() => *byte,
            Some(_) => return Err(error(ErrorKind::Malformed, "MSH-1", 3)),
            None => return Err(error(truncated(0), "MSH-1", header.len())),
        };
        let mut all = Self { field, ..Self::DEFAULT };
        let mut declared = 0_usize;
        for byte in header.iter().skip(4).copied() {
            if byte == field || byte == b'\r' || byte == b'\n' {
                break;
            }
            let slot = match declared {
                0 => &mut all.component,
                1 => &mut all.repetition,
                2 => &mut all.escape,
                3 => &mut all.subcomponent,
                4 => all.truncation.insert(byte),
                _ => return Err(error(ErrorKind::Malformed, "MSH-2", 9)),
            };
            *slot = byte;
            if !byte.is_ascii_punctuation() {
                let at = declared.saturating_add(4);
                return Err(error(ErrorKind::Malformed, "MSH-2", at));
            }
            declared = declared.saturating_add(1);
        }
        if declared == 0 {
            return Err(error(ErrorKind::Missing, "MSH-2", 4));
        }
        let Self { component, repetition, escape, subcomponent, truncation, .. } = all;
        let mut rest =
            [field, component, repetition, escape, subcomponent, truncation.unwrap_or(0)];
        rest.sort_unstable();
        if rest.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(error(ErrorKind::Malformed, "MSH-2", 4));
        }
        Ok((all, declared))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &[u8]) -> Result<(Delimiters, usize), (ErrorKind, &'static str, usize)> {
        Delimiters::parse(header, 0).map_err(|e| (e.kind(), e.field(), e.offset()))
    }

    #[test]
    fn those_of_the_header_hold() {
        assert_eq!(parse(b"MSH|^~\\&|A"), Ok((Delimiters::DEFAULT, 4)));
        let custom = Delimiters {
            field: b'#',
            component: b'!',
            repetition: b'*',
            escape: b'\\',
            subcomponent: b'@',
            truncation: None,
            scan: Scan::Plain,
        };
        assert_eq!(parse(b"MSH#!*\\@#A"), Ok((custom, 4)));
        let five = Delimiters { truncation: Some(b'#'), ..Delimiters::DEFAULT };
        assert_eq!(parse(b"MSH|^~\\&#|A"), Ok((five, 5)));
    }

    #[test]
    fn missing_ones_are_the_defaults() {
        assert_eq!(parse(b"MSH|^~|A"), Ok((Delimiters::DEFAULT, 2)));
        assert_eq!(parse(b"MSH|^\r"), Ok((Delimiters::DEFAULT, 1)));
        assert_eq!(parse(b"MSH||A"), Err((ErrorKind::Missing, "MSH-2", 4)));
        // `&` for components leaves no default for subcomponents.
        assert_eq!(parse(b"MSH|&|A"), Err((ErrorKind::Malformed, "MSH-2", 4)));
    }

    #[test]
    fn what_cannot_delimit_is_refused() {
        let truncated = ErrorKind::Truncated { needed: 1, available: 0 };
        assert_eq!(parse(b"MSH"), Err((truncated, "MSH-1", 3)));
        assert_eq!(parse(b"MSHH0\r"), Err((ErrorKind::Malformed, "MSH-1", 3)));
        assert_eq!(parse(b"MSH|^^^^|"), Err((ErrorKind::Malformed, "MSH-2", 4)));
        // A log that escapes backslashes wrote this: in it no escape can be told from a delimiter.
        assert_eq!(parse(b"MSH|^~\\\\&|"), Err((ErrorKind::Malformed, "MSH-2", 4)));
        assert_eq!(parse(b"MSH|^~\\&#!|"), Err((ErrorKind::Malformed, "MSH-2", 9)));
        assert_eq!(parse(b"MSH|^A\\&|"), Err((ErrorKind::Malformed, "MSH-2", 5)));
        assert_eq!(parse(b"MSH|^\xC3\xA9&|"), Err((ErrorKind::Malformed, "MSH-2", 5)));
    }
}
