//! HL7 v2 §7.4.3: SPM, specimen; and what OBR says of one where there is no SPM.

use alloc::vec::Vec;

use iomt_core::model::{CodeSystem, Concept, Effective, Note, Role, Specimen};

use crate::context::Context;
use crate::scratch::Scratch;
use crate::types::{cq, cwe, cx, dtm, ei, xcn};
use crate::{Field, Segment};

use super::obr::concepts;

/// Reads a specimen; what repeats goes to `scratch`. The remark of SPM-14 is the first of its notes,
/// the others are up to the group.
pub(crate) fn read<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    specimen: &mut Specimen<'a>,
    scratch: &mut Scratch<'a>,
) {
    context.enter("SPM", line);
    context.check(segment);
    let Scratch { identifiers, additives, conditions, notes: remarks, .. } = scratch;
    identifiers.clear();
    additives.clear();
    conditions.clear();
    remarks.clear();
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            2 => {
                let repetition = context.first(field);
                [specimen.placer, specimen.filler] = ei::pair(context, repetition);
            }
            3 => {
                let repetition = context.first(field);
                [specimen.parent_placer, specimen.parent_filler] = ei::pair(context, repetition);
            }
            4 => cwe::field(context, field, &mut specimen.kind),
            6 => concepts(context, field, additives),
            7 => cwe::field(context, field, &mut specimen.method),
            8 => cwe::field(context, field, &mut specimen.body_site),
            12 => specimen.quantity = cq::quantity(context, field),
            14 => remarks.extend(context.whole(field.part()).map(Note::new)),
            17 => specimen.collected = period(context, field),
            18 => specimen.received = dtm::field(context, field),
            20 => specimen.available = context.code(field),
            24 => concepts(context, field, conditions),
            27 => cwe::field(context, field, &mut specimen.container),
            30 => {
                let repetition = context.first(field);
                specimen.accession = cx::identifier(context, repetition);
            }
            31 => identifiers.extend(field.valued().filter_map(|r| cx::identifier(context, r))),
            32 => specimen.shipment = ei::field(context, field),
            _ => context.rest(field),
        }
    }
    specimen.span = segment.span();
}

/// The fields of OBR that are of a specimen.
pub(crate) const OF_OBR: [u16; 6] = [9, 10, 13, 14, 15, 39];

/// Reads what OBR says of a specimen: OBR-15 and what goes with it.
pub(crate) fn read_obr<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    specimen: &mut Specimen<'a>,
    scratch: &mut Scratch<'a>,
) {
    context.enter("OBR", line);
    let Scratch { identifiers, additives, conditions, notes: remarks, collectors, .. } = scratch;
    identifiers.clear();
    additives.clear();
    conditions.clear();
    remarks.clear();
    collectors.clear();
    for (number, field) in segment.numbered().filter(|(number, _)| OF_OBR.contains(number)) {
        context.at(number);
        match number {
            9 => specimen.quantity = cq::quantity(context, field),
            10 => context.performers(Role::Collector, field, xcn::declare, collectors),
            13 => fasting(context, field, specimen),
            14 => specimen.received = dtm::field(context, field),
            39 => comments(context, field, remarks),
            _ => source(context, field, specimen, additives, remarks),
        }
    }
    specimen.span = segment.field(15).map_or(segment.span(), |field| field.span());
}

/// OBR-13, as far as it has codes of table 0916: whether the patient had fasted. Before 2.8 it was
/// words.
fn fasting<'a>(context: &mut Context<'a, '_>, field: Field<'a>, specimen: &mut Specimen<'a>) {
    for repetition in field.valued() {
        let mut concept = Concept::EMPTY;
        cwe::concept(context, repetition, CodeSystem::Unknown, &mut concept);
        let of_table =
            concept.codings().any(|coding| matches!(coding.system, CodeSystem::Hl7Table(916)));
        if of_table && specimen.fasting.is_empty() {
            specimen.fasting = concept;
        } else {
            concept.spans().for_each(|span| context.lost(span));
        }
    }
}

/// OBR-39: what the collector says of the specimen, in words.
fn comments<'a>(context: &mut Context<'a, '_>, field: Field<'a>, remarks: &mut Vec<Note<'a>>) {
    for repetition in field.valued() {
        let mut concept = Concept::EMPTY;
        cwe::concept(context, repetition, CodeSystem::Unknown, &mut concept);
        let coding = concept.codings().next();
        let named = coding.and_then(|coding| coding.display.or(coding.code.text()));
        let Some(words) = concept.text.or(named) else { continue };
        for span in concept.spans().filter(|span| *span != words.span()) {
            context.lost(span);
        }
        remarks.push(Note::new(words));
    }
}

/// SPS, specimen source.
fn source<'a>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    specimen: &mut Specimen<'a>,
    additives: &mut Vec<Concept<'a>>,
    remarks: &mut Vec<Note<'a>>,
) {
    let repetition = context.first(field);
    for (number, component) in (1_u32..).zip(repetition.components()) {
        match number {
            1 => cwe::nested(context, component, &mut specimen.kind),
            2 => {
                let mut additive = Concept::EMPTY;
                cwe::nested(context, component, &mut additive);
                if !additive.is_empty() {
                    additives.push(additive);
                }
            }
            3 => remarks.extend(context.whole(component.part()).map(Note::new)),
            4 => cwe::nested(context, component, &mut specimen.body_site),
            _ => context.unmapped(component.part()),
        }
    }
}

/// DR: from and to.
fn period<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Effective<'a> {
    let repetition = context.first(field);
    let mut bounds = [None, None];
    for (number, component) in repetition.components().enumerate() {
        match bounds.get_mut(number) {
            Some(slot) => *slot = dtm::time(context, component.part()),
            None => context.unmapped(component.part()),
        }
    }
    let [start, end] = bounds;
    dtm::effective(context, start, end)
}
