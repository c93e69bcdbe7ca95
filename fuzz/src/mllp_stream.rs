//! MLLP: however a stream is cut it gives the same, and no byte is looked at again and again.

use iomt::hl7v2::mllp::{Deframer, Event, Frame};
use iomt::hl7v2::{Index, Message};
use iomt::{Diagnostic, End, Input, Limits, Options, Outcome, Payload, Sink};

use crate::sink::{Checked, show};

/// The first two bytes say how the others are cut, and how long a frame may be.
pub fn mllp_stream(data: &[u8]) {
    let [seed, limit, stream @ ..] = data else { return };
    let limit = if *limit < 0x80 { usize::from(*limit) } else { 1 << 20 };
    let cuts: [Vec<&[u8]>; 3] =
        [vec![stream], stream.chunks(1).collect(), pieces(stream, u32::from(*seed))];
    let [whole, others @ ..] = cuts.map(|cut| {
        let deframed = deframed(&cut, limit, stream.len());
        (deframed, decoded(&cut, limit, stream))
    });
    for other in others {
        assert_eq!(whole, other);
    }
}

/// Cut somewhere, as `state` has it.
fn pieces(mut stream: &[u8], mut state: u32) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while !stream.is_empty() {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let len = (state >> 16) as usize % 40;
        let (piece, rest) = stream.split_at(len.min(stream.len()));
        pieces.push(piece);
        stream = rest;
    }
    pieces
}

fn deframed(pieces: &[&[u8]], limit: usize, len: usize) -> Vec<String> {
    let (mut deframer, mut all) = (Deframer::new(limit), Vec::new());
    let mut take = |event: Event<'_>| {
        show(&event);
        let frame = |frame: Frame<'_>| {
            assert!(frame.payload.len() <= limit);
            let said = frame.diagnostics().map(|d| format!("{d:?}")).collect::<Vec<_>>();
            format!("{} {} {said:?}", frame.payload.escape_ascii(), frame.offset)
        };
        all.push(match event {
            Event::Frame(ended) => frame(ended),
            Event::Tolerated(diagnostic) => format!("{diagnostic:?}"),
            Event::Rejected(error, cut) => format!("{error:?} {}", frame(cut)),
        });
    };
    for piece in pieces {
        let mut piece = *piece;
        while let Some(event) = deframer.next(&mut piece) {
            take(event);
        }
        assert!(piece.is_empty());
    }
    assert!(deframer.examined() <= 3 * len as u64, "{} of {len}", deframer.examined());
    if let Some(event) = deframer.close() {
        take(event);
    }
    all
}

#[derive(Default)]
struct Told(Vec<String>);

impl Sink for Told {
    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.0.push(format!("{diagnostic:?}"));
    }
    fn end(&mut self, end: End) {
        self.0.push(format!("{end:?}"));
    }
}

/// What is told of a stream, how many messages and facts it has, and what it is answered.
fn decoded(
    pieces: &[&[u8]],
    limit: usize,
    stream: &[u8],
) -> (Vec<String>, (usize, usize), Vec<u8>) {
    let mut limits = Limits::DEFAULT;
    limits.message_bytes = limit;
    let protocol = iomt::protocol("hl7v2").expect("in this build");
    let [mut decoder, mut other] =
        [(); 2].map(|()| (protocol.decoder)(&Options::with_limits(limits)));
    let (mut checked, mut told) = (Checked::new(stream), Told::default());
    let (mut counts, mut answers) = ((0, 0), Vec::new());
    for piece in pieces {
        let input = Input::new(Payload::Stream(piece));
        let (messages, facts) = checked.push(decoder.as_mut(), input, stream);
        counts = (counts.0 + messages, counts.1 + facts);
        let _ = other.push(input, &mut told);
        while let Some(answer) = other.transmit() {
            answers.extend_from_slice(answer);
            assert!(!is_positive(answer), "nothing is settled");
        }
    }
    decoder.settle(Outcome::Stored);
    while let Some(answer) = decoder.transmit() {
        is_positive(answer);
    }
    for (decoder, sink) in [(&mut decoder, &mut checked as &mut dyn Sink), (&mut other, &mut told)]
    {
        let _ = decoder.push(Input::new(Payload::Closed), sink);
    }
    // Which answers wait for one that is to be settled depends on when it is asked: bytes do not.
    (told.0, counts, answers)
}

/// Every answer is a frame and a message.
fn is_positive(answer: &[u8]) -> bool {
    let (mut deframer, mut rest) = (Deframer::new(1 << 20), answer);
    let Some(Event::Frame(frame)) = deframer.next(&mut rest) else { panic!("no frame") };
    assert!(rest.is_empty() && frame.diagnostics().next().is_none());
    let mut index = Index::new();
    let message = Message::parse(frame.payload, &mut index).expect("an answer can be read");
    let code = message.field(b"MSA", 1).map_or(&b""[..], |code| code.raw());
    assert!([b"AA", b"AE", b"AR", b"CA", b"CE", b"CR"].iter().any(|known| code == *known));
    matches!(code, b"AA" | b"CA")
}
