//! HL7 v2.6 chapter 2A, TQ, timing and quantity of an order, which 2.7 withdrew.

use iomt_core::model::{Effective, Order, Quantity, Unit};
use iomt_core::wire::Span;

use crate::context::Context;
use crate::types::{dtm, nm};
use crate::{Component, Field};

/// Reads into `order` how much, when and how urgent. What is said already stands, and intervals,
/// conditions and sequences are not mapped.
pub(crate) fn read<'a>(context: &mut Context<'a, '_>, field: Field<'a>, order: &mut Order<'a>) {
    let repetition = context.first(field);
    let (mut start, mut end) = (None, None);
    for (number, component) in (1_u32..).zip(repetition.components()) {
        let part = component.part();
        match number {
            1 if order.quantity.is_none() => order.quantity = quantity(context, component),
            4 => start = dtm::time(context, part),
            5 => end = dtm::time(context, part),
            6 if order.priority.is_none() => order.priority = context.text(part),
            _ => context.unmapped(part),
        }
    }
    if matches!(order.occurrence, Effective::Unknown) {
        order.occurrence = dtm::effective(context, start, end);
    } else {
        start.iter().chain(&end).for_each(|time| context.lost(time.span));
    }
}

/// CQ in a component: a number, and its unit by one name.
fn quantity<'a>(context: &mut Context<'a, '_>, component: Component<'a>) -> Option<Quantity<'a>> {
    let mut parts = component.subcomponents().map(|s| s.part());
    let first = parts.next()?;
    let Some(value) = nm::decimal(context, first) else {
        context.unmapped(component.part());
        return None;
    };
    let mut unit = Unit::NONE;
    if let Some(sent) = parts.next().and_then(|part| context.text(part)) {
        (unit.text, unit.span) = (Some(sent), sent.span());
    }
    parts.for_each(|part| context.unmapped(part));
    Some(Quantity::new(value, unit, Span::new(first.1, first.0.len())))
}
