//! HL7 v2 chapter 2A, DTM (TS in older versions), DT and TM.
//!
//! `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`. What was sent of it is kept: precision, digits of
//! the fraction (up to nine are tolerated), zone.

use iomt_core::DiagnosticCode;
use iomt_core::model::{DateTime, Effective, Precision, Text, Time, TimeOfDay, Zone};
use iomt_core::wire::{Cursor, ErrorKind, IResult, ParseError, complete, u8};
use nom::Parser;
use nom::bytes::complete::take_while_m_n;
use nom::combinator::{opt, verify};
use nom::sequence::preceded;

use crate::context::{Context, Part};
use crate::types::time::{Tm, is_tolerated};
use crate::{Field, Repetition};

/// Reads a time; nothing where there is none. One that cannot be read is kept as sent.
pub(crate) fn field<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Option<Time<'a>> {
    let repetition = context.first(field);
    first(context, repetition)
}

/// Reads the first component: the second of a TS is the degree of precision of old versions.
pub(crate) fn first<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Time<'a>> {
    let part = context.primitive(repetition);
    time(context, part)
}

/// Reads a time.
pub(crate) fn time<'a>(context: &mut Context<'a, '_>, part: Part<'a>) -> Option<Time<'a>> {
    let text = context.text(part)?;
    let value = context.date_time(text.raw());
    match &value {
        None => context.say(DiagnosticCode::TimeMalformed, text.span()),
        Some(value) => tolerated(context, value, text),
    }
    Some(Time::text(value, text))
}

/// When something was, from its start and its end. An end without a start is no time at which
/// anything was observed, and is diagnosed at the place under way.
pub(crate) fn effective<'a>(
    context: &mut Context<'a, '_>,
    start: Option<Time<'a>>,
    end: Option<Time<'a>>,
) -> Effective<'a> {
    match (start, end) {
        (Some(start), Some(end)) => Effective::Period(start, end),
        (Some(start), None) => Effective::At(start),
        (None, Some(end)) => {
            context.say(DiagnosticCode::FieldNotMapped, end.span);
            Effective::Unknown
        }
        (None, None) => Effective::Unknown,
    }
}

/// Says that a time has more digits than the standard allows.
pub(crate) fn tolerated(context: &mut Context<'_, '_>, value: &DateTime, text: Text<'_>) {
    if is_tolerated(value) {
        context.say(DiagnosticCode::TimeTolerated, text.span());
    }
}

/// ASCII digits alone as a number.
fn number<T: core::str::FromStr>(digits: &[u8]) -> Option<T> {
    let digits = digits.iter().all(u8::is_ascii_digit).then_some(digits)?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// The digits that come, at least `least` and at most `most`.
fn digits<'a>(
    least: usize,
    most: usize,
) -> impl Parser<Cursor<'a>, Output = Cursor<'a>, Error = ParseError> {
    take_while_m_n(least, most, |b: u8| b.is_ascii_digit())
}

/// Two digits a part, as long as there are any; `None` where one is left over.
fn pairs<const N: usize>(digits: &[u8]) -> Option<[Option<u8>; N]> {
    let mut all = [None; N];
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    if pairs.len() > N {
        return None;
    }
    for (slot, [tens, ones]) in all.iter_mut().zip(pairs) {
        *slot = Some(value(*tens).wrapping_mul(10).wrapping_add(value(*ones)));
    }
    Some(all)
}

/// What a digit is worth.
const fn value(digit: u8) -> u8 {
    digit.wrapping_sub(b'0')
}

/// The digits after the point.
fn fraction(at: Cursor<'_>) -> IResult<'_, Cursor<'_>> {
    preceded(verify(u8("DTM"), |b| *b == b'.'), digits(1, 9)).parse(at)
}

/// `+ZZZZ` or `-ZZZZ`.
fn zone(at: Cursor<'_>) -> IResult<'_, Zone> {
    let sign = verify(u8("DTM"), |b| matches!(b, b'+' | b'-'));
    let (after, (sign, digits)) = (sign, digits(4, 4)).parse(at)?;
    let minutes = match pairs(digits.rest()) {
        Some([Some(hours), Some(minutes)]) if minutes < 60 => {
            i16::from(hours).checked_mul(60).and_then(|h| h.checked_add(i16::from(minutes)))
        }
        _ => None,
    };
    let signed = minutes.and_then(|m| if sign == b'-' { m.checked_neg() } else { Some(m) });
    match signed.and_then(Zone::from_minutes) {
        Some(zone) => Ok((after, zone)),
        None => Err(nom::Err::Error(at.error(ErrorKind::Malformed, "DTM"))),
    }
}

/// The digits of a fraction as a number, and how many there are.
fn places(fraction: Option<Cursor<'_>>) -> Option<(u32, u8)> {
    let Some(digits) = fraction else { return Some((0, 0)) };
    Some((number(digits.rest())?, u8::try_from(digits.rest().len()).ok()?))
}

/// The digits at the beginning, and the fraction and the zone that may follow them.
struct Parts<'a> {
    digits: &'a [u8],
    fraction: u32,
    places: u8,
    zone: Option<Zone>,
}

fn parts(raw: &[u8]) -> Option<Parts<'_>> {
    let end = raw.iter().position(|b| !b.is_ascii_digit()).unwrap_or(raw.len());
    let (digits, rest) = raw.split_at_checked(end)?;
    if rest.is_empty() {
        return Some(Parts { digits, fraction: 0, places: 0, zone: None });
    }
    let grammar = (opt(fraction), opt(zone));
    let (left, (decimals, zone)) = complete(rest, grammar).ok()?;
    let (fraction, places) = places(decimals)?;
    left.rest().is_empty().then_some(Parts { digits, fraction, places, zone })
}

/// What a DTM, TS or DT means.
pub(crate) fn date_time(raw: &[u8]) -> Option<DateTime> {
    let Parts { digits, fraction, places, zone } = parts(raw)?;
    let (year, rest) = digits.split_first_chunk::<4>()?;
    let year = year
        .iter()
        .fold(0_u16, |year, digit| year.wrapping_mul(10).wrapping_add(u16::from(value(*digit))));
    let [month, day, hour, minute, second] = pairs(rest)?;
    let precision = match (month, day, hour, minute, second) {
        (None, ..) => Precision::Year,
        (_, None, ..) => Precision::Month,
        (_, _, None, ..) => Precision::Day,
        (_, _, _, None, _) => Precision::Hour,
        (.., None) => Precision::Minute,
        _ => Precision::Second,
    };
    if places > 0 && precision != Precision::Second {
        return None;
    }
    let mut all = DateTime::from_ymd(year, month.unwrap_or(1), day.unwrap_or(1))?;
    if precision > Precision::Day {
        all = all.at(hour.unwrap_or(0), minute.unwrap_or(0), second.unwrap_or(0))?;
    }
    (all.fraction, all.places) = (fraction, places);
    Some(all.to(precision).in_zone(zone))
}

/// What a TM means.
pub(crate) fn clock(raw: &[u8]) -> Option<Tm> {
    let Parts { digits, fraction, places, zone } = parts(raw)?;
    let [hour, minute, second] = pairs(digits)?;
    let in_day = TimeOfDay::new(hour?, minute.unwrap_or(0), second).is_some();
    let whole = places == 0 || second.is_some();
    (in_day && whole).then_some(Tm { hour: hour?, minute, second, fraction, places, zone })
}

/// The same as a fact: nothing in `Some` where it is an hour alone, which no clock shows.
pub(crate) fn time_of_day(raw: &[u8]) -> Option<Option<TimeOfDay>> {
    let Tm { hour, minute, second, fraction, places, .. } = clock(raw)?;
    let mut all = TimeOfDay::new(hour, minute.unwrap_or(0), second)?;
    (all.fraction, all.places) = (fraction, places);
    Some(minute.map(|_| all))
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn iso(raw: &str) -> Option<String> {
        let mut out = String::new();
        date_time(raw.as_bytes())?.write_iso(&mut out).unwrap();
        Some(out)
    }

    #[test]
    fn precision_fraction_and_zone_are_kept() {
        for (raw, want) in [
            ("2023", "2023"),
            ("202308", "2023-08"),
            ("20230815", "2023-08-15"),
            ("20230815143045", "2023-08-15T14:30:45"),
            ("20230815143045+0000", "2023-08-15T14:30:45+00:00"),
            ("20230815143045-0000", "2023-08-15T14:30:45+00:00"),
            ("20230815143045.123-0530", "2023-08-15T14:30:45.123-05:30"),
            ("20230815143045.120000000+1400", "2023-08-15T14:30:45.120000000+14:00"),
            ("20240229", "2024-02-29"),
            ("19840+0059", ""),
            ("1984+0059", "1984"),
        ] {
            assert_eq!(iso(raw).unwrap_or_default(), want, "{raw}");
        }
        let precision = |raw: &[u8]| date_time(raw).unwrap().precision;
        assert_eq!(precision(b"2023081514"), Precision::Hour);
        assert_eq!(precision(b"202308151430-0700"), Precision::Minute);
        let zone = date_time(b"202308151430-0700").unwrap().zone.unwrap();
        assert_eq!(zone.minutes(), -420);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for raw in [
            "",
            "202",
            "20230",
            "2023081",
            "00000000",
            "20231301",
            "20230229",
            "20260230",
            "20230815240000+0000",
            "20230815236000",
            "20261231235960",
            "202308151430.5",
            "20230815143045.",
            "20230815143045.1234567890",
            "20230815143045+1500",
            "20230815143045+0160",
            "20230815143045+01",
            "20230815143045Z",
            "2026-01-15T14:30:00",
            "20230815143045123",
            " 2023",
            "20230815143045+0100 ",
            "-0260101",
            "2023\\F\\",
        ] {
            assert_eq!(iso(raw), None, "{raw}");
        }
    }

    #[test]
    fn times_of_day() {
        let read = |raw: &str| time_of_day(raw.as_bytes());
        assert_eq!(read("0830"), Some(TimeOfDay::new(8, 30, None)));
        assert_eq!(read("083015"), Some(TimeOfDay::new(8, 30, Some(15))));
        let mut fine = TimeOfDay::new(8, 30, Some(15)).unwrap();
        (fine.fraction, fine.places) = (50, 3);
        assert_eq!(read("083015.050+0100"), Some(Some(fine)));
        assert_eq!(read("08"), Some(None));
        for raw in ["", "8", "083", "2400", "0860", "08:30", "0830.5", "08.5", "083060", "0830+25"]
        {
            assert_eq!(read(raw), None, "{raw}");
        }
    }
}
