//! Bytes: positions, errors, numbers. No medicine.

mod decimal;
mod span;

pub use decimal::{Ratio, Scaled};
pub use span::Span;
