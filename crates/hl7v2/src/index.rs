//! Where the segments of a message begin: the table that a message is read through.

use alloc::vec::Vec;
use core::fmt;

use iomt_core::wire::Span;
use iomt_core::{LimitKind, Limits, Terminators};

use crate::frame::{self, Header, Lines};

/// How many ids have a list of their own; segments of any further one are sorted.
const GROUPS: u8 = 64;
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
    /// Its first line or, where lines are scattered, where its lines begin in `order`.
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
    /// Bytes between lines that are neither terminators nor blanks, from the first of the message.
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
        let separator = bytes.get(at.saturating_add(3)).copied().unwrap_or(b'\r');
        let mut lines = Lines::new(bytes, separator, terminators);
        let mut rest = bytes.get(at..).unwrap_or_default();
        // The last line before comments, and how many there are.
        let mut comments = None;
        let (line, stop, next) = loop {
            let line = bytes.len().wrapping_sub(rest.len());
            self.push(line.wrapping_sub(at), limits);
            let (stop, next) = match lines.after(rest) {
                Ok(after) => {
                    rest = after;
                    let next = bytes.len().wrapping_sub(rest.len());
                    (next.wrapping_sub(1), next)
                }
                Err(found) => {
                    let (stop, next) = lines.end_at(found.map(|found| line.wrapping_add(found)));
                    rest = bytes.get(next..).unwrap_or_default();
                    let run = bytes.get(stop..next).unwrap_or_default();
                    self.between(run, stop.wrapping_sub(at), rest.is_empty());
                    (stop, next)
                }
            };
            let head = frame::head(rest);
            // Neither the end, nor a comment or header: most.
            if !matches!(head.first(), Some(b'\r' | b'#' | b'M' | b'F' | b'B')) {
                comments = None;
                continue;
            }
            let comment = head.first() == Some(&b'#');
            if comment {
                comments.get_or_insert((line, stop, next, self.lines.len()));
            }
            if rest.is_empty() || Header::begins(head) {
                let last = (line, stop, next, self.lines.len());
                let (line, stop, next, count) = comments.unwrap_or(last);
                self.lines.truncate(count);
                break (line, stop, next);
            }
            if !comment {
                comments = None;
            }
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
        }
        if end.saturating_sub(at) > limits.message_bytes.min(u32::MAX.try_into().unwrap_or(0)) {
            self.found.limit = Some(LimitKind::MessageBytes);
        }
        let message = bytes.get(at..end).unwrap_or_default();
        self.classify(message, separator);
        if self.scattered {
            self.arrange(message);
        }
        end
    }

    #[inline]
    fn push(&mut self, start: usize, limits: &Limits) {
        match u32::try_from(start) {
            Ok(short) if start <= limits.message_bytes && self.lines.len() < limits.segments => {
                self.lines.push(Line { start: short, kind: MALFORMED });
            }
            _ => self.exceed(start, limits),
        }
    }

    #[cold]
    fn exceed(&mut self, start: usize, limits: &Limits) {
        let long = start > limits.message_bytes || u32::try_from(start).is_err();
        let limit = if long { LimitKind::MessageBytes } else { LimitKind::Segments };
        self.found.limit.get_or_insert(limit);
    }

    /// Tells which lines are segments, and of which kind.
    fn classify(&mut self, message: &[u8], separator: u8) {
        let Self { lines, groups, scattered, .. } = self;
        // How the line before begins, and its kind.
        let (mut before, mut last) = ([0; 4], MALFORMED);
        for (line, place) in (0_u32..).zip(lines) {
            let start = usize::try_from(place.start).unwrap_or(0);
            let head = frame::head(message.get(start..).unwrap_or_default());
            // Most segments are like the one before.
            if head != before {
                let [a, b, c, _] = head;
                let id = number([a, b, c]);
                let known = groups.iter().position(|group| group.id == id);
                let kind = match known.and_then(|known| u8::try_from(known).ok()) {
                    _ if !frame::is_segment(head, separator) => MALFORMED,
                    Some(known) => known,
                    None => group(groups, id, line),
                };
                let apart = known.is_some() && kind != last;
                *scattered |= apart || matches!(kind, MALFORMED | OTHER);
                (before, last) = (head, kind);
            }
            place.kind = last;
        }
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

/// A new kind, whose first line this is.
fn group(groups: &mut Vec<Group>, id: u32, first: u32) -> u8 {
    match u8::try_from(groups.len()) {
        Ok(kind) if kind < GROUPS => {
            groups.push(Group { id, first, len: 0 });
            kind
        }
        _ => OTHER,
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
