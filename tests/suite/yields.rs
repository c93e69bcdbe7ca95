//! How many measurements each message of the corpora gives, where `$IOMT_SHARED` or `../shared` has
//! them: as many as its rows call for, counted by a splitter that shares nothing with the parser.
//! What gives nothing stands in `yields.csv`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    path::Path,
};

use iomt::{Config, Form};
use serde_json::Value;

use crate::support::{shared, translate};

/// A message that HAPI reads: its file, its number in it, and its bytes.
pub struct Sent {
    pub file: String,
    pub number: usize,
    pub bytes: Vec<u8>,
}

pub fn unzipped(path: &Path) -> String {
    let mut lines = String::new();
    let zipped = fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(zipped).read_to_string(&mut lines).unwrap();
    lines
}

/// The messages of a file: one begins wherever a line begins with `MSH`.
fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let begins = |at: &usize| {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let line = before.is_none_or(|b| matches!(b, b'\r' | b'\n' | 0x0B | 0x1C | 0xBF));
        line && bytes[*at..].starts_with(b"MSH") && bytes.get(at + 3) != Some(&b' ')
    };
    let mut starts: Vec<_> = (0..bytes.len()).filter(begins).collect();
    starts.push(bytes.len());
    starts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

/// Every message that HAPI reads: by itself, or on the way to LinuxForHealth's FHIR.
pub fn sent(shared: &Path) -> Vec<Sent> {
    let directory = shared.join("corpora/hl7v2");
    let mut wanted: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (list, refused) in
        [("hapi_leaves.jsonl.gz", "hapi_error"), ("linuxforhealth_out.jsonl.gz", "error")]
    {
        for line in unzipped(&directory.join(list)).lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            if row.get(refused).is_none() {
                let number = usize::try_from(row["message"].as_u64().unwrap()).unwrap();
                let file = row["file"].as_str().unwrap().to_owned();
                wanted.entry(file).or_default().insert(number);
            }
        }
    }
    let mut all = Vec::new();
    for (file, numbers) in wanted {
        let bytes = fs::read(directory.join(&file)).unwrap();
        let inline: Vec<Vec<u8>> = match file.ends_with("messages.jsonl") {
            true => {
                bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(text).collect()
            }
            false => pieces(&bytes).into_iter().map(<[u8]>::to_vec).collect(),
        };
        for number in numbers {
            let Some(bytes) = inline.get(number - 1) else { panic!("{file}, {number}: not there") };
            all.push(Sent { file: file.clone(), number, bytes: bytes.clone() });
        }
    }
    all
}

fn text(line: &[u8]) -> Vec<u8> {
    let row: Value = serde_json::from_slice(line).unwrap();
    row["message"].as_str().unwrap().as_bytes().to_vec()
}

/// A segment, split at MSH-1 and at nothing else: `[0]` is the id.
pub type Line<'a> = Vec<&'a [u8]>;

pub fn lines(bytes: &[u8]) -> Vec<Line<'_>> {
    let start = bytes.windows(3).position(|three| three == b"MSH").unwrap();
    let separator = bytes[start + 3];
    let ends = |b: &u8| matches!(*b, b'\r' | b'\n' | 0x1C | 0x0B);
    let all = bytes[start..].split(ends).map(<[u8]>::trim_ascii_start);
    let all = all.filter(|line| line.len() > 3 && line[3] == separator);
    all.map(|line| line.split(|b| *b == separator).collect()).collect()
}

pub fn field<'a>(line: &Line<'a>, number: usize) -> &'a [u8] {
    line.get(number).copied().unwrap_or_default().trim_ascii()
}

pub fn component(field: &[u8], number: usize) -> &[u8] {
    field.split(|b| *b == b'^').nth(number - 1).unwrap_or_default().trim_ascii()
}

/// What is translated: results that are no alerts, and administration that creates or updates.
pub fn is_supported(lines: &[Line<'_>]) -> bool {
    let kind = field(&lines[0], 8);
    let merges = || lines.iter().any(|line| line[0] == b"MRG");
    match (component(kind, 1), component(kind, 2)) {
        (b"OUL", b"R22") => true,
        (b"ORU", event) => !matches!(event, b"R40" | b"R42"),
        (b"ADT", b"A01" | b"A02" | b"A03" | b"A04" | b"A05" | b"A06" | b"A07" | b"A08") => {
            !merges()
        }
        (b"ADT", b"A28" | b"A31") => !merges(),
        _ => false,
    }
}

/// Whether a field has a value: more than delimiters, and not the null.
fn has_value(field: &[u8]) -> bool {
    field.iter().any(|b| !b"^&~\"".contains(b))
}

/// Whether there is something to write: a person with a number or a name, a visit, an order, a
/// specimen, a row, or the software of the sender. Other segments are not mapped.
fn calls_for_output(line: &Line<'_>) -> bool {
    let any = |from: usize| line.iter().skip(from).any(|field| has_value(field));
    match line[0] {
        b"PID" => line.iter().skip(2).take(4).any(|field| has_value(field)),
        b"PV1" => any(2),
        b"OBR" | b"OBX" | b"SFT" | b"SPM" => true,
        _ => false,
    }
}

/// The numbers of a place in a device (OBX-4): MDS, VMD, channel, metric and perhaps facet.
fn place<'a>(row: &Line<'a>) -> Option<Vec<&'a [u8]>> {
    let numbers: Vec<_> = field(row, 4).split(|b| *b == b'.').collect();
    let digits = |n: &&[u8]| !n.is_empty() && n.iter().all(u8::is_ascii_digit);
    ((4..=5).contains(&numbers.len()) && numbers.iter().all(digits)).then_some(numbers)
}

/// Whether a row is a measurement: no device, no facet of one of `rows`, no attribute of a device.
fn is_measurement(row: &Line<'_>, rows: &[&Line<'_>]) -> bool {
    let Some(numbers) = place(row) else { return true };
    let device = numbers[3] == b"0" && field(row, 5).is_empty();
    let of = |other: &&Line<'_>| place(other).is_some_and(|other| other == numbers[..4]);
    let facet = numbers.len() == 5 && rows.iter().any(of);
    let attribute = component(field(row, 3), 2).starts_with(b"MDC_ATTR_ID") && numbers[2] == b"0";
    !(device || facet || attribute)
}

/// A number that goes out digit by digit.
fn is_plain_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, places) = match digits.iter().position(|b| *b == b'.') {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let all = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    all(whole) && (whole == b"0" || whole[0] != b'0') && places.is_none_or(all)
}

/// What does not fit between a row and the Observation that stands at its place.
fn unlike(row: &Line<'_>, observation: &str) -> Option<&'static str> {
    let code = component(field(row, 3), 1);
    let plain = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_alphanumeric);
    let has = |text: &str| observation.contains(text);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    if plain(code) && !has(&format!(":\"{}\"", text(code))) {
        return Some("code");
    }
    let (kind, value) = (field(row, 2), field(row, 5));
    let invalid = matches!(field(row, 11), b"X") || field(row, 8) == b"INV";
    if kind == b"NM" && !invalid && is_plain_number(value) {
        let value = text(value);
        if !has(&format!("\"value\":{value},")) && !has(&format!("\"value\":{value}}}")) {
            return Some("value");
        }
    }
    None
}

/// `file,message,code,reason`: what gives no document, by which diagnostic, and why.
const LIST: &str = include_str!("yields.csv");

#[test]
fn every_message_gives_what_its_rows_call_for() {
    let Some(shared) = shared() else {
        println!("yields: skipped, there is no ../shared");
        return;
    };
    let mut listed: BTreeMap<(String, usize), String> = BTreeMap::new();
    for row in csv::Reader::from_reader(LIST.as_bytes()).records() {
        let row = row.unwrap();
        assert!(row[3].len() > 10, "{}: no reason", &row[0]);
        listed.insert((row[0].into(), row[1].parse().unwrap()), row[2].into());
    }
    let protocol = iomt::protocol("hl7v2").unwrap();
    let mut config = Config::default();
    (config.to, config.provenance) = (Form::Ndjson, false);
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    let (mut messages, mut silent, mut measurements) = (0, 0, 0);
    for sent in sent(&shared) {
        let lines = lines(&sent.bytes);
        if !is_supported(&lines) {
            continue;
        }
        messages += 1;
        let record = translate(protocol, &sent.bytes, config.clone());
        let name = format!("{}, {}", sent.file, sent.number);
        let key = (sent.file, sent.number);
        let calls = lines.iter().any(calls_for_output);
        match (record.documents.is_empty(), calls, listed.get(&key)) {
            (true, _, Some(code)) => {
                if !record.diagnostics.iter().any(|(_, d)| d.code.name() == code) {
                    wrong.push(format!("{name}: not for {code}"));
                }
                used.insert(key);
                continue;
            }
            (true, false, None) => {
                silent += 1;
                continue;
            }
            (true, true, None) => {
                wrong.push(format!("{name}: nothing\n{}", record.lines()));
                continue;
            }
            (false, false, _) => wrong.push(format!("{name}: who called for that?")),
            (false, true, Some(_)) => wrong.push(format!("{name}: stands in the list")),
            (false, true, None) => {}
        }
        let rows: Vec<_> = lines.iter().filter(|line| line[0] == b"OBX").collect();
        let rows: Vec<_> = rows.iter().filter(|row| is_measurement(row, &rows)).collect();
        let start = "{\"resourceType\":\"Observation\"";
        let observations: Vec<_> =
            record.documents.iter().filter(|text| text.starts_with(start)).collect();
        measurements += observations.len();
        if rows.len() != observations.len() {
            wrong.push(format!("{name}: {} rows, {} measurements", rows.len(), observations.len()));
            continue;
        }
        for (number, (row, observation)) in rows.iter().zip(observations).enumerate() {
            if let Some(what) = unlike(row, observation) {
                wrong.push(format!("{name}: {what} of row {}", number + 1));
            }
        }
    }
    let unused = listed.keys().filter(|key| !used.contains(*key));
    wrong.extend(unused.map(|(file, number)| format!("{file}, {number}: stands in the list")));
    println!(
        "yields: {measurements} measurements of {messages} messages; {} give nothing, {silent} have nothing to say",
        used.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(used.len() * 20 <= messages - silent, "more than one of twenty gives nothing");
    assert!(messages > 1_500 && measurements > 10_000);
}
