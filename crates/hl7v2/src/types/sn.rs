//! HL7 v2 chapter 2A, SN, structured numeric; NR, numeric range.

use iomt_core::model::{Comparator, Decimal, Quantity, Unit, Value};
use iomt_core::wire::Span;

use crate::Repetition;
use crate::context::{Context, Part};
use crate::types::nm;
use crate::types::range::in_order;

/// Reads comparator, number, separator or suffix, number. `None` where they are none, a number
/// alone stands for the comparator, or a range ends below its beginning.
///
/// What FHIR has no number for (`<>`, the suffix `+`) is text, as sent.
pub(crate) fn structured<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
    unit: Unit<'a>,
) -> Option<Value<'a>> {
    const NONE: Part<'static> = (&[], 0);
    let mut parts: [Part<'a>; 4] = [NONE; 4];
    for (number, component) in repetition.components().enumerate() {
        match parts.get_mut(number) {
            Some(slot) => *slot = component.part(),
            None => context.unmapped(component.part()),
        }
    }
    let [comparator, first, separator, second] = parts;
    let sign = Span::new(comparator.1, comparator.0.len());
    let comparator = match comparator.0.trim_ascii() {
        b"" | b"=" => None,
        b"<" => Some(Comparator::Less),
        b"<=" => Some(Comparator::LessOrEqual),
        b">=" => Some(Comparator::GreaterOrEqual),
        b">" => Some(Comparator::Greater),
        b"<>" => return context.whole(repetition.part()).map(Value::Text),
        _ => return None,
    };
    match (separator.0.trim_ascii(), second.0.trim_ascii(), comparator) {
        (b"", b"", _) => {
            let mut quantity = quantity(context, first, unit)?;
            quantity.comparator = comparator;
            quantity.comparator_span = sign;
            if comparator.is_none() {
                // `=` says that the number is what it is.
                quantity.span = signed(sign, quantity.span);
            }
            Some(Value::Quantity(quantity))
        }
        (b"+", b"", None) => context.whole(repetition.part()).map(Value::Text),
        (b"-", [_, ..], None) => {
            let (mut low, mut high) =
                (quantity(context, first, unit)?, quantity(context, second, unit)?);
            if are_reversed(&low, &high) {
                return None;
            }
            // The separator is what makes it the upper bound.
            low.span = signed(sign, low.span);
            high.span = Span::new(separator.1, separator.0.len()).to(high.span);
            Some(Value::Range(Some(low), Some(high)))
        }
        (b":" | b"/", [_, ..], None) => {
            let (mut over, mut under) =
                (quantity(context, first, unit)?, quantity(context, second, unit)?);
            over.span = signed(sign, over.span);
            under.span = Span::new(separator.1, separator.0.len()).to(under.span);
            Some(Value::Ratio(over, under))
        }
        _ => None,
    }
}

/// A number and the `=` before it.
fn signed(sign: Span, number: Span) -> Span {
    if sign.len == 0 { number } else { sign.to(number) }
}

/// Reads lower and upper bound, one of which may be open. `None` where they are none, or reversed.
pub(crate) fn range<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
    unit: Unit<'a>,
) -> Option<Value<'a>> {
    let (mut bounds, mut seen) = ([None, None], false);
    for (number, component) in repetition.components().enumerate() {
        let part = component.part();
        match bounds.get_mut(number) {
            Some(_) if part.0.trim_ascii().is_empty() => {}
            Some(slot) => {
                *slot = Some(quantity(context, part, unit)?);
                seen = true;
            }
            None => context.unmapped(part),
        }
    }
    let [low, high] = bounds;
    if let (Some(low), Some(high)) = (&low, &high)
        && are_reversed(low, high)
    {
        return None;
    }
    seen.then_some(Value::Range(low, high))
}

/// Whether the lower bound is above the upper one, or may be: numbers with too many digits are not
/// compared, and a resource with a range that is reversed would be refused.
fn are_reversed(low: &Quantity<'_>, high: &Quantity<'_>) -> bool {
    match (low.value, high.value) {
        (Decimal::Scaled(low), Decimal::Scaled(high)) => in_order(low, high) == Some(false),
        _ => true,
    }
}

/// Reads a number with the unit of the field.
pub(crate) fn quantity<'a>(
    context: &mut Context<'a, '_>,
    part: Part<'a>,
    unit: Unit<'a>,
) -> Option<Quantity<'a>> {
    let decimal = nm::decimal(context, part)?;
    Some(Quantity::new(decimal, unit, Span::new(part.1, part.0.len())))
}
