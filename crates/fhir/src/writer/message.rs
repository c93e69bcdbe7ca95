//! The message at work.

use std::collections::HashMap;

use crate::config::Sentinel;
use crate::identity::Uuid;
use crate::policy::PressureRow;
use crate::tape::{Mark, Tape};
use iomt_core::model::AbsentReason;
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
    /// What is ready: entries of a Bundle, or lines.
    pub(super) out: String,
    /// Where lines end in `out`.
    pub(super) lines: Vec<usize>,
    /// Resources in `out`, and where each stands.
    pub(super) ids: HashMap<Uuid, (usize, usize)>,
    /// How often each identity of an Observation or DiagnosticReport was given.
    pub(super) identities: HashMap<Uuid, u64>,
    /// What the Provenance is about.
    pub(super) targets: Vec<(&'static str, Uuid)>,
    /// What is to be remembered when it is written: id and hash of a resource.
    pub(super) written: Vec<(Uuid, u64)>,
    pub(super) report: ReportState,
    pub(super) halves: Vec<Half>,
    pub(super) halves_used: usize,
}

/// The report at work; its results are added when it is finished.
#[derive(Debug, Default)]
pub(super) struct ReportState {
    pub(super) key: Option<u32>,
    pub(super) id: Uuid,
    /// Identity of the order: issuer and filler number.
    pub(super) filler: Option<Uuid>,
    pub(super) tape: Tape,
    pub(super) mark: Option<Mark>,
    pub(super) results: Vec<(&'static str, Uuid)>,
    pub(super) specimens: Vec<Uuid>,
    pub(super) dropped: bool,
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
        self.identities.clear();
        self.targets.clear();
        self.written.clear();
        self.report.mark = None;
        self.report.key = None;
        self.report.results.clear();
        self.report.tape.clear();
        self.halves_used = 0;
    }
}
