//! What a message says of where it comes from and goes to: labels, the start of its Provenance, and in
//! a Bundle of type message its MessageHeader.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Header, Organization, Participant, ParticipantKey, Patient, Software};
use iomt_core::wire::Span;

use super::mapping::Mapping;
use super::render::{Fate, Request};
use super::session::{Entry, Kind, Refer};
use super::{Writer, builder};
use crate::config::{BundleKind, Form};
use crate::identity::{Name, Uuid};
use crate::json;
use crate::policy::{HeaderLinks, Target, only_in_header, organization_span, test, whole_span};
use crate::table::el;
use crate::tape::{Mark, Tape};

/// The MessageHeader at work, and the Bundle that it is of.
#[derive(Debug, Default)]
pub(super) struct HeaderState {
    id: Uuid,
    tape: Tape,
    mark: Option<Mark>,
    /// Without its entries.
    bundle: Tape,
    /// The software of the sender.
    sources: Vec<Uuid>,
    /// Where its entry begins in the output, after all others.
    start: usize,
}

impl HeaderState {
    /// Ready for the next message; memory stays.
    pub(super) fn clear(&mut self) {
        self.mark = None;
        self.tape.clear();
        self.bundle.clear();
        self.sources.clear();
    }

    /// Writes the Bundle of these entries: the MessageHeader comes first.
    pub(super) fn write(&self, entries: &str, text: &mut String) {
        text.clear();
        if let Some(root) = self.bundle.root() {
            json::write(&self.bundle, root, text);
        }
        // It goes on.
        text.pop();
        text.push_str(",\"entry\":[");
        let (others, own) = entries.split_at_checked(self.start).unwrap_or_default();
        text.push_str(own.trim_start_matches(','));
        if !others.is_empty() {
            text.push(',');
            text.push_str(others);
        }
        text.push_str("]}");
    }
}

impl Writer {
    /// Whether messages become Bundles of type message.
    fn is_message(&self) -> bool {
        self.cx.config.to != Form::Ndjson && self.cx.config.bundle == BundleKind::Message
    }
}

impl Mapping<'_> {
    pub(super) fn declare_header(&mut self, header: &Header<'_>) {
        self.w.cx.test = test(header);
        if self.w.cx.test.is_some() {
            self.w.cx.sender = self.w.cx.name("sender").uuid(self.w.cx.sender).finish();
        }
        let provenance = header.message.id.is_some() && self.w.cx.config.provenance;
        let whole = self.w.is_message();
        let responsible = self.organization_of(header.responsible.as_ref(), provenance || whole);
        let receiver = self.organization_of(header.receiver.as_ref(), whole);
        for software in header.software {
            let id = self.software(software);
            let sources = &mut self.w.message.header.sources;
            sources.extend(id.filter(|id| !sources.contains(id)));
        }
        let responsible_target = responsible.as_ref().and_then(Entry::target);
        if provenance {
            let mut origin = core::mem::take(&mut self.w.message.origin);
            let sources = self.w.message.header.sources.iter();
            let sources = sources.map(|id| Target::Resource("Device", *id));
            builder!(self.w => &mut origin).origin(header, responsible_target, sources);
            self.w.message.origin = origin;
            self.tell_notes();
        } else if self.w.message.traces.is_some() && !whole {
            self.tell_header(header);
        }
        if whole {
            let receiver = receiver.as_ref().and_then(Entry::target);
            let links = HeaderLinks { responsible: responsible_target, receiver };
            self.begin_header(Some(header), links);
        } else {
            for (place, span) in only_in_header(header) {
                self.tell(DiagnosticCode::FieldNotMapped, span, place);
            }
        }
        self.session.recycle(responsible);
        self.session.recycle(receiver);
    }

    /// Without a Provenance, what a message says of itself is nowhere: a site that wants none knows
    /// it, who keeps account of each part is told.
    fn tell_header(&mut self, header: &Header<'_>) {
        let message = &header.message;
        for span in [
            whole_span(&message.application),
            whole_span(&message.facility),
            message.sent.map_or(Span::NONE, |sent| sent.span),
            message.kind.map_or(Span::NONE, |kind| kind.span()),
            message.id.map_or(Span::NONE, |id| id.span()),
        ] {
            if span.is_some() {
                self.tell(DiagnosticCode::FieldNotMapped, span, "Provenance");
            }
        }
    }

    /// Writes an organization that something is to refer to.
    fn organization_of(
        &mut self,
        organization: Option<&Organization<'_>>,
        wanted: bool,
    ) -> Option<Entry> {
        let organization = organization?;
        let span = organization_span(organization);
        if !wanted {
            self.tell(DiagnosticCode::FieldNotMapped, span, "Organization");
            return None;
        }
        let mut participant = Participant::new(ParticipantKey(0));
        participant.span = span;
        self.organization(organization, &participant)
    }

    /// Writes software of the sender, which is one by all that is said of it but for remarks.
    fn software(&mut self, software: &Software<'_>) -> Option<Uuid> {
        let Software { manufacturer, version, name, build, note, .. } = *software;
        let said = [manufacturer, name, version, build];
        if said.iter().chain([&note]).all(Option::is_none) {
            return None;
        }
        let mut entry = self.session.spare(Kind::Device);
        let mut name = Name::new("Device");
        name.uuid(self.w.cx.sender).str("software");
        for text in said {
            name.text(text);
        }
        (entry.id, entry.refer) = (name.finish(), Refer::Resource);
        builder!(self.w => &mut entry.tape).software(software, entry.id);
        self.tell_notes();
        self.write_searched(&mut entry);
        let id = (entry.refer == Refer::Resource).then_some(entry.id);
        self.session.recycle(Some(entry));
        id
    }

    fn begin_header(&mut self, header: Option<&Header<'_>>, links: HeaderLinks<'_>) {
        // Two messages that differ are never one.
        let mut name = self.w.cx.name("MessageHeader");
        name.uuid(self.w.cx.sender);
        match header {
            Some(header) => _ = name.bytes(header.message.bytes),
            None => {
                name.number(self.session.ordinal);
                for (_, id) in &self.w.message.targets {
                    name.uuid(*id);
                }
            }
        }
        let mut state = core::mem::take(&mut self.w.message.header);
        state.id = name.finish();
        state.mark =
            Some(builder!(self.w => &mut state.tape).message_header(state.id, header, links));
        let bundle = Name::new("Bundle").uuid(state.id).finish();
        let message = header.map(|header| &header.message);
        builder!(self.w => &mut state.bundle).bundle(bundle, message);
        self.w.add_traces(&state.bundle, ("Bundle", bundle));
        self.w.message.header = state;
        self.tell_notes();
    }

    /// Adds what the message is about to its MessageHeader, and writes it.
    pub(super) fn finish_header(&mut self) {
        if !self.w.is_message() {
            return;
        }
        if self.w.message.header.mark.is_none() {
            if self.w.message.out.is_empty() {
                return;
            }
            self.begin_header(None, HeaderLinks::default());
        }
        let mut state = core::mem::take(&mut self.w.message.header);
        let Some(mark) = state.mark.take() else { return };
        let targets = core::mem::take(&mut self.w.message.targets);
        let node = targets.first().and_then(|(kind, id)| {
            let target = Target::Resource(kind, *id);
            builder!(self.w => &mut state.tape).reference(el::MESSAGE_HEADER_FOCUS, target)
        });
        state.tape.close(mark);
        state.start = self.w.message.out.len();
        self.w.list = node;
        let (what, ordinal) = (("MessageHeader", state.id), self.session.ordinal);
        let request = Request::Create;
        let fate = self.w.finish_list(&state.tape, what, request, &targets, ordinal, self.output);
        // There is no message without it.
        self.w.message.invalid |= fate == Fate::Left;
        (self.w.message.targets, self.w.message.header) = (targets, state);
    }

    /// Writes the last change of a person, whose resource is in `entry`.
    pub(super) fn declare_update(&mut self, patient: &Patient<'_>, entry: &Entry) {
        let updated = patient.updated.map_or(Span::NONE, |time| time.span);
        let spans = [updated, whole_span(&patient.updated_by)];
        let target = entry.target().filter(|_| self.w.cx.config.provenance);
        let Some(target) = target else {
            for span in spans.into_iter().filter(|span| span.is_some()) {
                self.tell(DiagnosticCode::FieldNotMapped, span, "Provenance");
            }
            return;
        };
        let mut name = Name::new("Provenance");
        name.uuid(entry.id);
        match &patient.updated {
            Some(time) => name.time(time),
            None => name.none(),
        };
        let id = name.authority(&patient.updated_by).finish();
        let what = ("Provenance", id);
        let mut tape = core::mem::take(&mut self.w.tape);
        tape.clear();
        builder!(self.w => &mut tape).update(id, target, patient);
        if self.w.message.ids.contains_key(&id) {
            self.w.notes.clear();
            self.w.add_traces(&tape, what);
        } else {
            self.tell_notes();
            self.w.finish(&tape, what, Request::Create, self.session.ordinal, self.output);
        }
        self.w.tape = tape;
    }
}
