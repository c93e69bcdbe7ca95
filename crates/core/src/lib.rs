//! What every part of iomt is made of: wire helpers and a parse error with a position, exact
//! decimals, the facts of a device message, and the seam between decoders and sinks.
#![no_std]
extern crate alloc;

pub mod model;
pub mod wire;
