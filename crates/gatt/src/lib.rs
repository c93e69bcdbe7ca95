//! Bluetooth GATT health characteristics.
