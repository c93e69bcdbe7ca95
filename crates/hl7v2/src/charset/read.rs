//! Bytes read as characters.

use encoding_rs::{
    BIG5, DecoderResult, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3,
    ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7, ISO_8859_8, ISO_8859_10, ISO_8859_13,
    ISO_8859_14, ISO_8859_15, ISO_8859_16, SHIFT_JIS, WINDOWS_874, WINDOWS_1254,
};

use super::Charset;
use super::scan::{Scan, Shift, Step, Walk};

/// Takes text as it is read.
type Take<'t> = dyn FnMut(&str) + 't;

impl Charset {
    /// The table of a set that has one. That of ISO 8859-9 and -11 is a superset, but for the
    /// control characters 0x80 to 0x9F.
    pub(super) fn table(self) -> Option<&'static Encoding> {
        Some(match self {
            Self::Utf8 | Self::Latin1 | Self::Iso2022 => return None,
            Self::Iso8859_2 => ISO_8859_2,
            Self::Iso8859_3 => ISO_8859_3,
            Self::Iso8859_4 => ISO_8859_4,
            Self::Iso8859_5 => ISO_8859_5,
            Self::Iso8859_6 => ISO_8859_6,
            Self::Iso8859_7 => ISO_8859_7,
            Self::Iso8859_8 => ISO_8859_8,
            Self::Iso8859_9 => WINDOWS_1254,
            Self::Iso8859_10 => ISO_8859_10,
            Self::Iso8859_11 => WINDOWS_874,
            Self::Iso8859_13 => ISO_8859_13,
            Self::Iso8859_14 => ISO_8859_14,
            Self::Iso8859_15 => ISO_8859_15,
            Self::Iso8859_16 => ISO_8859_16,
            Self::Big5 => BIG5,
            Self::Gb18030 => GB18030,
            Self::EucKr => EUC_KR,
            Self::EucJp => EUC_JP,
            Self::ShiftJis => SHIFT_JIS,
        })
    }

    /// Whether 0x80 to 0x9F are control characters.
    pub(super) const fn has_c1(self) -> bool {
        !matches!(self, Self::Big5 | Self::Gb18030 | Self::EucKr | Self::EucJp | Self::ShiftJis)
    }

    /// Reads `raw`; `None` where the set does not allow a byte of it. What stands before that is
    /// taken all the same.
    pub(crate) fn characters(self, raw: &[u8], take: &mut Take<'_>) -> Option<()> {
        match (self, self.table()) {
            (Self::Utf8, _) => take(core::str::from_utf8(raw).ok()?),
            (Self::Iso2022, _) => shifted(raw, take)?,
            (_, None) => latin1(raw, take),
            (_, Some(table)) if self.has_c1() => {
                let control = |b: &u8| matches!(b, 0x80..=0x9F);
                for run in raw.chunk_by(|a, b| control(a) == control(b)) {
                    if run.first().is_some_and(control) {
                        latin1(run, take);
                    } else {
                        decode(table, run, take)?;
                    }
                }
            }
            (_, Some(table)) => decode(table, raw, take)?,
        }
        Some(())
    }
}

fn latin1(raw: &[u8], take: &mut Take<'_>) {
    for byte in raw {
        take(char::from(*byte).encode_utf8(&mut [0; 4]));
    }
}

fn decode(table: &'static Encoding, raw: &[u8], take: &mut Take<'_>) -> Option<()> {
    let mut decoder = table.new_decoder_without_bom_handling();
    let (mut rest, mut buffer) = (raw, [0_u8; 128]);
    loop {
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(rest, &mut buffer, true);
        take(core::str::from_utf8(buffer.get(..written)?).ok()?);
        match result {
            DecoderResult::InputEmpty => return Some(()),
            DecoderResult::OutputFull => rest = rest.get(read..)?,
            DecoderResult::Malformed(..) => return None,
        }
    }
}

/// ISO 2022: each character by the table of the set that is shifted to. Bytes of 0xA1 to 0xDF are the
/// Katakana of JIS X 0201 in eight bits.
fn shifted(raw: &[u8], take: &mut Take<'_>) -> Option<()> {
    let (mut walk, mut rest) = (Walk::new(Scan::Iso2022), raw);
    while let Some(first) = rest.first().copied() {
        let step = walk.step(rest);
        let len = match step {
            Step::Single => 1,
            Step::Character(len) | Step::Control(len) => len,
        };
        let (bytes, after) = rest.split_at_checked(len)?;
        rest = after;
        let kana = |byte: u8| {
            let at = u32::from(byte).checked_sub(0x21).filter(|at| *at < 63)?;
            char::from_u32(0xFF61_u32.saturating_add(at))
        };
        let character = match (step, walk.shift, bytes) {
            (Step::Control(_), ..) => continue,
            (Step::Single, Shift::Roman, b"\\") => '\u{A5}',
            (Step::Single, Shift::Roman, b"~") => '\u{203E}',
            (Step::Single, ..) if first == 0x1B => return None,
            (Step::Single, ..) if first.is_ascii() => char::from(first),
            (Step::Single, ..) => kana(first.wrapping_sub(0x80))?,
            (_, Shift::Kana, _) => kana(first)?,
            (_, shift, [high, low]) => {
                let (high, low) = (high | 0x80, low | 0x80);
                match shift {
                    Shift::Jis0212 => decode(EUC_JP, &[0x8F, high, low], take)?,
                    Shift::Ksx1001 => decode(EUC_KR, &[high, low], take)?,
                    Shift::Gb2312 => decode(GBK, &[high, low], take)?,
                    _ => decode(EUC_JP, &[high, low], take)?,
                }
                continue;
            }
            // Half a character.
            _ => return None,
        };
        take(character.encode_utf8(&mut [0; 4]));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn read(charset: Charset, raw: &[u8]) -> Option<String> {
        let mut out = String::new();
        charset.characters(raw, &mut |text| out.push_str(text))?;
        Some(out)
    }

    #[test]
    fn each_set_has_its_characters() {
        // A character of each that tells it from its neighbours, from the tables of ISO 8859.
        for (charset, raw, want) in [
            (Charset::Latin1, &b"\xA4\x80"[..], "\u{A4}\u{80}"),
            (Charset::Iso8859_2, b"\xA3", "Ł"),
            (Charset::Iso8859_3, b"\xA1", "Ħ"),
            (Charset::Iso8859_4, b"\xA2", "ĸ"),
            (Charset::Iso8859_5, b"\xB4", "Д"),
            (Charset::Iso8859_6, b"\xC7", "ا"),
            (Charset::Iso8859_7, b"\xD9", "Ω"),
            (Charset::Iso8859_8, b"\xE0", "א"),
            (Charset::Iso8859_9, b"\xDD\x80", "İ\u{80}"),
            (Charset::Iso8859_10, b"\xBD", "―"),
            (Charset::Iso8859_11, b"\xA1\x85", "ก\u{85}"),
            (Charset::Iso8859_13, b"\xC0", "Ą"),
            (Charset::Iso8859_14, b"\xA1", "Ḃ"),
            (Charset::Iso8859_15, b"\xA4", "€"),
            (Charset::Iso8859_16, b"\xAA", "Ș"),
            (Charset::Big5, b"\xB3\x5C\xA5\x5C\xBB\x5C", "許功蓋"),
            (Charset::Gb18030, b"\xB2\xE2\xCA\xD4\x81\x30\x81\x30", "测试\u{80}"),
            (Charset::EucKr, b"\xB1\xE8", "김"),
            (Charset::EucJp, b"\xBB\xEE\xB8\xB3", "試験"),
            (Charset::ShiftJis, b"\x95\x5C\xB1", "表ｱ"),
        ] {
            assert_eq!(read(charset, raw).as_deref(), Some(want), "{charset:?}");
        }
        let long = b"\xA4\xA4".repeat(200);
        assert_eq!(read(Charset::Big5, &long), Some("中".repeat(200)));
    }

    #[test]
    fn sets_that_are_shifted_to() {
        for (raw, want) in [
            (&b"\x1B$B;n83\x1B(B a"[..], "試験 a"),
            (b"\x1B$@;n\x1B(J\\~\x1B(B\\", "試¥‾\\"),
            (b"\x1B(I1\x1B(B\xB1", "ｱｱ"),
            (b"\x1B$(D0\x21\x1B(B", "丂"),
            (b"\x1B$(C1h\x1B(B", "김"),
            (b"\x1B$)C\x0E1h\x0Fa", "김a"),
            (b"\x1B$A2b\x1B(B", "测"),
        ] {
            assert_eq!(read(Charset::Iso2022, raw).as_deref(), Some(want));
        }
        for raw in [&b"\x1B$B;"[..], b"\x1B%", b"\xFF", b"\x1B(I~"] {
            assert_eq!(read(Charset::Iso2022, raw), None);
        }
    }

    #[test]
    fn bytes_that_no_set_has_are_refused() {
        assert_eq!(read(Charset::Iso8859_7, b"a\xFF"), None);
        assert_eq!(read(Charset::Big5, b"\xB3"), None);
        assert_eq!(read(Charset::EucKr, b"\xFF"), None);
        assert_eq!(read(Charset::Utf8, b"\xFF"), None);
    }
}
