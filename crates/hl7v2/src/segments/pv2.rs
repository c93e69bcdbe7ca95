//! HL7 v2 §3.4.4: PV2, patient visit, additional information.

use alloc::vec::Vec;

use iomt_core::DiagnosticCode;
use iomt_core::model::{
    Attribute, AttributeValue, Performer, Role, Stay, StayKind, Unit, VisitAttribute,
};

use crate::context::Context;
use crate::segments::pv1;
use crate::types::{sn, xcn};
use crate::{Field, Segment, attributes};

/// Reads what it adds to a visit.
pub(crate) fn read<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    performers: &mut Vec<Performer>,
    stays: &mut Vec<Stay>,
    visit: &mut Vec<Attribute<'a, VisitAttribute>>,
) {
    context.enter("PV2", line);
    context.check(segment);
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            1 => pv1::stay(context, field, StayKind::PriorPending, None, stays),
            3 => attributes::concept(context, field, VisitAttribute::Reason, visit),
            11 => length(context, field, visit),
            12 => attributes::text(context, field, VisitAttribute::Description, visit),
            13 => context.performers(Role::Referrer, field, xcn::declare, performers),
            25 => attributes::concept(context, field, VisitAttribute::Priority, visit),
            38 => attributes::concept(context, field, VisitAttribute::ModeOfArrival, visit),
            _ => context.rest(field),
        }
    }
}

/// PV2-11: §3.4.4.11 counts it in days.
fn length<'a>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    visit: &mut Vec<Attribute<'a, VisitAttribute>>,
) {
    let repetition = context.first(field);
    let part = context.primitive(repetition);
    if let Some(days) = sn::quantity(context, part, Unit::ucum("d")) {
        attributes::put(VisitAttribute::Length, Some(AttributeValue::Quantity(days)), visit);
    } else if let Some(text) = context.text(part) {
        context.say(DiagnosticCode::ValueMalformed, text.span());
        context.unmapped(part);
    }
}
