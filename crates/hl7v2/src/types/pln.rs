//! HL7 v2 chapter 2A, PLN, practitioner license or other id number.

use iomt_core::model::{Concept, Identifier};

use crate::Repetition;
use crate::context::Context;
use crate::types::{cwe, dtm};

/// Reads a number, its type and when it ends to hold.
pub(crate) fn identifier<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Identifier<'a>> {
    let value = repetition.component(1).and_then(|c| context.text(c.part()));
    let Some(value) = value else {
        context.unmapped(repetition.part());
        return None;
    };
    let mut identifier = Identifier::new(value);
    for (number, component) in (1_u32..).zip(repetition.components()).skip(1) {
        match number {
            2 => {
                let mut kind = Concept::EMPTY;
                cwe::nested(context, component, &mut kind);
                let code = kind.codings().next().and_then(|coding| coding.code.text());
                identifier.type_code = code.or(kind.text);
                let taken = identifier.type_code.map(|code| code.span());
                kind.spans().filter(|s| Some(*s) != taken).for_each(|span| context.lost(span));
            }
            4 => identifier.valid.end = dtm::time(context, component.part()),
            _ => context.unmapped(component.part()),
        }
    }
    identifier.span = repetition.span();
    Some(identifier)
}
