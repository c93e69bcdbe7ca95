//! HL7 v2 chapter 2A, XON, extended name and identification number of an organization.

use iomt_core::model::{Authority, Identifier, Performer, Role};

use crate::Repetition;
use crate::context::Context;
use crate::types::hd;

/// Reads an organization; nothing where neither number nor name is there.
pub(crate) fn organization<'a>(
    context: &mut Context<'a, '_>,
    role: Role,
    repetition: Repetition<'a>,
) -> Option<Performer<'a>> {
    let (mut name, mut number, mut type_code) = (None, None, None);
    let mut authority = Authority::NONE;
    for (position, component) in (1_u32..).zip(repetition.components()) {
        match position {
            1 => name = context.text(component.part()),
            // The identifier of 2.5 and later, then the number of older versions.
            10 => match (context.text(component.part()), number) {
                (Some(identifier), Some((_, older))) => {
                    context.unmapped(older);
                    number = Some((identifier, component.part()));
                }
                (Some(identifier), None) => number = Some((identifier, component.part())),
                (None, _) => {}
            },
            3 => number = context.text(component.part()).map(|text| (text, component.part())),
            6 => authority = hd::authority(context, component.subcomponents().map(|s| s.part())),
            7 => type_code = context.text(component.part()),
            _ => context.unmapped(component.part()),
        }
    }
    let identifier = number.map(|(value, _)| {
        let mut identifier = Identifier::new(value);
        (identifier.authority, identifier.type_code) = (authority, type_code);
        identifier.span = repetition.span();
        identifier
    });
    let known = identifier.is_some() || name.is_some();
    known.then_some(Performer::Organization { role, identifier, name })
}
