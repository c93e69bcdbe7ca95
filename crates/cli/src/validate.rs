//! `iomt validate`.

use std::{
    io::{self, BufWriter, StdoutLock, Write},
    path::PathBuf,
};

use iomt::{
    fhir::{Issue, NodeId, Tape, Validate, Version, definitions::Types, issue::Rule, table::el},
    validate::Validator,
    wire::Span,
};
use serde::Serialize;

use crate::{
    Ended, Failure, Verdict,
    diagnostics::Style,
    input::{self, Input},
    resources::{self, Resource, Resources, Source},
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files of JSON, NDJSON or XML, and directories; `-` is standard input
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
        resources: Resources::of(arguments.fhir, &Types::default()),
        validator: Validator::new().for_version(arguments.fhir),
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
    resources: Resources,
    validator: Validator,
    style: Style,
    out: BufWriter<StdoutLock<'static>>,
    verdict: Verdict,
}

impl Checker {
    fn file(&mut self, input: &Input) -> io::Result<()> {
        let bytes = match resources::read(input) {
            Ok(bytes) => bytes,
            Err(rule) => return self.unread(input, rule),
        };
        if let Some(found) = self.resources.whole(&bytes, Source::Auto) {
            return self.report(input, &found);
        }
        for line in resources::lines(&bytes) {
            let found = self.resources.line(&line);
            self.report(input, &found)?;
        }
        Ok(())
    }

    fn unread(&mut self, input: &Input, rule: &'static Rule) -> io::Result<()> {
        let found = self.resources.none(rule);
        self.report(input, &found)
    }

    /// Checks a resource, and says what was found.
    fn report(&mut self, input: &Input, found: &Resource) -> io::Result<()> {
        let Resources { tape, issues, .. } = &mut self.resources;
        if let Some(root) = found.root {
            self.validator.validate(tape, root, issues);
        }
        let offset = Span::new(found.offset, 0).offset;
        let one = |issue: &Issue| Found {
            severity: issue.rule.severity.code(),
            code: issue.rule.code.code(),
            expression: issue.path(tape).to_string(),
            key: issue.rule.key,
            offset: issue.span.is_some().then(|| issue.span.offset.saturating_add(offset)),
            len: issue.span.is_some().then_some(issue.span.len),
            text: issue.rule.text,
        };
        let line = Line {
            file: &input.name,
            line: found.line,
            resource_type: found.root.map(|root| resource_type(tape, root)),
            valid: found.root.is_some() && !issues.iter().any(Issue::is_error),
            issues: issues.iter().map(one).collect(),
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

/// A type of FHIR's; never what else stands there.
fn resource_type(tape: &Tape, root: NodeId) -> &str {
    match tape.element(root) {
        Some(el::ROOT_UNCHECKED) => tape.text_in(root, el::UNCHECKED_RESOURCE_TYPE),
        Some(element) => element.name(),
        None => "",
    }
}
