//! Identity: what is the same stays one, what is not never becomes one.

use std::collections::BTreeSet;

use iomt::{Config, DiagnosticCode, Form, Translator};

use crate::support::Record;

const HEAD: &str = "OBR|1||F1^LAB|24323-8^panel^LN|||20261124083000+0100\r";

fn message(sender: &str, control: u32, patient: &str, status: char, value: &str) -> String {
    format!(
        "MSH|^~\\&|LIS|{sender}|HIS|HOSP|20261124090000+0100||ORU^R01^ORU_R01|M{control}|P|2.5.1\r\
         PID|1||{patient}||Muster^Maria\r{HEAD}\
         OBX|1|NM|2339-0^Glucose^LN||{value}|mg/dL|||||{status}\r"
    )
}

fn run(feed: &str, to: Form) -> Record {
    let mut config = Config::default();
    config.to = to;
    let mut record = Record::default();
    let protocol = iomt::protocol("hl7v2").unwrap();
    Translator::new(config).file(protocol, feed.as_bytes(), &mut record);
    record
}

fn ids(record: &Record, kind: &str) -> Vec<String> {
    let start = format!("{{\"resourceType\":\"{kind}\",\"id\":\"");
    let of = |d: &String| d.strip_prefix(&start).map(|rest| rest[..36].to_owned());
    record.documents.iter().filter_map(of).collect()
}

#[test]
fn a_correction_and_a_withdrawal_reach_the_same_resource() {
    let feed = message("A", 1, "4711^^^H^MR", 'F', "98")
        + &message("A", 2, "4711^^^H^MR", 'C', "97")
        + &message("A", 3, "4711^^^H^MR", 'W', "97");
    let record = run(&feed, Form::Ndjson);
    let observations = ids(&record, "Observation");
    assert_eq!((observations.len(), BTreeSet::from_iter(&observations).len()), (3, 1));
    let bundles = run(&feed, Form::Bundle).documents;
    let url = format!("Observation?identifier=urn:ietf:rfc:3986|urn:uuid:{}", observations[0]);
    assert!(bundles.iter().all(|b| b.contains(&format!("\"method\":\"PUT\",\"url\":\"{url}\""))));
    assert!(bundles.iter().all(|b| !b.contains("\"id\":")), "no id in a transaction");
}

#[test]
fn equal_numbers_of_two_authorities_or_senders_are_two_patients() {
    let feed = message("A", 1, "4711^^^H^MR", 'F', "98")
        + &message("A", 2, "4711^^^G^MR", 'F', "98")
        + &message("B", 3, "4711^^^H^MR", 'F', "98");
    let record = run(&feed, Form::Ndjson);
    assert_eq!(BTreeSet::from_iter(ids(&record, "Patient")).len(), 3);
}

#[test]
fn an_authority_with_a_system_is_one_for_all_senders() {
    let number = "4711^^^&1.2.3.4&ISO^MR";
    let feed = message("A", 1, number, 'F', "98") + &message("B", 2, number, 'F', "98");
    let record = run(&feed, Form::Ndjson);
    assert_eq!(BTreeSet::from_iter(ids(&record, "Patient")).len(), 1);
    let bundle = &run(&feed, Form::Bundle).documents[0];
    assert!(bundle.contains("\"ifNoneExist\":\"identifier=urn:oid:1.2.3.4|4711\""), "{bundle}");
}

#[test]
fn a_query_holds_what_it_should() {
    let number = "a|b&,$ c\u{fc}^^^&1.2.3.4&ISO^MR".replace('|', "\\F\\").replace("b&", "b\\T\\");
    let bundle = &run(&message("A", 1, &number, 'F', "98"), Form::Bundle).documents[0];
    let query = "identifier=urn:oid:1.2.3.4|a%5C%7Cb%26%5C%2C%5C%24%20c%C3%BC\"";
    assert!(bundle.contains(query), "{bundle}");
}

#[test]
fn what_is_equal_within_a_message_gets_an_ordinal() {
    let feed =
        message("A", 1, "4711^^^H^MR", 'F', "98") + "OBX|2|NM|2339-0^Glucose^LN||99|mg/dL|||||F\r";
    let record = run(&feed, Form::Ndjson);
    assert_eq!(BTreeSet::from_iter(ids(&record, "Observation")).len(), 2);
    assert!(record.has(DiagnosticCode::IdentityRepeated));
}

#[test]
fn a_source_tells_equal_local_names_apart() {
    let feed = message("A", 1, "4711^^^H^MR", 'F', "98");
    let of = |source: &str| {
        let mut config = Config::default();
        (config.to, config.source) = (Form::Ndjson, source.into());
        let mut record = Record::default();
        let protocol = iomt::protocol("hl7v2").unwrap();
        Translator::new(config).file(protocol, feed.as_bytes(), &mut record);
        ids(&record, "Patient")
    };
    assert_ne!(of("north"), of("south"));
    assert_eq!(of("north"), of("north"));
}

#[test]
fn a_namespace_with_a_configured_system_is_one_for_all_senders() {
    let feed =
        message("A", 1, "4711^^^H^MR", 'F', "98") + &message("B", 2, "4711^^^H^MR", 'F', "98");
    let of = |to, feed: &str| {
        let mut config = Config::default();
        config.to = to;
        for (namespace, system) in [("H", "http://h.example/mrn"), ("LAB", "http://h.example/lab")]
        {
            config.identifier_systems.insert(namespace.into(), system.into());
        }
        let mut record = Record::default();
        let protocol = iomt::protocol("hl7v2").unwrap();
        Translator::new(config).file(protocol, feed.as_bytes(), &mut record);
        record
    };
    let record = of(Form::Ndjson, &feed);
    assert_eq!(BTreeSet::from_iter(ids(&record, "Patient")).len(), 1);
    // So it is with the numbers of the laboratory, and what is made from them.
    assert_eq!(BTreeSet::from_iter(ids(&record, "DiagnosticReport")).len(), 1);
    assert_eq!(BTreeSet::from_iter(ids(&record, "Observation")).len(), 1);
    let bundle = &of(Form::Bundle, &feed).documents[0];
    let query = r#""ifNoneExist":"identifier=http://h.example/mrn|4711""#;
    assert!(bundle.contains(query), "{bundle}");
    // Another namespace has none, and the system that is sent counts more.
    let other = of(Form::Bundle, &message("A", 1, "4711^^^G^MR", 'F', "98"));
    assert!(!other.documents[0].contains("http://h.example/mrn"));
    let sent = of(Form::Bundle, &message("A", 1, "4711^^^H&1.2.3.4&ISO^MR", 'F', "98"));
    assert!(sent.documents[0].contains("identifier=urn:oid:1.2.3.4|4711"));
}

#[test]
fn results_are_created_only_where_that_is_configured() {
    let mut config = Config::default();
    config.results = iomt::Results::Post;
    let mut record = Record::default();
    let feed = message("A", 1, "4711^^^H^MR", 'F', "98");
    Translator::new(config).file(iomt::protocol("hl7v2").unwrap(), feed.as_bytes(), &mut record);
    for kind in ["Observation", "DiagnosticReport"] {
        let own = "identifier=urn:ietf:rfc:3986|urn:uuid:";
        let request = format!(r#""method":"POST","url":"{kind}","ifNoneExist":"{own}"#);
        assert!(record.documents[0].contains(&request), "{kind}");
    }
    assert!(!record.documents[0].contains(r#""method":"PUT""#));
}

#[test]
fn demographics_are_created_and_not_overwritten_by_results() {
    let bundle = &run(&message("A", 1, "4711^^^H^MR", 'F', "98"), Form::Bundle).documents[0];
    assert!(bundle.contains("\"method\":\"POST\",\"url\":\"Patient\",\"ifNoneExist\":"));
    assert!(!bundle.contains("\"method\":\"PUT\",\"url\":\"Patient"));
}

/// An ADT of patient `pid` and visit `visit`.
fn admission(event: &str, control: u32, pid: &str, visit: &str) -> String {
    format!(
        "MSH|^~\\&|ADT|A|||20261124090000+0100||ADT^{event}^ADT_A01|M{control}|P|2.5.1\r\
         PID|1||{pid}||Muster^Maria\rPV1|1|I|W1^1^2||||||||||||||||{visit}\r"
    )
}

#[test]
fn what_administration_says_of_a_person_and_a_visit_holds_from_now_on() {
    for event in ["A01", "A04", "A08"] {
        let feed = admission(event, 1, "4711^^^H&1.2.3.4&ISO^MR", "V1^^^H&1.2.3.5&ISO^VN");
        let bundle = &run(&feed, Form::Bundle).documents[0];
        let patient = r#""method":"PUT","url":"Patient?identifier=urn:oid:1.2.3.4|4711""#;
        assert!(bundle.contains(patient), "{event}");
        assert!(
            bundle.contains(r#""method":"PUT","url":"Encounter?identifier=urn:oid:1.2.3.5|V1""#)
        );
        // A place is only created.
        assert!(bundle.contains(r#""method":"POST","url":"Location","ifNoneExist":"#));
        assert!(!bundle.contains(r#""method":"PUT","url":"Location"#));
        // What is not real replaces nothing that is.
        let bundle = &run(&feed.replace("|P|", "|T|"), Form::Bundle).documents[0];
        assert!(bundle.contains("HTEST") && !bundle.contains(r#""method":"PUT""#));
    }
    // Without a system it is searched by an identifier of our own.
    let bundle = &run(&admission("A08", 1, "4711^^^H^MR", "V1"), Form::Bundle).documents[0];
    let own = "?identifier=urn:ietf:rfc:3986|urn:uuid:";
    assert!(bundle.contains(&format!(r#""method":"PUT","url":"Patient{own}"#)));
    assert!(bundle.contains(&format!(r#""method":"PUT","url":"Encounter{own}"#)));
}

#[test]
fn a_person_without_a_number_is_never_conditional() {
    let record = run(&admission("A08", 1, "", "V1"), Form::Bundle);
    assert!(record.has(DiagnosticCode::SubjectUnidentified));
    assert!(record.documents[0].contains(r#""request":{"method":"POST","url":"Patient"}"#));
}

#[test]
fn a_visit_is_one_from_admission_to_discharge() {
    let feed = admission("A01", 1, "4711^^^H^MR", "V1") + &admission("A03", 2, "4711^^^H^MR", "V1");
    let record = run(&feed, Form::Ndjson);
    let visits = ids(&record, "Encounter");
    assert_eq!((visits.len(), BTreeSet::from_iter(&visits).len()), (2, 1));
}

#[test]
fn places_of_one_name_are_one_only_within_all_that_they_are_part_of() {
    let of = |sender: &str, place: &str| {
        let text = admission("A01", 1, "1", "V1").replace("|A|", &format!("|{sender}|"));
        let record = run(&text.replace("W1^1^2", place), Form::Ndjson);
        ids(&record, "Location").pop().unwrap()
    };
    let all = [
        of("A", "W1^1^2"),
        of("B", "W1^1^2"),
        of("A", "W2^1^2"),
        of("A", "W1^2^2"),
        of("A", "^1^2"),
        of("A", "^^2"),
        of("A", "W1^^2"),
        of("A", "W1^1^2^F"),
        of("A", "W1^1^2^^^^B"),
        of("A", "W1^1^2^^^^^3"),
        of("A", "2"),
        of("A", "^2"),
    ];
    assert_eq!(BTreeSet::from_iter(&all).len(), all.len());
    assert_eq!(of("A", "W1^1^2"), all[0]);
    // A facility with a system is the same for all who name it.
    let (one, other) = (of("A", "W1^1^2^F&1.2.3.6&ISO"), of("B", "W1^1^2^F&1.2.3.6&ISO"));
    assert_eq!(one, other);
}

#[test]
fn live_readings_of_one_instant_are_told_apart() {
    let mut config = Config::default();
    config.to = Form::Ndjson;
    let mut translator = Translator::new(config);
    let mut connection = translator.connect(iomt::protocol("gatt").unwrap());
    let mut record = Record::default();
    for _ in 0..3 {
        let input = iomt::Input::characteristic(0x2a37, &[0x10, 72, 0, 4, 0, 4]);
        translator.push(&mut connection, input, &mut record).unwrap();
    }
    let observations = ids(&record, "Observation");
    assert_eq!((observations.len(), BTreeSet::from_iter(&observations).len()), (9, 9));
    assert!(!record.has(DiagnosticCode::IdentityRepeated), "nobody said that it was one instant");
}

#[test]
fn data_that_are_not_real_take_the_place_of_none_that_are() {
    let real = message("A", 1, "4711^^^&1.2.3.4&ISO^MR", 'F', "98");
    let of = |feed: &str| {
        let record = run(feed, Form::Ndjson);
        let id = |json: &String| json.split('"').nth(7).unwrap().to_owned();
        record.documents.iter().map(id).collect::<BTreeSet<_>>()
    };
    for code in ["D", "T", "N", "V"] {
        let other = of(&real.replace("|P|", &format!("|{code}|")));
        assert!(other.len() > 2 && other.is_disjoint(&of(&real)), "{code}");
    }
    // Another one says nothing of it.
    assert_eq!(of(&real.replace("|P|", "|X|")), of(&real));
}
