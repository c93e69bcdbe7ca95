//! Bytes: cursors and nom helpers, the parse error, medical floats, exact decimals. No medicine.

mod cursor;
mod decimal;
mod error;
mod medfloat;
mod span;

pub use cursor::{
    Cursor, IResult, array, complete, finish, i8, i16_be, i16_le, rest, take, u8, u16_be, u16_le,
    u24_le, u32_be, u32_le,
};
pub use decimal::{Number, Ratio, Scaled, number, write_canonical};
pub use error::{ErrorKind, ParseError};
pub use medfloat::{Float, Sfloat, Special};
pub use span::Span;
