//! HL7 v2 chapter 2A, XPN, extended person name.

use alloc::vec::Vec;

use iomt_core::model::{FamilyParts, HumanName, Text, Validity};

use crate::context::Context;
use crate::types::{dr, dtm};
use crate::{Component, Repetition};

/// Reads a name and the one by which the person is called, XPN.15, into `names`; nothing where none
/// of its parts is there.
pub(crate) fn names<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
    names: &mut Vec<HumanName<'a>>,
) {
    let mut name = HumanName::default();
    let called = read(context, repetition, &mut name);
    if is_named(&name) {
        names.push(name);
    } else if called.is_none() {
        // A use or a degree of nobody.
        context.lost(repetition.span());
    } else {
        lose(context, &name);
    }
    if let Some(called) = called {
        let mut nickname = HumanName::default();
        nickname.given = [Some(called), None];
        nickname.use_code = Some(Text::literal("N"));
        nickname.span = called.span();
        names.push(nickname);
    }
}

/// Reads a name alone; nothing where none of its parts is there.
pub(crate) fn name<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<HumanName<'a>> {
    let mut name = HumanName::default();
    let called = read(context, repetition, &mut name);
    if let Some(called) = called {
        context.lost(called.span());
    }
    if !is_named(&name) {
        context.lost(repetition.span());
    }
    is_named(&name).then_some(name)
}

fn read<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
    name: &mut HumanName<'a>,
) -> Option<Text<'a>> {
    let (mut range, mut called) = (None, None);
    for (number, component) in (1_u32..).zip(repetition.components()) {
        let part = component.part();
        match number {
            1..=6 => self::part(context, name, number, component),
            7 => name.use_code = context.text(part),
            10 => range = Some(component),
            11 => name.order = context.text(part),
            12 => name.valid.start = dtm::time(context, part),
            13 => name.valid.end = dtm::time(context, part),
            14 => name.professional = context.text(part),
            15 => called = context.text(part),
            _ => context.unmapped(part),
        }
    }
    dr::stand_in(context, range, &mut name.valid);
    name.span = repetition.span();
    called
}

/// Whether any part of a name is there.
pub(crate) fn is_named(name: &HumanName<'_>) -> bool {
    let HumanName { family, family_parts, given: [first, second], prefix, suffix, .. } = name;
    let FamilyParts { own_prefix, own, partner_prefix, partner } = family_parts;
    let (degree, professional) = (&name.degree, &name.professional);
    [family, first, second, prefix, suffix, degree, professional]
        .into_iter()
        .chain([own_prefix, own, partner_prefix, partner])
        .any(Option::is_some)
}

/// Says that what goes with a name is not mapped: there is no name.
pub(crate) fn lose(context: &mut Context<'_, '_>, name: &HumanName<'_>) {
    let HumanName { use_code, order, valid: Validity { start, end }, .. } = name;
    use_code.iter().chain(order).for_each(|part| context.lost(part.span()));
    start.iter().chain(end).for_each(|time| context.lost(time.span));
}

/// Reads component `number`: family name, given name, further names, suffix, prefix, degree.
pub(crate) fn part<'a>(
    context: &mut Context<'a, '_>,
    name: &mut HumanName<'a>,
    number: u32,
    component: Component<'a>,
) {
    let slot = match number {
        1 => return family(context, name, component),
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

/// Reads FN: the surname, then what it is made of.
fn family<'a>(context: &mut Context<'a, '_>, name: &mut HumanName<'a>, component: Component<'a>) {
    let parts = &mut name.family_parts;
    for (number, part) in (1_u32..).zip(component.subcomponents().map(|s| s.part())) {
        let slot = match number {
            1 => &mut name.family,
            2 => &mut parts.own_prefix,
            3 => &mut parts.own,
            4 => &mut parts.partner_prefix,
            5 => &mut parts.partner,
            _ => {
                context.unmapped(part);
                continue;
            }
        };
        *slot = context.text(part);
    }
}
