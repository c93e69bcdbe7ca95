use super::*;
use crate::json;
use proptest::prelude::*;

/// What was read, as JSON; and the keys of the rules with the text at each place.
fn run(input: &str) -> (String, Vec<(&'static str, String, String)>) {
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    let root = read(input.as_bytes(), &mut tape, &mut issues);
    let mut out = String::new();
    if let Some(root) = root {
        json::write(&tape, root, &mut out);
    }
    let issues = issues.iter().map(|issue| {
        let (start, len) = (index(issue.span.offset), index(issue.span.len));
        let text = input.get(start..start.saturating_add(len)).unwrap_or("?").to_owned();
        (issue.rule.key, issue.path(&tape).to_string(), text)
    });
    (out, issues.collect())
}

#[track_caller]
fn same(input: &str) {
    assert_eq!(run(input), (input.to_owned(), Vec::new()));
}

#[track_caller]
fn wrong(input: &str, key: &str, path: &str, text: &str) {
    let (_, issues) = run(input);
    assert_eq!(issues, [(key, path.to_owned(), text.to_owned())], "{input}");
}

#[test]
fn what_is_in_order_comes_back() {
    same(r#"{"resourceType":"Patient"}"#);
    same(concat!(
        r#"{"resourceType":"Observation","id":"a","contained":[{"resourceType":"Device","id":"d"}],"#,
        r#""status":"final","code":{"coding":[{"code":"1"},{"code":"2"}]},"#,
        r#""valueQuantity":{"value":72.00,"unit":"é\"\\\n\u0001"},"component":[{"code":{"text":"a"},"#,
        r#""valueInteger":-5},{"code":{"text":"b"},"valueBoolean":true}]}"#
    ));
    same(concat!(
        r#"{"resourceType":"Patient","name":[{"given":["A",null,"B"],"_given":[null,{"id":"x"},"#,
        r#"null]}],"birthDate":"1970","_birthDate":{"extension":[{"url":"http://x.org","#,
        r#""valueCode":"c"}]},"_deceasedBoolean":{"id":"y"}}"#
    ));
}

#[test]
fn other_types_are_kept_as_they_are() {
    let input = concat!(
        r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Medication","#,
        r#""id":"m", "code" : {"anything":[1.0]}}},{"resource":{"resourceType":"Patient"}}]}"#
    );
    let (out, issues) = run(input);
    assert_eq!(out, input);
    let place = ("Bundle.entry[0].resource".to_owned(), "\"Medication\"".to_owned());
    assert_eq!(issues, [("unchecked-type", place.0, place.1)]);
}

#[test]
fn order_and_escapes_are_made_canonical() {
    let (out, issues) =
        run(" {\"status\" : \"fin\\u0061l\", \"_status\":{\"id\":\"s\"},\r\n\"id\":\"a\\/b\", \
         \"resourceType\":\"Observation\",\"_id\":{\"id\":\"\\ud83d\\ude00\"}} ");
    assert_eq!(issues, []);
    assert_eq!(
        out,
        "{\"resourceType\":\"Observation\",\"id\":\"a/b\",\"_id\":{\"id\":\"😀\"},\
         \"status\":\"final\",\"_status\":{\"id\":\"s\"}}"
    );
}

#[test]
fn places_are_those_of_the_input() {
    let input = "\u{feff}{\"resourceType\":\"Observation\",\"status\":\"final\",\
                 \"valueQuantity\":{\"value\":7.20}}";
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    let root = read(input.as_bytes(), &mut tape, &mut issues).unwrap();
    assert_eq!(issues, []);
    let text = |id| {
        let span = tape.span_of(id);
        input.get(index(span.offset)..index(span.end())).unwrap()
    };
    assert_eq!(text(root), input.strip_prefix('\u{feff}').unwrap());
    assert_eq!(text(tape.find(root, el::OBSERVATION_STATUS).unwrap()), "\"final\"");
    let quantity = tape.find(root, el::OBSERVATION_VALUE_QUANTITY).unwrap();
    assert_eq!(text(quantity), "{\"value\":7.20}");
    assert_eq!(text(tape.find(quantity, el::QUANTITY_VALUE).unwrap()), "7.20");
}

#[test]
fn every_rule_fires_at_its_place() {
    let patient = |rest: &str| format!("{{\"resourceType\":\"Patient\",{rest}}}");
    for (rest, key, path, text) in [
        (r#""nmae":[{"text":"a"}]"#, "unknown-element", "Patient", "\"nmae\""),
        (r#""_name":[{"id":"a"}]"#, "unknown-element", "Patient", "\"_name\""),
        (
            r#""name":[{"resourceType":"a","text":"b"}]"#,
            "unknown-element",
            "Patient.name[0]",
            "\"resourceType\"",
        ),
        (r#""active":true,"active":false"#, "json-duplicate", "Patient", "\"active\""),
        (r#""\u0061ctive":true,"active":false"#, "json-duplicate", "Patient", "\"active\""),
        (r#""resourceType":"Patient""#, "json-duplicate", "Patient", "\"resourceType\""),
        (r#""active":"true""#, "json-type", "Patient", "\"true\""),
        (r#""birthDate":1970"#, "json-type", "Patient", "1970"),
        (r#""birthDate":{}"#, "json-type", "Patient", "{}"),
        (r#""maritalStatus":"M""#, "json-type", "Patient", "\"M\""),
        (r#""_birthDate":"M""#, "json-type", "Patient", "\"M\""),
        (r#""name":{"text":"a"}"#, "json-array", "Patient", "{\"text\":\"a\"}"),
        (r#""birthDate":["1970"]"#, "json-no-array", "Patient", "[\"1970\"]"),
        (r#""birthDate":null"#, "json-null", "Patient", "null"),
        (r#""name":[null]"#, "json-null", "Patient", "null"),
        (r#""name":[{"given":[null,"a"]}]"#, "json-null", "Patient.name[0]", "null"),
        (r#""contained":[null]"#, "json-null", "Patient", "null"),
        (r#""name":[]"#, "json-empty", "Patient", "[]"),
        (r#""birthDate":"""#, "json-empty", "Patient", "\"\""),
        (r#""name":[{}]"#, "ele-1", "Patient", "{}"),
        (r#""_birthDate":{}"#, "ele-1", "Patient", "{}"),
        (r#""contained":["a"]"#, "json-resource", "Patient", "\"a\""),
        (r#""contained":[{"resourceType":"Pat"}]"#, "resource-type", "Patient", "\"Pat\""),
    ] {
        wrong(&patient(rest), key, path, text);
    }
    wrong(r#"{"resourceType":"Observations"}"#, "resource-type", "", "\"Observations\"");
    wrong(r#"{"id":"a"}"#, "json-resource", "", r#"{"id":"a"}"#);
    wrong("[1]", "json-resource", "", "[1]");
    wrong(r#"{"resourceType":1}"#, "json-resource", "", r#"{"resourceType":1}"#);
    wrong(r#"{"resourceType":"Account","x":1}"#, "unchecked-type", "Resource", "\"Account\"");
    wrong(r#"{"resourceType":"Patient",}"#, "json-syntax", "", "");
    wrong(&"{\"a\":".repeat(100), "limit-depth", "", "");
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    assert_eq!(read(b"{\"a\":\"\xff\"}", &mut tape, &mut issues), None);
    assert_eq!((issues[0].rule.key, issues[0].span.offset), ("json-utf8", 6));
    assert!(tape.is_empty());
}

#[test]
fn many_issues_are_capped() {
    let input = format!("{{{}\"resourceType\":\"Patient\"}}", "\"x\":1,".repeat(5000));
    let (_, issues) = run(&input);
    assert_eq!(issues.len(), crate::issue::MAX_ISSUES + 1);
    assert_eq!(issues.last().unwrap().0, "more-issues");
}

/// JSON of the shapes that FHIR has, with names that mean something and some that do not.
fn value(depth: u32) -> BoxedStrategy<String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?[1-9][0-9]{0,3}(\\.[0-9]{1,3})?",
        "\"[a-z0-9é\\-]{0,6}\"",
        Just("\"\\u0041\\n\"".to_owned()),
    ];
    if depth == 0 {
        return scalar.boxed();
    }
    let name = prop::sample::select(vec![
        "resourceType",
        "id",
        "_id",
        "extension",
        "url",
        "valueString",
        "_valueString",
        "name",
        "given",
        "_given",
        "contained",
        "birthDate",
        "_birthDate",
        "identifier",
        "period",
        "start",
        "x",
        "text",
        "div",
        "coding",
        "valueQuantity",
        "value",
        "_value",
    ]);
    let array = prop::collection::vec(value(depth.saturating_sub(1)), 0..3)
        .prop_map(|items| format!("[{}]", items.join(",")));
    let object =
        (any::<bool>(), prop::collection::vec((name, value(depth.saturating_sub(1))), 0..5))
            .prop_map(|(typed, members)| {
                let head = typed.then(|| "\"resourceType\":\"Patient\"".to_owned());
                let members = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", head.into_iter().chain(members).collect::<Vec<_>>().join(","))
            });
    prop_oneof![2 => scalar, 1 => array, 2 => object].boxed()
}

proptest! {
    /// What was read and written is read again without an issue of the reader's, and is then
    /// written the same.
    #[test]
    fn reading_settles(input in value(5)) {
        let input = format!("{{\"resourceType\":\"Patient\",\"name\":[{input}],{}", input.strip_prefix('{').unwrap_or("\"id\":\"a\"}"));
        let (once, _) = run(&input);
        if !once.is_empty() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&once).is_ok());
            let (twice, issues) = run(&once);
            prop_assert_eq!(&twice, &once);
            let left: Vec<_> = issues.iter().filter(|i| i.0 != "json-type").collect();
            prop_assert!(left.is_empty(), "{:?} {}", left, once);
        }
    }

    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let (mut tape, mut issues) = (Tape::new(), Vec::new());
        let _ = read(&bytes, &mut tape, &mut issues);
    }
}
