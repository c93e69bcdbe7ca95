//! Lines of `crates/hl7v2` that its unit tests, the suite and the tests of the command run. Those of
//! tests are not counted.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::support::{Result, output, root};

const CRATE: &str = "crates/hl7v2/src";
/// Per mille of the lines.
const WANTED: usize = 950;

/// `cargo xtask coverage`
pub fn coverage(_: &[String]) -> Result {
    let Some(tools) = tools()? else {
        println!("coverage: skipped, `rustup component add llvm-tools` gives what it needs");
        return Ok(());
    };
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let work = target.join("coverage");
    let raw = work.join("raw");
    let _ = fs::remove_dir_all(&raw);
    let cargo = |args: &[&str]| {
        let mut command = Command::new("cargo");
        command.args(["test", "-p", "iomt-hl7v2", "-p", "iomt-cli", "-p", "iomt-tests", "--tests"]);
        command.args(args).current_dir(root()).env("CARGO_TARGET_DIR", &work);
        command.env("RUSTFLAGS", "-C instrument-coverage");
        command.env("LLVM_PROFILE_FILE", raw.join("%p-%m.profraw"));
        command
    };
    let built = output(&mut cargo(&["--no-run", "--message-format=json"]))?;
    let built = built.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let programs: Vec<String> =
        built.filter_map(|row| row["executable"].as_str().map(str::to_owned)).collect();
    output(&mut cargo(&["--quiet"]))?;
    let profile = work.join("merged.profdata");
    let raw: Vec<_> = fs::read_dir(&raw)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<std::result::Result<_, _>>()?;
    let mut merge = Command::new(tools.join("llvm-profdata"));
    output(merge.args(["merge", "-sparse", "-o"]).arg(&profile).args(&raw))?;
    let mut export = Command::new(tools.join("llvm-cov"));
    export.args(["export", "--format=lcov", "--instr-profile"]).arg(&profile);
    export.args(programs.iter().flat_map(|program| ["--object", program]));
    report(&output(&mut export)?)
}

/// The tools of the toolchain.
fn tools() -> Result<Option<PathBuf>> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let rustlib = Path::new(sysroot.trim()).join("lib/rustlib");
    let targets = fs::read_dir(rustlib)?.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    Ok(targets.into_iter().find(|bin| bin.join("llvm-cov").exists()))
}

fn report(lcov: &str) -> Result {
    let mut hits: BTreeMap<PathBuf, BTreeMap<usize, u64>> = BTreeMap::new();
    let mut file = None;
    for line in lcov.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let at = path.find(CRATE).map(|at| PathBuf::from(&path[at..]));
            let name = |path: &PathBuf| path.to_string_lossy().contains("test");
            file = at.filter(|path| !name(path));
        } else if let (Some(file), Some(row)) = (&file, line.strip_prefix("DA:")) {
            let (line, count) = row.split_once(',').ok_or("a row without count")?;
            *hits.entry(file.clone()).or_default().entry(line.parse()?).or_default() +=
                count.parse::<u64>()?;
        }
    }
    let (mut all, mut run) = (0, 0);
    for (file, lines) in &hits {
        let source = fs::read_to_string(root().join(file))?;
        let tests = source.lines().position(|line| line == "#[cfg(test)]").unwrap_or(usize::MAX);
        let own: Vec<_> = lines.iter().filter(|(line, _)| **line <= tests).collect();
        let missed: Vec<_> = own.iter().filter(|(_, count)| **count == 0).collect();
        (all, run) = (all + own.len(), run + own.len() - missed.len());
        for (line, _) in &missed {
            println!(
                "{}:{line}: {}",
                file.display(),
                source.lines().nth(**line - 1).unwrap_or("").trim()
            );
        }
    }
    println!(
        "coverage: {run} of {all} lines of {CRATE}: {}.{} %",
        run * 100 / all,
        run * 1000 / all % 10
    );
    if run * 1000 < all * WANTED { Err("that is too little".into()) } else { Ok(()) }
}
