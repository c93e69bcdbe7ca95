//! HL7 v2 §2.15.9.18, table 0211: the character set of a message, which MSH-18 declares.

use core::fmt::{self, Write};

use iomt_core::DiagnosticCode;

use crate::Field;

/// How bytes of a message are read as text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Charset {
    /// UTF-8; a leaf that is none is read as Latin-1.
    Utf8,
    /// ISO 8859-1.
    Latin1,
}

/// What MSH-18 says, and what follows from the bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Resolved {
    /// Read so; what to say about it.
    As(Charset, Option<DiagnosticCode>),
    /// Bytes of characters may look like delimiters: nothing can be split.
    Unsplittable,
}

/// What a name in table 0211 means.
enum Name {
    Ascii,
    Utf8,
    Latin1,
    /// Trail bytes of a character may be `\`, `^`, `|` or `~`.
    Overlapping,
    /// Characters of two bytes below 0x80 after an escape sequence of ISO 2022.
    Shifting,
    Unknown,
}

impl Name {
    /// By letters and digits alone, for spellings vary: `UNICODE UTF-8`, `utf8`, `ISO-8859-1`.
    fn of(name: &[u8]) -> Self {
        let mut letters = [0_u8; 16];
        let mut used = 0_usize;
        for byte in name.iter().filter(|b| b.is_ascii_alphanumeric()) {
            let Some(slot) = letters.get_mut(used) else { return Self::Unknown };
            *slot = byte.to_ascii_uppercase();
            used = used.saturating_add(1);
        }
        match letters.get(..used).unwrap_or_default() {
            b"" | b"ASCII" | b"USASCII" | b"ISOIR6" => Self::Ascii,
            b"UNICODEUTF8" | b"UTF8" | b"UNICODE" => Self::Utf8,
            b"88591" | b"ISO88591" | b"LATIN1" => Self::Latin1,
            b"GB180302000" | b"GB18030" | b"BIG5" => Self::Overlapping,
            b"ISOIR14" | b"ISOIR87" | b"ISOIR159" => Self::Shifting,
            _ => Self::Unknown,
        }
    }
}

/// How the text of `message` is read, where MSH-18 is `declared`.
pub(crate) fn resolve(declared: Option<Field<'_>>, message: &[u8]) -> Resolved {
    let (mut first, mut unknown) = (None, false);
    let ascii = message.is_ascii();
    for repetition in declared.iter().flat_map(Field::repetitions) {
        let raw = if repetition.is_null() { &[] } else { repetition.raw() };
        match Name::of(raw) {
            Name::Overlapping if !ascii => return Resolved::Unsplittable,
            Name::Shifting if memchr::memchr(0x1B, message).is_some() => {
                return Resolved::Unsplittable;
            }
            Name::Overlapping | Name::Shifting | Name::Unknown => unknown = true,
            Name::Utf8 => _ = first.get_or_insert(Charset::Utf8),
            Name::Latin1 => _ = first.get_or_insert(Charset::Latin1),
            Name::Ascii => {}
        }
    }
    let unicode = ascii || core::str::from_utf8(message).is_ok();
    let guess = if unicode { Charset::Utf8 } else { Charset::Latin1 };
    match first {
        _ if unknown => Resolved::As(guess, Some(DiagnosticCode::CharacterSetUnknown)),
        Some(charset) => Resolved::As(charset, None),
        None if ascii => Resolved::As(Charset::Utf8, None),
        None if unicode => Resolved::As(guess, Some(DiagnosticCode::CharacterSetAssumed)),
        None => Resolved::As(guess, Some(DiagnosticCode::CharacterSetMismatch)),
    }
}

/// Whether FHIR allows `byte` in a string: no control character but TAB, LF and CR.
pub(crate) const fn is_control(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')
}

impl Charset {
    /// The one in which all of `raw` can be read.
    pub(crate) fn of(self, raw: &[u8]) -> Self {
        match self {
            Self::Utf8 if core::str::from_utf8(raw).is_err() => Self::Latin1,
            _ => self,
        }
    }

    /// Writes `raw` without its control characters.
    pub(crate) fn write(self, raw: &[u8], out: &mut dyn Write) -> fmt::Result {
        match (self, core::str::from_utf8(raw)) {
            (Self::Utf8, Ok(text)) => {
                let control = |c: char| u8::try_from(c).is_ok_and(is_control);
                text.split(control)
                    .filter(|part| !part.is_empty())
                    .try_for_each(|p| out.write_str(p))
            }
            _ => {
                let allowed = raw.iter().filter(|b| !is_control(**b));
                allowed.copied().try_for_each(|b| out.write_char(char::from(b)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;
    use crate::Delimiters;

    fn of(declared: &[u8], message: &[u8]) -> Resolved {
        resolve(Some(Field::new(declared, 0, Delimiters::DEFAULT)), message)
    }

    #[test]
    fn names_of_table_0211_and_how_they_are_spelled() {
        let latin = b"M\xFCller";
        for name in ["UNICODE UTF-8", "UTF-8", "utf8", "UNICODE", "UNICODE UTF-8 ", "~UTF-8"] {
            assert_eq!(of(name.as_bytes(), latin), Resolved::As(Charset::Utf8, None), "{name}");
        }
        for name in ["8859/1", "8859-1", "ISO-8859-1", "iso 8859/1"] {
            let want = Resolved::As(Charset::Latin1, None);
            assert_eq!(of(name.as_bytes(), "Müller".as_bytes()), want, "{name}");
        }
    }

    #[test]
    fn without_a_declaration_the_bytes_decide() {
        use DiagnosticCode::{CharacterSetAssumed, CharacterSetMismatch, CharacterSetUnknown};
        for name in [&b""[..], b"ASCII", b"ISO IR6", b"\"\""] {
            assert_eq!(of(name, b"plain"), Resolved::As(Charset::Utf8, None));
            let want = Resolved::As(Charset::Utf8, Some(CharacterSetAssumed));
            assert_eq!(of(name, "Müller".as_bytes()), want);
            let want = Resolved::As(Charset::Latin1, Some(CharacterSetMismatch));
            assert_eq!(of(name, b"M\xFCller"), want);
        }
        let unknown = Some(CharacterSetUnknown);
        assert_eq!(of(b"8859/11", b"plain"), Resolved::As(Charset::Utf8, unknown));
        assert_eq!(of(b"8859/2", b"M\xFCller"), Resolved::As(Charset::Latin1, unknown));
        assert_eq!(of(b"a name of more letters", b""), Resolved::As(Charset::Utf8, unknown));
        assert_eq!(resolve(None, b"plain"), Resolved::As(Charset::Utf8, None));
    }

    #[test]
    fn what_cannot_be_split_is_refused() {
        assert_eq!(of(b"BIG-5", b"\xB3\x5C"), Resolved::Unsplittable);
        assert_eq!(of(b"~ISO IR87", b"\x1B$B%d\x1B(B"), Resolved::Unsplittable);
        assert!(matches!(of(b"GB 18030-2000", b"plain"), Resolved::As(Charset::Utf8, Some(_))));
    }

    #[test]
    fn controls_are_left_out() {
        let written = |charset: Charset, raw: &[u8]| {
            let mut out = String::new();
            charset.write(raw, &mut out).unwrap();
            out
        };
        assert_eq!(written(Charset::Utf8, "a\0\u{1}é\t\r\n\u{7f}".as_bytes()), "aé\t\r\n\u{7f}");
        assert_eq!(written(Charset::Latin1, b"M\xFC\x02 \xB5g"), "Mü µg");
        assert_eq!(written(Charset::Utf8.of(b"\xFF\xFE"), b"\xFF\xFE"), "ÿþ");
    }
}
