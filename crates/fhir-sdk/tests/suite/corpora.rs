//! What we write, and the official examples: all of it goes through fhir-sdk, or is known not to.

use crate::{Convert, VERSIONS};
use fhir_sdk::time::{OffsetDateTime, format_description::well_known::Rfc3339};
use iomt_fhir_sdk::{Error, ErrorKind};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Whether two documents say the same, numbers as f64 and instants as such. Knows nothing of the
/// element table.
fn says_same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let same = |(key, value)| b.get(key).is_some_and(|other| says_same(value, other));
            a.len() == b.len() && a.iter().all(same)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| says_same(a, b))
        }
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::String(a), Value::String(b)) if a != b => {
            let instant = |text| OffsetDateTime::parse(text, &Rfc3339).ok();
            instant(a).is_some() && instant(a) == instant(b)
        }
        _ => ours == theirs,
    }
}

/// A resource there and back; gives whether it lost nothing.
fn there_and_back(convert: Convert, text: &str, name: &str) -> Result<bool, Error> {
    let sdk = convert(text.as_bytes())?;
    assert!(says_same(&serde_json::from_str(text).unwrap(), &sdk.json), "{name}");
    assert_eq!(serde_json::from_str::<Value>(&sdk.back).unwrap(), sdk.json, "{name}");
    assert_eq!(sdk.losses.is_empty(), sdk.ours == sdk.back, "{name}");
    Ok(sdk.losses.is_empty())
}

/// The files of a directory with this ending, by name.
fn files(dir: &Path, ending: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == ending)).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// Documents there and back, with their names: how many lost nothing, how many their spelling;
/// and why the others do not go.
fn all<'a>(
    convert: Convert,
    documents: impl Iterator<Item = (&'a str, &'a str)>,
) -> ([usize; 2], Vec<(&'a str, Error, &'a str)>) {
    let (mut went, mut refused) = ([0; 2], Vec::new());
    for (name, text) in documents {
        match there_and_back(convert, text, name) {
            Ok(whole) => went[usize::from(!whole)] += 1,
            Err(error) => refused.push((name, error, text)),
        }
    }
    (went, refused)
}

#[test]
fn what_we_write() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let files = ["gatt", "hl7v2"].map(|protocol| files(&vectors.join(protocol), "ndjson")).concat();
    let lines = || files.iter().flat_map(|(name, text)| text.lines().map(|line| (&**name, line)));
    for &(version, convert) in VERSIONS {
        let own = |(name, _): &(&str, &str)| name.starts_with("r5-") == (version == "r5");
        let ([whole, spelled], refused) = all(convert, lines().filter(own));
        println!("{version}: {whole} whole, {spelled} otherwise spelled, {} not", refused.len());
        assert!(whole > 0 && spelled > 0 && refused.len() * 10 < whole + spelled, "{version}");
        for (name, error, line) in refused {
            let known = match error.kind() {
                // More digits than an f64 has.
                ErrorKind::Changed => name.contains("digits"),
                // An extension where there should be a value.
                ErrorKind::Refused | ErrorKind::Dropped => line.contains("\"_"),
                _ => false,
            };
            assert!(known, "{name}: {error}");
        }
    }
}

#[test]
fn the_official_examples() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let examples = env::var_os("IOMT_SHARED").map_or(beside, PathBuf::from);
    let examples = examples.join("corpora/fhir/examples");
    if !examples.is_dir() {
        println!("skipped, for {} is not there", examples.display());
        return;
    }
    for &(version, convert) in VERSIONS {
        for corpus in if version == "r5" { &["r5"][..] } else { &["r4", "r4b"] } {
            let files = files(&examples.join(corpus), "json");
            let documents = files.iter().map(|(name, text)| (&**name, &**text));
            let ([whole, spelled], refused) = all(convert, documents);
            println!("{version} of {corpus}: {whole} whole, {spelled} otherwise spelled");
            assert!(whole > 20 && spelled > 10, "{version}");
            for (name, error, _) in refused {
                println!("{version} of {corpus}: {name}: {error}");
                let known = match error.kind() {
                    // Resources that are not ours.
                    ErrorKind::Foreign => true,
                    // 66.899999999999991
                    ErrorKind::Changed => name == "observation-example-body-height.json",
                    _ => false,
                };
                assert!(known, "{name}: {error}");
            }
        }
    }
}
