//! Where our output differs from what others make of the same messages, and why: each kind of
//! difference stands in `peers.csv` with its number and a reason. Each value is also compared with the
//! message itself, digit by digit, by the test of yields.

mod facts;

use std::{collections::BTreeMap, fs, path::Path};

use iomt::{Config, Form, model::DateTime};
use serde_json::Value;

use crate::support::{shared, translate};
use crate::yields::{field, is_supported, lines, sent, unzipped};
use facts::{Facts, Observation, Said, of_bundle, of_linuxforhealth};

/// A difference: of which element, and what kind of it.
type Difference = (&'static str, String);

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where times differ: a day, an instant, or (LinuxForHealth) one whose zone was not sent.
fn times(theirs: &str, ours: &str) -> Option<String> {
    if theirs == ours {
        return None;
    }
    let kind = |time: &str| match time.len() {
        0 => "nothing",
        1..=10 => "day",
        _ if time.ends_with("+14:00") => "no zone",
        _ => "instant",
    };
    let instants = (DateTime::parse_rfc3339(theirs), DateTime::parse_rfc3339(ours));
    if let (Some(theirs), Some(ours)) = instants
        && !theirs.is_after(&ours)
        && !ours.is_after(&theirs)
    {
        return None;
    }
    let common = theirs.len().min(ours.len()).min(19);
    let like = common == 0 || theirs.as_bytes()[..common] == ours.as_bytes()[..common];
    let like = if like { "" } else { " another" };
    Some(format!("{} > {}{like}", kind(theirs), kind(ours)))
}

fn values(theirs: &Said, ours: &Said, out: &mut Vec<Difference>) {
    let mut differ = |what: &str| {
        out.push(("value", format!("{} > {}{what}", theirs.kind(), ours.kind())));
    };
    match (theirs, ours) {
        (Said::Quantity(a, unit), Said::Quantity(b, other)) => {
            let float = |n: Option<f64>| n.map(|n| n as f32);
            if a != b {
                differ(if float(*a) == float(*b) { " as a float" } else { "" });
            }
            if unit.is_disjoint(other) && unit != other {
                let digits = |unit: &String| unit.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                let kind = match (unit.first(), other.first()) {
                    (None, _) => "nothing > something",
                    (_, None) => "something > nothing",
                    (Some(unit), _) if digits(unit) => "MDC > UCUM",
                    _ => "other",
                };
                out.push(("unit", kind.into()));
            }
        }
        (Said::Text(a), Said::Text(b)) if squeezed(a) != squeezed(b) => differ(""),
        (Said::Concept(a, text), Said::Concept(b, other)) => {
            if a != b {
                let more = if a.is_subset(b) { " of more codes" } else { "" };
                let more = if b.is_subset(a) { " of fewer codes" } else { more };
                differ(more);
            } else if a.is_empty() && squeezed(text) != squeezed(other) {
                differ(" of another text");
            }
        }
        (Said::Time(a), Said::Time(b)) => {
            if let Some(kind) = times(a, b) {
                out.push(("value", format!("time {kind}")));
            }
        }
        (Said::Text(_), Said::Text(_)) => {}
        (a, b) if a.kind() != b.kind() => differ(""),
        _ => {}
    }
}

fn observations(theirs: &Observation, ours: &Observation) -> Vec<Difference> {
    let mut out = Vec::new();
    if theirs.status != ours.status {
        out.push(("status", format!("{} > {}", theirs.status, ours.status)));
    }
    for (code, system) in &theirs.codes {
        match ours.codes.get(code) {
            None if ours.called.contains(code) => out.push(("code", "code > text".into())),
            None => out.push(("code", "not ours".into())),
            Some(other) if other != system => {
                let class = |s: &str| match s {
                    "" => "none".to_owned(),
                    s if s.starts_with("urn:id:") => "urn:id".to_owned(),
                    s if s.starts_with("http://example.com") => "example.com".to_owned(),
                    s => s.to_owned(),
                };
                out.push(("system", format!("{} > {}", class(system), class(other))));
            }
            Some(_) => {}
        }
    }
    if ours.codes.keys().any(|code| !theirs.codes.contains_key(code)) {
        out.push(("code", "not theirs".into()));
    }
    values(&theirs.value, &ours.value, &mut out);
    out.extend(times(&theirs.effective, &ours.effective).map(|kind| ("effective", kind)));
    if theirs.subject != ours.subject {
        let kind = match () {
            () if theirs.subject.is_empty() => "nobody > somebody",
            () if ours.subject.is_empty() => "somebody > nobody",
            () if theirs.subject.is_subset(&ours.subject) => "fewer numbers",
            () if ours.subject.is_subset(&theirs.subject) => "more numbers",
            () => "others",
        };
        out.push(("subject", kind.into()));
    }
    out
}

/// How well two go together.
fn score(theirs: &Observation, ours: &Observation) -> usize {
    let code = ours.codes.keys().any(|code| theirs.codes.contains_key(code))
        || theirs.codes.keys().any(|code| ours.called.contains(code))
        || ours.codes.is_empty() && theirs.codes.is_empty();
    if !code {
        return 0;
    }
    let value = theirs.value == ours.value;
    let same = observations(theirs, ours);
    1 + 20 * usize::from(value) + 10usize.saturating_sub(same.len())
}

fn compare(theirs: &Facts, ours: &Facts) -> Vec<Difference> {
    let mut out = Vec::new();
    let mut rest: Vec<_> = ours.observations.iter().collect();
    for one in &theirs.observations {
        let best = rest.iter().enumerate().rev().max_by_key(|(_, other)| score(one, other));
        match best.filter(|(_, other)| score(one, other) > 0) {
            Some((at, _)) => {
                out.extend(observations(one, rest.remove(at)).into_iter().map(|(element, kind)| {
                    // When it was analysed is not when it was so.
                    let stamp: String =
                        one.effective.chars().filter(char::is_ascii_digit).take(12).collect();
                    let theirs = element == "effective" && !stamp.is_empty();
                    let analysed = theirs && ours.analysed.iter().any(|t| t.starts_with(&stamp));
                    let alike = kind.ends_with(" another") || kind.ends_with("> nothing");
                    (
                        element,
                        if analysed && alike { "OBX-19 > something else".into() } else { kind },
                    )
                }))
            }
            None => out.push(("Observation", format!("{} > nothing", one.value.kind()))),
        }
    }
    out.extend(rest.iter().map(|one| ("Observation", format!("nothing > {}", one.value.kind()))));
    if theirs.patients.len() != ours.patients.len() {
        let nobody = theirs.patients.iter().all(|patient| patient.identifiers.is_empty());
        let nobody = if nobody { " without a number" } else { "" };
        let count = format!("{} > {}{nobody}", theirs.patients.len(), ours.patients.len());
        out.push(("Patient", count));
    }
    for (one, other) in theirs.patients.iter().zip(&ours.patients) {
        if one.identifiers != other.identifiers {
            let fewer = one.identifiers.is_subset(&other.identifiers);
            let more = other.identifiers.is_subset(&one.identifiers);
            let kind = if fewer {
                "fewer"
            } else if more {
                "more"
            } else {
                "others"
            };
            out.push(("identifier", kind.into()));
        }
        out.extend(times(&one.birth, &other.birth).map(|kind| ("birthDate", kind)));
        if one.gender != other.gender {
            let kind = |g: &str| if g.is_empty() { "nothing".to_owned() } else { g.to_owned() };
            out.push(("gender", format!("{} > {}", kind(&one.gender), kind(&other.gender))));
        }
    }
    out
}

/// The expected output that stands beside a message, by peer.
fn expected(directory: &Path) -> Vec<(&'static str, String, usize, Facts)> {
    let mut all = Vec::new();
    for line in unzipped(&directory.join("linuxforhealth_out.jsonl.gz")).lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        if row.get("error").is_none() {
            let number = usize::try_from(row["message"].as_u64().unwrap()).unwrap();
            let file = row["file"].as_str().unwrap().to_owned();
            all.push(("linuxforhealth", file, number, of_linuxforhealth(&row)));
        }
    }
    // `file<TAB>messages<TAB>expected,…`
    for line in fs::read_to_string(directory.join("OPEN.txt")).unwrap().lines() {
        let mut parts = line.split('\t');
        let (Some(file), Some(_), Some(beside)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let peer = match file.split('/').next().unwrap() {
            "gcp-harmonization" => "google",
            "ms-fhir-converter" => "microsoft",
            "prime-reportstream" => "reportstream",
            _ => continue,
        };
        let top = file.split('/').next().unwrap();
        let fhir = |name: &&str| {
            name.ends_with(".fhir")
                || name.ends_with("expected.json")
                || name.ends_with("fhir.output.json")
        };
        // There the messages come of the resources, which say more.
        if file.contains("/FHIR_to_HL7/") {
            continue;
        }
        let Some(name) = beside.split(',').find(fhir) else { continue };
        let text = fs::read_to_string(directory.join(top).join(name)).unwrap();
        let bundle: Value = serde_json::from_str(&text).unwrap();
        all.push((peer, file.to_owned(), 1, of_bundle(&bundle)));
    }
    all
}

/// `peer,element,difference,count,reason`: theirs, then ours.
const LIST: &str = include_str!("peers.csv");

#[test]
fn every_difference_from_others_is_explained() {
    let Some(shared) = shared() else {
        println!("peers: skipped, there is no ../shared");
        return;
    };
    let mut reasons: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for row in csv::Reader::from_reader(LIST.as_bytes()).records() {
        let row = row.unwrap();
        assert!(row[4].len() > 15, "{}, {}, {}: no reason", &row[0], &row[1], &row[2]);
        let key = (row[0].to_owned(), row[1].to_owned(), row[2].to_owned());
        assert!(reasons.insert(key, row[3].parse().unwrap()).is_none(), "{row:?} twice");
    }
    let protocol = iomt::protocol("hl7v2").unwrap();
    let mut config = Config::default();
    (config.to, config.provenance) = (Form::Bundle, false);
    let mut ours: BTreeMap<(String, usize), Facts> = BTreeMap::new();
    for sent in sent(&shared) {
        let lines = lines(&sent.bytes);
        if !is_supported(&lines) {
            continue;
        }
        let record = translate(protocol, &sent.bytes, config.clone());
        if let [bundle] = record.documents.as_slice() {
            let mut facts = of_bundle(&serde_json::from_str(bundle).unwrap());
            let rows = lines.iter().filter(|line| line[0] == b"OBX");
            let analysed = rows.map(|row| String::from_utf8_lossy(field(row, 19)).into_owned());
            facts.analysed = analysed.collect();
            ours.insert((sent.file, sent.number), facts);
        }
    }
    let mut counts: BTreeMap<(String, String, String), (usize, String)> = BTreeMap::new();
    let (mut messages, mut rows) = (0, 0);
    for (peer, file, number, theirs) in expected(&shared.join("corpora/hl7v2")) {
        let key = (file, number);
        let Some(ours) = ours.get(&key) else { continue };
        messages += 1;
        rows += theirs.observations.len();
        for (element, kind) in compare(&theirs, ours) {
            let first = || (0, format!("{}, {}", key.0, key.1));
            let counted = counts.entry((peer.into(), element.into(), kind)).or_insert_with(first);
            counted.0 += 1;
        }
    }
    let mut wrong = Vec::new();
    for (key @ (peer, element, kind), (count, file)) in &counts {
        match reasons.remove(key) {
            Some(listed) if listed == *count => {}
            listed => wrong.push(format!("{peer},{element},{kind},{count}: {listed:?}, {file}")),
        }
    }
    wrong.extend(reasons.keys().map(|key| format!("{key:?} is no difference any more")));
    println!(
        "peers: {rows} Observations of {messages} messages, {} kinds of differences",
        counts.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(messages > 1_500 && rows > 10_000);
}
