//! HL7 v2 chapter 2A, XPN, extended person name.

use iomt_core::model::HumanName;

use crate::context::Context;
use crate::{Component, Repetition};

/// Reads a name; nothing where none of its parts is there.
pub(crate) fn name<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<HumanName<'a>> {
    let mut name = HumanName::default();
    for (number, component) in (1_u32..).zip(repetition.components()) {
        match number {
            1..=6 => part(context, &mut name, number, component),
            7 => name.use_code = context.text(component.part()),
            _ => context.unmapped(component.part()),
        }
    }
    name.span = repetition.span();
    is_named(&name).then_some(name)
}

/// Whether any part of a name is there.
pub(crate) fn is_named(name: &HumanName<'_>) -> bool {
    let HumanName { family, given: [first, second], prefix, suffix, degree, .. } = name;
    [family, first, second, prefix, suffix, degree].into_iter().any(Option::is_some)
}

/// Reads component `number`: family name, given name, further names, suffix, prefix, degree.
pub(crate) fn part<'a>(
    context: &mut Context<'a, '_>,
    name: &mut HumanName<'a>,
    number: u32,
    component: Component<'a>,
) {
    let slot = match number {
        1 => {
            // FN: the surname, then what it is made of.
            let mut parts = component.subcomponents();
            name.family = parts.next().and_then(|surname| context.text(surname.part()));
            return parts.for_each(|part| context.unmapped(part.part()));
        }
        2 => name.given.first_mut(),
        3 => name.given.last_mut(),
        4 => Some(&mut name.suffix),
        5 => Some(&mut name.prefix),
        _ => Some(&mut name.degree),
    };
    if let Some(slot) = slot {
        *slot = context.text(component.part());
    }
}
