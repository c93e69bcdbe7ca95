//! Every cap, with its source.

/// The longest value of an attribute: Bluetooth Core Specification, Vol 3, Part F, §3.2.9.
pub const VALUE_BYTES: usize = 512;
