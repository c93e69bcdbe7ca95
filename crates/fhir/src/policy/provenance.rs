//! Provenance: what was translated, from which message of whom, by what.

use iomt_core::model::{Header, Patient};
use iomt_core::wire::Span;

use super::header::{organization_span, whole_span};
use super::time::is_instant;
use super::{Builder, Target};
use crate::identity::Uuid;
use crate::table::el;
use crate::tape::{NodeId, Tape};

/// What made the resources.
const ASSEMBLER: Target<'static> = Target::Display(concat!("iomt ", env!("CARGO_PKG_VERSION")));
const ACTIVITY: &str =
    "http://hl7.org/fhir/uv/v2mappings/CodeSystem/provenance-activity-type-v2-to-fhir";
const DATA_OPERATION: &str = "http://terminology.hl7.org/CodeSystem/v3-DataOperation";
const PARTICIPANT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";

impl Builder<'_> {
    /// Writes what a message says of itself: a Provenance without targets. Nothing where the
    /// message has no identifier. `sources` are the software that it was made with.
    pub(crate) fn origin<'t>(
        &mut self,
        header: &Header<'_>,
        responsible: Option<Target<'_>>,
        sources: impl Iterator<Item = Target<'t>>,
    ) {
        let message = &header.message;
        let Some(id) = message.id else { return };
        let mark = self.tape.open(el::ROOT_PROVENANCE, message.span);
        if let Some(sent) = &message.sent {
            let moment = self.moment(sent, "Provenance.occurred");
            self.date_time(el::PROVENANCE_OCCURRED_DATE_TIME, &moment);
        }
        self.recorded(message.sent.map_or(Span::NONE, |sent| sent.span));
        let activity = self.tape.open(el::PROVENANCE_ACTIVITY, Span::NONE);
        self.code(el::CODEABLE_CONCEPT_CODING, ACTIVITY, "v2-fhir-transformation", Span::NONE);
        if let Some(kind) = message.kind {
            let coding = self.tape.open(el::CODEABLE_CONCEPT_CODING, kind.span());
            self.tape.write(el::CODING_DISPLAY, kind.span(), |w| {
                w.write_str("message - ")?;
                kind.write(w)
            });
            self.tape.close(coding);
        }
        self.tape.close(activity);
        self.agent("assembler", |b| b.reference(el::PROVENANCE_AGENT_WHO, ASSEMBLER));
        if !message.facility.is_none() {
            self.agent("author", |b| {
                b.named(el::PROVENANCE_AGENT_WHO, Some("Organization"), &message.facility);
            });
        }
        if let (Some(target), Some(said)) = (responsible, &header.responsible) {
            let span = organization_span(said);
            self.agent("author", |b| b.reference_at(el::PROVENANCE_AGENT_WHO, target, span));
        }
        self.entity(|b| {
            let what = b.tape.open(el::PROVENANCE_ENTITY_WHAT, Span::NONE);
            let identifier = b.tape.open(el::REFERENCE_IDENTIFIER, Span::NONE);
            let node = b.tape.write(el::IDENTIFIER_VALUE, id.span(), |w| id.write(w));
            b.free_name(node);
            b.tape.close(identifier);
            b.tape.close(what);
        });
        if !message.application.is_none() {
            self.entity(|b| {
                b.named(el::PROVENANCE_ENTITY_WHAT, Some("Device"), &message.application);
            });
        }
        for source in sources {
            self.entity(|b| _ = b.reference(el::PROVENANCE_ENTITY_WHAT, source));
        }
        self.tape.close(mark);
    }

    fn agent<T>(&mut self, kind: &'static str, who: impl FnOnce(&mut Self) -> T) {
        let agent = self.tape.open(el::PROVENANCE_AGENT, Span::NONE);
        self.coded(el::PROVENANCE_AGENT_TYPE, PARTICIPANT, kind, Span::NONE);
        who(self);
        self.tape.close(agent);
    }

    /// What the resources were made from.
    fn entity(&mut self, what: impl FnOnce(&mut Self)) {
        let entity = self.tape.open(el::PROVENANCE_ENTITY, Span::NONE);
        self.tape.text(el::PROVENANCE_ENTITY_ROLE, "source");
        what(self);
        self.tape.close(entity);
    }

    /// Writes the last change of a person, whose resource is `target`.
    pub(crate) fn update(&mut self, id: Uuid, target: Target<'_>, patient: &Patient<'_>) {
        let updated = patient.updated.map_or(Span::NONE, |time| time.span);
        let span = updated.to(whole_span(&patient.updated_by));
        let mark = self.resource(el::ROOT_PROVENANCE, el::PROVENANCE_ID, id, span);
        self.meta(el::PROVENANCE_META, None);
        self.reference(el::PROVENANCE_TARGET, target);
        if let Some(time) = &patient.updated {
            let moment = self.moment(time, "Provenance.occurred");
            self.date_time(el::PROVENANCE_OCCURRED_DATE_TIME, &moment);
        }
        self.recorded(Span::NONE);
        self.coded(el::PROVENANCE_ACTIVITY, DATA_OPERATION, "UPDATE", Span::NONE);
        self.agent("performer", |b| {
            let who = el::PROVENANCE_AGENT_WHO;
            if patient.updated_by.is_none() {
                let mark = b.tape.open(who, Span::NONE);
                b.absent_extension(el::REFERENCE_EXTENSION);
                b.tape.close(mark);
            } else {
                b.named(who, Some("Organization"), &patient.updated_by);
            }
        });
        self.tape.close(mark);
    }

    /// Writes the Provenance of `target`, of which `origin` says the rest; gives where the target
    /// stands.
    pub(crate) fn provenance(
        &mut self,
        id: Uuid,
        target: Option<&(&'static str, Uuid)>,
        origin: &Tape,
    ) -> Option<NodeId> {
        let root = origin.root()?;
        let mark = self.resource(el::ROOT_PROVENANCE, el::PROVENANCE_ID, id, origin.span_of(root));
        self.meta(el::PROVENANCE_META, None);
        let node = target.and_then(|(kind, target)| {
            self.reference(el::PROVENANCE_TARGET, Target::Resource(kind, *target))
        });
        self.tape.splice_children(origin, root, None);
        self.tape.close(mark);
        node
    }

    /// When it was received; else when it was sent, which `sent` says, where that has a zone; else
    /// unknown.
    fn recorded(&mut self, sent: Span) {
        let element = el::PROVENANCE_RECORDED;
        let span = if self.cx.received.is_some() { Span::NONE } else { sent };
        match self.cx.received.or(self.cx.sent).filter(is_instant) {
            Some(time) => {
                let node = self.tape.write(element, span, |w| time.write_iso(w));
                self.tape.free(node);
            }
            None => {
                let mark = self.tape.open(element, Span::NONE);
                self.absent_extension(el::ELEMENT_EXTENSION);
                self.tape.close(mark);
            }
        }
    }
}
