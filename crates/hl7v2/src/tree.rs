//! IHE DEV TF-2 appendix B.8: the devices that the rows of a group stand for, by OBX-4.
//!
//! Rows without type and value at places that end in zeros declare an MDS, a VMD or a channel; rows
//! with the code of a device attribute say more of the container that they stand under. Both may come
//! after the metrics. Senders leave containers out: of those nothing is made up, and a metric belongs
//! to the nearest one that is there. Where there is none at all, the device is the one that OBX-18 of
//! the first row names, if no other row names another; where no row names one, it is the sender, if
//! that is named as a device (MSH-3 with an EUI-64).

use alloc::vec::Vec;

use iomt_core::DiagnosticCode;
use iomt_core::model::{Device, DeviceKey, Level, Mdc, Version};
use iomt_core::recycle;
use memchr::memmem;

use crate::containment::Containment;
use crate::context::Context;
use crate::devices::Devices;
use crate::equipment::Attribute;
use crate::segments::{obx, prt};
use crate::types::value;
use crate::{Field, Message, Segment};

/// How many pieces of equipment of a group are looked through for each container.
const EQUIPMENT: usize = 16;

/// What a row is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// It declares a device; it was read.
    Container,
    /// It says something of a device; it was read.
    Attribute,
    /// It says something of a metric, whose row reads it.
    Facet,
    /// It is an observation.
    Metric,
}

/// A row of the group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    line: usize,
    place: Containment,
    pub(crate) role: Role,
    /// The device of a metric, or the nearest one that it is in.
    pub(crate) device: Option<DeviceKey>,
}

/// The rows of the group under way that have a place in a device.
#[derive(Default)]
pub(crate) struct Tree<'a> {
    /// In the order of their lines.
    rows: Vec<Row>,
    /// The row that is asked for next.
    next: usize,
    /// Lines of metrics and of their facets, in order.
    facets: Vec<(usize, usize)>,
    /// Lines of rows, and the devices that PRT names for them.
    participants: Vec<(usize, DeviceKey)>,
    /// Lines of the PRT of the group as a whole: those that may be of a container, and those that are.
    equipment: Vec<usize>,
    read: Vec<usize>,
    versions: Vec<Version<'a>>,
    /// It speaks of devices at all.
    devices: bool,
    /// The message follows a profile of IHE devices.
    pub(crate) profile: bool,
}

/// The last device of each level, and the numbers of its place.
#[derive(Clone, Copy, Default)]
struct Above {
    mds: Option<DeviceKey>,
    vmd: Option<(u32, DeviceKey)>,
}

impl<'a> Tree<'a> {
    /// The same allocations, empty, for another message.
    pub(crate) fn recycle<'b>(self) -> Tree<'b> {
        let Tree { mut rows, mut facets, mut participants, equipment, read, versions, .. } = self;
        rows.clear();
        facets.clear();
        participants.clear();
        let versions = recycle(versions);
        Tree { rows, facets, participants, equipment, read, versions, ..Tree::default() }
    }

    /// The row on a line; lines are asked for in their order.
    pub(crate) fn row(&mut self, line: usize) -> Option<Row> {
        while let Some(row) = self.rows.get(self.next) {
            if row.line > line {
                break;
            }
            self.next = self.next.saturating_add(1);
            // No line that is a row is passed over.
            if row.line == line {
                return Some(*row);
            }
        }
        None
    }

    fn on(&self, line: usize) -> Option<Row> {
        let at = self.rows.binary_search_by_key(&line, |row| row.line).ok()?;
        self.rows.get(at).copied()
    }

    /// The lines of the facets of the metric on a line.
    pub(crate) fn facets(&self, line: usize) -> impl Iterator<Item = usize> + use<'_> {
        let start = self.facets.partition_point(|(metric, _)| *metric < line);
        let rest = self.facets.get(start..).unwrap_or_default();
        rest.iter().take_while(move |(metric, _)| *metric == line).map(|(_, facet)| *facet)
    }

    /// Declares the devices of the group on the lines `start..end`.
    pub(crate) fn declare(
        &mut self,
        context: &mut Context<'a, '_>,
        devices: &mut Devices<'a>,
        start: usize,
        end: usize,
    ) {
        self.rows.clear();
        self.facets.clear();
        self.participants.clear();
        self.profile = is_profile(context);
        (self.next, self.devices) = (0, self.profile);
        self.collect(context, start, end);
        self.equipment.clear();
        self.read.clear();
        let participants = context.message.count(b"PRT") > 0;
        if participants {
            self.find_equipment(context, start, end);
        }
        if self.devices {
            self.place(context, devices);
        } else {
            self.rows.clear();
        }
        if participants {
            self.participants(context, devices, start, end);
        }
    }

    /// Declares the devices of the rows.
    fn place(&mut self, context: &mut Context<'a, '_>, devices: &mut Devices<'a>) {
        self.rows.sort_unstable_by_key(|row| (row.place, row.line));
        let mut at = 0;
        while let Some(first) = self.rows.get(at).copied() {
            let mds = first.place.mds();
            let rest = self.rows.get(at..).unwrap_or_default();
            let len = rest.partition_point(|row| row.place.mds() <= mds);
            let stop = at.saturating_add(len);
            self.mds(context, devices, at, stop);
            at = stop;
        }
        self.rows.sort_unstable_by_key(|row| row.line);
        self.facets.sort_unstable();
    }

    /// Finds the PRT of devices that are of the group as a whole.
    fn find_equipment(&mut self, context: &Context<'a, '_>, start: usize, end: usize) {
        let mut whole = true;
        for line in start..end {
            let Some(segment) = context.message.line(line) else { continue };
            match segment.id() {
                b"OBX" => whole = false,
                b"OBR" | b"SPM" => whole = true,
                b"PRT" if whole && self.equipment.len() < EQUIPMENT && prt::is_device(segment) => {
                    self.equipment.push(line);
                }
                _ => {}
            }
        }
    }

    /// Declares the devices that PRT names: one after a container is that container, and was read.
    fn participants(
        &mut self,
        context: &mut Context<'a, '_>,
        devices: &mut Devices<'a>,
        start: usize,
        end: usize,
    ) {
        // Others between a container and its PRT.
        let (mut owner, mut apart) = (None, false);
        for line in start..end {
            let Some(segment) = context.message.line(line) else { continue };
            match segment.id() {
                b"OBX" => (owner, apart) = (Some(line), false),
                b"OBR" | b"SPM" => owner = None,
                b"PRT" if prt::is_device(segment) => {
                    if self.read.contains(&line) {
                        // It is of a container.
                        continue;
                    }
                    let row = owner.and_then(|owner| self.on(owner));
                    if row.is_some_and(|row| row.role == Role::Container) {
                        if apart {
                            context.enter("PRT", line);
                            context.say(DiagnosticCode::SegmentNotMapped, segment.span());
                        }
                        continue;
                    }
                    let parent = row.and_then(|row| row.device);
                    let key = prt::declare(context, segment, line, devices, parent);
                    self.participants.extend(owner.map(|owner| (owner, key)));
                }
                b"PRT" | b"NTE" => {}
                _ => apart = true,
            }
        }
    }

    /// The device that PRT names for the row on a line.
    pub(crate) fn participant(&self, line: usize) -> Option<DeviceKey> {
        let at = self.participants.binary_search_by_key(&line, |(owner, _)| *owner).ok()?;
        self.participants.get(at).map(|(_, key)| *key)
    }

    /// Finds the rows that have a place, and whether any row has a code of IEEE 11073.
    fn collect(&mut self, context: &Context<'a, '_>, start: usize, end: usize) {
        for line in start..end {
            let Some(segment) = obx_row(context, line) else { continue };
            let [mut kind, mut code, mut place, mut value] = [Field::ABSENT; 4];
            for (number, field) in segment.numbered() {
                match number {
                    2 => kind = field,
                    3 => code = field,
                    4 => place = field,
                    5 => value = field,
                    6.. => break,
                    _ => {}
                }
            }
            self.devices = self.devices || is_coded(code.raw());
            let Some(place) = Containment::parse(place.raw()) else { continue };
            let level = place.level();
            let container = matches!(level, Some(Level::Mds | Level::Vmd | Level::Channel));
            let role = match level {
                _ if container && !value::is_valued(&value) && is_object(kind, code) => {
                    Role::Container
                }
                Some(Level::Metric) if Attribute::of(code).is_some() => Role::Attribute,
                Some(Level::Facet) => Role::Facet,
                _ => Role::Metric,
            };
            self.rows.push(Row { line, place, role, device: None });
        }
    }

    /// Declares an MDS and what is in it: the rows `at..end` in the order of their places.
    fn mds(
        &mut self,
        context: &mut Context<'a, '_>,
        devices: &mut Devices<'a>,
        mut at: usize,
        end: usize,
    ) {
        let rows = self.rows.get(at..end).unwrap_or_default();
        let declared = rows.iter().any(|row| row.role == Role::Container);
        let mut above = Above::default();
        if !declared {
            above.mds = self.synthesise(context, devices, at, end);
        }
        while let Some(first) = self.rows.get(at).copied().filter(|_| at < end) {
            let container = first.place.container();
            let rest = self.rows.get(at..end).unwrap_or_default();
            let len = rest.partition_point(|row| row.place.container() <= container);
            let stop = at.saturating_add(len);
            let parent = match container.level() {
                Some(Level::Mds) => None,
                Some(Level::Vmd) => above.mds,
                _ => above
                    .vmd
                    .filter(|(vmd, _)| *vmd == container.vmd())
                    .map(|(_, key)| key)
                    .or(above.mds),
            };
            let own = self.container(context, devices, parent, at, stop);
            match container.level() {
                Some(Level::Mds) => above.mds = own.or(above.mds),
                Some(Level::Vmd) => above.vmd = own.map(|key| (container.vmd(), key)),
                _ => {}
            }
            let device = own.or(parent).or(above.mds);
            for row in self.rows.get_mut(at..stop).unwrap_or_default() {
                row.device = device;
            }
            self.assign(context, at, stop);
            at = stop;
        }
    }

    /// The device of rows without any container.
    fn synthesise(
        &self,
        context: &mut Context<'a, '_>,
        devices: &mut Devices<'a>,
        at: usize,
        end: usize,
    ) -> Option<DeviceKey> {
        let rows = self.rows.get(at..end).unwrap_or_default();
        let message = context.message;
        let field = |row: &Row| message.line(row.line)?.field(18).filter(|field| !field.is_empty());
        let first = rows.iter().min_by_key(|row| row.line)?;
        let mut others = rows.iter().filter(|row| row.line != first.line);
        let Some(named) = field(first) else {
            return if others.all(|row| field(row).is_none()) {
                devices.sender(context)
            } else {
                None
            };
        };
        // Most senders end their rows there.
        let alike = |row: &Row| {
            let ends = |segment: Segment<'a>| segment.raw().ends_with(named.raw());
            message.line(row.line).is_some_and(ends)
                || field(row).is_none_or(|other| other.raw() == named.raw())
        };
        if !others.all(alike) {
            return None;
        }
        context.enter("OBX", first.line);
        context.at(18);
        devices.read(context, named, None)
    }

    /// Declares the container of the rows `at..end`, if one of them does, or says something of it.
    fn container(
        &mut self,
        context: &mut Context<'a, '_>,
        devices: &mut Devices<'a>,
        parent: Option<DeviceKey>,
        at: usize,
        end: usize,
    ) -> Option<DeviceKey> {
        let of = |row: &&Row| matches!(row.role, Role::Container | Role::Attribute);
        let rows = self.rows.get(at..end).unwrap_or_default();
        if !rows.iter().any(|row| of(&row)) {
            return None;
        }
        let key = devices.mint(parent);
        let mut device: Device<'a> = Device::new(key);
        (device.parent, device.stated) = (parent, true);
        device.level = rows.first().and_then(|row| row.place.container().level());
        let mut declared = false;
        let mut identifiers = core::mem::take(&mut devices.identifiers);
        let mut versions = core::mem::take(&mut self.versions);
        identifiers.clear();
        versions.clear();
        for row in rows.iter().filter(of) {
            let Some(segment) = context.message.line(row.line) else { continue };
            if row.role == Role::Container && declared {
                // Numbers are given once.
                context.enter("OBX", row.line);
                context.say(DiagnosticCode::DescriptionRepeated, segment.span());
                for (line, next) in own_equipment(context.message, row.line) {
                    context.enter("PRT", line);
                    context.say(DiagnosticCode::DescriptionRepeated, next.span());
                }
                continue;
            }
            if row.role == Role::Attribute {
                let (ids, versions) = (&mut identifiers, &mut versions);
                obx::attribute(context, segment, row.line, &mut device, ids, versions);
                continue;
            }
            declared = true;
            obx::container(context, segment, row.line, &mut device, devices, &mut identifiers);
            for (line, next) in own_equipment(context.message, row.line) {
                prt::device(context, next, line, &mut device, &mut identifiers);
            }
        }
        // What the group says of its equipment, where that is this device.
        let mut at = 0;
        while let Some(line) = self.equipment.get(at).copied() {
            let segment = context.message.line(line);
            if let Some(segment) = segment.filter(|prt| prt::names(*prt, &identifiers)) {
                prt::device(context, segment, line, &mut device, &mut identifiers);
                self.equipment.swap_remove(at);
                self.read.push(line);
            } else {
                at = at.saturating_add(1);
            }
        }
        if device.path.is_none()
            && let Some(first) = rows.first()
        {
            // An attribute alone says that its container is there.
            device.path = context
                .message
                .line(first.line)
                .and_then(|segment| segment.field(4))
                .and_then(|field| context.whole(field.part()));
        }
        let mut whole = device;
        (whole.identifiers, whole.versions) = (&identifiers, &versions);
        context.sink.device(&whole);
        (devices.identifiers, self.versions) = (identifiers, versions);
        Some(key)
    }

    /// Gives the facets among the rows `at..end` to their metrics: to the one before, of several at one
    /// place. A facet with a status, a time or remarks of its own is an observation, and so is one
    /// without a metric.
    fn assign(&mut self, context: &Context<'a, '_>, at: usize, end: usize) {
        let mut facet = at;
        while let Some(row) = self.rows.get(facet).copied().filter(|_| facet < end) {
            if row.role == Role::Facet {
                let metric = row.place.metric();
                let before = self.rows.get(at..facet).unwrap_or_default();
                let start = before.partition_point(|row| row.place < metric);
                let stop = before.partition_point(|row| row.place <= metric);
                let metrics = before.get(start..stop).unwrap_or_default();
                let earlier = metrics.partition_point(|metric| metric.line < row.line);
                let owner = metrics.get(earlier.saturating_sub(1));
                let owner =
                    owner.filter(|owner| owner.role == Role::Metric).map(|owner| owner.line);
                match owner.filter(|owner| belongs(context, row.line, *owner)) {
                    Some(owner) => self.facets.push((owner, row.line)),
                    None => {
                        if let Some(row) = self.rows.get_mut(facet) {
                            row.role = Role::Metric;
                        }
                    }
                }
            }
            facet = facet.saturating_add(1);
        }
    }
}

fn obx_row<'a>(context: &Context<'a, '_>, line: usize) -> Option<Segment<'a>> {
    let segment = context.message.line(line).filter(|segment| segment.id() == b"OBX")?;
    context.message.is_segment(line).then_some(segment)
}

/// The PRT of the container on a line, which remarks may precede.
fn own_equipment<'a>(
    message: Message<'a>,
    line: usize,
) -> impl Iterator<Item = (usize, Segment<'a>)> {
    let lines = line.saturating_add(1)..;
    let lines = lines.map_while(move |line| Some((line, message.line(line)?)));
    let own = lines.take_while(|(_, segment)| matches!(segment.id(), b"PRT" | b"NTE"));
    own.filter(|(_, segment)| segment.id() == b"PRT")
}

/// Whether a facet says nothing that its metric does not say, but for its value.
fn belongs<'a>(context: &Context<'a, '_>, facet: usize, metric: usize) -> bool {
    let noted =
        context.message.line(facet.saturating_add(1)).is_some_and(|next| next.id() == b"NTE");
    let (Some(facet), Some(metric)) = (context.message.line(facet), context.message.line(metric))
    else {
        // Both lines were read to make the rows.
        return false;
    };
    let raw = |segment: &Segment<'a>, number| segment.field(number).map_or(&[][..], |f| f.raw());
    let alike =
        |number| raw(&facet, number).is_empty() || raw(&facet, number) == raw(&metric, number);
    !noted && raw(&facet, 8).is_empty() && alike(11) && alike(14)
}

/// Whether MSH-21 names a profile of IHE devices.
fn is_profile(context: &Context<'_, '_>) -> bool {
    let profile = context.message.field(b"MSH", 21);
    profile.is_some_and(|profile| {
        let has = |part: &[u8]| memmem::find(profile.raw(), part).is_some();
        has(b"PCD") || has(b"1.3.6.1.4.1.19376.1.6.")
    })
}

/// Whether a row without a value stands for a device: it has no type of value either, or the name of
/// a device; and its code is none of a metric (partition 2 and above).
fn is_object(kind: Field<'_>, code: Field<'_>) -> bool {
    let number = code.raw().split(|b| !b.is_ascii_digit()).next().unwrap_or_default();
    let number: u32 =
        core::str::from_utf8(number).ok().and_then(|number| number.parse().ok()).unwrap_or(0);
    let named = || memmem::find(code.raw(), b"MDC_DEV_").is_some();
    Mdc::new(number).partition() < 2 && (kind.is_empty() || named())
}

/// Whether a coded field has a code of IEEE 11073.
pub(crate) fn is_coded(raw: &[u8]) -> bool {
    memmem::find_iter(raw, b"MD").any(|at| {
        let (before, after) = raw.split_at_checked(at).unwrap_or_default();
        let name = after.strip_prefix(b"MDC").or_else(|| after.strip_prefix(b"MDIL"));
        // Part of no other word; a reference id goes on with `_`.
        let ends = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
        ends(before.last()) && name.is_some_and(|rest| ends(rest.first()))
    })
}
