//! Leaves as HAPI reads them, where `$IOMT_SHARED` or `../shared` has what it read; and every file
//! put together again from its parts, byte for byte.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use iomt::hl7v2::{Ack, AckCode, Edit, Groups, Index, Message, Path as Place};
use serde_json::Value;

use crate::{conformance::paths::rebuilt, support::shared};

/// `message,reason,"file"`: where we differ from HAPI, and why.
const EXCEPTIONS: &str = include_str!("leaves.csv");

/// Calls `each` with the messages of a file: one begins wherever a line begins with `MSH`.
fn messages(bytes: &[u8], mut each: impl FnMut(usize, Option<&Message<'_>>)) {
    let mut index = Index::new();
    let begins = |at: usize| {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let line = before.is_none_or(|b| matches!(b, b'\r' | b'\n' | 0x0B | 0x1C | 0xBF));
        line && bytes[at..].starts_with(b"MSH") && bytes.get(at + 3) != Some(&b' ')
    };
    let starts: Vec<_> = (0..bytes.len()).filter(|at| begins(*at)).collect();
    for (number, start) in starts.into_iter().enumerate() {
        each(number + 1, Message::parse(&bytes[start..], &mut index).ok().as_ref());
    }
}

/// By `1:MSH-3[1].1.1`: the number of the line, and the path in it.
fn leaves(message: &Message<'_>) -> BTreeMap<String, String> {
    let verbatim = message.verbatim();
    let header = |leaf: &iomt::hl7v2::Leaf<'_>| leaf.id == b"MSH" && leaf.field < 3;
    let entry = |leaf: iomt::hl7v2::Leaf<'_>| {
        let id = std::str::from_utf8(leaf.id).unwrap();
        let (field, repetition) = (leaf.field, leaf.repetition);
        let (component, sub) = (leaf.component, leaf.subcomponent);
        let key = format!("{}:{id}-{field}[{repetition}].{component}.{sub}", leaf.line + 1);
        (key, verbatim.text(leaf.raw))
    };
    message.leaves().filter(|leaf| !header(leaf)).map(entry).collect()
}

/// What HAPI leaves in a value: `\Xhh..\`, read in the same character set, and `\P\`.
fn decoded(value: &str, message: &Message<'_>) -> String {
    let escape = char::from(message.delimiters().escape);
    let mut parts: Vec<String> = value.split(escape).map(str::to_owned).collect();
    let (mut out, mut at) = (parts.remove(0), 0);
    while at < parts.len() {
        let closed = at + 1 < parts.len();
        let digits = parts[at].strip_prefix('X').filter(|d| {
            closed && !d.is_empty() && d.len() % 2 == 0 && d.bytes().all(|b| b.is_ascii_hexdigit())
        });
        if let Some(digits) = digits {
            let raw = [
                escape.to_string().as_bytes(),
                b"X",
                digits.as_bytes(),
                escape.to_string().as_bytes(),
            ]
            .concat();
            out += &message.verbatim().text(&raw);
            out += &parts[at + 1];
            at += 2;
        } else {
            out.push(escape);
            out += &parts[at];
            at += 1;
        }
    }
    out
}

#[test]
fn leaves_are_those_of_hapi() {
    let Some(shared) = shared() else {
        println!("leaves: skipped, there is no ../shared");
        return;
    };
    let directory = shared.join("corpora/hl7v2");
    let zipped = fs::File::open(directory.join("hapi_leaves.jsonl.gz")).unwrap();
    let mut lines = String::new();
    flate2::read::GzDecoder::new(zipped).read_to_string(&mut lines).unwrap();
    let exceptions: Vec<(&str, &str)> = EXCEPTIONS
        .lines()
        .skip(1)
        .map(|line| {
            let mut parts = line.splitn(3, ',');
            let (number, _) = (parts.next().unwrap(), parts.next().unwrap());
            (parts.next().unwrap().trim_matches('"'), number)
        })
        .collect();
    let (mut equal, mut used, mut wrong) = (0, vec![false; exceptions.len()], Vec::new());
    let mut expected: BTreeMap<String, BTreeMap<usize, Value>> = BTreeMap::new();
    for line in lines.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        if row["agrees_with_reference"] == true {
            let number = usize::try_from(row["message"].as_u64().unwrap()).unwrap();
            let file = row["file"].as_str().unwrap().to_owned();
            expected.entry(file).or_default().insert(number, row["leaves"].clone());
        }
    }
    for (file, wanted) in &expected {
        let bytes = fs::read(directory.join(file)).unwrap();
        let mut seen = 0;
        messages(&bytes, |number, message| {
            let Some(hapi) = wanted.get(&number).and_then(Value::as_object) else { return };
            seen += 1;
            let number = number.to_string();
            let listed = exceptions.iter().position(|(f, n)| f == file && *n == number);
            let ours = message.map(leaves);
            let theirs = message.map(|message| {
                let decoded = |value: &Value| decoded(value.as_str().unwrap(), message);
                hapi.iter().map(|(key, value)| (key.clone(), decoded(value))).collect()
            });
            let (Some(ours), Some(theirs)): (_, Option<BTreeMap<String, String>>) = (ours, theirs)
            else {
                match listed {
                    Some(at) => used[at] = true,
                    None => wrong.push(format!("{file},{number}: not read")),
                }
                return;
            };
            match (ours == theirs, listed) {
                (true, _) => equal += 1,
                (false, Some(at)) => used[at] = true,
                (false, None) => {
                    let differs =
                        |(key, value): &(&String, &String)| theirs.get(*key) != Some(value);
                    let ours_only = ours.iter().find(differs).map(|(key, _)| key);
                    let theirs_only =
                        theirs.iter().find(|(key, value)| ours.get(*key) != Some(value));
                    wrong.push(format!(
                        "{file},{number}: {ours_only:?} {:?}",
                        theirs_only.map(|(key, _)| key)
                    ));
                }
            }
        });
        if seen != wanted.len() {
            wrong.push(format!("{file}: {seen} of {} messages", wanted.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for ((file, number), used) in exceptions.iter().zip(used) {
        assert!(used, "{file},{number} is no exception");
    }
    println!("leaves: {equal} messages are equal, {} exceptions", exceptions.len());
    assert!(equal > 800);
}

/// The acknowledgement is a message, and names the one that it answers byte for byte.
fn answered(message: &Message<'_>) {
    let ack = Ack { code: AckCode::AA, control_id: "A1", time: "20261124080000", errors: &[] };
    let (mut out, mut unread, mut index) = (Vec::new(), Vec::new(), Index::new());
    ack.write(message, &mut out);
    ack.write_unread(message.raw(), &mut unread);
    // What was not read ends its header with the first LF; else it is answered alike.
    if !message.line(0).unwrap().raw().contains(&b'\n') {
        assert!(out == unread);
    }
    let answer = Message::parse(&out, &mut index).unwrap();
    let raw = |message: &Message<'_>, id: &[u8; 3], field| {
        message.field(id, field).map_or(Vec::new(), |field| field.raw().to_vec())
    };
    assert_eq!(answer.raw().len(), out.len());
    for (ours, theirs) in [(3, 5), (4, 6), (5, 3), (6, 4), (18, 18)] {
        assert_eq!(raw(&answer, b"MSH", ours), raw(message, b"MSH", theirs));
    }
    assert_eq!(raw(&answer, b"MSA", 2), raw(message, b"MSH", 10));
}

/// MSH-10 is changed, and changed back.
fn edited(message: &Message<'_>) {
    let path = Place::field(*b"MSH", 10);
    let before = message.leaf(path).map_or(&[][..], |leaf| leaf.raw());
    let Ok(was) = std::str::from_utf8(before) else { return };
    if was.is_empty() || was.bytes().any(|b| !b.is_ascii_alphanumeric()) {
        return;
    }
    let mut index = Index::new();
    let copy = message.edited(path, Edit::Text("A|B")).unwrap();
    let other = Message::parse(&copy, &mut index).unwrap();
    assert_eq!(other.verbatim().text(other.leaf(path).unwrap().raw()), "A|B");
    assert!(other.edited(path, Edit::Text(was)).unwrap() == message.raw());
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn every_file_is_put_together_again() {
    let Some(shared) = shared() else {
        println!("round trip: skipped, there is no ../shared");
        return;
    };
    let mut paths = Vec::new();
    files(&shared.join("corpora/hl7v2"), &mut paths);
    let (mut count, mut groups) = (0, Groups::new());
    for path in paths {
        let bytes = fs::read(&path).unwrap();
        messages(&bytes, |number, message| {
            let Some(message) = message else { return };
            assert!(rebuilt(message) == message.raw(), "{}, {number}", path.display());
            answered(message);
            edited(message);
            groups.assemble(message);
            let placed = (0..message.lines()).filter_map(|line| groups.place_of(line));
            assert_eq!(placed.count(), message.segments().count());
            count += 1;
        });
    }
    println!("round trip: {count} messages");
    assert!(count > 1_500);
}
