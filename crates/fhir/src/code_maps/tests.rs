use iomt_core::model::{CodeSystem, Coding, Concept, Text, Unit as Sent};

use super::*;
use crate::config::Config;

const HEADER: &str = "source_system,source_code,target_system,target_code,target_display\n";

fn add(text: &str) -> Result<(CodeMaps, LeftOut), CodeMapError> {
    let mut maps = CodeMaps::new();
    let left_out = maps.add(text.as_bytes(), &Limits::DEFAULT)?;
    Ok((maps, left_out))
}

fn maps(text: &str) -> CodeMaps {
    add(text).unwrap().0
}

fn fault(text: &str) -> (CodeMapErrorKind, usize, usize) {
    let CodeMapError { kind, line, column } = add(text).unwrap_err();
    (kind, line, column)
}

fn concept_map(group: &str) -> String {
    format!("{{\"resourceType\":\"ConceptMap\",\"status\":\"active\",\n\"group\":[{group}]}}")
}

/// What is added to a concept: system and code.
fn added_to(maps: CodeMaps, codings: &[(&'static str, &'static str)]) -> Vec<(String, String)> {
    let mut config = Config::default();
    config.code_maps = maps;
    config.code_systems.insert("L".into(), "http://hospital.example/codes".into());
    let mut concept = Concept::EMPTY;
    for (slot, (system, code)) in concept.codings.iter_mut().zip(codings) {
        let system = match *system {
            "" => CodeSystem::Unknown,
            "LN" => CodeSystem::Loinc,
            name => CodeSystem::Named(Text::literal(name)),
        };
        *slot = Some(Coding::new(system, Text::literal(code)));
    }
    added(&config, &concept).map(|(_, row)| (row.uri.to_string(), row.to.to_string())).collect()
}

#[test]
fn a_source_is_a_name_or_a_uri() {
    let loinc = |code: &str| vec![("http://loinc.org".to_owned(), code.to_owned())];
    for (source, sent) in [
        ("L", "L"),
        ("http://hospital.example/codes", "L"),
        ("urn:oid:1.2.3", "1.2.3"),
        ("1.2.3", "urn:oid:1.2.3"),
        ("I10", "I10"),
        ("http://hl7.org/fhir/sid/icd-10", "I10"),
        ("", ""),
    ] {
        let text = format!("{HEADER}{source},GLU,LN,2345-7,\n");
        assert_eq!(added_to(maps(&text), &[(sent, "GLU")]), loinc("2345-7"), "{source}");
        assert_eq!(added_to(maps(&text), &[(sent, "glu")]), [], "{source}");
        assert_eq!(added_to(maps(&text), &[("99X", "GLU")]), [], "{source}");
    }
}

#[test]
fn nothing_is_added_where_the_sender_has_a_code() {
    let text = format!(
        "{HEADER}L,GLU,LN,2345-7,\nL,GLU,SCT,36048009,\n99X,G,LN,2339-0,\n99X,G,1.2.3.4,G,\n"
    );
    let of = |codings: &[_]| {
        let added = added_to(maps(&text), codings);
        added.into_iter().map(|(_, code)| code).collect::<Vec<_>>()
    };
    assert_eq!(of(&[("L", "GLU")]), ["2345-7", "36048009"]);
    assert_eq!(of(&[("L", "GLU"), ("LN", "2339-0")]), ["36048009"]);
    assert_eq!(of(&[("LN", "2339-0"), ("L", "GLU")]), ["36048009"]);
    // The sender's first coding decides where two are mapped into one system.
    assert_eq!(of(&[("L", "GLU"), ("99X", "G")]), ["2345-7", "36048009", "G"]);
    assert_eq!(of(&[("99X", "G"), ("L", "GLU")]), ["2339-0", "G", "36048009"]);
}

#[test]
fn only_an_equal_meaning_is_taken() {
    let target = |rest: &str| {
        concept_map(&format!(
            r#"{{"source":"L","target":"http://loinc.org","element":[{{"code":"GLU","target":[{{"code":"2345-7"{rest}}}]}}]}}"#
        ))
    };
    for (rest, rows, left_out) in [
        (r#","equivalence":"equal""#, 1, 0),
        (r#","equivalence":"equivalent""#, 1, 0),
        (r#","equivalence":"wider""#, 0, 1),
        (r#","equivalence":"subsumes""#, 0, 1),
        (r#","equivalence":"narrower""#, 0, 1),
        (r#","equivalence":"specializes""#, 0, 1),
        (r#","equivalence":"inexact""#, 0, 1),
        (r#","equivalence":"relatedto""#, 0, 1),
        (r#","equivalence":"unmatched""#, 0, 0),
        (r#","equivalence":"disjoint""#, 0, 0),
        (r#","equivalence":"equal","dependsOn":[{"property":"x","value":"y"}]"#, 0, 1),
        (r#","equivalence":"equal","product":[{"property":"x","value":"y"}]"#, 0, 1),
    ] {
        let (maps, left) = add(&target(rest)).unwrap();
        assert_eq!((maps.len(), left.rows), (rows, left_out), "{rest}");
        assert_eq!((left.line, left.column > 0), if left_out > 0 { (2, true) } else { (0, false) });
    }
    assert_eq!(fault(&target("")).0, CodeMapErrorKind::NoEquivalence);
    let other = concept_map(r#"{"unmapped":{"mode":"fixed","code":"X"}}"#);
    assert_eq!(add(&other).unwrap().1.rows, 1);
    assert_eq!(add(&other.replace("fixed", "provided")).unwrap().1.rows, 0);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    use CodeMapErrorKind as Kind;
    let csv = |row: &str| format!("{HEADER}L,OK,LN,2345-7,\n{row}\n");
    for (text, expected) in [
        (String::new(), (Kind::Columns, 1, 1)),
        ("a,b\n".into(), (Kind::Columns, 1, 1)),
        ("source_unit\n".into(), (Kind::Columns, 1, 1)),
        ("source_unit,ucum,ucum\n".into(), (Kind::Columns, 1, 1)),
        (HEADER.replace('\n', ",equivalence\n"), (Kind::Columns, 1, 1)),
        ("source_unit,ucum\nx,nonsense\n".into(), (Kind::UnitUnknown, 2, 1)),
        ("source_unit,ucum\nx,mg,more\n".into(), (Kind::Syntax, 2, 3)),
        (csv("L,A,LN,,"), (Kind::Missing, 3, 1)),
        (csv("L,,LN,2345-7,"), (Kind::Missing, 3, 1)),
        (csv("L,A,,2345-7,"), (Kind::Missing, 3, 1)),
        (csv("L,A,LN,2345-8,"), (Kind::Code, 3, 1)),
        (csv("L,A,LN,glucose,"), (Kind::Code, 3, 1)),
        (csv("L,A,http://x.example,a  b,"), (Kind::Code, 3, 1)),
        (csv(&format!("L,A,http://x.example,{},", "a".repeat(65))), (Kind::Code, 3, 1)),
        (csv("L,A,99Y,B,"), (Kind::NoUri, 3, 1)),
        (csv("L,OK,http://loinc.org,2339-0,"), (Kind::Contradiction, 3, 1)),
        ("{".into(), (Kind::Syntax, 1, 2)),
        ("{\n \"resourceType\":\"ConceptMap\",\n  x}".into(), (Kind::Syntax, 3, 3)),
        (r#"{"resourceType":"Patient"}"#.into(), (Kind::NoConceptMap, 1, 1)),
        (concept_map("[]"), (Kind::NoConceptMap, 2, 10)),
        (concept_map(r#"{"modifierExtension":[{}]}"#), (Kind::Modified, 2, 31)),
        (concept_map(r#"{"source":"L","source":"M"}"#), (Kind::NoConceptMap, 2, 24)),
        (concept_map(&format!("{}{}", "[".repeat(99), "]".repeat(99))), (Kind::Limit, 2, 72)),
    ] {
        assert_eq!(fault(&text), expected, "{text}");
    }
    let mut maps = CodeMaps::new();
    let bad = maps.add(b"source_unit,ucum\nx\xff,mg\n", &Limits::DEFAULT).unwrap_err();
    assert_eq!((bad.kind, bad.line), (Kind::Utf8, 2));
}

#[test]
fn what_is_wrong_adds_nothing() {
    let mut all = maps(&format!("{HEADER}L,A,LN,2345-7,\n"));
    let before = all.clone();
    for text in [
        format!("{HEADER}L,B,LN,2345-7,\nL,A,LN,2339-0,\n"),
        "source_unit,ucum\nx,mg\nx,kg\n".into(),
    ] {
        assert!(all.add(text.as_bytes(), &Limits::DEFAULT).is_err());
        assert_eq!(all, before);
    }
    // The same row again says nothing new.
    let again = format!("{HEADER}L,A,http://loinc.org,2345-7,glucose\nL,A,LN,2345-7,\n");
    all.add(again.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!(all, before);
}

#[test]
fn limits_hold() {
    let text = format!("{HEADER}L,A,LN,2345-7,\nL,B,LN,2345-7,\n");
    let mut limits = Limits::DEFAULT;
    limits.segments = 1;
    let error = CodeMaps::new().add(text.as_bytes(), &limits).unwrap_err();
    assert_eq!((error.kind, error.line), (CodeMapErrorKind::Limit, 3));
    (limits.segments, limits.message_bytes) = (2, text.len());
    CodeMaps::new().add(text.as_bytes(), &limits).unwrap();
    limits.message_bytes -= 1;
    let error = CodeMaps::new().add(text.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.kind, CodeMapErrorKind::Limit);
}

#[test]
fn a_unit_is_what_was_sent_before_it_is_what_a_map_says() {
    let maps = maps("ucum,source_unit\r\n[iU],U\r\nmmol/L,\"mmol, pro L\"\r\n");
    let known = |ucum: Option<&'static str>, mdc, text| {
        let mut sent = Sent::NONE;
        (sent.ucum, sent.mdc) = (ucum.map(Text::literal), mdc);
        sent.text = Some(Text::literal(text));
        maps.known_unit(&sent).map(|unit| unit.ucum)
    };
    assert_eq!(known(None, None, "U"), Some("[iU]"));
    assert_eq!(known(None, None, "mmol, pro L"), Some("mmol/L"));
    assert_eq!(known(None, None, "mmHg"), Some("mm[Hg]"));
    assert_eq!(known(Some("U"), None, "U"), Some("U"));
    assert_eq!(known(None, Some(Mdc::new(266_016)), "U"), Some("mm[Hg]"));
}

#[test]
fn a_configuration_holds_maps() {
    let text = r#"{"code-maps":["a.csv",
        {"csv":"source_unit,ucum\nTorr,mm[Hg]\n"},
        {"resourceType":"ConceptMap","group":[{"source":"HL70078","target":"LN",
            "element":[{"code":"\u0041","target":[{"code":"2345-7","display":"G","equivalence":"equal"}]}]}]}]}"#;
    let mut config: Config = serde_json::from_str(text).unwrap();
    assert_eq!((config.code_maps.unread(), config.code_maps.len()), (&["a.csv".to_owned()][..], 2));
    let printed = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<Config>(&printed).unwrap(), config);
    assert_eq!(config.code_maps.take_unread(), ["a.csv"]);
    assert_eq!(config.code_maps.rows[0].source, System::Table(78));
    for bad in [r#"{"csv":1}"#, "1", "{}", r#"{"csv":"x"}"#] {
        let bad = format!(r#"{{"code-maps":[{bad}]}}"#);
        assert!(serde_json::from_str::<Config>(&bad).is_err(), "{bad}");
    }
}

proptest::proptest! {
    #[test]
    fn whatever_is_read_is_a_map_or_an_error(
        junk in "[{}\\[\\]\",:a-z\\n\\\\]{0,40}",
        cut in 0_usize..300,
    ) {
        let map = concept_map(
            r#"{"source":"L","target":"LN","element":[{"code":"G","target":[{"code":"2345-7","equivalence":"equal"}]}]}"#,
        );
        let csv = format!("{HEADER}L,GLU,LN,2345-7,\"a\n\"\n");
        for text in [map, csv] {
            let head: String = text.chars().take(cut).collect();
            let tail: String = text.chars().skip(cut).collect();
            for text in [head.clone() + &junk, head + &junk + &tail] {
                if let Err(error) = add(&text) {
                    let lines = text.split('\n').count();
                    proptest::prop_assert!((1..=lines).contains(&error.line) && error.column > 0);
                }
            }
        }
    }
}
