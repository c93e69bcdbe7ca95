//! HL7 v2 §7.4.2.6: OBX-6, a unit as CWE.

use iomt_core::model::{CodeSystem, Mdc, Unit};

use crate::Field;
use crate::context::Context;
use crate::types::cwe;

/// Reads a unit: its UCUM code, its number in IEEE 11073-10101, else the code or name as sent.
pub(crate) fn unit<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Unit<'a> {
    let concept = cwe::field(context, field);
    let mut unit = Unit::NONE;
    unit.span = concept.span;
    let mut others = None;
    for coding in concept.codings() {
        let code = cwe::code_text(coding);
        let number = code.and_then(|code| code.as_str()?.parse().ok()).filter(|n| *n != 0);
        match (coding.system, number) {
            (CodeSystem::Ucum, _) if unit.ucum.is_none() => {
                unit.ucum = code;
                unit.text = unit.text.or(coding.display);
            }
            (CodeSystem::Mdc, Some(number)) if unit.mdc.is_none() => {
                // The name is the reference identifier that goes with the number.
                unit.mdc = Some(Mdc::new(number));
            }
            // Some senders have the reference identifier, and 0 for the number.
            (CodeSystem::Mdc, None) => others = others.or(coding.display).or(code),
            _ => others = others.or(code),
        }
    }
    unit.text = concept.text.or(unit.text).or(others);
    unit
}
