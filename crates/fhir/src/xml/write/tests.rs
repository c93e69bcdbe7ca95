use super::*;
use crate::json;

/// JSON as XML; or the keys and paths of what keeps it from being.
fn of(json: &str, layout: Layout) -> Result<String, Vec<(&'static str, String)>> {
    let (mut tape, mut issues, mut out) = (Tape::new(), Vec::new(), String::new());
    let root = json::read(json.as_bytes(), &mut tape, &mut issues).unwrap();
    issues.clear();
    let written = write(&tape, root, layout, &mut out, &mut issues);
    let issues = issues.iter().map(|issue| (issue.rule.key, issue.path(&tape).to_string()));
    if written {
        Ok(out)
    } else {
        assert_eq!(out, "");
        Err(issues.collect())
    }
}

#[test]
fn an_element_a_line() {
    let json = concat!(
        r#"{"resourceType":"Patient","text":{"status":"empty","div":"#,
        r#""<div xmlns=\"http://www.w3.org/1999/xhtml\">\n<p>a</p></div>"},"active":true,"#,
        r#""_active":{"extension":[{"id":"1","extension":[{"url":"b","valueCode":"c"}],"url":"a"}]}}"#
    );
    let xml = "\
<Patient xmlns=\"http://hl7.org/fhir\">
  <text>
    <status value=\"empty\"/>
    <div xmlns=\"http://www.w3.org/1999/xhtml\">
<p>a</p></div>
  </text>
  <active value=\"true\">
    <extension id=\"1\" url=\"a\">
      <extension url=\"b\">
        <valueCode value=\"c\"/>
      </extension>
    </extension>
  </active>
</Patient>";
    assert_eq!(of(json, Layout::Pretty).as_deref(), Ok(xml));
}

#[test]
fn what_xml_cannot_hold_is_said_and_not_written() {
    let patient = |rest: &str| format!("{{\"resourceType\":\"Patient\",{rest}}}");
    let narrative =
        |div: &str| patient(&format!("\"text\":{{\"status\":\"empty\",\"div\":\"{div}\"}}"));
    for (json, key, path) in [
        (patient(r#""id":"a\u0001""#), "xml-character", "Patient.id"),
        (patient(r#""id":"\ufffe""#), "xml-character", "Patient.id"),
        (patient(r#""name":[{"id":"a","_id":{"id":"b"}}]"#), "xml-attribute", "Patient.name[0].id"),
        (patient(r#""text":{"_div":{"id":"a"}}"#), "xml-attribute", "Patient.text.div"),
        (
            patient(r#""contained":[{"resourceType":"Account"}]"#),
            "foreign-type",
            "Patient.contained[0]",
        ),
        (r#"{"resourceType":"Account"}"#.into(), "foreign-type", "Resource"),
        (narrative("a"), "xml-narrative", "Patient.text.div"),
        (narrative("<div>a</div>"), "xml-narrative", "Patient.text.div"),
        (
            narrative("<div xmlns='http://www.w3.org/1999/xhtml'>&nbsp;</div>"),
            "xml-narrative",
            "Patient.text.div",
        ),
        (
            narrative("<div xmlns='http://www.w3.org/1999/xhtml'><p></div>"),
            "xml-narrative",
            "Patient.text.div",
        ),
        (
            narrative("<div xmlns='http://www.w3.org/1999/xhtml'/><div/>"),
            "xml-narrative",
            "Patient.text.div",
        ),
        (
            narrative("<p xmlns='http://www.w3.org/1999/xhtml'/>"),
            "xml-narrative",
            "Patient.text.div",
        ),
        (
            narrative(" <div xmlns='http://www.w3.org/1999/xhtml'/>"),
            "xml-narrative",
            "Patient.text.div",
        ),
    ] {
        let found = of(&json, Layout::Compact).expect_err(&json);
        assert_eq!(found, [(key, path.to_owned())], "{json}");
    }
}
