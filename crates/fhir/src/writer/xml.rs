//! A Bundle as XML.

use crate::Version;
use crate::json::{self, Layout};
use crate::tape::Tape;
use crate::xml;

/// Makes XML of the JSON of a message; it keeps its memory.
#[derive(Default)]
pub(super) struct AsXml {
    reader: json::Reader,
    tape: Tape,
    writer: xml::Writer,
    text: String,
}

impl AsXml {
    pub(super) fn new(version: Version) -> Self {
        Self { reader: json::Reader::new().for_version(version), ..Self::default() }
    }

    /// The Bundle as XML; `None` where XML cannot hold it.
    pub(super) fn of(&mut self, json: &str) -> Option<&str> {
        let mut issues = Vec::new();
        self.tape.clear();
        self.text.clear();
        let root = self.reader.read(json.as_bytes(), &mut self.tape, &mut issues)?;
        let whole = issues.is_empty()
            && self.writer.write(&self.tape, root, Layout::Compact, &mut self.text, &mut issues);
        whole.then_some(&self.text)
    }
}
