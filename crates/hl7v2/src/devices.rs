//! HL7 v2 §7.4.2.18, OBX-18, and PRT-10: the equipment that observed. Repetitions are its hierarchy,
//! the lowest level first: each is part of the next.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use iomt_core::model::{Device, DeviceKey, Identifier, Text, Universal};
use iomt_core::recycle;
use iomt_core::wire::Span;

use crate::context::{Context, Part};
use crate::types::ei;
use crate::{Field, Repetition};

/// How many devices are looked through one by one. A message of more pays for a map.
const FEW: usize = 16;

/// The devices of a message that are declared, by the bytes of their identifiers.
#[derive(Default)]
pub(crate) struct Devices<'a> {
    few: Vec<(&'a [u8], DeviceKey)>,
    more: BTreeMap<&'a [u8], DeviceKey>,
    /// What each device is part of, by its key.
    parents: Vec<Option<DeviceKey>>,
    /// The field that was read last, under which device, and the one that it means: most rows have
    /// that of the row before.
    last: (&'a [u8], Option<DeviceKey>),
    key: Option<DeviceKey>,
    /// The repetitions of the field under way, and the identifiers of the one.
    levels: Vec<Repetition<'a>>,
    pub(crate) identifiers: Vec<Identifier<'a>>,
}

impl<'a> Devices<'a> {
    /// The same allocations, empty, for another message.
    pub(crate) fn recycle<'b>(self) -> Devices<'b> {
        let mut parents = self.parents;
        parents.clear();
        Devices {
            few: recycle(self.few),
            parents,
            levels: recycle(self.levels),
            identifiers: recycle(self.identifiers),
            ..Devices::default()
        }
    }

    /// A key for one more device, which is part of `parent`.
    pub(crate) fn mint(&mut self, parent: Option<DeviceKey>) -> DeviceKey {
        let key = DeviceKey(u32::try_from(self.parents.len()).unwrap_or(u32::MAX));
        self.parents.push(parent);
        key
    }

    /// The device that these bytes identify, if it is declared.
    pub(crate) fn known(&self, raw: &[u8]) -> Option<DeviceKey> {
        let few = self.few.iter().find(|(few, _)| *few == raw).map(|(_, key)| *key);
        few.or_else(|| self.more.get(raw).copied())
    }

    /// From here on these bytes identify the device.
    pub(crate) fn name(&mut self, raw: &'a [u8], key: DeviceKey) {
        if let Some((_, named)) = self.few.iter_mut().find(|(few, _)| *few == raw) {
            *named = key;
        } else if self.few.len() < FEW {
            self.few.push((raw, key));
        } else {
            self.more.insert(raw, key);
        }
    }

    /// Whether `key` is `part`, or what that is part of.
    pub(crate) fn holds(&self, key: DeviceKey, part: Option<DeviceKey>) -> bool {
        let above = |part: &DeviceKey| {
            let at = usize::try_from(part.0).ok()?;
            self.parents.get(at).copied().flatten()
        };
        core::iter::successors(part, above).any(|part| part == key)
    }

    /// Reads OBX-18 of what `within` observed, or a part of that: declares the devices that are not
    /// yet declared, and gives the lowest one; nothing where the field names none.
    pub(crate) fn read(
        &mut self,
        context: &mut Context<'a, '_>,
        field: Field<'a>,
        within: Option<DeviceKey>,
    ) -> Option<DeviceKey> {
        let raw = field.raw();
        // What names none says so on each row, and once.
        if (raw, within) == self.last && (self.key.is_some() || core::ptr::eq(raw, self.last.0)) {
            return self.key;
        }
        let mut levels = core::mem::take(&mut self.levels);
        levels.clear();
        levels.extend(field.valued());
        let mut lowest = None;
        for level in levels.iter().rev() {
            lowest = self.device(context, *level, lowest.or(within), within).or(lowest);
        }
        self.levels = levels;
        (self.last, self.key) = ((raw, within), lowest);
        lowest
    }

    /// Declares the sender, if MSH-3 names it as a device.
    pub(crate) fn sender(&mut self, context: &mut Context<'a, '_>) -> Option<DeviceKey> {
        let field = context.message.field(b"MSH", 3)?;
        let repetition = field.repetition(1)?;
        if let Some(known) = self.known(repetition.raw()) {
            return Some(known);
        }
        let identifier = sender(context, repetition)?;
        self.identifiers.clear();
        self.identifiers.push(identifier);
        let key = self.mint(None);
        self.name(repetition.raw(), key);
        let mut device = Device::new(key);
        (device.identifiers, device.span) = (&self.identifiers, repetition.span());
        context.sink.device(&device);
        Some(key)
    }

    /// One level, which is part of `parent`.
    fn device(
        &mut self,
        context: &mut Context<'a, '_>,
        level: Repetition<'a>,
        parent: Option<DeviceKey>,
        within: Option<DeviceKey>,
    ) -> Option<DeviceKey> {
        let raw = level.raw();
        if let Some(known) = self.known(raw) {
            // The identifier of a whole on a row of its part says nothing new.
            return if self.holds(known, within) { within } else { Some(known) };
        }
        self.identifiers.clear();
        identifiers(context, level, &mut self.identifiers);
        if self.identifiers.is_empty() {
            return None;
        }
        let key = self.mint(parent);
        self.name(raw, key);
        let mut device = Device::new(key);
        device.parent = parent;
        device.identifiers = &self.identifiers;
        device.span = level.span();
        context.sink.device(&device);
        Some(key)
    }
}

/// Reads an entity identifier of a device: its EUI-64 or UUID (IHE DEV TF-2, appendix B.8: the
/// third component, with the type in the fourth), and what its maker or owner calls it.
pub(crate) fn identifiers<'a>(
    context: &mut Context<'a, '_>,
    level: Repetition<'a>,
    out: &mut Vec<Identifier<'a>>,
) {
    let mut parts: [Part<'a>; 4] = [(&[], 0); 4];
    for (slot, component) in parts.iter_mut().zip(level.components()) {
        *slot = component.part();
    }
    let Some(own) = own(context, &parts) else {
        out.extend(ei::identifier(context, level.components().map(|c| c.part())));
        return;
    };
    if !add(own, out) {
        return context.lost(level.span());
    }
    level.components().skip(4).for_each(|more| context.unmapped(more.part()));
    let [name, namespace, ..] = parts;
    let is_kind = |part: Part<'_>| kind(part.0).is_some();
    let same = |part: Part<'_>| part.0.trim_ascii().eq_ignore_ascii_case(own.value.raw());
    let namespace =
        if is_kind(namespace) || same(namespace) { None } else { context.text(namespace) };
    match context.text(name).filter(|_| !same(name) && !is_kind(name)) {
        Some(value) => {
            let mut identifier = Identifier::new(value);
            identifier.authority.namespace = namespace;
            let end = namespace.map_or(value.span(), |namespace| namespace.span());
            identifier.span = value.span().to(end);
            if !add(identifier, out) {
                context.lost(identifier.span);
            }
        }
        None => {
            if let Some(namespace) = namespace {
                context.unmapped((namespace.raw(), offset(namespace)));
            }
        }
    }
}

/// Adds an identifier, unless it is there: then `false`.
fn add<'a>(identifier: Identifier<'a>, out: &mut Vec<Identifier<'a>>) -> bool {
    let same = |other: &Identifier<'a>| {
        other.value.raw().eq_ignore_ascii_case(identifier.value.raw())
            && other.universal == identifier.universal
    };
    let new = !out.iter().any(same);
    if new {
        out.push(identifier);
    }
    new
}

fn offset(text: Text<'_>) -> usize {
    usize::try_from(text.span().offset).unwrap_or(0)
}

/// `EUI-64` and `UUID`, in the ways in which they are written.
fn kind(raw: &[u8]) -> Option<Universal> {
    let raw = raw.trim_ascii();
    let is = |all: &[&[u8]]| all.iter().any(|one| raw.eq_ignore_ascii_case(one));
    if is(&[b"EUI-64", b"EUI64", b"EUI_64"]) {
        Some(Universal::Eui64)
    } else if is(&[b"UUID", b"GUID"]) {
        Some(Universal::Uuid)
    } else {
        None
    }
}

/// Whether a text is an identifier of a kind.
fn fits(kind: Universal, raw: &[u8]) -> bool {
    let digits = raw.iter().filter(|b| b.is_ascii_hexdigit()).count();
    let rest = |marks: &[u8]| raw.iter().all(|b| b.is_ascii_hexdigit() || marks.contains(b));
    match kind {
        Universal::Eui64 => digits == 16 && rest(b"-:"),
        Universal::Uuid => digits == 32 && raw.len() == 36 && rest(b"-"),
    }
}

/// The identifier of the device itself, if a component names one of the kinds and another is one.
/// Of a UUID that is not that of the name too, the second is the authority that gave the name out.
fn own<'a>(context: &Context<'a, '_>, parts: &[Part<'a>; 4]) -> Option<Identifier<'a>> {
    let [name, namespace, universal, last] = *parts;
    let (kind, sent) =
        [last, universal, namespace].into_iter().find_map(|part| Some((kind(part.0)?, part)))?;
    let fitting = |part: Part<'a>| fits(kind, part.0.trim_ascii()).then_some(part);
    let value = match kind {
        Universal::Eui64 => fitting(universal).or(fitting(name)).or(fitting(namespace))?,
        Universal::Uuid => {
            let own = name.0.trim_ascii().is_empty() || fitting(name).is_some();
            fitting(name).or(fitting(universal).filter(|_| own))?
        }
    };
    let mut identifier = Identifier::new(context.text(value)?);
    identifier.universal = Some(kind);
    identifier.authority.universal_id_type = context.text(sent);
    let span = |part: Part<'_>| Span::new(part.1, part.0.len());
    let same = name.0.trim_ascii().eq_ignore_ascii_case(universal.0.trim_ascii());
    identifier.span = if same { span(name).to(span(universal)) } else { span(value) };
    Some(identifier)
}

/// Adds the identifier that MDC_ATTR_SYS_ID gives: an EUI-64, else as it is.
pub(crate) fn system_id<'a>(
    context: &mut Context<'a, '_>,
    text: Text<'a>,
    out: &mut Vec<Identifier<'a>>,
) {
    let mut identifier = Identifier::new(text);
    if fits(Universal::Eui64, text.raw()) {
        identifier.universal = Some(Universal::Eui64);
    }
    if !add(identifier, out) {
        context.lost(text.span());
    }
}

/// The identifier of a sender that is a device: MSH-3 with an EUI-64 or UUID.
fn sender<'a>(context: &Context<'a, '_>, repetition: Repetition<'a>) -> Option<Identifier<'a>> {
    let mut parts: [Part<'a>; 4] = [(&[], 0); 4];
    // HD has no name before its namespace.
    for (slot, component) in parts.iter_mut().skip(1).zip(repetition.components()) {
        *slot = component.part();
    }
    own(context, &parts)
}
