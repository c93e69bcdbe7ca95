//! Where characters begin and end in the raw bytes of a message, so that no byte in the middle of one
//! is taken for a delimiter.

use super::Charset;

/// How bytes make characters. Of most sets a byte below 0x80 is always a character of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scan {
    /// ASCII bytes are ASCII characters: UTF-8, ISO 8859, EUC.
    Plain,
    Big5,
    Gb18030,
    ShiftJis,
    /// Escape sequences change what the bytes after them are.
    Iso2022,
}

/// What bytes are after an escape sequence of ISO 2022.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shift {
    /// ISO IR 6, with which every part begins and ends.
    Ascii,
    /// JIS X 0201, Roman: ISO IR 14.
    Roman,
    /// JIS X 0201, Katakana: ISO IR 13.
    Kana,
    /// JIS X 0208: ISO IR 87 and its older edition, ISO IR 42.
    Jis0208,
    /// JIS X 0212: ISO IR 159.
    Jis0212,
    /// KS X 1001: ISO IR 149.
    Ksx1001,
    /// GB 2312: ISO IR 58.
    Gb2312,
}

/// What stands next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// A byte that may be a delimiter.
    Single,
    /// A character of so many bytes, or one byte of a set that has no delimiters.
    Character(usize),
    /// What changes the shift.
    Control(usize),
}

/// Shift out and shift in: to the set that is designated as G1, and back.
const SO: u8 = 0x0E;
const SI: u8 = 0x0F;

/// The bytes that shift.
pub(crate) const fn shifts(byte: u8) -> bool {
    matches!(byte, 0x1B | SO | SI)
}

/// A walk over the bytes of one part. Each begins in ASCII.
#[derive(Clone, Copy)]
pub(crate) struct Walk {
    scan: Scan,
    pub(crate) shift: Shift,
    /// What SO shifts to.
    designated: Shift,
}

impl Walk {
    pub(crate) const fn new(scan: Scan) -> Self {
        Self { scan, shift: Shift::Ascii, designated: Shift::Ksx1001 }
    }

    /// What stands at the beginning of `rest`.
    pub(crate) fn step(&mut self, rest: &[u8]) -> Step {
        let two = |lead, trail: fn(u8) -> bool| match rest {
            [first, second, ..] if lead && trail(*second) && self.is_character(*first, *second) => {
                Step::Character(2)
            }
            _ => Step::Single,
        };
        let first = rest.first().copied().unwrap_or(0);
        match self.scan {
            Scan::Plain => Step::Single,
            Scan::Big5 => {
                two(matches!(first, 0x81..=0xFE), |b| matches!(b, 0x40..=0x7E | 0x80..=0xFE))
            }
            Scan::ShiftJis => two(
                matches!(first, 0x81..=0x9F | 0xE0..=0xFC),
                |b| matches!(b, 0x40..=0x7E | 0x80..=0xFC),
            ),
            Scan::Gb18030 => match rest {
                [0x81..=0xFE, b'0'..=b'9', 0x81..=0xFE, b'0'..=b'9', ..] => Step::Character(4),
                _ => two(matches!(first, 0x81..=0xFE), |b| matches!(b, 0x40..=0x7E | 0x80..=0xFE)),
            },
            Scan::Iso2022 => self.shifted(rest),
        }
    }

    /// Whether the set has a character for two bytes. Where it has none and the second is ASCII, that
    /// is a character of its own: a broken byte hides no delimiter.
    fn is_character(&self, first: u8, second: u8) -> bool {
        let charset = match self.scan {
            Scan::Big5 => Charset::Big5,
            Scan::Gb18030 => Charset::Gb18030,
            _ => Charset::ShiftJis,
        };
        !second.is_ascii() || charset.characters(&[first, second], &mut |_| ()).is_some()
    }

    fn shifted(&mut self, rest: &[u8]) -> Step {
        let (shift, len) = match rest {
            [0x1B, b'(', b'B', ..] => (Shift::Ascii, 3),
            [0x1B, b'(', b'J', ..] => (Shift::Roman, 3),
            [0x1B, b'(', b'I', ..] => (Shift::Kana, 3),
            [0x1B, b'$', b'@' | b'B', ..] => (Shift::Jis0208, 3),
            [0x1B, b'$', b'(', b'@' | b'B', ..] => (Shift::Jis0208, 4),
            [0x1B, b'$', b'(', b'D', ..] => (Shift::Jis0212, 4),
            [0x1B, b'$', b'(', b'C', ..] => (Shift::Ksx1001, 4),
            [0x1B, b'$', b'A', ..] => (Shift::Gb2312, 3),
            [0x1B, b'$', b')', set @ (b'A' | b'C'), ..] => {
                self.designated = if *set == b'A' { Shift::Gb2312 } else { Shift::Ksx1001 };
                return Step::Control(4);
            }
            [SO, ..] => (self.designated, 1),
            [SI, ..] => (Shift::Ascii, 1),
            [first, second, ..] => {
                return match (self.shift, first, second) {
                    (Shift::Ascii | Shift::Roman, ..) => Step::Single,
                    (Shift::Kana, 0x21..=0x7E, _) => Step::Character(1),
                    (_, 0x21..=0x7E, 0x21..=0x7E) => Step::Character(2),
                    (_, 0x21..=0x7E, _) => Step::Character(1),
                    _ => Step::Single,
                };
            }
            [0x21..=0x7E] if !matches!(self.shift, Shift::Ascii | Shift::Roman) => {
                return Step::Character(1);
            }
            _ => return Step::Single,
        };
        self.shift = shift;
        Step::Control(len)
    }
}

impl Scan {
    /// Where the first character stands that is one byte, and `wanted`.
    #[cold]
    #[inline(never)]
    pub(crate) fn position(self, text: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
        let (mut walk, mut at) = (Walk::new(self), 0_usize);
        while let Some((first, rest)) = text.get(at..)?.split_first() {
            // Bytes below 0x80 begin no character, but after a shift.
            if self != Self::Iso2022 && first.is_ascii() {
                if wanted(*first) {
                    return Some(at);
                }
                at = at.saturating_add(1);
                continue;
            }
            at = match walk.step(text.get(at..)?) {
                Step::Single if wanted(*first) => return Some(at),
                Step::Single => at.saturating_add(1),
                Step::Character(len) | Step::Control(len) => {
                    at.saturating_add(len.min(rest.len().saturating_add(1)))
                }
            };
        }
        None
    }

    /// Whether `text` ends in the set in which it began.
    pub(crate) fn is_closed(self, text: &[u8]) -> bool {
        let (mut walk, mut rest) = (Walk::new(self), text);
        while !rest.is_empty() {
            let len = match walk.step(rest) {
                Step::Single => 1,
                Step::Character(len) | Step::Control(len) => len,
            };
            rest = rest.get(len..).unwrap_or_default();
        }
        matches!(walk.shift, Shift::Ascii | Shift::Roman)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(scan: Scan, text: &[u8]) -> alloc::vec::Vec<usize> {
        let mut left = text;
        let next = || {
            let at = scan.position(left, |b| b == b'|')?;
            left = &left[at.wrapping_add(1)..];
            Some(text.len().wrapping_sub(left.len()).wrapping_sub(1))
        };
        core::iter::from_fn(next).collect()
    }

    #[test]
    fn trail_bytes_are_no_delimiters() {
        // 育 is A8 7C in Big5.
        assert_eq!(bars(Scan::Big5, b"\xA8|a|b"), [3]);
        assert_eq!(bars(Scan::Gb18030, b"\x81|\x81\x30\x81\x30|"), [6]);
        assert_eq!(bars(Scan::ShiftJis, b"\x83|\xB1|"), [3]);
        // No character of Big5: the byte is broken, the delimiter is one.
        assert_eq!(bars(Scan::Big5, b"\x81|\xA4\xA4|"), [1, 4]);
        // Half a character at the end.
        assert_eq!(bars(Scan::Big5, b"|\xA8"), [0]);
        assert!(matches!(Walk::new(Scan::Plain).step(b"\xA8|"), Step::Single));
    }

    #[test]
    fn shifted_bytes_are_no_delimiters() {
        assert_eq!(bars(Scan::Iso2022, b"\x1B$B%||%\x1B(B|"), [10]);
        assert_eq!(bars(Scan::Iso2022, b"\x1B(I|\x1B(J|\x1B(B|"), [7, 11]);
        assert_eq!(bars(Scan::Iso2022, b"\x1B$(D0|\x1B(B|"), [9]);
        assert_eq!(bars(Scan::Iso2022, b"\x1B$)C\x0E0|\x0F|"), [8]);
        assert!(
            Scan::Iso2022.is_closed(b"\x1B$B%|\x1B(B") && !Scan::Iso2022.is_closed(b"\x1B$B%|")
        );
    }
}
