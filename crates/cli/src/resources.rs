//! The FHIR resources of a file.

use iomt::{
    fhir::{
        Format, Issue, NodeId, Reader, Tape, Version,
        definitions::Types,
        issue::{IssueCode, Rule},
    },
    wire::Span,
};

use crate::input::Input;

static UNREADABLE: Rule =
    Rule::fatal("file-unreadable", IssueCode::NotFound, "the file cannot be read");
static SIZE: Rule = Rule::fatal("limit-bytes", IssueCode::TooLong, "the file is too long");

/// How resources stand in a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Source {
    /// By its content
    Auto,
    /// One resource
    Json,
    /// One resource
    Xml,
    /// One resource a line
    Ndjson,
}

/// Reads resources, one at a time.
pub(crate) struct Resources {
    reader: Reader,
    pub(crate) tape: Tape,
    pub(crate) issues: Vec<Issue>,
}

/// The resource that is on the tape, or what is not one.
pub(crate) struct Resource {
    pub(crate) root: Option<NodeId>,
    /// The line that it begins on, from 1.
    pub(crate) line: u64,
    /// What places in it count from.
    pub(crate) offset: usize,
}

/// A line of a file that is not blank.
pub(crate) struct Line<'a> {
    number: u64,
    offset: usize,
    text: &'a [u8],
}

/// All bytes of a file, or why there are none.
pub(crate) fn read(input: &Input) -> Result<Vec<u8>, &'static Rule> {
    match input.read() {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(&SIZE),
        Err(_) => Err(&UNREADABLE),
    }
}

/// The lines of a file that has a resource on each.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let (mut offset, mut number) = (0_usize, 0_u64);
    let lines = bytes.split_inclusive(|b| *b == b'\n').map(move |text| {
        let line = Line { number: number.saturating_add(1), offset, text };
        (number, offset) = (line.number, offset.saturating_add(text.len()));
        line
    });
    lines.filter(|line| !line.text.trim_ascii().is_empty())
}

impl Resources {
    /// Those of a version of FHIR, and of these types.
    pub(crate) fn of(version: Version, types: &Types) -> Self {
        let reader = Reader::new().for_version(version).with_types(types);
        Self { reader, tape: Tape::new(), issues: Vec::new() }
    }

    /// Reads a file that is one resource. `None`: it has a resource a line.
    pub(crate) fn whole(&mut self, bytes: &[u8], source: Source) -> Option<Resource> {
        let format = match source {
            Source::Auto => Format::detect(bytes),
            Source::Json => Format::Json,
            Source::Xml => Format::Xml,
            Source::Ndjson => return None,
        };
        let root = self.read(format, bytes);
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
        let is_json = !self.issues.iter().any(|issue| issue.rule.key == "json-syntax");
        // One document over all lines; else, where a second one begins below, one a line.
        if source == Source::Auto && root.is_none() && !is_json && has_lines(text) {
            return None;
        }
        let before = bytes.len().saturating_sub(text.len());
        let before = bytes.get(..before).unwrap_or_default().iter();
        let line = before.fold(1_u64, |line, b| line.saturating_add(u64::from(*b == b'\n')));
        Some(Resource { root, line, offset: 0 })
    }

    /// Reads a line.
    pub(crate) fn line(&mut self, line: &Line<'_>) -> Resource {
        let root = self.read(Format::Json, line.text);
        Resource { root, line: line.number, offset: line.offset }
    }

    /// What there is of a file that cannot be read.
    pub(crate) fn none(&mut self, rule: &'static Rule) -> Resource {
        self.tape.clear();
        self.issues.clear();
        self.issues.push(Issue::new(rule, self.tape.mark().node(), Span::NONE));
        Resource { root: None, line: 1, offset: 0 }
    }

    fn read(&mut self, format: Format, bytes: &[u8]) -> Option<NodeId> {
        self.tape.clear();
        self.issues.clear();
        self.reader.read(format, bytes, &mut self.tape, &mut self.issues)
    }
}

/// Whether a line after the first begins with an object: resources, one a line.
fn has_lines(text: &[u8]) -> bool {
    text.split(|b| *b == b'\n').skip(1).any(|line| line.first() == Some(&b'{'))
}
