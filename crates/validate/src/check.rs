//! The walk over a tape: what the element table says of every node.

use crate::{
    bundle, invariants, lexical,
    narrative::{self, Narrative},
    r5,
    reference::{Contained, type_of},
    rules, vital,
};
use iomt_fhir::{
    Issue, NodeId, Tape, Version,
    issue::{Report, Rule},
    table::{Element, ElementId, Kind, Lexical, TypeId, el, ty},
    tape::Node,
};

/// Memory that is used again.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Contained resources of the resource that is being checked, by id.
    pub(crate) contained: Vec<Contained>,
    /// Open tags of a narrative.
    tags: Vec<(u32, u32)>,
    /// The codings of an Observation's code.
    pub(crate) codings: Vec<NodeId>,
    /// `fullUrl` of every entry of a bundle, and the version of its resource.
    pub(crate) urls: Vec<(NodeId, Option<NodeId>)>,
}

/// One resource being checked.
pub(crate) struct Check<'a> {
    pub(crate) tape: &'a Tape,
    pub(crate) report: Report<'a>,
    pub(crate) scratch: &'a mut Scratch,
    pub(crate) version: Version,
}

/// Which elements of its type stand in a node.
#[derive(Clone, Copy)]
pub(crate) struct Seen(u64);

impl Seen {
    pub(crate) fn has(self, element: ElementId) -> bool {
        self.0 & element.bit() != 0
    }

    /// The one of the choice of `element` that stands.
    pub(crate) fn choice(self, element: ElementId) -> Option<ElementId> {
        match self.0 & element.choice_bits() {
            0 => None,
            bits => element.parent().first_of(bits),
        }
    }

    /// As many of `elements` as stand.
    pub(crate) fn count(self, elements: &[ElementId]) -> usize {
        elements.iter().filter(|&&element| self.has(element)).count()
    }
}

/// What surrounds a node.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scope {
    /// The contained resources that a `#id` may mean: these of [`Scratch::contained`].
    pub(crate) first: usize,
    pub(crate) end: usize,
    /// The one of them that the node is in.
    pub(crate) inside: Option<usize>,
    /// Whether the node is in a contained resource.
    pub(crate) contained: bool,
    /// What contains it: `#` means that.
    pub(crate) container: Option<NodeId>,
}

impl Check<'_> {
    /// Checks the resource at `node`.
    pub(crate) fn run(mut self, id: NodeId) -> bool {
        let node = self.tape.node(id).filter(|node| node.element().row().parent == ty::RESOURCE);
        match node {
            _ if self.tape.is_incomplete() => self.issue(&rules::INCOMPLETE, id),
            Some(node) => {
                self.scratch.contained.clear();
                self.resource(id, node, &Scope::default());
            }
            None => self.issue(&rules::NO_RESOURCE, id),
        }
        self.report.is_valid()
    }

    fn resource(&mut self, id: NodeId, node: &Node, scope: &Scope) {
        let row = node.element().row();
        if row.ty == ty::UNCHECKED {
            return;
        }
        let own;
        let scope = if scope.contained {
            scope
        } else {
            own = self.begin_contained(id);
            &own
        };
        let seen = self.children(id, row.ty, scope);
        match row.ty {
            ty::BUNDLE => bundle::check(self, id),
            ty::OBSERVATION => {
                invariants::observation(self, id, seen);
                vital::check(self, id, seen);
            }
            ty::ORGANIZATION => invariants::organization(self, id, seen),
            ty::SERVICE_REQUEST => invariants::service_request(self, id, seen),
            _ => {}
        }
        if self.version == Version::R5 {
            r5::resource(self, id, row, seen);
        }
        if scope.contained {
            self.check_contained(id);
        } else {
            self.end_contained(scope);
        }
    }

    /// Everything in a node: an element of its type each, in order, and not too often. Gives the
    /// elements that stand.
    fn children(&mut self, id: NodeId, parent: TypeId, scope: &Scope) -> Seen {
        let mut seen = 0_u64;
        let order = parent.row().order(self.version);
        let (mut last, mut choice, mut count) = (0_u64, 0_u8, 0_u8);
        for (child, node) in self.tape.entries(id) {
            let row = node.element().row();
            if row.parent != parent {
                self.issue(&rules::UNKNOWN, child);
                continue;
            }
            if !row.versions.has(self.version) {
                self.issue(&rules::VERSION, child);
            }
            let bit = 1_u64.wrapping_shl(row.ordinal.into());
            let place =
                if order.is_own() { 1_u64.wrapping_shl(order.place(row).into()) } else { bit };
            if place > last {
                if row.choice != 0 && row.choice == choice {
                    self.issue(&rules::CHOICE, child);
                }
                count = 1;
            } else if place == last {
                count = count.saturating_add(1);
                if row.max == count.wrapping_sub(1) {
                    self.issue(&rules::MAX, child);
                }
            } else {
                self.issue(&rules::ORDER, child);
            }
            (last, choice) = (place.max(last), row.choice);
            seen |= bit;
            self.node(child, node, row, scope);
        }
        for missing in parent.row().missing(seen, self.version) {
            if let Some(element) = parent.row().first_of(missing) {
                self.missing(&rules::MIN, id, element);
            }
        }
        Seen(seen)
    }

    fn node(&mut self, id: NodeId, node: &Node, row: &Element, scope: &Scope) {
        match row.kind {
            Kind::Primitive(lexical) => {
                if node.has_text() {
                    self.text(id, node, row, lexical, scope);
                }
                if node.size() > 1 {
                    self.element_1(id, node);
                    self.children(id, ty::ELEMENT, scope);
                }
            }
            Kind::Complex | Kind::Backbone => {
                if node.size() <= 2 {
                    self.element_1(id, node);
                }
                if node.has_text() {
                    self.issue(&rules::NO_TEXT, id);
                }
                let seen = self.children(id, row.ty, scope);
                invariants::check(self, id, row, scope, seen);
                if self.version == Version::R5 {
                    r5::check(self, id, row, seen);
                }
            }
            Kind::Slot => self.slot(id, row, scope),
            // Only ever the content of a slot.
            Kind::Resource | Kind::Unchecked => self.issue(&rules::UNKNOWN, id),
        }
    }

    /// ele-1: a value, or more than an id.
    fn element_1(&mut self, id: NodeId, node: &Node) {
        let tape = self.tape;
        let only_id = |child| tape.element(child).is_some_and(|e| e.row().ordinal == 0);
        if !node.has_text() && node.size() <= 2 && tape.children(id).all(only_id) {
            self.issue(&rules::ELE_1, id);
        }
    }

    fn slot(&mut self, id: NodeId, row: &Element, scope: &Scope) {
        let tape = self.tape;
        let mut children = tape.children(id);
        let Some(root) = children.next() else {
            self.issue(&rules::RESOURCE_MISSING, id);
            return;
        };
        if let Some(second) = children.next() {
            self.issue(&rules::MAX, second);
        }
        let Some(node) = tape.node(root) else { return };
        if node.element().row().parent != ty::RESOURCE {
            self.issue(&rules::UNKNOWN, root);
            return;
        }
        self.target(row, type_of(tape, root), root);
        let scope = if row.name == "contained" {
            // What contains it is the outermost: there is one level of contained resources.
            Scope { inside: self.index_of(root, scope), contained: true, ..*scope }
        } else {
            // What a bundle holds begins anew: its `#id` means what it contains itself.
            Scope { first: scope.end, inside: None, contained: false, ..*scope }
        };
        self.resource(root, node, &scope);
    }

    fn text(&mut self, id: NodeId, node: &Node, row: &Element, lexical: Lexical, scope: &Scope) {
        let text = self.tape.value(node);
        if lexical == Lexical::Xhtml {
            match narrative::check(text, &mut self.scratch.tags) {
                Narrative::Sound => {}
                Narrative::Unsound => self.issue(&rules::TXT_1, id),
                Narrative::Empty => self.issue(&rules::TXT_2, id),
            }
            return;
        }
        // A code of a value set has the form of a code.
        match row.binding {
            Some(binding) if binding.versions(text).has(self.version) => return,
            binding if lexical::is_valid(lexical, text, node.class(), self.version) => {
                if binding.is_some_and(|binding| binding.applies(self.version)) {
                    self.issue(&rules::CODE, id);
                }
            }
            _ => self.issue(rules::form(lexical), id),
        }
        let element = node.element();
        if matches!(element, el::CODING_SYSTEM | el::IDENTIFIER_SYSTEM)
            && !lexical::is_absolute(text)
        {
            self.issue(&rules::SYSTEM, id);
        }
        if scope.first != scope.end
            && (matches!(lexical, Lexical::Canonical | Lexical::Uri | Lexical::Url)
                || element == el::REFERENCE_REFERENCE)
            && let Some(target) = text.strip_prefix('#')
        {
            self.mark_used(target, scope);
        }
    }

    pub(crate) fn has(&self, id: NodeId, element: ElementId) -> bool {
        self.tape.find(id, element).is_some()
    }

    #[cold]
    pub(crate) fn issue(&mut self, rule: &'static Rule, id: NodeId) {
        self.report.add(Issue::new(rule, id, self.tape.span_of(id)));
    }

    #[cold]
    pub(crate) fn missing(&mut self, rule: &'static Rule, id: NodeId, element: ElementId) {
        self.report.add(Issue::missing(rule, id, element, self.tape.span_of(id)));
    }

    /// An issue of `id`, if `good` does not hold.
    pub(crate) fn require(&mut self, good: bool, rule: &'static Rule, id: NodeId) {
        if !good {
            self.issue(rule, id);
        }
    }
}
