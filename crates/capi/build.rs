//! Names the shared library for the loader: cargo gives it no soname. The number is that of
//! `IOMT_ABI_VERSION`.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libiomt_c.so.0");
    }
}
