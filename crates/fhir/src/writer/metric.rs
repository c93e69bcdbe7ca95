//! The metric of a measurement, and what of its value stands.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Absent, AbsentReason, Decimal, Measurement, Message, Metric, Value};
use iomt_core::wire::Span;

use super::mapping::{DEVICE_DEPTH, Mapping};
use super::render::{Fate, Request, close_entry, open_entry, separate};
use super::session::Kind;
use super::{Session, Writer, builder};
use crate::config::{Guide, SentinelReason};
use crate::identity::Uuid;
use crate::json;
use crate::policy::pocd::{self, Profile};
use crate::policy::{Target, invalid};
use crate::tape::Tape;

impl Mapping<'_> {
    /// Finds the numbers by which the sender of a message says that there is no measurement.
    pub(super) fn take_sentinels(&mut self, message: &Message<'_>) {
        let Writer { cx, message: state, .. } = &mut *self.w;
        state.sentinels.clear();
        for profile in cx.config.sentinels.values() {
            let sender = message.application.namespace;
            let of = |name: &String| sender.is_some_and(|sender| sender.is(name));
            if profile.application.as_ref().is_none_or(of) {
                let reason = match profile.reason {
                    SentinelReason::Error => AbsentReason::Error,
                    SentinelReason::NotPerformed => AbsentReason::NotPerformed,
                    SentinelReason::TempUnknown => AbsentReason::TempUnknown,
                    SentinelReason::Unknown => AbsentReason::Unknown,
                };
                state.sentinels.extend(profile.values.iter().map(|value| (*value, reason)));
            }
        }
    }

    /// The reason for which a number is none, if it is one of those.
    fn sentinel(&self, value: &Value<'_>) -> Option<(AbsentReason, Span)> {
        let Value::Quantity(quantity) = value else { return None };
        let Decimal::Scaled(number) = quantity.value else { return None };
        let found = self.w.message.sentinels.iter().find(|(sentinel, _)| sentinel.is(number));
        found.map(|(_, reason)| (*reason, quantity.span))
    }

    /// That a measurement has no value, where its status says that it is not valid, or its device
    /// profile that it is none.
    pub(super) fn judged<'a>(&mut self, m: &Measurement<'a>) -> Option<Value<'a>> {
        let place = "Observation.value";
        let found =
            if self.w.message.sentinels.is_empty() { None } else { self.sentinel(&m.value) };
        if let Some((_, span)) = found {
            self.tell(DiagnosticCode::ValueSentinel, span, place);
        }
        let (absent, sent) = match (invalid(m), found) {
            (Some(invalid), _) => invalid,
            (None, Some((reason, span))) => (Absent::new(reason, span), false),
            (None, None) => return None,
        };
        if sent && found.is_none() {
            self.tell(DiagnosticCode::ValueInvalid, span(&m.value, m.span), place);
        }
        if let (Value::Quantity(quantity), None) = (&m.value, &m.metric)
            && quantity.unit.span.is_some()
        {
            // What is absent has no unit.
            self.tell(DiagnosticCode::FieldNotMapped, quantity.unit.span, place);
        }
        Some(Value::Absent(absent))
    }

    /// Writes the metric of a measurement, after the devices that it is of; gives its id.
    ///
    /// Its identity is made from what it says, so that a metric in another unit is another one.
    pub(super) fn use_metric(
        &mut self,
        m: &Measurement<'_>,
        metric: &Metric<'_>,
    ) -> Option<(Uuid, Option<Profile>)> {
        let (w, session) = (&mut *self.w, &*self.session);
        let device = m.device.and_then(|key| session.entry(Kind::Device, key.0));
        let external = w.cx.config.device.as_deref().filter(|_| device.is_none());
        let identified = external.is_some() || device.is_some_and(|device| device.identified);
        let external = external.map(Target::External);
        let parent = device.and_then(|device| device.target()).or(external);
        let asked = w.cx.config.profile == Some(Guide::Pocd);
        let (source, whole) = source(session, m, asked);
        let source = source.or(external);
        let channel = device.is_some_and(|d| d.profile == Some(Profile::ChannelDevice));
        let claims = asked && channel && whole == Some(Profile::MdsDevice);
        let profile = if claims { pocd::metric(m, &w.cx.config.code_maps) } else { None };
        // One that is not identified is of this message alone.
        let traced = w.message.traces.is_some();
        let limit = if identified { w.templates() } else { 0 };
        if limit > 0
            && let Some((id, text)) = w.memo.metric(m, metric, profile, [source, parent])
        {
            let id = *id;
            if !w.message.ids.contains_key(&id) {
                separate(&w.cx.config, &mut w.message.out);
                let start = w.message.out.len();
                w.message.out.push_str(text);
                w.note_entry("DeviceMetric", id, start);
            }
            return Some((id, profile));
        }
        let mut name = w.cx.name("DeviceMetric");
        match (device, external) {
            (Some(device), _) if device.identified => name.uuid(device.id).str(&device.text),
            (_, Some(Target::External(reference))) => name.str(reference),
            _ => name.uuid(w.cx.sender).str(&w.message.id).number(session.ordinal),
        };
        name.text(Some(metric.path)).concept(&m.code).text(metric.category);
        match metric.unit.mdc {
            Some(unit) => name.number(u64::from(unit.code())),
            None => name.text(metric.unit.ucum.or(metric.unit.text)),
        };
        let id = name.finish();
        let again = w.message.ids.contains_key(&id);
        if again && !traced {
            return Some((id, profile));
        }
        w.extra.clear();
        builder!(w, extra).device_metric(m, metric, id, source, parent, profile);
        let plain = w.notes.is_empty();
        self.tell_notes();
        let tape = core::mem::take(&mut self.w.extra);
        if again {
            // It is written; these bytes say it as well.
            self.w.add_traces(&tape, ("DeviceMetric", id));
            self.w.extra = tape;
            return Some((id, profile));
        }
        let request = if identified { Request::CreateIfNone("") } else { Request::Create };
        let valid = tape.root().is_some_and(|root| self.w.is_valid(&tape, root));
        if valid && plain && limit > 0 {
            self.w.keep_metric(&tape, id, request);
        }
        let (what, ordinal) = (("DeviceMetric", id), self.session.ordinal);
        let fate = self.w.finish_checked(&tape, valid, what, request, ordinal, self.output);
        self.w.extra = tape;
        (fate == Fate::Written).then_some((id, profile))
    }
}

impl Writer {
    /// Remembers the metric on `tape` as it is rendered: its entry.
    fn keep_metric(&mut self, tape: &Tape, id: Uuid, request: Request<'_>) {
        let Some(root) = tape.root() else { return };
        let (config, name) = (&self.cx.config, self.spelled.text(id));
        self.text.clear();
        open_entry(config.to, name, &mut self.text);
        json::write(tape, root, &mut self.text);
        close_entry(config, "DeviceMetric", name, request, &mut self.text);
        self.memo.keep_metric(id, &self.text, self.limits.templates);
    }
}

/// The nearest device that has an identifier, else the whole; the guide asks for the whole. Gives
/// also what the source claims.
fn source<'s>(
    session: &'s Session,
    m: &Measurement<'_>,
    whole: bool,
) -> (Option<Target<'s>>, Option<Profile>) {
    let mut key = m.device.map(|key| key.0);
    let (mut source, mut profile) = (None, None);
    for _ in 0..DEVICE_DEPTH {
        let Some(entry) = key.and_then(|key| session.entry(Kind::Device, key)) else { break };
        if let Some(target) = entry.target() {
            (source, profile) = (Some(target), entry.profile);
        }
        if entry.numbered && !whole {
            break;
        }
        key = entry.parent;
    }
    (source, profile)
}

/// The bytes of a value, as near as they are known.
fn span(value: &Value<'_>, row: Span) -> Span {
    match value {
        Value::Quantity(quantity) => quantity.span,
        Value::Concept(concept) => concept.span,
        Value::Samples(samples) => samples.raw.span(),
        Value::Text(text) => text.span(),
        Value::Time(time) => time.span,
        Value::Attachment(attachment) => attachment.span,
        Value::Absent(_)
        | Value::Bits(_)
        | Value::Compound(_)
        | Value::Period(..)
        | Value::Range(..)
        | Value::Ratio(..)
        | Value::TimeOfDay(..) => row,
    }
}
