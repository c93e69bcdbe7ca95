//! Operations of conformance.jsonl about frames, batches and continuations.

use iomt::hl7v2::{Between, Index, Messages, join, mllp};
use iomt::{
    Decoder, Diagnostic, DiagnosticCode, Input, Options, Payload, Severity, Sink, Terminators,
};
use serde_json::{Value, json};

/// What an operation gives for a pair, or why the input is refused.
pub type Op = fn(&Value) -> Result<Value, String>;

pub const OPS: &[(&str, Op)] = &[
    ("mllp_encode", mllp_encode),
    ("mllp_decode_strict", mllp_decode_strict),
    ("mllp_decode_all", mllp_decode_all),
    ("mllp_decode_bytewise", mllp_decode_bytewise),
    ("mllp_decode_chunks", mllp_decode_all),
    ("mllp_decode_lenient", mllp_decode_lenient),
    ("split_messages", split_messages),
    ("batch_count_messages", batch_count_messages),
    ("file_count_batches", file_count_batches),
    ("parse_batch_strict", parse_batch_strict),
    ("batch_recoverable_control_ids", batch_recoverable_control_ids),
    ("join_add", join_add),
    ("parse_lenient_diagnostics_contains", parse_lenient_diagnostics_contains),
];

/// `policy` pairs that do not pass, and why.
pub const DEVIATIONS: &[(&str, &str)] = &[
    (
        "C1017",
        "bytes before VT are in no frame: nobody knows how much of a message is missing before them",
    ),
    ("C0946", "fields that a segment does not have are diagnosed where the segment is mapped"),
    ("C0947", "blanks around a value are nothing to speak of: FHIR has none"),
    ("C0950", "ADT is not mapped, so that the order of its segments is not looked at"),
    ("C0951", "a segment id in lower case is an id of its own, and not mapped"),
    ("C0952", "ADT is not mapped, so that its times are not read"),
    ("C0955", "ADT is not mapped, so that none of its segments is"),
];

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
];

fn theirs(code: DiagnosticCode) -> Value {
    NAMES.iter().find(|(_, ours)| *ours == code).map_or(json!(code.name()), |(name, _)| json!(name))
}

/// The pieces of the input: one, unless they are listed.
fn pieces(pair: &Value) -> Vec<Vec<u8>> {
    let bytes = |text: &Value| text.as_str().unwrap().as_bytes().to_vec();
    match &pair["input"] {
        Value::Array(pieces) => pieces.iter().map(bytes).collect(),
        whole => vec![bytes(whole)],
    }
}

pub fn input(pair: &Value) -> Vec<u8> {
    pieces(pair).concat()
}

/// The input with what `ADD` continues joined.
pub fn joined(pair: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    join(&input(pair), Terminators::Auto, &mut out, |_| {});
    out
}

struct Stream {
    frames: Vec<Value>,
    tolerated: Vec<DiagnosticCode>,
    error: Option<String>,
}

fn stream<'a>(pair: &Value, pieces: impl Iterator<Item = &'a [u8]>) -> Stream {
    let limit = pair["max_frame"].as_u64().map_or(16 << 20, |n| usize::try_from(n).unwrap());
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

fn mllp_encode(pair: &Value) -> Result<Value, String> {
    let mut out = Vec::new();
    mllp::encode(&input(pair), &mut out).map_err(|error| error.to_string())?;
    Ok(json!(String::from_utf8(out).unwrap()))
}

/// One frame and nothing else. A frame without payload is one.
fn mllp_decode_strict(pair: &Value) -> Result<Value, String> {
    let all = stream(pair, pieces(pair).iter().map(Vec::as_slice));
    let strange = all.tolerated.iter().find(|code| **code != DiagnosticCode::FrameEmpty);
    match (all.error, strange, all.frames.as_slice()) {
        (None, None, [frame]) => Ok(frame.clone()),
        (error, code, frames) => Err(format!("{error:?} {code:?} {} frame(s)", frames.len())),
    }
}

fn mllp_decode_all(pair: &Value) -> Result<Value, String> {
    Ok(json!(stream(pair, pieces(pair).iter().map(Vec::as_slice)).frames))
}

fn mllp_decode_bytewise(pair: &Value) -> Result<Value, String> {
    Ok(json!(stream(pair, input(pair).chunks(1)).frames))
}

fn mllp_decode_lenient(pair: &Value) -> Result<Value, String> {
    let all = stream(pair, pieces(pair).iter().map(Vec::as_slice));
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

fn split_messages(pair: &Value) -> Result<Value, String> {
    let mut all = Vec::new();
    messages(&input(pair), |lines, _| all.push(lines));
    Ok(json!(all))
}

fn batch_count_messages(pair: &Value) -> Result<Value, String> {
    Ok(json!(messages(&input(pair), |_, _| {}).1))
}

fn file_count_batches(pair: &Value) -> Result<Value, String> {
    Ok(json!(messages(&input(pair), |_, _| {}).2))
}

fn parse_batch_strict(pair: &Value) -> Result<Value, String> {
    let (remarks, total, _) = messages(&input(pair), |_, _| {});
    match remarks.iter().find(|remark| remark.severity == Severity::Error) {
        Some(remark) => Err(remark.code.name().into()),
        None => Ok(json!(total)),
    }
}

fn batch_recoverable_control_ids(pair: &Value) -> Result<Value, String> {
    let mut all = Vec::new();
    messages(&input(pair), |_, id| all.push(id));
    all.retain(|id| !id.is_empty());
    Ok(json!(all))
}

fn join_add(pair: &Value) -> Result<Value, String> {
    let mut all = Vec::new();
    messages(&joined(pair), |lines, _| all.push(lines));
    Ok(json!(all.concat()))
}

/// The expected name where it is among the diagnostics, else all that there are.
fn parse_lenient_diagnostics_contains(pair: &Value) -> Result<Value, String> {
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
    let (bytes, mut codes) = (input(pair), Codes::default());
    let mut decoder = iomt::hl7v2::Hl7Decoder::new(&Options::default());
    let _ = decoder.push(Input::new(Payload::Message(&bytes)), &mut codes);
    let want = &pair["expected"];
    if codes.0.contains(want) { Ok(want.clone()) } else { Err(json!(codes.0).to_string()) }
}
