//! Provenance: what was translated, from which message of whom, by what.

use core::fmt;

use iomt_core::model::{DateTime, Message, Precision};
use iomt_core::wire::Span;

use super::{Builder, Target};
use crate::identity::Uuid;
use crate::table::el;
use crate::tape::{NodeId, Tape};

/// What made the resources.
const ASSEMBLER: &str = concat!("iomt ", env!("CARGO_PKG_VERSION"));
const PARTICIPANT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";

impl Builder<'_> {
    /// Writes what a message says of itself: a Provenance without targets. Nothing where the
    /// message has no identifier.
    pub(crate) fn origin(&mut self, message: &Message<'_>) {
        let Some(id) = message.id else { return };
        let mark = self.tape.open(el::ROOT_PROVENANCE, message.span);
        if let Some(sent) = &message.sent {
            let moment = self.moment(sent, "Provenance.occurred");
            self.date_time(el::PROVENANCE_OCCURRED_DATE_TIME, &moment);
        }
        self.recorded();
        if let Some(kind) = message.kind {
            let activity = self.tape.open(el::PROVENANCE_ACTIVITY, kind.span());
            let coding = self.tape.open(el::CODEABLE_CONCEPT_CODING, kind.span());
            self.tape.write(el::CODING_DISPLAY, kind.span(), |w| {
                w.write_str("message - ")?;
                kind.write(w)
            });
            self.tape.close(coding);
            self.tape.close(activity);
        }
        let agent = self.tape.open(el::PROVENANCE_AGENT, Span::NONE);
        self.coded(el::PROVENANCE_AGENT_TYPE, PARTICIPANT, "assembler", Span::NONE);
        self.reference(el::PROVENANCE_AGENT_WHO, Target::Display(ASSEMBLER));
        self.tape.close(agent);
        if !message.facility.is_none() {
            let agent = self.tape.open(el::PROVENANCE_AGENT, Span::NONE);
            self.coded(el::PROVENANCE_AGENT_TYPE, PARTICIPANT, "author", Span::NONE);
            self.named(el::PROVENANCE_AGENT_WHO, Some("Organization"), &message.facility);
            self.tape.close(agent);
        }
        let entity = self.tape.open(el::PROVENANCE_ENTITY, Span::NONE);
        self.tape.text(el::PROVENANCE_ENTITY_ROLE, "source");
        let what = self.tape.open(el::PROVENANCE_ENTITY_WHAT, Span::NONE);
        let identifier = self.tape.open(el::REFERENCE_IDENTIFIER, Span::NONE);
        self.text(el::IDENTIFIER_VALUE, id);
        self.tape.close(identifier);
        self.tape.close(what);
        self.tape.close(entity);
        if !message.application.is_none() {
            let entity = self.tape.open(el::PROVENANCE_ENTITY, Span::NONE);
            self.tape.text(el::PROVENANCE_ENTITY_ROLE, "source");
            self.named(el::PROVENANCE_ENTITY_WHAT, Some("Device"), &message.application);
            self.tape.close(entity);
        }
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
        let node = target.and_then(|(kind, target)| {
            self.reference(el::PROVENANCE_TARGET, Target::Resource(kind, *target))
        });
        self.tape.splice_children(origin, root, None);
        self.tape.close(mark);
        node
    }

    /// When it was received; else when it was sent, where that has a zone; else unknown.
    fn recorded(&mut self) {
        let exact = |v: &DateTime| v.zone.is_some() && v.precision == Precision::Second;
        let element = el::PROVENANCE_RECORDED;
        match self.cx.received.or(self.cx.sent).filter(exact) {
            Some(time) => {
                self.tape.write(element, Span::NONE, |w| -> fmt::Result { time.write_iso(w) });
            }
            None => {
                let mark = self.tape.open(element, Span::NONE);
                self.absent_extension(el::ELEMENT_EXTENSION);
                self.tape.close(mark);
            }
        }
    }
}
