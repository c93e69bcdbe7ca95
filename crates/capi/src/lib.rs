//! The C ABI of iomt.
