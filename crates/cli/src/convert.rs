//! `iomt convert`.

use std::{io, path::PathBuf};

use iomt::{
    Partial, Severity,
    fhir::{
        Issue, NodeId, Tape, Version, convert,
        issue::{self, IssueCode, Rule},
        json::{self, Layout},
        xml,
    },
    wire::Span,
};

use crate::{
    Ended, Failure, Verdict,
    config::choice,
    definitions,
    diagnostics::{Found, Reporter, Style},
    input::{self, Input},
    output::Destination,
    progress::Progress,
    resources::{self, Resource, Resources, Source},
};

static NOT_CONVERTED: Rule = Rule::error(
    "not-converted",
    IssueCode::NotSupported,
    "the other version of FHIR has no place for this element",
);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files of JSON, NDJSON or XML, and directories; `-`, or none at all, is standard input
    #[arg(value_name = "FILE|DIR|-")]
    inputs: Vec<PathBuf>,
    /// Format of the output: a resource a line, or XML documents one after another
    #[arg(long, value_enum)]
    to: Target,
    /// Format of the inputs
    #[arg(long, value_enum, default_value = "auto")]
    from: Source,
    /// The version of FHIR that the resources are of
    #[arg(long, value_name = "r4|r4b|r5", default_value_t)]
    fhir: Version,
    /// The version of FHIR that they become: where that has no place for an element, the resource is
    /// not written
    #[arg(long, value_name = "r4|r4b|r5")]
    to_fhir: Option<Version>,
    /// StructureDefinitions of types that are not built in: a file, or a directory with files of JSON;
    /// may be given again
    #[arg(long, value_name = "DIR|FILE")]
    definitions: Vec<PathBuf>,
    /// An element a line
    #[arg(long)]
    pretty: bool,
    /// What becomes of a resource that cannot be read whole: `reject`, or `keep` what was read
    #[arg(long, default_value = "reject", value_parser = choice(&["reject", "keep"], Partial::parse))]
    partial: Partial,
    /// Write to a file, which is replaced when all is done, or to a directory: a file for each
    /// input, by its name
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
    /// Diagnostics on standard error
    #[arg(long, value_enum, default_value = "text")]
    diagnostics: Style,
    /// Show diagnostics of class information, too
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Target {
    Json,
    Xml,
    Ndjson,
}

pub(crate) fn run(arguments: &Arguments) -> Ended {
    let extension = match arguments.to {
        Target::Json => "json",
        Target::Xml => "xml",
        Target::Ndjson => "ndjson",
    };
    if arguments.pretty && arguments.to == Target::Ndjson {
        return Err(Failure::Usage("--pretty: NDJSON has a resource a line".into()));
    }
    let inputs = input::expand(&arguments.inputs);
    let output = arguments.output.as_deref();
    let destination = Destination::open(output, &arguments.inputs, &inputs, extension)?;
    let progress = match arguments.diagnostics {
        Style::Text => Progress::of(&inputs),
        Style::Json => Progress::NONE,
    };
    let mut converter = Converter {
        resources: Resources::of(
            arguments.fhir,
            &definitions::read(&arguments.definitions, arguments.fhir)?,
        ),
        converter: convert::Converter::new(),
        converted: Tape::new(),
        writer: xml::Writer::new(),
        arguments,
        destination,
        reporter: Reporter::new(arguments.diagnostics, arguments.verbose, progress),
        text: String::new(),
        laid_out: String::new(),
    };
    let ended = inputs.iter().try_for_each(|input| converter.file(input));
    converter.reporter.progress.finish();
    match ended {
        Err(Failure::Write(_, error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(failure) => return Err(failure),
        Ok(()) => converter.destination.finish()?,
    }
    Ok(if converter.reporter.errors { Verdict::Errors } else { Verdict::Fine })
}

struct Converter<'a> {
    resources: Resources,
    converter: convert::Converter,
    /// The resource in the other version.
    converted: Tape,
    writer: xml::Writer,
    arguments: &'a Arguments,
    destination: Destination,
    reporter: Reporter,
    text: String,
    laid_out: String,
}

impl Converter<'_> {
    fn file(&mut self, input: &Input) -> Result<(), Failure> {
        self.destination.begin()?;
        let mut written = false;
        match resources::read(input) {
            Ok(bytes) => match self.resources.whole(&bytes, self.arguments.from) {
                Some(found) => written = self.resource(input, 1, &found)?,
                None => {
                    for (number, line) in (1..).zip(resources::lines(&bytes)) {
                        let found = self.resources.line(&line);
                        written |= self.resource(input, number, &found)?;
                    }
                }
            },
            Err(rule) => {
                let found = self.resources.none(rule);
                self.resource(input, 0, &found)?;
            }
        }
        self.destination.end(written)?;
        self.reporter.flush();
        self.reporter.progress.file(input);
        Ok(())
    }

    /// Writes the `number`-th resource of a file; gives whether it was written.
    fn resource(&mut self, input: &Input, number: u64, found: &Resource) -> Result<bool, Failure> {
        let root = found.root.and_then(|root| self.in_version(root));
        let whole = !self.resources.issues.iter().any(loses);
        let origin = Origin { file: &input.name, number, offset: found.offset };
        report(&mut self.reporter, origin, &self.resources.tape, &self.resources.issues);
        let keep = self.arguments.partial == Partial::Keep;
        let Some(root) = root.filter(|_| whole || keep) else { return Ok(false) };
        let layout = if self.arguments.pretty { Layout::Pretty } else { Layout::Compact };
        self.text.clear();
        let tape =
            if self.other_version().is_some() { &self.converted } else { &self.resources.tape };
        if self.arguments.to == Target::Xml {
            let mut issues = Vec::new();
            if !self.writer.write(tape, root, layout, &mut self.text, &mut issues) {
                report(&mut self.reporter, origin, tape, &issues);
                return Ok(false);
            }
        } else {
            json::write(tape, root, &mut self.text);
            // What was not understood stands in it as it did.
            self.laid_out.clear();
            json::lay_out(&self.text, layout, &mut self.laid_out);
            core::mem::swap(&mut self.text, &mut self.laid_out);
        }
        self.reporter.progress.document();
        self.destination.document(&self.text)?;
        Ok(true)
    }

    /// The version that resources become, if it is another.
    fn other_version(&self) -> Option<Version> {
        self.arguments.to_fhir.filter(|version| *version != self.arguments.fhir)
    }

    /// A resource in the version that is wanted; what that has no place for is an issue.
    fn in_version(&mut self, root: NodeId) -> Option<NodeId> {
        let Some(version) = self.other_version() else { return Some(root) };
        let versions = (self.arguments.fhir, version);
        self.converted.clear();
        let Resources { tape, issues, .. } = &mut self.resources;
        let converted = self.converter.convert(tape, root, versions, &mut self.converted);
        let lost = self.converter.lost().iter();
        issues.extend(lost.map(|lost| Issue::new(&NOT_CONVERTED, lost.node, lost.span)));
        converted
    }
}

/// Where a resource stands.
#[derive(Clone, Copy)]
struct Origin<'a> {
    file: &'a str,
    number: u64,
    /// What places in it count from.
    offset: usize,
}

fn report(reporter: &mut Reporter, origin: Origin<'_>, tape: &Tape, issues: &[Issue]) {
    let offset = Span::new(origin.offset, 0).offset;
    for issue in issues {
        let Rule { key, severity, text, .. } = *issue.rule;
        let severity = match severity {
            issue::Severity::Information => Severity::Information,
            issue::Severity::Warning if !loses(issue) => Severity::Warning,
            issue::Severity::Warning | issue::Severity::Error | issue::Severity::Fatal => {
                Severity::Error
            }
        };
        let found = Found {
            code: key,
            severity,
            offset: issue.span.is_some().then(|| issue.span.offset.saturating_add(offset)),
            len: issue.span.len,
            place: &issue.path(tape),
            meaning: text,
        };
        reporter.found(origin.file, origin.number, &found, None);
    }
}

/// Whether something of the resource is not on the tape.
fn loses(issue: &Issue) -> bool {
    issue.is_error() || issue.rule.key == "unread-type"
}
