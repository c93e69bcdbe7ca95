//! A map as CSV (RFC 4180), whose first line names the columns.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::CodeMapErrorKind;
use super::table::{At, Pair, Problem, Table};
use crate::policy::UCUM;

const CODES: [&str; 5] =
    ["source_system", "source_code", "target_system", "target_code", "target_display"];
const UNITS: [&str; 2] = ["source_unit", "ucum"];

pub(super) fn read(bytes: &[u8], table: &mut Table) -> Result<(), Problem> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(bytes);
    let mut record = StringRecord::new();
    let mut next = |record: &mut StringRecord| {
        reader.read_record(record).map_err(|error| {
            let kind = match error.kind() {
                csv::ErrorKind::Utf8 { .. } => CodeMapErrorKind::Utf8,
                _ => CodeMapErrorKind::Syntax,
            };
            (kind, At::Line(line(error.position()), 1))
        })
    };
    let columns = |record: &StringRecord, names: &[&str]| -> Option<Vec<usize>> {
        record.iter().map(|name| names.iter().position(|known| *known == name)).collect()
    };
    let columns_differ = (CodeMapErrorKind::Columns, At::Line(1, 1));
    if !next(&mut record)? {
        return Err(columns_differ);
    }
    let (of_units, order) = match (columns(&record, &UNITS), columns(&record, &CODES)) {
        (Some(order), _) => (true, order),
        (None, Some(order)) => (false, order),
        (None, None) => return Err(columns_differ),
    };
    // Every column once; a display need not be there.
    let needed = if of_units { UNITS.len() } else { CODES.len().saturating_sub(1) };
    let has = |column: usize| order.iter().filter(|named| **named == column).count();
    if (0..needed).any(|column| has(column) != 1) || has(4) > 1 {
        return Err(columns_differ);
    }
    while next(&mut record)? {
        let line = line(record.position());
        if record.len() > order.len() {
            return Err((CodeMapErrorKind::Syntax, At::Line(line, order.len().saturating_add(1))));
        }
        let field = |column: usize| {
            let at = order.iter().position(|named| *named == column);
            at.and_then(|at| record.get(at)).unwrap_or_default()
        };
        let pair = if of_units {
            Pair { source: "", code: field(0), target: UCUM, to: field(1), display: "" }
        } else {
            let [source, code, target, to, display] = [0, 1, 2, 3, 4].map(field);
            Pair { source, code, target, to, display }
        };
        table.push(&pair, At::Line(line, 1))?;
    }
    Ok(())
}

fn line(position: Option<&csv::Position>) -> usize {
    position.map_or(1, |position| usize::try_from(position.line()).unwrap_or(usize::MAX))
}
