use super::*;
use crate::json;

/// A resource of one version as one of another: its text, and the names of what was left out.
fn convert(from: Version, to: Version, text: &str) -> (String, Vec<&'static str>) {
    let (mut source, mut issues, mut out) = (Tape::new(), Vec::new(), Tape::new());
    let mut reader = json::Reader::new().for_version(from);
    let root = reader.read(text.as_bytes(), &mut source, &mut issues).unwrap();
    assert_eq!(issues.iter().find(|issue| issue.is_error()), None, "{text}");
    let mut converter = Converter::new();
    let root = converter.convert(&source, root, (from, to), &mut out).unwrap();
    let mut written = String::new();
    json::write(&out, root, &mut written);
    let known = converter
        .lost()
        .iter()
        .all(|lost| source.element(lost.node) == Some(lost.element) && lost.span.is_some());
    assert!(known);
    let mut lost: Vec<_> = converter.lost().iter().map(Lost::name).collect();
    lost.dedup();
    (written, lost)
}

#[track_caller]
fn to_r5(r4: &str, r5: &str, lost: &[&str]) {
    for from in [Version::R4, Version::R4B] {
        assert_eq!(convert(from, Version::R5, r4), (r5.to_owned(), lost.to_vec()));
    }
}

#[test]
fn what_is_alike_is_copied() {
    let text = r#"{"resourceType":"Observation","id":"a","extension":[{"url":"http://x.org","valueString":"y"}],"status":"final","_status":{"id":"s"},"code":{"text":"x"},"valueQuantity":{"value":1.50},"note":[{"text":"a"},{"text":"b"}]}"#;
    for from in Version::ALL {
        for to in Version::ALL {
            assert_eq!(convert(from, to, text), (text.to_owned(), vec![]));
        }
    }
}

#[test]
fn rules_move_without_loss() {
    // Another name, and the names of what is in it; a code that R5 does not have takes all with it.
    to_r5(
        r#"{"resourceType":"Device","deviceName":[{"id":"i","name":"a","type":"user-friendly-name"},{"name":"b","type":"model-name"}],"type":{"text":"x"},"specialization":[{"systemType":{"text":"s"},"version":"1"}],"patient":{"reference":"Patient/1"}}"#,
        r#"{"resourceType":"Device","name":[{"id":"i","value":"a","type":"user-friendly-name"}],"type":[{"text":"x"}],"conformsTo":[{"specification":{"text":"s"},"version":"1"}]}"#,
        &["Device.patient", "Device.deviceName"],
    );
    // Another shape, another order, another code.
    to_r5(
        r#"{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"type":[{"text":"t"}],"priority":{"text":"p"},"participant":[{"individual":{"reference":"Practitioner/1"}}],"period":{"start":"2024"},"reasonCode":[{"text":"r"}],"reasonReference":[{"reference":"Condition/1"}],"hospitalization":{"admitSource":{"text":"a"},"dietPreference":[{"text":"d"}]},"serviceProvider":{"reference":"Organization/1"}}"#,
        r#"{"resourceType":"Encounter","status":"completed","class":[{"coding":[{"code":"AMB"}]}],"priority":{"text":"p"},"type":[{"text":"t"}],"serviceProvider":{"reference":"Organization/1"},"participant":[{"actor":{"reference":"Practitioner/1"}}],"actualPeriod":{"start":"2024"},"reason":[{"value":[{"concept":{"text":"r"}}]},{"value":[{"reference":{"reference":"Condition/1"}}]}],"admission":{"admitSource":{"text":"a"}}}"#,
        &["Encounter.hospitalization.dietPreference"],
    );
    // What stands beside it then; a primitive keeps its extensions.
    to_r5(
        r#"{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueSampledData":{"origin":{"value":0},"period":7.8125,"_period":{"id":"p"},"dimensions":1,"data":"1 2"}}"#,
        r#"{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueSampledData":{"origin":{"value":0},"interval":7.8125,"_interval":{"id":"p"},"intervalUnit":"ms","dimensions":1,"data":"1 2"}}"#,
        &[],
    );
    // In the type of a data type; in a contained resource.
    to_r5(
        r#"{"resourceType":"ServiceRequest","contained":[{"resourceType":"Organization","id":"o","name":"x","telecom":[{"value":"1"},{"value":"2"}],"contact":[{"name":{"text":"n"},"telecom":[{"value":"3"}]}]}],"status":"active","intent":"order","code":{"text":"c"},"orderDetail":[{"text":"d"}],"subject":{"reference":"Patient/1"},"requester":{"reference":"\#o"},"patientInstruction":"i"}"#.replace("\\#", "#").as_str(),
        r#"{"resourceType":"ServiceRequest","contained":[{"resourceType":"Organization","id":"o","name":"x","contact":[{"telecom":[{"value":"1"}]},{"telecom":[{"value":"2"}]},{"name":[{"text":"n"}],"telecom":[{"value":"3"}]}]}],"status":"active","intent":"order","code":{"concept":{"text":"c"}},"subject":{"reference":"Patient/1"},"requester":{"reference":"\#o"},"patientInstruction":[{"instructionMarkdown":"i"}]}"#.replace("\\#", "#").as_str(),
        &["ServiceRequest.orderDetail"],
    );
    // The link that there is; of two, the nearer to the old one.
    let metric = |links: &str| {
        format!(
            r#"{{"resourceType":"DeviceMetric","type":{{"text":"x"}},{links}"category":"setting"}}"#
        )
    };
    let (a, b) = (r#""source":{"reference":"Device/a"},"#, r#""parent":{"reference":"Device/b"},"#);
    let written = |device: &str| {
        format!(
            r#"{{"resourceType":"DeviceMetric","type":{{"text":"x"}},"device":{{"reference":"Device/{device}"}},"category":"setting"}}"#
        )
    };
    to_r5(&metric(&format!("{a}{b}")), &written("a"), &["DeviceMetric.parent"]);
    to_r5(&metric(b), &written("b"), &[]);
    // An extension that was renamed.
    let extended = |url: &str| {
        format!(
            r#"{{"resourceType":"Patient","extension":[{{"url":"http://hl7.org/fhir/StructureDefinition/{url}","valueQuantity":{{"value":1}}}}]}}"#
        )
    };
    to_r5(&extended("iso21090-PQ-translation"), &extended("extension-quantity-translation"), &[]);
}

#[test]
fn what_a_version_lacks_is_told() {
    let (text, lost) = convert(
        Version::R5,
        Version::R4,
        r#"{"resourceType":"Encounter","status":"completed","class":[{"text":"x"}],"subjectStatus":{"text":"s"},"length":{"value":1}}"#,
    );
    assert_eq!(text, r#"{"resourceType":"Encounter","length":{"value":1}}"#);
    assert_eq!(lost, ["class", "subjectStatus", "Encounter.status"]);
    // What must have more than it has.
    to_r5(
        r#"{"resourceType":"Specimen","container":[{"type":{"text":"t"}}],"note":[{"text":"n"}]}"#,
        r#"{"resourceType":"Specimen","note":[{"text":"n"}]}"#,
        &["Specimen.container"],
    );
    // A concept whose codes are bound there.
    let speaks = |language: &str| {
        format!(r#"{{"resourceType":"Patient","communication":[{{"language":{language}}}]}}"#)
    };
    let bound = speaks(r#"{"coding":[{"system":"urn:ietf:bcp:47","code":"de"}]}"#);
    to_r5(&bound, &bound, &[]);
    to_r5(&speaks(r#"{"text":"de"}"#), r#"{"resourceType":"Patient"}"#, &["Patient.communication"]);
    // Resources of types that the version does not have.
    let foreign = r#"{"resourceType":"Patient","contained":[{"resourceType":"Media","id":"m"}]}"#;
    to_r5(foreign, r#"{"resourceType":"Patient"}"#, &["Resource"]);
    assert_eq!(convert(Version::R4, Version::R4B, foreign).0, foreign);
}

#[test]
fn rows_are_sorted_and_lead_from_one_version_to_the_other() {
    assert!(MOVES.is_sorted_by(|a, b| a.from < b.from));
    assert!(CODES.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
    assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
    for row in MOVES {
        let from = row.from.row();
        assert!(from.versions.has(Version::R4));
        let mut parent = row.to[0].row().parent;
        for step in row.to {
            assert!(step.row().versions.has(Version::R5) && step.row().parent == parent);
            parent = step.row().ty;
        }
        // The content is of the same type, or both are primitive, or one backbone became another.
        let last = row.to.last().unwrap().row();
        let primitive = |kind| matches!(kind, Kind::Primitive(_));
        assert!(
            from.ty == last.ty
                || (primitive(from.kind) && primitive(last.kind))
                || from.kind == Kind::Backbone,
            "{}.{}",
            from.parent.name(),
            from.name
        );
    }
    for (element, code, renamed) in CODES {
        if let Some(binding) = element.row().binding {
            assert!(
                binding.versions(code).has(Version::R4) && !binding.versions(code).has(Version::R5)
            );
            assert!(binding.versions(renamed).has(Version::R5));
        }
    }
}
