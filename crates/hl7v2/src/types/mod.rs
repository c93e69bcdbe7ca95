//! HL7 v2 chapter 2A: data types, read into facts.

pub(crate) mod cwe;
pub(crate) mod cx;
pub(crate) mod dtm;
pub(crate) mod ei;
pub(crate) mod hd;
pub(crate) mod nm;
pub(crate) mod range;
pub(crate) mod sn;
pub(crate) mod unit;
pub(crate) mod value;
pub(crate) mod xad;
pub(crate) mod xcn;
pub(crate) mod xon;
pub(crate) mod xpn;
pub(crate) mod xtn;
