//! FHIR: what is read is written, and then read as the same.

use iomt::fhir::json::{self, Layout};
use iomt::fhir::table::el;
use iomt::fhir::{Format, Issue, NodeId, Reader, Tape, Validate, xml};
use iomt::validate::Validator;

use crate::sink::inside;

/// Bytes as FHIR JSON.
pub fn fhir_json(data: &[u8]) {
    let Some(read) = Read::of(Format::Json, data) else { return };
    let json = read.json();
    let again = Read::of(Format::Json, json.as_bytes()).expect("we wrote it");
    assert!(again.json() == json, "JSON does not settle");
    for layout in [Layout::Compact, Layout::Pretty] {
        let mut laid_out = String::new();
        json::lay_out(&json, layout, &mut laid_out);
        let again = Read::of(Format::Json, laid_out.as_bytes()).expect("we wrote it");
        assert!(again.same(&read) || read.is_foreign(), "the layout matters");
    }
}

/// Bytes as FHIR XML.
pub fn fhir_xml(data: &[u8]) {
    let Some(read) = Read::of(Format::Xml, data) else { return };
    for layout in [Layout::Compact, Layout::Pretty] {
        let xml = read.xml(layout);
        assert!(xml.is_some() != read.is_foreign(), "what came from XML is XML");
        let Some(xml) = xml else { continue };
        let again = Read::of(Format::Xml, xml.as_bytes()).expect("we wrote it");
        assert!(again.same(&read), "XML does not settle");
        assert!(again.issues.is_empty() || read.has_errors(), "XML that we wrote has issues");
    }
}

/// Bytes of either format: what was read goes into the other, and comes back.
pub fn fhir_roundtrip(data: &[u8]) {
    let Some(read) = Read::of(Format::detect(data), data) else { return };
    let Some(xml) = read.xml(Layout::Compact) else { return };
    let from_xml = Read::of(Format::Xml, xml.as_bytes()).expect("we wrote it");
    let json = from_xml.json();
    let from_json = Read::of(Format::Json, json.as_bytes()).expect("we wrote it");
    assert!(json == read.json(), "XML gives other JSON");
    assert!(from_json.same(&from_xml), "JSON gives another tape");
    assert!(from_json.issues.is_empty() || read.has_errors(), "JSON that we wrote has issues");
}

struct Read {
    tape: Tape,
    root: NodeId,
    issues: Vec<Issue>,
}

impl Read {
    /// `None`: it could not be read.
    fn of(format: Format, data: &[u8]) -> Option<Self> {
        let (mut tape, mut issues) = (Tape::new(), Vec::new());
        let root = Reader::new().read(format, data, &mut tape, &mut issues);
        for issue in &issues {
            inside(issue.span, data);
        }
        for node in tape.nodes() {
            inside(node.span(), data);
        }
        let Some(root) = root else {
            assert!(tape.is_empty() && issues.iter().any(Issue::is_error));
            return None;
        };
        assert!(!tape.is_incomplete());
        let read = Self { tape, root, issues };
        let mut found = Vec::new();
        Validator::new().validate(&read.tape, root, &mut found);
        found.iter().for_each(|issue| drop(issue.path(&read.tape).to_string()));
        Some(read)
    }

    fn has_errors(&self) -> bool {
        self.issues.iter().any(Issue::is_error)
    }

    fn is_foreign(&self) -> bool {
        self.tape.nodes().iter().any(|node| node.element() == el::ROOT_UNCHECKED)
    }

    fn json(&self) -> String {
        let mut out = String::new();
        json::write(&self.tape, self.root, &mut out);
        out
    }

    fn xml(&self, layout: Layout) -> Option<String> {
        let (mut out, mut issues) = (String::new(), Vec::new());
        let written = xml::write(&self.tape, self.root, layout, &mut out, &mut issues);
        assert!(written == issues.is_empty() && (written || out.is_empty()));
        written.then_some(out)
    }

    /// Whether both have the same elements with the same texts.
    fn same(&self, other: &Self) -> bool {
        let (a, b) = (self.tape.nodes(), other.tape.nodes());
        a.len() == b.len()
            && a.iter().zip(b).all(|(a, b)| {
                (a.element(), a.size(), a.has_text(), self.tape.value(a))
                    == (b.element(), b.size(), b.has_text(), other.tape.value(b))
            })
    }
}
