//! The bits of BITS values: HL7's code system `ASN1ToHL7`, codes `<MDC code>.<bit>`.

use crate::generated::bits::ROWS;
use iomt_core::model::Mdc;

/// A bit of a BITS value.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Bit {
    /// The MDC code of the value.
    pub mdc: Mdc,
    /// The bit as the code system counts: for MDER, 0 is the most significant.
    pub bit: u8,
    /// Its name in ASN.1.
    pub name: &'static str,
    /// What 0 means.
    pub kind: Kind,
}

/// Whether a bit that is 0 says something.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new kind must stop every mapping")]
pub enum Kind {
    /// Only 1 is news: 0 need not be reported.
    Event,
    /// 0 and 1 are both reported.
    State,
}

pub(crate) const fn bit(mdc: u32, bit: u8, name: &'static str, kind: Kind) -> Bit {
    Bit { mdc: Mdc::new(mdc), bit, name, kind }
}

/// The row of `bit`, as the code system counts: for MDER, 0 is the most significant. A GATT
/// characteristic may count otherwise.
#[must_use]
pub fn row(mdc: Mdc, bit: u8) -> Option<&'static Bit> {
    ROWS.get(ROWS.binary_search_by_key(&(mdc, bit), |row| (row.mdc, row.bit)).ok()?)
}

/// All bits of a value that have a meaning, in their order.
#[must_use]
pub fn rows(mdc: Mdc) -> &'static [Bit] {
    let start = ROWS.partition_point(|row| row.mdc < mdc);
    let end = ROWS.partition_point(|row| row.mdc <= mdc);
    ROWS.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_bits() {
        let cuff = row(Mdc::new(8_410_608), 1).unwrap();
        assert_eq!((cuff.name, cuff.kind), ("cuff-too-loose", Kind::Event));
        let limits = row(Mdc::new(67_846), 0).unwrap();
        assert_eq!((limits.name, limits.kind), ("lim-alert-off", Kind::State));
        assert_eq!(row(Mdc::new(8_410_608), 6), None);
        assert_eq!(row(Mdc::new(1), 0), None);
        assert_eq!(rows(Mdc::new(8_410_608)).len(), 6);
        assert_eq!(rows(Mdc::new(150_605)).len(), 4);
        assert!(rows(Mdc::new(1)).is_empty());
        assert!(ROWS.is_sorted_by(|a, b| (a.mdc, a.bit) < (b.mdc, b.bit)));
    }
}
