//! One measurement: its identity, its links, its Observation.

use std::collections::HashMap;

use foldhash::quality::RandomState;
use iomt_core::model::{
    AbsentReason, Content, Effective, Measurement, Report, StatusTable, Subject, Time, Value,
};
use iomt_core::wire::Span;
use iomt_core::{Diagnostic, DiagnosticCode, Place, Severity};

use super::mapping::Mapping;
use super::render::{Fate, result_request};
use super::session::{Entry, Instant, Kind, Refer};
use super::{Session, builder};
use crate::config::{Form, OnInvalid};
use crate::identity::{Name, Uuid};
use crate::policy::{
    Context, Links, Moment, Performers, Plan, PressureRow, Target, When, attachments, is_url,
    name_of, says_something,
};
use crate::table::el;

/// What an Observation points to: what the message names, else what the caller knows.
pub(super) fn links<'a>(
    session: &'a Session,
    cx: &'a Context,
    parent: Option<(Uuid, Span)>,
    m: &Measurement<'a>,
) -> Links<'a> {
    let config = &cx.config;
    let target = |kind, key| session.entry(kind, key).and_then(Entry::target);
    let profile = session.metric.and_then(|(_, profile)| profile);
    let metric = session.metric.map(|(id, _)| Target::Resource("DeviceMetric", id));
    let device = match m.device {
        _ if metric.is_some() => metric,
        Some(key) => target(Kind::Device, key.0),
        None => config.device.as_deref().map(Target::External),
    };
    let subject = subject(session, cx, m.subject);
    let encounter = m.encounter.and_then(|key| target(Kind::Encounter, key.0));
    // The specimen that OBX-33 names, else the only one.
    let mut numbers = m.specimen_numbers.iter().rev().flatten();
    let specimen = match numbers.next() {
        Some(number) => session.specimen(name_of(cx, "Specimen", number).finish()),
        None => m.specimen.and_then(|key| target(Kind::Specimen, key.0)),
    };
    let performers = Performers { list: m.performers, of: session };
    let parent = parent.map(|(id, span)| (Target::Resource("Observation", id), span));
    let location = m.location.and_then(|(key, span)| Some((target(Kind::Location, key.0)?, span)));
    Links { subject, encounter, specimen, device, profile, parent, location, performers }
}

/// Of whom or what a measurement is: whom the message names, else whom the caller knows.
fn subject<'a>(session: &'a Session, cx: &'a Context, subject: Subject) -> Option<Target<'a>> {
    let target = |kind, key| session.entry(kind, key).and_then(Entry::target);
    match subject {
        Subject::Patient(key) => target(Kind::Patient, key.0),
        Subject::Device(key) => target(Kind::Device, key.0),
        Subject::Unknown => cx.config.subject.as_deref().map(Target::External),
    }
}

/// The bytes of a measurement and of the remarks on it.
pub(super) fn whole(m: &Measurement<'_>) -> Span {
    m.notes.iter().fold(m.span, |span, note| span.to(note.span()))
}

impl Mapping<'_> {
    pub(super) fn observe(&mut self, m: &Measurement<'_>) {
        match self.judged(m) {
            Some(value) => {
                let mut judged = *m;
                judged.value = value;
                self.observe_judged(&judged);
            }
            None => self.observe_judged(m),
        }
    }

    fn observe_judged(&mut self, m: &Measurement<'_>) {
        if self.is_not_retransmitted(m) {
            return self.leave_out(DiagnosticCode::ValueNotRetransmitted, m, "Observation.value");
        }
        if let Value::Bits(bits) = &m.value
            && !says_something(bits)
        {
            return self.leave_out(DiagnosticCode::NoEvent, m, "Observation.component");
        }
        if self.refers_to_dropped(m) {
            return self.leave_out(DiagnosticCode::Dropped, m, "Observation");
        }
        self.present(m);
        if let Some(device) = m.device {
            self.use_device(device.0);
        }
        self.session.metric = m.metric.and_then(|metric| self.use_metric(m, &metric));
        if subject(self.session, &self.w.cx, m.subject).is_none() {
            self.unidentified(m.span);
        }
        let when = self.when(m);
        match PressureRow::of(m, &self.w.cx.config).filter(|_| !self.w.message.session) {
            Some(row) => self.observe_pressure(m, row, &when),
            None => self.observe_one(m, &when),
        }
    }

    /// Says that a measurement is not written, nor what qualifies it in rows of its own.
    fn leave_out(&mut self, code: DiagnosticCode, m: &Measurement<'_>, place: &'static str) {
        self.tell(code, whole(m), place);
        let given = match &m.value {
            Value::Samples(samples) => {
                [samples.period, samples.factor, samples.lower, samples.upper]
            }
            _ => [None; 4],
        };
        let given = given.into_iter().flatten().map(|given| given.span);
        for span in m.facets.iter().map(|facet| facet.span).chain(given) {
            if span.is_some() {
                self.tell(code, span, place);
            }
        }
    }

    /// Keeps the documents of a measurement for its report: of a result that holds.
    fn present(&mut self, m: &Measurement<'_>) {
        let mut all = attachments(&m.value).peekable();
        if all.peek().is_none() {
            return;
        }
        let report = &self.w.message.report;
        let of_report = report.mark.is_some() && m.report.map(|key| key.0) == report.key;
        let told = self.w.notes.len();
        let status = builder!(self.w).status(m);
        // The Observation says it.
        self.w.notes.truncate(told);
        let holds = of_report && !matches!(status, "entered-in-error" | "cancelled");
        let place = "DiagnosticReport.presentedForm";
        for attachment in all {
            if let Content::Pointer(pointer) = attachment.content
                && !is_url(pointer)
            {
                // It is the text of the absence.
                self.tell(DiagnosticCode::ValueTypeUnknown, pointer.span(), place);
                for part in [attachment.kind, attachment.subtype].iter().flatten() {
                    self.tell(DiagnosticCode::FieldNotMapped, part.span(), place);
                }
                continue;
            }
            if !holds {
                let (code, place) = (DiagnosticCode::FieldNotMapped, Place::named(place));
                let mut lost = Diagnostic::new(code, attachment.span, place);
                lost.severity = Severity::Warning;
                self.w.tell(self.session.ordinal, &lost, self.output);
                continue;
            }
            let mut forms = core::mem::take(&mut self.w.message.report.forms);
            let element = el::DIAGNOSTIC_REPORT_PRESENTED_FORM;
            builder!(self.w => &mut forms).attachment(element, attachment, m);
            self.w.message.report.forms = forms;
            self.tell_notes();
        }
    }

    fn observe_one(&mut self, m: &Measurement<'_>, when: &When<'_>) {
        let id = self.identity(m, None);
        let report = m.report.map(|r| r.0);
        if self.fill(m, id, when) {
            self.count(id, report);
            return self.remember_result(m, id);
        }
        let mut plan = Plan::new(m, &self.w.cx.config);
        self.build(m, id, when, &plan);
        let (mut valid, mut silent) = (self.check_tape(), true);
        if !valid && plan.vital {
            // Without the codes that imply the profile, it says no less and promises less.
            if plan.is_sent() {
                self.tell(DiagnosticCode::ProfileNotMet, m.code.span, "Observation.code");
                silent = false;
            }
            plan.vital = false;
            self.w.notes.clear();
            self.build(m, id, when, &plan);
            valid = self.check_tape();
        }
        if valid && silent && self.w.notes.is_empty() && self.w.issues.is_empty() {
            self.w.keep(id);
        }
        if self.finish_observation(id, valid, report) == Fate::Written {
            self.remember_result(m, id);
        }
    }

    /// Others of this message may be derived from it.
    fn remember_result(&mut self, m: &Measurement<'_>, id: Uuid) {
        if let Some(order) = self.w.message.report.order_of(m.report) {
            self.w.message.parents.note(order, &m.code, m.sub_id, id);
        }
    }

    /// The result of this message that made for those of a report, if it is there.
    pub(super) fn parent(&mut self, report: &Report<'_>) -> Option<(Uuid, Span)> {
        let parent = report.parent.as_ref()?;
        let order = parent.filler.as_ref().or(parent.placer.as_ref());
        let order = order.map(|order| self.w.identity("order", order));
        let parents = &mut self.w.message.parents;
        let found = order.and_then(|order| parents.find(order, &parent.code, parent.sub_id));
        if found.is_none() {
            self.tell(DiagnosticCode::FieldNotMapped, parent.span, "Observation.derivedFrom");
        }
        Some((found?, parent.span))
    }

    /// Writes an Observation like one before, if there was one.
    fn fill(&mut self, m: &Measurement<'_>, id: Uuid, when: &When<'_>) -> bool {
        let w = &mut *self.w;
        let links = links(self.session, &w.cx, w.message.report.parent_of(m.report), m);
        if w.templates() == 0 || !w.memo.make_key(m, when, &links, w.message.session) {
            return false;
        }
        let (config, out) = (&w.cx.config, &mut w.message.out);
        let filled = w.memo.fill(m, when, &links, (config, id), &mut w.spelled, out);
        if filled && config.to == Form::Ndjson {
            w.message.lines.push(out.len());
        }
        filled
    }

    /// Whether the resource on the tape at work is valid.
    pub(super) fn check_tape(&mut self) -> bool {
        let tape = core::mem::take(&mut self.w.tape);
        let valid = tape.root().is_some_and(|root| self.w.is_valid(&tape, root));
        self.w.tape = tape;
        valid
    }

    fn build(&mut self, m: &Measurement<'_>, id: Uuid, when: &When<'_>, plan: &Plan) {
        let w = &mut *self.w;
        let links = links(self.session, &w.cx, w.message.report.parent_of(m.report), m);
        w.tape.clear();
        builder!(w).observation(m, id, when, &links, plan);
    }

    /// Writes the Observation on the tape at work, which was checked.
    pub(super) fn finish_observation(
        &mut self,
        id: Uuid,
        valid: bool,
        report: Option<u32>,
    ) -> Fate {
        let request = result_request(&self.w.cx.config, self.w.message.session);
        self.tell_notes();
        let tape = core::mem::take(&mut self.w.tape);
        let (what, ordinal) = (("Observation", id), self.session.ordinal);
        let fate = self.w.finish_checked(&tape, valid, what, request, ordinal, self.output);
        self.w.tape = tape;
        if fate == Fate::Written {
            self.count(id, report);
        }
        fate
    }

    /// An Observation is written: it is a result, and Provenance is about it.
    fn count(&mut self, id: Uuid, report: Option<u32>) {
        self.w.message.targets.push(("Observation", id));
        if report.is_some() && report == self.w.message.report.key {
            self.w.message.report.results.push(("Observation", id));
        }
    }

    /// A final result without a value says that the one sent before holds.
    fn is_not_retransmitted(&self, m: &Measurement<'_>) -> bool {
        matches!(m.status.table, StatusTable::Hl70085 | StatusTable::IhePcd)
            && m.status.code.is_some_and(|c| c.is("U"))
            && matches!(m.value, Value::Absent(a) if a.reason == AbsentReason::Unknown && a.sent.is_none())
    }

    fn refers_to_dropped(&self, m: &Measurement<'_>) -> bool {
        if self.w.cx.config.on_invalid != OnInvalid::Drop {
            return false;
        }
        let dropped = |entry: Option<&Entry>| entry.is_some_and(|e| e.refer == Refer::Dropped);
        let device = |key: u32| dropped(self.session.entry(Kind::Device, key));
        let subject = match m.subject {
            Subject::Patient(key) => dropped(self.session.entry(Kind::Patient, key.0)),
            Subject::Device(key) => device(key.0),
            Subject::Unknown => false,
        };
        subject
            || m.device.is_some_and(|key| device(key.0))
            || m.specimen.is_some_and(|k| dropped(self.session.entry(Kind::Specimen, k.0)))
            || m.encounter.is_some_and(|k| dropped(self.session.entry(Kind::Encounter, k.0)))
    }

    /// When: as sent; of a live notification, when it was received; as configured, when the
    /// message was made; else unknown.
    fn when<'a>(&mut self, m: &Measurement<'a>) -> When<'a> {
        let place = "Observation.effective";
        let when = builder!(self.w).when(&m.effective, place);
        self.tell_notes();
        if !matches!(when, When::Unknown) {
            if !when.is_known() {
                self.tell(DiagnosticCode::TimeUnknown, m.span, place);
            }
            return when;
        }
        if let Some(received) = self.w.cx.received.filter(|_| m.live) {
            self.tell(DiagnosticCode::TimeReceived, m.span, place);
            return When::At(Moment::plain(received, Span::NONE));
        }
        if let Some(sent) = self.w.cx.sent.filter(|_| self.w.cx.config.message_time) {
            let time = Time::binary(sent, Span::NONE);
            let moment = builder!(self.w).moment(&time, place);
            self.tell_notes();
            return When::At(moment);
        }
        self.tell(DiagnosticCode::TimeUnknown, m.span, place);
        When::Unknown
    }

    /// Issuer and order number, or device and subject; code; what tells equal codes apart; the
    /// time as sent. Never the value or the status.
    pub(super) fn identity(&mut self, m: &Measurement<'_>, panel: Option<&'static str>) -> Uuid {
        let mut name = self.w.cx.name("Observation");
        let filler = self.w.message.report.order_of(m.report);
        match filler {
            Some(filler) => {
                name.uuid(filler);
            }
            None => {
                let device = m.device.and_then(|k| self.session.entry(Kind::Device, k.0));
                match device.filter(|d| d.refer == Refer::Resource && d.identified) {
                    Some(device) => name.uuid(device.id),
                    None => name
                        .uuid(self.w.cx.sender)
                        .str(self.w.cx.config.device.as_deref().unwrap_or("")),
                };
                self.subject_name(m, &mut name);
            }
        }
        match panel {
            Some(code) => name.str(code),
            None => name.concept(&m.code),
        };
        name.text(m.sub_id).effective(&m.effective);
        for number in [m.sequence, m.item] {
            match number {
                Some(number) => name.number(u64::from(number)),
                None => name.none(),
            };
        }
        for supplemental in m.supplemental {
            name.number(u64::from(supplemental.code()));
        }
        let timeless = matches!(m.effective, Effective::Unknown);
        if timeless && self.w.message.session {
            return self.live_identity(&mut name);
        }
        if timeless && filler.is_none() {
            // Without order and time, it is a fact of this message alone.
            name.str(&self.w.message.id).number(self.session.ordinal);
        }
        let id = name.finish_alike(&mut self.w.blocks);
        self.distinct(id, m.span, "Observation.identifier")
    }

    /// An identity that this message has not given yet: an ordinal tells equal ones apart.
    pub(super) fn distinct(&mut self, id: Uuid, span: Span, place: &'static str) -> Uuid {
        let times = given(&mut self.w.message.identities, id);
        self.repeated(id, times, span, place)
    }

    /// An identity that is given for the `times`th time.
    fn repeated(&mut self, id: Uuid, times: u64, span: Span, place: &'static str) -> Uuid {
        if times == 1 {
            return id;
        }
        self.tell(DiagnosticCode::IdentityRepeated, span, place);
        Name::new("ordinal").uuid(id).number(times).finish()
    }

    pub(super) fn subject_name(&self, m: &Measurement<'_>, name: &mut Name) {
        match m.subject {
            Subject::Patient(key) => match self.session.entry(Kind::Patient, key.0) {
                Some(entry) if entry.refer == Refer::Resource => name.uuid(entry.id),
                Some(entry) => name.str(&entry.text),
                None => name.none(),
            },
            Subject::Device(_) => name.str("device"),
            Subject::Unknown => match &self.w.cx.config.subject {
                Some(reference) => name.str(reference),
                None => name.none(),
            },
        };
    }

    /// A reading without a time is told by when it was received, else by its place in the session;
    /// two of one instant by an ordinal.
    fn live_identity(&mut self, name: &mut Name) -> Uuid {
        let (name, instant) = match self.w.cx.received {
            // Mostly it is the time of the Observation too, which is spelled.
            Some(at) => (name.str(self.w.spelled.time(&at)), Instant::Received(at)),
            None => {
                let ordinal = self.session.ordinal;
                (name.number(ordinal), Instant::Message(ordinal))
            }
        };
        let id = name.finish_alike(&mut self.w.blocks);
        if self.session.live_at != instant {
            self.session.live.clear();
            self.session.live_at = instant;
        }
        let times = given(&mut self.session.live, id);
        self.repeated(id, times, self.w.message.span, "Observation.identifier")
    }
}

/// Counts an identity; gives how often it was given.
fn given(identities: &mut HashMap<Uuid, u64, RandomState>, id: Uuid) -> u64 {
    let times = identities.entry(id).or_insert(0);
    *times = times.saturating_add(1);
    *times
}
