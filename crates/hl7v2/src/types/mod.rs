//! HL7 v2 chapter 2A: data types.
//!
//! Reading is strict, as the standard has the type; `parse_lenient` also reads what senders write in
//! practice, and names it with a code. A composite type is a view: its parts are found when they are
//! asked for.
//!
//! ```
//! use iomt_hl7v2::types::{Cx, Dtm};
//! use iomt_hl7v2::{Index, Message};
//!
//! let text = b"MSH|^~\\&|LAB|H|||20260115143000+0100\rPID|1||4711^^^H^MR\r";
//! let mut index = Index::new();
//! let message = Message::parse(text, &mut index)?;
//! let sent = message.field(b"MSH", 7).map(|field| field.dtm()).transpose()?;
//! assert_eq!(sent.and_then(|sent| sent.zone()).map(|zone| zone.minutes()), Some(60));
//! let id = message.field(b"PID", 3).and_then(|field| field.repetition(1)).map(Cx::from);
//! assert_eq!(id.and_then(|id| id.id_number()).map(|part| part.raw()), Some(&b"4711"[..]));
//! # Ok::<(), iomt_core::wire::ParseError>(())
//! ```

pub(crate) mod array;
mod composite;
pub(crate) mod number;
pub(crate) mod time;

pub(crate) mod cq;
pub(crate) mod cwe;
pub(crate) mod cx;
pub(crate) mod dln;
pub(crate) mod dr;
pub(crate) mod dtm;
pub(crate) mod ed;
pub(crate) mod ei;
pub(crate) mod hd;
pub(crate) mod mdc;
pub(crate) mod ndl;
pub(crate) mod nm;
pub(crate) mod pl;
pub(crate) mod pln;
pub(crate) mod range;
pub(crate) mod role;
pub(crate) mod sn;
mod tn;
pub(crate) mod tq;
pub(crate) mod unit;
pub(crate) mod value;
pub(crate) mod xad;
pub(crate) mod xcn;
pub(crate) mod xon;
pub(crate) mod xpn;
pub(crate) mod xtn;

use iomt_core::DiagnosticCode;

pub use composite::{Ce, Cne, Cwe, Cx, Ed, Ei, Hd, Pl, Rp, Xad, Xcn, Xon, Xpn, Xtn};
pub use mdc::mdil;
pub use number::{Ma, Na, Nm, Nr, Si, Sn};
pub use time::{Dt, Dtm, Tm};
pub use tn::Tn;

/// What was read leniently.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a value and what was tolerated")]
pub struct Lenient<T> {
    /// The value.
    pub value: T,
    /// What of its writing the standard does not have.
    pub tolerated: Option<DiagnosticCode>,
}
