//! The invariants of data types and resources that R4 has, under their keys.

use crate::{
    check::{Check, Scope, Seen},
    decimal, lexical, rules,
    time::DateTime,
};
use core::cmp::Ordering;
use iomt_fhir::{
    NodeId, Tape,
    issue::Rule,
    table::{Element, ElementId, el, ty},
    tape::Node,
};
use iomt_nomenclature::{ucum, unit};

const UCUM: &str = "http://unitsofmeasure.org";

/// The invariants of a data type or backbone element that has the elements `seen`.
pub(crate) fn check(check: &mut Check<'_>, id: NodeId, row: &Element, scope: &Scope, seen: Seen) {
    match row.ty {
        ty::EXTENSION => extension(check, id, row, seen),
        ty::QUANTITY => {
            quantity(check, id, seen, el::QUANTITY_CODE, el::QUANTITY_SYSTEM);
            let comparator = row.simple.has(check.version) && seen.has(el::QUANTITY_COMPARATOR);
            check.require(!comparator, &rules::SQTY_1, id);
        }
        ty::REFERENCE if seen.has(el::REFERENCE_REFERENCE) => check.reference(id, row, scope),
        ty::CODEABLE_REFERENCE => check.codeable_reference(id, row, scope),
        ty::IDENTIFIER if seen.has(el::IDENTIFIER_SYSTEM) => identifier(check, id),
        ty::PERIOD => period(check, id),
        ty::RANGE => range(check, id),
        ty::RATIO => {
            let [numerator, denominator, extension] =
                [el::RATIO_NUMERATOR, el::RATIO_DENOMINATOR, el::RATIO_EXTENSION]
                    .map(|element| seen.has(element));
            let good = numerator == denominator && (numerator || extension);
            check.require(good, &rules::RAT_1, id);
        }
        ty::CONTACT_POINT => {
            let rule = &rules::CPT_2;
            implies(check, id, seen, el::CONTACT_POINT_VALUE, el::CONTACT_POINT_SYSTEM, rule);
        }
        ty::ATTACHMENT => {
            let rule = &rules::ATT_1;
            implies(check, id, seen, el::ATTACHMENT_DATA, el::ATTACHMENT_CONTENT_TYPE, rule);
        }
        ty::OBSERVATION_REFERENCE_RANGE => {
            let count = seen.count(&[
                el::OBSERVATION_REFERENCE_RANGE_LOW,
                el::OBSERVATION_REFERENCE_RANGE_HIGH,
                el::OBSERVATION_REFERENCE_RANGE_TEXT,
                el::OBSERVATION_REFERENCE_RANGE_TEXT_R5,
            ]);
            check.require(count > 0, &rules::OBS_3, id);
        }
        ty::PATIENT_CONTACT => {
            let count = seen.count(&[
                el::PATIENT_CONTACT_NAME,
                el::PATIENT_CONTACT_TELECOM,
                el::PATIENT_CONTACT_ADDRESS,
                el::PATIENT_CONTACT_ORGANIZATION,
            ]);
            check.require(count > 0, &rules::PAT_1, id);
        }
        ty::EXPRESSION => {
            let count = seen.count(&[el::EXPRESSION_EXPRESSION, el::EXPRESSION_REFERENCE]);
            check.require(count > 0, &rules::EXP_1, id);
        }
        ty::TIMING_REPEAT => timing(check, id, seen),
        ty::AGE | ty::COUNT | ty::DISTANCE | ty::DURATION => quantity_kind(check, id, row, seen),
        ty::DATA_REQUIREMENT_CODE_FILTER => {
            let count = seen.count(&[
                el::DATA_REQUIREMENT_CODE_FILTER_PATH,
                el::DATA_REQUIREMENT_CODE_FILTER_SEARCH_PARAM,
            ]);
            check.require(count == 1, &rules::DRQ_1, id);
        }
        ty::DATA_REQUIREMENT_DATE_FILTER => {
            let count = seen.count(&[
                el::DATA_REQUIREMENT_DATE_FILTER_PATH,
                el::DATA_REQUIREMENT_DATE_FILTER_SEARCH_PARAM,
            ]);
            check.require(count == 1, &rules::DRQ_2, id);
        }
        ty::TRIGGER_DEFINITION => trigger(check, id, seen),
        _ => {}
    }
}

/// Where `element` stands, `needed` stands.
fn implies(
    check: &mut Check<'_>,
    id: NodeId,
    seen: Seen,
    element: ElementId,
    needed: ElementId,
    rule: &'static Rule,
) {
    check.require(!seen.has(element) || seen.has(needed), rule, id);
}

/// The sign of a decimal child.
fn sign(check: &Check<'_>, id: NodeId, element: ElementId) -> Option<Ordering> {
    decimal::sign(check.tape.text_in(id, element))
}

fn extension(check: &mut Check<'_>, id: NodeId, row: &Element, seen: Seen) {
    let tape = check.tape;
    let value = seen.choice(el::EXTENSION_VALUE_STRING).is_some();
    check.require(value != seen.has(el::EXTENSION_EXTENSION), &rules::EXT_1, id);
    // In an extension, the parts have names.
    if row.parent != ty::EXTENSION
        && let Some(url) = tape.find(id, el::EXTENSION_URL)
    {
        check.require(lexical::is_absolute(tape.text_of(url)), &rules::EXT_URL, url);
    }
}

fn quantity(check: &mut Check<'_>, id: NodeId, seen: Seen, code: ElementId, system: ElementId) {
    implies(check, id, seen, code, system, &rules::QTY_3);
    if !seen.has(code) {
        return;
    }
    let tape = check.tape;
    let (mut is_ucum, mut unit) = (false, None);
    for (part, node) in tape.entries(id) {
        let element = node.element();
        if element == system {
            is_ucum = tape.value(node) == UCUM;
        } else if element == code && node.has_text() {
            unit = Some((part, tape.value(node)));
        }
    }
    if let (true, Some((part, unit))) = (is_ucum, unit) {
        check.require(is_unit(unit), &rules::UCUM, part);
    }
}

/// Whether UCUM has this unit. Most stand in the table of units that devices send.
fn is_unit(code: &str) -> bool {
    unit::by_ucum(code).is_some() || ucum::is_valid(code)
}

/// Age, Count, Distance and Duration: a Quantity with a unit of one kind. What is a unit of that
/// kind is an extensible binding, so only the system is looked at.
fn quantity_kind(check: &mut Check<'_>, id: NodeId, row: &Element, seen: Seen) {
    let (value, system, code) = match row.ty {
        ty::AGE => (el::AGE_VALUE, el::AGE_SYSTEM, el::AGE_CODE),
        ty::COUNT => (el::COUNT_VALUE, el::COUNT_SYSTEM, el::COUNT_CODE),
        ty::DISTANCE => (el::DISTANCE_VALUE, el::DISTANCE_SYSTEM, el::DISTANCE_CODE),
        _ => (el::DURATION_VALUE, el::DURATION_SYSTEM, el::DURATION_CODE),
    };
    quantity(check, id, seen, code, system);
    let tape = check.tape;
    let (has_value, has_code) = (seen.has(value), seen.has(code));
    let ucum = tape.find(id, system).map(|system| tape.text_of(system) == UCUM);
    let plain = (has_code || !has_value) && ucum != Some(false);
    match row.ty {
        ty::AGE => {
            let positive = sign(check, id, value).is_none_or(|sign| sign == Ordering::Greater);
            check.require(plain && positive, &rules::AGE_1, id);
        }
        ty::COUNT => {
            let one = !has_code || tape.text_in(id, code) == "1";
            let whole = !tape.text_in(id, value).contains('.');
            check.require(plain && one && whole, &rules::CNT_3, id);
        }
        ty::DISTANCE => check.require(plain, &rules::DIS_1, id),
        _ => {
            check.require(!has_code || (ucum == Some(true) && has_value), &rules::DRT_1, id);
        }
    }
}

fn identifier(check: &mut Check<'_>, id: NodeId) {
    let tape = check.tape;
    if tape.text_in(id, el::IDENTIFIER_SYSTEM) == "urn:ietf:rfc:3986"
        && let Some(value) = tape.find(id, el::IDENTIFIER_VALUE)
        && tape.node(value).is_some_and(|node| node.has_text())
    {
        check.require(lexical::is_absolute(tape.text_of(value)), &rules::RFC_3986, value);
    }
}

fn period(check: &mut Check<'_>, id: NodeId) {
    let tape = check.tape;
    let [start, end] = [el::PERIOD_START, el::PERIOD_END]
        .map(|element| DateTime::parse(tape.text_in(id, element)));
    if let (Some(start), Some(end)) = (start, end) {
        check.require(!start.is_after(end), &rules::PER_1, id);
    }
}

fn range(check: &mut Check<'_>, id: NodeId) {
    let tape = check.tape;
    let (Some(low), Some(high)) = (tape.find(id, el::RANGE_LOW), tape.find(id, el::RANGE_HIGH))
    else {
        return;
    };
    // Quantities of different units are not compared.
    let same = [el::QUANTITY_UNIT, el::QUANTITY_SYSTEM, el::QUANTITY_CODE]
        .into_iter()
        .all(|element| tape.text_in(low, element) == tape.text_in(high, element));
    let [low, high] = [low, high].map(|end| tape.text_in(end, el::QUANTITY_VALUE));
    let above = decimal::compare(low, high) == Some(Ordering::Greater);
    check.require(!(same && above), &rules::RNG_2, id);
}

fn timing(check: &mut Check<'_>, id: NodeId, seen: Seen) {
    for (element, needed, rule) in [
        (el::TIMING_REPEAT_DURATION, el::TIMING_REPEAT_DURATION_UNIT, &rules::TIM_1),
        (el::TIMING_REPEAT_PERIOD, el::TIMING_REPEAT_PERIOD_UNIT, &rules::TIM_2),
        (el::TIMING_REPEAT_PERIOD_MAX, el::TIMING_REPEAT_PERIOD, &rules::TIM_6),
        (el::TIMING_REPEAT_DURATION_MAX, el::TIMING_REPEAT_DURATION, &rules::TIM_7),
        (el::TIMING_REPEAT_COUNT_MAX, el::TIMING_REPEAT_COUNT, &rules::TIM_8),
    ] {
        implies(check, id, seen, element, needed, rule);
    }
    for (element, rule) in
        [(el::TIMING_REPEAT_DURATION, &rules::TIM_4), (el::TIMING_REPEAT_PERIOD, &rules::TIM_5)]
    {
        let good = sign(check, id, element) != Some(Ordering::Less);
        check.require(good, rule, id);
    }
    let tape = check.tape;
    if seen.has(el::TIMING_REPEAT_OFFSET) {
        let mut when = tape.find_all(id, el::TIMING_REPEAT_WHEN);
        let meal = when.any(|when| matches!(tape.text_of(when), "C" | "CM" | "CD" | "CV"));
        check.require(seen.has(el::TIMING_REPEAT_WHEN) && !meal, &rules::TIM_9, id);
    }
    let both = seen.count(&[el::TIMING_REPEAT_TIME_OF_DAY, el::TIMING_REPEAT_WHEN]) == 2;
    check.require(!both, &rules::TIM_10, id);
}

fn trigger(check: &mut Check<'_>, id: NodeId, seen: Seen) {
    let data = seen.has(el::TRIGGER_DEFINITION_DATA);
    let timing = seen.choice(el::TRIGGER_DEFINITION_TIMING_DATE).is_some();
    let name = seen.has(el::TRIGGER_DEFINITION_NAME);
    check.require(!(data && timing), &rules::TRD_1, id);
    let condition = seen.has(el::TRIGGER_DEFINITION_CONDITION);
    check.require(!condition || data, &rules::TRD_2, id);
    let good = match check.tape.text_in(id, el::TRIGGER_DEFINITION_TYPE) {
        "named-event" => name,
        "periodic" => timing,
        kind if kind.starts_with("data-") => data,
        _ => true,
    };
    check.require(good, &rules::TRD_3, id);
}

/// obs-6, obs-7.
pub(crate) fn observation(check: &mut Check<'_>, id: NodeId, seen: Seen) {
    let tape = check.tape;
    let absent = seen.has(el::OBSERVATION_DATA_ABSENT_REASON);
    if !absent && !seen.has(el::OBSERVATION_COMPONENT) {
        return;
    }
    let value = seen.choice(el::OBSERVATION_VALUE_QUANTITY);
    let Some(value) = value.and_then(|element| tape.find(id, element)) else { return };
    check.require(!absent, &rules::OBS_6, id);
    let Some(code) = tape.find(id, el::OBSERVATION_CODE) else { return };
    let codings = |concept| tape.find_all(concept, el::CODEABLE_CONCEPT_CODING);
    // Sorted, for both lists may be long.
    let mut own = core::mem::take(&mut check.scratch.codings);
    own.clear();
    own.extend(codings(code));
    own.sort_unstable_by(|&a, &b| compare(tape, a, b));
    let same = tape
        .find_all(id, el::OBSERVATION_COMPONENT)
        .filter_map(|component| tape.find(component, el::OBSERVATION_COMPONENT_CODE))
        .flat_map(codings)
        .any(|coding| own.binary_search_by(|&other| compare(tape, other, coding)).is_ok());
    check.scratch.codings = own;
    check.require(!same, &rules::OBS_7, value);
}

/// The order of two nodes by all that is in them.
fn compare(tape: &Tape, a: NodeId, b: NodeId) -> Ordering {
    let nodes = |id| tape.nodes().get(tape.range(id)).unwrap_or_default();
    let key = |node: &Node| (node.element(), node.size());
    let pairs = nodes(a).iter().zip(nodes(b));
    let differing = pairs
        .map(|(a, b)| key(a).cmp(&key(b)).then_with(|| tape.value(a).cmp(tape.value(b))))
        .find(|order| order.is_ne());
    differing.unwrap_or_else(|| nodes(a).len().cmp(&nodes(b).len()))
}

/// org-1, org-2, org-3.
pub(crate) fn organization(check: &mut Check<'_>, id: NodeId, seen: Seen) {
    let count = seen.count(&[el::ORGANIZATION_IDENTIFIER, el::ORGANIZATION_NAME]);
    check.require(count > 0, &rules::ORG_1, id);
    let tape = check.tape;
    for (element, usage, rule) in [
        (el::ORGANIZATION_ADDRESS, el::ADDRESS_USE, &rules::ORG_2),
        (el::ORGANIZATION_TELECOM, el::CONTACT_POINT_USE, &rules::ORG_3),
    ] {
        for child in tape.find_all(id, element) {
            check.require(tape.text_in(child, usage) != "home", rule, child);
        }
    }
}

/// prr-1.
pub(crate) fn service_request(check: &mut Check<'_>, id: NodeId, seen: Seen) {
    let detail = [el::SERVICE_REQUEST_ORDER_DETAIL, el::SERVICE_REQUEST_ORDER_DETAIL_R5];
    let code = [el::SERVICE_REQUEST_CODE, el::SERVICE_REQUEST_CODE_R5];
    let good = seen.count(&detail) == 0 || seen.count(&code) > 0;
    check.require(good, &rules::PRR_1, id);
}
