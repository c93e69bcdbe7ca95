//! HL7 v2 chapter 2A, XON, extended name and identification number of an organization.

use iomt_core::model::{Authority, Identifier, Organization, ParticipantKey, Text};

use crate::Repetition;
use crate::context::Context;
use crate::types::hd;

/// Reads and declares an organization of which nothing else is said.
pub(crate) fn declare<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<ParticipantKey> {
    context.declare("XON", repetition, |context| {
        let organization = organization(context, repetition)?;
        let mut participant = context.new_participant(repetition.span());
        participant.organization = Some(organization);
        Some(participant)
    })
}

/// Reads an organization; nothing where neither number nor name is there.
pub(crate) fn organization<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Organization<'a>> {
    let (mut name, mut number, mut type_code) = (None, None, None);
    let (mut authority, mut check_digit) = (Authority::NONE, None);
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
            4 => check_digit = context.text(component.part()),
            6 => authority = hd::authority(context, component.subcomponents().map(|s| s.part())),
            7 => type_code = context.text(component.part()),
            _ => context.unmapped(component.part()),
        }
    }
    let identifier = number.map(|(value, _)| {
        let mut identifier = Identifier::new(value);
        (identifier.authority, identifier.type_code) = (authority, type_code);
        identifier.check_digit = check_digit;
        identifier.span = repetition.span();
        identifier
    });
    if identifier.is_none() {
        context.lose(&authority, type_code);
        check_digit.iter().for_each(|digit| context.lost(digit.span()));
    }
    let known = identifier.is_some() || name.is_some();
    let mut organization = Organization::default();
    (organization.identifier, organization.name) = (identifier, name);
    known.then_some(organization)
}

/// Reads the name of an organization, else its number, for a target that has one text.
pub(crate) fn named<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Text<'a>> {
    let found = organization(context, repetition)?;
    if let Some(number) = &found.identifier {
        context.lose(&number.authority, number.type_code);
        number.check_digit.iter().for_each(|digit| context.lost(digit.span()));
        if found.name.is_some() {
            context.lost(number.value.span());
        }
    }
    found.name.or(found.identifier.map(|number| number.value))
}

/// Reads and declares an organization that a CWE names: a code of a system, and its name.
pub(crate) fn coded<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<ParticipantKey> {
    context.declare("CWE", repetition, |context| {
        let (mut value, mut organization) = (None, Organization::default());
        let mut authority = Authority::NONE;
        for (number, component) in (1_u32..).zip(repetition.components()) {
            let part = component.part();
            match number {
                1 => value = context.text(part),
                2 => organization.name = context.text(part),
                3 => authority.namespace = context.text(part),
                _ => context.unmapped(part),
            }
        }
        organization.identifier = value.map(|value| {
            let mut identifier = Identifier::new(value);
            (identifier.authority, identifier.span) = (authority, repetition.span());
            identifier
        });
        if organization.identifier.is_none() {
            authority.namespace.iter().for_each(|name| context.lost(name.span()));
        }
        let known = organization.identifier.is_some() || organization.name.is_some();
        known.then(|| {
            let mut participant = context.new_participant(repetition.span());
            participant.organization = Some(organization);
            participant
        })
    })
}
