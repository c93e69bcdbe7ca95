//! Practitioner, Organization, PractitionerRole.

use iomt_core::model::{Identifier, Organization, Participant, Person};
use iomt_core::wire::Span;

use super::{Builder, Target, maps, organization_span};
use crate::identity::Uuid;
use crate::table::el;

impl Builder<'_> {
    pub(crate) fn practitioner(
        &mut self,
        identifier: &Identifier<'_>,
        person: &Person<'_>,
        id: Uuid,
    ) {
        let mark = self.resource(el::ROOT_PRACTITIONER, el::PRACTITIONER_ID, id, identifier.span);
        self.meta(el::PRACTITIONER_META, None);
        self.identifier(el::PRACTITIONER_IDENTIFIER, identifier);
        self.own_identifier(el::PRACTITIONER_IDENTIFIER, id);
        self.human_name(el::PRACTITIONER_NAME, &person.name);
        for address in person.addresses {
            self.address(el::PRACTITIONER_ADDRESS, address);
        }
        if let Some(degree) = person.qualification {
            let one = self.tape.open(el::PRACTITIONER_QUALIFICATION, degree.span());
            let code = self.tape.open(el::PRACTITIONER_QUALIFICATION_CODE, degree.span());
            match maps::look_up_coded(maps::DEGREE, degree) {
                Some((system, target)) => {
                    self.code(el::CODEABLE_CONCEPT_CODING, system, target, degree.span());
                }
                None => self.text(el::CODEABLE_CONCEPT_TEXT, degree),
            }
            self.tape.close(code);
            self.tape.close(one);
        }
        self.tape.close(mark);
    }

    pub(crate) fn organization(
        &mut self,
        organization: &Organization<'_>,
        id: Uuid,
        participant: &Participant<'_>,
    ) {
        let root = el::ROOT_ORGANIZATION;
        let mark = self.resource(root, el::ORGANIZATION_ID, id, participant.span);
        self.meta(el::ORGANIZATION_META, None);
        if let Some(identifier) = &organization.identifier {
            self.identifier(el::ORGANIZATION_IDENTIFIER, identifier);
        }
        self.own_identifier(el::ORGANIZATION_IDENTIFIER, id);
        for kind in organization.kinds {
            self.concept(el::ORGANIZATION_TYPE, kind);
        }
        if let Some(name) = organization.name {
            self.text(el::ORGANIZATION_NAME, name);
        }
        for telecom in organization.telecoms {
            self.telecom(el::ORGANIZATION_TELECOM, telecom);
        }
        for address in organization.addresses {
            self.address(el::ORGANIZATION_ADDRESS, address);
        }
        self.tape.close(mark);
    }

    /// A person for an organization, or in a function, at a place, for a time.
    pub(crate) fn practitioner_role(
        &mut self,
        participant: &Participant<'_>,
        id: Uuid,
        person: Option<Target<'_>>,
        organization: Option<Target<'_>>,
        location: Option<Target<'_>>,
    ) {
        let root = el::ROOT_PRACTITIONER_ROLE;
        let mark = self.resource(root, el::PRACTITIONER_ROLE_ID, id, participant.span);
        self.meta(el::PRACTITIONER_ROLE_META, None);
        for identifier in participant.identifiers {
            self.identifier(el::PRACTITIONER_ROLE_IDENTIFIER, identifier);
        }
        self.own_identifier(el::PRACTITIONER_ROLE_IDENTIFIER, id);
        let place = "PractitionerRole.period";
        let start = participant.start.map(|time| self.moment(&time, place));
        let end = participant.end.map(|time| self.moment(&time, place));
        self.period(el::PRACTITIONER_ROLE_PERIOD, start.as_ref(), end.as_ref());
        if let Some(target) = person {
            let span = participant.person.map_or(Span::NONE, |person| person.name.span);
            self.reference_at(el::PRACTITIONER_ROLE_PRACTITIONER, target, span);
        }
        if let Some(target) = organization {
            let span = participant.organization.as_ref().map_or(Span::NONE, organization_span);
            self.reference_at(el::PRACTITIONER_ROLE_ORGANIZATION, target, span);
        }
        for function in participant.functions {
            self.concept(el::PRACTITIONER_ROLE_CODE, function);
        }
        for specialty in participant.specialties {
            self.concept(el::PRACTITIONER_ROLE_SPECIALTY, specialty);
        }
        if let (Some(location), Some((_, span))) = (location, participant.location) {
            self.reference_at(el::PRACTITIONER_ROLE_LOCATION, location, span);
        }
        for telecom in participant.telecoms {
            self.telecom(el::PRACTITIONER_ROLE_TELECOM, telecom);
        }
        self.tape.close(mark);
    }
}
