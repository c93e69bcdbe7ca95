//! The sink: declarations become entries, measurements become Observations.

use iomt_core::model::{
    Authority, Device, Encounter, Header, Location, Message, Order, Participant, Patient, Purpose,
    Report, Specimen, SubjectKey,
};
use iomt_core::wire::Span;
use iomt_core::{Diagnostic, DiagnosticCode, End, Place, Sink};

use super::message::MessageState;
use super::render::{Fate, Request, result_request, write_search};
use super::session::{Entry, Kind, Refer};
use super::{Output, Session, Writer, builder};
use crate::config::{Config, Form, Guide, OnInvalid, Partial};
use crate::identity::{Blocks, Name, Uuid};
use crate::policy::{OrderLinks, Performers, ReportLinks, Target, pocd};

/// MDS > VMD > channel > metric, and room.
pub(super) const DEVICE_DEPTH: u8 = 16;

pub(super) struct Mapping<'w> {
    pub(super) w: &'w mut Writer,
    pub(super) session: &'w mut Session,
    pub(super) output: &'w mut dyn Output,
}

impl Mapping<'_> {
    pub(super) fn wanted(&self) -> bool {
        self.w.message.open && !self.w.message.skip
    }

    pub(super) fn tell(&mut self, code: DiagnosticCode, span: Span, place: &'static str) {
        let diagnostic = Diagnostic::new(code, span, Place::named(place));
        self.w.tell(self.session.ordinal, &diagnostic, self.output);
    }

    pub(super) fn tell_notes(&mut self) {
        self.w.tell_notes(self.session.ordinal, self.output);
    }

    pub(super) fn unidentified(&mut self, span: Span) {
        if !core::mem::replace(&mut self.w.message.unidentified, true) {
            self.tell(DiagnosticCode::SubjectUnidentified, span, "subject");
        }
    }

    /// Writes the resource of an entry, if this message has not yet.
    pub(super) fn write_entry(&mut self, entry: &mut Entry, request: Request<'_>) {
        let ordinal = self.session.ordinal;
        let skip = entry.written && self.w.cx.config.to == Form::Ndjson;
        if entry.refer != Refer::Resource || entry.message == ordinal || skip {
            return;
        }
        entry.message = ordinal;
        if let Some(before) = self.w.message.ids.get(&entry.id).copied() {
            self.w.add_traces(&entry.tape, (entry.resource, entry.id));
            return self.compare(entry.resource, &entry.tape, before);
        }
        let what = (entry.resource, entry.id);
        let left = self.w.finish(&entry.tape, what, request, ordinal, self.output) == Fate::Left;
        if !left && matches!(entry.resource, "Patient" | "Encounter") {
            self.w.message.described.push(what);
        }
        if left && self.w.cx.config.on_invalid == OnInvalid::Drop {
            entry.refer = Refer::Dropped;
        }
    }

    /// [`write_entry`](Self::write_entry), where there is none that its search finds.
    pub(super) fn write_searched(&mut self, entry: &mut Entry) {
        let search = core::mem::take(&mut entry.search);
        self.write_entry(entry, Request::CreateIfNone(&search));
        entry.search = search;
    }

    /// What is known of a person or a visit with a number: what a message administers holds from now
    /// on; what others say is there to find it, and changes nothing, and so does what is not real.
    fn write_held(&mut self, entry: &mut Entry) {
        if self.w.message.purpose == Purpose::Results || self.w.cx.test.is_some() {
            return self.write_searched(entry);
        }
        let search = core::mem::take(&mut entry.search);
        self.write_entry(entry, Request::Update(&search));
        entry.search = search;
    }

    /// The identity of what has no number: of this message alone.
    pub(super) fn local(&self, kind: Kind, key: u32) -> Uuid {
        Name::new(kind.resource())
            .uuid(self.w.cx.sender)
            .str(&self.w.message.id)
            .number(self.session.ordinal)
            .number(u64::from(key))
            .finish()
    }

    /// The identity of what has a number, and is of one person: another one where this message has
    /// that of someone else under it.
    fn of_subject(
        &mut self,
        id: Uuid,
        kind: Kind,
        key: u32,
        (subject, span): (Option<SubjectKey>, Span),
    ) -> Uuid {
        let whose = match subject_entry(self.session, subject).and_then(Entry::target) {
            Some(Target::Resource(_, id)) => id,
            Some(Target::External(name) | Target::Display(name)) => {
                Name::new("subject").str(name).finish()
            }
            None => Uuid::default(),
        };
        if *self.w.message.whose.entry(id).or_insert(whose) == whose {
            return id;
        }
        self.tell(DiagnosticCode::IdentityRepeated, span, kind.resource());
        self.local(kind, key)
    }

    pub(super) fn keep(&mut self, kind: Kind, key: u32, entry: Entry) {
        let replaced = self.session.declare(kind, key, entry);
        self.session.recycle(replaced);
    }

    /// Writes a device that something refers to, after what it is part of.
    pub(super) fn use_device(&mut self, key: u32) {
        self.use_device_within(key, DEVICE_DEPTH);
    }

    fn use_device_within(&mut self, key: u32, depth: u8) {
        let Some(entry) = self.session.entry(Kind::Device, key) else { return };
        let is_ours = entry.refer == Refer::Resource || entry.parent.is_some();
        if entry.message == self.session.ordinal || !is_ours {
            return;
        }
        if let (Some(parent), Some(above)) = (entry.parent, depth.checked_sub(1)) {
            self.use_device_within(parent, above);
        }
        let Some(entry) = self.session.entry_mut(Kind::Device, key) else { return };
        let mut taken = core::mem::take(entry);
        if taken.identified {
            self.write_searched(&mut taken);
        } else {
            self.write_entry(&mut taken, Request::Create);
        }
        if let Some(entry) = self.session.entry_mut(Kind::Device, key) {
            *entry = taken;
        }
    }
}

/// The identity of a sender within a site.
pub(super) fn sender(
    config: &Config,
    blocks: &mut Blocks,
    facility: &Authority<'_>,
    application: &Authority<'_>,
) -> Uuid {
    let mut name = Name::new("sender");
    name.str(&config.source).authority(facility).authority(application).finish_known(blocks)
}

fn subject_entry(session: &Session, key: Option<SubjectKey>) -> Option<&Entry> {
    key.and_then(|key| session.entry(Kind::Patient, key.0))
}

impl Sink for Mapping<'_> {
    fn message(&mut self, message: &Message<'_>) {
        self.session.ordinal = self.session.ordinal.saturating_add(1);
        let state: &mut MessageState = &mut self.w.message;
        state.clear();
        (state.open, state.span, state.session) = (true, message.span, message.session);
        state.purpose = message.purpose;
        if !message.session {
            self.session.forget();
        }
        let cx = &mut self.w.cx;
        cx.sender = if message.facility.is_none() && message.application.is_none() {
            self.w.nobody
        } else {
            sender(&cx.config, &mut self.w.blocks, &message.facility, &message.application)
        };
        let sent = message.sent.and_then(|t| t.value);
        (cx.sent, cx.header_zone) = (sent, sent.and_then(|t| t.zone));
        (cx.received, cx.test) = (message.received, None);
        self.take_sentinels(message);
        if !self.w.cx.config.code_maps.unread().is_empty() {
            self.tell(DiagnosticCode::FileUnreadable, Span::NONE, "code-maps");
        }
        let Some(id) = message.id else { return };
        let _ = id.write(&mut self.w.message.id);
        let Some(sent) = &message.sent else { return };
        let key = Name::new("message").uuid(self.w.cx.sender).text(Some(id)).time(sent).finish();
        let hash = self.w.hash(message.bytes);
        self.w.message.replay = Some((key, hash));
        match self.session.replays.get(&key) {
            Some(known) if *known == hash => {
                self.w.message.skip = true;
                self.tell(DiagnosticCode::Replay, message.span, "message");
            }
            Some(_) => self.tell(DiagnosticCode::ControlIdReused, message.span, "message"),
            None => {}
        }
    }

    fn header(&mut self, header: &Header<'_>) {
        if self.wanted() {
            self.declare_header(header);
        }
    }

    fn patient(&mut self, patient: &Patient<'_>) {
        if !self.wanted() {
            return;
        }
        self.finish_report();
        let mut entry = self.session.spare(Kind::Patient);
        if let Some(index) = patient.person {
            self.person(index, &mut entry, patient.span);
            return self.keep(Kind::Patient, patient.key.0, entry);
        }
        let medical = |i: &&iomt_core::model::Identifier<'_>| {
            i.type_code.is_some_and(|t| t.is("MR") || t.is("PI") || t.is("PT"))
        };
        let number = patient.identifiers.iter().find(medical).or(patient.identifiers.first());
        match number {
            Some(number) => {
                entry.id = self.w.identity("Patient", number);
                write_search(&self.w.cx, number, &mut entry.search);
            }
            None if patient.names.is_empty() => {
                if let Some(reference) = &self.w.cx.config.subject {
                    entry.text.push_str(reference);
                    entry.refer = Refer::External;
                } else {
                    self.unidentified(patient.span);
                }
                // What else is said of nobody.
                self.tell(DiagnosticCode::FieldNotMapped, patient.span, "Patient");
                return self.keep(Kind::Patient, patient.key.0, entry);
            }
            None => {
                // Named, but by no number: a person of this message alone.
                entry.id = self.local(Kind::Patient, patient.key.0);
                self.unidentified(patient.span);
            }
        }
        entry.refer = Refer::Resource;
        let practitioners = Performers { list: patient.practitioners, of: self.session };
        builder!(self.w => &mut entry.tape).patient(patient, entry.id, practitioners);
        self.tell_notes();
        match number {
            Some(_) => self.write_held(&mut entry),
            None => self.write_entry(&mut entry, Request::Create),
        }
        if patient.updated.is_some() || !patient.updated_by.is_none() {
            self.declare_update(patient, &entry);
        }
        self.keep(Kind::Patient, patient.key.0, entry);
    }

    fn location(&mut self, location: &Location<'_>) {
        if self.wanted() {
            self.declare_location(location);
        }
    }

    fn participant(&mut self, participant: &Participant<'_>) {
        if self.wanted() {
            self.declare_participant(participant);
        }
    }

    fn encounter(&mut self, encounter: &Encounter<'_>) {
        if !self.wanted() {
            return;
        }
        let mut entry = self.session.spare(Kind::Encounter);
        let (key, whose) = (encounter.key.0, (encounter.subject, encounter.span));
        let mut visit = encounter.identifiers.first();
        if let Some(number) = visit {
            let id = self.w.identity("Encounter", number);
            entry.id = self.of_subject(id, Kind::Encounter, key, whose);
            visit = visit.filter(|_| entry.id == id);
        }
        match visit {
            Some(number) => write_search(&self.w.cx, number, &mut entry.search),
            // Without a number, a visit of this message alone.
            None => entry.id = self.local(Kind::Encounter, key),
        }
        let subject = subject_entry(self.session, encounter.subject).and_then(Entry::target);
        builder!(self.w => &mut entry.tape).encounter(
            encounter,
            entry.id,
            subject,
            Performers { list: encounter.participants, of: self.session },
            self.session,
        );
        entry.refer = Refer::Resource;
        self.tell_notes();
        match visit {
            Some(_) => self.write_held(&mut entry),
            None => self.write_searched(&mut entry),
        }
        self.keep(Kind::Encounter, encounter.key.0, entry);
    }

    fn device(&mut self, device: &Device<'_>) {
        if !self.wanted() {
            return;
        }
        let mut entry = self.session.spare(Kind::Device);
        let known = device.identifiers.first();
        let known = known.map(|number| (self.w.identity("Device", number), number));
        let config = &self.w.cx.config;
        let parent = device.parent.and_then(|p| self.session.entry(Kind::Device, p.0));
        (entry.identified, entry.numbered) = (true, known.is_some());
        match (known, device.peer, &config.device, parent) {
            (Some((id, number)), _, _, _) => {
                entry.id = id;
                write_search(&self.w.cx, number, &mut entry.search);
                entry.refer = Refer::Resource;
            }
            (None, Some(peer), _, _) => {
                entry.id = Name::new("Device").str(&config.source).text(Some(peer)).finish();
                entry.refer = Refer::Resource;
            }
            // A part is known by its whole and its place there.
            (None, None, _, Some(whole)) if whole.identified => {
                let mut name = Name::new("part");
                name.uuid(whole.id).str(&whole.text).text(device.path).concept(&device.kind);
                entry.id = name.finish();
                entry.refer = Refer::Resource;
            }
            (None, None, Some(reference), _) => {
                entry.text.push_str(reference);
                entry.refer = Refer::External;
            }
            // Nothing tells it from another one: it is of this message alone.
            (None, None, None, _) => {
                entry.identified = false;
                if device.stated {
                    entry.id = self.local(Kind::Device, device.key.0);
                    entry.refer = Refer::Resource;
                }
            }
        }
        if entry.refer == Refer::Resource {
            entry.parent = parent.and(device.parent).map(|p| p.0);
            let above = parent.and_then(|above| above.profile);
            let parent = parent.and_then(Entry::target);
            let asked = config.profile == Some(Guide::Pocd);
            entry.profile = if asked { pocd::device(device, above) } else { None };
            let profile = entry.profile;
            builder!(self.w => &mut entry.tape).device(device, entry.id, parent, profile);
            self.tell_notes();
        }
        self.keep(Kind::Device, device.key.0, entry);
        if device.stated {
            self.use_device(device.key.0);
        }
    }

    fn specimen(&mut self, specimen: &Specimen<'_>) {
        if !self.wanted() {
            return;
        }
        let mut entry = self.session.spare(Kind::Specimen);
        let number = specimen.filler.as_ref().or(specimen.placer.as_ref());
        entry.id = match number {
            Some(number) => {
                let id = self.w.identity("Specimen", number);
                let whose = (specimen.subject, specimen.span);
                self.of_subject(id, Kind::Specimen, specimen.key.0, whose)
            }
            None => self.local(Kind::Specimen, specimen.key.0),
        };
        let subject = subject_entry(self.session, specimen.subject).and_then(Entry::target);
        let performers = Performers { list: specimen.performers, of: self.session };
        builder!(self.w => &mut entry.tape).specimen(specimen, entry.id, subject, performers);
        entry.refer = Refer::Resource;
        self.tell_notes();
        let request = result_request(&self.w.cx.config, self.w.message.session);
        self.write_entry(&mut entry, request);
        self.keep(Kind::Specimen, specimen.key.0, entry);
    }

    fn order(&mut self, order: &Order<'_>) {
        if !self.wanted() {
            return;
        }
        self.finish_report();
        let mut entry = self.session.spare(Kind::Order);
        let number = order.placer.as_ref().or(order.filler.as_ref());
        entry.id = match number {
            Some(number) => {
                let of = self.w.identity("order", number);
                let id = Name::new("ServiceRequest").uuid(of).concept(&order.code).finish();
                self.of_subject(id, Kind::Order, order.key.0, (order.subject, order.span))
            }
            None => self.local(Kind::Order, order.key.0),
        };
        let subject = subject_entry(self.session, order.subject).and_then(Entry::target);
        let Some(subject) = subject else {
            // FHIR has no request for nobody.
            self.session.recycle(Some(entry));
            let notes = order.notes.iter().map(|note| note.span());
            for span in notes.chain([order.span]) {
                self.tell(DiagnosticCode::FieldNotMapped, span, "ServiceRequest.subject");
            }
            return;
        };
        let encounter = order.encounter.and_then(|k| self.session.entry(Kind::Encounter, k.0));
        let links = OrderLinks {
            subject,
            encounter: encounter.and_then(Entry::target),
            performers: Performers { list: order.performers, of: self.session },
        };
        builder!(self.w => &mut entry.tape).service_request(order, entry.id, &links);
        entry.refer = Refer::Resource;
        self.tell_notes();
        self.write_searched(&mut entry);
        self.keep(Kind::Order, order.key.0, entry);
    }

    fn report(&mut self, report: &Report<'_>) {
        if !self.wanted() {
            return;
        }
        self.finish_report();
        let number = report.filler.as_ref().or(report.placer.as_ref());
        let filler = number.map(|number| self.w.identity("order", number));
        let mut name = Name::new("DiagnosticReport");
        match filler {
            Some(filler) => name.uuid(filler),
            None => {
                name.uuid(self.w.cx.sender).str(&self.w.message.id).number(u64::from(report.key.0))
            }
        };
        let id = name.concept(&report.code).finish_alike(&mut self.w.blocks);
        let id = self.distinct(id, report.span, "DiagnosticReport.identifier");
        let parent = self.parent(report);
        let subject = subject_entry(self.session, report.subject);
        let dropped = subject.is_some_and(|e| e.refer == Refer::Dropped);
        let mut specimens = core::mem::take(&mut self.w.message.report.specimens);
        specimens.extend(report.specimens.iter().filter_map(|key| {
            let entry = self.session.entry(Kind::Specimen, key.0)?;
            (entry.refer == Refer::Resource).then_some(entry.id)
        }));
        let mut tape = core::mem::take(&mut self.w.message.report.tape);
        let encounter = report.encounter.and_then(|k| self.session.entry(Kind::Encounter, k.0));
        let order = report.order.and_then(|key| self.session.entry(Kind::Order, key.0));
        let links = ReportLinks {
            subject: subject.and_then(Entry::target),
            encounter: encounter.and_then(Entry::target),
            order: order.and_then(Entry::target),
            performers: Performers { list: report.performers, of: self.session },
            specimens: &specimens,
        };
        let mark = builder!(self.w => &mut tape).report(report, id, &links);
        specimens.clear();
        let state = &mut self.w.message.report;
        (state.tape, state.specimens, state.mark) = (tape, specimens, Some(mark));
        (state.key, state.id, state.filler) = (Some(report.key.0), id, filler);
        state.parent = parent;
        state.dropped = dropped;
        self.tell_notes();
    }

    fn measurement(&mut self, measurement: &iomt_core::model::Measurement<'_>) {
        if self.wanted() {
            self.observe(measurement);
        }
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.w.tell(self.session.ordinal, &diagnostic, self.output);
    }

    fn end(&mut self, end: End) {
        if !self.w.message.open {
            return;
        }
        if let End::Rejected(error) = end {
            let rejected = Diagnostic::rejected(&error);
            self.w.tell(self.session.ordinal, &rejected, self.output);
            self.reject_outcome(&rejected);
        }
        let keep = self.w.cx.config.partial == Partial::Keep;
        if self.wanted() && (end == End::Complete || keep) {
            self.finish_report();
            self.finish_provenance();
            self.finish_header();
            if end != End::Complete {
                self.tell(DiagnosticCode::PartialKept, self.w.message.span, "message");
            }
            self.release();
        }
        self.w.message.open = false;
    }
}
