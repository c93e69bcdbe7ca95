//! Substances, for what no unit says: how much a mole of them weighs.
//!
//! mg/dL and mmol/L are units of different dimensions; only the code of what was measured says
//! which substance it is. [`Conversion::of_substance`](crate::ucum::Conversion::of_substance)
//! takes the molar mass from here.
//!
//! A LOINC code names mass or amount too: who converts the value must change the code. An MDC code
//! does not, so a meter may send either unit under one code. Left out is what has no one mass:
//! triglycerides (a mixture), lactate (written as the acid and as the ion), proteins.

use crate::generated::analyte::{BY_LOINC, BY_MDC, ROWS};
use iomt_core::{model::Mdc, wire::Ratio};

/// A substance whose concentration is measured.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Analyte {
    /// `glucose`.
    pub name: &'static str,
    /// What is counted by a mole and weighed: `C6H12O6`; `N2` for the nitrogen of urea.
    pub formula: &'static str,
    /// Grams a mole.
    pub molar_mass: Ratio,
}

pub(crate) const fn analyte(
    name: &'static str,
    formula: &'static str,
    molar_mass: (i64, u64),
) -> Analyte {
    Analyte { name, formula, molar_mass: Ratio::new(molar_mass.0, molar_mass.1) }
}

/// The substance whose concentration has this MDC code.
#[must_use]
pub fn by_mdc(code: Mdc) -> Option<&'static Analyte> {
    let found = BY_MDC.binary_search_by_key(&code.code(), |row| row.0).ok()?;
    ROWS.get(usize::from(BY_MDC.get(found)?.1))
}

/// The substance whose concentration has this LOINC code, of mass or of amount.
#[must_use]
pub fn by_loinc(code: impl AsRef<[u8]>) -> Option<&'static Analyte> {
    let code = code.as_ref();
    let found = BY_LOINC.binary_search_by(|row| row.0.as_bytes().cmp(code)).ok()?;
    ROWS.get(usize::from(BY_LOINC.get(found)?.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ucum::{Conversion, Refusal, Term};
    use iomt_core::wire::Scaled;

    #[test]
    fn tables_are_in_order() {
        assert!(BY_MDC.is_sorted_by(|a, b| a.0 < b.0));
        assert!(BY_LOINC.is_sorted_by(|a, b| a.0.as_bytes() < b.0.as_bytes()));
    }

    #[test]
    fn a_code_says_the_substance() {
        assert_eq!(by_mdc(Mdc::new(160_184)).unwrap().name, "glucose");
        assert_eq!(by_loinc("2345-7").unwrap().name, "glucose");
        assert_eq!(by_loinc("3094-0").unwrap().formula, "N2");
        // Oxygen saturation, triglycerides.
        assert_eq!(by_loinc("2708-6"), None);
        assert_eq!(by_loinc("2571-8"), None);
    }

    #[test]
    fn mass_and_amount_convert_by_it_alone() {
        let [mass, amount] = ["mg/dL", "mmol/L"].map(|code| Term::parse(code).unwrap());
        assert_eq!(Conversion::new(&mass, &amount), Err(Refusal::Dimension));
        let glucose = by_loinc("2345-7").unwrap().molar_mass;
        let to_mass = Conversion::of_substance(&amount, &mass, glucose).unwrap();
        // 5.5 mmol/L of 180.156 g/mol.
        assert_eq!(to_mass.exact(Scaled::new(55, -1)), Some(Scaled::new(990_858, -4)));
        assert_eq!(
            to_mass.rounded(Scaled::new(55, -1), 3).unwrap().scaled(),
            Some(Scaled::new(991, -1))
        );
        let to_amount = Conversion::of_substance(&mass, &amount, glucose).unwrap();
        assert_eq!(to_amount.exact(Scaled::new(99, 0)), None);
        for (code, sent, amount) in [
            ("2345-7", 99, (550, -2)),
            ("2093-3", 200, (517, -2)),
            ("3094-0", 11, (393, -2)),
            ("2000-8", 10, (250, -2)),
        ] {
            let one = Term::parse("mmol/L").unwrap();
            let mass_of = by_loinc(code).unwrap().molar_mass;
            let conversion = Conversion::of_substance(&mass, &one, mass_of).unwrap();
            let rounded = conversion.rounded(Scaled::new(sent, 0), 3).unwrap().scaled();
            assert_eq!(rounded, Some(Scaled::new(amount.0, amount.1)), "{code}");
        }
        // 1 mg/dL of creatinine is 88.4 umol/L.
        let creatinine = by_loinc("2160-0").unwrap().molar_mass;
        let umol = Term::parse("umol/L").unwrap();
        let conversion = Conversion::of_substance(&mass, &umol, creatinine).unwrap();
        assert_eq!(
            conversion.rounded(Scaled::new(10, -1), 3).unwrap().scaled(),
            Some(Scaled::new(884, -1))
        );
        // Neither mass for amount: it is the plain conversion, or none.
        let litre = Term::parse("mg/L").unwrap();
        let plain = Conversion::of_substance(&mass, &litre, glucose).unwrap();
        assert_eq!(plain.exact(Scaled::new(1, 0)), Some(Scaled::new(1, 1)));
        let seconds = Term::parse("s").unwrap();
        assert_eq!(Conversion::of_substance(&mass, &seconds, glucose), Err(Refusal::Dimension));
    }
}
