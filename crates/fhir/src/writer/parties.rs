//! Who takes part: persons by number, practitioners, organizations.

use core::fmt::Write;

use iomt_core::DiagnosticCode;
use iomt_core::model::{Performer, PersonIndex, Role};
use iomt_core::wire::Span;

use super::builder;
use super::mapping::Mapping;
use super::render::{Fate, Request, write_search};
use super::session::{Entry, Refer};
use crate::identity::Name;
use crate::policy::{Party, identity, role};

/// The bytes that name somebody.
fn span(performer: &Performer<'_>) -> Span {
    match performer {
        Performer::Person { identifier, name, .. } => {
            identifier.map_or(Span::NONE, |i| i.span).to(name.span)
        }
        Performer::Organization { identifier, name, .. } => {
            let name = name.map_or(Span::NONE, |n| n.span());
            identifier.map_or(Span::NONE, |i| i.span).to(name)
        }
    }
}

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

    /// Resolves those who take part into `parties`; writes their resources.
    pub(super) fn resolve_parties(&mut self, performers: &[Performer<'_>], all: bool) {
        self.w.parties.clear();
        self.w.names.clear();
        for performer in performers {
            let interprets = role(performer) == Role::Interpreter;
            if role(performer) == Role::Orderer && !all {
                // R4 has the orderer on the ServiceRequest alone.
                self.tell(DiagnosticCode::FieldNotMapped, span(performer), "DiagnosticReport");
                continue;
            }
            if let Some(party) = self.party(performer) {
                self.w.parties.push((party, interprets));
            }
        }
    }

    /// Resolves those who take part, whatever their role, into `performers`; writes their resources.
    pub(super) fn resolve_performers(&mut self, performers: &[Performer<'_>]) {
        self.resolve_parties(performers, true);
        self.w.performers.clear();
        self.w.performers.extend(self.w.parties.iter().map(|(party, _)| *party));
    }

    fn party(&mut self, performer: &Performer<'_>) -> Option<Party> {
        let sender = self.w.cx.sender;
        self.w.search.clear();
        let (kind, id) = match performer {
            Performer::Person { identifier: Some(number), name, .. } => {
                let id = identity(&self.w.cx, "Practitioner", number);
                write_search(&self.w.cx, number, &mut self.w.search);
                self.w.extra.clear();
                builder!(self.w, extra).practitioner(number, name, id);
                ("Practitioner", id)
            }
            Performer::Organization { identifier, name, .. } => {
                let id = match (identifier, name) {
                    (Some(number), _) => {
                        write_search(&self.w.cx, number, &mut self.w.search);
                        identity(&self.w.cx, "Organization", number)
                    }
                    (None, Some(_)) => Name::new("Organization").uuid(sender).text(*name).finish(),
                    (None, None) => return None,
                };
                self.w.extra.clear();
                builder!(self.w, extra).organization(identifier.as_ref(), *name, id);
                ("Organization", id)
            }
            // A name alone names nobody for sure: no resource is made of it.
            Performer::Person { identifier: None, name, .. } => {
                let start = self.w.names.len();
                let given = name.prefix.iter().chain(name.given.iter().flatten());
                for part in given.chain(&name.family).chain(&name.suffix).chain(&name.degree) {
                    if self.w.names.len() > start {
                        self.w.names.push(' ');
                    }
                    let _ = part.write(&mut self.w.names);
                }
                let end = self.w.names.len();
                return (end > start).then_some(Party::Display(start, end));
            }
        };
        self.tell_notes();
        let tape = core::mem::take(&mut self.w.extra);
        let search = core::mem::take(&mut self.w.search);
        let fate = match self.w.message.ids.get(&id).copied() {
            Some(before) => {
                self.compare(kind, &tape, before);
                Fate::Written
            }
            None => {
                let (request, ordinal) = (Request::CreateIfNone(&search), self.session.ordinal);
                self.w.finish(&tape, (kind, id), request, ordinal, self.output)
            }
        };
        (self.w.extra, self.w.search) = (tape, search);
        if fate == Fate::Left {
            return None;
        }
        Some(Party::Resource(kind, id))
    }
}
