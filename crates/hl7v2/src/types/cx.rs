//! HL7 v2 chapter 2A, CX, extended composite id with check digit.

use iomt_core::model::Identifier;

use crate::Repetition;
use crate::context::Context;
use crate::types::{dtm, hd};

/// Reads an identifier, its check digit, authority, type and when it holds.
pub(crate) fn identifier<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Identifier<'a>> {
    let value = repetition.component(1).and_then(|c| context.text(c.part()));
    let mut identifier = value.map(Identifier::new);
    for (number, component) in (1_u32..).zip(repetition.components()).skip(1) {
        let part = component.part();
        match (number, &mut identifier) {
            (2, Some(identifier)) => identifier.check_digit = context.text(part),
            (4, Some(identifier)) => {
                let parts = component.subcomponents().map(|s| s.part());
                identifier.authority = hd::authority(context, parts);
            }
            (5, Some(identifier)) => identifier.type_code = context.text(part),
            (7, Some(identifier)) => identifier.valid.start = dtm::time(context, part),
            (8, Some(identifier)) => identifier.valid.end = dtm::time(context, part),
            _ => context.unmapped(part),
        }
    }
    if let Some(identifier) = &mut identifier {
        identifier.span = repetition.span();
    }
    identifier
}
