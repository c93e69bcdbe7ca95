//! Who takes part: persons by number, practitioners, organizations.

use core::fmt::Write;

use iomt_core::DiagnosticCode;
use iomt_core::model::{Organization, Participant, Person, PersonIndex};
use iomt_core::wire::Span;

use super::builder;
use super::mapping::Mapping;
use super::render::write_search;
use super::session::{Entry, Kind, Refer};
use crate::identity::Name;
use crate::policy::write_name;

impl Mapping<'_> {
    /// A person of whom the caller knows who it is.
    pub(super) fn person(&mut self, index: PersonIndex, entry: &mut Entry, span: Span) {
        let config = &self.w.cx.config;
        let reference = match index {
            PersonIndex::Known(number) => config.persons.get(&number),
            PersonIndex::Unknown if config.persons.is_empty() => config.subject.as_ref(),
            PersonIndex::Unknown => None,
        };
        if let Some(reference) = reference {
            entry.text.push_str(reference);
            entry.refer = Refer::External;
            return;
        }
        match index {
            PersonIndex::Known(number) => {
                // Writing into a String does not fail.
                let _ = write!(entry.text, "person {number}");
            }
            PersonIndex::Unknown => entry.text.push_str("person unknown"),
        }
        entry.refer = Refer::Display;
        self.unidentified(span);
    }

    /// A person is a Practitioner, an organization an Organization; of a person for an
    /// organization, or in a function, at a place, for a time, a PractitionerRole is made.
    pub(super) fn declare_participant(&mut self, participant: &Participant<'_>) {
        let person = participant.person.as_ref().map(|person| self.practitioner(person));
        let organization = participant.organization.as_ref();
        let organization = organization.and_then(|o| self.organization(o, participant));
        let more = participant.location.is_some()
            || participant.start.is_some()
            || participant.end.is_some()
            || !participant.functions.is_empty()
            || !participant.specialties.is_empty()
            || !participant.telecoms.is_empty()
            || !participant.identifiers.is_empty();
        let entry = match (person, organization) {
            (Some(person), None) if !more => person,
            (None, Some(organization)) if !more => organization,
            (person, organization) => self.practitioner_role(participant, person, organization),
        };
        self.keep(Kind::Participant, participant.key.0, entry);
    }

    /// Without a number, a name alone names nobody for sure: no resource is made of it.
    fn practitioner(&mut self, person: &Person<'_>) -> Entry {
        let mut entry = self.session.spare(Kind::Participant);
        let Some(number) = &person.identifier else {
            entry.refer = Refer::Display;
            // Writing into a String does not fail.
            let _ = write_name(&person.name, &mut entry.text);
            if let Some(degree) = person.qualification {
                if !entry.text.is_empty() {
                    entry.text.push(' ');
                }
                let _ = degree.write(&mut entry.text);
            }
            for address in person.addresses {
                self.tell(DiagnosticCode::FieldNotMapped, address.span, "Practitioner.address");
            }
            return entry;
        };
        entry.refer = Refer::Resource;
        entry.id = self.w.identity("Practitioner", number);
        write_search(&self.w.cx, number, &mut entry.search);
        builder!(self.w => &mut entry.tape).practitioner(number, person, entry.id);
        self.tell_notes();
        self.write_searched(&mut entry);
        entry
    }

    pub(super) fn organization(
        &mut self,
        organization: &Organization<'_>,
        participant: &Participant<'_>,
    ) -> Option<Entry> {
        let mut entry = self.session.spare(Kind::Participant);
        entry.resource = "Organization";
        entry.refer = Refer::Resource;
        entry.id = match (&organization.identifier, organization.name) {
            (Some(number), _) => {
                write_search(&self.w.cx, number, &mut entry.search);
                self.w.identity("Organization", number)
            }
            (None, name @ Some(_)) => {
                Name::new("Organization").uuid(self.w.cx.sender).text(name).finish()
            }
            (None, None) => return None,
        };
        builder!(self.w => &mut entry.tape).organization(organization, entry.id, participant);
        self.tell_notes();
        self.write_searched(&mut entry);
        Some(entry)
    }

    fn practitioner_role(
        &mut self,
        participant: &Participant<'_>,
        person: Option<Entry>,
        organization: Option<Entry>,
    ) -> Entry {
        let mut entry = self.session.spare(Kind::Participant);
        entry.resource = "PractitionerRole";
        entry.refer = Refer::Resource;
        let location = participant.location;
        let location = location.and_then(|(key, _)| self.session.entry(Kind::Location, key.0));
        let mut name = Name::new("PractitionerRole");
        name.uuid(self.w.cx.sender);
        for part in [person.as_ref(), organization.as_ref(), location] {
            match part {
                Some(part) => name.uuid(part.id).str(&part.text),
                None => name.none(),
            };
        }
        for concept in participant.functions.iter().chain(participant.specialties) {
            name.concept(concept);
        }
        for time in [&participant.start, &participant.end] {
            match time {
                Some(time) => name.time(time),
                None => name.none(),
            };
        }
        entry.id = name.finish();
        let [person, organization] = [&person, &organization].map(|e| e.as_ref());
        builder!(self.w => &mut entry.tape).practitioner_role(
            participant,
            entry.id,
            person.and_then(Entry::target),
            organization.and_then(Entry::target),
            location.and_then(Entry::target),
        );
        self.tell_notes();
        self.write_searched(&mut entry);
        entry
    }
}
