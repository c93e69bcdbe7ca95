//! The statements of `.expect` files; `vectors/README.md` has their grammar.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::support::{Record, Vector};

pub type Object<'a> = BTreeMap<String, &'a RawValue>;

/// What of a vector's expectations does not hold.
pub fn faults(vector: &Vector, record: &Record) -> Vec<String> {
    let lines = vector.expect.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    // Those of the v2-to-FHIR map have a test of their own.
    let lines = lines.filter(|line| !line.starts_with("row "));
    let failed = |line: &str| fault(line, record).map(|why| format!("{line}\n    {why}"));
    lines.filter_map(failed).collect()
}

fn fault(line: &str, record: &Record) -> Option<String> {
    if let Some(rest) = line.strip_prefix("count ") {
        let (kind, want) = rest.split_once('=').expect("count KIND = N");
        let got = resources(record, kind.trim()).len();
        return (got.to_string() != want.trim()).then(|| format!("there are {got}"));
    }
    if let Some(rest) = line.strip_prefix("no diagnostic ") {
        let found = record.diagnostics.iter().any(|(_, d)| d.code.name() == rest.trim());
        return found.then(|| "it is there".into());
    }
    if let Some(rest) = line.strip_prefix("diagnostic ") {
        let (code, place) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
        let fits = |place_of: String| place.is_empty() || place_of == place;
        let mut all = record.diagnostics.iter();
        let found = all.any(|(_, d)| d.code.name() == code && fits(d.place.to_string()));
        return (!found).then(|| format!("there are:\n{}", record.lines()));
    }
    if line == "rejected" {
        let rejected = |name: &str| matches!(name, "Rejected" | "LimitExceeded");
        let found = record.diagnostics.iter().any(|(_, d)| rejected(d.code.name()));
        return (!found).then(|| "no message was rejected".into());
    }
    if let Some(path) = line.strip_suffix(" absent") {
        return find(record, path.trim()).map(|got| format!("it is {got}"));
    }
    let (path, want) = line.split_once(" = ").unwrap_or_else(|| panic!("not a statement: {line}"));
    match find(record, path.trim()) {
        None => Some("it is not there".into()),
        Some(got) => (!contains(got, want.trim())).then(|| format!("it is {got}")),
    }
}

/// The resources of a type, in the order of the output.
fn resources<'a>(record: &'a Record, kind: &str) -> Vec<&'a str> {
    let start = format!("{{\"resourceType\":\"{kind}\"");
    record.documents.iter().map(String::as_str).filter(|d| d.starts_with(&start)).collect()
}

/// The JSON text at `Observation[0].value.x[1]`.
fn find<'a>(record: &'a Record, path: &str) -> Option<&'a str> {
    let mut steps = path.split('.');
    let (kind, index) = indexed(steps.next()?);
    let mut at = *resources(record, kind).get(index.unwrap_or(0))?;
    for step in steps {
        let (name, index) = indexed(step);
        at = serde_json::from_str::<Object<'a>>(at).ok()?.get(name)?.get();
        if let Some(index) = index {
            at = serde_json::from_str::<Vec<&'a RawValue>>(at).ok()?.get(index)?.get();
        }
    }
    Some(at)
}

fn indexed(step: &str) -> (&str, Option<usize>) {
    match step.split_once('[') {
        None => (step, None),
        Some((name, index)) => (name, index.strip_suffix(']').and_then(|n| n.parse().ok())),
    }
}

/// Whether `got` has everything that `want` has. Numbers are compared by their written digits.
pub fn contains(got: &str, want: &str) -> bool {
    if let Ok(want) = serde_json::from_str::<Object<'_>>(want) {
        let Ok(got) = serde_json::from_str::<Object<'_>>(got) else { return false };
        return want.iter().all(|(k, v)| got.get(k).is_some_and(|g| contains(g.get(), v.get())));
    }
    if let Ok(want) = serde_json::from_str::<Vec<&RawValue>>(want) {
        let Ok(got) = serde_json::from_str::<Vec<&RawValue>>(got) else { return false };
        return want.iter().all(|w| got.iter().any(|g| contains(g.get(), w.get())));
    }
    match serde_json::from_str::<String>(want) {
        Ok(want) => serde_json::from_str::<String>(got).is_ok_and(|got| got == want),
        Err(_) => got == want,
    }
}

#[test]
fn numbers_are_compared_by_their_digits() {
    assert!(contains("72.0", "72.0") && !contains("72", "72.0"));
    assert!(contains(r#"[{"a":1,"b":"x"},{"a":2}]"#, r#"[{"a":2}]"#));
    assert!(!contains(r#"[{"a":1}]"#, r#"[{"a":1,"b":2}]"#));
    assert!(contains(r#""\u0041""#, r#""A""#));
}
