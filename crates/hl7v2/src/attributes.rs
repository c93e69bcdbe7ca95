//! What else is known of a person or a visit, read from fields.

use alloc::vec::Vec;

use iomt_core::model::{Attribute, AttributeValue, CodeSystem, Concept};

use crate::context::Context;
use crate::types::cwe;
use crate::{Field, Repetition};

/// Adds a value, if there is one.
pub(crate) fn put<'a, K>(
    kind: K,
    value: Option<AttributeValue<'a>>,
    into: &mut Vec<Attribute<'a, K>>,
) {
    into.extend(value.map(|value| Attribute { kind, value }));
}

/// Reads a code, or words.
pub(crate) fn text<'a, K>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    kind: K,
    into: &mut Vec<Attribute<'a, K>>,
) {
    let text = context.code(field).map(AttributeValue::Text);
    put(kind, text, into);
}

/// Reads the concept of a field whose target has one.
pub(crate) fn concept<'a, K>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    kind: K,
    into: &mut Vec<Attribute<'a, K>>,
) {
    let repetition = context.first(field);
    put(kind, read(context, repetition), into);
}

/// Reads the concepts of a field, one a repetition.
pub(crate) fn concepts<'a, K: Copy>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    kind: K,
    into: &mut Vec<Attribute<'a, K>>,
) {
    for repetition in field.valued() {
        put(kind, read(context, repetition), into);
    }
}

fn read<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<AttributeValue<'a>> {
    let mut concept: Concept<'a> = Concept::EMPTY;
    cwe::concept(context, repetition, CodeSystem::Unknown, &mut concept);
    (!concept.is_empty()).then_some(AttributeValue::Concept(concept))
}
