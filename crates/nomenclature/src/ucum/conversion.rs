//! From one unit to another.

use super::{
    Term, Worth,
    factor::{self, Decimal, Factor},
};
use crate::generated::ucum::{GRAM, MOLE, PI};
use iomt_core::wire::{Ratio, Scaled};
use thiserror::Error;

/// Why a value is not converted.
#[derive(Clone, Copy, Debug, Eq, Error, Hash, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// A code is none of UCUM.
    #[error("no unit of UCUM")]
    Invalid,
    /// The units measure different things.
    #[error("units of different dimensions")]
    Dimension,
    /// A unit is valid, and no value converts by it: a product with a temperature, a product of
    /// two numbers that looks like a decimal, a factor past 64 bits.
    #[error("a unit that no value converts by")]
    Unit,
    /// No decimal of 18 digits is equal.
    #[error("no decimal is equal")]
    Inexact,
}

/// How values of one unit become those of another: `(value × factor + offset) × π^pi`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Conversion {
    factor: Factor,
    offset: Ratio,
    /// Not 0 where the factor is irrational.
    pi: i8,
}

impl Conversion {
    /// From a unit to another one of the same dimension.
    ///
    /// # Errors
    /// [`Refusal::Dimension`], [`Refusal::Unit`].
    pub fn new(from: &Term, to: &Term) -> Result<Self, Refusal> {
        Self::between(from, to, Ratio::ONE, 0)
    }

    /// The same, and between mass and amount of a substance of `molar_mass` grams a mole: from
    /// `mg/dL` to `mmol/L`. Where they do not differ by that, it is [`Conversion::new`].
    ///
    /// # Errors
    /// [`Refusal::Dimension`], [`Refusal::Unit`].
    pub fn of_substance(from: &Term, to: &Term, molar_mass: Ratio) -> Result<Self, Refusal> {
        match Self::new(from, to) {
            Err(Refusal::Dimension) => Self::between(from, to, molar_mass, 1)
                .or_else(|_| Self::between(from, to, molar_mass, -1)),
            other => other,
        }
    }

    /// `amount`: 1 where an amount becomes a mass, -1 where a mass becomes an amount.
    fn between(from: &Term, to: &Term, molar_mass: Ratio, amount: i8) -> Result<Self, Refusal> {
        let (Some(from), Some(to)) = (from.worth, to.worth) else { return Err(Refusal::Unit) };
        let pi = pi_over(&from, &to, amount).ok_or(Refusal::Dimension)?;
        let worth = || {
            let mass = u64::try_from(molar_mass.numerator).ok().filter(|mass| *mass > 0)?;
            let mass = Factor::new(mass, molar_mass.denominator, 0).power(amount)?;
            let factor = from.factor.times(mass)?.per(to.factor)?.normal();
            let offset = difference(from.offset, to.offset, to.factor)?;
            Some(Self { factor, offset, pi })
        };
        worth().ok_or(Refusal::Unit)
    }

    /// The value, exact, with its precision and more only where exactness needs it; `None` where
    /// no decimal of 18 digits is equal to it.
    #[must_use]
    pub fn exact(&self, value: Scaled) -> Option<Scaled> {
        if self.pi != 0 {
            return None;
        }
        let Factor { numerator, denominator, ten } = self.factor;
        let factor = Ratio::new(i64::try_from(numerator).ok()?, denominator);
        if self.offset == Ratio::ZERO {
            return value.convert(factor, Ratio::ZERO)?.shift(i8::try_from(ten).ok()?);
        }
        // An offset has no point that could be moved.
        let power = 10_u64.checked_pow(ten.unsigned_abs())?;
        let factor = if ten < 0 {
            Ratio::new(factor.numerator, denominator.checked_mul(power)?)
        } else {
            Ratio::new(factor.numerator.checked_mul(i64::try_from(power).ok()?)?, denominator)
        };
        value.convert(factor, self.offset)
    }

    /// The value rounded to `digits` significant digits (1 to 30), a half away from zero. Never
    /// for a value that was asked for as it was sent.
    #[must_use]
    pub fn rounded(&self, value: Scaled, digits: u8) -> Option<Rounded> {
        let digits = u32::from(digits);
        if !(1..=30).contains(&digits) {
            return None;
        }
        let Factor { numerator, denominator, ten } = self.factor;
        let exponent = i32::from(value.exponent);
        // value × factor + offset, over the denominators of both.
        let (numerator, denominator, ten, negative) = if self.offset == Ratio::ZERO {
            let number = Decimal::new(value.mantissa.unsigned_abs().into(), exponent);
            let Some(number) = number else {
                return Some(Rounded { mantissa: 0, exponent });
            };
            let product = number.times(Decimal::new(numerator.into(), 0)?)?;
            (product, denominator.into(), ten, value.mantissa < 0)
        } else {
            let offset_denominator = i128::from(self.offset.denominator);
            let product = i128::from(value.mantissa)
                .checked_mul(numerator.into())?
                .checked_mul(offset_denominator)?;
            let addend = i128::from(self.offset.numerator).checked_mul(denominator.into())?;
            let places = exponent.checked_add(ten)?;
            let power = 10_i128.checked_pow(places.unsigned_abs())?;
            let sum = if places < 0 {
                product.checked_add(addend.checked_mul(power)?)?
            } else {
                product.checked_mul(power)?.checked_add(addend)?
            };
            let Some(number) = Decimal::new(sum.unsigned_abs(), places.min(0)) else {
                return Some(Rounded { mantissa: 0, exponent });
            };
            let both = u128::from(denominator).checked_mul(self.offset.denominator.into())?;
            (number, both, 0, sum < 0)
        };
        let mut number = numerator.per(Decimal::new(denominator, 0)?)?;
        for _ in 0..self.pi.unsigned_abs() {
            number = if self.pi < 0 { number.per(factor::PI) } else { number.times(factor::PI) }?;
        }
        let (mantissa, exponent) = number.rounded(digits)?;
        let mantissa = i128::try_from(mantissa).ok()?;
        Some(Rounded {
            mantissa: if negative { mantissa.checked_neg()? } else { mantissa },
            exponent: exponent.checked_add(ten)?,
        })
    }
}

/// A decimal that was rounded: `mantissa × 10^exponent`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Rounded {
    /// The digits.
    pub mantissa: i128,
    /// The power of ten.
    pub exponent: i32,
}

impl Rounded {
    /// As a decimal of at most 18 digits, if it is one.
    #[must_use]
    pub fn scaled(self) -> Option<Scaled> {
        let mantissa = i64::try_from(self.mantissa).ok()?;
        Some(Scaled::new(mantissa, i8::try_from(self.exponent).ok()?))
    }
}

/// By which power of π the units differ, if by nothing else, and by an amount for a mass.
fn pi_over(from: &Worth, to: &Worth, amount: i8) -> Option<i8> {
    let mut pi = 0;
    for (base, (from, to)) in from.powers.iter().zip(&to.powers).enumerate() {
        let over = from.checked_sub(*to)?;
        let wanted = match base {
            PI => {
                pi = over;
                continue;
            }
            MOLE => amount,
            GRAM => amount.checked_neg()?,
            _ => 0,
        };
        if over != wanted {
            return None;
        }
    }
    Some(pi)
}

/// `(a - b) / factor`.
fn difference(a: Ratio, b: Ratio, factor: Factor) -> Option<Ratio> {
    if a == b {
        return Some(Ratio::ZERO);
    }
    let wide = |ratio: Ratio| (i128::from(ratio.numerator), i128::from(ratio.denominator));
    let ((a, a_below), (b, b_below)) = (wide(a), wide(b));
    let over = a.checked_mul(b_below)?.checked_sub(b.checked_mul(a_below)?)?;
    let below = a_below.checked_mul(b_below)?;
    let magnitude =
        Factor::new(u64::try_from(over.unsigned_abs()).ok()?, u64::try_from(below).ok()?, 0);
    let Factor { numerator, denominator, ten } = magnitude.per(factor)?;
    let power = 10_u64.checked_pow(ten.unsigned_abs())?;
    let (numerator, denominator) = if ten < 0 {
        (numerator, denominator.checked_mul(power)?)
    } else {
        (numerator.checked_mul(power)?, denominator)
    };
    let numerator = i64::try_from(numerator).ok()?;
    Some(Ratio::new(if over < 0 { numerator.checked_neg()? } else { numerator }, denominator))
}
