//! HL7 v2 chapter 2A, XTN, extended telecommunication number.

use iomt_core::model::{Telecom, Text};

use crate::Repetition;
use crate::context::Context;

/// Reads a number or an address. The value is the unformatted number (XTN.12) or the one of old
/// versions (XTN.1), else the address of Internet mail (XTN.4), else country, area and local number
/// with blanks between them. `default_use` is what the field itself says of its use.
pub(crate) fn telecom<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
    default_use: &'static str,
) -> Option<Telecom<'a>> {
    let (mut old, mut unformatted, mut address) = (None, None, None);
    let (mut equipment, mut use_code) = (None, None);
    let mut number: Option<(usize, usize)> = None;
    for (position, component) in (1_u32..).zip(repetition.components()) {
        let (raw, offset) = component.part();
        match position {
            1 => old = context.text((raw, offset)),
            2 => use_code = context.text((raw, offset)),
            3 => equipment = context.text((raw, offset)),
            4 => address = context.text((raw, offset)),
            5..=7 if context.text((raw, offset)).is_some() => {
                let start = number.map_or(offset, |(start, _)| start);
                number = Some((start, offset.saturating_add(raw.len())));
            }
            5..=7 => {}
            12 => unformatted = context.text((raw, offset)),
            _ => context.unmapped((raw, offset)),
        }
    }
    let number = number.and_then(|(start, end)| {
        let from = start.checked_sub(repetition.offset())?;
        let raw = repetition.raw().get(from..end.checked_sub(repetition.offset())?)?;
        context.spaced((raw, start))
    });
    let mail = equipment.is_some_and(|e: Text<'_>| e.is("Internet") || e.is("X.400"));
    let order = if mail {
        [address, unformatted, old, number]
    } else {
        [unformatted, old, address, number]
    };
    let mut found = order.into_iter().flatten();
    let Some(value) = found.next() else {
        // A use without a number.
        if equipment.or(use_code).is_some() {
            context.unmapped(repetition.part());
        }
        return None;
    };
    for other in found {
        // Parts of the number that is taken say the same once more, or something else.
        context.unmapped((other.raw(), usize::try_from(other.span().offset).unwrap_or(0)));
    }
    let mut telecom = Telecom::new(value);
    telecom.equipment = equipment;
    telecom.use_code = Some(use_code.unwrap_or(Text::literal(default_use)));
    telecom.span = repetition.span();
    Some(telecom)
}
