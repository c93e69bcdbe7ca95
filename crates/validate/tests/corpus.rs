//! Published examples and broken ones, where they are at hand: `$IOMT_SHARED`, else `../shared`
//! beside the repository. Without them the tests say so.
#![expect(clippy::print_stdout, reason = "a test says what it ran")]

use iomt_fhir::{Issue, Tape, Validate, json};
use iomt_validate::Validator;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

fn shared(inside: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = env::var_os("IOMT_SHARED").map_or(root, PathBuf::from).join(inside);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {inside} is not there");
    None
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "json"));
    files.sort();
    files
}

/// Reads and checks; the errors by key and path.
fn errors(bytes: &[u8]) -> (Vec<String>, Vec<Issue>) {
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    if let Some(root) = json::read(bytes, &mut tape, &mut issues) {
        Validator::new().validate(&tape, root, &mut issues);
    }
    let errors = issues.iter().filter(|issue| issue.is_error());
    (errors.map(|i| format!("{} {}", i.rule.key, i.path(&tape))).collect(), issues)
}

#[test]
fn mutants() {
    let Some(folder) = shared("oracle/mutants") else { return };
    for file in json_files(&folder) {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let (errors, _) = errors(&fs::read(&file).unwrap());
        println!("{name}: {errors:?}");
    }
}

#[test]
fn examples() {
    let Some(root) = shared("corpora/fhir/examples") else { return };
    let recorded: BTreeMap<String, bool> = BTreeMap::new();
    let _ = recorded;
    for set in ["r4", "phd", "uscore9"] {
        for file in json_files(&root.join(set)) {
            let (errors, issues) = errors(&fs::read(&file).unwrap());
            if !errors.is_empty() || issues.iter().any(|i| i.rule.key == "unchecked-type") {
                println!("{} {errors:?} {}", file.display(), issues.len());
            }
        }
    }
}
