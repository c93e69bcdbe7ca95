//! Units of measure: UCUM, MDC dimensions, and what devices and laboratories write.

use crate::{
    generated::unit::{BY_MDC, BY_TEXT, KEYS, UNITS},
    mdc,
};
use iomt_core::{
    model::Mdc,
    wire::{Ratio, Scaled},
};

/// A unit. A value in it is worth `value × factor + offset` in the base of its dimension.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Unit {
    /// The UCUM code, case-sensitive: `mm[Hg]`.
    pub ucum: &'static str,
    /// As people write it: `mmHg`.
    pub display: &'static str,
    /// The MDC code of the same unit: `MDC_DIM_MMHG`.
    pub mdc: Option<Mdc>,
    /// What it measures; only units of one dimension convert.
    pub dimension: Dimension,
    /// The factor, exact.
    pub factor: Ratio,
    /// The offset, exact; not zero for temperatures only.
    pub offset: Ratio,
}

/// What a unit measures, by powers of base units. Annotations do not count (`{beat}/min` is
/// `/min`), arbitrary units do (`[iU]/L` is no `/L`), and so do mole, equivalent and osmole, which
/// UCUM takes for numbers of particles and a clinician does not.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Dimension(u8);

pub(crate) const fn unit(
    ucum: &'static str,
    display: &'static str,
    mdc: u32,
    dimension: u8,
    factor: (i64, u64),
    offset: (i64, u64),
) -> Unit {
    Unit {
        ucum,
        display,
        mdc: if mdc == 0 { None } else { Some(Mdc::new(mdc)) },
        dimension: Dimension(dimension),
        factor: Ratio::new(factor.0, factor.1),
        offset: Ratio::new(offset.0, offset.1),
    }
}

/// The unit with this UCUM code, byte for byte.
#[must_use]
pub fn by_ucum(code: impl AsRef<[u8]>) -> Option<&'static Unit> {
    let code = code.as_ref();
    // Numbers are compared, not texts: most units are no longer than one.
    let mut key = [0; 8];
    for (slot, byte) in key.iter_mut().zip(code) {
        *slot = *byte;
    }
    let key = u64::from_be_bytes(key);
    let first = KEYS.partition_point(|other| *other < key);
    let same = KEYS.get(first..)?.iter().take_while(|other| **other == key);
    let mut units = UNITS.get(first..)?.iter().zip(same);
    units.find(|(unit, _)| unit.ucum.as_bytes() == code).map(|(unit, _)| unit)
}

/// The unit of a dimension code, prefixes included: 263890 (`MDC_DIM_MILLI_G`) is `mg`.
#[must_use]
pub fn by_mdc(code: Mdc) -> Option<&'static Unit> {
    let found = BY_MDC.binary_search_by_key(&code.code(), |row| row.0).ok()?;
    UNITS.get(usize::from(BY_MDC.get(found)?.1))
}

/// The unit that a device or a laboratory means by `text` (UTF-8): `mmHg`, `bpm`, `°C`, `mg/dl`,
/// `THOU/uL`, a UCUM code of two characters or more, or `MDC_DIM_MMHG`. Case matters. `None` where
/// a text has two readings.
///
/// A text that its sender declares to be UCUM belongs to [`by_ucum`]: there `C` is no degree.
#[must_use]
pub fn by_text(text: impl AsRef<[u8]>) -> Option<&'static Unit> {
    let text = text.as_ref();
    match BY_TEXT.binary_search_by(|row| row.0.as_bytes().cmp(text)) {
        Ok(found) => UNITS.get(usize::from(BY_TEXT.get(found)?.1)),
        Err(_) if text.starts_with(b"MDC_DIM_") => by_mdc(mdc::by_refid(text)?),
        Err(_) => None,
    }
}

/// All units, in the order of their UCUM code.
#[must_use]
pub fn all() -> &'static [Unit] {
    &UNITS
}

/// `value` in the unit `to`, exact. `None` across dimensions, and where no decimal of 18 digits
/// is equal: most values in kPa have no exact counterpart in `mm[Hg]`.
///
/// Mass and amount of substance do not convert: that would need the substance.
#[must_use]
pub fn convert(value: Scaled, from: &Unit, to: &Unit) -> Option<Scaled> {
    if from.dimension != to.dimension {
        return None;
    }
    if from.factor == to.factor && from.offset == to.offset {
        return Some(value);
    }
    // (value × from.factor + from.offset - to.offset) / to.factor
    let factor = divide(wide(from.factor), wide(to.factor))?;
    let offset = divide(difference(wide(from.offset), wide(to.offset))?, wide(to.factor))?;
    value.convert(narrow(factor)?, narrow(offset)?)
}

type Wide = (i128, i128);

fn wide(ratio: Ratio) -> Wide {
    (i128::from(ratio.numerator), i128::from(ratio.denominator))
}

fn narrow((numerator, denominator): Wide) -> Option<Ratio> {
    Some(Ratio::new(i64::try_from(numerator).ok()?, u64::try_from(denominator).ok()?))
}

/// `a / b` in lowest terms; `b` is positive, as every factor is.
fn divide(a: Wide, b: Wide) -> Option<Wide> {
    // Crosswise first, so that the products stay small.
    let (a, b) = (reduce((a.0, b.0))?, reduce((b.1, a.1))?);
    reduce((a.0.checked_mul(b.0)?, a.1.checked_mul(b.1)?))
}

fn difference(a: Wide, b: Wide) -> Option<Wide> {
    let left = a.0.checked_mul(b.1)?;
    reduce((left.checked_sub(b.0.checked_mul(a.1)?)?, a.1.checked_mul(b.1)?))
}

fn reduce((numerator, denominator): Wide) -> Option<Wide> {
    let (mut a, mut b) = (numerator.checked_abs()?, denominator.checked_abs()?);
    while b != 0 {
        (a, b) = (b, a.checked_rem(b)?);
    }
    Some((numerator.checked_div(a)?, denominator.checked_div(a)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    extern crate alloc;
    use alloc::vec::Vec;

    fn ucum(code: &str) -> &'static Unit {
        by_ucum(code).unwrap_or_else(|| panic!("{code}"))
    }

    fn converted(mantissa: i64, exponent: i8, from: &str, to: &str) -> Option<(i64, i8)> {
        let value = convert(Scaled::new(mantissa, exponent), ucum(from), ucum(to))?;
        Some((value.mantissa, value.exponent))
    }

    #[test]
    fn by_code() {
        for (mdc, code) in [
            (262_688, "%"),
            (266_016, "mm[Hg]"),
            (265_987, "kPa"),
            (268_192, "Cel"),
            (266_560, "[degF]"),
            (264_864, "{beat}/min"),
            (264_928, "{breath}/min"),
            (266_418, "mV"),
            (265_266, "mL/h"),
            (263_762, "mL"),
            (264_608, "/s"),
            (263_875, "kg"),
            (263_904, "[lb_av]"),
            (263_441, "cm"),
            (263_520, "[in_i]"),
            (264_274, "mg/dL"),
            (266_866, "mmol/L"),
            (264_338, "ms"),
        ] {
            assert_eq!(by_mdc(Mdc::new(mdc)).unwrap().ucum, code);
            assert_eq!(ucum(code).mdc, Some(Mdc::new(mdc)), "{code}");
        }
        assert_eq!(by_mdc(Mdc::new(150_456)), None);
        assert_eq!(by_ucum("C"), None, "a coulomb, which no device sends");
        assert_eq!(by_ucum("MG/DL"), None);
        assert_eq!(by_ucum(b"\xff"), None);
    }

    #[test]
    fn by_what_is_written() {
        for (text, code) in [
            ("mmHg", "mm[Hg]"),
            ("bpm", "{beat}/min"),
            ("BPM", "{beat}/min"),
            ("beats/min", "{beat}/min"),
            ("br/min", "{breath}/min"),
            ("C", "Cel"),
            ("°C", "Cel"),
            ("DegF", "[degF]"),
            ("lbs", "[lb_av]"),
            ("in", "[in_i]"),
            ("mg/dl", "mg/dL"),
            ("µg/L", "ug/L"),
            ("μg/L", "ug/L"),
            ("THOU/uL", "10*3/uL"),
            ("mm[Hg]", "mm[Hg]"),
            ("MDC_DIM_PERCENT", "%"),
            ("MDC_DIM_X_L_PER_MIN", "L/min"),
            ("MDC_DIM_PER_SEC", "/s"),
        ] {
            assert_eq!(by_text(text).map(|u| u.ucum), Some(code), "{text}");
        }
        for text in ["", "M", "G/L", "mS", "units", "mmhG", "Ct", "MDC_DIM_", "\u{b0}"] {
            assert_eq!(by_text(text), None, "{text}");
        }
        assert_eq!(by_text(b"\xb0C"), None, "Latin-1 is the caller's to decode");
    }

    #[test]
    fn exact_or_refused() {
        assert_eq!(converted(72, 0, "{beat}/min", "/min"), Some((72, 0)));
        assert_eq!(converted(986, -1, "[degF]", "Cel"), Some((370, -1)));
        assert_eq!(converted(366, -1, "Cel", "[degF]"), Some((9788, -2)));
        assert_eq!(converted(1750, -3, "m", "cm"), Some((1750, -1)));
        // 7000 grains of 64.79891 mg.
        assert_eq!(converted(1, 0, "[lb_av]", "g"), Some((45_359_237, -5)));
        // 133.322 Pa each.
        assert_eq!(converted(120, 0, "mm[Hg]", "kPa"), Some((1_599_864, -5)));
        assert_eq!(converted(160, -1, "kPa", "mm[Hg]"), None);
        assert_eq!(converted(55, -1, "mmol/L", "mg/dL"), None);
        assert_eq!(converted(5, 0, "[iU]/L", "U/L"), None);
        assert_eq!(converted(140, 0, "mmol/L", "meq/L"), None);
        assert_eq!(converted(37, 0, "Cel", "%"), None);
        assert_eq!(converted(5, 0, "g/dL", "g/L"), Some((5, 1)));
        assert_eq!(converted(i64::MAX, 0, "km", "mm"), Some((i64::MAX, 6)));
        assert_eq!(converted(i64::MAX, 127, "km", "mm"), None);
    }

    #[test]
    fn tables_are_in_order() {
        assert!(UNITS.is_sorted_by(|a, b| a.ucum.as_bytes() < b.ucum.as_bytes()));
        assert!(BY_MDC.is_sorted_by(|a, b| a.0 < b.0));
        assert!(BY_TEXT.is_sorted_by(|a, b| a.0.as_bytes() < b.0.as_bytes()));
        for unit in all() {
            assert_eq!(by_ucum(unit.ucum), Some(unit));
            assert!(unit.factor.numerator > 0 && !unit.display.is_empty(), "{}", unit.ucum);
        }
        for (code, place) in BY_MDC {
            assert!(usize::from(place) < UNITS.len());
            assert!(mdc::refid(Mdc::new(code)).is_some_and(|id| id.starts_with("MDC_DIM_")));
        }
    }

    /// Whether two decimals are the same number.
    fn equal(a: Scaled, b: Scaled) -> bool {
        let lowest = a.exponent.min(b.exponent);
        let digits = |x: Scaled| {
            let places = u32::from(x.exponent.abs_diff(lowest));
            i128::from(x.mantissa).checked_mul(10_i128.checked_pow(places)?)
        };
        a.mantissa == 0 && b.mantissa == 0 || digits(a).is_some() && digits(a) == digits(b)
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_or_nothing(
            mantissa in -1_000_000_000_i64..1_000_000_000,
            exponent in -6_i8..6,
            from in 0..UNITS.len(),
            to in 0..UNITS.len(),
        ) {
            let from = &UNITS[from];
            // Mostly across dimensions: take the nearest unit of the same one instead.
            let same = |unit: &&Unit| unit.dimension == from.dimension;
            let to = UNITS.iter().cycle().skip(to).find(same).unwrap();
            let value = Scaled::new(mantissa, exponent);
            let there = convert(value, from, to);
            if let Some(back) = there.and_then(|there| convert(there, to, from)) {
                prop_assert!(equal(value, back), "{value} {} {}", from.ucum, to.ucum);
            }
        }

        #[test]
        fn any_text_is_answered(text: Vec<u8>) {
            let _ = (by_ucum(&text), mdc::by_refid(&text));
            if let Some(unit) = by_text(&text) {
                prop_assert!(core::str::from_utf8(&text).is_ok() && by_ucum(unit.ucum).is_some());
            }
        }
    }
}
