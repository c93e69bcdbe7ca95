//! IEEE 11073-20601 annex F.6: SFLOAT-Type and FLOAT-Type (medfloat16, medfloat32).

use super::Scaled;

/// What stands in the place of a number. The set is closed.
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Special {
    /// Not a number: invalid or missing.
    Nan,
    /// Not at this resolution.
    Nres,
    /// Above the range.
    PositiveInfinity,
    /// Below the range.
    NegativeInfinity,
    /// Reserved for future use.
    Reserved,
}

/// 16 bits: exponent of 4, mantissa of 12, both two's complement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sfloat(u16);

/// 32 bits: exponent of 8, mantissa of 24, both two's complement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Float(u32);

impl Sfloat {
    /// From the 16 bits, in host order.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The number, or what stands in its place. Only the exact words are special: 0xF7FE is 204.6.
    pub const fn decode(self) -> Result<Scaled, Special> {
        match self.0 {
            0x07FF => Err(Special::Nan),
            0x0800 => Err(Special::Nres),
            0x07FE => Err(Special::PositiveInfinity),
            0x0802 => Err(Special::NegativeInfinity),
            0x0801 => Err(Special::Reserved),
            bits => {
                let [high, low] = bits.to_be_bytes();
                // An arithmetic shift extends the sign.
                let mantissa = i16::from_be_bytes([(high << 4) | (low >> 4), low << 4]) >> 4;
                let [a, b] = mantissa.to_be_bytes();
                let sign = if mantissa < 0 { 0xFF } else { 0 };
                let wide = i64::from_be_bytes([sign, sign, sign, sign, sign, sign, a, b]);
                Ok(Scaled::new(wide, i8::from_be_bytes([high]) >> 4))
            }
        }
    }
}

impl Float {
    /// From the 32 bits, in host order.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The number, or what stands in its place.
    pub const fn decode(self) -> Result<Scaled, Special> {
        match self.0 {
            0x007F_FFFF => Err(Special::Nan),
            0x0080_0000 => Err(Special::Nres),
            0x007F_FFFE => Err(Special::PositiveInfinity),
            0x0080_0002 => Err(Special::NegativeInfinity),
            0x0080_0001 => Err(Special::Reserved),
            bits => {
                let [exponent, a, b, c] = bits.to_be_bytes();
                let sign = if a & 0x80 == 0 { 0 } else { 0xFF };
                let wide = i64::from_be_bytes([sign, sign, sign, sign, sign, a, b, c]);
                Ok(Scaled::new(wide, i8::from_be_bytes([exponent])))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::arithmetic_side_effects, reason = "an independent formula")]
    /// Annex F.6 as arithmetic, without bit tricks: split by division, wrap by comparison.
    fn by_formula(word: u16) -> Result<(i64, i64), Special> {
        let (exponent, mantissa) = (i64::from(word / 4096), i64::from(word % 4096));
        let exponent = if exponent > 7 { exponent - 16 } else { exponent };
        let mantissa = if mantissa > 2047 { mantissa - 4096 } else { mantissa };
        match (exponent, mantissa) {
            (0, 2047) => Err(Special::Nan),
            (0, -2048) => Err(Special::Nres),
            (0, 2046) => Err(Special::PositiveInfinity),
            (0, -2046) => Err(Special::NegativeInfinity),
            (0, -2047) => Err(Special::Reserved),
            _ => Ok((mantissa, exponent)),
        }
    }

    #[test]
    fn all_65536_sfloats() {
        for word in 0..=u16::MAX {
            let got = Sfloat::from_bits(word).decode();
            assert_eq!(
                got.map(|s| (s.mantissa, i64::from(s.exponent))),
                by_formula(word),
                "{word:#06x}"
            );
        }
    }

    #[test]
    fn floats_from_the_standard_and_the_edges() {
        for (bits, want) in [
            (0xFF00_016C, Ok(Scaled::new(364, -1))),
            (0xFE00_0E38, Ok(Scaled::new(3640, -2))),
            (0x00FF_FFFF, Ok(Scaled::new(-1, 0))),
            (0x7F7F_FFFF, Ok(Scaled::new(8_388_607, 127))),
            (0x8080_0000, Ok(Scaled::new(-8_388_608, -128))),
            (0x017F_FFFF, Ok(Scaled::new(8_388_607, 1))),
            (0x007F_FFFF, Err(Special::Nan)),
            (0x0080_0000, Err(Special::Nres)),
            (0x007F_FFFE, Err(Special::PositiveInfinity)),
            (0x0080_0002, Err(Special::NegativeInfinity)),
            (0x0080_0001, Err(Special::Reserved)),
        ] {
            assert_eq!(Float::from_bits(bits).decode(), want, "{bits:#010x}");
        }
    }
}
