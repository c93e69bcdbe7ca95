//! What every part of iomt is made of: wire helpers and a parse error with a position, exact
//! decimals, the facts of a device message, and the seam between decoders and sinks.
//!
//! Data flows one way: a [`Decoder`] takes an [`Input`] and hands facts ([`model`]) to a [`Sink`].
//! Facts are `Copy` and borrow; a decoder mints the keys by which they name each other, declares
//! before it uses, and ends every message.
#![no_std]
extern crate alloc;

pub mod model;
pub mod wire;

mod decoder;
mod diagnostic;
mod limits;
mod part;
mod sink;

pub use decoder::{
    Confidence, Decoder, Evidence, Input, Inputs, Options, Payload, Protocol, Terminators,
};
pub use diagnostic::{Diagnostic, DiagnosticCode, Place, Severity};
pub use limits::{LimitKind, Limits};
pub use part::{Part, Parts, Rule};
pub use sink::{End, Outcome, Sink, Tee, recycle};
