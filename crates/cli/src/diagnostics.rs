//! Diagnostics on standard error.

use std::{
    fmt::{Display, Write as _},
    io::{self, Write as _},
};

use iomt::{Diagnostic, Severity};
use serde::Serialize;

use crate::progress::Progress;

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Style {
    /// For people
    Text,
    /// A JSON object a line
    Json,
}

/// A diagnostic as a JSON line.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    message: u64,
    code: &'a str,
    severity: &'a str,
    offset: Option<u32>,
    len: Option<u32>,
    path: &'a str,
}

/// Something to report.
pub(crate) struct Found<'a> {
    pub(crate) code: &'a str,
    pub(crate) severity: Severity,
    pub(crate) offset: Option<u32>,
    pub(crate) len: u32,
    pub(crate) place: &'a dyn Display,
    pub(crate) meaning: &'a str,
}

/// Writes diagnostics, and knows whether one was an error.
pub(crate) struct Reporter {
    style: Style,
    verbose: bool,
    pub(crate) progress: Progress,
    pub(crate) errors: bool,
    text: String,
    place: String,
}

impl Reporter {
    pub(crate) fn new(style: Style, verbose: bool, progress: Progress) -> Self {
        let (text, place) = (String::new(), String::new());
        Self { style, verbose, progress, errors: false, text, place }
    }

    /// Reports a diagnostic of message `message` of a file, 0 for the file; `why` is what the
    /// system says.
    pub(crate) fn report(
        &mut self,
        file: &str,
        message: u64,
        diagnostic: &Diagnostic,
        why: Option<&io::Error>,
    ) {
        let Diagnostic { code, severity, span, place, .. } = diagnostic;
        let found = Found {
            code: code.name(),
            severity: *severity,
            offset: span.is_some().then_some(span.offset),
            len: span.len,
            place,
            meaning: code.meaning(),
        };
        self.found(file, message, &found, why);
    }

    /// [`report`](Self::report) of what is found.
    pub(crate) fn found(
        &mut self,
        file: &str,
        message: u64,
        found: &Found<'_>,
        why: Option<&io::Error>,
    ) {
        let Found { code, severity, offset, len, place, meaning } = *found;
        self.errors |= severity == Severity::Error;
        self.place.clear();
        // Writing to a String does not fail.
        let _ = write!(self.place, "{place}");
        match self.style {
            Style::Json => {
                let line = Line {
                    file,
                    message,
                    code,
                    severity: severity.as_str(),
                    offset,
                    len: offset.map(|_| len),
                    path: &self.place,
                };
                self.text.push_str(&serde_json::to_string(&line).unwrap_or_default());
            }
            Style::Text if severity == Severity::Information && !self.verbose => return,
            Style::Text => {
                let _ = write!(self.text, "{file}:");
                if message > 0 {
                    let _ = write!(self.text, "{message}:");
                }
                let _ = write!(self.text, " {} {code}", severity.as_str());
                if !self.place.is_empty() {
                    let _ = write!(self.text, " {}", self.place);
                }
                if let Some(offset) = offset {
                    let _ = write!(self.text, " at {offset}");
                }
                let _ = write!(self.text, ": {meaning}");
                if let Some(why) = why {
                    let _ = write!(self.text, " {why}.");
                }
            }
        }
        self.text.push('\n');
        if self.text.len() > 16 << 10 {
            self.flush();
        }
    }

    /// Writes what was reported.
    pub(crate) fn flush(&mut self) {
        if !self.text.is_empty() {
            // Where standard error is closed, nobody wants to know.
            self.progress.aside(|| drop(io::stderr().write_all(self.text.as_bytes())));
            self.text.clear();
        }
    }
}
