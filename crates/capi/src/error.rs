use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::iomt_status::{self, IOMT_OK, IOMT_PANIC, IOMT_STRUCT_SIZE};

/// What became of a call. The caller owns it and sets `struct_size` to `sizeof(iomt_error)`; it
/// holds no byte of the input.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct iomt_error {
    /// Size of this struct; set by the caller.
    pub struct_size: usize,
    /// What the call returned.
    pub status: iomt_status,
    /// The message of the first error, from 1; 0 for none, or for the input as a whole.
    pub message: u64,
    /// Where the first error is in the input, or in the configuration; -1 for nowhere.
    pub offset: i64,
    /// Documents handed over.
    pub documents: u64,
    /// Diagnostics of class error.
    pub errors: u64,
    /// Diagnostics of class warning.
    pub warnings: u64,
}

impl iomt_error {
    const NONE: Self = Self {
        struct_size: size_of::<Self>(),
        status: IOMT_OK,
        message: 0,
        offset: -1,
        documents: 0,
        errors: 0,
        warnings: 0,
    };
}

/// Runs `f`; a panic becomes `IOMT_PANIC` and never unwinds into C.
pub(crate) fn guard(f: impl FnOnce() -> iomt_status) -> iomt_status {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or(IOMT_PANIC)
}

/// Runs `f` under [`guard`] and tells the caller's struct, if there is one, what became of it.
///
/// # Safety
/// `error` is NULL, or readable and writable for the `struct_size` bytes that it begins with.
pub(crate) unsafe fn guard_with(
    error: *mut iomt_error,
    f: impl FnOnce(&mut iomt_error) -> iomt_status,
) -> iomt_status {
    let mut told = iomt_error::NONE;
    if !error.is_null() {
        // SAFETY: not NULL (checked); it begins with its size (caller).
        told.struct_size = unsafe { error.cast::<usize>().read() };
        if told.struct_size < size_of::<iomt_error>() {
            return IOMT_STRUCT_SIZE;
        }
    }
    told.status = guard(|| f(&mut told));
    if !error.is_null() {
        // SAFETY: not NULL (checked); writable for its size (caller), which is enough (checked).
        unsafe { error.write(told) };
    }
    told.status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status() {
        let mut error = iomt_error { errors: 9, ..iomt_error::NONE };
        // SAFETY: ours, and whole.
        let status = unsafe {
            guard_with(&raw mut error, |told| {
                told.documents = 7;
                panic!("on purpose")
            })
        };
        assert_eq!((status, error.status), (IOMT_PANIC, IOMT_PANIC));
        assert_eq!((error.documents, error.errors), (7, 0));
    }
}
