//! Paths, files that are written or checked, and formatting of generated Rust.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What a task ends with.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Whether generated files are written or compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Write what differs.
    Write,
    /// Fail where a checked-in file differs.
    Check,
}

impl Mode {
    /// `--check` or nothing.
    pub fn from_args(args: &[String]) -> Result<Self> {
        match args {
            [] => Ok(Self::Write),
            [flag] if flag == "--check" => Ok(Self::Check),
            _ => Err("usage: [--check]".into()),
        }
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `$IOMT_SHARED`, else `../shared` beside the repository.
pub fn shared() -> Result<PathBuf> {
    let path = env::var_os("IOMT_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    if path.is_dir() { Ok(path) } else { Err(format!("{} is not there", path.display()).into()) }
}

/// Writes `content` to `path` (relative to the root), or checks that it stands there.
pub fn emit(mode: Mode, path: &str, content: &str) -> Result {
    let full = root().join(path);
    if fs::read_to_string(&full).ok().as_deref() == Some(content) {
        return Ok(());
    }
    match mode {
        Mode::Check => {
            Err(format!("{path} is not what its data gives: run `cargo xtask codegen`").into())
        }
        Mode::Write => {
            if let Some(dir) = full.parent() {
                fs::create_dir_all(dir)?;
            }
            fs::write(&full, content)?;
            println!("wrote {path}");
            Ok(())
        }
    }
}

/// `source` as rustfmt writes it with the repository's settings.
pub fn rustfmt(source: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root().join(".rustfmt.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().ok_or("rustfmt has no stdin")?;
    let text = source.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "rustfmt's input")??;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err("rustfmt refused the generated source".into())
    }
}

/// What a program writes to its standard output.
pub fn output(command: &mut Command) -> Result<String> {
    let out = command.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    if out.status.success() {
        Ok(text)
    } else {
        Err(format!("{command:?} ended with {}\n{text}", out.status).into())
    }
}
