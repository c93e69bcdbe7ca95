//! Published examples and broken ones, where they are at hand: `$IOMT_SHARED`, else `../shared`
//! beside the repository. Without them the tests say so.
#![expect(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use iomt_fhir::{Tape, Validate, json};
use iomt_validate::Validator;
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Broken in prose alone: `SampledData.data` is a string, and any string may be an identifier's.
const LEGAL: &[&str] = &["41-sampled-data-regex", "47-uuid-upper"];

/// What the reference validator takes, and we do not.
const STRICTER: &[(&str, &str)] = &[
    // It does not look at the type that a reference names, unless it is told to.
    ("Observation-clinical-gender.json", "reference-target"),
    // Comments are JSON5, not JSON.
    ("json-comments-1.json", "json-syntax"),
    ("json-comments-2.json", "json-syntax"),
];

fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = env::var_os("IOMT_SHARED").map_or(root, PathBuf::from);
    if path.join("oracle/java/recorded.jsonl").exists() {
        return Some(path);
    }
    println!("skipped: the corpus is not there");
    None
}

/// What was read and checked: the errors by key and path, and whether every type was checked.
fn errors(file: &Path) -> (Vec<(&'static str, String)>, bool) {
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    if let Some(root) = json::read(&fs::read(file).unwrap(), &mut tape, &mut issues) {
        Validator::new().validate(&tape, root, &mut issues);
    }
    let errors = issues.iter().filter(|issue| issue.is_error());
    let errors = errors.map(|issue| (issue.rule.key, issue.path(&tape).to_string())).collect();
    (errors, !issues.iter().any(|issue| issue.rule.key == "unchecked-type"))
}

/// What the reference validator said of the JSON files of a set in R4, without further profiles:
/// file, and whether it is valid.
fn recorded(root: &Path, set: &str) -> Vec<(PathBuf, bool)> {
    let text = fs::read_to_string(root.join("oracle/java/recorded.jsonl")).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let base = |row: &Value| row.get("run").is_none_or(|run| run == "base");
    let rows = rows.filter(|row| row["set"] == set && row["fhir"] == "r4" && base(row));
    let rows =
        rows.map(|row| (root.join(row["file"].as_str().unwrap()), row["verdict"] == "valid"));
    rows.filter(|row| row.0.extension().is_some_and(|e| e == "json")).collect()
}

fn name(file: &Path) -> &str {
    file.file_name().unwrap().to_str().unwrap()
}

#[test]
fn mutants_are_rejected() {
    let Some(root) = shared() else { return };
    let text = fs::read_to_string(root.join("oracle/mutants-expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let (mut rejected, mut wrong) = (0_u32, Vec::new());
    for (name, what) in expected.as_object().unwrap() {
        let (errors, _) = errors(&root.join(format!("oracle/mutants/{name}.json")));
        let good = what == "valid" || LEGAL.contains(&name.as_str());
        rejected = rejected.saturating_add(u32::from(!errors.is_empty()));
        if errors.is_empty() != good {
            wrong.push((name, errors));
        }
    }
    println!("{rejected} mutants rejected");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(rejected, 52);
}

/// No false alarm: what the reference validator takes, we take.
#[test]
fn what_the_reference_validator_takes() {
    let Some(root) = shared() else { return };
    for (set, at_least) in [("example", 180), ("validator", 60)] {
        let (mut same, mut missed, mut wrong) = (0_u32, 0_u32, Vec::new());
        let rows = recorded(&root, set);
        let total = rows.len();
        for (file, valid) in rows {
            let (errors, _) = errors(&file);
            match (errors.is_empty(), valid) {
                (true, false) => missed = missed.saturating_add(1),
                (false, true) => {
                    let name = name(&file);
                    let known = |key: &str| STRICTER.contains(&(name, key));
                    if !errors.iter().all(|(key, _)| known(key)) {
                        wrong.push((name.to_owned(), errors));
                    }
                }
                _ => same = same.saturating_add(1),
            }
        }
        println!("{set}: {total} files, {same} alike, {missed} errors that we do not look for");
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(same >= at_least, "{set}: {same}");
    }
}

/// What is read is written again with the same content, and then to the byte.
#[test]
fn examples_go_round() {
    let Some(root) = shared() else { return };
    let (mut files, mut bytes) = (0_u32, 0_usize);
    for (file, _) in recorded(&root, "example") {
        let input = fs::read(&file).unwrap();
        let (mut tape, mut issues) = (Tape::new(), Vec::new());
        let Some(id) = json::read(&input, &mut tape, &mut issues) else { continue };
        if issues.iter().any(|issue| issue.is_error()) {
            continue;
        }
        let mut once = Vec::new();
        json::write(&tape, id, &mut once);
        let [before, after] =
            [&input, &once].map(|text| serde_json::from_slice::<Value>(text).unwrap());
        assert!(before == after, "{}", file.display());
        tape.clear();
        let id = json::read(&once, &mut tape, &mut issues).unwrap();
        let mut twice = Vec::new();
        json::write(&tape, id, &mut twice);
        assert!(once == twice, "{}", file.display());
        files = files.saturating_add(1);
        bytes = bytes.saturating_add(once.len());
    }
    println!("{files} examples, {bytes} bytes");
    assert!(files > 150, "{files}");
}
