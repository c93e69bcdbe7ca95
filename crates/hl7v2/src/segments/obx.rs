//! HL7 v2 §7.4.2: OBX, observation/result.

use alloc::vec::Vec;

use iomt_core::DiagnosticCode;
use iomt_core::model::{
    Absent, AbsentReason, CodeSystem, Component, Concept, Device, DeviceKey, Effective,
    EncounterKey, Identifier, LocationKey, Mdc, Measurement, Metric, ReportKey, Role, SpecimenKey,
    StatusCode, StatusTable, Subject, Text, Unit, Value, Version,
};
use iomt_core::wire::Span;

use crate::context::Context;
use crate::devices::{self, Devices};
use crate::equipment::{self, Attribute};
use crate::scratch::Scratch;
use crate::tree::{self, Tree};
use crate::types::array::{FACETS, Wave};
use crate::types::value::{self, ValueType};
use crate::types::{cwe, dtm, ei, mdc, range, role, unit, xcn, xon};
use crate::{Field, Segment};

/// Who performed it, and who directs them.
const LABORATORY: role::Numbers = role::Numbers {
    persons: 25,
    address: 0,
    organizations: 23,
    organization_address: 24,
    organization_telecom: 0,
};

/// What the group says of each of its observations.
#[derive(Clone, Copy)]
pub(crate) struct Group<'a> {
    pub(crate) subject: Subject,
    pub(crate) encounter: Option<EncounterKey>,
    pub(crate) report: Option<ReportKey>,
    pub(crate) specimen: Option<SpecimenKey>,
    /// OBR-7 and OBR-8, for observations without a time of their own.
    pub(crate) effective: Effective<'a>,
    /// The message follows a profile of IHE devices.
    pub(crate) profile: bool,
}

/// Fields that need others to be read.
struct Row<'a> {
    kind: Field<'a>,
    value: Field<'a>,
    unit: Field<'a>,
    range: Field<'a>,
    code: Field<'a>,
    device: Field<'a>,
    category: Option<Text<'a>>,
    /// It stands beside a method, and not in its place.
    beside: bool,
}

/// What a row is of: its device, and the lines of what qualifies it.
#[derive(Clone, Copy)]
pub(crate) struct Part<'t, 'a> {
    pub(crate) tree: &'t Tree<'a>,
    /// Its row has a place in a device.
    pub(crate) placed: bool,
    pub(crate) device: Option<DeviceKey>,
    /// Where it was observed.
    pub(crate) location: Option<(LocationKey, Span)>,
}

/// Reads and hands over a measurement. The notes in `scratch` are its own.
pub(crate) fn observe<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    group: &Group<'a>,
    part: Part<'_, 'a>,
    devices: &mut Devices<'a>,
    scratch: &mut Scratch<'a>,
) {
    scratch.facets.clear();
    scratch.sentinels.clear();
    let mut samples = Wave::default();
    if part.placed && part.tree.facets(line).next().is_some() {
        let kind = segment.field(2).map_or(&[][..], |kind| kind.raw().trim_ascii());
        let wave = matches!(kind, b"NA" | b"MA");
        for facet in part.tree.facets(line) {
            qualify(context, facet, wave.then_some(&mut samples), scratch);
        }
    }
    context.enter("OBX", line);
    context.check(segment);
    let absent = Absent::new(AbsentReason::Unknown, segment.span());
    // OBX-8 and OBX-11 of a device say together how far a value may be relied on.
    let of_device = group.profile
        || part.placed
        || segment.field(3).is_some_and(|code| tree::is_coded(code.raw()));
    let table = if of_device { StatusTable::IhePcd } else { StatusTable::Hl70085 };
    let status = StatusCode::new(table, None);
    let mut measurement = Measurement::new(Concept::EMPTY, Value::Absent(absent), status);
    measurement.effective = group.effective;
    measurement.subject = group.subject;
    measurement.specimen = group.specimen;
    measurement.report = group.report;
    measurement.encounter = group.encounter;
    measurement.span = segment.span();
    let row = read(context, segment, &mut measurement, scratch);
    measurement.device = part.device;
    measurement.location = part.location;
    if !row.device.is_empty() {
        context.at(18);
        if let Some(device) = devices.read(context, row.device, part.device) {
            (measurement.device, measurement.device_span) = (Some(device), row.device.span());
        }
    }
    context.at(6);
    let unit = unit::unit(context, row.unit);
    context.at(2);
    let name = match row.kind.is_empty() {
        true => segment.field(2).map_or(segment.span(), |field| field.span()),
        false => row.kind.span(),
    };
    let kind = ValueType::read(context, name, row.kind.raw(), value::is_valued(&row.value));
    let several =
        !matches!(kind, ValueType::Text | ValueType::Array { .. }) && context.repeats(row.value);
    context.at(3);
    let mut of_several = None;
    if several {
        let code = of_several.insert(Concept::EMPTY);
        mdc::field(context, row.code, code);
        measurement.code = *code;
    } else {
        mdc::field(context, row.code, &mut measurement.code);
    }
    context.at(5);
    if let ValueType::Array { multiplexed } = kind {
        let sentinels = &scratch.sentinels;
        let valued = value::is_valued(&row.value);
        let read = valued
            .then(|| samples.samples(context, row.value, unit, multiplexed, sentinels))
            .flatten();
        match read {
            Some(read) => measurement.value = Value::Samples(read),
            None => {
                if valued {
                    // A point of time of more than 65,535 samples.
                    context.lost(row.value.span());
                }
                samples.lose(context);
            }
        }
    } else if let Some(code) = &of_several {
        let components = &mut scratch.components;
        measurement.value = value::values(context, kind, row.value, unit, code, components);
    } else {
        measurement.value = value::value(context, kind, row.value, unit);
    }
    if part.placed
        && let Some(path) = measurement.sub_id
    {
        let mut metric = Metric::new(path);
        (metric.unit, metric.category) = (unit, row.category);
        measurement.metric = Some(metric);
    }
    if measurement.metric.is_none() {
        context.at(17);
        let beside = row.category.filter(|_| row.beside);
        beside.iter().for_each(|category| context.lost(category.span()));
    }
    let counted = match measurement.value {
        Value::Compound(parts) => parts.iter().any(|part| is_counted(&part.value)),
        ref value => is_counted(value),
    };
    if !unit.is_none() && !counted && measurement.metric.is_none() {
        // Text, codes and what is absent have no place for a unit.
        context.at(6);
        context.say(DiagnosticCode::FieldNotMapped, row.unit.span());
    }
    if !row.range.is_empty() {
        context.at(7);
        let numeric = kind.is_numeric();
        measurement.reference_range = range::reference_range(context, row.range, numeric);
    }
    measurement.interpretation = &scratch.interpretation;
    measurement.performers = &scratch.performers;
    measurement.facets = &scratch.facets;
    measurement.notes = &scratch.notes;
    context.sink.measurement(&measurement);
}

fn read<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    measurement: &mut Measurement<'b>,
    scratch: &mut Scratch<'a>,
) -> Row<'a> {
    let (kind, value, unit, range) = (Field::ABSENT, Field::ABSENT, Field::ABSENT, Field::ABSENT);
    let (code, device, category) = (Field::ABSENT, Field::ABSENT, None);
    let mut row = Row { kind, value, unit, range, code, device, category, beside: false };
    let mut laboratory = role::Fields::default();
    let Scratch { performers, people, interpretation, .. } = scratch;
    performers.clear();
    interpretation.clear();
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            2 => row.kind = field,
            3 => row.code = field,
            4 => measurement.sub_id = context.whole(field.part()),
            5 => row.value = field,
            6 => row.unit = field,
            7 => row.range = field,
            8 => interpretation.extend(field.valued().filter_map(|repetition| {
                let mut concept = Concept::EMPTY;
                cwe::concept(context, repetition, CodeSystem::Hl7Table(78), &mut concept);
                (!concept.is_empty()).then_some(concept)
            })),
            11 => measurement.status.code = context.code(field),
            14 => {
                if let Some(time) = dtm::field(context, field) {
                    measurement.effective = Effective::At(time);
                }
            }
            15 => context.performers(Role::Performer, field, xon::coded, performers),
            16 => context.performers(Role::ResponsibleObserver, field, xcn::declare, performers),
            17 => (row.category, row.beside) = method(context, field, &mut measurement.method),
            18 => row.device = field,
            20 => cwe::field(context, field, &mut measurement.body_site),
            21 => measurement.identifier = ei::field(context, field),
            29 => measurement.kind = context.code(field),
            33 => {
                let repetition = context.first(field);
                measurement.specimen_numbers = ei::pair(context, repetition);
            }
            _ if laboratory.take(LABORATORY, number, field) => {}
            _ => context.rest(field),
        }
    }
    let (director, role) = (Role::MedicalDirector, Role::Performer);
    laboratory.declare(context, LABORATORY, director, role, performers);
    performers.extend_from_slice(people);
    row
}

/// Whether a value has a place for a unit.
const fn is_counted(value: &Value<'_>) -> bool {
    matches!(value, Value::Quantity(_) | Value::Range(..) | Value::Ratio(..) | Value::Samples(_))
}

/// Reads OBX-17, and gives what it says of the metric: IHE names there whether a value is measured,
/// calculated or set, perhaps beside a method; and whether that is so.
fn method<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    method: &mut Concept<'b>,
) -> (Option<Text<'a>>, bool) {
    const CATEGORIES: &[&[u8]] = &[b"AMEAS", b"MMEAS", b"ACALC", b"MCALC", b"ASET", b"MSET"];
    let (mut category, mut beside, mut first) = (None, false, true);
    for repetition in field.valued() {
        let code = repetition.components().next().map(|code| code.part());
        let code = code.filter(|(raw, _)| CATEGORIES.contains(&raw.trim_ascii()));
        let new = code.filter(|_| category.is_none()).and_then(|code| context.text(code));
        category = category.or(new);
        if core::mem::take(&mut first) {
            cwe::concept(context, repetition, CodeSystem::Unknown, method);
        } else if new.is_none() {
            context.say(DiagnosticCode::RepetitionsIgnored, repetition.span());
        } else {
            beside = true;
            repetition.components().skip(1).for_each(|more| context.unmapped(more.part()));
        }
    }
    (category, beside)
}

/// Reads a facet of a metric into `scratch`: what a wave needs, or a component.
fn qualify<'a>(
    context: &mut Context<'a, '_>,
    line: usize,
    wave: Option<&mut Wave<'a>>,
    scratch: &mut Scratch<'a>,
) {
    let Some(segment) = context.message.line(line) else { return };
    context.enter("OBX", line);
    context.check(segment);
    let [mut kind, mut code, mut sent, mut of] = [Field::ABSENT; 4];
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            2 => kind = field,
            3 => code = field,
            5 => sent = field,
            6 => of = field,
            // Those of the metric.
            4 | 11 | 14 => {}
            _ => context.rest(field),
        }
    }
    let facet = equipment::named(code, FACETS);
    if let (Some(wave), Some(facet)) = (wave, facet)
        && wave.take(context, facet, segment, &mut scratch.sentinels)
    {
        return;
    }
    context.at(6);
    let unit = unit::unit(context, of);
    context.at(2);
    let kind = ValueType::read(context, kind.span(), kind.raw(), value::is_valued(&sent));
    let mut concept = Concept::EMPTY;
    context.at(3);
    mdc::field(context, code, &mut concept);
    context.at(5);
    let repetition = if kind == ValueType::Text { None } else { Some(context.first(sent)) };
    let value = match repetition {
        Some(one) => {
            let (raw, offset) = one.part();
            value::value(context, kind, Field::new(raw, offset, sent.delimiters()), unit)
        }
        None => value::value(context, kind, sent, unit),
    };
    if !unit.is_none() && !is_counted(&value) {
        context.at(6);
        context.say(DiagnosticCode::FieldNotMapped, of.span());
    }
    let mut facet = Component::new(concept, value);
    facet.span = segment.span();
    scratch.facets.push(facet);
}

/// Reads a row that declares a device: what it is, and its identifiers, unless they are those of what
/// it is part of.
pub(crate) fn container<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    device: &mut Device<'a>,
    devices: &mut Devices<'a>,
    identifiers: &mut Vec<Identifier<'a>>,
) {
    context.enter("OBX", line);
    context.check(segment);
    device.span = segment.span();
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            3 => {
                mdc::field(context, field, &mut device.kind);
            }
            4 => device.path = context.whole(field.part()),
            // That it observes nothing.
            11 => {}
            18 => {
                let whole =
                    |raw| devices.known(raw).filter(|key| devices.holds(*key, device.parent));
                let own = context.first(field);
                if !own.is_empty() && whole(own.raw()).is_none() {
                    devices::identifiers(context, own, identifiers);
                    devices.name(own.raw(), device.key);
                }
            }
            _ => context.rest(field),
        }
    }
}

/// Reads a row that says something of the device that it stands under.
pub(crate) fn attribute<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    device: &mut Device<'a>,
    identifiers: &mut Vec<Identifier<'a>>,
    versions: &mut Vec<Version<'a>>,
) {
    context.enter("OBX", line);
    context.check(segment);
    let [mut kind, mut code, mut sent] = [Field::ABSENT; 3];
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            2 => kind = field,
            3 => code = field,
            5 => sent = field,
            // The row is no observation.
            4 | 11 => {}
            _ => context.rest(field),
        }
    }
    device.span = device.span.to(segment.span());
    context.at(2);
    let kind = ValueType::read(context, kind.span(), kind.raw(), value::is_valued(&sent));
    context.at(5);
    let text = match value::value(context, kind, sent, Unit::NONE) {
        Value::Concept(concept) => {
            let coded = concept.codings().next();
            let text =
                concept.text.or(coded.and_then(|coding| coding.display.or(coding.code.text())));
            let taken = text.map(|text| text.span());
            concept.spans().filter(|span| Some(*span) != taken).for_each(|span| context.lost(span));
            text
        }
        Value::Text(text) => Some(text),
        Value::Absent(absent) => absent.sent,
        _ => context.whole(sent.part()),
    };
    let (Some(text), Some(attribute)) = (text, Attribute::of(code)) else {
        return context.say(DiagnosticCode::FieldNotMapped, segment.span());
    };
    let slot = match attribute {
        Attribute::Manufacturer => &mut device.manufacturer,
        Attribute::Model => &mut device.model,
        Attribute::PartNumber => &mut device.part_number,
        Attribute::SerialNumber => &mut device.serial_number,
        Attribute::SystemId => {
            return devices::system_id(context, text, identifiers);
        }
        Attribute::Version(kind) => return versions.push(Version::new(Some(Mdc::new(kind)), text)),
    };
    match slot {
        // One device has one; the first stands.
        Some(before) => context.repeated(before.span(), text.span()),
        None => *slot = Some(text),
    }
}
