/// How a call ended. Numbers are never reused; one that is not in this header is of a later version
/// and no success.
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum iomt_status {
    /// All fine.
    IOMT_OK = 0,

    /// A pointer that must not be NULL was NULL.
    IOMT_NULL_POINTER = 100,
    /// This build has no format of this name.
    IOMT_NO_SUCH_FORMAT = 101,
    /// The buffer is too small; the length says what it takes.
    IOMT_BUFFER_TOO_SMALL = 102,
    /// A bug in this library.
    IOMT_PANIC = 103,
    /// More bytes than offsets can count: 4 GiB.
    IOMT_TOO_LONG = 104,
    /// An earlier call on this handle ended in `IOMT_PANIC`: it can only be freed.
    IOMT_POISONED = 105,
    /// The handle is in use: by another thread, or by the call that is calling back.
    IOMT_BUSY = 106,
    /// A callback returned something else than 0; nothing more was handed over.
    IOMT_STOPPED = 107,
    /// The configuration is not what `iomt config --print-defaults` shows; `offset` says where.
    IOMT_BAD_CONFIG = 108,
    /// `struct_size` is less than any version of the struct had.
    IOMT_STRUCT_SIZE = 109,

    /// Some of the input was rejected or has errors; the rest was handed over. `message` and
    /// `offset` are of the first error.
    IOMT_REJECTED = 200,
    /// No format knows these bytes.
    IOMT_NOT_DETECTED = 201,
}

/// How much a diagnostic weighs.
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum iomt_severity {
    /// Worth knowing; nothing is lost.
    IOMT_INFORMATION = 0,
    /// Something was tolerated, or is not in the output as it was sent.
    IOMT_WARNING = 1,
    /// Something that was sent is not in the output, or may not mean what it says.
    IOMT_ERROR = 2,
}
