//! HL7 v2 §7.3.1: ORU^R01, unsolicited observation message; OUL^R22 (§7.3.5), where an order follows
//! the specimen that it is for; and ADT (§3.3), which begins with the same segments and may have
//! observations too.
//!
//! A group is an OBR and what follows it up to the next OBR, PID or PV1. It is passed over twice:
//! first its specimens, its devices and its report are declared, then its observations follow as they
//! stand, a device of OBX-18 alone before the first of them that names it. PID and PV1 hold for what
//! comes after them, and for nothing before.

use iomt_core::DiagnosticCode;
use iomt_core::model::{
    Effective, Encounter, EncounterKey, Order, OrderKey, Report, ReportKey, Role, Specimen,
    SpecimenKey, Subject, SubjectKey, Text,
};

use crate::Segment;
use crate::context::Context;
use crate::devices::Devices;
use crate::scratch::Scratch;
use crate::segments::obx::Group;
use crate::segments::prt::Owner;
use crate::segments::{msh, nte, obr, obx, orc, pid, prt, pv1, spm};
use crate::tree::{self, Tree};

mod people;

/// Segments that diagnostics call by name although none of them is mapped: those that ORU^R01,
/// OUL^R22 and ADT^A01 may have.
const NAMES: &[&str] = &[
    "ACC", "AL1", "ARV", "CTD", "CTI", "DB1", "DG1", "DRG", "DSC", "EVN", "FT1", "GT1", "IN1",
    "IN2", "IN3", "INV", "NK1", "PD1", "PDA", "PR1", "PRT", "PV2", "ROL", "SAC", "SFT", "SID",
    "TCD", "TQ1", "TQ2", "UAC", "UB1", "UB2",
];

/// What holds for the segments to come.
struct Reader<'r, 'a, 's> {
    context: &'r mut Context<'a, 's>,
    /// Of an ADT.
    event: Option<Text<'a>>,
    scratch: &'r mut Scratch<'a>,
    devices: &'r mut Devices<'a>,
    tree: &'r mut Tree<'a>,
    /// Numbers of the next patient, visit, report and specimen.
    subjects: u32,
    encounters: u32,
    orders: u32,
    reports: u32,
    specimens: u32,
    /// The last PID, its bytes and its key.
    patient: Option<(&'a [u8], SubjectKey)>,
    /// The line that was read with the PID or PV1 before it: PD1, PV2.
    ahead: usize,
    /// The PD1 that was read with the last PID.
    more: &'a [u8],
    encounter: Option<EncounterKey>,
    report: Option<ReportKey>,
    effective: Effective<'a>,
    /// The last ORC, which no OBR has followed yet.
    order: Option<(Segment<'a>, usize)>,
    /// In an OUL: the specimen that orders are for, and the last ORC that followed its OBR.
    by_specimen: bool,
    held: Option<SpecimenKey>,
    ordered: usize,
    /// There are PRT at all, and the last one that is of another segment.
    participates: bool,
    participation: usize,
    /// An OBR, OBX or SPM of this patient was seen.
    results: bool,
}

/// Hands over the facts of a message from `line` on.
pub(crate) fn observe<'a>(
    context: &mut Context<'a, '_>,
    mut line: usize,
    event: Option<Text<'a>>,
    scratch: &mut Scratch<'a>,
    devices: &mut Devices<'a>,
    tree: &mut Tree<'a>,
) {
    let participates = context.message.count(b"PRT") > 0;
    let by_specimen = msh::is_by_specimen(&context.message);
    let mut reader = Reader {
        context,
        event,
        scratch,
        devices,
        tree,
        subjects: 0,
        encounters: 0,
        orders: 0,
        reports: 0,
        specimens: 0,
        patient: None,
        ahead: 0,
        more: &[],
        encounter: None,
        report: None,
        effective: Effective::Unknown,
        order: None,
        by_specimen,
        held: None,
        ordered: 0,
        participates,
        participation: 0,
        results: false,
    };
    while let Some(segment) = reader.context.message.line(line) {
        line = reader.segment(segment, line);
    }
    reader.finish_order();
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
            // Read with the segment before it.
            b"PD1" | b"PV2" if line == self.ahead => {}
            b"PD1" if segment.raw() == self.more => {}
            b"OBR" | b"OBX" | b"SPM" => return self.group(line),
            b"NTE" => nte::diagnose(self.context, segment, line),
            b"PRT" if line <= self.participation => {}
            _ => self.other(segment, line),
        }
        line.saturating_add(1)
    }

    /// A segment that belongs to no fact, but perhaps to a later one.
    fn other(&mut self, segment: Segment<'a>, line: usize) {
        if segment.id() == b"ORC" && self.context.message.is_segment(line) {
            self.finish_order();
            self.order = Some((segment, line));
            if self.participates {
                let last = self.participations(line, Owner::Order).last();
                self.participation = last.map_or(self.participation, |(_, last)| last);
            }
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
        // What was ordered before is of someone else.
        self.finish_order();
        if self.patient.is_none() && self.results {
            self.context.enter("PID", line);
            self.context.say(DiagnosticCode::SegmentOutOfOrder, segment.span());
        }
        // The same PID again is the same person; any other one is not taken for the same.
        if self.patient.is_none_or(|(bytes, _)| bytes != segment.raw()) {
            let key = SubjectKey(take(&mut self.subjects));
            self.patient = Some((segment.raw(), key));
            let more = self.look_ahead(b"PD1", line);
            self.more = more.map_or(&[], |(more, _)| more.raw());
            self.scratch.people.clear();
            self.participants(line, Owner::Patient);
            pid::observe(self.context, segment, line, more, key, self.scratch);
        }
        (self.encounter, self.report, self.held, self.results) = (None, None, None, false);
        self.effective = Effective::Unknown;
    }

    fn visit(&mut self, segment: Segment<'a>, line: usize) {
        if self.results {
            self.context.enter("PV1", line);
            self.context.say(DiagnosticCode::SegmentOutOfOrder, segment.span());
        }
        let key = EncounterKey(take(&mut self.encounters));
        let (subject, more) = (self.subject(), self.look_ahead(b"PV2", line));
        self.scratch.people.clear();
        self.participants(line, Owner::Visit);
        let mut encounter = Encounter::new(key, subject);
        encounter.event = self.event;
        self.encounter = pv1::observe(self.context, (segment, line), more, encounter, self.scratch);
    }

    /// The segment `id` that goes on with the one on line `line`: the first before another group.
    fn look_ahead(&mut self, id: &[u8; 3], line: usize) -> Option<(Segment<'a>, usize)> {
        let mut line = line.saturating_add(1);
        while let Some(segment) = self.context.message.line(line) {
            match segment.id() {
                _ if !self.context.message.is_segment(line) => {}
                found if found == id => {
                    self.ahead = line;
                    return Some((segment, line));
                }
                b"PID" | b"PV1" | b"ORC" | b"OBR" | b"OBX" | b"SPM" => return None,
                _ => {}
            }
            line = line.saturating_add(1);
        }
        None
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
                b"ORC" if line <= self.ordered => {}
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
                    self.scratch.people.clear();
                    let location = self.participants(line, Owner::Observation);
                    let group = Group {
                        subject: self.subject().map_or(Subject::Unknown, Subject::Patient),
                        encounter: self.encounter,
                        report: self.report,
                        specimen,
                        effective: self.effective,
                        profile: self.tree.profile,
                    };
                    let (devices, scratch) = (&mut *self.devices, &mut *self.scratch);
                    let part = obx::Part {
                        tree: self.tree,
                        placed: row.is_some(),
                        device: self.tree.participant(line).or(row.and_then(|row| row.device)),
                        location,
                    };
                    obx::observe(self.context, segment, line, &group, part, devices, scratch);
                }
                b"PRT" if line <= self.participation => {}
                // The device was read in the first pass.
                b"PRT" if prt::is_device(segment) => {
                    if prt::has_people(segment) {
                        prt::lose(self.context, segment, line);
                    }
                }
                _ => self.other(segment, line),
            }
            line = line.saturating_add(1);
        }
        end
    }

    /// Goes past a row that is no observation, whose notes have no place.
    fn after(&mut self, line: usize) -> usize {
        let first = line.saturating_add(1);
        let mut line = first;
        while let Some(segment) = self.context.message.line(line) {
            match segment.id() {
                _ if !self.context.message.is_segment(line) => {}
                b"NTE" => nte::diagnose(self.context, segment, line),
                b"OBR" | b"OBX" | b"PID" | b"PV1" | b"SPM" => break,
                _ => {}
            }
            line = line.saturating_add(1);
        }
        first
    }

    /// The first pass over a group: declares what its observations name. Gives the line after it.
    fn declare(&mut self, start: usize) -> usize {
        let first = self.context.message.line(start);
        let request = first.filter(|segment| segment.id() == b"OBR");
        self.scratch.specimens.clear();
        let mut line = start;
        let begins = self.by_specimen && first.is_some_and(|segment| segment.id() == b"SPM");
        if begins {
            (self.held, self.report, self.effective) = (None, None, Effective::Unknown);
        }
        // Of orders that stand before any specimen, it follows as in an ORU.
        let by_specimen = begins || self.held.is_some();
        self.scratch.specimens.extend(self.held);
        let ends =
            |id: &[u8; 3]| matches!(id, b"OBR" | b"PID" | b"PV1") || (by_specimen && id == b"SPM");
        self.scratch.people.clear();
        if let Some(segment) = request {
            let specimen = self.has_one_specimen(segment, start);
            self.participants(start, Owner::Request { specimen });
        }
        while let Some(segment) = self.context.message.line(line) {
            match segment.id() {
                _ if !self.context.message.is_segment(line) => {}
                id if ends(id) && line > start => break,
                b"SPM" => self.specimen(segment, line),
                _ => {}
            }
            line = line.saturating_add(1);
        }
        if begins {
            self.held = self.scratch.specimens.first().copied();
        }
        let mut read = None;
        if let Some(segment) = request {
            let request = self.request(segment, start);
            (self.report, self.effective) = (Some(request.0.key), request.0.effective);
            read = Some(request);
        } else if let Some(segment) =
            first.filter(|_| self.report.is_none() && self.event.is_none() && !self.by_specimen)
        {
            let name = if segment.id() == b"SPM" { "SPM" } else { "OBX" };
            self.context.enter(name, start);
            self.context.say(DiagnosticCode::SegmentOutOfOrder, segment.span());
        }
        self.tree.declare(self.context, self.devices, start, line);
        if let Some((mut report, mut order, ordered)) = read {
            self.notes(start);
            let scratch = &*self.scratch;
            report.encounter = self.encounter;
            report.notes = &scratch.notes;
            if ordered {
                order.encounter = self.encounter;
                order.performers = &scratch.requesters;
                order.identifiers = &scratch.order_numbers;
                (order.reasons, order.details) = (&scratch.reasons, &scratch.details);
                (order.notes, report.notes) = (&scratch.notes, &[]);
                self.context.sink.order(&order);
                report.order = Some(order.key);
            }
            report.performers = &scratch.performers;
            report.specimens = &scratch.specimens;
            self.context.sink.report(&report);
        }
        line
    }

    /// Reads an OBR, and the ORC before it: the report, what was ordered, and whether there is an ORC
    /// or something that only an order has.
    fn request<'b>(&mut self, segment: Segment<'a>, line: usize) -> (Report<'b>, Order<'b>, bool)
    where
        'a: 'b,
    {
        let Scratch { performers, requesters, order_numbers, reasons, details, .. } =
            &mut *self.scratch;
        performers.clear();
        requesters.clear();
        order_numbers.clear();
        reasons.clear();
        details.clear();
        let subject = self.patient.map(|(_, key)| key);
        let mut report: Report<'a> = Report::new(ReportKey(take(&mut self.reports)), subject);
        let mut order: Order<'a> = Order::new(OrderKey(take(&mut self.orders)), subject);
        let common = self.order.take().or_else(|| self.order_after(line));
        if let Some((segment, line)) = common {
            orc::read(self.context, segment, line, &mut order, self.scratch);
            self.participants(line, Owner::Order);
        }
        // Before 2.5 there was no SPM.
        let source = segment.field(15).is_some_and(|field| !field.is_empty());
        let specimen = source && self.scratch.specimens.is_empty();
        obr::read(self.context, segment, line, &mut report, &mut order, specimen, self.scratch);
        if specimen {
            let mut taken = self.new_specimen();
            spm::read_obr(self.context, segment, line, &mut taken, self.scratch);
            self.collectors();
            taken.collected = report.effective;
            self.declare_specimen(taken);
        }
        let Scratch { people, performers, requesters, .. } = &mut *self.scratch;
        for one in people.iter() {
            match one.role {
                Role::Orderer => requesters.push(*one),
                Role::Collector => {}
                _ => performers.push(*one),
            }
        }
        order.code = report.code;
        order.placer = order.placer.or(report.placer);
        order.filler = order.filler.or(report.filler);
        (report.placer, report.filler) =
            (report.placer.or(order.placer), report.filler.or(order.filler));
        (report.group, report.filler_group) = (order.group, order.filler_group);
        report.status_reason = order.status_reason;
        report.confidentiality = order.confidentiality;
        order.span = order.span.to(segment.span());
        let scratch = &*self.scratch;
        let ordered = common.is_some()
            || order.priority.is_some()
            || order.quantity.is_some()
            || order.action.is_some()
            || order.parent_placer.is_some()
            || order.parent_filler.is_some()
            || !matches!(order.occurrence, Effective::Unknown)
            || !scratch.requesters.is_empty()
            || !scratch.order_numbers.is_empty()
            || !scratch.reasons.is_empty()
            || !scratch.details.is_empty();
        (report, order, ordered)
    }

    /// The ORC that follows its OBR, as it does in an OUL.
    fn order_after(&mut self, line: usize) -> Option<(Segment<'a>, usize)> {
        let message = self.context.message;
        let lines = (line.saturating_add(1)..).map_while(|line| Some((message.line(line)?, line)));
        let mut own =
            lines.filter(|(_, line)| message.is_segment(*line)).take_while(|(next, _)| {
                !matches!(next.id(), b"OBR" | b"OBX" | b"SPM" | b"PID" | b"PV1")
            });
        let found = own.find(|(next, _)| self.by_specimen && next.id() == b"ORC")?;
        self.ordered = found.1;
        Some(found)
    }

    fn specimen(&mut self, segment: Segment<'a>, line: usize) {
        let mut specimen = self.new_specimen();
        self.scratch.collectors.clear();
        self.collectors();
        spm::read(self.context, segment, line, &mut specimen, self.scratch);
        self.more_notes(line);
        self.declare_specimen(specimen);
    }

    fn new_specimen(&mut self) -> Specimen<'a> {
        let key = SpecimenKey(take(&mut self.specimens));
        self.scratch.specimens.push(key);
        Specimen::new(key, self.subject())
    }

    fn declare_specimen(&mut self, specimen: Specimen<'a>) {
        let (mut specimen, scratch): (Specimen<'_>, _) = (specimen, &*self.scratch);
        specimen.identifiers = &scratch.identifiers;
        specimen.additives = &scratch.additives;
        specimen.conditions = &scratch.conditions;
        specimen.performers = &scratch.collectors;
        specimen.notes = &scratch.notes;
        self.context.sink.specimen(&specimen);
    }

    /// Reads the notes after line `line`, up to the next segment that may have notes of its own.
    fn notes(&mut self, line: usize) {
        self.scratch.notes.clear();
        self.more_notes(line);
    }

    /// The same, after those that are there.
    fn more_notes(&mut self, line: usize) {
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

    /// Diagnoses an ORC that no OBR has followed.
    fn finish_order(&mut self) {
        let Some((order, line)) = self.order.take() else { return };
        self.context.enter("ORC", line);
        self.context.check(order);
        for (number, field) in order.numbered() {
            self.context.at(number);
            self.context.rest(field);
        }
        for (segment, line) in self.participations(line, Owner::Order) {
            self.unmapped(segment, line);
        }
    }
}
