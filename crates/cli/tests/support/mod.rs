//! Runs the command in a directory of its own.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::{
    env, fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

pub(crate) const OBSERVATION: &str = r#"{"resourceType":"Observation","id":"1","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2345-7"}]},"subject":{"reference":"Patient/1"},"valueInteger":5}"#;

/// A message with one result of patient 4711.
pub(crate) fn oru(id: &str, value: &str) -> String {
    format!(
        "MSH|^~\\&|LAB|H|||20261124080000+0100||ORU^R01^ORU_R01|{id}|P|2.5.1\r\
         PID|1||4711^^^H^MR||Muster^Max\r\
         OBR|1||F{id}|24323-8^panel^LN|||20261124080000+0100\r\
         OBX|1|NM|2345-7^Glucose^LN||{value}|mg/dL|||||F\r"
    )
}

/// A line with a value of 2A37.
pub(crate) fn reading(value: &str, second: u8) -> String {
    format!(
        "{{\"at\":\"2026-11-24T08:00:0{second}Z\",\"device\":\"strap\",\
         \"characteristic\":\"2A37\",\"value\":\"{value}\"}}\n"
    )
}

pub(crate) struct Dir(PathBuf);

pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Dir {
    pub(crate) fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("iomt-cli-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn names(&self, name: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(name)).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = entries.map(|entry| name(entry).into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iomt"));
        command.args(arguments).current_dir(&self.0);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, b"")
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Run {
        let pipe = Stdio::piped;
        let mut command = self.command(arguments);
        let mut child = command.stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().unwrap();
        // A command that reads nothing closes its end.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        Run {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Run {
    /// Every line of standard output is a JSON document.
    pub(crate) fn documents(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn diagnostics(&self) -> Vec<Value> {
        self.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        let kind = |r: &Value| r["resourceType"].as_str().unwrap().to_owned();
        self.documents().iter().map(kind).collect()
    }
}
