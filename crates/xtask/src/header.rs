//! The C header, from the C ABI's Rust.

use std::fs;

use crate::support::{Mode, Result, emit, root};

const PATH: &str = "crates/capi/include/iomt.h";

/// Writes or checks the header.
pub fn header(args: &[String]) -> Result {
    let mut config = cbindgen::Config {
        language: cbindgen::Language::C,
        cpp_compat: true,
        usize_is_size_t: true,
        include_guard: Some("IOMT_H".into()),
        header: Some(preface()?),
        no_includes: true,
        sys_includes: vec!["stddef.h".into(), "stdint.h".into()],
        documentation_style: cbindgen::DocumentationStyle::C99,
        style: cbindgen::Style::Both,
        tab_width: 4,
        line_length: 100,
        ..cbindgen::Config::default()
    };
    config.sort_by = cbindgen::SortKey::None;
    let bindings = cbindgen::Builder::new()
        .with_crate(root().join("crates/capi"))
        .with_config(config)
        .generate()?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    emit(Mode::from_args(args)?, PATH, &String::from_utf8(text)?)
}

/// What the crate's documentation says.
fn preface() -> Result<String> {
    let source = fs::read_to_string(root().join("crates/capi/src/lib.rs"))?;
    let mut text = String::from("// Generated from crates/capi by `cargo xtask header`.\n//\n");
    for line in source.lines().map_while(|line| line.strip_prefix("//!")).skip(2) {
        text.push_str("//");
        text.push_str(line);
        text.push('\n');
    }
    text.pop();
    Ok(text)
}
