//! HL7 v2 §3.4.10: PD1, patient additional demographic.

use alloc::vec::Vec;

use iomt_core::model::{Attribute, AttributeValue, Performer, PersonAttribute, Role};

use crate::context::Context;
use crate::types::{xcn, xon};
use crate::{Segment, attributes};

/// Reads what it adds to a person.
pub(crate) fn read<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    performers: &mut Vec<Performer>,
    person: &mut Vec<Attribute<'a, PersonAttribute>>,
) {
    context.enter("PD1", line);
    context.check(segment);
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            3 => context.performers(Role::GeneralPractitioner, field, xon::declare, performers),
            4 => context.performers(Role::GeneralPractitioner, field, xcn::declare, performers),
            6 => attributes::concept(context, field, PersonAttribute::Disability, person),
            14 => {
                // XON, of which the target has the name alone, else the number.
                let repetition = context.first(field);
                let named = xon::named(context, repetition);
                let named = named.map(AttributeValue::Text);
                attributes::put(PersonAttribute::Congregation, named, person);
            }
            _ => context.rest(field),
        }
    }
}
