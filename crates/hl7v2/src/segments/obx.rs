//! HL7 v2 §7.4.2: OBX, observation/result.

use iomt_core::DiagnosticCode;
use iomt_core::model::{
    CodeSystem, Concept, DeviceKey, Effective, EncounterKey, Identifier, Measurement, ReportKey,
    Role, SpecimenKey, StatusCode, StatusTable, Subject, Text, Time, Value,
};

use crate::context::Context;
use crate::scratch::Scratch;
use crate::types::value::{self, ValueType};
use crate::types::{cwe, dtm, ei, range, unit, xcn, xon};
use crate::{Field, Segment};

/// What the group says of each of its observations.
#[derive(Clone, Copy)]
pub(crate) struct Group<'a> {
    pub(crate) subject: Subject,
    pub(crate) encounter: Option<EncounterKey>,
    pub(crate) report: Option<ReportKey>,
    pub(crate) specimen: Option<SpecimenKey>,
    pub(crate) device: Option<DeviceKey>,
    /// OBR-7 and OBR-8, for observations without a time of their own.
    pub(crate) effective: Effective<'a>,
}

/// A row whose fields are read, but for those that need others.
struct Row<'a> {
    kind: Field<'a>,
    value: Field<'a>,
    unit: Field<'a>,
    range: Field<'a>,
    code: Concept<'a>,
    sub_id: Option<Text<'a>>,
    status: Option<Text<'a>>,
    time: Option<Time<'a>>,
    method: Concept<'a>,
    body_site: Concept<'a>,
    identifier: Option<Identifier<'a>>,
}

/// Reads and hands over a measurement. The notes in `scratch` are its own.
pub(crate) fn observe<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    group: &Group<'a>,
    scratch: &mut Scratch<'a>,
) {
    context.enter("OBX", line);
    context.check(segment);
    let row = read(context, segment, group.device.is_some(), scratch);
    if is_containment(&row) {
        context.at(0);
        return context.say(DiagnosticCode::SegmentNotMapped, segment.span());
    }
    context.at(6);
    let unit = unit::unit(context, row.unit);
    context.at(2);
    let name = if row.kind.offset() == 0 { segment.span() } else { row.kind.span() };
    let kind = ValueType::read(context, name, row.kind.raw(), value::is_valued(&row.value));
    context.at(5);
    let value = value::value(context, kind, row.value, unit, row.code, &mut scratch.components);
    let counted = matches!(
        value,
        Value::Quantity(_) | Value::Range(..) | Value::Ratio(..) | Value::Compound(_)
    );
    if !unit.is_none() && !counted {
        // Text, codes and what is absent have no place for a unit.
        context.at(6);
        context.say(DiagnosticCode::FieldNotMapped, row.unit.span());
    }
    let status = StatusCode::new(StatusTable::Hl70085, row.status);
    let mut measurement = Measurement::new(row.code, value, status);
    context.at(7);
    measurement.reference_range = range::reference_range(context, row.range, kind.is_numeric());
    measurement.effective = row.time.map_or(group.effective, Effective::At);
    measurement.subject = group.subject;
    measurement.device = group.device;
    measurement.specimen = group.specimen;
    measurement.report = group.report;
    measurement.encounter = group.encounter;
    measurement.sub_id = row.sub_id;
    measurement.identifier = row.identifier;
    measurement.method = row.method;
    measurement.body_site = row.body_site;
    measurement.interpretation = &scratch.interpretation;
    measurement.performers = &scratch.performers;
    measurement.notes = &scratch.notes;
    measurement.span = segment.span();
    context.sink.measurement(&measurement);
}

fn read<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    equipped: bool,
    scratch: &mut Scratch<'a>,
) -> Row<'a> {
    let mut row = Row {
        kind: Field::ABSENT,
        value: Field::ABSENT,
        unit: Field::ABSENT,
        range: Field::ABSENT,
        code: Concept::EMPTY,
        sub_id: None,
        status: None,
        time: None,
        method: Concept::EMPTY,
        body_site: Concept::EMPTY,
        identifier: None,
    };
    let Scratch { performers, interpretation, .. } = scratch;
    performers.clear();
    interpretation.clear();
    for (number, field) in (1..).zip(segment.fields()) {
        context.at(number);
        let valued = || field.repetitions().filter(|r| !r.is_empty() && !r.is_null());
        match number {
            2 => row.kind = field,
            3 => row.code = cwe::field(context, field),
            4 => row.sub_id = context.whole(field.part()),
            5 => row.value = field,
            6 => row.unit = field,
            7 => row.range = field,
            8 => {
                let table = CodeSystem::Hl7Table(78);
                let concepts = valued().map(|r| cwe::concept(context, r, table));
                interpretation.extend(concepts.filter(|c| !c.is_empty()));
            }
            11 => row.status = context.code(field),
            14 => row.time = dtm::field(context, field),
            16 => {
                performers.extend(valued().filter_map(|r| xcn::person(context, Role::Performer, r)))
            }
            17 => row.method = cwe::field(context, field),
            // Read before, with those of the other rows.
            18 if equipped => {}
            20 => row.body_site = cwe::field(context, field),
            21 => row.identifier = ei::field(context, field),
            23 => performers
                .extend(valued().filter_map(|r| xon::organization(context, Role::Performer, r))),
            _ => context.rest(field),
        }
    }
    row
}

/// Whether a row stands for a device or a part of one (IHE DEV TF-2, appendix B.8): no type, no
/// value, status `X`, and zeros at the end of OBX-4. It is no cancelled observation.
fn is_containment(row: &Row<'_>) -> bool {
    let path = row.sub_id.map_or(&[][..], |sub_id| sub_id.raw());
    let levels = path.iter().filter(|b| **b == b'.').count();
    let numbers = path.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    row.kind.is_empty()
        && row.value.is_empty()
        && row.status.is_some_and(|status| status.is("X"))
        && numbers
        && levels >= 3
        && path.ends_with(b".0")
}
