//! Every leaf of a message, in one pass over its bytes.

use core::fmt;

use iomt_core::wire::Span;

use crate::Message;
use crate::charset::{Scan, shifts};

/// A part that has bytes and no parts itself, and its path: `PID-3[2].4.1`.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Leaf<'a> {
    /// The bytes as they stand.
    pub raw: &'a [u8],
    /// Offset of the first byte in what the caller gave.
    pub offset: usize,
    /// The id of its segment.
    pub id: &'a [u8; 3],
    /// The line of the message that the segment is, from 0: [`Message::line`], [`Message::ordinal`].
    pub line: usize,
    /// Field, from 1.
    pub field: u32,
    /// Repetition, from 1.
    pub repetition: u32,
    /// Component, from 1.
    pub component: u32,
    /// Subcomponent, from 1.
    pub subcomponent: u32,
}

impl fmt::Debug for Leaf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaf({:?})", Span::new(self.offset, self.raw.len()))
    }
}

/// What a byte ends.
const DATA: u8 = 0;
const SUBCOMPONENT: u8 = 1;
const COMPONENT: u8 = 2;
const REPETITION: u8 = 3;
const FIELD: u8 = 4;
/// Begins what is more than one byte. No byte of most character sets does.
const LEAD: u8 = 5;

/// The leaves of a message.
#[derive(Clone)]
pub struct Leaves<'a> {
    message: Message<'a>,
    classes: [u8; 256],
    /// What is left of the segment under way, and its offset; nothing where it is read to its end.
    rest: Option<&'a [u8]>,
    offset: usize,
    /// The leaf that ends next, but for its bytes.
    next: Leaf<'a>,
    /// Lines that are begun.
    lines: usize,
    /// MSH-2, after MSH-1.
    header: Option<Leaf<'a>>,
}

impl fmt::Debug for Leaves<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaves(line {})", self.lines)
    }
}

impl<'a> Leaves<'a> {
    pub(crate) fn new(message: Message<'a>) -> Self {
        let delimiters = message.delimiters();
        let mut classes = [DATA; 256];
        for (byte, class) in (0_u8..=u8::MAX).zip(&mut classes) {
            match delimiters.scan {
                Scan::Plain => break,
                Scan::Iso2022 if shifts(byte) => *class = LEAD,
                Scan::Iso2022 => {}
                _ if byte.is_ascii() => {}
                _ => *class = LEAD,
            }
        }
        for (byte, class) in [
            (delimiters.field, FIELD),
            (delimiters.repetition, REPETITION),
            (delimiters.component, COMPONENT),
            (delimiters.subcomponent, SUBCOMPONENT),
        ] {
            if let Some(slot) = classes.get_mut(usize::from(byte)) {
                *slot = class;
            }
        }
        let next = Leaf {
            raw: &[],
            offset: 0,
            id: b"   ",
            line: 0,
            field: 1,
            repetition: 1,
            component: 1,
            subcomponent: 1,
        };
        Self { message, classes, rest: None, offset: 0, next, lines: 0, header: None }
    }

    /// Goes on to the next segment; gives MSH-1 if it has one.
    #[inline(never)]
    fn advance(&mut self) -> Option<Option<Leaf<'a>>> {
        while !self.message.is_segment(self.lines) {
            self.message.line(self.lines)?;
            self.lines = self.lines.saturating_add(1);
        }
        let segment = self.message.line(self.lines)?;
        let mut skipped = 4_usize;
        self.next = Leaf { id: segment.id(), line: self.lines, field: 1, ..self.next };
        let mut separator = None;
        // MSH-1 and MSH-2 are not split.
        if matches!(segment.id(), b"MSH" | b"FHS" | b"BHS") {
            let mut fields = segment.fields();
            let mut field = |number| {
                let field = fields.next()?;
                let (raw, offset) = field.part();
                (!raw.is_empty()).then_some(Leaf { raw, offset, field: number, ..self.next })
            };
            (separator, self.header) = (field(1), field(2));
            let characters = self.header.map_or(0, |header| header.raw.len());
            skipped = characters.saturating_add(5);
            self.next.field = 3;
        }
        self.rest = segment.raw().get(skipped..);
        self.offset = segment.offset().saturating_add(skipped);
        self.lines = self.lines.saturating_add(1);
        Some(separator)
    }
}

impl Leaves<'_> {
    /// Where the leaf ends that begins `rest`, and what ends it, character by character.
    #[cold]
    #[inline(never)]
    fn character_end(&self, rest: &[u8]) -> (usize, u8) {
        let class = |b: u8| self.classes.get(usize::from(b)).copied().unwrap_or(DATA);
        let delimits = |b: u8| !matches!(class(b), DATA | LEAD);
        match self.message.delimiters().scan.position(rest, delimits) {
            Some(end) => (end, rest.get(end).map_or(FIELD, |b| class(*b))),
            None => (rest.len(), FIELD),
        }
    }
}

impl<'a> Iterator for Leaves<'a> {
    type Item = Leaf<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(header) = self.header.take() {
                return Some(header);
            }
            let Some(rest) = self.rest else {
                if let Some(separator) = self.advance()? {
                    return Some(separator);
                }
                continue;
            };
            let class = |b: u8| self.classes.get(usize::from(b)).copied().unwrap_or(DATA);
            let mut end = 0_usize;
            let mut ends = FIELD;
            for byte in rest {
                ends = class(*byte);
                if ends != DATA {
                    break;
                }
                end = end.wrapping_add(1);
            }
            if ends == LEAD {
                (end, ends) = self.character_end(rest);
            }
            let (raw, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            let leaf = Leaf { raw, offset: self.offset, ..self.next };
            self.rest = tail.get(1..);
            self.offset = self.offset.wrapping_add(end).wrapping_add(1);
            match ends {
                SUBCOMPONENT => self.next.subcomponent = leaf.subcomponent.wrapping_add(1),
                COMPONENT => {
                    self.next.component = leaf.component.wrapping_add(1);
                    self.next.subcomponent = 1;
                }
                REPETITION => {
                    self.next.repetition = leaf.repetition.wrapping_add(1);
                    (self.next.component, self.next.subcomponent) = (1, 1);
                }
                _ => {
                    self.next.field = leaf.field.wrapping_add(1);
                    (self.next.repetition, self.next.component, self.next.subcomponent) = (1, 1, 1);
                }
            }
            if !raw.is_empty() {
                return Some(leaf);
            }
        }
    }
}

impl core::iter::FusedIterator for Leaves<'_> {}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use super::*;
    use crate::Index;

    #[test]
    fn leaves_have_their_paths() {
        let mut index = Index::new();
        let text = b"MSH|^~\\&|A^B&C\rnone\rPV1\rPID|||x~^y&\"\"||\r";
        let message = Message::parse(text, &mut index).unwrap();
        let all: Vec<_> = message
            .leaves()
            .map(|l| {
                let id = core::str::from_utf8(l.id).unwrap();
                let raw = core::str::from_utf8(l.raw).unwrap();
                assert_eq!(&text[l.offset..l.offset + l.raw.len()], l.raw);
                format!(
                    "{id}-{}[{}].{}.{} {raw}",
                    l.field, l.repetition, l.component, l.subcomponent
                )
            })
            .collect();
        let want = [
            "MSH-1[1].1.1 |",
            "MSH-2[1].1.1 ^~\\&",
            "MSH-3[1].1.1 A",
            "MSH-3[1].2.1 B",
            "MSH-3[1].2.2 C",
            "PID-3[1].1.1 x",
            "PID-3[2].2.1 y",
            "PID-3[2].2.2 \"\"",
        ];
        assert_eq!(all, want);
    }
}
