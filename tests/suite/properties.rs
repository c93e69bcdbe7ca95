//! Laws: no input makes it panic, hang or write what is not valid FHIR.

use std::iter;

use iomt::fhir::{NodeId, Tape, Validate, Version, json};
use iomt::validate::Validator;
use iomt::{BundleKind, Config, Form, Limits, PROTOCOLS, Protocol, Translator};
use proptest::prelude::*;

use crate::support::{Record, translate, vectors};

/// Every document is read back without an issue, and is valid by itself.
pub fn check(record: &Record) {
    check_in(Version::R4, record);
}

fn check_in(version: Version, record: &Record) {
    let mut reader = json::Reader::new().for_version(version);
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    let mut validator = Validator::new().for_version(version);
    for document in &record.documents {
        issues.clear();
        let root: Option<NodeId> = reader.read(document.as_bytes(), &mut tape, &mut issues);
        let root = root.expect("a document");
        validator.validate(&tape, root, &mut issues);
        let bad: Vec<_> = issues.iter().filter(|i| i.is_error()).collect();
        assert!(bad.is_empty(), "{bad:?}\n{document}");
        let mut again = String::new();
        json::write(&tape, root, &mut again);
        assert_eq!(&again, document, "it is canonical");
    }
}

#[test]
fn every_document_of_every_vector_is_valid_and_canonical() {
    for protocol in PROTOCOLS {
        for vector in vectors(protocol.name) {
            check_in(vector.config().fhir, &vector.translate(protocol));
            for bundle in [BundleKind::Transaction, BundleKind::Batch, BundleKind::Collection] {
                let mut config = vector.config();
                (config.to, config.bundle, config.provenance) = (Form::Bundle, bundle, true);
                check_in(config.fhir, &translate(protocol, &vector.bytes, config.clone()));
            }
            for version in [Version::R4B, Version::R5] {
                let mut config = vector.config();
                config.fhir = version;
                check_in(version, &translate(protocol, &vector.bytes, config));
            }
        }
    }
}

/// A message three times as it is, then with one digit of a number changed, of every few: to another
/// one, or to what JSON, a URI or a code does not have.
fn alike(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let inner = |at: &usize| bytes[at - 1..=at + 1].iter().all(u8::is_ascii_digit);
    let digits: Vec<_> = (1..bytes.len().saturating_sub(1)).filter(inner).collect();
    let step = digits.len() / 6 + 1;
    let changed = digits.into_iter().step_by(step).zip(b"91\" 3x".iter().cycle());
    let changed = changed.map(|(at, byte)| {
        let mut bytes = bytes.to_vec();
        bytes[at] = *byte;
        bytes
    });
    iter::repeat_n(bytes.to_vec(), 3).chain(changed)
}

/// What is remembered of resources makes them faster, never others.
#[test]
fn templates_change_nothing() {
    let mut without = Limits::DEFAULT;
    without.templates = 0;
    for to in [Form::Ndjson, Form::Bundle] {
        for protocol in PROTOCOLS {
            let mut config = Config::default();
            (config.to, config.subject) = (to, Some("Patient/p1".into()));
            let mut with = Translator::new(config.clone());
            let mut without = Translator::with_limits(config, without);
            for vector in vectors(protocol.name) {
                for bytes in alike(&vector.bytes) {
                    let (mut a, mut b) = (Record::default(), Record::default());
                    with.file(protocol, &bytes, &mut a);
                    without.file(protocol, &bytes, &mut b);
                    assert_eq!(a.documents, b.documents, "{}", vector.path.display());
                    assert_eq!(a.diagnostics, b.diagnostics, "{}", vector.path.display());
                }
            }
        }
    }
}

fn mutant() -> impl Strategy<Value = (&'static Protocol, Vec<u8>)> {
    let all: Vec<(&'static Protocol, Vec<u8>)> = PROTOCOLS
        .iter()
        .flat_map(|protocol| vectors(protocol.name).into_iter().map(move |v| (protocol, v.bytes)))
        .collect();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<u8>()), 1..6);
    (prop::sample::select(all), edits).prop_map(|((protocol, mut bytes), edits)| {
        for (at, kind, byte) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
        }
        (protocol, bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutants_give_valid_documents((protocol, bytes) in mutant()) {
        for to in [Form::Ndjson, Form::Bundle] {
            let mut config = Config::default();
            (config.to, config.subject) = (to, Some("Patient/p1".into()));
            let record = translate(protocol, &bytes, config);
            check(&record);
            for (_, diagnostic) in &record.diagnostics {
                let span = diagnostic.span;
                prop_assert!(!span.is_some() || span.end() as usize <= bytes.len(), "{diagnostic:?}");
            }
        }
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for protocol in PROTOCOLS {
            check(&translate(protocol, &bytes, Config::default()));
        }
    }
}
