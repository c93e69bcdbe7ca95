//! Every seed and every vector through every body, on stable Rust.

use std::fs;
use std::path::{Path, PathBuf};

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 8] = [
    ("hl7v2", iomt_fuzz::hl7v2),
    ("hl7v2_diff", iomt_fuzz::hl7v2_diff),
    ("mllp_stream", iomt_fuzz::mllp_stream),
    ("gatt", iomt_fuzz::gatt),
    ("translate", iomt_fuzz::translate),
    ("fhir_json", iomt_fuzz::fhir_json),
    ("fhir_xml", iomt_fuzz::fhir_xml),
    ("fhir_roundtrip", iomt_fuzz::fhir_roundtrip),
];

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap_or_else(|_| panic!("{} is missing", dir.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty(), "{} is empty", dir.display());
    files.sort();
    files
}

/// Names the file that is at work where a body panics.
struct Named<'a>(&'a str, &'a Path);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}: {}", self.0, self.1.display());
        }
    }
}

fn run(path: &Path, bytes: &[u8]) {
    for (name, body) in TARGETS {
        let _named = Named(name, path);
        body(bytes);
    }
}

#[test]
fn seeds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, _) in TARGETS {
        for path in files(&corpus.join(name)) {
            run(&path, &fs::read(&path).unwrap());
        }
    }
}

#[test]
fn vectors() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let protocols = iomt::PROTOCOLS.iter().map(|protocol| protocol.name);
    for dir in protocols.chain(["fhir"]) {
        for path in files(&vectors.join(dir)) {
            let bytes = fs::read(&path).unwrap();
            run(&path, &bytes);
            // Vectors of HL7 have a segment a line.
            let segments: Vec<u8> =
                bytes.iter().map(|b| if *b == b'\n' { b'\r' } else { *b }).collect();
            run(&path, &segments);
        }
    }
}

/// A fuzzer finds strange inputs; here are the short ones.
#[test]
fn short_inputs() {
    for a in 0..=u8::MAX {
        for b in 0..=u8::MAX {
            iomt_fuzz::gatt(&[a, b, a, b, a, b, a]);
            iomt_fuzz::gatt(&[0, 9, a, b, a, b, a, b, a, b, a]);
            iomt_fuzz::gatt(&[1, 7, a, b, a, b, a, b, a]);
        }
        let header = [b'M', b'S', b'H', a, b'^', b'~', a, b'\\'];
        (0..header.len()).for_each(|end| iomt_fuzz::hl7v2(&header[..end]));
    }
}
