//! HL7 v2 chapter 2A, XCN, extended composite id and name; CNN, the same in subcomponents.

use iomt_core::model::{Authority, HumanName, Identifier, ParticipantKey, Person, Text};

use crate::context::Context;
use crate::types::{dr, dtm, hd, xpn};
use crate::{Component, Repetition};

/// Reads and declares a person of whom nothing else is said.
pub(crate) fn declare<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<ParticipantKey> {
    context.declare("XCN", repetition, |context| {
        let person = person(context, repetition)?;
        let mut participant = context.new_participant(repetition.span());
        participant.person = Some(person);
        Some(participant)
    })
}

/// Reads a person; nothing where neither number nor name is there.
pub(crate) fn person<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Person<'a>> {
    let mut found = Found::default();
    let mut range = None;
    let name = &mut found.name;
    for (number, component) in (1_u32..).zip(repetition.components()) {
        let part = component.part();
        match number {
            1 => found.value = context.text(part),
            2..=6 => xpn::part(context, name, number.saturating_sub(1), component),
            7 => found.qualification = context.text(part),
            9 => {
                found.authority =
                    hd::authority(context, component.subcomponents().map(|s| s.part()))
            }
            10 => name.use_code = context.text(part),
            11 => found.check_digit = context.text(part),
            13 => found.type_code = context.text(part),
            17 => range = Some(component),
            18 => name.order = context.text(part),
            19 => name.valid.start = dtm::time(context, part),
            20 => name.valid.end = dtm::time(context, part),
            21 => name.professional = context.text(part),
            _ => context.unmapped(part),
        }
    }
    dr::stand_in(context, range, &mut name.valid);
    name.span = repetition.span();
    found.finish(context)
}

/// Reads a person whose parts are subcomponents.
pub(crate) fn nested<'a>(
    context: &mut Context<'a, '_>,
    component: Component<'a>,
) -> Option<Person<'a>> {
    let mut found = Found::default();
    let Found { value, authority, name, .. } = &mut found;
    for (number, part) in (1_u32..).zip(component.subcomponents().map(|s| s.part())) {
        let text = context.text(part);
        match number {
            1 => *value = text,
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
    found.finish(context)
}

/// What was read of a person.
#[derive(Default)]
struct Found<'a> {
    value: Option<Text<'a>>,
    authority: Authority<'a>,
    type_code: Option<Text<'a>>,
    check_digit: Option<Text<'a>>,
    qualification: Option<Text<'a>>,
    name: HumanName<'a>,
}

impl<'a> Found<'a> {
    fn finish(self, context: &mut Context<'a, '_>) -> Option<Person<'a>> {
        let identifier = self.value.map(|value| {
            let mut identifier = Identifier::new(value);
            (identifier.authority, identifier.type_code) = (self.authority, self.type_code);
            identifier.check_digit = self.check_digit;
            identifier.span = self.name.span;
            identifier
        });
        if identifier.is_none() {
            context.lose(&self.authority, self.type_code);
            self.check_digit.iter().for_each(|digit| context.lost(digit.span()));
        }
        let known = identifier.is_some() || xpn::is_named(&self.name);
        if !known {
            xpn::lose(context, &self.name);
            self.qualification.iter().for_each(|degree| context.lost(degree.span()));
        }
        let mut person = Person::default();
        (person.identifier, person.name) = (identifier, self.name);
        person.qualification = self.qualification;
        known.then_some(person)
    }
}
