//! References: to contained resources, and to resources whose type is written.

use crate::{
    check::{Check, Scope},
    rules,
};
use iomt_fhir::{
    NodeId, Tape, Version,
    table::{self, Code, Element, el, ty},
};

/// A contained resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contained {
    resource: NodeId,
    id: Option<NodeId>,
    used: bool,
}

impl Contained {
    fn name(self, tape: &Tape) -> &str {
        self.id.map_or("", |id| tape.text_of(id))
    }
}

/// The `id` of a resource.
pub(crate) fn id_of(tape: &Tape, resource: NodeId) -> Option<NodeId> {
    tape.children(resource).find(|&child| tape.element(child).is_some_and(|e| e.name() == "id"))
}

/// The type of a resource, as it is written in `resourceType`.
pub(crate) fn type_of(tape: &Tape, resource: NodeId) -> &str {
    match tape.element(resource) {
        Some(el::ROOT_UNCHECKED) => tape.text_in(resource, el::UNCHECKED_RESOURCE_TYPE),
        Some(root) => root.name(),
        None => "",
    }
}

/// The type and id at the end of a literal reference or URL: `…/Patient/1`, `Patient/1/_history/2`.
pub(crate) fn type_and_id(reference: &str, version: Version) -> Option<(&str, &str)> {
    let mut parts = reference.rsplitn(4, '/');
    let (mut id, mut name) = (parts.next()?, parts.next()?);
    if name == "_history" {
        (id, name) = (parts.next()?, parts.next()?);
        name = name.rsplit('/').next().unwrap_or(name);
    }
    table::resource_type(name, version).then_some((name, id))
}

/// The place of `contained` in every resource that may contain others.
const CONTAINED: u8 = 5;

impl<'t> Check<'t> {
    /// The scope of a resource that is not contained: what it contains.
    pub(crate) fn begin_contained(&mut self, resource: NodeId) -> Scope {
        let tape = self.tape;
        let first = self.scratch.contained.len();
        for (slot, node) in tape.entries(resource) {
            let row = node.element().row();
            if row.ordinal > CONTAINED {
                break;
            }
            if row.ty == ty::RESOURCE {
                self.scratch.contained.extend(tape.children(slot).map(|resource| Contained {
                    resource,
                    id: id_of(tape, resource),
                    used: false,
                }));
            }
        }
        let own = self.scratch.contained.get_mut(first..).unwrap_or_default();
        if own.len() > 1 {
            own.sort_unstable_by(|a, b| {
                a.name(tape).cmp(b.name(tape)).then(a.resource.cmp(&b.resource))
            });
        }
        let end = self.scratch.contained.len();
        Scope { first, end, inside: None, contained: false, container: Some(resource) }
    }

    /// dom-3: every contained resource is referred to, or refers to what contains it.
    pub(crate) fn end_contained(&mut self, scope: &Scope) {
        let tape = self.tape;
        let own = self.scratch.contained.get(scope.first..scope.end).unwrap_or_default();
        // What a resource of another type refers to is not known.
        if own.is_empty() {
            return;
        }
        let known = own.iter().all(|c| tape.element(c.resource) != Some(el::ROOT_UNCHECKED));
        let mut before: Option<Contained> = None;
        for at in scope.first..scope.end {
            let Some(&this) = self.scratch.contained.get(at) else { continue };
            let same = before.filter(|b| b.id.is_some() && b.name(tape) == this.name(tape));
            let used = this.used || same.is_some_and(|same| same.used);
            if known && !used {
                self.issue(&rules::DOM_3, this.resource);
            }
            before = Some(Contained { used, ..this });
        }
        self.scratch.contained.truncate(scope.first);
    }

    /// What holds for a contained resource alone.
    pub(crate) fn check_contained(&mut self, resource: NodeId) {
        let tape = self.tape;
        for child in tape.children(resource) {
            let Some(element) = tape.element(child) else { continue };
            match element.row().ty {
                ty::RESOURCE => self.issue(&rules::DOM_2, child),
                ty::META => {
                    for part in tape.children(child) {
                        match tape.element(part) {
                            Some(el::META_VERSION_ID | el::META_LAST_UPDATED) => {
                                self.issue(&rules::DOM_4, part);
                            }
                            Some(el::META_SECURITY) => self.issue(&rules::DOM_5, part),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The place of a contained resource in its scope.
    pub(crate) fn index_of(&self, resource: NodeId, scope: &Scope) -> Option<usize> {
        let own = self.scratch.contained.get(scope.first..scope.end)?;
        let name = id_of(self.tape, resource).map_or("", |id| self.tape.text_of(id));
        let key = |c: &Contained| (c.name(self.tape), c.resource);
        let at = own.binary_search_by(|c| key(c).cmp(&(name, resource))).ok()?;
        scope.first.checked_add(at)
    }

    fn find(&self, name: &str, scope: &Scope) -> Option<usize> {
        let own = self.scratch.contained.get(scope.first..scope.end)?;
        let at = own.partition_point(|c| c.name(self.tape) < name);
        own.get(at).filter(|c| c.id.is_some() && c.name(self.tape) == name)?;
        scope.first.checked_add(at)
    }

    /// Something refers to `#name`; to `#` alone, a contained resource to what contains it.
    pub(crate) fn mark_used(&mut self, name: &str, scope: &Scope) {
        let at = if name.is_empty() { scope.inside } else { self.find(name, scope) };
        if let Some(contained) = at.and_then(|at| self.scratch.contained.get_mut(at)) {
            contained.used = true;
        }
    }

    /// ref-1, and the types that the element allows.
    pub(crate) fn reference(&mut self, id: NodeId, row: &Element, scope: &Scope) {
        let tape = self.tape;
        let Some(literal) = tape.find(id, el::REFERENCE_REFERENCE) else { return };
        let text = tape.text_of(literal);
        // Mostly it is just what is allowed.
        let version = self.version;
        let mut targets = row.targets.iter();
        if targets.any(|t| is_relative_to(text, t.code) && t.versions.has(version)) {
            return;
        }
        match self.target_of(text, scope) {
            Some(target) => self.target(row, target, literal),
            None if text.len() > 1 && text.starts_with('#') => self.issue(&rules::REF_1, literal),
            None => {}
        }
    }

    /// The types that the element of a CodeableReference allows.
    pub(crate) fn codeable_reference(&mut self, id: NodeId, row: &Element, scope: &Scope) {
        let tape = self.tape;
        if let Some(reference) = tape.find(id, el::CODEABLE_REFERENCE_REFERENCE)
            && let Some(literal) = tape.find(reference, el::REFERENCE_REFERENCE)
            && let Some(target) = self.target_of(tape.text_of(literal), scope)
        {
            self.target(row, target, literal);
        }
    }

    /// The type of what a reference points to, where it can be told.
    fn target_of(&self, text: &'t str, scope: &Scope) -> Option<&'t str> {
        let resource = match text.strip_prefix('#') {
            Some("") => scope.container?,
            Some(name) => self.scratch.contained.get(self.find(name, scope)?)?.resource,
            None => return target_type(text, self.version),
        };
        Some(type_of(self.tape, resource))
    }

    /// The resource type that an element refers to or holds is one that it allows.
    pub(crate) fn target(&mut self, row: &Element, target: &str, id: NodeId) {
        let is = |t: &Code| t.code == target && t.versions.has(self.version);
        if !row.targets.is_empty() && !row.targets.iter().any(is) {
            self.issue(&rules::TARGET, id);
        }
    }
}

/// Whether a reference begins with `Type/`.
pub(crate) fn is_relative_to(reference: &str, name: &str) -> bool {
    reference.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
}

/// The type that a reference names, if it does: `Patient/1`, `Patient?identifier=…`, a URL.
pub(crate) fn target_type(reference: &str, version: Version) -> Option<&str> {
    if let Some((name, _)) = reference.split_once('?')
        && table::resource_type(name, version)
    {
        return Some(name);
    }
    type_and_id(reference, version).map(|(name, _)| name)
}
