use core::fmt;

/// What an input may cost. Exceeding one gives `LimitExceeded`, which names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one message, frame or notification: 16 MiB.
    pub message_bytes: usize,
    /// Segments or records of one message: 200,000.
    pub segments: usize,
    /// Fields of one message: 4,000,000.
    pub fields: usize,
    /// Repetitions of one field: 10,000.
    pub repetitions: usize,
    /// Depth of nesting: 64.
    pub depth: usize,
    /// Sessions (devices) that one input keeps open: 4,096 at least, twice as many at most.
    pub sessions: usize,
    /// Shapes of Observations remembered, to write the next one alike faster; 0 for none: 256 at
    /// least, twice as many at most.
    pub templates: usize,
    /// Messages or resources remembered, to know them again: 4,096 at least, twice as many at most.
    pub remembered: usize,
}

impl Limits {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        message_bytes: 16 << 20,
        segments: 200_000,
        fields: 4_000_000,
        repetitions: 10_000,
        depth: 64,
        sessions: 4096,
        templates: 256,
        remembered: 4096,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Which of the [`Limits`] was exceeded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LimitKind {
    /// [`Limits::message_bytes`]
    MessageBytes,
    /// [`Limits::segments`]
    Segments,
    /// [`Limits::fields`]
    Fields,
    /// [`Limits::repetitions`]
    Repetitions,
    /// [`Limits::depth`]
    Depth,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MessageBytes => "message-bytes",
            Self::Segments => "segments",
            Self::Fields => "fields",
            Self::Repetitions => "repetitions",
            Self::Depth => "depth",
        })
    }
}
