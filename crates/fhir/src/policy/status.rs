//! How far a value may be relied on: OBX-8 and OBX-11 of IHE PCD, as the PoCD IG has them.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Absent, AbsentReason, Concept, Measurement, StatusTable, Text, Value};
use iomt_core::wire::Span;

use super::pocd::Profile;
use super::{Builder, maps, value};
use crate::table::{ElementId, el};

/// Worst first: of several, the worst counts.
const RELIANCE: [&str; 4] = ["UNRELIABLE", "UNCERTREL", "RELIABLE", "HRELIABLE"];
/// What says most first.
const ABSENT: [AbsentReason; 4] = [
    AbsentReason::Error,
    AbsentReason::NotPerformed,
    AbsentReason::TempUnknown,
    AbsentReason::Unknown,
];
const OBSERVATION_VALUE: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const MEASUREMENT_STATUS: &str = "http://terminology.hl7.org/CodeSystem/measurement-status";
pub(super) const INTERPRETATION: &str =
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";

fn code<'a>(concept: &Concept<'a>) -> Option<Text<'a>> {
    concept.codings().next().and_then(|coding| coding.code.text()).or(concept.text)
}

fn is_pcd(m: &Measurement<'_>) -> bool {
    m.status.table == StatusTable::IhePcd
}

/// The codes of OBX-8 that `map` knows.
fn said<'m>(
    m: &'m Measurement<'_>,
    map: maps::Map,
) -> impl Iterator<Item = (&'static str, Span)> + use<'m> {
    m.interpretation
        .iter()
        .filter_map(move |concept| Some((maps::look_up(map, code(concept)?)?, concept.span)))
}

/// Why a measurement of a device has no value: its status says so, perhaps beside a value that was
/// sent all the same.
pub(crate) fn invalid<'a>(m: &Measurement<'a>) -> Option<(Absent<'a>, bool)> {
    let sent = match &m.value {
        Value::Absent(absent) => Some(*absent),
        _ => None,
    };
    let not_asked = m.status.code.filter(|code| m.status.table.is_of_results() && code.is("N"));
    if let (Some(sent), Some(status)) = (sent, not_asked)
        && sent.sent.is_none()
    {
        return Some((Absent::new(AbsentReason::NotAsked, status.span()), false));
    }
    if !is_pcd(m) || m.interpretation.is_empty() {
        return None;
    }
    // A measurement that is still going on has a value or has none.
    let strict = |concept: &&Concept<'_>| {
        let code = code(concept);
        let both = code.and_then(|code| maps::look_up(maps::MEASUREMENT_STATUS, code)).is_some();
        sent.is_some() || !both
    };
    let reasons = m.interpretation.iter().filter(strict).filter_map(|concept| {
        let reason = maps::look_up(maps::MEASUREMENT_ABSENT, code(concept)?)?;
        Some((value::parse_reason(reason)?, concept.span))
    });
    let rank = |(reason, _): &(AbsentReason, Span)| ABSENT.iter().position(|one| one == reason);
    if let Some((reason, span)) = reasons.min_by_key(rank) {
        let mut absent = Absent::new(reason, span);
        absent.sent = sent.and_then(|sent| sent.sent);
        return Some((absent, sent.is_none()));
    }
    // Out of range, and no limit was sent.
    let beyond = |mark: &str| m.interpretation.iter().any(|c| code(c).is_some_and(|c| c.is(mark)));
    let words = [
        (">", "above the range that can be measured"),
        ("<", "below the range that can be measured"),
    ];
    if let (Some(sent), Some((_, words))) = (sent, words.iter().find(|(mark, _)| beyond(mark)))
        && sent.sent.is_none()
    {
        let mut absent = Absent::new(AbsentReason::Error, sent.span);
        absent.sent = Some(Text::literal(words));
        return Some((absent, false));
    }
    None
}

/// The label that says how far a value may be relied on, the worst of those sent; and the place of
/// one that says that it is none of a patient.
fn sent_labels(m: &Measurement<'_>) -> (Option<(&'static str, Span)>, Option<Span>) {
    let doubt = super::measurement::doubt(m).map(|(_, span)| ("UNCERTREL", span));
    let all = || said(m, maps::MEASUREMENT_SECURITY).filter(|_| is_pcd(m)).chain(doubt);
    let worst = RELIANCE.iter().find_map(|label| all().find(|(said, _)| said == label));
    let test = all().find(|(label, _)| !RELIANCE.contains(label)).map(|(_, span)| span);
    (worst, test)
}

/// Whether the absence of the value or a label says what stands at `span`.
fn is_said(m: &Measurement<'_>, span: Span) -> bool {
    let (worst, test) = sent_labels(m);
    matches!(m.value, Value::Absent(absent) if absent.span == span)
        || worst.is_some_and(|(_, label)| label == span)
        || test == Some(span)
}

impl Builder<'_> {
    /// The labels that say how far a value may be relied on, and that it is none of a patient.
    pub(crate) fn labels(&mut self, m: &Measurement<'_>, profile: Option<Profile>) {
        let (worst, test) = sent_labels(m);
        let worst = worst.or_else(|| unflagged(m).map(|span| ("RELIABLE", span)));
        let test = test.or(self.cx.test);
        if worst.is_none() && test.is_none() {
            return self.meta(el::OBSERVATION_META, profile);
        }
        let span = worst.map(|(_, span)| span).or(test).unwrap_or(Span::NONE);
        let meta = self.tape.open(el::OBSERVATION_META, span);
        if let Some(profile) = profile {
            self.tape.text(el::META_PROFILE, profile.url());
        }
        if let Some((label, span)) = worst {
            self.code(el::META_SECURITY, OBSERVATION_VALUE, label, span);
        }
        self.test_label(test);
        self.tape.close(meta);
    }

    /// That data are not real, as the bytes at `span` say.
    pub(crate) fn test_label(&mut self, span: Option<Span>) {
        if let Some(span) = span {
            self.code(el::META_SECURITY, ACT_REASON, "HTEST", span);
        }
    }

    /// OBX-8 of a device: the status of the measurement, and how its value is judged. Of a value that
    /// is not there nothing is judged (PoCD IG: absence and interpretation exclude each other).
    pub(crate) fn judgement(&mut self, element: ElementId, m: &Measurement<'_>) {
        let absent = matches!(m.value, Value::Absent(_));
        for concept in m.interpretation {
            let Some(sent) = code(concept) else { continue };
            let status = maps::look_up(maps::MEASUREMENT_STATUS, sent);
            let known = |map| maps::look_up(map, sent).is_some();
            let elsewhere = known(maps::MEASUREMENT_SECURITY) || known(maps::MEASUREMENT_ABSENT);
            let judged = status
                .map(|status| (MEASUREMENT_STATUS, status))
                .or(maps::look_up(maps::INTERPRETATION, sent).map(|code| (INTERPRETATION, code)))
                .filter(|_| !known(maps::ALARM_FLAG));
            match judged.filter(|_| !absent) {
                Some((system, code)) => self.coded(element, system, code, concept.span),
                // A doubt about a value that is not there.
                None if status.is_some() && !known(maps::MEASUREMENT_ABSENT) => {
                    self.not_judged(concept, sent);
                }
                None if elsewhere && is_said(m, concept.span) => {}
                None if elsewhere => self.not_judged(concept, sent),
                None if judged.is_some() || known(maps::ALARM_FLAG) => {
                    self.not_judged(concept, sent);
                }
                None => self.unmapped_interpretation(element, concept),
            }
        }
    }

    fn not_judged(&mut self, concept: &Concept<'_>, sent: Text<'_>) {
        self.note(DiagnosticCode::CodeNotMapped, sent.span(), "Observation.interpretation");
        self.lose_others(concept, sent);
    }
}

/// A value of a device with no flag at all is a reliable one, if its status is `R`.
fn unflagged(m: &Measurement<'_>) -> Option<Span> {
    let sent = m.status.code.filter(|code| is_pcd(m) && code.is("R"))?;
    let valued = !matches!(m.value, Value::Absent(_));
    (valued && m.interpretation.is_empty()).then(|| sent.span())
}
