//! HL7 v2 chapter 2A, DR, date/time range, inside another type.

use iomt_core::model::Validity;

use crate::Component;
use crate::context::Context;
use crate::types::dtm;

/// Reads from when to when something holds.
pub(crate) fn validity<'a>(
    context: &mut Context<'a, '_>,
    component: Component<'a>,
) -> Validity<'a> {
    let mut validity = Validity::NONE;
    for (number, part) in (1_u32..).zip(component.subcomponents().map(|s| s.part())) {
        match number {
            1 => validity.start = dtm::time(context, part),
            2 => validity.end = dtm::time(context, part),
            _ => context.unmapped(part),
        }
    }
    validity
}

/// [`validity`], which stands in where start and end are not there by themselves.
pub(crate) fn stand_in<'a>(
    context: &mut Context<'a, '_>,
    range: Option<Component<'a>>,
    valid: &mut Validity<'a>,
) {
    match range {
        Some(range) if valid.start.is_none() && valid.end.is_none() => {
            *valid = validity(context, range);
        }
        Some(range) => context.unmapped(range.part()),
        None => {}
    }
}
