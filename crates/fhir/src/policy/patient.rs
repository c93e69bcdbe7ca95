//! Patient.

use iomt_core::DiagnosticCode;
use iomt_core::model::{
    Attribute, AttributeValue, Concept, Patient, PersonAttribute, Precision, Text, Time,
};
use iomt_core::wire::Span;

use super::party::{core, write_name};
use super::time::ORIGINAL_TEXT;
use super::{Builder, Performers, maps};
use crate::identity::Uuid;
use crate::table::{ElementId, el};

impl Builder<'_> {
    pub(crate) fn patient(
        &mut self,
        patient: &Patient<'_>,
        id: Uuid,
        practitioners: Performers<'_>,
    ) {
        let mark = self.resource(el::ROOT_PATIENT, el::PATIENT_ID, id, patient.span);
        self.meta(el::PATIENT_META, None);
        if !patient.attributes.is_empty() {
            self.patient_extensions(patient.attributes);
        }
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
            self.birth_date(&birth);
        }
        match (patient.deceased_at, patient.deceased) {
            (Some(time), flag) => {
                let moment = self.moment(&time, "Patient.deceased");
                self.date_time(el::PATIENT_DECEASED_DATE_TIME, &moment);
                if let Some(flag) = flag {
                    self.note(DiagnosticCode::FieldNotMapped, flag.span(), "Patient.deceased");
                }
            }
            (None, Some(flag)) => {
                self.yes_or_no(el::PATIENT_DECEASED_BOOLEAN, flag, "Patient.deceased");
            }
            (None, None) => {}
        }
        for address in patient.addresses {
            self.address(el::PATIENT_ADDRESS, address);
        }
        if !patient.attributes.is_empty() {
            self.patient_attributes(patient.attributes);
        }
        for (performer, target) in practitioners.each() {
            self.reference_at(el::PATIENT_GENERAL_PRACTITIONER, target, performer.span);
        }
        self.tape.close(mark);
    }

    /// What else is known of a person, as far as it is in extensions.
    fn patient_extensions(&mut self, attributes: &[Attribute<'_, PersonAttribute>]) {
        let element = el::PATIENT_EXTENSION;
        let (mut species, mut breed) = (None, None);
        for attribute in attributes {
            match (attribute.kind, &attribute.value) {
                (PersonAttribute::MothersMaidenName, AttributeValue::Name(name)) => {
                    let (url, value) =
                        (core!("patient-mothersMaidenName"), el::EXTENSION_VALUE_STRING);
                    self.extension(element, url, value, name.span, |w| write_name(name, w));
                }
                (PersonAttribute::Congregation, AttributeValue::Text(text)) => {
                    let (url, value) = (core!("patient-congregation"), el::EXTENSION_VALUE_STRING);
                    self.extension(element, url, value, text.span(), |w| text.write(w));
                }
                (PersonAttribute::BirthPlace, AttributeValue::Text(text)) => {
                    let mark = self.tape.open(element, text.span());
                    self.tape.text(el::EXTENSION_URL, core!("patient-birthPlace"));
                    let address = self.tape.open(el::EXTENSION_VALUE_ADDRESS, text.span());
                    self.text(el::ADDRESS_TEXT, *text);
                    self.tape.close(address);
                    self.tape.close(mark);
                }
                (PersonAttribute::Religion, AttributeValue::Concept(concept)) => {
                    let mark = self.tape.open(element, concept.span);
                    self.tape.text(el::EXTENSION_URL, core!("patient-religion"));
                    let value = el::EXTENSION_VALUE_CODEABLE_CONCEPT;
                    self.table_concept(value, concept, 6, maps::RELIGION);
                    self.tape.close(mark);
                }
                (PersonAttribute::Disability, AttributeValue::Concept(concept)) => {
                    self.concept_extension(element, core!("patient-disability"), concept);
                }
                (PersonAttribute::Citizenship, AttributeValue::Concept(concept)) => {
                    self.code_extension(core!("patient-citizenship"), &[("code", concept)]);
                }
                (PersonAttribute::Nationality, AttributeValue::Concept(concept)) => {
                    self.code_extension(core!("patient-nationality"), &[("code", concept)]);
                }
                (PersonAttribute::Species, AttributeValue::Concept(concept)) => {
                    species = Some(concept);
                }
                (PersonAttribute::Breed, AttributeValue::Concept(concept)) => breed = Some(concept),
                _ => {}
            }
        }
        match (species, breed) {
            (Some(species), Some(breed)) => {
                let parts = [("species", species), ("breed", breed)];
                self.code_extension(core!("patient-animal"), &parts);
            }
            (Some(species), None) => {
                self.code_extension(core!("patient-animal"), &[("species", species)]);
            }
            // The extension has no breed without a species.
            (None, Some(breed)) => {
                self.note(DiagnosticCode::FieldNotMapped, breed.span, "Patient.extension");
            }
            (None, None) => {}
        }
    }

    /// An extension of extensions, one a concept.
    fn code_extension(&mut self, url: &'static str, parts: &[(&'static str, &Concept<'_>)]) {
        let span = parts.first().map_or(Span::NONE, |(_, concept)| concept.span);
        let mark = self.tape.open(el::PATIENT_EXTENSION, span);
        for (name, concept) in parts {
            self.concept_extension(el::EXTENSION_EXTENSION, name, concept);
        }
        self.tape.text(el::EXTENSION_URL, url);
        self.tape.close(mark);
    }

    pub(super) fn concept_extension(
        &mut self,
        element: ElementId,
        url: &'static str,
        concept: &Concept<'_>,
    ) {
        let mark = self.tape.open(element, concept.span);
        self.tape.text(el::EXTENSION_URL, url);
        self.concept(el::EXTENSION_VALUE_CODEABLE_CONCEPT, concept);
        self.tape.close(mark);
    }

    /// What else is known of a person, as far as there are elements.
    fn patient_attributes(&mut self, attributes: &[Attribute<'_, PersonAttribute>]) {
        let each = |kind| attributes.iter().filter(move |a| a.kind == kind).map(|a| &a.value);
        for value in each(PersonAttribute::MaritalStatus) {
            if let AttributeValue::Concept(concept) = value {
                self.table_concept(el::PATIENT_MARITAL_STATUS, concept, 2, maps::MARITAL_STATUS);
            }
        }
        let order = each(PersonAttribute::BirthOrder).next();
        for value in each(PersonAttribute::MultipleBirth) {
            match value {
                AttributeValue::Text(flag) if order.is_some() => {
                    self.note(DiagnosticCode::FieldNotMapped, flag.span(), "Patient.multipleBirth");
                }
                AttributeValue::Text(flag) => {
                    let element = el::PATIENT_MULTIPLE_BIRTH_BOOLEAN;
                    self.yes_or_no(element, *flag, "Patient.multipleBirth");
                }
                _ => {}
            }
        }
        if let Some(AttributeValue::Text(order)) = order {
            self.whole(el::PATIENT_MULTIPLE_BIRTH_INTEGER, *order, "Patient.multipleBirth");
        }
        for value in each(PersonAttribute::Language) {
            if let AttributeValue::Concept(concept) = value {
                let one = self.tape.open(el::PATIENT_COMMUNICATION, concept.span);
                self.concept(el::PATIENT_COMMUNICATION_LANGUAGE, concept);
                self.tape.close(one);
            }
        }
    }

    /// HL7 table 0136 as a boolean.
    fn yes_or_no(&mut self, element: ElementId, flag: Text<'_>, place: &'static str) {
        let value = match flag.short().as_ref().map(|flag| flag.as_str()) {
            Some("Y") => "true",
            Some("N") => "false",
            _ => return self.note(DiagnosticCode::CodeNotMapped, flag.span(), place),
        };
        self.tape.text_at(element, value, flag.span());
    }

    /// A date of birth, with the time of day where its zone is known for that day: its own or the
    /// configured one, for that of the message need not be that of the day of birth.
    fn birth_date(&mut self, birth: &Time<'_>) {
        let exact = birth.value.filter(|value| value.precision >= Precision::Minute);
        let zoned = exact.and_then(|value| {
            let configured = || self.cx.config.timezone.as_ref()?.offset_at(&value);
            value.zone.or_else(configured).map(|zone| value.in_zone(Some(zone)))
        });
        let Some(time) = zoned else { return self.date(el::PATIENT_BIRTH_DATE, birth) };
        let mark = self.tape.open(el::PATIENT_BIRTH_DATE, birth.span);
        self.tape.value_write(mark, |w| time.to(Precision::Day).write_iso(w));
        let (url, value) = (core!("patient-birthTime"), el::EXTENSION_VALUE_DATE_TIME);
        self.extension(el::ELEMENT_EXTENSION, url, value, birth.span, |w| time.write_iso(w));
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
}
