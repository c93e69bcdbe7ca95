//! HL7 v2 chapter 2A, CWE, coded with exceptions, and its older and smaller relatives CE, CNE, CF,
//! IS and ID.

use iomt_core::model::{CodeSystem, Coding, Concept, Text};

use crate::context::{Context, Part};
use crate::{Field, Repetition};

/// The components of a CWE, as they are numbered.
pub(crate) fn components<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> [Part<'a>; 13] {
    const NONE: Part<'static> = (&[], 0);
    let mut parts: [Part<'a>; 13] = [NONE; 13];
    for (number, component) in repetition.components().enumerate() {
        match parts.get_mut(number) {
            Some(slot) => *slot = component.part(),
            None => context.unmapped(component.part()),
        }
    }
    parts
}

/// Reads up to three codings and the original text into `concept`. A coding without system is of
/// `default`. What has a name but no code is the text, unless there is one.
pub(crate) fn concept<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
    default: CodeSystem<'a>,
    concept: &mut Concept<'b>,
) {
    let [c1, n1, s1, c2, n2, s2, v1, v2, original, c3, n3, s3, v3] =
        components(context, repetition);
    concept.text = context.text(original);
    concept.span = repetition.span();
    let parts = [(c1, n1, s1, v1), (c2, n2, s2, v2), (c3, n3, s3, v3)];
    for (slot, (code, name, system, version)) in concept.codings.iter_mut().zip(parts) {
        let display = context.text(name);
        if let Some(code) = context.text(code) {
            let system = context.text(system).map_or(default, code_system);
            let coding = slot.insert(Coding::new(system, code));
            coding.display = display;
            coding.version = context.text(version);
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
}

/// Reads the first repetition of a field into `concept`, which stays empty where it says nothing.
pub(crate) fn field<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    concept: &mut Concept<'b>,
) {
    let repetition = context.first(field);
    self::concept(context, repetition, CodeSystem::Unknown, concept);
    if concept.is_empty() {
        concept.span = Concept::EMPTY.span;
    }
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
