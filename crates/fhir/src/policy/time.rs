//! Times: whose zone, to which precision, and what is kept as it was sent.

use core::fmt::{self, Write};

use iomt_core::DiagnosticCode;
use iomt_core::model::{DateTime, Effective, Precision, Text, Time};
use iomt_core::wire::Span;

use super::{Builder, Hole};
use crate::table::{ElementId, el};

pub(crate) const ORIGINAL_TEXT: &str = "http://hl7.org/fhir/StructureDefinition/originalText";

/// A time as it goes out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'a> {
    /// What FHIR can say of it; with a time of day it has a zone.
    pub(crate) value: Option<DateTime>,
    /// What was sent, where that says more.
    original: Option<Original<'a>>,
    span: Span,
}

#[derive(Clone, Copy, Debug)]
enum Original<'a> {
    Text(Text<'a>),
    Iso(DateTime),
}

impl Original<'_> {
    fn write(self, out: &mut dyn Write) -> fmt::Result {
        match self {
            Self::Text(text) => text.write(out),
            Self::Iso(value) => value.write_iso(out),
        }
    }

    fn is_plain(self) -> bool {
        match self {
            Self::Text(text) => text.as_str().is_some_and(|t| {
                !t.is_empty()
                    && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.:".contains(&b))
            }),
            Self::Iso(_) => true,
        }
    }
}

/// [`Effective`] as it goes out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When<'a> {
    Unknown,
    At(Moment<'a>),
    Period(Moment<'a>, Moment<'a>),
}

impl When<'_> {
    /// Whether FHIR can say something of it.
    pub(crate) const fn is_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::At(at) => at.value.is_some(),
            Self::Period(start, end) => start.value.is_some() || end.value.is_some(),
        }
    }
}

impl<'a> Moment<'a> {
    /// Which of the plain forms it has, if any: an instant (1), or a day beside a time as sent
    /// that needs no escapes (2).
    pub(crate) fn form(&self) -> Option<u8> {
        let value = self.value?;
        match self.original {
            None => is_instant(&value).then_some(1),
            Some(original) => {
                (value.precision == Precision::Day && original.is_plain()).then_some(2)
            }
        }
    }

    /// Writes the time as it was sent.
    pub(crate) fn write_original(&self, out: &mut dyn Write) -> fmt::Result {
        self.original.map_or(Ok(()), |original| original.write(out))
    }

    /// A time that was not sent as text and has a zone.
    pub(crate) const fn plain(value: DateTime, span: Span) -> Self {
        Self { value: Some(value), original: None, span }
    }
}

/// Whether a time is an instant of FHIR.
pub(crate) fn is_instant(value: &DateTime) -> bool {
    value.precision == Precision::Second && value.zone.is_some()
}

impl Builder<'_> {
    /// Decides zone and precision of a time: its own zone, else the configured one, else that of
    /// the message header, else none.
    pub(crate) fn moment<'a>(&mut self, time: &Time<'a>, place: &'static str) -> Moment<'a> {
        let span = time.span;
        let kept = time.sent.map(Original::Text).or(time.value.map(Original::Iso));
        let Some(value) = time.value else { return Moment { value: None, original: kept, span } };
        if value.precision <= Precision::Day {
            return Moment { value: Some(value), original: None, span };
        }
        if value.precision == Precision::Hour {
            self.note(DiagnosticCode::TimePrecision, span, place);
            return Moment { value: Some(value.to(Precision::Day)), original: kept, span };
        }
        let configured = &self.cx.config.timezone;
        let zone = match (value.zone, configured, self.cx.header_zone) {
            (Some(zone), _, _) => Some(zone),
            (None, Some(configured), _) => {
                let zone = configured.offset_at(&value);
                if zone.is_none() {
                    self.note(DiagnosticCode::ZoneAmbiguous, span, place);
                }
                zone
            }
            (None, None, Some(zone)) => {
                self.note(DiagnosticCode::ZoneFromHeader, span, place);
                Some(zone)
            }
            (None, None, None) => {
                self.note(DiagnosticCode::ZoneUnknown, span, place);
                None
            }
        };
        match zone {
            Some(_) => Moment { value: Some(value.in_zone(zone)), original: None, span },
            None => Moment { value: Some(value.to(Precision::Day)), original: kept, span },
        }
    }

    pub(crate) fn when<'a>(&mut self, effective: &Effective<'a>, place: &'static str) -> When<'a> {
        match effective {
            Effective::Unknown => When::Unknown,
            Effective::At(at) => When::At(self.moment(at, place)),
            Effective::Period(start, end) => {
                When::Period(self.moment(start, place), self.moment(end, place))
            }
        }
    }

    /// Writes a dateTime, with what was sent where that says more.
    pub(crate) fn date_time(&mut self, element: ElementId, moment: &Moment<'_>) {
        let Some(original) = moment.original else {
            if let Some(value) = moment.value {
                let node = self.tape.write(element, moment.span, |w| value.write_iso(w));
                if is_instant(&value) {
                    self.tape.free(node);
                }
                if element == el::OBSERVATION_EFFECTIVE_DATE_TIME {
                    self.holes.add(node, Hole::Time);
                }
            }
            return;
        };
        let mark = self.tape.open(element, moment.span);
        if let Some(value) = moment.value {
            self.tape.value_write(mark, |w| value.write_iso(w));
        }
        let node = self.extension(
            el::ELEMENT_EXTENSION,
            ORIGINAL_TEXT,
            el::EXTENSION_VALUE_STRING,
            moment.span,
            |w| original.write(w),
        );
        self.tape.close(mark);
        if element == el::OBSERVATION_EFFECTIVE_DATE_TIME {
            self.holes.add(Some(mark.node()), Hole::Time);
            self.holes.add(node, Hole::Original);
        }
    }

    /// Writes an instant where the time is one; else what was sent stands beside no value.
    pub(crate) fn instant(&mut self, element: ElementId, time: &Time<'_>, place: &'static str) {
        let moment = self.moment(time, place);
        let kept = time.sent.map(Original::Text).or(time.value.map(Original::Iso));
        match moment.value.filter(is_instant) {
            Some(_) => self.date_time(element, &moment),
            None => self.date_time(element, &Moment { value: None, original: kept, ..moment }),
        }
    }

    /// Writes a date; a time of day beside it stays as sent.
    pub(crate) fn date(&mut self, element: ElementId, time: &Time<'_>) {
        let kept = time.sent.map(Original::Text).or(time.value.map(Original::Iso));
        let day = |v: DateTime| if v.precision > Precision::Day { v.to(Precision::Day) } else { v };
        let whole = time.value.is_some_and(|v| v.precision <= Precision::Day);
        let original = if whole { None } else { kept };
        self.date_time(element, &Moment { value: time.value.map(day), original, span: time.span });
    }

    /// Writes a Period; false if nothing is known of it. One that ends before it begins contradicts
    /// itself: its end is no value, but stays as text.
    pub(crate) fn period(
        &mut self,
        element: ElementId,
        start: Option<&Moment<'_>>,
        end: Option<&Moment<'_>>,
    ) -> bool {
        let mark = self.tape.open(element, Span::NONE);
        if let Some(start) = start {
            self.date_time(el::PERIOD_START, start);
        }
        let began = start.and_then(|start| start.value);
        match (end, end.and_then(|end| end.value)) {
            (Some(end), Some(ended)) if began.is_some_and(|began| began.is_after(&ended)) => {
                self.note(DiagnosticCode::PeriodReversed, end.span, "Period.end");
                let original = end.original.or(Some(Original::Iso(ended)));
                self.date_time(el::PERIOD_END, &Moment { value: None, original, ..*end });
            }
            (Some(end), _) => self.date_time(el::PERIOD_END, end),
            (None, _) => {}
        }
        self.tape.close(mark)
    }

    /// Writes `effective[x]` or its like.
    pub(crate) fn effective(&mut self, at: ElementId, period: ElementId, when: &When<'_>) {
        match when {
            When::Unknown => {}
            When::At(moment) => self.date_time(at, moment),
            When::Period(start, end) => {
                self.period(period, Some(start), Some(end));
            }
        }
    }
}
