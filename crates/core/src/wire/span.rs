/// A place in the bytes that the caller gave: offset of the first byte, and length.
///
/// 32 bits each: one input is at most 4 GiB, which `Limits` enforces far below.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Span {
    /// Offset of the first byte.
    pub offset: u32,
    /// Number of bytes.
    pub len: u32,
}

impl Span {
    /// No place: a value that no byte of the input gave.
    pub const NONE: Self = Self { offset: u32::MAX, len: 0 };

    /// `len` bytes from `offset`; numbers over 32 bits saturate.
    #[must_use]
    pub fn new(offset: usize, len: usize) -> Self {
        Self {
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
            len: u32::try_from(len).unwrap_or(u32::MAX),
        }
    }

    /// Whether this is a place at all.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.offset != u32::MAX
    }

    /// The offset after the last byte.
    #[must_use]
    pub const fn end(self) -> u32 {
        self.offset.saturating_add(self.len)
    }

    /// The smallest span that covers both; a place that is none covers nothing.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        match (self.is_some(), other.is_some()) {
            (true, true) => {
                let offset = self.offset.min(other.offset);
                Self { offset, len: self.end().max(other.end()).saturating_sub(offset) }
            }
            (true, false) => self,
            (false, _) => other,
        }
    }
}
