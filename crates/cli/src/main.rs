//! The `iomt` command: files in, data on standard output, diagnostics on standard error. What a
//! sub-command does is in the library; here are files, options and the order of things.

mod account;
mod completions;
mod config;
mod convert;
mod definitions;
mod diagnostics;
mod formats;
mod input;
mod inspect;
mod output;
mod progress;
mod repeats;
mod resources;
mod translate;
mod validate;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

/// From device messages and HL7 v2 feeds to validated FHIR.
#[derive(Parser)]
#[command(name = "iomt", version, about)]
#[command(
    after_help = "Exit status: 0 all fine, 1 some input was rejected or has errors, 2 usage."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Translate messages and readings to FHIR
    Translate(Box<translate::Arguments>),
    /// Show a message as a tree with offsets, with its content
    Inspect(inspect::Arguments),
    /// Write FHIR resources in another format
    Convert(convert::Arguments),
    /// Check FHIR resources
    Validate(validate::Arguments),
    /// List the formats of this build
    Formats(formats::Arguments),
    /// Show or check what a site may decide
    Config(config::Arguments),
    /// Write a completion script for a shell
    Completions(completions::Arguments),
}

/// How a command ended that did what it was asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    /// All fine.
    Fine,
    /// Some input was rejected or has errors.
    Errors,
}

/// Why a command could not do what it was asked.
enum Failure {
    /// What was asked makes no sense.
    Usage(String),
    /// Something could not be written.
    Write(String, io::Error),
}

impl Failure {
    fn stdout(error: io::Error) -> Self {
        Self::Write("standard output".into(), error)
    }
}

type Ended = Result<Verdict, Failure>;

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Translate(arguments) => translate::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Convert(arguments) => convert::run(&arguments),
        Command::Validate(arguments) => validate::run(&arguments),
        Command::Formats(arguments) => formats::run(&arguments),
        Command::Config(arguments) => config::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    };
    match ended {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Errors) => ExitCode::FAILURE,
        // Whoever read our output has had enough of it.
        Err(Failure::Write(_, error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Write(name, error)) => {
            complain(&format!("{name} cannot be written: {error}"));
            ExitCode::FAILURE
        }
        Err(Failure::Usage(text)) => {
            complain(&text);
            ExitCode::from(2)
        }
    }
}

fn complain(text: &str) {
    // There is nobody else to tell.
    let _ = writeln!(io::stderr(), "iomt: {text}");
}
