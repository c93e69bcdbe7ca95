//! Never a value under another patient: in feeds that are generated so that each part says whose it is,
//! whatever is concatenated, interleaved, cut or missing, the output says the same.

mod feed;

use std::{collections::BTreeMap, env};

use iomt::{Config, Input, Payload, Translator};

use crate::support::Record;
use feed::{Feed, Random, feed};

/// Feeds; `CASES` says otherwise.
const CASES: u64 = 10_000;

/// What is of no patient, or of several.
const SHARED: &[&str] = &[
    "Device",
    "DeviceMetric",
    "Location",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Provenance",
];

/// A resource of a Bundle.
struct Resource<'a> {
    kind: &'a str,
    text: &'a str,
    /// Whose it says to be: the markers in it.
    says: Vec<u8>,
    /// The ids that it refers to.
    refers: Vec<&'a str>,
    subject: Option<&'a str>,
}

/// What follows each `start` in a text, up to `end`.
fn after<'a>(text: &'a str, start: &'a str, end: char) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).map(move |rest| rest.split(end).next().unwrap())
}

/// The resources of a Bundle by their ids.
fn resources(bundle: &str) -> BTreeMap<&str, Resource<'_>> {
    let chunks = bundle.split("\"fullUrl\":\"urn:uuid:").skip(1);
    let resource = |chunk| {
        let (id, text) = str::split_at(chunk, 36);
        let marks = text.match_indices('q').filter_map(|(at, _)| match text.as_bytes()[at..] {
            [b'q', digit @ b'0'..=b'9', b'q', ..] => Some(digit - b'0'),
            _ => None,
        });
        // Numbers say it too.
        let numbers =
            ["\"valueQuantity\":{\"value\":", "\"low\":{\"value\":", "\"high\":{\"value\":"];
        let numbers = numbers.iter().flat_map(|start| after(text, start, ','));
        let numbers = numbers.map(|number| match number.as_bytes()[0] {
            b'9' => 0,
            digit => digit - b'0',
        });
        let says = marks.chain(numbers).collect();
        let reference = "\"reference\":\"urn:uuid:";
        let subject = "\"subject\":{\"reference\":\"urn:uuid:";
        let kind = after(text, "\"resourceType\":\"", '"').next().unwrap();
        let refers = after(text, reference, '"').collect();
        let subject = after(text, subject, '"').next();
        (id, Resource { kind, text, says, refers, subject })
    };
    chunks.map(resource).collect()
}

/// Checks a Bundle; gives how many resources have a subject.
fn check(bundle: &str) -> Result<usize, String> {
    let all = resources(bundle);
    let mut owners: BTreeMap<&str, u8> = BTreeMap::new();
    for (id, resource) in all.iter().filter(|(_, resource)| !SHARED.contains(&resource.kind)) {
        if let Some(first) = resource.says.first() {
            if resource.says.iter().any(|other| other != first) {
                return Err(format!("{} of two: {}", resource.kind, resource.text));
            }
            owners.insert(id, *first);
        }
    }
    // What says nothing is of its subject.
    for (id, resource) in &all {
        if let Some(owner) = resource.subject.and_then(|subject| owners.get(subject).copied()) {
            owners.entry(id).or_insert(owner);
        }
    }
    let mut attributed = 0;
    for (id, resource) in all.iter().filter(|(_, resource)| !SHARED.contains(&resource.kind)) {
        let owner = owners.get(id);
        if let Some(subject) = resource.subject {
            let patient = all.get(subject).filter(|patient| patient.kind == "Patient");
            let patient = patient.ok_or("a subject that is not there")?;
            // Its number, or its name where it has none.
            let named = owners.get(subject).ok_or("a subject that is nobody")?;
            let has = |text: &str| patient.text.contains(text);
            if has("\"identifier\":") && !has(&format!("\"value\":\"q{named}q\"")) {
                return Err(format!("Patient with another number: {}", patient.text));
            }
            if owner.is_some_and(|owner| owner != named) {
                return Err(format!("{} of {named}: {}", resource.kind, resource.text));
            }
            attributed += 1;
        }
        for target in &resource.refers {
            if let (Some(ours), Some(theirs)) = (owner, owners.get(target))
                && ours != theirs
            {
                return Err(format!(
                    "{} refers to one of {theirs}: {}",
                    resource.kind, resource.text
                ));
            }
        }
    }
    Ok(attributed)
}

fn translate(seed: u64, translator: &mut Translator, feed: &Feed) -> Record {
    let mut record = Record::default();
    let protocol = iomt::protocol("hl7v2").unwrap();
    let streams = match feed {
        Feed::File(bytes) => {
            translator.file(protocol, bytes, &mut record);
            return record;
        }
        Feed::Streams(streams) => streams,
    };
    let mut connections = [translator.connect(protocol), translator.connect(protocol)];
    let mut rests = [&streams[0][..], &streams[1][..]];
    let mut random = Random::new(!seed);
    while rests.iter().any(|rest| !rest.is_empty()) {
        let which = random.below(2);
        let (piece, rest) = rests[which].split_at(random.below(600).min(rests[which].len()));
        rests[which] = rest;
        let input = Input::new(Payload::Stream(piece));
        // What cannot be read is a diagnostic.
        let _ = translator.push(&mut connections[which], input, &mut record);
    }
    for connection in &mut connections {
        let _ = translator.push(connection, Input::new(Payload::Closed), &mut record);
    }
    record
}

#[test]
fn nothing_is_under_another_patient() {
    let cases = env::var("CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let with = |continuations| {
        let mut config = Config::default();
        config.continuations = continuations;
        Translator::new(config)
    };
    let mut translators = [with(false), with(true)];
    let (mut attributed, mut bundles, mut wrong) = (0, 0, Vec::new());
    for seed in 0..cases {
        let (feed, continuations) = feed(seed);
        let translator = &mut translators[usize::from(continuations)];
        let record = translate(seed, translator, &feed);
        for bundle in &record.documents {
            bundles += 1;
            match check(bundle) {
                Ok(count) => attributed += count,
                Err(what) => wrong.push(format!("feed {seed}: {what}")),
            }
        }
    }
    println!(
        "attribution: {cases} feeds, {bundles} Bundles, {attributed} resources with a subject"
    );
    wrong.truncate(3);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(attributed as u64 > cases && bundles > cases);
}
