//! HL7 v2 §2.7: escape sequences.

use core::fmt::{self, Write};

use crate::charset::{Scan, is_control, shifts};
use crate::{Charset, Delimiters};
use iomt_core::model::Codec;

/// How text of one message is read: its delimiters and its character set.
///
/// `\F\ \S\ \T\ \R\ \E\` mean the message's own delimiters, `\P\` its truncation character (`#` where
/// it declares none), `\Xhh…\` bytes of its character set. Of formatting, `\.br\`, `\.sp n\` and
/// `\.ce\` end lines and `\.sk n\` is blanks; highlighting, indentation and wrapping write nothing.
/// What is not known or has no end is kept as it stands. A repetition separator inside the text,
/// which only a whole field can have, ends a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "what a codec needs to know")]
pub struct TextCodec {
    /// The delimiters.
    pub delimiters: Delimiters,
    /// The character set.
    pub charset: Charset,
}

/// What is remarkable about a text.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Findings {
    /// An escape sequence that is not known.
    pub(crate) unknown: bool,
    /// An escape character without its partner.
    pub(crate) unterminated: bool,
    /// Control characters, which are left out.
    pub(crate) control: bool,
    /// Bytes that the character set does not allow, or a shift that is not closed.
    pub(crate) mismatch: bool,
    /// The text itself has such bytes.
    pub(crate) broken: bool,
}

enum Piece<'a> {
    /// What is no escape sequence.
    Plain(&'a [u8]),
    Delimiter(u8),
    Hexadecimal(&'a [u8]),
    Lines(u8),
    Blanks(u8),
    /// Not known, with its escape characters.
    Unknown(&'a [u8]),
    /// An escape character that begins nothing, and what follows up to the next.
    Unterminated(&'a [u8]),
}

struct Pieces<'a> {
    rest: &'a [u8],
    delimiters: Delimiters,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let escape = self.delimiters.escape;
        let (first, after) = self.rest.split_first()?;
        if *first != escape {
            let end = self.delimiters.position(escape, self.rest).unwrap_or(self.rest.len());
            return Some(Piece::Plain(self.take(end)));
        }
        let Some(len) = self.delimiters.position(escape, after) else {
            return Some(Piece::Unterminated(self.take(self.rest.len())));
        };
        let body = after.get(..len).unwrap_or_default();
        let piece = sequence(body, self.delimiters);
        // A body that cannot be one stands for itself; its end may begin a sequence.
        if piece.is_none() && !is_sequence(body) {
            return Some(Piece::Unterminated(self.take(len.saturating_add(1))));
        }
        let all = self.take(len.saturating_add(2));
        Some(piece.unwrap_or(Piece::Unknown(all)))
    }
}

impl<'a> Pieces<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (head, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, &[]));
        self.rest = rest;
        head
    }
}

/// Whether `body` looks like an escape sequence, known or not.
fn is_sequence(body: &[u8]) -> bool {
    let Some((first, rest)) = body.split_first() else { return false };
    let text = |b: &u8| b.is_ascii_alphanumeric() || (*first == b'.' && b" +-".contains(b));
    (first.is_ascii_uppercase() || *first == b'.') && rest.iter().all(text)
}

/// What a known sequence means.
fn sequence(body: &[u8], delimiters: Delimiters) -> Option<Piece<'_>> {
    match body {
        b"F" => Some(Piece::Delimiter(delimiters.field)),
        b"S" => Some(Piece::Delimiter(delimiters.component)),
        b"T" => Some(Piece::Delimiter(delimiters.subcomponent)),
        b"R" => Some(Piece::Delimiter(delimiters.repetition)),
        b"E" => Some(Piece::Delimiter(delimiters.escape)),
        b"P" => Some(Piece::Delimiter(delimiters.truncation.unwrap_or(b'#'))),
        b"H" | b"N" => Some(Piece::Plain(&[])),
        [b'X', digits @ ..] => {
            let hexadecimal = digits.iter().all(u8::is_ascii_hexdigit);
            let whole = !digits.is_empty() && digits.len().is_multiple_of(2);
            (hexadecimal && whole).then_some(Piece::Hexadecimal(digits))
        }
        [b'.', a, b, number @ ..] => {
            let command = [a.to_ascii_lowercase(), b.to_ascii_lowercase()];
            let number = count(number);
            match (&command, number) {
                (b"br" | b"ce", Some(1)) => Some(Piece::Lines(1)),
                (b"sp", Some(lines)) => Some(Piece::Lines(lines)),
                (b"sk", Some(blanks)) => Some(Piece::Blanks(blanks)),
                (b"fi" | b"nf" | b"in" | b"ti", Some(_)) => Some(Piece::Plain(&[])),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The number after a formatting command, 1 if there is none. At most 99, so that no text grows.
fn count(text: &[u8]) -> Option<u8> {
    let text = text.trim_ascii();
    let digits = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
    match digits {
        [] if text.is_empty() => Some(1),
        [a @ b'0'..=b'9'] => Some(a.wrapping_sub(b'0')),
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => {
            Some(a.wrapping_sub(b'0').wrapping_mul(10).wrapping_add(b.wrapping_sub(b'0')))
        }
        _ => None,
    }
}

/// The bytes that pairs of hexadecimal digits are.
fn hexadecimal(digits: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let nibble = |b: u8| match b {
        b'0'..=b'9' => b.wrapping_sub(b'0'),
        _ => b.to_ascii_uppercase().wrapping_sub(b'A').wrapping_add(10),
    };
    digits.as_chunks::<2>().0.iter().map(move |[high, low]| nibble(*high) << 4 | nibble(*low))
}

/// Reads bytes as `charset`, a character at a time; `None` where they are none.
fn characters(
    charset: Charset,
    bytes: impl Iterator<Item = u8>,
    mut take: impl FnMut(&str),
) -> Option<()> {
    let (mut buffer, mut used) = ([0_u8; 4], 0_usize);
    for byte in bytes {
        if charset == Charset::Iso2022 && shifts(byte) {
            return None;
        }
        *buffer.get_mut(used)? = byte;
        used = used.saturating_add(1);
        let character = buffer.get(..used)?;
        if charset.characters(character, &mut |_| ()).is_some() {
            charset.characters(character, &mut take)?;
            used = 0;
        }
    }
    (used == 0).then_some(())
}

impl TextCodec {
    fn pieces<'a>(&self, raw: &'a [u8]) -> Pieces<'a> {
        Pieces { rest: raw, delimiters: self.delimiters }
    }

    /// The parts of `raw` between delimiters.
    fn split<'a>(&self, at: u8, raw: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (delimiters, mut rest) = (self.delimiters, Some(raw));
        core::iter::from_fn(move || {
            let text = rest?;
            let end = delimiters.position(at, text).unwrap_or(text.len());
            rest = text.get(end.saturating_add(1)..);
            text.get(..end)
        })
    }

    /// Writes a leaf with the escapes of delimiters and of bytes decoded; formatting, highlighting
    /// and what is not known stay as they stand, and nothing is left out.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn unescape(&self, raw: &[u8], out: &mut dyn Write) -> fmt::Result {
        let charset = self.charset.of(raw);
        let mut written = Ok(());
        let mut take = |text: &str| written = written.and_then(|()| out.write_str(text));
        let mut pieces = self.pieces(raw);
        loop {
            let before = pieces.rest;
            let Some(piece) = pieces.next() else { break };
            let len = before.len().saturating_sub(pieces.rest.len());
            match piece {
                Piece::Delimiter(byte) => take(char::from(byte).encode_utf8(&mut [0; 4])),
                Piece::Hexadecimal(digits) => {
                    let read = [self.charset, Charset::Utf8].into_iter().find(|charset| {
                        characters(*charset, hexadecimal(digits), |_| ()).is_some()
                    });
                    let read = read.unwrap_or(Charset::Latin1);
                    _ = characters(read, hexadecimal(digits), &mut take);
                }
                _ => _ = charset.characters(before.get(..len).unwrap_or_default(), &mut take),
            }
        }
        written
    }

    /// Writes `text` so that it is one leaf: delimiters as `\F\ \S\ \T\ \R\ \E\`, the truncation
    /// character as `\P\` where the message declares one, CR and LF as `\X0D\` and `\X0A\`, and so
    /// VT and FS, which no frame can hold.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn escape(&self, text: &str, out: &mut dyn Write) -> fmt::Result {
        let escape = char::from(self.delimiters.escape);
        for character in text.chars() {
            let byte = u8::try_from(character).ok();
            match byte.and_then(|byte| self.delimiters.escape_of(byte)) {
                Some(code) => write!(out, "{escape}{code}{escape}")?,
                None => out.write_char(character)?,
            }
        }
        Ok(())
    }

    /// What is remarkable about `raw`.
    pub(crate) fn findings(&self, raw: &[u8]) -> Findings {
        let scan = self.delimiters.scan;
        let broken = self.charset.of(raw) != self.charset;
        let mismatch = broken || (scan == Scan::Iso2022 && !scan.is_closed(raw));
        let mut found = Findings { mismatch, broken, ..Findings::default() };
        let is_control = |b: u8| is_control(b) && !(scan == Scan::Iso2022 && shifts(b));
        for piece in self.pieces(raw) {
            match piece {
                Piece::Delimiter(_) | Piece::Lines(_) | Piece::Blanks(_) => {}
                Piece::Plain(part) => found.control |= part.iter().copied().any(is_control),
                Piece::Unknown(_) => found.unknown = true,
                Piece::Unterminated(part) => {
                    found.unterminated = true;
                    found.control |= part.iter().copied().any(is_control);
                }
                Piece::Hexadecimal(digits) => {
                    found.control |= hexadecimal(digits).any(is_control);
                    let read = characters(self.charset, hexadecimal(digits), |_| ());
                    found.mismatch |= read.is_none();
                }
            }
        }
        found
    }
}

impl Codec for TextCodec {
    fn decode(&self, raw: &[u8], out: &mut dyn Write) -> fmt::Result {
        let charset = self.charset.of(raw);
        for piece in self.pieces(raw) {
            match piece {
                Piece::Delimiter(byte) => out.write_char(char::from(byte))?,
                Piece::Lines(lines) => (0..lines).try_for_each(|_| out.write_char('\n'))?,
                Piece::Blanks(blanks) => (0..blanks).try_for_each(|_| out.write_char(' '))?,
                Piece::Plain(part) | Piece::Unknown(part) | Piece::Unterminated(part) => {
                    for (line, text) in self.split(self.delimiters.repetition, part).enumerate() {
                        if line > 0 {
                            out.write_char('\n')?;
                        }
                        charset.write(text, out)?;
                    }
                }
                Piece::Hexadecimal(digits) => {
                    let bytes = || hexadecimal(digits);
                    let mut written = Ok(());
                    if characters(self.charset, bytes(), |_| ()).is_some() {
                        let write = |character: &str| {
                            if !character.bytes().any(is_control) && written.is_ok() {
                                written = out.write_str(character);
                            }
                        };
                        _ = characters(self.charset, bytes(), write);
                    } else {
                        let allowed = bytes().filter(|b| !is_control(*b));
                        written = allowed.map(char::from).try_for_each(|c| out.write_char(c));
                    }
                    written?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    const UTF8: TextCodec = TextCodec { delimiters: Delimiters::DEFAULT, charset: Charset::Utf8 };
    const LATIN1: TextCodec = TextCodec { charset: Charset::Latin1, ..UTF8 };

    fn read(codec: &TextCodec, raw: &[u8]) -> (String, Findings) {
        let mut out = String::new();
        codec.decode(raw, &mut out).unwrap();
        (out, codec.findings(raw))
    }

    fn clean(raw: &str) -> String {
        let (text, found) = read(&UTF8, raw.as_bytes());
        assert_eq!(found, Findings::default(), "{raw}");
        text
    }

    #[test]
    fn delimiters_are_those_of_the_message() {
        assert_eq!(clean(r"a\F\b\S\c\T\d\R\e\E\f\P\g"), r"a|b^c&d~e\f#g");
        let (delimiters, _) = Delimiters::parse(b"MSH#!*?@%#", 0).unwrap();
        let codec = TextCodec { delimiters, charset: Charset::Utf8 };
        assert_eq!(read(&codec, b"a?F?b?S?c?T?d?R?e?E?f?P?g\\").0, "a#b!c@d*e?f%g\\");
        assert_eq!(clean(r"\S\\T\\R\\E\"), r"^&~\");
    }

    #[test]
    fn hexadecimal_is_bytes_of_the_character_set() {
        assert_eq!(clean(r"\X48656C6c6F\"), "Hello");
        assert_eq!(clean(r"1.\X0D0A\2."), "1.\r\n2.");
        assert_eq!(clean(r"\XC3A9\"), "é");
        assert_eq!(read(&LATIN1, br"\XE9\").0, "é");
        let (text, found) = read(&UTF8, br"\XE9\");
        assert_eq!((text.as_str(), found.mismatch), ("é", true));
        let (text, found) = read(&UTF8, br"a\X0041\");
        assert_eq!((text.as_str(), found.control), ("aA", true));
    }

    #[test]
    fn formatting() {
        assert_eq!(clean(r"a\.br\b\.BR\c\.sp\d\.sp 2\e\.sp+2\f"), "a\nb\nc\nd\n\ne\n\nf");
        assert_eq!(clean(r"a\.ce\b\.sk 3\c\.in+4\\.ti-1\\.fi\\.nf\d"), "a\nb   cd");
        assert_eq!(clean(r"a\.sk 12\b"), "a            b");
        assert_eq!(clean(r"Critical \H\value\N\ here"), "Critical value here");
    }

    #[test]
    fn what_is_not_known_stays() {
        for raw in [
            r"\Z99\",
            r"\UNKNOWN\",
            r"a\Xzz\b",
            r"a\Xabc\b",
            r"\X\",
            r"\C12\",
            r"\M824041\",
            r"\.xy\",
            r"\.sp 100\",
            r"\.br 2\",
        ] {
            let found = Findings { unknown: true, ..Findings::default() };
            assert_eq!(read(&UTF8, raw.as_bytes()), (raw.into(), found));
        }
    }

    #[test]
    fn an_escape_character_without_its_partner_stays() {
        for (raw, want) in [
            (r"C:\x", r"C:\x"),
            (r"Escape this \F please", r"Escape this \F please"),
            (r"here\there. and \E\ more", r"here\there. and \ more"),
            (r"\patientname", r"\patientname"),
            (r"\\", r"\\"),
            (r#"\""\"#, r#"\""\"#),
        ] {
            let found = Findings { unterminated: true, ..Findings::default() };
            assert_eq!(read(&UTF8, raw.as_bytes()), (want.into(), found));
        }
        // A sequence that is not known does not lend its end to the next.
        assert_eq!(read(&UTF8, br"\Z1\F\Z2\").0, r"\Z1\F\Z2\");
    }

    #[test]
    fn bytes_that_are_no_utf8_are_latin_1() {
        let (text, found) = read(&UTF8, b"M\xFC\\T\\\xE9");
        assert_eq!(text, "Mü&é");
        assert!(found.mismatch && !found.control);
        assert!(read(&UTF8, b"a\0b").1.control);
    }

    #[test]
    fn what_is_escaped_is_read_as_it_was() {
        let (delimiters, _) = Delimiters::parse(b"MSH|^~\\&#|", 0).unwrap();
        for codec in [UTF8, TextCodec { delimiters, ..UTF8 }] {
            for text in ["|^~\\&#", "a\\F\\b", "\r\n", "Müller", "\\X0D\\"] {
                let (mut escaped, mut read) = (String::new(), String::new());
                codec.escape(text, &mut escaped).unwrap();
                codec.unescape(escaped.as_bytes(), &mut read).unwrap();
                assert_eq!(read, text);
            }
        }
        let mut out = String::new();
        UTF8.escape("a|b^c&d~e\\f#g\r\n", &mut out).unwrap();
        assert_eq!(out, r"a\F\b\S\c\T\d\R\e\E\f#g\X0D\\X0A\");
    }

    #[test]
    fn unescaping_keeps_what_is_no_character() {
        let mut out = String::new();
        let raw = b"\x01H \\H\\ \\.br\\\\T\\\\XC3A9\\\\XE9\\\\Z9\\ ~ \\F";
        UTF8.unescape(raw, &mut out).unwrap();
        assert_eq!(out, "\u{1}H \\H\\ \\.br\\&éé\\Z9\\ ~ \\F");
    }

    #[test]
    fn trail_bytes_are_no_escape_characters() {
        let mut codec = TextCodec { charset: Charset::Big5, ..UTF8 };
        codec.delimiters.scan = Charset::Big5.scan();
        assert_eq!(
            read(&codec, b"\xB3\\\xA5\\\\T\\\xBB\\"),
            ("許功&蓋".into(), Findings::default())
        );
        assert_eq!(read(&codec, b"\\XB35CA55C\\"), ("許功".into(), Findings::default()));
        codec = TextCodec { charset: Charset::Iso2022, ..UTF8 };
        codec.delimiters.scan = Charset::Iso2022.scan();
        assert_eq!(read(&codec, b"\x1B$B;n83\x1B(B\\T\\").0, "試験&");
        assert!(!read(&codec, b"\x1B$B;n83\x1B(B").1.control);
        let (text, found) = read(&codec, b"\x1B$B;n83");
        assert_eq!((text.as_str(), found.mismatch), ("試験", true));
    }

    #[test]
    fn repetitions_are_lines() {
        assert_eq!(clean(r"one~two \R\ & ^~~three"), "one\ntwo ~ & ^\n\nthree");
    }
}
