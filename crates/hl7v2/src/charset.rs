//! HL7 v2 §2.15.9.18, table 0211: the character set of a message, which MSH-18 declares.
//!
//! - The first repetition names the set; none, `ASCII` and `ISO IR6` leave it to the bytes: UTF-8 if
//!   they are, else Latin-1. Both are diagnosed.
//! - A repetition `ISO IR…` names a set that is shifted to (ISO 2022) where the first is ASCII or itself
//!   one of them, or where escape sequences are there.
//! - A name that is not known leaves it to the bytes, diagnosed.
//! - A declaration holds even where the bytes are UTF-8 as well, which is diagnosed; but Big5, GB 18030
//!   and Shift_JIS would then split wrongly, so text with characters of three bytes of UTF-8 is that.
//! - A leaf that its set does not allow is UTF-8 if it can be, else Latin-1, diagnosed.

mod read;
mod scan;
mod write;

use core::fmt::{self, Write};

use iomt_core::DiagnosticCode;
use memchr::memchr2;

pub(crate) use scan::{Scan, shifts};
pub(crate) use write::{Shifted, Shifts};

use crate::{Delimiters, Field, Segment, seek};

/// How bytes of a message are read as text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// ISO 8859-1.
    Latin1,
    /// ISO 8859-2, Latin-2: Central Europe.
    Iso8859_2,
    /// ISO 8859-3, Latin-3: South Europe.
    Iso8859_3,
    /// ISO 8859-4, Latin-4: Baltic.
    Iso8859_4,
    /// ISO 8859-5: Cyrillic.
    Iso8859_5,
    /// ISO 8859-6: Arabic.
    Iso8859_6,
    /// ISO 8859-7: Greek.
    Iso8859_7,
    /// ISO 8859-8: Hebrew.
    Iso8859_8,
    /// ISO 8859-9, Latin-5: Turkish.
    Iso8859_9,
    /// ISO 8859-10, Latin-6: Nordic.
    Iso8859_10,
    /// ISO 8859-11: Thai.
    Iso8859_11,
    /// ISO 8859-13, Latin-7: Baltic.
    Iso8859_13,
    /// ISO 8859-14, Latin-8: Celtic.
    Iso8859_14,
    /// ISO 8859-15, Latin-9: Western Europe with the euro sign.
    Iso8859_15,
    /// ISO 8859-16, Latin-10: South-East Europe.
    Iso8859_16,
    /// Big5, with the characters of Hong Kong.
    Big5,
    /// GB 18030.
    Gb18030,
    /// KS X 1001 as EUC-KR.
    EucKr,
    /// JIS X 0208 and 0212 as EUC-JP. Not in table 0211.
    EucJp,
    /// Shift_JIS. Not in table 0211.
    ShiftJis,
    /// ISO 2022: ASCII, and JIS X 0201, 0208 and 0212, KS X 1001 and GB 2312 after escape sequences.
    Iso2022,
}

/// Names by letters and digits alone, for spellings vary: `UNICODE UTF-8`, `utf8`, `ISO-8859-1`.
const NAMES: &[(&[u8], Charset)] = &[
    (b"UNICODEUTF8", Charset::Utf8),
    (b"UTF8", Charset::Utf8),
    (b"UNICODE", Charset::Utf8),
    (b"LATIN1", Charset::Latin1),
    (b"BIG5", Charset::Big5),
    (b"GB180302000", Charset::Gb18030),
    (b"GB18030", Charset::Gb18030),
    (b"KSX1001", Charset::EucKr),
    (b"EUCKR", Charset::EucKr),
    (b"EUCJP", Charset::EucJp),
    (b"SHIFTJIS", Charset::ShiftJis),
    (b"SJIS", Charset::ShiftJis),
    (b"ISO2022JP", Charset::Iso2022),
    (b"ISO2022KR", Charset::Iso2022),
    (b"ISOIR14", Charset::Iso2022),
    (b"ISOIR87", Charset::Iso2022),
    (b"ISOIR149", Charset::Iso2022),
    (b"ISOIR159", Charset::Iso2022),
];

/// The parts of ISO 8859.
const PARTS: &[(&[u8], Charset)] = &[
    (b"1", Charset::Latin1),
    (b"2", Charset::Iso8859_2),
    (b"3", Charset::Iso8859_3),
    (b"4", Charset::Iso8859_4),
    (b"5", Charset::Iso8859_5),
    (b"6", Charset::Iso8859_6),
    (b"7", Charset::Iso8859_7),
    (b"8", Charset::Iso8859_8),
    (b"9", Charset::Iso8859_9),
    (b"10", Charset::Iso8859_10),
    (b"11", Charset::Iso8859_11),
    (b"13", Charset::Iso8859_13),
    (b"14", Charset::Iso8859_14),
    (b"15", Charset::Iso8859_15),
    (b"16", Charset::Iso8859_16),
];

/// The letters and digits of a name, in capitals; `None` where they are more than any name has.
fn letters<'b>(name: &[u8], buffer: &'b mut [u8; 16]) -> Option<&'b [u8]> {
    let mut used = 0_usize;
    for byte in name.iter().filter(|b| b.is_ascii_alphanumeric()) {
        *buffer.get_mut(used)? = byte.to_ascii_uppercase();
        used = used.saturating_add(1);
    }
    buffer.get(..used)
}

/// What a name in table 0211 means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Name {
    Ascii,
    Known(Charset),
    Unknown,
}

impl Name {
    fn of(name: &[u8]) -> Self {
        let mut buffer = [0_u8; 16];
        let Some(letters) = letters(name, &mut buffer) else { return Self::Unknown };
        if matches!(letters, b"" | b"ASCII" | b"USASCII" | b"ISOIR6") {
            return Self::Ascii;
        }
        let part = letters.strip_prefix(b"ISO").unwrap_or(letters).strip_prefix(b"8859");
        let (table, key) = part.map_or((NAMES, letters), |part| (PARTS, part));
        let row = table.iter().find(|(name, _)| *name == key);
        row.map_or(Self::Unknown, |(_, charset)| Self::Known(*charset))
    }
}

/// What MSH-18 says.
#[derive(Clone, Copy, Default)]
struct Declared {
    /// The first set that is not ASCII.
    first: Option<Charset>,
    /// Sets of ISO 2022 beside it.
    shifting: bool,
    unknown: bool,
}

impl Declared {
    fn of(field: Option<Field<'_>>) -> Self {
        let mut all = Self::default();
        for (number, repetition) in field.iter().flat_map(Field::repetitions).enumerate() {
            let raw = if repetition.is_null() { &[] } else { repetition.raw() };
            match Name::of(raw) {
                Name::Known(Charset::Iso2022) if number > 0 => all.shifting = true,
                Name::Known(charset) => _ = all.first.get_or_insert(charset),
                Name::Ascii => {}
                Name::Unknown => all.unknown = true,
            }
        }
        if all.first.is_none() && all.shifting {
            all.first = Some(Charset::Iso2022);
        }
        all
    }

    /// The set in which `message` is read, if that is not left to its bytes.
    fn charset(&self, message: &[u8]) -> Option<Charset> {
        let first = self.first.filter(|_| !self.unknown)?;
        let shifts = || message.iter().any(|b| shifts(*b));
        Some(match first {
            // Korean senders shift, too.
            _ if self.shifting && shifts() => Charset::Iso2022,
            Charset::EucKr if message.is_ascii() && shifts() => Charset::Iso2022,
            Charset::Big5 | Charset::Gb18030 | Charset::ShiftJis if is_unicode(message) => {
                Charset::Utf8
            }
            declared => declared,
        })
    }
}

/// Whether all of it is UTF-8, with a character of three bytes or more: by chance, no text of another
/// set is.
fn is_unicode(message: &[u8]) -> bool {
    let text = core::str::from_utf8(message).ok().filter(|_| !message.is_ascii());
    text.is_some_and(|text| text.chars().any(|c| c >= '\u{800}'))
}

/// How characters are found in `message`, of which `header` is the first line.
pub(crate) fn scan(message: &[u8], header: &[u8], delimiters: Delimiters) -> Scan {
    // Text before MSH-18 may hold bytes that look like separators.
    let text = header.strip_suffix(b"\r").unwrap_or(header);
    if !is_text(text) && (!header.is_ascii() || memchr2(0x1B, 0x0E, header).is_some()) {
        return hidden(message, header, delimiters);
    }
    if is_usual(message, header, delimiters) {
        return Scan::Plain;
    }
    let field = seek::part(header, delimiters.field, 17);
    match field.and_then(|(start, end)| header.get(start..end)).unwrap_or_default() {
        [] | [b'\r' | b'\n', ..] => Scan::Plain,
        field => {
            let declared = Declared::of(Some(Field::new(field, 0, delimiters)));
            declared.charset(message).map_or(Scan::Plain, Charset::scan)
        }
    }
}

/// Whether MSH-18 is found at once and has nothing, or UNICODE…, UTF-8, 8859/… or ASCII alone: most.
fn is_usual(message: &[u8], header: &[u8], delimiters: Delimiters) -> bool {
    let Delimiters { field, repetition, .. } = delimiters;
    // Part 18 of the line: MSH-1 is the separator, and no part.
    let start = seek::part_start(message, 0..header.len(), field, 18);
    let Some(rest) = start.and_then(|start| header.get(start..)) else {
        // Where all of the header was looked at, there is none.
        return header.len().saturating_add(64) <= message.len();
    };
    match rest.first() {
        None | Some(b'\r' | b'\n') => true,
        Some(b'U' | b'u' | b'8' | b'A') => {
            rest.get(seek::find(rest, [field, repetition])) != Some(&repetition)
        }
        Some(byte) => *byte == field,
    }
}

/// The set is the one that MSH-18 names when it is itself found so.
#[cold]
fn hidden(message: &[u8], header: &[u8], delimiters: Delimiters) -> Scan {
    let scans = [Scan::Big5, Scan::Gb18030, Scan::ShiftJis, Scan::Iso2022];
    let found = scans.into_iter().find(|scan| {
        let field = Segment::new(header, 0, Delimiters { scan: *scan, ..delimiters }).field(18);
        Declared::of(field).charset(message).map(Charset::scan) == Some(*scan)
    });
    found.unwrap_or(Scan::Plain)
}

/// Whether all of it is ASCII that is no control character, DEL excepted.
fn is_text(line: &[u8]) -> bool {
    let text = |all: bool, b: &u8| all & (b.cast_signed() >= 0x20);
    let block = |block: &[u8; 32]| block.iter().fold(true, text);
    let (blocks, rest) = line.as_chunks();
    // The last block overlaps the one before it.
    match line.last_chunk() {
        Some(last) => blocks.iter().all(block) && block(last),
        None => rest.iter().fold(true, text),
    }
}

/// How the text of `message` is read, where MSH-18 is `declared`, and what to say about it.
pub(crate) fn resolve(
    declared: Option<Field<'_>>,
    message: &[u8],
) -> (Charset, Option<DiagnosticCode>) {
    let declared = Declared::of(declared);
    let ascii = message.is_ascii();
    let unicode = ascii || core::str::from_utf8(message).is_ok();
    let guess = if unicode { Charset::Utf8 } else { Charset::Latin1 };
    match declared.charset(message) {
        _ if declared.unknown => (guess, Some(DiagnosticCode::CharacterSetUnknown)),
        Some(Charset::Utf8) if declared.first != Some(Charset::Utf8) => {
            (Charset::Utf8, Some(DiagnosticCode::CharacterSetMismatch))
        }
        Some(charset) => {
            let doubtful = unicode && !ascii && charset != Charset::Utf8;
            (charset, doubtful.then_some(DiagnosticCode::CharacterSetDoubtful))
        }
        None if ascii => (Charset::Utf8, None),
        None if unicode => (guess, Some(DiagnosticCode::CharacterSetAssumed)),
        None => (guess, Some(DiagnosticCode::CharacterSetMismatch)),
    }
}

/// Whether FHIR allows `byte` in a string: no control character but TAB, LF and CR.
pub(crate) const fn is_control(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')
}

impl Charset {
    /// How its bytes make characters.
    pub(crate) const fn scan(self) -> Scan {
        match self {
            Self::Big5 => Scan::Big5,
            Self::Gb18030 => Scan::Gb18030,
            Self::ShiftJis => Scan::ShiftJis,
            Self::Iso2022 => Scan::Iso2022,
            _ => Scan::Plain,
        }
    }

    /// The one in which all of `raw` can be read.
    pub(crate) fn of(self, raw: &[u8]) -> Self {
        let latin = self == Self::Latin1;
        if latin || (self != Self::Iso2022 && raw.is_ascii()) {
            return self;
        }
        let reads = |charset: &Self| charset.characters(raw, &mut |_| ()).is_some();
        [self, Self::Utf8].into_iter().find(reads).unwrap_or(Self::Latin1)
    }

    /// Writes `raw`, all of which it can read, without its control characters.
    pub(crate) fn write(self, raw: &[u8], out: &mut dyn Write) -> fmt::Result {
        let mut written = Ok(());
        let mut take = |text: &str| {
            let control = |c: char| u8::try_from(c).is_ok_and(is_control);
            let mut parts = text.split(control).filter(|part| !part.is_empty());
            written = written.and_then(|()| parts.try_for_each(|p| out.write_str(p)));
        };
        _ = self.characters(raw, &mut take);
        written
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn of(declared: &[u8], message: &[u8]) -> (Charset, Option<DiagnosticCode>) {
        resolve(Some(Field::new(declared, 0, Delimiters::DEFAULT)), message)
    }

    #[test]
    fn names_of_table_0211_and_how_they_are_spelled() {
        for name in ["UNICODE UTF-8", "UTF-8", "utf8", "UNICODE", "UNICODE UTF-8 ", "~UTF-8"] {
            assert_eq!(of(name.as_bytes(), b"M\xFCller"), (Charset::Utf8, None), "{name}");
        }
        for (names, charset) in [
            (&["8859/1", "8859-1", "ISO-8859-1", "iso 8859/1"][..], Charset::Latin1),
            (&["8859/2", "ISO_8859-2"], Charset::Iso8859_2),
            (&["8859/10"], Charset::Iso8859_10),
            (&["8859/15"], Charset::Iso8859_15),
            (&["BIG-5", "Big5"], Charset::Big5),
            (&["GB 18030-2000", "GB18030"], Charset::Gb18030),
            (&["KS X 1001", "EUC-KR"], Charset::EucKr),
            (&["ISO IR14", "ISO IR87", "~ISO IR87", "ASCII~ISO IR159~ISO IR87"], Charset::Iso2022),
            (&["8859/1~ISO IR87"], Charset::Latin1),
        ] {
            for name in names {
                assert_eq!(of(name.as_bytes(), b"\xB5\xFC"), (charset, None), "{name}");
            }
        }
        assert_eq!(of(b"8859/1~ISO IR87", b"\x1B$B%d\x1B(B"), (Charset::Iso2022, None));
        assert_eq!(of(b"KS X 1001", b"\x1B$)C\x0E1h\x0F"), (Charset::Iso2022, None));
    }

    #[test]
    fn without_a_declaration_the_bytes_decide() {
        use DiagnosticCode::{CharacterSetAssumed, CharacterSetMismatch, CharacterSetUnknown};
        for name in [&b""[..], b"ASCII", b"ISO IR6", b"\"\""] {
            assert_eq!(of(name, b"plain"), (Charset::Utf8, None));
            let want = (Charset::Utf8, Some(CharacterSetAssumed));
            assert_eq!(of(name, "Müller".as_bytes()), want);
            let want = (Charset::Latin1, Some(CharacterSetMismatch));
            assert_eq!(of(name, b"M\xFCller"), want);
        }
        let unknown = Some(CharacterSetUnknown);
        assert_eq!(of(b"8859/12", b"plain"), (Charset::Utf8, unknown));
        assert_eq!(of(b"CNS 11643-1992", b"M\xFCller"), (Charset::Latin1, unknown));
        assert_eq!(of(b"a name of more letters", b""), (Charset::Utf8, unknown));
        assert_eq!(resolve(None, b"plain"), (Charset::Utf8, None));
    }

    #[test]
    fn a_declaration_holds_unless_it_would_split_wrongly() {
        use DiagnosticCode::{CharacterSetDoubtful, CharacterSetMismatch};
        let latin = (Charset::Latin1, Some(CharacterSetDoubtful));
        assert_eq!(of(b"8859/1", "Müller".as_bytes()), latin);
        let unicode = (Charset::Utf8, Some(CharacterSetMismatch));
        assert_eq!(of(b"BIG-5", "王|小".as_bytes()), unicode);
        assert_eq!(of(b"BIG-5", b"\xC4\xA5"), (Charset::Big5, Some(CharacterSetDoubtful)));
    }

    #[test]
    fn the_declaration_is_found() {
        let scan = |header: &[u8]| scan(header, header, Delimiters::DEFAULT);
        assert_eq!(scan(b"MSH|^~\\&|A|B|C|D|E|F|G|H|I|J|K|L|M|N|O|BIG-5|P"), Scan::Big5);
        assert_eq!(scan(b"MSH|^~\\&|||||||||||||||| GB18030\r"), Scan::Gb18030);
        assert_eq!(scan(b"MSH|^~\\&||||||||||||||||~ISO IR87"), Scan::Iso2022);
        assert_eq!(scan(b"MSH|^~\\&|||||||||||||||BIG-5|"), Scan::Plain);
        assert_eq!(scan(b"MSH|^~\\&|||||||||||||||||BIG-5"), Scan::Plain);
        assert_eq!(scan(b"MSH|^~\\&|BIG-5"), Scan::Plain);
        // A separator in the middle of a character before it.
        assert_eq!(scan(b"MSH|^~\\&|\xA8||||||||||||||||BIG-5|x"), Scan::Big5);
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
