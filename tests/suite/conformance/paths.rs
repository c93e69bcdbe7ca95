//! Paths, structure, writing, editing and acknowledging: the operations of `conformance.jsonl`
//! that are about them.

use std::{env, fs, path::Path as File};

use iomt::hl7v2::{
    Ack, AckCode, Disposition, GroupPath, Groups, Index, Message, Node, Path, Segment,
    write_trimmed,
};
use serde_json::{Value, json};

/// What an operation gives: its argument is what follows the colon. `{"error": …}` stands for any
/// refusal.
pub type Op = fn(argument: &str, input: &[u8], pair: &Value) -> Value;

pub const OPS: &[(&str, Op)] = &[
    ("get", get),
    ("get_rep", get),
    ("get_first_primitive", get),
    ("get_contains", get_contains),
    ("is_null", is_null),
    ("raw", raw),
    ("raw_segment", raw),
    ("count_reps", count_reps),
    ("count_components", count_components),
    ("count_subcomponents", count_subcomponents),
    ("segments", segments),
    ("message_structure", message_structure),
    ("delims", delims),
    ("container_kind", container_kind),
    ("group_get", group_get),
    ("parse", parse),
    ("parse_lenient", parse),
    ("parse_strict", parse_strict),
    ("parse_strict_no_unexpected_segments", parse_strict_structure),
    ("roundtrip", roundtrip),
    ("roundtrip_trim", roundtrip_trim),
    ("canonicalize", canonicalize),
    ("trim_trailing_delims", trim_trailing_delims),
    ("ack_get", ack_get),
    ("nak_get", nak_get),
    ("ack_code", ack_code),
    ("ack_ends_with_cr", ack_ends_with_cr),
    ("path_parse", path_parse),
];

fn error() -> Value {
    json!({"error": "refused"})
}

/// Reads the message; a refusal is the result.
fn read(input: &[u8], then: impl FnOnce(&Message<'_>) -> Value) -> Value {
    let mut index = Index::new();
    match Message::parse(input, &mut index) {
        Ok(message) => then(&message),
        Err(_) => error(),
    }
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

fn get(argument: &str, input: &[u8], _: &Value) -> Value {
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
        found
    })
}

fn get_contains(argument: &str, input: &[u8], pair: &Value) -> Value {
    let found = get(argument, input, pair);
    let expected = pair["expected"].as_str().unwrap();
    if found.as_str().unwrap().contains(expected) { expected.into() } else { found }
}

fn is_null(argument: &str, input: &[u8], _: &Value) -> Value {
    let null = |node: Node<'_>| match node {
        Node::Field(field) => field.is_null(),
        Node::Component(component) => component.is_null(),
        other => other.leaf().is_some_and(|leaf| leaf.is_null()),
    };
    read(input, |message| message.at(path(argument)).is_some_and(null).into())
}

fn raw(argument: &str, input: &[u8], _: &Value) -> Value {
    read(input, |message| message.at(path(argument)).map_or(Value::Null, |node| text(node.raw())))
}

fn count_reps(argument: &str, input: &[u8], _: &Value) -> Value {
    read(input, |message| match message.at(path(argument)) {
        Some(Node::Field(field)) => field.repetitions().count().into(),
        _ => error(),
    })
}

/// The input is a field: `field` is all of it, `field.2` its second component.
fn in_field(argument: &str, input: &[u8], then: impl FnOnce(Node<'_>) -> Value) -> Value {
    let message = [&b"MSH|^~\\&|\rZZZ|"[..], input].concat();
    let path = path(&argument.replace("field", "ZZZ-1[1]"));
    read(&message, |message| message.at(path).map_or(Value::Null, then))
}

fn count_components(argument: &str, input: &[u8], _: &Value) -> Value {
    in_field(argument, input, |node| match node {
        Node::Repetition(repetition) => repetition.components().count().into(),
        _ => error(),
    })
}

fn count_subcomponents(argument: &str, input: &[u8], _: &Value) -> Value {
    in_field(argument, input, |node| match node {
        Node::Component(component) => component.subcomponents().count().into(),
        _ => error(),
    })
}

fn segments(_: &str, input: &[u8], _: &Value) -> Value {
    read(input, |message| message.segments().map(|segment| text(segment.id())).collect())
}

fn message_structure(_: &str, input: &[u8], _: &Value) -> Value {
    read(input, |message| message.structure().map(|s| s.to_string()).into())
}

fn delims(_: &str, input: &[u8], _: &Value) -> Value {
    read(input, |message| {
        let raw = |number| message.field(b"MSH", number).unwrap().raw();
        text(&[raw(1), raw(2)].concat())
    })
}

fn container_kind(_: &str, input: &[u8], _: &Value) -> Value {
    let mut index = Index::new();
    let first = input.get(..3).unwrap_or_default();
    match first {
        b"FHS" => "file".into(),
        b"BHS" => "batch".into(),
        _ => match Message::parse(input, &mut index) {
            Ok(message) => {
                let rest = input.get(message.offset() + message.raw().len()..).unwrap();
                if rest.starts_with(b"MSH") { "messages".into() } else { "message".into() }
            }
            Err(_) => error(),
        },
    }
}

fn group_get(argument: &str, input: &[u8], _: &Value) -> Value {
    read(input, |message| {
        let mut groups = Groups::new();
        groups.assemble(message);
        let path = GroupPath::parse(argument).unwrap();
        let segment = groups.line(&path).and_then(|line| message.line(line));
        leaf(message, segment, path.path())
    })
}

fn parse(_: &str, input: &[u8], _: &Value) -> Value {
    read(input, |_| "ok".into())
}

fn parse_strict(_: &str, input: &[u8], _: &Value) -> Value {
    read(input, |message| message.check().map_or_else(|_| error(), |()| "ok".into()))
}

fn parse_strict_structure(_: &str, input: &[u8], _: &Value) -> Value {
    let check = |message: &Message<'_>| message.check_structure(&mut Groups::new());
    read(input, |message| check(message).map_or_else(|_| error(), |()| "ok".into()))
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

fn roundtrip(_: &str, input: &[u8], _: &Value) -> Value {
    read(input, |message| text(&rebuilt(message)))
}

fn roundtrip_trim(_: &str, input: &[u8], _: &Value) -> Value {
    read(input, |message| text(rebuilt(message).trim_ascii()))
}

fn canonicalize(_: &str, input: &[u8], _: &Value) -> Value {
    read(input, |message| {
        let mut out = Vec::new();
        message.write_canonical(&mut out);
        text(&out)
    })
}

fn trim_trailing_delims(_: &str, input: &[u8], _: &Value) -> Value {
    let mut out = Vec::new();
    write_trimmed(input, &iomt::hl7v2::Delimiters::DEFAULT, &mut out);
    text(&out)
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

fn ack_get(argument: &str, input: &[u8], pair: &Value) -> Value {
    get(argument, &answer(input, AckCode::AA), pair)
}

fn nak_get(argument: &str, input: &[u8], pair: &Value) -> Value {
    get(argument, &answer(input, AckCode::AR), pair)
}

fn ack_code(argument: &str, input: &[u8], _: &Value) -> Value {
    let disposition = match argument {
        "ok" => Disposition::Accepted,
        "error" => Disposition::Error,
        "reject" => Disposition::Rejected,
        other => panic!("{other}"),
    };
    read(input, |message| message.ack_code(disposition).map(AckCode::as_str).into())
}

fn ack_ends_with_cr(_: &str, input: &[u8], _: &Value) -> Value {
    answer(input, AckCode::AA).ends_with(b"\r").into()
}

fn path_parse(_: &str, input: &[u8], _: &Value) -> Value {
    let Ok(path) = Path::parse(std::str::from_utf8(input).unwrap()) else { return error() };
    let Path { segment, number, field, repetition, component, subcomponent } = path;
    let numbers = [number, field, repetition, component, subcomponent];
    let numbers = numbers.into_iter().map(|n| n.map_or(Value::Null, |n| n.get().into()));
    std::iter::once(text(&segment)).chain(numbers).collect()
}

/// Pairs whose `option` another part of the library has, and those that we answer otherwise.
const OTHERWISE: &[(&str, &str)] = &[
    ("C0748", "the caller gives no character set: MSH-18 and the bytes decide"),
    ("C1192", "ADD segments are joined on request, before the message is read"),
    ("C1193", "as C1192"),
    ("C1194", "as C1192"),
    ("C1195", "as C1192"),
];

#[test]
fn pairs_of_paths_and_structure() {
    let beside = File::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = env::var_os("IOMT_SHARED").map_or(beside, Into::into);
    let Ok(pairs) = fs::read_to_string(shared.join("corpora/hl7v2/conformance.jsonl")) else {
        println!("conformance: skipped, there is no ../shared");
        return;
    };
    let (mut run, mut wrong) = (0, Vec::new());
    for line in pairs.lines() {
        let pair: Value = serde_json::from_str(line).unwrap();
        let (id, op) = (pair["id"].as_str().unwrap(), pair["op"].as_str().unwrap());
        let (name, argument) = op.split_once(':').unwrap_or((op, ""));
        let Some((_, op)) = OPS.iter().find(|(own, _)| *own == name) else { continue };
        let input = pair["input"].as_str().unwrap();
        let input: Vec<u8> = match pair["input_encoding"].as_str() {
            Some("latin1") => input.chars().map(|c| u8::try_from(c).unwrap()).collect(),
            _ => input.as_bytes().to_vec(),
        };
        let (got, expected) = (op(argument, &input, &pair), &pair["expected"]);
        let same = got == *expected || (got["error"].is_string() && expected["error"].is_string());
        let listed = OTHERWISE.iter().any(|(other, _)| *other == id);
        assert!(!listed || pair["tier"] == "policy");
        if same == listed {
            wrong.push(format!("{id} {name}:{argument} {got} for {expected}"));
        }
        run += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("conformance: {run} pairs of paths and structure");
}
