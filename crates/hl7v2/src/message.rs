//! HL7 v2 §2.5: a message as a table of its segments.

use core::fmt;
use core::ops::Range;

use iomt_core::wire::{ErrorKind, ParseError, Span};
use iomt_core::{Limits, Terminators};

use crate::charset::{self, Charset, Scan};
use crate::context::Part;
use crate::frame;
use crate::index::{Found, Index, MALFORMED, id_of};
use crate::leaves::Leaves;
use crate::seek;
use crate::{Component, Delimiters, Field, Segment, TextCodec};

/// A message: its bytes, its delimiters, and the table of its segments.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    bytes: &'a [u8],
    offset: usize,
    delimiters: Delimiters,
    index: &'a Index,
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?}, {:?})", self.span(), self.index)
    }
}

impl<'a> Message<'a> {
    /// Reads the message at the start of `bytes` into `index`: checks its header and finds its
    /// segments. A byte order mark and blanks may stand before it. It ends before the next `MSH`,
    /// `FHS`, `BHS`, `BTS` or `FTS` at the start of a line: [`span`](Self::span) tells where.
    ///
    /// # Errors
    /// `MSH` if none stands there; `MSH-1` and `MSH-2` as [`Delimiters::parse`] has them; a limit of
    /// [`Limits::DEFAULT`].
    pub fn parse(bytes: &'a [u8], index: &'a mut Index) -> Result<Self, ParseError> {
        let at = frame::start(bytes);
        if !bytes.get(at..).is_some_and(|rest| rest.starts_with(b"MSH")) {
            return Err(ParseError::new(ErrorKind::Missing, "MSH", at));
        }
        let end = index.fill(bytes, at, &Limits::DEFAULT, Terminators::Auto);
        Self::new(bytes.get(at..end).unwrap_or_default(), at, index)
    }

    /// The message that `index` was filled with, whose first byte is byte `offset`.
    pub(crate) fn new(
        message: &'a [u8],
        offset: usize,
        index: &'a Index,
    ) -> Result<Self, ParseError> {
        if let Some(limit) = index.found.limit {
            return Err(ParseError::new(ErrorKind::Limit(limit), "message", offset));
        }
        let (mut delimiters, _) = Delimiters::parse(message, offset)?;
        let header = index.lines.get(1).and_then(|next| usize::try_from(next.start).ok());
        let header = message.get(..header.unwrap_or(message.len())).unwrap_or_default();
        delimiters.scan = charset::scan(message, header, delimiters);
        Ok(Self { bytes: message, offset, delimiters, index })
    }

    /// What was seen when its segments were found.
    pub(crate) const fn found(&self) -> &'a Found {
        &self.index.found
    }

    /// Its bytes.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.bytes
    }

    /// Offset of the first in what the caller gave.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Where they stand in what the caller gave.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(self.offset, self.bytes.len())
    }

    /// Its delimiters.
    #[must_use]
    pub const fn delimiters(&self) -> Delimiters {
        self.delimiters
    }

    /// Whether MSH-2 has fewer than its four characters.
    pub(crate) fn has_short_encoding(&self) -> bool {
        self.field(b"MSH", 2).is_some_and(|characters| characters.raw().len() < 4)
    }

    /// Its character set: the one that MSH-18 declares, or what its bytes are. Looks at the whole
    /// message.
    #[must_use]
    pub fn charset(&self) -> Charset {
        charset::resolve(self.field(b"MSH", 18), self.bytes).0
    }

    /// How its text is read.
    #[must_use]
    pub fn codec(&self) -> TextCodec {
        TextCodec { delimiters: self.delimiters, charset: self.charset() }
    }

    /// How many lines it has: its segments, and lines that are none.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.index.lines.len()
    }

    /// Whether line `line`, from 0, is a segment.
    #[must_use]
    pub fn is_segment(&self, line: usize) -> bool {
        self.index.lines.get(line).is_some_and(|line| line.kind != MALFORMED)
    }

    /// Line `line`, from 0, without its terminator. One that [is no segment](Self::is_segment)
    /// holds what stands there all the same.
    #[must_use]
    #[inline(always)]
    pub fn line(&self, line: usize) -> Option<Segment<'a>> {
        let start = usize::try_from(self.index.lines.get(line)?.start).ok()?;
        let next = self.index.lines.get(line.saturating_add(1));
        let next = next.and_then(|next| usize::try_from(next.start).ok());
        let next = next.unwrap_or(self.bytes.len());
        let all = self.bytes.get(start..next)?;
        // Most: a visible byte, then CR.
        if let [raw @ .., b'\r'] = all
            && raw.last() > Some(&b' ')
        {
            return Some(Segment::new(raw, self.offset.wrapping_add(start), self.delimiters));
        }
        Some(self.ended(all, start))
    }

    /// The line that `all` holds, with its terminator: the first CR or LF after which nothing is
    /// visible.
    #[inline(never)]
    fn ended(&self, all: &'a [u8], start: usize) -> Segment<'a> {
        let visible = all.iter().rposition(|b| *b > b' ').unwrap_or(0);
        let tail = all.iter().skip(visible).position(|b| matches!(b, b'\r' | b'\n'));
        let raw = tail.and_then(|end| all.get(..visible.saturating_add(end))).unwrap_or(all);
        Segment::new(raw, self.offset.saturating_add(start), self.delimiters)
    }

    /// Its segments, as they stand. Lines that are none are left out.
    #[must_use]
    pub const fn segments(&self) -> Segments<'a> {
        Segments { message: *self, line: 0 }
    }

    /// The segments with this id, as they stand.
    pub fn all(&self, id: &[u8; 3]) -> impl ExactSizeIterator<Item = Segment<'a>> + use<'a> {
        let (message, lines) = (*self, self.index.alike(self.bytes, *id));
        (0..lines.len()).map(move |number| {
            let line = lines.get(number).and_then(|line| message.line(line));
            line.unwrap_or(Segment::new(&[], message.offset, message.delimiters))
        })
    }

    /// The first segment with this id.
    #[must_use]
    #[inline(always)]
    pub fn first(&self, id: &[u8; 3]) -> Option<Segment<'a>> {
        self.nth(id, 1)
    }

    /// The segment with this id that is number `number` of its kind, from 1. Found in the index.
    #[must_use]
    #[inline(always)]
    pub fn nth(&self, id: &[u8; 3], number: usize) -> Option<Segment<'a>> {
        self.line(self.index.alike(self.bytes, *id).get(number.checked_sub(1)?)?)
    }

    /// Field `field`, from 1, of the first segment with this id.
    #[must_use]
    #[inline]
    pub fn field(&self, id: &[u8; 3], field: usize) -> Option<Field<'a>> {
        match self.inner_field(id, field) {
            Some((raw, offset)) => Some(Field::new(raw, offset, self.delimiters)),
            None => self.last_field(id, field),
        }
    }

    /// Component `component`, from 1, of the first repetition of field `field` of the first segment with
    /// this id: `PID-5.1`.
    #[must_use]
    #[inline]
    pub fn component(&self, id: &[u8; 3], field: usize, component: usize) -> Option<Component<'a>> {
        match self.inner_component(id, field, component) {
            Some((raw, offset)) => Some(Component::new(raw, offset, self.delimiters)),
            None => self.last_component(id, field, component),
        }
    }

    #[inline(never)]
    fn last_component(
        &self,
        id: &[u8; 3],
        field: usize,
        component: usize,
    ) -> Option<Component<'a>> {
        self.field(id, field)?.component(component)
    }

    #[inline(never)]
    fn last_field(&self, id: &[u8; 3], field: usize) -> Option<Field<'a>> {
        self.first(id)?.field(field)
    }

    /// The same, where another field follows in the segment, and enough bytes in the message: most.
    #[inline(always)]
    fn inner_field(&self, id: &[u8; 3], field: usize) -> Option<Part<'a>> {
        let (start, end, block) = self.field_start(id, field)?;
        let bar = self.delimiters.field;
        self.inner(start, seek::inner_part(block, bar, [bar], 1)?, end)
    }

    #[inline(always)]
    fn inner_component(&self, id: &[u8; 3], field: usize, component: usize) -> Option<Part<'a>> {
        let (start, end, block) = self.field_start(id, field)?;
        let Delimiters { field: bar, component: hat, repetition, .. } = self.delimiters;
        self.inner(start, seek::inner_part(block, hat, [bar, hat, repetition], component)?, end)
    }

    /// Where the field begins and its segment ends, and the 64 bytes that begin with it: where each byte
    /// is a character.
    #[inline(always)]
    fn field_start(&self, id: &[u8; 3], field: usize) -> Option<(usize, usize, &'a [u8; 64])> {
        if self.delimiters.scan != Scan::Plain {
            return None;
        }
        let (line, end) = self.index.first(*id, self.bytes)?;
        // The first line is the header: its fields 1 and 2 are no parts.
        let (skipped, first) = if line == 0 { (3, 3) } else { (4, 1) };
        let fields = line.wrapping_add(skipped)..end;
        let bar = self.delimiters.field;
        let start = seek::part_start(self.bytes, fields, bar, field).filter(|_| field >= first)?;
        Some((start, end, self.bytes.get(start..)?.first_chunk()?))
    }

    /// What stands `part` after `start`, if it ends before the segment.
    #[inline(always)]
    fn inner(&self, start: usize, part: Range<usize>, end: usize) -> Option<Part<'a>> {
        let (from, to) = (start.wrapping_add(part.start), start.wrapping_add(part.end));
        Some((self.bytes.get(from..to).filter(|_| to < end)?, self.offset.wrapping_add(from)))
    }

    /// How many segments with this id there are.
    #[must_use]
    pub fn count(&self, id: &[u8; 3]) -> usize {
        self.index.alike(self.bytes, *id).len()
    }

    /// Which of its kind the segment on line `line` is, from 1.
    #[must_use]
    pub fn ordinal(&self, line: usize) -> Option<usize> {
        let short = u32::try_from(line).ok()?;
        let id = id_of(&self.index.lines, self.bytes, short).filter(|_| self.is_segment(line))?;
        self.index.alike(self.bytes, id).before(short).checked_add(1)
    }

    /// Every part that has bytes and no parts itself.
    #[must_use]
    pub fn leaves(&self) -> Leaves<'a> {
        Leaves::new(*self)
    }
}

/// The segments of a message.
#[derive(Clone, Debug)]
pub struct Segments<'a> {
    message: Message<'a>,
    line: usize,
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.line;
            let segment = self.message.line(line)?;
            self.line = line.saturating_add(1);
            if self.message.is_segment(line) {
                return Some(segment);
            }
        }
    }
}

impl core::iter::FusedIterator for Segments<'_> {}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    const ORU: &[u8] =
        b"MSH|^~\\&|A|B\rPID|1||7\rOBR|1\rOBX|1|NM|a||5\rNTE|1||x\rOBX|2|NM|b||6\rnone\r";

    #[test]
    fn segments_are_found_by_id() {
        let mut index = Index::new();
        let message = Message::parse(ORU, &mut index).unwrap();
        assert_eq!(message.field(b"PID", 3).unwrap().raw(), b"7");
        assert_eq!(message.nth(b"OBX", 2).unwrap().field(5).unwrap().raw(), b"6");
        assert_eq!(message.nth(b"OBX", 3).map(|s| s.offset()), None);
        assert_eq!(message.all(b"OBX").map(|s| s.offset()).sum::<usize>(), 28 + 51);
        assert_eq!((message.count(b"OBX"), message.count(b"ZZZ")), (2, 0));
        assert_eq!((message.segments().count(), message.lines()), (6, 7));
        assert_eq!(message.line(6).unwrap().raw(), b"none");
        assert_eq!((message.ordinal(5), message.ordinal(6)), (Some(2), None));
    }

    #[test]
    fn a_field_and_a_component_are_those_of_the_first_segment() {
        for len in 0..80 {
            let text = "x".repeat(len);
            let text = format!(
                "MSH|^~\\&|{text}|b\rPID|1||{text}~a|{text}^c^~e^f||d \nnone\rPV1|{text}\rPV1|2|3|4\rFHS|1"
            );
            for end in
                ["", "\r", "\rOBX|1|2|3|4|5|6|7|8|9|0|1|2|3|4|5|6|7|8|9|0|1|2|3|4|5|6|7|8|9\r"]
            {
                for text in [format!("{text}{end}"), format!("{text}{end}").replace('\r', "\n")] {
                    let mut index = Index::new();
                    let message = Message::parse(text.as_bytes(), &mut index).unwrap();
                    for id in [b"MSH", b"PID", b"PV1", b"OBX", b"FHS", b"ZZZ"] {
                        for number in 0..35 {
                            let of = |field: Field<'_>| (field.raw().to_vec(), field.offset());
                            let want = message.first(id).and_then(|first| first.field(number));
                            assert_eq!(message.field(id, number).map(of), want.map(of));
                            for component in 0..5 {
                                let of = |part: Component<'_>| (part.raw().to_vec(), part.offset());
                                let want = want.and_then(|field| field.component(component));
                                let found = message.component(id, number, component);
                                assert_eq!(found.map(of), want.map(of));
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_message_ends_before_the_next() {
        let mut index = Index::new();
        let text = b"\xEF\xBB\xBFMSH|^~\\&|A\rPID|1\r\n\r\nMSH#!*\\@#B\r";
        let message = Message::parse(text, &mut index).unwrap();
        assert_eq!(message.span(), Span::new(3, 18));
        let text = b"MSH|^~\\&|A\nPID|1\nBTS|1";
        let message = Message::parse(text, &mut index).unwrap();
        assert_eq!((message.span(), message.lines()), (Span::new(0, 17), 2));
    }

    #[test]
    fn a_bare_id_before_the_end_of_a_frame_is_a_segment() {
        let mut index = Index::new();
        let message = Message::parse(b"MSH|^~\\&|A\rPV1\x1c\r", &mut index).unwrap();
        assert_eq!((message.count(b"PV1"), message.lines()), (1, 2));
        assert_eq!(message.line(1).unwrap().raw(), b"PV1");
        let message = Message::parse(b"MSH|^~\\&|A\rMSH\x1c\r", &mut index).unwrap();
        assert_eq!(message.lines(), 1);
    }

    #[test]
    fn more_ids_than_lists() {
        let mut text = String::from("MSH|^~\\&|\r");
        for round in ["a", "b"] {
            for id in 0..200 {
                text.push_str(&format!("Z{id:02X}|{round}{id}\r"));
            }
        }
        let text = text.replace("\rZ100", "\rZ10");
        let mut index = Index::new();
        let message = Message::parse(text.as_bytes(), &mut index).unwrap();
        for id in 0..200_u8 {
            let name = format!("Z{id:02X}");
            let id_bytes: &[u8; 3] = name.as_bytes().try_into().unwrap();
            let found: Vec<_> =
                message.all(id_bytes).map(|s| s.field(1).unwrap().raw().to_vec()).collect();
            assert_eq!(found, [format!("a{id}").into_bytes(), format!("b{id}").into_bytes()]);
        }
        for line in 1..=400 {
            assert_eq!(message.ordinal(line), Some(if line <= 200 { 1 } else { 2 }), "{line}");
        }
    }

    #[test]
    fn a_used_index_is_as_good_as_new() {
        let mut index = Index::new();
        Message::parse(ORU, &mut index).unwrap();
        let error = Message::parse(b"PID|1", &mut index).unwrap_err();
        assert_eq!((error.kind(), error.field(), error.offset()), (ErrorKind::Missing, "MSH", 0));
        let message = Message::parse(b"MSH|^~\\&|Q\rOBX|1\r", &mut index).unwrap();
        assert_eq!((message.lines(), message.count(b"OBX"), message.count(b"PID")), (2, 1, 0));
    }
}
