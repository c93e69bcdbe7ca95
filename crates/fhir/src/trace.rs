//! Where each element came from, as a side table.

use core::fmt::Write;

use iomt_core::wire::Span;

use crate::identity::Uuid;
use crate::table::ElementId;
use crate::tape::{Step, Tape};

/// An element with a text of its own, and the bytes of the input that gave it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Trace<'a> {
    /// Type of the resource.
    pub resource: &'static str,
    /// Its id: that of NDJSON, and of the fullUrl in a Bundle.
    pub id: Uuid,
    /// The element as FHIRPath: `Observation.code.coding[0].code`.
    pub element: &'a str,
    /// The bytes.
    pub span: Span,
}

/// The elements of a message, until it is written.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    rows: Vec<Row>,
    paths: String,
    /// The elements that the one at work is in: which, how many such before, the length of its path.
    within: Vec<(ElementId, u32, usize)>,
    path: String,
}

#[derive(Debug)]
struct Row {
    resource: &'static str,
    id: Uuid,
    /// Where its path ends in `paths`; it begins where that of the row before ends.
    end: usize,
    span: Span,
}

impl Traces {
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.paths.clear();
    }

    /// Adds the elements of the resource on `tape`.
    pub(crate) fn add(&mut self, tape: &Tape, resource: &'static str, id: Uuid) {
        self.add_some(tape, resource, id, |_| true);
    }

    /// The same, but only what is in elements of the resource that are `wanted`.
    pub(crate) fn add_some(
        &mut self,
        tape: &Tape,
        resource: &'static str,
        id: Uuid,
        wanted: impl Fn(ElementId) -> bool,
    ) {
        self.within.clear();
        for node in tape.nodes() {
            let depth = node.depth();
            let element = node.element();
            let before = self.within.get(depth).filter(|(e, ..)| *e == element);
            let number = before.map_or(0, |(_, number, _)| number.saturating_add(1));
            self.within.truncate(depth);
            self.path.truncate(self.within.last().map_or(0, |(.., len)| *len));
            // Writing into a String does not fail.
            let _ = write!(self.path, "{}", Step::new(element, number, depth == 0));
            self.within.push((element, number, self.path.len()));
            let top = self.within.get(1).is_some_and(|(element, ..)| wanted(*element));
            if top && node.has_text() && node.span().is_some() {
                self.paths.push_str(&self.path);
                let (end, span) = (self.paths.len(), node.span());
                self.rows.push(Row { resource, id, end, span });
            }
        }
    }

    /// All that were added.
    pub(crate) fn each(&self) -> impl Iterator<Item = Trace<'_>> {
        let mut start = 0;
        self.rows.iter().map(move |row| {
            let element = self.paths.get(start..row.end).unwrap_or_default();
            start = row.end;
            Trace { resource: row.resource, id: row.id, element, span: row.span }
        })
    }
}
