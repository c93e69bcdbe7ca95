//! One Observation as JSON: read, written, and built and written. Ours on a tape, in the types of
//! fhir-sdk, and as `serde_json::Value`. Each buffer that can be kept is kept.

use std::hint::black_box;
use std::time::Instant;

use fhir_sdk::r4b::codes::ObservationStatus;
use fhir_sdk::r4b::resources::{Observation, ObservationEffective, ObservationValue};
use fhir_sdk::r4b::types::{CodeableConcept, Coding, Identifier, Meta, Quantity, Reference};
use iomt::fhir::table::{ElementId, el};
use iomt::fhir::{Tape, json};
use iomt::wire::Span;
use serde_json::{Value, json};

const PROFILE: &str = "http://hl7.org/fhir/StructureDefinition/heartrate";
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const LOINC: &str = "http://loinc.org";
const MDC: &str = "urn:iso:std:iso:11073:10101";
const UCUM: &str = "http://unitsofmeasure.org";

/// What one Observation has and another has not.
#[derive(Clone, Copy)]
struct Facts {
    id: &'static str,
    identifier: &'static str,
    subject: &'static str,
    effective: &'static str,
    device: &'static str,
    value: &'static str,
}

const FACTS: Facts = Facts {
    id: "9e1f2573-465e-5d79-8dcd-4c78acc9d3ba",
    identifier: "urn:uuid:bbc1b21a-2e02-5eb3-8537-37fc461fbf61",
    subject: "Patient/42",
    effective: "2026-01-15T10:30:00.25+01:00",
    device: "Device/0022d5-fffe-00abcd",
    value: "72.5",
};

const TEXT: &str = concat!(
    r#"{"resourceType":"Observation","id":"9e1f2573-465e-5d79-8dcd-4c78acc9d3ba","#,
    r#""meta":{"profile":["http://hl7.org/fhir/StructureDefinition/heartrate"]},"#,
    r#""identifier":[{"value":"urn:uuid:bbc1b21a-2e02-5eb3-8537-37fc461fbf61"}],"#,
    r#""status":"final","category":[{"coding":[{"#,
    r#""system":"http://terminology.hl7.org/CodeSystem/observation-category","#,
    r#""code":"vital-signs"}]}],"#,
    r#""code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"},"#,
    r#"{"system":"urn:iso:std:iso:11073:10101","code":"147842"}]},"#,
    r#""subject":{"reference":"Patient/42"},"effectiveDateTime":"2026-01-15T10:30:00.25+01:00","#,
    r#""valueQuantity":{"value":72.5,"unit":"beats/min","system":"http://unitsofmeasure.org","#,
    r#""code":"/min"},"device":{"reference":"Device/0022d5-fffe-00abcd"}}"#,
);

fn on_tape(facts: &Facts, tape: &mut Tape) {
    let coding = |tape: &mut Tape, system, code, display| {
        let coding = tape.open(el::CODEABLE_CONCEPT_CODING, Span::NONE);
        tape.text(el::CODING_SYSTEM, system);
        tape.text(el::CODING_CODE, code);
        tape.text(el::CODING_DISPLAY, display);
        tape.close(coding);
    };
    let within = |tape: &mut Tape, outer: ElementId, inner: ElementId, text: &str| {
        let mark = tape.open(outer, Span::NONE);
        tape.str(inner, text, Span::NONE);
        tape.close(mark);
    };
    let root = tape.open(el::ROOT_OBSERVATION, Span::NONE);
    tape.str(el::OBSERVATION_ID, facts.id, Span::NONE);
    let meta = tape.open(el::OBSERVATION_META, Span::NONE);
    tape.text(el::META_PROFILE, PROFILE);
    tape.close(meta);
    within(tape, el::OBSERVATION_IDENTIFIER, el::IDENTIFIER_VALUE, facts.identifier);
    tape.text(el::OBSERVATION_STATUS, "final");
    let category = tape.open(el::OBSERVATION_CATEGORY, Span::NONE);
    coding(tape, CATEGORY, "vital-signs", "");
    tape.close(category);
    let code = tape.open(el::OBSERVATION_CODE, Span::NONE);
    coding(tape, LOINC, "8867-4", "Heart rate");
    coding(tape, MDC, "147842", "");
    tape.close(code);
    within(tape, el::OBSERVATION_SUBJECT, el::REFERENCE_REFERENCE, facts.subject);
    tape.str(el::OBSERVATION_EFFECTIVE_DATE_TIME, facts.effective, Span::NONE);
    let value = tape.open(el::OBSERVATION_VALUE_QUANTITY, Span::NONE);
    tape.str(el::QUANTITY_VALUE, facts.value, Span::NONE);
    tape.text(el::QUANTITY_UNIT, "beats/min");
    tape.text(el::QUANTITY_SYSTEM, UCUM);
    tape.text(el::QUANTITY_CODE, "/min");
    tape.close(value);
    within(tape, el::OBSERVATION_DEVICE, el::REFERENCE_REFERENCE, facts.device);
    tape.close(root);
}

fn in_types(facts: &Facts) -> Observation {
    let coding = |system: &str, code: &str| {
        Coding::builder().system(system.into()).code(code.into()).build().unwrap()
    };
    let reference = |to: &str| Reference::builder().reference(to.into()).build().unwrap();
    let concept = |codings: Vec<Coding>| {
        let codings = codings.into_iter().map(Some).collect();
        CodeableConcept::builder().coding(codings).build().unwrap()
    };
    let heart_rate = Coding::builder()
        .system(LOINC.into())
        .code("8867-4".into())
        .display("Heart rate".into())
        .build()
        .unwrap();
    let value = Quantity::builder()
        .value(facts.value.parse().unwrap())
        .unit("beats/min".into())
        .system(UCUM.into())
        .code("/min".into())
        .build()
        .unwrap();
    let identifier = Identifier::builder().value(facts.identifier.into()).build().unwrap();
    Observation::builder()
        .id(facts.id.into())
        .meta(Meta::builder().profile(vec![Some(PROFILE.into())]).build().unwrap())
        .identifier(vec![Some(identifier)])
        .status(ObservationStatus::Final)
        .category(vec![Some(concept(vec![coding(CATEGORY, "vital-signs")]))])
        .code(concept(vec![heart_rate, coding(MDC, "147842")]))
        .subject(reference(facts.subject))
        .effective(ObservationEffective::DateTime(facts.effective.parse().unwrap()))
        .value(ObservationValue::Quantity(value))
        .device(reference(facts.device))
        .build()
        .unwrap()
}

fn as_value(facts: &Facts) -> Value {
    json!({
        "resourceType": "Observation",
        "id": facts.id,
        "meta": {"profile": [PROFILE]},
        "identifier": [{"value": facts.identifier}],
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}],
        "code": {"coding": [
            {"system": LOINC, "code": "8867-4", "display": "Heart rate"},
            {"system": MDC, "code": "147842"},
        ]},
        "subject": {"reference": facts.subject},
        "effectiveDateTime": facts.effective,
        "valueQuantity": {
            "value": facts.value.parse::<f64>().unwrap(),
            "unit": "beats/min",
            "system": UCUM,
            "code": "/min",
        },
        "device": {"reference": facts.device},
    })
}

/// Appends what was made to the buffer, for a contestant that writes.
type Work<'a> = Box<dyn FnMut(&mut Vec<u8>) + 'a>;

pub fn table() {
    println!("  {} bytes", TEXT.len());
    let (mut built, mut kept, mut read) = (Tape::new(), Tape::new(), Tape::new());
    let (mut reader, mut issues) = (json::Reader::new(), Vec::new());
    on_tape(&FACTS, &mut kept);
    let observation: Observation = serde_json::from_str(TEXT).unwrap();
    let value: Value = serde_json::from_str(TEXT).unwrap();
    assert_eq!(observation, in_types(&FACTS));
    assert_eq!(value, as_value(&FACTS));
    reader.read(TEXT.as_bytes(), &mut read, &mut issues).unwrap();
    assert!(issues.is_empty());
    assert_eq!(read.nodes().len(), kept.nodes().len());

    let ours = |tape: &Tape, out: &mut Vec<u8>| json::write(tape, tape.root().unwrap(), out);
    let works: [(&str, [Work<'_>; 3]); 3] = [
        (
            "build and write",
            [
                Box::new(|out| {
                    built.clear();
                    on_tape(black_box(&FACTS), &mut built);
                    ours(&built, out);
                }),
                Box::new(|out| serde_json::to_writer(out, &in_types(black_box(&FACTS))).unwrap()),
                Box::new(|out| serde_json::to_writer(out, &as_value(black_box(&FACTS))).unwrap()),
            ],
        ),
        (
            "write",
            [
                Box::new(|out| ours(black_box(&kept), out)),
                Box::new(|out| serde_json::to_writer(out, black_box(&observation)).unwrap()),
                Box::new(|out| serde_json::to_writer(out, black_box(&value)).unwrap()),
            ],
        ),
        (
            "read",
            [
                Box::new(|_| {
                    read.clear();
                    let text = black_box(TEXT).as_bytes();
                    black_box(reader.read(text, &mut read, &mut issues));
                }),
                Box::new(|_| {
                    black_box(serde_json::from_slice::<Observation>(black_box(TEXT).as_bytes()))
                        .unwrap();
                }),
                Box::new(|_| {
                    black_box(serde_json::from_slice::<Value>(black_box(TEXT).as_bytes())).unwrap();
                }),
            ],
        ),
    ];
    let mut columns = Vec::new();
    for (title, mut contestants) in works {
        let mut out = Vec::new();
        for work in &mut contestants {
            out.clear();
            work(&mut out);
            if title != "read" {
                assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), value);
            }
        }
        columns.push(race(&mut contestants, &mut out));
    }
    println!("  {:16}{:>24}{:>24}{:>24}", "", "build and write", "write", "read");
    for (at, name) in ["iomt", "fhir-sdk", "serde_json Value"].iter().enumerate() {
        let cells: Vec<_> = columns.iter().map(|c| (Some(c[at]), Some(c[0]))).collect();
        super::row(name, &cells);
    }
}

/// Median ns of each.
fn race(contestants: &mut [Work<'_>; 3], out: &mut Vec<u8>) -> [f64; 3] {
    let mut once = |work: &mut Work<'_>| {
        out.clear();
        work(out);
        black_box(&out);
    };
    let counts = [0, 1, 2].map(|at| super::iterations(|| once(&mut contestants[at])));
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..super::ROUNDS {
        for ((work, count), times) in contestants.iter_mut().zip(counts).zip(&mut times) {
            let start = Instant::now();
            for _ in 0..count {
                once(work);
            }
            times.push(super::nanos(start.elapsed()) / count as f64);
        }
    }
    times.map(super::median)
}
