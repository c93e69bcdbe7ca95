//! Patient, Encounter.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Address, Encounter, HumanName, Patient, Telecom, Text};
use iomt_core::wire::Span;

use super::time::ORIGINAL_TEXT;
use super::{Builder, Performers, Target, maps};
use crate::identity::Uuid;
use crate::table::{ElementId, el};

impl Builder<'_> {
    pub(crate) fn patient(&mut self, patient: &Patient<'_>, id: Uuid) {
        let mark = self.resource(el::ROOT_PATIENT, el::PATIENT_ID, id, patient.span);
        for identifier in patient.identifiers {
            self.identifier(el::PATIENT_IDENTIFIER, identifier);
        }
        if !patient.identifiers.is_empty() {
            self.own_identifier(el::PATIENT_IDENTIFIER, id);
        }
        for name in patient.names {
            self.human_name(el::PATIENT_NAME, name);
        }
        for telecom in patient.telecoms {
            self.telecom(el::PATIENT_TELECOM, telecom);
        }
        if let Some(sex) = patient.sex {
            match maps::look_up(maps::GENDER, sex) {
                Some(code) => {
                    self.tape.text_at(el::PATIENT_GENDER, code, sex.span());
                }
                None => self.unmapped(el::PATIENT_GENDER, "unknown", sex, "Patient.gender"),
            }
        }
        if let Some(birth) = patient.birth_date {
            self.date(el::PATIENT_BIRTH_DATE, &birth);
        }
        let deceased = patient.deceased.and_then(|d| d.short());
        match (patient.deceased_at, deceased.as_ref().map(|d| d.as_str())) {
            (Some(time), _) => {
                let moment = self.moment(&time, "Patient.deceased");
                self.date_time(el::PATIENT_DECEASED_DATE_TIME, &moment);
            }
            (None, Some(flag @ ("Y" | "N"))) => {
                let dead = if flag == "Y" { "true" } else { "false" };
                let span = patient.deceased.map_or(Span::NONE, |d| d.span());
                self.tape.text_at(el::PATIENT_DECEASED_BOOLEAN, dead, span);
            }
            (None, _) => {}
        }
        for address in patient.addresses {
            self.address(el::PATIENT_ADDRESS, address);
        }
        self.tape.close(mark);
    }

    /// A code without target: the text as sent stands beside the code for that.
    fn unmapped(
        &mut self,
        element: ElementId,
        code: &'static str,
        sent: Text<'_>,
        place: &'static str,
    ) {
        self.note(DiagnosticCode::CodeNotMapped, sent.span(), place);
        let mark = self.tape.open(element, sent.span());
        self.tape.value_text(mark, code);
        let value = el::EXTENSION_VALUE_STRING;
        self.extension(el::ELEMENT_EXTENSION, ORIGINAL_TEXT, value, sent.span(), |w| sent.write(w));
        self.tape.close(mark);
    }

    pub(crate) fn human_name(&mut self, element: ElementId, name: &HumanName<'_>) {
        let mark = self.tape.open(element, name.span);
        if let Some(sent) = name.use_code {
            if let Some(code) = maps::look_up(maps::NAME_USE, sent) {
                self.tape.text_at(el::HUMAN_NAME_USE, code, sent.span());
            } else {
                self.note(DiagnosticCode::CodeNotMapped, sent.span(), "HumanName.use");
            }
        }
        if let Some(family) = name.family {
            self.text(el::HUMAN_NAME_FAMILY, family);
        }
        for given in name.given.into_iter().flatten() {
            self.text(el::HUMAN_NAME_GIVEN, given);
        }
        if let Some(prefix) = name.prefix {
            self.text(el::HUMAN_NAME_PREFIX, prefix);
        }
        for suffix in [name.suffix, name.degree].into_iter().flatten() {
            self.text(el::HUMAN_NAME_SUFFIX, suffix);
        }
        self.tape.close(mark);
    }

    pub(crate) fn telecom(&mut self, element: ElementId, telecom: &Telecom<'_>) {
        let mark = self.tape.open(element, telecom.span);
        let cellular = telecom.equipment.is_some_and(|e| e.is("CP"));
        let system = match telecom.equipment {
            Some(_) if cellular => "phone",
            Some(code) => maps::look_up(maps::TELECOM_SYSTEM, code).unwrap_or("other"),
            None if telecom.use_code.is_some_and(|u| u.is("NET")) => "email",
            // XTN without equipment is a telephone number.
            None => "phone",
        };
        self.tape.text(el::CONTACT_POINT_SYSTEM, system);
        self.text(el::CONTACT_POINT_VALUE, telecom.value);
        let mapped = telecom.use_code.and_then(|t| maps::look_up(maps::TELECOM_USE, t));
        if let Some(code) = mapped.or(cellular.then_some("mobile")) {
            self.tape.text(el::CONTACT_POINT_USE, code);
        }
        self.tape.close(mark);
    }

    pub(crate) fn address(&mut self, element: ElementId, address: &Address<'_>) {
        let mark = self.tape.open(element, address.span);
        if let Some(code) = address.use_code.and_then(|t| maps::look_up(maps::ADDRESS_USE, t)) {
            self.tape.text(el::ADDRESS_USE, code);
        }
        for line in address.lines.into_iter().flatten() {
            self.text(el::ADDRESS_LINE, line);
        }
        let parts = [
            (el::ADDRESS_CITY, address.city),
            (el::ADDRESS_DISTRICT, address.district),
            (el::ADDRESS_STATE, address.state),
            (el::ADDRESS_POSTAL_CODE, address.postal_code),
            (el::ADDRESS_COUNTRY, address.country),
        ];
        for (element, part) in parts {
            if let Some(part) = part {
                self.text(element, part);
            }
        }
        self.tape.close(mark);
    }

    pub(crate) fn encounter(
        &mut self,
        encounter: &Encounter<'_>,
        id: Uuid,
        subject: Option<Target<'_>>,
        participants: Performers<'_>,
    ) {
        let mark = self.resource(el::ROOT_ENCOUNTER, el::ENCOUNTER_ID, id, encounter.span);
        if let Some(identifier) = &encounter.identifier {
            self.identifier(el::ENCOUNTER_IDENTIFIER, identifier);
        }
        self.own_identifier(el::ENCOUNTER_IDENTIFIER, id);
        // PV1 says nothing of the state of the visit.
        self.tape.text(el::ENCOUNTER_STATUS, "unknown");
        self.class(encounter.class);
        if let Some(subject) = subject {
            self.reference(el::ENCOUNTER_SUBJECT, subject);
        }
        for (performer, target) in participants.each() {
            let one = self.tape.open(el::ENCOUNTER_PARTICIPANT, Span::NONE);
            self.coded(
                el::ENCOUNTER_PARTICIPANT_TYPE,
                "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                "ATND",
                Span::NONE,
            );
            self.reference_at(el::ENCOUNTER_PARTICIPANT_INDIVIDUAL, target, performer.span);
            self.tape.close(one);
        }
        let start = encounter.start.map(|t| self.moment(&t, "Encounter.period"));
        let end = encounter.end.map(|t| self.moment(&t, "Encounter.period"));
        self.period(el::ENCOUNTER_PERIOD, start.as_ref(), end.as_ref());
        self.tape.close(mark);
    }

    fn class(&mut self, sent: Option<Text<'_>>) {
        const ACT: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
        let mapped = sent.and_then(|s| maps::look_up(maps::ENCOUNTER_CLASS, s));
        let mark = self.tape.open(el::ENCOUNTER_CLASS, sent.map_or(Span::NONE, |s| s.span()));
        match (mapped, sent) {
            // The targets of one letter are codes of the HL7 table itself.
            (Some(code), _) if code.len() > 1 => {
                self.tape.text(el::CODING_SYSTEM, ACT);
                self.tape.text(el::CODING_CODE, code);
            }
            (_, Some(sent)) => {
                self.tape.text(el::CODING_SYSTEM, "http://terminology.hl7.org/CodeSystem/v2-0004");
                self.text(el::CODING_CODE, sent);
            }
            (_, None) => self.absent_extension(el::CODING_EXTENSION),
        }
        self.tape.close(mark);
    }
}
