//! HL7 v2 chapter 2A, DTM (TS in older versions), DT and TM.
//!
//! `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`. What was sent of it is kept: precision, digits of
//! the fraction (up to nine are tolerated), zone.

use iomt_core::DiagnosticCode;
use iomt_core::model::{DateTime, Precision, Time, TimeOfDay, Zone};
use iomt_core::wire::{Cursor, ErrorKind, IResult, complete, take, u8};
use nom::Parser;
use nom::bytes::complete::take_while_m_n;
use nom::combinator::{opt, verify};
use nom::sequence::preceded;

use crate::context::{Context, Part};
use crate::{Field, Repetition};

/// Reads a time; nothing where there is none. One that cannot be read is kept as sent.
pub(crate) fn field<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Option<Time<'a>> {
    if field.is_empty() {
        return None;
    }
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
    let value = date_time(text.raw());
    if value.is_none() {
        context.say(DiagnosticCode::TimeMalformed, text.span());
    }
    Some(Time::text(value, text))
}

/// `count` digits as a number.
fn digits<'a>(count: usize) -> impl Fn(Cursor<'a>) -> IResult<'a, u16> {
    move |at| {
        let (after, digits) = take(count, "DTM")(at)?;
        match number(digits.rest()) {
            Some(number) => Ok((after, number)),
            None => Err(nom::Err::Error(at.error(ErrorKind::Malformed, "DTM"))),
        }
    }
}

/// ASCII digits alone as a number.
fn number<T: core::str::FromStr>(digits: &[u8]) -> Option<T> {
    let digits = digits.iter().all(u8::is_ascii_digit).then_some(digits)?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// One or two digits of a clock or calendar, as long as there are any.
fn pairs<'a, const N: usize>(at: Cursor<'a>) -> IResult<'a, [Option<u16>; N]> {
    let (mut at, mut all) = (at, [None; N]);
    for slot in &mut all {
        (at, *slot) = opt(digits(2)).parse(at)?;
        if slot.is_none() {
            break;
        }
    }
    Ok((at, all))
}

/// The digits after the point.
fn fraction(at: Cursor<'_>) -> IResult<'_, Cursor<'_>> {
    let point = verify(u8("DTM"), |b| *b == b'.');
    preceded(point, take_while_m_n(1, 9, |b: u8| b.is_ascii_digit())).parse(at)
}

/// `+ZZZZ` or `-ZZZZ`, at the end.
fn zone(at: Cursor<'_>) -> IResult<'_, Zone> {
    let sign = verify(u8("DTM"), |b| matches!(b, b'+' | b'-'));
    let (after, (sign, hours, minutes)) = (sign, digits(2), digits(2)).parse(at)?;
    let total = hours.checked_mul(60).and_then(|h| h.checked_add(minutes).filter(|_| minutes < 60));
    let total = total.and_then(|total| i16::try_from(total).ok());
    let signed = total.and_then(|t| if sign == b'-' { t.checked_neg() } else { Some(t) });
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

/// What a DTM, TS or DT means.
pub(crate) fn date_time(raw: &[u8]) -> Option<DateTime> {
    let grammar = (digits(4), pairs::<5>, opt(fraction), opt(zone));
    let (left, (year, parts, decimals, zone)) = complete(raw, grammar).ok()?;
    if !left.rest().is_empty() {
        return None;
    }
    let [month, day, hour, minute, second] =
        parts.map(|part| part.and_then(|n| u8::try_from(n).ok()));
    let precision = match (month, day, hour, minute, second) {
        (None, ..) => Precision::Year,
        (_, None, ..) => Precision::Month,
        (_, _, None, ..) => Precision::Day,
        (_, _, _, None, _) => Precision::Hour,
        (.., None) => Precision::Minute,
        _ => Precision::Second,
    };
    if decimals.is_some() && precision != Precision::Second {
        return None;
    }
    let mut all = DateTime::from_ymd(year, month.unwrap_or(1), day.unwrap_or(1))?;
    if precision > Precision::Day {
        all = all.at(hour.unwrap_or(0), minute.unwrap_or(0), second.unwrap_or(0))?;
    }
    (all.fraction, all.places) = places(decimals)?;
    Some(all.to(precision).in_zone(zone))
}

/// What a TM means: nothing in `Some` where it is an hour alone, which no clock shows.
pub(crate) fn time_of_day(raw: &[u8]) -> Option<Option<TimeOfDay>> {
    let grammar = (digits(2), pairs::<2>, opt(fraction), opt(zone));
    let (left, (hour, parts, decimals, _)) = complete(raw, grammar).ok()?;
    let [minute, second] = parts.map(|part| part.and_then(|n| u8::try_from(n).ok()));
    let hour = u8::try_from(hour).ok()?;
    let all = TimeOfDay::new(hour, minute.unwrap_or(0), second)?;
    match (left.rest(), minute, second, decimals) {
        ([], None, ..) if decimals.is_none() => Some(None),
        ([], Some(_), None, None) => Some(Some(all)),
        ([], Some(_), Some(_), _) => {
            let mut all = all;
            (all.fraction, all.places) = places(decimals)?;
            Some(Some(all))
        }
        _ => None,
    }
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
