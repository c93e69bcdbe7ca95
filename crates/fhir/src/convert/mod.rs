//! A resource of one version of FHIR as one of another.
//!
//! What both versions have alike is copied. What R5 has under another name or in another shape is
//! moved by the rows of `data/conversions.csv`, each of which loses nothing; so are codes that were
//! renamed. What no row can move is left out and [told](Converter::lost).

mod generated;

use crate::{
    Version,
    table::{self, ElementId, Kind, TypeId, el, ty},
    tape::{Node, NodeId, Tape},
};
use generated::{BOUND, CODES, MOVES, NAMES};
use iomt_core::wire::Span;

/// Where an element of R4 and R4B is in R5.
struct Move {
    from: ElementId,
    /// The elements that it becomes, each in the one before; the last has its content.
    to: &'static [ElementId],
    /// What stands beside it then.
    with: Option<(ElementId, &'static str)>,
}

/// Bytes of an element that is left out.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Lost {
    /// The element.
    pub element: ElementId,
    /// Where it is on the tape that was converted.
    pub node: NodeId,
    /// The bytes of a text in it, or its own; none where it came from nowhere.
    pub span: Span,
}

impl Lost {
    /// The element with its type, where that is known: `Device.patient`; else its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let at = NAMES.binary_search_by_key(&self.element, |(element, _)| *element).ok();
        at.and_then(|at| NAMES.get(at)).map_or_else(|| self.element.name(), |(_, name)| name)
    }
}

/// Converts resources. It keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Converter {
    children: Vec<Child>,
    lost: Vec<Lost>,
    followed: Option<NodeId>,
}

/// What is to stand in an element.
#[derive(Clone, Copy, Debug)]
struct Child {
    /// Its place in the canonical order.
    place: u8,
    to: To,
}

#[derive(Clone, Copy, Debug)]
enum To {
    /// A node, as what it becomes.
    Node(NodeId, &'static [ElementId]),
    /// A node that stays what it is, or has the same content under the same name.
    Same(NodeId, ElementId),
    Text(ElementId, &'static str, Span),
}

impl To {
    fn first(&self) -> Option<ElementId> {
        match *self {
            Self::Node(_, path) => path.first().copied(),
            Self::Same(_, element) | Self::Text(element, ..) => Some(element),
        }
    }
}

struct Work<'a> {
    source: &'a Tape,
    from: Version,
    version: Version,
    follow: Option<NodeId>,
    out: &'a mut Tape,
    converter: &'a mut Converter,
}

impl Converter {
    /// A converter.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the resource at `node` of `source`, which is one of version `from`, to `out` as one
    /// of `version`. `None` where `node` is no resource.
    pub fn convert(
        &mut self,
        source: &Tape,
        node: NodeId,
        (from, version): (Version, Version),
        out: &mut Tape,
    ) -> Option<NodeId> {
        self.convert_following(source, node, (from, version), out, None)
    }

    /// [`convert`](Self::convert), and notes what becomes of a node.
    pub(crate) fn convert_following(
        &mut self,
        source: &Tape,
        node: NodeId,
        (from, version): (Version, Version),
        out: &mut Tape,
        follow: Option<NodeId>,
    ) -> Option<NodeId> {
        self.children.clear();
        self.lost.clear();
        self.followed = None;
        let root = source.element(node).filter(|e| e.row().parent == ty::RESOURCE)?;
        let here = out.mark().node();
        Work { source, from, version, follow, out, converter: self }.node(node, root);
        (out.nodes().len() > here.index()).then_some(here)
    }

    /// What the last conversion left out: for each element, the bytes of every text in it.
    #[must_use]
    pub fn lost(&self) -> &[Lost] {
        &self.lost
    }

    /// What the node became that was to be followed.
    pub(crate) const fn followed(&self) -> Option<NodeId> {
        self.followed
    }
}

impl Work<'_> {
    fn lose(&mut self, node: NodeId) {
        let Some(element) = self.source.element(node) else { return };
        let before = self.converter.lost.len();
        let inside = self.source.nodes().get(self.source.range(node)).unwrap_or_default();
        let mut last = Span::NONE;
        for span in inside.iter().filter(|inside| inside.has_text()).map(Node::span) {
            // What one field gave may stand in several elements.
            if span.is_some() && span != last {
                self.converter.lost.push(Lost { element, node, span });
                last = span;
            }
        }
        if self.converter.lost.len() == before {
            let span = self.source.span_of(node);
            self.converter.lost.push(Lost { element, node, span });
        }
    }

    /// What an element becomes in a type.
    fn target(
        &self,
        node: NodeId,
        element: ElementId,
        parent: TypeId,
    ) -> Option<(To, Option<(ElementId, &'static str)>)> {
        let row = element.row();
        if self.version == Version::R5
            && let Ok(at) = BOUND.binary_search_by_key(&element, |row| row.0)
            && let Some((_, system)) = BOUND.get(at)
            && !self.has_system(node, system)
        {
            return None;
        }
        if row.parent == parent && row.versions.has(self.version) {
            return Some((To::Same(node, element), None));
        }
        if self.version == Version::R5
            && let Ok(at) = MOVES.binary_search_by_key(&element, |row| row.from)
            && let Some(found) = MOVES.get(at)
            && found.to.first().is_some_and(|first| first.row().parent == parent)
        {
            return Some((To::Node(node, found.to), found.with));
        }
        let other = parent.row().element(row.name, self.version)?;
        let same = other.row().ty == row.ty && other.row().array == row.array;
        same.then_some((To::Same(node, other), None))
    }

    /// Whether a concept has a coding of `system`.
    fn has_system(&self, concept: NodeId, system: &str) -> bool {
        let mut codings = self.source.find_all(concept, el::CODEABLE_CONCEPT_CODING);
        codings.any(|coding| self.source.text_in(coding, el::CODING_SYSTEM) == system)
    }

    /// What is in `node`, as elements of `parent`; gives which of them stand there.
    fn children(&mut self, node: NodeId, parent: TypeId) -> u64 {
        let order = parent.row().order(self.version);
        let start = self.converter.children.len();
        for (child, inside) in self.source.entries(node) {
            let Some((to, with)) = self.target(child, inside.element(), parent) else {
                self.lose(child);
                continue;
            };
            let with = with.map(|(element, text)| To::Text(element, text, inside.span()));
            for to in [Some(to), with].into_iter().flatten() {
                let place = to.first().map_or(0, |first| order.place(first.row()));
                self.converter.children.push(Child { place, to });
            }
        }
        let own = self.converter.children.get_mut(start..).unwrap_or_default();
        // Stable: what repeats keeps its order.
        if !own.is_sorted_by_key(|child| child.place) {
            own.sort_by_key(|child| child.place);
        }
        let (mut at, mut seen) = (start, 0_u64);
        while let Some(child) = self.converter.children.get(at).copied() {
            at = at.saturating_add(1);
            let Some(first) = child.to.first() else { continue };
            let again = seen & first.bit() != 0 && !first.row().array;
            let stayed = match child.to {
                To::Node(node, _) | To::Same(node, _) if again => {
                    self.lose(node);
                    false
                }
                To::Text(..) if again => false,
                To::Node(node, path) => self.wrapped(node, path),
                To::Same(node, element) => self.node(node, element),
                To::Text(element, text, span) => self.out.text_at(element, text, span).is_some(),
            };
            if stayed {
                seen |= first.bit();
            }
        }
        self.converter.children.truncate(start);
        seen
    }

    /// A node as the last of `path`, each in the one before.
    fn wrapped(&mut self, node: NodeId, path: &'static [ElementId]) -> bool {
        let Some((&last, around)) = path.split_last() else { return false };
        let mut outer = None;
        for &element in around {
            let mark = self.out.open(element, Span::NONE);
            outer = outer.or(Some(mark));
        }
        let stayed = self.node(node, last);
        match outer {
            Some(mark) => self.out.close(mark),
            None => stayed,
        }
    }

    /// A node as `element`; gives whether it stands.
    fn node(&mut self, node: NodeId, element: ElementId) -> bool {
        let source = self.source;
        let Some(inside) = source.node(node) else { return false };
        if self.follow == Some(node) {
            self.converter.followed = Some(self.out.mark().node());
        }
        let row = element.row();
        match row.kind {
            Kind::Primitive(_) => {
                let Some(text) = self.text(node, element, source.value(inside)) else {
                    self.lose(node);
                    return false;
                };
                if inside.size() == 1 {
                    return self.out.str(element, text, inside.span()).is_some();
                }
                let mark = self.out.open(element, inside.span());
                self.out.value_str(mark, text);
                self.children(node, ty::ELEMENT);
                self.out.close(mark)
            }
            Kind::Unchecked => {
                let name = source.text_in(node, el::UNCHECKED_RESOURCE_TYPE);
                if !table::resource_type(name, self.version) {
                    self.lose(node);
                    return false;
                }
                self.out.splice(source, node, None).is_some()
            }
            Kind::Complex | Kind::Backbone | Kind::Resource | Kind::Slot => {
                let (before, lost) = (self.out.mark(), self.converter.lost.len());
                let mark = self.out.open(element, inside.span());
                let seen = self.children(node, row.ty);
                // What lacks now what must be in it is not what it was.
                if row.kind != Kind::Resource
                    && row.ty.row().missing(seen, self.version).next().is_some()
                    && self.is_whole(node)
                {
                    self.out.truncate(before);
                    self.converter.lost.truncate(lost);
                    self.lose(node);
                    return false;
                }
                self.out.close(mark)
            }
        }
    }

    /// Whether a node of the source has all that it must have.
    fn is_whole(&self, node: NodeId) -> bool {
        let bits = self.source.entries(node).map(|(_, child)| child.element().bit());
        let seen = bits.fold(0, |all, bit| all | bit);
        let own = self.source.element(node).map(ElementId::ty);
        own.is_some_and(|own| own.missing(seen, self.from).next().is_none())
    }

    /// The text of a node as that of `element`, whose value set may have another code for it, or
    /// none.
    fn text<'t>(&self, node: NodeId, element: ElementId, text: &'t str) -> Option<&'t str> {
        let from = self.source.element(node)?;
        let key = |(element, code, _): &(ElementId, &'static str, &'static str)| {
            element.cmp(&from).then(code.cmp(&text))
        };
        let renamed = match self.version {
            Version::R5 if self.from != Version::R5 => {
                CODES.binary_search_by(key).ok().and_then(|at| CODES.get(at))
            }
            _ => None,
        };
        if let Some((.., code)) = renamed {
            return Some(code);
        }
        let is_none = |binding: &table::Binding| {
            binding.applies(self.version) && !binding.versions(text).has(self.version)
        };
        let known = element.row().binding.is_none_or(|b| text.is_empty() || !is_none(b));
        known.then_some(text)
    }
}

#[cfg(test)]
mod tests;
