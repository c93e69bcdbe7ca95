use alloc::format;
use alloc::string::String;

use proptest::prelude::*;

use super::*;

fn show(event: Event<'_>) -> String {
    let show = |frame: Frame<'_>| format!("\"{}\"@{}", frame.payload.escape_ascii(), frame.offset);
    let at = |d: Diagnostic| format!("{} {}+{}", d.code.name(), d.span.offset, d.span.len);
    match event {
        Event::Frame(frame) => {
            let said = frame.diagnostics().map(|d| format!(" {}", at(d)));
            format!("frame {}{}", show(frame), said.collect::<String>())
        }
        Event::Tolerated(diagnostic) => at(diagnostic),
        Event::Rejected(error, frame) => format!("{error}: {}", show(frame)),
    }
}

/// What the pieces of a stream give, and how many bytes were looked at.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> (Vec<String>, u64) {
    let (mut deframer, mut all) = (Deframer::new(limit), Vec::new());
    for mut piece in pieces {
        while let Some(event) = deframer.next(&mut piece) {
            all.push(show(event));
        }
    }
    all.extend(deframer.close().map(show));
    assert!(deframer.close().is_none());
    (all, deframer.examined())
}

#[test]
fn each_tolerance_has_its_name() {
    for (stream, want) in [
        (&b"\x0bA\x1c\r\x0bBC\x1c\r"[..], &[r#"frame "A"@1"#, r#"frame "BC"@5"#][..]),
        (b" \t\r\n\x0bA\x1c\r", &["FrameBlanks 0+4", r#"frame "A"@5"#]),
        (b"\n junk \x1c\r\x0bA\x1c\r", &["Junk 2+6", r#"frame "A"@10"#]),
        (b"\x0bA\x1c\rx", &[r#"frame "A"@1"#, "Junk 4+1"]),
        (b"\x0bA\x0bB\x1c\r", &["FrameRestarted 1+1", r#"frame "B"@3"#]),
        (b"\x0bA\x1c\n\x0bB\x1c\r", &[r#"frame "A"@1 FrameEndLineFeed 2+1"#, r#"frame "B"@5"#]),
        (b"\x0bA\x1c\x0bB\x1c\r", &[r#"frame "A"@1 FrameEndWithoutReturn 2+1"#, r#"frame "B"@4"#]),
        (b"\x0bA\x1cB\x1c\r", &["FrameSeparatorInside 2+1", r#"frame "A\x1cB"@1"#]),
        (
            b"\x0b\x1c\x1c\x1c\r",
            &["FrameSeparatorInside 1+1", "FrameSeparatorInside 2+1", r#"frame "\x1c\x1c"@1"#],
        ),
        (b"\x0b\x1c\r", &[r#"frame ""@1 FrameEmpty 1+1"#]),
    ] {
        assert_eq!(read([stream], 99).0, want, "{}", stream.escape_ascii());
    }
}

#[test]
fn a_stream_may_end_in_any_state() {
    for (stream, want) in [
        (&b""[..], &[][..]),
        (b"\r", &["FrameBlanks 0+1"]),
        (b"GET", &["Junk 0+3"]),
        (b"\x0b", &[r#"2 byte(s) needed, 0 available in `frame` at byte 1: ""@1"#]),
        (b"\x0bA", &[r#"2 byte(s) needed, 0 available in `frame` at byte 2: "A"@1"#]),
        (b"\x0bA\x1c", &[r#"1 byte(s) needed, 0 available in `frame` at byte 3: "A"@1"#]),
        (b"\x0bABCD", &[r#"limit of message-bytes exceeded in `frame` at byte 1: "ABC"@1"#]),
        (b"\x0bABCD\x1c", &[r#"limit of message-bytes exceeded in `frame` at byte 1: "ABC"@1"#]),
    ] {
        assert_eq!(read([stream], 3).0, want, "{}", stream.escape_ascii());
    }
    // The next stream begins at 0.
    let mut deframer = Deframer::new(3);
    assert!(deframer.next(&mut &b"\x0bA"[..]).is_none() && deframer.close().is_some());
    let mut next = &b"\x0bB\x1c\r"[..];
    assert_eq!(deframer.next(&mut next).map(show).as_deref(), Some(r#"frame "B"@1"#));
}

#[test]
fn a_frame_that_is_too_long_costs_itself_alone() {
    let error = r#"limit of message-bytes exceeded in `frame` at byte 1: "ABC"@1"#;
    for (stream, next) in [
        (&b"\x0bABCD\x1c\r\x0bE\x1c\r"[..], 8),
        (b"\x0bABCD\x1c\n\x0bE\x1c\r", 8),
        (b"\x0bABCD\x1c\x0bE\x1c\r", 7),
        (b"\x0bABCD\x0bE\x1c\r", 6),
        (b"\x0bABC\x1cD\x1c\x1c\r\x0bE\x1c\r", 10),
        (b"\x0bABC\x1c\x1c\r\x0bE\x1c\r", 8),
    ] {
        let want = [error.into(), format!("frame \"E\"@{next}")];
        assert_eq!(read([stream], 3).0, want, "{}", stream.escape_ascii());
    }
    assert_eq!(read([&b"\x0bABC\x1c\r"[..]], 3).0, [r#"frame "ABC"@1"#]);
}

#[test]
fn what_a_frame_cannot_hold_is_not_encoded() {
    let mut out = Vec::new();
    encode(b"", &mut out).unwrap();
    encode(b"MSH|\r", &mut out).unwrap();
    assert_eq!(out, b"\x0b\x1c\r\x0bMSH|\r\x1c\r");
    for (payload, at) in [(&b"A\x0b"[..], 1), (b"\x1c\r", 0)] {
        let error = encode(payload, &mut out).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, at));
    }
    assert_eq!(out.len(), 11);
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        2 => Just(VT), 2 => Just(FS), 2 => Just(b'\r'), 1 => Just(b'\n'), 1 => Just(b' '),
        3 => any::<u8>()
    ];
    prop::collection::vec(byte, 0..60)
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(
        bytes in stream(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        limit in 0..12_usize,
    ) {
        let (whole, examined) = read([bytes.as_slice()], limit);
        let budget = 3 * u64::try_from(bytes.len()).unwrap();
        prop_assert!(examined <= budget);
        let (bytewise, examined) = read(bytes.chunks(1), limit);
        prop_assert_eq!(&bytewise, &whole);
        prop_assert!(examined <= budget);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
        prop_assert_eq!(read(pieces, limit).0, whole);
    }

    #[test]
    fn what_is_encoded_comes_back(payload in prop::collection::vec(any::<u8>(), 0..40)) {
        let payload: Vec<u8> = payload.into_iter().filter(|b| !matches!(*b, VT | FS)).collect();
        let mut stream = Vec::new();
        encode(&payload, &mut stream).unwrap();
        let (mut deframer, mut rest) = (Deframer::new(40), stream.as_slice());
        let event = deframer.next(&mut rest);
        prop_assert!(matches!(event, Some(Event::Frame(frame)) if frame.payload == payload));
        prop_assert!(rest.is_empty());
    }
}
