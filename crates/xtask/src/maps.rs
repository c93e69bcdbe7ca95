//! Code maps of the FHIR policy: from the v2-to-FHIR implementation guide (imported), and what we
//! decided where it has no target (`maps_decided.csv`, kept by hand).

use crate::support::{Mode, Result, emit, root, rustfmt};
use std::{collections::BTreeMap, fmt::Write, fs, path::Path, str::FromStr};

const IMPORTED: &str = "crates/fhir/data/maps.csv";
const DECIDED: &str = "crates/fhir/data/maps_decided.csv";
/// The codes of HL7 v2 tables, so far as a code system of the table is published.
const TABLES: &str = "crates/fhir/data/v2_tables.csv";
/// The codes of code systems that are known by an OID, where they are published whole.
const SYSTEMS: &str = "crates/fhir/data/systems.csv";
const SYSTEM_FOLDERS: &[&str] = &["r4/CodeSystem", "tho/CodeSystem", "us-core-3.1.0/CodeSystem"];
/// Where the tables are, the later one over the earlier.
const TABLE_FOLDERS: &[&str] = &["r4/CodeSystem", "tho/CodeSystem"];
const GENERATED: &str = "crates/fhir/src/policy/maps/generated.rs";

/// Our name of a map, its name in the guide, and the HL7 table.
const MAPS: &[(&str, &str, &str)] = &[
    ("observation_status", "ObservationResultStatusCodesInterpretation", "0085"),
    ("report_status", "ResultStatus[Non-Queries]", "0123"),
    ("interpretation", "InterpretationCodes", "0078"),
    ("gender", "AdministrativeSex", "0001"),
    ("encounter_class", "PatientClass[EncounterClass]", "0004"),
    ("name_use", "NameType", "0200"),
    ("address_use", "AddressType[Use]", "0190"),
    ("telecom_use", "TelecommunicationUseCode", "0201"),
    ("order_status", "OrderStatus", "0038"),
    ("order_control", "OrderControlCode[ServiceRequest.status]", "0119"),
    ("priority", "ExtendedPriorityCodes", "0485"),
    ("telecom_system", "TelecommunicationEquipmentType", "0202"),
    ("address_type", "AddressType[Type]", "0190"),
    ("encounter_status", "PatientClass[EncounterStatus]", "0004"),
    ("name_order", "NameAssemblyOrder", "0444"),
];

/// Maps whose targets are of several systems: `system|code`.
const CODED: &[(&str, &str, &str)] = &[
    ("admission_type", "AdmissionType", "0007"),
    ("ambulatory_status", "AmbulatoryStatus", "0009"),
    ("bed_status", "BedStatus", "0116"),
    ("confidentiality", "ConfidentialityCode", "0177"),
    ("degree", "DegreeLicenseCertificate", "0360"),
    ("encounter_priority", "EncounterPriority", "0217"),
    ("hospital_service", "HospitalService", "0069"),
    ("marital_status", "MaritalStatus", "0002"),
    ("mode_of_arrival", "ModeOfArrivalCode", "0430"),
    ("readmission", "ReadmissionIndicator", "0092"),
    ("religion", "Religion", "0006"),
];

/// Code systems whose codes pass as they are: our name, file among the definitions.
const CODES: &[(&str, &str)] = &[
    ("identifier_type", "tho/CodeSystem/v2-0203.json"),
    ("diagnostic_service", "r4/CodeSystem/v2-0074.json"),
];

/// Value sets whose codes pass whatever their case: our name, file among the definitions.
const TAGS: &[(&str, &str)] = &[("language", "r4/ValueSet/languages.json")];

pub fn import(shared: &Path) -> Result {
    let text = fs::read_to_string(shared.join("tables/v2-to-fhir/code_tables.json"))?;
    let tables: serde_json::Value = serde_json::from_str(&text)?;
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["map", "code", "target", "source"])?;
    let plain = MAPS.iter().map(|map| (map, false));
    for ((map, guide, table), coded) in plain.chain(CODED.iter().map(|map| (map, true))) {
        let rows = tables[guide].as_object().ok_or(format!("no map {guide}"))?;
        let source = format!("HL7 v2-to-FHIR IG 1.0.0, {guide} (table {table})");
        for (code, row) in rows {
            // A blank after the code is a slip of the guide.
            let (code, target) = (code.trim(), row["fhir_code"].as_str());
            // `contact-point-use#mobile` stands in the map of systems: a use is no system.
            let misplaced = *map == "telecom_system"
                && row["fhir_system"] != "http://hl7.org/fhir/contact-point-system";
            if let Some(target) = target.filter(|_| !misplaced) {
                let system = row["fhir_system"].as_str().filter(|_| coded);
                let target = match system {
                    Some(system) => format!("{}|{}", system.trim(), target.trim()),
                    None => target.trim().to_owned(),
                };
                out.write_record([map, code, &target, &source])?;
            }
        }
    }
    for (map, file) in CODES {
        let text = fs::read_to_string(shared.join("fhir-definitions").join(file))?;
        let system: serde_json::Value = serde_json::from_str(&text)?;
        let source = format!(
            "{} {}",
            system["url"].as_str().unwrap_or_default(),
            system["version"].as_str().unwrap_or_default()
        );
        for concept in system["concept"].as_array().ok_or("no concepts")? {
            let code = concept["code"].as_str().ok_or("a concept without code")?;
            out.write_record([map, code, code, source.trim()])?;
        }
    }
    for (map, file) in TAGS {
        let text = fs::read_to_string(shared.join("fhir-definitions").join(file))?;
        let set: serde_json::Value = serde_json::from_str(&text)?;
        let source = [&set["url"], &set["version"]].map(|part| part.as_str().unwrap_or_default());
        let includes = set["compose"]["include"].as_array().ok_or("no includes")?;
        for concept in includes.iter().filter_map(|one| one["concept"].as_array()).flatten() {
            let code = concept["code"].as_str().ok_or("a concept without code")?;
            out.write_record([map, &*code.to_lowercase(), code, source.join(" ").trim()])?;
        }
    }
    emit(Mode::Write, IMPORTED, &String::from_utf8(out.into_inner()?)?)?;
    import_tables(shared)?;
    import_systems(shared)
}

fn import_systems(shared: &Path) -> Result {
    let mut rows = BTreeMap::new();
    for folder in SYSTEM_FOLDERS {
        for entry in fs::read_dir(shared.join("fhir-definitions").join(folder))? {
            let path = entry?.path();
            let system: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
            let Some(oid) = system["url"].as_str().and_then(|url| url.strip_prefix("urn:oid:"))
            else {
                continue;
            };
            if system["content"] == "complete" {
                let (name, version) = (system["name"].as_str(), system["version"].as_str());
                let source = format!("{} {}", name.unwrap_or(oid), version.unwrap_or_default());
                let mut codes = Vec::new();
                codes_of(&system["concept"], &mut codes);
                rows.extend(codes.into_iter().map(|code| ((oid.to_owned(), code), source.clone())));
            }
        }
    }
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["system", "code", "source"])?;
    for ((system, code), source) in rows {
        out.write_record([&system, &code, source.trim()])?;
    }
    emit(Mode::Write, SYSTEMS, &String::from_utf8(out.into_inner()?)?)
}

/// The codes of concepts and of those under them.
fn codes_of(concepts: &serde_json::Value, out: &mut Vec<String>) {
    for concept in concepts.as_array().into_iter().flatten() {
        out.extend(concept["code"].as_str().map(str::to_owned));
        codes_of(&concept["concept"], out);
    }
}

fn import_tables(shared: &Path) -> Result {
    let mut tables = BTreeMap::new();
    for folder in TABLE_FOLDERS {
        for entry in fs::read_dir(shared.join("fhir-definitions").join(folder))? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let Some(table) = name.strip_prefix("v2-").and_then(|n| n.parse::<u16>().ok()) else {
                continue;
            };
            let system: serde_json::Value = serde_json::from_str(&fs::read_to_string(path)?)?;
            let version = system["version"].as_str().unwrap_or_default();
            let source = format!("{} {version}", system["url"].as_str().unwrap_or_default());
            let concepts = system["concept"].as_array().ok_or("no concepts")?;
            let codes = concepts.iter().filter_map(|c| c["code"].as_str().map(str::to_owned));
            tables.insert(table, (codes.collect::<Vec<_>>(), source.trim().to_owned()));
        }
    }
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["table", "code", "source"])?;
    for (table, (codes, source)) in tables {
        for code in codes {
            out.write_record([&table.to_string(), &code, &source])?;
        }
    }
    emit(Mode::Write, TABLES, &String::from_utf8(out.into_inner()?)?)
}

pub fn codegen(mode: Mode) -> Result {
    let mut maps: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for path in [IMPORTED, DECIDED] {
        for row in csv::Reader::from_path(root().join(path))?.records() {
            let row = row?;
            let [map, code, target, source] =
                [0, 1, 2, 3].map(|i| row.get(i).unwrap_or("").to_owned());
            if source.is_empty() || code.is_empty() {
                return Err(format!("{path}: {map} {code} has no source or no code").into());
            }
            // What is decided stands over what is imported.
            maps.entry(map).or_default().insert(code, target);
        }
    }
    let mut out = String::from(
        "//! @generated by `cargo xtask codegen` from data/maps*.csv. Do not edit.\n\nuse super::Map;\n",
    );
    for (map, rows) in maps {
        writeln!(out, "\npub(crate) static {}: Map = &[", map.to_uppercase())?;
        for (code, target) in rows {
            writeln!(out, "({code:?}, {target:?}),")?;
        }
        out.push_str("];\n");
    }
    out.push_str("\n/// The codes of HL7 tables, a line each.\n");
    out.push_str("pub(crate) static V2_TABLES: &[(u16, &str)] = &[\n");
    for (table, codes) in lists::<u16>(TABLES)? {
        writeln!(out, "({table}, {codes:?}),")?;
    }
    out.push_str("];\n\n/// The codes of systems that are published whole, by OID, a line each.\n");
    out.push_str("pub(crate) static SYSTEMS: &[(&str, &str)] = &[\n");
    for (system, codes) in lists::<String>(SYSTEMS)? {
        writeln!(out, "({system:?}, {codes:?}),")?;
    }
    out.push_str("];\n");
    emit(mode, GENERATED, &rustfmt(&out)?)
}

/// The codes of each system of a table, a line each.
fn lists<K: FromStr + Ord>(path: &str) -> Result<BTreeMap<K, String>>
where
    K::Err: std::error::Error + 'static,
{
    let mut lists: BTreeMap<K, String> = BTreeMap::new();
    for row in csv::Reader::from_path(root().join(path))?.records() {
        let row = row?;
        let codes = lists.entry(row[0].parse()?).or_insert_with(|| "\n".into());
        codes.push_str(&row[1]);
        codes.push('\n');
    }
    Ok(lists)
}
