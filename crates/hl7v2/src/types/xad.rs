//! HL7 v2 chapter 2A, XAD, extended address.

use iomt_core::model::Address;

use crate::Repetition;
use crate::context::Context;

/// Reads an address; nothing where none of its parts is there.
pub(crate) fn address<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Address<'a>> {
    let mut address = Address::default();
    for (number, component) in (1_u32..).zip(repetition.components()) {
        let part = component.part();
        match number {
            1 => {
                // SAD: street or mailing address, then what it is made of.
                let mut parts = component.subcomponents();
                let street = parts.next().and_then(|street| context.text(street.part()));
                address.lines = [street, None];
                parts.for_each(|part| context.unmapped(part.part()));
            }
            2 => address.lines = [address.lines.first().copied().flatten(), context.text(part)],
            3 => address.city = context.text(part),
            4 => address.state = context.text(part),
            5 => address.postal_code = context.text(part),
            6 => address.country = context.text(part),
            7 => address.use_code = context.text(part),
            9 => address.district = context.text(part),
            _ => context.unmapped(part),
        }
    }
    address.span = repetition.span();
    let Address { lines: [first, second], city, state, postal_code, country, district, .. } =
        address;
    let parts = [first, second, city, state, postal_code, country, district];
    parts.iter().any(Option::is_some).then_some(address)
}
