//! What a map says, row by row, while it is read.

use iomt_nomenclature::unit::{self, Unit};

use super::{CodeMapErrorKind, Row, System};
use crate::policy::{is_oid, is_uri};

/// Where a row stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    /// A field of a line, both from 1.
    Line(usize, usize),
    /// A byte of the text.
    Byte(usize),
}

impl At {
    /// The byte, where it is known.
    pub(super) const fn offset(self) -> usize {
        match self {
            Self::Line(..) => 0,
            Self::Byte(byte) => byte,
        }
    }

    /// Line and column, from 1.
    pub(super) fn place(self, text: &[u8]) -> (usize, usize) {
        let byte = match self {
            Self::Line(line, field) => return (line, field),
            Self::Byte(byte) => byte,
        };
        let before = text.get(..byte).unwrap_or(text);
        let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |end| end.saturating_add(1));
        let lines = before.iter().filter(|b| **b == b'\n').count();
        (lines.saturating_add(1), byte.saturating_sub(start).saturating_add(1))
    }
}

/// What is wrong, and where.
pub(super) type Problem = (CodeMapErrorKind, At);

/// A code of a site, and what it is in another system.
pub(super) struct Pair<'a> {
    pub(super) source: &'a str,
    pub(super) code: &'a str,
    pub(super) target: &'a str,
    pub(super) to: &'a str,
    pub(super) display: &'a str,
}

pub(super) struct Table {
    limit: usize,
    pub(super) rows: Vec<(Row, At)>,
    pub(super) units: Vec<(Box<str>, &'static Unit, At)>,
    /// How many rows say something else than that two codes mean the same, and where the first stands.
    pub(super) left_out: (usize, Option<At>),
}

impl Table {
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, rows: Vec::new(), units: Vec::new(), left_out: (0, None) }
    }

    /// A row that does not say that two codes mean the same.
    pub(super) fn leave_out(&mut self, at: At) {
        let (count, first) = self.left_out;
        self.left_out = (count.saturating_add(1), first.or(Some(at)));
    }

    pub(super) fn push(&mut self, pair: &Pair<'_>, at: At) -> Result<(), Problem> {
        if self.rows.len().saturating_add(self.units.len()) >= self.limit {
            return Err((CodeMapErrorKind::Limit, at));
        }
        if pair.code.is_empty() || pair.target.is_empty() || pair.to.is_empty() {
            return Err((CodeMapErrorKind::Missing, at));
        }
        let target = System::of(pair.target);
        if target == System::Ucum {
            let unit = unit::by_ucum(pair.to).ok_or((CodeMapErrorKind::UnitUnknown, at))?;
            self.units.push((pair.code.into(), unit, at));
            return Ok(());
        }
        let fits = |code: &str| code.len() <= 64;
        if !fits(pair.code)
            || !fits(pair.to)
            || !is_code(pair.to)
            || (target == System::Loinc && !is_loinc(pair.to))
        {
            return Err((CodeMapErrorKind::Code, at));
        }
        let target = target.to_owned();
        let uri = match &target {
            System::Other(name) if is_oid(name) => format!("urn:oid:{name}"),
            System::Table(_) if is_uri(pair.target) => pair.target.into(),
            other => other.name(),
        };
        if !is_uri(&uri) {
            return Err((CodeMapErrorKind::NoUri, at));
        }
        let row = Row {
            source: System::of(pair.source).to_owned(),
            code: pair.code.into(),
            target,
            uri: uri.into(),
            to: pair.to.into(),
            display: (!pair.display.is_empty()).then(|| pair.display.into()),
        };
        self.rows.push((row, at));
        Ok(())
    }
}

/// FHIR code: `[^\s]+(\s[^\s]+)*`.
fn is_code(text: &str) -> bool {
    text.split(' ')
        .all(|word| !word.is_empty() && !word.chars().any(|c| c.is_whitespace() || c.is_control()))
}

/// Whether the check digit is right (Luhn). Of answers, lists and parts, which begin with letters, it
/// is not checked.
fn is_loinc(code: &str) -> bool {
    let Some((body, check)) = code.split_once('-') else { return false };
    if body.starts_with('L') {
        return true;
    }
    let digit = |c: char| c.to_digit(10);
    let mut sum = 0_u32;
    for (place, c) in body.chars().rev().enumerate() {
        let Some(digit) = digit(c) else { return false };
        let doubled = if place % 2 == 0 { digit.wrapping_mul(2) } else { digit };
        sum = sum.wrapping_add(doubled / 10).wrapping_add(doubled % 10);
    }
    let check = check.parse::<u32>().ok().filter(|_| check.len() == 1);
    !body.is_empty() && check.is_some_and(|check| sum.wrapping_add(check) % 10 == 0)
}
