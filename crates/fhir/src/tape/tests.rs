use super::*;
use crate::table::el;

/// An Observation with a status, a code with two codings, a value.
fn sample() -> Tape {
    let mut tape = Tape::new();
    let root = tape.open(el::ROOT_OBSERVATION, Span::NONE);
    tape.text(el::OBSERVATION_STATUS, "final");
    let code = tape.open(el::OBSERVATION_CODE, Span::NONE);
    for (code, at) in [("8867-4", 10), ("147842", 20)] {
        let coding = tape.open(el::CODEABLE_CONCEPT_CODING, Span::NONE);
        tape.str(el::CODING_CODE, code, Span::new(at, 6));
        tape.close(coding);
    }
    tape.close(code);
    let value = tape.open(el::OBSERVATION_VALUE_QUANTITY, Span::new(40, 2));
    tape.write(el::QUANTITY_VALUE, Span::NONE, |w| write!(w, "{}.{}", 36, 60));
    tape.close(value);
    tape.close(root);
    tape
}

#[test]
fn a_tape_is_a_tree_in_order() {
    let tape = sample();
    let root = tape.root().unwrap();
    let names: Vec<_> = tape.children(root).map(|id| tape.element(id).unwrap().name()).collect();
    assert_eq!(names, ["status", "code", "valueQuantity"]);
    assert_eq!(tape.text_in(root, el::OBSERVATION_STATUS), "final");
    let value = tape.find(root, el::OBSERVATION_VALUE_QUANTITY).unwrap();
    assert_eq!(tape.text_in(value, el::QUANTITY_VALUE), "36.60");
    assert_eq!(tape.text_of(value), "");
    assert_eq!(tape.span_of(value), Span::new(40, 2));
    let code = tape.find(root, el::OBSERVATION_CODE).unwrap();
    assert_eq!(tape.find_all(code, el::CODEABLE_CONCEPT_CODING).count(), 2);
    assert_eq!(tape.span_of(code), Span::new(10, 16));
    assert_eq!(tape.roots().count(), 1);
    assert!(!tape.is_incomplete());
}

#[test]
fn paths_are_fhirpath() {
    let tape = sample();
    let paths: Vec<_> =
        (0..tape.nodes().len()).map(|i| tape.path(NodeId(number(i))).to_string()).collect();
    assert_eq!(
        paths,
        [
            "Observation",
            "Observation.status",
            "Observation.code",
            "Observation.code.coding[0]",
            "Observation.code.coding[0].code",
            "Observation.code.coding[1]",
            "Observation.code.coding[1].code",
            "Observation.value.ofType(Quantity)",
            "Observation.value.ofType(Quantity).value",
        ]
    );
    let below = tape.path_below(tape.root().unwrap(), el::OBSERVATION_SUBJECT);
    assert_eq!(below.to_string(), "Observation.subject");
    let below = tape.path_below(tape.root().unwrap(), el::OBSERVATION_EFFECTIVE_PERIOD);
    assert_eq!(below.to_string(), "Observation.effective");
    assert_eq!(tape.path(NodeId(99)).to_string(), "");

    let mut bundle = Tape::new();
    let root = bundle.open(el::ROOT_BUNDLE, Span::NONE);
    let entry = bundle.open(el::BUNDLE_ENTRY, Span::NONE);
    let slot = bundle.open(el::BUNDLE_ENTRY_RESOURCE, Span::NONE);
    bundle.splice(&tape, tape.root().unwrap(), None);
    bundle.close(slot);
    bundle.close(entry);
    bundle.close(root);
    assert_eq!(bundle.path(NodeId(4)).to_string(), "Bundle.entry[0].resource.status");
}

#[test]
fn empty_elements_go_and_open_ones_are_closed() {
    let mut tape = Tape::new();
    let root = tape.open(el::ROOT_OBSERVATION, Span::NONE);
    let code = tape.open(el::OBSERVATION_CODE, Span::NONE);
    let coding = tape.open(el::CODEABLE_CONCEPT_CODING, Span::NONE);
    assert_eq!(tape.str(el::CODING_CODE, "", Span::NONE), None);
    assert_eq!(tape.text(el::CODING_CODE, ""), None);
    assert_eq!(tape.write(el::CODING_CODE, Span::NONE, |_| Ok(())), None);
    let failed = tape.write(el::CODING_CODE, Span::NONE, |w| {
        w.write_str("half")?;
        Err(fmt::Error)
    });
    assert_eq!(failed, None);
    assert!(!tape.close(coding));
    assert!(!tape.close(code));
    let _subject = tape.open(el::OBSERVATION_SUBJECT, Span::NONE);
    tape.text(el::REFERENCE_REFERENCE, "Patient/1");
    assert!(tape.close(root));
    assert_eq!(tape.nodes().len(), 3);
    assert_eq!(tape.children(tape.root().unwrap()).count(), 1);
    let lonely = tape.open(el::ROOT_PATIENT, Span::NONE);
    assert!(tape.close(lonely), "a resource may be empty");
}

#[test]
fn primitives_may_have_children() {
    let mut tape = Tape::new();
    let root = tape.open(el::ROOT_PATIENT, Span::NONE);
    let date = tape.open(el::PATIENT_BIRTH_DATE, Span::NONE);
    tape.value_str(date, "1970-01-01");
    let extension = tape.open(el::ELEMENT_EXTENSION, Span::NONE);
    tape.text(el::EXTENSION_URL, "http://example.org/x");
    tape.close(extension);
    assert!(tape.close(date));
    tape.close(root);
    assert_eq!(tape.text_of(date.node()), "1970-01-01");
    assert!(tape.find(date.node(), el::ELEMENT_EXTENSION).is_some());
}

#[test]
fn truncate_takes_back() {
    let mut tape = sample();
    let (nodes, bytes) = (tape.nodes.len(), tape.scratch.len());
    let mark = tape.mark();
    let root = tape.open(el::ROOT_PATIENT, Span::NONE);
    tape.str(el::PATIENT_ID, "b", Span::NONE);
    tape.truncate(mark);
    assert_eq!((tape.nodes.len(), tape.scratch.len()), (nodes, bytes));
    assert!(tape.open.is_empty());
    assert!(!tape.close(root));
    tape.clear();
    assert!(tape.is_empty() && tape.nodes.capacity() > 0);
}

#[test]
fn too_deep_is_said_and_not_written() {
    let mut tape = Tape::new();
    let mut marks = vec![tape.open(el::ROOT_PATIENT, Span::NONE)];
    marks.push(tape.open(el::PATIENT_EXTENSION, Span::NONE));
    for _ in 0..1000 {
        marks.push(tape.open(el::EXTENSION_EXTENSION, Span::NONE));
        tape.text(el::EXTENSION_URL, "http://example.org/x");
    }
    while let Some(mark) = marks.pop() {
        tape.close(mark);
    }
    assert!(tape.is_incomplete());
    assert!(tape.nodes.iter().all(|node| usize::from(node.depth) <= MAX_DEPTH));
    tape.text(el::PATIENT_ID, "a");
    assert_eq!(tape.roots().count(), 2, "everything is closed");

    let other = tape.clone();
    let mut tape = Tape::new();
    let _root = tape.open(el::ROOT_BUNDLE, Span::NONE);
    assert_eq!(tape.splice(&other, other.root().unwrap(), None), None);
    assert!(tape.is_incomplete());
}

#[test]
fn splice_copies_text_and_place() {
    let other = sample();
    let mut tape = Tape::new();
    tape.str(el::PATIENT_ID, "first", Span::NONE);
    let code = other.find(other.root().unwrap(), el::OBSERVATION_CODE).unwrap();
    let copy = tape.splice(&other, code, Some(Span::new(7, 1))).unwrap();
    let coding = tape.find(copy, el::CODEABLE_CONCEPT_CODING).unwrap();
    assert_eq!(tape.text_in(coding, el::CODING_CODE), "8867-4");
    assert_eq!(tape.span_of(coding), Span::new(7, 1));
    assert!(tape.splice_children(&other, code, None));
    assert_eq!(tape.span_of(tape.roots().last().unwrap()), Span::new(20, 6));
    assert_eq!(tape.roots().count(), 4);
}

#[test]
fn debug_shows_no_content() {
    let tape = sample();
    let shown = format!("{tape:?} {:?}", tape.nodes());
    assert!(shown.contains("Tape") && !shown.contains("8867") && !shown.contains("36.60"));
}
