use core::iter::{Copied, Enumerate};
use core::slice::Iter;

use nom::Needed;

use super::{ErrorKind, ParseError};

/// A position in a borrowed buffer; the input type of our nom parsers. Offsets stay those of the
/// outermost buffer, also inside a length-delimited part.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

/// What a parser gives: the cursor after it and the value, or where it failed.
pub type IResult<'a, T> = nom::IResult<Cursor<'a>, T, ParseError>;

impl core::fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Cursor")
            .field("offset", &self.offset)
            .field("left", &self.rest.len())
            .finish()
    }
}

impl<'a> Cursor<'a> {
    /// At the first byte of `bytes`, which is byte 0.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self::at(bytes, 0)
    }

    /// At the first byte of `bytes`, which is byte `offset` of the outermost buffer.
    #[must_use]
    pub const fn at(bytes: &'a [u8], offset: usize) -> Self {
        Self { rest: bytes, offset }
    }

    /// Offset from the first byte of the outermost buffer.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What is left.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// An error at this place.
    #[must_use]
    pub const fn error(&self, kind: ErrorKind, field: &'static str) -> ParseError {
        ParseError::new(kind, field, self.offset)
    }

    #[cold]
    fn short(&self, needed: usize, field: &'static str) -> nom::Err<ParseError> {
        let available = self.rest.len();
        nom::Err::Error(self.error(ErrorKind::Truncated { needed, available }, field))
    }
}

impl<'a> nom::Input for Cursor<'a> {
    type Item = u8;
    type Iter = Copied<Iter<'a, u8>>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.rest.len()
    }

    fn take(&self, index: usize) -> Self {
        Self { rest: self.rest.get(..index).unwrap_or(self.rest), offset: self.offset }
    }

    fn take_from(&self, index: usize) -> Self {
        let rest = self.rest.get(index..).unwrap_or_default();
        Self { rest, offset: self.offset.saturating_add(index) }
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(u8) -> bool>(&self, predicate: P) -> Option<usize> {
        self.rest.iter().position(|b| predicate(*b))
    }

    fn iter_elements(&self) -> Self::Iter {
        self.rest.iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        match count.checked_sub(self.rest.len()) {
            None | Some(0) => Ok(count),
            Some(short) => Err(Needed::new(short)),
        }
    }
}

/// `N` bytes.
pub fn array<'a, const N: usize>(
    field: &'static str,
) -> impl Fn(Cursor<'a>) -> IResult<'a, &'a [u8; N]> {
    move |at| {
        let (head, rest) = at.rest.split_first_chunk::<N>().ok_or_else(|| at.short(N, field))?;
        Ok((Cursor { rest, offset: at.offset.saturating_add(N) }, head))
    }
}

/// `len` bytes, as a cursor of their own.
pub fn take<'a>(len: usize, field: &'static str) -> impl Fn(Cursor<'a>) -> IResult<'a, Cursor<'a>> {
    move |at| {
        let (head, rest) = at.rest.split_at_checked(len).ok_or_else(|| at.short(len, field))?;
        let after = Cursor { rest, offset: at.offset.saturating_add(len) };
        Ok((after, Cursor { rest: head, offset: at.offset }))
    }
}

/// All that is left, as a cursor of its own; never fails.
pub fn rest(at: Cursor<'_>) -> IResult<'_, Cursor<'_>> {
    take(at.rest.len(), "rest")(at)
}

/// Nothing may be left.
pub fn finish<'a>(field: &'static str) -> impl Fn(Cursor<'a>) -> IResult<'a, ()> {
    move |at| match at.rest.len() {
        0 => Ok((at, ())),
        left => Err(nom::Err::Error(at.error(ErrorKind::Trailing(left), field))),
    }
}

/// Runs `parser` over `bytes`: what is left and the value, or our error.
pub fn complete<'a, T>(
    bytes: &'a [u8],
    mut parser: impl nom::Parser<Cursor<'a>, Output = T, Error = ParseError>,
) -> Result<(Cursor<'a>, T), ParseError> {
    parser.parse(Cursor::new(bytes)).map_err(|error| match error {
        nom::Err::Error(error) | nom::Err::Failure(error) => error,
        nom::Err::Incomplete(_) => {
            let available = bytes.len();
            let needed = available.saturating_add(1);
            ParseError::new(ErrorKind::Truncated { needed, available }, "input", available)
        }
    })
}

macro_rules! integers {
    ($($name:ident: $int:ty = $from:ident, $what:literal;)*) => {$(
        #[doc = $what]
        pub fn $name<'a>(field: &'static str) -> impl Fn(Cursor<'a>) -> IResult<'a, $int> {
            move |at| array(field)(at).map(|(at, bytes)| (at, <$int>::$from(*bytes)))
        }
    )*};
}

integers! {
    u8: u8 = from_be_bytes, "One byte.";
    i8: i8 = from_be_bytes, "One byte, two's complement.";
    u16_be: u16 = from_be_bytes, "Two bytes, big-endian (IEEE 11073 MDER).";
    u16_le: u16 = from_le_bytes, "Two bytes, little-endian (Bluetooth).";
    i16_be: i16 = from_be_bytes, "Two bytes, big-endian, two's complement.";
    i16_le: i16 = from_le_bytes, "Two bytes, little-endian, two's complement.";
    u32_be: u32 = from_be_bytes, "Four bytes, big-endian.";
    u32_le: u32 = from_le_bytes, "Four bytes, little-endian.";
}

/// Three bytes, little-endian.
pub fn u24_le<'a>(field: &'static str) -> impl Fn(Cursor<'a>) -> IResult<'a, u32> {
    move |at| array(field)(at).map(|(at, [a, b, c])| (at, u32::from_le_bytes([*a, *b, *c, 0])))
}

#[cfg(test)]
mod tests {
    use nom::Parser;
    use nom::combinator::cond;

    use super::*;

    #[test]
    fn a_layout_reads_like_its_clause() {
        let layout = |flag: bool| (u8("flags"), u16_le("value"), cond(flag, u8("extra")));
        let (left, value) = complete(&[1, 0x34, 0x12, 7, 9], layout(true)).unwrap();
        assert_eq!((value, left.rest(), left.offset()), ((1, 0x1234, Some(7)), &[9][..], 4));
        let error = complete(&[1, 0x34], layout(false)).unwrap_err();
        let kind = ErrorKind::Truncated { needed: 2, available: 1 };
        assert_eq!(error, ParseError::new(kind, "value", 1));
    }

    #[test]
    fn an_inner_part_keeps_the_outer_offset() {
        let part = |at| {
            let (after, inner) = take(2, "part")(at)?;
            (u8("a"), u16_be("b")).parse(inner).map(|(_, v)| (after, v))
        };
        assert_eq!(complete(&[1, 2, 3, 4], part).unwrap_err().offset(), 1);
        assert_eq!(complete(&[1], finish("end")).unwrap_err().kind(), ErrorKind::Trailing(1));
    }

    #[test]
    fn nom_combinators_name_the_place() {
        let mut tag = nom::bytes::complete::take_while1::<_, Cursor<'_>, ParseError>(|b| b == 7);
        assert_eq!(complete(&[7, 7, 1], &mut tag).unwrap().1.rest(), &[7, 7]);
        assert_eq!(complete(&[1], &mut tag).unwrap_err().kind(), ErrorKind::Malformed);
    }
}
