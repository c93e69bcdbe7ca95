//! HL7 v2 §2.6, §2.7: how values and messages are written.
//!
//! What is read is kept as it stands: [`Message::raw`] is the message byte for byte, and so are the
//! parts of it. What is written here is a value, with escapes, and a message without the delimiters
//! that say nothing.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

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

    /// The bytes of `text` in the character set of the message, escaped; `None` if that set does not
    /// have all of it.
    pub(crate) fn encode(&self, text: &str, out: &mut Vec<u8>) -> Option<()> {
        if text == "\"\"" {
            // Bare, it would be the explicit null.
            let quotes = [self.codec.delimiters.escape, b'X', b'2', b'2', b'2', b'2'];
            out.extend_from_slice(&quotes);
            out.push(self.codec.delimiters.escape);
            return Some(());
        }
        if text.is_ascii() || (self.codec.charset == Charset::Utf8 && !self.ascii) {
            escape(text.as_bytes(), &self.codec.delimiters, out);
            return Some(());
        }
        if self.codec.charset != Charset::Latin1 {
            return None;
        }
        let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        escape(&bytes?, &self.codec.delimiters, out);
        Some(())
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
        let plain = verbatim("MSH|^~\\&|ü".as_bytes());
        for text in ["\"\"", "|^~\\&", "a\\F\\b", "\r\n", "\\X0D\\", "Müller|&"] {
            let mut out = Vec::new();
            plain.encode(text, &mut out).unwrap();
            assert_eq!(plain.text(&out), text);
        }
        let latin = verbatim(b"MSH|^~\\&||||||||||||||||8859/1");
        let mut out = Vec::new();
        latin.encode("ü|", &mut out).unwrap();
        assert_eq!(out, b"\xFC\\F\\");
        assert_eq!(latin.encode("€", &mut out), None);
        // Nothing says in which set it would be read.
        assert_eq!(verbatim(b"MSH|^~\\&|A").encode("ü", &mut out), None);
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
