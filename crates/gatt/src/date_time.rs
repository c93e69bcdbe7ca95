//! Date Time (0x2A08), which many characteristics hold: GATT Specification Supplement, *Date Time*.

use core::fmt;

use iomt_core::model::{self, Effective, Time};
use iomt_core::wire::{Cursor, IResult, u8, u16_le};
use iomt_core::{Diagnostic, DiagnosticCode, Place, Sink};
use nom::Parser;

use crate::field::Field;

/// The device's clock, to the second; which zone it keeps is not said.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct DateTime {
    year: u16,
    month: u8,
    day: u8,
    hours: u8,
    minutes: u8,
    seconds: u8,
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DateTime").finish_non_exhaustive()
    }
}

impl DateTime {
    /// Reads the seven bytes at `at`, whatever they say.
    ///
    /// # Errors
    /// `Truncated` in the field that is cut.
    pub fn read(at: Cursor<'_>) -> IResult<'_, Self> {
        let date = (u16_le("year"), u8("month"), u8("day"));
        let clock = (u8("hours"), u8("minutes"), u8("seconds"));
        let (after, ((year, month, day), (hours, minutes, seconds))) = (date, clock).parse(at)?;
        Ok((after, Self { year, month, day, hours, minutes, seconds }))
    }

    /// 1582 to 9999; 0 is not known.
    #[must_use]
    pub const fn year(&self) -> u16 {
        self.year
    }

    /// 1 to 12; 0 is not known.
    #[must_use]
    pub const fn month(&self) -> u8 {
        self.month
    }

    /// 1 to 31; 0 is not known.
    #[must_use]
    pub const fn day(&self) -> u8 {
        self.day
    }

    /// 0 to 23.
    #[must_use]
    pub const fn hours(&self) -> u8 {
        self.hours
    }

    /// 0 to 59.
    #[must_use]
    pub const fn minutes(&self) -> u8 {
        self.minutes
    }

    /// 0 to 59.
    #[must_use]
    pub const fn seconds(&self) -> u8 {
        self.seconds
    }

    /// The time; `None` if a part of it is not known, or no calendar or clock shows it.
    #[must_use]
    pub fn value(&self) -> Option<model::DateTime> {
        let date = model::DateTime::from_ymd(self.year, self.month, self.day)?;
        date.at(self.hours, self.minutes, self.seconds).filter(|_| self.year >= 1582)
    }
}

impl Field<DateTime> {
    /// When something happened. What is no time is diagnosed at `place`.
    pub(crate) fn effective(self, place: Place, sink: &mut dyn Sink) -> Effective<'static> {
        Effective::At(match self.value.value() {
            Some(value) => Time::binary(value, self.span),
            None => {
                sink.diagnostic(Diagnostic::new(DiagnosticCode::TimeMalformed, self.span, place));
                Time::unreadable(self.span)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String};

    use iomt_core::wire::complete;

    use super::*;

    fn shown(bytes: &[u8]) -> Option<String> {
        let mut out = String::new();
        let (left, stamp) = complete(bytes, DateTime::read).unwrap();
        assert!(left.rest().is_empty());
        stamp.value()?.write_iso(&mut out).unwrap();
        Some(out)
    }

    #[test]
    fn a_clock_without_zone() {
        for (bytes, text) in [
            ([0xEA, 0x07, 11, 23, 7, 58, 30], "2026-11-23T07:58:30"),
            ([0xE8, 0x07, 2, 29, 23, 59, 59], "2024-02-29T23:59:59"),
            ([0xEA, 0x07, 1, 1, 0, 0, 0], "2026-01-01T00:00:00"),
            ([0x2E, 0x06, 1, 1, 0, 0, 0], "1582-01-01T00:00:00"),
            ([0x0F, 0x27, 12, 31, 23, 59, 59], "9999-12-31T23:59:59"),
        ] {
            assert_eq!(shown(&bytes).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_not_known_or_impossible_is_no_time() {
        for bytes in [
            [0, 0, 11, 23, 7, 58, 30],
            [0xEA, 0x07, 0, 23, 7, 58, 30],
            [0xEA, 0x07, 11, 0, 7, 58, 30],
            [0, 0, 0, 0, 0, 0, 0],
            [0xEA, 0x07, 13, 1, 7, 58, 30],
            [0xEA, 0x07, 2, 29, 7, 58, 30],
            [0xEA, 0x07, 4, 31, 7, 58, 30],
            [0xEA, 0x07, 11, 23, 24, 0, 0],
            [0xEA, 0x07, 11, 23, 7, 60, 0],
            [0xEA, 0x07, 11, 23, 7, 58, 60],
            [0x2D, 0x06, 11, 23, 7, 58, 30],
            [0x10, 0x27, 11, 23, 7, 58, 30],
            [0xFF; 7],
        ] {
            assert_eq!(shown(&bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_cut_names_its_field_and_debug_shows_nothing() {
        let bytes = [0xEA, 0x07, 11, 23, 7, 58, 30];
        for (keep, field) in
            ["year", "year", "month", "day", "hours", "minutes", "seconds"].into_iter().enumerate()
        {
            let error = complete(&bytes[..keep], DateTime::read).unwrap_err();
            assert_eq!(error.field(), field);
        }
        let (_, stamp) = complete(&bytes, DateTime::read).unwrap();
        assert_eq!(format!("{stamp:?}"), "DateTime { .. }");
        let parts = (stamp.hours(), stamp.minutes(), stamp.seconds());
        assert_eq!((stamp.year(), stamp.month(), stamp.day(), parts), (2026, 11, 23, (7, 58, 30)));
    }
}
