//! HL7 v2 chapter 2A: DTM and TS, DT, TM, as types of their own.

use core::fmt::{self, Write};

use iomt_core::DiagnosticCode;
use iomt_core::model::{DateTime, Precision, Zone};
use iomt_core::wire::{ErrorKind, ParseError};

use super::{Lenient, dtm};

/// The digits of a fraction that the standard has.
const PLACES: u8 = 4;

/// Without the blanks around it.
pub(super) const fn trimmed(raw: &[u8]) -> &[u8] {
    raw.trim_ascii()
}

/// A time: `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`.
#[derive(Clone, Copy)]
pub struct Dtm<'a> {
    raw: &'a [u8],
    value: DateTime,
}

impl fmt::Debug for Dtm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dtm(len {})", self.raw.len())
    }
}

impl<'a> Dtm<'a> {
    /// Reads a time as the standard has it.
    ///
    /// # Errors
    /// `DTM` where it is none.
    pub fn parse(raw: &'a [u8]) -> Result<Self, ParseError> {
        let value = dtm::date_time(raw).filter(|value| value.places <= PLACES);
        let value = value.ok_or(ParseError::new(ErrorKind::Malformed, "DTM", 0))?;
        Ok(Self { raw, value })
    }

    /// The same, and as `TimeTolerated`: blanks around it, and up to nine digits of a fraction.
    ///
    /// # Errors
    /// `DTM` where it is none all the same.
    pub fn parse_lenient(raw: &'a [u8]) -> Result<Lenient<Self>, ParseError> {
        let text = trimmed(raw);
        let value = dtm::date_time(text).ok_or(ParseError::new(ErrorKind::Malformed, "DTM", 0))?;
        let tolerated = text.len() != raw.len() || is_tolerated(&value);
        let tolerated = tolerated.then_some(DiagnosticCode::TimeTolerated);
        Ok(Lenient { value: Self { raw: text, value }, tolerated })
    }

    /// The bytes as they stand.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// What they mean.
    #[must_use]
    pub const fn value(&self) -> DateTime {
        self.value
    }

    /// To what it is precise.
    #[must_use]
    pub const fn precision(&self) -> Precision {
        self.value.precision
    }

    /// The digits of the fraction and how many there are, if there are any.
    #[must_use]
    pub fn fraction(&self) -> Option<(u32, u8)> {
        (self.value.places > 0).then_some((self.value.fraction, self.value.places))
    }

    /// The zone as it was sent. Without one nothing says where the clock hangs.
    #[must_use]
    pub const fn zone(&self) -> Option<Zone> {
        self.value.zone
    }

    /// The same instant at offset zero; `None` without a zone or without a minute.
    #[must_use]
    pub fn utc(&self) -> Option<DateTime> {
        let DateTime { year, month, day, hour, minute, .. } = self.value;
        let zone = self.value.zone.filter(|_| self.value.precision >= Precision::Minute)?;
        let minutes = i32::from(hour).checked_mul(60)?.checked_add(minute.into())?;
        let minutes = minutes.checked_sub(zone.minutes().into())?;
        let first = |year| DateTime::from_ymd(year, 1, 1);
        let date = match minutes.div_euclid(1440) {
            0 => DateTime::from_ymd(year, month, day),
            1 => DateTime::from_ymd(year, month, day.saturating_add(1))
                .or_else(|| DateTime::from_ymd(year, month.saturating_add(1), 1))
                .or_else(|| first(year.saturating_add(1))),
            // The last day of the month before has one of these numbers.
            _ => DateTime::from_ymd(year, month, day.saturating_sub(1))
                .or_else(|| {
                    let last = |day| DateTime::from_ymd(year, month.saturating_sub(1), day);
                    (28..=31).rev().find_map(last)
                })
                .or_else(|| DateTime::from_ymd(year.saturating_sub(1), 12, 31)),
        }?;
        let of_day = minutes.rem_euclid(1440);
        let hour = u8::try_from(of_day.div_euclid(60)).ok()?;
        let minute = u8::try_from(of_day.rem_euclid(60)).ok()?;
        let mut utc = date.at(hour, minute, self.value.second)?.to(self.value.precision);
        (utc.fraction, utc.places) = (self.value.fraction, self.value.places);
        (utc.zone, utc.utc_as_z) = (Some(Zone::UTC), true);
        Some(utc)
    }

    /// Writes it in the form of ISO 8601, with what was sent and nothing more: `2014-03-11T14:12+05:30`.
    /// A date has no zone.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_iso(&self, out: &mut dyn Write) -> fmt::Result {
        let DateTime { hour, minute, second, fraction, places, precision, zone, .. } = self.value;
        self.value.write_date(out)?;
        if precision < Precision::Hour {
            return Ok(());
        }
        write!(out, "T{hour:02}")?;
        if precision >= Precision::Minute {
            write!(out, ":{minute:02}")?;
        }
        if precision >= Precision::Second {
            write!(out, ":{second:02}")?;
        }
        if places > 0 {
            write!(out, ".{fraction:0width$}", width = usize::from(places))?;
        }
        zone.map_or(Ok(()), |zone| zone.write(false, out))
    }

    /// Writes it as HL7 has it. The offset `-0000` becomes `+0000`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> fmt::Result {
        let text = core::str::from_utf8(self.raw).unwrap_or_default();
        match text.strip_suffix("-0000") {
            Some(time) => write!(out, "{time}+0000"),
            None => out.write_str(text),
        }
    }
}

/// Whether the standard has no such time: it has four digits of a fraction.
pub(crate) const fn is_tolerated(value: &DateTime) -> bool {
    value.places > PLACES
}

/// A date: `YYYY[MM[DD]]`.
#[derive(Clone, Copy)]
pub struct Dt(DateTime);

impl fmt::Debug for Dt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dt")
    }
}

impl Dt {
    /// Reads a date.
    ///
    /// # Errors
    /// `DT` where it is none.
    pub fn parse(raw: &[u8]) -> Result<Self, ParseError> {
        let date = raw.iter().all(u8::is_ascii_digit).then(|| dtm::date_time(raw)).flatten();
        let date = date.filter(|date| date.precision <= Precision::Day);
        date.map(Self).ok_or(ParseError::new(ErrorKind::Malformed, "DT", 0))
    }

    /// The date.
    #[must_use]
    pub const fn value(&self) -> DateTime {
        self.0
    }
}

/// A time of day: `HH[MM[SS[.S[S[S[S]]]]]][+/-ZZZZ]`.
#[derive(Clone, Copy, Eq, PartialEq)]
#[non_exhaustive]
pub struct Tm {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59, if it was sent.
    pub minute: Option<u8>,
    /// 0 to 59, if it was sent.
    pub second: Option<u8>,
    /// Digits of the fraction as a number…
    pub fraction: u32,
    /// …and how many there are.
    pub places: u8,
    /// The zone, if one was sent.
    pub zone: Option<Zone>,
}

impl fmt::Debug for Tm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tm")
    }
}

impl Tm {
    /// Reads a time of day as the standard has it.
    ///
    /// # Errors
    /// `TM` where it is none.
    pub fn parse(raw: &[u8]) -> Result<Self, ParseError> {
        let error = ParseError::new(ErrorKind::Malformed, "TM", 0);
        dtm::clock(raw).filter(|time| time.places <= PLACES).ok_or(error)
    }

    /// The same, and as `TimeTolerated`: blanks around it, and up to nine digits of a fraction.
    ///
    /// # Errors
    /// `TM` where it is none all the same.
    pub fn parse_lenient(raw: &[u8]) -> Result<Lenient<Self>, ParseError> {
        let text = trimmed(raw);
        let value = dtm::clock(text).ok_or(ParseError::new(ErrorKind::Malformed, "TM", 0))?;
        let tolerated = text.len() != raw.len() || value.places > PLACES;
        Ok(Lenient { value, tolerated: tolerated.then_some(DiagnosticCode::TimeTolerated) })
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn strict_and_lenient() {
        assert!(Dtm::parse(b"20260115143000.1234").is_ok());
        assert!(Dtm::parse(b"20260115143000.12345").is_err() && Dtm::parse(b" 2026").is_err());
        let lenient = |raw: &'static [u8]| Dtm::parse_lenient(raw).map(|read| read.tolerated);
        assert_eq!(lenient(b"20260115143000.1234"), Ok(None));
        for raw in [&b"20260115143000.12345"[..], b" 2026", b"2026 "] {
            assert_eq!(lenient(raw), Ok(Some(DiagnosticCode::TimeTolerated)));
        }
        assert!(lenient(b"2026-01-15").is_err() && lenient(b"").is_err());
        assert!(Tm::parse(b"0830.5").is_err() && Tm::parse(b" 08").is_err());
        let read = Tm::parse_lenient(b"083000.12345 ").unwrap();
        assert_eq!((read.value.places, read.tolerated), (5, Some(DiagnosticCode::TimeTolerated)));
        assert!(Dt::parse(b"20260115").is_ok() && Dt::parse(b"2026011514").is_err());
        assert!(Dt::parse(b"2026+0100").is_err());
    }

    #[test]
    fn nothing_is_written_that_was_not_sent() {
        for (raw, iso) in [
            (&b"2014+0530"[..], "2014"),
            (b"2014031114+0530", "2014-03-11T14+05:30"),
            (b"201403111412+0530", "2014-03-11T14:12+05:30"),
        ] {
            let mut out = String::new();
            Dtm::parse(raw).unwrap().write_iso(&mut out).unwrap();
            assert_eq!(out, iso);
        }
    }

    #[test]
    fn the_same_instant_at_offset_zero() {
        let utc = |raw: &'static [u8]| {
            let mut out = String::new();
            Dtm::parse(raw).unwrap().utc()?.write_iso(&mut out).unwrap();
            Some(out)
        };
        assert_eq!(utc(b"20240228233000-0100").unwrap(), "2024-02-29T00:30:00Z");
        assert_eq!(utc(b"20240301003000+0100").unwrap(), "2024-02-29T23:30:00Z");
        assert_eq!(utc(b"20231231233000-0100").unwrap(), "2024-01-01T00:30:00Z");
        assert_eq!(utc(b"20240101003000.50+0100").unwrap(), "2023-12-31T23:30:00.50Z");
        assert_eq!(utc(b"20240430233000-0100").unwrap(), "2024-05-01T00:30:00Z");
        assert_eq!(utc(b"20240101003000"), None);
        assert_eq!(utc(b"20240101+0100"), None);
        assert_eq!(utc(b"00010101000000+0100"), None);
    }
}
