//! The official examples of each version of FHIR, read and checked by the table of that version.

use std::{collections::BTreeSet, fs};

use iomt::{
    fhir::{Tape, Validate, Version, json::Reader},
    validate::Validator,
};

use crate::support::shared;

/// What is wrong with these: the file, the rule.
const WRONG: [(&str, &str); 9] = [
    ("r4/Bundle-10bb101f-a121-4264-a920-67be9cb82c74", "bundle-full-url-id"),
    ("r4/Bundle-3a0707d3-549e-4467-b8b8-5a2ab3800efe", "bundle-full-url-id"),
    ("r4/Bundle-bundle-search-warning", "bundle-full-url-missing"),
    ("r4/Observation-clinical-gender", "reference-target"),
    ("r4/Observation-f202", "vital-effective"),
    ("r4b/devicemetric-example", "reference-target"),
    ("r4b/diagnosticreport-example-lri", "bundle-full-url-id"),
    ("r4b/observation-example-clinical-gender", "reference-target"),
    ("r5/observation-example-f202-temperature", "vital-effective"),
];

#[test]
fn official_examples_fit_their_version() {
    let Some(shared) = shared() else {
        println!("versions: skipped, there is no ../shared");
        return;
    };
    let mut found = BTreeSet::new();
    for version in Version::ALL {
        let mut reader = Reader::new().for_version(version);
        let mut validator = Validator::new().for_version(version);
        let (mut tape, mut issues, mut count) = (Tape::new(), Vec::new(), 0);
        let dir = shared.join("corpora/fhir/examples").join(version.name());
        for path in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            tape.clear();
            issues.clear();
            let bytes = fs::read(&path).unwrap();
            let root = reader.read(&bytes, &mut tape, &mut issues).unwrap();
            validator.validate(&tape, root, &mut issues);
            let name = format!("{version}/{}", path.file_stem().unwrap().to_str().unwrap());
            let errors = issues.iter().filter(|issue| issue.is_error());
            found.extend(errors.map(|issue| (name.clone(), issue.rule.key)));
            count += 1;
        }
        println!("versions: {count} examples of {version}");
        assert!(count > 40);
    }
    let wrong = WRONG.iter().map(|&(name, key)| (name.to_owned(), key)).collect();
    assert_eq!(found, wrong);
}
