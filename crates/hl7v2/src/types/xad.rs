//! HL7 v2 chapter 2A, XAD, extended address.

use iomt_core::model::{Address, Text, Validity};

use crate::context::Context;
use crate::types::{dr, dtm};
use crate::{Component, Repetition};

/// Reads an address; nothing where none of its parts is there.
pub(crate) fn address<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Address<'a>> {
    let mut address = Address::default();
    let mut range = None;
    let [street, name, number, other, addressee] = &mut address.lines;
    for (position, component) in (1_u32..).zip(repetition.components()) {
        let part = component.part();
        match position {
            1 => {
                // SAD: street or mailing address, street, number of the house.
                let mut slots = [&mut *street, &mut *name, &mut *number].into_iter();
                for part in component.subcomponents().map(|s| s.part()) {
                    match slots.next() {
                        Some(slot) => *slot = context.text(part),
                        None => context.unmapped(part),
                    }
                }
            }
            2 => *other = context.text(part),
            3 => address.city = context.text(part),
            4 => address.state = context.text(part),
            5 => address.postal_code = context.text(part),
            6 => address.country = context.text(part),
            7 => address.use_code = context.text(part),
            9 => address.district = words(context, component),
            10 => address.census_tract = words(context, component),
            12 => range = Some(component),
            13 => address.valid.start = dtm::time(context, part),
            14 => address.valid.end = dtm::time(context, part),
            19 => *addressee = context.text(part),
            _ => context.unmapped(part),
        }
    }
    dr::stand_in(context, range, &mut address.valid);
    address.span = repetition.span();
    let Address { lines, city, state, postal_code, country, district, census_tract, .. } = address;
    let parts = [city, state, postal_code, country, district, census_tract];
    let said = lines.iter().chain(&parts).any(Option::is_some);
    if !said {
        // A kind of address without one, or when it would hold.
        let Validity { start, end } = &address.valid;
        address.use_code.iter().for_each(|kind| context.lost(kind.span()));
        start.iter().chain(end).for_each(|time| context.lost(time.span));
    }
    said.then_some(address)
}

/// A coded part whose target is a text: the original text, else the name, else the code.
fn words<'a>(context: &mut Context<'a, '_>, component: Component<'a>) -> Option<Text<'a>> {
    let mut parts = [None; 9];
    for (slot, part) in parts.iter_mut().zip(component.subcomponents()) {
        *slot = context.text(part.part());
    }
    let [code, name, .., original] = parts;
    let taken = original.or(name).or(code)?;
    for other in parts.into_iter().flatten().filter(|other| other.span() != taken.span()) {
        context.lost(other.span());
    }
    Some(taken)
}
