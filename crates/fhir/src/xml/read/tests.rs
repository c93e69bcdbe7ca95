use proptest::prelude::*;

use super::*;
use crate::json::{self, Layout};

/// What was read, as JSON; and the keys of the rules with the path and the text at each place.
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

const HEAD: &str = "<Patient xmlns=\"http://hl7.org/fhir\">";

fn patient(inside: &str) -> String {
    format!("{HEAD}{inside}</Patient>")
}

/// `inside` a Patient is `json`, and comes back.
#[track_caller]
fn same(inside: &str, json: &str) {
    let input = patient(inside);
    let json = format!("{{\"resourceType\":\"Patient\"{json}}}");
    assert_eq!(run(&input), (json, Vec::new()));
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    let root = read(input.as_bytes(), &mut tape, &mut issues).unwrap();
    let mut out = String::new();
    assert!(crate::xml::write(&tape, root, Layout::Compact, &mut out, &mut issues));
    assert_eq!(out, input);
}

#[test]
fn what_is_in_order_comes_back() {
    same("<active value=\"true\"/>", r#","active":true"#);
    same(
        concat!(
            "<id value=\"a\"/><contained><Device><id value=\"d\"/></Device></contained>",
            "<name id=\"n\"><given value=\"A\"/><given id=\"x\"/><given value=\"B\"/></name>",
            "<birthDate value=\"1970\"><extension url=\"http://x.org\"><valueDecimal value=\"1.00\"/>",
            "</extension></birthDate>"
        ),
        concat!(
            r#","id":"a","contained":[{"resourceType":"Device","id":"d"}],"name":[{"id":"n","#,
            r#""given":["A",null,"B"],"_given":[null,{"id":"x"},null]}],"birthDate":"1970","#,
            r#""_birthDate":{"extension":[{"url":"http://x.org","valueDecimal":1.00}]}"#
        ),
    );
    // Characters that an attribute would not keep.
    same(
        "<id value=\"&lt;&amp;&gt;&quot;'é😀&#9;&#10;&#13; \"/>",
        ",\"id\":\"<&>\\\"'é😀\\t\\n\\r \"",
    );
    let div = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><!-- a --><p class='b'>1 &lt; 2<br/>\r\n</p></div>";
    let json = div.replace('"', "\\\"").replace("\r\n", "\\r\\n");
    same(
        &format!("<text><status value=\"generated\"/>{div}</text>"),
        &format!(",\"text\":{{\"status\":\"generated\",\"div\":\"{json}\"}}"),
    );
}

#[test]
fn xml_may_be_written_in_other_ways() {
    let json = r#"{"resourceType":"Patient","active":true,"name":[{"given":["a b  c"]}]}"#;
    for input in [
        "\u{feff}<?xml version='1.0' encoding='utf-8' standalone=\"yes\"?>\n<Patient xmlns='http://hl7.org/fhir'>\n\
         <active value='true' ></active >\t<name><given value='a&#32;b\t\r\nc'/></name></Patient>\n",
        "<f:Patient xmlns:f=\"http://hl7.org/fhir\"><f:active value = \"tru&#x65;\"/>\
         <f:name xmlns:g=\"http://hl7.org/fhir\"><g:given value=\"a b\r\n\nc\"/></f:name></f:Patient>",
    ] {
        assert_eq!(run(input), (json.to_owned(), Vec::new()), "{input}");
    }
}

#[test]
fn a_narrative_stands_by_itself() {
    let xhtml = "xmlns=\"http://www.w3.org/1999/xhtml\"";
    let div = |input: &str| {
        let (mut tape, mut issues) = (Tape::new(), Vec::new());
        let root = read(input.as_bytes(), &mut tape, &mut issues).unwrap();
        let text = tape.find(root, el::PATIENT_TEXT).unwrap();
        assert_eq!(issues, []);
        tape.text_in(text, el::NARRATIVE_DIV).to_owned()
    };
    let status = "<status value=\"generated\"/>";
    let whole = format!("<div {xhtml}>a<b>b</b></div>");
    assert_eq!(div(&patient(&format!("<text>{status}{whole}</text>"))), whole);
    let prefixed = format!(
        "<Patient xmlns=\"http://hl7.org/fhir\" xmlns:h=\"http://www.w3.org/1999/xhtml\"><text>{status}\
         <h:div lang='a'>a<h:b  >b</h:b ><!--h:--></h:div></text></Patient>"
    );
    assert_eq!(div(&prefixed), format!("<div {xhtml} lang='a'>a<b  >b</b ><!--h:--></div>"));
    let own = format!(
        "<text>{status}<h:div xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:br/></h:div></text>"
    );
    assert_eq!(div(&patient(&own)), format!("<div {xhtml}><br/></div>"));
    let outer = format!(
        "<f:Patient xmlns:f=\"http://hl7.org/fhir\" {xhtml}><f:text><f:status value=\"empty\"/>\
         <div>a</div></f:text></f:Patient>"
    );
    assert_eq!(div(&outer), format!("<div {xhtml}>a</div>"));
    // Names from outside that would be lost.
    for (declared, inside) in [
        ("xmlns:s=\"urn:s\"", format!("<div {xhtml}><s:a/></div>")),
        ("xmlns:s=\"urn:s\"", format!("<div {xhtml}><a s:b=\"\"/></div>")),
        ("xmlns:h=\"http://www.w3.org/1999/xhtml\"", "<h:div><p/></h:div>".into()),
        ("", "<div>a</div>".into()),
    ] {
        let input = format!(
            "<Patient xmlns=\"http://hl7.org/fhir\" {declared}><text>{status}{inside}</text></Patient>"
        );
        let (out, issues) = run(&input);
        assert_eq!(issues.len(), 1, "{input}");
        assert_eq!((issues[0].0, issues[0].1.as_str()), ("xml-narrative", "Patient.text"));
        assert!(out.ends_with("\"text\":{\"status\":\"generated\"}}"));
    }
}

#[test]
fn places_are_those_of_the_input() {
    let input = "\u{feff}<Observation xmlns=\"http://hl7.org/fhir\"><status value='final'/>\
                 <valueQuantity><value value=\"7.20\"/></valueQuantity></Observation>";
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    let root = read(input.as_bytes(), &mut tape, &mut issues).unwrap();
    assert_eq!(issues, []);
    let text = |id| {
        let span = tape.span_of(id);
        input.get(index(span.offset)..index(span.end())).unwrap()
    };
    assert_eq!(text(root), input.strip_prefix('\u{feff}').unwrap());
    assert_eq!(text(tape.find(root, el::OBSERVATION_STATUS).unwrap()), "'final'");
    let quantity = tape.find(root, el::OBSERVATION_VALUE_QUANTITY).unwrap();
    assert_eq!(text(quantity), "<valueQuantity><value value=\"7.20\"/></valueQuantity>");
    assert_eq!(text(tape.find(quantity, el::QUANTITY_VALUE).unwrap()), "\"7.20\"");
}

#[test]
fn other_types_are_named_and_no_more() {
    let input = "<Bundle xmlns=\"http://hl7.org/fhir\"><entry><resource><Medication><id value=\"m\"/>\
                 <code/></Medication></resource></entry></Bundle>";
    let (out, issues) = run(input);
    assert_eq!(
        out,
        r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Medication"}}]}"#
    );
    let whole = "<Medication><id value=\"m\"/><code/></Medication>".to_owned();
    assert_eq!(issues, [("unread-type", "Bundle.entry[0].resource".to_owned(), whole)]);
}

#[test]
fn order_is_made_canonical_and_said() {
    let (out, issues) = run(&patient(
        "<active value=\"true\"/><id value=\"a\"/><name><text value=\"1\"/></name><active value=\"false\"/>\
         <gender value=\"male\"/><name><text value=\"2\"/></name>",
    ));
    assert_eq!(
        out,
        r#"{"resourceType":"Patient","id":"a","active":true,"name":[{"text":"1"},{"text":"2"}],"gender":"male"}"#
    );
    let keys: Vec<_> = issues.iter().map(|i| (i.0, i.2.as_str())).collect();
    assert_eq!(
        keys,
        [
            ("xml-order", "<id value=\"a\"/>"),
            ("xml-duplicate", "<active value=\"false\"/>"),
            ("xml-order", "<name>")
        ]
    );
}

#[test]
fn every_rule_fires_at_its_place() {
    for (inside, key, path, text) in [
        ("<nmae/>", "unknown-element", "Patient", "<nmae/>"),
        ("<name><id value=\"a\"/></name>", "unknown-element", "Patient", "<id value=\"a\"/>"),
        (
            "<extension><url value=\"a\"/></extension>",
            "unknown-element",
            "Patient",
            "<url value=\"a\"/>",
        ),
        ("<active value=\"true\" x=\"1\"/>", "unknown-attribute", "Patient", "x"),
        ("<active value=\"true\" url=\"1\"/>", "unknown-attribute", "Patient", "url"),
        ("<name value=\"a\" id=\"b\"/>", "unknown-attribute", "Patient.name[0]", "value"),
        ("<active value=\"yes\"/>", "xml-type", "Patient", "yes"),
        ("<multipleBirthInteger value=\"+1\"/>", "xml-type", "Patient", "+1"),
        ("<active/>", "ele-1", "Patient", "<active/>"),
        ("<name/>", "ele-1", "Patient", "<name/>"),
        ("<name id=\"\"><text value=\"a\"/></name>", "xml-empty", "Patient.name[0]", "id"),
        ("x", "xml-text", "Patient", "x"),
        ("&amp;", "xml-text", "Patient", "&amp;"),
        ("<![CDATA[]]>", "xml-text", "Patient", "<![CDATA[]]>"),
        ("<contained/>", "xml-resource", "Patient", "<contained/>"),
        ("<contained>a</contained>", "xml-resource", "Patient", "a"),
        ("<contained><Pat/></contained>", "resource-type", "Patient", "<Pat/>"),
        (
            "<contained><Device/><Device/></contained>",
            "xml-resource",
            "Patient.contained[0]",
            "<Device/>",
        ),
        (
            "<active xmlns=\"urn:x\" value=\"true\"/>",
            "xml-namespace",
            "Patient",
            "<active xmlns=\"urn:x\" value=\"true\"/>",
        ),
        ("<!-- a -->", "xml-lost", "Patient", "<!-- a -->"),
        ("<?a b?>", "xml-lost", "Patient", "<?a b?>"),
        (
            "<active value=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"a\"/>",
            "xml-lost",
            "Patient",
            "xsi:type",
        ),
    ] {
        let (_, issues) = run(&patient(inside));
        let first = issues.first().unwrap_or_else(|| panic!("{inside}"));
        assert_eq!(*first, (key, path.to_owned(), text.to_owned()), "{inside}");
    }
    let (out, _) = run(&patient("<active value=\"yes\"/>"));
    assert_eq!(out, r#"{"resourceType":"Patient","active":"yes"}"#, "as in JSON, it stays");
    let (_, issues) = run(&patient("<birthDate value=\"\"/>"));
    let keys: Vec<_> = issues.iter().map(|issue| issue.0).collect();
    assert_eq!(keys, ["xml-empty", "ele-1"]);
}

#[test]
fn what_is_not_well_formed_is_not_read() {
    let at = HEAD.len();
    for (input, key, place) in [
        (String::new(), "xml-syntax", 0),
        (" \n".into(), "xml-syntax", 2),
        ("x".into(), "xml-syntax", 0),
        (HEAD.into(), "xml-syntax", at),
        (patient("<a>"), "xml-syntax", at + 3),
        (patient("<a></b>"), "xml-syntax", at + 3),
        (patient("<a b=\"1\"c=\"2\"/>"), "xml-syntax", at + 8),
        (patient("<a b=1/>"), "xml-syntax", at),
        (patient("<a b/>"), "xml-syntax", at),
        (patient("<a b='1' b='2'/>"), "xml-syntax", at + 9),
        (patient("<a b='<'/>"), "xml-syntax", at + 6),
        (patient("<a b='&'/>"), "xml-syntax", at + 6),
        (patient("<a b='&amp'/>"), "xml-syntax", at + 6),
        (patient("<a b='&#0;'/>"), "xml-character", at + 6),
        (patient("<a b='&#xD800;'/>"), "xml-character", at + 6),
        (patient("<a b='&#99999999999;'/>"), "xml-character", at + 6),
        (patient("<a b='&#;'/>"), "xml-syntax", at + 6),
        (patient("<a b='&x;'/>"), "xml-entity", at + 6),
        (patient("&nbsp;"), "xml-entity", at),
        (patient("& "), "xml-syntax", at),
        (patient("]]>"), "xml-syntax", at),
        (patient("<!-- a -- b -->"), "xml-syntax", at + 7),
        (patient("<1/>"), "xml-syntax", at),
        (patient("< a/>"), "xml-syntax", at),
        (patient("<a:b/>"), "xml-prefix", at),
        (patient("<a b:c='1'/>"), "xml-prefix", at),
        (patient("<a xmlns:b=''/>"), "xml-syntax", at + 3),
        (patient("\u{1}"), "xml-character", at),
        (patient("\u{ffff}"), "xml-character", at),
        (patient("<?xml version='1.0'?>"), "xml-syntax", at),
        (format!("<?xml version='1.0' encoding='latin1'?>{HEAD}</Patient>"), "xml-encoding", 30),
        (format!("<?xml version='2.0'?>{HEAD}</Patient>"), "xml-syntax", 15),
        (format!("<?xml encoding='utf-8'?>{HEAD}</Patient>"), "xml-syntax", 6),
        (format!(" <?xml version='1.0'?>{HEAD}</Patient>"), "xml-syntax", 1),
        (format!("<!DOCTYPE a [<!ENTITY b 'c'>]>{HEAD}</Patient>"), "xml-dtd", 0),
        ("<!DOCTYPE a [<!ENTITY b 'c'".into(), "xml-dtd", 0),
        (format!("{}{HEAD}</Patient>", patient("")), "xml-syntax", at + 10),
        (format!("{}x", patient("")), "xml-syntax", at + 10),
        ("<Patient/>".into(), "xml-resource", 0),
        ("<div xmlns='http://www.w3.org/1999/xhtml'/>".into(), "xml-resource", 0),
        (format!("{HEAD}{}", "<contact>".repeat(1000)), "limit-depth", at + 64 * 9),
        (patient(&format!("<a {}/>", "b".repeat(300))), "xml-syntax", at),
        (patient(&format!("<a {}=''/>", "b".repeat(300))), "limit-name", at + 3),
        (patient(&format!("<{}/>", "b".repeat(300))), "limit-name", at),
    ] {
        let (mut tape, mut issues) = (Tape::new(), Vec::new());
        let root = read(input.as_bytes(), &mut tape, &mut issues);
        let found: Vec<_> = issues.iter().map(|i| (i.rule.key, index(i.span.offset))).collect();
        assert_eq!((root, found), (None, vec![(key, place)]), "{input}");
        assert!(tape.is_empty());
    }
    let many: String = (0..65).map(|n| format!(" a{n}=''")).collect();
    assert_eq!(run(&patient(&format!("<a{many}/>"))).1[0].0, "limit-attributes");
    let many: String = (0..64).map(|n| format!(" xmlns:a{n}='b'")).collect();
    assert_eq!(run(&patient(&format!("<a{many}/>"))).1[0].0, "limit-namespaces");
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    assert_eq!(read(b"<a b='\xff'/>", &mut tape, &mut issues), None);
    assert_eq!((issues[0].rule.key, issues[0].span.offset), ("xml-utf8", 6));
}

proptest! {
    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let (mut tape, mut issues) = (Tape::new(), Vec::new());
        let _ = read(&bytes, &mut tape, &mut issues);
    }

    /// Pieces of XML in any order: what is read is written, and then read without an issue.
    #[test]
    fn reading_settles(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        let input = patient(&pieces.concat());
        let (mut tape, mut issues) = (Tape::new(), Vec::new());
        if let Some(root) = read(input.as_bytes(), &mut tape, &mut issues) {
            let (mut once, mut twice, mut again) = (String::new(), String::new(), Tape::new());
            prop_assert!(crate::xml::write(&tape, root, Layout::Pretty, &mut once, &mut issues));
            issues.clear();
            let root = read(once.as_bytes(), &mut again, &mut issues).unwrap();
            issues.retain(|issue| issue.rule.key != "ele-1");
            prop_assert_eq!(&issues, &[]);
            prop_assert!(crate::xml::write(&again, root, Layout::Pretty, &mut twice, &mut issues));
            prop_assert_eq!(once, twice);
        }
    }
}

const PIECES: &[&str] = &[
    "<name>",
    "<name id=\"a\">",
    "</name>",
    "<given value=\"&#x9;\"/>",
    "<given value=\"b\">",
    "</given>",
    "<extension url=\"&amp;\">",
    "<extension>",
    "</extension>",
    "<valueDecimal value=\"1.0\"/>",
    "<contained>",
    "</contained>",
    "<Patient>",
    "</Patient>",
    "<text>",
    "</text>",
    "<div xmlns=\"http://www.w3.org/1999/xhtml\">",
    "<h:div xmlns:h=\"http://www.w3.org/1999/xhtml\">",
    "<h:p/>",
    "</h:div>",
    "</div>",
    "<div>",
    "<active value=\"true\"/>",
    "<!-- a -->",
    "&lt;",
    " \n",
];
