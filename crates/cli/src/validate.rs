//! `iomt validate`.

use std::{
    io::{self, BufWriter, StdoutLock, Write},
    path::PathBuf,
};

use iomt::{
    fhir::{
        Issue, NodeId, Tape, Validate, Version,
        issue::{IssueCode, Rule},
        json::Reader,
        table::el,
    },
    validate::Validator,
    wire::Span,
};
use serde::Serialize;

use crate::{
    Ended, Failure, Verdict,
    diagnostics::Style,
    input::{self, Input},
};

static UNREADABLE: Rule =
    Rule::fatal("file-unreadable", IssueCode::NotFound, "the file cannot be read");
static SIZE: Rule = Rule::fatal("limit-bytes", IssueCode::TooLong, "the file is too long");
static XML: Rule = Rule::fatal("format-xml", IssueCode::NotSupported, "XML is not read yet");

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files of JSON or NDJSON, and directories; `-` is standard input
    #[arg(value_name = "FILE|DIR|-", required = true)]
    inputs: Vec<PathBuf>,
    /// The version of FHIR that the resources are of
    #[arg(long, value_name = "r4|r4b|r5", default_value_t)]
    fhir: Version,
    /// The report on standard output
    #[arg(long, value_enum, default_value = "text")]
    output: Style,
}

pub(crate) fn run(arguments: &Arguments) -> Ended {
    let mut checker = Checker {
        reader: Reader::new().for_version(arguments.fhir),
        validator: Validator::new().for_version(arguments.fhir),
        tape: Tape::new(),
        issues: Vec::new(),
        style: arguments.output,
        out: BufWriter::new(io::stdout().lock()),
        verdict: Verdict::Fine,
    };
    for input in input::expand(&arguments.inputs) {
        checker.file(&input).map_err(Failure::stdout)?;
    }
    checker.out.flush().map_err(Failure::stdout)?;
    Ok(checker.verdict)
}

/// A resource as a JSON line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    file: &'a str,
    line: u64,
    resource_type: Option<&'a str>,
    valid: bool,
    issues: Vec<Found<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    severity: &'a str,
    code: &'a str,
    expression: String,
    key: &'a str,
    offset: Option<u32>,
    len: Option<u32>,
    #[serde(skip)]
    text: &'a str,
}

struct Checker {
    reader: Reader,
    validator: Validator,
    tape: Tape,
    issues: Vec<Issue>,
    style: Style,
    out: BufWriter<StdoutLock<'static>>,
    verdict: Verdict,
}

impl Checker {
    fn file(&mut self, input: &Input) -> io::Result<()> {
        let bytes = match input.read() {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return self.unread(input, &SIZE),
            Err(_) => return self.unread(input, &UNREADABLE),
        };
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes).trim_ascii_start();
        if text.first() == Some(&b'<') {
            return self.unread(input, &XML);
        }
        // One document over all lines; else, where a second one begins below, one a line.
        let root = self.read(&bytes);
        let is_json = !self.issues.iter().any(|issue| issue.rule.key == "json-syntax");
        if root.is_some() || is_json || !has_lines(text) {
            let before = bytes.len().saturating_sub(text.len());
            let before = bytes.get(..before).unwrap_or_default().iter();
            let line = before.fold(1_u64, |line, b| line.saturating_add(u64::from(*b == b'\n')));
            return self.report(input, line, 0, root);
        }
        let (mut offset, mut number) = (0_usize, 0_u64);
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            number = number.saturating_add(1);
            if !line.trim_ascii().is_empty() {
                let root = self.read(line);
                self.report(input, number, offset, root)?;
            }
            offset = offset.saturating_add(line.len());
        }
        Ok(())
    }

    /// Reads and checks a resource.
    fn read(&mut self, bytes: &[u8]) -> Option<NodeId> {
        self.tape.clear();
        self.issues.clear();
        let root = self.reader.read(bytes, &mut self.tape, &mut self.issues)?;
        self.validator.validate(&self.tape, root, &mut self.issues);
        Some(root)
    }

    fn unread(&mut self, input: &Input, rule: &'static Rule) -> io::Result<()> {
        self.tape.clear();
        self.issues.clear();
        self.issues.push(Issue::new(rule, self.tape.mark().node(), Span::NONE));
        self.report(input, 1, 0, None)
    }

    /// Says what was found of the resource that begins on a line, which begins at `offset`.
    fn report(
        &mut self,
        input: &Input,
        line: u64,
        offset: usize,
        root: Option<NodeId>,
    ) -> io::Result<()> {
        let offset = Span::new(offset, 0).offset;
        let found = |issue: &Issue| Found {
            severity: issue.rule.severity.code(),
            code: issue.rule.code.code(),
            expression: issue.path(&self.tape).to_string(),
            key: issue.rule.key,
            offset: issue.span.is_some().then(|| issue.span.offset.saturating_add(offset)),
            len: issue.span.is_some().then_some(issue.span.len),
            text: issue.rule.text,
        };
        let line = Line {
            file: &input.name,
            line,
            resource_type: root.map(|root| resource_type(&self.tape, root)),
            valid: root.is_some() && !self.issues.iter().any(Issue::is_error),
            issues: self.issues.iter().map(found).collect(),
        };
        if !line.valid {
            self.verdict = Verdict::Errors;
        }
        match self.style {
            Style::Json => {
                serde_json::to_writer(&mut self.out, &line)?;
                self.out.write_all(b"\n")
            }
            Style::Text => write_text(&mut self.out, &line),
        }
    }
}

fn write_text(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    let Line { file, line: number, .. } = line;
    for found in &line.issues {
        let Found { severity, key, expression, text, .. } = found;
        write!(out, "{file}:{number}: {severity} {key}")?;
        if !expression.is_empty() {
            write!(out, " {expression}")?;
        }
        if let Some(offset) = found.offset {
            write!(out, " at {offset}")?;
        }
        writeln!(out, ": {text}")?;
    }
    let resource_type = line.resource_type.unwrap_or("no resource");
    let verdict = if line.valid { "valid" } else { "not valid" };
    writeln!(out, "{file}:{number}: {resource_type}: {verdict}")
}

/// Whether a line after the first begins with an object: resources, one a line.
fn has_lines(text: &[u8]) -> bool {
    text.split(|b| *b == b'\n').skip(1).any(|line| line.first() == Some(&b'{'))
}

/// A type of FHIR's; never what else stands there.
fn resource_type(tape: &Tape, root: NodeId) -> &str {
    match tape.element(root) {
        Some(el::ROOT_UNCHECKED) => tape.text_in(root, el::UNCHECKED_RESOURCE_TYPE),
        Some(element) => element.name(),
        None => "",
    }
}
