use core::fmt;

use crate::Options;
use crate::wire::Span;

/// A part of an input that says something: a leaf, field, attribute or text node, never empty. It is
/// in the output, or a diagnostic says that it is not, or a rule passes it over.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Part<'a> {
    /// Which message of the input, from 1; 0 for what is outside.
    pub message: u64,
    /// The bytes.
    pub span: Span,
    /// The path, as the specification writes it.
    pub path: &'a dyn fmt::Display,
    /// The rule that passes it over, if one does.
    pub rule: Option<&'static Rule>,
}

impl<'a> Part<'a> {
    /// A part.
    #[must_use]
    pub const fn new(message: u64, span: Span, path: &'a dyn fmt::Display) -> Self {
        Self { message, span, path, rule: None }
    }

    /// The same, passed over by `rule`.
    #[must_use]
    pub const fn passed_over(mut self, rule: Option<&'static Rule>) -> Self {
        self.rule = rule;
        self
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({}, {:?}, {})", self.message, self.span, self.path)
    }
}

/// Why a part that is in no resource is passed over without a diagnostic.
#[derive(Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a row of a table")]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// The part is structure: it says how to read the others.
    pub structural: bool,
    /// Why.
    pub reason: &'static str,
}

/// Gives every part of an input, in the order of its bytes.
pub type Parts = fn(&[u8], &Options, &mut dyn FnMut(Part<'_>));
