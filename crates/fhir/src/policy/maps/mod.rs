//! Code maps: sorted pairs of a code as sent and its target.

mod generated;

use iomt_core::model::Text;

pub(crate) use generated::*;

/// Sorted by the code as sent.
pub(crate) type Map = &'static [(&'static str, &'static str)];

/// What `map` has for a code as sent.
pub(crate) fn look_up(map: Map, code: Text<'_>) -> Option<&'static str> {
    find(map, code.short()?.as_str())
}

/// What a map whose targets are of several systems has for a code as sent: system and code.
pub(crate) fn look_up_coded(map: Map, code: Text<'_>) -> Option<(&'static str, &'static str)> {
    look_up(map, code)?.split_once('|')
}

/// What `map`, whose codes are small, has for a code in whatever case.
pub(crate) fn look_up_small(map: Map, code: Text<'_>) -> Option<&'static str> {
    let code = code.short()?;
    let small = || code.as_str().bytes().map(|b| b.to_ascii_lowercase());
    let at = map.binary_search_by(|(from, _)| from.bytes().cmp(small())).ok()?;
    map.get(at).map(|(_, to)| *to)
}

pub(crate) fn find(map: Map, code: &str) -> Option<&'static str> {
    let at = map.binary_search_by(|(from, _)| (*from).cmp(code)).ok()?;
    map.get(at).map(|(_, to)| *to)
}

/// Whether an HL7 table that is published as a code system has `code`.
pub(crate) fn table_has(table: u16, code: Text<'_>) -> bool {
    let codes = V2_TABLES.binary_search_by_key(&table, |(number, _)| *number).ok();
    has(codes.and_then(|at| V2_TABLES.get(at)).map_or("", |(_, codes)| codes), code)
}

/// The codes of a system that is published whole, by its URI or OID.
pub(crate) fn system(uri: &str) -> Option<&'static str> {
    let oid = uri.strip_prefix("urn:oid:").unwrap_or(uri);
    SYSTEMS.iter().find(|(system, _)| *system == oid).map(|(_, codes)| *codes)
}

/// Whether `code` is one of `codes`.
pub(crate) fn has(codes: &str, code: Text<'_>) -> bool {
    code.short().is_some_and(|code| codes.split('\n').any(|line| line == code.as_str()))
}
