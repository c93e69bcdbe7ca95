//! Where the segments of a message begin: the table that a message is read through.

use alloc::vec::Vec;
use core::fmt;

use iomt_core::wire::Span;
use iomt_core::{LimitKind, Limits, Terminators};

use crate::frame::{self, Header, Lines};
use crate::seek::{Marks, UpToCr};

/// How many ids have a list of their own; segments of any further one are sorted.
const GROUPS: usize = 64;
/// Marks a segment whose id has no list of its own.
const OTHER: u8 = 0xFE;
/// Marks a line that is no segment.
pub(crate) const MALFORMED: u8 = 0xFF;

/// Where the segments of a message begin, and which of them have which id. To be reused: it keeps
/// its allocations.
#[derive(Clone, Default)]
pub struct Index {
    pub(crate) lines: Vec<Line>,
    groups: Vec<Group>,
    /// Lines with one id do not all follow one another: `order` tells where they are.
    scattered: bool,
    /// Lines by group, then those of other ids by id; within an id as they stand.
    order: Vec<u32>,
    pub(crate) found: Found,
}

#[derive(Clone, Copy)]
pub(crate) struct Line {
    /// Offset from the first byte of the message.
    pub(crate) start: u32,
    /// The group that it is in.
    pub(crate) kind: u8,
}

#[derive(Clone, Copy)]
struct Group {
    id: u32,
    /// Its first line.
    line: u32,
    /// The same or, where lines are scattered, where its lines begin in `order`.
    first: u32,
    /// How many they are, where they are scattered.
    len: u32,
}

/// What was seen on the way.
#[derive(Clone, Copy, Default)]
pub(crate) struct Found {
    /// A line ends with LF or CRLF.
    pub(crate) line_feed: bool,
    /// The last line has no terminator.
    pub(crate) unterminated: bool,
    /// A limit that is exceeded.
    pub(crate) limit: Option<LimitKind>,
    /// Bytes between lines that are neither terminators nor blanks, from the first of the message to
    /// the last.
    pub(crate) junk: Option<Span>,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Index({} line(s))", self.lines.len())
    }
}

impl Index {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            lines: Vec::new(),
            groups: Vec::new(),
            scattered: false,
            order: Vec::new(),
            found: Found { line_feed: false, unterminated: false, limit: None, junk: None },
        }
    }

    fn clear(&mut self) {
        self.lines.clear();
        self.groups.clear();
        self.scattered = false;
        self.order.clear();
        self.found = Found::default();
    }

    /// Finds the lines of the message whose header begins at `at`, and its end: the next header, or
    /// the end of `bytes`, without what is blank, or a comment, before it.
    pub(crate) fn fill(
        &mut self,
        bytes: &[u8],
        at: usize,
        limits: &Limits,
        terminators: Terminators,
    ) -> usize {
        self.clear();
        let head = frame::head(bytes.get(at..).unwrap_or_default());
        let [.., separator] = head;
        let mut head = u32::from_le_bytes(head);
        let mut lines = Lines::new(bytes, separator, terminators);
        let mut ends = Marks::new(bytes, at, UpToCr);
        let (mut line, mut sorter) = (at, Sorter::new(separator));
        // The last line before comments, how many there are, and the junk before what follows it: that
        // is outside the message.
        let mut comments = None;
        let (line, stop, next) = loop {
            let mut junk = None;
            let kind = sorter.kind(head, self);
            self.push(line.wrapping_sub(at), kind, limits);
            let is_end = |at: &usize| matches!(bytes.get(*at), Some(b'\r' | b'\n'));
            let found = ends.find(is_end);
            // Most: CR ends the line, and the next begins at once.
            let (stop, next) = match found.and_then(|stop| Some((stop, bytes.get(stop..)?))) {
                Some((stop, [b'\r', after @ ..])) if visible_head(after, &mut head) => {
                    (stop, stop.wrapping_add(1))
                }
                Some((stop, [b'\r'])) => {
                    head = u32::from_le_bytes(frame::head(&[]));
                    (stop, bytes.len())
                }
                _ => {
                    // A line before this one ended so.
                    if self.lines.len() > 1 {
                        lines.returned();
                    }
                    let (stop, next) = lines.end_at(found);
                    let rest = bytes.get(next..).unwrap_or_default();
                    let run = bytes.get(stop..next).unwrap_or_default();
                    junk = Some(self.found.junk);
                    self.between(run, stop.wrapping_sub(at));
                    ends.go_to(next);
                    head = u32::from_le_bytes(frame::head(rest));
                    (stop, next)
                }
            };
            // Neither the end, nor a comment or header: most.
            let [first, ..] = head.to_le_bytes();
            if !matches!(first, b'\r' | b'#' | b'M' | b'F' | b'B') {
                (line, comments) = (next, None);
                continue;
            }
            let comment = first == b'#';
            let last = (line, stop, next, self.lines.len(), junk.unwrap_or(self.found.junk));
            if comment {
                comments.get_or_insert(last);
            }
            if next >= bytes.len() || Header::begins(head.to_le_bytes()) {
                let (line, stop, next, count, junk) = comments.unwrap_or(last);
                self.lines.truncate(count);
                self.found.junk = junk;
                break (line, stop, next);
            }
            if !comment {
                comments = None;
            }
            line = next;
        };
        let run = bytes.get(stop..next).unwrap_or_default();
        let terminator = if run.starts_with(b"\r\n") { 2 } else { run.len().min(1) };
        let mut end = stop.saturating_add(terminator);
        // FS after the last field ends a frame.
        let content = bytes.get(line..stop).unwrap_or_default();
        let kept = content.iter().rposition(|b| *b != frame::FS);
        let kept = kept.map_or(0, |last| last.saturating_add(1));
        if kept < content.len() {
            end = line.saturating_add(kept);
            self.found.unterminated = true;
            self.sort_last(bytes.get(line..end).unwrap_or_default(), sorter);
        }
        if end.saturating_sub(at) > limits.message_bytes.min(u32::MAX.try_into().unwrap_or(0)) {
            self.found.limit = Some(LimitKind::MessageBytes);
        }
        let message = bytes.get(at..end).unwrap_or_default();
        if self.scattered {
            self.arrange(message);
        }
        end
    }

    #[inline]
    fn push(&mut self, start: usize, kind: u8, limits: &Limits) {
        if self.lines.len() < limits.segments {
            // What is longer has exceeded a limit.
            let start = u32::try_from(start & 0xFFFF_FFFF).unwrap_or(0);
            self.lines.push(Line { start, kind });
        } else {
            self.found.limit = Some(LimitKind::Segments);
        }
    }

    /// Sorts the last line again, without what ends the frame: that may stand where a separator
    /// would.
    #[cold]
    fn sort_last(&mut self, line: &[u8], mut sorter: Sorter) {
        if let Some(last) = self.lines.pop() {
            let kind = sorter.kind(u32::from_le_bytes(frame::head(line)), self);
            self.lines.push(Line { kind, ..last });
        }
    }

    /// The kind of an id.
    #[inline(never)]
    fn kind(&self, id: u32) -> Option<u8> {
        let known = self.groups.iter().position(|group| group.id == id)?;
        u8::try_from(known).ok()
    }

    /// A new kind, whose first line is the next one.
    #[inline]
    fn group(&mut self, id: u32) -> u8 {
        let kind = self.groups.len();
        if kind >= GROUPS {
            self.scattered = true;
            return OTHER;
        }
        let line = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        self.groups.push(Group { id, line, first: line, len: 0 });
        u8::try_from(kind).unwrap_or(OTHER)
    }

    /// Notes how a line ends and what stands before the next.
    #[cold]
    fn between(&mut self, run: &[u8], offset: usize) {
        self.found.unterminated |= run.is_empty();
        self.found.line_feed |= run.starts_with(b"\n") || run.starts_with(b"\r\n");
        let junk = |b: &u8| !matches!(b, b'\r' | b'\n' | b' ' | b'\t');
        let (first, last) = (run.iter().position(junk), run.iter().rposition(junk));
        if let (Some(first), Some(last)) = (first, last) {
            let len = last.saturating_sub(first).saturating_add(1);
            let found = Span::new(offset.saturating_add(first), len);
            self.found.junk = Some(self.found.junk.map_or(found, |junk| junk.to(found)));
        }
    }

    /// Orders the lines by group: a counting sort.
    fn arrange(&mut self, message: &[u8]) {
        for line in &self.lines {
            if let Some(group) = self.groups.get_mut(usize::from(line.kind)) {
                group.len = group.len.wrapping_add(1);
            }
        }
        let mut total = 0_u32;
        for group in &mut self.groups {
            group.first = total;
            total = total.wrapping_add(group.len);
        }
        self.order.resize(usize::try_from(total).unwrap_or(0), 0);
        let mut others = false;
        for (line, Line { kind, .. }) in (0_u32..).zip(&self.lines) {
            if let Some(group) = self.groups.get_mut(usize::from(*kind)) {
                if let Some(slot) =
                    usize::try_from(group.first).ok().and_then(|at| self.order.get_mut(at))
                {
                    *slot = line;
                }
                group.first = group.first.wrapping_add(1);
            } else {
                others |= *kind == OTHER;
            }
        }
        for group in &mut self.groups {
            group.first = group.first.wrapping_sub(group.len);
        }
        if others {
            let first = self.order.len();
            let lines = (0_u32..).zip(&self.lines).filter(|(_, line)| line.kind == OTHER);
            self.order.extend(lines.map(|(number, _)| number));
            let lines = &self.lines;
            let sorted = self.order.get_mut(first..).unwrap_or_default();
            sorted.sort_unstable_by_key(|line| (id_of(lines, message, *line), *line));
        }
    }

    /// Where the first line with this id begins and ends, if its id has a list of its own.
    #[inline(always)]
    pub(crate) fn first(&self, id: [u8; 3], message: &[u8]) -> Option<(usize, usize)> {
        let name = number(id);
        let line = self.groups.iter().find(|group| group.id == name)?.line;
        let lines = self.lines.get(usize::try_from(line).ok()?..)?;
        let start = usize::try_from(lines.first()?.start).ok()?;
        let next = lines.get(1).and_then(|next| usize::try_from(next.start).ok());
        Some((start, next.unwrap_or(message.len())))
    }

    /// The lines with this id, as they stand.
    #[inline]
    pub(crate) fn alike(&self, message: &[u8], id: [u8; 3]) -> Alike<'_> {
        if self.scattered {
            return Alike::Listed(self.listed(message, id));
        }
        let name = number(id);
        let mut groups = self.groups.iter();
        let Some(group) = groups.find(|group| group.id == name) else { return Alike::Listed(&[]) };
        let lines = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        let end = groups.next().map_or(lines, |next| next.first);
        Alike::Run(group.first, end.wrapping_sub(group.first))
    }

    /// The same where lines are scattered.
    #[inline(never)]
    fn listed(&self, message: &[u8], id: [u8; 3]) -> &[u32] {
        let name = number(id);
        if let Some(group) = self.groups.iter().find(|group| group.id == name) {
            let end = group.first.saturating_add(group.len);
            let range = (usize::try_from(group.first), usize::try_from(end));
            let (Ok(first), Ok(end)) = range else { return &[] };
            return self.order.get(first..end).unwrap_or_default();
        }
        let listed = self.groups.last().map_or(0, |group| group.first.saturating_add(group.len));
        let others = self.order.get(usize::try_from(listed).unwrap_or(0)..).unwrap_or_default();
        let of = |line: u32| id_of(&self.lines, message, line);
        let first = others.partition_point(|line| of(*line) < Some(id));
        let end = others.partition_point(|line| of(*line) <= Some(id));
        others.get(first..end).unwrap_or_default()
    }
}

/// The lines with one id.
#[derive(Clone, Copy)]
pub(crate) enum Alike<'i> {
    /// The first, and how many follow one another from there on.
    Run(u32, u32),
    Listed(&'i [u32]),
}

impl Alike<'_> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Run(_, len) => usize::try_from(len).unwrap_or(0),
            Self::Listed(lines) => lines.len(),
        }
    }

    /// Number `number` of them, from 0.
    pub(crate) fn get(self, number: usize) -> Option<usize> {
        let line = match self {
            Self::Run(first, len) => {
                let short = u32::try_from(number).ok().filter(|number| *number < len)?;
                first.wrapping_add(short)
            }
            Self::Listed(lines) => *lines.get(number)?,
        };
        usize::try_from(line).ok()
    }

    /// How many of them stand before `line`.
    pub(crate) fn before(self, line: u32) -> usize {
        match self {
            Self::Run(first, _) => usize::try_from(line.saturating_sub(first)).unwrap_or(0),
            Self::Listed(lines) => lines.partition_point(|other| *other < line),
        }
    }
}

/// Takes the first four bytes of a line to `head`, if no blank is the first.
#[inline]
fn visible_head(line: &[u8], head: &mut u32) -> bool {
    *head = line.first_chunk().map_or(0, |found| u32::from_le_bytes(*found));
    *head & 0xFF > u32::from(b' ')
}

/// Tells which lines are segments, and of which kind.
struct Sorter {
    separator: u8,
    /// The first four bytes of the line before, and its kind.
    before: u32,
    last: u8,
    /// A bit for each id that is known, which others may share.
    known: u64,
}

impl Sorter {
    const fn new(separator: u8) -> Self {
        Self { separator, before: 0, last: MALFORMED, known: 0 }
    }

    /// The kind of the line that is to be put into `index` next, by its first four bytes.
    #[inline(always)]
    fn kind(&mut self, head: u32, index: &mut Index) -> u8 {
        // Most segments are like the one before.
        if head == self.before {
            return self.last;
        }
        let id = head & 0x00FF_FFFF;
        let bit = 1_u64.wrapping_shl(id.wrapping_mul(0x9E37_79B1) >> 26);
        let seen = self.known & bit != 0;
        let kind = if frame::is_segment(head.to_le_bytes(), self.separator) {
            let known = if seen { index.kind(id) } else { None };
            index.scattered |= known.is_some_and(|kind| kind != self.last);
            known.unwrap_or_else(|| index.group(id))
        } else {
            index.scattered = true;
            MALFORMED
        };
        *self = Self { before: head, last: kind, known: self.known | bit, ..*self };
        kind
    }
}

/// An id as a number: compared at once.
const fn number([a, b, c]: [u8; 3]) -> u32 {
    u32::from_le_bytes([a, b, c, 0])
}

pub(crate) fn id_of(lines: &[Line], message: &[u8], line: u32) -> Option<[u8; 3]> {
    let line = lines.get(usize::try_from(line).ok()?)?;
    message.get(usize::try_from(line.start).ok()?..)?.first_chunk().copied()
}
