// Generated from crates/capi by `cargo xtask header`.
//
// # Conventions
//
// - Every call that can fail returns an `iomt_status`; its numbers are never used for anything
//   else. Whatever else a call has to say goes through pointers.
// - Bytes and texts go in and out as pointer and length, UTF-8, without NUL; NULL with length 0 is
//   empty. Only names that the source code of the caller spells out are C strings.
// - A struct that may grow begins with its size in bytes.
// - A handle is used by one thread at a time; another one gets `IOMT_BUSY`, and so does a callback
//   that uses the handle which is calling it. There is no global state.
// - A bug in this library ends in `IOMT_PANIC`, never in the caller's stack; the handle is
//   `IOMT_POISONED` from then on, and can only be freed. The message of the panic goes to standard
//   error, as everywhere in Rust; no hook is installed.

#ifndef IOMT_H
#define IOMT_H

#include <stddef.h>
#include <stdint.h>

// Version of the binary interface, and the number in the soname. While it is 0, a new minor version
// of the library may change it.
#define IOMT_ABI_VERSION 0

// How a call ended. Numbers are never reused; one that is not in this header is of a later version
// and no success.
enum iomt_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // All fine.
    IOMT_OK = 0,
    // A pointer that must not be NULL was NULL.
    IOMT_NULL_POINTER = 100,
    // This build has no format of this name.
    IOMT_NO_SUCH_FORMAT = 101,
    // The buffer is too small; the length says what it takes.
    IOMT_BUFFER_TOO_SMALL = 102,
    // A bug in this library.
    IOMT_PANIC = 103,
    // More bytes than offsets can count: 4 GiB.
    IOMT_TOO_LONG = 104,
    // An earlier call on this handle ended in `IOMT_PANIC`: it can only be freed.
    IOMT_POISONED = 105,
    // The handle is in use: by another thread, or by the call that is calling back.
    IOMT_BUSY = 106,
    // A callback returned something else than 0; nothing more was handed over.
    IOMT_STOPPED = 107,
    // The configuration is not what `iomt config --print-defaults` shows; `offset` says where.
    IOMT_BAD_CONFIG = 108,
    // `struct_size` is less than any version of the struct had.
    IOMT_STRUCT_SIZE = 109,
    // Some of the input was rejected or has errors; the rest was handed over. `message` and
    // `offset` are of the first error.
    IOMT_REJECTED = 200,
    // No format knows these bytes.
    IOMT_NOT_DETECTED = 201,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iomt_status iomt_status;
#else
typedef int32_t iomt_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How much a diagnostic weighs.
enum iomt_severity
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Worth knowing; nothing is lost.
    IOMT_INFORMATION = 0,
    // Something was tolerated, or is not in the output as it was sent.
    IOMT_WARNING = 1,
    // Something that was sent is not in the output, or may not mean what it says.
    IOMT_ERROR = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iomt_severity iomt_severity;
#else
typedef int32_t iomt_severity;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Turns messages and readings into FHIR as one configuration has it. Its memory is reused from
// call to call, and NDJSON does not repeat what the same handle has written before.
typedef struct iomt_translator iomt_translator;

// What became of a call. The caller owns it and sets `struct_size` to `sizeof(iomt_error)`; it
// holds no byte of the input.
typedef struct iomt_error {
    // Size of this struct; set by the caller.
    size_t struct_size;
    // What the call returned.
    iomt_status status;
    // The message of the first error, from 1; 0 for none, or for the input as a whole.
    uint64_t message;
    // Where the first error is in the input, or in the configuration; -1 for nowhere.
    int64_t offset;
    // Documents handed over.
    uint64_t documents;
    // Diagnostics of class error.
    uint64_t errors;
    // Diagnostics of class warning.
    uint64_t warnings;
} iomt_error;

// Takes a document: JSON or XML, compact, without a line end, whole. It is valid during the call. Anything
// but 0 stops. It must not throw, and must not leave by `longjmp`.
typedef int (*iomt_document_fn)(void *user, const uint8_t *json, size_t len);

// Something that a reader of the output should know: codes and places, never content.
typedef struct iomt_diagnostic {
    // Size of this struct in the library that is loaded.
    size_t struct_size;
    // How much it weighs.
    iomt_severity severity;
    // The message of the input, from 1; 0 for the input as a whole.
    uint64_t message;
    // The first byte of the input that it is about; -1 for none.
    int64_t offset;
    // How many bytes.
    uint64_t len;
    // Its code, such as `UnitUnknown`; static.
    const char *code;
    // Length of `code`.
    size_t code_len;
    // What the code means, in a sentence; static.
    const char *meaning;
    // Length of `meaning`.
    size_t meaning_len;
    // The place in the terms of the specification, such as `OBX[2]-5`; valid during the call.
    const char *path;
    // Length of `path`.
    size_t path_len;
} iomt_diagnostic;

// Takes a diagnostic, which is valid during the call. Anything but 0 stops. It must not throw, and
// must not leave by `longjmp`.
typedef int (*iomt_diagnostic_fn)(void *user, const struct iomt_diagnostic *diagnostic);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Version of the library, such as `0.1.0`. Static; never NULL.
const char *iomt_version(void);

// `IOMT_ABI_VERSION` of the library that is loaded: compare it with that of the header.
uint32_t iomt_abi_version(void);

// Writes the formats of this build to `buffer`: a JSON array of objects with `name`, `specs`,
// `evidence` and `inputs`.
//
// `*len` becomes the length of the whole. Where `capacity` is less, nothing is written and
// `IOMT_BUFFER_TOO_SMALL` returned: call with NULL and 0 first to learn the length.
//
// # Safety
// `buffer` is writable for `capacity` bytes, or NULL where that is 0; `len` is writable.
iomt_status iomt_formats(uint8_t *buffer, size_t capacity, size_t *len);

// Makes a translator. `config` is JSON as `iomt config --print-defaults` shows it, and may leave
// out what is to stay as it is; NULL with length 0 is the defaults. `code-maps` has the maps
// themselves, for no file is opened: a ConceptMap as an object, or `{"csv": "…"}`.
//
// `*translator` becomes the handle, or NULL where the call fails; free it with
// `iomt_translator_free`.
//
// # Safety
// `config` is readable for `config_len` bytes, or NULL where that is 0; `translator` is writable;
// `error` is NULL or begins with its size.
iomt_status iomt_translator_new(const char *config,
                                size_t config_len,
                                struct iomt_translator **translator,
                                struct iomt_error *error);

// Asks for an OperationOutcome of everything that is rejected, withheld, dropped or reported as
// invalid; NULL asks no more.
//
// # Safety
// `translator` is a handle of `iomt_translator_new` that was not freed, or NULL; `callback` may be
// called with `user` as long as the handle lives.
iomt_status iomt_translator_on_outcome(struct iomt_translator *translator,
                                       iomt_document_fn callback,
                                       void *user);

// Frees a translator; NULL is fine. A handle that is in use is not freed: `IOMT_BUSY`.
//
// # Safety
// `translator` is a handle of `iomt_translator_new` that was not freed, or NULL.
iomt_status iomt_translator_free(struct iomt_translator *translator);

// Translates a whole input: messages of one format, or JSON Lines of readings. Each document is
// whole before `document` sees it.
//
// `format` is a name of `iomt_formats`, or NULL to find it out. `diagnostic` may be NULL. `user`
// goes to both as it is. `IOMT_REJECTED` says that something was rejected or has errors, and that
// the rest was handed over.
//
// # Safety
// `translator` is a handle that was not freed, or NULL; `format` is a C string or NULL; `bytes` is
// readable for `len` bytes, or NULL where that is 0; the callbacks may be called with `user`;
// `error` is NULL or begins with its size.
iomt_status iomt_translate(struct iomt_translator *translator,
                           const char *format,
                           const uint8_t *bytes,
                           size_t len,
                           iomt_document_fn document,
                           iomt_diagnostic_fn diagnostic,
                           void *user,
                           struct iomt_error *error);

// Translates one input with a translator of its own: `iomt_translator_new`, `iomt_translate` and
// `iomt_translator_free` in one.
//
// # Safety
// As of these three.
iomt_status iomt_translate_once(const char *config,
                                size_t config_len,
                                const char *format,
                                const uint8_t *bytes,
                                size_t len,
                                iomt_document_fn document,
                                iomt_diagnostic_fn diagnostic,
                                void *user,
                                struct iomt_error *error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* IOMT_H */
