//! What others sent, where `$IOMT_SHARED` or `../shared` has it: every file ends, with valid
//! documents or with a diagnostic. Elsewhere it says *skipped*.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use iomt::{
    Config, Form, Translator,
    account::{Account, Fate},
};

use crate::properties::check;
use crate::support::{Record, shared, translate};

/// Larger files are for the release build: `acceptance/corpora.py` and `hostile.py` take them.
const LARGEST: u64 = 200_000;

/// Those that are read a second time, cut anywhere.
const CUT: usize = 20_000;

/// A reader that gives pieces of ever other lengths.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1 * 31 % 1009;
        let len = self.1.min(buffer.len()).min(self.0.len());
        buffer[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        Ok(len)
    }
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            files(&path, found);
        } else if entry.metadata().unwrap().len() <= LARGEST {
            found.push(path);
        }
    }
}

#[test]
fn what_others_sent_ends_well() {
    let Some(shared) = shared() else {
        println!("corpora: skipped, there is no ../shared");
        return;
    };
    let mut paths = Vec::new();
    for dir in ["corpora/hl7v2", "corpora/hostile", "corpora/acute"] {
        files(&shared.join(dir), &mut paths);
    }
    paths.sort();
    let (mut read, mut documents, mut unknown) = (0, 0, 0);
    for path in &paths {
        let bytes = fs::read(path).unwrap();
        let Some(protocol) = iomt::detect(&bytes) else {
            unknown += 1;
            continue;
        };
        let mut config = Config::default();
        config.to = Form::Ndjson;
        let record = translate(protocol, &bytes, config.clone());
        if bytes.len() <= CUT {
            let mut pieces = Record::default();
            let (mut translator, mut rest) = (Translator::new(config), Pieces(&bytes, 7));
            translator.read(protocol, Vec::new(), &mut rest, &mut pieces).unwrap();
            let same = pieces.documents == record.documents
                && pieces.diagnostics == record.diagnostics
                && pieces.outcomes == record.outcomes;
            assert!(same, "{}: in pieces it is another thing", path.display());
        }
        check(&record);
        let told = !record.documents.is_empty() || !record.diagnostics.is_empty();
        assert!(told, "{}: nothing is said", path.display());
        read += 1;
        documents += record.documents.len();
    }
    println!("corpora: {read} files gave {documents} documents; {unknown} are of other formats");
    assert!(read > 100);
}

/// What becomes of each part of a feed. Not all is told yet: of 10,000 parts one may be silent.
#[test]
fn little_of_what_others_sent_is_lost_in_silence() {
    let Some(shared) = shared() else {
        println!("coverage: skipped, there is no ../shared");
        return;
    };
    let (mut paths, mut parts, mut silent) = (Vec::new(), 0, Vec::new());
    files(&shared.join("corpora/hl7v2"), &mut paths);
    paths.sort();
    let protocol = iomt::protocol("hl7v2").unwrap();
    for path in &paths {
        let bytes = fs::read(path).unwrap();
        if iomt::detect(&bytes).is_none_or(|found| found.name != protocol.name) {
            continue;
        }
        let mut record = Record::default();
        let mut account = Account::new(&mut record);
        let mut translator = Translator::new(Config::default());
        translator.file(protocol, &bytes, &mut account);
        let accounted = account.parts(protocol, &translator.options(), &bytes).unwrap();
        parts += accounted.len();
        let lost = accounted.into_iter().filter(|part| part.fate == Fate::Silent);
        silent.extend(lost.map(|part| format!("{}: {}", path.display(), part.path)));
    }
    println!("coverage: of {parts} parts {} are silent", silent.len());
    assert!(parts > 100_000);
    assert!(silent.len() * 10_000 <= parts, "{}", silent.join("\n"));
}
