//! Paths, structure, writing, editing and acknowledging: the operations of `conformance.jsonl`
//! that are about them.

use iomt::hl7v2::{
    Ack, AckCode, Disposition, GroupPath, Groups, Index, Message, Node, Path, Segment,
    write_trimmed,
};
use serde_json::Value;

use super::{Outcome, Pair, frames::joined, refused};

/// Reads the message.
fn read(input: &[u8], then: impl FnOnce(&Message<'_>) -> Outcome) -> Outcome {
    let mut index = Index::new();
    then(&Message::parse(input, &mut index).map_err(refused)?)
}

fn text(bytes: &[u8]) -> Value {
    String::from_utf8_lossy(bytes).into()
}

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

/// The unescaped text of a leaf: empty where only the leaf is absent, null where its segment is.
fn leaf(message: &Message<'_>, segment: Option<Segment<'_>>, path: Path) -> Value {
    let Some(segment) = segment else { return Value::Null };
    let leaf = segment.at(path).and_then(|node| node.leaf());
    leaf.map_or(String::new(), |leaf| message.verbatim().text(leaf.raw())).into()
}

/// The leaf at a path of a message.
fn found(input: &[u8], argument: &str) -> Outcome {
    read(input, |message| {
        let path = path(argument);
        let whole = Path { field: None, repetition: None, component: None, ..path };
        let segment = match message.at(Path { subcomponent: None, ..whole }) {
            Some(Node::Segment(segment)) => Some(segment),
            _ => None,
        };
        let found = leaf(message, segment, path);
        // The same leaf, by the shorter way.
        let direct = message.leaf(path).map(|leaf| message.verbatim().text(leaf.raw()));
        assert!(direct.is_none_or(|direct| found == direct));
        Ok(found)
    })
}

/// Of a pair that asks for it, what `ADD` continues is joined.
pub fn get(pair: &Pair) -> Outcome {
    match pair.row["option"].as_str() {
        Some("join_add") => found(&joined(pair), &pair.argument),
        _ => found(&pair.input, &pair.argument),
    }
}

pub fn get_contains(pair: &Pair) -> Outcome {
    let found = get(pair)?;
    let expected = pair.expected.as_str().unwrap();
    Ok(if found.as_str().unwrap().contains(expected) { expected.into() } else { found })
}

pub fn is_null(pair: &Pair) -> Outcome {
    let null = |node: Node<'_>| match node {
        Node::Field(field) => field.is_null(),
        Node::Component(component) => component.is_null(),
        other => other.leaf().is_some_and(|leaf| leaf.is_null()),
    };
    read(&pair.input, |message| Ok(message.at(path(&pair.argument)).is_some_and(null).into()))
}

pub fn raw(pair: &Pair) -> Outcome {
    read(&pair.input, |message| {
        let node = message.at(path(&pair.argument));
        Ok(node.map_or(Value::Null, |node| text(node.raw())))
    })
}

pub fn count_reps(pair: &Pair) -> Outcome {
    read(&pair.input, |message| match message.at(path(&pair.argument)) {
        Some(Node::Field(field)) => Ok(field.repetitions().count().into()),
        _ => Err("no field".into()),
    })
}

/// The input is a field: `field` is all of it, `field.2` its second component.
fn in_field(pair: &Pair, then: impl FnOnce(Node<'_>) -> Outcome) -> Outcome {
    let message = [&b"MSH|^~\\&|\rZZZ|"[..], &pair.input].concat();
    let path = path(&pair.argument.replace("field", "ZZZ-1[1]"));
    read(&message, |message| message.at(path).map_or(Ok(Value::Null), then))
}

pub fn count_components(pair: &Pair) -> Outcome {
    in_field(pair, |node| match node {
        Node::Repetition(repetition) => Ok(repetition.components().count().into()),
        _ => Err("no repetition".into()),
    })
}

pub fn count_subcomponents(pair: &Pair) -> Outcome {
    in_field(pair, |node| match node {
        Node::Component(component) => Ok(component.subcomponents().count().into()),
        _ => Err("no component".into()),
    })
}

pub fn segments(pair: &Pair) -> Outcome {
    read(&pair.input, |message| Ok(message.segments().map(|segment| text(segment.id())).collect()))
}

pub fn message_structure(pair: &Pair) -> Outcome {
    read(&pair.input, |message| Ok(message.structure().map(|s| s.to_string()).into()))
}

pub fn delims(pair: &Pair) -> Outcome {
    read(&pair.input, |message| {
        let raw = |number| message.field(b"MSH", number).unwrap().raw();
        Ok(text(&[raw(1), raw(2)].concat()))
    })
}

pub fn container_kind(pair: &Pair) -> Outcome {
    match pair.input.get(..3).unwrap_or_default() {
        b"FHS" => Ok("file".into()),
        b"BHS" => Ok("batch".into()),
        _ => read(&pair.input, |message| {
            let rest = pair.input.get(message.offset() + message.raw().len()..).unwrap();
            Ok(if rest.starts_with(b"MSH") { "messages".into() } else { "message".into() })
        }),
    }
}

pub fn group_get(pair: &Pair) -> Outcome {
    read(&pair.input, |message| {
        let mut groups = Groups::new();
        groups.assemble(message);
        let path = GroupPath::parse(&pair.argument).unwrap();
        let segment = groups.line(&path).and_then(|line| message.line(line));
        Ok(leaf(message, segment, path.path()))
    })
}

pub fn parse(pair: &Pair) -> Outcome {
    read(&pair.input, |_| Ok("ok".into()))
}

pub fn parse_strict(pair: &Pair) -> Outcome {
    read(&pair.input, |message| message.check().map(|()| "ok".into()).map_err(refused))
}

pub fn parse_strict_structure(pair: &Pair) -> Outcome {
    let check = |message: &Message<'_>| message.check_structure(&mut Groups::new());
    read(&pair.input, |message| check(message).map(|()| "ok".into()).map_err(refused))
}

/// The message put together again from its leaves.
pub fn rebuilt(message: &Message<'_>) -> Vec<u8> {
    let delimiters = message.delimiters();
    let mut out = Vec::new();
    let mut end = 0;
    for line in 0..message.lines() {
        let segment = message.line(line).unwrap();
        let start = segment.offset() - message.offset();
        out.extend_from_slice(&message.raw()[end..start]);
        end = start + segment.raw().len();
        let header = segment.id() == b"MSH";
        if !message.is_segment(line) {
            out.extend_from_slice(segment.raw());
            continue;
        }
        out.extend_from_slice(segment.id());
        for (number, field) in segment.fields().enumerate() {
            if header && number == 0 {
                continue;
            }
            out.push(delimiters.field);
            for (number, repetition) in field.repetitions().enumerate() {
                push_after(&mut out, number, delimiters.repetition);
                for (number, component) in repetition.components().enumerate() {
                    push_after(&mut out, number, delimiters.component);
                    for (number, leaf) in component.subcomponents().enumerate() {
                        push_after(&mut out, number, delimiters.subcomponent);
                        out.extend_from_slice(leaf.raw());
                    }
                }
            }
        }
    }
    out.extend_from_slice(&message.raw()[end..]);
    out
}

fn push_after(out: &mut Vec<u8>, number: usize, separator: u8) {
    if number > 0 {
        out.push(separator);
    }
}

pub fn roundtrip(pair: &Pair) -> Outcome {
    read(&pair.input, |message| Ok(text(&rebuilt(message))))
}

pub fn roundtrip_trim(pair: &Pair) -> Outcome {
    read(&pair.input, |message| Ok(text(rebuilt(message).trim_ascii())))
}

pub fn canonicalize(pair: &Pair) -> Outcome {
    read(&pair.input, |message| {
        let mut out = Vec::new();
        message.write_canonical(&mut out);
        Ok(text(&out))
    })
}

pub fn trim_trailing_delims(pair: &Pair) -> Outcome {
    let mut out = Vec::new();
    write_trimmed(&pair.input, &iomt::hl7v2::Delimiters::DEFAULT, &mut out);
    Ok(text(&out))
}

fn answer(input: &[u8], code: AckCode) -> Vec<u8> {
    let mut out = Vec::new();
    let ack = Ack { code, control_id: "A1", time: "20261124080000", errors: &[] };
    let mut index = Index::new();
    match Message::parse(input, &mut index) {
        Ok(message) => ack.write(&message, &mut out),
        Err(_) => ack.write_unread(input, &mut out),
    }
    out
}

pub fn ack_get(pair: &Pair) -> Outcome {
    found(&answer(&pair.input, AckCode::AA), &pair.argument)
}

pub fn nak_get(pair: &Pair) -> Outcome {
    found(&answer(&pair.input, AckCode::AR), &pair.argument)
}

pub fn ack_code(pair: &Pair) -> Outcome {
    let disposition = match pair.argument.as_str() {
        "ok" => Disposition::Accepted,
        "error" => Disposition::Error,
        "reject" => Disposition::Rejected,
        other => panic!("{other}"),
    };
    read(&pair.input, |message| Ok(message.ack_code(disposition).map(AckCode::as_str).into()))
}

pub fn ack_ends_with_cr(pair: &Pair) -> Outcome {
    Ok(answer(&pair.input, AckCode::AA).ends_with(b"\r").into())
}

pub fn path_parse(pair: &Pair) -> Outcome {
    let path = Path::parse(pair.text()).map_err(refused)?;
    let Path { segment, number, field, repetition, component, subcomponent } = path;
    let numbers = [number, field, repetition, component, subcomponent];
    let numbers = numbers.into_iter().map(|n| n.map_or(Value::Null, |n| n.get().into()));
    Ok(std::iter::once(text(&segment)).chain(numbers).collect())
}
