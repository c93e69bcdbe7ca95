//! The message at work.

use std::collections::HashMap;

use foldhash::quality::RandomState;

use super::header::HeaderState;
use super::parents::Parents;
use crate::config::Sentinel;
use crate::identity::Uuid;
use crate::policy::PressureRow;
use crate::tape::{Mark, Tape};
use crate::trace::Traces;
use iomt_core::Diagnostic;
use iomt_core::model::{AbsentReason, Purpose, ReportKey};
use iomt_core::wire::Span;

#[derive(Debug, Default)]
pub(super) struct MessageState {
    /// Between `message` and `end`.
    pub(super) open: bool,
    /// Its facts are not wanted: a replay.
    pub(super) skip: bool,
    /// A resource is invalid and its message withheld.
    pub(super) invalid: bool,
    /// Diagnostics of class error so far.
    pub(super) errors: u32,
    /// The subject is reported as unidentified once.
    pub(super) unidentified: bool,
    pub(super) span: Span,
    /// Its key for replays, and the hash of its bytes.
    pub(super) replay: Option<(Uuid, u64)>,
    /// Its identifier.
    pub(super) id: String,
    /// The numbers by which its sender says that there is none.
    pub(super) sentinels: Vec<(Sentinel, AbsentReason)>,
    /// Its keys die with it.
    pub(super) session: bool,
    /// What it is for.
    pub(super) purpose: Purpose,
    /// What is ready: a Bundle but for its end, the entries of one of type message, or lines.
    pub(super) out: String,
    /// Where lines end in `out`.
    pub(super) lines: Vec<usize>,
    /// Resources in `out`, and where each stands.
    pub(super) ids: HashMap<Uuid, (usize, usize), RandomState>,
    /// Of whom visits, orders and specimens are.
    pub(super) whose: HashMap<Uuid, Uuid, RandomState>,
    /// How often each identity of an Observation or DiagnosticReport was given.
    pub(super) identities: HashMap<Uuid, u64, RandomState>,
    /// Its Provenance, but for the targets, if one is wanted.
    pub(super) origin: Tape,
    /// Its Observations with an order: parents of others.
    pub(super) parents: Parents,
    /// What the Provenance is about.
    pub(super) targets: Vec<(&'static str, Uuid)>,
    /// Patients and visits: what it is about where there are no results.
    pub(super) described: Vec<(&'static str, Uuid)>,
    /// What is to be remembered when it is written: id and hash of a resource.
    pub(super) written: Vec<(Uuid, u64)>,
    /// Where its elements came from, if somebody wants to know.
    pub(super) traces: Option<Traces>,
    pub(super) header: HeaderState,
    pub(super) report: ReportState,
    pub(super) halves: Vec<Half>,
    pub(super) halves_used: usize,
    /// What was told of the row at work.
    pub(super) told: Vec<Diagnostic>,
}

/// The report at work; its results are added when it is finished.
#[derive(Debug, Default)]
pub(super) struct ReportState {
    pub(super) key: Option<u32>,
    pub(super) id: Uuid,
    /// Identity of the order: issuer and filler number.
    pub(super) filler: Option<Uuid>,
    /// The result that made for these, and the bytes that name it.
    pub(super) parent: Option<(Uuid, Span)>,
    pub(super) tape: Tape,
    pub(super) mark: Option<Mark>,
    pub(super) results: Vec<(&'static str, Uuid)>,
    pub(super) specimens: Vec<Uuid>,
    /// Its documents.
    pub(super) forms: Tape,
    pub(super) dropped: bool,
}

impl ReportState {
    /// The order of a measurement of this report.
    pub(super) fn order_of(&self, report: Option<ReportKey>) -> Option<Uuid> {
        self.filler.filter(|_| self.is(report))
    }

    /// What a measurement of this report is derived from.
    pub(super) fn parent_of(&self, report: Option<ReportKey>) -> Option<(Uuid, Span)> {
        self.parent.filter(|_| self.is(report))
    }

    fn is(&self, report: Option<ReportKey>) -> bool {
        report.is_some_and(|report| Some(report.0) == self.key)
    }
}

/// A row of a blood pressure that waits for its partner.
#[derive(Debug, Default)]
pub(super) struct Half {
    pub(super) row: Option<PressureRow>,
    /// Equal for two rows of one panel.
    pub(super) key: Uuid,
    /// Its identity as an Observation of its own.
    pub(super) id: Uuid,
    /// It, as an Observation of its own.
    pub(super) alone: Tape,
    /// It, as a component.
    pub(super) component: Tape,
    /// Alone it would leave or erase the stored half.
    pub(super) replaces: bool,
    pub(super) report: Option<u32>,
    pub(super) span: Span,
    /// The bytes of a number of its own.
    pub(super) number: Span,
}

impl MessageState {
    /// Ready for the next message; memory stays.
    pub(super) fn clear(&mut self) {
        (self.skip, self.invalid, self.unidentified, self.errors) = (false, false, false, 0);
        self.replay = None;
        self.id.clear();
        self.out.clear();
        self.lines.clear();
        self.ids.clear();
        self.whose.clear();
        self.identities.clear();
        self.parents.clear();
        self.origin.clear();
        self.targets.clear();
        self.described.clear();
        self.written.clear();
        self.traces.iter_mut().for_each(Traces::clear);
        self.header.clear();
        self.report.mark = None;
        (self.report.key, self.report.parent) = (None, None);
        self.report.results.clear();
        self.report.forms.clear();
        self.report.tape.clear();
        self.halves_used = 0;
    }
}
