use core::{
    ffi::{CStr, c_char, c_int, c_void},
    fmt::Write,
    ptr,
};
use std::sync::{Mutex, TryLockError};

use iomt::{Config, Diagnostic, DiagnosticCode, Output, Place, Severity, Translator, wire::Span};

use crate::{
    error::{guard, guard_with, iomt_error},
    iomt_severity,
    iomt_status::{
        self, IOMT_BAD_CONFIG, IOMT_BUSY, IOMT_NO_SUCH_FORMAT, IOMT_NOT_DETECTED,
        IOMT_NULL_POINTER, IOMT_OK, IOMT_POISONED, IOMT_REJECTED, IOMT_STOPPED, IOMT_TOO_LONG,
    },
    slice,
};

/// Turns messages and readings into FHIR as one configuration has it. Its memory is reused from
/// call to call, and NDJSON does not repeat what the same handle has written before.
pub struct iomt_translator(Mutex<State>);

struct State {
    translator: Translator,
    outcome: iomt_document_fn,
    outcome_user: *mut c_void,
}

/// Takes a document: JSON or XML, compact, without a line end, whole. It is valid during the call. Anything
/// but 0 stops. It must not throw, and must not leave by `longjmp`.
pub type iomt_document_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, json: *const u8, len: usize) -> c_int>;

/// Takes a diagnostic, which is valid during the call. Anything but 0 stops. It must not throw, and
/// must not leave by `longjmp`.
pub type iomt_diagnostic_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, diagnostic: *const iomt_diagnostic) -> c_int>;

/// Something that a reader of the output should know: codes and places, never content.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct iomt_diagnostic {
    /// Size of this struct in the library that is loaded.
    pub struct_size: usize,
    /// How much it weighs.
    pub severity: iomt_severity,
    /// The message of the input, from 1; 0 for the input as a whole.
    pub message: u64,
    /// The first byte of the input that it is about; -1 for none.
    pub offset: i64,
    /// How many bytes.
    pub len: u64,
    /// Its code, such as `UnitUnknown`; static.
    pub code: *const c_char,
    /// Length of `code`.
    pub code_len: usize,
    /// What the code means, in a sentence; static.
    pub meaning: *const c_char,
    /// Length of `meaning`.
    pub meaning_len: usize,
    /// The place in the terms of the specification, such as `OBX[2]-5`; valid during the call.
    pub path: *const c_char,
    /// Length of `path`.
    pub path_len: usize,
}

/// Makes a translator. `config` is JSON as `iomt config --print-defaults` shows it, and may leave
/// out what is to stay as it is; NULL with length 0 is the defaults. `code-maps` has the maps
/// themselves, for no file is opened: a ConceptMap as an object, or `{"csv": "…"}`.
///
/// `*translator` becomes the handle, or NULL where the call fails; free it with
/// `iomt_translator_free`.
///
/// # Safety
/// `config` is readable for `config_len` bytes, or NULL where that is 0; `translator` is writable;
/// `error` is NULL or begins with its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iomt_translator_new(
    config: *const c_char,
    config_len: usize,
    translator: *mut *mut iomt_translator,
    error: *mut iomt_error,
) -> iomt_status {
    let run = |told: &mut iomt_error| {
        if translator.is_null() {
            return IOMT_NULL_POINTER;
        }
        // SAFETY: not NULL (checked); writable (caller).
        unsafe { translator.write(ptr::null_mut()) };
        // SAFETY: as the caller promises of `config`.
        match unsafe { State::new(config, config_len, told) } {
            Err(status) => status,
            Ok(state) => {
                let handle = Box::into_raw(Box::new(iomt_translator(Mutex::new(state))));
                // SAFETY: not NULL (checked); writable (caller).
                unsafe { translator.write(handle) };
                IOMT_OK
            }
        }
    };
    // SAFETY: as the caller promises of `error`.
    unsafe { guard_with(error, run) }
}

/// Asks for an OperationOutcome of everything that is rejected, withheld, dropped or reported as
/// invalid; NULL asks no more.
///
/// # Safety
/// `translator` is a handle of `iomt_translator_new` that was not freed, or NULL; `callback` may be
/// called with `user` as long as the handle lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iomt_translator_on_outcome(
    translator: *mut iomt_translator,
    callback: iomt_document_fn,
    user: *mut c_void,
) -> iomt_status {
    guard(|| {
        // SAFETY: NULL or a handle (caller).
        let Some(handle) = (unsafe { translator.as_ref() }) else { return IOMT_NULL_POINTER };
        handle.with(|state| {
            (state.outcome, state.outcome_user) = (callback, user);
            IOMT_OK
        })
    })
}

/// Frees a translator; NULL is fine. A handle that is in use is not freed: `IOMT_BUSY`.
///
/// # Safety
/// `translator` is a handle of `iomt_translator_new` that was not freed, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iomt_translator_free(translator: *mut iomt_translator) -> iomt_status {
    guard(|| {
        // SAFETY: NULL or a handle (caller).
        let Some(handle) = (unsafe { translator.as_ref() }) else { return IOMT_OK };
        if handle.with(|_| IOMT_OK) == IOMT_BUSY {
            return IOMT_BUSY;
        }
        // SAFETY: a handle of ours that was not freed (caller), and is not in use (checked).
        drop(unsafe { Box::from_raw(translator) });
        IOMT_OK
    })
}

/// Translates a whole input: messages of one format, or JSON Lines of readings. Each document is
/// whole before `document` sees it.
///
/// `format` is a name of `iomt_formats`, or NULL to find it out. `diagnostic` may be NULL. `user`
/// goes to both as it is. `IOMT_REJECTED` says that something was rejected or has errors, and that
/// the rest was handed over.
///
/// # Safety
/// `translator` is a handle that was not freed, or NULL; `format` is a C string or NULL; `bytes` is
/// readable for `len` bytes, or NULL where that is 0; the callbacks may be called with `user`;
/// `error` is NULL or begins with its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iomt_translate(
    translator: *mut iomt_translator,
    format: *const c_char,
    bytes: *const u8,
    len: usize,
    document: iomt_document_fn,
    diagnostic: iomt_diagnostic_fn,
    user: *mut c_void,
    error: *mut iomt_error,
) -> iomt_status {
    let run = |told: &mut iomt_error| {
        // SAFETY: NULL or a handle (caller).
        let Some(handle) = (unsafe { translator.as_ref() }) else { return IOMT_NULL_POINTER };
        handle.with(|state| {
            // SAFETY: as the caller promises of `format`, `bytes` and the callbacks.
            unsafe { state.translate(format, bytes, len, document, diagnostic, user, told) }
        })
    };
    // SAFETY: as the caller promises of `error`.
    unsafe { guard_with(error, run) }
}

/// Translates one input with a translator of its own: `iomt_translator_new`, `iomt_translate` and
/// `iomt_translator_free` in one.
///
/// # Safety
/// As of these three.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iomt_translate_once(
    config: *const c_char,
    config_len: usize,
    format: *const c_char,
    bytes: *const u8,
    len: usize,
    document: iomt_document_fn,
    diagnostic: iomt_diagnostic_fn,
    user: *mut c_void,
    error: *mut iomt_error,
) -> iomt_status {
    let run = |told: &mut iomt_error| {
        // SAFETY: as the caller promises of `config`.
        match unsafe { State::new(config, config_len, told) } {
            Err(status) => status,
            Ok(mut state) => {
                // SAFETY: as the caller promises of `format`, `bytes` and the callbacks.
                unsafe { state.translate(format, bytes, len, document, diagnostic, user, told) }
            }
        }
    };
    // SAFETY: as the caller promises of `error`.
    unsafe { guard_with(error, run) }
}

impl iomt_translator {
    /// Runs `f` on the state, unless somebody else does or a panic has left it.
    fn with(&self, f: impl FnOnce(&mut State) -> iomt_status) -> iomt_status {
        match self.0.try_lock() {
            Ok(mut state) => f(&mut state),
            Err(TryLockError::WouldBlock) => IOMT_BUSY,
            Err(TryLockError::Poisoned(_)) => IOMT_POISONED,
        }
    }
}

impl State {
    /// # Safety
    /// `config` is readable for `len` bytes, or NULL where that is 0.
    unsafe fn new(
        config: *const c_char,
        len: usize,
        told: &mut iomt_error,
    ) -> Result<Self, iomt_status> {
        // SAFETY: as the caller promises.
        let text = unsafe { slice(config.cast(), len) }?;
        let config: Config = if text.is_empty() {
            Config::default()
        } else {
            serde_json::from_slice(text).map_err(|error| {
                told.offset = offset_of(text, &error);
                IOMT_BAD_CONFIG
            })?
        };
        if !config.code_maps.unread().is_empty() {
            // The library opens no files.
            return Err(IOMT_BAD_CONFIG);
        }
        let translator = Translator::new(config);
        Ok(Self { translator, outcome: None, outcome_user: ptr::null_mut() })
    }

    /// # Safety
    /// As of [`iomt_translate`].
    #[expect(clippy::too_many_arguments, reason = "those of the C function")]
    unsafe fn translate(
        &mut self,
        format: *const c_char,
        bytes: *const u8,
        len: usize,
        document: iomt_document_fn,
        diagnostic: iomt_diagnostic_fn,
        user: *mut c_void,
        told: &mut iomt_error,
    ) -> iomt_status {
        // SAFETY: as the caller promises.
        let bytes = match unsafe { slice(bytes, len) } {
            Ok(bytes) => bytes,
            Err(status) => return status,
        };
        if u32::try_from(len).is_err() {
            return IOMT_TOO_LONG;
        }
        let Some(document) = document else { return IOMT_NULL_POINTER };
        let (outcome, outcome_user) = (self.outcome, self.outcome_user);
        let (place, stopped) = (String::new(), false);
        let mut callbacks =
            Callbacks { document, diagnostic, user, outcome, outcome_user, place, stopped, told };
        let protocol = if format.is_null() {
            iomt::detect(bytes)
        } else {
            // SAFETY: not NULL (checked); a C string (caller).
            let name = unsafe { CStr::from_ptr(format) };
            let Some(protocol) = name.to_str().ok().and_then(iomt::protocol) else {
                return IOMT_NO_SUCH_FORMAT;
            };
            Some(protocol)
        };
        match protocol {
            Some(protocol) => {
                self.translator.file(protocol, bytes, &mut callbacks);
            }
            None => {
                let (code, place) = (DiagnosticCode::FormatUnknown, Place::named("file"));
                callbacks.diagnostic(0, &Diagnostic::new(code, Span::new(0, 0), place));
            }
        }
        match callbacks.stopped {
            true => IOMT_STOPPED,
            false if protocol.is_none() => IOMT_NOT_DETECTED,
            false if told.errors > 0 => IOMT_REJECTED,
            false => IOMT_OK,
        }
    }
}

type DocumentFn = unsafe extern "C" fn(*mut c_void, *const u8, usize) -> c_int;

/// Hands everything to the caller's functions, until one of them has enough.
struct Callbacks<'a> {
    document: DocumentFn,
    diagnostic: iomt_diagnostic_fn,
    user: *mut c_void,
    outcome: iomt_document_fn,
    outcome_user: *mut c_void,
    place: String,
    stopped: bool,
    told: &'a mut iomt_error,
}

impl Output for Callbacks<'_> {
    fn document(&mut self, json: &str) {
        if !self.stopped {
            self.told.documents = self.told.documents.saturating_add(1);
            // SAFETY: the caller's function with what belongs to it; the text lives during the call.
            self.stopped = unsafe { (self.document)(self.user, json.as_ptr(), json.len()) } != 0;
        }
    }

    fn diagnostic(&mut self, message: u64, diagnostic: &Diagnostic) {
        if self.stopped {
            return;
        }
        let Diagnostic { code, severity, span, place, .. } = diagnostic;
        let offset = if span.is_some() { i64::from(span.offset) } else { -1 };
        let severity = match severity {
            Severity::Information => iomt_severity::IOMT_INFORMATION,
            Severity::Warning => {
                self.told.warnings = self.told.warnings.saturating_add(1);
                iomt_severity::IOMT_WARNING
            }
            Severity::Error => {
                if self.told.errors == 0 {
                    (self.told.message, self.told.offset) = (message, offset);
                }
                self.told.errors = self.told.errors.saturating_add(1);
                iomt_severity::IOMT_ERROR
            }
        };
        let Some(function) = self.diagnostic else { return };
        self.place.clear();
        // Writing to a String does not fail.
        let _ = write!(self.place, "{place}");
        let (name, meaning) = (code.name(), code.meaning());
        let diagnostic = iomt_diagnostic {
            struct_size: size_of::<iomt_diagnostic>(),
            severity,
            message,
            offset,
            len: u64::from(span.len),
            code: name.as_ptr().cast(),
            code_len: name.len(),
            meaning: meaning.as_ptr().cast(),
            meaning_len: meaning.len(),
            path: self.place.as_ptr().cast(),
            path_len: self.place.len(),
        };
        // SAFETY: the caller's function with what belongs to it; the struct and what it points to
        // live during the call.
        self.stopped = unsafe { function(self.user, &raw const diagnostic) } != 0;
    }

    fn outcome(&mut self, _: u64, json: &str) {
        if let (Some(function), false) = (self.outcome, self.stopped) {
            // SAFETY: the caller's function with what belongs to it; the text lives during the call.
            self.stopped = unsafe { function(self.outcome_user, json.as_ptr(), json.len()) } != 0;
        }
    }
}

/// Where an error is. Its text may quote the configuration, and is not handed on.
fn offset_of(text: &[u8], error: &serde_json::Error) -> i64 {
    let lines = text.split_inclusive(|b| *b == b'\n').take(error.line().saturating_sub(1));
    let before = lines.fold(0_usize, |sum, line| sum.saturating_add(line.len()));
    let offset = before.saturating_add(error.column().saturating_sub(1));
    i64::try_from(offset.min(text.len())).unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    unsafe extern "C" fn ignore(_: *mut c_void, _: *const u8, _: usize) -> c_int {
        0
    }

    #[test]
    fn a_panic_poisons_its_handle() {
        let mut handle = ptr::null_mut();
        // SAFETY: all pointers are ours or NULL.
        let made = unsafe { iomt_translator_new(ptr::null(), 0, &raw mut handle, ptr::null_mut()) };
        assert_eq!(made, IOMT_OK);
        // SAFETY: a handle of ours.
        let translator = unsafe { &*handle };
        let left = catch_unwind(AssertUnwindSafe(|| translator.with(|_| panic!("on purpose"))));
        assert!(left.is_err());
        let nothing = ptr::null_mut();
        // SAFETY: a handle of ours; the rest is NULL.
        let status = unsafe {
            iomt_translate(
                handle,
                ptr::null(),
                ptr::null(),
                0,
                Some(ignore),
                None,
                nothing,
                ptr::null_mut(),
            )
        };
        assert_eq!(status, IOMT_POISONED);
        // SAFETY: a handle of ours that was not freed.
        assert_eq!(unsafe { iomt_translator_free(handle) }, IOMT_OK);
    }

    #[test]
    fn errors_of_a_configuration_have_a_place() {
        let place = |text: &str| {
            serde_json::from_str::<Config>(text).err().map(|e| offset_of(text.as_bytes(), &e))
        };
        assert_eq!(place("{}"), None);
        assert_eq!(place("{\n\"to\":!}"), Some(7));
        assert!(place("{\"to\":\"csv\"}").is_some_and(|at| (6..=11).contains(&at)));
        assert_eq!(place("{"), Some(0));
    }
}
