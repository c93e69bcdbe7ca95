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

fn find(map: Map, code: &str) -> Option<&'static str> {
    let at = map.binary_search_by(|(from, _)| (*from).cmp(code)).ok()?;
    map.get(at).map(|(_, to)| *to)
}
