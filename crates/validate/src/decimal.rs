//! Decimals as text, compared exactly.

use core::cmp::Ordering;

/// Compares two decimals (FHIR `decimal`, also with exponents); `None` where one is none.
pub(crate) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Decimal::parse(a)?, Decimal::parse(b)?);
    Some(match (a.sign(), b.sign()) {
        (Ordering::Less, Ordering::Less) => b.compare_magnitude(a),
        (Ordering::Greater, Ordering::Greater) => a.compare_magnitude(b),
        (a, b) => a.cmp(&b),
    })
}

/// Whether a decimal is less than, equal to or greater than zero.
pub(crate) fn sign(text: &str) -> Option<Ordering> {
    Decimal::parse(text).map(Decimal::sign)
}

#[derive(Clone, Copy)]
struct Decimal<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (number, exponent) = match text.split_once(['e', 'E']) {
            // An exponent out of range is as good as the largest.
            Some((number, exponent)) => {
                let limit = if exponent.starts_with('-') { i64::MIN } else { i64::MAX };
                (number, exponent.parse().unwrap_or(limit))
            }
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        (!whole.is_empty() && digits(whole) && digits(fraction)).then_some(Self {
            negative,
            whole: whole.as_bytes(),
            fraction: fraction.as_bytes(),
            exponent,
        })
    }

    /// The digits without leading zeros.
    fn digits(self) -> impl Iterator<Item = u8> + use<'a> {
        self.whole.iter().chain(self.fraction).copied().skip_while(|&digit| digit == b'0')
    }

    fn sign(self) -> Ordering {
        match (self.digits().next(), self.negative) {
            (None, _) => Ordering::Equal,
            (Some(_), true) => Ordering::Less,
            (Some(_), false) => Ordering::Greater,
        }
    }

    /// The power of ten of the first digit that is not 0.
    fn magnitude(self) -> i64 {
        let zeros = self.whole.iter().chain(self.fraction).take_while(|&&d| d == b'0').count();
        let whole = i64::try_from(self.whole.len()).unwrap_or(i64::MAX);
        let zeros = i64::try_from(zeros).unwrap_or(i64::MAX);
        whole.saturating_sub(zeros).saturating_add(self.exponent)
    }

    fn compare_magnitude(self, other: Self) -> Ordering {
        let (mut a, mut b) = (self.digits(), other.digits());
        self.magnitude().cmp(&other.magnitude()).then_with(|| {
            loop {
                let pair = (a.next(), b.next());
                if pair == (None, None) {
                    return Ordering::Equal;
                }
                match pair.0.unwrap_or(b'0').cmp(&pair.1.unwrap_or(b'0')) {
                    Ordering::Equal => {}
                    unequal => return unequal,
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_not_texts() {
        for (a, b, order) in [
            ("7", "7.00", Ordering::Equal),
            ("-0", "0.000", Ordering::Equal),
            ("9", "10", Ordering::Less),
            ("0.09", "0.1", Ordering::Less),
            ("-9", "-10", Ordering::Greater),
            ("-1", "0", Ordering::Less),
            ("1e2", "100", Ordering::Equal),
            ("1E-2", "0.02", Ordering::Less),
            ("12.5", "1.25e1", Ordering::Equal),
            ("1e99999999999999999999", "9", Ordering::Greater),
            ("1e-99999999999999999999", "0", Ordering::Greater),
        ] {
            assert_eq!(compare(a, b), Some(order), "{a} {b}");
            assert_eq!(compare(b, a), Some(order.reverse()), "{b} {a}");
        }
        assert_eq!(compare("a", "1"), None);
        assert_eq!(compare("", "1"), None);
        assert_eq!(sign("-0.0"), Some(Ordering::Equal));
        assert_eq!(sign("-0.1"), Some(Ordering::Less));
    }

    proptest! {
        #[test]
        fn as_integers(a in -100_000_i64..100_000, b in -100_000_i64..100_000, places in 0_usize..6) {
            let text = |n: i64| {
                let digits = format!("{:0>7}", n.unsigned_abs());
                let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
                let whole = match whole.trim_start_matches('0') { "" => "0", w => w };
                let sign = if n < 0 { "-" } else { "" };
                if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
            };
            prop_assert_eq!(compare(&text(a), &text(b)), Some(a.cmp(&b)));
        }
    }
}
