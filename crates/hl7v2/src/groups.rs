//! HL7 v2 chapters 3, 4, 7 and 10: the groups of a message, apart from its parsing.
//!
//! [`Groups`] is a table: which group each segment is in. A segment goes where the message structure
//! next has its id; to a group that may repeat, and that it opens; or, where the structure has no
//! place for it, it stays in the group that is open. So none is lost, in whatever order they stand.
//! `NTE` goes with the nearest segment before it that may have notes. Names are those of version 2.5
//! and later, whatever the message's version.

use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU32;

use iomt_core::wire::ParseError;

use crate::path::Reader;
use crate::{Message, Path, Segment};

mod structure;

pub use structure::Structure;
use structure::{Group, Item};

/// Groups in groups: the message, and four levels.
const DEPTH: usize = 5;

/// Segments that may have notes.
const NOTED: &[&[u8; 3]] = &[
    b"PID", b"PV1", b"ORC", b"OBR", b"OBX", b"SPM", b"SCH", b"AIS", b"AIG", b"AIL", b"AIP", b"RGS",
];

/// The groups of a message. To be reused: it keeps its allocations.
#[derive(Clone, Default)]
pub struct Groups {
    /// The message itself, then each group after the one that it is in.
    nodes: Vec<Node>,
    /// What is known of each line.
    lines: Vec<Line>,
    /// Groups by the one that they are in, and their names.
    named: Vec<u32>,
    /// Lines by group and id.
    order: Vec<u32>,
    /// Whether there is a table of the structure.
    known: bool,
}

#[derive(Clone, Copy)]
struct Node {
    parent: u32,
    name: &'static str,
    /// Which of its name it is there, from 1.
    number: u32,
}

#[derive(Clone, Copy)]
struct Line {
    node: u32,
    id: [u8; 3],
    /// Which of its id it is in the group, from 1; 0 if it is no segment.
    number: u32,
    /// Whether the structure has a place for it.
    placed: bool,
    /// The line that a note is about.
    about: Option<u32>,
}

/// A group under way.
#[derive(Clone, Copy)]
struct Frame {
    node: u32,
    items: &'static [Item],
    /// The first item that may come now.
    next: usize,
    /// Whether that item was there already, and may repeat.
    again: bool,
}

/// The groups under way, the message first.
struct Stack {
    frames: [Frame; DEPTH],
    depth: usize,
}

impl Stack {
    fn level(&self, level: usize) -> Option<&Frame> {
        self.frames.get(level)
    }

    /// Leaves the groups below `level`; item `next` of it is reached.
    fn settle(&mut self, level: usize, next: usize, again: bool) {
        self.depth = level;
        if let Some(frame) = self.frames.get_mut(level) {
            (frame.next, frame.again) = (next, again);
        }
    }
}

impl fmt::Debug for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Groups({} group(s), {} line(s))", self.nodes.len(), self.lines.len())
    }
}

impl Groups {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            nodes: Vec::new(),
            lines: Vec::new(),
            named: Vec::new(),
            order: Vec::new(),
            known: false,
        }
    }

    /// Fills the table for `message`. A message of another structure than ORU_R01 (also R40),
    /// ORU_R30, OUL_R22, those of ADT_A01 and SIU_S12 has no groups.
    pub fn assemble(&mut self, message: &Message<'_>) {
        self.nodes.clear();
        self.lines.clear();
        self.nodes.push(Node { parent: 0, name: "", number: 1 });
        let items = message.structure().map_or(&[][..], |structure| structure.items());
        self.known = !items.is_empty();
        let root = Frame { node: 0, items, next: 0, again: false };
        let mut stack = Stack { frames: [root; DEPTH], depth: 0 };
        let mut noted = None;
        for number in 0..message.lines() {
            let Some(segment) = message.line(number) else { break };
            let line = self.place(&mut stack, segment, message.is_segment(number), noted);
            if line.number > 0 && NOTED.contains(&segment.id()) {
                noted = u32::try_from(number).ok();
            }
            self.lines.push(line);
        }
        self.count();
    }

    fn place(
        &mut self,
        stack: &mut Stack,
        segment: Segment<'_>,
        is_segment: bool,
        noted: Option<u32>,
    ) -> Line {
        let id = *segment.id();
        let innermost = stack.level(stack.depth).map_or(0, |frame| frame.node);
        let mut line =
            Line { node: innermost, id, number: u32::from(is_segment), placed: false, about: None };
        if !is_segment {
            return line;
        }
        if id == *b"NTE" {
            line.about = noted;
            line.placed = self.forward(stack, stack.depth, id);
            let about = noted.and_then(|n| self.lines.get(usize::try_from(n).ok()?));
            if let (false, Some(about)) = (line.placed, about) {
                line.node = about.node;
            }
            return line;
        }
        for level in (0..=stack.depth).rev() {
            if self.forward(stack, level, id) || self.backward(stack, level, id) {
                line.placed = true;
                line.node = stack.level(stack.depth).map_or(0, |frame| frame.node);
                break;
            }
        }
        line
    }

    /// Goes on at `level` to the item that has `id`, if one is to come.
    fn forward(&mut self, stack: &mut Stack, level: usize, id: [u8; 3]) -> bool {
        let Some(frame) = stack.level(level).copied() else { return false };
        for (at, item) in frame.items.iter().enumerate().skip(frame.next) {
            let again = frame.again && at == frame.next;
            match item {
                Item::One(one) if **one == id => {
                    stack.settle(level, at.saturating_add(1), false);
                    return true;
                }
                Item::Many(one) if **one == id => {
                    stack.settle(level, at, true);
                    return true;
                }
                Item::Mixed(all) if all.contains(&&id) => {
                    stack.settle(level, at, true);
                    return true;
                }
                // A second one of a group begins with what opens it.
                Item::Group(group) if again && !group.opens(id) => {}
                Item::Group(group) if group.has(id) => {
                    return self.enter(stack, level, at, group, id);
                }
                _ => {}
            }
        }
        false
    }

    /// Goes back at `level`: to segments that may repeat, or to another group of a kind that may.
    fn backward(&mut self, stack: &mut Stack, level: usize, id: [u8; 3]) -> bool {
        let Some(frame) = stack.level(level).copied() else { return false };
        // After its last segment, DSC, a message has no more groups.
        if level == 0 && frame.next >= frame.items.len() {
            return false;
        }
        for (at, item) in frame.items.iter().enumerate().take(frame.next) {
            match item {
                Item::Many(one) if **one == id => {
                    stack.settle(level, frame.next, frame.again);
                    return true;
                }
                Item::Group(group) if group.many && group.opens(id) => {
                    return self.enter(stack, level, at, group, id);
                }
                _ => {}
            }
        }
        false
    }

    /// Begins `group`, which is item `at` of `level`, with the segment `id`.
    fn enter(
        &mut self,
        stack: &mut Stack,
        level: usize,
        at: usize,
        group: &'static Group,
        id: [u8; 3],
    ) -> bool {
        let next = if group.many { at } else { at.saturating_add(1) };
        stack.settle(level, next, group.many);
        let parent = stack.level(level).map_or(0, |frame| frame.node);
        let inner = level.saturating_add(1);
        let (Ok(node), Some(slot)) = (u32::try_from(self.nodes.len()), stack.frames.get_mut(inner))
        else {
            // The deepest structure has as many frames.
            return false;
        };
        *slot = Frame { node, items: group.items, next: 0, again: false };
        stack.depth = inner;
        self.nodes.push(Node { parent, name: group.name, number: 0 });
        self.forward(stack, inner, id)
    }

    /// Numbers the groups by name and the segments by id, where they are.
    fn count(&mut self) {
        let Self { nodes, lines, named, order, .. } = self;
        let node = |n: u32| usize::try_from(n).ok().and_then(|n| nodes.get(n));
        named.clear();
        named.extend((1_u32..).zip(nodes.iter().skip(1)).map(|(n, _)| n));
        named.sort_unstable_by_key(|n| (node(*n).map(|node| (node.parent, node.name)), *n));
        let mut last = None;
        for n in named.iter() {
            let Some(node) = usize::try_from(*n).ok().and_then(|n| nodes.get_mut(n)) else { break };
            let key = (node.parent, node.name);
            let number = match last {
                Some((same, number)) if same == key => u32::saturating_add(number, 1),
                _ => 1,
            };
            node.number = number;
            last = Some((key, number));
        }
        order.clear();
        order.extend((0_u32..).zip(lines.iter()).filter(|(_, l)| l.number > 0).map(|(n, _)| n));
        let line = |n: u32| usize::try_from(n).ok().and_then(|n| lines.get(n));
        order.sort_unstable_by_key(|n| (line(*n).map(|line| (line.node, line.id)), *n));
        let mut last = None;
        for n in order.iter() {
            let Some(line) = usize::try_from(*n).ok().and_then(|n| lines.get_mut(n)) else { break };
            let key = (line.node, line.id);
            let number = match last {
                Some((same, number)) if same == key => u32::saturating_add(number, 1),
                _ => 1,
            };
            line.number = number;
            last = Some((key, number));
        }
    }

    /// Whether the structure of the message is one of those that have groups here.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.known
    }

    fn node(&self, node: u32) -> Option<&Node> {
        self.nodes.get(usize::try_from(node).ok()?)
    }

    fn entry(&self, line: usize) -> Option<&Line> {
        self.lines.get(line).filter(|line| line.number > 0)
    }

    /// The place of the segment on line `line` of the message, from 0: its groups, each with its
    /// number, and its own number in the innermost:
    /// `PATIENT_RESULT[1]/ORDER_OBSERVATION[2]/OBSERVATION[1]/OBX[1]`.
    #[must_use]
    pub fn place_of(&self, line: usize) -> Option<Place<'_>> {
        self.entry(line).map(|entry| Place { groups: self, entry })
    }

    /// Whether the structure has a place for the segment on line `line`: `false` where it stays in
    /// the group that was open, for it is unknown or out of order.
    #[must_use]
    pub fn is_placed(&self, line: usize) -> bool {
        self.entry(line).is_some_and(|entry| entry.placed)
    }

    /// The line of the segment that the `NTE` on line `line` is about.
    #[must_use]
    pub fn noted(&self, line: usize) -> Option<usize> {
        self.entry(line)?.about.and_then(|about| usize::try_from(about).ok())
    }

    /// The line of the segment that `path` names.
    #[must_use]
    pub fn line(&self, path: &GroupPath<'_>) -> Option<usize> {
        let mut parent = 0;
        for step in path.steps.iter().flatten() {
            let key = |n: &u32| self.node(*n).map(|node| (node.parent, node.name, node.number));
            let wanted = Some((parent, step.name, step.number.get()));
            let at = self.named.binary_search_by(|n| key(n).cmp(&wanted)).ok()?;
            parent = *self.named.get(at)?;
        }
        let number = path.path.number.map_or(1, NonZeroU32::get);
        let wanted = Some((parent, path.path.segment, number));
        let key = |n: &u32| {
            let line = self.lines.get(usize::try_from(*n).ok()?)?;
            Some((line.node, line.id, line.number))
        };
        let at = self.order.binary_search_by(|n| key(n).cmp(&wanted)).ok()?;
        usize::try_from(*self.order.get(at)?).ok()
    }
}

/// Where a segment stands among the groups.
#[derive(Clone, Copy, Debug)]
pub struct Place<'g> {
    groups: &'g Groups,
    entry: &'g Line,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line(group {}, number {})", self.node, self.number)
    }
}

impl Place<'_> {
    /// The innermost group, without its number; `None` if the segment is in no group.
    #[must_use]
    pub fn group(&self) -> Option<&'static str> {
        self.groups.node(self.entry.node).map(|node| node.name).filter(|name| !name.is_empty())
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut steps = [None; DEPTH];
        let mut node = self.entry.node;
        for step in steps.iter_mut().rev() {
            let Some(found) = self.groups.node(node).filter(|_| node > 0) else { break };
            *step = Some(found);
            node = found.parent;
        }
        for Node { name, number, .. } in steps.into_iter().flatten() {
            write!(f, "{name}[{number}]/")?;
        }
        self.entry.id.iter().try_for_each(|b| fmt::Write::write_char(f, char::from(*b)))?;
        write!(f, "[{}]", self.entry.number)
    }
}

/// A path by groups, `PATIENT_RESULT[1]/ORDER_OBSERVATION[2]/OBR-4.1`: the segment's number counts
/// in the innermost group.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GroupPath<'p> {
    steps: [Option<Step<'p>>; DEPTH],
    path: Path,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Step<'p> {
    name: &'p str,
    number: NonZeroU32,
}

impl<'p> GroupPath<'p> {
    /// Reads `GROUP[n]/…/SEG[n]-F[r].C.S`. As in [`Path::parse`], `(0)` stands for `[1]`, and may be
    /// left out; so may a `/` at the start.
    ///
    /// # Errors
    /// `path`, with the offset in `text`.
    pub fn parse(text: &'p str) -> Result<Self, ParseError> {
        let mut reader = Reader { rest: text.as_bytes(), len: text.len() };
        reader.rest = reader.rest.strip_prefix(b"/").unwrap_or(reader.rest);
        let mut steps = [None; DEPTH];
        let mut free = steps.iter_mut();
        while reader.rest.contains(&b'/') {
            let named = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
            let len = reader.rest.iter().take_while(named).count();
            let at = text.len().saturating_sub(reader.rest.len());
            let name = text.get(at..at.saturating_add(len)).filter(|name| !name.is_empty());
            let (Some(name), Some(step)) = (name, free.next()) else { return Err(reader.error()) };
            reader.rest = reader.rest.get(len..).unwrap_or_default();
            let number = reader.index()?.unwrap_or(NonZeroU32::MIN);
            *step = Some(Step { name, number });
            reader.rest = reader.rest.strip_prefix(b"/").ok_or_else(|| reader.error())?;
        }
        let path = reader.path()?;
        if reader.rest.is_empty() { Ok(Self { steps, path }) } else { Err(reader.error()) }
    }

    /// What it names in its segment.
    #[must_use]
    pub const fn path(&self) -> Path {
        self.path
    }
}

#[cfg(test)]
mod tests;
