//! Messages of a stream: facts, diagnostics and errors, however it is cut.

use alloc::{format, string::String, vec::Vec};

use iomt_core::model::DateTime;
use iomt_core::wire::{ErrorKind, ParseError};
use iomt_core::{Decoder, Input, LimitKind, Limits, Options, Outcome, Payload, Terminators};
use proptest::prelude::*;

use crate::testing::{Lines, read_bytes};
use crate::{Hl7Decoder, mllp};

fn message(id: &str) -> String {
    let header = "MSH|^~\\&|A||||20260115143000+0100||ORU^R01";
    format!("{header}|{id}|P|2.5\rPID|1||{id}\rOBR|1\rOBX|1|NM|a||5\r")
}

fn frame(payload: &str) -> Vec<u8> {
    let mut out = Vec::new();
    mllp::encode(payload.as_bytes(), &mut out).unwrap();
    out
}

fn stream<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    options: &Options,
) -> (Lines, Vec<ParseError>) {
    let (mut decoder, mut sink) = (Hl7Decoder::new(options), Lines::default());
    let payloads = pieces.into_iter().map(Payload::Stream).chain([Payload::Closed]);
    let push = |payload| decoder.push(Input::new(payload), &mut sink).err();
    let errors = payloads.filter_map(push).collect();
    assert_eq!(sink.open, 0);
    (sink, errors)
}

fn whole(bytes: &[u8]) -> (Lines, Vec<ParseError>) {
    stream([bytes], &Options::default())
}

#[test]
fn a_stream_gives_what_a_file_gives() {
    let framed = [frame(&message("1")), frame(&message("2"))].concat();
    let (of_stream, errors) = whole(&framed);
    let (of_file, result) = read_bytes(&framed, &Options::default());
    assert!(errors.is_empty() && result.is_ok());
    assert_eq!(of_stream.facts, of_file.facts);
    // In a file, VT and FS are junk, and two messages are worth a word.
    let spans: Vec<_> = of_file.spans.iter().filter(|s| of_stream.spans.contains(s)).collect();
    assert_eq!(spans, of_stream.spans.iter().collect::<Vec<_>>());
    assert!(of_stream.diagnostics.is_empty(), "{:?}", of_stream.diagnostics);
}

#[test]
fn a_frame_of_two_messages_is_rejected() {
    let two = format!("{}{}", message("1"), message("2"));
    let framed = [frame(&two), frame(&message("3"))].concat();
    let (lines, errors) = whole(&framed);
    let second = 1 + message("1").len();
    assert_eq!(errors, [ParseError::new(ErrorKind::Malformed, "frame", second)]);
    assert!(lines.facts.iter().any(|fact| fact.contains("id=3")));
    assert!(!lines.facts.iter().any(|fact| fact.contains("id=1") || fact.contains("id=2")));
    // A batch of one is one message.
    let batch = format!("BHS|^~\\&\r{}BTS|1\r", message("1"));
    let (lines, errors) = whole(&frame(&batch));
    assert!(errors.is_empty());
    assert_eq!(lines.diagnostics, ["SegmentNotMapped BHS", "SegmentNotMapped BTS"]);
}

#[test]
fn a_frame_without_a_message_is_rejected() {
    for payload in ["", "hello", "PID|1\r"] {
        let (lines, errors) = whole(&frame(payload));
        assert_eq!(errors, [ParseError::new(ErrorKind::Missing, "MSH", 1)], "{payload}");
        assert_eq!(lines.facts.len(), 2);
    }
}

#[test]
fn a_stream_ends_in_a_frame() {
    let framed = frame(&message("1"));
    for end in 1..framed.len() {
        let (lines, errors) = whole(&framed[..end]);
        let [error] = errors.as_slice() else { panic!("{errors:?}") };
        assert_eq!((error.field(), error.offset()), ("frame", end));
        assert!(!lines.facts.iter().any(|fact| fact == "complete"));
    }
}

#[test]
fn a_frame_has_a_limit() {
    let mut limits = Limits::DEFAULT;
    limits.message_bytes = message("1").len();
    let long = message("1") + "OBX|2\r";
    let framed = [frame(&long), frame(&message("1"))].concat();
    let (lines, errors) = stream([framed.as_slice()], &Options::with_limits(limits));
    let kind = ErrorKind::Limit(LimitKind::MessageBytes);
    assert_eq!(errors, [ParseError::new(kind, "frame", 1)]);
    assert!(lines.facts.iter().any(|fact| fact == "complete"));
}

#[test]
fn continuations_are_joined_on_request() {
    let mut options = Options::default();
    options.continuations = true;
    let whole = message("1");
    let cut = whole.replace("OBX|1|NM|a||5\r", "OBX|1|N\rADD|M|a||\rADD|5\rOBX|2|NM|b||6\r");
    let want = read_bytes(whole.as_bytes(), &options).0.facts;
    let (lines, result) = read_bytes(cut.as_bytes(), &options);
    assert!(result.is_ok());
    assert_eq!(lines.facts[..want.len() - 1], want[..want.len() - 1]);
    assert!(lines.facts.iter().any(|fact| fact.contains("b: 6")));
    assert_eq!(lines.diagnostics, ["ContinuationJoined ADD"; 2]);
    // In a frame; offsets are those of the stream.
    let framed = [frame(&message("0")), frame(&cut)].concat();
    let (lines, errors) = stream([framed.as_slice()], &options);
    assert!(errors.is_empty());
    assert_eq!(lines.diagnostics, ["ContinuationJoined ADD"; 2]);
    let add = framed.windows(4).position(|bytes| bytes == b"ADD|").unwrap();
    assert!(lines.spans.iter().any(|span| usize::try_from(span.offset) == Ok(add)));
    // Nobody has asked for it.
    let (lines, _) = read_bytes(cut.as_bytes(), &Options::default());
    assert!(
        lines.diagnostics.iter().any(|d| d == "SegmentNotMapped segment[5]"),
        "{:?}",
        lines.diagnostics
    );
}

/// Everything that is to be sent now.
fn sent(decoder: &mut Hl7Decoder) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(bytes) = decoder.transmit() {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let text = text.strip_prefix('\x0b').unwrap().strip_suffix("\x1c\r").unwrap();
        all.push(text.trim_end_matches('\r').replace('\r', "/"));
    }
    all
}

fn push(decoder: &mut Hl7Decoder, bytes: &[u8]) -> Result<(), ParseError> {
    let at = DateTime::parse_rfc3339("2026-01-15T14:30:05-02:30");
    let input = Input::new(Payload::Stream(bytes)).received(at.unwrap());
    decoder.push(input, &mut Lines::default())
}

#[test]
fn nothing_positive_before_it_is_settled() {
    let mut decoder = Hl7Decoder::new(&Options::default());
    let enhanced = message("2").replace("|2.5\r", "|2.5|||AL|NE\r");
    let framed = [frame(&message("1")), frame(&enhanced)].concat();
    for byte in framed.chunks(1) {
        push(&mut decoder, byte).unwrap();
        assert!(decoder.transmit().is_none());
    }
    decoder.settle(Outcome::Stored);
    let want = [
        r"MSH|^~\&|||A||20260115143005-0230||ACK^R01^ACK|1|P|2.5/MSA|AA|1",
        r"MSH|^~\&|||A||20260115143005-0230||ACK^R01^ACK|2|P|2.5/MSA|CA|2",
    ];
    assert_eq!(sent(&mut decoder), want);
    decoder.settle(Outcome::Stored);
    assert!(decoder.transmit().is_none());
    // Refused, and not wanted at all.
    push(&mut decoder, &frame(&message("3"))).unwrap();
    push(&mut decoder, &frame(&message("4").replace("|2.5\r", "|2.5|||NE|NE\r"))).unwrap();
    decoder.settle(Outcome::Refused);
    let all = sent(&mut decoder);
    assert_eq!(all.len(), 1);
    assert!(all[0].contains("/MSA|AR|3/ERR|"), "{all:?}");
}

#[test]
fn what_cannot_be_read_is_answered_in_its_turn() {
    let mut decoder = Hl7Decoder::new(&Options::default());
    let adt = message("2").replace("ORU^R01", "ADT^A40");
    let two = format!("{}{}", message("3"), message("4"));
    for payload in [adt.as_str(), &two, "hello"] {
        push(&mut decoder, &frame(payload)).unwrap_err();
    }
    let all = sent(&mut decoder);
    assert_eq!(all.len(), 2);
    assert!(all[0].contains("/MSA|AR|2/ERR|") && all[1].contains("/MSA|AE|3/ERR|"), "{all:?}");
    // It waits for what came before.
    push(&mut decoder, &frame(&message("1"))).unwrap();
    push(&mut decoder, &frame(&adt)).unwrap_err();
    assert!(decoder.transmit().is_none());
    decoder.settle(Outcome::Stored);
    let all = sent(&mut decoder);
    assert!(all[0].contains("/MSA|AA|1") && all[1].contains("/MSA|AR|2/ERR|"), "{all:?}");
}

#[test]
fn a_frame_that_is_too_long_is_answered() {
    let mut limits = Limits::DEFAULT;
    limits.message_bytes = message("1").len();
    let mut decoder = Hl7Decoder::new(&Options::with_limits(limits));
    push(&mut decoder, &frame(&(message("1") + "OBX|2\r"))).unwrap_err();
    assert!(sent(&mut decoder)[0].contains("/MSA|AR|1/ERR|"));
}

#[test]
fn who_settles_nothing_costs_little() {
    let mut decoder = Hl7Decoder::new(&Options::default());
    let framed = frame(&message("1"));
    for _ in 0..5000 {
        push(&mut decoder, &framed).unwrap();
    }
    decoder.settle(Outcome::Stored);
    let answers = sent(&mut decoder).len();
    assert!((2048..=4096).contains(&answers), "{answers}");
    push(&mut decoder, &framed).unwrap();
    decoder.push(Input::new(Payload::Closed), &mut Lines::default()).unwrap();
    decoder.settle(Outcome::Stored);
    assert!(decoder.transmit().is_none());
}

#[test]
fn time_alone_is_nothing() {
    let mut decoder = Hl7Decoder::new(&Options::default());
    let mut sink = Lines::default();
    decoder.push(Input::new(Payload::Timeout), &mut sink).unwrap();
    assert!(sink.facts.is_empty() && sink.diagnostics.is_empty());
}

fn pieces(bytes: &[u8], mut cuts: Vec<usize>) -> Vec<&[u8]> {
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_gives_the_same(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, any::<u8>()), 0..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        limit in 100..400_usize,
    ) {
        let batch = format!("BHS|^~\\&\r{}BTS|1\r# end\r", message("2"));
        let mut bytes = [frame(&message("1")), frame(&batch), frame(&message("3"))].concat();
        for (at, kind, byte) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes[at] = b"\x0b\x1c\r\n"[usize::from(byte % 4)],
                _ => drop(bytes.remove(at)),
            }
        }
        let mut limits = Limits::DEFAULT;
        limits.message_bytes = limit;
        let options = Options::with_limits(limits);
        let (one, errors) = stream([bytes.as_slice()], &options);
        let cuts = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        for pieces in [pieces(&bytes, cuts), bytes.chunks(1).collect()] {
            let (other, found) = stream(pieces, &options);
            prop_assert_eq!(&other.facts, &one.facts);
            prop_assert_eq!(&other.diagnostics, &one.diagnostics);
            prop_assert_eq!(&other.spans, &one.spans);
            // Of several in one piece the first is given.
            prop_assert_eq!(found.first(), errors.first());
        }
    }
}

/// A file of messages and what may stand around them, or nearly so.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => (0..40_u32).prop_map(|n| message(&format!("{n}"))),
        2 => prop::sample::select(&[
            "\x0b", "\x1c\r", "\r", "\n", " ", "# note\r", "junk\r", "FHS|^~\\&|F\r", "BHS#!*?@#B\r",
            "BTS|1\r", "FTS|1\r", "MSH|\r", "MSH", "MS", "\nMSH|^~\\&|", "MSH|^~\\&|||||||ORU^R01\n",
            "OBX|1|TX|a||b\nc\nMSHX|\nPID|d\r", "PID|1\r", "NTE|1||\x1cx\r", "\u{feff}", "DSC|1\r",
            "ADD|x\r", "\x0bMSH|^~\\&|||||||ORU^R01|9|P|2.5\r",
        ][..]).prop_map(Into::into),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat().into_bytes())
}

fn in_pieces<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    options: &Options,
) -> (Lines, Vec<ParseError>) {
    let (mut decoder, mut sink) = (Hl7Decoder::new(options), Lines::default());
    let payloads = [&[][..]].into_iter().chain(pieces).map(Payload::Piece).chain([Payload::Closed]);
    let push = |payload| decoder.push(Input::new(payload), &mut sink).err();
    let errors = payloads.filter_map(push).collect();
    assert_eq!(sink.open, 0);
    (sink, errors)
}

#[test]
fn a_message_is_read_once_the_next_one_begins() {
    let (mut decoder, mut sink) = (Hl7Decoder::new(&Options::default()), Lines::default());
    let mut count = |bytes: &str| {
        decoder.push(Input::new(Payload::Piece(bytes.as_bytes())), &mut sink).unwrap();
        sink.facts.iter().filter(|fact| *fact == "complete").count()
    };
    assert_eq!(count(&message("1")), 0);
    assert_eq!(count("MSH"), 0);
    assert_eq!(count("|"), 1);
    assert_eq!(count(message("2").split_at(4).1), 1);
    assert_eq!(count(&(message("3") + &message("4"))), 3);
    // Nor later, however much of it came with the one before.
    let (half, rest) = (message("5"), message("6"));
    let (first, second) = half.split_at(half.len() / 2);
    assert_eq!(count(first), 4);
    assert_eq!(count(&[second, rest.split_at(4).0].concat()), 5);
}

proptest! {
    /// A file says the same in pieces and as a whole.
    #[test]
    fn pieces_give_what_the_whole_gives(
        bytes in file(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        terminators in prop::sample::select(&[Terminators::Auto, Terminators::Cr, Terminators::Lf][..]),
        continuations in any::<bool>(),
    ) {
        let mut options = Options::default();
        (options.terminators, options.continuations) = (terminators, continuations);
        let (whole, result) = read_bytes(&bytes, &options);
        let cuts = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        let several = pieces(&bytes, cuts);
        for (lines, errors) in [in_pieces(bytes.chunks(1), &options), in_pieces(several, &options)] {
            prop_assert_eq!(&lines.facts, &whole.facts);
            prop_assert_eq!(&lines.diagnostics, &whole.diagnostics);
            prop_assert_eq!(&lines.spans, &whole.spans);
            prop_assert_eq!(errors.first().copied(), result.err());
        }
    }
}
