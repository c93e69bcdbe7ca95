//! Paths into a message, `PID-3[2].4.1`, and what stands there.

use core::fmt;
use core::num::NonZeroU32;

use iomt_core::wire::{ErrorKind, ParseError, Span};

use crate::{Component, Field, Message, Repetition, Segment, Subcomponent};

/// A place in a message: segment `PID[n]`, field, `[repetition]`, component, subcomponent. All
/// count from 1; what is left out is `None`, and stands for the first where a leaf is asked for.
///
/// `MSH-1` is the field separator and `MSH-2` the encoding characters; so too in `FHS` and `BHS`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the levels of HL7 v2 §2.5")]
pub struct Path {
    /// The id of the segment.
    pub segment: [u8; 3],
    /// Which of its kind the segment is.
    pub number: Option<NonZeroU32>,
    /// Field.
    pub field: Option<NonZeroU32>,
    /// Repetition of the field.
    pub repetition: Option<NonZeroU32>,
    /// Component.
    pub component: Option<NonZeroU32>,
    /// Subcomponent.
    pub subcomponent: Option<NonZeroU32>,
}

impl Path {
    /// Field `field` of the first segment with this id; all of the segment if it is 0.
    #[must_use]
    pub const fn field(segment: [u8; 3], field: u32) -> Self {
        Self {
            segment,
            number: None,
            field: NonZeroU32::new(field),
            repetition: None,
            component: None,
            subcomponent: None,
        }
    }

    /// Reads `SEG[n]-F[r].C.S`. Numbers stand in `[1]`, which counts from 1, or in `(0)`, which
    /// counts from 0 as HAPI does; `-` and `.` are one another's equal. `PID1.F3.R2.C4.S1`, as
    /// python-hl7 has it, is the same.
    ///
    /// # Errors
    /// `path`, with the offset in `text`: no segment id, a number that is none or is 0, or something
    /// left over.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut reader = Reader { rest: text.as_bytes(), len: text.len() };
        let path = reader.path()?;
        if reader.rest.is_empty() { Ok(path) } else { Err(reader.error()) }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segment.iter().try_for_each(|b| fmt::Write::write_char(f, char::from(*b)))?;
        if let Some(number) = self.number {
            write!(f, "[{number}]")?;
        }
        let Some(field) = self.field else { return Ok(()) };
        write!(f, "-{field}")?;
        if let Some(repetition) = self.repetition {
            write!(f, "[{repetition}]")?;
        }
        let Some(component) = self.component else { return Ok(()) };
        write!(f, ".{component}")?;
        self.subcomponent.map_or(Ok(()), |subcomponent| write!(f, ".{subcomponent}"))
    }
}

/// Reads paths from the left.
pub(crate) struct Reader<'p> {
    pub(crate) rest: &'p [u8],
    /// How long the whole is.
    pub(crate) len: usize,
}

impl Reader<'_> {
    pub(crate) fn error(&self) -> ParseError {
        let at = self.len.saturating_sub(self.rest.len());
        ParseError::new(ErrorKind::Malformed, "path", at)
    }

    pub(crate) fn path(&mut self) -> Result<Path, ParseError> {
        let (id, rest) = self.rest.split_first_chunk::<3>().ok_or_else(|| self.error())?;
        if !crate::frame::is_segment_id(*id) {
            return Err(self.error());
        }
        self.rest = rest;
        let mut path = Path::field(*id, 0);
        path.number = match self.rest.first() {
            Some(b'0'..=b'9') => {
                let error = self.error();
                Some(self.digits().and_then(NonZeroU32::new).ok_or(error)?)
            }
            _ => self.index()?,
        };
        if let Some(field) = self.part(b'F')? {
            path.field = Some(field);
            path.repetition = match self.rest {
                [b'.', b'R', ..] => self.part(b'R')?,
                _ => self.index()?,
            };
            path.component = self.part(b'C')?;
            if path.component.is_some() {
                path.subcomponent = self.part(b'S')?;
            }
        }
        Ok(path)
    }

    /// `[1]` or `(0)`, if one stands here.
    pub(crate) fn index(&mut self) -> Result<Option<NonZeroU32>, ParseError> {
        let (close, first) = match self.rest.first() {
            Some(b'[') => (b']', 1),
            Some(b'(') => (b')', 0),
            _ => return Ok(None),
        };
        self.rest = self.rest.get(1..).unwrap_or_default();
        let error = self.error();
        let number = self.digits().and_then(|n| n.checked_add(u32::from(first == 0)));
        let number = number.and_then(NonZeroU32::new).ok_or(error)?;
        let Some((_, rest)) = self.rest.split_first().filter(|(b, _)| **b == close) else {
            return Err(self.error());
        };
        self.rest = rest;
        Ok(Some(number))
    }

    /// `-1`, `.1` or, with its letter, `.F1`, if one stands here.
    fn part(&mut self, letter: u8) -> Result<Option<NonZeroU32>, ParseError> {
        let Some((b'-' | b'.', rest)) = self.rest.split_first() else { return Ok(None) };
        self.rest = rest.strip_prefix(&[letter]).unwrap_or(rest);
        let error = self.error();
        self.digits().and_then(NonZeroU32::new).map(Some).ok_or(error)
    }

    fn digits(&mut self) -> Option<u32> {
        let len = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        core::str::from_utf8(digits).ok()?.parse().ok()
    }
}

/// What a path names: the part at the level where it stops.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the levels of HL7 v2 §2.5")]
pub enum Node<'a> {
    /// `PID`
    Segment(Segment<'a>),
    /// `PID-3`
    Field(Field<'a>),
    /// `PID-3[1]`
    Repetition(Repetition<'a>),
    /// `PID-3.1`
    Component(Component<'a>),
    /// `PID-3.1.1`
    Subcomponent(Subcomponent<'a>),
}

impl<'a> Node<'a> {
    /// The bytes as they stand.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        match self {
            Self::Segment(part) => part.raw(),
            Self::Field(part) => part.raw(),
            Self::Repetition(part) => part.raw(),
            Self::Component(part) => part.raw(),
            Self::Subcomponent(part) => part.raw(),
        }
    }

    /// Where it stands in what the caller gave.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Segment(part) => part.span(),
            Self::Field(part) => part.span(),
            Self::Repetition(part) => part.span(),
            Self::Component(part) => part.span(),
            Self::Subcomponent(part) => part.span(),
        }
    }

    /// Its first leaf: of its first repetition the first component's first subcomponent. A segment
    /// has none.
    #[must_use]
    pub fn leaf(&self) -> Option<Subcomponent<'a>> {
        match self {
            Self::Segment(_) => None,
            Self::Field(part) => part.component(1)?.subcomponent(1),
            Self::Repetition(part) => part.component(1)?.subcomponent(1),
            Self::Component(part) => part.subcomponent(1),
            Self::Subcomponent(part) => Some(*part),
        }
    }
}

fn position(number: NonZeroU32) -> usize {
    usize::try_from(number.get()).unwrap_or(usize::MAX)
}

impl<'a> Segment<'a> {
    /// The part that `path` names in this segment, whatever its id and number; `None` where it is
    /// absent.
    #[must_use]
    pub fn at(&self, path: Path) -> Option<Node<'a>> {
        let Some(field) = path.field else { return Some(Node::Segment(*self)) };
        let field = self.field(position(field))?;
        if path.repetition.or(path.component).is_none() {
            return Some(Node::Field(field));
        }
        let repetition = field.repetition(path.repetition.map_or(1, position))?;
        let Some(component) = path.component else { return Some(Node::Repetition(repetition)) };
        let component = repetition.component(position(component))?;
        let Some(subcomponent) = path.subcomponent else { return Some(Node::Component(component)) };
        component.subcomponent(position(subcomponent)).map(Node::Subcomponent)
    }
}

impl<'a> Message<'a> {
    /// The part that `path` names; `None` where it is absent. The segment is found in the index.
    #[must_use]
    pub fn at(&self, path: Path) -> Option<Node<'a>> {
        self.nth(&path.segment, path.number.map_or(1, position))?.at(path)
    }

    /// The leaf that `path` names. A path that stops above the leaves names the first one there; a
    /// path that goes on below a value without parts names it by index 1 and nothing by any other.
    #[must_use]
    pub fn leaf(&self, path: Path) -> Option<Subcomponent<'a>> {
        self.at(path)?.leaf()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::Index;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    #[test]
    fn paths_are_read_as_they_are_written() {
        let texts =
            ["PID", "PID[2]", "PID-3", "PID[1]-3[2]", "ZB1-3.4", "pid-3[2].4.1", "OBX[70000]-5"];
        for text in texts {
            assert_eq!(path(text).to_string(), text);
        }
        for (text, same) in [
            ("PID.3.4", "PID-3.4"),
            ("PID[1].3[2].4.1", "PID[1]-3[2].4.1"),
            ("OBX(1)-5(0)-1-2", "OBX[2]-5[1].1.2"),
            ("PID1.F3.R2.C4", "PID[1]-3[2].4"),
            ("OBX12.F5.C1.S2", "OBX[12]-5.1.2"),
            ("ZB13", "ZB1[3]"),
        ] {
            assert_eq!(path(text).to_string(), same);
        }
        assert!(size_of::<Path>() <= 24);
    }

    #[test]
    fn what_is_no_path_is_refused_where_it_goes_wrong() {
        for (text, at) in [
            ("", 0),
            ("PI", 0),
            ("P-D", 0),
            ("1ID", 0),
            ("PID[0]-3", 4),
            ("PID[-10]-3", 4),
            ("PID[abc]-3", 4),
            ("PID[1-3", 5),
            ("PID(1]-3", 5),
            ("PID-", 4),
            ("PID-0", 4),
            ("PID-99999999999", 4),
            ("PID-3.", 6),
            ("PID-3.1.1.1", 9),
            ("PID-3.1[2]", 7),
            ("PID-3 ", 5),
            ("PID0", 3),
            ("PID99999999999", 3),
            ("PID.F", 5),
            ("PID.C3", 4),
            ("PID.F3.S1", 7),
            ("PID.F3.R", 8),
        ] {
            let error = Path::parse(text).unwrap_err();
            assert_eq!((error.field(), error.offset()), ("path", at), "{text}");
        }
    }

    #[test]
    fn places_are_found() {
        let text = b"MSH|^~\\&|A^B\rPID|1||a^b&c~d|\"\"|\rOBX|1\rOBX|2||||x^y\r";
        let mut index = Index::new();
        let message = Message::parse(text, &mut index).unwrap();
        for (text, raw) in [
            ("MSH-1", Some("|")),
            ("MSH-2", Some("^~\\&")),
            ("MSH-3", Some("A^B")),
            ("MSH-3.2", Some("B")),
            ("PID-3", Some("a^b&c~d")),
            ("PID-3[1]", Some("a^b&c")),
            ("PID-3.2", Some("b&c")),
            ("PID-3.2.2", Some("c")),
            ("PID-3[2].1.1", Some("d")),
            ("PID-5", Some("")),
            ("PID-6", None),
            ("PID-1.2", None),
            ("PID-3[3]", None),
            ("OBX[2]-5.2", Some("y")),
            ("OBX[3]", None),
            ("NTE", None),
            ("OBX[2]", Some("OBX|2||||x^y")),
        ] {
            let found = message.at(path(text));
            assert_eq!(found.map(|n| n.raw()), raw.map(str::as_bytes), "{text}");
        }
        for (text, want) in [
            ("PID", (13, 18)),
            ("PID-3", (20, 7)),
            ("PID-3[2]", (26, 1)),
            ("PID-3.2", (22, 3)),
            ("PID-3.2.2", (24, 1)),
        ] {
            let span = message.at(path(text)).unwrap().span();
            assert_eq!((span.offset, span.len), want, "{text}");
        }
    }

    #[test]
    fn a_path_that_stops_early_or_goes_on_names_the_first() {
        let text = b"MSH|^~\\&|\rPID|1||a&x^b~d|\"\"\r";
        let mut index = Index::new();
        let message = Message::parse(text, &mut index).unwrap();
        let leaf = |text: &str| message.leaf(path(text)).map(|s| s.raw());
        for (text, want) in [
            ("PID-3", "a"),
            ("PID-3[1]", "a"),
            ("PID-3.1", "a"),
            ("PID-3[2]", "d"),
            ("PID-1.1.1", "1"),
            ("MSH-1.1.1", "|"),
            ("MSH-2.1", "^~\\&"),
        ] {
            assert_eq!(leaf(text), Some(want.as_bytes()), "{text}");
        }
        for text in ["PID", "PID-1.2", "PID-1.1.2", "PID-3.3", "MSH-2.2", "PID-4[2]"] {
            assert_eq!(leaf(text), None, "{text}");
        }
        assert!(message.leaf(path("PID-4.1")).unwrap().is_null());
    }
}
