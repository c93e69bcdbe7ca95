//! `data/conversions.csv` → what becomes of elements of R4 and R4B in R5.

use super::{
    CONVERSIONS,
    codegen::{Member, Row, rows, versions},
};
use crate::support::{Mode, Result, emit, rustfmt};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

const GENERATED: &str = "crates/fhir/src/convert/generated.rs";

const R4: u8 = 1;
const R5: u8 = 4;

/// The elements of each type.
struct Types<'a>(BTreeMap<&'a str, Vec<Member<'a>>>);

impl<'a> Types<'a> {
    fn new(elements: &'a [Row]) -> Result<Self> {
        let names: BTreeSet<&str> = elements.iter().map(|row| row["type"].as_str()).collect();
        let mut types = BTreeMap::new();
        for name in names {
            types.insert(name, Member::all(elements.iter().filter(|row| row["type"] == name))?);
        }
        Ok(Self(types))
    }

    fn find(&self, ty: &str, name: &str, version: u8) -> Result<Option<&Member<'a>>> {
        for member in self.0.get(ty).into_iter().flatten().filter(|m| m.name() == name) {
            if member.versions()? & version != 0 {
                return Ok(Some(member));
            }
        }
        Ok(None)
    }

    fn element(&self, ty: &str, name: &str, version: u8) -> Result<(String, &Member<'a>)> {
        let found = self.find(ty, name, version)?;
        let member = found.ok_or_else(|| format!("conversions: no {ty}.{name}"))?;
        Ok((format!("el::{}", member.constant(&self.0[ty])?), member))
    }
}

/// Its place among all elements: types and elements stand there in this order.
type Place = (usize, usize);

pub fn codegen(mode: Mode, elements: &[Row], names: &[&str], codes: &[Row]) -> Result {
    let types = Types::new(elements)?;
    let place = |ty: &str, constant: &str| -> Result<Place> {
        let first = names.iter().position(|&name| name == ty).ok_or("a type")?;
        let mut at = None;
        for (i, member) in types.0[ty].iter().enumerate() {
            if format!("el::{}", member.constant(&types.0[ty])?) == constant {
                at = Some(i);
            }
        }
        Ok((first, at.ok_or("an element")?))
    };
    let (mut moves, mut renamed) = (BTreeMap::new(), BTreeMap::new());
    let (mut bound, mut named) = (BTreeMap::new(), BTreeMap::new());
    let mut asking = BTreeSet::new();
    let conversions = rows(CONVERSIONS)?;
    for row in &conversions {
        let (from, _) = types.element(&row["type"], &row["element"], R4)?;
        let at = place(&row["type"], &from)?;
        if !row["code"].is_empty() {
            let to = format!("({from}, {:?}, {:?}),", row["code"], row["to_code"]);
            renamed.insert((at, row["code"].clone()), to);
            continue;
        }
        let with = row["with"].split_once('=');
        if let Some(("system", system)) = with {
            bound.insert(at, format!("({from}, {system:?}),"));
            asking.insert((row["type"].as_str(), row["element"].as_str()));
        }
        if row["to_path"].is_empty() {
            continue;
        }
        let mut ty = row["to_type"].clone();
        let mut path = Vec::new();
        for step in row["to_path"].split('.') {
            let (constant, member) = types.element(&ty, step, R5)?;
            path.push(constant);
            ty = member.rows[0].1["element_type"].clone();
        }
        let with = match with {
            Some((name, text)) if name != "system" => {
                let (constant, _) = types.element(&row["to_type"], name, R5)?;
                format!("Some(({constant}, {text:?}))")
            }
            _ => "None".to_owned(),
        };
        let to = format!("Move {{ from: {from}, to: &[{}], with: {with} }},", path.join(", "));
        if moves.insert(at, to).is_some() {
            return Err(format!("conversions: {from} twice").into());
        }
    }
    // What may be left out is told by its full name.
    let mut gone: BTreeMap<&str, bool> = BTreeMap::new();
    for row in codes {
        let mask = versions(&row["versions"])?;
        *gone.entry(&row["value_set"]).or_default() |= mask & R5 == 0;
    }
    for (&ty, members) in &types.0 {
        for member in members {
            let bound = |row: &Row| gone.get(row["value_set"].as_str()) == Some(&true);
            let constant = format!("el::{}", member.constant(members)?);
            // What must stand in it in R5 and need not before may be missing.
            let mut asks = asking.contains(&(ty, member.name()));
            for inside in
                types.0.get(member.rows[0].1["element_type"].as_str()).into_iter().flatten()
            {
                asks |= asking.contains(&(inside.rows[0].1["type"].as_str(), inside.name()));
                asks |= inside.of_which(|row| row["min"] != "0")? & (R4 | R5) == R5;
            }
            if asks || member.versions()? & R5 == 0 || member.of_which(bound)? != 0 {
                let name = format!("({constant}, \"{ty}.{}\"),", member.name());
                named.insert(place(ty, &constant)?, name);
            }
        }
    }
    let mut out = String::from(
        "// Generated by `cargo xtask codegen` from ../../data. Do not edit.\n\n\
         use super::Move;\nuse crate::table::{ElementId, el};\n\n",
    );
    let list = |rows: Vec<String>| rows.join("\n");
    writeln!(
        out,
        "pub(super) static MOVES: &[Move] = &[{}];\n\n\
         /// Codes, and what they are called in R5.\n\
         pub(super) static CODES: &[(ElementId, &str, &str)] = &[{}];\n\n\
         /// Concepts that need a coding of this system in R5.\n\
         pub(super) static BOUND: &[(ElementId, &str)] = &[{}];\n\n\
         /// The names of elements that may be left out.\n\
         pub(super) static NAMES: &[(ElementId, &str)] = &[{}];",
        list(moves.into_values().collect()),
        list(renamed.into_values().collect()),
        list(bound.into_values().collect()),
        list(named.into_values().collect())
    )?;
    emit(mode, GENERATED, &rustfmt(&out)?)
}
