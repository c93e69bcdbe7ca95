//! HL7 v2 §7.4.2.6: OBX-6, a unit as CWE.

use iomt_core::model::{Mdc, Text, Unit};

use crate::Field;
use crate::context::Context;
use crate::types::cwe;

/// Reads a unit: its UCUM code, its number in IEEE 11073-10101, else the code or name as sent.
pub(crate) fn unit<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Unit<'a> {
    let mut unit = Unit::NONE;
    if field.is_empty() {
        return unit;
    }
    let repetition = context.first(field);
    let [c1, n1, s1, c2, n2, s2, v1, v2, original, c3, n3, s3, v3] =
        cwe::components(context, repetition);
    let (mut display, mut other) = (None, None);
    for (code, name, system) in [(c1, n1, s1), (c2, n2, s2), (c3, n3, s3)] {
        let (code, name) = (context.text(code), context.text(name));
        match (system.0.trim_ascii(), code) {
            (b"UCUM", Some(code)) if unit.ucum.is_none() => {
                (unit.ucum, display) = (Some(code), name);
            }
            (b"MDC", Some(code)) if unit.mdc.is_none() => match number(code) {
                // The name is the reference identifier that goes with the number.
                Some(number) => unit.mdc = Some(number),
                // Some senders have the reference identifier, and 0 for the number.
                None => other = other.or(name).or(Some(code)),
            },
            _ => other = other.or(code).or(name),
        }
    }
    for version in [v1, v2, v3] {
        context.unmapped(version);
    }
    unit.text = context.text(original).or(display).or(other);
    unit.span = if unit.is_none() { unit.span } else { repetition.span() };
    unit
}

fn number(code: Text<'_>) -> Option<Mdc> {
    let number = code.as_str()?.parse().ok().filter(|number| *number != 0)?;
    Some(Mdc::new(number))
}
