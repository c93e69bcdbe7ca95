//! The invariants that R5 added, under their keys, but those that need what a reference points to:
//! obs-9, enc-2, prov-1 to prov-3, dgr-1.

use crate::{
    check::{Check, Seen},
    reference::type_of,
    rules,
};
use iomt_fhir::{
    NodeId,
    table::{Element, el, ty},
};

/// The invariants of a data type or backbone element that has the elements `seen`.
pub(crate) fn check(check: &mut Check<'_>, id: NodeId, row: &Element, seen: Seen) {
    let tape = check.tape;
    match row.ty {
        ty::REFERENCE => {
            let any = seen.count(&[
                el::REFERENCE_REFERENCE,
                el::REFERENCE_IDENTIFIER,
                el::REFERENCE_DISPLAY,
                el::REFERENCE_EXTENSION,
            ]);
            check.require(any > 0, &rules::REF_2, id);
        }
        ty::SAMPLED_DATA => {
            let one = seen.count(&[el::SAMPLED_DATA_INTERVAL, el::SAMPLED_DATA_OFFSETS]);
            check.require(one == 1, &rules::SDD_1, id);
        }
        ty::RATIO_RANGE => {
            let ends =
                seen.count(&[el::RATIO_RANGE_LOW_NUMERATOR, el::RATIO_RANGE_HIGH_NUMERATOR]) > 0;
            let [denominator, extension] = [el::RATIO_RANGE_DENOMINATOR, el::RATIO_RANGE_EXTENSION]
                .map(|element| seen.has(element));
            let good = ends == denominator && (ends || extension);
            check.require(good, &rules::RATRNG_1, id);
        }
        ty::ENCOUNTER_PARTICIPANT => {
            let any =
                seen.count(&[el::ENCOUNTER_PARTICIPANT_ACTOR, el::ENCOUNTER_PARTICIPANT_TYPE]);
            check.require(any > 0, &rules::ENC_1, id);
        }
        ty::AVAILABILITY_AVAILABLE_TIME => {
            let times = seen.count(&[
                el::AVAILABILITY_AVAILABLE_TIME_AVAILABLE_START_TIME,
                el::AVAILABILITY_AVAILABLE_TIME_AVAILABLE_END_TIME,
            ]);
            let all_day = tape.text_in(id, el::AVAILABILITY_AVAILABLE_TIME_ALL_DAY) == "true";
            check.require(!all_day || times == 0, &rules::AV_1, id);
        }
        ty::DOSAGE => {
            let never = tape.text_in(id, el::DOSAGE_AS_NEEDED) == "false";
            check.require(!never || !seen.has(el::DOSAGE_AS_NEEDED_FOR), &rules::DOS_1, id);
        }
        ty::EXPRESSION => {
            let name = tape.text_in(id, el::EXPRESSION_NAME_R5);
            check.require(name.is_empty() || is_name(name), &rules::EXP_2, id);
        }
        ty::EXTENDED_CONTACT_DETAIL if row.parent == ty::ORGANIZATION => {
            for (element, usage, rule) in [
                (el::EXTENDED_CONTACT_DETAIL_TELECOM, el::CONTACT_POINT_USE, &rules::ORG_3),
                (el::EXTENDED_CONTACT_DETAIL_ADDRESS, el::ADDRESS_USE, &rules::ORG_4),
            ] {
                let home = |detail| tape.text_in(detail, usage) == "home";
                check.require(!tape.find_all(id, element).any(home), rule, id);
            }
        }
        _ => {}
    }
}

/// The invariants of a resource.
pub(crate) fn resource(check: &mut Check<'_>, id: NodeId, row: &Element, seen: Seen) {
    let tape = check.tape;
    match row.ty {
        ty::OBSERVATION => {
            let both = [el::OBSERVATION_BODY_SITE, el::OBSERVATION_BODY_STRUCTURE];
            check.require(seen.count(&both) < 2, &rules::OBS_8, id);
        }
        ty::SERVICE_REQUEST => {
            let both = [el::SERVICE_REQUEST_BODY_SITE, el::SERVICE_REQUEST_BODY_STRUCTURE];
            check.require(seen.count(&both) < 2, &rules::BDYSTR_1, id);
        }
        ty::DEVICE => {
            let shown = |name: &NodeId| tape.text_in(*name, el::DEVICE_NAME_DISPLAY) == "true";
            let count = tape.find_all(id, el::DEVICE_NAME).filter(shown).count();
            check.require(count < 2, &rules::DEV_1, id);
        }
        ty::BUNDLE => bundle(check, id),
        _ => {}
    }
}

/// bdl-3a to bdl-3d as far as they say more than bdl-3 and bdl-4; bdl-13 to bdl-18.
fn bundle(check: &mut Check<'_>, id: NodeId) {
    let tape = check.tape;
    let kind = tape.text_in(id, el::BUNDLE_TYPE);
    let (history, change) = (kind == "history", matches!(kind, "transaction" | "batch"));
    let answers = matches!(kind, "transaction-response" | "batch-response");
    let plain = matches!(kind, "document" | "message" | "searchset" | "collection");
    let mut first = true;
    for entry in tape.find_all(id, el::BUNDLE_ENTRY) {
        let has = |element| tape.find(entry, element).is_some();
        let slot = tape.find(entry, el::BUNDLE_ENTRY_RESOURCE);
        let method = tape
            .find(entry, el::BUNDLE_ENTRY_REQUEST)
            .map_or("", |request| tape.text_in(request, el::BUNDLE_ENTRY_REQUEST_METHOD));
        let writes = matches!(method, "POST" | "PATCH" | "PUT");
        check.require(!plain || slot.is_some(), &rules::BDL_3A, entry);
        check.require(!history || writes == slot.is_some(), &rules::BDL_3B, entry);
        check.require(!change || writes == slot.is_some(), &rules::BDL_3C, entry);
        check.require(!history || method != "PATCH", &rules::BDL_14, entry);
        let named = change || answers || has(el::BUNDLE_ENTRY_FULL_URL) || method == "POST";
        check.require(named, &rules::BDL_15, entry);
        if core::mem::take(&mut first) && kind == "subscription-notification" {
            let status = slot.and_then(|slot| tape.children(slot).next());
            let status = status.is_some_and(|r| type_of(tape, r) == "SubscriptionStatus");
            check.require(status, &rules::BDL_13, entry);
        }
    }
    if let Some(issues) = tape.find(id, el::BUNDLE_ISSUES) {
        let grave = tape
            .children(issues)
            .flat_map(|outcome| tape.find_all(outcome, el::OPERATION_OUTCOME_ISSUE))
            .map(|issue| tape.text_in(issue, el::OPERATION_OUTCOME_ISSUE_SEVERITY))
            .any(|severity| !matches!(severity, "information" | "warning"));
        check.require(!grave, &rules::BDL_16, issues);
        check.require(kind != "document", &rules::BDL_17, issues);
    }
    if kind == "searchset" {
        let own = |link| tape.text_in(link, el::BUNDLE_LINK_RELATION_R5) == "self";
        let linked = tape.find_all(id, el::BUNDLE_LINK).any(own);
        check.require(linked, &rules::BDL_18, id);
    }
}

/// `[A-Za-z][A-Za-z0-9\_]{0,63}`
fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
