//! Heart Rate Service 1.0, §3.1 *Heart Rate Measurement* (0x2A37, notified); fields: GATT
//! Specification Supplement, *Heart Rate Measurement*.

use core::fmt;

use iomt_core::model::{
    Comparator, Concept, Decimal, DeviceKey, Flag, Quantity, Text, Unit, Value,
};
use iomt_core::wire::{Cursor, ParseError, Scaled, complete, take, u8, u16_le};
use iomt_core::{Diagnostic, DiagnosticCode, Place, Sink};
use iomt_nomenclature::mdc::{
    MDC_DIM_BEAT_PER_MIN, MDC_DIM_MILLI_SEC, MDC_ECG_HEART_RATE, MDC_ECG_TIME_PD_RR_GL,
};
use nom::Parser;
use nom::combinator::{cond, map};

use crate::Characteristic;
use crate::field::{Field, field, measured};

/// Bits of *flags*.
mod flag {
    pub(super) const VALUE_FORMAT: u8 = 1;
    pub(super) const SENSOR_CONTACT: u8 = 0b110;
    pub(super) const ENERGY_EXPENDED: u8 = 1 << 3;
    pub(super) const RR_INTERVAL: u8 = 1 << 4;
    pub(super) const RESERVED: u8 = 0b1110_0000;
}

/// A heart rate, and what else the sensor has gathered since the last one.
#[derive(Clone, Copy)]
pub struct HeartRateMeasurement<'a> {
    flags: Field<u8>,
    value: Field<u16>,
    energy_expended: Option<Field<u16>>,
    rr_intervals: Cursor<'a>,
}

impl fmt::Debug for HeartRateMeasurement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeartRateMeasurement").finish_non_exhaustive()
    }
}

/// Whether the sensor touches the skin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a field of two bits, all of them named")]
pub enum SensorContact {
    /// The sensor cannot tell, or does not at present.
    NotSupported,
    /// It does not.
    NotDetected,
    /// It does.
    Detected,
}

impl HeartRateMeasurement<'_> {
    /// All flags.
    #[must_use]
    pub const fn flags(&self) -> u8 {
        self.flags.value
    }

    /// Sensor contact status and support, bits 1 and 2 of the flags.
    #[must_use]
    pub const fn sensor_contact(&self) -> SensorContact {
        match (self.flags.value & flag::SENSOR_CONTACT) >> 1 {
            2 => SensorContact::NotDetected,
            3 => SensorContact::Detected,
            _ => SensorContact::NotSupported,
        }
    }

    /// Beats per minute.
    #[must_use]
    pub const fn heart_rate_measurement_value(&self) -> u16 {
        self.value.value
    }

    /// Kilojoules since the last reset; 65535 is that or more.
    #[must_use]
    pub fn energy_expended(&self) -> Option<u16> {
        self.energy_expended.map(|field| field.value)
    }
}

impl<'a> HeartRateMeasurement<'a> {
    /// The intervals between beats, the oldest first.
    #[must_use]
    pub const fn rr_intervals(&self) -> RrIntervals<'a> {
        RrIntervals(self.rr_intervals)
    }
}

/// Iterates over RR intervals; reads each when it is asked for.
#[derive(Clone, Debug)]
pub struct RrIntervals<'a>(Cursor<'a>);

/// The time between two beats.
#[derive(Clone, Copy)]
pub struct RrInterval(Field<u16>);

impl fmt::Debug for RrInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RrInterval({:?})", self.0.span)
    }
}

impl Iterator for RrIntervals<'_> {
    type Item = RrInterval;

    fn next(&mut self) -> Option<RrInterval> {
        let (after, interval) = field(u16_le("rr-interval"))(self.0).ok()?;
        self.0 = after;
        Some(RrInterval(interval))
    }
}

impl RrInterval {
    /// As sent: 1/1024 s.
    #[must_use]
    pub const fn ticks(&self) -> u16 {
        self.0.value
    }

    /// In milliseconds, exact: a tick is 0.9765625 ms. No more digits than that takes.
    #[must_use]
    pub fn milliseconds(&self) -> Scaled {
        let mut mantissa = i64::from(self.0.value).saturating_mul(9_765_625);
        let mut exponent = -7_i8;
        while exponent < 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            exponent = exponent.saturating_add(1);
        }
        Scaled::new(mantissa, exponent)
    }
}

impl<'a> Characteristic<'a> for HeartRateMeasurement<'a> {
    const UUID: u16 = 0x2A37;
    const NAME: &'static str = "2A37";

    fn parse(value: &'a [u8]) -> Result<(Self, Cursor<'a>), ParseError> {
        let layout = |at| {
            let (at, flags) = field(u8("flags"))(at)?;
            let has = |bit| flags.value & bit != 0;
            let name = "heart-rate-measurement-value";
            let (at, value) = if has(flag::VALUE_FORMAT) {
                field(u16_le(name))(at)?
            } else {
                field(|at| map(u8(name), u16::from).parse(at))(at)?
            };
            let (at, energy_expended) =
                cond(has(flag::ENERGY_EXPENDED), field(u16_le("energy-expended"))).parse(at)?;
            // To the end of the value, two bytes each.
            let bytes = if has(flag::RR_INTERVAL) { at.rest().len() & !1 } else { 0 };
            let (at, rr_intervals) = take(bytes, "rr-interval")(at)?;
            Ok((at, Self { flags, value, energy_expended, rr_intervals }))
        };
        complete(value, layout).map(|(left, view)| (view, left))
    }

    fn observe(&self, device: DeviceKey, sink: &mut dyn Sink) {
        let (flags, span) = (self.flags.value, self.flags.span);
        if flags & flag::RESERVED != 0 {
            let place = Place::named("2A37.flags");
            sink.diagnostic(Diagnostic::new(DiagnosticCode::ReservedBits, span, place));
        }
        let contact = [Flag::new("2A37.sensor-contact", 2, span)];
        let doubt: &[Flag] = match self.sensor_contact() {
            SensorContact::NotDetected => &contact,
            SensorContact::Detected | SensorContact::NotSupported => &[],
        };
        let live = |code, quantity: Quantity<'static>| {
            let mut new = measured(code, Value::Quantity(quantity), device, quantity.span);
            new.live = true;
            new
        };

        let unit = Unit::fixed("{beat}/min", MDC_DIM_BEAT_PER_MIN);
        let mut heart_rate = live(Concept::mdc(MDC_ECG_HEART_RATE), self.value.quantity(unit));
        heart_rate.flags = doubt;
        sink.measurement(&heart_rate);

        if let Some(field) = self.energy_expended {
            let mut energy = field.quantity(Unit::ucum("kJ"));
            if field.value == u16::MAX {
                // The field stays there until it is reset.
                energy.comparator = Some(Comparator::GreaterOrEqual);
            }
            sink.measurement(&live(Concept::text(Text::literal("Energy expended")), energy));
            let place = Place::named("2A37.energy-expended");
            sink.diagnostic(Diagnostic::new(DiagnosticCode::CodeUnknown, field.span, place));
        }

        let unit = Unit::fixed("ms", MDC_DIM_MILLI_SEC);
        for (item, interval) in (1..).zip(self.rr_intervals()) {
            let number = Decimal::Scaled(interval.milliseconds());
            let quantity = Quantity::new(number, unit, interval.0.span);
            let mut rr = live(Concept::mdc(MDC_ECG_TIME_PD_RR_GL), quantity);
            rr.item = Some(item);
            rr.flags = doubt;
            sink.measurement(&rr);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec, vec::Vec};

    use super::*;
    use crate::testing::{lines, read};

    const UUID: u16 = HeartRateMeasurement::UUID;

    #[test]
    fn worked_examples() {
        // 16 bits, contact, energy, two intervals.
        assert_eq!(
            lines(UUID, &[0x1F, 0x2C, 0x01, 0x38, 0x04, 0x00, 0x04, 0x04, 0x04]),
            [
                "message @0+9",
                "device 0: ?",
                "147842: 300 {beat}/min(264864) @1+2, live @1+2",
                "\"Energy expended\": 1080 kJ @3+2, live @3+2",
                "CodeUnknown 2A37.energy-expended @3+2",
                "147240: 1000 ms(264338) @5+2, live, item 1 @5+2",
                "147240: 1003.90625 ms(264338) @7+2, live, item 2 @7+2",
                "complete",
            ]
        );
        // 8 bits, no contact, one interval and half of another.
        assert_eq!(
            lines(UUID, &[0x14, 0xAA, 0x8D, 0x00, 0x01]),
            [
                "message @0+5",
                "device 0: ?",
                "147842: 170 {beat}/min(264864) @1+1, live, 2A37.sensor-contact 2 @0+1 @1+1",
                "147240: 137.6953125 ms(264338) @2+2, live, item 1, 2A37.sensor-contact 2 @0+1 @2+2",
                "TrailingBytes 2A37 @4+1",
                "complete",
            ]
        );
        // The energy before its maximum, and at it.
        let energy = |low| lines(UUID, &[0x08, 72, low, 0xFF]).swap_remove(3);
        assert_eq!(energy(0xFE), "\"Energy expended\": 65534 kJ @2+2, live @2+2");
        assert_eq!(energy(0xFF), "\"Energy expended\": >=65535 kJ @2+2, live @2+2");
    }

    /// The layout by division, not by masks: a value with `flags`, its facts, and the length of
    /// what must be there.
    #[expect(clippy::arithmetic_side_effects, reason = "an independent formula")]
    fn layout(flags: u8) -> (Vec<u8>, Vec<String>, usize) {
        let bit = |n: u32| flags / 2_u8.pow(n) % 2 == 1;
        let (mut bytes, mut facts) = (vec![flags], Vec::new());
        if flags >= 32 {
            facts.push(String::from("ReservedBits 2A37.flags @0+1"));
        }
        let doubt = if flags / 2 % 4 == 2 { ", 2A37.sensor-contact 2 @0+1" } else { "" };
        let (beats, len) = if bit(0) { (300, 2) } else { (72, 1) };
        bytes.extend(if bit(0) { vec![0x2C, 0x01] } else { vec![72] });
        facts.push(format!("147842: {beats} {{beat}}/min(264864) @1+{len}, live{doubt} @1+{len}"));
        if bit(3) {
            let span = format!("@{}+2", bytes.len());
            bytes.extend([0x38, 0x04]);
            facts.push(format!("\"Energy expended\": 1080 kJ {span}, live {span}"));
            facts.push(format!("CodeUnknown 2A37.energy-expended {span}"));
        }
        let fixed = bytes.len();
        if bit(4) {
            for (item, ms) in [(1, "1000"), (2, "0.9765625"), (3, "63999.0234375")] {
                let span = format!("@{}+2", bytes.len());
                bytes.extend(match item {
                    1 => [0x00, 0x04],
                    2 => [0x01, 0x00],
                    _ => [0xFF, 0xFF],
                });
                facts.push(format!(
                    "147240: {ms} ms(264338) {span}, live, item {item}{doubt} {span}"
                ));
            }
        }
        (bytes, facts, fixed)
    }

    #[test]
    fn every_combination_of_flags() {
        for flags in 0..=u8::MAX {
            let (bytes, facts, _) = layout(flags);
            let got = lines(UUID, &bytes);
            let (last, got) = got.split_last().unwrap();
            assert_eq!((last.as_str(), &got[2..]), ("complete", &facts[..]), "{flags:#04x}");
        }
    }

    #[test]
    fn a_cut_refuses_all_or_ends_the_list() {
        for flags in 0..=u8::MAX {
            let (bytes, facts, fixed) = layout(flags);
            for keep in 0..bytes.len() {
                let (sink, result) = read(UUID, &bytes[..keep]);
                if keep < fixed {
                    assert!(result.is_err());
                    assert_eq!(sink.lines.len(), 2, "{flags:#04x} cut to {keep}");
                    assert!(sink.lines[1].starts_with("rejected: "));
                    continue;
                }
                let gone = (bytes.len() - keep).div_ceil(2);
                let mut want = facts[..facts.len() - gone].to_vec();
                if (keep - fixed) % 2 == 1 {
                    want.push(format!("TrailingBytes 2A37 @{}+1", keep - 1));
                }
                let got = &sink.lines[2..sink.lines.len() - 1];
                assert_eq!((result, got), (Ok(()), &want[..]), "{flags:#04x} cut to {keep}");
            }
        }
    }

    #[test]
    fn a_cut_names_its_field() {
        for (bytes, error) in [
            (&[][..], "1 byte(s) needed, 0 available in `flags` at byte 0"),
            (&[0x00], "1 byte(s) needed, 0 available in `heart-rate-measurement-value` at byte 1"),
            (
                &[0x01, 72],
                "2 byte(s) needed, 1 available in `heart-rate-measurement-value` at byte 1",
            ),
            (&[0x08, 72, 1], "2 byte(s) needed, 1 available in `energy-expended` at byte 2"),
        ] {
            let error_of = HeartRateMeasurement::parse(bytes).map(|_| ()).unwrap_err();
            assert_eq!(format!("{error_of}"), error);
        }
    }

    #[test]
    fn all_65536_intervals_are_exact_and_no_longer_than_that_takes() {
        for ticks in 0..=u16::MAX {
            let mut bytes = vec![0x10, 72];
            bytes.extend(ticks.to_le_bytes());
            let (view, _) = HeartRateMeasurement::parse(&bytes).unwrap();
            let interval = view.rr_intervals().next().unwrap();
            let ms = interval.milliseconds();
            assert_eq!(interval.ticks(), ticks);
            let scale = 10_i64.pow(u32::from(ms.exponent.unsigned_abs()));
            assert!(ms.exponent <= 0);
            assert_eq!(ms.mantissa * 1024, i64::from(ticks) * 1000 * scale);
            assert!(ms.exponent == 0 || ms.mantissa % 10 != 0);
        }
    }

    #[test]
    fn getters_give_the_fields() {
        let bytes = [0x1F, 0x2C, 0x01, 0x38, 0x04, 0x00, 0x04];
        let (view, left) = HeartRateMeasurement::parse(&bytes).unwrap();
        assert_eq!((view.flags(), view.heart_rate_measurement_value()), (0x1F, 300));
        assert_eq!((view.energy_expended(), view.rr_intervals().count()), (Some(1080), 1));
        assert!(left.rest().is_empty());
        let contact = |flags: u8| {
            HeartRateMeasurement::parse(&[flags, 72]).map(|(view, _)| view.sensor_contact())
        };
        assert_eq!(contact(0), Ok(SensorContact::NotSupported));
        assert_eq!(contact(2), Ok(SensorContact::NotSupported));
        assert_eq!(contact(4), Ok(SensorContact::NotDetected));
        assert_eq!(contact(6), Ok(SensorContact::Detected));
    }

    #[test]
    fn debug_shows_no_content() {
        let (view, _) = HeartRateMeasurement::parse(&[0x18, 171, 0x38, 0x04, 0xAB, 0x04]).unwrap();
        assert_eq!(format!("{view:?}"), "HeartRateMeasurement { .. }");
        let mut all = view.rr_intervals();
        assert_eq!(format!("{all:?}"), "RrIntervals(Cursor { offset: 4, left: 2 })");
        let one = all.next().unwrap();
        assert_eq!(format!("{one:?}"), "RrInterval(Span { offset: 4, len: 2 })");
    }
}
