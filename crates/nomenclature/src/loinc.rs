//! LOINC codes that may stand beside an MDC code, where public tables prove them.

use crate::generated::loinc::{DISPLAYS, ROWS};
use iomt_core::model::Mdc;

/// A LOINC code for a value with an MDC code.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Loinc {
    /// The MDC code.
    pub mdc: Mdc,
    /// The LOINC code.
    pub code: &'static str,
    /// The UCUM codes under which it holds, in the order of the tables; none: any unit, or no
    /// quantity at all (panels).
    pub ucum: &'static [&'static str],
}

pub(crate) const fn loinc(mdc: u32, code: &'static str, ucum: &'static [&'static str]) -> Loinc {
    Loinc { mdc: Mdc::new(mdc), code, ucum }
}

impl Loinc {
    /// Whether the code holds for a quantity in this unit.
    #[must_use]
    pub fn allows(&self, ucum: &str) -> bool {
        self.ucum.is_empty() || self.ucum.contains(&ucum)
    }
}

/// The LOINC codes for `mdc`; several may hold for one unit (SpO₂ has two), and the unit may
/// decide (glucose).
#[must_use]
pub fn for_mdc(mdc: Mdc) -> &'static [Loinc] {
    let start = ROWS.partition_point(|row| row.mdc < mdc);
    let end = ROWS.partition_point(|row| row.mdc <= mdc);
    ROWS.get(start..end).unwrap_or_default()
}

/// The display of a LOINC code that this crate hands out, where its name is known.
#[must_use]
pub fn display(code: &str) -> Option<&'static str> {
    let found = DISPLAYS.binary_search_by(|row| row.0.as_bytes().cmp(code.as_bytes())).ok()?;
    DISPLAYS.get(found).map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit;
    extern crate alloc;
    use alloc::vec::Vec;

    fn codes(mdc: u32, ucum: &str) -> Vec<&'static str> {
        for_mdc(Mdc::new(mdc)).iter().filter(|row| row.allows(ucum)).map(|row| row.code).collect()
    }

    #[test]
    fn vital_signs() {
        assert_eq!(codes(150_456, "%"), ["2708-6", "59408-5"]);
        for rate in [147_842, 149_530, 149_546] {
            assert_eq!(codes(rate, "/min"), ["8867-4"]);
            assert!(codes(rate, "{beat}/min").is_empty(), "the profile asks for /min");
        }
        assert_eq!(codes(150_020, ""), ["85354-9"]);
        assert_eq!(codes(150_021, "mm[Hg]"), ["8480-6"]);
        assert_eq!(codes(150_022, "mm[Hg]"), ["8462-4"]);
        assert_eq!(codes(150_023, "mm[Hg]"), ["8478-0"]);
        assert!(codes(150_021, "kPa").is_empty());
        assert_eq!(codes(188_736, "kg"), ["29463-7"]);
        assert_eq!(codes(188_740, "cm"), ["8302-2"]);
        assert!(codes(188_740, "m").is_empty());
        assert_eq!(codes(151_562, "/min"), ["9279-1"]);
    }

    #[test]
    fn a_site_temperature_has_both_but_finger_and_toe_have_none() {
        assert_eq!(codes(150_364, "Cel"), ["8310-5"]);
        assert_eq!(codes(188_424, "Cel"), ["8331-1", "8310-5"]);
        assert_eq!(codes(150_392, "[degF]"), ["8333-7", "8310-5"]);
        assert_eq!(codes(188_456, "Cel"), ["8310-5"]);
        assert!(codes(188_432, "Cel").is_empty() && codes(188_448, "Cel").is_empty());
    }

    #[test]
    fn glucose_depends_on_specimen_and_unit() {
        for (mdc, mass, amount) in [
            (160_184, "41653-7", "14743-9"),
            (160_188, "41653-7", "14743-9"),
            (160_192, "2339-0", "15074-8"),
            (160_196, "2345-7", "14749-6"),
            (160_200, "2339-0", "15074-8"),
            (160_204, "2345-7", "14749-6"),
            (160_364, "2339-0", "15074-8"),
            (160_368, "2345-7", "14749-6"),
            (160_212, "99504-3", "105272-9"),
        ] {
            assert_eq!(codes(mdc, "mg/dL"), [mass]);
            assert_eq!(codes(mdc, "mmol/L"), [amount]);
            assert!(codes(mdc, "g/L").is_empty());
        }
        assert!(codes(160_208, "mg/dL").is_empty(), "control solution");
    }

    #[test]
    fn what_is_not_proven_is_not_there() {
        for candidate in [188_756, 188_760, 188_764] {
            assert!(for_mdc(Mdc::new(candidate)).is_empty());
        }
        assert_eq!(codes(160_260, "{INR}"), ["34714-6"]);
        assert!(for_mdc(Mdc::new(0)).is_empty() && for_mdc(Mdc::new(u32::MAX)).is_empty());
    }

    #[test]
    fn tables_are_in_order() {
        assert!(ROWS.is_sorted_by(|a, b| a.mdc <= b.mdc));
        assert!(DISPLAYS.is_sorted_by(|a, b| a.0.as_bytes() < b.0.as_bytes()));
        for row in &ROWS {
            assert!(row.ucum.iter().all(|u| unit::by_ucum(u).is_some()), "{row:?}");
        }
        assert_eq!(display("8480-6"), Some("Systolic blood pressure"));
        assert_eq!(
            display("59408-5"),
            Some("Oxygen saturation in Arterial blood by Pulse oximetry")
        );
        assert_eq!(display("1-8"), None);
    }
}
