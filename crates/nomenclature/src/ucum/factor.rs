//! Numbers wide enough for factors.

/// `numerator / denominator × 10^ten`, neither of the two 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Factor {
    pub(super) numerator: u64,
    pub(super) denominator: u64,
    pub(super) ten: i32,
}

impl Factor {
    pub(super) const ONE: Self = Self::new(1, 1, 0);

    pub(super) const fn new(numerator: u64, denominator: u64, ten: i32) -> Self {
        Self { numerator, denominator, ten }
    }

    /// The same number with its power of ten taken out of the fraction in lowest terms, as
    /// [`Scaled::convert`](iomt_core::wire::Scaled::convert) does: 0.254 is 127/5 × 10⁻².
    pub(super) fn normal(self) -> Self {
        let mut new = self;
        while new.ten != 0 {
            let Self { numerator, denominator, ten } = new;
            // A 2 or 5 on the other side of the line from the power of ten goes, and leaves its pair.
            let below = ten < 0;
            let (over, under) =
                if below { (numerator, denominator) } else { (denominator, numerator) };
            let (over, pair) = match (over % 2, over % 5) {
                (0, _) => (over / 2, 5),
                (_, 0) => (over / 5, 2),
                _ => break,
            };
            let Some(under) = under.checked_mul(pair) else { break };
            let ten = ten.saturating_sub(ten.signum());
            let (numerator, denominator) = if below { (over, under) } else { (under, over) };
            new = Self { numerator, denominator, ten };
        }
        lowest(new.numerator, new.denominator, new.ten).unwrap_or(self)
    }

    pub(super) fn inverse(self) -> Option<Self> {
        Some(Self::new(self.denominator, self.numerator, self.ten.checked_neg()?))
    }

    /// The product, or `None` past the range.
    pub(super) fn times(self, other: Self) -> Option<Self> {
        // Crosswise first, so that the products stay small.
        let a = lowest(self.numerator, other.denominator, self.ten)?;
        let b = lowest(other.numerator, self.denominator, other.ten)?;
        let numerator = a.numerator.checked_mul(b.numerator)?;
        let denominator = a.denominator.checked_mul(b.denominator)?;
        lowest(numerator, denominator, a.ten.checked_add(b.ten)?)
    }

    pub(super) fn per(self, other: Self) -> Option<Self> {
        self.times(other.inverse()?)
    }

    pub(super) fn power(self, exponent: i8) -> Option<Self> {
        let base = if exponent < 0 { self.inverse()? } else { self };
        let times = u32::from(exponent.unsigned_abs());
        let numerator = base.numerator.checked_pow(times)?;
        let denominator = base.denominator.checked_pow(times)?;
        lowest(numerator, denominator, base.ten.checked_mul(i32::try_from(times).ok()?)?)
    }
}

/// In lowest terms, and without tens in either number.
fn lowest(numerator: u64, denominator: u64, ten: i32) -> Option<Factor> {
    let (mut a, mut b) = (numerator, denominator);
    while b != 0 {
        (a, b) = (b, a.checked_rem(b)?);
    }
    let mut new = Factor::new(numerator.checked_div(a)?, denominator.checked_div(a)?, ten);
    while new.numerator.is_multiple_of(10) {
        (new.numerator, new.ten) = (new.numerator / 10, new.ten.checked_add(1)?);
    }
    while new.denominator.is_multiple_of(10) {
        (new.denominator, new.ten) = (new.denominator / 10, new.ten.checked_sub(1)?);
    }
    Some(new)
}

/// A decimal of [`DIGITS`] digits: `digits × 10^ten`, the first digit not 0. Each operation cuts
/// off what is behind the last one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Decimal {
    digits: u128,
    ten: i32,
}

pub(super) const DIGITS: u32 = 37;
const LOWEST: u128 = 10_u128.pow(DIGITS - 1);
const SCALE: u128 = LOWEST * 10;

/// The first digits of π.
pub(super) const PI: Decimal =
    Decimal { digits: 3_141_592_653_589_793_238_462_643_383_279_502_884, ten: -36 };

impl Decimal {
    /// `number × 10^ten`; `None` for 0.
    pub(super) fn new(number: u128, ten: i32) -> Option<Self> {
        let mut new = Self { digits: number, ten };
        if number == 0 {
            return None;
        }
        while new.digits >= SCALE {
            (new.digits, new.ten) = (new.digits / 10, new.ten.checked_add(1)?);
        }
        while new.digits < LOWEST {
            (new.digits, new.ten) = (new.digits.checked_mul(10)?, new.ten.checked_sub(1)?);
        }
        Some(new)
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        let ten = self.ten.checked_add(other.ten)?.checked_add(i32::try_from(DIGITS).ok()?)?;
        Self::new(divide(multiply(self.digits, other.digits), SCALE), ten)
    }

    pub(super) fn per(self, other: Self) -> Option<Self> {
        let ten = self.ten.checked_sub(other.ten)?.checked_sub(i32::try_from(DIGITS).ok()?)?;
        Self::new(divide(multiply(self.digits, SCALE), other.digits), ten)
    }

    /// The number rounded to some digits, a half away from zero, and its power of ten.
    pub(super) fn rounded(self, digits: u32) -> Option<(u128, i32)> {
        let cut = DIGITS.checked_sub(digits)?;
        let unit = 10_u128.checked_pow(cut)?;
        let number = self.digits.checked_add(unit / 2)?.checked_div(unit)?;
        Some((number, self.ten.checked_add(i32::try_from(cut).ok()?)?))
    }
}

/// The product of two numbers, its upper and its lower half.
fn multiply(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = (1 << 64) - 1;
    let (a, b) = ((a >> 64, a & LOW), (b >> 64, b & LOW));
    // No product of two halves, with two carries added, is over 128 bits.
    let low = a.1.wrapping_mul(b.1);
    let middle = a.0.wrapping_mul(b.1).wrapping_add(low >> 64);
    let other = a.1.wrapping_mul(b.0).wrapping_add(middle & LOW);
    let high = a.0.wrapping_mul(b.0).wrapping_add(middle >> 64).wrapping_add(other >> 64);
    (high, (other << 64) | (low & LOW))
}

/// The quotient, cut off. The divisor is over the upper half, so that it fits, and under 2^127.
fn divide((high, low): (u128, u128), divisor: u128) -> u128 {
    let (mut rest, mut low, mut quotient) = (high, low, 0_u128);
    for _ in 0..u128::BITS {
        rest = (rest << 1) | (low >> 127);
        low <<= 1;
        quotient <<= 1;
        if rest >= divisor {
            rest = rest.wrapping_sub(divisor);
            quotient |= 1;
        }
    }
    quotient
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_quotients_are_cut_off_behind_the_last_digit() {
        let number = |n| Decimal::new(n, 0).unwrap();
        assert_eq!(number(63).times(number(4)), Some(number(252)));
        assert_eq!(number(252).per(number(4)), Some(number(63)));
        assert_eq!(
            number(2).per(number(3)).unwrap().digits,
            6_666_666_666_666_666_666_666_666_666_666_666_666
        );
        assert_eq!(number(2).per(number(3)).unwrap().rounded(3), Some((667, -3)));
        assert_eq!(number(25).rounded(1), Some((3, 1)));
        assert_eq!(number(995).rounded(2), Some((100, 1)));
        assert_eq!(PI.per(PI), Some(number(1)));
        assert_eq!(PI.rounded(5), Some((31416, -4)));
        let largest = Decimal { digits: SCALE - 1, ten: 0 };
        assert_eq!(largest.times(largest).unwrap().digits, SCALE - 2);
        assert_eq!(Decimal::new(u128::MAX, 0).unwrap().ten, 2);
        assert_eq!(Decimal::new(0, 0), None);
    }

    #[test]
    fn halves_multiply_to_the_whole() {
        assert_eq!(multiply(u128::MAX, u128::MAX), (u128::MAX - 1, 1));
        assert_eq!(multiply(1 << 127, 2), (1, 0));
        assert_eq!(divide((1, 0), 1 << 126), 4);
    }
}
