//! Blood pressure in two rows: 8480-6 and 8462-4 become one 85354-9 where both stand in the
//! message with equal time, sub-id and status; else each goes out alone, or not at all.

use iomt_core::DiagnosticCode;
use iomt_core::model::Measurement;
use iomt_core::wire::Span;

use super::builder;
use super::mapping::Mapping;
use super::message::Half;
use super::observe::{links, whole};
use crate::identity::{Name, Uuid};
use crate::policy::{Plan, PressureRow, When};
use crate::table::el;

impl Mapping<'_> {
    pub(super) fn observe_pressure(
        &mut self,
        m: &Measurement<'_>,
        row: PressureRow,
        when: &When<'_>,
    ) {
        let key = self.panel_key(m);
        let waiting = self.w.message.halves.iter().take(self.w.message.halves_used);
        let equal = waiting.enumerate().filter(|(_, half)| half.key == key);
        let (mut partner, mut rival) = (None, None);
        for (at, half) in equal {
            match half.row {
                None => {}
                Some(other) if other == row => rival = Some(at),
                Some(_) => partner = Some(at),
            }
        }
        self.w.extra.clear();
        builder!(self.w, extra).pressure_component(m);
        let state = &mut self.w.message;
        state.told.clear();
        state.told.extend_from_slice(&self.w.notes);
        self.tell_notes();
        if let Some(at) = partner {
            return self.join(m, row, when, at);
        }
        if let Some(at) = rival {
            self.flush_half(at, false);
        }
        self.wait(m, row, when, key);
    }

    /// Equal for the two rows of one panel: what it says of both.
    fn panel_key(&self, m: &Measurement<'_>) -> Uuid {
        let mut name = Name::new("panel");
        name.text(m.sub_id).text(m.status.code).text(m.kind).effective(&m.effective);
        self.subject_name(m, &mut name);
        name.concept(&m.method).concept(&m.body_site);
        let [placer, filler] = &m.specimen_numbers;
        for number in [placer, filler].into_iter().flatten() {
            name.identifier(number);
        }
        let keys = [
            m.report.map(|key| key.0),
            m.encounter.map(|key| key.0),
            m.specimen.map(|key| key.0),
            m.device.map(|key| key.0),
            m.location.map(|(key, _)| key.0),
        ];
        let performers = m.performers.iter().map(|performer| Some(performer.participant.0));
        for key in keys.into_iter().chain(performers) {
            match key {
                Some(key) => name.number(u64::from(key)),
                None => name.none(),
            };
        }
        name.finish()
    }

    /// Both rows are there: one panel, if it meets its profile, else each alone.
    fn join(&mut self, m: &Measurement<'_>, row: PressureRow, when: &When<'_>, at: usize) {
        let id = self.identity(m, Some("85354-9"));
        let w = &mut *self.w;
        let Some(half) = w.message.halves.get(at) else { return };
        let links = links(self.session, &w.cx, w.message.report.parent_of(m.report), m);
        let rows = match row {
            PressureRow::Diastolic => [&half.component, &w.extra],
            PressureRow::Systolic => [&w.extra, &half.component],
        };
        w.tape.clear();
        builder!(w).pressure(m, id, when, &links, &half.alone, rows);
        if self.check_tape() {
            self.trace_shared(id, at);
            let mut number = Span::NONE;
            if let Some(half) = self.w.message.halves.get_mut(at) {
                (half.row, number) = (None, half.number);
            }
            if number.is_some() {
                // The panel has that of its later row.
                self.tell(DiagnosticCode::FieldNotMapped, number, "Observation.identifier");
            }
            self.finish_observation(id, true, m.report.map(|r| r.0));
            return;
        }
        self.flush_half(at, true);
        if row == PressureRow::Systolic {
            self.tell(DiagnosticCode::ProfileNotMet, m.code.span, "Observation.code");
        }
        let id = self.build_alone(m, when);
        // The component has noted all this already.
        self.w.notes.clear();
        let valid = self.check_tape();
        self.finish_observation(id, valid, m.report.map(|r| r.0));
    }

    /// What the rows share came from both, and stands in the panel once.
    fn trace_shared(&mut self, id: Uuid, at: usize) {
        let shared = |element| {
            matches!(
                element,
                el::OBSERVATION_STATUS
                    | el::OBSERVATION_EFFECTIVE_DATE_TIME
                    | el::OBSERVATION_EFFECTIVE_PERIOD
                    | el::OBSERVATION_PERFORMER
                    | el::OBSERVATION_DEVICE
                    | el::OBSERVATION_METHOD
                    | el::OBSERVATION_BODY_SITE
            )
        };
        let state = &mut self.w.message;
        if let (Some(traces), Some(half)) = (&mut state.traces, state.halves.get(at)) {
            traces.add_some(&half.alone, "Observation", id, shared);
        }
    }

    /// Builds a row as an Observation of its own, without the code that implies the profile.
    fn build_alone(&mut self, m: &Measurement<'_>, when: &When<'_>) -> Uuid {
        let id = self.identity(m, None);
        let mut plan = Plan::new(m, &self.w.cx.config);
        plan.vital = false;
        let w = &mut *self.w;
        let links = links(self.session, &w.cx, w.message.report.parent_of(m.report), m);
        w.tape.clear();
        builder!(w).observation(m, id, when, &links, &plan);
        id
    }

    fn wait(&mut self, m: &Measurement<'_>, row: PressureRow, when: &When<'_>, key: Uuid) {
        let id = self.build_alone(m, when);
        // The component has noted some of this already.
        let w = &mut *self.w;
        w.notes.retain(|note| !w.message.told.contains(note));
        self.tell_notes();
        let state = &mut self.w.message;
        if state.halves.len() <= state.halves_used {
            state.halves.push(Half::default());
        }
        let Some(half) = state.halves.get_mut(state.halves_used) else { return };
        state.halves_used = state.halves_used.saturating_add(1);
        core::mem::swap(&mut half.alone, &mut self.w.tape);
        core::mem::swap(&mut half.component, &mut self.w.extra);
        (half.row, half.key, half.id) = (Some(row), key, id);
        half.replaces =
            m.status.code.is_some_and(|c| c.is("C") || c.is("D") || c.is("W") || c.is("X"));
        half.report = m.report.map(|r| r.0);
        half.span = whole(m);
        half.number = m.identifier.map_or(Span::NONE, |number| number.span);
    }

    /// A row whose partner did not come, or does not fit (`paired`).
    fn flush_half(&mut self, at: usize, paired: bool) {
        let Some(half) = self.w.message.halves.get_mut(at) else { return };
        let Some(row) = half.row.take() else { return };
        let (id, report, span) = (half.id, half.report, half.span);
        if half.replaces && !paired {
            return self.tell(DiagnosticCode::PanelIncomplete, span, "Observation.component");
        }
        core::mem::swap(&mut half.alone, &mut self.w.tape);
        if row == PressureRow::Systolic {
            self.tell(DiagnosticCode::ProfileNotMet, span, "Observation.code");
        }
        let valid = self.check_tape();
        self.finish_observation(id, valid, report);
    }

    /// Rows that still wait go out alone.
    pub(super) fn flush_halves(&mut self) {
        for at in 0..self.w.message.halves_used {
            self.flush_half(at, false);
        }
        self.w.message.halves_used = 0;
    }
}
