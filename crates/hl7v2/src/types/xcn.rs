//! HL7 v2 chapter 2A, XCN, extended composite id and name; CNN, the same in subcomponents.

use iomt_core::model::{Authority, HumanName, Identifier, ParticipantKey, Person, Text};

use crate::context::Context;
use crate::types::{hd, xpn};
use crate::{Component, Repetition};

/// Reads and declares a person of whom nothing else is said.
pub(crate) fn declare<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<ParticipantKey> {
    if let Some(known) = context.known_participant("XCN", repetition.raw()) {
        return known;
    }
    let participant = person(context, repetition).map(|person| {
        let mut participant = context.new_participant(repetition.span());
        participant.person = Some(person);
        participant
    });
    context.declare_participant("XCN", repetition.raw(), participant.as_ref())
}

/// Reads a person; nothing where neither number nor name is there.
pub(crate) fn person<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Person<'a>> {
    let (mut value, mut type_code, mut authority) = (None, None, Authority::NONE);
    let mut name = HumanName::default();
    for (number, component) in (1_u32..).zip(repetition.components()) {
        match number {
            1 => value = context.text(component.part()),
            2..=7 => xpn::part(context, &mut name, number.saturating_sub(1), component),
            9 => authority = hd::authority(context, component.subcomponents().map(|s| s.part())),
            10 => name.use_code = context.text(component.part()),
            13 => type_code = context.text(component.part()),
            _ => context.unmapped(component.part()),
        }
    }
    name.span = repetition.span();
    finish(context, value, type_code, authority, name)
}

/// Reads a person whose parts are subcomponents.
pub(crate) fn nested<'a>(
    context: &mut Context<'a, '_>,
    component: Component<'a>,
) -> Option<Person<'a>> {
    let (mut value, mut authority) = (None, Authority::NONE);
    let mut name = HumanName::default();
    for (number, part) in (1_u32..).zip(component.subcomponents().map(|s| s.part())) {
        let text = context.text(part);
        match number {
            1 => value = text,
            2 => name.family = text,
            3 => name.given = [text, None],
            4 => name.given = [name.given.first().copied().flatten(), text],
            5 => name.suffix = text,
            6 => name.prefix = text,
            7 => name.degree = text,
            9 => authority.namespace = text,
            10 => authority.universal_id = text,
            11 => authority.universal_id_type = text,
            _ => context.unmapped(part),
        }
    }
    name.span = component.span();
    finish(context, value, None, authority, name)
}

fn finish<'a>(
    context: &mut Context<'a, '_>,
    value: Option<Text<'a>>,
    type_code: Option<Text<'a>>,
    authority: Authority<'a>,
    name: HumanName<'a>,
) -> Option<Person<'a>> {
    let identifier = value.map(|value| {
        let mut identifier = Identifier::new(value);
        (identifier.authority, identifier.type_code) = (authority, type_code);
        identifier.span = name.span;
        identifier
    });
    if identifier.is_none() {
        context.lose(&authority, type_code);
    }
    let known = identifier.is_some() || xpn::is_named(&name);
    let mut person = Person::default();
    (person.identifier, person.name) = (identifier, name);
    known.then_some(person)
}
