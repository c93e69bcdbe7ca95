use core::fmt::{self, Write};

/// An exact decimal: `mantissa × 10^exponent`. The exponent is the written precision: `720 × 10⁻¹`
/// is `72.0`, which is not the same as `72`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Scaled {
    /// The digits.
    pub mantissa: i64,
    /// The power of ten.
    pub exponent: i8,
}

/// A rational number, for unit factors: numerator and denominator, the latter not 0.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Ratio {
    /// Above the line.
    pub numerator: i64,
    /// Below the line, at least 1.
    pub denominator: u64,
}

impl Ratio {
    /// One.
    pub const ONE: Self = Self::new(1, 1);
    /// Zero.
    pub const ZERO: Self = Self::new(0, 1);

    /// `numerator / denominator`; a denominator of 0 counts as 1.
    #[must_use]
    pub const fn new(numerator: i64, denominator: u64) -> Self {
        Self { numerator, denominator: if denominator == 0 { 1 } else { denominator } }
    }
}

impl Scaled {
    /// `mantissa × 10^exponent`.
    #[must_use]
    pub const fn new(mantissa: i64, exponent: i8) -> Self {
        Self { mantissa, exponent }
    }

    /// The same number with its decimal point moved: `× 10^places`, exact. `None` past the range.
    #[must_use]
    pub fn shift(self, places: i8) -> Option<Self> {
        Some(Self { exponent: self.exponent.checked_add(places)?, ..self })
    }

    /// `self × factor + offset`, exact, or `None` where no decimal of 18 digits is equal to it.
    ///
    /// The result has the precision of `self`, and more only where exactness needs it; a power of
    /// ten moves the point.
    #[must_use]
    pub fn convert(self, factor: Ratio, offset: Ratio) -> Option<Self> {
        let (mut exponent, mut factor_num) = (self.exponent, factor.numerator);
        let mut factor_den = i128::from(factor.denominator);
        if offset.numerator == 0 {
            // A power of ten moves the point and keeps the precision: 1.750 m is 175.0 cm, and
            // 1750 mm is 1.750 m.
            while factor_num != 0 && factor_num % 10 == 0 {
                factor_num /= 10;
                exponent = exponent.checked_add(1)?;
            }
            while factor_den % 10 == 0 {
                factor_den /= 10;
                exponent = exponent.checked_sub(1)?;
            }
        }
        let offset_den = i128::from(offset.denominator);
        let denominator = factor_den.checked_mul(offset_den)?;
        // value = (mantissa × f.num × o.den × 10^exponent + o.num × f.den) / (f.den × o.den)
        let mut product = i128::from(self.mantissa)
            .checked_mul(i128::from(factor_num))?
            .checked_mul(offset_den)?;
        let mut addend = i128::from(offset.numerator).checked_mul(factor_den)?;
        if addend != 0 {
            while exponent > 0 {
                product = product.checked_mul(10)?;
                exponent = exponent.checked_sub(1)?;
            }
            for _ in 0..exponent.unsigned_abs() {
                addend = addend.checked_mul(10)?;
            }
        }
        let mut numerator = product.checked_add(addend)?;
        while numerator.checked_rem(denominator)? != 0 {
            numerator = numerator.checked_mul(10)?;
            exponent = exponent.checked_sub(1)?;
        }
        let mantissa = i64::try_from(numerator.checked_div(denominator)?).ok()?;
        Some(Self { mantissa, exponent })
    }

    /// Writes the decimal without exponent: `366 × 10⁻¹` is `36.6`, `2 × 10¹` is `20`.
    pub fn write(self, out: &mut dyn Write) -> fmt::Result {
        let mut buffer = [0_u8; 20];
        let digits = digits(self.mantissa.unsigned_abs(), &mut buffer);
        if self.mantissa < 0 {
            out.write_char('-')?;
        }
        if self.exponent >= 0 {
            out.write_str(digits)?;
            let zeros = if self.mantissa == 0 { 0 } else { self.exponent.unsigned_abs() };
            return (0..zeros).try_for_each(|_| out.write_char('0'));
        }
        let places = usize::from(self.exponent.unsigned_abs());
        match digits.len().checked_sub(places) {
            Some(point) if point > 0 => {
                let (whole, fraction) = digits.split_at_checked(point).unwrap_or((digits, ""));
                out.write_str(whole)?;
                out.write_char('.')?;
                out.write_str(fraction)
            }
            _ => {
                out.write_str("0.")?;
                (digits.len()..places).try_for_each(|_| out.write_char('0'))?;
                out.write_str(digits)
            }
        }
    }
}

impl fmt::Display for Scaled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// A number as text writes it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a number fits or does not")]
pub enum Number {
    /// It fits: at most 18 digits.
    Scaled(Scaled),
    /// A number of more digits: its text stays, [`write_canonical`] writes it.
    Long,
}

/// Reads `[+-] digits [. digits]`, where one side of the point may be empty; `None` for anything
/// else: no blanks, no exponent, no comma. Written precision is kept.
#[must_use]
pub fn number(text: &[u8]) -> Option<Number> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let (mut mantissa, mut count, mut places, mut seen) = (0_i64, 0_u8, 0_u8, false);
    let (mut point, mut long) = (false, false);
    for byte in digits {
        match byte {
            b'.' if !point => point = true,
            b'0'..=b'9' => {
                seen = true;
                if long {
                    continue;
                }
                count = count.saturating_add(u8::from(mantissa != 0 || *byte != b'0'));
                places = places.saturating_add(u8::from(point));
                long = count > 18 || places > 100;
                mantissa =
                    mantissa.wrapping_mul(10).wrapping_add(i64::from(byte.wrapping_sub(b'0')));
            }
            _ => return None,
        }
    }
    if !seen {
        return None;
    }
    if long {
        return Some(Number::Long);
    }
    let exponent = i8::try_from(places).ok()?.checked_neg()?;
    let mantissa = if negative { mantissa.wrapping_neg() } else { mantissa };
    Some(Number::Scaled(Scaled::new(mantissa, exponent)))
}

/// Writes a text that [`number`] reads as FHIR writes decimals: no `+`, no leading zeros, a digit
/// on both sides of the point; all digits after the point stay.
pub fn write_canonical(text: &[u8], out: &mut dyn Write) -> fmt::Result {
    let (sign, digits) = match text.split_first() {
        Some((b'-', rest)) => ("-", rest),
        Some((b'+', rest)) => ("", rest),
        _ => ("", text),
    };
    let mut parts = digits.splitn(2, |b| *b == b'.');
    let whole = parts.next().unwrap_or_default();
    let start = whole.iter().position(|b| *b != b'0').unwrap_or(whole.len());
    let ascii = |bytes| core::str::from_utf8(bytes).map_err(|_| fmt::Error);
    out.write_str(sign)?;
    match whole.get(start..) {
        None | Some([]) => out.write_char('0')?,
        Some(significant) => out.write_str(ascii(significant)?)?,
    }
    match parts.next() {
        None | Some([]) => Ok(()),
        Some(fraction) => {
            out.write_char('.')?;
            out.write_str(ascii(fraction)?)
        }
    }
}

/// The decimal digits of `number`, at the end of `buffer`.
pub(crate) fn digits(mut number: u64, buffer: &mut [u8; 20]) -> &str {
    let mut used = 0_usize;
    for slot in buffer.iter_mut().rev() {
        *slot = b'0'.wrapping_add(u8::try_from(number % 10).unwrap_or(0));
        number /= 10;
        used = used.saturating_add(1);
        if number == 0 {
            break;
        }
    }
    let start = buffer.len().saturating_sub(used);
    buffer.get(start..).and_then(|b| core::str::from_utf8(b).ok()).unwrap_or("0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn written_precision_is_kept() {
        for (mantissa, exponent, text) in [
            (366, -1, "36.6"),
            (3660, -2, "36.60"),
            (2, 1, "20"),
            (-13, -1, "-1.3"),
            (5, -3, "0.005"),
            (-5, -1, "-0.5"),
            (0, 0, "0"),
            (0, -2, "0.00"),
            (0, 3, "0"),
            (i64::MIN, 0, "-9223372036854775808"),
        ] {
            assert_eq!(Scaled::new(mantissa, exponent).to_string(), text);
        }
    }

    #[test]
    fn conversion_is_exact_or_refused() {
        // 98.6 °F = 37 °C, with one digit more as exactness needs none: 37.0.
        let fahrenheit = (Ratio::new(5, 9), Ratio::new(-160, 9));
        let convert = |m, e, (f, o): (Ratio, Ratio)| Scaled::new(m, e).convert(f, o);
        assert_eq!(convert(986, -1, fahrenheit), Some(Scaled::new(370, -1)));
        assert_eq!(convert(987, -1, fahrenheit), None);
        assert_eq!(
            convert(1750, -3, (Ratio::new(100, 1), Ratio::ZERO)),
            Some(Scaled::new(1750, -1))
        );
        assert_eq!(
            convert(1750, 0, (Ratio::new(1, 1000), Ratio::ZERO)),
            Some(Scaled::new(1750, -3))
        );
        assert_eq!(convert(1, 0, (Ratio::new(1, 3), Ratio::ZERO)), None);
        assert_eq!(convert(1, 0, (Ratio::new(1, 8), Ratio::ZERO)), Some(Scaled::new(125, -3)));
        assert_eq!(convert(i64::MAX, 0, (Ratio::new(3, 1), Ratio::ZERO)), None);
        assert_eq!(convert(2, 1, (Ratio::ONE, Ratio::new(1, 1))), Some(Scaled::new(21, 0)));
    }

    #[test]
    fn numbers_as_text() {
        let scaled = |m, e| Some(Number::Scaled(Scaled::new(m, e)));
        for (text, want, canonical) in [
            ("72.0", scaled(720, -1), "72.0"),
            ("+5", scaled(5, 0), "5"),
            (".5", scaled(5, -1), "0.5"),
            ("5.", scaled(5, 0), "5"),
            ("007", scaled(7, 0), "7"),
            ("-0.50", scaled(-50, -2), "-0.50"),
            ("000000000000000000000000012", scaled(12, 0), "12"),
            ("999999999999999999", scaled(999_999_999_999_999_999, 0), "999999999999999999"),
            ("1234567890123456789.50", Some(Number::Long), "1234567890123456789.50"),
        ] {
            assert_eq!(number(text.as_bytes()), want, "{text}");
            let mut out = alloc::string::String::new();
            write_canonical(text.as_bytes(), &mut out).unwrap();
            assert_eq!(out, canonical);
        }
        for text in ["", "+", ".", "-.", "1.2.3", "12,5", "1e3", " 1", "NaN", "--1"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_written_alike(m in -999_999_999_999_999_999_i64..=999_999_999_999_999_999, e in -18_i8..=0) {
            let text = Scaled::new(m, e).to_string();
            proptest::prop_assert_eq!(number(text.as_bytes()), Some(Number::Scaled(Scaled::new(m, e))));
        }
    }
}
