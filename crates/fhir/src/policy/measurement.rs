//! Observation.

use iomt_core::DiagnosticCode;
use iomt_core::model::{
    Bits, CodeSystem, Coding, Component, Concept, Mdc, Measurement, ReferenceRange, StatusCode,
    StatusTable, Text, Unit, Value,
};
use iomt_core::wire::Span;
use iomt_nomenclature::loinc::Loinc;
use iomt_nomenclature::vital::Profile as Vital;
use iomt_nomenclature::{bits, loinc, vital};

use super::party::core;
use super::pocd::Profile;
use super::status::INTERPRETATION;
use super::time::When;
use super::{Builder, Performers, Target, maps, value};
use crate::code_maps::{self, CodeMaps, Row};
use crate::config::{Config, ObservationStatus};
use crate::identity::Uuid;
use crate::table::{ElementId, el};
use crate::tape::{Mark, Tape};

const OBSERVATION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const MEASUREMENT_STATUS: &str = "http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status";
const RANGE_TYPE: &str = "http://hl7.org/fhir/uv/pocd/CodeSystem/reference-range-type";
/// MDC_ATTR_SUPPLEMENTAL_TYPES.
const SUPPLEMENTAL_TYPES: Mdc = Mdc::new(68_193);
const ASN1_TO_HL7: &str = "http://terminology.hl7.org/CodeSystem/ASN1ToHL7";

/// What an Observation points to.
#[derive(Clone, Copy)]
pub(crate) struct Links<'a> {
    pub(crate) subject: Option<Target<'a>>,
    pub(crate) encounter: Option<Target<'a>>,
    pub(crate) specimen: Option<Target<'a>>,
    pub(crate) device: Option<Target<'a>>,
    /// What the metric claims.
    pub(crate) profile: Option<Profile>,
    /// The result that made for this one, and the bytes that say so.
    pub(crate) parent: Option<(Target<'a>, Span)>,
    /// Where, and the bytes that say so.
    pub(crate) location: Option<(Target<'a>, Span)>,
    pub(crate) performers: Performers<'a>,
}

/// How the codes of a measurement go out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// The vital-signs profile that the sender's code implies.
    implied: Option<&'static Vital>,
    /// LOINC codes that its MDC code may get.
    added: &'static [Loinc],
    /// Meet the profile; else go without the codes that imply it.
    pub(crate) vital: bool,
}

impl Plan {
    pub(crate) fn new(measurement: &Measurement<'_>, config: &Config) -> Self {
        let code = &measurement.code;
        let sent = code.codings().find_map(implied_profile);
        let implied = sent.or_else(|| mapped(config, code).find_map(code_maps::vital));
        let added = added_loinc(config, code);
        let vital = implied.is_some() || added.iter().any(|l| vital::by_loinc(l.code).is_some());
        Self { implied, added, vital }
    }

    /// The profile that the codes imply, theirs or ours.
    fn profile(&self) -> Option<&'static Vital> {
        self.implied.or_else(|| self.added.iter().find_map(|l| vital::by_loinc(l.code)))
    }

    /// Whether the coding of the sender, or of the maps of the site, implies a profile.
    pub(crate) const fn is_sent(&self) -> bool {
        self.implied.is_some()
    }
}

/// The half of a blood pressure that a row of its own is: 8480-6 or 8462-4.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PressureRow {
    Systolic,
    Diastolic,
}

impl PressureRow {
    pub(crate) fn of(measurement: &Measurement<'_>, config: &Config) -> Option<Self> {
        let code = &measurement.code;
        match code.codings().find_map(Coding::as_loinc) {
            Some(sent) => Self::by_loinc(sent.as_str()),
            None => mapped(config, code).find_map(Row::loinc).and_then(Self::by_loinc),
        }
    }

    fn by_loinc(code: &str) -> Option<Self> {
        match code {
            "8480-6" => Some(Self::Systolic),
            "8462-4" => Some(Self::Diastolic),
            _ => None,
        }
    }
}

/// What the maps of the site add to a code.
fn mapped<'c>(
    config: &'c Config,
    code: &'c Concept<'_>,
) -> impl Iterator<Item = &'c Row> + use<'c> {
    code_maps::added(config, code).map(|(_, row)| row)
}

/// The LOINC codes that its MDC code may get.
fn added_loinc(config: &Config, code: &Concept<'_>) -> &'static [Loinc] {
    let sent = code.codings().find_map(Coding::as_mdc);
    sent.or_else(|| mapped(config, code).find_map(Row::mdc)).map_or(&[][..], loinc::for_mdc)
}

fn implied_profile(coding: &Coding<'_>) -> Option<&'static Vital> {
    if let Some(code) = coding.as_loinc() {
        return vital::by_loinc(code.as_str());
    }
    match coding.system {
        CodeSystem::SnomedCt => {
            coding.code.text()?.short().and_then(|t| vital::by_snomed(t.as_str().as_bytes()).next())
        }
        _ => None,
    }
}

/// What a flag of a device means for its value.
pub(super) fn doubt(measurement: &Measurement<'_>) -> Option<(&'static str, Span)> {
    measurement.flags.iter().find_map(|flag| {
        let effect = maps::FLAG.iter().find(|(key, _)| {
            key.split_once(':').is_some_and(|(t, c)| t == flag.table && c.parse() == Ok(flag.code))
        })?;
        Some((effect.1, flag.span))
    })
}

impl Builder<'_> {
    pub(crate) fn observation(
        &mut self,
        measurement: &Measurement<'_>,
        id: Uuid,
        when: &When<'_>,
        links: &Links<'_>,
        plan: &Plan,
    ) {
        let status = self.status(measurement);
        let profile = self.observation_profile(measurement, when, links);
        let vital = plan.vital && plan.profile().is_some();
        let root = self.head(measurement, id, status, vital, profile, links);
        self.observation_code(measurement, plan);
        self.links(when, links);
        let allowed = plan.profile().map_or(&[][..], |p| p.ucum);
        let allowed = if allowed.is_empty() { added_units(plan) } else { allowed };
        self.value(value::OBSERVATION, &measurement.value, allowed);
        self.tail(measurement, links, false, allowed);
        match &measurement.value {
            Value::Compound(components) => {
                for component in *components {
                    self.component(component, plan.vital);
                    self.holes.part = self.holes.part.saturating_add(1);
                }
            }
            Value::Bits(bits) => self.bits(bits),
            _ => {}
        }
        for facet in measurement.facets {
            self.component(facet, false);
        }
        for supplemental in measurement.supplemental {
            self.supplemental(*supplemental);
        }
        self.tape.close(root);
    }

    /// A panel of two rows: what they share stands once, from the facts of the later row; then
    /// the rows as components. `earlier` is the earlier row as an Observation, for its remarks.
    pub(crate) fn pressure(
        &mut self,
        measurement: &Measurement<'_>,
        id: Uuid,
        when: &When<'_>,
        links: &Links<'_>,
        earlier: &Tape,
        rows: [&Tape; 2],
    ) {
        let status = self.status(measurement);
        let root = self.head(measurement, id, status, true, None, links);
        let code = self.tape.open(el::OBSERVATION_CODE, Span::NONE);
        self.loinc("85354-9");
        self.tape.close(code);
        self.links(when, links);
        if let Some(observation) = earlier.root() {
            for note in earlier.find_all(observation, el::OBSERVATION_NOTE) {
                self.tape.splice(earlier, note, None);
            }
        }
        self.tail(measurement, links, true, &[]);
        for row in rows {
            if let Some(component) = row.root() {
                self.tape.splice(row, component, None);
            }
        }
        self.tape.close(root);
    }

    /// A row as a component of that panel.
    pub(crate) fn pressure_component(&mut self, measurement: &Measurement<'_>) {
        let mark = self.tape.open(el::OBSERVATION_COMPONENT, measurement.span);
        self.concept(el::OBSERVATION_COMPONENT_CODE, &measurement.code);
        self.value(value::COMPONENT, &measurement.value, &["mm[Hg]"]);
        self.interpretation(el::OBSERVATION_COMPONENT_INTERPRETATION, measurement);
        if let Some(range) = &measurement.reference_range {
            let element = el::OBSERVATION_COMPONENT_REFERENCE_RANGE;
            self.reference_range(element, range, measurement, &["mm[Hg]"]);
        }
        self.tape.close(mark);
    }

    fn head(
        &mut self,
        m: &Measurement<'_>,
        id: Uuid,
        status: &'static str,
        vital: bool,
        profile: Option<Profile>,
        links: &Links<'_>,
    ) -> Mark {
        let root = self.resource(el::ROOT_OBSERVATION, el::OBSERVATION_ID, id, m.span);
        self.labels(m, profile);
        if let Some((target, span)) = links.location {
            let extension = self.tape.open(el::OBSERVATION_EXTENSION, span);
            self.tape.text(el::EXTENSION_URL, core!("event-location"));
            self.reference_at(el::EXTENSION_VALUE_REFERENCE, target, span);
            self.tape.close(extension);
        }
        if let Some(identifier) = &m.identifier {
            self.number(el::OBSERVATION_IDENTIFIER, Some(identifier), "FILL");
        }
        self.own_identifier(el::OBSERVATION_IDENTIFIER, id);
        let span = m.status.code.map_or(Span::NONE, |c| c.span());
        self.tape.text_at(el::OBSERVATION_STATUS, status, span);
        if vital {
            self.coded(el::OBSERVATION_CATEGORY, OBSERVATION_CATEGORY, "vital-signs", Span::NONE);
        }
        if let Some(kind) = m.kind {
            let mut coding = Coding::new(CodeSystem::Hl7Table(936), kind);
            coding.system_span = kind.span();
            let category = self.tape.open(el::OBSERVATION_CATEGORY, kind.span());
            self.coding(el::CODEABLE_CONCEPT_CODING, &coding);
            self.tape.close(category);
        }
        root
    }

    fn observation_code(&mut self, m: &Measurement<'_>, plan: &Plan) {
        let code = self.tape.open(el::OBSERVATION_CODE, m.code.span);
        let mut withheld = None;
        for coding in m.code.codings() {
            if !plan.vital && implied_profile(coding).is_some() {
                withheld = withheld.or(Some(coding));
            } else {
                self.coding(el::CODEABLE_CONCEPT_CODING, coding);
            }
        }
        self.added_codings(&m.code, plan.vital);
        self.added_codes(m, plan);
        match (withheld, m.code.text) {
            (None, _) => self.concept_text(&m.code),
            // The sender's coding as text: its words, and the code itself.
            (Some(coding), text) => {
                let words = text.or(coding.display);
                self.tape.write(el::CODEABLE_CONCEPT_TEXT, m.code.span, |w| {
                    if let Some(words) = words {
                        words.write(w)?;
                        w.write_str(" (")?;
                    }
                    w.write_str(if coding.as_loinc().is_some() { "LOINC " } else { "SNOMED CT " })?;
                    coding.code.write(w)?;
                    w.write_str(if words.is_some() { ")" } else { "" })
                });
            }
        }
        if m.code.is_empty() {
            self.absent_extension(el::CODEABLE_CONCEPT_EXTENSION);
        }
        self.tape.close(code);
    }

    /// The code that the implied profile fixes, and the LOINC codes that the MDC code has.
    fn added_codes(&mut self, m: &Measurement<'_>, plan: &Plan) {
        let config = &self.cx.config;
        let has = |code: &str| {
            m.code.codings().any(|c| c.as_loinc().is_some_and(|l| l.as_str() == code))
                || mapped(config, &m.code).any(|row| row.loinc() == Some(code))
        };
        if let Some(profile) = plan.implied.filter(|p| plan.vital && !has(p.loinc)) {
            self.loinc(profile.loinc);
        }
        let unit = output_unit(&m.value, plan, &config.code_maps);
        for row in plan.added {
            let fits = unit.is_none_or(|u| row.allows(u)) || row.ucum.is_empty();
            let fixed = plan.implied.is_some_and(|p| p.loinc == row.code);
            let free = plan.vital || vital::by_loinc(row.code).is_none();
            if fits && free && !fixed && !has(row.code) {
                self.loinc(row.code);
            }
        }
    }

    fn links(&mut self, when: &When<'_>, links: &Links<'_>) {
        if let Some(subject) = links.subject {
            self.reference(el::OBSERVATION_SUBJECT, subject);
        }
        if let Some(encounter) = links.encounter {
            self.reference(el::OBSERVATION_ENCOUNTER, encounter);
        }
        self.effective(el::OBSERVATION_EFFECTIVE_DATE_TIME, el::OBSERVATION_EFFECTIVE_PERIOD, when);
        for (performer, target) in links.performers.each() {
            self.performer(el::OBSERVATION_PERFORMER, performer, target);
        }
    }

    /// What comes after the value, up to the components.
    fn tail(
        &mut self,
        m: &Measurement<'_>,
        links: &Links<'_>,
        panel: bool,
        allowed: &[&'static str],
    ) {
        if !panel {
            self.interpretation(el::OBSERVATION_INTERPRETATION, m);
        }
        self.remarks(el::OBSERVATION_NOTE, m.notes, links.performers.of);
        if !m.body_site.is_empty() {
            self.concept(el::OBSERVATION_BODY_SITE, &m.body_site);
        }
        if !m.method.is_empty() {
            self.concept(el::OBSERVATION_METHOD, &m.method);
        }
        let [placer, filler] = &m.specimen_numbers;
        let numbers =
            [(placer, "PLAC"), (filler, "FILL")].map(|(n, kind)| Some((n.as_ref()?, kind)));
        let span = numbers.iter().flatten().fold(Span::NONE, |span, (n, _)| span.to(n.span));
        match (links.specimen, numbers.iter().flatten().next_back()) {
            (Some(specimen), _) => _ = self.reference_at(el::OBSERVATION_SPECIMEN, specimen, span),
            (None, Some((number, kind))) => {
                self.numbered(el::OBSERVATION_SPECIMEN, "Specimen", number, kind, span);
                if let ([Some((placer, _)), Some(_)], code) =
                    (&numbers, DiagnosticCode::FieldNotMapped)
                {
                    self.note(code, placer.span, "Observation.specimen");
                }
            }
            (None, None) => {}
        }
        if let Some(device) = links.device {
            self.reference_at(el::OBSERVATION_DEVICE, device, m.device_span);
        }
        if let Some(range) = m.reference_range.as_ref().filter(|_| !panel) {
            self.reference_range(el::OBSERVATION_REFERENCE_RANGE, range, m, allowed);
        }
        if let Some((parent, span)) = links.parent {
            self.reference_at(el::OBSERVATION_DERIVED_FROM, parent, span);
        }
    }

    fn interpretation(&mut self, element: ElementId, m: &Measurement<'_>) {
        if let Some((effect, span)) = doubt(m) {
            self.coded(element, MEASUREMENT_STATUS, effect, span);
        }
        if m.status.table == StatusTable::IhePcd {
            return self.judgement(element, m);
        }
        for concept in m.interpretation {
            let sent = concept.codings().next().and_then(|c| c.code.text());
            match sent.and_then(|t| maps::look_up(maps::INTERPRETATION, t)) {
                Some(code) => self.mapped_concept(element, INTERPRETATION, code, concept),
                None => self.unmapped_interpretation(element, concept),
            }
        }
    }

    pub(super) fn unmapped_interpretation(&mut self, element: ElementId, concept: &Concept<'_>) {
        let sent = concept.codings().next().and_then(|c| c.code.text()).or(concept.text);
        let Some(sent) = sent else { return };
        if mapped(&self.cx.config, concept).next().is_some() {
            return self.concept(element, concept);
        }
        self.note(DiagnosticCode::CodeNotMapped, sent.span(), "Observation.interpretation");
        self.lose_others(concept, sent);
        let mark = self.tape.open(element, concept.span);
        self.text(el::CODEABLE_CONCEPT_TEXT, sent);
        self.tape.close(mark);
    }

    /// What an interpretation says beside `sent`.
    pub(super) fn lose_others(&mut self, concept: &Concept<'_>, sent: Text<'_>) {
        for span in concept.spans().filter(|span| *span != sent.span()) {
            self.note(DiagnosticCode::FieldNotMapped, span, "Observation.interpretation");
        }
    }

    fn reference_range(
        &mut self,
        element: ElementId,
        range: &ReferenceRange<'_>,
        m: &Measurement<'_>,
        allowed: &[&'static str],
    ) {
        let mut unit = match &m.value {
            Value::Quantity(quantity) => quantity.unit,
            _ => Unit::NONE,
        };
        // The limits have no unit of their own: it is that of the value, and as sent beside it.
        unit.span = Span::NONE;
        let mark = self.tape.open(element, range.span);
        for (side, bound) in [
            (el::OBSERVATION_REFERENCE_RANGE_LOW, range.low),
            (el::OBSERVATION_REFERENCE_RANGE_HIGH, range.high),
        ] {
            if let Some(bound) = bound {
                self.plain_quantity(side, bound, &unit, allowed);
            }
        }
        if m.status.table == StatusTable::IhePcd && element == el::OBSERVATION_REFERENCE_RANGE {
            // IHE DEV TF-2 appendix B.8: OBX-7 of a device has the limits of its alarms.
            let kind = el::OBSERVATION_REFERENCE_RANGE_TYPE;
            self.coded(kind, RANGE_TYPE, "alarm-limits", Span::NONE);
        }
        if let Some(text) = range.text {
            self.text(el::OBSERVATION_REFERENCE_RANGE_TEXT, text);
        }
        self.tape.close(mark);
    }

    fn component(&mut self, component: &Component<'_>, vital: bool) {
        let mark = self.tape.open(el::OBSERVATION_COMPONENT, component.code.span);
        let added = added_loinc(&self.cx.config, &component.code);
        let code = self.tape.open(el::OBSERVATION_COMPONENT_CODE, component.code.span);
        self.codings(&component.code);
        if component.code.is_empty() {
            self.absent_extension(el::CODEABLE_CONCEPT_EXTENSION);
        }
        let allowed = added.first().map_or(&[][..], |l| l.ucum);
        if vital {
            let has =
                |code| mapped(&self.cx.config, &component.code).any(|r| r.loinc() == Some(code));
            for row in added.iter().filter(|row| !has(row.code)) {
                self.loinc(row.code);
            }
        }
        if let Some(text) = component.code.text {
            self.text(el::CODEABLE_CONCEPT_TEXT, text);
        }
        self.tape.close(code);
        self.value(value::COMPONENT, &component.value, allowed);
        self.tape.close(mark);
    }

    /// PHD IG: each further code that says what was measured is a component.
    fn supplemental(&mut self, code: Mdc) {
        let mark = self.tape.open(el::OBSERVATION_COMPONENT, Span::NONE);
        let types = Concept::mdc(SUPPLEMENTAL_TYPES);
        self.concept(el::OBSERVATION_COMPONENT_CODE, &types);
        let value = Concept::mdc(code);
        self.concept(el::OBSERVATION_COMPONENT_VALUE_CODEABLE_CONCEPT, &value);
        self.tape.close(mark);
    }

    fn bits(&mut self, value: &Bits) {
        for (row, set) in said_bits(value) {
            self.bit(value.mdc, row, set);
        }
    }

    fn bit(&mut self, mdc: Mdc, row: &'static bits::Bit, set: bool) {
        let mark = self.tape.open(el::OBSERVATION_COMPONENT, Span::NONE);
        let code = self.tape.open(el::OBSERVATION_COMPONENT_CODE, Span::NONE);
        let coding = self.tape.open(el::CODEABLE_CONCEPT_CODING, Span::NONE);
        self.tape.text(el::CODING_SYSTEM, ASN1_TO_HL7);
        self.tape.write(el::CODING_CODE, Span::NONE, |w| write!(w, "{}.{}", mdc.code(), row.bit));
        self.tape.close(coding);
        self.tape.text(el::CODEABLE_CONCEPT_TEXT, row.name);
        self.tape.close(code);
        let text = if set { "true" } else { "false" };
        self.tape.text(el::OBSERVATION_COMPONENT_VALUE_BOOLEAN, text);
        self.tape.close(mark);
    }

    /// The status, from the table it was sent in.
    pub(crate) fn status(&mut self, m: &Measurement<'_>) -> &'static str {
        let StatusCode { table, code, .. } = m.status;
        match table {
            StatusTable::Measured => return "final",
            StatusTable::Ongoing => return "preliminary",
            StatusTable::Hl70038
            | StatusTable::Hl70085
            | StatusTable::Hl70123
            | StatusTable::IhePcd => {}
        }
        let Some(sent) = code else {
            self.note(DiagnosticCode::StatusMissing, m.span, "Observation.status");
            return "unknown";
        };
        let own = self.cx.config.observation_status.iter().find(|(key, _)| sent.is(key));
        if let Some((_, status)) = own {
            return ObservationStatus::as_str(*status);
        }
        let mapped = maps::look_up(maps::OBSERVATION_STATUS, sent);
        mapped.unwrap_or_else(|| {
            self.note(DiagnosticCode::StatusUnknown, sent.span(), "Observation.status");
            "unknown"
        })
    }
}

/// The bits that are said: a state always, an event when it is set (PHD IG).
fn said_bits(value: &Bits) -> impl Iterator<Item = (&'static bits::Bit, bool)> {
    let Bits { mdc, set, known, .. } = *value;
    bits::rows(mdc).iter().filter_map(move |row| {
        let mask = 1_u32.checked_shl(u32::from(row.bit)).unwrap_or(0);
        let said = set & mask != 0 || matches!(row.kind, bits::Kind::State);
        (said && known & mask != 0).then_some((row, set & mask != 0))
    })
}

/// Whether any bit is said.
pub(crate) fn says_something(value: &Bits) -> bool {
    said_bits(value).next().is_some()
}

/// The unit in which a value goes out under a plan, if it is a quantity.
fn output_unit(value: &Value<'_>, plan: &Plan, maps: &CodeMaps) -> Option<&'static str> {
    let Value::Quantity(quantity) = value else { return None };
    let known = maps.known_unit(&quantity.unit)?;
    let units = plan.profile().map_or_else(|| added_units(plan), |p| p.ucum);
    // In a unit that converts, it goes out in the unit of the profile; the validator sees to the rest.
    let same = |u: &&&str| {
        iomt_nomenclature::unit::by_ucum(u).is_some_and(|u| u.dimension == known.dimension)
    };
    units
        .iter()
        .find(|u| **u == known.ucum)
        .or_else(|| units.iter().find(same))
        .copied()
        .or(Some(known.ucum))
}

fn added_units(plan: &Plan) -> &'static [&'static str] {
    plan.added.first().map_or(&[], |l| l.ucum)
}
