//! Resources and data types by their names: [`view`] reads them on a tape, [`build`] writes them.
//!
//! Both are made of the rows of the element table, a method for each element of each type, in any
//! [`Version`](crate::Version); the documentation of each gives path, cardinality and type.

pub mod build;
mod generated;
pub mod view;
