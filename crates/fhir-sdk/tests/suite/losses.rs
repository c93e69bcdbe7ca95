//! A row of the table in the crate's documentation, a test.

use crate::VERSIONS;
use iomt_fhir_sdk::{ErrorKind, Loss};
use serde_json::json;

const EXTENSION: &str = r#"{"extension":[{"url":"http://x.example","valueBoolean":true}]}"#;

/// An Observation that has these members, too.
fn observation(members: &str) -> String {
    format!(r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},{members}}}"#)
}

/// That an Observation loses just this, and what fhir-sdk writes for it at `pointer`.
#[track_caller]
fn loses(members: &str, loss: Option<(Loss, &str)>, pointer: &str, written: &str) {
    for (version, convert) in VERSIONS {
        let sdk = convert(observation(members).as_bytes()).unwrap();
        let want: Vec<_> = loss.map(|(loss, path)| (loss, path.to_owned())).into_iter().collect();
        assert_eq!(sdk.losses, want, "{version}");
        let member = sdk.json.pointer(pointer).map(ToString::to_string);
        assert_eq!(member.as_deref(), Some(written), "{version}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&sdk.back).unwrap(), sdk.json);
    }
}

#[track_caller]
fn fails(text: &str, kind: ErrorKind, path: &str) {
    for (version, convert) in VERSIONS {
        let error = convert(text.as_bytes()).err().unwrap();
        assert_eq!((error.kind(), error.path()), (kind, path), "{version}");
    }
}

#[track_caller]
fn drops(members: &str, path: &str) {
    fails(&observation(members), ErrorKind::Dropped, path);
}

#[test]
fn decimals_lose_their_digits() {
    for (ours, theirs) in
        [("72", "72.0"), ("6.30", "6.3"), ("1E2", "100.0"), ("-0.0050", "-0.005"), ("0", "0.0")]
    {
        let path = "Observation.value.ofType(Quantity).value";
        let members = format!(r#""valueQuantity":{{"value":{ours}}}"#);
        loses(&members, Some((Loss::Digits, path)), "/valueQuantity/value", theirs);
    }
    for kept in ["72.0", "6.3", "0.1", "37.25", "-273.15", "0.30000000000000004"] {
        loses(
            &format!(r#""valueQuantity":{{"value":{kept}}}"#),
            None,
            "/valueQuantity/value",
            kept,
        );
    }
}

#[test]
fn decimals_that_no_f64_has_are_refused() {
    for number in ["0.12345678901234567890", "9007199254740993", "1E-400"] {
        let text = observation(&format!(r#""valueQuantity":{{"value":{number}}}"#));
        fails(&text, ErrorKind::Changed, "Observation.value.ofType(Quantity).value");
    }
    let range = observation(r#""referenceRange":[{"low":{"value":1}},{"high":{"value":1E400}}]"#);
    fails(&range, ErrorKind::Refused, "Observation.referenceRange[1].high.value");
}

#[test]
fn instants_and_bytes_are_spelled_anew() {
    for (ours, theirs) in [
        ("2026-01-15T10:30:00.500+02:00", "2026-01-15T10:30:00.5+02:00"),
        ("2026-01-15T10:30:00.000Z", "2026-01-15T10:30:00Z"),
        ("2026-01-15T10:30:00+00:00", "2026-01-15T10:30:00Z"),
    ] {
        let spelling = |path| Some((Loss::Spelling, path));
        let member = |name: &str| format!(r#""{name}":"{ours}""#);
        let theirs = json!(theirs).to_string();
        let path = "Observation.effective.ofType(dateTime)";
        loses(&member("effectiveDateTime"), spelling(path), "/effectiveDateTime", &theirs);
        loses(&member("issued"), spelling("Observation.issued"), "/issued", &theirs);
    }
    for kept in ["2026", "2026-01", "2026-01-15", "2026-01-15T10:30:00.25-05:00"] {
        let member = format!(r#""effectiveDateTime":"{kept}""#);
        loses(&member, None, "/effectiveDateTime", &json!(kept).to_string());
    }
    let path = "Observation.value.ofType(time)";
    let time = r#""valueTime":"10:30:00.50""#;
    loses(time, Some((Loss::Spelling, path)), "/valueTime", r#""10:30:00.5""#);
    // More digits than nanoseconds are another instant.
    let more = observation(r#""issued":"2026-01-15T10:30:00.1234567891Z""#);
    fails(&more, ErrorKind::Changed, "Observation.issued");
    let unknown = observation(r#""issued":"2026-01-15T10:30:00-00:00""#);
    fails(&unknown, ErrorKind::Changed, "Observation.issued");
    // A text is a text.
    let text = "2026-01-15T10:30:00.500+00:00";
    let member = format!(r#""valueString":"{text}""#);
    loses(&member, None, "/valueString", &json!(text).to_string());

    let photo = r#"{"resourceType":"Patient","photo":[{"data":"AAEC\nAwQF"}]}"#;
    for (version, convert) in VERSIONS {
        let sdk = convert(photo.as_bytes()).unwrap();
        let path = "Patient.photo[0].data".to_owned();
        assert_eq!(sdk.losses, [(Loss::Spelling, path)], "{version}");
        assert_eq!(sdk.json.pointer("/photo/0/data"), Some(&json!("AAECAwQF")), "{version}");
    }
}

/// serde makes of an error in a flattened `Option` a `None`.
#[test]
fn errors_in_a_choice_are_no_silence() {
    let effective = "Observation.effective.ofType(dateTime)";
    drops(r#""effectiveDateTime":"2026-02-30""#, effective);
    drops(r#""effectiveDateTime":"2026-02-03T10:30:00""#, effective);
    drops(r#""effectiveDateTime":"2026-02-03T10:30Z""#, effective);
    drops(r#""valueQuantity":{"value":1,"comparator":"~"}"#, "Observation.value.ofType(Quantity)");
    drops(
        r#""component":[{"code":{"text":"y"},"valueTime":"10:30"}]"#,
        "Observation.component[0].value.ofType(time)",
    );
    // What is required inside has an extension instead of a value.
    let dimensions =
        format!(r#""valueSampledData":{{"origin":{{"value":0.5}},"_dimensions":{EXTENSION}}}"#);
    drops(&dimensions, "Observation.value.ofType(SampledData)");
}

#[test]
fn of_two_choices_one_is_not_taken_for_both() {
    drops(r#""valueQuantity":{"value":1.5},"valueString":"y""#, "Observation.value.ofType(string)");
    drops(
        r#""effectiveDateTime":"2026","effectiveInstant":"2026-01-15T10:30:00Z""#,
        "Observation.effective.ofType(instant)",
    );
}

#[test]
fn what_has_no_place_is_refused_where_it_stands() {
    let status =
        format!(r#"{{"resourceType":"Observation","_status":{EXTENSION},"code":{{"text":"x"}}}}"#);
    fails(&status, ErrorKind::Refused, "Observation");
    let status = status.replace("_status", r#"status":"done","_status"#);
    fails(&status, ErrorKind::Refused, "Observation.status");

    // In another resource.
    let patient =
        r#"{"resourceType":"Patient","contact":[{"gender":"none","period":{"start":"2026"}}]}"#;
    let entries = format!(r#"{{"fullUrl":"urn:uuid:1"}}, {{"resource":{patient} }}"#);
    let bundle = format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{entries}]}}"#);
    let inside = "Bundle.entry[1].resource.contact[0].gender";
    fails(&bundle, ErrorKind::Refused, inside);
    fails(&bundle.replace(",", ",\r\n\t"), ErrorKind::Refused, inside);
    fails(&format!("\u{feff}{bundle}"), ErrorKind::Refused, inside);
    let contained = observation(&format!(r#""contained":[{patient}]"#));
    fails(&contained, ErrorKind::Refused, "Observation.contained[0].contact[0].gender");
}

#[test]
fn what_is_not_of_the_element_table_is_refused() {
    fails(r#"{"resourceType":"Slot"}"#, ErrorKind::Foreign, "Resource");
    let slot = r#"{"resourceType":"Slot","schedule":{},"status":"free","start":"2026-01-15T10:30:00Z","end":"2026-01-15T10:31:00Z"}"#;
    fails(
        &observation(&format!(r#""contained":[{slot}]"#)),
        ErrorKind::Foreign,
        "Observation.contained[0]",
    );
    for (text, key) in [
        (observation(r#""valueText":"y""#), "unknown-element"),
        (observation(r#""valueString":72"#), "json-type"),
        (observation(r#""status":"final""#), "json-duplicate"),
    ] {
        for (version, convert) in VERSIONS {
            let error = convert(text.as_bytes()).err().unwrap();
            assert!(matches!(error.kind(), ErrorKind::Rule(rule) if rule.key == key), "{version}");
            assert_eq!(error.path(), "Observation", "{version}");
        }
    }
    for (_, convert) in VERSIONS {
        let error = convert(b"{").err().unwrap();
        assert_eq!(error.to_string(), "the text is not JSON (json-syntax)");
    }
}

/// How deep our reader reads; fhir-sdk's own reading recurses.
#[test]
fn depth_is_bounded() {
    let extension = |n: usize| {
        let open = r#""extension":[{"url":"x","#;
        let (open, close) = (open.repeat(n), "}]".repeat(n));
        observation(&format!(r#"{open}"valueString":"y"{close}"#))
    };
    for (_, convert) in VERSIONS {
        assert!(convert(extension(31).as_bytes()).is_ok());
        let error = convert(extension(33).as_bytes()).err().unwrap();
        assert!(matches!(error.kind(), ErrorKind::Rule(rule) if rule.key == "limit-depth"));
    }
}

#[test]
fn errors_and_debug_have_no_content() {
    let wrong = [
        r#""effectiveDateTime":"CANARY""#,
        r#""issued":"CANARY""#,
        r#""contained":[{"resourceType":"Patient","gender":"CANARY"}]"#,
        r#""CANARY":"CANARY""#,
        r#""valueQuantity":{"value":"CANARY"}"#,
        r#""contained":[{"resourceType":"CANARY","CANARY":1}]"#,
    ];
    for (version, convert) in VERSIONS {
        for members in wrong {
            let error = convert(observation(members).as_bytes()).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("CANARY"), "{version} {members}");
        }
    }
    #[cfg(feature = "r4b")]
    {
        let text = observation(r#""valueString":"CANARY","issued":"2026-01-15T10:30:00.50Z""#);
        let converted = iomt_fhir_sdk::r4b::from_json(text.as_bytes()).unwrap();
        let debug = format!("{converted:?}");
        assert_eq!(debug, "Converted { losses: [(Spelling, Observation.issued)], .. }");
    }
}

/// Why nothing of ours reads through fhir-sdk alone.
#[cfg(feature = "r4b")]
#[test]
fn fhir_sdk_itself_says_nothing() {
    use fhir_sdk::r4b::resources::Observation;
    for (members, written) in [
        (r#""valueQuantity":{"value":"72"}"#, json!({})),
        (r#""effectiveDateTime":"2026-02-30""#, json!({})),
        (r#""valueText":"y""#, json!({})),
        (r#""valueString":"y","valueBoolean":true"#, json!({"valueString": "y"})),
    ] {
        let read: Observation = serde_json::from_str(&observation(members)).unwrap();
        let mut json = serde_json::to_value(read).unwrap();
        let rest = json.as_object_mut().unwrap();
        for key in ["resourceType", "status", "code"] {
            assert!(rest.remove(key).is_some());
        }
        assert_eq!(json, written);
    }
}

/// What fhir-sdk can hold and FHIR cannot.
#[cfg(feature = "r4b")]
#[test]
fn what_is_no_fhir_does_not_come_back() {
    use fhir_sdk::r4b::resources::{Observation, ObservationValue, Resource};
    use iomt_fhir::tape::Tape;
    let converted = iomt_fhir_sdk::r4b::from_json(
        observation(r#""valueQuantity":{"value":72.5},"note":[{"text":"y"}]"#).as_bytes(),
    );
    let sound = Observation::try_from(converted.unwrap().resource).unwrap();
    type Edit = fn(&mut Observation);
    let edits: [(Edit, &str); 3] = [
        (
            |it| {
                if let Some(ObservationValue::Quantity(quantity)) = &mut it.value {
                    quantity.value = Some(f64::NAN);
                }
            },
            "json-null",
        ),
        (|it| it.note = vec![None], "json-null"),
        (|it| it.code.text = Some(String::new()), "json-empty"),
    ];
    let mut tape = Tape::new();
    for (edit, key) in edits {
        let mut unsound = sound.clone();
        edit(&mut unsound);
        let error = iomt_fhir_sdk::r4b::to_tape(&Resource::Observation(unsound), &mut tape);
        let kind = error.unwrap_err().kind();
        assert!(matches!(kind, ErrorKind::Rule(rule) if rule.key == key) && tape.is_empty());
    }
    assert!(iomt_fhir_sdk::r4b::to_tape(&Resource::Observation(sound), &mut tape).is_ok());
}
