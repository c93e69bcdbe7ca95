//! The versions of FHIR.

use core::{fmt, str::FromStr};
use serde::{Deserialize, Serialize};

/// A published version of FHIR.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "a new version must stop every table and every match")]
#[repr(u8)]
pub enum Version {
    /// FHIR 4.0.1.
    #[default]
    R4 = 1,
    /// FHIR 4.3.0.
    R4B = 2,
    /// FHIR 5.0.0.
    R5 = 4,
}

/// No version of FHIR has this name, or none that we know.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a version of FHIR is r4, r4b or r5")]
#[non_exhaustive]
pub struct VersionError;

impl Version {
    /// All, from the oldest.
    pub const ALL: [Self; 3] = [Self::R4, Self::R4B, Self::R5];

    /// Its number, as `fhirVersion` has it: `4.0.1`.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::R4 => "4.0.1",
            Self::R4B => "4.3.0",
            Self::R5 => "5.0.0",
        }
    }

    /// Its short name: `r4`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::R4 => "r4",
            Self::R4B => "r4b",
            Self::R5 => "r5",
        }
    }

    /// It as a member of a set: the number that it is held as, so this costs nothing.
    #[inline]
    pub(crate) const fn bit(self) -> u8 {
        match self {
            Self::R4 => 1,
            Self::R4B => 2,
            Self::R5 => 4,
        }
    }
}

/// The short name.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `r4` in either case, or its number, with or without the last part: `4.0`, `4.0.1`.
impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let is = |version: &Self| {
            let number = version.number();
            version.name().eq_ignore_ascii_case(text)
                || number == text
                || number.rsplit_once('.').is_some_and(|(short, _)| short == text)
        };
        Self::ALL.into_iter().find(is).ok_or(VersionError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for version in Version::ALL {
            assert_eq!(version.to_string().parse(), Ok(version));
            assert_eq!(version.number().parse(), Ok(version));
            assert_eq!(serde_json::to_value(version).unwrap(), version.name());
        }
        assert_eq!("R4B".parse(), Ok(Version::R4B));
        assert_eq!("5.0".parse(), Ok(Version::R5));
        for other in ["", "r", "r3", "4", "4.0.0", "4.1"] {
            assert_eq!(other.parse::<Version>(), Err(VersionError));
        }
    }
}
