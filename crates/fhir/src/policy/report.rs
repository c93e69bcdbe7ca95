//! DiagnosticReport and Specimen.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Effective, Report, Specimen, StatusCode, StatusTable};
use iomt_core::wire::Span;

use super::{Builder, Party, Target, maps};
use crate::identity::Uuid;
use crate::table::el;
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
        for (identifier, kind) in [(&report.placer, "PLAC"), (&report.filler, "FILL")] {
            if let Some(identifier) = identifier {
                let mut typed = *identifier;
                typed.type_code = Some(iomt_core::model::Text::literal(kind));
                self.identifier(el::DIAGNOSTIC_REPORT_IDENTIFIER, &typed);
            }
        }
        self.own_identifier(el::DIAGNOSTIC_REPORT_IDENTIFIER, id);
        let status = self.report_status(&report.status);
        let span = report.status.code.map_or(Span::NONE, |c| c.span());
        self.tape.text_at(el::DIAGNOSTIC_REPORT_STATUS, status, span);
        if let Some(category) = report.category {
            let concept = self.tape.open(el::DIAGNOSTIC_REPORT_CATEGORY, category.span());
            match maps::look_up(maps::DIAGNOSTIC_SERVICE, category) {
                Some(code) => self.code(
                    el::CODEABLE_CONCEPT_CODING,
                    "http://terminology.hl7.org/CodeSystem/v2-0074",
                    code,
                    category.span(),
                ),
                None => self.text(el::CODEABLE_CONCEPT_TEXT, category),
            }
            self.tape.close(concept);
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

    fn report_status(&mut self, status: &StatusCode<'_>) -> &'static str {
        let Some(sent) = status.code else { return "unknown" };
        match status.table {
            StatusTable::Hl70123 => {}
            StatusTable::Hl70085 | StatusTable::Measured | StatusTable::Ongoing => return "unknown",
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
        for (identifier, kind) in [(&specimen.placer, "PLAC"), (&specimen.filler, "FILL")] {
            if let Some(identifier) = identifier {
                let mut typed = *identifier;
                typed.type_code = Some(iomt_core::model::Text::literal(kind));
                self.identifier(el::SPECIMEN_IDENTIFIER, &typed);
            }
        }
        self.own_identifier(el::SPECIMEN_IDENTIFIER, id);
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
        for note in specimen.notes {
            let one = self.tape.open(el::SPECIMEN_NOTE, note.text.span());
            self.text(el::ANNOTATION_TEXT, note.text);
            self.tape.close(one);
        }
        self.tape.close(mark);
    }
}
