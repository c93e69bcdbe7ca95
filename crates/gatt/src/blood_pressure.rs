//! Blood Pressure Service 1.1.1, §3.1 *Blood Pressure Measurement* (0x2A35, indicated); fields:
//! GATT Specification Supplement, *Blood Pressure Measurement*.

use core::fmt;

use iomt_core::model::{
    Bits, Component, Concept, DeviceKey, Effective, Patient, PersonIndex, Subject, SubjectKey,
    Unit, Value,
};
use iomt_core::wire::{Cursor, ParseError, Sfloat, complete, u8, u16_le};
use iomt_core::{Diagnostic, DiagnosticCode, Place, Sink};
use iomt_nomenclature::mdc::{
    MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS, MDC_DIM_BEAT_PER_MIN, MDC_DIM_KILO_PASCAL, MDC_DIM_MMHG,
    MDC_PRESS_BLD_NONINV, MDC_PRESS_BLD_NONINV_DIA, MDC_PRESS_BLD_NONINV_MEAN,
    MDC_PRESS_BLD_NONINV_SYS, MDC_PULS_RATE_NON_INV,
};
use nom::Parser;
use nom::combinator::cond;

use crate::field::{Field, field, measured, sfloat};
use crate::{Characteristic, DateTime};

/// Bits of *flags*.
mod flag {
    pub(super) const UNITS: u8 = 1;
    pub(super) const TIME_STAMP: u8 = 1 << 1;
    pub(super) const PULSE_RATE: u8 = 1 << 2;
    pub(super) const USER_ID: u8 = 1 << 3;
    pub(super) const MEASUREMENT_STATUS: u8 = 1 << 4;
    pub(super) const RESERVED: u8 = 0b1110_0000;
}

/// *user-id* of a person whom the device does not know.
const UNKNOWN_USER: u8 = 0xFF;

/// A blood pressure, with time, person and circumstances where the device knows them.
#[derive(Clone, Copy)]
pub struct BloodPressureMeasurement {
    flags: Field<u8>,
    systolic: Field<Sfloat>,
    diastolic: Field<Sfloat>,
    mean_arterial_pressure: Field<Sfloat>,
    time_stamp: Option<Field<DateTime>>,
    pulse_rate: Option<Field<Sfloat>>,
    user_id: Option<Field<u8>>,
    measurement_status: Option<Field<u16>>,
}

impl fmt::Debug for BloodPressureMeasurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BloodPressureMeasurement").finish_non_exhaustive()
    }
}

impl BloodPressureMeasurement {
    /// All flags.
    #[must_use]
    pub const fn flags(&self) -> u8 {
        self.flags.value
    }

    /// The unit of the three pressures, bit 0 of the flags: mm\[Hg\] or kPa.
    #[must_use]
    pub const fn unit(&self) -> Unit<'static> {
        if self.flags.value & flag::UNITS == 0 {
            Unit::fixed("mm[Hg]", MDC_DIM_MMHG)
        } else {
            Unit::fixed("kPa", MDC_DIM_KILO_PASCAL)
        }
    }

    /// Systolic pressure.
    #[must_use]
    pub const fn systolic(&self) -> Sfloat {
        self.systolic.value
    }

    /// Diastolic pressure.
    #[must_use]
    pub const fn diastolic(&self) -> Sfloat {
        self.diastolic.value
    }

    /// Mean arterial pressure.
    #[must_use]
    pub const fn mean_arterial_pressure(&self) -> Sfloat {
        self.mean_arterial_pressure.value
    }

    /// When it was measured.
    #[must_use]
    pub fn time_stamp(&self) -> Option<DateTime> {
        self.time_stamp.map(|field| field.value)
    }

    /// Beats per minute.
    #[must_use]
    pub fn pulse_rate(&self) -> Option<Sfloat> {
        self.pulse_rate.map(|field| field.value)
    }

    /// Which of its users the device has measured.
    #[must_use]
    pub fn user_id(&self) -> Option<PersonIndex> {
        self.user_id.map(|field| match field.value {
            UNKNOWN_USER => PersonIndex::Unknown,
            index => PersonIndex::Known(index),
        })
    }

    /// How the measurement went.
    #[must_use]
    pub fn measurement_status(&self) -> Option<MeasurementStatus> {
        self.measurement_status.map(|field| MeasurementStatus(field.value))
    }
}

/// *measurement-status*, 16 bits.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct MeasurementStatus(u16);

impl fmt::Debug for MeasurementStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasurementStatus").finish_non_exhaustive()
    }
}

/// Where the pulse rate lies in the range that the device can measure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a field of two bits, all of them named")]
pub enum PulseRateRange {
    /// Within.
    Within,
    /// Above its upper limit.
    Above,
    /// Below its lower limit.
    Below,
    /// A value that the specification reserves.
    Reserved,
}

impl MeasurementStatus {
    const RESERVED: u16 = 0xFFC0;

    /// All bits: 0 body movement, 1 cuff too loose, 2 irregular pulse, 3 and 4
    /// [the pulse rate's range](Self::pulse_rate_range), 5 improper position, the rest reserved.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Bits 3 and 4, one field.
    #[must_use]
    pub const fn pulse_rate_range(self) -> PulseRateRange {
        match (self.0 >> 3) & 0b11 {
            0 => PulseRateRange::Within,
            1 => PulseRateRange::Above,
            2 => PulseRateRange::Below,
            _ => PulseRateRange::Reserved,
        }
    }

    /// The same as bits of `MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS`. Those outside the range's field
    /// have the same numbers; the range has a bit for each limit.
    fn mdc(self) -> Bits {
        const SAME: u32 = 0b10_0111;
        const RANGE: u32 = 0b01_1000;
        let (range, range_known) = match self.pulse_rate_range() {
            PulseRateRange::Within => (0, RANGE),
            PulseRateRange::Above => (1 << 3, RANGE),
            PulseRateRange::Below => (1 << 4, RANGE),
            PulseRateRange::Reserved => (0, 0),
        };
        let set = u32::from(self.0) & SAME | range;
        Bits::new(MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS, set, SAME | range_known)
    }
}

impl<'a> Characteristic<'a> for BloodPressureMeasurement {
    const UUID: u16 = 0x2A35;
    const NAME: &'static str = "2A35";

    fn parse(value: &'a [u8]) -> Result<(Self, Cursor<'a>), ParseError> {
        let layout = |at| {
            let (at, flags) = field(u8("flags"))(at)?;
            let has = |bit| flags.value & bit != 0;
            let (at, (systolic, diastolic, mean_arterial_pressure)) = (
                field(sfloat("systolic")),
                field(sfloat("diastolic")),
                field(sfloat("mean-arterial-pressure")),
            )
                .parse(at)?;
            let (at, (time_stamp, pulse_rate, user_id, measurement_status)) = (
                cond(has(flag::TIME_STAMP), field(DateTime::read)),
                cond(has(flag::PULSE_RATE), field(sfloat("pulse-rate"))),
                cond(has(flag::USER_ID), field(u8("user-id"))),
                cond(has(flag::MEASUREMENT_STATUS), field(u16_le("measurement-status"))),
            )
                .parse(at)?;
            let view = Self {
                flags,
                systolic,
                diastolic,
                mean_arterial_pressure,
                time_stamp,
                pulse_rate,
                user_id,
                measurement_status,
            };
            Ok((at, view))
        };
        complete(value, layout).map(|(left, view)| (view, left))
    }

    fn observe(&self, device: DeviceKey, sink: &mut dyn Sink) {
        if self.flags.value & flag::RESERVED != 0 {
            let place = Place::named("2A35.flags");
            sink.diagnostic(Diagnostic::new(DiagnosticCode::ReservedBits, self.flags.span, place));
        }
        let subject = self.declare_person(sink);
        let effective = self.time_stamp.map_or(Effective::Unknown, |time| {
            time.effective(Place::named("2A35.time-stamp"), sink)
        });
        let measured = |code, value, span| {
            let mut new = measured(Concept::mdc(code), value, device, span);
            new.subject = subject;
            new.effective = effective;
            new
        };

        let part = |code, field: Field<Sfloat>| {
            Component::new(Concept::mdc(code), field.quantity(self.unit()))
        };
        let parts = [
            part(MDC_PRESS_BLD_NONINV_SYS, self.systolic),
            part(MDC_PRESS_BLD_NONINV_DIA, self.diastolic),
            part(MDC_PRESS_BLD_NONINV_MEAN, self.mean_arterial_pressure),
        ];
        let span = self.systolic.span.to(self.mean_arterial_pressure.span);
        sink.measurement(&measured(MDC_PRESS_BLD_NONINV, Value::Compound(&parts), span));

        if let Some(field) = self.pulse_rate {
            let value = field.quantity(Unit::fixed("{beat}/min", MDC_DIM_BEAT_PER_MIN));
            sink.measurement(&measured(MDC_PULS_RATE_NON_INV, value, field.span));
        }

        if let Some(field) = self.measurement_status {
            let status = MeasurementStatus(field.value);
            let mut diagnose = |code| {
                let place = Place::named("2A35.measurement-status");
                sink.diagnostic(Diagnostic::new(code, field.span, place));
            };
            if status.0 & MeasurementStatus::RESERVED != 0 {
                diagnose(DiagnosticCode::ReservedBits);
            }
            if status.pulse_rate_range() == PulseRateRange::Reserved {
                diagnose(DiagnosticCode::ReservedValue);
            }
            let value = Value::Bits(status.mdc());
            sink.measurement(&measured(MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS, value, field.span));
        }
    }
}

impl BloodPressureMeasurement {
    /// Each index is a person of its own, 0xFF too.
    fn declare_person(&self, sink: &mut dyn Sink) -> Subject {
        let (Some(person), Some(field)) = (self.user_id(), self.user_id) else {
            return Subject::Unknown;
        };
        let key = SubjectKey(field.value.into());
        let mut patient = Patient::new(key);
        patient.person = Some(person);
        patient.span = field.span;
        sink.patient(&patient);
        Subject::Patient(key)
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec, vec::Vec};

    use super::*;
    use crate::testing::{lines, read};

    const UUID: u16 = BloodPressureMeasurement::UUID;
    const STAMP: [u8; 7] = [0xEA, 0x07, 11, 23, 7, 58, 30];

    #[test]
    fn worked_examples() {
        // mm[Hg], time, pulse, user and status: 120/80, mean 93, pulse 72.
        let mut bytes = vec![0x1E, 120, 0, 80, 0, 93, 0];
        bytes.extend(STAMP);
        bytes.extend([72, 0, 1, 0x06, 0]);
        let mmhg = "mm[Hg](266016)";
        let shared = ", at 2026-11-23T07:58:30 @7+7, of patient 1";
        assert_eq!(
            lines(UUID, &bytes),
            [
                "message @0+19",
                "device 0: ?",
                "patient 1: Known(1) @16+1",
                &format!(
                    "150020: 150021 = 120 {mmhg} @1+2, 150022 = 80 {mmhg} @3+2, \
                     150023 = 93 {mmhg} @5+2{shared} @1+6"
                ),
                &format!("149546: 72 {{beat}}/min(264864) @14+2{shared} @14+2"),
                &format!("8410608: 8410608 0b000110 of 0b111111{shared} @17+2"),
                "complete",
            ]
        );
        // kPa with a digit after the point, and a cuff that has no mean.
        assert_eq!(
            lines(UUID, &[0x01, 0xA0, 0xF0, 0x6A, 0xF0, 0xFF, 0x07])[2],
            "150020: 150021 = 16.0 kPa(265987) @1+2, 150022 = 10.6 kPa(265987) @3+2, \
             150023 = NotANumber @5+2 @1+6"
        );
    }

    /// The layout by division, not by masks: a value with `flags` and its facts.
    #[expect(clippy::arithmetic_side_effects, reason = "an independent formula")]
    fn layout(flags: u8) -> (Vec<u8>, Vec<String>) {
        let bit = |n: u32| flags / 2_u8.pow(n) % 2 == 1;
        let (mut bytes, mut facts) = (vec![flags, 120, 0, 80, 0, 93, 0], Vec::new());
        let mut spans = Vec::new();
        for (n, field) in [(1, &STAMP[..]), (2, &[0xD0, 0xF2]), (3, &[9]), (4, &[0x35, 0x00])] {
            spans.push(format!("@{}+{}", bytes.len(), field.len()));
            if bit(n) {
                bytes.extend(field);
            }
        }
        if flags >= 32 {
            facts.push(String::from("ReservedBits 2A35.flags @0+1"));
        }
        if bit(3) {
            facts.push(format!("patient 9: Known(9) {}", spans[2]));
        }
        let mut shared = String::new();
        if bit(1) {
            shared.push_str(&format!(", at 2026-11-23T07:58:30 {}", spans[0]));
        }
        if bit(3) {
            shared.push_str(", of patient 9");
        }
        let unit = if bit(0) { "kPa(265987)" } else { "mm[Hg](266016)" };
        facts.push(format!(
            "150020: 150021 = 120 {unit} @1+2, 150022 = 80 {unit} @3+2, 150023 = 93 {unit} \
             @5+2{shared} @1+6"
        ));
        if bit(2) {
            let span = &spans[1];
            facts.push(format!("149546: 72.0 {{beat}}/min(264864) {span}{shared} {span}"));
        }
        if bit(4) {
            // Body movement, irregular pulse, below the range, improper position.
            facts.push(format!("8410608: 8410608 0b110101 of 0b111111{shared} {}", spans[3]));
        }
        (bytes, facts)
    }

    #[test]
    fn every_combination_of_flags() {
        for flags in 0..=u8::MAX {
            let (bytes, facts) = layout(flags);
            let got = lines(UUID, &bytes);
            let (last, got) = got.split_last().unwrap();
            assert_eq!((last.as_str(), &got[2..]), ("complete", &facts[..]), "{flags:#04x}");
        }
    }

    #[test]
    fn a_cut_refuses_all() {
        for flags in 0..=u8::MAX {
            let (bytes, _) = layout(flags);
            for keep in 0..bytes.len() {
                let (sink, result) = read(UUID, &bytes[..keep]);
                assert!(result.is_err());
                assert_eq!(sink.lines.len(), 2, "{flags:#04x} cut to {keep}");
                assert!(sink.lines[1].starts_with("rejected: "));
            }
        }
    }

    #[test]
    fn a_cut_names_its_field() {
        let (bytes, _) = layout(0x1E);
        let fields = [
            (0, "flags"),
            (1, "systolic"),
            (3, "diastolic"),
            (5, "mean-arterial-pressure"),
            (7, "year"),
            (13, "seconds"),
            (14, "pulse-rate"),
            (16, "user-id"),
            (17, "measurement-status"),
        ];
        for (keep, field) in fields {
            let error = BloodPressureMeasurement::parse(&bytes[..keep]).map(|_| ()).unwrap_err();
            assert_eq!((error.field(), error.offset()), (field, keep));
        }
    }

    #[test]
    fn a_special_value_is_a_reason_and_keeps_the_others() {
        for (word, reason) in [
            (0x07FF_u16, "NotANumber"),
            (0x0800, "Error"),
            (0x0801, "Error"),
            (0x07FE, "PositiveInfinity"),
            (0x0802, "NegativeInfinity"),
        ] {
            for place in 0..4 {
                let mut words = [120_u16, 80, 93, 72];
                words[place] = word;
                let shown = |place: usize, unit: &str| {
                    if words[place] == word {
                        return String::from(reason);
                    }
                    format!("{} {unit}", words[place])
                };
                let mut bytes = vec![0x04];
                bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
                let mmhg = "mm[Hg](266016)";
                let want = [
                    format!(
                        "150020: 150021 = {} @1+2, 150022 = {} @3+2, 150023 = {} @5+2 @1+6",
                        shown(0, mmhg),
                        shown(1, mmhg),
                        shown(2, mmhg),
                    ),
                    format!("149546: {} @7+2 @7+2", shown(3, "{beat}/min(264864)")),
                ];
                assert_eq!(lines(UUID, &bytes)[2..4], want);
            }
        }
    }

    #[test]
    fn all_65536_statuses() {
        for word in 0..=u16::MAX {
            let mut bytes = vec![0x10, 120, 0, 80, 0, 93, 0];
            bytes.extend(word.to_le_bytes());
            let mut want = Vec::new();
            if word >= 64 {
                want.push(String::from("ReservedBits 2A35.measurement-status @7+2"));
            }
            let low = u32::from(word % 64);
            let (set, known) = match low / 8 % 4 {
                3 => {
                    want.push(String::from("ReservedValue 2A35.measurement-status @7+2"));
                    (low - 24, 63 - 24)
                }
                _ => (low, 63),
            };
            want.push(format!("8410608: 8410608 {set:#08b} of {known:#08b} @7+2"));
            let got = lines(UUID, &bytes);
            assert_eq!(got[3..got.len() - 1], want, "{word:#06x}");
        }
    }

    #[test]
    fn the_range_of_the_pulse_rate_is_one_field() {
        let range = |word| MeasurementStatus(word).pulse_rate_range();
        assert_eq!(range(0xFFE7), PulseRateRange::Within);
        assert_eq!(range(0x08), PulseRateRange::Above);
        assert_eq!(range(0x10), PulseRateRange::Below);
        assert_eq!(range(0x18), PulseRateRange::Reserved);
    }

    #[test]
    fn every_person_has_a_key() {
        for user in 0..=u8::MAX {
            let got = lines(UUID, &[0x08, 120, 0, 80, 0, 93, 0, user]);
            let person = match user {
                255 => String::from("Unknown"),
                known => format!("Known({known})"),
            };
            assert_eq!(got[2], format!("patient {user}: {person} @7+1"));
            assert!(got[3].contains(&format!(", of patient {user} ")));
        }
    }

    #[test]
    fn a_stamp_that_is_no_time_is_diagnosed_once() {
        let mut bytes = vec![0x06, 120, 0, 80, 0, 93, 0];
        bytes.extend([0xEA, 0x07, 0, 23, 7, 58, 30, 72, 0]);
        let got = lines(UUID, &bytes);
        assert_eq!(got[2], "TimeMalformed 2A35.time-stamp @7+7");
        assert!(got[3].contains("at no time @7+7") && got[4].contains("at no time @7+7"));
        assert_eq!(got.len(), 6);
    }

    #[test]
    fn getters_give_the_fields_and_debug_does_not() {
        let (bytes, _) = layout(0x1F);
        let (view, left) = BloodPressureMeasurement::parse(&bytes).unwrap();
        assert!(left.rest().is_empty());
        assert_eq!((view.flags(), view.unit().mdc), (0x1F, Some(MDC_DIM_KILO_PASCAL)));
        let pressures = [view.systolic(), view.diastolic(), view.mean_arterial_pressure()];
        assert_eq!(pressures, [120, 80, 93].map(Sfloat::from_bits));
        assert_eq!(view.pulse_rate(), Some(Sfloat::from_bits(0xF2D0)));
        assert_eq!(view.time_stamp().map(|stamp| stamp.year()), Some(2026));
        assert_eq!(view.user_id(), Some(PersonIndex::Known(9)));
        assert_eq!(view.measurement_status().map(MeasurementStatus::bits), Some(0x35));
        assert_eq!(format!("{view:?}"), "BloodPressureMeasurement { .. }");
        let status = format!("{:?}", view.measurement_status());
        assert_eq!(status, "Some(MeasurementStatus { .. })");
    }
}
