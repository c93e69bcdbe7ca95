//! Persons and the organization that they act for, which HL7 v2 spreads over several fields.

use iomt_core::model::{Performer, Role};

use crate::Field;
use crate::context::Context;
use crate::types::{xad, xcn, xon, xtn};

/// The fields.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fields<'a> {
    /// XCN.
    pub(crate) persons: Option<Field<'a>>,
    /// XAD of the first person.
    pub(crate) address: Option<Field<'a>>,
    /// XON.
    pub(crate) organizations: Option<Field<'a>>,
    /// XAD of the first organization.
    pub(crate) organization_address: Option<Field<'a>>,
    /// XTN of the first organization.
    pub(crate) organization_telecom: Option<Field<'a>>,
}

/// The numbers of these fields in their segment, 0 for those that it does not have.
#[derive(Clone, Copy)]
pub(crate) struct Numbers {
    pub(crate) persons: u16,
    pub(crate) address: u16,
    pub(crate) organizations: u16,
    pub(crate) organization_address: u16,
    pub(crate) organization_telecom: u16,
}

impl<'a> Fields<'a> {
    /// Takes a field that is one of them.
    pub(crate) fn take(&mut self, numbers: Numbers, number: u16, field: Field<'a>) -> bool {
        let slot = match number {
            n if n == numbers.persons => &mut self.persons,
            n if n == numbers.address => &mut self.address,
            n if n == numbers.organizations => &mut self.organizations,
            n if n == numbers.organization_address => &mut self.organization_address,
            n if n == numbers.organization_telecom => &mut self.organization_telecom,
            _ => return false,
        };
        *slot = Some(field);
        true
    }

    const fn is_none(&self) -> bool {
        let Self { persons, address, organizations, organization_address, organization_telecom } =
            self;
        persons.is_none()
            && address.is_none()
            && organizations.is_none()
            && organization_address.is_none()
            && organization_telecom.is_none()
    }

    /// Declares the first person for the first organization, and everybody else alone.
    pub(crate) fn declare(
        self,
        context: &mut Context<'a, '_>,
        numbers: Numbers,
        role: Role,
        organization_role: Role,
        into: &mut alloc::vec::Vec<Performer>,
    ) {
        if self.is_none() {
            // The keys of those that follow count it.
            return context.skip_participant();
        }
        let spread = self.address.or(self.organization_address).or(self.organization_telecom);
        if spread.is_none() && self.persons.is_none() != self.organizations.is_none() {
            if let Some(field) = self.persons {
                context.at(numbers.persons);
                context.performers(role, field, xcn::declare, into);
            }
            if let Some(field) = self.organizations {
                context.at(numbers.organizations);
                context.performers(organization_role, field, xon::declare, into);
            }
            return;
        }
        let mut persons = self.persons.into_iter().flat_map(|field| field.valued());
        let mut organizations = self.organizations.into_iter().flat_map(|field| field.valued());
        let mut participant = context.new_participant(iomt_core::wire::Span::NONE);
        context.at(numbers.address);
        let address = self.address.map(|field| context.first(field));
        let address = address.and_then(|repetition| xad::address(context, repetition));
        context.at(numbers.organization_address);
        let place = self.organization_address.map(|field| context.first(field));
        let place = place.and_then(|repetition| xad::address(context, repetition));
        context.at(numbers.organization_telecom);
        let telecom = self.organization_telecom.map(|field| context.first(field));
        let telecom = telecom.and_then(|repetition| xtn::telecom(context, repetition, Some("WPN")));
        context.at(numbers.persons);
        participant.person = persons.next().and_then(|repetition| {
            participant.span = repetition.span();
            xcn::person(context, repetition)
        });
        match &mut participant.person {
            Some(person) => person.addresses = address.as_slice(),
            None => address.iter().for_each(|address| context.lost(address.span)),
        }
        context.at(numbers.organizations);
        participant.organization = organizations.next().and_then(|repetition| {
            if !participant.span.is_some() {
                participant.span = repetition.span();
            }
            xon::organization(context, repetition)
        });
        match &mut participant.organization {
            Some(organization) => {
                organization.addresses = place.as_slice();
                organization.telecoms = telecom.as_slice();
            }
            None => {
                place.iter().for_each(|place| context.lost(place.span));
                telecom.iter().for_each(|telecom| context.lost(telecom.span));
            }
        }
        if participant.person.is_some() || participant.organization.is_some() {
            let role = if participant.person.is_some() { role } else { organization_role };
            let span = participant.span;
            let performer = Performer { role, participant: participant.key, span };
            context.sink.participant(&participant);
            into.push(performer);
        }
        context.at(numbers.persons);
        for repetition in persons {
            context.performer(role, repetition, xcn::declare, into);
        }
        context.at(numbers.organizations);
        for repetition in organizations {
            context.performer(organization_role, repetition, xon::declare, into);
        }
    }
}
