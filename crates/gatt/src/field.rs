//! A field of a characteristic: its value, and the bytes that gave it.

use iomt_core::model::{
    Absent, AbsentReason, Concept, Decimal, DeviceKey, Measurement, Quantity, StatusCode,
    StatusTable, Unit, Value,
};
use iomt_core::wire::{Cursor, IResult, Scaled, Sfloat, Span, Special, u16_le};
use nom::Parser;
use nom::combinator::map;

#[derive(Clone, Copy)]
pub(crate) struct Field<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// What `parser` reads, and where.
pub(crate) fn field<'a, T>(
    parser: impl Fn(Cursor<'a>) -> IResult<'a, T>,
) -> impl Fn(Cursor<'a>) -> IResult<'a, Field<T>> {
    move |at| {
        let (after, value) = parser(at)?;
        let len = after.offset().saturating_sub(at.offset());
        Ok((after, Field { value, span: Span::new(at.offset(), len) }))
    }
}

/// A medfloat16.
pub(crate) fn sfloat<'a>(name: &'static str) -> impl Fn(Cursor<'a>) -> IResult<'a, Sfloat> {
    move |at| map(u16_le(name), Sfloat::from_bits).parse(at)
}

impl Field<Sfloat> {
    /// A number of `unit`, or why there is none.
    pub(crate) fn quantity(self, unit: Unit<'static>) -> Value<'static> {
        match self.value.decode() {
            Ok(number) => Value::Quantity(Quantity::new(Decimal::Scaled(number), unit, self.span)),
            Err(special) => Value::Absent(Absent::new(reason(special), self.span)),
        }
    }
}

impl Field<u16> {
    /// An integer of `unit`.
    pub(crate) fn quantity(self, unit: Unit<'static>) -> Quantity<'static> {
        Quantity::new(Decimal::Scaled(Scaled::new(self.value.into(), 0)), unit, self.span)
    }
}

/// HL7 PHD IG, special values.
const fn reason(special: Special) -> AbsentReason {
    match special {
        Special::Nan => AbsentReason::NotANumber,
        Special::PositiveInfinity => AbsentReason::PositiveInfinity,
        Special::NegativeInfinity => AbsentReason::NegativeInfinity,
        Special::Nres | Special::Reserved => AbsentReason::Error,
    }
}

/// Something that `device` has measured: GATT knows no status.
pub(crate) const fn measured<'a>(
    code: Concept<'a>,
    value: Value<'a>,
    device: DeviceKey,
    span: Span,
) -> Measurement<'a> {
    let mut new = Measurement::new(code, value, StatusCode::new(StatusTable::Measured, None));
    new.device = Some(device);
    new.span = span;
    new
}
