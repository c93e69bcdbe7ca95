//! The registry is whole: every protocol is found by its name and by its files, and every
//! diagnostic has a case that makes it fire.

use std::collections::BTreeSet;

use iomt::{DiagnosticCode, PROTOCOLS};

use crate::support;

#[test]
fn protocols_are_found_by_name_and_by_their_files() {
    for protocol in PROTOCOLS {
        assert_eq!(iomt::protocol(protocol.name).map(|p| p.name), Some(protocol.name));
        assert!(!protocol.specs.is_empty());
        for vector in support::vectors(protocol.name) {
            if let Some(found) = iomt::detect(&vector.bytes) {
                assert_eq!(found.name, protocol.name, "{}", vector.path.display());
            }
        }
    }
    assert!(iomt::detect(b"hello").is_none() && iomt::detect(b"").is_none());
}

#[test]
fn every_diagnostic_fires() {
    let mut fired = crate::seam::fired();
    for protocol in PROTOCOLS {
        for vector in support::vectors(protocol.name) {
            fired.extend(vector.translate(protocol).diagnostics.iter().map(|(_, d)| d.code));
        }
    }
    // The command alone knows files.
    fired.extend([DiagnosticCode::FormatUnknown, DiagnosticCode::FileUnreadable]);
    let silent: BTreeSet<_> =
        DiagnosticCode::ALL.iter().filter(|c| !fired.contains(c)).map(|c| c.name()).collect();
    assert!(silent.is_empty(), "no case makes these fire: {silent:?}");
}
