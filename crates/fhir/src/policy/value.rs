//! `value[x]`, of an Observation or of a component.

use core::fmt::{self, Write};

use iomt_core::model::{Absent, AbsentReason, Content, Quantity, Samples, TimeOfDay, Value};
use iomt_core::wire::{Scaled, Span};
use iomt_core::{Diagnostic, DiagnosticCode};

use super::attachment::is_url;
use super::{Builder, samples};
use crate::table::{ElementId, el};

const ABSENT: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

/// Where the cases of `value[x]` stand.
#[derive(Clone, Copy)]
pub(crate) struct Slots {
    quantity: ElementId,
    concept: ElementId,
    string: ElementId,
    range: ElementId,
    ratio: ElementId,
    sampled: ElementId,
    period: ElementId,
    time: ElementId,
    date_time: ElementId,
    absent: ElementId,
}

pub(crate) const OBSERVATION: Slots = Slots {
    quantity: el::OBSERVATION_VALUE_QUANTITY,
    concept: el::OBSERVATION_VALUE_CODEABLE_CONCEPT,
    string: el::OBSERVATION_VALUE_STRING,
    range: el::OBSERVATION_VALUE_RANGE,
    ratio: el::OBSERVATION_VALUE_RATIO,
    sampled: el::OBSERVATION_VALUE_SAMPLED_DATA,
    period: el::OBSERVATION_VALUE_PERIOD,
    time: el::OBSERVATION_VALUE_TIME,
    date_time: el::OBSERVATION_VALUE_DATE_TIME,
    absent: el::OBSERVATION_DATA_ABSENT_REASON,
};

pub(crate) const COMPONENT: Slots = Slots {
    quantity: el::OBSERVATION_COMPONENT_VALUE_QUANTITY,
    concept: el::OBSERVATION_COMPONENT_VALUE_CODEABLE_CONCEPT,
    string: el::OBSERVATION_COMPONENT_VALUE_STRING,
    range: el::OBSERVATION_COMPONENT_VALUE_RANGE,
    ratio: el::OBSERVATION_COMPONENT_VALUE_RATIO,
    sampled: el::OBSERVATION_COMPONENT_VALUE_SAMPLED_DATA,
    period: el::OBSERVATION_COMPONENT_VALUE_PERIOD,
    time: el::OBSERVATION_COMPONENT_VALUE_TIME,
    date_time: el::OBSERVATION_COMPONENT_VALUE_DATE_TIME,
    absent: el::OBSERVATION_COMPONENT_DATA_ABSENT_REASON,
};

/// The reason of that code.
pub(crate) fn parse_reason(code: &str) -> Option<AbsentReason> {
    [
        AbsentReason::Error,
        AbsentReason::NotPerformed,
        AbsentReason::TempUnknown,
        AbsentReason::Unknown,
    ]
    .into_iter()
    .find(|one| reason(*one) == code)
}

const fn reason(reason: AbsentReason) -> &'static str {
    match reason {
        AbsentReason::Error => "error",
        AbsentReason::NegativeInfinity => "negative-infinity",
        AbsentReason::NotAsked => "not-asked",
        AbsentReason::NotANumber => "not-a-number",
        AbsentReason::NotPerformed => "not-performed",
        AbsentReason::PositiveInfinity => "positive-infinity",
        AbsentReason::TempUnknown => "temp-unknown",
        AbsentReason::Unknown => "unknown",
        AbsentReason::Unsupported => "unsupported",
    }
}

impl Builder<'_> {
    /// Writes the value, or why there is none. Bits and compounds are components and stand
    /// elsewhere.
    pub(crate) fn value(&mut self, slots: Slots, value: &Value<'_>, allowed: &[&'static str]) {
        let before = self.tape.nodes().len();
        match value {
            Value::Bits(_) | Value::Compound(_) => return,
            Value::Absent(absent) => return self.absent(slots.absent, absent),
            Value::Attachment(attachment) => {
                // R4 has none here; that of a report is in its presentedForm.
                let mut absent = Absent::new(AbsentReason::Unsupported, Span::NONE);
                if let Content::Pointer(pointer) = attachment.content
                    && !is_url(pointer)
                {
                    absent.sent = Some(pointer);
                }
                return self.absent(slots.absent, &absent);
            }
            Value::Concept(concept) => self.concept(slots.concept, concept),
            Value::Quantity(quantity) => self.quantity(slots.quantity, quantity, allowed),
            Value::Range(low, high) => self.range(slots.range, low.as_ref(), high.as_ref()),
            Value::Ratio(numerator, denominator) => {
                let mark = self.tape.open(slots.ratio, numerator.span.to(denominator.span));
                self.quantity(el::RATIO_NUMERATOR, numerator, &[]);
                self.quantity(el::RATIO_DENOMINATOR, denominator, &[]);
                self.tape.close(mark);
            }
            Value::Samples(samples) => self.samples(slots.sampled, samples),
            Value::Text(text) => self.text(slots.string, *text),
            Value::Time(time) => {
                let moment = self.moment(time, "Observation.value");
                if moment.value.is_none() {
                    let mut absent = Absent::new(AbsentReason::Unknown, time.span);
                    absent.sent = time.sent;
                    return self.absent(slots.absent, &absent);
                }
                self.date_time(slots.date_time, &moment);
            }
            Value::Period(start, end) => {
                let place = "Observation.value";
                let start = start.map(|time| self.moment(&time, place));
                let end = end.map(|time| self.moment(&time, place));
                self.period(slots.period, start.as_ref(), end.as_ref());
            }
            // The reference validator refuses a fraction of a second, which FHIR allows.
            Value::TimeOfDay(time, sent) if time.places > 0 => self.text(slots.string, *sent),
            Value::TimeOfDay(time, sent) => {
                self.tape.write(slots.time, sent.span(), |w| write_time(time, w));
            }
        }
        if self.tape.nodes().len() == before {
            self.absent(slots.absent, &Absent::new(AbsentReason::Unknown, Span::NONE));
        }
    }

    fn absent(&mut self, element: ElementId, absent: &Absent<'_>) {
        let mark = self.tape.open(element, absent.span);
        self.code(el::CODEABLE_CONCEPT_CODING, ABSENT, reason(absent.reason), absent.span);
        if let Some(sent) = absent.sent {
            self.text(el::CODEABLE_CONCEPT_TEXT, sent);
        }
        self.tape.close(mark);
    }

    fn range(
        &mut self,
        element: ElementId,
        low: Option<&Quantity<'_>>,
        high: Option<&Quantity<'_>>,
    ) {
        let mark = self.tape.open(element, Span::NONE);
        for (side, bound) in [(el::RANGE_LOW, low), (el::RANGE_HIGH, high)] {
            if let Some(bound) = bound {
                self.quantity(side, bound, &[]);
            }
        }
        self.tape.close(mark);
    }

    /// FHIR SampledData: real value = sample × factor + origin.
    fn samples(&mut self, element: ElementId, samples: &Samples<'_>) {
        let mark = self.tape.open(element, samples.raw.span());
        self.plain_quantity(el::SAMPLED_DATA_ORIGIN, samples.origin, &samples.unit, &[]);
        if samples.period.is_none() {
            let period = self.tape.open(el::SAMPLED_DATA_PERIOD, Span::NONE);
            self.absent_extension(el::ELEMENT_EXTENSION);
            self.tape.close(period);
            self.note(DiagnosticCode::PeriodUnknown, samples.raw.span(), "SampledData.period");
        }
        let factor = samples.factor.filter(|factor| factor.value != Scaled::new(1, 0));
        let decimals = [
            (el::SAMPLED_DATA_PERIOD, samples.period),
            (el::SAMPLED_DATA_FACTOR, factor),
            (el::SAMPLED_DATA_LOWER_LIMIT, samples.lower),
            (el::SAMPLED_DATA_UPPER_LIMIT, samples.upper),
        ];
        for (element, given) in decimals {
            if let Some(given) = given {
                self.tape.write(element, given.span, |w| given.value.write(w));
            }
        }
        self.tape.write(el::SAMPLED_DATA_DIMENSIONS, Span::NONE, |w| {
            write!(w, "{}", samples.dimensions)
        });
        let mut bad = false;
        self.tape.write(el::SAMPLED_DATA_DATA, samples.raw.span(), |w| {
            bad = !samples::write(samples, w)?;
            Ok(())
        });
        if bad {
            let place = iomt_core::Place::named("SampledData.data");
            let code = DiagnosticCode::ValueMalformed;
            self.notes.push(Diagnostic::new(code, samples.raw.span(), place));
        }
        self.tape.close(mark);
    }
}

fn write_time(time: &TimeOfDay, out: &mut dyn Write) -> fmt::Result {
    write!(out, "{:02}:{:02}:{:02}", time.hour, time.minute, time.second)
}
