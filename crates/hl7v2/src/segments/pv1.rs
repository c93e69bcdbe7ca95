//! HL7 v2 §3.4.3: PV1, patient visit.

use alloc::vec::Vec;

use iomt_core::model::{
    AttributeValue, Coding, Concept, Encounter, EncounterKey, LocationKey, Role, Stay, StayKind,
    Text, VisitAttribute,
};

use crate::context::Context;
use crate::scratch::Scratch;
use crate::segments::pv2;
use crate::types::{cwe, cx, dtm, pl, xcn};
use crate::{Field, Segment, attributes};

/// Reads and declares a visit, with the PV2 that follows. Where nothing is said of one, no visit is
/// declared: PV1-2 may say that there is none, or that nothing is known.
pub(crate) fn observe<'a>(
    context: &mut Context<'a, '_>,
    (segment, line): (Segment<'a>, usize),
    more: Option<(Segment<'a>, usize)>,
    mut encounter: Encounter<'a>,
    scratch: &mut Scratch<'a>,
) -> Option<EncounterKey> {
    context.enter("PV1", line);
    context.check(segment);
    let Scratch { performers, people, identifiers, visit, stays, .. } = scratch;
    performers.clear();
    identifiers.clear();
    visit.clear();
    stays.clear();
    let (mut class, mut assigned, mut status) = (None, None, None);
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            2 => {
                encounter.class = self::class(context, field);
                class = Some(field);
            }
            3 => assigned = Some(field),
            4 => attributes::concept(context, field, VisitAttribute::AdmissionType, visit),
            5 => {
                let repetition = context.first(field);
                let number = cx::identifier(context, repetition).map(AttributeValue::Identifier);
                attributes::put(VisitAttribute::PreAdmission, number, visit);
            }
            6 => stay(context, field, StayKind::Prior, None, stays),
            7 => context.performers(Role::Attender, field, xcn::declare, performers),
            8 => context.performers(Role::Referrer, field, xcn::declare, performers),
            9 => context.performers(Role::Consultant, field, xcn::declare, performers),
            10 => attributes::concept(context, field, VisitAttribute::HospitalService, visit),
            11 => stay(context, field, StayKind::Temporary, None, stays),
            13 => attributes::concept(context, field, VisitAttribute::ReAdmission, visit),
            14 => attributes::concept(context, field, VisitAttribute::AdmitSource, visit),
            15 => attributes::concepts(context, field, VisitAttribute::AmbulatoryStatus, visit),
            16 => attributes::concepts(context, field, VisitAttribute::SpecialCourtesy, visit),
            17 => context.performers(Role::Admitter, field, xcn::declare, performers),
            19 => {
                let repetition = context.first(field);
                let number = cx::identifier(context, repetition).map(|mut number| {
                    number.type_code = number.type_code.or(Some(Text::literal("VN")));
                    number
                });
                identifiers.extend(number);
            }
            36 => attributes::concept(context, field, VisitAttribute::DischargeDisposition, visit),
            37 => {
                let repetition = context.first(field);
                let place = pl::discharge(context, repetition);
                stays.extend(place.map(|place| at(place, StayKind::Discharge, field)));
            }
            38 => attributes::concepts(context, field, VisitAttribute::Diet, visit),
            // The status of the bed in PV1-3.
            40 if assigned.is_some_and(|place| !place.is_empty()) => status = context.code(field),
            42 => stay(context, field, StayKind::Pending, None, stays),
            44 => encounter.start = dtm::field(context, field),
            45 => encounter.end = dtm::field(context, field),
            50 => identifiers.extend(field.valued().filter_map(|r| cx::identifier(context, r))),
            52 => context.performers(Role::Other, field, xcn::declare, performers),
            _ => context.rest(field),
        }
    }
    if let Some(field) = assigned {
        context.at(3);
        stay(context, field, StayKind::Assigned, status, stays);
        // The first place is where the patient is.
        let first = stays.iter().position(|stay| stay.kind == StayKind::Assigned).unwrap_or(0);
        if let Some(before) = stays.get_mut(..=first) {
            before.rotate_right(1);
        }
    }
    if let Some((segment, line)) = more {
        pv2::read(context, segment, line, performers, stays, visit);
    }
    performers.extend_from_slice(people);
    let none = encounter.class.is_none_or(|class| class.code.is("N") || class.code.is("U"))
        && (performers.is_empty() && identifiers.is_empty() && visit.is_empty())
        && (stays.is_empty() && encounter.start.is_none() && encounter.end.is_none());
    if none {
        if let Some(class) = class {
            context.enter("PV1", line);
            context.at(2);
            context.rest(class);
        }
        return None;
    }
    let mut encounter: Encounter<'_> = encounter;
    (encounter.identifiers, encounter.participants) = (identifiers, performers);
    (encounter.stays, encounter.attributes) = (stays, visit);
    encounter.span = segment.span();
    context.sink.encounter(&encounter);
    Some(encounter.key)
}

/// Reads PV1-2, of which the target has one code: the first one.
fn class<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Option<Coding<'a>> {
    let mut concept: Concept<'a> = Concept::EMPTY;
    cwe::field(context, field, &mut concept);
    let Concept { codings: [first, others @ ..], text, .. } = concept;
    let spans = others.iter().flatten().flat_map(Coding::spans);
    for span in spans.chain(text.map(|text| text.span())) {
        context.lost(span);
    }
    first
}

/// Reads a place of the visit.
pub(crate) fn stay<'a>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    kind: StayKind,
    status: Option<Text<'a>>,
    stays: &mut Vec<Stay>,
) {
    let repetition = context.first(field);
    let place = pl::declare(context, repetition, status);
    stays.extend(place.map(|place| at(place, kind, field)));
}

fn at(location: LocationKey, kind: StayKind, field: Field<'_>) -> Stay {
    Stay { location, kind, span: field.span() }
}
