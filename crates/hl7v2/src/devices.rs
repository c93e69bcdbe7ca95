//! HL7 v2 §7.4.2.18: OBX-18, the equipment that observed. Repetitions are its hierarchy, the lowest
//! level first: each is part of the next.

use alloc::vec::Vec;

use iomt_core::model::{Device, DeviceKey};
use iomt_core::wire::Span;

use crate::context::Context;
use crate::scratch::Scratch;
use crate::types::ei;
use crate::{Message, Repetition};

/// The devices of a message, by the bytes of their identifiers.
#[derive(Default)]
pub(crate) struct Devices {
    /// Each repetition, one row after another; a row that is like the one before adds none.
    found: Vec<Found>,
    /// The same, by their bytes.
    sorted: Vec<u32>,
    /// For each OBX the first of its repetitions, and how many there are.
    rows: Vec<(u32, u32)>,
}

struct Found {
    /// Offset from the first byte of the message.
    start: u32,
    len: u32,
    /// The first with equal bytes.
    same: u32,
    declared: bool,
}

fn bytes<'a>(message: &Message<'a>, found: &Found) -> &'a [u8] {
    let start = usize::try_from(found.start).unwrap_or(0);
    let end = start.saturating_add(usize::try_from(found.len).unwrap_or(0));
    message.raw().get(start..end).unwrap_or_default()
}

impl Devices {
    /// Finds the devices of `message`.
    pub(crate) fn collect(&mut self, message: &Message<'_>) {
        self.found.clear();
        self.sorted.clear();
        self.rows.clear();
        let (mut last, mut row): (&[u8], _) = (&[], (0, 0));
        for observation in message.all(b"OBX") {
            let Some(field) = observation.field(18).filter(|f| !f.is_empty()) else {
                self.rows.push((0, 0));
                continue;
            };
            if field.raw() != last {
                let first = self.found.len();
                for repetition in field.repetitions() {
                    let named = repetition
                        .component(1)
                        .is_some_and(|c| !c.is_null() && c.raw().iter().any(|b| *b != b' '));
                    if named {
                        let start = repetition.offset().saturating_sub(message.offset());
                        let Span { offset: start, len, .. } =
                            Span::new(start, repetition.raw().len());
                        self.found.push(Found { start, len, same: 0, declared: false });
                    }
                }
                let count = self.found.len().saturating_sub(first);
                let short = |n: usize| u32::try_from(n).unwrap_or(0);
                (last, row) = (field.raw(), (short(first), short(count)));
            }
            self.rows.push(row);
        }
        self.unite(message);
    }

    /// Gives those with equal bytes one key.
    fn unite(&mut self, message: &Message<'_>) {
        let Self { found, sorted, .. } = self;
        sorted.extend((0_u32..).zip(found.iter()).map(|(number, _)| number));
        let of = |number: u32, found: &[Found]| {
            let one = usize::try_from(number).ok().and_then(|at| found.get(at));
            one.map_or(&[][..], |one| bytes(message, one))
        };
        sorted.sort_unstable_by_key(|number| (of(*number, found), *number));
        let mut first: Option<(u32, &[u8])> = None;
        for number in sorted.iter().copied() {
            let raw = of(number, found);
            let same = match first {
                Some((same, equal)) if equal == raw => same,
                _ => number,
            };
            first = Some((same, raw));
            if let Some(one) = usize::try_from(number).ok().and_then(|at| found.get_mut(at)) {
                one.same = same;
            }
        }
    }

    fn repetitions(&self, row: usize) -> core::ops::Range<usize> {
        let (first, count) = self.rows.get(row).copied().unwrap_or_default();
        let first = usize::try_from(first).unwrap_or(0);
        first..first.saturating_add(usize::try_from(count).unwrap_or(0))
    }

    /// The device of the OBX that is number `row` of the message, from 0.
    pub(crate) fn of(&self, row: usize) -> Option<DeviceKey> {
        let first = self.found.get(self.repetitions(row))?.first()?;
        Some(DeviceKey(first.same))
    }

    /// Declares the devices of OBX number `row`, on line `line`, that are not yet declared.
    pub(crate) fn declare<'a>(
        &mut self,
        context: &mut Context<'a, '_>,
        line: usize,
        row: usize,
        scratch: &mut Scratch<'a>,
    ) {
        let mut parent: Option<DeviceKey> = None;
        for number in self.repetitions(row).rev() {
            let Some(same) = self.found.get(number).map(|found| found.same) else { continue };
            let Some(found) = usize::try_from(same).ok().and_then(|at| self.found.get_mut(at))
            else {
                continue;
            };
            let key = DeviceKey(same);
            if !core::mem::replace(&mut found.declared, true) {
                let start = usize::try_from(found.start).unwrap_or(0);
                let offset = context.message.offset().saturating_add(start);
                let raw = bytes(&context.message, found);
                let repetition = Repetition::new(raw, offset, context.message.delimiters());
                context.enter("OBX", line);
                context.at(18);
                let parts = repetition.components().map(|c| c.part());
                scratch.identifiers.clear();
                scratch.identifiers.extend(ei::identifier(context, parts));
                let mut device = Device::new(key);
                device.parent = parent.filter(|parent| *parent != key);
                device.identifiers = &scratch.identifiers;
                device.span = repetition.span();
                context.sink.device(&device);
            }
            parent = Some(key);
        }
    }
}
