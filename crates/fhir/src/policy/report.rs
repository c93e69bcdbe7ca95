//! DiagnosticReport and Specimen.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Identifier, Report, Role, Specimen, StatusCode, StatusTable};
use iomt_core::wire::Span;

use super::party::core;
use super::{Builder, Performers, Target, maps};
use crate::identity::Uuid;
use crate::table::{ElementId, el};
use crate::tape::Mark;

/// What a report points to.
#[derive(Clone, Copy)]
pub(crate) struct ReportLinks<'a> {
    pub(crate) subject: Option<Target<'a>>,
    pub(crate) encounter: Option<Target<'a>>,
    pub(crate) order: Option<Target<'a>>,
    pub(crate) performers: Performers<'a>,
    pub(crate) specimens: &'a [Uuid],
}

impl Builder<'_> {
    /// Writes a report up to its results, which follow; the mark closes it.
    pub(crate) fn report(
        &mut self,
        report: &Report<'_>,
        id: Uuid,
        links: &ReportLinks<'_>,
    ) -> Mark {
        let root = el::ROOT_DIAGNOSTIC_REPORT;
        let mark = self.resource(root, el::DIAGNOSTIC_REPORT_ID, id, report.span);
        let (element, place) = (el::DIAGNOSTIC_REPORT_META, "DiagnosticReport.meta.security");
        self.confidentiality(element, &report.confidentiality, place);
        if !report.status_reason.is_empty() {
            let element = el::DIAGNOSTIC_REPORT_EXTENSION;
            self.concept_extension(element, core!("event-statusReason"), &report.status_reason);
        }
        let element = el::DIAGNOSTIC_REPORT_IDENTIFIER;
        self.order_numbers(element, report.placer.as_ref(), report.filler.as_ref());
        self.number(element, report.group.as_ref(), "PGN");
        self.number(element, report.filler_group.as_ref(), "FGN");
        self.own_identifier(element, id);
        if let Some(order) = links.order {
            let span = report.placer.map_or(Span::NONE, |placer| placer.span);
            self.reference_at(el::DIAGNOSTIC_REPORT_BASED_ON, order, span);
        }
        let status = self.report_status(&report.status);
        let span = report.status.code.map_or(Span::NONE, |c| c.span());
        self.tape.text_at(el::DIAGNOSTIC_REPORT_STATUS, status, span);
        if let Some(category) = report.category {
            let system = "http://terminology.hl7.org/CodeSystem/v2-0074";
            let map = maps::DIAGNOSTIC_SERVICE;
            self.mapped(el::DIAGNOSTIC_REPORT_CATEGORY, map, system, category);
        }
        if report.code.is_empty() {
            let code = self.tape.open(el::DIAGNOSTIC_REPORT_CODE, Span::NONE);
            self.absent_extension(el::CODEABLE_CONCEPT_EXTENSION);
            self.tape.close(code);
        } else {
            self.concept(el::DIAGNOSTIC_REPORT_CODE, &report.code);
        }
        if let Some(subject) = links.subject {
            self.reference(el::DIAGNOSTIC_REPORT_SUBJECT, subject);
        }
        if let Some(encounter) = links.encounter {
            self.reference(el::DIAGNOSTIC_REPORT_ENCOUNTER, encounter);
        }
        let when = self.when(&report.effective, "DiagnosticReport.effective");
        self.effective(
            el::DIAGNOSTIC_REPORT_EFFECTIVE_DATE_TIME,
            el::DIAGNOSTIC_REPORT_EFFECTIVE_PERIOD,
            &when,
        );
        if let Some(issued) = report.issued {
            self.instant(el::DIAGNOSTIC_REPORT_ISSUED, &issued, "DiagnosticReport.issued");
        }
        for (element, interpreters) in [
            (el::DIAGNOSTIC_REPORT_PERFORMER, false),
            (el::DIAGNOSTIC_REPORT_RESULTS_INTERPRETER, true),
        ] {
            let interprets = |role| role == Role::Interpreter;
            // R4 has the orderer on the ServiceRequest alone.
            let here = |role| role != Role::Orderer && interprets(role) == interpreters;
            for (performer, target) in links.performers.each().filter(|(p, _)| here(p.role)) {
                self.performer(element, performer, target);
            }
        }
        for id in links.specimens {
            self.reference(el::DIAGNOSTIC_REPORT_SPECIMEN, Target::Resource("Specimen", *id));
        }
        for note in report.notes {
            // R4 has no place for a remark on a report.
            self.note(DiagnosticCode::FieldNotMapped, note.span(), "DiagnosticReport");
        }
        mark
    }

    /// The numbers of the orderer and of the laboratory.
    fn order_numbers(
        &mut self,
        element: ElementId,
        placer: Option<&Identifier<'_>>,
        filler: Option<&Identifier<'_>>,
    ) {
        for (number, kind) in [(placer, "PLAC"), (filler, "FILL")] {
            self.number(element, number, kind);
        }
    }

    fn report_status(&mut self, status: &StatusCode<'_>) -> &'static str {
        let Some(sent) = status.code else { return "unknown" };
        match status.table {
            StatusTable::Hl70123 => {}
            StatusTable::Hl70038
            | StatusTable::Hl70085
            | StatusTable::IhePcd
            | StatusTable::Measured
            | StatusTable::Ongoing => return "unknown",
        }
        maps::look_up(maps::REPORT_STATUS, sent).unwrap_or_else(|| {
            self.note(DiagnosticCode::StatusUnknown, sent.span(), "DiagnosticReport.status");
            "unknown"
        })
    }

    pub(crate) fn specimen(
        &mut self,
        specimen: &Specimen<'_>,
        id: Uuid,
        subject: Option<Target<'_>>,
        performers: Performers<'_>,
    ) {
        let mark = self.resource(el::ROOT_SPECIMEN, el::SPECIMEN_ID, id, specimen.span);
        self.meta(el::SPECIMEN_META, None);
        let element = el::SPECIMEN_IDENTIFIER;
        self.order_numbers(element, specimen.placer.as_ref(), specimen.filler.as_ref());
        for number in specimen.identifiers {
            self.identifier(element, number);
        }
        self.number(element, specimen.shipment.as_ref(), "SHIP");
        self.own_identifier(element, id);
        if let Some(accession) = &specimen.accession {
            self.identifier(el::SPECIMEN_ACCESSION_IDENTIFIER, accession);
        }
        if let Some(sent) = specimen.available {
            let status = match sent.short().as_ref().map(|s| s.as_str()) {
                Some("Y") => Some("available"),
                Some("N") => Some("unavailable"),
                _ => None,
            };
            match status {
                Some(code) => {
                    self.tape.text_at(el::SPECIMEN_STATUS, code, sent.span());
                }
                None => self.note(DiagnosticCode::CodeNotMapped, sent.span(), "Specimen.status"),
            }
        }
        if !specimen.kind.is_empty() {
            self.concept(el::SPECIMEN_TYPE, &specimen.kind);
        }
        if let Some(subject) = subject {
            self.reference(el::SPECIMEN_SUBJECT, subject);
        }
        if let Some(received) = specimen.received {
            let moment = self.moment(&received, "Specimen.receivedTime");
            self.date_time(el::SPECIMEN_RECEIVED_TIME, &moment);
        }
        for (parent, kind) in [(&specimen.parent_placer, "PLAC"), (&specimen.parent_filler, "FILL")]
        {
            if let Some(parent) = parent {
                self.numbered(el::SPECIMEN_PARENT, "Specimen", parent, kind, Span::NONE);
            }
        }
        self.collection(specimen, performers);
        let mut additives = specimen.additives.iter();
        let container = self.tape.open(el::SPECIMEN_CONTAINER, Span::NONE);
        if !specimen.container.is_empty() {
            self.concept(el::SPECIMEN_CONTAINER_TYPE, &specimen.container);
        }
        if let Some(additive) = additives.next() {
            self.concept(el::SPECIMEN_CONTAINER_ADDITIVE_CODEABLE_CONCEPT, additive);
        }
        self.tape.close(container);
        for additive in additives {
            // A container has one.
            self.note(DiagnosticCode::RepetitionsIgnored, additive.span, "Specimen.container");
        }
        for condition in specimen.conditions {
            self.concept(el::SPECIMEN_CONDITION, condition);
        }
        self.remarks(el::SPECIMEN_NOTE, specimen.notes, performers.of);
        self.tape.close(mark);
    }

    fn collection(&mut self, specimen: &Specimen<'_>, performers: Performers<'_>) {
        let collection = self.tape.open(el::SPECIMEN_COLLECTION, Span::NONE);
        let mut collected = false;
        for (performer, target) in performers.each() {
            if core::mem::replace(&mut collected, true) {
                let code = DiagnosticCode::RepetitionsIgnored;
                self.note(code, performer.span, "Specimen.collection");
            } else {
                let element = el::SPECIMEN_COLLECTION_COLLECTOR;
                self.reference_at(element, target, performer.span);
            }
        }
        let when = self.when(&specimen.collected, "Specimen.collection.collected");
        self.effective(
            el::SPECIMEN_COLLECTION_COLLECTED_DATE_TIME,
            el::SPECIMEN_COLLECTION_COLLECTED_PERIOD,
            &when,
        );
        if let Some(quantity) = &specimen.quantity {
            self.quantity(el::SPECIMEN_COLLECTION_QUANTITY, quantity, &[]);
        }
        if !specimen.method.is_empty() {
            self.concept(el::SPECIMEN_COLLECTION_METHOD, &specimen.method);
        }
        if !specimen.body_site.is_empty() {
            self.concept(el::SPECIMEN_COLLECTION_BODY_SITE, &specimen.body_site);
        }
        if !specimen.fasting.is_empty() {
            let element = el::SPECIMEN_COLLECTION_FASTING_STATUS_CODEABLE_CONCEPT;
            self.concept(element, &specimen.fasting);
        }
        self.tape.close(collection);
    }
}
