//! The bodies of the fuzz targets, so that stable `cargo test` compiles and runs them.
