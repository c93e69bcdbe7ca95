//! HL7 v2 chapter 2A, EI, entity identifier.

use iomt_core::model::Identifier;
use iomt_core::wire::Span;

use crate::context::{Context, Part};
use crate::types::hd;
use crate::{Field, Repetition};

/// Reads an identifier and its authority, which may be components or subcomponents.
pub(crate) fn identifier<'a>(
    context: &mut Context<'a, '_>,
    mut parts: impl Iterator<Item = Part<'a>>,
) -> Option<Identifier<'a>> {
    let first = parts.next()?;
    let Some(value) = context.text(first) else {
        parts.for_each(|part| context.unmapped(part));
        return None;
    };
    let mut end = value.span();
    let authority =
        hd::authority(context, parts.inspect(|(raw, at)| end = Span::new(*at, raw.len())));
    let mut identifier = Identifier::new(value);
    identifier.authority = authority;
    identifier.span = value.span().to(end);
    Some(identifier)
}

/// Reads the first repetition of a field.
pub(crate) fn field<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Option<Identifier<'a>> {
    let repetition = context.first(field);
    identifier(context, repetition.components().map(|c| c.part()))
}

/// Reads an EIP: the placer's number and the filler's; each has its parts as subcomponents.
pub(crate) fn pair<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> [Option<Identifier<'a>>; 2] {
    let mut pair = [None, None];
    for (number, component) in repetition.components().enumerate() {
        match pair.get_mut(number) {
            Some(slot) => *slot = identifier(context, component.subcomponents().map(|s| s.part())),
            None => context.unmapped(component.part()),
        }
    }
    pair
}
