//! What HL7 publishes, where `$IOMT_SHARED` or `../shared` has it; elsewhere *skipped*.

use std::fs;
use std::path::{Path, PathBuf};

use iomt::fhir::{
    Format, Version,
    definitions::{Definitions, Types},
    json::Layout,
};
use serde_json::Value;

use super::Read;
use super::lexical::tree;
use crate::support::shared;

/// The files of a directory, in order.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap_or_else(|_| panic!("{} is missing", dir.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What was read comes back from JSON and from XML, compact and pretty, with all its texts.
fn comes_back(name: &str, read: &Read) {
    let (json, nodes) = (read.to_json(), read.nodes());
    assert_eq!(read.again(Format::Json, &json).nodes(), nodes, "{name}: JSON");
    for layout in [Layout::Compact, Layout::Pretty] {
        let mut laid_out = String::new();
        iomt::fhir::json::lay_out(&json, layout, &mut laid_out);
        assert_eq!(read.again(Format::Json, &laid_out).nodes(), nodes, "{name}: JSON, {layout:?}");
        let xml = read.to_xml(layout).unwrap_or_else(|issues| panic!("{name}: {issues:?}"));
        let again = read.again(Format::Xml, &xml);
        assert_eq!(again.lines(), "", "{name}: {layout:?}");
        assert_eq!(again.nodes(), nodes, "{name}: XML, {layout:?}");
        assert_eq!(again.to_json(), json, "{name}: {layout:?}");
    }
}

/// All types of a version.
fn definitions(shared: &Path, version: Version) -> Types {
    let dir = shared.join("fhir-definitions").join(version.name()).join("StructureDefinition");
    let mut all = Definitions::new(version);
    for path in files(&dir) {
        all.add(&fs::read(&path).unwrap()).unwrap();
    }
    let types = all.types();
    let left_out: Vec<_> = types.left_out().collect();
    println!("{version}: {} types of definitions, left out {left_out:?}", types.len());
    types
}

#[test]
fn examples_are_read_and_written_as_they_are() {
    let Some(shared) = shared() else {
        println!("examples: skipped, there is no ../shared");
        return;
    };
    let (mut whole, mut foreign) = (0, 0);
    let types = Version::ALL.map(|version| definitions(&shared, version));
    let guides = [
        ("r4", Version::R4),
        ("phd", Version::R4),
        ("uscore9", Version::R4),
        ("r4b", Version::R4B),
        ("r5", Version::R5),
    ];
    for (guide, version) in guides {
        for path in files(&shared.join("corpora/fhir/examples").join(guide)) {
            let name = path.display().to_string();
            let input = fs::read_to_string(&path).unwrap();
            let read = Read::of(Format::Json, version, input.as_bytes());
            assert!(read.root.is_some(), "{name}: {}", read.lines());
            assert_eq!(tree(&read.to_json()), tree(&input), "{name}: {}", read.lines());
            if read.is_foreign() {
                foreign += 1;
                assert!(read.to_xml(Layout::Compact).unwrap_err().contains(&"foreign-type"));
                let at = Version::ALL.iter().position(|known| *known == version).unwrap();
                let read = Read::with(&types[at], Format::Json, version, input.as_bytes());
                assert_eq!(tree(&read.to_json()), tree(&input), "{name}: {}", read.lines());
                assert!(!read.is_foreign() && read.lines().is_empty(), "{name}: {}", read.lines());
                comes_back(&name, &read);
            } else {
                whole += 1;
                assert_eq!(read.lines(), "", "{name}");
                comes_back(&name, &read);
            }
        }
    }
    for path in files(&shared.join("corpora/fhir/examples/pocd")) {
        let name = path.display().to_string();
        let read = Read::of(Format::Xml, Version::R4, &fs::read(&path).unwrap());
        assert!(read.root.is_some() && read.lines().is_empty(), "{name}: {}", read.lines());
        comes_back(&name, &read);
        whole += 1;
    }
    println!("examples: {whole} in both formats, {foreign} with types of others");
    assert!(whole > 300);
}

/// XML that the reference validator accepts is read without an error.
#[test]
fn what_the_reference_accepts_is_read() {
    let Some(shared) = shared() else {
        println!("XML of the reference: skipped, there is no ../shared");
        return;
    };
    let (mut read_well, mut others) = (0, 0);
    for case in files(&shared.join("corpora/fhir/validator")) {
        let facts = fs::read(case.join("case.json")).unwrap();
        let facts: Value = serde_json::from_slice(&facts).unwrap();
        let file = facts["file"].as_str().unwrap();
        let base = &facts["expected_base"];
        let accepted = base["error"] == 0 && base["fatal"] == 0;
        if !file.ends_with(".xml") || !accepted {
            continue;
        }
        let version = facts["fhirVersion"].as_str().unwrap().parse().unwrap();
        let name = case.display().to_string();
        let read = Read::of(Format::Xml, version, &fs::read(case.join(file)).unwrap());
        if read.is_foreign() {
            others += 1;
            continue;
        }
        assert!(read.root.is_some(), "{name}: {}", read.lines());
        assert!(!read.issues.iter().any(|issue| issue.is_error()), "{name}: {}", read.lines());
        comes_back(&name, &read);
        read_well += 1;
    }
    println!("XML of the reference: {read_well} read, {others} with types of others");
    assert!(read_well > 50);
}
