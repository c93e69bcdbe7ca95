//! Encounter.

use iomt_core::DiagnosticCode;
use iomt_core::model::{
    Attribute, AttributeValue, CodeSystem, Coding, Decimal, Encounter, LocationKey, Role, StayKind,
    Text, VisitAttribute,
};
use iomt_core::wire::Span;

use super::party::core;
use super::quantity::write_decimal;
use super::{Builder, Performers, Target, maps};
use crate::identity::Uuid;
use crate::table::{ElementId, el};

const ACT: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
pub(super) const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";

/// Which places stand for the keys of a visit.
pub(crate) trait Places {
    fn place(&self, key: LocationKey) -> Option<Target<'_>>;
}

type Attributes<'a> = &'a [Attribute<'a, VisitAttribute>];

/// The values of a kind.
fn each<'a>(
    attributes: Attributes<'a>,
    kind: VisitAttribute,
) -> impl Iterator<Item = &'a AttributeValue<'a>> {
    attributes.iter().filter(move |attribute| attribute.kind == kind).map(|one| &one.value)
}

impl Builder<'_> {
    pub(crate) fn encounter(
        &mut self,
        encounter: &Encounter<'_>,
        id: Uuid,
        subject: Option<Target<'_>>,
        participants: Performers<'_>,
        places: &dyn Places,
    ) {
        let attributes = encounter.attributes;
        let mark = self.resource(el::ROOT_ENCOUNTER, el::ENCOUNTER_ID, id, encounter.span);
        self.meta(el::ENCOUNTER_META, None);
        for value in each(attributes, VisitAttribute::Description) {
            if let AttributeValue::Text(text) = value {
                self.narrative(*text);
            }
        }
        for value in each(attributes, VisitAttribute::ModeOfArrival) {
            if let AttributeValue::Concept(concept) = value {
                let extension = self.tape.open(el::ENCOUNTER_EXTENSION, concept.span);
                self.tape.text(el::EXTENSION_URL, core!("encounter-modeOfArrival"));
                let value = el::EXTENSION_VALUE_CODING;
                self.table_coding(value, concept, 430, maps::MODE_OF_ARRIVAL);
                self.tape.close(extension);
            }
        }
        for identifier in encounter.identifiers {
            self.identifier(el::ENCOUNTER_IDENTIFIER, identifier);
        }
        self.own_identifier(el::ENCOUNTER_IDENTIFIER, id);
        let (status, span) = status(encounter);
        self.tape.text_at(el::ENCOUNTER_STATUS, status, span);
        self.class(encounter.class);
        for (kind, element, table, map) in [
            (VisitAttribute::AdmissionType, el::ENCOUNTER_TYPE, 7, maps::ADMISSION_TYPE),
            (
                VisitAttribute::HospitalService,
                el::ENCOUNTER_SERVICE_TYPE,
                69,
                maps::HOSPITAL_SERVICE,
            ),
            (VisitAttribute::Priority, el::ENCOUNTER_PRIORITY, 217, maps::ENCOUNTER_PRIORITY),
        ] {
            self.table_concepts(attributes, kind, element, table, map);
        }
        if let Some(subject) = subject {
            self.reference(el::ENCOUNTER_SUBJECT, subject);
        }
        for (performer, target) in participants.each() {
            let one = self.tape.open(el::ENCOUNTER_PARTICIPANT, performer.span);
            let (code, words) = participation(performer.role);
            let kind = self.tape.open(el::ENCOUNTER_PARTICIPANT_TYPE, performer.span);
            self.code(el::CODEABLE_CONCEPT_CODING, PARTICIPATION, code, performer.span);
            self.tape.text_at(el::CODEABLE_CONCEPT_TEXT, words, performer.span);
            self.tape.close(kind);
            self.reference_at(el::ENCOUNTER_PARTICIPANT_INDIVIDUAL, target, performer.span);
            self.tape.close(one);
        }
        let start = encounter.start.map(|t| self.moment(&t, "Encounter.period"));
        let end = encounter.end.map(|t| self.moment(&t, "Encounter.period"));
        self.period(el::ENCOUNTER_PERIOD, start.as_ref(), end.as_ref());
        for value in each(attributes, VisitAttribute::Length) {
            if let AttributeValue::Quantity(days) = value {
                self.days(&days.value, days.span);
            }
        }
        self.concepts(attributes, VisitAttribute::Reason, el::ENCOUNTER_REASON_CODE);
        if !attributes.is_empty() || !encounter.stays.is_empty() {
            self.hospitalization(encounter, places);
        }
        for stay in encounter.stays.iter().filter(|stay| stay.kind != StayKind::Discharge) {
            let Some(target) = places.place(stay.location) else { continue };
            let one = self.tape.open(el::ENCOUNTER_LOCATION, stay.span);
            self.reference_at(el::ENCOUNTER_LOCATION_LOCATION, target, stay.span);
            self.tape.text_at(
                el::ENCOUNTER_LOCATION_STATUS,
                presence(stay.kind, status),
                stay.span,
            );
            self.tape.close(one);
        }
        self.tape.close(mark);
    }

    fn hospitalization(&mut self, encounter: &Encounter<'_>, places: &dyn Places) {
        let attributes = encounter.attributes;
        let mark = self.tape.open(el::ENCOUNTER_HOSPITALIZATION, Span::NONE);
        for value in each(attributes, VisitAttribute::PreAdmission) {
            if let AttributeValue::Identifier(number) = value {
                let element = el::ENCOUNTER_HOSPITALIZATION_PRE_ADMISSION_IDENTIFIER;
                self.identifier(element, number);
            }
        }
        let element = el::ENCOUNTER_HOSPITALIZATION_ADMIT_SOURCE;
        self.concepts(attributes, VisitAttribute::AdmitSource, element);
        let element = el::ENCOUNTER_HOSPITALIZATION_RE_ADMISSION;
        self.table_concepts(
            attributes,
            VisitAttribute::ReAdmission,
            element,
            92,
            maps::READMISSION,
        );
        let element = el::ENCOUNTER_HOSPITALIZATION_DIET_PREFERENCE;
        self.concepts(attributes, VisitAttribute::Diet, element);
        let element = el::ENCOUNTER_HOSPITALIZATION_SPECIAL_COURTESY;
        self.concepts(attributes, VisitAttribute::SpecialCourtesy, element);
        let element = el::ENCOUNTER_HOSPITALIZATION_SPECIAL_ARRANGEMENT;
        let kind = VisitAttribute::AmbulatoryStatus;
        self.table_concepts(attributes, kind, element, 9, maps::AMBULATORY_STATUS);
        for stay in encounter.stays.iter().filter(|stay| stay.kind == StayKind::Discharge) {
            if let Some(target) = places.place(stay.location) {
                let element = el::ENCOUNTER_HOSPITALIZATION_DESTINATION;
                self.reference_at(element, target, stay.span);
            }
        }
        let element = el::ENCOUNTER_HOSPITALIZATION_DISCHARGE_DISPOSITION;
        self.concepts(attributes, VisitAttribute::DischargeDisposition, element);
        self.tape.close(mark);
    }

    /// The concepts of a kind as sent.
    fn concepts(&mut self, attributes: Attributes<'_>, kind: VisitAttribute, element: ElementId) {
        for value in each(attributes, kind) {
            if let AttributeValue::Concept(concept) = value {
                self.concept(element, concept);
            }
        }
    }

    /// The concepts of a kind, of which an HL7 table has the codes.
    fn table_concepts(
        &mut self,
        attributes: Attributes<'_>,
        kind: VisitAttribute,
        element: ElementId,
        table: u16,
        map: maps::Map,
    ) {
        for value in each(attributes, kind) {
            if let AttributeValue::Concept(concept) = value {
                self.table_concept(element, concept, table, map);
            }
        }
    }

    /// What the sender says of the visit in words.
    fn narrative(&mut self, words: Text<'_>) {
        let mark = self.tape.open(el::ENCOUNTER_TEXT, words.span());
        self.tape.text(el::NARRATIVE_STATUS, "additional");
        self.tape.write(el::NARRATIVE_DIV, words.span(), |w| {
            w.write_str("<div xmlns=\"http://www.w3.org/1999/xhtml\">")?;
            words.write(&mut Escaped(w))?;
            w.write_str("</div>")
        });
        self.tape.close(mark);
    }

    /// The length of a stay in days, if it has one.
    fn days(&mut self, days: &Decimal<'_>, span: Span) {
        let negative = match days {
            Decimal::Scaled(scaled) => scaled.mantissa < 0,
            Decimal::Lexical(digits) => digits.raw().starts_with(b"-"),
        };
        if negative {
            return self.malformed(span, "Encounter.length");
        }
        let mark = self.tape.open(el::ENCOUNTER_LENGTH, span);
        self.tape.write(el::DURATION_VALUE, span, |w| write_decimal(days, w));
        self.tape.text(el::DURATION_UNIT, "days");
        self.tape.text(el::DURATION_SYSTEM, super::code::UCUM);
        self.tape.text(el::DURATION_CODE, "d");
        self.tape.close(mark);
    }

    fn class(&mut self, sent: Option<Coding<'_>>) {
        let Some(sent) = sent else {
            let mark = self.tape.open(el::ENCOUNTER_CLASS, Span::NONE);
            self.absent_extension(el::CODING_EXTENSION);
            self.tape.close(mark);
            return;
        };
        let Some(code) = class_code(&sent).and_then(|c| maps::look_up(maps::ENCOUNTER_CLASS, c))
        else {
            // A class of the sender's own.
            self.note(DiagnosticCode::CodeNotMapped, sent.code.span(), "Encounter.class");
            return self.coding_alone(el::ENCOUNTER_CLASS, &sent);
        };
        let span = sent.code.span();
        // The targets of one letter are codes of the HL7 table itself.
        let table = "http://terminology.hl7.org/CodeSystem/v2-0004";
        let system = if code.len() > 1 { ACT } else { table };
        let mark = self.tape.open(el::ENCOUNTER_CLASS, span);
        self.tape.text_at(el::CODING_SYSTEM, system, sent.system_span);
        self.tape.text_at(el::CODING_CODE, code, span);
        self.tape.close(mark);
        self.version_of_other(&sent);
        if let Some(display) = sent.display {
            self.note(DiagnosticCode::FieldNotMapped, display.span(), "Encounter.class");
        }
    }
}

/// The code of a class that is of HL7 table 0004, or of no table that is named.
fn class_code<'a>(class: &Coding<'a>) -> Option<Text<'a>> {
    match class.system {
        CodeSystem::Unknown | CodeSystem::Hl7Table(4) => class.code.text(),
        CodeSystem::Mdc
        | CodeSystem::Loinc
        | CodeSystem::SnomedCt
        | CodeSystem::Ucum
        | CodeSystem::Hl7Table(_)
        | CodeSystem::Named(_) => None,
    }
}

/// The state of a visit: it has ended, or its event says so, or its class does; else it is not known.
fn status(encounter: &Encounter<'_>) -> (&'static str, Span) {
    if let Some(end) = encounter.end {
        return ("finished", end.span);
    }
    let event = encounter.event.and_then(|event| {
        maps::look_up(maps::EVENT_STATUS, event).map(|status| (status, event.span()))
    });
    let class = || {
        let class = class_code(&encounter.class?)?;
        maps::look_up(maps::ENCOUNTER_STATUS, class).map(|status| (status, class.span()))
    };
    event.or_else(class).unwrap_or(("unknown", Span::NONE))
}

/// Whether a patient is, was or will be at a place of a visit of this status.
fn presence(kind: StayKind, status: &'static str) -> &'static str {
    match (kind, status) {
        (StayKind::Assigned | StayKind::Temporary, "finished") => "completed",
        (StayKind::Assigned, "planned") => "planned",
        (StayKind::Assigned | StayKind::Temporary, _) => "active",
        (StayKind::Prior | StayKind::Discharge, _) => "completed",
        (StayKind::Pending, _) => "reserved",
        (StayKind::PriorPending, _) => "planned",
    }
}

/// v3-ParticipationType, and in words.
const fn participation(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Attender => ("ATND", "attender"),
        Role::Referrer => ("REF", "referrer"),
        Role::Consultant => ("CON", "consultant"),
        Role::Admitter => ("ADM", "admitter"),
        Role::Other
        | Role::GeneralPractitioner
        | Role::Orderer
        | Role::Performer
        | Role::ResponsibleObserver
        | Role::Technician
        | Role::Transcriptionist
        | Role::Collector
        | Role::MedicalDirector
        | Role::Interpreter => ("PART", "Participation"),
    }
}

/// Text as XHTML has it.
struct Escaped<'a>(&'a mut dyn core::fmt::Write);

impl core::fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for part in text.split_inclusive(['&', '<', '>']) {
            let (plain, sign) = match part.as_bytes().last() {
                Some(b'&') => (part.strip_suffix('&'), "&amp;"),
                Some(b'<') => (part.strip_suffix('<'), "&lt;"),
                Some(b'>') => (part.strip_suffix('>'), "&gt;"),
                _ => (None, ""),
            };
            self.0.write_str(plain.unwrap_or(part))?;
            self.0.write_str(sign)?;
        }
        Ok(())
    }
}
