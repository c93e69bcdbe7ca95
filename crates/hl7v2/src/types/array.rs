//! HL7 v2 chapter 2A, NA and MA, numeric arrays: a wave. What its samples mean stands in other rows
//! (IHE PCD WCM): rate, resolution, range, and the number that stands for none.

use iomt_core::model::{Given, SampleEncoding, Samples, Text, Unit};
use iomt_core::wire::{Number, Scaled, Span, number};
use iomt_nomenclature::unit;

use crate::context::Context;
use crate::types::unit as units;
use crate::{Field, Segment};

/// What a facet says of a wave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Facet {
    /// Samples in a stretch of time.
    Rate,
    /// Time from one sample to the next.
    Period,
    /// The step of one count.
    Resolution,
    /// Lowest and highest count.
    Range,
    /// The count that stands for none.
    Sentinel,
}

/// Reference id, number, meaning. The rate has no number that feeds agree on.
pub(crate) const FACETS: &[(&str, u32, Facet)] = &[
    ("MDC_ATTR_SAMP_RATE", u32::MAX, Facet::Rate),
    ("MDC_ATTR_TIME_PD_SAMP", 67_981, Facet::Period),
    ("MDC_ATTR_NU_MSMT_RES", 67_917, Facet::Resolution),
    ("MDC_ATTR_DATA_RANGE", 68_323, Facet::Range),
    ("MDC_EVT_INOP", 196_660, Facet::Sentinel),
    ("MDC_EVT_INOP", 262_196, Facet::Sentinel),
];

/// What the facets of a wave say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wave<'a> {
    period: Option<Given>,
    resolution: Option<(Given, Unit<'a>)>,
    lower: Option<Given>,
    upper: Option<Given>,
}

impl<'a> Wave<'a> {
    /// Takes what a facet says; false where it cannot be taken exactly, or was said before.
    pub(crate) fn take(
        &mut self,
        context: &mut Context<'a, '_>,
        facet: Facet,
        segment: Segment<'a>,
        sentinels: &mut alloc::vec::Vec<i64>,
    ) -> bool {
        let Some(value) = segment.field(5) else { return false };
        let given = || {
            let Some(Number::Scaled(scaled)) = number(value.raw().trim_ascii()) else {
                return None;
            };
            Some(Given { value: scaled, span: value.span() })
        };
        match facet {
            Facet::Rate | Facet::Period => {
                let unit = unit(context, segment);
                let Some(mut given) = given().filter(|_| self.period.is_none()) else {
                    return false;
                };
                let period = match facet {
                    Facet::Rate => per_second(given.value, &unit).and_then(reciprocal),
                    _ => milliseconds(given.value, &unit),
                };
                let Some(period) = period else { return false };
                given.value = period;
                self.period = Some(given);
            }
            Facet::Resolution => {
                let unit = unit(context, segment);
                let Some(given) = given().filter(|_| self.resolution.is_none()) else {
                    return false;
                };
                self.resolution = Some((given, unit));
            }
            Facet::Range => {
                if self.lower.is_some() || self.upper.is_some() {
                    return false;
                }
                let Some([lower, upper]) = bounds(value) else { return false };
                // One range is said; the others are not.
                context.at(5);
                context.first(value);
                (self.lower, self.upper) = (lower, upper);
            }
            Facet::Sentinel => {
                let Some(given) = given().filter(|given| given.value.exponent == 0) else {
                    return false;
                };
                sentinels.push(given.value.mantissa);
            }
        }
        true
    }

    /// Says that what the facets say is of no wave.
    #[cold]
    pub(crate) fn lose(&self, context: &mut Context<'a, '_>) {
        context.at(5);
        let step = self.resolution.map(|(step, _)| step);
        for given in [self.period, step, self.lower, self.upper].into_iter().flatten() {
            context.lost(given.span);
        }
    }

    /// The wave in a field whose unit is `unit`.
    pub(crate) fn samples<'s>(
        &self,
        context: &mut Context<'a, '_>,
        field: Field<'a>,
        unit: Unit<'a>,
        multiplexed: bool,
        sentinels: &'s [i64],
    ) -> Option<Samples<'s>>
    where
        'a: 's,
    {
        let raw: Text<'a> = context.whole(field.part())?;
        let delimiters = field.delimiters();
        let separator = delimiters.component;
        // One repetition is a series; of several each is a point of time (v2-to-FHIR guide).
        let rows = multiplexed || context.repeats(field);
        let encoding = match rows {
            true => SampleEncoding::Rows { separator, row: delimiters.repetition },
            false => SampleEncoding::Text { separator },
        };
        let mut samples: Samples<'s> = Samples::new(raw, encoding, self.period, unit);
        if rows {
            let widths = field.repetitions().map(|row| row.components().count());
            samples.dimensions = u16::try_from(widths.max().unwrap_or(0)).ok()?;
        }
        samples.sentinels = sentinels;
        (samples.lower, samples.upper) = (self.lower, self.upper);
        if let Some((mut step, of)) = self.resolution {
            // Counts times the step are in the unit of the step.
            match in_unit(step.value, &of, &unit) {
                Some(same) => step.value = same,
                None => samples.unit = of,
            }
            samples.factor = Some(step);
        }
        Some(samples)
    }
}

fn unit<'a>(context: &mut Context<'a, '_>, segment: Segment<'a>) -> Unit<'a> {
    context.at(6);
    segment.field(6).map_or(Unit::NONE, |field| units::unit(context, field))
}

/// The unit that is meant, if it is known.
fn known(sent: &Unit<'_>) -> Option<&'static unit::Unit> {
    let ucum = sent.ucum.and_then(|text| text.as_str()).and_then(unit::by_ucum);
    let text = || sent.text.and_then(|text| text.as_str()).and_then(unit::by_text);
    ucum.or_else(|| sent.mdc.and_then(unit::by_mdc)).or_else(text)
}

fn to(value: Scaled, sent: &Unit<'_>, ucum: &str) -> Option<Scaled> {
    unit::convert(value, known(sent)?, unit::by_ucum(ucum)?)
}

fn per_second(value: Scaled, sent: &Unit<'_>) -> Option<Scaled> {
    to(value, sent, "/s").or_else(|| to(value, sent, "Hz"))
}

fn milliseconds(value: Scaled, sent: &Unit<'_>) -> Option<Scaled> {
    to(value, sent, "ms").filter(|value| value.mantissa > 0).map(plain)
}

/// A step in another unit; as it is where that is the same, or one of them has none.
fn in_unit(step: Scaled, from: &Unit<'_>, into: &Unit<'_>) -> Option<Scaled> {
    if from.is_none() {
        return Some(step);
    }
    let (from, into) = (known(from)?, known(into)?);
    if core::ptr::eq(from, into) {
        return Some(step);
    }
    unit::convert(step, from, into).map(plain)
}

/// Milliseconds from one sample to the next, where a decimal has them exactly: 1000 ÷ rate.
fn reciprocal(rate: Scaled) -> Option<Scaled> {
    let mut left = u64::try_from(rate.mantissa).ok().filter(|left| *left > 0)?;
    let (mut mantissa, mut places) = (1_i64, 0_i8);
    // 1 ÷ 2 is 5 tenths, 1 ÷ 5 is 2 tenths.
    for (factor, inverse) in [(2, 5), (5, 2)] {
        while left.is_multiple_of(factor) {
            left = left.checked_div(factor)?;
            mantissa = mantissa.checked_mul(inverse)?;
            places = places.checked_add(1)?;
        }
    }
    let exponent = 3_i8.checked_sub(rate.exponent)?.checked_sub(places)?;
    (left == 1).then(|| plain(Scaled::new(mantissa, exponent)))
}

/// The same number without zeros after the point, and as a whole number where it is one.
fn plain(mut value: Scaled) -> Scaled {
    while value.exponent < 0 && value.mantissa % 10 == 0 {
        value = Scaled::new(value.mantissa.wrapping_div(10), value.exponent.saturating_add(1));
    }
    while value.exponent > 0 {
        let Some(mantissa) = value.mantissa.checked_mul(10) else { break };
        value = Scaled::new(mantissa, value.exponent.saturating_sub(1));
    }
    value
}

/// Lower and upper bound, one of which may be open.
fn bounds(field: Field<'_>) -> Option<[Option<Given>; 2]> {
    let mut all = [None; 2];
    for (at, part) in field.repetition(1)?.components().enumerate() {
        let raw = part.raw().trim_ascii();
        if raw.is_empty() {
            continue;
        }
        let Some(Number::Scaled(value)) = number(raw) else { return None };
        let (_, offset) = part.part();
        *all.get_mut(at)? = Some(Given { value, span: Span::new(offset, part.raw().len()) });
    }
    let [low, high] = all;
    (low.is_some() || high.is_some()).then_some([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_exact_or_none() {
        let scaled = |mantissa, exponent| Some(Scaled::new(mantissa, exponent));
        for (rate, want) in [
            ((250, 0), scaled(4, 0)),
            ((500, 0), scaled(2, 0)),
            ((128, 0), scaled(78_125, -4)),
            ((625, -1), scaled(16, 0)),
            ((5, -1), scaled(2000, 0)),
            ((1, 0), scaled(1000, 0)),
            ((300, 0), None),
            ((0, 0), None),
            ((-250, 0), None),
        ] {
            assert_eq!(reciprocal(Scaled::new(rate.0, rate.1)), want, "{rate:?}");
        }
    }

    #[test]
    fn rates_have_units() {
        let unit = |ucum| Unit::ucum(ucum);
        assert_eq!(per_second(Scaled::new(250, 0), &unit("/s")), Some(Scaled::new(250, 0)));
        assert_eq!(per_second(Scaled::new(250, 0), &unit("Hz")), Some(Scaled::new(250, 0)));
        assert_eq!(per_second(Scaled::new(250, 0), &Unit::NONE), None);
        assert_eq!(milliseconds(Scaled::new(4000, 0), &unit("us")), Some(Scaled::new(4, 0)));
    }
}
