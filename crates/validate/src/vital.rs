//! The vital-signs profiles of FHIR (R4), which apply by the code of an Observation, claimed in
//! `meta.profile` or not: `vitalsigns` and the one that fixes code and unit.

use crate::{
    check::{Check, Seen},
    reference::{is_relative_to, target_type},
    rules,
};
use iomt_fhir::{
    NodeId, Tape, Version,
    table::{ElementId, el},
};
use iomt_nomenclature::vital::{self, Component, Profile};

const LOINC: &str = "http://loinc.org";
const SNOMED: &str = "http://snomed.info/sct";
const UCUM: &str = "http://unitsofmeasure.org";
const CATEGORY: (&str, &str) =
    ("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs");

/// The profiles that one Observation can come to have: all there are.
type Profiles = [Option<&'static Profile>; 16];

pub(crate) fn check(check: &mut Check<'_>, id: NodeId, seen: Seen) {
    let tape = check.tape;
    let Some(code) = tape.find(id, el::OBSERVATION_CODE) else { return };
    let mut profiles: Profiles = [None; 16];
    for coding in tape.find_all(code, el::CODEABLE_CONCEPT_CODING) {
        let (system, code) = system_and_code(tape, coding);
        let mut add = |profile: &'static Profile| {
            let free = profiles.iter_mut().find(|p| p.is_none_or(|p| p.name == profile.name));
            if let Some(slot) = free {
                *slot = Some(profile);
            }
        };
        match system {
            LOINC => vital::by_loinc(code.as_bytes()).into_iter().for_each(&mut add),
            SNOMED => vital::by_snomed(code.as_bytes()).for_each(&mut add),
            _ => {}
        }
    }
    if profiles.first().is_some_and(Option::is_none) {
        return;
    }
    let value = chosen(tape, id, seen, el::OBSERVATION_VALUE_QUANTITY);
    vital_sign(check, id, seen, value.is_some());
    for profile in profiles.into_iter().map_while(|profile| profile) {
        specific(check, id, code, profile, value);
    }
}

/// The node that stands for a choice.
fn chosen(tape: &Tape, id: NodeId, seen: Seen, choice: ElementId) -> Option<(NodeId, ElementId)> {
    let element = seen.choice(choice)?;
    Some((tape.find(id, element)?, element))
}

/// The value of a component.
fn value_of(tape: &Tape, component: NodeId) -> Option<(NodeId, ElementId)> {
    let choice = el::OBSERVATION_COMPONENT_VALUE_QUANTITY.row().choice;
    let mut children = tape.entries(component).map(|(id, node)| (id, node.element()));
    children.find(|(_, element)| element.row().choice == choice)
}

/// Profile `vitalsigns`.
fn vital_sign(check: &mut Check<'_>, id: NodeId, seen: Seen, value: bool) {
    let tape = check.tape;
    category(check, id);
    match tape.find(id, el::OBSERVATION_SUBJECT) {
        Some(subject) => {
            let text = tape.text_in(subject, el::REFERENCE_REFERENCE);
            let good = is_relative_to(text, "Patient")
                || target_type(text, check.version).is_none_or(|target| target == "Patient");
            check.require(good, &rules::VS_PATIENT, subject);
        }
        None => check.missing(&rules::VS_SUBJECT, id, el::OBSERVATION_SUBJECT),
    }
    match chosen(tape, id, seen, el::OBSERVATION_EFFECTIVE_DATE_TIME) {
        // `YYYY-MM-DD` and longer.
        Some((time, el::OBSERVATION_EFFECTIVE_DATE_TIME)) => {
            check.require(tape.text_of(time).len() >= 8, &rules::VS_1, time);
        }
        Some((_, el::OBSERVATION_EFFECTIVE_PERIOD)) => {}
        Some((time, _)) => check.issue(&rules::VS_TIME_TYPE, time),
        None => check.missing(&rules::VS_EFFECTIVE, id, el::OBSERVATION_EFFECTIVE_DATE_TIME),
    }
    for component in tape.find_all(id, el::OBSERVATION_COMPONENT) {
        let good = value_of(tape, component).is_some()
            || check.has(component, el::OBSERVATION_COMPONENT_DATA_ABSENT_REASON);
        check.require(good, &rules::VS_3, component);
        // Required in R5, extensible in R4B; and where R4 says that it is, the reference validator
        // does not take it so (obs-fio2).
        if check.version == Version::R5 {
            common_unit(check, component);
        }
    }
    let instead =
        [el::OBSERVATION_HAS_MEMBER, el::OBSERVATION_COMPONENT, el::OBSERVATION_DATA_ABSENT_REASON];
    let good = value || seen.count(&instead) > 0;
    check.require(good, &rules::VS_2, id);
}

/// The units of value set ucum-vitals-common.
const COMMON: [&str; 12] =
    ["%", "cm", "[in_i]", "kg", "g", "[lb_av]", "Cel", "[degF]", "mm[Hg]", "/min", "kg/m2", "m2"];

/// A unit that a component has is a common one.
fn common_unit(check: &mut Check<'_>, component: NodeId) {
    let tape = check.tape;
    let Some(value) = tape.find(component, el::OBSERVATION_COMPONENT_VALUE_QUANTITY) else {
        return;
    };
    let code = tape.text_in(value, el::QUANTITY_CODE);
    let ucum = tape.text_in(value, el::QUANTITY_SYSTEM) == UCUM;
    let good = code.is_empty() || (ucum && COMMON.contains(&code));
    check.require(good, &rules::VS_COMMON_UNIT, value);
}

/// Slice `VSCat`, by code and system: once, and no other coding in it.
fn category(check: &mut Check<'_>, id: NodeId) {
    let tape = check.tape;
    let mut count = 0_usize;
    for category in tape.find_all(id, el::OBSERVATION_CATEGORY) {
        if !is_slice(tape, category, CATEGORY) {
            continue;
        }
        count = count.saturating_add(1);
        for coding in tape.find_all(category, el::CODEABLE_CONCEPT_CODING) {
            let good = system_and_code(tape, coding) == CATEGORY;
            check.require(good, &rules::VS_CATEGORY_CODE, coding);
        }
    }
    if count != 1 {
        check.missing(&rules::VS_CATEGORY, id, el::OBSERVATION_CATEGORY);
    }
}

/// The profile of one vital sign.
fn specific(
    check: &mut Check<'_>,
    id: NodeId,
    code: NodeId,
    profile: &Profile,
    value: Option<(NodeId, ElementId)>,
) {
    let tape = check.tape;
    let panel = profile.name == "vitalspanel";
    // The panel's own code is optional.
    if !panel {
        check.require(fixed(tape, code, profile.loinc), &rules::VS_CODE, code);
    }
    match value {
        Some((value, _)) if profile.ucum.is_empty() => check.issue(&rules::VS_NO_VALUE, value),
        Some((value, el::OBSERVATION_VALUE_QUANTITY)) => quantity(check, value, profile.ucum),
        Some((value, _)) => check.issue(&rules::VS_VALUE_TYPE, value),
        // Of all of them, only `bmi` does not take a reason for its absence.
        None if profile.name == "bmi" => {
            check.missing(&rules::VS_VALUE, id, el::OBSERVATION_VALUE_QUANTITY);
        }
        None => {}
    }
    for component in profile.components {
        slice(check, id, component);
    }
    if panel && !check.has(id, el::OBSERVATION_HAS_MEMBER) {
        check.missing(&rules::VS_MEMBER, id, el::OBSERVATION_HAS_MEMBER);
    }
}

/// A component that stands once, by code and system.
fn slice(check: &mut Check<'_>, id: NodeId, wanted: &Component) {
    let tape = check.tape;
    let mut found = None;
    for component in tape.find_all(id, el::OBSERVATION_COMPONENT) {
        let Some(code) = tape.find(component, el::OBSERVATION_COMPONENT_CODE) else { continue };
        if !is_slice(tape, code, (LOINC, wanted.loinc)) {
            continue;
        }
        if found.replace(component).is_some() {
            check.issue(&rules::VS_COMPONENT_TWICE, component);
        }
        check.require(fixed(tape, code, wanted.loinc), &rules::VS_CODE, code);
        match value_of(tape, component) {
            Some((value, el::OBSERVATION_COMPONENT_VALUE_QUANTITY)) => {
                quantity(check, value, wanted.ucum);
            }
            Some((value, _)) => check.issue(&rules::VS_VALUE_TYPE, value),
            None => {}
        }
    }
    if found.is_none() {
        check.missing(&rules::VS_COMPONENT, id, el::OBSERVATION_COMPONENT);
    }
}

/// Value, unit, system and code, in a unit that is allowed.
fn quantity(check: &mut Check<'_>, id: NodeId, allowed: &[&str]) {
    let tape = check.tape;
    let mut parts =
        [el::QUANTITY_VALUE, el::QUANTITY_UNIT, el::QUANTITY_SYSTEM, el::QUANTITY_CODE].map(Some);
    for (part, node) in tape.entries(id) {
        let element = node.element();
        for wanted in parts.iter_mut().filter(|wanted| **wanted == Some(element)) {
            *wanted = None;
        }
        match element {
            el::QUANTITY_SYSTEM => check.require(tape.value(node) == UCUM, &rules::VS_SYSTEM, part),
            el::QUANTITY_CODE => {
                check.require(allowed.contains(&tape.value(node)), &rules::VS_UNIT, part);
            }
            _ => {}
        }
    }
    for part in parts.into_iter().flatten() {
        check.missing(&rules::VS_PART, id, part);
    }
}

fn system_and_code(tape: &Tape, coding: NodeId) -> (&str, &str) {
    let (mut system, mut code) = ("", "");
    for (_, node) in tape.entries(coding) {
        match node.element() {
            el::CODING_SYSTEM => system = tape.value(node),
            el::CODING_CODE => code = tape.value(node),
            _ => {}
        }
    }
    (system, code)
}

/// Whether a concept belongs to a slice that is told by `coding.code` and `coding.system`: each of
/// the two may be met by a coding of its own.
fn is_slice(tape: &Tape, concept: NodeId, (system, code): (&str, &str)) -> bool {
    let (mut has_system, mut has_code) = (false, false);
    for coding in tape.find_all(concept, el::CODEABLE_CONCEPT_CODING) {
        let (one_system, one_code) = system_and_code(tape, coding);
        has_system |= one_system == system;
        has_code |= one_code == code;
    }
    has_system && has_code
}

/// Whether a LOINC code stands among the codings of a concept, once.
fn fixed(tape: &Tape, concept: NodeId, loinc: &str) -> bool {
    let is = |coding: &NodeId| system_and_code(tape, *coding) == (LOINC, loinc);
    tape.find_all(concept, el::CODEABLE_CONCEPT_CODING).filter(is).count() == 1
}
