//! From facts to resources: the one place that decides status, absence, interpretation, codes and
//! units, for all protocols.

mod attachment;
mod code;
mod device;
mod encounter;
mod header;
mod location;
pub(crate) mod maps;
mod measurement;
mod order;
mod participant;
mod party;
mod patient;
pub(crate) mod pocd;
mod provenance;
mod quantity;
mod report;
mod samples;
mod status;
mod time;
mod value;

pub(crate) use attachment::{attachments, is_url};
pub(crate) use code::{
    LOINC, MDC, SNOMED_CT, UCUM, URI, authority_system, is_oid, is_uri, name_of, system_of,
    write_value,
};
pub(crate) use encounter::Places;
pub(crate) use header::{HeaderLinks, only_in_header, organization_span, test, whole_span};
pub(crate) use location::Level;
pub(crate) use measurement::{Links, Plan, PressureRow, says_something};
pub(crate) use order::OrderLinks;
pub(crate) use party::write_name;
pub(crate) use report::ReportLinks;
pub(crate) use status::invalid;
pub(crate) use time::{Moment, When};

use core::fmt::{self, Write};

use iomt_core::model::{DateTime, ParticipantKey, Performer, Role, Zone};
use iomt_core::wire::Span;
use iomt_core::{Diagnostic, DiagnosticCode, Place};

use crate::config::{Config, Form};
use crate::identity::{Name, Uuid};
use crate::table::{ElementId, el};
use crate::tape::{Mark, NodeId, Tape};

/// What the facts of a message are read with.
#[derive(Debug, Default)]
pub(crate) struct Context {
    pub(crate) config: Config,
    /// MSH-3 and MSH-4, or what stands for them.
    pub(crate) sender: Uuid,
    /// Zone of MSH-7.
    pub(crate) header_zone: Option<Zone>,
    /// MSH-7.
    pub(crate) sent: Option<DateTime>,
    /// When the input was received.
    pub(crate) received: Option<DateTime>,
    /// The bytes that say that the data of the message are not real.
    pub(crate) test: Option<Span>,
}

impl Context {
    /// The name of a kind of thing: data that are not real are other things than those that are, and
    /// never stand in their place.
    #[inline]
    pub(crate) fn name(&self, kind: &str) -> Name {
        let mut name = Name::new(kind);
        if self.test.is_some() {
            name.str("test");
        }
        name
    }
}

/// What a reference points to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// A resource of ours.
    Resource(&'static str, Uuid),
    /// A reference that the caller gave.
    External(&'a str),
    /// Nobody that has a reference.
    Display(&'a str),
}

/// Who stands for the keys of those who take part.
pub(crate) trait Actors {
    fn actor(&self, key: ParticipantKey) -> Option<Target<'_>>;
}

/// Those who take part.
#[derive(Clone, Copy)]
pub(crate) struct Performers<'a> {
    pub(crate) list: &'a [Performer],
    pub(crate) of: &'a dyn Actors,
}

impl<'a> Performers<'a> {
    /// Each who is known.
    pub(crate) fn each(self) -> impl Iterator<Item = (&'a Performer, Target<'a>)> {
        self.list
            .iter()
            .filter_map(move |performer| Some((performer, self.of.actor(performer.participant)?)))
    }
}

/// A part of an Observation that differs where others are alike.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hole {
    /// The id.
    Id,
    /// The id as a URN.
    Urn,
    Subject,
    Encounter,
    Specimen,
    Device,
    /// An instant, or a day.
    Time,
    /// A time as it was sent, beside a day.
    Original,
    /// The number of a quantity, of this component.
    Value(u8),
}

/// Where the holes of the Observation on the tape are.
#[derive(Debug, Default)]
pub(crate) struct Holes {
    pub(crate) list: Vec<(NodeId, Hole)>,
    /// A number was converted: it is no plain hole.
    pub(crate) unfit: bool,
    /// The component at work.
    part: u8,
}

impl Holes {
    fn clear(&mut self) {
        self.list.clear();
        (self.unfit, self.part) = (false, 0);
    }

    fn add(&mut self, node: Option<NodeId>, hole: Hole) {
        self.list.extend(node.map(|node| (node, hole)));
    }
}

/// Writes one resource.
pub(crate) struct Builder<'w> {
    pub(crate) holes: &'w mut Holes,
    pub(crate) tape: &'w mut Tape,
    pub(crate) cx: &'w Context,
    pub(crate) notes: &'w mut Vec<Diagnostic>,
}

impl Builder<'_> {
    pub(crate) fn note(&mut self, code: DiagnosticCode, span: Span, place: &'static str) {
        self.notes.push(Diagnostic::new(code, span, Place::named(place)));
    }

    /// Begins a resource: its id where the form wants one.
    pub(crate) fn resource(
        &mut self,
        root: ElementId,
        id_of: ElementId,
        id: Uuid,
        span: Span,
    ) -> Mark {
        self.holes.clear();
        let mark = self.tape.open(root, span);
        if self.cx.config.to == Form::Ndjson {
            let node = self.tape.write(id_of, Span::NONE, |w| id.write(w));
            self.tape.free(node);
            self.holes.add(node, Hole::Id);
        }
        mark
    }

    /// Writes a reference; gives the node of its text.
    pub(crate) fn reference(&mut self, element: ElementId, target: Target<'_>) -> Option<NodeId> {
        self.reference_at(element, target, Span::NONE)
    }

    /// [`reference`](Self::reference) that `span` makes.
    pub(crate) fn reference_at(
        &mut self,
        element: ElementId,
        target: Target<'_>,
        span: Span,
    ) -> Option<NodeId> {
        let mark = self.tape.open(element, span);
        let node = self.target(target, span);
        if let Target::Resource(..) = target {
            match element {
                el::OBSERVATION_SUBJECT => self.holes.add(node, Hole::Subject),
                el::OBSERVATION_ENCOUNTER => self.holes.add(node, Hole::Encounter),
                el::OBSERVATION_SPECIMEN => self.holes.add(node, Hole::Specimen),
                el::OBSERVATION_DEVICE => self.holes.add(node, Hole::Device),
                _ => {}
            }
        }
        self.tape.close(mark);
        node
    }

    /// Whoever takes part, with the function that sets them apart.
    pub(crate) fn performer(
        &mut self,
        element: ElementId,
        performer: &Performer,
        target: Target<'_>,
    ) {
        const FUNCTION: &str = "http://hl7.org/fhir/StructureDefinition/event-performerFunction";
        const V2_PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v2-0912";
        let (system, function) = match performer.role {
            Role::Technician => (encounter::PARTICIPATION, "SPRF"),
            Role::Transcriptionist => (encounter::PARTICIPATION, "TRANS"),
            Role::MedicalDirector => (V2_PARTICIPATION, "MDIR"),
            _ => {
                self.reference_at(element, target, performer.span);
                return;
            }
        };
        let reference = self.tape.open(element, performer.span);
        let extension = self.tape.open(el::REFERENCE_EXTENSION, Span::NONE);
        self.tape.text(el::EXTENSION_URL, FUNCTION);
        self.coded(el::EXTENSION_VALUE_CODEABLE_CONCEPT, system, function, performer.span);
        self.tape.close(extension);
        self.target(target, performer.span);
        self.tape.close(reference);
    }

    /// What a reference says, in it.
    fn target(&mut self, target: Target<'_>, span: Span) -> Option<NodeId> {
        match target {
            Target::Resource(kind, id) => {
                let form = self.cx.config.to;
                let node = self
                    .tape
                    .write(el::REFERENCE_REFERENCE, span, |w| write_reference(form, kind, id, w));
                self.tape.free(node);
                node
            }
            Target::External(text) => self.tape.str(el::REFERENCE_REFERENCE, text, span),
            Target::Display(text) => self.tape.str(el::REFERENCE_DISPLAY, text, span),
        }
    }

    /// The identifier by which our own output is found again.
    pub(crate) fn own_identifier(&mut self, element: ElementId, id: Uuid) {
        let mark = self.tape.open(element, Span::NONE);
        self.tape.text(el::IDENTIFIER_SYSTEM, URI);
        let node = self.tape.write(el::IDENTIFIER_VALUE, Span::NONE, |w| {
            w.write_str("urn:uuid:")?;
            id.write(w)
        });
        self.tape.free(node);
        self.holes.add(node, Hole::Urn);
        self.tape.close(mark);
    }

    /// An extension with one text; gives the node of that.
    pub(crate) fn extension(
        &mut self,
        element: ElementId,
        url: &'static str,
        value: ElementId,
        span: Span,
        text: impl FnOnce(&mut dyn Write) -> fmt::Result,
    ) -> Option<NodeId> {
        let mark = self.tape.open(element, span);
        self.tape.text(el::EXTENSION_URL, url);
        let node = self.tape.write(value, span, text);
        self.tape.close(mark);
        node
    }

    /// Why a required element has no content.
    pub(crate) fn absent_extension(&mut self, element: ElementId) {
        const URL: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
        self.extension(element, URL, el::EXTENSION_VALUE_CODE, Span::NONE, |w| {
            w.write_str("unknown")
        });
    }
}

/// Writes a reference as the form has it: by fullUrl in a Bundle, else by type and id.
pub(crate) fn write_reference(
    form: Form,
    kind: &str,
    id: Uuid,
    out: &mut dyn Write,
) -> fmt::Result {
    match form {
        Form::Bundle | Form::Xml => out.write_str("urn:uuid:")?,
        Form::Ndjson => {
            out.write_str(kind)?;
            out.write_char('/')?;
        }
    }
    id.write(out)
}
