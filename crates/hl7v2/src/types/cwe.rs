//! HL7 v2 chapter 2A, CWE, coded with exceptions, and its older and smaller relatives CE, CNE, CF,
//! IS and ID.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Code, CodeSystem, Coding, Concept, Text};
use iomt_core::wire::Span;

use crate::context::{Context, Part};
use crate::types::mdc;
use crate::{Component, Field, Repetition};

/// Reads up to three codings and the original text into `concept`. A coding without system is of
/// `default`. What has a name but no code is the text, unless there is one.
pub(crate) fn concept<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
    default: CodeSystem<'a>,
    concept: &mut Concept<'b>,
) {
    read(context, repetition.components().map(|c| c.part()), default, concept);
    concept.span = repetition.span();
}

/// The same of a CWE in a component, whose parts are subcomponents.
pub(crate) fn nested<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    component: Component<'a>,
    concept: &mut Concept<'b>,
) {
    read(context, component.subcomponents().map(|s| s.part()), CodeSystem::Unknown, concept);
    if !concept.is_empty() {
        concept.span = component.span();
    }
}

fn read<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    mut components: impl Iterator<Item = Part<'a>>,
    default: CodeSystem<'a>,
    concept: &mut Concept<'b>,
) {
    let [first, second, third] = &mut concept.codings;
    let (mut text, mut name) = (None, None);
    coding(context, &mut components, default, first, &mut name);
    coding(context, &mut components, default, second, &mut name);
    for slot in [&mut *first, &mut *second] {
        version(context, components.next(), slot);
    }
    if let Some(original) = components.next() {
        text = context.text(original);
        coding(context, &mut components, default, third, &mut name);
        version(context, components.next(), third);
        components.for_each(|part| context.unmapped(part));
    }
    concept.text = text.or(name);
    if let (Some(_), Some(name)) = (text, name) {
        context.say(DiagnosticCode::FieldNotMapped, name.span());
    }
}

/// Reads code, name and system. A name without code goes to `name`, if there is none yet.
fn coding<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    components: &mut impl Iterator<Item = Part<'a>>,
    default: CodeSystem<'a>,
    slot: &mut Option<Coding<'b>>,
    name: &mut Option<Text<'a>>,
) {
    let Some(code) = components.next() else { return };
    let (display, system) = (components.next(), components.next());
    let display = display.and_then(|display| context.text(display));
    if let Some(code) = context.text(code) {
        let system = system.and_then(|system| context.text(system));
        let coding = slot.insert(Coding::new(system.map_or(default, code_system), code));
        coding.display = display;
        coding.system_span = system.map_or(coding.system_span, |system| system.span());
        return;
    }
    let system_is_mdc = system.is_some_and(|(raw, _)| raw.trim_ascii() == b"MDC");
    if let Some((mdc, sent)) =
        display.filter(|_| system_is_mdc).and_then(|d| Some((mdc::by_refid(d)?, d)))
    {
        // The reference id says as much as the number.
        context.say(DiagnosticCode::CodeByReferenceId, sent.span());
        let coding = slot.insert(Coding::mdc(mdc));
        coding.code = Code::Meant(mdc, sent);
        coding.system_span = system.map_or(Span::NONE, |(raw, at)| Span::new(at, raw.len()));
        return;
    }
    match (display, &name) {
        (Some(display), Some(_)) => context.say(DiagnosticCode::FieldNotMapped, display.span()),
        (Some(_), None) => *name = display,
        (None, _) => {}
    }
    if let Some(system) = system {
        context.unmapped(system);
    }
}

fn version<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    part: Option<Part<'a>>,
    slot: &mut Option<Coding<'b>>,
) {
    match (part, slot) {
        (Some(part), Some(coding)) => coding.version = context.text(part),
        (Some(part), None) => context.unmapped(part),
        (None, _) => {}
    }
}

/// Reads the first repetition of a field into `concept`, which stays empty where it says nothing.
pub(crate) fn field<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    concept: &mut Concept<'b>,
) {
    let repetition = context.first(field);
    self::repetition(context, repetition, concept);
}

/// The same of a repetition.
pub(crate) fn repetition<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
    concept: &mut Concept<'b>,
) {
    self::concept(context, repetition, CodeSystem::Unknown, concept);
    if concept.is_empty() {
        concept.span = Concept::EMPTY.span;
    }
}

/// The system that a name of table 0396 means, or its OID in the HL7 registry. Names that are not
/// exactly one of ours stay as sent.
pub(crate) fn code_system(name: Text<'_>) -> CodeSystem<'_> {
    match name.raw() {
        b"LN" | b"2.16.840.1.113883.6.1" => CodeSystem::Loinc,
        b"MDC" | b"2.16.840.1.113883.6.24" => CodeSystem::Mdc,
        b"SCT" | b"SNOMED-CT" | b"2.16.840.1.113883.6.96" => CodeSystem::SnomedCt,
        b"UCUM" | b"2.16.840.1.113883.6.8" => CodeSystem::Ucum,
        [b'H', b'L', b'7', digits @ ..] if digits.len() == 4 => {
            let table = core::str::from_utf8(digits).ok().and_then(|d| d.parse().ok());
            table.map_or(CodeSystem::Named(name), CodeSystem::Hl7Table)
        }
        _ => CodeSystem::Named(name),
    }
}
