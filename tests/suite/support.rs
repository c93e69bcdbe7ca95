//! Reads vectors, and runs them.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use iomt::{
    Config, Diagnostic, DiagnosticCode, Form, Input, Output, Payload, Protocol, Terminators,
    TimeZone, Translator,
};

/// A file under `vectors/<protocol>/` and what is expected of it.
pub struct Vector {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    pub expect: String,
}

/// Everything that a translation gives.
#[derive(Default)]
pub struct Record {
    pub documents: Vec<String>,
    pub diagnostics: Vec<(u64, Diagnostic)>,
    pub outcomes: Vec<String>,
}

impl Output for Record {
    fn document(&mut self, json: &str) {
        self.documents.push(json.into());
    }

    fn diagnostic(&mut self, message: u64, diagnostic: &Diagnostic) {
        self.diagnostics.push((message, *diagnostic));
    }

    fn outcome(&mut self, _: u64, json: &str) {
        self.outcomes.push(json.into());
    }
}

impl Record {
    pub fn has(&self, code: DiagnosticCode) -> bool {
        self.diagnostics.iter().any(|(_, d)| d.code == code)
    }

    /// The diagnostics, a line each.
    pub fn lines(&self) -> String {
        let line = |(message, d): &(u64, Diagnostic)| {
            let place = d.place.to_string();
            let (offset, len) = (d.span.offset, d.span.len);
            let at = if d.span.is_some() { format!("{offset}+{len}") } else { "-".into() };
            format!("{message} {} {} {place} {at}\n", d.severity.as_str(), d.code.name())
        };
        self.diagnostics.iter().map(line).collect()
    }
}

/// `$IOMT_SHARED`, else `../shared` beside the repository, where it is there.
pub fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let dir = env::var_os("IOMT_SHARED").map_or(beside, PathBuf::from);
    dir.is_dir().then_some(dir)
}

/// Every vector of a protocol. A protocol without vectors, and a vector without expectation or
/// source, fail.
pub fn vectors(protocol: &str) -> Vec<Vector> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(protocol);
    let entries = fs::read_dir(&dir).unwrap_or_else(|_| panic!("{} is missing", dir.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut all: Vec<Vector> = paths.filter_map(read).collect();
    assert!(!all.is_empty(), "{}: no vectors", dir.display());
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

fn read(path: PathBuf) -> Option<Vector> {
    let name = path.file_name()?.to_str()?.to_owned();
    let bytes = fs::read(&path).unwrap();
    let bytes = if name.ends_with(".hl7") {
        bytes.into_iter().map(|b| if b == b'\n' { b'\r' } else { b }).collect()
    } else if name.ends_with(".hex") {
        unhex(&String::from_utf8(bytes).unwrap())
    } else if name.ends_with(".jsonl") {
        bytes
    } else {
        return None;
    };
    let expect = fs::read_to_string(stem(&path).with_extension("expect"));
    let expect = expect.unwrap_or_else(|_| panic!("{}: no .expect", path.display()));
    assert!(expect.starts_with("# source: "), "{}: the source is missing", path.display());
    Some(Vector { path, bytes, expect })
}

/// `a/b.hl7.hex` → `a/b`: what its companions are named after.
pub fn stem(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap().to_str().unwrap();
    let end = [".hl7.hex", ".hl7", ".jsonl"].iter().find_map(|end| name.strip_suffix(end));
    // A dot in the stem is part of it: the extension that is set replaces `x`.
    path.with_file_name(format!("{}.x", end.unwrap_or(name)))
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: String =
        text.lines().filter_map(|l| l.split('#').next()).flat_map(str::split_whitespace).collect();
    let byte = |i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

impl Vector {
    /// The configuration that its `# options:` ask for, to NDJSON.
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        config.to = Form::Ndjson;
        config.provenance = false;
        let options = self.expect.lines().find_map(|l| l.strip_prefix("# options: "));
        let mut words = options.unwrap_or("").split_whitespace();
        while let Some(flag) = words.next() {
            let mut value = || words.next().unwrap_or_else(|| panic!("{flag} without value"));
            match flag {
                "--subject" => config.subject = Some(value().into()),
                "--device" => config.device = Some(value().into()),
                "--timezone" => config.timezone = Some(TimeZone::parse(value()).unwrap()),
                "--fhir" => config.fhir = value().parse().unwrap(),
                "--strict" => config.strict = true,
                "--partial" => config.partial = iomt::Partial::parse(value()).unwrap(),
                "--on-invalid" => config.on_invalid = iomt::OnInvalid::parse(value()).unwrap(),
                "--profile" => config.profile = iomt::Guide::parse(value()),
                "--provenance" => config.provenance = true,
                "--message-time" => config.message_time = true,
                "--continuations" => config.continuations = true,
                "--terminators" => config.terminators = Terminators::parse(value()).unwrap(),
                "--config" => config = serde_json::from_str(value()).unwrap(),
                "--code-map" => {
                    let maps = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/code-maps");
                    let text = fs::read(maps.join(value())).unwrap();
                    config.code_maps.add(&text, &iomt::Limits::DEFAULT).unwrap();
                }
                // How it is read.
                "--stream" => {}
                "--person" => {
                    let (number, reference) = value().split_once('=').unwrap();
                    config.persons.insert(number.parse().unwrap(), reference.into());
                }
                _ => panic!("{}: option {flag}", self.path.display()),
            }
        }
        config
    }

    fn asks(&self, flag: &str) -> bool {
        let options = self.expect.lines().find_map(|l| l.strip_prefix("# options: "));
        options.unwrap_or("").split_whitespace().any(|word| word == flag)
    }

    pub fn translate(&self, protocol: &Protocol) -> Record {
        if !self.asks("--stream") {
            return translate(protocol, &self.bytes, self.config());
        }
        let (mut record, mut translator) = (Record::default(), Translator::new(self.config()));
        let mut connection = translator.connect(protocol);
        for input in [Payload::Stream(self.bytes.as_slice()), Payload::Closed] {
            // What cannot be read is a diagnostic.
            let _ = translator.push(&mut connection, Input::new(input), &mut record);
        }
        record
    }
}

pub fn translate(protocol: &Protocol, bytes: &[u8], config: Config) -> Record {
    let mut record = Record::default();
    Translator::new(config).file(protocol, bytes, &mut record);
    record
}
