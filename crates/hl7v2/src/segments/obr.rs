//! HL7 v2 §4.5.3: OBR, observation request: what was ordered, and the header of its report.

use iomt_core::model::{
    CodeSystem, Concept, Effective, Order, Report, Role, StatusCode, StatusTable,
};

use super::spm;
use crate::context::Context;
use crate::scratch::Scratch;
use crate::types::{cwe, cx, dtm, ei, ndl, tq, xcn};
use crate::{Field, Segment};

/// Reads a report, and into `order` what was ordered. Who takes part goes to `scratch`. Notes,
/// specimens and visit are up to the group. `specimen`: what OBR says of one is read elsewhere.
pub(crate) fn read<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    report: &mut Report<'a>,
    order: &mut Order<'a>,
    specimen: bool,
    scratch: &mut Scratch<'a>,
) {
    context.enter("OBR", line);
    context.check(segment);
    let Scratch { performers, requesters, order_numbers, reasons, details, .. } = scratch;
    let (mut start, mut end) = (None, None);
    let ordered = !requesters.is_empty();
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            2 => report.placer = ei::field(context, field),
            3 => report.filler = ei::field(context, field),
            4 => cwe::field(context, field, &mut report.code),
            5 => {
                let urgency = context.code(field);
                match order.priority {
                    // ORC-7 says it.
                    Some(_) => urgency.iter().for_each(|sent| context.lost(sent.span())),
                    None => order.priority = urgency,
                }
            }
            6 => {
                let at = dtm::field(context, field);
                match (order.occurrence, at) {
                    (Effective::Unknown, Some(at)) => order.occurrence = Effective::At(at),
                    (_, at) => at.iter().for_each(|at| context.lost(at.span)),
                }
            }
            7 => start = dtm::field(context, field),
            8 => end = dtm::field(context, field),
            11 => order.action = context.code(field),
            // Whom the order names stands for both.
            16 if ordered => context.rest(field),
            16 => context.performers(Role::Orderer, field, xcn::declare, requesters),
            22 => report.issued = dtm::field(context, field),
            24 => report.category = context.code(field),
            25 => {
                let code = context.code(field);
                report.status = StatusCode::new(StatusTable::Hl70123, code);
            }
            26 => parent_result(context, field, report),
            27 => tq::read(context, field, order),
            29 => {
                let repetition = context.first(field);
                [order.parent_placer, order.parent_filler] = ei::pair(context, repetition);
            }
            31 => concepts(context, field, reasons),
            32 => context.performers(Role::Interpreter, field, ndl::declare, performers),
            34 => context.performers(Role::Technician, field, ndl::declare, performers),
            35 => context.performers(Role::Transcriptionist, field, ndl::declare, performers),
            46 | 47 => concepts(context, field, details),
            53 => {
                let numbers = field.valued().filter_map(|r| cx::identifier(context, r));
                order_numbers.extend(numbers);
            }
            _ if specimen && spm::OF_OBR.contains(&number) => {}
            _ => context.rest(field),
        }
    }
    context.at(8);
    report.effective = dtm::effective(context, start, end);
    report.span = segment.span();
    if let Some(parent) = &mut report.parent {
        (parent.placer, parent.filler) = (order.parent_placer, order.parent_filler);
    }
}

/// PRL: the code and the sub-id of a result; the value is its own.
fn parent_result<'a>(context: &mut Context<'a, '_>, field: Field<'a>, report: &mut Report<'a>) {
    let repetition = context.first(field);
    let mut parent = iomt_core::model::ParentResult::default();
    for (number, component) in (1_u32..).zip(repetition.components()) {
        match number {
            1 => cwe::nested(context, component, &mut parent.code),
            2 => parent.sub_id = context.text(component.part()),
            _ => context.unmapped(component.part()),
        }
    }
    parent.span = repetition.span();
    if parent.code.is_empty() {
        parent.sub_id.iter().for_each(|sub_id| context.lost(sub_id.span()));
    } else {
        report.parent = Some(parent);
    }
}

/// Reads a concept from each repetition.
pub(crate) fn concepts<'a>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    into: &mut alloc::vec::Vec<Concept<'a>>,
) {
    for repetition in field.valued() {
        let mut concept = Concept::EMPTY;
        cwe::concept(context, repetition, CodeSystem::Unknown, &mut concept);
        if !concept.is_empty() {
            into.push(concept);
        }
    }
}
