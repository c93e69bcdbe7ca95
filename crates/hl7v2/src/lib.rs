//! HL7 v2 messages (ER7): zero-copy views, and the facts of ORU^R01, OUL^R22 and ADT.
//!
//! [`Message::parse`] checks the header and fills a reusable [`Index`] of the segments; fields and
//! their parts are split when they are read, and look-ups go by the index. [`Path`] names a part,
//! [`Groups`] tells the groups of the segments, [`Message::edited`] makes a copy that differs in one
//! value, and [`Ack`] answers.
//!
//! ```
//! use iomt_hl7v2::{Index, Message};
//!
//! let text = b"MSH|^~\\&|LAB|H\rPID|1||4711^^^H^MR\rOBX|1|NM|2339-0^Glucose^LN||5.4|mmol/L\r";
//! let mut index = Index::new();
//! let message = Message::parse(text, &mut index)?;
//! let value = message.field(b"OBX", 5).map(|field| field.raw());
//! assert_eq!(value, Some(&b"5.4"[..]));
//! # Ok::<(), iomt_core::wire::ParseError>(())
//! ```
#![no_std]
extern crate alloc;

mod ack;
mod adt;
mod attributes;
mod batch;
mod charset;
mod containment;
mod context;
mod continuation;
mod decoder;
mod delimiters;
mod devices;
mod edit;
mod encode;
mod equipment;
mod escape;
mod field;
mod frame;
mod groups;
mod index;
mod leaves;
mod limits;
mod message;
pub mod mllp;
mod oru_r01;
mod parts;
mod path;
mod replies;
mod scratch;
mod seek;
mod segments;
mod strict;
mod tree;
pub mod types;

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod testing;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests;

pub use ack::{Ack, AckCode, AckError, Disposition, Fault, FaultSeverity};
pub use batch::{Between, Entry, Messages, Position};
pub use charset::Charset;
pub use containment::Containment;
pub use continuation::join;
pub use decoder::{Hl7Decoder, PROTOCOL};
pub use delimiters::Delimiters;
pub use edit::Edit;
pub use encode::{Verbatim, write_trimmed};
pub use escape::TextCodec;
pub use field::{
    Component, Components, Field, Fields, Repetition, Repetitions, Segment, Subcomponent,
    Subcomponents,
};
pub use groups::{GroupPath, Groups, Place, Structure};
pub use index::Index;
pub use leaves::{Leaf, Leaves};
pub use limits::SEGMENT_FIELDS;
pub use message::{Message, Segments};
pub use path::{Node, Path};
