use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;

/// The messages by MSH-10, and what is told.
fn read(text: &str) -> (Vec<String>, Vec<String>) {
    let text = text.replace('\n', "\r");
    let (mut messages, mut index) = (Messages::new(text.as_bytes()), Index::new());
    let (mut ids, mut told) = (Vec::new(), Vec::new());
    loop {
        let next = messages.next(&mut index, |between| match between {
            Between::Envelope(segment) => {
                told.push(String::from_utf8(segment.id().to_vec()).unwrap());
            }
            Between::Remark(d) => told.push(format!("{} {}", d.code.name(), d.place)),
        });
        let Some(entry) = next else { break };
        ids.push(match entry.message {
            Ok(message) => {
                let id = message.field(b"MSH", 10).map_or(&b""[..], |f| f.raw());
                String::from_utf8(id.to_vec()).unwrap()
            }
            Err(error) => error.field().into(),
        });
    }
    (ids, told)
}

fn msh(id: &str) -> String {
    format!("MSH|^~\\&|||||||ORU|{id}\nPID|1\n")
}

#[test]
fn counts_are_checked() {
    let (a, b, c) = (msh("A"), msh("B"), msh("C"));
    let whole = format!("FHS|^~\\&\nBHS|^~\\&\n{a}{b}BTS|2\nBHS#^~\\&\n{c}BTS#1#x\nFTS|02\n");
    let (ids, told) = read(&whole);
    assert_eq!(ids, ["A", "B", "C"]);
    assert_eq!(told, ["FHS", "BHS", "BTS", "BHS", "BTS", "FTS"]);
    let wrong = whole.replace("BTS|2", "BTS|3").replace("FTS|02", "FTS#1");
    let told = read(&wrong).1;
    assert_eq!(told[3], "CountMismatch BTS-1");
    assert_eq!(told[7], "CountMismatch FTS-1");
    assert_eq!(read(&whole.replace("BTS|2", "BTS|x")).1[3], "ValueMalformed BTS-1");
    assert_eq!(read(&whole.replace("BTS|2", "BTS")).1.len(), 6);
}

#[test]
fn brackets_may_be_missing() {
    let (a, b) = (msh("A"), msh("B"));
    for (text, want) in [
        (format!("{a}{b}"), &[][..]),
        (format!("BHS|^~\\&\n{a}"), &["BHS", "EnvelopeIncomplete BTS"]),
        (format!("{a}BTS|1\n"), &["BTS", "EnvelopeIncomplete BTS"]),
        (format!("FHS|^~\\&\n{a}{b}FTS|1\n"), &["FHS", "FTS"]),
        (format!("FHS|^~\\&\n{a}BTS|1\nFTS|1\n"), &["FHS", "BTS", "EnvelopeIncomplete BTS", "FTS"]),
        (
            format!("FHS|^~\\&\nBHS|^~\\&\n{a}FTS|1\n"),
            &["FHS", "BHS", "FTS", "EnvelopeIncomplete FTS"],
        ),
        (format!("BHS|^~\\&\n{a}BTS|1\nFTS|1\n"), &["BHS", "BTS", "FTS", "EnvelopeIncomplete FTS"]),
        (
            format!("BHS|^~\\&\nFHS|^~\\&\n{a}FTS|1\n"),
            &["BHS", "FHS", "EnvelopeIncomplete FHS", "FTS"],
        ),
    ] {
        assert_eq!(read(&text).1, want, "{text}");
    }
}

#[test]
fn headers_inside_and_segments_outside() {
    let (a, b) = (msh("A"), msh("B"));
    let text =
        format!("FHS|^~\\&\nBHS|^~\\&\nPV1|1\nZZ1|2\n{a}BHS|^~\\&\nPID|1\n{b}BTS|1\nFTS|2\n");
    let (ids, told) = read(&text);
    assert_eq!(ids, ["A", "B"]);
    let want = [
        "FHS",
        "BHS",
        "SegmentOutsideMessage segment",
        "BHS",
        "EnvelopeRepeated BHS",
        "SegmentOutsideMessage segment",
        "BTS",
        "FTS",
    ];
    assert_eq!(told, want);
    let told = read(&format!("FHS|^~\\&\n{a}FHS|^~\\&\n{b}FTS|1\n")).1;
    assert_eq!(told, ["FHS", "FHS", "EnvelopeRepeated FHS", "FTS"]);
    let told = read(&format!("FHSX\nBHS||\n{a}BTS|1\n")).1;
    assert_eq!(told, ["Junk message", "MalformedSegment BHS", "BHS", "BTS"]);
}

#[test]
fn a_bad_message_keeps_its_siblings() {
    let text = format!("BHS|^~\\&\n{}MSH||\nPID|1\n{}BTS|3\n", msh("A"), msh("B"));
    assert_eq!(
        read(&text),
        (["A", "MSH-2", "B"].map(Into::into).into(), ["BHS", "BTS"].map(Into::into).into())
    );
}

#[test]
fn comments_stand_between_messages() {
    let text = format!("# one\n{}\n# two\n#\n{}#three\nPV1|1\n# four", msh("A"), msh("B"));
    let (ids, told) = read(&text);
    assert_eq!(ids, ["A", "B"]);
    assert_eq!(told, ["Comment message"; 3]);
    let text = text.replace('\n', "\r");
    let (mut messages, mut index) = (Messages::new(text.as_bytes()), Index::new());
    let raw = messages.next(&mut index, |_| {}).unwrap().raw;
    assert_eq!(raw, msh("A").replace('\n', "\r").as_bytes());
    let last = messages.next(&mut index, |_| {}).unwrap().message.unwrap();
    // Between two segments it is a line of the message.
    assert_eq!((last.lines(), last.is_segment(2)), (4, false));
}
