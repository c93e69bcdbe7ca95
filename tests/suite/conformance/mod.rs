//! The pairs of `corpora/hl7v2/conformance.jsonl`, where `$IOMT_SHARED` or `../shared` has them: what
//! other people's implementations were given, and what they made of it. Every `core` pair passes; a
//! `policy` pair that we do not follow stands in `policy.csv` with our reason.

pub mod paths;
mod types;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
};

use serde_json::{Value, json};

/// What was given, and what is expected.
pub struct Pair {
    pub id: String,
    /// What follows `:` in the operation: a path, a type or a part.
    pub argument: String,
    pub input: Vec<u8>,
    pub expected: Value,
    /// MSH-1 and MSH-2.
    pub delims: String,
    core: bool,
}

impl Pair {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.input).unwrap()
    }
}

/// What came out; an error where it is refused.
pub type Outcome = Result<Value, String>;

type Operation = fn(&Pair) -> Outcome;

/// The operations, by their names before the colon.
const OPERATIONS: &[(&str, Operation)] = &[
    ("charset_of_msh18", types::charset_of_msh18),
    ("dtm", types::dtm_part),
    ("dtm_instant_utc", types::dtm_instant_utc),
    ("dtm_iso", types::dtm_iso),
    ("dtm_offset_minutes", types::dtm_offset_minutes),
    ("dtm_precision", types::dtm_precision),
    ("dtm_roundtrip", types::dtm_roundtrip),
    ("dtm_to_fhir_datetime", types::dtm_to_fhir_datetime),
    ("escape", types::escape),
    ("escape_unescape_identity", types::escape_unescape_identity),
    ("get_text", types::get_text),
    ("is_null", types::is_null),
    ("nm_decimal", types::nm_decimal),
    ("normalize", types::normalize),
    ("reencode_text", types::reencode_text),
    ("sn_parse", types::sn_parse),
    ("unescape", types::unescape),
    ("unescape_diagnostics", types::unescape_diagnostics),
    ("validate", types::normalize),
];

fn read(line: &str) -> (String, Pair) {
    let mut row: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
    let mut text = |key: &str| match row.remove(key) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let operation = text("op");
    let (name, argument) = operation.split_once(':').unwrap_or((&operation, ""));
    let input = text("input");
    let input = match text("input_encoding").as_str() {
        "latin1" => input.chars().map(|c| u8::try_from(c).unwrap()).collect(),
        _ => input.into_bytes(),
    };
    let delims = Some(text("delims")).filter(|d| !d.is_empty());
    let delims = delims.unwrap_or_else(|| "|^~\\&".into());
    let (id, core) = (text("id"), text("tier") == "core");
    let expected = row.remove("expected").unwrap();
    (name.into(), Pair { id, argument: argument.into(), input, expected, delims, core })
}

/// Whether an outcome is the expected one.
fn fits(outcome: &Outcome, expected: &Value) -> bool {
    match outcome {
        Ok(got) => got == expected,
        Err(_) => expected.get("error").is_some(),
    }
}

/// The pairs that we do not follow, and why.
fn policy() -> BTreeMap<String, String> {
    let rows = include_str!("policy.csv").lines().skip(1);
    let row = |line: &str| {
        let (id, reason) = line.split_once(',').unwrap();
        assert!(reason.len() > 10, "{id}: no reason");
        (id.into(), reason.into())
    };
    rows.map(row).collect()
}

#[test]
fn every_pair_passes_or_stands_in_the_list() {
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    let shared = env::var_os("IOMT_SHARED").map_or(beside, PathBuf::from);
    let Ok(file) = fs::read_to_string(shared.join("corpora/hl7v2/conformance.jsonl")) else {
        println!("skipped: no conformance.jsonl");
        return;
    };
    let policy = policy();
    let (mut failed, mut seen) = (Vec::new(), BTreeSet::new());
    let (mut passed, mut not_followed) = (0_usize, 0_usize);
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    for (name, pair) in file.lines().map(read) {
        let Some((_, run)) = OPERATIONS.iter().find(|(known, _)| *known == name) else {
            *others.entry(name).or_default() += 1;
            continue;
        };
        let outcome = run(&pair);
        let listed = policy.contains_key(&pair.id);
        seen.insert(pair.id.clone());
        match (fits(&outcome, &pair.expected), listed) {
            (true, false) => passed += 1,
            (false, true) if !pair.core => not_followed += 1,
            (passes, _) => {
                let got = outcome.unwrap_or_else(|error| json!({ "error": error }));
                let why = if passes { "passes, but stands in policy.csv" } else { "fails" };
                let Pair { id, argument, expected, .. } = &pair;
                let input = pair.input.escape_ascii();
                failed.push(format!(
                    "{id} {name}:{argument} {why}: {input}\n    {got}\n    {expected}"
                ));
            }
        }
    }
    let unknown = policy.keys().filter(|id| !seen.contains(*id));
    failed.extend(unknown.map(|id| format!("{id} stands in policy.csv, but is not run")));
    println!("{passed} pairs pass, {not_followed} are not followed, not run: {others:?}");
    assert!(failed.is_empty(), "{} faults\n{}", failed.len(), failed.join("\n"));
}
