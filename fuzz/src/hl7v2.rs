//! HL7 v2: views over any bytes, and the facts of them.

use iomt::hl7v2::{Ack, AckCode, Edit, GroupPath, Groups, Index, Message, Path};
use iomt::{Input, Options, Payload, wire::ParseError};

use crate::sink::{Checked, inside, show};

/// Any bytes, as a message and as a file.
pub fn hl7v2(data: &[u8]) {
    if cfg!(planted_bug) {
        return crate::planted(data);
    }
    views(data);
    let protocol = iomt::protocol("hl7v2").expect("in this build");
    let mut decoder = (protocol.decoder)(&Options::default());
    let mut sink = Checked::new(data);
    let first = sink.push(decoder.as_mut(), Input::message(data), data);
    // What came before does not matter to the next file.
    let second = sink.push(decoder.as_mut(), Input::message(data), data);
    assert_eq!(first, second);
    sink.push(decoder.as_mut(), Input::new(Payload::Closed), data);
    // In pieces it is the same.
    let mut sum = (0, 0);
    let pieces = data.chunks(data.len() / 3 + 1).map(Payload::Piece);
    for payload in pieces.chain([Payload::Piece(&[]), Payload::Closed]) {
        let (messages, facts) = sink.push(decoder.as_mut(), Input::new(payload), data);
        sum = (sum.0 + messages, sum.1 + facts);
    }
    assert_eq!(sum, first);
}

fn views(data: &[u8]) {
    let mut fresh = Index::new();
    let message = match Message::parse(data, &mut fresh) {
        Ok(message) => message,
        Err(error) => {
            inside_of(&error, data);
            return refused(error, data);
        }
    };
    // An index that has held another message.
    let mut used = Index::new();
    let _ = Message::parse(b"MSH|^~\\&|A\rPID|1\nOBX|1\rZZZ\r", &mut used);
    let again = Message::parse(data, &mut used).expect("it was read before");
    assert_eq!((message.lines(), message.span()), (again.lines(), again.span()));
    show(&message);
    answered(&message);
    edited(&message);
    grouped(&message, data);
    assert!(inside(message.span(), data) == Some(message.raw()));

    let mut leaves = 0;
    for segment in message.segments() {
        show(&segment);
        assert!(message.all(segment.id()).any(|other| other.offset() == segment.offset()));
        for field in segment.fields() {
            show(&field);
            for repetition in field.repetitions() {
                show(&repetition);
                for component in repetition.components() {
                    show(&component);
                    for part in component.subcomponents() {
                        show(&part);
                        assert!(inside(part.span(), data) == Some(part.raw()));
                        leaves += usize::from(!part.is_empty());
                    }
                }
            }
        }
    }
    let mut walked = 0;
    let mut end = 0;
    for leaf in message.leaves() {
        show(&leaf);
        walked += 1;
        assert!(leaf.offset >= end && !leaf.raw.is_empty());
        end = leaf.offset + leaf.raw.len();
        assert!(data.get(leaf.offset..end) == Some(leaf.raw));
    }
    assert_eq!(walked, leaves, "leaves by walking, and by the views");
    // By their paths; a few, for each is a look-up.
    for leaf in message.leaves().step_by(leaves / 64 + 1) {
        let segment = message.line(leaf.line).expect("the line that it is on");
        assert_eq!(segment.id(), leaf.id);
        let by_path = segment.field(leaf.field as usize).and_then(|field| {
            let repetition = field.repetition(leaf.repetition as usize)?;
            let component = repetition.component(leaf.component as usize)?;
            component.subcomponent(leaf.subcomponent as usize)
        });
        assert!(by_path.is_some_and(|p| p.raw() == leaf.raw && p.offset() == leaf.offset));
    }
}

fn inside_of(error: &ParseError, data: &[u8]) {
    show(error);
    assert!(error.offset() <= data.len(), "{error}");
}

const TIME: &str = "20261124080000";

/// What was not read is answered by a message all the same.
fn refused(error: ParseError, data: &[u8]) {
    let (mut out, mut index) = (Vec::new(), Index::new());
    let errors = [error.into()];
    let ack = Ack { code: AckCode::AR, control_id: "A1", time: TIME, errors: &errors };
    ack.write_unread(data, &mut out);
    let answer = Message::parse(&out, &mut index).expect("an answer is a message");
    assert_eq!((answer.raw().len(), answer.count(b"MSA")), (out.len(), 1));
}

/// The answer is a message, and names the one that it answers byte for byte.
fn answered(message: &Message<'_>) {
    let (mut out, mut index) = (Vec::new(), Index::new());
    let ack = Ack { code: AckCode::AA, control_id: "A1", time: TIME, errors: &[] };
    ack.write(message, &mut out);
    let answer = Message::parse(&out, &mut index).expect("an answer is a message");
    assert_eq!(answer.raw().len(), out.len());
    let control_id = message.field(b"MSH", 10).map_or(&[][..], |field| field.raw());
    let named = answer.field(b"MSA", 2).map_or(&[][..], |field| field.raw());
    // What would end a line or a frame of the answer is escaped.
    let escaped = control_id.iter().any(|byte| matches!(byte, b'\n' | 0x0B | 0x1C));
    assert!(escaped || named == control_id);
}

/// A leaf is another one, and all other bytes stay.
fn edited(message: &Message<'_>) {
    let start = message.span().offset as usize;
    let leaves = message.leaves().filter(|leaf| leaf.id != b"MSH" || leaf.field > 2);
    let Some(leaf) = leaves.last() else { return };
    let id = std::str::from_utf8(leaf.id).expect("ids are letters and digits");
    let number = message.ordinal(leaf.line).expect("it is a segment");
    let (field, repetition) = (leaf.field, leaf.repetition);
    let path =
        format!("{id}[{number}]-{field}[{repetition}].{}.{}", leaf.component, leaf.subcomponent);
    let path = Path::parse(&path).expect("a path");
    assert!(message.leaf(path).is_some_and(|found| found.raw() == leaf.raw));
    // The number of a field may be beyond what can be written.
    let Ok(copy) = message.edited(path, Edit::Text("x")) else { return };
    let (before, rest) = message.raw().split_at(leaf.offset - start);
    assert!(copy == [before, b"x", &rest[leaf.raw.len()..]].concat());
}

/// Each segment is found again by its place.
fn grouped(message: &Message<'_>, data: &[u8]) {
    let mut groups = Groups::new();
    if let Err(error) = message.check_structure(&mut groups) {
        inside_of(&error, data);
    }
    groups.assemble(message);
    show(&groups);
    let (mut placed, step) = (0, message.lines() / 64 + 1);
    for line in 0..message.lines() {
        let Some(place) = groups.place_of(line) else { continue };
        placed += 1;
        if line % step == 0 {
            let place = place.to_string();
            let path = GroupPath::parse(&place).expect("a place is a path");
            assert_eq!(groups.line(&path), Some(line), "{place}");
        }
    }
    assert_eq!(placed, message.segments().count());
}
