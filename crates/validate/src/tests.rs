//! Every rule, broken once; and what must not break it.

use super::*;
use crate::rules;
use iomt_core::wire::Span;
use iomt_fhir::{
    json,
    table::{ElementId, el},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

const CODE: &str = r#""code":{"text":"x"}"#;

fn observation(rest: &str) -> String {
    format!(r#"{{"resourceType":"Observation","status":"final",{CODE},{rest}}}"#)
}

fn resource(name: &str, rest: &str) -> String {
    format!(r#"{{"resourceType":"{name}",{rest}}}"#)
}

fn bundle(kind: &str, rest: &str) -> String {
    resource("Bundle", &format!(r#""type":"{kind}"{rest}"#))
}

/// An Observation with an extension of this value.
fn typed(value: &str) -> String {
    observation(&format!(r#""extension":[{{"url":"http://x.org/e",{value}}}]"#))
}

const AT: &str = "Observation.extension[0]";

/// A heart rate; `""` leaves a part out.
fn heart_rate(category: &str, coding: &str, subject: &str, time: &str, value: &str) -> String {
    vital("8867-4", category, coding, subject, time, value)
}

const CATEGORY: &str = r#""category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}]"#;
const SUBJECT: &str = r#""subject":{"reference":"Patient/1"}"#;
const TIME: &str = r#""effectiveDateTime":"2024-05-01""#;
const VALUE: &str = r#""valueQuantity":{"value":72,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}"#;

fn vital(
    loinc: &str,
    category: &str,
    coding: &str,
    subject: &str,
    time: &str,
    value: &str,
) -> String {
    let comma = |part: &str| if part.is_empty() { String::new() } else { format!(",{part}") };
    let [category, subject, time, value] = [category, subject, time, value].map(comma);
    let coding = comma(coding);
    format!(
        r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"{loinc}"}}{coding}]}}{category}{subject}{time}{value}}}"#
    )
}

fn component(loinc: &str, value: &str) -> String {
    format!(
        r#"{{"code":{{"coding":[{{"system":"http://loinc.org","code":"{loinc}"}}]}},"valueQuantity":{{"value":{value},"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}}}"#
    )
}

fn blood_pressure(components: &[String], rest: &str) -> String {
    let components = format!(r#""component":[{}]{rest}"#, components.join(","));
    vital("85354-9", CATEGORY, "", SUBJECT, TIME, &components)
}

#[track_caller]
fn issues(input: &str) -> Vec<(&'static str, String)> {
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    let root = json::read(input.as_bytes(), &mut tape, &mut issues).expect("a resource");
    let read = issues.iter().all(|i| matches!(i.rule.key, "unchecked-type" | "ele-1"));
    assert!(read, "{input}: {issues:?}");
    issues.retain(|issue| issue.rule.key == "ele-1");
    Validator::new().validate(&tape, root, &mut issues);
    issues.iter().map(|issue| (issue.rule.key, issue.path(&tape).to_string())).collect()
}

#[track_caller]
fn good(input: &str) {
    assert_eq!(issues(input), [], "{input}");
}

/// One case for each rule: its key, the place, the input.
fn broken() -> Vec<(&'static str, &'static str, String)> {
    let entry = |rest: &str| format!(r#","entry":[{{{rest}}}]"#);
    let collection = |rest: &str| bundle("collection", &entry(rest));
    let full = r#""fullUrl":"urn:uuid:187e0c12-8dd2-67e2-99b2-bf273c878281""#;
    let patient = r#""resource":{"resourceType":"Patient"}"#;
    let request = r#""request":{"method":"POST","url":"Patient"}"#;
    let quantity = |parts: &str| format!(r#""valueQuantity":{{{parts}}}"#);
    let bp = [component("8480-6", "120"), component("8462-4", "80")];
    vec![
        ("element-min", "Observation.status", resource("Observation", CODE)),
        ("element-min", "Patient.link[0].other", resource("Patient", r#""link":[{"type":"refer"}]"#)),
        (
            "element-min",
            "Observation.extension[0].value.ofType(UsageContext).value",
            typed(r#""valueUsageContext":{"code":{"code":"x"}}"#),
        ),
        ("element-choice", "Observation.value.ofType(string)", observation(r#""valueQuantity":{"value":1},"valueString":"x""#)),
        ("binding-required", "Patient.gender", resource("Patient", r#""gender":"m""#)),
        ("reference-target", "Observation.subject.reference", observation(r#""subject":{"reference":"http://x.org/fhir/Practitioner/1"}"#)),
        ("reference-target", "Observation.subject.reference", observation(r##""contained":[{"resourceType":"Organization","id":"o","name":"x"}],"subject":{"reference":"#o"}"##)),
        (
            "reference-target",
            "Observation.contained[0].subject.reference",
            observation(
                r##""contained":[{"resourceType":"Specimen","id":"s","subject":{"reference":"#"}}]"##,
            ),
        ),
        ("ele-1", "Patient.name[0]", resource("Patient", r#""name":[{"id":"x"}]"#)),
        ("ele-1", "Patient.birthDate", resource("Patient", r#""_birthDate":{"id":"x"}"#)),
        ("ext-1", AT, observation(r#""extension":[{"url":"http://x.org"}]"#)),
        ("ext-1", AT, typed(r#""valueString":"x","extension":[{"url":"y","valueString":"z"}]"#)),
        ("extension-url", "Observation.extension[0].url", observation(r#""extension":[{"url":"x","valueString":"y"}]"#)),
        ("ref-1", "Observation.device.reference", observation(r##""device":{"reference":"#d"}"##)),
        ("system-absolute", "Observation.identifier[0].system", observation(r#""identifier":[{"system":"x","value":"y"}]"#)),
        ("identifier-uri", "Observation.identifier[0].value", observation(r#""identifier":[{"system":"urn:ietf:rfc:3986","value":"187e0c12"}]"#)),
        // Data types.
        ("age-1", "Observation.extension[0].value.ofType(Age)", typed(r#""valueAge":{"value":-1,"system":"http://unitsofmeasure.org","code":"a"}"#)),
        ("age-1", "Observation.extension[0].value.ofType(Age)", typed(r#""valueAge":{"value":1}"#)),
        ("att-1", "Patient.photo[0]", resource("Patient", r#""photo":[{"data":"QQ=="}]"#)),
        ("cnt-3", "Observation.extension[0].value.ofType(Count)", typed(r#""valueCount":{"value":1.5,"system":"http://unitsofmeasure.org","code":"1"}"#)),
        ("cpt-2", "Patient.telecom[0]", resource("Patient", r#""telecom":[{"value":"1"}]"#)),
        ("dis-1", "Observation.extension[0].value.ofType(Distance)", typed(r#""valueDistance":{"value":1,"system":"http://x.org","code":"m"}"#)),
        ("drq-1", "Observation.extension[0].value.ofType(DataRequirement).codeFilter[0]", typed(r#""valueDataRequirement":{"type":"Patient","codeFilter":[{"code":[{"code":"x"}]}]}"#)),
        ("drq-2", "Observation.extension[0].value.ofType(DataRequirement).dateFilter[0]", typed(r#""valueDataRequirement":{"type":"Patient","dateFilter":[{"path":"x","searchParam":"y"}]}"#)),
        ("drt-1", "Observation.extension[0].value.ofType(Duration)", typed(r#""valueDuration":{"system":"http://unitsofmeasure.org","code":"h"}"#)),
        ("exp-1", "Observation.extension[0].value.ofType(Expression)", typed(r#""valueExpression":{"language":"text/fhirpath"}"#)),
        ("per-1", "Observation.effective.ofType(Period)", observation(r#""effectivePeriod":{"start":"2024-05-02","end":"2024-05-01"}"#)),
        ("qty-3", "Observation.value.ofType(Quantity)", observation(&quantity(r#""value":1,"code":"x""#))),
        ("rat-1", "Observation.value.ofType(Ratio)", observation(r#""valueRatio":{"numerator":{"value":1}}"#)),
        ("rng-2", "Observation.value.ofType(Range)", observation(r#""valueRange":{"low":{"value":10},"high":{"value":9.5}}"#)),
        ("sqty-1", "Observation.value.ofType(Range).low", observation(r#""valueRange":{"low":{"value":1,"comparator":"<"}}"#)),
        ("ucum-code", "Observation.value.ofType(Quantity).code", observation(&quantity(r#""value":1,"system":"http://unitsofmeasure.org","code":"mmHg""#))),
        ("ucum-code", "Observation.value.ofType(Range).low.code", observation(r#""valueRange":{"low":{"value":1,"system":"http://unitsofmeasure.org","code":"2m"}}"#)),
        ("ucum-code", "Observation.extension[0].value.ofType(Duration).code", typed(r#""valueDuration":{"value":1,"system":"http://unitsofmeasure.org","code":"hours"}"#)),
        ("tim-1", "Observation.effective.ofType(Timing).repeat", observation(r#""effectiveTiming":{"repeat":{"duration":1}}"#)),
        ("tim-2", "Observation.effective.ofType(Timing).repeat", observation(r#""effectiveTiming":{"repeat":{"period":1}}"#)),
        ("tim-4", "Observation.effective.ofType(Timing).repeat", observation(r#""effectiveTiming":{"repeat":{"duration":-1,"durationUnit":"h"}}"#)),
        ("tim-5", "Observation.effective.ofType(Timing).repeat", observation(r#""effectiveTiming":{"repeat":{"period":-1,"periodUnit":"h"}}"#)),
        ("tim-6", "Observation.effective.ofType(Timing).repeat", observation(r#""effectiveTiming":{"repeat":{"periodMax":1}}"#)),
        ("tim-7", "Observation.effective.ofType(Timing).repeat", observation(r#""effectiveTiming":{"repeat":{"durationMax":1}}"#)),
        ("tim-8", "Observation.effective.ofType(Timing).repeat", observation(r#""effectiveTiming":{"repeat":{"countMax":1}}"#)),
        ("tim-9", "Observation.effective.ofType(Timing).repeat", observation(r#""effectiveTiming":{"repeat":{"when":["CM"],"offset":1}}"#)),
        ("tim-10", "Observation.effective.ofType(Timing).repeat", observation(r#""effectiveTiming":{"repeat":{"timeOfDay":["10:00:00"],"when":["HS"]}}"#)),
        ("trd-1", "Observation.extension[0].value.ofType(TriggerDefinition)", typed(r#""valueTriggerDefinition":{"type":"data-added","timingDate":"2024","data":[{"type":"Patient"}]}"#)),
        ("trd-2", "Observation.extension[0].value.ofType(TriggerDefinition)", typed(r#""valueTriggerDefinition":{"type":"periodic","timingDate":"2024","condition":{"language":"text/fhirpath","expression":"x"}}"#)),
        ("trd-3", "Observation.extension[0].value.ofType(TriggerDefinition)", typed(r#""valueTriggerDefinition":{"type":"named-event"}"#)),
        ("txt-1", "Patient.text.div", resource("Patient", r#""text":{"status":"generated","div":"<p>a</p>"}"#)),
        ("txt-2", "Patient.text.div", resource("Patient", r#""text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"> </div>"}"#)),
        // Resources.
        ("dom-2", "Observation.contained[0].contained[0]", observation(r##""contained":[{"resourceType":"Device","id":"d","contained":[{"resourceType":"Patient","id":"p"}]}],"device":{"reference":"#d"}"##)),
        ("dom-3", "Observation.contained[1]", observation(r##""contained":[{"resourceType":"Device","id":"d"},{"resourceType":"Device","id":"e"}],"device":{"reference":"#d"}"##)),
        ("dom-3", "Observation.contained[0]", observation(r##""contained":[{"resourceType":"Device"}]"##)),
        ("dom-4", "Observation.contained[0].meta.versionId", observation(r##""contained":[{"resourceType":"Device","id":"d","meta":{"versionId":"1"}}],"device":{"reference":"#d"}"##)),
        ("dom-5", "Observation.contained[0].meta.security[0]", observation(r##""contained":[{"resourceType":"Device","id":"d","meta":{"security":[{"code":"x"}]}}],"device":{"reference":"#d"}"##)),
        ("obs-3", "Observation.referenceRange[0]", observation(r#""referenceRange":[{"age":{"low":{"value":1}}}]"#)),
        ("obs-6", "Observation", observation(r#""valueString":"x","dataAbsentReason":{"text":"y"}"#)),
        ("obs-7", "Observation.value.ofType(string)", r#"{"resourceType":"Observation","status":"final","code":{"coding":[{"code":"a"},{"system":"http://x.org","code":"b"}]},"valueString":"x","component":[{"code":{"coding":[{"system":"http://x.org","code":"b"}]},"valueString":"y"}]}"#.to_owned()),
        ("org-1", "Organization", resource("Organization", r#""active":true"#)),
        ("org-2", "Organization.address[0]", resource("Organization", r#""name":"x","address":[{"use":"home"}]"#)),
        ("org-3", "Organization.telecom[0]", resource("Organization", r#""name":"x","telecom":[{"use":"home"}]"#)),
        ("pat-1", "Patient.contact[0]", resource("Patient", r#""contact":[{"gender":"male"}]"#)),
        ("prr-1", "ServiceRequest", resource("ServiceRequest", r#""status":"active","intent":"order","subject":{"reference":"Patient/1"},"orderDetail":[{"text":"x"}]"#)),
        // Bundles.
        ("bdl-1", "Bundle.total", bundle("collection", r#","total":1"#)),
        ("bdl-2", "Bundle.entry[0]", collection(&format!(r#"{full},{patient},"search":{{"mode":"match"}}"#))),
        ("bdl-3", "Bundle.entry[0]", collection(&format!("{full},{patient},{request}"))),
        ("bdl-3", "Bundle.entry[0]", bundle("transaction", &entry(&format!("{full},{patient}")))),
        ("bdl-4", "Bundle.entry[0]", bundle("transaction-response", &entry(patient))),
        ("bdl-5", "Bundle.entry[0]", collection(full)),
        ("bdl-7", "Bundle.entry[1].fullUrl", bundle("collection", &format!(r#","entry":[{{{full},{patient}}},{{{full},{patient}}}]"#))),
        ("bdl-8", "Bundle.entry[0].fullUrl", collection(&format!(r#""fullUrl":"http://x.org/y/_history/1",{patient}"#))),
        ("bdl-9", "Bundle", bundle("document", &format!(r#","timestamp":"2024-01-01T00:00:00Z","entry":[{{{full},"resource":{{"resourceType":"Composition"}}}}]"#))),
        ("bdl-10", "Bundle", resource("Bundle", &format!(r#""identifier":{{"system":"http://x.org","value":"y"}},"type":"document","entry":[{{{full},"resource":{{"resourceType":"Composition"}}}}]"#))),
        ("bdl-11", "Bundle.entry[0]", resource("Bundle", &format!(r#""identifier":{{"system":"http://x.org","value":"y"}},"type":"document","timestamp":"2024-01-01T00:00:00Z","entry":[{{{full},{patient}}}]"#))),
        ("bdl-12", "Bundle.entry[0]", bundle("message", &entry(&format!("{full},{patient}")))),
        ("bundle-full-url", "Bundle.entry[0].fullUrl", collection(&format!(r#""fullUrl":"x",{patient}"#))),
        ("bundle-full-url-missing", "Bundle.entry[0].fullUrl", collection(patient)),
        ("bundle-full-url-id", "Bundle.entry[0].fullUrl", collection(r#""fullUrl":"http://x.org/Patient/1","resource":{"resourceType":"Patient","id":"2"}"#)),
        // Vital signs.
        ("vs-1", "Observation.effective.ofType(dateTime)", heart_rate(CATEGORY, "", SUBJECT, r#""effectiveDateTime":"2024-05""#, VALUE)),
        ("vs-2", "Observation", heart_rate(CATEGORY, "", SUBJECT, TIME, "")),
        ("vs-3", "Observation.component[2]", blood_pressure(&[bp[0].clone(), bp[1].clone(), r#"{"code":{"text":"x"}}"#.to_owned()], "")),
        ("vital-category", "Observation.category", heart_rate("", "", SUBJECT, TIME, VALUE)),
        ("vital-category", "Observation.category", heart_rate(&CATEGORY.replace("observation-category", "other"), "", SUBJECT, TIME, VALUE)),
        ("vital-category-code", "Observation.category[0].coding[1]", heart_rate(&CATEGORY.replace("}]}]", r#"},{"system":"http://x.org","code":"y"}]}]"#), "", SUBJECT, TIME, VALUE)),
        ("vital-code", "Observation.code", vital("8889-8", CATEGORY, "", SUBJECT, TIME, VALUE)),
        ("vital-code", "Observation.code", heart_rate(CATEGORY, r#"{"system":"http://loinc.org","code":"8867-4","display":"x"}"#, SUBJECT, TIME, VALUE)),
        ("vital-subject", "Observation.subject", heart_rate(CATEGORY, "", "", TIME, VALUE)),
        ("vital-patient", "Observation.subject", heart_rate(CATEGORY, "", r#""subject":{"reference":"Device/1"}"#, TIME, VALUE)),
        ("vital-effective", "Observation.effective", heart_rate(CATEGORY, "", SUBJECT, "", VALUE)),
        ("vital-time-type", "Observation.effective.ofType(instant)", heart_rate(CATEGORY, "", SUBJECT, r#""effectiveInstant":"2024-05-01T00:00:00Z""#, VALUE)),
        ("vital-value", "Observation.value", vital("39156-5", CATEGORY, "", SUBJECT, TIME, r#""dataAbsentReason":{"text":"x"}"#)),
        ("vital-value-type", "Observation.value.ofType(integer)", heart_rate(CATEGORY, "", SUBJECT, TIME, r#""valueInteger":72"#)),
        ("vital-no-value", "Observation.value.ofType(string)", blood_pressure(&bp, r#","valueString":"x""#)),
        ("vital-quantity", "Observation.value.ofType(Quantity).unit", heart_rate(CATEGORY, "", SUBJECT, TIME, &VALUE.replace(r#""unit":"/min","#, ""))),
        ("vital-unit-system", "Observation.value.ofType(Quantity).system", heart_rate(CATEGORY, "", SUBJECT, TIME, &VALUE.replace("http://unitsofmeasure.org", "http://x.org"))),
        ("vital-unit", "Observation.value.ofType(Quantity).code", heart_rate(CATEGORY, "", SUBJECT, TIME, &VALUE.replace(r#""code":"/min""#, r#""code":"{beat}/min""#))),
        ("vital-component", "Observation.component", blood_pressure(&bp[..1], "")),
        ("vital-component-twice", "Observation.component[2]", blood_pressure(&[bp[0].clone(), bp[1].clone(), bp[0].clone()], "")),
        ("vital-member", "Observation.hasMember", vital("85353-1", CATEGORY, "", SUBJECT, TIME, r#""dataAbsentReason":{"text":"x"}"#)),
    ]
}

#[test]
fn every_rule_fires_alone_and_at_its_place() {
    let mut fired = BTreeSet::new();
    for (key, path, input) in broken() {
        assert_eq!(issues(&input), [(key, path.to_owned())], "{input}");
        fired.insert(key);
    }
    // What JSON cannot say: `on_a_tape`.
    fired.extend([
        "incomplete",
        "resource",
        "unknown-element",
        "element-version",
        "element-order",
        "element-max",
        "element-text",
        "resource-missing",
    ]);
    // Of R5 alone.
    fired.insert("vital-common-unit");
    let all = [
        rules::STRUCTURE,
        rules::ELEMENTS,
        rules::TYPES,
        rules::RESOURCES,
        rules::BUNDLES,
        rules::VITAL_SIGNS,
    ];
    let silent: Vec<_> = all.into_iter().flatten().filter(|key| !fired.contains(*key)).collect();
    assert_eq!(silent, Vec::<&&str>::new());
}

/// The rules that R5 added: each breaks there, and there alone.
#[test]
fn every_rule_of_r5_fires_in_r5() {
    let entry = |rest: &str| format!(r#","entry":[{{{rest}}}]"#);
    let patient =
        r#""fullUrl":"http://x.org/Patient/1","resource":{"resourceType":"Patient","id":"1"}"#;
    let get = r#""request":{"method":"GET","url":"Patient"}"#;
    let history =
        |rest: &str| bundle("history", &entry(&format!(r#"{rest},"response":{{"status":"200"}}"#)));
    let cases = [
        ("ref-2", "Observation.subject", observation(r#""subject":{"type":"Patient"}"#)),
        (
            "sdd-1",
            "Observation.value.ofType(SampledData)",
            observation(
                r#""valueSampledData":{"origin":{"value":1},"intervalUnit":"ms","dimensions":1}"#,
            ),
        ),
        ("ratrng-1", AT, typed(r#""valueRatioRange":{"lowNumerator":{"value":1}}"#)),
        (
            "enc-1",
            "Encounter.participant[0]",
            resource(
                "Encounter",
                r#""status":"completed","participant":[{"period":{"start":"2024"}}]"#,
            ),
        ),
        (
            "av-1",
            AT,
            typed(
                r#""valueAvailability":{"availableTime":[{"allDay":true,"availableEndTime":"12:00:00"}]}"#,
            ),
        ),
        ("dos-1", AT, typed(r#""valueDosage":{"asNeeded":false,"asNeededFor":[{"text":"x"}]}"#)),
        ("exp-2", AT, typed(r#""valueExpression":{"name":"a-b","expression":"x"}"#)),
        (
            "org-3",
            "Organization.contact[0]",
            resource("Organization", r#""name":"x","contact":[{"telecom":[{"use":"home"}]}]"#),
        ),
        (
            "org-4",
            "Organization.contact[0]",
            resource("Organization", r#""name":"x","contact":[{"address":{"use":"home"}}]"#),
        ),
        (
            "obs-8",
            "Observation",
            observation(
                r#""bodySite":{"text":"x"},"bodyStructure":{"reference":"BodyStructure/1"}"#,
            ),
        ),
        (
            "bdystr-1",
            "ServiceRequest",
            resource(
                "ServiceRequest",
                r#""status":"active","intent":"order","subject":{"reference":"Patient/1"},"bodySite":[{"text":"x"}],"bodyStructure":{"reference":"BodyStructure/1"}"#,
            ),
        ),
        (
            "dev-1",
            "Device",
            resource(
                "Device",
                r#""name":[{"value":"a","type":"user-friendly-name","display":true},{"value":"b","type":"user-friendly-name","display":true}]"#,
            ),
        ),
        (
            "bdl-3a",
            "Bundle.entry[0]",
            bundle("collection", &entry(r#""fullUrl":"http://x.org/a","search":{"mode":"match"}"#)),
        ),
        ("bdl-3b", "Bundle.entry[0]", history(&format!("{patient},{get}"))),
        ("bdl-3c", "Bundle.entry[0]", bundle("batch", &entry(&format!("{patient},{get}")))),
        ("bdl-13", "Bundle.entry[0]", bundle("subscription-notification", &entry(patient))),
        (
            "bdl-14",
            "Bundle.entry[0]",
            history(&format!(r#"{patient},"request":{{"method":"PATCH","url":"Patient/1"}}"#)),
        ),
        (
            "bdl-15",
            "Bundle.entry[0]",
            bundle("collection", &entry(r#""resource":{"resourceType":"Patient"}"#)),
        ),
        (
            "bdl-16",
            "Bundle.issues",
            bundle(
                "collection",
                r#","issues":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"value"}]}"#,
            ),
        ),
        (
            "bdl-17",
            "Bundle.issues",
            bundle(
                "document",
                r#","issues":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"value"}]}"#,
            ),
        ),
        ("bdl-18", "Bundle", bundle("searchset", "")),
        (
            "vital-common-unit",
            "Observation.component[0].value.ofType(Quantity)",
            heart_rate(
                CATEGORY,
                "",
                SUBJECT,
                TIME,
                &format!(
                    r#"{VALUE},"component":[{{"code":{{"text":"x"}},"valueQuantity":{{"value":1,"system":"http://unitsofmeasure.org","code":"s"}}}}]"#
                ),
            ),
        ),
    ];
    let mut fired = BTreeSet::new();
    for (key, path, input) in cases {
        for version in Version::ALL {
            let (mut tape, mut issues) = (Tape::new(), Vec::new());
            let mut reader = json::Reader::new().for_version(version);
            let root = reader.read(input.as_bytes(), &mut tape, &mut issues).expect("a resource");
            Validator::new().for_version(version).validate(&tape, root, &mut issues);
            let found: Vec<_> =
                issues.iter().map(|i| (i.rule.key, i.path(&tape).to_string())).collect();
            let here = found.iter().any(|(k, p)| *k == key && p.starts_with(path));
            assert_eq!(here, version == Version::R5, "{version} {input} {found:?}");
        }
        fired.insert(key);
    }
    let silent: Vec<_> = rules::R5.iter().filter(|key| !fired.contains(**key)).collect();
    assert_eq!(silent, Vec::<&&str>::new());
}

#[test]
fn forms_fire_at_the_element() {
    for (key, path, input) in [
        ("form-date", "Patient.birthDate", r#""birthDate":"2024-02-30""#),
        ("form-id", "Patient.id", r#""id":"a_b""#),
        ("form-code", "Patient.gender", r#""gender":" male""#),
        ("form-string", "Patient.name[0].text", r#""name":[{"text":"\u0007"}]"#),
        (
            "form-base64Binary",
            "Patient.photo[0].data",
            r#""photo":[{"contentType":"image/png","data":"Q"}]"#,
        ),
    ] {
        assert_eq!(issues(&resource("Patient", input)), [(key, path.to_owned())], "{input}");
    }
}

#[test]
fn what_is_in_order() {
    let bp = [component("8480-6", "120"), component("8462-4", "80")];
    good(&heart_rate(CATEGORY, "", SUBJECT, TIME, VALUE));
    good(&heart_rate(CATEGORY, "", SUBJECT, TIME, r#""dataAbsentReason":{"text":"x"}"#));
    good(&heart_rate(
        CATEGORY,
        r#"{"system":"urn:iso:std:iso:11073:10101","code":"149530"}"#,
        r#""subject":{"reference":"urn:uuid:187e0c12-8dd2-67e2-99b2-bf273c878281"}"#,
        r#""effectivePeriod":{"start":"2024-05-01T10:00:00Z","end":"2024-05-01T10:00:00+00:00"}"#,
        VALUE,
    ));
    good(&vital(
        "8889-8",
        CATEGORY,
        r#"{"system":"http://loinc.org","code":"8867-4"}"#,
        SUBJECT,
        TIME,
        VALUE,
    ));
    good(&vital("8310-5", CATEGORY, "", SUBJECT, TIME, &VALUE.replace("\"/min\"", "\"[degF]\"")));
    good(&blood_pressure(&bp, ""));
    let absent = r#"{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"dataAbsentReason":{"text":"x"}}"#;
    good(&blood_pressure(&[bp[0].clone(), absent.to_owned()], ""));
    good(&vital(
        "85353-1",
        CATEGORY,
        "",
        SUBJECT,
        TIME,
        r#""hasMember":[{"reference":"Observation/1"}]"#,
    ));
    // A LOINC code that implies nothing needs nothing.
    good(&vital("2339-0", "", "", "", "", ""));
    // A contained resource may be referred to from an extension, or refer outwards itself.
    good(&observation(
        r##""contained":[{"resourceType":"Device","id":"d"},{"resourceType":"Observation","id":"s","status":"final","code":{"text":"x"},"derivedFrom":[{"reference":"#"}]}],"extension":[{"url":"http://x.org","valueUri":"#d"}]"##,
    ));
    // What a resource of another type refers to is not known.
    good(&observation(
        r##""contained":[{"resourceType":"Medication","id":"m"},{"resourceType":"Device","id":"d"}],"focus":[{"reference":"#m"}]"##,
    ));
    good(&observation(
        r#""extension":[{"url":"http://x.org","extension":[{"url":"part","valueString":"x"}]}]"#,
    ));
    good(&observation(r#""valueRatio":{"extension":[{"url":"http://x.org","valueString":"x"}]}"#));
    good(&observation(
        r#""valueRange":{"low":{"value":9,"unit":"a"},"high":{"value":1,"unit":"b"}}"#,
    ));
    good(&bundle(
        "transaction",
        r#","entry":[{"fullUrl":"urn:uuid:187e0c12-8dd2-67e2-99b2-bf273c878281","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=a|b"}}]"#,
    ));
    good(&bundle(
        "history",
        r#","total":1,"entry":[{"fullUrl":"http://x.org/Patient/1","resource":{"resourceType":"Patient","id":"1","meta":{"versionId":"1"}},"request":{"method":"PUT","url":"Patient/1"},"response":{"status":"200"}},{"fullUrl":"http://x.org/Patient/1","resource":{"resourceType":"Patient","id":"1","meta":{"versionId":"2"}},"request":{"method":"PUT","url":"Patient/1"},"response":{"status":"200"}}]"#,
    ));
    good(&resource(
        "Patient",
        r#""_birthDate":{"extension":[{"url":"http://x.org","valueString":"x"}]}"#,
    ));
}

#[test]
fn each_entry_has_its_own_contained_resources() {
    let entry = |id: &str, name: &str, reference: &str| {
        format!(
            r##"{{"fullUrl":"http://x.org/Observation/{id}","resource":{{"resourceType":"Observation","id":"{id}","contained":[{{"resourceType":"Device","id":"{name}"}}],"status":"final",{CODE},"device":{{"reference":"#{reference}"}}}}}}"##
        )
    };
    let entries = |second: &str| {
        bundle(
            "collection",
            &format!(r#","entry":[{},{}]"#, entry("1", "a", "a"), entry("2", "b", second)),
        )
    };
    good(&entries("b"));
    assert_eq!(
        issues(&entries("a")),
        [
            ("ref-1", "Bundle.entry[1].resource.device.reference".to_owned()),
            ("dom-3", "Bundle.entry[1].resource.contained[0]".to_owned())
        ]
    );
}

/// Builds an Observation of these elements with a text each.
fn tape(elements: &[(ElementId, &'static str)]) -> Tape {
    let mut tape = Tape::new();
    let root = tape.open(el::ROOT_OBSERVATION, Span::NONE);
    for &(element, text) in elements {
        tape.text(element, text);
    }
    tape.close(root);
    tape
}

#[test]
fn what_only_a_tape_can_have_wrong() {
    let keys = |tape: &Tape| {
        let mut issues = Vec::new();
        let root = tape.root().unwrap();
        let valid = Validator::new().validate(tape, root, &mut issues);
        assert_eq!(valid, !issues.iter().any(Issue::is_error));
        issues.iter().map(|i| (i.rule.key, i.path(tape).to_string())).collect::<Vec<_>>()
    };
    let none = |key| (key, "Observation.code".to_owned());
    let status = (el::OBSERVATION_STATUS, "final");
    assert_eq!(
        keys(&tape(&[(el::OBSERVATION_ISSUED, "2024-01-01T00:00:00Z"), status])),
        [("element-order", "Observation.status".to_owned()), none("element-min")]
    );
    assert_eq!(
        keys(&tape(&[status, status, status])),
        [("element-max", "Observation.status".to_owned()), none("element-min")]
    );
    assert_eq!(
        keys(&tape(&[status, (el::PATIENT_ACTIVE, "true")])),
        [("unknown-element", "Observation.active".to_owned()), none("element-min")]
    );
    assert_eq!(
        keys(&tape(&[status, (el::OBSERVATION_VALUE_BOOLEAN, "yes")])),
        [("form-boolean", "Observation.value.ofType(boolean)".to_owned()), none("element-min")]
    );

    let mut wrong = Tape::new();
    let root = wrong.open(el::ROOT_OBSERVATION, Span::NONE);
    let slot = wrong.open(el::OBSERVATION_CONTAINED, Span::NONE);
    wrong.text(el::PATIENT_ID, "x");
    wrong.close(slot);
    wrong.text(el::OBSERVATION_STATUS, "final");
    let code = wrong.open(el::OBSERVATION_CODE, Span::NONE);
    wrong.value_text(code, "x");
    wrong.text(el::CODEABLE_CONCEPT_TEXT, "y");
    wrong.close(code);
    wrong.close(root);
    let found = keys(&wrong);
    assert!(found.contains(&("unknown-element", "Observation.contained[0].id".to_owned())));
    assert!(found.contains(&("element-text", "Observation.code".to_owned())));

    let mut deep = Tape::new();
    let root = deep.open(el::ROOT_OBSERVATION, Span::NONE);
    for _ in 0..200 {
        let _ = deep.open(el::EXTENSION_EXTENSION, Span::NONE);
    }
    deep.close(root);
    assert_eq!(keys(&deep), [("incomplete", "Observation".to_owned())]);

    let mut part = Tape::new();
    part.text(el::CODING_CODE, "x");
    assert_eq!(keys(&part), [("resource", "code".to_owned())]);

    let mut empty = Tape::new();
    let root = empty.open(el::ROOT_BUNDLE, Span::NONE);
    empty.text(el::BUNDLE_TYPE, "batch-response");
    let entry = empty.open(el::BUNDLE_ENTRY, Span::NONE);
    let slot = empty.open(el::BUNDLE_ENTRY_RESOURCE, Span::NONE);
    empty.value_text(slot, "x");
    empty.close(root);
    let path = empty.path(slot.node()).to_string();
    assert!(keys(&empty).contains(&("resource-missing", path)), "{entry:?}");

    let mut other = Tape::new();
    let root = other.open(el::ROOT_DEVICE, Span::NONE);
    let name = other.open(el::DEVICE_NAME, Span::NONE);
    other.text(el::DEVICE_NAME_VALUE, "x");
    other.text(el::DEVICE_NAME_TYPE, "other");
    other.close(name);
    other.close(root);
    assert!(keys(&other).contains(&("element-version", "Device.name[0]".to_owned())));
    assert!(keys(&other).contains(&("element-version", "Device.name[0].value".to_owned())));
}

/// What a resource is in each version.
#[test]
fn versions_have_their_own_elements_codes_and_order() {
    let found = |input: &str| {
        Version::ALL.map(|version| {
            let (mut tape, mut issues) = (Tape::new(), Vec::new());
            let mut reader = json::Reader::new().for_version(version);
            let root = reader.read(input.as_bytes(), &mut tape, &mut issues).expect("a resource");
            Validator::new().for_version(version).validate(&tape, root, &mut issues);
            issues.iter().map(|issue| issue.rule.key).collect::<Vec<_>>()
        })
    };
    const NONE: &[&str] = &[];
    let mut wrong = Vec::new();
    let unknown: &[&str] = &["unknown-element"];
    let code: &[&str] = &["binding-required"];
    for (input, wanted) in [
        (resource("Device", r#""type":{"text":"x"}"#), [NONE, NONE, &["json-array"]]),
        (
            resource("Device", r#""type":[{"text":"x"}]"#),
            [&["json-no-array"], &["json-no-array"], NONE],
        ),
        (
            resource("Device", r#""name":[{"value":"x","type":"user-friendly-name"}]"#),
            [unknown, unknown, NONE],
        ),
        (
            resource("Encounter", r#""status":"finished","class":{"code":"AMB"}"#),
            [NONE, NONE, &["json-array", "unknown-element", "binding-required"]],
        ),
        (
            resource("Encounter", r#""status":"completed","class":[{"text":"x"}]"#),
            [
                &["json-no-array", "unknown-element", "binding-required", "element-min"],
                &["json-no-array", "unknown-element", "binding-required", "element-min"],
                NONE,
            ],
        ),
        (
            resource("DeviceMetric", r#""color":"teal","type":{"text":"x"},"category":"setting""#),
            [code, code, &["element-min"]],
        ),
        (
            observation(r#""subject":{"reference":"Medication/1"}"#),
            [&["reference-target"], NONE, NONE],
        ),
        (
            resource(
                "Practitioner",
                r#""birthDate":"1970","address":[{"city":"x"}],"gender":"male""#,
            ),
            [NONE, NONE, NONE],
        ),
        (observation(r#""valueAttachment":{"size":"9"}"#), [unknown, unknown, NONE]),
        (
            observation(r#""bodyStructure":{"reference":"Patient/1"}"#),
            [unknown, unknown, &["reference-target"]],
        ),
        (
            resource(
                "Specimen",
                r#""collection":{"bodySite":{"reference":{"reference":"Patient/1"}}}"#,
            ),
            [unknown, unknown, &["reference-target"]],
        ),
        (
            bundle("collection", r#","issues":{"resourceType":"Patient"}"#),
            [unknown, unknown, &["reference-target"]],
        ),
        (
            resource("Patient", r#""contained":[{"resourceType":"Media","id":"a"}]"#),
            [&["unchecked-type"], &["unchecked-type"], &["resource-type"]],
        ),
    ] {
        let found = found(&input);
        if found != wanted {
            wrong.push((input, found));
        }
    }
    assert_eq!(wrong, []);
}

proptest! {
    /// Bytes of a good or broken resource, changed: nothing panics, and what cannot be read has
    /// an issue.
    #[test]
    fn changed_bytes(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let cases = broken();
        let mut bytes = which.get(&cases).2.clone().into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cut.index(4) == 0 {
            bytes.truncate(cut.index(bytes.len()));
        }
        let (mut tape, mut issues) = (Tape::new(), Vec::new());
        match json::read(&bytes, &mut tape, &mut issues) {
            Some(root) => {
                Validator::new().validate(&tape, root, &mut issues);
            }
            None => prop_assert!(issues.iter().any(Issue::is_error)),
        }
        for issue in &issues {
            let _ = issue.path(&tape).to_string();
        }
    }
}
