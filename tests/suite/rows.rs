//! The rows of HL7's v2-to-FHIR map: `maps/v2_to_fhir.csv` says what became of each, and every row
//! that is implemented is cited by a vector whose trace shows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use iomt::account::{Account, path_of};
use serde_json::value::RawValue;

use crate::expect::{Object, contains};
use crate::support::{self, Vector, shared};

/// A map and a row of it.
type Row = (String, u32);

/// What became of a row.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Status {
    /// A vector shows it.
    Implemented,
    /// We do otherwise, for a reason.
    Waived,
    /// Its extension is one that the reference validator refuses or does not know: diagnosed.
    Diagnosed,
    /// Its target is no resource of ours.
    NotApplicable,
    /// Not yet.
    Open,
}

struct Known {
    status: Status,
    reason: String,
}

fn table() -> BTreeMap<Row, Known> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("maps/v2_to_fhir.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut rows = BTreeMap::new();
    for record in reader.records() {
        let record = record.unwrap();
        let status = match &record[4] {
            "implemented" => Status::Implemented,
            "waived" => Status::Waived,
            "diagnosed" => Status::Diagnosed,
            "na" => Status::NotApplicable,
            "open" => Status::Open,
            other => panic!("{other} is no status"),
        };
        let row = (record[0].to_owned(), record[1].parse().unwrap());
        let known = Known { status, reason: record[5].to_owned() };
        assert!(rows.insert(row, known).is_none(), "{record:?} stands twice");
    }
    rows
}

/// `row MAP N[,N…]: ELEMENT <- PATH`, or with a constant `ELEMENT = VALUE <- PATH`
struct Citation<'a> {
    map: &'a str,
    rows: Vec<u32>,
    element: &'a str,
    value: Option<&'a str>,
    path: &'a str,
}

fn citations(vector: &Vector) -> impl Iterator<Item = Citation<'_>> {
    vector.expect.lines().filter_map(|line| {
        let (row, shown) = line.strip_prefix("row ")?.split_once(": ").expect("row MAP N: …");
        let (map, rows) = row.rsplit_once(' ').expect("row MAP N");
        let (element, path) = shown.split_once(" <- ").expect("ELEMENT <- PATH");
        let rows = rows.split(',').map(|n| n.parse().expect("the number of a row")).collect();
        let (element, value) = match element.split_once(" = ") {
            Some((element, value)) => (element, Some(value.trim())),
            None => (element, None),
        };
        Some(Citation { map, rows, element: element.trim(), value, path: path.trim() })
    })
}

/// `OBX[2]-5[1].1` → `OBX-5.1`
fn plain(path: &str) -> String {
    let mut depth = 0_u32;
    let outside = |c: &char| {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => return depth == 0,
        }
        false
    };
    path.chars().filter(outside).collect()
}

/// Whether `path` is `start`, or something in it.
fn within(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// An element of a vector's output and the path that it came from, without indices.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct Shown {
    resource: &'static str,
    id: String,
    element: String,
    path: String,
}

fn trace(protocol: &iomt::Protocol, vector: &Vector) -> (BTreeSet<Shown>, Vec<String>) {
    let mut record = support::Record::default();
    let mut account = Account::new(&mut record);
    let mut translator = iomt::Translator::new(vector.config());
    translator.file(protocol, &vector.bytes, &mut account);
    let parts = account.parts(protocol, &translator.options(), &vector.bytes).unwrap_or_default();
    let shown = |traced: &iomt::account::Traced| Shown {
        resource: traced.resource,
        id: traced.id.to_string(),
        element: plain(&traced.element),
        path: plain(path_of(&parts, traced.span)),
    };
    let all = account.traced().iter().map(shown).collect();
    (all, record.documents)
}

impl Citation<'_> {
    /// Whether the trace has it; a constant: whether a resource has it that has something from
    /// that path.
    fn holds(&self, shown: &BTreeSet<Shown>, documents: &[String]) -> bool {
        let mut from = shown.iter().filter(|shown| within(&shown.path, self.path));
        let Some(value) = self.value else {
            return from.any(|shown| within(&shown.element, self.element));
        };
        let (kind, element) = self.element.split_once('.').expect("RESOURCE.ELEMENT");
        let steps: Vec<&str> = element.split('.').collect();
        let ids: BTreeSet<&str> =
            from.filter(|shown| shown.resource == kind).map(|shown| shown.id.as_str()).collect();
        documents.iter().any(|document| {
            resources(document).iter().any(|(of, id, json)| {
                of == kind && ids.contains(id.as_str()) && has(json, &steps, value)
            })
        })
    }
}

/// Type, id and text of a document and of what is in it.
fn resources<'a>(document: &'a str) -> Vec<(String, String, &'a str)> {
    let kind = text(document, "resourceType");
    if kind != "Bundle" {
        return vec![(kind, text(document, "id"), document)];
    }
    let entries: Vec<&'a RawValue> = serde_json::from_str(part(document, "entry")).unwrap();
    let resource = |entry: &'a RawValue| {
        let resource = part(entry.get(), "resource");
        let id = text(entry.get(), "fullUrl").replace("urn:uuid:", "");
        (text(resource, "resourceType"), id, resource)
    };
    let mut all: Vec<_> = entries.into_iter().map(resource).collect();
    if serde_json::from_str::<Object<'a>>(document).unwrap().contains_key("id") {
        all.push((kind, text(document, "id"), document));
    }
    all
}

fn part<'a>(json: &'a str, name: &str) -> &'a str {
    serde_json::from_str::<Object<'a>>(json).unwrap()[name].get()
}

fn text(json: &str, name: &str) -> String {
    serde_json::from_str(part(json, name)).unwrap()
}

/// Whether an element has this value, in any item of a list.
fn has(json: &str, steps: &[&str], value: &str) -> bool {
    if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) {
        return items.iter().any(|item| has(item.get(), steps, value));
    }
    let Some((step, rest)) = steps.split_first() else { return contains(json, value) };
    let object = serde_json::from_str::<Object<'_>>(json);
    object.is_ok_and(|object| object.get(*step).is_some_and(|part| has(part.get(), rest, value)))
}

#[test]
fn every_row_is_accounted_for() {
    let table = table();
    let protocol = iomt::protocol("hl7v2").unwrap();
    let (mut faults, mut cited) = (Vec::new(), BTreeSet::new());
    for vector in support::vectors(protocol.name) {
        let name = vector.path.file_name().unwrap().to_string_lossy().into_owned();
        let mut shown = None;
        for citation in citations(&vector) {
            let (shown, documents) = shown.get_or_insert_with(|| trace(protocol, &vector));
            if !citation.holds(shown, documents) {
                let Citation { element, path, .. } = citation;
                faults.push(format!("{name}: no {element} came from {path}"));
            }
            cited.extend(citation.rows.into_iter().map(|row| (citation.map.to_owned(), row)));
        }
    }
    for row in &cited {
        if !table.contains_key(row) {
            faults.push(format!("{} {} is no row of the table", row.0, row.1));
        }
    }
    let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
    for (row, known) in &table {
        *counts.entry(known.status).or_default() += 1;
        if (known.status == Status::Implemented) != cited.contains(row) {
            let is = if cited.contains(row) { "is" } else { "is not" };
            faults.push(format!("{} {} {is} cited, but {:?}", row.0, row.1, known.status));
        }
        let decided =
            matches!(known.status, Status::Waived | Status::Diagnosed | Status::NotApplicable);
        if decided == known.reason.is_empty() {
            faults.push(format!("{} {}: a reason for what is decided alone", row.0, row.1));
        }
    }
    println!("rows of the v2-to-FHIR map: {counts:?}");
    let count = |status| counts.get(&status).copied().unwrap_or(0);
    let ours = table.len() - count(Status::NotApplicable) - count(Status::Diagnosed);
    assert!(count(Status::Waived) * 100 <= ours * 15, "more than 15 % are waived");
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// The table has every row that the published maps have for these segments.
#[test]
fn the_table_has_every_row() {
    let Some(shared) = shared() else {
        println!("rows: skipped, there is no ../shared");
        return;
    };
    let lines = |name: &str| {
        let path = shared.join("tables/v2-to-fhir").join(name);
        let text = fs::read_to_string(path).unwrap();
        let lines =
            text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.collect::<Vec<_>>()
    };
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap_or("").to_owned();
    let segments =
        ["MSH", "SFT", "PID", "PD1", "PV1", "PV2", "ORC", "OBR", "TQ1", "OBX", "NTE", "SPM", "PRT"];
    let wanted: BTreeSet<String> = lines("messages.jsonl")
        .iter()
        .filter(|row| matches!(row["map"].as_str(), Some("ORU_R01" | "ADT_A01")))
        .map(|row| text(row, "dt_map"))
        .filter(|map| map.split('[').next().is_some_and(|segment| segments.contains(&segment)))
        .collect();
    let table = table();
    let mut published = BTreeSet::new();
    for row in lines("segments.jsonl") {
        let map = text(&row, "map");
        let map = map.split(" - ").next().unwrap_or("").to_owned();
        let mapped = row["fhir_path"].is_string() || row["fhir_ext"].is_string();
        if wanted.contains(&map) && mapped {
            published.insert((map, u32::try_from(row["row"].as_u64().unwrap()).unwrap()));
        }
    }
    let ours: BTreeSet<Row> = table.into_keys().collect();
    println!("rows: {} published", published.len());
    assert_eq!(ours, published);
}
