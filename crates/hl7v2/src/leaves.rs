//! Every leaf of a message, in one pass over its bytes.

use core::fmt;

use iomt_core::wire::Span;

use crate::charset::Scan;
use crate::{Delimiters, Message, seek};

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

/// The leaves of a message.
#[derive(Clone)]
pub struct Leaves<'a> {
    message: Message<'a>,
    /// The leaf that ends next, but for its bytes.
    next: Leaf<'a>,
    /// Lines that are begun.
    lines: usize,
    /// Where the next leaf begins, from the first byte of the message; behind `end` after the last.
    start: usize,
    /// Where the segment ends, or MSH-1 or MSH-2, which are not split.
    end: usize,
    /// Where the segment ends.
    last: usize,
    /// How many of MSH-1 and MSH-2 are not yet done.
    header: u8,
    /// The delimiters still to come of the 64 bytes before `seen`, the first lowest; and the end.
    marks: u64,
    seen: usize,
}

impl fmt::Debug for Leaves<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaves(line {})", self.lines)
    }
}

impl<'a> Leaves<'a> {
    pub(crate) const fn new(message: Message<'a>) -> Self {
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
        Self { message, next, lines: 0, start: 1, end: 0, last: 0, header: 0, marks: 0, seen: 0 }
    }

    /// Goes on to the next segment, or in a header from MSH-1 to MSH-2 and to what follows.
    #[inline(never)]
    fn advance(&mut self) -> Option<()> {
        let message = self.message;
        let mut field = 1;
        match self.header {
            2 if self.end < self.last => {
                (field, self.header, self.start) = (2, 1, self.end);
                let rest = message.raw().get(self.start..self.last).unwrap_or_default();
                let len = seek::find(rest, [message.delimiters().field]);
                self.end = self.start.wrapping_add(len);
            }
            1 if self.end < self.last => {
                (field, self.header, self.end) = (3, 0, self.last);
            }
            _ => {
                while !message.is_segment(self.lines) {
                    message.line(self.lines)?;
                    self.lines = self.lines.wrapping_add(1);
                }
                let segment = message.line(self.lines)?;
                (self.next.id, self.next.line) = (segment.id(), self.lines);
                self.lines = self.lines.wrapping_add(1);
                let start = segment.offset().wrapping_sub(message.offset());
                self.last = start.wrapping_add(segment.raw().len());
                let header = segment.is_header();
                self.header = if header { 2 } else { 0 };
                self.start = start.wrapping_add(if header { 3 } else { 4 });
                self.end = if header { self.last.min(start.wrapping_add(4)) } else { self.last };
            }
        }
        (self.next.field, self.next.repetition) = (field, 1);
        (self.next.component, self.next.subcomponent) = (1, 1);
        self.seen = self.start;
        Some(())
    }

    /// Marks the delimiters of the next 64 bytes.
    #[inline(always)]
    fn load(&mut self, delimiters: Delimiters) {
        if self.header > 0 || delimiters.scan != Scan::Plain {
            let stop = if self.header > 0 { self.end } else { self.character_stop() };
            (self.marks, self.seen) = (1, stop.wrapping_add(64));
            return;
        }
        let Delimiters { field, component, repetition, subcomponent, .. } = delimiters;
        let of = [field, component, repetition, subcomponent];
        let marks = seek::marks_from(self.message.raw(), self.seen, of).unwrap_or(0);
        // The end is one, too; what stands behind it is of the next segment.
        let left = u32::try_from(self.end.wrapping_sub(self.seen)).unwrap_or(u32::MAX);
        let end = 1_u64.checked_shl(left).unwrap_or(0);
        self.marks = marks & end.wrapping_sub(1) | end;
        self.seen = self.seen.wrapping_add(64);
    }

    #[inline(never)]
    fn more(&mut self) -> Option<()> {
        while self.start > self.end {
            self.advance()?;
        }
        self.load(self.message.delimiters());
        Some(())
    }

    /// Where the next leaf ends, read character by character.
    #[cold]
    #[inline(never)]
    fn character_stop(&self) -> usize {
        let delimiters = self.message.delimiters();
        let rest = self.message.raw().get(self.start..self.end).unwrap_or_default();
        let found = delimiters.scan.position(rest, |b| delimiters.separates(b));
        found.map_or(self.end, |found| self.start.wrapping_add(found))
    }

    /// Where the next of the delimiters at hand stands.
    #[inline]
    fn mark(&mut self) -> usize {
        let bit = seek::lowest(self.marks);
        self.marks &= self.marks.wrapping_sub(1);
        self.seen.wrapping_sub(64).wrapping_add(bit)
    }

    /// The last leaf, where nothing ends it.
    #[cold]
    fn tail(&self) -> &'a [u8] {
        self.message.raw().get(self.start..).unwrap_or_default()
    }

    /// The leaf that ends at `stop`; goes on to what is behind it.
    #[inline]
    fn leaf(&mut self, stop: usize) -> Leaf<'a> {
        let (bytes, delimiters) = (self.message.raw(), self.message.delimiters());
        let parts = bytes.get(self.start..stop).zip(bytes.get(stop));
        let (raw, by) = parts.unwrap_or_else(|| (self.tail(), &b'\r'));
        let offset = self.message.offset().wrapping_add(self.start);
        let leaf = Leaf { raw, offset, ..self.next };
        self.start = stop.wrapping_add(1);
        match *by {
            b if b == delimiters.field => {
                self.next.field = leaf.field.wrapping_add(1);
                (self.next.repetition, self.next.component, self.next.subcomponent) = (1, 1, 1);
            }
            b if b == delimiters.component => {
                self.next.component = leaf.component.wrapping_add(1);
                self.next.subcomponent = 1;
            }
            b if b == delimiters.subcomponent => {
                self.next.subcomponent = leaf.subcomponent.wrapping_add(1);
            }
            b if b == delimiters.repetition => {
                self.next.repetition = leaf.repetition.wrapping_add(1);
                (self.next.component, self.next.subcomponent) = (1, 1);
            }
            // The end of the segment.
            _ => {}
        }
        leaf
    }
}

impl<'a> Iterator for Leaves<'a> {
    type Item = Leaf<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while self.marks == 0 {
                self.more()?;
            }
            let stop = self.mark();
            let leaf = self.leaf(stop);
            if !leaf.raw.is_empty() {
                return Some(leaf);
            }
        }
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        let (mut all, delimiters) = (init, self.message.delimiters());
        loop {
            // What is at hand is read from a copy, which stays in registers.
            let mut at_hand = self.clone();
            while at_hand.marks != 0 {
                let stop = at_hand.mark();
                let leaf = at_hand.leaf(stop);
                if !leaf.raw.is_empty() {
                    all = f(all, leaf);
                }
            }
            self = at_hand;
            while self.start > self.end {
                let Some(()) = self.advance() else { return all };
            }
            self.load(delimiters);
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

    #[test]
    fn leaves_are_read_across_blocks() {
        for len in 1..140 {
            let text = "x".repeat(len);
            for end in ["", "\r", "\rOBX|1\r"] {
                let text = format!("MSH|^~\\&|{text}\rNTE|{text}||{text}^y~z&{text}{end}");
                let mut index = Index::new();
                let message = Message::parse(text.as_bytes(), &mut index).unwrap();
                let naive = text.split(['\r', '|', '^', '~', '&']).filter(|part| !part.is_empty());
                // MSH-1 and MSH-2 are no parts, ids no leaves.
                let ids = ["MSH", "NTE", "OBX", "\\"];
                let want: Vec<_> =
                    naive.filter(|part| !ids.contains(part)).map(str::as_bytes).collect();
                let leaves = message.leaves().skip(2).map(|leaf| leaf.raw);
                assert_eq!(leaves.clone().collect::<Vec<_>>(), want);
                let mut folded = Vec::new();
                leaves.for_each(|leaf| folded.push(leaf));
                assert_eq!(folded, want);
            }
        }
    }
}
