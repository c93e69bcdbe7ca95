//! HL7 v2 §7.4.2.7: OBX-7, references range.

use iomt_core::model::{ReferenceRange, Text};
use iomt_core::wire::{
    Cursor, ErrorKind, IResult, Number, ParseError, Scaled, complete, number, u8,
};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::combinator::{all_consuming, opt, verify};

use crate::Field;
use crate::context::Context;

/// Reads limits as sent, and of a measured number also what they are: `low-high`, `>low`, `<high`.
pub(crate) fn reference_range<'a>(
    context: &Context<'a, '_>,
    field: Field<'a>,
    numeric: bool,
) -> Option<ReferenceRange<'a>> {
    let text: Text<'a> = context.whole(field.part())?;
    let mut range = ReferenceRange::default();
    (range.text, range.span) = (Some(text), field.span());
    if let Some((low, high)) = limits(field.raw()).filter(|_| numeric) {
        (range.low, range.high) = (low, high);
    }
    Some(range)
}

/// The limits that a text says exactly.
fn limits(raw: &[u8]) -> Option<(Option<Scaled>, Option<Scaled>)> {
    let between = (decimal, blanks, character(b'-'), blanks, decimal)
        .map(|(low, _, _, _, high)| (Some(low), Some(high)));
    let above =
        (character(b'>'), opt(character(b'=')), blanks, decimal).map(|(.., n)| (Some(n), None));
    let below =
        (character(b'<'), opt(character(b'=')), blanks, decimal).map(|(.., n)| (None, Some(n)));
    let mut grammar = all_consuming(alt((between, above, below)));
    let (low, high) = complete(raw.trim_ascii(), |at| grammar.parse(at)).ok()?.1;
    let scaled = |limit: Option<Number>| match limit {
        Some(Number::Scaled(scaled)) => Some(Some(scaled)),
        Some(Number::Long) => None,
        None => Some(None),
    };
    let (low, high) = (scaled(low)?, scaled(high)?);
    let ordered = low.zip(high).is_none_or(|(low, high)| in_order(low, high) == Some(true));
    ordered.then_some((low, high))
}

/// `digits[.digits]`, perhaps negative.
fn decimal(at: Cursor<'_>) -> IResult<'_, Number> {
    let digits = || take_while1::<_, Cursor<'_>, ParseError>(|b: u8| b.is_ascii_digit());
    let mut all = (opt(character(b'-')), digits(), opt((character(b'.'), digits())));
    let (after, _) = all.parse(at)?;
    let text = at.rest().get(..after.offset().saturating_sub(at.offset()));
    match text.and_then(number) {
        Some(number) => Ok((after, number)),
        None => Err(nom::Err::Error(at.error(ErrorKind::Malformed, "OBX-7"))),
    }
}

fn character<'a>(byte: u8) -> impl Parser<Cursor<'a>, Output = u8, Error = ParseError> {
    verify(u8("OBX-7"), move |b| *b == byte)
}

fn blanks(at: Cursor<'_>) -> IResult<'_, Cursor<'_>> {
    take_while(|b| b == b' ')(at)
}

/// Whether `low` is at most `high`; nothing where they cannot be compared exactly.
fn in_order(low: Scaled, high: Scaled) -> Option<bool> {
    let common = low.exponent.min(high.exponent);
    let widen = |scaled: Scaled| {
        let places = scaled.exponent.checked_sub(common)?;
        let factor = 10_i128.checked_pow(u32::try_from(places).ok()?)?;
        i128::from(scaled.mantissa).checked_mul(factor)
    };
    Some(widen(low)? <= widen(high)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_are_said_exactly() {
        let scaled = |mantissa, exponent| Some(Scaled::new(mantissa, exponent));
        for (raw, want) in [
            ("3.5-5.0", (scaled(35, -1), scaled(50, -1))),
            ("60 - 100", (scaled(60, 0), scaled(100, 0))),
            ("-5--1", (scaled(-5, 0), scaled(-1, 0))),
            ("-5 - 10.25", (scaled(-5, 0), scaled(1025, -2))),
            (">5", (scaled(5, 0), None)),
            (">= 5.0", (scaled(50, -1), None)),
            ("< 0.2", (None, scaled(2, -1))),
            ("<=100", (None, scaled(100, 0))),
        ] {
            assert_eq!(limits(raw.as_bytes()), Some(want), "{raw}");
        }
    }

    #[test]
    fn the_rest_is_text() {
        for raw in [
            "",
            "negative",
            "5",
            "1-2-3",
            "10-5",
            "1,5-2,5",
            "1.-2",
            "<5 mg/dL",
            "1:40",
            "3.5-5.0 mmol/L",
            "<>5",
            "1234567890123456789-2",
        ] {
            assert_eq!(limits(raw.as_bytes()), None, "{raw}");
        }
    }
}
