//! Characters written as bytes. Only what is read again as it was is written, for the tables of
//! encoders know more than one way.

use alloc::vec::Vec;

use encoding_rs::{EUC_JP, EUC_KR, EncoderResult, Encoding};

use super::scan::Shift;
use super::{Charset, letters};
use crate::Field;

/// The sets of ISO 2022 that MSH-18 names, as far as they can be written: JIS X 0212 (ISO IR 159) has
/// no encoder, and what JIS X 0201 (ISO IR 14) alone has stands where delimiters do.
#[derive(Clone, Copy, Default)]
pub(crate) struct Shifts {
    jis0208: bool,
    ksx1001: bool,
}

impl Shifts {
    pub(crate) fn of(declared: Option<Field<'_>>) -> Self {
        let mut all = Self::default();
        for repetition in declared.iter().flat_map(Field::repetitions) {
            match letters(repetition.raw(), &mut [0; 16]) {
                Some(b"ISOIR87" | b"ISO2022JP") => all.jis0208 = true,
                Some(b"ISOIR149" | b"ISO2022KR" | b"KSX1001" | b"EUCKR") => all.ksx1001 = true,
                _ => {}
            }
        }
        all
    }

    /// The set that has `character`, and its bytes there.
    fn find(self, character: char) -> Option<(Shift, [u8; 2], usize)> {
        if character.is_ascii() {
            return Some((Shift::Ascii, [u8::try_from(character).ok()?, 0], 1));
        }
        let all = [(self.jis0208, Shift::Jis0208, EUC_JP), (self.ksx1001, Shift::Ksx1001, EUC_KR)];
        all.into_iter().filter(|(declared, ..)| *declared).find_map(|(_, shift, table)| {
            match encode(table, character, &mut [0; 8])? {
                [high @ 0xA1..=0xFE, low @ 0xA1..=0xFE] => {
                    Some((shift, [high & 0x7F, low & 0x7F], 2))
                }
                _ => None,
            }
        })
    }
}

/// A leaf that is written in ISO 2022. It begins and ends in ASCII.
pub(crate) struct Shifted<'o> {
    shifts: Shifts,
    now: Shift,
    out: &'o mut Vec<u8>,
}

impl<'o> Shifted<'o> {
    pub(crate) const fn new(shifts: Shifts, out: &'o mut Vec<u8>) -> Self {
        Self { shifts, now: Shift::Ascii, out }
    }

    /// `None` if no set that is declared has `character`.
    pub(crate) fn push(&mut self, character: char) -> Option<()> {
        let (shift, bytes, len) = self.shifts.find(character)?;
        self.to(shift);
        self.out.extend(bytes.iter().take(len));
        Some(())
    }

    /// Bytes of ASCII.
    pub(crate) fn ascii(&mut self, bytes: &[u8]) {
        self.to(Shift::Ascii);
        self.out.extend_from_slice(bytes);
    }

    fn to(&mut self, shift: Shift) {
        if self.now != shift {
            self.now = shift;
            self.out.extend_from_slice(match shift {
                Shift::Jis0208 => &b"\x1B$B"[..],
                Shift::Ksx1001 => b"\x1B$(C",
                _ => b"\x1B(B",
            });
        }
    }
}

impl Charset {
    /// Writes `character`; `None` if the set, which is not ISO 2022, does not have it.
    pub(crate) fn push(self, character: char, out: &mut Vec<u8>) -> Option<()> {
        let (mut buffer, mut utf8) = ([0; 8], [0; 4]);
        let text = character.encode_utf8(&mut utf8);
        let byte = u8::try_from(character);
        let bytes = match (self.table(), byte) {
            (_, Ok(byte @ 0x80..=0x9F)) if self.has_c1() && self != Self::Utf8 => &[byte][..],
            (Some(table), _) => encode(table, character, &mut buffer)?,
            (None, _) if self == Self::Utf8 => text.as_bytes(),
            (None, byte) => &[byte.ok()?],
        };
        let mut left = Some(&*text);
        self.characters(bytes, &mut |read| left = left.and_then(|left| left.strip_prefix(read)))?;
        (left == Some("")).then(|| out.extend_from_slice(bytes))
    }
}

fn encode<'b>(
    table: &'static Encoding,
    character: char,
    buffer: &'b mut [u8; 8],
) -> Option<&'b [u8]> {
    let mut utf8 = [0; 4];
    let text = character.encode_utf8(&mut utf8);
    let (result, _, len) =
        table.new_encoder().encode_from_utf8_without_replacement(text, buffer, true);
    buffer.get(..len).filter(|_| result == EncoderResult::InputEmpty)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn write(charset: Charset, text: &str) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        text.chars().try_for_each(|c| charset.push(c, &mut out))?;
        Some(out)
    }

    #[test]
    fn each_set_has_its_bytes() {
        for (charset, text, want) in [
            (Charset::Utf8, "é€", Some(&b"\xC3\xA9\xE2\x82\xAC"[..])),
            (Charset::Latin1, "é\u{85}", Some(b"\xE9\x85")),
            (Charset::Latin1, "€", None),
            (Charset::Iso8859_2, "Ł", Some(b"\xA3")),
            (Charset::Iso8859_9, "İ\u{80}", Some(b"\xDD\x80")),
            // Windows has it at 0x80.
            (Charset::Iso8859_9, "€", None),
            (Charset::Iso8859_11, "ก", Some(b"\xA1")),
            (Charset::Iso8859_15, "€", Some(b"\xA4")),
            (Charset::Big5, "許a", Some(b"\xB3\x5Ca")),
            (Charset::Gb18030, "测\u{80}", Some(b"\xB2\xE2\x81\x30\x81\x30")),
            (Charset::EucKr, "김", Some(b"\xB1\xE8")),
            (Charset::EucJp, "試", Some(b"\xBB\xEE")),
            (Charset::ShiftJis, "表ｱ", Some(b"\x95\x5C\xB1")),
            // The encoder makes a backslash of it.
            (Charset::ShiftJis, "¥", None),
            (Charset::Big5, "é", None),
        ] {
            assert_eq!(write(charset, text).as_deref(), want, "{charset:?}");
        }
    }

    #[test]
    fn shifts_are_written_and_closed() {
        let all = Shifts { jis0208: true, ksx1001: true };
        let mut out = Vec::new();
        let mut shifted = Shifted::new(all, &mut out);
        for character in "a試験김".chars() {
            shifted.push(character).unwrap();
        }
        shifted.ascii(b"\\T\\");
        assert_eq!(shifted.push('é'), None);
        assert_eq!(out, b"a\x1B$B;n83\x1B$(C1h\x1B(B\\T\\");
        let mut read = String::new();
        Charset::Iso2022.characters(&out, &mut |text| read.push_str(text)).unwrap();
        assert_eq!(read, "a試験김\\T\\");
        // What is not declared is not written.
        assert!(Shifted::new(Shifts::default(), &mut out).push('試').is_none());
    }
}
