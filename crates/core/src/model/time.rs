use core::fmt::{self, Write};

use super::Text;
use crate::wire::Span;

/// To what a [`DateTime`] is precise.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "the parts of a time")]
pub enum Precision {
    /// The year.
    Year,
    /// The month.
    Month,
    /// The day.
    Day,
    /// The hour.
    Hour,
    /// The minute.
    Minute,
    /// The second, or a fraction of it.
    Second,
}

/// An offset from UTC in minutes, within ±14 hours.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Zone(i16);

impl Zone {
    /// UTC.
    pub const UTC: Self = Self(0);

    /// `minutes` east of UTC; `None` beyond 14 hours.
    #[must_use]
    pub const fn from_minutes(minutes: i16) -> Option<Self> {
        if minutes.unsigned_abs() <= 840 { Some(Self(minutes)) } else { None }
    }

    /// Minutes east of UTC.
    #[must_use]
    pub const fn minutes(self) -> i16 {
        self.0
    }

    /// Writes `+01:00`; UTC is `Z` if `utc_as_z`.
    pub fn write(self, utc_as_z: bool, out: &mut dyn Write) -> fmt::Result {
        if utc_as_z && self.0 == 0 {
            return out.write_char('Z');
        }
        let mut line = Line::new();
        self.line(&mut line);
        line.write(out)
    }

    fn line(self, line: &mut Line) {
        let minutes = self.0.unsigned_abs();
        line.byte(if self.0 < 0 { b'-' } else { b'+' });
        line.two(minutes / 60);
        line.byte(b':');
        line.two(minutes % 60);
    }
}

/// A calendar time as it was sent: precision, digits of the second's fraction and zone are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DateTime {
    /// The year, 1 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31, as the month has them.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59; 60 is a leap second.
    pub second: u8,
    /// Digits of the fraction as a number…
    pub fraction: u32,
    /// …and how many there are, at most 9.
    pub places: u8,
    /// What of it was sent.
    pub precision: Precision,
    /// The zone, if one was sent.
    pub zone: Option<Zone>,
    /// The zone was written `Z`.
    pub utc_as_z: bool,
}

impl DateTime {
    /// A day; `None` if the calendar has no such day.
    #[must_use]
    pub fn from_ymd(year: u16, month: u8, day: u8) -> Option<Self> {
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 }) => 29,
            2 => 28,
            _ => return None,
        };
        ((1..=9999).contains(&year) && (1..=last).contains(&day)).then_some(Self {
            year,
            month,
            day,
            hour: 0,
            minute: 0,
            second: 0,
            fraction: 0,
            places: 0,
            precision: Precision::Day,
            zone: None,
            utc_as_z: false,
        })
    }

    /// The same day at a time to the second; `None` if no clock shows it.
    #[must_use]
    pub fn at(self, hour: u8, minute: u8, second: u8) -> Option<Self> {
        let precision = Precision::Second;
        (hour < 24 && minute < 60 && second < 60).then_some(Self {
            hour,
            minute,
            second,
            precision,
            ..self
        })
    }

    /// The same, precise to `precision`.
    #[must_use]
    pub const fn to(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// The same in a zone.
    #[must_use]
    pub const fn in_zone(mut self, zone: Option<Zone>) -> Self {
        self.zone = zone;
        self
    }

    /// Whether it is certainly later than `other`, at the precision that both have: a time of day
    /// without zone, and a day beside one with a time, may be up to a day earlier or later.
    #[must_use]
    pub fn is_after(&self, other: &Self) -> bool {
        let at = |this: &Self| this.zone.filter(|_| this.precision > Precision::Day);
        if let (Some(a), Some(b)) = (at(self), at(other)) {
            return self.instant(a) > other.instant(b);
        }
        if self.precision.max(other.precision) > Precision::Day
            && self.precision.min(other.precision) >= Precision::Day
        {
            return self.days() > other.days().saturating_add(1);
        }
        let date = |this: &Self| match self.precision.min(other.precision) {
            Precision::Year => (this.year, 0, 0),
            Precision::Month => (this.year, this.month, 0),
            _ => (this.year, this.month, this.day),
        };
        date(self) > date(other)
    }

    /// What orders times: minutes in UTC, seconds and billionths.
    fn instant(&self, zone: Zone) -> (i64, u8, u64) {
        let minutes = self.days().saturating_mul(24 * 60);
        let minutes = minutes.saturating_add(i64::from(self.hour).saturating_mul(60));
        let minutes = minutes.saturating_add(self.minute.into()).saturating_sub(zone.0.into());
        let scale = 10_u64.saturating_pow(9_u32.saturating_sub(self.places.into()));
        (minutes, self.second, u64::from(self.fraction).saturating_mul(scale))
    }

    /// Days since some day, in the Gregorian calendar.
    fn days(&self) -> i64 {
        // The year begins with March, so that the day that some years have is its last.
        let (year, month) = match self.month {
            1 | 2 => (i64::from(self.year).saturating_sub(1), self.month.saturating_add(9)),
            month => (i64::from(self.year), month.saturating_sub(3)),
        };
        let leap = (year / 4).saturating_sub(year / 100).saturating_add(year / 400);
        let before = i64::from(month).saturating_mul(153).saturating_add(2) / 5;
        let days = year.saturating_mul(365).saturating_add(leap).saturating_add(before);
        days.saturating_add(self.day.into())
    }

    /// Reads RFC 3339: `2026-11-23T10:00:00.000+02:00`. The digits of the fraction and the way the
    /// zone is written are kept; more than nine digits are refused.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let (date, time) = text.split_once(['T', 't', ' '])?;
        let mut parts = date.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let of_two = |s: &str| if s.len() == 2 { small(s) } else { None };
        let year = if year.len() == 4 { small(year)? } else { return None };
        let day = u8::try_from(of_two(day)?).ok()?;
        let date = Self::from_ymd(year, u8::try_from(of_two(month)?).ok()?, day)?;
        let end = time.find(['Z', 'z', '+', '-'])?;
        let (clock, zone) = time.split_at_checked(end)?;
        let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(c, f)| (c, Some(f)));
        let mut parts = clock.splitn(3, ':');
        let mut part = || parts.next().and_then(of_two).and_then(|n| u8::try_from(n).ok());
        let mut all = date.at(part()?, part()?, part()?)?;
        if let Some(digits) = fraction {
            let ascii = digits.bytes().all(|b| b.is_ascii_digit());
            all.places =
                u8::try_from(digits.len()).ok().filter(|n| ascii && (1..=9).contains(n))?;
            all.fraction = digits.parse().ok()?;
        }
        all.utc_as_z = matches!(zone, "Z" | "z");
        all.zone = Some(if all.utc_as_z {
            Zone::UTC
        } else {
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let (hours, minutes) = (of_two(hours)?, of_two(minutes).filter(|m| *m < 60)?);
            let total = hours.checked_mul(60)?.checked_add(minutes)?;
            let total = i16::try_from(total).ok()?;
            Zone::from_minutes(if zone.starts_with('-') { total.checked_neg()? } else { total })?
        });
        Some(all)
    }

    /// Writes the date: `2026`, `2026-11` or `2026-11-23`, to its precision and at most to the day.
    pub fn write_date(&self, out: &mut dyn Write) -> fmt::Result {
        let mut line = self.date_and_clock();
        line.len = line.len.min("YYYY-MM-DD".len());
        line.write(out)
    }

    /// Writes date, `T`, time with the digits of the fraction that there are, and, if there is
    /// one, zone. A time that is precise to the day or less is written as the date alone.
    pub fn write_iso(&self, out: &mut dyn Write) -> fmt::Result {
        let mut line = self.date_and_clock();
        if self.precision > Precision::Day {
            if self.places > 0 {
                line.byte(b'.');
                line.digits(self.fraction, self.places);
            }
            match self.zone {
                Some(Zone(0)) if self.utc_as_z => line.byte(b'Z'),
                Some(zone) => zone.line(&mut line),
                None => {}
            }
        }
        line.write(out)
    }

    /// The date to its precision; where that is more than the day, also the time to the second.
    fn date_and_clock(&self) -> Line {
        let [a, b] = two(self.year / 100);
        let [c, d] = two(self.year % 100);
        let parts = [self.month, self.day, self.hour, self.minute, self.second];
        let [[e, f], [g, h], [i, j], [k, l], [m, n]] = parts.map(|part| two(u16::from(part)));
        let text = [a, b, c, d, b'-', e, f, b'-', g, h, b'T', i, j, b':', k, l, b':', m, n];
        let mut line = Line::new();
        if let Some(start) = line.bytes.first_chunk_mut() {
            *start = text;
        }
        line.len = match self.precision {
            Precision::Year => 4,
            Precision::Month => 7,
            Precision::Day => 10,
            Precision::Hour | Precision::Minute | Precision::Second => text.len(),
        };
        line
    }
}

/// A time is written in one piece: at most 19 characters, a fraction of 10 and a zone of 6.
struct Line {
    bytes: [u8; 40],
    len: usize,
}

impl Line {
    const fn new() -> Self {
        Self { bytes: [0; 40], len: 0 }
    }

    fn byte(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = byte;
            self.len = self.len.saturating_add(1);
        }
    }

    fn two(&mut self, number: u16) {
        two(number).into_iter().for_each(|digit| self.byte(digit));
    }

    fn digits(&mut self, number: u32, places: u8) {
        for place in (0..u32::from(places.min(9))).rev() {
            self.byte(digit(number.checked_div(10_u32.saturating_pow(place)).unwrap_or(0)));
        }
    }

    fn write(&self, out: &mut dyn Write) -> fmt::Result {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        out.write_str(core::str::from_utf8(bytes).map_err(|_| fmt::Error)?)
    }
}

/// The last two digits.
fn two(number: u16) -> [u8; 2] {
    [digit(u32::from(number / 10)), digit(u32::from(number))]
}

fn digit(number: u32) -> u8 {
    b'0'.wrapping_add(u8::try_from(number % 10).unwrap_or(0))
}

/// A time of the input: what it means, if it can be read, and as it was sent.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Time<'a> {
    /// What it means.
    pub value: Option<DateTime>,
    /// As sent, where it was text.
    pub sent: Option<Text<'a>>,
    /// The bytes.
    pub span: Span,
}

impl fmt::Debug for Time<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Time")
            .field("legible", &self.value.is_some())
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}

impl<'a> Time<'a> {
    /// A time that was text; `value` is what it means.
    #[must_use]
    pub fn text(value: Option<DateTime>, sent: Text<'a>) -> Self {
        Self { value, sent: Some(sent), span: sent.span() }
    }

    /// A time that was a structure of numbers.
    #[must_use]
    pub const fn binary(value: DateTime, span: Span) -> Self {
        Self { value: Some(value), sent: None, span }
    }

    /// A structure of numbers that is no time: a part of it is unknown, or out of its range.
    #[must_use]
    pub const fn unreadable(span: Span) -> Self {
        Self { value: None, sent: None, span }
    }
}

fn small(digits: &str) -> Option<u16> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn rfc3339_is_written_as_it_was_read() {
        for text in [
            "2026-11-23T10:00:00Z",
            "2026-11-23T10:00:00.000+02:00",
            "2024-02-29T23:59:59.5-05:30",
            "2026-11-23T10:00:00+00:00",
            "0001-01-01T00:00:00.000000001+14:00",
        ] {
            let mut out = String::new();
            DateTime::parse_rfc3339(text).expect(text).write_iso(&mut out).unwrap();
            assert_eq!(out, text);
        }
    }

    #[test]
    fn what_is_certainly_later() {
        let time = |text: &str| DateTime::parse_rfc3339(text).expect(text);
        let day = |y, m, d| DateTime::from_ymd(y, m, d).unwrap();
        let order = [
            time("2023-12-31T23:59:59.9Z"),
            time("2024-01-01T02:00:00+02:00"),
            time("2024-01-01T00:00:00.000000001Z"),
            time("2024-01-01T00:00:01Z"),
            time("2024-02-28T23:59:59Z"),
            time("2024-02-29T00:00:00Z"),
            time("2024-03-01T00:00:00+00:00"),
            time("2025-01-01T00:00:00Z"),
        ];
        for (n, a) in order.iter().enumerate() {
            for (m, b) in order.iter().enumerate() {
                assert_eq!(a.is_after(b), n > m, "{a:?} {b:?}");
            }
        }
        assert!(!time("2024-01-01T00:00:00Z").is_after(&time("2024-01-01T01:00:00.0+01:00")));
        // What has less precision says less.
        assert!(day(2024, 3, 1).is_after(&day(2024, 2, 29)));
        assert!(!day(2024, 3, 1).is_after(&day(2024, 2, 1).to(Precision::Year)));
        assert!(day(2024, 3, 1).is_after(&day(2024, 2, 1).to(Precision::Month)));
        assert!(!time("2024-03-01T08:00:00Z").is_after(&day(2024, 2, 29)));
        assert!(time("2024-03-01T08:00:00Z").is_after(&day(2024, 2, 28)));
        assert!(day(2024, 3, 2).is_after(&time("2024-02-29T08:00:00Z")));
        assert!(time("2024-03-01T08:00:00Z").is_after(&day(2023, 1, 1).to(Precision::Year)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-11-23",
            "2026-11-23T10:00:00",
            "2023-02-29T10:00:00Z",
            "2026-13-01T10:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T10:60:00Z",
            "2026-11-23T10:00Z",
            "2026-1-23T10:00:00Z",
            "2026-11-23T10:00:00.Z",
            "2026-11-23T10:00:00.0123456789Z",
            "2026-11-23T10:00:00+15:00",
            "2026-11-23T10:00:00+01:60",
            "+026-11-23T10:00:00Z",
            "0000-01-01T00:00:00Z",
            "é026-11-23T10:00:00Z",
        ] {
            assert_eq!(DateTime::parse_rfc3339(text), None, "{text}");
        }
    }
}
