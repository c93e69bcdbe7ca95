//! HL7 v2: views over any bytes, and the facts of them.

use iomt::hl7v2::{Index, Message};
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
}

fn views(data: &[u8]) {
    let mut fresh = Index::new();
    let message = match Message::parse(data, &mut fresh) {
        Ok(message) => message,
        Err(error) => return refused(&error, data),
    };
    // An index that has held another message.
    let mut used = Index::new();
    let _ = Message::parse(b"MSH|^~\\&|A\rPID|1\nOBX|1\rZZZ\r", &mut used);
    let again = Message::parse(data, &mut used).expect("it was read before");
    assert_eq!((message.lines(), message.span()), (again.lines(), again.span()));
    show(&message);
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

fn refused(error: &ParseError, data: &[u8]) {
    show(error);
    assert!(error.offset() <= data.len(), "{error}");
}
