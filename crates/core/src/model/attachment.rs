use alloc::string::String;
use alloc::vec::Vec;

use data_encoding::{Encoding as Codec, Specification};

use super::Text;
use crate::wire::Span;

/// How the bytes of an attachment are written: HL7 table 0299.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum Encoding {
    /// They are the text itself, in UTF-8.
    Text,
    /// Two digits for a byte.
    Hexadecimal,
    /// RFC 4648 §4, with its padding.
    Base64,
}

/// What an attachment consists of.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum Content<'a> {
    /// The bytes, and how they are written.
    Data(Encoding, Text<'a>),
    /// Where they are.
    Pointer(Text<'a>),
}

/// A document, a picture or a sound, or where it is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attachment<'a> {
    /// Its main type as sent: HL7 table 0191, or a MIME type.
    pub kind: Option<Text<'a>>,
    /// Its subtype as sent: HL7 table 0291, or a MIME subtype.
    pub subtype: Option<Text<'a>>,
    /// What it consists of.
    pub content: Content<'a>,
    /// The bytes that name the encoding.
    pub encoding_span: Span,
    /// The bytes that say all this.
    pub span: Span,
}

impl<'a> Attachment<'a> {
    /// An attachment of unknown type.
    #[must_use]
    pub const fn new(content: Content<'a>, span: Span) -> Self {
        Self { kind: None, subtype: None, content, encoding_span: Span::NONE, span }
    }

    /// Its bytes, if they stand here and are written as their encoding has it. Between digits, blanks
    /// and line ends say nothing.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let Content::Data(encoding, text) = self.content else { return None };
        let mut written = String::new();
        text.write(&mut written).ok()?;
        match encoding {
            Encoding::Text => Some(written.into_bytes()),
            Encoding::Hexadecimal => {
                written.make_ascii_lowercase();
                codec("0123456789abcdef", None)?.decode(written.as_bytes()).ok()
            }
            Encoding::Base64 => {
                let symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
                // The library goes on after padding, as if another text began.
                let end = |c: char| c == '=' || c.is_ascii_whitespace();
                let whole = !written.trim_end_matches(end).contains('=');
                codec(symbols, Some('='))?.decode(written.as_bytes()).ok().filter(|_| whole)
            }
        }
    }
}

fn codec(symbols: &str, padding: Option<char>) -> Option<Codec> {
    let mut specification = Specification::new();
    specification.symbols.push_str(symbols);
    specification.padding = padding;
    specification.ignore.push_str(" \t\r\n");
    specification.encoding().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(encoding: Encoding, text: &str) -> Option<Vec<u8>> {
        Attachment::new(Content::Data(encoding, Text::literal(text)), Span::NONE).bytes()
    }

    #[test]
    fn bytes_are_what_was_encoded() {
        for (text, expected) in [
            ("aGVsbG8=", Some(&b"hello"[..])),
            (" aGVs\r\nbG8=\n", Some(b"hello")),
            ("+/+/", Some(b"\xfb\xff\xbf")),
            // No padding, too much of it, in the middle; other symbols; a bit that is in no byte.
            ("aGVsbG8", None),
            ("aGVsbG8==", None),
            ("aGVs=bG8", None),
            ("aGVs=", None),
            ("a", None),
            ("aGVsbG8*", None),
            ("-_-_", None),
            ("aGVsbG9=", None),
            ("aGVsbG8=aGVsbG8=", None),
        ] {
            assert_eq!(bytes(Encoding::Base64, text).as_deref(), expected, "{text}");
        }
        for (text, expected) in [
            ("68656C6c6f", Some(&b"hello"[..])),
            ("68 65\n6C", Some(b"hel")),
            ("686", None),
            ("6g", None),
        ] {
            assert_eq!(bytes(Encoding::Hexadecimal, text).as_deref(), expected, "{text}");
        }
        assert_eq!(bytes(Encoding::Text, " h\né").as_deref(), Some(" h\né".as_bytes()));
        let pointer = Attachment::new(Content::Pointer(Text::literal("aGVsbG8=")), Span::NONE);
        assert_eq!(pointer.bytes(), None);
    }
}
