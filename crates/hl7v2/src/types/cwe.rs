//! HL7 v2 chapter 2A, CWE, coded with exceptions, and its older and smaller relatives CE, CNE, CF,
//! IS and ID.

use iomt_core::model::{Code, CodeSystem, Coding, Concept, Text};

use crate::context::{Context, Part};
use crate::{Field, Repetition};

/// Reads up to three codings and the original text. A coding without system is of `default`. What
/// has a name but no code is the text, unless there is one.
pub(crate) fn concept<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
    default: CodeSystem<'a>,
) -> Concept<'a> {
    const NONE: Part<'static> = (&[], 0);
    let mut concept = Concept::EMPTY;
    concept.span = repetition.span();
    // Code, name, system and version of each coding.
    let mut parts: [[Part<'a>; 4]; 3] = [[NONE; 4]; 3];
    let [[code, name, system, version], [code2, name2, system2, version2], third] = &mut parts;
    let [code3, name3, system3, version3] = third;
    for (number, component) in (1..).zip(repetition.components()) {
        let part = component.part();
        match number {
            1 => *code = part,
            2 => *name = part,
            3 => *system = part,
            4 => *code2 = part,
            5 => *name2 = part,
            6 => *system2 = part,
            7 => *version = part,
            8 => *version2 = part,
            9 => concept.text = context.text(part),
            10 => *code3 = part,
            11 => *name3 = part,
            12 => *system3 = part,
            13 => *version3 = part,
            _ => context.unmapped(part),
        }
    }
    for (slot, [code, name, system, version]) in concept.codings.iter_mut().zip(parts) {
        let display = context.text(name);
        if let Some(code) = context.text(code) {
            let mut coding = Coding::new(default, code);
            if let Some(named) = context.text(system) {
                coding.system = code_system(named);
            }
            (coding.display, coding.version) = (display, context.text(version));
            *slot = Some(coding);
        } else {
            if concept.text.is_none() {
                concept.text = display;
            } else {
                context.unmapped(name);
            }
            context.unmapped(system);
            context.unmapped(version);
        }
    }
    concept
}

/// Reads the first repetition of a field.
pub(crate) fn field<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Concept<'a> {
    if field.is_empty() {
        return Concept::EMPTY;
    }
    let repetition = context.first(field);
    let concept = concept(context, repetition, CodeSystem::Unknown);
    if concept.is_empty() { Concept::EMPTY } else { concept }
}

/// The system that a name of table 0396 means. Names that are not exactly one of ours stay as sent.
pub(crate) fn code_system(name: Text<'_>) -> CodeSystem<'_> {
    match name.raw() {
        b"LN" => CodeSystem::Loinc,
        b"MDC" => CodeSystem::Mdc,
        b"SCT" | b"SNOMED-CT" => CodeSystem::SnomedCt,
        b"UCUM" => CodeSystem::Ucum,
        [b'H', b'L', b'7', digits @ ..] if digits.len() == 4 => {
            let table = core::str::from_utf8(digits).ok().and_then(|d| d.parse().ok());
            table.map_or(CodeSystem::Named(name), CodeSystem::Hl7Table)
        }
        _ => CodeSystem::Named(name),
    }
}

/// The code of a coding as text.
pub(crate) fn code_text<'a>(coding: &Coding<'a>) -> Option<Text<'a>> {
    match coding.code {
        Code::Text(text) => Some(text),
        Code::Mdc(_) => None,
    }
}
