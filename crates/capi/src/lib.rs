//! The C ABI of iomt; `include/iomt.h` is generated from this crate (`cargo xtask header`).
//!
//! # Conventions
//!
//! - Every call that can fail returns an `iomt_status`; its numbers are never used for anything
//!   else. Whatever else a call has to say goes through pointers.
//! - Bytes and texts go in and out as pointer and length, UTF-8, without NUL; NULL with length 0 is
//!   empty. Only names that the source code of the caller spells out are C strings.
//! - A struct that may grow begins with its size in bytes.
//! - A handle is used by one thread at a time; another one gets `IOMT_BUSY`, and so does a callback
//!   that uses the handle which is calling it. There is no global state.
//! - A bug in this library ends in `IOMT_PANIC`, never in the caller's stack; the handle is
//!   `IOMT_POISONED` from then on, and can only be freed. The message of the panic goes to standard
//!   error, as everywhere in Rust; no hook is installed.
#![expect(non_camel_case_types, reason = "C names")]

mod error;
mod status;
mod translator;

use core::ffi::c_char;

pub use error::iomt_error;
pub use status::{iomt_severity, iomt_status};
pub use translator::{
    iomt_diagnostic, iomt_diagnostic_fn, iomt_document_fn, iomt_translate, iomt_translate_once,
    iomt_translator, iomt_translator_free, iomt_translator_new, iomt_translator_on_outcome,
};

use error::guard;
use iomt_status::{IOMT_BUFFER_TOO_SMALL, IOMT_NULL_POINTER, IOMT_OK, IOMT_TOO_LONG};

/// Version of the binary interface, and the number in the soname. While it is 0, a new minor version
/// of the library may change it.
pub const IOMT_ABI_VERSION: u32 = 0;

/// Version of the library, such as `0.1.0`. Static; never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn iomt_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// `IOMT_ABI_VERSION` of the library that is loaded: compare it with that of the header.
#[unsafe(no_mangle)]
pub extern "C" fn iomt_abi_version() -> u32 {
    IOMT_ABI_VERSION
}

/// Writes the formats of this build to `buffer`: a JSON array of objects with `name`, `specs`,
/// `evidence` and `inputs`.
///
/// `*len` becomes the length of the whole. Where `capacity` is less, nothing is written and
/// `IOMT_BUFFER_TOO_SMALL` returned: call with NULL and 0 first to learn the length.
///
/// # Safety
/// `buffer` is writable for `capacity` bytes, or NULL where that is 0; `len` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iomt_formats(
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> iomt_status {
    guard(|| {
        if len.is_null() || (buffer.is_null() && capacity != 0) {
            return IOMT_NULL_POINTER;
        }
        let formats = iomt::formats();
        // SAFETY: not NULL (checked); writable (caller).
        unsafe { len.write(formats.len()) };
        if formats.len() > capacity {
            return IOMT_BUFFER_TOO_SMALL;
        }
        // SAFETY: writable for `capacity` bytes (caller), which are enough (checked); nobody else
        // has what we have just made.
        unsafe { buffer.copy_from_nonoverlapping(formats.as_ptr(), formats.len()) };
        IOMT_OK
    })
}

/// The bytes at a pointer; NULL with length 0 is empty.
///
/// # Safety
/// `bytes` is readable for `len` bytes during `'a`, or NULL.
unsafe fn slice<'a>(bytes: *const u8, len: usize) -> Result<&'a [u8], iomt_status> {
    match (bytes.is_null(), isize::try_from(len)) {
        (_, Ok(0)) => Ok(&[]),
        (true, _) => Err(IOMT_NULL_POINTER),
        (false, Err(_)) => Err(IOMT_TOO_LONG),
        // SAFETY: not NULL, not over `isize::MAX` (checked); readable (caller).
        (false, Ok(_)) => Ok(unsafe { core::slice::from_raw_parts(bytes, len) }),
    }
}
