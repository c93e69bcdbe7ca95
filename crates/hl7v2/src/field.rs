//! HL7 v2 §2.5, §2.6: segments, fields, repetitions, components and subcomponents, split when they
//! are read. A view is the bytes as they stand; nothing is unescaped.
//!
//! Three states are kept apart: absent (`None`), empty (no bytes) and null (`""`, which asks the
//! receiver to delete what it has).

use core::fmt;

use iomt_core::wire::Span;

use crate::Delimiters;
use crate::charset::Scan;
use crate::context::Part;
use crate::seek::{self, Marks};

macro_rules! views {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<'a> {
            raw: &'a [u8],
            offset: usize,
            delimiters: Delimiters,
        }

        impl<'a> $name<'a> {
            pub(crate) const fn new(raw: &'a [u8], offset: usize, delimiters: Delimiters) -> Self {
                Self { raw, offset, delimiters }
            }

            /// The bytes as they stand.
            #[must_use]
            pub const fn raw(&self) -> &'a [u8] {
                self.raw
            }

            /// Offset of the first byte in what the caller gave.
            #[must_use]
            pub const fn offset(&self) -> usize {
                self.offset
            }

            /// Where it stands in what the caller gave.
            #[must_use]
            pub fn span(&self) -> Span {
                Span::new(self.offset, self.raw.len())
            }

            /// The delimiters in force.
            #[must_use]
            pub const fn delimiters(&self) -> Delimiters {
                self.delimiters
            }

            /// Whether it has no bytes.
            #[must_use]
            pub const fn is_empty(&self) -> bool {
                self.raw.is_empty()
            }

            /// Whether it is the explicit null, `""`.
            #[must_use]
            pub fn is_null(&self) -> bool {
                self.raw == b"\"\""
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.span())
            }
        }
    )*};
}

views! {
    /// A segment: three characters of id, then fields.
    Segment;
    /// A field: one or more repetitions.
    Field;
    /// A repetition of a field: components.
    Repetition;
    /// A component: subcomponents.
    Component;
    /// A subcomponent, which has no parts.
    Subcomponent;
}

macro_rules! part {
    ($($name:ident)*) => {$(
        impl<'a> $name<'a> {
            pub(crate) const fn part(&self) -> Part<'a> {
                (self.raw, self.offset)
            }
        }
    )*};
}

part!(Field Repetition Component Subcomponent);

/// Splits at one byte.
#[derive(Clone)]
struct Split<'a> {
    rest: Option<&'a [u8]>,
    offset: usize,
    at: u8,
    scan: Scan,
}

impl<'a> Split<'a> {
    /// Skips `number` parts, one by one.
    #[cold]
    #[inline(never)]
    fn after(&mut self, number: usize) -> Option<(&'a [u8], usize)> {
        for _ in 0..number {
            self.next()?;
        }
        self.next()
    }

    /// Where the part ends that begins `rest`.
    #[inline]
    fn end(&self, rest: &[u8]) -> usize {
        if self.scan == Scan::Plain {
            return seek::find(rest, [self.at]);
        }
        self.scan.position(rest, |b| b == self.at).unwrap_or(rest.len())
    }
}

impl<'a> Iterator for Split<'a> {
    type Item = (&'a [u8], usize);

    // Parts have five bytes on average: a loop is faster than a call of memchr.
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        let offset = self.offset;
        let end = self.end(rest);
        let (part, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        self.rest = tail.get(1..);
        self.offset = offset.wrapping_add(end).wrapping_add(1);
        Some((part, offset))
    }

    #[inline]
    fn nth(&mut self, number: usize) -> Option<Self::Item> {
        let rest = self.rest?;
        if self.scan != Scan::Plain {
            return self.after(number);
        }
        let Some((start, end)) = seek::part(rest, self.at, number) else {
            self.rest = None;
            return None;
        };
        let offset = self.offset.wrapping_add(start);
        self.rest = rest.get(end.wrapping_add(1)..);
        self.offset = self.offset.wrapping_add(end).wrapping_add(1);
        Some((rest.get(start..end).unwrap_or_default(), offset))
    }
}

/// Part `number`, from 1, of what is split at `at`.
#[inline(always)]
pub(crate) fn split(
    raw: &[u8],
    offset: usize,
    at: u8,
    delimiters: Delimiters,
    number: usize,
) -> Option<Part<'_>> {
    let number = number.checked_sub(1)?;
    if delimiters.scan != Scan::Plain {
        let mut parts = Split { rest: Some(raw), offset, at, scan: delimiters.scan };
        return parts.after(number);
    }
    let (start, end) = seek::part(raw, at, number)?;
    Some((raw.get(start..end)?, offset.wrapping_add(start)))
}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident of $item:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name<'a> {
            split: Split<'a>,
            delimiters: Delimiters,
        }

        impl<'a> $name<'a> {
            const fn new(raw: &'a [u8], offset: usize, at: u8, delimiters: Delimiters) -> Self {
                let split = Split { rest: Some(raw), offset, at, scan: delimiters.scan };
                Self { split, delimiters }
            }
        }

        impl<'a> Iterator for $name<'a> {
            type Item = $item<'a>;

            #[inline]
            fn next(&mut self) -> Option<Self::Item> {
                let (raw, offset) = self.split.next()?;
                Some($item::new(raw, offset, self.delimiters))
            }

            #[inline]
            fn nth(&mut self, number: usize) -> Option<Self::Item> {
                let (raw, offset) = self.split.nth(number)?;
                Some($item::new(raw, offset, self.delimiters))
            }
        }

        impl core::iter::FusedIterator for $name<'_> {}

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "(at {})"), self.split.offset)
            }
        }
    )*};
}

parts! {
    /// The repetitions of a field.
    Repetitions of Repetition;
    /// The components of a repetition.
    Components of Component;
    /// The subcomponents of a component.
    Subcomponents of Subcomponent;
}

impl<'a> Segment<'a> {
    /// The three characters of its id.
    #[must_use]
    pub fn id(&self) -> &'a [u8; 3] {
        self.raw.first_chunk().unwrap_or(b"   ")
    }

    /// Whether its first field is the separator.
    #[inline]
    pub(crate) fn is_header(&self) -> bool {
        matches!(self.id(), b"MSH" | b"FHS" | b"BHS")
    }

    /// The fields from the first on. That of `MSH`, `FHS` and `BHS` is the separator itself; the
    /// second holds the encoding characters and is never split.
    #[must_use]
    pub fn fields(&self) -> Fields<'a> {
        let (skipped, left) = if self.is_header() { (3, 2) } else { (4, 0) };
        let split = Split {
            rest: self.raw.get(skipped..).filter(|_| self.raw.len() > 3),
            offset: self.offset.saturating_add(skipped),
            at: self.delimiters.field,
            scan: self.delimiters.scan,
        };
        Fields { split, header: left, delimiters: self.delimiters }
    }

    /// Field `number`, from 1; `None` where the segment ends before it.
    #[must_use]
    #[inline(always)]
    pub fn field(&self, number: usize) -> Option<Field<'a>> {
        let skipped = match self.is_header() {
            // MSH-1 and MSH-2 are no parts.
            true if number < 3 => return self.declared(number),
            true => 3,
            false => 4,
        };
        let (rest, offset) = (self.raw.get(skipped..)?, self.offset.wrapping_add(skipped));
        let (raw, offset) = split(rest, offset, self.delimiters.field, self.delimiters, number)?;
        Some(Field::new(raw, offset, self.delimiters))
    }

    /// MSH-1 or MSH-2.
    #[inline(never)]
    fn declared(&self, number: usize) -> Option<Field<'a>> {
        self.fields().nth(number.checked_sub(1)?)
    }

    /// The fields that have bytes, with their numbers.
    pub(crate) fn numbered(&self) -> Numbered<'a> {
        Numbered {
            segment: *self,
            slow: (self.is_header() || self.delimiters.scan != Scan::Plain).then(|| self.fields()),
            marks: Marks::new(self.raw, 4, [self.delimiters.field]),
            start: 4,
            number: 0,
        }
    }
}

impl<'a> Numbered<'a> {
    #[inline(never)]
    fn next_slow(&mut self) -> Option<(u16, Field<'a>)> {
        while let Some(slow) = &mut self.slow {
            self.number = self.number.saturating_add(1);
            let field = slow.next()?;
            if self.number == 2 && self.segment.delimiters.scan == Scan::Plain {
                // What follows MSH-2 is as in other segments.
                let end = self.marks.next().unwrap_or(self.segment.raw.len());
                (self.slow, self.start) = (None, end.wrapping_add(1));
            }
            if !field.is_empty() {
                return Some((self.number, field));
            }
        }
        self.next()
    }
}

/// The fields of a segment that have bytes, with their numbers.
pub(crate) struct Numbered<'a> {
    segment: Segment<'a>,
    /// In MSH-1 and MSH-2, and where characters hide separators.
    slow: Option<Fields<'a>>,
    marks: Marks<'a, [u8; 1]>,
    /// Where the next field begins.
    start: usize,
    number: u16,
}

impl<'a> Iterator for Numbered<'a> {
    type Item = (u16, Field<'a>);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.slow.is_some() {
            return self.next_slow();
        }
        let raw = self.segment.raw;
        loop {
            self.number = self.number.saturating_add(1);
            let start = self.start;
            let end = self.marks.next().unwrap_or(raw.len());
            self.start = end.wrapping_add(1);
            if end != start {
                let Segment { offset, delimiters, .. } = self.segment;
                let field =
                    Field::new(raw.get(start..end)?, offset.wrapping_add(start), delimiters);
                return Some((self.number, field));
            }
        }
    }
}

impl<'a> Field<'a> {
    /// A field that is not there.
    pub(crate) const ABSENT: Self = Self::new(&[], 0, Delimiters::NONE);

    /// Its repetitions; an empty field is one empty repetition.
    #[must_use]
    pub const fn repetitions(&self) -> Repetitions<'a> {
        Repetitions::new(self.raw, self.offset, self.delimiters.repetition, self.delimiters)
    }

    /// The repetitions that say something.
    pub(crate) fn valued(&self) -> impl Iterator<Item = Repetition<'a>> + use<'a> {
        self.repetitions().filter(|r| !r.is_empty() && !r.is_null())
    }

    /// Repetition `number`, from 1.
    #[must_use]
    pub fn repetition(&self, number: usize) -> Option<Repetition<'a>> {
        let (at, delimiters) = (self.delimiters.repetition, self.delimiters);
        let (raw, offset) = split(self.raw, self.offset, at, delimiters, number)?;
        Some(Repetition::new(raw, offset, delimiters))
    }

    /// Component `number`, from 1, of the first repetition.
    #[must_use]
    #[inline]
    pub fn component(&self, number: usize) -> Option<Component<'a>> {
        if self.delimiters.scan != Scan::Plain {
            return self.repetition(1)?.component(number);
        }
        let Delimiters { component, repetition, .. } = self.delimiters;
        let (start, end) = match number.checked_sub(1)? {
            0 => (0, seek::find(self.raw, [component, repetition])),
            number => seek::part_before(self.raw, component, repetition, number)?,
        };
        let offset = self.offset.wrapping_add(start);
        Some(Component::new(self.raw.get(start..end)?, offset, self.delimiters))
    }
}

impl<'a> Repetition<'a> {
    /// Its components.
    #[must_use]
    pub const fn components(&self) -> Components<'a> {
        Components::new(self.raw, self.offset, self.delimiters.component, self.delimiters)
    }

    /// Component `number`, from 1.
    #[must_use]
    pub fn component(&self, number: usize) -> Option<Component<'a>> {
        let (at, delimiters) = (self.delimiters.component, self.delimiters);
        let (raw, offset) = split(self.raw, self.offset, at, delimiters, number)?;
        Some(Component::new(raw, offset, delimiters))
    }
}

impl<'a> Component<'a> {
    /// Its subcomponents.
    #[must_use]
    pub const fn subcomponents(&self) -> Subcomponents<'a> {
        Subcomponents::new(self.raw, self.offset, self.delimiters.subcomponent, self.delimiters)
    }

    /// Subcomponent `number`, from 1.
    #[must_use]
    pub fn subcomponent(&self, number: usize) -> Option<Subcomponent<'a>> {
        let (at, delimiters) = (self.delimiters.subcomponent, self.delimiters);
        let (raw, offset) = split(self.raw, self.offset, at, delimiters, number)?;
        Some(Subcomponent::new(raw, offset, delimiters))
    }
}

/// The fields of a segment.
#[derive(Clone)]
pub struct Fields<'a> {
    split: Split<'a>,
    /// How many of MSH-1 and MSH-2 are still to come.
    header: u8,
    delimiters: Delimiters,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self.header {
            0 => {
                let (raw, offset) = self.split.next()?;
                Some(Field::new(raw, offset, self.delimiters))
            }
            1 => {
                self.header = 0;
                let (raw, offset) = self.split.next()?;
                Some(Field::new(raw, offset, Delimiters::NONE))
            }
            _ => {
                self.header = 1;
                let separator = self.split.rest?.get(..1)?;
                // What stands before the separator is nothing.
                let (_, offset) = self.split.next()?;
                Some(Field::new(separator, offset, Delimiters::NONE))
            }
        }
    }

    #[inline]
    fn nth(&mut self, number: usize) -> Option<Self::Item> {
        // MSH-1 or MSH-2.
        if number < usize::from(self.header) {
            if number > 0 {
                self.next()?;
            }
            return self.next();
        }
        self.header = 0;
        let (raw, offset) = self.split.nth(number)?;
        Some(Field::new(raw, offset, self.delimiters))
    }
}

impl core::iter::FusedIterator for Fields<'_> {}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields(at {})", self.split.offset)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn segment(raw: &[u8]) -> Segment<'_> {
        Segment::new(raw, 100, Delimiters::DEFAULT)
    }

    #[test]
    fn parts_are_split_in_the_order_of_the_standard() {
        let pid = segment(b"PID|1||a^b&c^~d||\"\"|");
        let field = pid.field(3).unwrap();
        assert_eq!((field.raw(), field.offset()), (&b"a^b&c^~d"[..], 107));
        let repetitions: Vec<_> = field.repetitions().map(|r| (r.raw(), r.offset())).collect();
        assert_eq!(repetitions, [(&b"a^b&c^"[..], 107), (b"d", 114)]);
        let components: Vec<_> =
            field.repetition(1).unwrap().components().map(|c| (c.raw(), c.offset())).collect();
        assert_eq!(components, [(&b"a"[..], 107), (b"b&c", 109), (b"", 113)]);
        let component = field.component(2).unwrap();
        assert_eq!(component.subcomponent(2).unwrap().raw(), b"c");
        assert_eq!(component.subcomponent(2).unwrap().offset(), 111);
    }

    #[test]
    fn absent_empty_and_null_are_three() {
        let pid = segment(b"PID|1||a|\"\"|");
        assert!(pid.field(2).unwrap().is_empty() && !pid.field(2).unwrap().is_null());
        assert!(pid.field(4).unwrap().is_null());
        assert!(pid.field(5).unwrap().is_empty());
        assert!(pid.field(6).is_none() && pid.field(0).is_none());
    }

    #[test]
    fn the_header_counts_its_separator() {
        let msh = segment(b"MSH|^~\\&|A^B|C");
        let fields: Vec<_> = msh.fields().map(|f| (f.raw(), f.offset())).collect();
        assert_eq!(fields, [(&b"|"[..], 103), (b"^~\\&", 104), (b"A^B", 109), (b"C", 113)]);
        let nth = |number| msh.fields().nth(number).map(|f| f.raw());
        assert_eq!(
            [0, 1, 2, 3, 4].map(nth),
            [Some(&b"|"[..]), Some(b"^~\\&"), Some(b"A^B"), Some(b"C"), None]
        );
        assert_eq!(msh.field(2).unwrap().repetitions().count(), 1);
        assert_eq!(msh.field(2).unwrap().component(1).unwrap().raw(), b"^~\\&");
        assert_eq!(msh.field(3).unwrap().component(2).unwrap().raw(), b"B");
    }

    #[test]
    fn a_bare_id_has_no_fields() {
        assert_eq!(segment(b"PV1").fields().count(), 0);
        assert_eq!(segment(b"PV1|").fields().count(), 1);
        assert_eq!(segment(b"MSH").fields().count(), 0);
    }

    #[test]
    fn debug_shows_no_content() {
        let shown = alloc::format!("{:?}", segment(b"PID|1||a").field(3).unwrap());
        assert_eq!(shown, "Field(Span { offset: 107, len: 1 })");
    }
}
