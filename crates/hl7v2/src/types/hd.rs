//! HL7 v2 chapter 2A, HD, hierarchic designator.

use iomt_core::model::Authority;

use crate::Field;
use crate::context::{Context, Part};

/// Reads namespace, universal id and its type, which may be components or subcomponents.
pub(crate) fn authority<'a>(
    context: &mut Context<'a, '_>,
    parts: impl Iterator<Item = Part<'a>>,
) -> Authority<'a> {
    let mut authority = Authority::NONE;
    for (number, part) in (1_u32..).zip(parts) {
        match number {
            1 => authority.namespace = context.text(part),
            2 => authority.universal_id = context.text(part),
            3 => authority.universal_id_type = context.text(part),
            _ => context.unmapped(part),
        }
    }
    authority
}

/// Reads the authority of a field.
pub(crate) fn field<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Authority<'a> {
    let repetition = context.first(field);
    let mut authority =
        authority(context, repetition.components().map(|component| component.part()));
    if authority.is_none()
        && let Some(kind) = authority.universal_id_type.take()
    {
        context.lost(kind.span());
    }
    authority
}
