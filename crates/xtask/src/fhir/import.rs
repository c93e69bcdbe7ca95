use super::{CODES, ELEMENT, ELEMENTS, FOREIGN, SLOT, TYPES, UNCHECKED};
use crate::support::{Mode, Result, emit};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const DEFINITION: &str = "StructureDefinition";

const RESOURCES: &[&str] = &[
    "Bundle",
    "Device",
    "DeviceMetric",
    "DiagnosticReport",
    "Encounter",
    "Location",
    "MessageHeader",
    "Observation",
    "OperationOutcome",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Provenance",
    "ServiceRequest",
    "Specimen",
];

/// The published versions: the folder under `fhir-definitions`, and the name in our tables. R4 is
/// hl7.fhir.r4.core 4.0.1, R4B hl7.fhir.r4b.core 4.3.0, R5 hl7.fhir.r5.core 5.0.0.
const VERSIONS: &[(&str, &str)] = &[("r4", "R4"), ("r4b", "R4B"), ("r5", "R5")];

/// Reads the published definitions and writes our fact tables.
///
/// What is the same in several versions is one row. The rows of a type stand so that those of any
/// one version are in its canonical order.
pub fn import(shared: &Path) -> Result {
    let (mut types, mut codes) = (BTreeMap::new(), Vec::new());
    let mut elements: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for &(folder, version) in VERSIONS {
        let root = shared.join("fhir-definitions").join(folder);
        let tables = Tables::read(&Definitions { root })?;
        for (key, row) in tables.types {
            types.entry(key).or_insert_with(|| (row, Vec::new())).1.push(version);
        }
        for (name, rows) in tables.elements {
            let places = elements.entry(name).or_default();
            *places = merge(std::mem::take(places), rows, version);
        }
        for row in tables.codes {
            add(&mut codes, row, version);
        }
    }
    let elements = elements.into_values().flatten().flat_map(|place| place.rows);
    emit(Mode::Write, ELEMENTS, &csv(ELEMENT_COLUMNS, elements)?)?;
    emit(Mode::Write, TYPES, &csv(TYPE_COLUMNS, types.into_values())?)?;
    emit(Mode::Write, CODES, &csv(CODE_COLUMNS, codes)?)
}

const ELEMENT_COLUMNS: &[&str] = &[
    "type",
    "name",
    "element_type",
    "min",
    "max",
    "base_max",
    "choice",
    "value_set",
    "targets",
    "profile",
    "source",
    "versions",
];
const TYPE_COLUMNS: &[&str] = &["type", "kind", "source", "versions"];
const CODE_COLUMNS: &[&str] = &["value_set", "system", "code", "source", "versions"];

type Row = Vec<String>;

/// A row with the versions that have it.
type Shared = (Row, Vec<&'static str>);

fn add(rows: &mut Vec<Shared>, row: Row, version: &'static str) {
    match rows.iter_mut().find(|(known, _)| *known == row) {
        Some((_, versions)) => versions.push(version),
        None => rows.push((row, vec![version])),
    }
}

/// A place in the order of a type: an element, with what the versions say of it.
struct Place {
    rows: Vec<Shared>,
}

impl Place {
    /// What makes two rows the same element: the name, the content, and whether it repeats.
    fn key(row: &Row) -> (&str, &str, bool) {
        (&row[1], &row[2], row[5] != "1")
    }

    fn is(&self, row: &Row) -> bool {
        self.rows.iter().any(|(own, _)| Self::key(own) == Self::key(row))
    }
}

/// Merges the rows of one more version into the order of those before it. What stands in another
/// order there gets a second place.
fn merge(before: Vec<Place>, rows: Vec<Row>, version: &'static str) -> Vec<Place> {
    // How much is common of what follows each two places.
    let mut common = vec![vec![0_usize; rows.len() + 1]; before.len() + 1];
    for (i, place) in before.iter().enumerate().rev() {
        for (j, row) in rows.iter().enumerate().rev() {
            common[i][j] = match place.is(row) {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut merged, mut j) = (Vec::new(), 0);
    let mut rows = rows.into_iter().peekable();
    for (i, mut place) in before.into_iter().enumerate() {
        while rows.peek().is_some_and(|row| !place.is(row)) && common[i + 1][j] < common[i][j] {
            merged.extend(rows.next().map(|row| Place { rows: vec![(row, vec![version])] }));
            j += 1;
        }
        if let Some(row) = rows.next_if(|row| place.is(row)) {
            add(&mut place.rows, row, version);
            j += 1;
        }
        merged.push(place);
    }
    merged.extend(rows.map(|row| Place { rows: vec![(row, vec![version])] }));
    merged
}

fn csv(header: &[&str], rows: impl IntoIterator<Item = Shared>) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for (mut row, versions) in rows {
        row.push(versions.join("|"));
        writer.write_record(row)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

struct Definitions {
    root: PathBuf,
}

impl Definitions {
    fn load(&self, kind: &str, id: &str) -> Result<Option<Value>> {
        let path = self.root.join(kind).join(format!("{id}.json"));
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&fs::read(path)?)?))
    }

    /// The names of all resource types.
    fn resources(&self) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(self.root.join(DEFINITION))? {
            let sd: Value = serde_json::from_slice(&fs::read(entry?.path())?)?;
            if text(&sd, "kind") == "resource"
                && text(&sd, "derivation") == "specialization"
                && sd["abstract"] != true
            {
                names.insert(text(&sd, "type").to_owned());
            }
        }
        Ok(names)
    }
}

/// What one version has.
#[derive(Default)]
struct Tables {
    types: BTreeMap<(u8, String), Row>,
    /// By type, in canonical order.
    elements: BTreeMap<String, Vec<Row>>,
    codes: Vec<Row>,
}

impl Tables {
    fn read(definitions: &Definitions) -> Result<Self> {
        let mut tables = Self::default();
        let mut wanted: Vec<String> =
            RESOURCES.iter().chain([&ELEMENT]).map(|&r| r.to_owned()).collect();
        let mut read = BTreeSet::new();
        let mut value_sets = BTreeSet::new();
        while let Some(name) = wanted.pop() {
            if !read.insert(name.clone()) {
                continue;
            }
            let sd = definitions
                .load(DEFINITION, &name)?
                .ok_or_else(|| format!("no definition of {name}"))?;
            let source = format!("{DEFINITION}/{name}");
            let rows = match text(&sd, "kind") {
                "primitive-type" => Vec::new(),
                _ => elements(&sd, &name, &source)?,
            };
            let kind = match text(&sd, "kind") {
                "primitive-type" => (0, "primitive"),
                "resource" => (2, "resource"),
                _ => (1, "complex"),
            };
            tables.add_type(&name, kind, &source);
            for row in rows {
                if row[0] != name {
                    tables.add_type(&row[0], (kind.0, "backbone"), &source);
                }
                let ty = &row[2];
                if !ty.contains('.') && ty != SLOT {
                    wanted.push(ty.clone());
                }
                if !row[7].is_empty() {
                    value_sets.insert(row[7].clone());
                }
                tables.elements.entry(row[0].clone()).or_default().push(row);
            }
        }
        for name in definitions.resources()?.difference(&read) {
            tables.add_type(name, (3, FOREIGN), &format!("{DEFINITION}/{name}"));
        }
        tables.add_type(UNCHECKED, (1, "unchecked"), "ours");
        for (name, ty) in [("resourceType", "code"), ("id", "id")] {
            let row = [UNCHECKED, name, ty, "0", "1", "1", "", "", "", "", "ours"];
            let rows = tables.elements.entry(UNCHECKED.to_owned()).or_default();
            rows.push(row.map(str::to_owned).to_vec());
        }
        for url in value_sets {
            tables.codes.extend(codes(definitions, &url)?);
        }
        Ok(tables)
    }

    fn add_type(&mut self, name: &str, kind: (u8, &str), source: &str) {
        let row = [name, kind.1, source].map(str::to_owned).to_vec();
        self.types.insert((kind.0, name.to_owned()), row);
    }
}

/// The elements of a definition, choices expanded: one row per element and type.
fn elements(sd: &Value, root: &str, source: &str) -> Result<Vec<Row>> {
    let list = sd["snapshot"]["element"].as_array().ok_or("no snapshot")?;
    let has_children = |path: &str| {
        list.iter().any(|e| text(e, "path").strip_prefix(path).is_some_and(|r| r.starts_with('.')))
    };
    let mut rows = Vec::new();
    for element in list.iter().skip(1) {
        let path = text(element, "path");
        let (parent, name) = path.rsplit_once('.').ok_or("a path without parent")?;
        let mut push = |name: &str, ty: &str, choice: &str, targets: &str, profile: &str| {
            let value_set = match (ty, text(&element["binding"], "strength")) {
                ("code", "required") => text(&element["binding"], "valueSet"),
                _ => "",
            };
            let value_set = value_set.split('|').next().unwrap_or_default();
            let row = [
                parent,
                name,
                ty,
                &element["min"].to_string(),
                text(element, "max"),
                text(&element["base"], "max"),
                choice,
                value_set,
                targets,
                profile,
                source,
            ];
            rows.push(row.map(str::to_owned).to_vec());
        };
        if let Some(reference) = element["contentReference"].as_str() {
            let (_, path) = reference.rsplit_once('#').ok_or("a contentReference without #")?;
            push(name, path, "", "", "");
            continue;
        }
        for ty in element["type"].as_array().ok_or("an element without type")? {
            let is = |path| text(&element["base"], "path") == path;
            let code = match text(ty, "code") {
                "BackboneElement" | "Element" if has_children(path) => path,
                // R4 gives `Resource.id` as `string`, and as `id` in prose and later. R4B and R5
                // give `Element.id` as `id` in some types, and as `string` in prose and in others.
                code if code.starts_with("http:") && is("Resource.id") => "id",
                code if code.starts_with("http:") && is("Element.id") => "string",
                code if code.starts_with("http:") => ty["extension"][0]["valueUrl"]
                    .as_str()
                    .or_else(|| ty["extension"][0]["valueUri"].as_str())
                    .ok_or("a FHIRPath type without FHIR type")?,
                code => code,
            };
            let mut targets = targets(ty);
            let profile = ty["profile"][0].as_str().unwrap_or_default().rsplit('/').next();
            let mut profile = profile.unwrap_or_default();
            // A slot for resources of one type.
            if code == SLOT {
                targets = std::mem::take(&mut profile).to_owned();
            }
            match name.strip_suffix("[x]") {
                Some(choice) => {
                    let mut suffix = code.chars();
                    let first = suffix.next().ok_or("an empty type")?.to_ascii_uppercase();
                    let name = format!("{choice}{first}{}", suffix.as_str());
                    push(&name, code, choice, &targets, profile);
                }
                None => push(name, code, "", &targets, profile),
            }
        }
    }
    debug_assert!(rows.iter().all(|row| row[0].starts_with(root)));
    Ok(rows)
}

/// The resource types that a Reference may point to, itself or that of a CodeableReference, `|`
/// between; empty: any.
fn targets(ty: &Value) -> String {
    if !matches!(text(ty, "code"), "Reference" | "CodeableReference") {
        return String::new();
    }
    let profiles = ty["targetProfile"].as_array().into_iter().flatten();
    let mut names: Vec<&str> =
        profiles.filter_map(Value::as_str).filter_map(|url| url.rsplit('/').next()).collect();
    names.sort_unstable();
    if names.contains(&SLOT) { String::new() } else { names.join("|") }
}

/// The codes of a value set, or none where its systems cannot be enumerated here.
fn codes(definitions: &Definitions, url: &str) -> Result<Vec<Row>> {
    let id = url.rsplit('/').next().unwrap_or_default();
    let Some(set) = definitions.load("ValueSet", id)? else {
        return Err(format!("no value set {id}").into());
    };
    let mut found: Vec<(String, String)> = Vec::new();
    for include in set["compose"]["include"].as_array().into_iter().flatten() {
        if include.get("filter").is_some() || include.get("valueSet").is_some() {
            return Ok(Vec::new());
        }
        let system = text(include, "system");
        match include["concept"].as_array() {
            Some(concepts) => collect(concepts, system, &mut found),
            None => {
                let id = system.rsplit('/').next().unwrap_or_default();
                let Some(list) = definitions.load("CodeSystem", id)? else {
                    return Ok(Vec::new());
                };
                // A grammar, or codes that are published elsewhere.
                let Some(concepts) = list["concept"].as_array() else { return Ok(Vec::new()) };
                collect(concepts, system, &mut found);
            }
        }
    }
    if set["compose"].get("exclude").is_some() {
        return Err(format!("{id} excludes").into());
    }
    Ok(found
        .into_iter()
        .map(|(system, code)| vec![url.to_owned(), system, code, format!("ValueSet/{id}")])
        .collect())
}

fn collect(concepts: &[Value], system: &str, found: &mut Vec<(String, String)>) {
    for concept in concepts {
        found.push((system.to_owned(), text(concept, "code").to_owned()));
        collect(concept["concept"].as_array().map_or(&[], Vec::as_slice), system, found);
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
