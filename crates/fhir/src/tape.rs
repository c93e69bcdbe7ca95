//! A resource as a flat list of nodes, in reused memory.

use crate::{
    scan::Class,
    table::{ElementId, ty},
};
use core::{
    fmt::{self, Write},
    iter::FusedIterator,
    ops::Range,
};
use iomt_core::wire::Span;

mod arrange;

/// How deep elements nest on a tape. What our types need is below 20.
pub const MAX_DEPTH: usize = 128;

/// Resources, written element by element in canonical order.
///
/// A node is an element with its text, if it is a primitive, and with where it came from. Nothing
/// is allocated once the buffers have grown: [`clear`](Self::clear) keeps them. There is no node
/// without content: an empty text is not written, and an element that is closed without children
/// goes again. Only a resource may be empty.
///
/// `Debug` shows sizes, never content.
#[derive(Clone, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    scratch: String,
    open: Vec<u32>,
    /// Elements opened below [`MAX_DEPTH`] that are still open.
    skipped: u32,
    incomplete: bool,
}

/// A node: one element.
#[derive(Clone, Copy)]
pub struct Node {
    value: Value,
    span: Span,
    size: u32,
    element: ElementId,
    depth: u8,
    class: Class,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Value {
    None,
    Static(&'static str),
    Scratch { start: u32, end: u32 },
}

/// A node by its place on the tape.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NodeId(u32);

/// A state of a tape, to go back to; and the element that was opened there.
#[derive(Clone, Copy, Debug)]
#[must_use = "an element that was opened is to be closed"]
pub struct Mark {
    node: u32,
    scratch: u32,
    open: u32,
    skipped: u32,
}

impl Node {
    /// The element.
    #[must_use]
    pub const fn element(&self) -> ElementId {
        self.element
    }

    /// The bytes of the input that gave it.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// How many nodes it is with what is in it: the next sibling stands so much further.
    #[must_use]
    pub fn size(&self) -> usize {
        index(self.size)
    }

    /// How many elements it is in.
    pub(crate) fn depth(&self) -> usize {
        usize::from(self.level())
    }

    pub(crate) const fn level(&self) -> u8 {
        self.depth
    }

    /// Its text, if that is one of the program.
    pub(crate) const fn fixed(&self) -> Option<&'static str> {
        match self.value {
            Value::Static(text) => Some(text),
            Value::None | Value::Scratch { .. } => None,
        }
    }

    /// Whether others of the same form may stand in the place of its text, and no rule tells them
    /// apart: a UUID, alone or after what names its kind; an instant; a number or name without a
    /// character that JSON, a URI or a code does not have.
    pub(crate) const fn is_free(&self) -> bool {
        self.class.is_free()
    }

    /// What kinds of bytes its text has.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// Whether it has a text: a primitive may have extensions only.
    #[must_use]
    pub const fn has_text(&self) -> bool {
        !matches!(self.value, Value::None)
    }
}

/// Writing.
impl Tape {
    /// An empty tape.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties the tape and keeps its memory.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.scratch.clear();
        self.open.clear();
        self.skipped = 0;
        self.incomplete = false;
    }

    /// Begins an element with children: a data type, a backbone, a resource, a slot, or a
    /// primitive that gets extensions.
    pub fn open(&mut self, element: ElementId, span: Span) -> Mark {
        let mark = self.mark();
        if self.skipped > 0 || self.open.len() >= MAX_DEPTH {
            self.skipped = self.skipped.saturating_add(1);
            self.incomplete = true;
        } else if let Some(id) = self.push(element, Value::None, Class::default(), span) {
            self.open.push(id.0);
        } else {
            self.skipped = 1;
        }
        mark
    }

    /// Ends an element, and whatever is still open inside it. Without children and text it is
    /// taken away. Gives whether it stayed.
    pub fn close(&mut self, mark: Mark) -> bool {
        if self.skipped > 0 {
            self.skipped = mark.skipped;
            if mark.skipped > 0 {
                return false;
            }
        }
        let keep = usize::try_from(mark.open).unwrap_or(usize::MAX);
        let mut stayed = false;
        while self.open.len() > keep {
            let Some(id) = self.open.pop() else { break };
            let end = self.here();
            let Some(node) = self.nodes.get_mut(index(id)) else { continue };
            node.size = end.saturating_sub(id);
            stayed = node.size > 1 || node.has_text() || node.element.row().parent == ty::RESOURCE;
            if !stayed {
                self.nodes.truncate(index(id));
            }
        }
        stayed
    }

    /// A primitive with a text that needs no copy. An empty text is not written.
    pub fn text(&mut self, element: ElementId, text: &'static str) -> Option<NodeId> {
        self.text_at(element, text, Span::NONE)
    }

    /// [`text`](Self::text) with the place that it stands for: a code that was looked up.
    pub fn text_at(
        &mut self,
        element: ElementId,
        text: &'static str,
        span: Span,
    ) -> Option<NodeId> {
        if text.is_empty() || self.skipped > 0 {
            return None;
        }
        self.push(element, Value::Static(text), Class::of(text), span)
    }

    /// A primitive with a text, which is copied. An empty text is not written.
    pub fn str(&mut self, element: ElementId, text: &str, span: Span) -> Option<NodeId> {
        if text.is_empty() || self.skipped > 0 {
            return None;
        }
        let value = self.copy(text)?;
        self.push(element, value, Class::of(text), span)
    }

    /// A primitive whose text is written by `text`. If that gives nothing, or fails, there is no
    /// node.
    pub fn write(
        &mut self,
        element: ElementId,
        span: Span,
        text: impl FnOnce(&mut dyn Write) -> fmt::Result,
    ) -> Option<NodeId> {
        let value = self.format(text)?;
        self.push(element, value, self.class(value), span)
    }

    /// Says that a text [is free](Node::is_free).
    pub(crate) fn free(&mut self, id: Option<NodeId>) {
        if let Some(node) = id.and_then(|id| self.nodes.get_mut(id.index())) {
            node.class = node.class.free();
        }
    }

    /// The text of the primitive that `mark` opened, before its extensions. An empty text is none.
    pub fn value_str(&mut self, mark: Mark, text: &str) {
        if let Some(value) = (!text.is_empty()).then(|| self.copy(text)).flatten() {
            self.set(mark, value);
        }
    }

    /// [`value_str`](Self::value_str) without a copy.
    pub fn value_text(&mut self, mark: Mark, text: &'static str) {
        if !text.is_empty() {
            self.set(mark, Value::Static(text));
        }
    }

    /// [`value_str`](Self::value_str) with a text that is written by `text`.
    pub fn value_write(&mut self, mark: Mark, text: impl FnOnce(&mut dyn Write) -> fmt::Result) {
        if let Some(value) = self.format(text) {
            self.set(mark, value);
        }
    }

    /// Copies `node` of another tape with all that is in it. With `span`, every copy stands for
    /// that place, else for its own.
    pub fn splice(&mut self, other: &Self, node: NodeId, span: Option<Span>) -> Option<NodeId> {
        let here = NodeId(self.here());
        self.copy_nodes(other, other.range(node), span).then_some(here)
    }

    /// [`splice`](Self::splice) of everything in `node`, without `node`.
    pub fn splice_children(&mut self, other: &Self, node: NodeId, span: Option<Span>) -> bool {
        let mut range = other.range(node);
        range.start = range.start.saturating_add(1).min(range.end);
        self.copy_nodes(other, range, span)
    }

    /// The state as it is now, for [`truncate`](Self::truncate).
    pub fn mark(&self) -> Mark {
        Mark {
            node: self.here(),
            scratch: number(self.scratch.len()),
            open: number(self.open.len()),
            skipped: self.skipped,
        }
    }

    /// Takes back everything written since `mark`.
    pub fn truncate(&mut self, mark: Mark) {
        self.nodes.truncate(index(mark.node));
        if self.scratch.is_char_boundary(index(mark.scratch)) {
            self.scratch.truncate(index(mark.scratch));
        }
        self.open.truncate(index(mark.open));
        self.skipped = mark.skipped;
    }

    fn push(
        &mut self,
        element: ElementId,
        value: Value,
        class: Class,
        span: Span,
    ) -> Option<NodeId> {
        let id = self.here();
        if id == u32::MAX {
            self.incomplete = true;
            return None;
        }
        let depth = u8::try_from(self.open.len()).unwrap_or(u8::MAX);
        self.nodes.push(Node { value, span, size: 1, element, depth, class });
        Some(NodeId(id))
    }

    fn class(&self, value: Value) -> Class {
        match value {
            Value::None => Class::default(),
            value => Class::of(self.resolve(value)),
        }
    }

    fn set(&mut self, mark: Mark, value: Value) {
        let class = self.class(value);
        if self.skipped == 0
            && let Some(node) = self.nodes.get_mut(index(mark.node))
        {
            (node.value, node.class) = (value, class);
        }
    }

    fn copy(&mut self, text: &str) -> Option<Value> {
        let start = self.scratch.len();
        self.scratch.push_str(text);
        self.copied(start)
    }

    fn format(&mut self, text: impl FnOnce(&mut dyn Write) -> fmt::Result) -> Option<Value> {
        if self.skipped > 0 {
            return None;
        }
        let start = self.scratch.len();
        if text(&mut self.scratch).is_err() {
            self.scratch.truncate(start);
        }
        if self.scratch.len() == start { None } else { self.copied(start) }
    }

    /// What was written to the scratch since `start`.
    fn copied(&mut self, start: usize) -> Option<Value> {
        match (u32::try_from(start), u32::try_from(self.scratch.len())) {
            (Ok(start), Ok(end)) => Some(Value::Scratch { start, end }),
            _ => {
                self.scratch.truncate(start);
                self.incomplete = true;
                None
            }
        }
    }

    fn copy_nodes(&mut self, other: &Self, range: Range<usize>, span: Option<Span>) -> bool {
        let Some(nodes) = other.nodes.get(range) else { return false };
        let Some(base) = nodes.first().map(|node| node.depth) else { return false };
        // The texts of neighbours are neighbours: one copy for all.
        let (mut low, mut high, mut deepest) = (u32::MAX, 0, 0);
        for node in nodes {
            deepest = node.depth.max(deepest);
            if let Value::Scratch { start, end } = node.value {
                (low, high) = (low.min(start), high.max(end));
            }
        }
        let depth = u8::try_from(self.open.len()).unwrap_or(u8::MAX);
        let deepest = usize::from(deepest.saturating_sub(base)).saturating_add(depth.into());
        let text = other.scratch.get(index(low)..index(high)).unwrap_or_default();
        let fits = self.skipped == 0
            && deepest <= MAX_DEPTH
            && u32::try_from(self.scratch.len().saturating_add(text.len())).is_ok()
            && u32::try_from(self.nodes.len().saturating_add(nodes.len())).is_ok();
        if !fits {
            self.incomplete = true;
            return false;
        }
        let moved = number(self.scratch.len()).wrapping_sub(low);
        self.scratch.push_str(text);
        self.nodes.extend(nodes.iter().map(|&node| Node {
            value: match node.value {
                Value::Scratch { start, end } => Value::Scratch {
                    start: start.wrapping_add(moved),
                    end: end.wrapping_add(moved),
                },
                other => other,
            },
            span: span.unwrap_or(node.span),
            size: node.size,
            element: node.element,
            depth: node.depth.wrapping_sub(base).wrapping_add(depth),
            class: node.class,
        }));
        true
    }

    fn here(&self) -> u32 {
        number(self.nodes.len())
    }
}

/// Reading.
impl Tape {
    /// Whether there is nothing on it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether something did not fit: more than [`MAX_DEPTH`] levels or 4 GiB. Such a tape is not
    /// to be used.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// All nodes in order, each before what is in it.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(index(id.0))
    }

    /// The first node that is in no other: mostly the one resource of the tape.
    #[must_use]
    pub fn root(&self) -> Option<NodeId> {
        self.roots().next()
    }

    /// The nodes that are in no other.
    #[must_use]
    pub fn roots(&self) -> Children<'_> {
        Children(Entries { nodes: &self.nodes, next: 0 })
    }

    /// The nodes directly in `node`.
    #[must_use]
    pub fn children(&self, node: NodeId) -> Children<'_> {
        Children(self.entries(node))
    }

    /// The nodes directly in `node`, with their ids.
    #[must_use]
    pub fn entries(&self, node: NodeId) -> Entries<'_> {
        let nodes = self.nodes.get(self.range(node)).unwrap_or_default();
        let nodes = nodes.split_first().map_or(&[][..], |(_, inside)| inside);
        Entries { nodes, next: node.0.saturating_add(1) }
    }

    /// The first child that is this element.
    #[must_use]
    pub fn find(&self, node: NodeId, element: ElementId) -> Option<NodeId> {
        self.entries(node).find(|(_, node)| node.element == element).map(|(id, _)| id)
    }

    /// The children that are this element.
    pub fn find_all(
        &self,
        node: NodeId,
        element: ElementId,
    ) -> impl Iterator<Item = NodeId> + use<'_> {
        self.entries(node).filter(move |(_, node)| node.element == element).map(|(id, _)| id)
    }

    /// The element of a node.
    #[must_use]
    pub fn element(&self, node: NodeId) -> Option<ElementId> {
        self.node(node).map(|node| node.element)
    }

    /// The text of a primitive; of anything else, empty.
    #[must_use]
    pub fn text_of(&self, node: NodeId) -> &str {
        self.node(node).map_or("", |node| self.value(node))
    }

    /// The text of the first child that is this element; empty where there is none.
    #[must_use]
    pub fn text_in(&self, node: NodeId, element: ElementId) -> &str {
        let found = self.entries(node).find(|(_, node)| node.element == element);
        found.map_or("", |(_, node)| self.value(node))
    }

    /// The text of a node of this tape.
    #[must_use]
    pub fn value(&self, node: &Node) -> &str {
        self.resolve(node.value)
    }

    fn resolve(&self, value: Value) -> &str {
        match value {
            Value::None => "",
            Value::Static(text) => text,
            Value::Scratch { start, end } => {
                self.scratch.get(index(start)..index(end)).unwrap_or_default()
            }
        }
    }

    /// Where a node came from: its own place, else the smallest that covers what is in it.
    #[must_use]
    pub fn span_of(&self, node: NodeId) -> Span {
        let nodes = self.nodes.get(self.range(node)).unwrap_or_default();
        match nodes.first() {
            Some(first) if first.span.is_some() => first.span,
            _ => nodes.iter().fold(Span::NONE, |all, node| all.to(node.span)),
        }
    }

    /// The FHIRPath location of a node: `Observation.component[1].code`.
    #[must_use]
    pub const fn path(&self, node: NodeId) -> Path<'_> {
        Path { tape: self, node, below: None }
    }

    /// [`path`](Self::path) of an element that `node` does not have.
    #[must_use]
    pub const fn path_below(&self, node: NodeId, element: ElementId) -> Path<'_> {
        Path { tape: self, node, below: Some(element) }
    }

    /// The node and everything in it, as places in [`nodes`](Self::nodes).
    #[must_use]
    pub fn range(&self, node: NodeId) -> Range<usize> {
        let start = index(node.0);
        start..start.saturating_add(self.node(node).map_or(0, Node::size))
    }
}

impl NodeId {
    /// The node at a place in [`Tape::nodes`].
    pub(crate) fn at(place: usize) -> Self {
        Self(number(place))
    }

    /// Its place in [`Tape::nodes`].
    #[must_use]
    pub fn index(self) -> usize {
        index(self.0)
    }
}

impl Mark {
    /// The element that was opened.
    #[must_use]
    pub const fn node(self) -> NodeId {
        NodeId(self.node)
    }
}

/// The nodes directly in one node.
#[derive(Clone)]
pub struct Children<'t>(Entries<'t>);

/// The nodes directly in one node, with their ids.
#[derive(Clone)]
pub struct Entries<'t> {
    nodes: &'t [Node],
    next: u32,
}

impl<'t> Iterator for Entries<'t> {
    type Item = (NodeId, &'t Node);

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.nodes.first()?;
        let id = NodeId(self.next);
        self.nodes = self.nodes.get(node.size()..).unwrap_or_default();
        self.next = self.next.saturating_add(node.size);
        Some((id, node))
    }
}

impl FusedIterator for Entries<'_> {}

impl Iterator for Children<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        self.0.next().map(|(id, _)| id)
    }
}

impl FusedIterator for Children<'_> {}

/// A FHIRPath location, written when it is displayed.
#[derive(Clone, Copy)]
pub struct Path<'t> {
    tape: &'t Tape,
    node: NodeId,
    below: Option<ElementId>,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut siblings = self.tape.roots();
        let mut first = true;
        loop {
            let start = siblings.clone();
            let Some(at) = siblings.find(|&id| self.tape.range(id).contains(&self.node.index()))
            else {
                break;
            };
            let Some(element) = self.tape.element(at) else { break };
            let before = start.take_while(|&id| id != at);
            let same = before.filter(|&id| self.tape.element(id) == Some(element));
            let number = if element.row().array { same.count() } else { 0 };
            fmt::Display::fmt(&Step { element, number: self::number(number), first }, f)?;
            first = false;
            if at == self.node {
                break;
            }
            siblings = self.tape.children(at);
        }
        match self.below {
            Some(element) => {
                f.write_char('.')?;
                write_step(f, element, false)
            }
            None => Ok(()),
        }
    }
}

/// A step of a FHIRPath location: an element, and how many such stand before it.
pub(crate) struct Step {
    element: ElementId,
    number: u32,
    first: bool,
}

impl Step {
    pub(crate) const fn new(element: ElementId, number: u32, first: bool) -> Self {
        Self { element, number, first }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The resource in a slot has no name in a path of its own.
        if !self.first && self.element.row().parent == ty::RESOURCE {
            return Ok(());
        }
        if !self.first {
            f.write_char('.')?;
        }
        write_step(f, self.element, true)?;
        if self.element.row().array {
            write!(f, "[{}]", self.number)?;
        }
        Ok(())
    }
}

/// The name of an element in FHIRPath: a choice that is there with its type,
/// `value.ofType(Quantity)`.
fn write_step(f: &mut fmt::Formatter<'_>, element: ElementId, there: bool) -> fmt::Result {
    let row = element.row();
    let ty = row.ty.name();
    let name = (row.choice != 0)
        .then(|| row.name.len().checked_sub(ty.len()).and_then(|n| row.name.split_at_checked(n)))
        .flatten();
    match name {
        Some((name, _)) if there => write!(f, "{name}.ofType({ty})"),
        Some((name, _)) => f.write_str(name),
        None => f.write_str(row.name),
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape")
            .field("nodes", &self.nodes.len())
            .field("bytes", &self.scratch.len())
            .field("incomplete", &self.incomplete)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("element", &self.element.name())
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").field("next", &self.next).finish_non_exhaustive()
    }
}

impl fmt::Debug for Children<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Children").field(&self.0).finish()
    }
}

impl fmt::Debug for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn index(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
