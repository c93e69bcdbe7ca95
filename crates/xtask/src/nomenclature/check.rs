//! Check digits of the codes that we take over, and the weights of formulas.

use crate::support::Result;

/// Whether `code` is a LOINC code: digits, a hyphen, and the check digit by Luhn's rule.
pub fn is_loinc(code: &str) -> bool {
    let Some((body, check)) = code.split_once('-') else { return false };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(body) || !digits(check) || check.len() != 1 || body.len() > 7 {
        return false;
    }
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0') * if place % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    check == ((10 - sum % 10) % 10).to_string()
}

/// Whether `id` is a SNOMED CT identifier: 6 to 18 digits, the last one by Verhoeff's rule.
pub fn is_sctid(id: &str) -> bool {
    // The dihedral group D5, and the permutation that acts on each place.
    const fn times(a: u8, b: u8) -> u8 {
        match (a < 5, b < 5) {
            (true, true) => (a + b) % 5,
            (true, false) => (a + b - 5) % 5 + 5,
            (false, true) => (a - b) % 5 + 5,
            (false, false) => (a + 5 - b) % 5,
        }
    }
    const PERMUTATION: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    if !(6..=18).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let sum = id.bytes().rev().enumerate().fold(0, |sum, (place, byte)| {
        let permuted = (0..place % 8).fold(byte - b'0', |d, _| PERMUTATION[usize::from(d)]);
        times(sum, permuted)
    });
    sum == 0
}

/// Milligrams a mole of a formula such as `C6H12O6`, by the standard atomic weights (IUPAC 2021,
/// abridged).
pub fn molar_mass(formula: &str) -> Result<i64> {
    let mut rest = formula;
    let mut total = 0;
    while let Some(first) = rest.get(1..) {
        let symbol = 1 + first.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(first.len());
        let (symbol, tail) = rest.split_at(symbol);
        let weight = match symbol {
            "H" => 1_008,
            "C" => 12_011,
            "N" => 14_007,
            "O" => 15_999,
            "Ca" => 40_078,
            _ => return Err(format!("{formula}: the weight of {symbol} is not here").into()),
        };
        let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let count = if digits == 0 { 1 } else { tail[..digits].parse()? };
        total += weight * count;
        rest = &tail[digits..];
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loinc_check_digits() {
        for good in ["8480-6", "8462-4", "85354-9", "2708-6", "105272-9"] {
            assert!(is_loinc(good), "{good}");
        }
        for bad in ["8480-5", "8480", "84806", "-6", "8480-66", "848O-6", ""] {
            assert!(!is_loinc(bad), "{bad}");
        }
    }

    #[test]
    fn weights() {
        for (formula, milligrams) in
            [("C6H12O6", 180_156), ("N2", 28_014), ("CH4N2O", 60_056), ("Ca", 40_078)]
        {
            assert_eq!(molar_mass(formula).unwrap(), milligrams);
        }
        assert!(molar_mass("Xx2").is_err() && molar_mass("c").is_err());
    }

    #[test]
    fn snomed_check_digits() {
        // Identifiers that FHIR's own definitions use.
        for good in ["46680005", "271306003", "1222808002", "10828004", "260415000"] {
            assert!(is_sctid(good), "{good}");
        }
        // One digit changed, two neighbours exchanged.
        for bad in ["46680006", "271306030", "122280802", "", "12345", "4668000x"] {
            assert!(!is_sctid(bad), "{bad}");
        }
    }
}
