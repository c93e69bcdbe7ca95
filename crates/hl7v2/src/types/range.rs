//! HL7 v2 §7.4.2.7: OBX-7, references range.

use iomt_core::model::{ReferenceRange, Text};
use iomt_core::wire::{Number, Scaled, number};

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
    match raw.trim_ascii() {
        [b'>', b'=', rest @ ..] | [b'>', rest @ ..] => Some((Some(alone(rest)?), None)),
        [b'<', b'=', rest @ ..] | [b'<', rest @ ..] => Some((None, Some(alone(rest)?))),
        text => {
            let (low, rest) = decimal(text)?;
            let high = alone(rest.trim_ascii_start().strip_prefix(b"-")?)?;
            (in_order(low, high)?).then_some((Some(low), Some(high)))
        }
    }
}

/// A number after blanks, and nothing else.
fn alone(text: &[u8]) -> Option<Scaled> {
    match decimal(text.trim_ascii_start())? {
        (number, []) => Some(number),
        _ => None,
    }
}

/// `digits[.digits]`, perhaps negative, and what follows.
fn decimal(text: &[u8]) -> Option<(Scaled, &[u8])> {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let sign = usize::from(text.starts_with(b"-"));
    let mut end = sign.saturating_add(digits(text.get(sign..)?));
    if let Some([b'.', fraction @ ..]) = text.get(end..) {
        end = end.saturating_add(1).saturating_add(digits(fraction));
    }
    let (text, rest) = text.split_at_checked(end)?;
    match number(text)? {
        Number::Scaled(scaled) if !matches!(text, [.., b'.'] | [b'.', ..] | [b'-', b'.', ..]) => {
            Some((scaled, rest))
        }
        _ => None,
    }
}

/// Whether `low` is at most `high`; nothing where they cannot be compared exactly.
pub(crate) fn in_order(low: Scaled, high: Scaled) -> Option<bool> {
    if low.exponent == high.exponent {
        return Some(low.mantissa <= high.mantissa);
    }
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
