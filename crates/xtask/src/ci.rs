//! What CI runs; `.ci/run` calls it. What a machine lacks is said and skipped, except where `CI` is
//! set and the step says that it must run there.

use crate::support::{Result, output, root};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

type Step = (&'static str, fn() -> Result<Outcome>);

enum Outcome {
    Done(String),
    Skipped(&'static str),
}

const STEPS: &[Step] = &[
    ("formatting", formatting),
    ("clippy", clippy),
    ("documentation", documentation),
    ("tests", tests),
    ("attribution", attribution),
    ("generated files", generated),
    ("fuzz", fuzz),
    ("instruction counts", instructions),
    ("fhir-sdk", fhir_sdk),
    ("acceptance", acceptance),
    ("referees", referees),
];

/// With `--full`.
const FULL: &[Step] = &[("fhir-sdk in full", fhir_sdk_in_full)];

pub fn run(args: &[String]) -> Result {
    let begun = Instant::now();
    let (full, names): (Vec<_>, Vec<_>) = args.iter().partition(|arg| *arg == "--full");
    let full = if full.is_empty() { &[] } else { FULL };
    let wanted = |name: &str| names.is_empty() || names.iter().any(|n| name.contains(n.as_str()));
    for (name, step) in STEPS.iter().chain(full).filter(|(name, _)| wanted(name)) {
        let start = Instant::now();
        println!("== {name}");
        match step().map_err(|error| format!("{name}: {error}"))? {
            Outcome::Done(what) => println!("== {name}: {what} ({} s)", start.elapsed().as_secs()),
            Outcome::Skipped(why) => println!("== {name}: skipped, {why}"),
        }
    }
    println!("== all in {} s", begun.elapsed().as_secs());
    Ok(())
}

fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(root());
    command
}

fn must(command: &mut Command) -> Result {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}

fn has(program: &str, args: &[&str]) -> bool {
    let run = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

fn formatting() -> Result<Outcome> {
    must(&mut cargo(&["fmt", "--all", "--check"]))?;
    must(&mut cargo(&["fmt", "--check", "--manifest-path", FHIR_SDK]))?;
    Ok(Outcome::Done("as rustfmt has it".into()))
}

fn clippy() -> Result<Outcome> {
    must(&mut cargo(&[
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    Ok(Outcome::Done("no warning".into()))
}

fn documentation() -> Result<Outcome> {
    let mut doc = cargo(&["doc", "--quiet", "--workspace", "--no-deps"]);
    must(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Done("no warning".into()))
}

/// The second shell block of the README is the command that runs the tests.
fn tests() -> Result<Outcome> {
    let readme = fs::read_to_string(root().join("README.md"))?;
    let block = readme.split("```sh\n").nth(2).and_then(|rest| rest.split("```").next());
    let command = block.ok_or("the README has no second shell block")?.trim();
    must(Command::new("sh").args(["-c", command]).current_dir(root()))?;
    Ok(Outcome::Done(format!("`{command}`")))
}

/// Feeds in which each part says whose it is; the tests take a tenth of them.
const FEEDS: &str = "100000";

fn attribution() -> Result<Outcome> {
    let mut tests = cargo(&["test", "--quiet", "--release", "-p", "iomt-tests", "--test", "suite"]);
    tests.args(["--", "--exact", "attribution::nothing_is_under_another_patient"]);
    if !output(tests.env("CASES", FEEDS))?.contains("1 passed") {
        return Err("the test is not there".into());
    }
    Ok(Outcome::Done(format!("of {FEEDS} feeds none gives a value to another patient")))
}

fn generated() -> Result<Outcome> {
    must(&mut cargo(&["xtask", "codegen", "--check"]))?;
    must(&mut cargo(&["xtask", "header", "--check"]))?;
    if crate::support::shared().is_err() {
        return Ok(Outcome::Done(
            "tables and header; the import is skipped without ../shared".into(),
        ));
    }
    must(&mut cargo(&["xtask", "import"]))?;
    let changed =
        output(Command::new("git").args(["status", "--porcelain", "crates"]).current_dir(root()))?;
    let data: Vec<_> = changed.lines().filter(|line| line.contains("/data/")).collect();
    if !data.is_empty() && env::var_os("CI").is_some() {
        return Err(format!("the import changes {data:?}").into());
    }
    Ok(Outcome::Done("tables, header and import are what their sources give".into()))
}

/// Seconds a fuzz target; `FUZZ_SECONDS` says otherwise.
const FUZZ_SECONDS: &str = "30";

fn fuzz() -> Result<Outcome> {
    if !has("cargo", &["+nightly", "--version"]) {
        return Ok(Outcome::Skipped("there is no nightly toolchain"));
    }
    if !has("cargo", &["fuzz", "--version"]) {
        must(&mut cargo(&["install", "--quiet", "--locked", "cargo-fuzz"]))?;
    }
    let mut told = Vec::new();
    for target in [
        "hl7v2",
        "hl7v2_diff",
        "mllp_stream",
        "gatt",
        "translate",
        "fhir_json",
        "fhir_xml",
        "fhir_roundtrip",
    ] {
        let seconds = env::var("FUZZ_SECONDS").unwrap_or_else(|_| FUZZ_SECONDS.into());
        let time = format!("-max_total_time={seconds}");
        let options = [&*time, "-print_final_stats=1", "-timeout=5", "-rss_limit_mb=2048"];
        let (passed, log) = fuzz_run(target, &options, "")?;
        if !passed {
            let last = log.lines().rev().take(30).collect::<Vec<_>>().join("\n");
            return Err(format!("{target}: {last}").into());
        }
        let executions = log
            .lines()
            .find_map(|l| l.strip_prefix("stat::number_of_executed_units:"))
            .and_then(|n| n.trim().parse::<u64>().ok())
            .unwrap_or(0);
        if executions == 0 {
            return Err(format!("{target}: nothing was executed").into());
        }
        told.push(format!("{target} {executions}"));
    }
    // A fuzzer that finds nothing is only worth something if it would: by its own message, for a
    // build that fails finds nothing either.
    let (passed, log) = fuzz_run("hl7v2", &["-max_total_time=120"], "--cfg planted_bug")?;
    if passed || !["panicked at", "the planted bug"].iter().all(|text| log.contains(text)) {
        return Err("the planted bug was not found".into());
    }
    Ok(Outcome::Done(format!("executions: {}; the planted bug is found", told.join(", "))))
}

/// Runs a target for a while on a copy of its corpus, which stays as it is; gives whether it
/// found nothing, and its log. From one seed, so that a gate that was passed is passed again.
fn fuzz_run(target: &str, options: &[&str], flags: &str) -> Result<(bool, String)> {
    let work = root().join("target/fuzz-corpus").join(target);
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    let mut command = cargo(&["+nightly", "fuzz", "run", target]);
    command.arg(&work).arg(format!("fuzz/corpus/{target}")).args(["--", "-seed=1"]).args(options);
    if !flags.is_empty() {
        command.env("RUSTFLAGS", flags);
    }
    // Optimizing all of it again for each target takes longer than the runs.
    command.env("CARGO_PROFILE_RELEASE_LTO", "off");
    command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    let out = command.stdout(Stdio::null()).output()?;
    Ok((out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned()))
}

/// Builds the command; gives where it is.
pub fn build_iomt() -> Result<PathBuf> {
    must(&mut cargo(&["build", "--quiet", "--release", "--bin", "iomt"]))?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Ok(root().join(target).join("release/iomt"))
}

fn instructions() -> Result<Outcome> {
    if !has("valgrind", &["--version"]) {
        return Ok(Outcome::Skipped("there is no valgrind"));
    }
    must(&mut cargo(&[
        "bench",
        "--quiet",
        "--package",
        "iomt-benches",
        "--bench",
        "instructions",
    ]))?;
    Ok(Outcome::Done("as in benches/instructions.txt".into()))
}

/// A workspace of its own, which is built with one version at a time.
const FHIR_SDK: &str = "crates/fhir-sdk/Cargo.toml";

fn fhir_sdk_with(command: &str, version: &str, args: &[&str]) -> Result {
    let mut cargo = cargo(&[command, "--quiet", "--manifest-path", FHIR_SDK]);
    cargo.args(["--target-dir", "target/fhir-sdk", "--features", version]).args(args);
    must(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

fn fhir_sdk() -> Result<Outcome> {
    fhir_sdk_with("test", "r4b", &[])?;
    Ok(Outcome::Done("resources go to the types of R4B and come back".into()))
}

fn fhir_sdk_in_full() -> Result<Outcome> {
    fhir_sdk_with("test", "r5", &[])?;
    fhir_sdk_with("clippy", "r4b", &["--", "-D", "warnings"])?;
    fhir_sdk_with("doc", "r4b", &["--no-deps"])?;
    Ok(Outcome::Done("resources go to the types of R5 and come back; no warning".into()))
}

/// The programs of ../shared/acceptance that hold for what is there, with a seed of their own.
fn acceptance() -> Result<Outcome> {
    let Ok(shared) = crate::support::shared() else {
        return Ok(Outcome::Skipped("there is no ../shared"));
    };
    if !has("python3", &["--version"]) {
        return Ok(Outcome::Skipped("there is no python3"));
    }
    let exe = env::var_os("IOMT_BIN").map_or_else(build_iomt, |path| Ok(path.into()))?;
    let kept = root().join("target/acceptance");
    fs::create_dir_all(&kept)?;
    for (program, args) in [
        ("house.py", &[][..]),
        ("capi.py", &[]),
        ("hl7_truth.py", &["7", "400"]),
        ("gatt_truth.py", &["7", "400", "2A35,2A37"]),
    ] {
        let mut command = Command::new("python3");
        command.arg(shared.join("acceptance").join(program)).args(args).current_dir(root());
        must(command.env("IOMT_BIN", &exe).env("KEEP", &kept).env("PYTHONDONTWRITEBYTECODE", "1"))?;
    }
    Ok(Outcome::Done("house, capi, hl7_truth, gatt_truth".into()))
}

/// Independent validators on what the bundled samples and the acceptance inputs give.
fn referees() -> Result<Outcome> {
    let Ok(shared) = crate::support::shared() else {
        return Ok(Outcome::Skipped("there is no ../shared"));
    };
    let exe = build_iomt()?;
    let made = root().join("target/referees");
    fs::create_dir_all(&made)?;
    let mut files = Vec::new();
    for sample in fs::read_dir(root().join("tests/samples"))? {
        let path = sample?.path();
        if path.extension().is_some_and(|e| e == "hl7" || e == "jsonl") {
            let mut iomt = Command::new(&exe);
            iomt.args(["translate", "--subject", "Patient/p1"]).arg(&path);
            let name = path.file_stem().ok_or("a sample without name")?;
            for (n, document) in output(&mut iomt)?.lines().enumerate() {
                let file = made.join(format!("{}-{n}.json", name.to_string_lossy()));
                fs::write(&file, document)?;
                files.push(file);
            }
        }
    }
    let mut told = Vec::new();
    if has("java", &["-version"]) && has("mvn", &["--version"]) {
        must(Command::new(shared.join("oracle/java/judge")).args(["--level", "error"]).arg(&made))?;
        java_accepts(&shared, &exe)?;
        for (version, own) in [("r4", false), ("r5", true)] {
            let lines = root().join(format!("target/vectors-{version}.ndjson"));
            fs::write(&lines, vectors(own)?)?;
            let mut judge = Command::new(shared.join("oracle/java/judge"));
            must(judge.args(["--fhir", version, "--level", "error", "--ndjson"]).arg(&lines))?;
        }
        told.push("java");
        crate::hapi::hapi(&[])?;
    }
    if has("node", &["--version"]) {
        let mut node = Command::new(shared.join("oracle/oracle"));
        must(node.args(["--engine", "snapshot"]).args(&files))?;
        told.push("node");
    }
    match told.as_slice() {
        [] => Ok(Outcome::Skipped("there is neither Java with Maven nor Node")),
        told => {
            Ok(Outcome::Done(format!("{} Bundles without error: {}", files.len(), told.join(", "))))
        }
    }
}

/// What the vectors give, as it was blessed: those of R5, whose names say so, or the others.
fn vectors(r5: bool) -> Result<String> {
    let mut lines = String::new();
    for protocol in fs::read_dir(root().join("tests/vectors"))? {
        let dir = protocol?.path();
        for file in dir.is_dir().then(|| fs::read_dir(&dir)).transpose()?.into_iter().flatten() {
            let path = file?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".ndjson") && name.starts_with("r5-") == r5 {
                lines.push_str(&fs::read_to_string(path)?);
            }
        }
    }
    Ok(lines)
}

fn java_accepts(shared: &Path, exe: &Path) -> Result {
    let kept = root().join("target/acceptance");
    for (format, file) in [("hl7v2", "feed.hl7"), ("gatt", "readings.jsonl")] {
        if kept.join(file).exists() {
            let mut command = Command::new("python3");
            command.arg(shared.join("acceptance/java_accepts.py")).arg(format).arg(kept.join(file));
            command.current_dir(root()).env("IOMT_BIN", exe);
            must(command.env("PYTHONDONTWRITEBYTECODE", "1"))?;
        }
    }
    Ok(())
}
