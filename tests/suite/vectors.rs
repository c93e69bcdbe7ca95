//! Every file under `vectors/<protocol>/` is a test: its `.expect` was written from the
//! specification, its `.ndjson` and `.diagnostics` are what came out when it was last reviewed.
//! `BLESS=1` writes those two; the diff is the review.

use std::{env, fs};

use iomt::{
    PROTOCOLS,
    account::{Account, Coverage, Fate},
};

use crate::{expect, support};

#[test]
fn every_vector_is_as_expected() {
    let bless = env::var_os("BLESS").is_some();
    let (mut failed, mut count) = (Vec::new(), 0);
    for protocol in PROTOCOLS {
        for vector in support::vectors(protocol.name) {
            count += 1;
            let record = vector.translate(protocol);
            let name = vector.path.file_name().unwrap().to_string_lossy().into_owned();
            let faults = expect::faults(&vector, &record);
            failed.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
            let documents: String = record.documents.iter().map(|d| format!("{d}\n")).collect();
            let stem = support::stem(&vector.path);
            for (extension, got) in [("ndjson", documents), ("diagnostics", record.lines())] {
                let path = stem.with_extension(extension);
                if bless {
                    fs::write(&path, &got).unwrap();
                } else if fs::read_to_string(&path).ok().as_deref() != Some(&got) {
                    failed.push(format!("{name}: {extension} differs from the one blessed"));
                }
            }
        }
    }
    println!("{count} vectors");
    assert!(failed.is_empty(), "{} faults\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for protocol in PROTOCOLS {
        for vector in support::vectors(protocol.name) {
            let (a, b) = (vector.translate(protocol), vector.translate(protocol));
            assert!(a.documents == b.documents && a.diagnostics == b.diagnostics);
        }
    }
}

/// Every part of every vector is in the output, passed over by a rule, or diagnosed.
#[test]
fn nothing_is_lost_in_silence() {
    let (mut all, mut silent) = (Coverage::default(), Vec::new());
    for protocol in PROTOCOLS.iter().filter(|protocol| protocol.parts.is_some()) {
        for vector in support::vectors(protocol.name) {
            let mut record = support::Record::default();
            let mut account = Account::new(&mut record);
            let mut translator = iomt::Translator::new(vector.config());
            translator.file(protocol, &vector.bytes, &mut account);
            let options = translator.options();
            let parts = account.parts(protocol, &options, &vector.bytes).unwrap();
            let count = parts.len();
            let mut coverage = Coverage::default();
            for part in parts {
                coverage.add(part.fate);
                all.add(part.fate);
                if part.fate == Fate::Silent {
                    silent.push(format!("{}: {}", vector.path.display(), part.path));
                }
            }
            assert_eq!(coverage.total(), count as u64);
        }
    }
    println!("parts of the vectors: {all:?}");
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}
