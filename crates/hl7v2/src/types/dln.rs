//! HL7 v2 chapter 2A, DLN, driver's license number.

use iomt_core::model::{Identifier, Text};

use crate::Repetition;
use crate::context::Context;
use crate::types::dtm;

/// Reads a license, who issued it and to when it holds.
pub(crate) fn identifier<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Identifier<'a>> {
    let value = repetition.component(1).and_then(|c| context.text(c.part()));
    let mut identifier = value.map(Identifier::new);
    for (number, component) in (1_u32..).zip(repetition.components()).skip(1) {
        match (number, &mut identifier) {
            (2, Some(identifier)) => {
                let mut parts = component.subcomponents().map(|s| s.part());
                let issuer = parts.next().and_then(|code| context.text(code));
                identifier.authority.namespace = issuer;
                parts.for_each(|part| context.unmapped(part));
            }
            (3, Some(identifier)) => {
                identifier.valid.end = dtm::time(context, component.part());
            }
            _ => context.unmapped(component.part()),
        }
    }
    if let Some(identifier) = &mut identifier {
        identifier.type_code = Some(Text::literal("DL"));
        identifier.span = repetition.span();
    }
    identifier
}
