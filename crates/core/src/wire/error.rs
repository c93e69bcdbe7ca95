use super::{Cursor, Span};
use crate::LimitKind;

/// Why bytes could not be parsed, and where.
///
/// `Copy`, no allocation, and no byte of the input: offsets, lengths, numbers of a code space that
/// a specification defines, and `'static` names. It can be logged as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind} in `{field}` at byte {offset}")]
pub struct ParseError {
    kind: ErrorKind,
    field: &'static str,
    offset: usize,
}

impl ParseError {
    /// `field` is a name from the specification; `offset` counts from the caller's first byte.
    #[must_use]
    pub const fn new(kind: ErrorKind, field: &'static str, offset: usize) -> Self {
        Self { kind, field, offset }
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The field's name as the specification gives it.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// Offset from the first byte that the caller gave.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The place as a span without length.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(self.offset, 0)
    }
}

/// The kinds of [`ParseError`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The buffer, or the enclosing length, ends too soon.
    #[error("{needed} byte(s) needed, {available} available")]
    Truncated {
        /// What the field takes.
        needed: usize,
        /// What was left.
        available: usize,
    },
    /// Bytes are left over inside a length-delimited structure.
    #[error("{0} byte(s) left over")]
    Trailing(usize),
    /// A code that the specification reserves.
    #[error("reserved code {0:#06x}")]
    Reserved(u32),
    /// A code that the specification defines and this crate does not read.
    #[error("unsupported code {0:#06x}")]
    Unsupported(u32),
    /// Bytes that the grammar of the field does not allow.
    #[error("malformed")]
    Malformed,
    /// Something that must be there is not.
    #[error("missing")]
    Missing,
    /// A configured limit is exceeded.
    #[error("limit of {0} exceeded")]
    Limit(LimitKind),
    /// The protocol does not take this kind of input.
    #[error("wrong kind of input")]
    WrongInput,
}

impl<'a> nom::error::ParseError<Cursor<'a>> for ParseError {
    fn from_error_kind(input: Cursor<'a>, _: nom::error::ErrorKind) -> Self {
        Self::new(ErrorKind::Malformed, "input", input.offset())
    }

    fn append(_: Cursor<'a>, _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}
