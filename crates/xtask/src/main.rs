//! Maintainers' tasks. `cargo xtask` lists them.

mod ci;
mod coverage;
mod fhir;
mod hapi;
mod header;
mod maps;
mod nomenclature;
mod support;

use std::process::ExitCode;

type Task = (&'static str, fn(&[String]) -> support::Result, &'static str);

const TASKS: &[Task] = &[
    ("ci", ci::run, "[--full] [STEP...] runs what CI runs"),
    (
        "import",
        import,
        "reads what others publish ($IOMT_SHARED or ../shared), writes crates/*/data/*.csv",
    ),
    ("coverage", coverage::coverage, "measures which lines of crates/hl7v2 the tests run"),
    ("codegen", codegen, "[--check] turns crates/*/data/*.csv into the checked-in generated Rust"),
    ("hapi", hapi::hapi, "[SEED...] compares the leaves of messages that are made up with HAPI's"),
    ("header", header::header, "[--check] writes crates/capi/include/iomt.h"),
];

fn import(_: &[String]) -> support::Result {
    let shared = support::shared()?;
    nomenclature::import(&shared)?;
    maps::import(&shared)?;
    fhir::import(&shared)
}

fn codegen(args: &[String]) -> support::Result {
    let mode = support::Mode::from_args(args)?;
    maps::codegen(mode)?;
    nomenclature::codegen(mode)?;
    fhir::codegen(mode)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = args.split_first().map_or(("", &[][..]), |(n, r)| (n.as_str(), r));
    let Some((_, run, _)) = TASKS.iter().find(|task| task.0 == name) else {
        for (name, _, what) in TASKS {
            println!("cargo xtask {name:<10} {what}");
        }
        return if name.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) };
    };
    match run(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask {name}: {error}");
            ExitCode::FAILURE
        }
    }
}
