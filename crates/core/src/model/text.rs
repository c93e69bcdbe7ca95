use core::fmt::{self, Write};

use crate::wire::Span;

/// How bytes of a message are read: escapes and character set. It writes what they mean.
///
/// `Sync`, so that a decoder may keep the vectors of facts that borrow it and still be `Send`.
pub trait Codec: Sync {
    /// Writes what `raw` means.
    fn decode(&self, raw: &[u8], out: &mut dyn Write) -> fmt::Result;
}

/// Text as it stands in the input, and how to read it. It is decoded while it is written.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    content: Content<'a>,
    offset: u32,
}

#[derive(Clone, Copy)]
enum Content<'a> {
    Plain(&'a str),
    Coded(&'a [u8], &'a dyn Codec),
}

impl<'a> Text<'a> {
    /// Text of ours, which no byte of the input gave.
    #[must_use]
    pub const fn literal(text: &'a str) -> Self {
        Self { content: Content::Plain(text), offset: u32::MAX }
    }

    /// Bytes at `offset` that mean what they are.
    #[must_use]
    pub fn plain(text: &'a str, offset: usize) -> Self {
        Self { content: Content::Plain(text), offset: Span::new(offset, 0).offset }
    }

    /// Bytes at `offset` that `codec` reads.
    #[must_use]
    pub fn coded(raw: &'a [u8], offset: usize, codec: &'a dyn Codec) -> Self {
        Self { content: Content::Coded(raw, codec), offset: Span::new(offset, 0).offset }
    }

    /// The bytes as they stand.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        match self.content {
            Content::Plain(text) => text.as_bytes(),
            Content::Coded(raw, _) => raw,
        }
    }

    /// Where they stand; [`Span::NONE`] for text of ours.
    #[must_use]
    pub fn span(&self) -> Span {
        let mut span = Span::new(0, self.raw().len());
        if self.offset == u32::MAX {
            return Span::NONE;
        }
        span.offset = self.offset;
        span
    }

    /// Whether there are no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.raw().is_empty()
    }

    /// The text itself, where it needs no decoding.
    #[must_use]
    pub const fn as_str(&self) -> Option<&'a str> {
        match self.content {
            Content::Plain(text) => Some(text),
            Content::Coded(..) => None,
        }
    }

    /// What it means, if that is at most 64 bytes: codes, units and names of systems are.
    #[must_use]
    pub fn short(&self) -> Option<Short<'a>> {
        if let Content::Plain(text) = self.content {
            return (text.len() <= Short::LEN).then_some(Short(Meaning::Plain(text)));
        }
        let mut short = Short::EMPTY;
        self.write(&mut short).ok()?;
        Some(short)
    }

    /// Writes what it means.
    pub fn write(&self, out: &mut dyn Write) -> fmt::Result {
        match self.content {
            Content::Plain(text) => out.write_str(text),
            Content::Coded(raw, codec) => codec.decode(raw, out),
        }
    }

    /// Whether it means exactly `text`.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        if let Content::Plain(plain) = self.content {
            return plain == text;
        }
        let mut left = Prefix(text);
        self.write(&mut left).is_ok() && left.0.is_empty()
    }
}

/// What a text of at most 64 bytes means.
#[derive(Clone, Copy)]
pub struct Short<'a>(Meaning<'a>);

#[derive(Clone, Copy)]
enum Meaning<'a> {
    Plain(&'a str),
    Written { bytes: [u8; Short::LEN], len: usize },
}

impl Short<'_> {
    const LEN: usize = 64;

    /// No text.
    pub const EMPTY: Self = Self(Meaning::Written { bytes: [0; Self::LEN], len: 0 });

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Meaning::Plain(text) => text,
            Meaning::Written { bytes, len } => {
                // Only whole texts were written.
                core::str::from_utf8(bytes.get(..*len).unwrap_or_default()).unwrap_or_default()
            }
        }
    }
}

impl fmt::Debug for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Short({})", self.as_str().len())
    }
}

impl Write for Short<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if let Meaning::Plain(text) = self.0 {
            *self = Self::EMPTY;
            self.write_str(text)?;
        }
        if let Meaning::Written { bytes, len } = &mut self.0 {
            let end = len.saturating_add(part.len());
            bytes.get_mut(*len..end).ok_or(fmt::Error)?.copy_from_slice(part.as_bytes());
            *len = end;
        }
        Ok(())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({:?})", self.span())
    }
}

/// Takes what is written off a text; anything else is an error.
struct Prefix<'a>(&'a str);

impl Write for Prefix<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Upper;
    impl Codec for Upper {
        fn decode(&self, raw: &[u8], out: &mut dyn Write) -> fmt::Result {
            raw.iter().try_for_each(|b| out.write_char(char::from(b.to_ascii_uppercase())))
        }
    }

    #[test]
    fn text_is_what_it_means() {
        let coded = Text::coded(b"ab", 7, &Upper);
        assert!(coded.is("AB") && !coded.is("ab") && !coded.is("A") && !coded.is("ABC"));
        assert!(Text::literal("ab").is("ab") && !Text::literal("ab").is("AB"));
        let shortened = |text: Text<'static>| text.short().map(|short| short.as_str() == "AB");
        assert_eq!([coded, Text::literal("AB")].map(shortened), [Some(true); 2]);
        let long =
            Text::literal("0123456789012345678901234567890123456789012345678901234567890123 ");
        assert!(long.short().is_none());
        let mut longer = Text::literal("ab").short().unwrap();
        longer.write_str("cd").unwrap();
        assert_eq!(longer.as_str(), "abcd");
        assert_eq!(coded.short().unwrap().as_str(), "AB");
        assert!(Text::coded(&[b'a'; 65], 0, &Upper).short().is_none());
        assert_eq!((coded.span(), Text::literal("ab").span()), (Span::new(7, 2), Span::NONE));
    }

    #[test]
    fn debug_shows_no_content() {
        let shown = alloc::format!("{:?}", Text::plain("DOE", 3));
        assert_eq!(shown, "Text(Span { offset: 3, len: 3 })");
    }
}
