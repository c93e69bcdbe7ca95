//! `iomt translate`.

use std::{
    io::{self, Read},
    num::NonZeroUsize,
    ops::ControlFlow,
    path::PathBuf,
    sync::mpsc,
    thread,
};

use iomt::{
    Config, Diagnostic, DiagnosticCode, Form, Output, Place, Severity, Translator, wire::Span,
};

use crate::{
    Ended, Failure, Verdict,
    account::{self, Accounts, Wanted},
    config::{Partly, Settings},
    diagnostics::{Reporter, Style},
    formats::Format,
    input::{self, Input},
    output::{self, Destination, Whole},
    progress::Progress,
    repeats::Repeats,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files and directories; `-`, or none at all, is standard input
    #[arg(value_name = "FILE|DIR|-")]
    inputs: Vec<PathBuf>,
    /// Format of the inputs
    #[arg(long, value_parser = Format::parser(), default_value = "auto")]
    format: Format,
    #[command(flatten)]
    settings: Settings,
    /// Write to a file, which is replaced when all is done, or to a directory: a file for each
    /// input, by its name
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
    /// Write an OperationOutcome a line: what is wrong with what was rejected, withheld or
    /// dropped
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
    /// Write where each element of the output came from, a JSON object a line
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Report on standard error what became of each part of the inputs: mapped, structural, ignored by
    /// a rule, or diagnosed
    #[arg(long)]
    coverage: bool,
    /// Translate that many files at a time; the order stays
    #[arg(long, value_name = "N", default_value = "1")]
    jobs: NonZeroUsize,
    /// Diagnostics on standard error
    #[arg(long, value_enum, default_value = "text")]
    diagnostics: Style,
    /// Show diagnostics of class information, too
    #[arg(short, long)]
    verbose: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Ended {
    let (config, partly) = arguments.settings.config()?;
    let inputs = input::expand(&arguments.inputs);
    let output = arguments.output.as_deref();
    let extension = match config.to {
        Form::Bundle => "json",
        Form::Ndjson => "ndjson",
        Form::Xml => "xml",
    };
    let destination = Destination::open(output, &arguments.inputs, &inputs, extension)?;
    let whole = |path: &Option<PathBuf>| {
        let create = |path| Whole::create(path).map_err(|error| output::write(path, error));
        path.as_deref().map(create).transpose()
    };
    let (outcomes, trace) = (whole(&arguments.outcomes)?, whole(&arguments.trace)?);
    let progress = match arguments.diagnostics {
        Style::Text => Progress::of(&inputs),
        Style::Json => Progress::NONE,
    };
    let mut run = Run {
        reporter: Reporter::new(arguments.diagnostics, arguments.verbose, progress),
        repeats: (config.to == Form::Ndjson && inputs.len() > 1).then(Repeats::default),
        destination,
        outcomes,
        trace,
        coverage: arguments.coverage.then_some(arguments.diagnostics),
        failed: None,
    };
    for Partly { name, left_out } in partly {
        let (code, place) = (DiagnosticCode::CodeNotMapped, Place::named("ConceptMap"));
        let mut diagnostic = Diagnostic::new(code, Span::new(left_out.offset, 0), place);
        diagnostic.severity = Severity::Warning;
        run.reporter.report(&name, 0, &diagnostic, None);
    }
    let accounts = Wanted { trace: arguments.trace.is_some(), coverage: arguments.coverage };
    let job = Job { config, format: arguments.format, accounts };
    match arguments.jobs.get().min(inputs.len()) {
        0 | 1 => serial(&mut run, &inputs, &job),
        jobs => parallel(&mut run, &inputs, &job, jobs),
    }
    run.reporter.progress.finish();
    match run.failed {
        Some(Failure::Write(_, error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Some(failure) => return Err(failure),
        None => {
            run.destination.finish()?;
            output::finish(run.outcomes)?;
            output::finish(run.trace)?;
        }
    }
    Ok(if run.reporter.errors { Verdict::Errors } else { Verdict::Fine })
}

/// What is done with every file.
struct Job {
    config: Config,
    format: Format,
    accounts: Wanted,
}

impl Job {
    /// Translates a file; gives what became of its parts, if it was one of ours.
    ///
    /// Each has a translator of its own: what comes of a file does not depend on the files before
    /// it, nor on how they are shared out.
    fn translate(&self, input: &Input, output: &mut dyn Output) -> io::Result<Option<Accounts>> {
        let place = Place::named("file");
        let limit = Diagnostic::new(DiagnosticCode::LimitExceeded, Span::NONE, place);
        if input.is_too_long() {
            output.diagnostic(0, &limit);
            return Ok(None);
        }
        let mut bytes = input.open()?;
        let (protocol, mut first) = self.format.read(&mut bytes)?;
        let Some(protocol) = protocol else {
            let unknown = Diagnostic::new(DiagnosticCode::FormatUnknown, Span::new(0, 0), place);
            output.diagnostic(0, &unknown);
            return Ok(None);
        };
        let mut translator = Translator::new(self.config.clone());
        let accounts = if self.accounts.any() {
            // What became of its parts is known at the end.
            bytes.read_to_end(&mut first)?;
            let file = (input.name.as_str(), first.as_slice());
            account::translate(self.accounts, translator, protocol, file, output)
        } else {
            translator.read(protocol, first, &mut bytes, output)?;
            Accounts::default()
        };
        if bytes.exceed()? {
            output.diagnostic(0, &limit);
            return Ok(None);
        }
        Ok(Some(accounts))
    }
}

/// One after the other; documents go out as they come.
fn serial(run: &mut Run, inputs: &[Input], job: &Job) {
    for input in inputs {
        run.begin();
        if run.failed.is_some() {
            return;
        }
        let result = job.translate(input, &mut Live { run, file: &input.name });
        run.end(input, result);
    }
}

/// Files go to the workers in turn, and what is finished is taken in turn: in the order of the
/// inputs. A worker holds its finished file until it is taken, so that there is one for each at
/// most.
fn parallel(run: &mut Run, inputs: &[Input], job: &Job, jobs: usize) {
    thread::scope(|scope| {
        let start = |first| {
            let (give, take) = mpsc::sync_channel(0);
            scope.spawn(move || {
                for input in inputs.iter().skip(first).step_by(jobs) {
                    let mut held = Held::default();
                    let result = job.translate(input, &mut held);
                    if give.send((held, result)).is_err() {
                        return;
                    }
                }
            });
            take
        };
        let workers: Vec<_> = (0..jobs).map(start).collect();
        for (input, worker) in inputs.iter().zip(workers.iter().cycle()) {
            // An error is the panic of a worker, which the scope hands on.
            let Ok((held, result)) = worker.recv() else { return };
            run.begin();
            held.replay(&mut Live { run, file: &input.name });
            run.end(input, result);
            if run.failed.is_some() {
                return;
            }
        }
    });
}

/// Where everything goes, in order.
struct Run {
    destination: Destination,
    outcomes: Option<Whole>,
    trace: Option<Whole>,
    coverage: Option<Style>,
    reporter: Reporter,
    repeats: Option<Repeats>,
    /// What could not be written; nothing is written after it.
    failed: Option<Failure>,
}

impl Run {
    fn attempt(&mut self, attempt: impl FnOnce(&mut Self) -> Result<(), Failure>) {
        if self.failed.is_none() {
            self.failed = attempt(self).err();
        }
    }

    fn begin(&mut self) {
        if let (Destination::Files(..), Some(repeats)) = (&self.destination, &mut self.repeats) {
            repeats.forget();
        }
        self.attempt(|run| run.destination.begin());
    }

    fn end(&mut self, input: &Input, result: io::Result<Option<Accounts>>) {
        let accounts = result.unwrap_or_else(|error| {
            let code = DiagnosticCode::FileUnreadable;
            let unreadable = Diagnostic::new(code, Span::NONE, Place::named("file"));
            self.reporter.report(&input.name, 0, &unreadable, Some(&error));
            None
        });
        self.attempt(|run| run.destination.end(accounts.is_some()));
        self.reporter.flush();
        if let Some(accounts) = accounts {
            self.attempt(|run| match &mut run.trace {
                Some(whole) => {
                    let written = whole.text(&accounts.trace);
                    written.map_err(|error| Failure::Write(whole.name(), error))
                }
                None => Ok(()),
            });
            if let Some(style) = self.coverage {
                let report = || account::report(style, &input.name, accounts.coverage.as_ref());
                self.reporter.progress.aside(report);
            }
        }
        self.reporter.progress.file(input);
    }
}

/// What comes of a file, as it comes.
struct Live<'a> {
    run: &'a mut Run,
    file: &'a str,
}

impl Output for Live<'_> {
    fn document(&mut self, json: &str) {
        self.run.reporter.progress.document();
        if self.run.repeats.as_mut().is_none_or(|repeats| repeats.is_new(json)) {
            self.run.attempt(|run| run.destination.document(json));
        }
    }

    fn diagnostic(&mut self, message: u64, diagnostic: &Diagnostic) {
        self.run.reporter.report(self.file, message, diagnostic, None);
    }

    fn outcome(&mut self, _: u64, json: &str) {
        self.run.attempt(|run| match &mut run.outcomes {
            Some(whole) => whole.line(json).map_err(|error| Failure::Write(whole.name(), error)),
            None => Ok(()),
        });
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.run.attempt(|run| run.destination.flush());
        self.run.reporter.flush();
        if self.run.failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// What came of a file, until it is its turn.
#[derive(Default)]
struct Held {
    documents: String,
    diagnostics: Vec<(u64, Diagnostic)>,
    outcomes: String,
}

impl Held {
    fn replay(&self, output: &mut dyn Output) {
        self.documents.lines().for_each(|json| output.document(json));
        self.diagnostics.iter().for_each(|(message, d)| output.diagnostic(*message, d));
        self.outcomes.lines().for_each(|json| output.outcome(0, json));
    }
}

impl Output for Held {
    fn document(&mut self, json: &str) {
        self.documents.push_str(json);
        self.documents.push('\n');
    }

    fn diagnostic(&mut self, message: u64, diagnostic: &Diagnostic) {
        self.diagnostics.push((message, *diagnostic));
    }

    fn outcome(&mut self, _: u64, json: &str) {
        self.outcomes.push_str(json);
        self.outcomes.push('\n');
    }
}
