//! Where the segments of a message begin: the table that a message is read through.

use alloc::vec::Vec;
use core::fmt;

use iomt_core::wire::Span;
use iomt_core::{LimitKind, Limits, Terminators};

use crate::frame::{self, Header, Lines};

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
    /// Offsets of the lines from the first byte of the message.
    pub(crate) starts: Vec<u32>,
    /// For each line the group that it is in.
    pub(crate) kinds: Vec<u8>,
    groups: Vec<Group>,
    /// Lines by group, then those of other ids by id; within an id as they stand.
    order: Vec<u32>,
    /// The last id, its separator and its group: most segments are like the one before.
    last: ([u8; 4], u8),
    pub(crate) found: Found,
}

#[derive(Clone, Copy)]
struct Group {
    id: [u8; 3],
    /// Where its lines begin in `order`.
    first: u32,
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
    /// Bytes between lines that are neither terminators nor blanks, from the first of the message.
    pub(crate) junk: Option<Span>,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Index({} line(s))", self.starts.len())
    }
}

impl Index {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            starts: Vec::new(),
            kinds: Vec::new(),
            groups: Vec::new(),
            order: Vec::new(),
            last: ([0; 4], MALFORMED),
            found: Found { line_feed: false, unterminated: false, limit: None, junk: None },
        }
    }

    fn clear(&mut self) {
        self.starts.clear();
        self.kinds.clear();
        self.groups.clear();
        self.order.clear();
        self.last = ([0; 4], MALFORMED);
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
        let separator = bytes.get(at.saturating_add(3)).copied().unwrap_or(b'\r');
        let mut lines = Lines::new(bytes, separator, terminators);
        let mut line = at;
        // The last line before comments, and how many there are.
        let mut comments = None;
        loop {
            let (stop, next) = lines.end(line);
            self.push(bytes, at, line, separator, limits);
            let run = bytes.get(stop..next).unwrap_or_default();
            if run != b"\r" {
                self.between(run, stop.wrapping_sub(at), next >= bytes.len());
            }
            let comment = bytes.get(next) == Some(&b'#');
            if comment {
                comments.get_or_insert((line, stop, next, self.starts.len()));
            }
            let new = bytes.get(next..).and_then(|b| b.first_chunk()) != Some(&self.last.0);
            if next >= bytes.len() || (new && Header::at(bytes, next).is_some()) {
                let last = (line, stop, next, self.starts.len());
                let (line, stop, next, count) = comments.unwrap_or(last);
                self.starts.truncate(count);
                self.kinds.truncate(count);
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
                    self.repeat(bytes.get(..end).unwrap_or_default(), at, line, separator, limits);
                }
                if end.saturating_sub(at)
                    > limits.message_bytes.min(u32::MAX.try_into().unwrap_or(0))
                {
                    self.found.limit = Some(LimitKind::MessageBytes);
                }
                self.arrange(bytes.get(at..end).unwrap_or_default());
                return end;
            }
            if !comment {
                comments = None;
            }
            line = next;
        }
    }

    #[inline]
    fn push(&mut self, bytes: &[u8], at: usize, line: usize, separator: u8, limits: &Limits) {
        if self.found.limit.is_some() {
            return;
        }
        let start = line.saturating_sub(at);
        let (Ok(short), true) = (u32::try_from(start), start <= limits.message_bytes) else {
            self.found.limit = Some(LimitKind::MessageBytes);
            return;
        };
        if self.starts.len() >= limits.segments {
            self.found.limit = Some(LimitKind::Segments);
            return;
        }
        let head: Option<&[u8; 4]> = bytes.get(line..).and_then(|rest| rest.first_chunk());
        let kind = match head {
            Some(head) if *head == self.last.0 => self.last.1,
            _ if !frame::segment_begins(bytes, line, separator) => MALFORMED,
            _ => {
                self.kind(bytes.get(line..).and_then(|b| b.first_chunk()).copied(), head, separator)
            }
        };
        if let Some(group) = self.groups.get_mut(usize::from(kind)) {
            group.len = group.len.wrapping_add(1);
        }
        self.starts.push(short);
        self.kinds.push(kind);
    }

    /// Reads the id of the last line again, which ends earlier than it seemed.
    #[cold]
    fn repeat(&mut self, bytes: &[u8], at: usize, line: usize, separator: u8, limits: &Limits) {
        if self.kinds.last() == Some(&MALFORMED) {
            self.kinds.pop();
            self.starts.pop();
            self.push(bytes, at, line, separator, limits);
        }
    }

    /// The group of an id; a new one where there is none yet.
    fn kind(&mut self, id: Option<[u8; 3]>, head: Option<&[u8; 4]>, separator: u8) -> u8 {
        let Some(id) = id else { return MALFORMED };
        let known = self.groups.iter().position(|group| group.id == id);
        let position = known.unwrap_or_else(|| {
            if self.groups.len() < GROUPS {
                self.groups.push(Group { id, first: 0, len: 0 });
                self.groups.len().saturating_sub(1)
            } else {
                usize::from(OTHER)
            }
        });
        let kind = u8::try_from(position).unwrap_or(OTHER);
        // A header is no segment like another: it begins a message.
        if let Some(head) = head.filter(|head| head.last() == Some(&separator) && id != *b"MSH") {
            self.last = (*head, kind);
        }
        kind
    }

    /// Notes how a line ends and what stands before the next.
    #[cold]
    fn between(&mut self, run: &[u8], offset: usize, last: bool) {
        self.found.unterminated |= run.is_empty();
        self.found.line_feed |= run.starts_with(b"\n") || run.starts_with(b"\r\n");
        let junk = |b: &u8| !matches!(b, b'\r' | b'\n' | b' ' | b'\t');
        if let (false, None, Some(skipped)) = (last, self.found.junk, run.iter().position(junk)) {
            let len = run.iter().skip(skipped).take_while(|b| junk(b)).count();
            self.found.junk = Some(Span::new(offset.saturating_add(skipped), len));
        }
    }

    /// Orders the lines by group: a counting sort.
    fn arrange(&mut self, message: &[u8]) {
        let mut total = 0_u32;
        for group in &mut self.groups {
            group.first = total;
            total = total.wrapping_add(group.len);
        }
        self.order.resize(usize::try_from(total).unwrap_or(0), 0);
        let mut others = false;
        for (line, kind) in (0_u32..).zip(&self.kinds) {
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
            let lines = (0_u32..).zip(&self.kinds);
            self.order.extend(lines.filter(|(_, kind)| **kind == OTHER).map(|(line, _)| line));
            let starts = &self.starts;
            let sorted = self.order.get_mut(first..).unwrap_or_default();
            sorted.sort_unstable_by_key(|line| (id_of(starts, message, *line), *line));
        }
    }

    /// The lines with this id, as they stand.
    pub(crate) fn lines(&self, message: &[u8], id: [u8; 3]) -> &[u32] {
        if let Some(group) = self.groups.iter().find(|group| group.id == id) {
            let end = group.first.saturating_add(group.len);
            let range = (usize::try_from(group.first), usize::try_from(end));
            let (Ok(first), Ok(end)) = range else { return &[] };
            return self.order.get(first..end).unwrap_or_default();
        }
        let listed = self.groups.last().map_or(0, |group| group.first.saturating_add(group.len));
        let others = self.order.get(usize::try_from(listed).unwrap_or(0)..).unwrap_or_default();
        let of = |line: u32| id_of(&self.starts, message, line);
        let first = others.partition_point(|line| of(*line) < Some(id));
        let end = others.partition_point(|line| of(*line) <= Some(id));
        others.get(first..end).unwrap_or_default()
    }
}

pub(crate) fn id_of(starts: &[u32], message: &[u8], line: u32) -> Option<[u8; 3]> {
    let start = starts.get(usize::try_from(line).ok()?)?;
    message.get(usize::try_from(*start).ok()?..)?.first_chunk().copied()
}
