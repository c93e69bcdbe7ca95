//! HL7 v2 §7.3.1: ORU^R01, unsolicited observation message.
//!
//! A group is an OBR and what follows it up to the next OBR, PID or PV1. It is passed over twice:
//! first its specimens, its devices and its report are declared, then its observations follow as they
//! stand, a device of OBX-18 alone before the first of them that names it. PID and PV1 hold for what
//! comes after them, and for nothing before.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Effective, EncounterKey, ReportKey, SpecimenKey, Subject, SubjectKey};

use crate::Segment;
use crate::context::Context;
use crate::devices::Devices;
use crate::scratch::Scratch;
use crate::segments::obx::Group;
use crate::segments::{nte, obr, obx, pid, prt, pv1, spm};
use crate::tree::{self, Tree};
use crate::types::ei;

/// Segments that diagnostics call by name although none of them is mapped: those that ORU^R01 may
/// have.
const NAMES: &[&str] =
    &["ARV", "CTD", "CTI", "DSC", "FT1", "NK1", "PD1", "PRT", "PV2", "SFT", "TQ1", "TQ2", "UAC"];

/// What holds for the segments to come.
struct Reader<'r, 'a, 's> {
    context: &'r mut Context<'a, 's>,
    scratch: &'r mut Scratch<'a>,
    devices: &'r mut Devices<'a>,
    tree: &'r mut Tree<'a>,
    /// Numbers of the next patient, visit, report and specimen.
    subjects: u32,
    encounters: u32,
    reports: u32,
    specimens: u32,
    /// The last PID, its bytes and its key.
    patient: Option<(&'a [u8], SubjectKey)>,
    encounter: Option<EncounterKey>,
    report: Option<ReportKey>,
    effective: Effective<'a>,
    /// The last ORC, which no OBR has followed yet.
    order: Option<(Segment<'a>, usize)>,
    /// An OBR, OBX or SPM of this patient was seen.
    results: bool,
}

/// Hands over the facts of a message.
pub(crate) fn observe<'a>(
    context: &mut Context<'a, '_>,
    scratch: &mut Scratch<'a>,
    devices: &mut Devices<'a>,
    tree: &mut Tree<'a>,
) {
    let mut reader = Reader {
        context,
        scratch,
        devices,
        tree,
        subjects: 0,
        encounters: 0,
        reports: 0,
        specimens: 0,
        patient: None,
        encounter: None,
        report: None,
        effective: Effective::Unknown,
        order: None,
        results: false,
    };
    let mut line = 1;
    while let Some(segment) = reader.context.message.line(line) {
        line = reader.segment(segment, line);
    }
    reader.finish_order([false; 2]);
}

/// The number of a key, and the next one.
fn take(next: &mut u32) -> u32 {
    let number = *next;
    *next = number.wrapping_add(1);
    number
}

impl<'a> Reader<'_, 'a, '_> {
    /// Reads a segment, or the group that it begins; gives the next line.
    fn segment(&mut self, segment: Segment<'a>, line: usize) -> usize {
        match segment.id() {
            _ if !self.context.message.is_segment(line) => self.unmapped(segment, line),
            b"PID" => self.patient(segment, line),
            b"PV1" => self.visit(segment, line),
            b"OBR" | b"OBX" | b"SPM" => return self.group(line),
            b"NTE" => nte::diagnose(self.context, segment, line),
            _ => self.other(segment, line),
        }
        line.saturating_add(1)
    }

    /// A segment that belongs to no fact, but perhaps to a later one.
    fn other(&mut self, segment: Segment<'a>, line: usize) {
        if segment.id() == b"ORC" && self.context.message.is_segment(line) {
            self.finish_order([false; 2]);
            self.order = Some((segment, line));
        } else {
            self.unmapped(segment, line);
        }
    }

    fn unmapped(&mut self, segment: Segment<'a>, line: usize) {
        let known = NAMES.iter().find(|name| name.as_bytes() == segment.id());
        let (name, code) = match known {
            _ if !self.context.message.is_segment(line) => {
                ("segment", DiagnosticCode::MalformedSegment)
            }
            known => (known.copied().unwrap_or("segment"), DiagnosticCode::SegmentNotMapped),
        };
        self.context.enter(name, line);
        self.context.say(code, segment.span());
    }

    fn patient(&mut self, segment: Segment<'a>, line: usize) {
        if self.patient.is_none() && self.results {
            self.context.enter("PID", line);
            self.context.say(DiagnosticCode::SegmentOutOfOrder, segment.span());
        }
        // The same PID again is the same person; any other one is not taken for the same.
        if self.patient.is_none_or(|(bytes, _)| bytes != segment.raw()) {
            let key = SubjectKey(take(&mut self.subjects));
            self.patient = Some((segment.raw(), key));
            pid::observe(self.context, segment, line, key, self.scratch);
        }
        (self.encounter, self.report, self.results) = (None, None, false);
        self.effective = Effective::Unknown;
    }

    fn visit(&mut self, segment: Segment<'a>, line: usize) {
        if self.results {
            self.context.enter("PV1", line);
            self.context.say(DiagnosticCode::SegmentOutOfOrder, segment.span());
        }
        let key = EncounterKey(take(&mut self.encounters));
        self.encounter = Some(key);
        pv1::observe(self.context, segment, line, key, self.subject(), self.scratch);
    }

    fn subject(&self) -> Option<SubjectKey> {
        self.patient.map(|(_, key)| key)
    }

    /// Reads a group; gives the line after it.
    fn group(&mut self, start: usize) -> usize {
        self.results = true;
        let end = self.declare(start);
        let only = match self.scratch.specimens.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        let (mut specimen, mut next) = (only, 0_usize);
        let mut line = start;
        while let Some(segment) = self.context.message.line(line).filter(|_| line < end) {
            match segment.id() {
                _ if !self.context.message.is_segment(line) => self.unmapped(segment, line),
                // Read in the first pass.
                b"OBR" | b"NTE" => {}
                b"SPM" => {
                    specimen = self.scratch.specimens.get(next).copied();
                    next = next.saturating_add(1);
                }
                b"OBX" => {
                    let row = self.tree.row(line);
                    let read = row.is_some_and(|row| row.role != tree::Role::Metric);
                    if read {
                        line = self.after(line);
                        continue;
                    }
                    self.notes(line);
                    let group = Group {
                        subject: self.subject().map_or(Subject::Unknown, Subject::Patient),
                        encounter: self.encounter,
                        report: self.report,
                        specimen,
                        effective: self.effective,
                        devices: self.tree.devices,
                    };
                    let (devices, scratch) = (&mut *self.devices, &mut *self.scratch);
                    let part = obx::Part {
                        tree: self.tree,
                        placed: row.is_some(),
                        device: self.tree.participant(line).or(row.and_then(|row| row.device)),
                    };
                    obx::observe(self.context, segment, line, &group, part, devices, scratch);
                }
                // Read in the first pass.
                b"PRT" if prt::is_device(segment) => {}
                _ => self.other(segment, line),
            }
            line = line.saturating_add(1);
        }
        end
    }

    /// Goes past a row that is no observation, whose notes have no place.
    fn after(&mut self, line: usize) -> usize {
        let mut line = line.saturating_add(1);
        while let Some(note) = self.context.message.line(line).filter(|next| next.id() == b"NTE") {
            nte::diagnose(self.context, note, line);
            line = line.saturating_add(1);
        }
        line
    }

    /// The first pass over a group: declares what its observations name. Gives the line after it.
    fn declare(&mut self, start: usize) -> usize {
        let first = self.context.message.line(start);
        let request = first.filter(|segment| segment.id() == b"OBR");
        let mut report = None;
        if let Some(segment) = request {
            let key = ReportKey(take(&mut self.reports));
            let subject = self.subject();
            let mut read = obr::read(self.context, segment, start, key, subject, self.scratch);
            let mut used = [false; 2];
            if let Some((order, line)) = self.order {
                for (used, (field, slot)) in
                    used.iter_mut().zip([(2, &mut read.placer), (3, &mut read.filler)])
                {
                    let (ours, theirs) = (segment.field(field), order.field(field));
                    let raw = |field: Option<crate::Field<'a>>| field.map_or(&[][..], |f| f.raw());
                    *used = slot.is_none() || raw(ours) == raw(theirs);
                    if let (None, Some(theirs)) = (&slot, theirs) {
                        self.context.enter("ORC", line);
                        self.context.at(u16::try_from(field).unwrap_or(0));
                        *slot = ei::field(self.context, theirs);
                    }
                }
            }
            self.finish_order(used);
            (self.report, self.effective) = (Some(key), read.effective);
            report = Some(read);
        } else if let Some(segment) = first.filter(|_| self.report.is_none()) {
            let name = if segment.id() == b"SPM" { "SPM" } else { "OBX" };
            self.context.enter(name, start);
            self.context.say(DiagnosticCode::SegmentOutOfOrder, segment.span());
        }
        self.scratch.specimens.clear();
        let mut line = start;
        let ends = |id: &[u8; 3]| matches!(id, b"OBR" | b"PID" | b"PV1");
        while let Some(segment) = self.context.message.line(line) {
            match segment.id() {
                _ if !self.context.message.is_segment(line) => {}
                id if ends(id) && line > start => break,
                b"SPM" => self.specimen(segment, line),
                _ => {}
            }
            line = line.saturating_add(1);
        }
        self.tree.declare(self.context, self.devices, start, line);
        if let Some(mut report) = report {
            self.notes(start);
            report.encounter = self.encounter;
            report.performers = &self.scratch.performers;
            report.specimens = &self.scratch.specimens;
            report.notes = &self.scratch.notes;
            self.context.sink.report(&report);
        }
        line
    }

    fn specimen(&mut self, segment: Segment<'a>, line: usize) {
        let key = SpecimenKey(take(&mut self.specimens));
        self.scratch.specimens.push(key);
        let mut specimen = spm::read(self.context, segment, line, key, self.subject());
        self.notes(line);
        specimen.notes = &self.scratch.notes;
        self.context.sink.specimen(&specimen);
    }

    /// Reads the notes after line `line`, up to the next segment that may have notes of its own.
    fn notes(&mut self, line: usize) {
        self.scratch.notes.clear();
        let mut line = line.saturating_add(1);
        while let Some(segment) = self.context.message.line(line) {
            match segment.id() {
                _ if !self.context.message.is_segment(line) => {}
                b"NTE" => self.scratch.notes.extend(nte::note(self.context, segment, line)),
                b"OBR" | b"OBX" | b"PID" | b"PV1" | b"SPM" => break,
                _ => {}
            }
            line = line.saturating_add(1);
        }
    }

    /// Diagnoses what of the last ORC is not in a report: all but those of ORC-2 and ORC-3 that
    /// are `used`.
    fn finish_order(&mut self, used: [bool; 2]) {
        let Some((order, line)) = self.order.take() else { return };
        self.context.enter("ORC", line);
        self.context.check(order);
        for (number, field) in order.numbered() {
            self.context.at(number);
            match (number, used) {
                (2, [true, _]) | (3, [_, true]) => {}
                _ => self.context.rest(field),
            }
        }
    }
}
