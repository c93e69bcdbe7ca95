//! FHIR read and written: official examples, vectors of our own, and resources that are made up.

mod examples;
mod generated;
mod lexical;
mod vectors;

use iomt::fhir::{
    Format, Issue, NodeId, Reader, Tape, Version,
    definitions::Types,
    json::{self, Layout},
    table::el,
    xml,
};

/// A resource that was read.
pub struct Read {
    pub tape: Tape,
    pub root: Option<NodeId>,
    pub issues: Vec<Issue>,
    pub version: Version,
    pub types: Types,
}

impl Read {
    pub fn of(format: Format, version: Version, bytes: &[u8]) -> Self {
        Self::with(&Types::default(), format, version, bytes)
    }

    /// With types of definitions.
    pub fn with(types: &Types, format: Format, version: Version, bytes: &[u8]) -> Self {
        let (mut tape, mut issues) = (Tape::new(), Vec::new());
        let mut reader = Reader::new().for_version(version).with_types(types);
        let root = reader.read(format, bytes, &mut tape, &mut issues);
        Self { tape, root, issues, version, types: types.clone() }
    }

    /// Bytes of the same version.
    pub fn again(&self, format: Format, text: &str) -> Self {
        Self::with(&self.types, format, self.version, text.as_bytes())
    }

    /// Whether a type that the table does not have stands in it.
    pub fn is_foreign(&self) -> bool {
        self.tape.nodes().iter().any(|node| node.element() == el::ROOT_UNCHECKED)
    }

    /// The issues as keys and places, a line each.
    pub fn lines(&self) -> String {
        let line = |issue: &Issue| {
            let (offset, len) = (issue.span.offset, issue.span.len);
            let path = issue.path(&self.tape).to_string();
            let path = if path.is_empty() { "-" } else { &path };
            format!("{} {} {path} {offset}+{len}\n", issue.rule.severity.code(), issue.rule.key)
        };
        self.issues.iter().map(line).collect()
    }

    pub fn to_json(&self) -> String {
        let mut out = String::new();
        json::write(&self.tape, self.root.unwrap(), &mut out);
        out
    }

    /// `Err`: what XML cannot hold.
    pub fn to_xml(&self, layout: Layout) -> Result<String, Vec<&'static str>> {
        let (mut out, mut issues) = (String::new(), Vec::new());
        if xml::write(&self.tape, self.root.unwrap(), layout, &mut out, &mut issues) {
            assert_eq!(issues, []);
            Ok(out)
        } else {
            assert_eq!(out, "");
            Err(issues.iter().map(|issue| issue.rule.key).collect())
        }
    }

    /// The nodes: elements, texts and how they nest.
    pub fn nodes(&self) -> Vec<(&'static str, usize, bool, &str)> {
        let row = |node| {
            let node: &iomt::fhir::tape::Node = node;
            (node.element().name(), node.size(), node.has_text(), self.tape.value(node))
        };
        self.tape.nodes().iter().map(row).collect()
    }
}
