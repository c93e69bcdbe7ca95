use super::{CODES, ELEMENT, ELEMENTS, SLOT, TYPES, UNCHECKED};
use crate::support::{Mode, Result, emit};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

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

/// One published version: its folder under `fhir-definitions`, and its name in our tables.
const VERSIONS: &[(&str, &str)] = &[("r4", "R4")];

/// Reads the published definitions and writes our fact tables.
pub fn import(shared: &Path) -> Result {
    for &(folder, version) in VERSIONS {
        let definitions =
            Definitions { root: shared.join("fhir-definitions").join(folder), version };
        let mut tables = Tables::default();
        tables.read(&definitions)?;
        emit(Mode::Write, ELEMENTS, &csv(ELEMENT_COLUMNS, &tables.elements)?)?;
        emit(Mode::Write, TYPES, &csv(TYPE_COLUMNS, tables.types.values())?)?;
        emit(Mode::Write, CODES, &csv(CODE_COLUMNS, &tables.codes)?)?;
    }
    Ok(())
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
    "versions",
    "source",
];
const TYPE_COLUMNS: &[&str] = &["type", "kind", "versions", "source"];
const CODE_COLUMNS: &[&str] = &["value_set", "system", "code", "versions", "source"];

type Row = Vec<String>;

fn csv<'a>(header: &[&str], rows: impl IntoIterator<Item = &'a Row>) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

struct Definitions {
    root: PathBuf,
    version: &'static str,
}

impl Definitions {
    fn load(&self, kind: &str, id: &str) -> Result<Option<Value>> {
        let path = self.root.join(kind).join(format!("{id}.json"));
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&fs::read(path)?)?))
    }
}

#[derive(Default)]
struct Tables {
    types: BTreeMap<(u8, String), Row>,
    elements: Vec<Row>,
    codes: Vec<Row>,
}

impl Tables {
    fn read(&mut self, definitions: &Definitions) -> Result {
        let mut wanted: Vec<String> =
            RESOURCES.iter().chain([&ELEMENT]).map(|&r| r.to_owned()).collect();
        let mut read: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        let mut value_sets = BTreeSet::new();
        while let Some(name) = wanted.pop() {
            if read.contains_key(&name) {
                continue;
            }
            let sd = definitions
                .load("StructureDefinition", &name)?
                .ok_or_else(|| format!("no definition of {name}"))?;
            let source = format!(
                "hl7.fhir.{}.core {} StructureDefinition/{name}",
                definitions.version.to_lowercase(),
                text(&sd, "version")
            );
            let rows = match text(&sd, "kind") {
                "primitive-type" => Vec::new(),
                _ => elements(&sd, &name, definitions.version, &source)?,
            };
            let kind = match text(&sd, "kind") {
                "primitive-type" => (0, "primitive"),
                "resource" => (2, "resource"),
                _ => (1, "complex"),
            };
            self.add_type(&name, kind, definitions.version, &source);
            for row in &rows {
                if row[0] != name {
                    self.add_type(&row[0], (kind.0, "backbone"), definitions.version, &source);
                }
                let ty = &row[2];
                if !ty.contains('.') && ty != SLOT {
                    wanted.push(ty.clone());
                }
                if !row[7].is_empty() {
                    value_sets.insert(row[7].clone());
                }
            }
            read.insert(name, rows);
        }
        self.add_type(UNCHECKED, (1, "unchecked"), definitions.version, "ours");
        for (name, ty) in [("resourceType", "code"), ("id", "id")] {
            let version = definitions.version;
            let row = [UNCHECKED, name, ty, "0", "1", "1", "", "", "", "", version, "ours"];
            self.elements.push(row.map(str::to_owned).to_vec());
        }
        // Backbones stand with their root, in the order of the definition.
        for rows in read.into_values() {
            let mut names: Vec<String> = Vec::new();
            for row in &rows {
                if !names.contains(&row[0]) {
                    names.push(row[0].clone());
                }
            }
            for name in names {
                self.elements.extend(rows.iter().filter(|row| row[0] == name).cloned());
            }
        }
        for url in value_sets {
            self.codes.extend(codes(definitions, &url)?);
        }
        Ok(())
    }

    fn add_type(&mut self, name: &str, kind: (u8, &str), version: &str, source: &str) {
        let row = [name, kind.1, version, source].map(str::to_owned).to_vec();
        self.types.insert((kind.0, name.to_owned()), row);
    }
}

/// The elements of a definition, choices expanded: one row per element and type.
fn elements(sd: &Value, root: &str, version: &str, source: &str) -> Result<Vec<Row>> {
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
                version,
                source,
            ];
            rows.push(row.map(str::to_owned).to_vec());
        };
        if let Some(reference) = element["contentReference"].as_str() {
            push(name, reference.trim_start_matches('#'), "", "", "");
            continue;
        }
        for ty in element["type"].as_array().ok_or("an element without type")? {
            let code = match text(ty, "code") {
                "BackboneElement" | "Element" if has_children(path) => path,
                // `Resource.id` is given as `string` there, and as `id` in prose and in R5.
                code if code.starts_with("http:")
                    && text(&element["base"], "path") == "Resource.id" =>
                {
                    if code.ends_with("System.String") { "id" } else { code }
                }
                code if code.starts_with("http:") => ty["extension"][0]["valueUrl"]
                    .as_str()
                    .or_else(|| ty["extension"][0]["valueUri"].as_str())
                    .ok_or("a FHIRPath type without FHIR type")?,
                code => code,
            };
            let targets = targets(ty);
            let profile = ty["profile"][0].as_str().unwrap_or_default().rsplit('/').next();
            let profile = profile.unwrap_or_default();
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

/// The resource types that a Reference may point to, `|` between; empty: any.
fn targets(ty: &Value) -> String {
    if text(ty, "code") != "Reference" {
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
    let source = format!(
        "hl7.fhir.{}.core {} ValueSet/{id}",
        definitions.version.to_lowercase(),
        text(&set, "version")
    );
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
                collect(list["concept"].as_array().map_or(&[], Vec::as_slice), system, &mut found);
            }
        }
    }
    if set["compose"].get("exclude").is_some() {
        return Err(format!("{id} excludes").into());
    }
    Ok(found
        .into_iter()
        .map(|(system, code)| {
            vec![url.to_owned(), system, code, definitions.version.to_owned(), source.clone()]
        })
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
