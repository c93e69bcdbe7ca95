//! Provenance: what was translated, from which message, by what.

use core::fmt;

use iomt_core::model::{DateTime, Precision};
use iomt_core::wire::Span;

use super::{Builder, Target};
use crate::identity::Uuid;
use crate::table::el;
use crate::tape::NodeId;

/// What made the resources.
const ASSEMBLER: &str = concat!("iomt ", env!("CARGO_PKG_VERSION"));

impl Builder<'_> {
    /// Writes the Provenance of `target` from the message of this id; gives where the target stands.
    pub(crate) fn provenance(
        &mut self,
        id: Uuid,
        target: Option<&(&'static str, Uuid)>,
        message: &str,
        span: Span,
    ) -> Option<NodeId> {
        let mark = self.resource(el::ROOT_PROVENANCE, el::PROVENANCE_ID, id, span);
        let node = target.and_then(|(kind, target)| {
            self.reference(el::PROVENANCE_TARGET, Target::Resource(kind, *target))
        });
        self.recorded();
        let agent = self.tape.open(el::PROVENANCE_AGENT, Span::NONE);
        self.coded(
            el::PROVENANCE_AGENT_TYPE,
            "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
            "assembler",
            Span::NONE,
        );
        self.reference(el::PROVENANCE_AGENT_WHO, Target::Display(ASSEMBLER));
        self.tape.close(agent);
        let entity = self.tape.open(el::PROVENANCE_ENTITY, Span::NONE);
        self.tape.text(el::PROVENANCE_ENTITY_ROLE, "source");
        let what = self.tape.open(el::PROVENANCE_ENTITY_WHAT, Span::NONE);
        let identifier = self.tape.open(el::REFERENCE_IDENTIFIER, Span::NONE);
        self.tape.str(el::IDENTIFIER_VALUE, message, Span::NONE);
        self.tape.close(identifier);
        self.tape.close(what);
        self.tape.close(entity);
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
