//! HL7 v2 §4.5.1: ORC, common order.

use iomt_core::model::{Order, Role, StatusCode, StatusTable};

use crate::Segment;
use crate::context::Context;
use crate::scratch::Scratch;
use crate::types::{cwe, cx, dtm, ei, role, tq};

const REQUESTER: role::Numbers = role::Numbers {
    persons: 12,
    address: 24,
    organizations: 21,
    organization_address: 22,
    organization_telecom: 23,
};

/// Reads into `order` what ORC says of it; numbers and who ordered it go to `scratch`.
pub(crate) fn read<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    order: &mut Order<'a>,
    scratch: &mut Scratch<'a>,
) {
    context.enter("ORC", line);
    context.check(segment);
    let mut requester = role::Fields::default();
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            1 => order.control = context.code(field),
            2 => order.placer = ei::field(context, field),
            3 => order.filler = ei::field(context, field),
            4 => {
                // EI; since 2.8 EIP, with the parts of each number as subcomponents.
                let repetition = context.first(field);
                let first = repetition.component(1);
                let pair = first.is_some_and(|c| c.subcomponents().nth(1).is_some())
                    || repetition.components().count() == 2;
                if pair {
                    [order.group, order.filler_group] = ei::pair(context, repetition);
                } else {
                    let parts = repetition.components().map(|c| c.part());
                    order.group = ei::identifier(context, parts);
                }
            }
            5 => order.status = StatusCode::new(StatusTable::Hl70038, context.code(field)),
            7 => tq::read(context, field, order),
            9 => order.authored = dtm::field(context, field),
            16 => cwe::field(context, field, &mut order.status_reason),
            28 => cwe::field(context, field, &mut order.confidentiality),
            29 => cwe::field(context, field, &mut order.location),
            33 => {
                let numbers = field.valued().filter_map(|r| cx::identifier(context, r));
                scratch.order_numbers.extend(numbers);
            }
            38 => {
                let group = ei::field(context, field);
                if let (Some(_), Some(other)) = (group, order.filler_group) {
                    context.lost(other.span);
                }
                order.filler_group = group.or(order.filler_group);
            }
            _ if requester.take(REQUESTER, number, field) => {}
            _ => context.rest(field),
        }
    }
    requester.declare(context, REQUESTER, Role::Orderer, Role::Orderer, &mut scratch.requesters);
    order.span = segment.span();
}
