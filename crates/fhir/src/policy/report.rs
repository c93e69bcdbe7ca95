//! DiagnosticReport and Specimen.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Effective, Identifier, Report, Specimen, StatusCode, StatusTable, Text};
use iomt_core::wire::Span;

use super::{Builder, Party, Target, maps};
use crate::identity::Uuid;
use crate::table::{ElementId, el};
use crate::tape::Mark;

/// What a report points to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReportLinks<'a> {
    pub(crate) subject: Option<Target<'a>>,
    pub(crate) encounter: Option<Target<'a>>,
    /// Each with whether they interpret the results.
    pub(crate) parties: &'a [(Party, bool)],
    /// What [`Party::Display`] points into.
    pub(crate) names: &'a str,
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
        let element = el::DIAGNOSTIC_REPORT_IDENTIFIER;
        self.order_numbers(element, report.placer.as_ref(), report.filler.as_ref());
        self.own_identifier(element, id);
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
            for (party, _) in links.parties.iter().filter(|(_, i)| *i == interpreters) {
                self.reference(element, party.target(links.names));
            }
        }
        for id in links.specimens {
            self.reference(el::DIAGNOSTIC_REPORT_SPECIMEN, Target::Resource("Specimen", *id));
        }
        for note in report.notes {
            // R4 has no place for a remark on a report.
            self.note(DiagnosticCode::FieldNotMapped, note.text.span(), "DiagnosticReport");
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
            if let Some(number) = number {
                let mut typed = *number;
                typed.type_code = Some(Text::literal(kind));
                self.identifier(element, &typed);
            }
        }
    }

    fn report_status(&mut self, status: &StatusCode<'_>) -> &'static str {
        let Some(sent) = status.code else { return "unknown" };
        match status.table {
            StatusTable::Hl70123 => {}
            StatusTable::Hl70085
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
    ) {
        let mark = self.resource(el::ROOT_SPECIMEN, el::SPECIMEN_ID, id, specimen.span);
        let element = el::SPECIMEN_IDENTIFIER;
        self.order_numbers(element, specimen.placer.as_ref(), specimen.filler.as_ref());
        self.own_identifier(element, id);
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
        let collection = self.tape.open(el::SPECIMEN_COLLECTION, Span::NONE);
        match &specimen.collected {
            Effective::Unknown => {}
            collected => {
                let when = self.when(collected, "Specimen.collection.collected");
                self.effective(
                    el::SPECIMEN_COLLECTION_COLLECTED_DATE_TIME,
                    el::SPECIMEN_COLLECTION_COLLECTED_PERIOD,
                    &when,
                );
            }
        }
        if !specimen.method.is_empty() {
            self.concept(el::SPECIMEN_COLLECTION_METHOD, &specimen.method);
        }
        if !specimen.body_site.is_empty() {
            self.concept(el::SPECIMEN_COLLECTION_BODY_SITE, &specimen.body_site);
        }
        self.tape.close(collection);
        self.remarks(el::SPECIMEN_NOTE, specimen.notes);
        self.tape.close(mark);
    }
}
