//! HL7 v2 §7.4.2.6: OBX-6, a unit as CWE.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Mdc, Text, Unit};
use iomt_nomenclature::unit as units;

use crate::Field;
use crate::context::{Context, Part};
use crate::types::mdc;

/// Reads a unit: its UCUM code, its number in IEEE 11073-10101, else the code or name as sent.
pub(crate) fn unit<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Unit<'a> {
    let mut unit = Unit::NONE;
    if field.is_empty() {
        return unit;
    }
    let repetition = context.first(field);
    if let Some(term) = mdc::term(context, repetition) {
        (unit.mdc, unit.span) = (Some(term.number), repetition.span());
        return unit;
    }
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
            (Some(b"MDC"), Some(code)) if unit.mdc.is_none() => {
                match mdc::meant(context, code, name).or_else(|| number(code)) {
                    // The name is the reference id that goes with the number.
                    Some(number) => unit.mdc = Some(number),
                    None => other = unknown(context, system, Some(code), name, other),
                }
            }
            (Some(b"MDC"), None) if unit.mdc.is_none() => match name.and_then(mdc::by_refid) {
                Some(number) => unit.mdc = Some(number),
                None => other = unknown(context, system, None, name, other),
            },
            (Some(b"MDIL"), Some(code)) if unit.mdc.is_none() => {
                unit.mdc = mdc::public_mdil(code);
                other = other.or(name).or(unit.mdc.is_none().then_some(code));
            }
            _ => {
                if let Some(system) = system {
                    context.unmapped(system);
                }
                if other.is_some() || code.is_some() {
                    name.iter().for_each(|name| context.lost(name.span()));
                }
                if other.is_some() {
                    code.iter().for_each(|code| context.lost(code.span()));
                }
                other = other.or(code).or(name);
            }
        }
    }
    components.for_each(|part| context.unmapped(part));
    if disagree(&unit) {
        context.say(DiagnosticCode::CodeConflict, repetition.span());
    }
    for text in [original, display, other].iter().flatten() {
        match unit.text {
            None => unit.text = Some(*text),
            Some(_) => context.lost(text.span()),
        }
    }
    unit.span = if unit.is_none() { unit.span } else { repetition.span() };
    unit
}

/// The text of a unit of IEEE 11073 that is not known: its name, else its code, unless there is one.
fn unknown<'a>(
    context: &mut Context<'a, '_>,
    system: Option<Part<'a>>,
    code: Option<Text<'a>>,
    name: Option<Text<'a>>,
    text: Option<Text<'a>>,
) -> Option<Text<'a>> {
    system.into_iter().for_each(|system| context.unmapped(system));
    let new = name.or(code);
    let lost = [code.filter(|_| name.is_some()), new.filter(|_| text.is_some())];
    lost.into_iter().flatten().for_each(|part| context.lost(part.span()));
    text.or(new)
}

/// Whether UCUM and IEEE 11073 say different units; UCUM is taken.
fn disagree(unit: &Unit<'_>) -> bool {
    let (Some(ucum), Some(mdc)) = (unit.ucum, unit.mdc) else { return false };
    let ucum = ucum.as_str().and_then(units::by_ucum);
    let (Some(ucum), Some(mdc)) = (ucum, units::by_mdc(mdc)) else { return false };
    (ucum.dimension, ucum.factor, ucum.offset) != (mdc.dimension, mdc.factor, mdc.offset)
}

fn number(code: Text<'_>) -> Option<Mdc> {
    let number = code.as_str()?.parse().ok().filter(|number| *number != 0)?;
    Some(Mdc::new(number))
}
