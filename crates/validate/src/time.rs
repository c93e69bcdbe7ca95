//! FHIR's dates and times as text: their forms, and which is earlier.

use core::cmp::Ordering;

/// A date, dateTime or instant, to the precision that it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DateTime<'a> {
    year: i64,
    /// 0 where there is none.
    month: u8,
    /// 0 where there is none.
    day: u8,
    time: Option<Time<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct Time<'a> {
    /// Seconds of the day.
    second: i64,
    /// Digits after the point.
    fraction: &'a [u8],
    /// Seconds east of UTC.
    offset: i64,
}

impl<'a> DateTime<'a> {
    /// A `dateTime`: to the year, month, day, or second with zone.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut cursor = Cursor(text.as_bytes());
        let mut this = Self { year: i64::from(cursor.digits(4)?), month: 0, day: 0, time: None };
        if this.year == 0 {
            return None;
        }
        if cursor.eat(b'-') {
            this.month = u8::try_from(cursor.digits(2)?).ok()?;
            let days = days_in(this.year, this.month)?;
            if cursor.eat(b'-') {
                this.day = u8::try_from(cursor.digits(2)?).ok()?;
                if this.day == 0 || this.day > days {
                    return None;
                }
                if cursor.eat(b'T') {
                    let (second, fraction) = cursor.time()?;
                    this.time = Some(Time { second, fraction, offset: cursor.offset()? });
                }
            }
        }
        cursor.0.is_empty().then_some(this)
    }

    /// Whether it has a time of day.
    pub(crate) const fn has_time(self) -> bool {
        self.time.is_some()
    }

    /// Whether it has a day.
    pub(crate) const fn has_day(self) -> bool {
        self.day != 0
    }

    /// Whether it is certainly later than `other`, at the precision that both have.
    pub(crate) fn is_after(self, other: Self) -> bool {
        match (self.time, other.time) {
            (Some(a), Some(b)) => {
                let seconds = |this: Self, time: Time<'_>| {
                    let day = this.days().saturating_mul(86_400);
                    day.saturating_add(time.second).saturating_sub(time.offset)
                };
                let order = seconds(self, a).cmp(&seconds(other, b));
                order.then_with(|| compare_fractions(a.fraction, b.fraction)) == Ordering::Greater
            }
            (None, None) => self.date_is_after(other),
            // The zone of the one without time is not known: a day more or less.
            _ if self.has_day() && other.has_day() => self.days() > other.days().saturating_add(1),
            _ => self.date_is_after(other),
        }
    }

    fn date_is_after(self, other: Self) -> bool {
        let mut order = self.year.cmp(&other.year);
        if self.month != 0 && other.month != 0 {
            order = order.then(self.month.cmp(&other.month));
            if self.day != 0 && other.day != 0 {
                order = order.then(self.day.cmp(&other.day));
            }
        }
        order == Ordering::Greater
    }

    /// Days in a count of its own, which is the Gregorian calendar's.
    fn days(self) -> i64 {
        let before = self.year.saturating_sub(1);
        let leap = before.wrapping_div(4).wrapping_sub(before.wrapping_div(100));
        let mut days = before.wrapping_mul(365).wrapping_add(leap);
        days = days.wrapping_add(before.wrapping_div(400));
        for month in 1..self.month {
            days = days.wrapping_add(days_in(self.year, month).unwrap_or(0).into());
        }
        days.wrapping_add(self.day.into())
    }
}

/// A `time`: hour, minute, second.
pub(crate) fn is_time(text: &str) -> bool {
    let mut cursor = Cursor(text.as_bytes());
    cursor.time().is_some() && cursor.0.is_empty()
}

fn days_in(year: i64, month: u8) -> Option<u8> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => Some(29),
        2 => Some(28),
        _ => None,
    }
}

fn compare_fractions(a: &[u8], b: &[u8]) -> Ordering {
    let digit = |text: &[u8], at| text.get(at).copied().unwrap_or(b'0');
    let len = a.len().max(b.len());
    (0..len)
        .map(|at| digit(a, at).cmp(&digit(b, at)))
        .find(|o| o.is_ne())
        .unwrap_or(Ordering::Equal)
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn eat(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((&first, rest)) if first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn digits(&mut self, n: usize) -> Option<u16> {
        let (digits, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        digits.iter().try_fold(0_u16, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| digit.wrapping_sub(b'0'))?;
            number.checked_mul(10)?.checked_add(digit.into())
        })
    }

    /// Second of the day and fraction; a leap second is allowed.
    fn time(&mut self) -> Option<(i64, &'a [u8])> {
        let hour = self.digits(2).filter(|&n| n < 24)?;
        let minute = self.eat(b':').then(|| self.digits(2))?.filter(|&n| n < 60)?;
        let second = self.eat(b':').then(|| self.digits(2))?.filter(|&n| n <= 60)?;
        let mut fraction: &[u8] = &[];
        if self.eat(b'.') {
            let len = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
            (fraction, self.0) = self.0.split_at_checked(len).filter(|_| len > 0)?;
        }
        let minutes = i64::from(hour).wrapping_mul(60).wrapping_add(minute.into());
        Some((minutes.wrapping_mul(60).wrapping_add(second.into()), fraction))
    }

    /// `Z`, or up to 14:00 east or west of UTC.
    fn offset(&mut self) -> Option<i64> {
        if self.eat(b'Z') {
            return Some(0);
        }
        let west = self.eat(b'-');
        if !west && !self.eat(b'+') {
            return None;
        }
        let hour = self.digits(2)?;
        let minute = self.eat(b':').then(|| self.digits(2))?.filter(|&n| n < 60)?;
        let minutes = hour.checked_mul(60)?.checked_add(minute)?;
        let seconds = i64::from(minutes).wrapping_mul(60);
        (minutes <= 14 * 60).then_some(if west { seconds.wrapping_neg() } else { seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(text: &str) -> bool {
        DateTime::parse(text).is_some()
    }

    #[test]
    fn forms_of_date_time() {
        for good in [
            "2024",
            "2024-02",
            "2024-02-29",
            "2000-02-29",
            "2024-12-31T23:59:60Z",
            "2024-01-01T00:00:00.000+14:00",
            "0001-01-01T10:15:30-00:30",
        ] {
            assert!(valid(good), "{good}");
        }
        for bad in [
            "",
            "24",
            "0000",
            "2024-13",
            "2024-00",
            "2023-02-29",
            "1900-02-29",
            "2024-04-31",
            "2024-01-00",
            "2024-01-01T",
            "2024-01-01T10:15Z",
            "2024-01-01T10:15:30",
            "2024-01-01T24:00:00Z",
            "2024-01-01T10:60:30Z",
            "2024-01-01T10:15:61Z",
            "2024-01-01T10:15:30.Z",
            "2024-01-01T10:15:30+14:01",
            "2024-01-01T10:15:30+0100",
            "2024-01-01T10:15:30z",
            "2024-01-01 10:15:30Z",
            "2024-1-1",
            " 2024",
            "20240101",
        ] {
            assert!(!valid(bad), "{bad}");
        }
        assert!(is_time("10:15:30.25") && !is_time("10:15") && !is_time("10:15:30Z"));
    }

    #[test]
    fn later_only_where_it_is_certain() {
        let after = |a, b| DateTime::parse(a).unwrap().is_after(DateTime::parse(b).unwrap());
        assert!(after("2024-01-02", "2024-01-01"));
        assert!(!after("2024-01-01", "2024-01-01"));
        assert!(!after("2024", "2024-01-01") && !after("2024-01-01", "2024"));
        assert!(after("2025", "2024-12-31"));
        assert!(after("2024-01-01T10:00:00.1Z", "2024-01-01T10:00:00Z"));
        assert!(!after("2024-01-01T10:00:00.10Z", "2024-01-01T10:00:00.1Z"));
        // 10:00+02:00 is 08:00 UTC.
        assert!(!after("2024-01-01T10:00:00+02:00", "2024-01-01T09:00:00Z"));
        assert!(after("2024-01-01T10:00:00-02:00", "2024-01-01T11:00:00Z"));
        assert!(after("2024-03-01T00:00:00Z", "2024-02-29T23:59:59Z"));
        assert!(!after("2024-01-02T00:00:00Z", "2024-01-01"));
        assert!(after("2024-01-03T00:00:00Z", "2024-01-01"));
    }
}
