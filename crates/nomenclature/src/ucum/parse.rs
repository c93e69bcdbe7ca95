//! UCUM terms: `["/"] component { ("." | "/") component }`, from left to right.

use super::{Atom, Powers, Worth, factor::Factor};
use crate::generated::ucum::{ATOMS, BASES};
use iomt_core::wire::Ratio;

/// Parentheses in parentheses; a limit, so that no input takes the stack.
const MAX_DEPTH: u8 = 32;

/// UCUM's prefixes and their powers of ten; those of two take precedence nowhere, for no symbol
/// has two readings (a test proves it). `Ki` and its like are powers of 2^10.
const PREFIXES: [(&[u8], Factor); 24] = [
    (b"Y", Factor::new(1, 1, 24)),
    (b"Z", Factor::new(1, 1, 21)),
    (b"E", Factor::new(1, 1, 18)),
    (b"P", Factor::new(1, 1, 15)),
    (b"T", Factor::new(1, 1, 12)),
    (b"G", Factor::new(1, 1, 9)),
    (b"M", Factor::new(1, 1, 6)),
    (b"k", Factor::new(1, 1, 3)),
    (b"h", Factor::new(1, 1, 2)),
    (b"da", Factor::new(1, 1, 1)),
    (b"d", Factor::new(1, 1, -1)),
    (b"c", Factor::new(1, 1, -2)),
    (b"m", Factor::new(1, 1, -3)),
    (b"u", Factor::new(1, 1, -6)),
    (b"n", Factor::new(1, 1, -9)),
    (b"p", Factor::new(1, 1, -12)),
    (b"f", Factor::new(1, 1, -15)),
    (b"a", Factor::new(1, 1, -18)),
    (b"z", Factor::new(1, 1, -21)),
    (b"y", Factor::new(1, 1, -24)),
    (b"Ki", Factor::new(1 << 10, 1, 0)),
    (b"Mi", Factor::new(1 << 20, 1, 0)),
    (b"Gi", Factor::new(1 << 30, 1, 0)),
    (b"Ti", Factor::new(1 << 40, 1, 0)),
];

/// What is computed while a term is read: nothing, or its worth.
pub(super) trait Value: Copy {
    fn one() -> Self;
    /// A number as it stands in a term.
    fn number(digits: &[u8]) -> Self;
    fn atom(atom: &Atom, prefix: Option<&Factor>) -> Self;
    fn ten() -> Self;
    /// `exponent`: digits, with or without a sign.
    fn power(self, exponent: &[u8]) -> Self;
    fn times(self, other: Self) -> Self;
    fn per(self, other: Self) -> Self;
    fn unknown() -> Self;
}

impl Value for () {
    fn one() {}
    fn number(_: &[u8]) {}
    fn atom(_: &Atom, _: Option<&Factor>) {}
    fn ten() {}
    fn power(self, _: &[u8]) {}
    fn times(self, (): ()) {}
    fn per(self, (): ()) {}
    fn unknown() {}
}

/// `None`: past the range, or a product with a temperature.
#[derive(Clone, Copy)]
pub(super) struct Known(Option<Worth>);

const NO_POWERS: Powers = [0; BASES];

impl Known {
    pub(super) fn known(self) -> Option<Worth> {
        self.0
    }

    fn factor(factor: Factor) -> Self {
        Self(Some(Worth { factor, offset: Ratio::ZERO, powers: NO_POWERS }))
    }
}

fn combine(
    a: Worth,
    b: Worth,
    factor: fn(Factor, Factor) -> Option<Factor>,
    power: fn(i8, i8) -> Option<i8>,
) -> Option<Worth> {
    if a.offset != Ratio::ZERO || b.offset != Ratio::ZERO {
        return None;
    }
    let (factor, mut powers) = (factor(a.factor, b.factor)?, a.powers);
    for (sum, other) in powers.iter_mut().zip(b.powers) {
        *sum = power(*sum, other)?;
    }
    Some(Worth { factor, offset: Ratio::ZERO, powers })
}

impl Value for Known {
    fn one() -> Self {
        Self::factor(Factor::ONE)
    }

    fn number(digits: &[u8]) -> Self {
        let number = core::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        match number {
            // Nothing is measured in no units.
            None | Some(0) => Self::unknown(),
            Some(number) => Self::factor(Factor::new(number, 1, 0)),
        }
    }

    fn atom(atom: &Atom, prefix: Option<&Factor>) -> Self {
        let factor = prefix.map_or(Some(atom.factor), |prefix| prefix.times(atom.factor));
        let mut powers = NO_POWERS;
        for (base, power) in atom.powers {
            if let Some(slot) = powers.get_mut(usize::from(*base)) {
                *slot = *power;
            }
        }
        Self(factor.map(|factor| Worth { factor, offset: atom.offset, powers }))
    }

    fn ten() -> Self {
        Self::factor(Factor::new(1, 1, 1))
    }

    fn power(self, exponent: &[u8]) -> Self {
        let exponent = core::str::from_utf8(exponent).ok().and_then(|e| e.parse::<i8>().ok());
        let (Some(worth), Some(exponent)) = (self.0, exponent) else { return Self::unknown() };
        if exponent == 1 {
            return self;
        }
        let power = || {
            let mut powers = worth.powers;
            for power in &mut powers {
                *power = power.checked_mul(exponent)?;
            }
            let factor = worth.factor.power(exponent)?;
            let scaled = worth.offset == Ratio::ZERO;
            scaled.then_some(Worth { factor, offset: Ratio::ZERO, powers })
        };
        Self(power())
    }

    fn times(self, other: Self) -> Self {
        let both = self.0.zip(other.0);
        Self(both.and_then(|(a, b)| combine(a, b, Factor::times, i8::checked_add)))
    }

    fn per(self, other: Self) -> Self {
        let both = self.0.zip(other.0);
        Self(both.and_then(|(a, b)| combine(a, b, Factor::per, i8::checked_sub)))
    }

    fn unknown() -> Self {
        Self(None)
    }
}

/// The worth of a valid term.
pub(super) fn worth(text: &[u8]) -> Option<Known> {
    main(text)
}

pub(super) fn is_valid(text: &[u8]) -> bool {
    main::<()>(text).is_some()
}

/// A whole code.
fn main<V: Value>(text: &[u8]) -> Option<V> {
    let mut parser = Parser { rest: text, depth: 0 };
    let value = match text.strip_prefix(b"/") {
        Some(rest) => {
            parser.rest = rest;
            let (first, _) = parser.component::<V>()?;
            parser.term((V::one().per(first), false))?
        }
        None => {
            let first = parser.component()?;
            parser.term(first)?
        }
    };
    parser.rest.is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Parser<'a> {
    fn next_is(&mut self, byte: u8) -> bool {
        let rest = self.rest.strip_prefix(&[byte]);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// What follows the first component.
    fn term<V: Value>(&mut self, (mut value, mut number): (V, bool)) -> Option<V> {
        loop {
            let times = self.next_is(b'.');
            if !times && !self.next_is(b'/') {
                return Some(value);
            }
            let (right, right_number) = self.component::<V>()?;
            value = if times { value.times(right) } else { value.per(right) };
            if times && number && right_number {
                // `1.73` is a product here, and was meant to be a decimal.
                value = V::unknown();
            }
            number = right_number;
        }
    }

    /// `"(" term ")"`, a unit, or a number, each with or without an annotation; or an annotation.
    /// Also whether it is a mere number.
    fn component<V: Value>(&mut self) -> Option<(V, bool)> {
        if self.next_is(b'(') {
            self.depth = self.depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH)?;
            let first = self.component()?;
            let value = self.term(first)?;
            self.depth = self.depth.saturating_sub(1);
            if !self.next_is(b')') {
                return None;
            }
            self.annotation()?;
            return Some((value, false));
        }
        let symbol = self.symbol();
        let annotated = self.annotation()?;
        if symbol.is_empty() {
            return annotated.then_some((V::one(), false));
        }
        if symbol.iter().all(u8::is_ascii_digit) {
            return Some((V::number(symbol), !annotated));
        }
        Some((unit(symbol)?, false))
    }

    /// To the next operator, parenthesis or brace outside square brackets.
    fn symbol(&mut self) -> &'a [u8] {
        let mut bracket = false;
        let end = self.rest.iter().position(|byte| {
            match byte {
                b'[' => bracket = true,
                b']' => bracket = false,
                b'.' | b'/' | b'(' | b')' | b'{' | b'}' => return !bracket,
                _ => {}
            }
            false
        });
        let (symbol, rest) =
            self.rest.split_at_checked(end.unwrap_or(self.rest.len())).unwrap_or_default();
        self.rest = rest;
        symbol
    }

    /// `{`, printable ASCII without braces and blanks, `}`. Whether there is one; `None` where it
    /// is none.
    fn annotation(&mut self) -> Option<bool> {
        if !self.next_is(b'{') {
            return Some(false);
        }
        let end = self
            .rest
            .iter()
            .position(|byte| !byte.is_ascii_graphic() || *byte == b'{' || *byte == b'}')?;
        self.rest = self.rest.get(end..)?;
        self.next_is(b'}').then_some(true)
    }
}

/// An atom, with prefix and exponent or without.
fn unit<V: Value>(symbol: &[u8]) -> Option<V> {
    let digits = symbol.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let mut start = symbol.len().checked_sub(digits)?;
    if digits > 0 && matches!(symbol.get(start.wrapping_sub(1)), Some(b'+' | b'-')) {
        start = start.saturating_sub(1);
    }
    let (body, exponent) = symbol.split_at_checked(start)?;
    let value = if matches!(body, b"10*" | b"10^") { V::ten() } else { prefixed(body)? };
    Some(if exponent.is_empty() { value } else { value.power(exponent) })
}

fn prefixed<V: Value>(symbol: &[u8]) -> Option<V> {
    if let Some(atom) = atom(symbol) {
        return Some(V::atom(atom, None));
    }
    PREFIXES.iter().find_map(|(prefix, factor)| {
        let atom = atom(symbol.strip_prefix(*prefix)?).filter(|atom| atom.metric)?;
        Some(V::atom(atom, Some(factor)))
    })
}

fn atom(symbol: &[u8]) -> Option<&'static Atom> {
    ATOMS.get(ATOMS.binary_search_by(|atom| atom.symbol.as_bytes().cmp(symbol)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_symbol_has_two_readings() {
        assert!(ATOMS.is_sorted_by(|a, b| a.symbol.as_bytes() < b.symbol.as_bytes()));
        extern crate std;
        let mut seen = std::collections::BTreeMap::new();
        for atom in ATOMS.iter().filter(|atom| atom.metric) {
            for (prefix, _) in PREFIXES {
                let symbol = [prefix, atom.symbol.as_bytes()].concat();
                if let Some(other) = seen.insert(symbol, atom.symbol) {
                    panic!("{other} {}", atom.symbol);
                }
            }
        }
    }
}
