//! Any unit of UCUM: its grammar, its dimension, and exact conversion.
//!
//! [`unit`](crate::unit) has the units that devices send, found by a look-up; this module reads
//! every other one: prefixes, products, quotients, powers, annotations, over the atoms of UCUM 2.2.
//!
//! ```
//! use iomt_core::wire::Scaled;
//! use iomt_nomenclature::ucum::{self, Refusal, Conversion, Term};
//!
//! // 6.30 s/mm is 6.30 ks/m: the written precision stays.
//! assert_eq!(ucum::convert(Scaled::new(630, -2), "s/mm", "s/m"), Ok(Scaled::new(630, 1)));
//! // What no decimal is equal to is refused, or rounded by who asks for it.
//! assert_eq!(ucum::convert(Scaled::new(1, 0), "kPa", "mm[Hg]"), Err(Refusal::Inexact));
//! let (kilopascal, mercury) = (Term::parse("kPa")?, Term::parse("mm[Hg]")?);
//! let rounded = Conversion::new(&kilopascal, &mercury)?.rounded(Scaled::new(1, 0), 3);
//! assert_eq!(rounded.and_then(|r| r.scaled()), Some(Scaled::new(750, -2)));
//! # Ok::<(), Refusal>(())
//! ```
//!
//! # Grammar
//!
//! That of the UCUM specification, case-sensitive, and an annotation after any component, as the
//! official functional tests have it (`1{c}`). The HL7 reference validator also takes what the
//! specification does not: two operators side by side (`m//s`, `//m`), a term in parentheses that
//! begins with one, a sign or a closing parenthesis too many, blanks in an annotation.
//!
//! # What does not convert
//!
//! - Mole, equivalent and osmole are dimensions of their own, and so are drops, fields of view and
//!   arbitrary units (`[iU]`): UCUM takes the first three for numbers of particles, a clinician
//!   does not. Mass and amount convert by [the substance](crate::analyte) alone.
//! - A logarithm (`B`, `Np`, `[pH]`) and every other special unit converts to its own multiples
//!   only: `dB` to `B`. Temperatures (`Cel`, `[degF]`, `[degRe]`) convert, but stand in no product:
//!   nobody can say whether `Cel/min` means a difference.
//! - `[pi]` counts as a base: `deg` to `''` is exact, `deg` to `rad` is not, and only
//!   [`Conversion::rounded`] gives it.
//! - `1.73.m2` is 1 × 73 m² in UCUM. It is valid; nobody means it, so nothing is converted by it.
//!
//! # Why a parser of our own
//!
//! The design named octofhir-ucum for grammar and dimension. It allocates for every unit, brings 17
//! packages and takes 1.9 µs for one, where a whole Observation is validated in less; its `convert`
//! is `f64`, so the factors had to be ours in any case. With exact factors in a table, the grammar
//! is a page. So octofhir-ucum is what the tests compare with, and nothing that users link.

mod conversion;
mod factor;
mod parse;
#[cfg(test)]
mod tests;

pub use conversion::{Conversion, Refusal, Rounded};

use crate::generated::ucum::BASES;
use factor::Factor;
use iomt_core::wire::{Ratio, Scaled};

/// One symbol of UCUM, in powers of those that are made of no other.
#[derive(Debug)]
pub(crate) struct Atom {
    symbol: &'static str,
    metric: bool,
    factor: Factor,
    offset: Ratio,
    powers: &'static [(u8, i8)],
}

pub(crate) const fn atom(
    symbol: &'static str,
    metric: bool,
    (numerator, denominator, ten): (u64, u64, i32),
    offset: (i64, u64),
    powers: &'static [(u8, i8)],
) -> Atom {
    let factor = Factor::new(numerator, denominator, ten);
    Atom { symbol, metric, factor, offset: Ratio::new(offset.0, offset.1), powers }
}

/// Powers of the bases.
type Powers = [i8; BASES];

/// What a unit is worth: `value × factor + offset` in its bases.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Worth {
    factor: Factor,
    offset: Ratio,
    powers: Powers,
}

/// A unit that UCUM's grammar and atoms allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Term {
    /// `None` where it is valid, and no value can be converted by it.
    worth: Option<Worth>,
}

impl Term {
    /// Reads a unit: `mm[Hg]`, `mg/kg/(24.h)`, `{beat}/min`.
    ///
    /// # Errors
    /// [`Refusal::Invalid`].
    pub fn parse(code: impl AsRef<[u8]>) -> Result<Self, Refusal> {
        let worth = parse::worth(code.as_ref()).ok_or(Refusal::Invalid)?;
        Ok(Self { worth: worth.known() })
    }

    /// Whether values of the two convert, exactly or not, without a substance.
    #[must_use]
    pub fn is_commensurable(&self, other: &Self) -> bool {
        Conversion::new(self, other).is_ok()
    }
}

/// Whether `code` is a unit of UCUM: its grammar and its atoms. What it is worth is not computed.
#[must_use]
pub fn is_valid(code: impl AsRef<[u8]>) -> bool {
    parse::is_valid(code.as_ref())
}

/// `value` in another unit, exact, with the precision of `value`, and more only where exactness
/// needs it.
///
/// # Errors
/// [`Refusal`]: why there is none. [`Refusal::Inexact`] where no decimal of 18 digits is equal.
pub fn convert(
    value: Scaled,
    from: impl AsRef<[u8]>,
    to: impl AsRef<[u8]>,
) -> Result<Scaled, Refusal> {
    let conversion = Conversion::new(&Term::parse(from)?, &Term::parse(to)?)?;
    conversion.exact(value).ok_or(Refusal::Inexact)
}
