//! HL7 v2 §7.4.2.18: OBX-18, the equipment that observed. Repetitions are its hierarchy, the lowest
//! level first: each is part of the next.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use iomt_core::model::{Device, DeviceKey, Identifier};
use iomt_core::recycle;

use crate::context::Context;
use crate::types::ei;
use crate::{Field, Repetition};

/// How many devices are looked through one by one. A message of more pays for a map.
const FEW: usize = 16;

/// The devices of a message that are declared, by the bytes of their identifiers.
#[derive(Default)]
pub(crate) struct Devices<'a> {
    few: Vec<&'a [u8]>,
    more: BTreeMap<&'a [u8], u32>,
    /// The field that was read last, and what it means: most rows have that of the row before.
    last: &'a [u8],
    key: Option<DeviceKey>,
    /// The repetitions of the field under way, and the identifier of the one.
    levels: Vec<Repetition<'a>>,
    identifiers: Vec<Identifier<'a>>,
}

impl<'a> Devices<'a> {
    /// The same allocations, empty, for another message.
    pub(crate) fn recycle<'b>(self) -> Devices<'b> {
        Devices {
            few: recycle(self.few),
            levels: recycle(self.levels),
            identifiers: recycle(self.identifiers),
            ..Devices::default()
        }
    }

    /// Reads OBX-18: declares the devices that are not yet declared, and gives the lowest one.
    pub(crate) fn read(
        &mut self,
        context: &mut Context<'a, '_>,
        field: Field<'a>,
    ) -> Option<DeviceKey> {
        if field.raw() == self.last {
            return self.key;
        }
        let mut levels = core::mem::take(&mut self.levels);
        levels.clear();
        levels.extend(field.valued());
        let mut lower = None;
        for level in levels.iter().rev() {
            lower = self.device(context, *level, lower).or(lower);
        }
        self.levels = levels;
        (self.last, self.key) = (field.raw(), lower);
        lower
    }

    /// One level, which is part of `parent`.
    fn device(
        &mut self,
        context: &mut Context<'a, '_>,
        level: Repetition<'a>,
        parent: Option<DeviceKey>,
    ) -> Option<DeviceKey> {
        let raw = level.raw();
        let few = (0..).zip(&self.few).find(|(_, few)| **few == raw).map(|(number, _)| number);
        if let Some(known) = few.or_else(|| self.more.get(raw).copied()) {
            return Some(DeviceKey(known));
        }
        let identifier = ei::identifier(context, level.components().map(|c| c.part()))?;
        let number = u32::try_from(self.few.len().saturating_add(self.more.len())).ok()?;
        if self.few.len() < FEW {
            self.few.push(raw);
        } else {
            self.more.insert(raw, number);
        }
        self.identifiers.clear();
        self.identifiers.push(identifier);
        let mut device = Device::new(DeviceKey(number));
        device.parent = parent;
        device.identifiers = &self.identifiers;
        device.span = level.span();
        context.sink.device(&device);
        Some(device.key)
    }
}
