//! Every file under `vectors/<protocol>/` is a test: its `.expect` was written from the
//! specification, its `.ndjson` and `.diagnostics` are what came out when it was last reviewed.
//! `BLESS=1` writes those two; the diff is the review.

use std::{env, fs};

use iomt::PROTOCOLS;

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
