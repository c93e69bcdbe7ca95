//! HL7 v2 chapter 2A, XTN, extended telecommunication number.

use iomt_core::model::{Telecom, Text};

use crate::Repetition;
use crate::context::Context;
use crate::types::dtm;

/// Reads a number or an address. Of Internet mail and X.400 it is the address (XTN.4); else it is the
/// unformatted number (XTN.12), else country, area, local number and extension, else the one of old
/// versions (XTN.1). `default_use` is what the field itself says of its use.
pub(crate) fn telecom<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
    default_use: Option<&'static str>,
) -> Option<Telecom<'a>> {
    let (mut old, mut unformatted, mut address) = (None, None, None);
    let mut telecom = Telecom::default();
    for (position, component) in (1_u32..).zip(repetition.components()) {
        let part = component.part();
        match position {
            1 => old = context.text(part),
            2 => telecom.use_code = context.text(part),
            3 => telecom.equipment = context.text(part),
            4 => address = context.text(part),
            5 => telecom.country = context.text(part),
            6 => telecom.area = context.text(part),
            7 => telecom.local = context.text(part),
            8 => telecom.extension = context.text(part),
            12 => unformatted = context.text(part),
            13 => telecom.valid.start = dtm::time(context, part),
            14 => telecom.valid.end = dtm::time(context, part),
            18 => telecom.rank = context.text(part),
            _ => context.unmapped(part),
        }
    }
    let mail = match telecom.equipment {
        Some(equipment) => equipment.is("Internet") || equipment.is("X.400"),
        None => address.is_some() && telecom.local.or(unformatted).or(old).is_none(),
    };
    if telecom.equipment.is_none() && mail {
        telecom.equipment = Some(Text::literal("Internet"));
    }
    let order = match (mail, telecom.local) {
        (true, _) => [address, unformatted, old],
        (false, None) => [unformatted, old, address],
        // The parts come before the number of old versions.
        (false, Some(_)) => [unformatted, None, None],
    };
    telecom.value = order.into_iter().flatten().next();
    telecom.span = repetition.span();
    let known = telecom.value.or(telecom.local).is_some();
    let taken = telecom.value.map(|value| value.span());
    for other in [unformatted, old, address].into_iter().flatten() {
        if Some(other.span()) != taken {
            // It says the same once more, or something else.
            context.lost(other.span());
        }
    }
    if !known {
        // A use or a part without a number.
        let Telecom { country, area, extension, equipment, use_code, rank, valid, .. } = telecom;
        let parts = [country, area, extension, equipment, use_code, rank];
        if parts.iter().any(Option::is_some) || valid.start.or(valid.end).is_some() {
            context.unmapped(repetition.part());
        }
        return None;
    }
    telecom.use_code = telecom.use_code.or(default_use.map(Text::literal));
    Some(telecom)
}
