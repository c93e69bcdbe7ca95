//! Bundles: bdl-1 to bdl-12, and what a `fullUrl` is.

use crate::{
    check::Check,
    lexical,
    reference::{id_of, type_and_id, type_of},
    rules,
};
use iomt_fhir::{
    NodeId,
    table::{el, ty},
};

pub(crate) fn check(check: &mut Check<'_>, id: NodeId) {
    let tape = check.tape;
    let kind = tape.text_in(id, el::BUNDLE_TYPE);
    let (search, history) = (kind == "searchset", kind == "history");
    let requests = matches!(kind, "batch" | "transaction") || history;
    let responses = matches!(kind, "batch-response" | "transaction-response") || history;
    if let Some(total) = tape.find(id, el::BUNDLE_TOTAL) {
        check.require(search || history, &rules::BDL_1, total);
    }
    check.scratch.urls.clear();
    for (at, entry) in tape.find_all(id, el::BUNDLE_ENTRY).enumerate() {
        let resource =
            tape.find(entry, el::BUNDLE_ENTRY_RESOURCE).and_then(|slot| tape.children(slot).next());
        let [request, response, searched] =
            [el::BUNDLE_ENTRY_REQUEST, el::BUNDLE_ENTRY_RESPONSE, el::BUNDLE_ENTRY_SEARCH]
                .map(|element| check.has(entry, element));
        check.require(!searched || search, &rules::BDL_2, entry);
        check.require(request == requests, &rules::BDL_3, entry);
        check.require(response == responses, &rules::BDL_4, entry);
        check.require(resource.is_some() || request || response, &rules::BDL_5, entry);
        if at == 0 {
            let first = resource.map_or("", |resource| type_of(tape, resource));
            check.require(kind != "document" || first == "Composition", &rules::BDL_11, entry);
            check.require(kind != "message" || first == "MessageHeader", &rules::BDL_12, entry);
        }
        full_url(check, entry, resource, kind);
    }
    match kind {
        "document" => {
            let identifier = tape.find(id, el::BUNDLE_IDENTIFIER);
            let whole = identifier.is_some_and(|identifier| {
                check.has(identifier, el::IDENTIFIER_SYSTEM)
                    && check.has(identifier, el::IDENTIFIER_VALUE)
            });
            check.require(whole, &rules::BDL_9, id);
            let date = !tape.text_in(id, el::BUNDLE_TIMESTAMP).is_empty();
            check.require(date, &rules::BDL_10, id);
            check.require(check.has(id, el::BUNDLE_ENTRY), &rules::BDL_11, id);
        }
        "message" => check.require(check.has(id, el::BUNDLE_ENTRY), &rules::BDL_12, id),
        _ => {}
    }
    if !history {
        unique(check);
    }
}

fn full_url(check: &mut Check<'_>, entry: NodeId, resource: Option<NodeId>, kind: &str) {
    let tape = check.tape;
    let Some(url) = tape.find(entry, el::BUNDLE_ENTRY_FULL_URL) else {
        let optional =
            matches!(kind, "batch" | "transaction" | "batch-response" | "transaction-response");
        if resource.is_some() && !optional {
            check.missing(&rules::FULL_URL_MISSING, entry, el::BUNDLE_ENTRY_FULL_URL);
        }
        return;
    };
    let text = tape.text_of(url);
    let meta = resource.and_then(|resource| {
        let meta = |child: &NodeId| tape.element(*child).is_some_and(|e| e.row().ty == ty::META);
        tape.children(resource).find(meta)
    });
    let version = meta.and_then(|meta| tape.find(meta, el::META_VERSION_ID));
    check.scratch.urls.push((url, version));
    check.require(!text.contains("/_history/"), &rules::BDL_8, url);
    check.require(lexical::is_absolute(text), &rules::FULL_URL, url);
    if let (Some(resource), Some((name, end))) = (resource, type_and_id(text, check.version)) {
        let id = id_of(tape, resource).map_or("", |id| tape.text_of(id));
        let good = name == type_of(tape, resource) && end == id;
        check.require(good, &rules::FULL_URL_ID, url);
    }
}

/// bdl-7: no `fullUrl` twice with the same version.
fn unique(check: &mut Check<'_>) {
    let tape = check.tape;
    let key = |&(url, version): &(NodeId, Option<NodeId>)| {
        (tape.text_of(url), version.map_or("", |version| tape.text_of(version)))
    };
    check.scratch.urls.sort_unstable_by(|a, b| key(a).cmp(&key(b)).then(a.0.cmp(&b.0)));
    for at in 1..check.scratch.urls.len() {
        let pair = check.scratch.urls.get(at.saturating_sub(1)..=at);
        if let Some([a, b]) = pair
            && key(a) == key(b)
        {
            let url = b.0;
            check.issue(&rules::BDL_7, url);
        }
    }
}
