//! HL7 v2 §7.4.4: PRT, participation; here of a device (2.7 and later).

use alloc::vec::Vec;

use iomt_core::model::{Device, DeviceKey, Identifier};

use crate::Segment;
use crate::context::Context;
use crate::devices::{self, Devices};
use crate::types::{cwe, dtm, ei};

/// Whether the participant is a device: PRT-10, or PRT-16 to PRT-22.
pub(crate) fn is_device(segment: Segment<'_>) -> bool {
    let mut fields = segment.numbered();
    fields.any(|(number, field)| matches!(number, 10 | 16..=22) && !field.is_empty())
}

/// Whether PRT-10 has one of these identifiers.
pub(crate) fn names(segment: Segment<'_>, identifiers: &[Identifier<'_>]) -> bool {
    let Some(field) = segment.field(10) else { return false };
    let mut parts = field.repetitions().flat_map(|one| one.components());
    parts.any(|part| {
        let raw = part.raw().trim_ascii();
        identifiers
            .iter()
            .any(|own| own.universal.is_some() && own.value.raw().eq_ignore_ascii_case(raw))
    })
}

/// Reads what it says of a device: its identifiers too, which come first.
pub(crate) fn device<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    device: &mut Device<'a>,
    identifiers: &mut Vec<Identifier<'a>>,
) {
    context.enter("PRT", line);
    context.check(segment);
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            10 => {
                for repetition in field.valued() {
                    devices::identifiers(context, repetition, identifiers);
                }
            }
            16 => device.udi = ei::field(context, field),
            17 => device.manufactured = dtm::field(context, field),
            18 => device.expires = dtm::field(context, field),
            19 => device.lot_number = context.code(field),
            20 => device.serial_number = context.code(field),
            21 => device.distinct = context.code(field),
            22 => cwe::field(context, field, &mut device.kind),
            _ => context.rest(field),
        }
    }
    device.span = device.span.to(segment.span());
}

/// Declares the device as one of its own, which is part of `parent`.
pub(crate) fn declare<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    devices: &mut Devices<'a>,
    parent: Option<DeviceKey>,
) -> DeviceKey {
    let key = devices.mint(parent);
    let mut identifiers = core::mem::take(&mut devices.identifiers);
    identifiers.clear();
    let mut read: Device<'a> = Device::new(key);
    (read.parent, read.stated) = (parent, true);
    device(context, segment, line, &mut read, &mut identifiers);
    let mut whole = read;
    whole.identifiers = &identifiers;
    context.sink.device(&whole);
    devices.identifiers = identifiers;
    key
}
