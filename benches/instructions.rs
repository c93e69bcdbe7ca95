//! Instructions, which do not depend on how busy a machine is: the gate.
//!
//! `cargo bench -p iomt-benches --bench instructions` runs every work under callgrind, prints
//! instructions per unit, and compares them with `instructions.txt`: 5 % more fail. `BLESS=1` writes
//! that file. It also compares works of n and of 2n rows: more than 2.5 times as many fail; and a
//! stream that comes byte by byte with one that comes at once: more than 3 times as many fail.

mod works;

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use works::Work;

/// What the design asks for, per unit.
const GOALS: [(&str, u64); 2] = [("fhir bundle of oru10", 6000), ("fhir ndjson of 2a37", 4000)];

/// Rows of the works whose growth is looked at.
const ROWS: usize = 500;
const GROWTH: f64 = 2.5;
const TOLERANCE: f64 = 1.05;
const BY_BYTE: f64 = 3.0;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["count", rows, name] => {
            count(rows.parse().expect("a number of rows"), name);
            ExitCode::SUCCESS
        }
        [] => compare(""),
        [filter] => compare(filter),
        _ => panic!("usage: instructions [PART OF A NAME]"),
    }
}

fn compare(filter: &str) -> ExitCode {
    if !Command::new("valgrind").arg("--version").output().is_ok_and(|out| out.status.success()) {
        println!("instructions: skipped, for valgrind is not there");
        return ExitCode::SUCCESS;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.txt");
    let known = read(&fs::read_to_string(&file).unwrap_or_default());
    let bless = env::var_os("BLESS").is_some();
    let (mut failures, mut lines) = (Vec::new(), HEADER.to_owned());
    for work in works::all().iter().filter(|work| work.name.contains(filter)) {
        let found = instructions(0, &work.name) / work.units;
        let _ = writeln!(lines, "{} = {found}", work.name);
        let before = known.get(&work.name).copied();
        let goal = GOALS.iter().find(|(name, _)| *name == work.name);
        let goal = goal.map_or(String::new(), |(_, goal)| format!(", goal {goal}"));
        let was = before.map_or(String::new(), |before| format!(", was {before}"));
        println!("{:28} {found:9} per {}{was}{goal}", work.name, work.unit);
        let more = before.is_none_or(|before| found as f64 > before as f64 * TOLERANCE);
        if more && !bless {
            failures.push(format!("{}: {found}{was}", work.name));
        }
    }
    for (one, two) in works::growing(ROWS).iter().zip(works::growing(2 * ROWS)) {
        if !one.name.contains(filter) {
            continue;
        }
        let growth =
            instructions(2 * ROWS, &two.name) as f64 / instructions(ROWS, &one.name) as f64;
        println!("{:28} x {growth:.2} for twice as many rows", one.name);
        if growth > GROWTH {
            failures.push(format!("{}: {growth:.2} times as many", one.name));
        }
    }
    for (at_once, by_byte) in [("hl7v2 stream oru10", "hl7v2 stream oru10 by byte")] {
        if !by_byte.contains(filter) {
            continue;
        }
        let times = instructions(0, by_byte) as f64 / instructions(0, at_once) as f64;
        println!("{by_byte:28} x {times:.2} of what it is at once");
        if times > BY_BYTE {
            failures.push(format!("{by_byte}: {times:.2} times as many"));
        }
    }
    if bless && filter.is_empty() {
        fs::write(&file, lines).expect("instructions.txt can be written");
    }
    if failures.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("\nmore instructions than before (BLESS=1 accepts them):\n{}", failures.join("\n"));
    ExitCode::FAILURE
}

const HEADER: &str = "\
# Instructions per unit, by callgrind. BLESS=1 cargo bench -p iomt-benches --bench instructions
";

fn read(text: &str) -> BTreeMap<String, u64> {
    let line = |line: &str| {
        let (name, number) = line.split_once(" = ")?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// Instructions of one run, as callgrind counts them in a process of its own.
fn instructions(rows: usize, name: &str) -> u64 {
    let program = env::current_exe().expect("this program");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*measured*"])
        .arg(program)
        .args(["count", &rows.to_string(), name])
        .output()
        .expect("valgrind runs");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {log}");
    let collected = log.lines().find_map(|line| line.split("Collected : ").nth(1));
    let collected = collected.and_then(|number| number.trim().parse::<u64>().ok());
    collected.filter(|n| *n > 0).expect("a number of instructions") / RUNS
}

const RUNS: u64 = 4;

fn count(rows: usize, name: &str) {
    let works = if rows == 0 { works::all() } else { works::growing(rows) };
    let mut work: Work = works.into_iter().find(|work| work.name == name).expect("a work");
    // What is reused has grown by then.
    (0..RUNS).for_each(|_| (work.run)());
    (0..RUNS).for_each(|_| measured(&mut *work.run));
}

/// Callgrind counts in here.
#[inline(never)]
fn measured(run: &mut dyn FnMut()) {
    run();
}
