//! `iomt convert`, and XML elsewhere.
#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use support::{Dir, OBSERVATION, oru};

const XML: &str = "<Observation xmlns=\"http://hl7.org/fhir\"><id value=\"1\"/><status value=\"final\"/><code><coding><system value=\"http://loinc.org\"/><code value=\"2345-7\"/></coding></code><subject><reference value=\"Patient/1\"/></subject><valueInteger value=\"5\"/></Observation>";

#[test]
fn formats_become_each_other() {
    let dir = Dir::new("convert");
    dir.write("a.json", OBSERVATION);
    let run = dir.run(&["convert", "--to", "xml", "a.json"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert_eq!(run.out, format!("{XML}\n"));
    for to in ["json", "ndjson"] {
        let run = dir.run_with(&["convert", "--to", to], format!("\u{feff} {XML}").as_bytes());
        assert_eq!((run.status, run.out, run.err.as_str()), (0, format!("{OBSERVATION}\n"), ""));
    }
    let pretty = dir.run(&["convert", "--to", "json", "--pretty", "a.json"]).out;
    assert!(pretty.starts_with("{\n  \"resourceType\": \"Observation\",\n  \"id\": \"1\",\n"));
    assert_eq!(
        dir.run_with(&["convert", "--to", "ndjson", "-"], pretty.as_bytes()).out,
        format!("{OBSERVATION}\n")
    );
    let pretty = dir.run(&["convert", "--to", "xml", "--pretty", "a.json"]).out;
    assert!(pretty.contains("\n    <coding>\n      <system value=\"http://loinc.org\"/>\n"));
    assert_eq!(
        dir.run_with(&["convert", "--to", "xml"], pretty.as_bytes()).out,
        format!("{XML}\n")
    );
    // What is said to be another format is no such thing.
    for from in ["json", "ndjson"] {
        let run = dir.run_with(&["convert", "--to", "json", "--from", from], XML.as_bytes());
        assert_eq!((run.status, run.out.as_str()), (1, ""));
    }
}

#[test]
fn lines_are_resources_and_directories_are_mirrored() {
    let dir = Dir::new("convert-dir");
    dir.write("in/a.ndjson", &format!("{OBSERVATION}\n\n{OBSERVATION}\n"));
    dir.write("in/b/c.xml", XML);
    dir.write("in/d.xml", "<Observation/>");
    let run = dir.run(&["convert", "--to", "json", "-o", "out", "in"]);
    assert_eq!(run.status, 1);
    assert!(run.err.contains("d.xml:1: error xml-resource"), "{}", run.err);
    assert_eq!(dir.read("out/a.json"), format!("{OBSERVATION}\n{OBSERVATION}\n"));
    assert_eq!(dir.read("out/b/c.json"), format!("{OBSERVATION}\n"));
    assert!(!dir.path("out/d.json").exists());
    let run = dir.run(&["convert", "--to", "json", "-o", "in/a.ndjson", "in/a.ndjson"]);
    assert_eq!(run.status, 2, "no input is overwritten");
}

#[test]
fn what_is_lost_is_said_and_not_written() {
    let dir = Dir::new("convert-loss");
    let secret = OBSERVATION.replace("\"5\"", "5").replace("final", "f\\u0001SECRET");
    dir.write("a.ndjson", &format!("{secret}\n{OBSERVATION}\n"));
    let run = dir.run(&["convert", "--to", "xml", "--diagnostics", "json", "a.ndjson"]);
    assert_eq!((run.status, run.out.as_str()), (1, &*format!("{XML}\n")));
    assert!(!run.err.contains("SECRET"));
    let offset = secret.find("\"f\\u").unwrap();
    let found = &run.diagnostics()[0];
    assert_eq!(
        *found,
        serde_json::json!({"file": "a.ndjson", "message": 1, "code": "xml-character", "severity": "error",
            "offset": offset, "len": 15, "path": "Observation.status"})
    );

    let foreign =
        r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Account", "id":"a"}}]}"#;
    let run = dir.run_with(&["convert", "--to", "xml"], foreign.as_bytes());
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    assert!(run.err.contains("-:1: error foreign-type Bundle.entry[0].resource"), "{}", run.err);
    let run = dir.run_with(&["convert", "--to", "json"], foreign.as_bytes());
    assert_eq!((run.status, run.out), (0, format!("{}\n", foreign.replace(", ", ","))));

    let bundle = "<Bundle xmlns=\"http://hl7.org/fhir\"><!-- a --><entry><resource><Account><id value=\"a\"/>\
                  </Account></resource></entry></Bundle>";
    let run = dir.run_with(&["convert", "--to", "json"], bundle.as_bytes());
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    assert!(run.err.contains("error unread-type"), "{}", run.err);
    assert!(!run.err.contains("xml-lost"), "information is for --verbose");
    let run =
        dir.run_with(&["convert", "--to", "json", "--partial", "keep", "-v"], bundle.as_bytes());
    assert_eq!(run.status, 1);
    assert!(run.out.contains(r#"{"resource":{"resourceType":"Account"}}"#));
    assert!(run.err.contains("information xml-lost"), "{}", run.err);
}

#[test]
fn xml_is_validated_and_translated_to() {
    let dir = Dir::new("xml");
    dir.write("a.xml", XML);
    dir.write("dtd.xml", "<!DOCTYPE a><a/>");
    dir.write("a.hl7", &oru("1", "95"));
    let run = dir.run(&["validate", "a.xml"]);
    assert_eq!((run.status, run.out.as_str()), (0, "a.xml:1: Observation: valid\n"));
    let run = dir.run(&["validate", "--output", "json", "dtd.xml"]);
    assert_eq!((run.status, &run.documents()[0]["issues"][0]["key"]), (1, &"xml-dtd".into()));
    let run = dir.run(&["translate", "--to", "xml", "-o", "out/", "a.hl7"]);
    assert_eq!(run.status, 0, "{}", run.err);
    let run = dir.run(&["convert", "--to", "json", "out/a.xml"]);
    assert_eq!(run.out, dir.run(&["translate", "a.hl7"]).out);
}

#[test]
fn definitions_make_other_types_known() {
    let dir = Dir::new("convert-definitions");
    let element = |path: &str, ty: &str| {
        let base = format!(r#""base":{{"path":"{path}","min":0,"max":"1"}}"#);
        format!(r#"{{"path":"{path}","min":0,"max":"1",{base},"type":[{{"code":"{ty}"}}]}}"#)
    };
    let elements = [element("Account.id", "id"), element("Account.owner", "Reference")].join(",");
    dir.write(
        "types/Account.json",
        &format!(
            r#"{{"resourceType":"StructureDefinition","kind":"resource","type":"Account","derivation":"specialization",
            "snapshot":{{"element":[{{"path":"Account","min":0,"max":"*"}},{elements}]}}}}"#
        ),
    );
    dir.write("types/package.json", "{}");
    dir.write("types/readme.txt", "no JSON");
    let json = r#"{"resourceType":"Account","id":"a","owner":{"display":"B"}}"#;
    let xml = r#"<Account xmlns="http://hl7.org/fhir"><id value="a"/><owner><display value="B"/></owner></Account>"#;
    for (to, from, want) in [("xml", json, xml), ("json", xml, json)] {
        let run = dir.run_with(&["convert", "--to", to, "--definitions", "types"], from.as_bytes());
        assert_eq!((run.status, run.out, run.err.as_str()), (0, format!("{want}\n"), ""));
    }
    let wrong = json.replace("owner", "payer");
    let run = dir.run_with(&["convert", "--to", "xml", "--definitions", "types"], wrong.as_bytes());
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    let run = dir.run_with(&["convert", "--to", "xml", "--definitions", "types/readme.txt"], b"{}");
    assert_eq!(run.status, 2);
    assert!(run.err.contains("readme.txt: line 1"), "{}", run.err);
}

#[test]
fn versions_become_each_other_where_nothing_is_lost() {
    let dir = Dir::new("convert-version");
    let metric = r#"{"resourceType":"DeviceMetric","type":{"text":"pulse"},"source":{"display":"D"},"category":"measurement"}"#;
    let convert = |json: &str, more: &[&str]| {
        let arguments = [&["convert", "--to", "json", "--to-fhir", "r5"], more].concat();
        dir.run_with(&arguments, json.as_bytes())
    };
    let run = convert(metric, &[]);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert_eq!(run.out, format!("{}\n", metric.replace("\"source", "\"device")));
    let run = convert(metric, &["--fhir", "r5"]);
    assert_eq!(run.status, 1, "R5 has no source");

    let device = r#"{"resourceType":"Device","patient":{"display":"P"},"lotNumber":"1"}"#;
    let run = convert(device, &[]);
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    assert!(run.err.contains("error not-converted Device.patient"), "{}", run.err);
    let run = convert(device, &["--partial", "keep"]);
    assert_eq!(
        (run.status, run.out.as_str()),
        (1, "{\"resourceType\":\"Device\",\"lotNumber\":\"1\"}\n")
    );
}
