//! Builds and writes one vital sign, and prints the time of each.
#![allow(clippy::all, clippy::restriction, missing_docs)]
use iomt_core::wire::Span;
use iomt_fhir::{json, table::el, tape::Tape};
use std::{hint::black_box, time::Instant};

fn build(tape: &mut Tape) {
    let at = Span::new(1, 2);
    let root = tape.open(el::ROOT_OBSERVATION, Span::NONE);
    tape.str(el::OBSERVATION_ID, "2f5b1d4e-1111-5222-8333-444455556666", at);
    let identifier = tape.open(el::OBSERVATION_IDENTIFIER, at);
    tape.text(el::IDENTIFIER_SYSTEM, "urn:ietf:rfc:3986");
    tape.str(el::IDENTIFIER_VALUE, "urn:uuid:2f5b1d4e-1111-5222-8333-444455556666", at);
    tape.close(identifier);
    tape.text(el::OBSERVATION_STATUS, "final");
    let category = tape.open(el::OBSERVATION_CATEGORY, at);
    let coding = tape.open(el::CODEABLE_CONCEPT_CODING, at);
    tape.text(el::CODING_SYSTEM, "http://terminology.hl7.org/CodeSystem/observation-category");
    tape.text(el::CODING_CODE, "vital-signs");
    tape.close(coding);
    tape.close(category);
    let code = tape.open(el::OBSERVATION_CODE, at);
    for (system, code, display) in [
        ("http://loinc.org", "8867-4", "Heart rate"),
        ("urn:iso:std:iso:11073:10101", "149530", "MDC_PULS_OXIM_PULS_RATE"),
    ] {
        let coding = tape.open(el::CODEABLE_CONCEPT_CODING, at);
        tape.text(el::CODING_SYSTEM, system);
        tape.text(el::CODING_CODE, code);
        tape.text(el::CODING_DISPLAY, display);
        tape.close(coding);
    }
    tape.close(code);
    let subject = tape.open(el::OBSERVATION_SUBJECT, at);
    tape.str(el::REFERENCE_REFERENCE, "Patient/2f5b1d4e-1111-5222-8333-444455556666", at);
    tape.close(subject);
    tape.str(el::OBSERVATION_EFFECTIVE_DATE_TIME, "2026-11-24T10:15:30.250+01:00", at);
    let value = tape.open(el::OBSERVATION_VALUE_QUANTITY, at);
    tape.str(el::QUANTITY_VALUE, "72", at);
    tape.text(el::QUANTITY_UNIT, "beats/minute");
    tape.text(el::QUANTITY_SYSTEM, "http://unitsofmeasure.org");
    tape.text(el::QUANTITY_CODE, "/min");
    tape.close(value);
    let device = tape.open(el::OBSERVATION_DEVICE, at);
    tape.str(el::REFERENCE_REFERENCE, "Device/2f5b1d4e-1111-5222-8333-444455556666", at);
    tape.close(device);
    tape.close(root);
}

fn best(mut run: impl FnMut()) -> f64 {
    const N: u32 = 20_000;
    (0..15)
        .map(|_| {
            let start = Instant::now();
            (0..N).for_each(|_| run());
            start.elapsed().as_nanos() as f64 / f64::from(N)
        })
        .fold(f64::MAX, f64::min)
}

fn main() {
    let (mut tape, mut out) = (Tape::new(), Vec::new());
    let built = best(|| {
        tape.clear();
        build(&mut tape);
        black_box(&tape);
    });
    let root = tape.root().unwrap();
    let written = best(|| {
        out.clear();
        json::write(&tape, root, &mut out);
        black_box(&out);
    });
    println!("{} bytes, build {built:.0} ns, write {written:.0} ns", out.len());
}
