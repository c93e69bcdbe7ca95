//! What others sent, where `$IOMT_SHARED` or `../shared` has it: every file ends, with valid
//! documents or with a diagnostic. Elsewhere it says *skipped*.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use iomt::{
    Config, Form, Protocol, Translator,
    account::{Account, Accounted, Coverage, Fate},
    hl7v2::{Index, Messages},
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

/// What becomes of each part of a feed: nothing is lost in silence, and what is no part is structure.
#[test]
fn nothing_of_what_others_sent_is_lost_in_silence() {
    let Some(shared) = shared() else {
        println!("coverage: skipped, there is no ../shared");
        return;
    };
    let (mut paths, mut all, mut lost) = (Vec::new(), Coverage::default(), Vec::new());
    files(&shared.join("corpora/hl7v2"), &mut paths);
    paths.sort();
    let protocol = iomt::protocol("hl7v2").unwrap();
    for path in &paths {
        let bytes = fs::read(path).unwrap();
        if iomt::detect(&bytes).is_none_or(|found| found.name != protocol.name) {
            continue;
        }
        let (parts, silent) = accounted(protocol, &bytes, Config::default());
        parts.iter().for_each(|part| all.add(part.fate));
        lost.extend(silent.iter().map(|what| format!("{}: {what}", path.display())));
    }
    println!("coverage: {all:?}");
    let ignored: u64 = all.ignored.values().sum();
    assert_eq!(all.mapped + all.structural + ignored + all.diagnosed, all.total());
    assert!(all.total() > 100_000);
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// The parts of a feed, and the places of which nothing says what became of them.
pub fn accounted(
    protocol: &Protocol,
    bytes: &[u8],
    config: Config,
) -> (Vec<Accounted>, Vec<String>) {
    let mut record = Record::default();
    let mut account = Account::new(&mut record);
    let mut translator = Translator::new(config);
    translator.file(protocol, bytes, &mut account);
    let parts = account.parts(protocol, &translator.options(), bytes).unwrap();
    let silent = parts.iter().filter(|part| part.fate == Fate::Silent);
    let mut lost: Vec<_> = silent.map(|part| part.path.clone()).collect();
    lost.extend(unaccounted(bytes, &parts, &record).map(|at| format!("byte {at}")));
    (parts, lost)
}

/// The bytes that are in no part and under no diagnostic, and are no structure: delimiters, the ids of
/// segments, what ends a line or frames a message, and blanks.
fn unaccounted(
    bytes: &[u8],
    parts: &[Accounted],
    record: &Record,
) -> impl Iterator<Item = usize> + use<> {
    let mark = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let blank = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0x0B | 0x1C);
    let mut known: Vec<bool> = bytes.iter().map(blank).collect();
    known[..mark].fill(true);
    let mut cover = |span: iomt::wire::Span| {
        let (start, end) = (span.offset as usize, span.end() as usize);
        known.get_mut(start..end.min(bytes.len())).unwrap_or_default().fill(true);
    };
    parts.iter().for_each(|part| cover(part.span));
    let told = record.diagnostics.iter().map(|(_, diagnostic)| diagnostic);
    told.filter(|told| told.code.leaves_out()).for_each(|told| cover(told.span));
    let mut messages = Messages::new(bytes);
    let (mut index, mut structure) = (Index::new(), vec![false; bytes.len()]);
    while let Some(entry) = messages.next(&mut index, |_| ()) {
        let Ok(message) = &entry.message else { continue };
        for segment in message.segments() {
            let start = segment.offset();
            structure[start..start + segment.id().len()].fill(true);
        }
        let d = message.delimiters();
        let delimiters = [d.field, d.component, d.repetition, d.subcomponent];
        let start = message.offset();
        for at in start..start + message.raw().len() {
            structure[at] |= delimiters.contains(&bytes[at]);
        }
    }
    (0..bytes.len()).filter(move |at| !known[*at] && !structure[*at])
}
