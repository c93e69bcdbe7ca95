//! Bluetooth GATT health characteristics: the values that a device notifies, indicates or lets
//! read, as facts.
//!
//! | characteristic | view | what is observed |
//! |---|---|---|
//! | 2A37 Heart Rate Measurement | [`HeartRateMeasurement`] | heart rate, energy expended, RR intervals |
//! | 2A35 Blood Pressure Measurement | [`BloodPressureMeasurement`] | pressures, pulse rate, measurement status |
//!
//! [`GattDecoder`] is one connection: it takes values by their assigned number and hands facts to a
//! sink. A view is also of use by itself: [`Characteristic::parse`] reads a value, getters give its
//! fields in the order of the wire, [`Characteristic::observe`] says what they mean.
//!
//! # What is decided here
//!
//! - A value that ends before its flags say so is refused; no part of it is believed.
//! - Reserved bits that are set, and bytes after the last field, are ignored with a diagnostic.
//! - Numbers keep the precision that the device wrote; a special value becomes its own reason.
//! - A time stamp (2A08) has no zone. One with an unknown or impossible part is no time at all.
//! - The list of RR intervals reaches to the end of the value, and may be empty.
//! - Without skin contact, the heart rate and the RR intervals carry the flag that says so. The
//!   energy is a sum over the session and does not.
//!
//! # Adding a characteristic
//!
//! One file with its view, one line below that declares it, one line in `decoder.rs` that
//! dispatches to it; rows in the nomenclature where it has new codes; vectors.
#![no_std]
extern crate alloc;

mod blood_pressure;
mod date_time;
mod decoder;
mod field;
mod heart_rate;
pub mod limits;
#[cfg(test)]
mod testing;

pub use blood_pressure::{BloodPressureMeasurement, MeasurementStatus, PulseRateRange};
pub use date_time::DateTime;
pub use decoder::{Characteristic, GattDecoder, PROTOCOL};
pub use heart_rate::{HeartRateMeasurement, RrInterval, RrIntervals, SensorContact};
