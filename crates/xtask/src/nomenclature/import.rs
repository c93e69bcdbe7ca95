//! What others publish, as our own fact tables.

use super::{check, dimensions, foreign, table, ucum::Atoms};
use crate::support::{Mode, Result, emit};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::Path,
};

/// Reads the public tables under `shared` and writes `crates/nomenclature/data`.
pub fn import(shared: &Path) -> Result {
    let tables = shared.join("tables");
    let atoms = Atoms::new(&table("unit_atoms")?)?;
    mdc(&tables)?;
    loinc(&tables, &atoms)?;
    vital(&tables, &atoms)?;
    bits(&tables)
}

fn write(name: &str, header: &[&str], rows: &[Vec<String>]) -> Result {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row)?;
    }
    let text = String::from_utf8(writer.into_inner()?)?;
    emit(Mode::Write, &format!("crates/nomenclature/data/{name}.csv"), &text)
}

fn checked_loinc(code: &str) -> Result<String> {
    if check::is_loinc(code) {
        Ok(code.to_owned())
    } else {
        Err(format!("{code:?} is no LOINC code: check digit").into())
    }
}

fn checked_units(codes: &str, separator: char, atoms: &Atoms) -> Result<String> {
    let units: Vec<&str> = codes.split(separator).filter(|c| !c.is_empty()).collect();
    for unit in &units {
        atoms.value(unit)?;
    }
    Ok(units.join(" "))
}

type Pair = (u32, String);

/// Codes and reference ids that decide a conflict and that get a named constant.
fn settled(tables: &Path) -> Result<BTreeMap<Pair, &'static str>> {
    let mut pairs = BTreeMap::new();
    for (file, code, refid) in [
        ("gatt_to_mdc.csv", "mdc_code", "mdc_refid"),
        ("phd_core_metrics.csv", "mdc_code", "refid"),
    ] {
        for row in foreign(&tables.join(file))? {
            if !row[code].is_empty() {
                pairs.entry((row[code].parse()?, row[refid].clone())).or_insert(file);
            }
        }
    }
    Ok(pairs)
}

/// `mdc.csv`: code, reference id, whether it has a constant.
///
/// Left out: codes private to a vendor, ids that public tables give two codes unless one is
/// settled, and what `mdc_withheld.csv` lists; `mdc_more.csv` adds. Of several ids of one code the first is the one to
/// write: a settled one, else that of most sources.
fn mdc(tables: &Path) -> Result {
    let settled = settled(tables)?;
    let withheld: HashSet<Pair> = table("mdc_withheld")?
        .into_iter()
        .map(|row| Ok((row[0].parse()?, row[1].clone())))
        .collect::<Result<_>>()?;
    let theirs = foreign(&tables.join("mdc.csv"))?;
    check_dimensions(&theirs)?;

    let mut codes = HashMap::<&str, BTreeSet<&str>>::new();
    for row in &theirs {
        codes.entry(&row["refid"]).or_default().insert(&row["code"]);
    }
    let conflicts: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(tables.join("mdc_conflicts.json"))?)?;
    let conflicts: HashSet<&str> = conflicts
        .iter()
        .filter_map(|c| c["refid"].as_str())
        .chain(codes.iter().filter(|(_, codes)| codes.len() > 1).map(|(refid, _)| *refid))
        .collect();

    let mut sources: BTreeMap<Pair, String> =
        settled.iter().map(|(pair, file)| (pair.clone(), (*file).to_owned())).collect();
    for row in &theirs {
        let pair = (row["code"].parse()?, row["refid"].clone());
        let excluded = pair.0 & 0xFFFF >= 0xF000
            || !pair.1.starts_with("MDC_")
            || conflicts.contains(pair.1.as_str())
            || withheld.contains(&pair);
        if settled.contains_key(&pair) || !excluded {
            sources.insert(pair, row["sources"].clone());
        }
    }
    for row in table("mdc_more")? {
        sources.insert((row[0].parse()?, row[1].clone()), row[2].clone());
    }
    // Two settled codes for one id would make the id ambiguous again.
    let distinct: HashSet<&str> = sources.keys().map(|pair| pair.1.as_str()).collect();
    if distinct.len() != sources.len() {
        return Err("mdc.csv: one reference id has two codes".into());
    }
    let mut rows: Vec<(Pair, String)> = sources.into_iter().collect();
    rows.sort_by_key(|((code, refid), source)| {
        let named = settled.contains_key(&(*code, refid.clone()));
        let count = source.matches('+').count();
        (*code, !named, std::cmp::Reverse(count), refid.len(), refid.clone())
    });
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(pair, source)| {
            let named = if settled.contains_key(&pair) { "y" } else { "" };
            vec![pair.0.to_string(), pair.1, named.to_owned(), source]
        })
        .collect();
    write("mdc", &["code", "refid", "named", "source"], &rows)
}

/// The hand-kept `unit_dims.csv` against the public table: the code has that reference id, and
/// where the table has a UCUM it is the same unit.
fn check_dimensions(theirs: &[HashMap<String, String>]) -> Result {
    let atoms = Atoms::new(&table("unit_atoms")?)?;
    let mut wrong = Vec::new();
    for (code, refid, ucum) in dimensions()? {
        let code = code.to_string();
        match theirs.iter().find(|row| row["code"] == code && row["refid"] == refid) {
            None => wrong.push(format!("{code} is not {refid}")),
            Some(row) if row["units_ucum"].is_empty() => {}
            Some(row) => {
                let same = atoms.value(&row["units_ucum"]).ok() == atoms.value(&ucum).ok();
                if !same {
                    wrong.push(format!("{refid}: {ucum}, there {}", row["units_ucum"]));
                }
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// `loinc.csv`: LOINC codes that the tables prove for an MDC code, with the units under which
/// each holds; and `loinc_displays.csv`.
fn loinc(tables: &Path, atoms: &Atoms) -> Result {
    let vital = foreign(&tables.join("terminology/vital-signs.csv"))?;
    let allowed: HashMap<&str, &str> =
        vital.iter().map(|r| (r["loinc"].as_str(), r["ucum_allowed"].as_str())).collect();
    let withheld: HashSet<Pair> = table("loinc_withheld")?
        .into_iter()
        .map(|row| Ok((row[0].parse()?, row[1].clone())))
        .collect::<Result<_>>()?;

    // (MDC, LOINC, units, source) in the order of the tables.
    let mut rows = Vec::<(u32, String, String, String)>::new();
    let mut add = |mdc: u32, loinc: &str, units: &str, source: String| -> Result {
        let loinc = checked_loinc(loinc)?;
        let units = allowed.get(loinc.as_str()).copied().unwrap_or(units);
        let units = checked_units(&units.replace('|', " "), ' ', atoms)?;
        if withheld.contains(&(mdc, loinc.clone())) {
            return Ok(());
        }
        match rows.iter_mut().find(|row| row.0 == mdc && row.1 == loinc) {
            Some(row) => row.3 = format!("{}; {source}", row.3),
            None => rows.push((mdc, loinc, units, source)),
        }
        Ok(())
    };
    for row in foreign(&tables.join("phd_core_metrics.csv"))? {
        if row["note"].contains("candidate") {
            continue;
        }
        let mdc = row["mdc_code"].parse()?;
        let units = row["ucum"].split(" ->").next().unwrap_or_default();
        let source = || "phd_core_metrics.csv".to_owned();
        let mut tokens = row["loinc"].split_whitespace().peekable();
        while let Some(code) = tokens.next() {
            if !code.starts_with(|c: char| c.is_ascii_digit()) {
                println!("phd_core_metrics.csv: {mdc}: {code:?} is no LOINC, skipped");
                break;
            }
            // `41653-7 (mg/dL)`: holds for that unit only.
            let condition = tokens.next_if(|t| t.starts_with('('));
            let units = condition.map_or(units, |c| c.trim_matches(['(', ')']));
            add(mdc, code, units, source())?;
        }
        if row["note"].contains("also wants 8310-5") {
            add(mdc, "8310-5", units, source())?;
        }
    }
    for row in foreign(&tables.join("terminology/mdc-loinc-observed.csv"))? {
        let source = format!("mdc-loinc-observed.csv: {}", row["seen_in"]);
        add(row["mdc_code"].parse()?, &row["loinc_code"], "", source)?;
    }
    // Stable: the tables' order stays within a code.
    rows.sort_by_key(|row| row.0);
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(m, l, u, s)| vec![m.to_string(), l, u, s]).collect();
    write("loinc", &["mdc", "loinc", "ucum", "source"], &rows)?;

    let mut displays = BTreeMap::new();
    for row in &vital {
        let display = row["loinc_display"].trim_end_matches(" (US Core slice)").to_owned();
        displays.insert(checked_loinc(&row["loinc"])?, display);
    }
    let rows: Vec<Vec<String>> = displays
        .into_iter()
        .map(|(loinc, display)| vec![loinc, display, "vital-signs.csv".to_owned()])
        .collect();
    write("loinc_displays", &["loinc", "display", "source"], &rows)
}

/// `vital_profiles.csv` and `vital_codes.csv`.
fn vital(tables: &Path, atoms: &Atoms) -> Result {
    let source = "vital-signs.csv";
    let mut profiles: Vec<[String; 4]> = Vec::new();
    for row in foreign(&tables.join("terminology/vital-signs.csv"))? {
        if row["profile"] == "(none)" {
            continue;
        }
        let loinc = checked_loinc(&row["loinc"])?;
        let units = checked_units(&row["ucum_allowed"], '|', atoms)?;
        let known = profiles.iter_mut().find(|p| p[0] == row["profile"]);
        match (known, row["component_loinc"].as_str()) {
            (Some(profile), "component") => {
                let separator = if profile[3].is_empty() { "" } else { " " };
                profile[3] = format!("{}{separator}{loinc}={units}", profile[3]);
            }
            (Some(_), _) => {}
            (None, "") => profiles.push([row["profile"].clone(), loinc, units, String::new()]),
            (None, _) => return Err("vital-signs.csv: a component before its panel".into()),
        }
    }
    let rows: Vec<Vec<String>> =
        profiles.into_iter().map(|p| [&p[..], &[source.to_owned()]].concat()).collect();
    write("vital_profiles", &["profile", "loinc", "ucum", "components", "source"], &rows)?;

    let mut rows = Vec::new();
    for row in foreign(&tables.join("terminology/implied-vitals-profiles.csv"))? {
        for code in row["codes"].split('|') {
            match row["system"].as_str() {
                "http://loinc.org" if check::is_loinc(code) => {}
                "http://snomed.info/sct" if check::is_sctid(code) => {}
                system => return Err(format!("{code:?} is no code of {system}").into()),
            }
            rows.push(vec![
                row["profile"].clone(),
                row["system"].clone(),
                code.to_owned(),
                "implied-vitals-profiles.csv".to_owned(),
            ]);
        }
    }
    write("vital_codes", &["profile", "system", "code", "source"], &rows)
}

/// `bits.csv`: the bits of BITS values, from HL7's code system ASN1ToHL7.
fn bits(tables: &Path) -> Result {
    let rows: Vec<Vec<String>> = foreign(&tables.join("asn1tohl7_bits.csv"))?
        .into_iter()
        .map(|row| {
            let source = format!("HL7 ASN1ToHL7 ({})", row["source"]);
            let cell = |name: &str| row[name].clone();
            vec![cell("mdc_code"), cell("mder_bit"), cell("name"), cell("event_or_state"), source]
        })
        .collect();
    write("bits", &["mdc", "bit", "name", "kind", "source"], &rows)
}
