//! Check digits of the codes that we take over.

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
