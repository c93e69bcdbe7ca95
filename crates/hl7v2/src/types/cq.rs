//! HL7 v2 chapter 2A, CQ, composite quantity with units.

use iomt_core::model::{CodeSystem, Coding, Concept, Quantity, Text, Unit};
use iomt_core::wire::Span;

use crate::Field;
use crate::context::Context;
use crate::types::{cwe, nm};

/// Reads a number and its unit; nothing where it is no number.
pub(crate) fn quantity<'a>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
) -> Option<Quantity<'a>> {
    let repetition = context.first(field);
    let (mut value, mut concept, mut unit_span) = (None, Concept::EMPTY, Span::NONE);
    for (number, component) in (1_u32..).zip(repetition.components()) {
        let part = component.part();
        match number {
            1 => value = nm::decimal(context, part).map(|v| (v, Span::new(part.1, part.0.len()))),
            2 => {
                cwe::nested(context, component, &mut concept);
                unit_span = component.span();
            }
            _ => context.unmapped(part),
        }
    }
    let Some((value, span)) = value else {
        context.lost(repetition.span());
        return None;
    };
    let mut unit = Unit::NONE;
    for coding in concept.codings() {
        let code = coding.code.text();
        match coding.system {
            CodeSystem::Ucum if unit.ucum.is_none() => {
                (unit.ucum, unit.text) = (code, unit.text.or(coding.display));
            }
            _ => {
                context.lost(coding.system_span);
                unit.text = unit.text.or(name(coding));
            }
        }
    }
    let names = concept.codings().filter(|coding| coding.code.text().is_some()).count();
    if names > 1 || (concept.text.is_some() && unit.text.is_some()) {
        // A quantity has one unit.
        context.lost(unit_span);
    }
    unit.text = concept.text.or(unit.text);
    unit.span = if unit.is_none() { Span::NONE } else { unit_span };
    Some(Quantity::new(value, unit, span))
}

fn name<'a>(coding: &Coding<'a>) -> Option<Text<'a>> {
    coding.display.or(coding.code.text())
}
