//! The nomenclature's tables: `import` writes those that others publish, `codegen` turns all of
//! `crates/nomenclature/data` into Rust.

mod check;
mod codegen;
mod import;
mod ucum;

pub use codegen::codegen;
pub use import::import;

use crate::support::{Result, root};
use std::path::Path;
use ucum::Atoms;

/// A unit of the shipped table.
pub struct Unit {
    pub ucum: String,
    pub mdc: Vec<u32>,
}

/// The rows of a data table, without the header. Each has a source in its last column.
fn table(name: &str) -> Result<Vec<Vec<String>>> {
    let path = root().join(format!("crates/nomenclature/data/{name}.csv"));
    let mut reader =
        csv::Reader::from_path(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    if reader.headers()?.iter().next_back() != Some("source") {
        return Err(format!("{name}.csv: the last column is not the source").into());
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let row: Vec<String> = record?.iter().map(str::to_owned).collect();
        if row.last().is_none_or(|source| source.trim().is_empty()) {
            return Err(format!("{name}.csv: a row without a source: {row:?}").into());
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The rows of somebody else's table as maps from column name to cell.
fn foreign(path: &Path) -> Result<Vec<std::collections::HashMap<String, String>>> {
    let reader = csv::Reader::from_path(path).map_err(|e| format!("{}: {e}", path.display()))?;
    reader.into_deserialize().map(|row| Ok(row?)).collect()
}

/// MDC's prefixes: letter of `unit_dims.csv`, low five bits of the code, part of the reference id.
const PREFIXES: [(&str, u32, &str); 12] = [
    ("da", 1, "DECA"),
    ("h", 2, "HECTO"),
    ("k", 3, "KILO"),
    ("M", 4, "MEGA"),
    ("G", 5, "GIGA"),
    ("d", 16, "DECI"),
    ("c", 17, "CENTI"),
    ("m", 18, "MILLI"),
    ("u", 19, "MICRO"),
    ("n", 20, "NANO"),
    ("p", 21, "PICO"),
    ("f", 22, "FEMTO"),
];

/// Code, reference id and UCUM of every dimension of `unit_dims.csv`, prefixed ones too. `*` in
/// its UCUM is the place of the prefix, as `X_` is in its reference id.
fn dimensions() -> Result<Vec<(u32, String, String)>> {
    let mut all = Vec::new();
    for row in table("unit_dims")? {
        let [mdc, refid, ucum, prefixes, _] = row.as_slice() else {
            return Err("unit_dims.csv: columns".into());
        };
        let base: u32 = mdc.parse()?;
        if !base.is_multiple_of(32) || base >> 16 != 4 {
            return Err(format!("unit_dims.csv: {mdc} is no base code of a dimension").into());
        }
        all.push((base, refid.clone(), ucum.replace('*', "")));
        for prefix in prefixes.split_whitespace() {
            let (_, low, name) = PREFIXES
                .iter()
                .find(|p| p.0 == prefix)
                .ok_or_else(|| format!("unit_dims.csv: prefix {prefix:?}"))?;
            let refid = refid.replacen("X_", &format!("{name}_"), 1);
            if !ucum.contains('*') {
                return Err(format!("unit_dims.csv: {mdc} has no place for a prefix").into());
            }
            all.push((base + low, refid, ucum.replace('*', prefix)));
        }
    }
    Ok(all)
}

/// The shipped units in the order of their code.
fn units(atoms: &Atoms) -> Result<Vec<Unit>> {
    let mut units = std::collections::BTreeMap::<String, Vec<u32>>::new();
    for (mdc, _, ucum) in dimensions()? {
        units.entry(ucum).or_default().push(mdc);
    }
    for row in table("units")? {
        if units.insert(row[0].clone(), Vec::new()).is_some() {
            return Err(format!("units.csv: {} stands there twice", row[0]).into());
        }
    }
    for ucum in units.keys() {
        atoms.value(ucum)?;
    }
    Ok(units.into_iter().map(|(ucum, mdc)| Unit { ucum, mdc }).collect())
}
