//! The vital-signs profiles that FHIR implies by a code (R4, R4B, R5).

use crate::generated::vital::{LOINC, PROFILES, SNOMED};

/// A profile of FHIR's vital signs, and what it demands.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Profile {
    /// Its id: `heartrate`.
    pub name: &'static str,
    /// Its canonical URL.
    pub url: &'static str,
    /// The LOINC code that it fixes.
    pub loinc: &'static str,
    /// The UCUM codes that it allows for the value; none: it has no quantity of its own.
    pub ucum: &'static [&'static str],
    /// The components that it demands (`bp`).
    pub components: &'static [Component],
}

/// A component that a profile demands.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Component {
    /// Its LOINC code.
    pub loinc: &'static str,
    /// The UCUM codes that the profile allows for it.
    pub ucum: &'static [&'static str],
}

/// The profile that a LOINC code implies.
#[must_use]
pub fn by_loinc(code: impl AsRef<[u8]>) -> Option<&'static Profile> {
    let code = code.as_ref();
    let found = LOINC.binary_search_by(|row| row.0.as_bytes().cmp(code)).ok()?;
    PROFILES.get(usize::from(LOINC.get(found)?.1))
}

/// The profiles that a SNOMED CT identifier implies: 271306003 is a heart rate and a respiratory
/// rate.
pub fn by_snomed(code: &[u8]) -> impl Iterator<Item = &'static Profile> + use<> {
    let start = SNOMED.partition_point(|row| row.0.as_bytes() < code);
    let end = SNOMED.partition_point(|row| row.0.as_bytes() <= code);
    let rows = SNOMED.get(start..end).unwrap_or_default();
    rows.iter().filter_map(|row| PROFILES.get(usize::from(row.1)))
}

/// The profiles that a code of `system` (FHIR's URI) implies.
pub fn profiles(system: &str, code: &[u8]) -> impl Iterator<Item = &'static Profile> + use<> {
    let loinc = if system == "http://loinc.org" { by_loinc(code) } else { None };
    let snomed: &[u8] = if system == "http://snomed.info/sct" { code } else { b"" };
    loinc.into_iter().chain(by_snomed(snomed))
}

/// The profile of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit;
    extern crate alloc;
    use alloc::vec::Vec;

    #[test]
    fn profiles_fix_what_fhir_fixes() {
        for (code, name, fixed, ucum) in [
            ("85353-1", "vitalspanel", "85353-1", &[][..]),
            ("76270-8", "resprate", "9279-1", &["/min"]),
            ("8889-8", "heartrate", "8867-4", &["/min"]),
            ("59408-5", "oxygensat", "2708-6", &["%"]),
            ("8331-1", "bodytemp", "8310-5", &["Cel", "[degF]"]),
            ("3137-7", "bodyheight", "8302-2", &["cm", "[in_i]"]),
            ("8287-5", "headcircum", "9843-4", &["cm", "[in_i]"]),
            ("3141-9", "bodyweight", "29463-7", &["g", "kg", "[lb_av]"]),
            ("89270-3", "bmi", "39156-5", &["kg/m2"]),
            ("55284-4", "bp", "85354-9", &[]),
        ] {
            let profile = by_loinc(code).unwrap();
            assert_eq!((profile.name, profile.loinc, profile.ucum), (name, fixed, ucum));
            let (base, id) = profile.url.rsplit_once('/').unwrap();
            assert_eq!((base, id), ("http://hl7.org/fhir/StructureDefinition", name));
            assert_eq!(by_name(name), Some(profile));
        }
        assert_eq!(by_loinc("2339-0"), None);
        assert_eq!(by_loinc(""), None);
    }

    #[test]
    fn blood_pressure_has_its_components() {
        let components = by_name("bp").unwrap().components;
        let rows: Vec<_> = components.iter().map(|c| (c.loinc, c.ucum)).collect();
        assert_eq!(rows, [("8480-6", &["mm[Hg]"][..]), ("8462-4", &["mm[Hg]"])]);
    }

    #[test]
    fn snomed_and_systems() {
        let names = |system, code: &str| -> Vec<_> {
            profiles(system, code.as_bytes()).map(|profile| profile.name).collect()
        };
        let mut both = names("http://snomed.info/sct", "271306003");
        both.sort_unstable();
        assert_eq!(both, ["heartrate", "resprate"]);
        assert_eq!(names("http://snomed.info/sct", "386725007"), ["bodytemp"]);
        assert_eq!(names("http://loinc.org", "8867-4"), ["heartrate"]);
        assert!(names("http://loinc.org", "386725007").is_empty());
        assert!(names("urn:oid:2.16.840.1.113883.6.1", "8867-4").is_empty());
    }

    #[test]
    fn tables_are_in_order() {
        assert!(LOINC.is_sorted_by(|a, b| a.0.as_bytes() < b.0.as_bytes()));
        assert!(SNOMED.is_sorted_by(|a, b| a.0.as_bytes() <= b.0.as_bytes()));
        let units = PROFILES
            .iter()
            .flat_map(|p| p.ucum.iter().chain(p.components.iter().flat_map(|c| c.ucum)));
        assert!(units.copied().all(|code| unit::by_ucum(code).is_some()));
    }
}
