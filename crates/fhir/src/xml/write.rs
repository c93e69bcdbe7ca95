//! A tape to XML.

use super::lex::{Lexer, Names, TokenKind, name};
use super::{FHIR, is_attribute, text};
use crate::issue::{Issue, IssueCode, Report, Rule};
use crate::json::{Buffer, Layout};
use crate::table::{Kind, Lexical};
use crate::tape::{Node, NodeId, Tape};

static CHARACTER: Rule =
    Rule::error("xml-character", IssueCode::Value, "XML has no such character as this text has");
static NARRATIVE: Rule = Rule::error(
    "xml-narrative",
    IssueCode::Value,
    "the narrative is no XHTML that can stand in XML",
);
static ATTRIBUTE: Rule = Rule::error(
    "xml-attribute",
    IssueCode::Structure,
    "what is an attribute or a narrative in XML has no id and no extensions there",
);
static FOREIGN: Rule = Rule::error(
    "foreign-type",
    IssueCode::NotSupported,
    "a resource of this type is not written as XML",
);

/// Writes a resource with a writer of its own. Who writes many keeps a [`Writer`].
pub fn write<B: Buffer>(
    tape: &Tape,
    node: NodeId,
    layout: Layout,
    out: &mut B,
    issues: &mut Vec<Issue>,
) -> bool {
    Writer::new().write(tape, node, layout, out, issues)
}

/// Writes resources as XML. It keeps its memory from one to the next.
pub struct Writer {
    lexer: Lexer,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Writer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// A writer.
    #[must_use]
    pub fn new() -> Self {
        Self { lexer: Lexer::new(0) }
    }

    /// Appends a node and what is in it as XML, in the order of the tape, without a declaration.
    ///
    /// Gives whether it was written. What XML cannot hold goes to `issues` (a character, a
    /// narrative that is none, extensions of what is an attribute, resources of types that the
    /// table does not have), and then nothing is written.
    pub fn write<B: Buffer>(
        &mut self,
        tape: &Tape,
        node: NodeId,
        layout: Layout,
        out: &mut B,
        issues: &mut Vec<Issue>,
    ) -> bool {
        let range = tape.range(node);
        let Some(nodes) = tape.nodes().get(range.clone()) else { return false };
        let mut report = Report::new(issues);
        for (place, node) in range.zip(nodes) {
            if let Some(rule) = self.check(tape, node) {
                let id = NodeId::at(place);
                report.add(Issue::new(rule, id, tape.span_of(id)));
            }
        }
        if report.is_valid() {
            Emit { tape, out, pretty: layout == Layout::Pretty, depth: 0 }.node(nodes, true);
        }
        report.is_valid()
    }

    /// What keeps a node from being written.
    fn check(&mut self, tape: &Tape, node: &Node) -> Option<&'static Rule> {
        let element = node.element();
        let (value, text) = (node.has_text(), tape.value(node));
        match element.kind() {
            Kind::Unchecked => Some(&FOREIGN),
            Kind::Primitive(_) if node.size() > 1 && is_value(node) => Some(&ATTRIBUTE),
            Kind::Primitive(Lexical::Xhtml) if !value || !self.is_narrative(text) => {
                Some(&NARRATIVE)
            }
            Kind::Primitive(_) if value && text::bad_character(text).is_some() => Some(&CHARACTER),
            _ => None,
        }
    }

    /// Whether a narrative can stand as it is: a `div` that declares all that it uses.
    fn is_narrative(&mut self, text: &str) -> bool {
        let read = self.lexer.run(text).is_ok() && self.lexer.lost.is_none();
        read && self.lexer.token(0).is_some_and(|token| {
            token.kind == TokenKind::Narrative(Names::Whole) && name(text, token) == "div"
        }) && text.starts_with('<')
            && text.ends_with('>')
            && !text.starts_with("<?")
    }
}

/// Whether an element has no children in XML: an attribute, or the narrative.
fn is_value(node: &Node) -> bool {
    let element = node.element();
    is_attribute(element) || element.kind() == Kind::Primitive(Lexical::Xhtml)
}

struct Emit<'a, B> {
    tape: &'a Tape,
    out: &'a mut B,
    pretty: bool,
    depth: usize,
}

impl<B: Buffer> Emit<'_, B> {
    /// One node, the first of `nodes`, with what is in it.
    fn node(&mut self, nodes: &[Node], root: bool) {
        let Some((node, mut inside)) = nodes.split_first() else { return };
        if !root {
            self.line();
        }
        let (name, kind) = (node.element().name(), node.element().kind());
        if kind == Kind::Primitive(Lexical::Xhtml) {
            self.out.put(self.tape.value(node));
            return;
        }
        self.out.put("<");
        self.out.put(name);
        if root {
            self.attribute("xmlns", FHIR);
        }
        let value = matches!(kind, Kind::Primitive(_)) && node.has_text();
        let mut attributes = inside;
        // An attribute is no node with others in it. `id` goes first, and `url` after extensions.
        while let Some(node) = attributes.first() {
            if is_attribute(node.element()) {
                self.attribute(node.element().name(), self.tape.value(node));
            }
            attributes = attributes.get(node.size()..).unwrap_or_default();
        }
        if value {
            self.attribute("value", self.tape.value(node));
        }
        let mut any = false;
        while let Some(node) = inside.first() {
            let (item, rest) = inside.split_at_checked(node.size()).unwrap_or((inside, &[]));
            inside = rest;
            if is_attribute(node.element()) {
                continue;
            }
            if !core::mem::replace(&mut any, true) {
                self.out.put(">");
                self.depth = self.depth.saturating_add(1);
            }
            self.node(item, false);
        }
        if any {
            self.depth = self.depth.saturating_sub(1);
            self.line();
            self.out.put("</");
            self.out.put(name);
            self.out.put(">");
        } else {
            self.out.put("/>");
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.put(" ");
        self.out.put(name);
        self.out.put("=\"");
        text::escape(value, self.out);
        self.out.put("\"");
    }

    fn line(&mut self) {
        if self.pretty {
            self.out.put("\n");
            (0..self.depth).for_each(|_| self.out.put("  "));
        }
    }
}

#[cfg(test)]
mod tests;
