//! What holds for any bytes.

use alloc::{format, string::String, vec::Vec};

use iomt_core::Options;
use proptest::prelude::*;

use crate::testing::{Lines, read_bytes};
use crate::{Index, Message};

const ORU: &str = "MSH|^~\\&|A|B|||20260115143000||ORU^R01^ORU_R01|C1|P|2.5.1||||||UNICODE UTF-8\r\
    PID|1||MRN1^^^HOSP&1.2&ISO^MR~X||DOE^JANE||19700101|F|||1 St^^Town||555~^NET^Internet^a@b\r\
    PV1|1|I|||||D1^HOUSE||||||||||||V1\rORC|RE|O1|F1\rOBR|1|O1|F1|24323-8^P^LN|||20260115\r\
    NTE|1||of~lines\rOBX|1|NM|2339-0^G^LN|1|5.4|mmol/L^^UCUM|3-6|H~A|||F|||20260115143000+0100||\
    D2^X|M^^L|DEV^N~BOX^N\rNTE|1||caf\u{e9} \\T\\ \\X41\\\rOBX|2|SN|a||^1^:^128\rOBX|3|CWE|b||1^x^SCT~2\r\
    OBX|4|TX|c||one~two & three\rSPM|1|P&N^F||BLD|||||||||||||20260115\rOBX|5|DTM|d||2026\r";

/// A message with some bytes changed, cut or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..6_u8, any::<u8>());
    let set =
        prop::sample::select(&["UNICODE UTF-8", "BIG-5", "GB 18030", "SJIS", "~ISO IR87"][..]);
    (prop::collection::vec(edit, 0..12), set).prop_map(|(edits, set)| {
        let text = "\u{1b}$B%|;^\u{1b}(B";
        let text = if set == "~ISO IR87" { text } else { "caf\u{e9}" };
        let mut bytes = ORU.replace("UNICODE UTF-8", set).replace("caf\u{e9}", text).into_bytes();
        for (at, other, kind, byte) in edits {
            let (at, other) = (at.index(bytes.len().max(1)), other.index(bytes.len().max(1)));
            let delimiters = b"|^~\\&\r\n\x0b\x1c\"";
            match kind {
                0 if at < bytes.len() => bytes[at] = byte,
                1 if at < bytes.len() => _ = bytes.remove(at),
                2 => bytes.insert(at, byte),
                3 => bytes.insert(at, delimiters[usize::from(byte) % delimiters.len()]),
                4 => bytes.truncate(at.max(other)),
                _ => {
                    let part = bytes.get(at.min(other)..at.max(other)).unwrap_or_default().to_vec();
                    bytes.splice(at..at, part.into_iter().take(200));
                }
            }
        }
        bytes
    })
}

/// The views agree with the bytes: leaves are in their segments, and every byte that is not between
/// lines is in one.
fn views(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut index = Index::new();
    let Ok(message) = Message::parse(bytes, &mut index) else { return Ok(()) };
    let mut end = message.offset();
    for line in 0..message.lines() {
        let segment = message.line(line).unwrap();
        let between = &bytes[end..segment.offset()];
        prop_assert!(between.iter().all(|b| *b <= b' '), "{between:?}");
        prop_assert_eq!(
            segment.raw(),
            &bytes[segment.offset()..segment.offset() + segment.raw().len()]
        );
        end = segment.offset() + segment.raw().len();
        if message.is_segment(line) {
            let ordinal = message.ordinal(line).unwrap();
            let found = message.nth(segment.id(), ordinal).unwrap();
            prop_assert_eq!(found.offset(), segment.offset());
        }
    }
    let last = message.offset() + message.raw().len();
    prop_assert!(bytes[end..last].iter().all(|b| *b <= b' '));
    let mut leaves = 0;
    for leaf in message.leaves() {
        let segment = message.line(leaf.line).unwrap();
        prop_assert!(leaf.offset >= segment.offset());
        prop_assert!(leaf.offset + leaf.raw.len() <= segment.offset() + segment.raw().len());
        let field = segment.field(usize::try_from(leaf.field).unwrap()).unwrap();
        let repetition = field.repetition(usize::try_from(leaf.repetition).unwrap()).unwrap();
        let component = repetition.component(usize::try_from(leaf.component).unwrap()).unwrap();
        let part = component.subcomponent(usize::try_from(leaf.subcomponent).unwrap()).unwrap();
        prop_assert_eq!((part.raw(), part.offset()), (leaf.raw, leaf.offset));
        leaves += 1;
    }
    let parts = message
        .segments()
        .flat_map(|s| s.fields())
        .flat_map(|f| f.repetitions())
        .flat_map(|r| r.components())
        .flat_map(|c| c.subcomponents());
    prop_assert_eq!(leaves, parts.filter(|part| !part.is_empty()).count());
    Ok(())
}

/// All but the message that spans and SeveralMessages are about, which depend on the neighbours.
fn said(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    let (Lines { facts, mut diagnostics, .. }, _) = read_bytes(bytes, &Options::default());
    diagnostics.retain(|d| !d.starts_with("SeveralMessages"));
    (facts.into_iter().filter(|f| !f.starts_with("rejected")).collect(), diagnostics)
}

#[test]
fn the_message_of_these_laws_is_read() {
    let (facts, diagnostics) = said(ORU.as_bytes());
    assert_eq!(facts.len(), 14, "{facts:?}");
    assert_eq!(diagnostics, [""; 0]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        _ = read_bytes(&bytes, &Options::default());
        views(&bytes)?;
        let lines = [b"MSH|^~\\&|||||||ORU^R01\rOBX|1|", &bytes[..]].concat();
        _ = read_bytes(&lines, &Options::default());
        views(&lines)?;
    }

    #[test]
    fn mutated_messages_are_read_or_refused(bytes in mutated()) {
        _ = read_bytes(&bytes, &Options::default());
        views(&bytes)?;
    }

    #[test]
    fn messages_together_say_what_each_says_alone(first in mutated(), second in mutated()) {
        // Each begins with a header and ends with a terminator.
        let whole = |bytes: Vec<u8>| [b"MSH|^~\\&|", &bytes[..], b"\r"].concat();
        let (first, second) = (whole(first), whole(second));
        let (mut facts, mut diagnostics) = said(&first);
        let (more, further) = said(&second);
        facts.extend(more);
        diagnostics.extend(further);
        let together = said(&[first, second].concat());
        prop_assert_eq!(together, (facts, diagnostics));
    }

    #[test]
    fn debug_shows_no_content(name in "[A-Z]{8}") {
        let text = format!("MSH|^~\\&|{name}\rPID|1||{name}\r{name}\r");
        let mut index = Index::new();
        let message = Message::parse(text.as_bytes(), &mut index).unwrap();
        let segment = message.line(1).unwrap();
        let shown = format!(
            "{message:?} {:?} {segment:?} {:?} {:?} {:?} {:?}",
            message.leaves(), segment.fields(), segment.field(3), message.segments(),
            message.leaves().next(),
        );
        prop_assert!(!shown.contains(&name));
        let bad = format!("MSH|^~\\&|||||||{name}^R01\r");
        let (_, result) = read_bytes(bad.as_bytes(), &Options::default());
        let error = result.unwrap_err();
        let shown = format!("{error} {error:?}");
        prop_assert!(!shown.contains(&name));
    }
}

/// What borrows the input shows where it is, and nothing of it.
#[test]
fn debug_of_every_view_is_redacted() {
    use crate::mllp::{Deframer, Event};
    use crate::types::{Dt, Dtm, Nm, Nr, Sn, Tm, Tn};
    let text = "\x0bMSH|^~\\&|SECRET|||||ORU|SECRET^R01^SECRET|1\rPID|1||4711~^4711^-^4712~4711^4712\r\x1c\r";
    let mut index = Index::new();
    let mut messages = crate::Messages::new(text.as_bytes());
    let mut all = format!("{messages:?}");
    let entry = messages.next(&mut index, |_| {}).unwrap();
    all += &format!("{entry:?}");
    let message = entry.message.unwrap();
    let field = message.field(b"PID", 3).unwrap();
    let mut groups = crate::Groups::new();
    groups.assemble(&message);
    let second = field.repetition(2).unwrap();
    let (first, sn, nr) =
        (field.repetition(1), Sn::parse(second), Nr::parse(field.repetition(3).unwrap()));
    all += &format!("{first:?} {sn:?} {:?} {groups:?} {:?}", nr.unwrap(), message.structure());
    all += &format!("{field:?} {:?} {:?}", field.repetitions(), second.components());
    let ack =
        crate::Ack { code: crate::AckCode::AE, control_id: "SECRET", time: "4711", errors: &[] };
    let mut frames = Deframer::new(999);
    all += &format!("{ack:?} {frames:?}");
    let mut rest = text.as_bytes();
    let Some(event @ Event::Frame(_)) = frames.next(&mut rest) else { panic!("no frame") };
    all += &format!("{event:?} {:?}", crate::Hl7Decoder::new(&Options::default()));
    all += &format!("{:?} {:?}", Nm::parse(b"4711"), Dtm::parse(b"471112").unwrap());
    all += &format!("{:?} {:?}", Dt::parse(b"47111201").unwrap(), Tm::parse(b"1147").unwrap());
    all += &format!("{:?}", Tn::parse(b"(471)555-4711").unwrap());
    for (edit, want) in [(crate::Edit::Null, "Null"), (crate::Edit::Empty, "Empty")] {
        assert_eq!(format!("{edit:?}"), want);
    }
    for secret in ["SECRET", "4711", "4712", "1147"] {
        assert!(!all.contains(secret), "{all}");
    }
}
