//! Public messages and hostile ones, where they are there: `IOMT_SHARED`, else `../shared` beside the
//! repository.

extern crate std;

use std::path::{Path, PathBuf};
use std::vec::Vec;
use std::{env, eprintln, fs};

use iomt_core::Options;

use crate::testing::read_bytes;
use crate::{Index, Message};

fn shared() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    env::var_os("IOMT_SHARED").map_or_else(|| PathBuf::from(beside), PathBuf::from)
}

fn files(directory: &Path, found: &mut Vec<PathBuf>, wanted: fn(&str) -> bool) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found, wanted);
        } else if path.file_name().and_then(|name| name.to_str()).is_some_and(wanted) {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
#[expect(clippy::print_stderr, reason = "the test says what it has run over")]
fn corpora_are_read_or_refused() {
    let wanted: fn(&str) -> bool =
        |name| [".hl7", ".hl7.bin", ".mllp.bin"].iter().any(|end| name.ends_with(end));
    for part in ["corpora/hl7v2", "corpora/hostile"] {
        let mut found = Vec::new();
        files(&shared().join(part), &mut found, wanted);
        if found.is_empty() {
            eprintln!("{part}: skipped, for it is not there");
            continue;
        }
        let (mut messages, mut complete) = (0_usize, 0_usize);
        for path in &found {
            let bytes = fs::read(path).unwrap();
            let (lines, _) = read_bytes(&bytes, &Options::default());
            messages += lines.facts.iter().filter(|f| f.starts_with("message ")).count();
            complete += lines.facts.iter().filter(|f| *f == "complete").count();
            let mut index = Index::new();
            if let Ok(message) = Message::parse(&bytes, &mut index) {
                assert!(message.leaves().all(|leaf| !leaf.raw.is_empty()));
            }
        }
        eprintln!("{part}: {} file(s), {messages} message(s), {complete} complete", found.len());
        assert!(complete > 0 && complete <= messages);
    }
}
