//! HL7 v2 §7.4.2.6: OBX-6, a unit as CWE.

use iomt_core::model::{Mdc, Text, Unit};

use crate::Field;
use crate::context::Context;

/// Reads a unit: its UCUM code, its number in IEEE 11073-10101, else the code or name as sent.
pub(crate) fn unit<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Unit<'a> {
    let mut unit = Unit::NONE;
    if field.is_empty() {
        return unit;
    }
    let repetition = context.first(field);
    let mut components = repetition.components().map(|c| c.part());
    let (mut display, mut other, mut original) = (None, None, None);
    for coding in 0..3 {
        if coding == 2 {
            // Versions say nothing of a unit.
            for version in components.by_ref().take(2) {
                context.unmapped(version);
            }
            original = components.next().and_then(|part| context.text(part));
        }
        let Some(code) = components.next() else { break };
        let (name, system) = (components.next(), components.next());
        let (code, name) = (context.text(code), name.and_then(|name| context.text(name)));
        match (system.map(|(raw, _)| raw.trim_ascii()), code) {
            (Some(b"UCUM"), Some(code)) if unit.ucum.is_none() => {
                (unit.ucum, display) = (Some(code), name);
            }
            (Some(b"MDC"), Some(code)) if unit.mdc.is_none() => match number(code) {
                // The name is the reference identifier that goes with the number.
                Some(number) => unit.mdc = Some(number),
                // Some senders have the reference identifier, and 0 for the number.
                None => other = other.or(name).or(Some(code)),
            },
            _ => {
                if let Some(system) = system {
                    context.unmapped(system);
                }
                other = other.or(code).or(name);
            }
        }
    }
    components.for_each(|part| context.unmapped(part));
    unit.text = original.or(display).or(other);
    unit.span = if unit.is_none() { unit.span } else { repetition.span() };
    unit
}

fn number(code: Text<'_>) -> Option<Mdc> {
    let number = code.as_str()?.parse().ok().filter(|number| *number != 0)?;
    Some(Mdc::new(number))
}
