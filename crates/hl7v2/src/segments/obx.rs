//! HL7 v2 §7.4.2: OBX, observation/result.

use iomt_core::DiagnosticCode;
use iomt_core::model::{
    Absent, AbsentReason, CodeSystem, Concept, Effective, EncounterKey, Measurement, ReportKey,
    Role, SpecimenKey, StatusCode, StatusTable, Subject, Value,
};

use crate::context::Context;
use crate::devices::Devices;
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
    /// OBR-7 and OBR-8, for observations without a time of their own.
    pub(crate) effective: Effective<'a>,
}

/// Fields that need others to be read.
struct Row<'a> {
    kind: Field<'a>,
    value: Field<'a>,
    unit: Field<'a>,
    range: Field<'a>,
    code: Field<'a>,
}

/// Reads and hands over a measurement. The notes in `scratch` are its own.
pub(crate) fn observe<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    group: &Group<'a>,
    devices: &mut Devices<'a>,
    scratch: &mut Scratch<'a>,
) {
    context.enter("OBX", line);
    context.check(segment);
    let absent = Absent::new(AbsentReason::Unknown, segment.span());
    let status = StatusCode::new(StatusTable::Hl70085, None);
    let mut measurement = Measurement::new(Concept::EMPTY, Value::Absent(absent), status);
    measurement.effective = group.effective;
    measurement.subject = group.subject;
    measurement.specimen = group.specimen;
    measurement.report = group.report;
    measurement.encounter = group.encounter;
    measurement.span = segment.span();
    let row = read(context, segment, &mut measurement, devices, scratch);
    if is_containment(&row, &measurement) {
        context.at(0);
        return context.say(DiagnosticCode::SegmentNotMapped, segment.span());
    }
    context.at(6);
    let unit = unit::unit(context, row.unit);
    context.at(2);
    let name = match row.kind.is_empty() {
        true => segment.field(2).map_or(segment.span(), |field| field.span()),
        false => row.kind.span(),
    };
    let kind = ValueType::read(context, name, row.kind.raw(), value::is_valued(&row.value));
    if kind == ValueType::Text || !context.repeats(row.value) {
        context.at(3);
        cwe::field(context, row.code, &mut measurement.code);
        context.at(5);
        measurement.value = value::value(context, kind, row.value, unit);
    } else {
        let mut code = Concept::EMPTY;
        context.at(3);
        cwe::field(context, row.code, &mut code);
        measurement.code = code;
        context.at(5);
        let components = &mut scratch.components;
        measurement.value = value::values(context, kind, row.value, unit, &code, components);
    }
    let counted = matches!(
        measurement.value,
        Value::Quantity(_) | Value::Range(..) | Value::Ratio(..) | Value::Compound(_)
    );
    if !unit.is_none() && !counted {
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
    measurement.notes = &scratch.notes;
    context.sink.measurement(&measurement);
}

fn read<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    measurement: &mut Measurement<'b>,
    devices: &mut Devices<'a>,
    scratch: &mut Scratch<'a>,
) -> Row<'a> {
    let (kind, value, unit, range) = (Field::ABSENT, Field::ABSENT, Field::ABSENT, Field::ABSENT);
    let mut row = Row { kind, value, unit, range, code: Field::ABSENT };
    let Scratch { performers, interpretation, .. } = scratch;
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
            16 => context.performers(Role::ResponsibleObserver, field, xcn::declare, performers),
            17 => cwe::field(context, field, &mut measurement.method),
            18 => measurement.device = devices.read(context, field),
            20 => cwe::field(context, field, &mut measurement.body_site),
            21 => measurement.identifier = ei::field(context, field),
            23 => context.performers(Role::Performer, field, xon::declare, performers),
            _ => context.rest(field),
        }
    }
    row
}

/// Whether a row stands for a device or a part of one (IHE DEV TF-2, appendix B.8): no type, no
/// value, status `X`, and zeros at the end of OBX-4. It is no cancelled observation.
fn is_containment(row: &Row<'_>, measurement: &Measurement<'_>) -> bool {
    let path = measurement.sub_id.map_or(&[][..], |sub_id| sub_id.raw());
    let levels = path.iter().filter(|b| **b == b'.').count();
    let numbers = path.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    row.kind.is_empty()
        && row.value.is_empty()
        && measurement.status.code.is_some_and(|status| status.is("X"))
        && numbers
        && levels >= 3
        && path.ends_with(b".0")
}
