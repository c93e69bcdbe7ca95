//! The end of a message: its output goes out whole, or not at all.

use iomt_core::wire::Span;
use iomt_core::{Diagnostic, DiagnosticCode};

use super::builder;
use super::mapping::Mapping;
use super::render::{Fate, Request, result_request};
use crate::config::{BundleKind, Form};
use crate::issue::{IssueCode, Severity};
use crate::json;
use crate::policy::Target;
use crate::table::el;
use crate::tape::Tape;

impl Mapping<'_> {
    /// Adds the results to the report at work, and writes it.
    pub(super) fn finish_report(&mut self) {
        self.flush_halves();
        let Some(mark) = self.w.message.report.mark.take() else { return };
        let mut tape = core::mem::take(&mut self.w.message.report.tape);
        let results = core::mem::take(&mut self.w.message.report.results);
        if let Some((_, span)) = self.w.message.report.parent.filter(|_| results.is_empty()) {
            // There is no result that would be derived from it.
            self.tell(DiagnosticCode::FieldNotMapped, span, "Observation.derivedFrom");
        }
        let node = results.first().and_then(|(kind, id)| {
            builder!(self.w => &mut tape)
                .reference(el::DIAGNOSTIC_REPORT_RESULT, Target::Resource(kind, *id))
        });
        let forms = &mut self.w.message.report.forms;
        for form in forms.roots() {
            tape.splice(forms, form, None);
        }
        forms.clear();
        tape.close(mark);
        let (id, ordinal) = (self.w.message.report.id, self.session.ordinal);
        if !self.w.message.report.dropped {
            let request = result_request(&self.w.cx.config, self.w.message.session);
            let what = ("DiagnosticReport", id);
            self.w.list = node;
            let fate = self.w.finish_list(&tape, what, request, &results, ordinal, self.output);
            if fate == Fate::Written {
                self.w.message.targets.push(what);
            }
        } else if let Some(root) = tape.root() {
            self.tell(DiagnosticCode::Dropped, tape.span_of(root), "DiagnosticReport");
        }
        tape.clear();
        self.w.message.report.tape = tape;
        self.w.message.report.results = results;
        self.w.message.report.results.clear();
    }

    /// Says where the resources of the message came from.
    pub(super) fn finish_provenance(&mut self) {
        let message = &mut self.w.message;
        if message.targets.is_empty() {
            core::mem::swap(&mut message.targets, &mut message.described);
        }
        let origin = core::mem::take(&mut message.origin);
        if origin.root().is_none() || message.targets.is_empty() {
            // Nothing is written that it would be about.
            let sent = |node: &&crate::tape::Node| node.has_text() && node.span().is_some();
            for node in origin.nodes().iter().filter(sent) {
                self.tell(DiagnosticCode::FieldNotMapped, node.span(), "Provenance");
            }
            self.w.message.origin = origin;
            return;
        }
        let targets = core::mem::take(&mut self.w.message.targets);
        let mut name = self.w.cx.name("Provenance");
        let id = match self.w.message.replay {
            Some((key, _)) => name.uuid(key).finish(),
            None => name.uuid(self.w.cx.sender).str(&self.w.message.id).finish(),
        };
        self.w.tape.clear();
        self.w.list = builder!(self.w).provenance(id, targets.first(), &origin);
        let tape = core::mem::take(&mut self.w.tape);
        let (what, ordinal) = (("Provenance", id), self.session.ordinal);
        self.w.finish_list(&tape, what, Request::Create, &targets, ordinal, self.output);
        self.w.tape = tape;
        self.w.message.origin = origin;
        self.w.message.targets = targets;
    }

    /// Writes the message, unless something speaks against it.
    pub(super) fn release(&mut self) {
        let span = self.w.message.span;
        if self.w.message.invalid {
            return self.tell(DiagnosticCode::Withheld, span, "message");
        }
        if self.w.cx.config.strict && self.w.message.errors > 0 {
            self.tell(DiagnosticCode::Strict, span, "message");
            let rejected =
                Diagnostic::new(DiagnosticCode::Strict, span, iomt_core::Place::named("message"));
            return self.reject_outcome(&rejected);
        }
        let state = &mut self.w.message;
        match self.w.cx.config.to {
            Form::Ndjson => {
                let mut start = 0;
                for end in state.lines.drain(..) {
                    self.output.document(state.out.get(start..end).unwrap_or_default());
                    start = end;
                }
            }
            Form::Bundle | Form::Xml if state.out.is_empty() => {}
            Form::Bundle | Form::Xml => {
                let mut text = &mut self.w.text;
                if self.w.cx.config.bundle == BundleKind::Message {
                    state.header.write(&state.out, text);
                } else {
                    state.out.push_str("]}");
                    text = &mut state.out;
                }
                match &mut self.w.xml {
                    None => self.output.document(text),
                    Some(xml) => match xml.of(text) {
                        Some(text) => self.output.document(text),
                        None => return self.tell(DiagnosticCode::NotXml, span, "message"),
                    },
                }
            }
        }
        if let Some(traces) = &state.traces {
            let ordinal = self.session.ordinal;
            traces.each().for_each(|trace| self.output.trace(ordinal, &trace));
        }
        let remembered = self.w.limits.remembered;
        for (id, hash) in state.written.drain(..) {
            self.w.remembered.insert(id, hash, remembered);
        }
        if let Some((key, hash)) = state.replay {
            self.session.replays.insert(key, hash, remembered);
        }
        self.session.commit(self.session.ordinal);
    }

    /// An OperationOutcome of a message that is rejected.
    pub(super) fn reject_outcome(&mut self, diagnostic: &Diagnostic) {
        let out = &mut self.w.outcome;
        out.clear();
        let root = out.open(el::ROOT_OPERATION_OUTCOME, Span::NONE);
        let one = out.open(el::OPERATION_OUTCOME_ISSUE, diagnostic.span);
        out.text(el::OPERATION_OUTCOME_ISSUE_SEVERITY, Severity::Fatal.code());
        out.text(el::OPERATION_OUTCOME_ISSUE_CODE, IssueCode::Structure.code());
        let details = out.open(el::OPERATION_OUTCOME_ISSUE_DETAILS, Span::NONE);
        out.write(el::CODEABLE_CONCEPT_TEXT, Span::NONE, |w| {
            write!(w, "{}: {}", diagnostic.code.name(), diagnostic.code.meaning())
        });
        out.close(details);
        out.write(el::OPERATION_OUTCOME_ISSUE_DIAGNOSTICS, Span::NONE, |w| {
            write!(w, "{}, offset {}", diagnostic.place, diagnostic.span.offset)
        });
        out.close(one);
        out.close(root);
        self.w.text.clear();
        json::write(&self.w.outcome, root.node(), &mut self.w.text);
        self.output.outcome(self.session.ordinal, &self.w.text);
    }

    /// One identity described twice: differently is worth knowing; the first description stands.
    pub(super) fn compare(&mut self, kind: &'static str, tape: &Tape, at: (usize, usize)) {
        let Some(root) = tape.root() else { return };
        self.w.text.clear();
        json::write(tape, root, &mut self.w.text);
        let before = self.w.message.out.get(at.0..at.1).unwrap_or_default();
        if !before.contains(self.w.text.as_str()) && !before.is_empty() {
            let span = tape.span_of(root);
            self.tell(DiagnosticCode::DescriptionRepeated, span, kind);
        }
    }
}
