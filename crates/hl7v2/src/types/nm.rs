//! HL7 v2 chapter 2A, NM, numeric.

use iomt_core::DiagnosticCode;
use iomt_core::model::Decimal;
use iomt_core::wire::{Number, number};

use crate::context::{Context, Part};

/// Reads `[+-]digits[.digits]`, exact to the digit; `None` is what is no number.
///
/// Tolerated, with a diagnostic: `+`, leading zeros, a point without a digit before or after it,
/// blanks around it.
pub(crate) fn decimal<'a>(context: &mut Context<'a, '_>, part: Part<'a>) -> Option<Decimal<'a>> {
    let text = context.text(part)?;
    let read = number(text.raw())?;
    if text.raw().len() != part.0.len() || !is_canonical(text.raw()) {
        context.say(DiagnosticCode::NumberTolerated, text.span());
    }
    Some(match read {
        Number::Scaled(scaled) => Decimal::Scaled(scaled),
        Number::Long => {
            context.say(DiagnosticCode::NumberLong, text.span());
            Decimal::Lexical(text)
        }
    })
}

/// Whether a number is written as FHIR writes it.
fn is_canonical(raw: &[u8]) -> bool {
    match raw.strip_prefix(b"-").unwrap_or(raw) {
        [] | [b'+' | b'.', ..] | [.., b'.'] => false,
        [b'0', second, ..] => *second == b'.',
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_standard_and_fhir_write_alike() {
        for raw in ["0", "7", "-7", "0.5", "-0.50", "10", "100.0"] {
            assert!(is_canonical(raw.as_bytes()), "{raw}");
        }
        for raw in ["+7", ".5", "-.5", "5.", "007", "-00.5", "00", ""] {
            assert!(!is_canonical(raw.as_bytes()), "{raw}");
        }
    }
}
