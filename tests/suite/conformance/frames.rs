//! Operations of conformance.jsonl about frames, batches and continuations.

use iomt::hl7v2::{Between, Index, Messages, join, mllp};
use iomt::{
    Decoder, Diagnostic, DiagnosticCode, Input, Options, Payload, Severity, Sink, Terminators,
};
use serde_json::{Value, json};

use super::{Outcome, Pair, refused};

/// What others call it.
const NAMES: &[(&str, DiagnosticCode)] = &[
    ("MLLP_FS_WITHOUT_CR", DiagnosticCode::FrameEndWithoutReturn),
    ("MLLP_LF_AFTER_FS", DiagnosticCode::FrameEndLineFeed),
    ("MLLP_LEADING_WHITESPACE", DiagnosticCode::FrameBlanks),
    ("MLLP_TRAILING_BYTES", DiagnosticCode::FrameRestarted),
    ("MLLP_FRAMING", DiagnosticCode::Junk),
    ("DUPLICATE_MSH", DiagnosticCode::SeveralMessages),
    ("MISSING_MSH9", DiagnosticCode::Rejected),
    ("BATCH_COUNT_MISMATCH", DiagnosticCode::CountMismatch),
    ("UNKNOWN_CHARSET", DiagnosticCode::CharacterSetUnknown),
    ("UNKNOWN_ESCAPE", DiagnosticCode::EscapeUnknown),
    ("BAD_DTM", DiagnosticCode::TimeMalformed),
    ("UNKNOWN_SEGMENT", DiagnosticCode::SegmentNotMapped),
];

fn theirs(code: DiagnosticCode) -> Value {
    NAMES.iter().find(|(_, ours)| *ours == code).map_or(json!(code.name()), |(name, _)| json!(name))
}

/// The pieces of the input: one, unless they are listed.
fn pieces(pair: &Pair) -> Vec<&[u8]> {
    match pair.row["input"].as_array() {
        Some(pieces) => pieces.iter().map(|text| text.as_str().unwrap().as_bytes()).collect(),
        None => vec![&pair.input],
    }
}

/// The input with what `ADD` continues joined.
pub fn joined(pair: &Pair) -> Vec<u8> {
    let mut out = Vec::new();
    join(&pair.input, Terminators::Auto, &mut out, |_| {});
    out
}

struct Stream {
    frames: Vec<Value>,
    tolerated: Vec<DiagnosticCode>,
    error: Option<String>,
}

fn stream<'a>(pair: &Pair, pieces: impl Iterator<Item = &'a [u8]>) -> Stream {
    let limit = pair.row["max_frame"].as_u64().map_or(16 << 20, |n| usize::try_from(n).unwrap());
    let mut deframer = mllp::Deframer::new(limit);
    let mut all = Stream { frames: Vec::new(), tolerated: Vec::new(), error: None };
    let mut take = |event: mllp::Event<'_>| match event {
        mllp::Event::Frame(frame) => {
            all.tolerated.extend(frame.diagnostics().map(|d| d.code));
            all.frames.push(json!(String::from_utf8(frame.payload.to_vec()).unwrap()));
        }
        mllp::Event::Tolerated(diagnostic) => all.tolerated.push(diagnostic.code),
        mllp::Event::Rejected(error, _) => all.error = Some(error.to_string()),
    };
    for mut piece in pieces {
        while let Some(event) = deframer.next(&mut piece) {
            take(event);
        }
    }
    if let Some(event) = deframer.close() {
        take(event);
    }
    all
}

pub fn mllp_encode(pair: &Pair) -> Outcome {
    let mut out = Vec::new();
    mllp::encode(&pair.input, &mut out).map_err(refused)?;
    Ok(json!(String::from_utf8(out).unwrap()))
}

/// One frame and nothing else. A frame without payload is one.
pub fn mllp_decode_strict(pair: &Pair) -> Outcome {
    let all = stream(pair, pieces(pair).into_iter());
    let strange = all.tolerated.iter().find(|code| **code != DiagnosticCode::FrameEmpty);
    match (all.error, strange, all.frames.as_slice()) {
        (None, None, [frame]) => Ok(frame.clone()),
        (error, code, frames) => Err(format!("{error:?} {code:?} {} frame(s)", frames.len())),
    }
}

pub fn mllp_decode_all(pair: &Pair) -> Outcome {
    Ok(json!(stream(pair, pieces(pair).into_iter()).frames))
}

pub fn mllp_decode_bytewise(pair: &Pair) -> Outcome {
    Ok(json!(stream(pair, pair.input.chunks(1)).frames))
}

pub fn mllp_decode_lenient(pair: &Pair) -> Outcome {
    let all = stream(pair, pieces(pair).into_iter());
    match all.tolerated.as_slice() {
        [code] => Ok(json!({ "frames": all.frames, "warning": theirs(*code) })),
        other => Err(format!("{other:?}")),
    }
}

/// Calls `each` with every message, a line a segment, and its MSH-10; gives the remarks and the
/// numbers of messages and batches.
fn messages(bytes: &[u8], mut each: impl FnMut(String, String)) -> (Vec<Diagnostic>, u64, u64) {
    let (mut messages, mut index) = (Messages::new(bytes), Index::new());
    let mut remarks = Vec::new();
    let text = |raw: &[u8]| String::from_utf8_lossy(raw).into_owned();
    while let Some(entry) = messages.next(&mut index, |between| {
        if let Between::Remark(diagnostic) = between {
            remarks.push(diagnostic);
        }
    }) {
        let Ok(message) = entry.message else { continue };
        let lines = (0..message.lines()).filter_map(|line| message.line(line));
        let lines = lines.map(|line| text(line.raw()) + "\r").collect();
        let id = message.field(b"MSH", 10).map(|id| text(id.raw())).unwrap_or_default();
        each(lines, id);
    }
    let position = messages.position();
    (remarks, position.total, position.batches)
}

pub fn split_messages(pair: &Pair) -> Outcome {
    let mut all = Vec::new();
    messages(&pair.input, |lines, _| all.push(lines));
    Ok(json!(all))
}

pub fn batch_count_messages(pair: &Pair) -> Outcome {
    Ok(json!(messages(&pair.input, |_, _| {}).1))
}

pub fn file_count_batches(pair: &Pair) -> Outcome {
    Ok(json!(messages(&pair.input, |_, _| {}).2))
}

pub fn parse_batch_strict(pair: &Pair) -> Outcome {
    let (remarks, total, _) = messages(&pair.input, |_, _| {});
    match remarks.iter().find(|remark| remark.severity == Severity::Error) {
        Some(remark) => Err(remark.code.name().into()),
        None => Ok(json!(total)),
    }
}

pub fn batch_recoverable_control_ids(pair: &Pair) -> Outcome {
    let mut all = Vec::new();
    messages(&pair.input, |_, id| all.push(id));
    all.retain(|id| !id.is_empty());
    Ok(json!(all))
}

pub fn join_add(pair: &Pair) -> Outcome {
    let mut all = Vec::new();
    messages(&joined(pair), |lines, _| all.push(lines));
    Ok(json!(all.concat()))
}

/// The expected name where it is among the diagnostics, else all that there are.
pub fn parse_lenient_diagnostics_contains(pair: &Pair) -> Outcome {
    #[derive(Default)]
    struct Codes(Vec<Value>);
    impl Sink for Codes {
        fn diagnostic(&mut self, diagnostic: Diagnostic) {
            self.0.push(theirs(diagnostic.code));
        }
        fn end(&mut self, end: iomt::End) {
            if let iomt::End::Rejected(error) = end {
                self.0.push(theirs(Diagnostic::rejected(&error).code));
            }
        }
    }
    let mut codes = Codes::default();
    let mut decoder = iomt::hl7v2::Hl7Decoder::new(&Options::default());
    let _ = decoder.push(Input::new(Payload::Message(&pair.input)), &mut codes);
    let want = &pair.expected;
    if codes.0.contains(want) { Ok(want.clone()) } else { Err(json!(codes.0).to_string()) }
}
