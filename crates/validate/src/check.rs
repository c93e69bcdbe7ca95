//! The walk over a tape: what the element table says of every node.

use crate::{
    bundle, invariants, lexical,
    narrative::{self, Narrative},
    reference::Contained,
    rules, vital,
};
use iomt_fhir::{
    Issue, NodeId, Tape,
    issue::{Report, Rule},
    table::{Element, ElementId, Kind, Lexical, Type, el, ty},
    tape::Node,
};

/// Memory that is used again.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Contained resources of the resource that is being checked, by id.
    pub(crate) contained: Vec<Contained>,
    /// Open tags of a narrative.
    tags: Vec<(u32, u32)>,
    /// `fullUrl` of every entry of a bundle, and the version of its resource.
    pub(crate) urls: Vec<(NodeId, Option<NodeId>)>,
}

/// One resource being checked.
pub(crate) struct Check<'a> {
    pub(crate) tape: &'a Tape,
    pub(crate) report: Report<'a>,
    pub(crate) scratch: &'a mut Scratch,
    pub(crate) versions: u8,
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
                self.resource(id, node, Scope::default());
            }
            None => self.issue(&rules::NO_RESOURCE, id),
        }
        self.report.is_valid()
    }

    fn resource(&mut self, id: NodeId, node: &Node, mut scope: Scope) {
        let row = node.element().row();
        if row.ty == ty::UNCHECKED {
            return;
        }
        if !scope.contained {
            scope = self.begin_contained(id);
        }
        self.children(id, row.ty.row(), scope);
        match row.ty {
            ty::BUNDLE => bundle::check(self, id),
            ty::OBSERVATION => {
                invariants::observation(self, id);
                vital::check(self, id);
            }
            ty::ORGANIZATION => invariants::organization(self, id),
            ty::SERVICE_REQUEST => invariants::service_request(self, id),
            _ => {}
        }
        if scope.contained {
            self.check_contained(id);
        } else {
            self.end_contained(scope);
        }
    }

    /// Everything in a node: an element of its type each, in order, and not too often.
    fn children(&mut self, id: NodeId, ty: &'static Type, scope: Scope) {
        let tape = self.tape;
        let (mut last, mut count) = (None::<(ElementId, &Element)>, 0_usize);
        for child in tape.children(id) {
            let Some(node) = tape.node(child) else { continue };
            let element = node.element();
            let row = element.row();
            if !ty.has(element) {
                self.issue(&rules::UNKNOWN, child);
                continue;
            }
            if row.versions & self.versions == 0 {
                self.issue(&rules::VERSION, child);
            }
            count = match last {
                Some((before, _)) if before == element => count.saturating_add(1),
                Some((before, before_row)) => {
                    if before > element {
                        self.issue(&rules::ORDER, child);
                    } else if row.choice != 0 && row.choice == before_row.choice {
                        self.issue(&rules::CHOICE, child);
                    }
                    1
                }
                None => 1,
            };
            if row.max != u8::MAX && count == usize::from(row.max).saturating_add(1) {
                self.issue(&rules::MAX, child);
            }
            last = Some((element, row));
            self.node(child, node, element, row, scope);
        }
        for &required in ty.required {
            let choice = required.row().choice;
            let found = tape.children(id).filter_map(|child| tape.element(child)).any(|element| {
                element == required || (choice != 0 && element.row().choice == choice)
            });
            if !found {
                self.missing(&rules::MIN, id, required);
            }
        }
    }

    fn node(&mut self, id: NodeId, node: &Node, element: ElementId, row: &Element, scope: Scope) {
        let ty = row.ty.row();
        match ty.kind {
            Kind::Primitive(lexical) => {
                if node.has_text() {
                    self.text(id, node, element, row, lexical, scope);
                }
                if node.size() > 1 {
                    self.element_1(id, node);
                    self.children(id, ty::ELEMENT.row(), scope);
                }
            }
            Kind::Complex | Kind::Backbone => {
                self.element_1(id, node);
                if node.has_text() {
                    self.issue(&rules::NO_TEXT, id);
                }
                self.children(id, ty, scope);
                invariants::check(self, id, row, scope);
            }
            Kind::Slot => self.slot(id, scope),
            // Only ever the content of a slot.
            Kind::Resource | Kind::Unchecked => self.issue(&rules::UNKNOWN, id),
        }
    }

    /// ele-1: a value, or more than an id.
    fn element_1(&mut self, id: NodeId, node: &Node) {
        let tape = self.tape;
        let only_id = |child| tape.element(child).is_some_and(|e| e.ordinal() == 0);
        if !node.has_text() && node.size() <= 2 && tape.children(id).all(only_id) {
            self.issue(&rules::ELE_1, id);
        }
    }

    fn slot(&mut self, id: NodeId, scope: Scope) {
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
        let parent = tape.element(id).map(|slot| slot.parent().kind);
        let scope = if parent == Some(Kind::Resource) {
            // What contains it is the outermost: there is one level of contained resources.
            Scope { inside: self.index_of(root, scope), contained: true, ..scope }
        } else {
            // An entry of a bundle begins anew: its `#id` means what it contains itself.
            Scope { first: scope.end, inside: None, contained: false, ..scope }
        };
        self.resource(root, node, scope);
    }

    fn text(
        &mut self,
        id: NodeId,
        node: &Node,
        element: ElementId,
        row: &Element,
        lexical: Lexical,
        scope: Scope,
    ) {
        let text = self.tape.value(node);
        if lexical == Lexical::Xhtml {
            match narrative::check(text, &mut self.scratch.tags) {
                Narrative::Sound => {}
                Narrative::Unsound => self.issue(&rules::TXT_1, id),
                Narrative::Empty => self.issue(&rules::TXT_2, id),
            }
            return;
        }
        if !lexical::is_valid(lexical, text) {
            self.issue(rules::form(lexical), id);
        } else if let Some(binding) = row.binding
            && binding.versions(text) & self.versions == 0
        {
            self.issue(&rules::CODE, id);
        }
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

    /// The child that is of the same choice as `element`.
    pub(crate) fn choice(&self, id: NodeId, element: ElementId) -> Option<NodeId> {
        let choice = element.row().choice;
        let same =
            |child: &NodeId| self.tape.element(*child).is_some_and(|e| e.row().choice == choice);
        self.tape.children(id).find(same)
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
