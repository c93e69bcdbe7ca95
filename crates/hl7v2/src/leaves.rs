//! Every leaf of a message, in one pass over its bytes.

use core::fmt;

use iomt_core::wire::Span;

use crate::{Message, Segment};

/// A part that has bytes and no parts itself, and its path: `PID-3[2].4.1`.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Leaf<'a> {
    /// The segment that it is in.
    pub segment: Segment<'a>,
    /// The line of the message that this is, from 0.
    pub line: usize,
    /// Field, from 1.
    pub field: u32,
    /// Repetition, from 1.
    pub repetition: u32,
    /// Component, from 1.
    pub component: u32,
    /// Subcomponent, from 1.
    pub subcomponent: u32,
    /// The bytes as they stand.
    pub raw: &'a [u8],
    /// Offset of the first byte in what the caller gave.
    pub offset: usize,
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

/// The leaves of a message.
#[derive(Clone)]
pub struct Leaves<'a> {
    message: Message<'a>,
    classes: [u8; 256],
    /// The segment under way, and what is left of it.
    segment: Segment<'a>,
    rest: Option<&'a [u8]>,
    line: usize,
    path: [u32; 4],
    /// How many of MSH-1 and MSH-2 are still to come.
    header: u8,
}

impl fmt::Debug for Leaves<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaves(line {})", self.line)
    }
}

impl<'a> Leaves<'a> {
    pub(crate) fn new(message: Message<'a>) -> Self {
        let delimiters = message.delimiters();
        let mut classes = [DATA; 256];
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
        let segment = Segment::new(&[], message.span().offset.try_into().unwrap_or(0), delimiters);
        Self { message, classes, segment, rest: None, line: 0, path: [1; 4], header: 0 }
    }

    /// Goes on to the next segment.
    fn advance(&mut self) -> Option<()> {
        while !self.message.is_segment(self.line) {
            self.message.line(self.line)?;
            self.line = self.line.saturating_add(1);
        }
        self.segment = self.message.line(self.line)?;
        self.line = self.line.saturating_add(1);
        self.path = [1; 4];
        let header = matches!(self.segment.id(), b"MSH" | b"FHS" | b"BHS");
        self.header = if header { 2 } else { 0 };
        self.rest = self.segment.raw().get(if header { 3 } else { 4 }..);
        Some(())
    }

    fn leaf(&self, raw: &'a [u8], offset: usize, path: [u32; 4]) -> Leaf<'a> {
        let [field, repetition, component, subcomponent] = path;
        let line = self.line.saturating_sub(1);
        Leaf {
            segment: self.segment,
            line,
            field,
            repetition,
            component,
            subcomponent,
            raw,
            offset,
        }
    }

    /// MSH-1 and MSH-2, which are not split.
    fn header(&mut self) -> Option<Leaf<'a>> {
        let mut fields = self.segment.fields();
        let (separator, characters) = (fields.next()?, fields.next());
        if self.header == 2 {
            self.header = 1;
            return Some(self.leaf(separator.raw(), separator.offset(), [1; 4]));
        }
        self.header = 0;
        let characters = characters?;
        let skipped = characters.raw().len().saturating_add(5);
        self.rest = self.segment.raw().get(skipped..);
        self.path = [3, 1, 1, 1];
        Some(self.leaf(characters.raw(), characters.offset(), [2, 1, 1, 1]))
    }
}

impl<'a> Iterator for Leaves<'a> {
    type Item = Leaf<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(rest) = self.rest else {
                self.advance()?;
                continue;
            };
            if self.header > 0 {
                match self.header() {
                    Some(leaf) => return Some(leaf),
                    None => {
                        (self.header, self.rest) = (0, None);
                        continue;
                    }
                }
            }
            let class = |b: &u8| self.classes.get(usize::from(*b)).copied().unwrap_or(DATA);
            let end = rest.iter().position(|b| class(b) != DATA).unwrap_or(rest.len());
            let (raw, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            let path = self.path;
            let [field, repetition, component, subcomponent] = path;
            self.path = match tail.first().map_or(FIELD, class) {
                SUBCOMPONENT => [field, repetition, component, subcomponent.saturating_add(1)],
                COMPONENT => [field, repetition, component.saturating_add(1), 1],
                REPETITION => [field, repetition.saturating_add(1), 1, 1],
                _ => [field.saturating_add(1), 1, 1, 1],
            };
            self.rest = tail.get(1..);
            if !raw.is_empty() {
                let whole = self.segment.raw().len();
                let offset = self.segment.offset().saturating_add(whole).saturating_sub(rest.len());
                return Some(self.leaf(raw, offset, path));
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
                let id = core::str::from_utf8(l.segment.id()).unwrap();
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
