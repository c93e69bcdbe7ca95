//! Compiles every `tests/c/*.c` strictly against the header and the static library, and runs it:
//! under valgrind where there is one.
#![expect(clippy::print_stdout, clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `target/<profile>/deps`, where this program and the libraries are.
fn deps() -> PathBuf {
    env::current_exe().unwrap().parent().unwrap().into()
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (&output.stdout, &output.stderr);
    let (out, err) = (String::from_utf8_lossy(out), String::from_utf8_lossy(err));
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
}

fn cc() -> String {
    env::var("CC").unwrap_or_else(|_| "cc".into())
}

/// Compiles and links a program; gives where it is.
fn compile(source: &Path, options: &[&str]) -> PathBuf {
    let name = format!("iomt-c-{}", source.file_stem().unwrap().to_str().unwrap());
    let program = deps().join(name);
    succeed(
        Command::new(cc())
            .args(["-std=c99", "-g"])
            .args(STRICT)
            .args(options)
            .arg("-I")
            .arg(here().join("include"))
            .arg(source)
            .arg("-o")
            .arg(&program)
            .arg(deps().join("libiomt_c.a"))
            .args(["-lpthread", "-ldl", "-lm"]),
    );
    program
}

#[test]
fn programs() {
    let valgrind = has("valgrind");
    if !valgrind {
        println!("skipped: there is no valgrind");
    }
    let mut count = 0;
    for entry in fs::read_dir(here().join("tests/c")).unwrap() {
        let source = entry.unwrap().path();
        if source.extension().is_none_or(|extension| extension != "c") {
            continue;
        }
        let program = compile(&source, &[]);
        if valgrind {
            succeed(
                Command::new("valgrind")
                    .args(["--quiet", "--error-exitcode=9", "--leak-check=full"])
                    .arg(&program),
            );
        } else {
            succeed(&mut Command::new(&program));
        }
        count += 1;
    }
    assert!(count > 0, "no programs");
}

#[test]
fn the_readme_s_example_translates() {
    let readme = fs::read_to_string(here().join("../../README.md")).unwrap();
    let example = readme.split("```c\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let message = "MSH|^~\\\\&|L|H|||20261124080000+0100||ORU^R01|1|P|2.5.1\\rPID|1||1^^^H^MR\\r\
                   OBR|1||F1|24323-8^x^LN\\rOBX|1|NM|2345-7^x^LN||95|mg/dL|||||F\\r";
    let main = format!(
        "static const char message[] = \"{message}\";\n\
         int main(void) {{\n    \
             return translate((const uint8_t *)message, sizeof message - 1) != IOMT_OK;\n}}\n"
    );
    let source = deps().join("readme.c");
    fs::write(&source, format!("#include <stdio.h>\n{example}{main}")).unwrap();
    let program = compile(&source, &["-Wno-missing-field-initializers"]);
    let output = Command::new(program).output().unwrap();
    let bundle = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && bundle.contains("\"value\":95"), "{bundle}");
}

#[test]
fn the_header_is_strict_c_and_c_plus_plus() {
    let unit = "#include \"iomt.h\"\n#include \"iomt.h\"\nint main(void) { return 0; }\n";
    for (compiler, standard, extension) in
        [(cc().as_str(), "c99", "c"), (&cc(), "c11", "c"), ("g++", "c++17", "cpp")]
    {
        if !has(compiler) {
            println!("skipped: there is no {compiler}");
            continue;
        }
        let source = deps().join(format!("iomt-header-{standard}.{extension}"));
        fs::write(&source, unit).unwrap();
        succeed(
            Command::new(compiler)
                .arg(format!("-std={standard}"))
                .args(STRICT)
                .args(["-Wundef", "-fsyntax-only", "-I"])
                .arg(here().join("include"))
                .arg(source),
        );
    }
}

/// The library that a program is linked to at run time has the name that stands for its ABI.
#[cfg(target_os = "linux")]
#[test]
fn the_shared_library_has_a_soname() {
    if !has("readelf") {
        return println!("skipped: there is no readelf");
    }
    let library = deps().join("libiomt_c.so");
    let output = Command::new("readelf").arg("-d").arg(&library).output().unwrap();
    let soname = format!("Library soname: [libiomt_c.so.{}]", iomt_c::IOMT_ABI_VERSION);
    assert!(String::from_utf8_lossy(&output.stdout).contains(&soname), "{}", library.display());
}
