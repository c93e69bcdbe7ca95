//! HL7 v2 §2.6, §2.7: how values and messages are written.
//!
//! What is read is kept as it stands: [`Message::raw`] is the message byte for byte, and so are the
//! parts of it. What is written here is a value, with escapes, and a message without the delimiters
//! that say nothing.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use crate::charset::{Shifted, Shifts};
use crate::{Charset, Delimiters, Message, TextCodec};
use iomt_core::model::Codec;

/// [`TextCodec::escape`] of text in the character set of the message.
pub(crate) fn escape(text: &[u8], delimiters: &Delimiters, out: &mut Vec<u8>) {
    for byte in text {
        let Some(code) = delimiters.escape_of(*byte) else {
            out.push(*byte);
            continue;
        };
        out.push(delimiters.escape);
        out.extend_from_slice(code.as_bytes());
        out.push(delimiters.escape);
    }
}

/// How the leaves of one message are read, character by character, with nothing left out:
/// [`TextCodec::unescape`] as a codec.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verbatim {
    codec: TextCodec,
    /// Whether the message declares no set and has only ASCII.
    ascii: bool,
}

impl Message<'_> {
    /// How its leaves are read. Looks at the whole message once.
    #[must_use]
    pub fn verbatim(&self) -> Verbatim {
        let declared = self.field(b"MSH", 18);
        let ascii = declared.is_none_or(|d| d.is_empty()) && self.raw().is_ascii();
        Verbatim { codec: self.codec(), ascii }
    }

    /// The bytes of `text` in the character set of the message, escaped; `None` if that set does not
    /// have all of it. A message that declares no set and has only ASCII takes ASCII alone, for
    /// nothing says in which set more would be read.
    pub(crate) fn encode(&self, text: &str, out: &mut Vec<u8>) -> Option<()> {
        let Verbatim { codec, ascii } = self.verbatim();
        let TextCodec { delimiters, charset } = codec;
        let mark = [delimiters.escape];
        if text == "\"\"" {
            // Bare, it would be the explicit null.
            [&mark, &b"X2222"[..], &mark].into_iter().for_each(|part| out.extend_from_slice(part));
            return Some(());
        }
        if ascii && !text.is_ascii() {
            return None;
        }
        let escaped = |character: char| delimiters.escape_of(u8::try_from(character).ok()?);
        if charset == Charset::Iso2022 {
            let mut leaf = Shifted::new(Shifts::of(self.field(b"MSH", 18)), out);
            for character in text.chars() {
                // What shifts is none of the text.
                let shifting = match character {
                    '\x1B' => Some("X1B"),
                    '\x0E' => Some("X0E"),
                    '\x0F' => Some("X0F"),
                    _ => None,
                };
                match escaped(character).or(shifting) {
                    Some(code) => {
                        [&mark, code.as_bytes(), &mark].into_iter().for_each(|b| leaf.ascii(b));
                    }
                    None => leaf.push(character)?,
                }
            }
            leaf.ascii(b"");
            return Some(());
        }
        for character in text.chars() {
            match escaped(character) {
                Some(code) => [&mark, code.as_bytes(), &mark]
                    .into_iter()
                    .for_each(|part| out.extend_from_slice(part)),
                None => charset.push(character, out)?,
            }
        }
        Some(())
    }

    /// Writes the message in its shortest form: without the delimiters at the end of fields,
    /// repetitions, components and segments, after which nothing comes, and with CR at the end of
    /// each line. Lines that are no segments are kept.
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        for number in 0..self.lines() {
            let Some(line) = self.line(number) else { break };
            // MSH-1 and MSH-2 are no separators.
            let declared = match line.id() {
                _ if !self.is_segment(number) => line.raw().len(),
                b"MSH" => line.field(2).map_or(4, |f| f.raw().len().saturating_add(4)),
                _ => 3,
            };
            let (kept, rest) = line.raw().split_at_checked(declared).unwrap_or((line.raw(), &[]));
            out.extend_from_slice(kept);
            write_trimmed(rest, &self.delimiters(), out);
            out.push(b'\r');
        }
    }
}

/// Writes `raw` without the delimiters after which no value comes: of subcomponents before the next
/// component, of components before the next repetition, and so on.
pub fn write_trimmed(raw: &[u8], delimiters: &Delimiters, out: &mut Vec<u8>) {
    let levels =
        [delimiters.field, delimiters.repetition, delimiters.component, delimiters.subcomponent];
    let level = |byte: u8| levels.iter().position(|separator| *separator == byte);
    let (mut waiting, mut rest) = ([0_usize; 4], raw);
    while let Some((first, after)) = rest.split_first() {
        if let Some(level) = level(*first) {
            for (inner, count) in waiting.iter_mut().enumerate().skip(level) {
                *count = if inner == level { count.saturating_add(1) } else { 0 };
            }
            rest = after;
            continue;
        }
        for (count, separator) in waiting.iter_mut().zip(levels) {
            out.resize(out.len().saturating_add(core::mem::take(count)), separator);
        }
        let end = delimiters.scan.position(rest, |b| level(b).is_some()).unwrap_or(rest.len());
        let (text, more) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        out.extend_from_slice(text);
        rest = more;
    }
}

impl Verbatim {
    /// The text of a leaf.
    #[must_use]
    pub fn text(&self, raw: &[u8]) -> String {
        let mut out = String::new();
        // Writing to a String does not fail.
        let _ = self.decode(raw, &mut out);
        out
    }
}

impl Codec for Verbatim {
    fn decode(&self, raw: &[u8], out: &mut dyn Write) -> fmt::Result {
        self.codec.unescape(raw, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Index;

    fn verbatim(header: &[u8]) -> Verbatim {
        let mut index = Index::new();
        Message::parse(header, &mut index).unwrap().verbatim()
    }

    #[test]
    fn values_are_escaped_with_the_delimiters_of_the_message() {
        let mut out = Vec::new();
        escape(b"a|b^c&d~e\\f#g\r\n", &Delimiters::DEFAULT, &mut out);
        assert_eq!(out, br"a\F\b\S\c\T\d\R\e\E\f#g\X0D\\X0A\");
        out.clear();
        let (custom, _) = Delimiters::parse(b"MSH#!*?@%#", 0).unwrap();
        escape(b"#!*?@%|", &custom, &mut out);
        assert_eq!(out, b"?F??S??R??E??T??P?|");
    }

    #[test]
    fn trimming_keeps_characters_whole() {
        let header = b"MSH|^~\\&||||||||||||||||BIG-5|";
        let mut index = Index::new();
        let delimiters = Message::parse(header, &mut index).unwrap().delimiters();
        let mut out = Vec::new();
        write_trimmed(b"a^\xA4\x7C^^|\xA6\x5E^|||", &delimiters, &mut out);
        assert_eq!(out, b"a^\xA4\x7C|\xA6\x5E");
    }

    #[test]
    fn leaves_are_read_verbatim() {
        let plain = verbatim(b"MSH|^~\\&|");
        for (raw, text) in [
            (r"a\F\b\S\c\T\d\R\e\E\f\P\g", "a|b^c&d~e\\f#g"),
            (r"\X0D0A\\XC3A9\", "\r\né"),
            (r"H \H\ N \N\ \.br\\.sp 2\\Z9\\C12\", r"H \H\ N \N\ \.br\\.sp 2\\Z9\\C12\"),
            (r"C:\x\F\ \", r"C:\x| \"),
            (r"here\there. \Xzz\ \Xabc\ \X\", r"here\there. \Xzz\ \Xabc\ \X\"),
            (r#"\""\"#, r#"\""\"#),
            ("a\u{1}\tb", "a\u{1}\tb"),
        ] {
            assert_eq!(plain.text(raw.as_bytes()), text, "{raw}");
        }
        assert_eq!(plain.text(b"M\xFCller"), "Müller");
        let latin = verbatim(b"MSH|^~\\&||||||||||||||||8859/1");
        assert_eq!(latin.text(b"\xC3\xA9\\XE9\\"), "Ã©é");
        let custom = verbatim(b"MSH#!*?@%#");
        assert_eq!(custom.text(b"?F??S??R??E??T??P?\\F\\"), r"#!*?@%\F\");
    }

    #[test]
    fn what_is_escaped_is_read_as_it_was() {
        let written = |header: &[u8], text: &str| {
            let (mut out, mut index) = (Vec::new(), Index::new());
            let message = Message::parse(header, &mut index).unwrap();
            message.encode(text, &mut out)?;
            assert_eq!(message.verbatim().text(&out), text);
            Some(out)
        };
        let plain = "MSH|^~\\&|ü".as_bytes();
        for text in ["\"\"", "|^~\\&", "a\\F\\b", "\r\n", "\\X0D\\", "Müller|&", "\x0b\x1c"] {
            assert!(written(plain, text).is_some());
        }
        let latin = b"MSH|^~\\&||||||||||||||||8859/1";
        assert_eq!(written(latin, "ü|").as_deref(), Some(&b"\xFC\\F\\"[..]));
        assert_eq!(written(latin, "€"), None);
        // Nothing says in which set it would be read.
        assert_eq!(written(b"MSH|^~\\&|A", "ü"), None);
        let big = b"MSH|^~\\&||||||||||||||||BIG-5";
        assert_eq!(written(big, "許\\&").as_deref(), Some(&b"\xB3\\\\E\\\\T\\"[..]));
        let japanese = b"MSH|^~\\&||||||||||||||||~ISO IR87";
        let want = b"\x1B$B;n\x1B(B\\T\\\x1B$B83\x1B(B\\X1B\\";
        assert_eq!(written(japanese, "試&験\x1B").as_deref(), Some(&want[..]));
        assert_eq!(written(japanese, "\x0E\x0F").as_deref(), Some(&b"\\X0E\\\\X0F\\"[..]));
        assert_eq!(written(japanese, "¥"), None);
    }

    #[test]
    fn delimiters_that_say_nothing_are_left_out() {
        let text = b"MSH|^~\\&|App~&&^^^~~~|Fac||Rec|2001||ACK^A01&&^ACK~|20|P|2.4|||&&&&|&|~|~~~&&\n\n\nMSA|AA\r\nOBR|\r?|x\r";
        let mut index = Index::new();
        let message = Message::parse(text, &mut index).unwrap();
        let mut out = Vec::new();
        message.write_canonical(&mut out);
        assert_eq!(out, b"MSH|^~\\&|App|Fac||Rec|2001||ACK^A01^ACK|20|P|2.4\rMSA|AA\rOBR\r?|x\r");
        let trimmed = |raw: &[u8]| {
            let mut out = Vec::new();
            write_trimmed(raw, &Delimiters::DEFAULT, &mut out);
            out
        };
        assert_eq!(trimmed(b"B&pod^Terra^^^L^^"), b"B&pod^Terra^^^L");
        assert_eq!(trimmed(b"&a~^b&&^~|\"\"&|x||"), b"&a~^b|\"\"|x");
        assert_eq!(trimmed(b"|^~&"), b"");
    }
}
