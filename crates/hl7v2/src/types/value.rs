//! HL7 v2 §7.4.2.2, §7.4.2.5: OBX-5, of the type that OBX-2 names.

use alloc::vec::Vec;

use iomt_core::DiagnosticCode;
use iomt_core::model::{Absent, AbsentReason, CodeSystem, Component, Concept, Time, Unit, Value};
use iomt_core::wire::Span;

use crate::context::Context;
use crate::types::{cwe, dtm, ed, mdc, sn};
use crate::{Field, Repetition};

/// The types of OBX-5 (table 0125) as they are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ValueType {
    /// NA, or MA, each repetition of which is a point of time.
    Array {
        /// MA
        multiplexed: bool,
    },
    /// CE, CF, CNE, CWE, ID, IS.
    Coded,
    /// ED
    Encapsulated,
    /// DT, DTM, TS.
    Time,
    /// NM
    Numeric,
    /// DR
    Period,
    /// RP
    Pointer,
    /// NR
    Range,
    /// SN
    Structured,
    /// FT, ST, TX; all others, and none.
    Text,
    /// TM
    TimeOfDay,
}

impl ValueType {
    /// Reads OBX-2. Without it, or where it is not one of ours, the value is text.
    pub(crate) fn read(
        context: &mut Context<'_, '_>,
        name: Span,
        raw: &[u8],
        valued: bool,
    ) -> Self {
        match raw.trim_ascii() {
            b"CE" | b"CF" | b"CNE" | b"CWE" | b"ID" | b"IS" => Self::Coded,
            b"DR" => Self::Period,
            b"ED" => Self::Encapsulated,
            b"RP" => Self::Pointer,
            b"DT" | b"DTM" | b"TS" => Self::Time,
            b"MA" => Self::Array { multiplexed: true },
            b"NA" => Self::Array { multiplexed: false },
            b"NM" => Self::Numeric,
            b"NR" => Self::Range,
            b"SN" => Self::Structured,
            b"FT" | b"ST" | b"TX" => Self::Text,
            b"TM" => Self::TimeOfDay,
            b"" | b"\"\"" => {
                if valued {
                    context.say(DiagnosticCode::ValueTypeMissing, name);
                }
                Self::Text
            }
            _ => {
                if valued {
                    context.say(DiagnosticCode::ValueTypeUnknown, name);
                }
                Self::Text
            }
        }
    }

    /// Whether its values are numbers.
    pub(crate) const fn is_numeric(self) -> bool {
        matches!(self, Self::Numeric | Self::Range | Self::Structured)
    }
}

/// Whether a field or repetition says nothing: no bytes, null, or delimiters and blanks alone.
pub(crate) fn is_valued(field: &Field<'_>) -> bool {
    let delimiters = field.delimiters();
    let (component, subcomponent) = (delimiters.component, delimiters.subcomponent);
    let parts = [component, subcomponent, delimiters.repetition, b' '];
    !field.is_null() && field.raw().iter().any(|b| !parts.contains(b))
}

/// Reads OBX-5. Of text, all of the field is the value and repetitions are its lines; of another
/// type it has one repetition.
pub(crate) fn value<'a>(
    context: &mut Context<'a, '_>,
    kind: ValueType,
    field: Field<'a>,
    unit: Unit<'a>,
) -> Value<'a> {
    if !is_valued(&field) {
        return Value::Absent(Absent::new(AbsentReason::Unknown, field.span()));
    }
    one(context, kind, Repetition::new(field.raw(), field.offset(), field.delimiters()), unit)
}

/// Reads the repetitions of OBX-5, where it has several: components with the code of the whole.
pub(crate) fn values<'a, 's>(
    context: &mut Context<'a, '_>,
    kind: ValueType,
    field: Field<'a>,
    unit: Unit<'a>,
    code: &Concept<'a>,
    components: &'s mut Vec<Component<'a>>,
) -> Value<'s>
where
    'a: 's,
{
    components.clear();
    for repetition in field.repetitions().filter(|r| !r.is_empty()) {
        let value = one(context, kind, repetition, unit);
        components.push(Component::new(*code, value));
    }
    match components.as_slice() {
        [] => Value::Absent(Absent::new(AbsentReason::Unknown, field.span())),
        [only] => only.value,
        several
            if several.iter().all(|c| matches!(c.value, Value::Absent(a) if a.sent.is_none())) =>
        {
            Value::Absent(Absent::new(AbsentReason::Unknown, field.span()))
        }
        several => Value::Compound(several),
    }
}

/// Reads one repetition. What its type does not allow is absent, and kept as sent.
fn one<'a>(
    context: &mut Context<'a, '_>,
    kind: ValueType,
    repetition: Repetition<'a>,
    unit: Unit<'a>,
) -> Value<'a> {
    let unknown = Value::Absent(Absent::new(AbsentReason::Unknown, repetition.span()));
    if repetition.is_null() {
        return unknown;
    }
    let read = match kind {
        ValueType::Coded => {
            let mut concept = Concept::EMPTY;
            cwe::concept(context, repetition, CodeSystem::Unknown, &mut concept);
            mdc::resolve(context, &mut concept);
            return if concept.is_empty() { unknown } else { Value::Concept(concept) };
        }
        ValueType::Numeric => {
            let part = context.primitive(repetition);
            if context.text(part).is_none() {
                return unknown;
            }
            sn::quantity(context, part, unit).map(Value::Quantity)
        }
        ValueType::Encapsulated => return ed::encapsulated(context, repetition),
        ValueType::Pointer => ed::pointer(context, repetition),
        ValueType::Period => period(context, repetition),
        ValueType::Range => sn::range(context, repetition, unit),
        ValueType::Structured => sn::structured(context, repetition, unit),
        ValueType::Time => {
            let part = context.primitive(repetition);
            let Some(text) = context.text(part) else { return unknown };
            let time = dtm::date_time(text.raw());
            if let Some(time) = &time {
                dtm::tolerated(context, time, text);
            }
            time.map(|time| Value::Time(Time::text(Some(time), text)))
        }
        ValueType::TimeOfDay => {
            let part = context.primitive(repetition);
            let Some(text) = context.text(part) else { return unknown };
            dtm::time_of_day(text.raw())
                .map(|time| time.map_or(Value::Text(text), |time| Value::TimeOfDay(time, text)))
        }
        ValueType::Array { .. } | ValueType::Text => {
            return context.whole(repetition.part()).map_or(unknown, Value::Text);
        }
    };
    read.unwrap_or_else(|| {
        context.say(DiagnosticCode::ValueMalformed, repetition.span());
        context
            .whole(repetition.part())
            .map_or(unknown, |text| Value::Absent(Absent::malformed(text)))
    })
}

/// DR: from and to, one of which may be open. `None` where one is no time.
fn period<'a>(context: &mut Context<'a, '_>, repetition: Repetition<'a>) -> Option<Value<'a>> {
    let mut bounds = [None, None];
    for (number, component) in repetition.components().enumerate() {
        let part = component.part();
        match (bounds.get_mut(number), context.text(part)) {
            (_, None) => {}
            (Some(bound), Some(text)) => {
                let time = dtm::date_time(text.raw())?;
                dtm::tolerated(context, &time, text);
                *bound = Some(Time::text(Some(time), text));
            }
            (None, Some(_)) => context.unmapped(part),
        }
    }
    let [start, end] = bounds;
    (start.is_some() || end.is_some()).then_some(Value::Period(start, end))
}
