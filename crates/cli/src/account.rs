//! `iomt translate --trace` and `--coverage`: what became of each part of the inputs.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use iomt::{
    Output, Protocol, Translator,
    account::{Account, Coverage, Fate, path_of},
};
use serde::Serialize;

use crate::diagnostics::Style;

/// What is wanted.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted {
    pub(crate) trace: bool,
    pub(crate) coverage: bool,
}

impl Wanted {
    pub(crate) const fn any(self) -> bool {
        self.trace || self.coverage
    }
}

/// What became of the parts of a file.
#[derive(Default)]
pub(crate) struct Accounts {
    /// A JSON object a line.
    pub(crate) trace: String,
    /// With the paths of what is silent; `None` where the protocol does not account for its parts.
    pub(crate) coverage: Option<(Coverage, Vec<String>)>,
}

/// An element as a JSON line.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    message: u64,
    resource: &'a str,
    id: &'a str,
    element: &'a str,
    path: &'a str,
    offset: u32,
    len: u32,
}

/// Translates a file, and keeps account of it.
pub(crate) fn translate(
    wanted: Wanted,
    mut translator: Translator,
    protocol: &Protocol,
    (name, bytes): (&str, &[u8]),
    output: &mut dyn Output,
) -> Accounts {
    let mut accounts = Accounts::default();
    let mut account = Account::new(output);
    translator.file(protocol, bytes, &mut account);
    let parts = account.parts(protocol, &translator.options(), bytes);
    if wanted.trace {
        let parts = parts.as_deref().unwrap_or_default();
        for traced in account.traced() {
            let line = Line {
                file: name,
                message: traced.message,
                resource: traced.resource,
                id: &traced.id.to_string(),
                element: &traced.element,
                path: path_of(parts, traced.span),
                offset: traced.span.offset,
                len: traced.span.len,
            };
            accounts.trace.push_str(&serde_json::to_string(&line).unwrap_or_default());
            accounts.trace.push('\n');
        }
    }
    if wanted.coverage {
        accounts.coverage = parts.map(|parts| {
            let mut coverage = Coverage::default();
            parts.iter().for_each(|part| coverage.add(part.fate));
            let silent = parts.into_iter().filter(|part| part.fate == Fate::Silent);
            (coverage, silent.map(|part| part.path).collect())
        });
    }
    accounts
}

/// A coverage as a JSON line.
#[derive(Serialize)]
struct Shares<'a> {
    file: &'a str,
    parts: u64,
    mapped: u64,
    structural: u64,
    ignored: &'a std::collections::BTreeMap<&'static str, u64>,
    diagnosed: u64,
    silent: u64,
    silent_parts: &'a [String],
}

/// Reports what became of the parts of a file on standard error.
pub(crate) fn report(style: Style, file: &str, coverage: Option<&(Coverage, Vec<String>)>) {
    let Some((coverage, silent_parts)) = coverage else {
        // Nobody else is there to be told.
        let _ = writeln!(io::stderr(), "{file}: the parts of this format are not accounted for");
        return;
    };
    let parts = coverage.total();
    let Coverage { mapped, structural, ignored, diagnosed, silent, .. } = coverage;
    let (mapped, structural, diagnosed, silent) = (*mapped, *structural, *diagnosed, *silent);
    let text = match style {
        Style::Json => {
            let counts = Shares {
                file,
                parts,
                mapped,
                structural,
                ignored,
                diagnosed,
                silent,
                silent_parts,
            };
            serde_json::to_string(&counts).unwrap_or_default()
        }
        Style::Text => {
            let share = |count: u64| {
                let tenths = count.saturating_mul(1000).checked_div(parts).unwrap_or(0);
                format!("{count} ({}.{} %)", tenths / 10, tenths % 10)
            };
            let mut text = format!(
                "{file}: {parts} parts: {} mapped, {} structural",
                share(mapped),
                share(structural)
            );
            for (rule, count) in ignored {
                // Writing into a String does not fail.
                let _ = write!(text, ", {} ignored ({rule})", share(*count));
            }
            let _ = write!(text, ", {} diagnosed, {} silent", share(diagnosed), share(silent));
            for path in silent_parts {
                let _ = write!(text, "\n{file}: silent {path}");
            }
            text
        }
    };
    let _ = writeln!(io::stderr(), "{text}");
}
