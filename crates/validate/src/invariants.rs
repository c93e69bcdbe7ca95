//! The invariants of data types and resources (R4), under their keys.

use crate::{
    check::{Check, Scope},
    decimal, lexical, rules,
    time::DateTime,
};
use core::cmp::Ordering;
use iomt_fhir::{
    NodeId,
    table::{Element, ElementId, el, ty},
};

const UCUM: &str = "http://unitsofmeasure.org";

/// The invariants of a data type or backbone element.
pub(crate) fn check(check: &mut Check<'_>, id: NodeId, row: &Element, scope: Scope) {
    match row.ty {
        ty::EXTENSION => extension(check, id, row),
        ty::QUANTITY => {
            quantity(check, id, el::QUANTITY_CODE, el::QUANTITY_SYSTEM);
            check.require(
                !row.simple || !check.has(id, el::QUANTITY_COMPARATOR),
                &rules::SQTY_1,
                id,
            );
        }
        ty::REFERENCE => check.reference(id, row, scope),
        ty::IDENTIFIER => identifier(check, id),
        ty::PERIOD => period(check, id),
        ty::RANGE => range(check, id),
        ty::RATIO => {
            let has = [el::RATIO_NUMERATOR, el::RATIO_DENOMINATOR, el::RATIO_EXTENSION]
                .map(|e| check.has(id, e));
            let [numerator, denominator, extension] = has;
            let good = numerator == denominator && (numerator || extension);
            check.require(good, &rules::RAT_1, id);
        }
        ty::CONTACT_POINT => {
            check.implies(id, el::CONTACT_POINT_VALUE, el::CONTACT_POINT_SYSTEM, &rules::CPT_2);
        }
        ty::ATTACHMENT => {
            check.implies(id, el::ATTACHMENT_DATA, el::ATTACHMENT_CONTENT_TYPE, &rules::ATT_1);
        }
        ty::OBSERVATION_REFERENCE_RANGE => check.any(
            id,
            &[
                el::OBSERVATION_REFERENCE_RANGE_LOW,
                el::OBSERVATION_REFERENCE_RANGE_HIGH,
                el::OBSERVATION_REFERENCE_RANGE_TEXT,
            ],
            &rules::OBS_3,
        ),
        ty::PATIENT_CONTACT => check.any(
            id,
            &[
                el::PATIENT_CONTACT_NAME,
                el::PATIENT_CONTACT_TELECOM,
                el::PATIENT_CONTACT_ADDRESS,
                el::PATIENT_CONTACT_ORGANIZATION,
            ],
            &rules::PAT_1,
        ),
        ty::EXPRESSION => {
            check.any(id, &[el::EXPRESSION_EXPRESSION, el::EXPRESSION_REFERENCE], &rules::EXP_1);
        }
        ty::TIMING_REPEAT => timing(check, id),
        ty::AGE | ty::COUNT | ty::DISTANCE | ty::DURATION => quantity_kind(check, id, row),
        ty::DATA_REQUIREMENT_CODE_FILTER => check.either(
            id,
            el::DATA_REQUIREMENT_CODE_FILTER_PATH,
            el::DATA_REQUIREMENT_CODE_FILTER_SEARCH_PARAM,
            &rules::DRQ_1,
        ),
        ty::DATA_REQUIREMENT_DATE_FILTER => check.either(
            id,
            el::DATA_REQUIREMENT_DATE_FILTER_PATH,
            el::DATA_REQUIREMENT_DATE_FILTER_SEARCH_PARAM,
            &rules::DRQ_2,
        ),
        ty::TRIGGER_DEFINITION => trigger(check, id),
        _ => {}
    }
}

impl Check<'_> {
    /// Where `element` stands, `needed` stands.
    fn implies(
        &mut self,
        id: NodeId,
        element: ElementId,
        needed: ElementId,
        rule: &'static iomt_fhir::issue::Rule,
    ) {
        let good = !self.has(id, element) || self.has(id, needed);
        self.require(good, rule, id);
    }

    /// One of `elements` stands.
    fn any(&mut self, id: NodeId, elements: &[ElementId], rule: &'static iomt_fhir::issue::Rule) {
        let good = elements.iter().any(|&element| self.has(id, element));
        self.require(good, rule, id);
    }

    /// One of two stands, and not both.
    fn either(
        &mut self,
        id: NodeId,
        a: ElementId,
        b: ElementId,
        rule: &'static iomt_fhir::issue::Rule,
    ) {
        let good = self.has(id, a) != self.has(id, b);
        self.require(good, rule, id);
    }

    /// The sign of a decimal child.
    fn sign(&self, id: NodeId, element: ElementId) -> Option<Ordering> {
        decimal::sign(self.tape.text_in(id, element))
    }
}

fn extension(check: &mut Check<'_>, id: NodeId, row: &Element) {
    let tape = check.tape;
    let (mut value, mut extensions) = (false, false);
    for child in tape.children(id) {
        let Some(element) = tape.element(child) else { continue };
        value |= element.row().choice != 0;
        extensions |= element == el::EXTENSION_EXTENSION;
        // In an extension, the parts have names.
        if element == el::EXTENSION_URL && row.parent != ty::EXTENSION {
            check.require(lexical::is_absolute(tape.text_of(child)), &rules::EXT_URL, child);
        }
    }
    check.require(value != extensions, &rules::EXT_1, id);
}

fn quantity(check: &mut Check<'_>, id: NodeId, code: ElementId, system: ElementId) {
    check.implies(id, code, system, &rules::QTY_3);
}

/// Age, Count, Distance and Duration: a Quantity with a unit of one kind. What is a unit of that
/// kind is an extensible binding, so only the system is looked at.
fn quantity_kind(check: &mut Check<'_>, id: NodeId, row: &Element) {
    let (value, system, code) = match row.ty {
        ty::AGE => (el::AGE_VALUE, el::AGE_SYSTEM, el::AGE_CODE),
        ty::COUNT => (el::COUNT_VALUE, el::COUNT_SYSTEM, el::COUNT_CODE),
        ty::DISTANCE => (el::DISTANCE_VALUE, el::DISTANCE_SYSTEM, el::DISTANCE_CODE),
        _ => (el::DURATION_VALUE, el::DURATION_SYSTEM, el::DURATION_CODE),
    };
    quantity(check, id, code, system);
    let tape = check.tape;
    let (has_value, has_code) = (check.has(id, value), check.has(id, code));
    let ucum = tape.find(id, system).map(|system| tape.text_of(system) == UCUM);
    let plain = (has_code || !has_value) && ucum != Some(false);
    match row.ty {
        ty::AGE => {
            let positive = check.sign(id, value).is_none_or(|sign| sign == Ordering::Greater);
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

fn timing(check: &mut Check<'_>, id: NodeId) {
    for (element, needed, rule) in [
        (el::TIMING_REPEAT_DURATION, el::TIMING_REPEAT_DURATION_UNIT, &rules::TIM_1),
        (el::TIMING_REPEAT_PERIOD, el::TIMING_REPEAT_PERIOD_UNIT, &rules::TIM_2),
        (el::TIMING_REPEAT_PERIOD_MAX, el::TIMING_REPEAT_PERIOD, &rules::TIM_6),
        (el::TIMING_REPEAT_DURATION_MAX, el::TIMING_REPEAT_DURATION, &rules::TIM_7),
        (el::TIMING_REPEAT_COUNT_MAX, el::TIMING_REPEAT_COUNT, &rules::TIM_8),
    ] {
        check.implies(id, element, needed, rule);
    }
    for (element, rule) in
        [(el::TIMING_REPEAT_DURATION, &rules::TIM_4), (el::TIMING_REPEAT_PERIOD, &rules::TIM_5)]
    {
        let good = check.sign(id, element) != Some(Ordering::Less);
        check.require(good, rule, id);
    }
    let tape = check.tape;
    let when = || tape.find_all(id, el::TIMING_REPEAT_WHEN);
    if check.has(id, el::TIMING_REPEAT_OFFSET) {
        let meal = when().any(|when| matches!(tape.text_of(when), "C" | "CM" | "CD" | "CV"));
        check.require(when().next().is_some() && !meal, &rules::TIM_9, id);
    }
    let both = check.has(id, el::TIMING_REPEAT_TIME_OF_DAY) && when().next().is_some();
    check.require(!both, &rules::TIM_10, id);
}

fn trigger(check: &mut Check<'_>, id: NodeId) {
    let data = check.has(id, el::TRIGGER_DEFINITION_DATA);
    let timing = check.choice(id, el::TRIGGER_DEFINITION_TIMING_DATE).is_some();
    let name = check.has(id, el::TRIGGER_DEFINITION_NAME);
    check.require(!(data && timing), &rules::TRD_1, id);
    let condition = check.has(id, el::TRIGGER_DEFINITION_CONDITION);
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
pub(crate) fn observation(check: &mut Check<'_>, id: NodeId) {
    let tape = check.tape;
    let Some(value) = check.choice(id, el::OBSERVATION_VALUE_QUANTITY) else { return };
    let absent = check.has(id, el::OBSERVATION_DATA_ABSENT_REASON);
    check.require(!absent, &rules::OBS_6, id);
    let Some(code) = tape.find(id, el::OBSERVATION_CODE) else { return };
    for component in tape.find_all(id, el::OBSERVATION_COMPONENT) {
        let Some(other) = tape.find(component, el::OBSERVATION_COMPONENT_CODE) else { continue };
        let codings = |concept| tape.find_all(concept, el::CODEABLE_CONCEPT_CODING);
        if codings(other).any(|a| codings(code).any(|b| check.same(a, b))) {
            check.issue(&rules::OBS_7, value);
            return;
        }
    }
}

/// org-1, org-2, org-3.
pub(crate) fn organization(check: &mut Check<'_>, id: NodeId) {
    check.any(id, &[el::ORGANIZATION_IDENTIFIER, el::ORGANIZATION_NAME], &rules::ORG_1);
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
pub(crate) fn service_request(check: &mut Check<'_>, id: NodeId) {
    check.implies(id, el::SERVICE_REQUEST_ORDER_DETAIL, el::SERVICE_REQUEST_CODE, &rules::PRR_1);
}

impl Check<'_> {
    /// Whether two nodes are equal, with all that is in them.
    fn same(&self, a: NodeId, b: NodeId) -> bool {
        let nodes = |id| self.tape.nodes().get(self.tape.range(id)).unwrap_or_default();
        let (a, b) = (nodes(a), nodes(b));
        a.len() == b.len()
            && a.iter().zip(b).all(|(a, b)| {
                a.element() == b.element()
                    && a.size() == b.size()
                    && self.tape.value(a) == self.tape.value(b)
            })
    }
}
