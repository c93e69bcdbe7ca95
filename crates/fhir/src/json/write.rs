use crate::{
    table::{Kind, Lexical},
    tape::{Node, NodeId, Tape},
};

/// What JSON is written to.
pub trait Buffer {
    /// Appends `text`.
    fn put(&mut self, text: &str);
}

impl Buffer for String {
    #[inline]
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }
}

impl Buffer for Vec<u8> {
    #[inline]
    fn put(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }
}

/// Appends a node and what is in it as compact JSON: a resource, or the object of a data type.
///
/// It is always well-formed JSON. A number or boolean whose text is none is written as a string;
/// an element that stands again after others is a second property of that name. Neither passes
/// validation.
pub fn write<B: Buffer>(tape: &Tape, node: NodeId, out: &mut B) {
    let range = tape.range(node);
    if let Some(nodes) = tape.nodes().get(range) {
        write_node(tape, nodes, out);
    }
}

/// One node, its first of `nodes`, as a value: object, string, number or boolean.
fn write_node<B: Buffer>(tape: &Tape, nodes: &[Node], out: &mut B) {
    let Some((node, inside)) = nodes.split_first() else { return };
    match node.element().kind() {
        Kind::Primitive(lexical) => write_text(tape.value(node), lexical, out),
        Kind::Unchecked => out.put(tape.value(node)),
        Kind::Slot if inside.is_empty() => out.put("{}"),
        Kind::Slot => write_node(tape, inside, out),
        Kind::Resource => {
            out.put("{\"resourceType\":\"");
            out.put(node.element().name());
            out.put("\"");
            write_members(tape, inside, false, out);
            out.put("}");
        }
        Kind::Complex | Kind::Backbone => write_object(tape, inside, out),
    }
}

fn write_object<B: Buffer>(tape: &Tape, inside: &[Node], out: &mut B) {
    out.put("{");
    write_members(tape, inside, true, out);
    out.put("}");
}

/// Siblings as members of an object.
fn write_members<B: Buffer>(tape: &Tape, mut rest: &[Node], mut first: bool, out: &mut B) {
    while let Some(node) = rest.first() {
        let element = node.element();
        let row = element.row();
        let primitive = match element.kind() {
            Kind::Primitive(lexical) => Some(lexical),
            Kind::Complex | Kind::Backbone | Kind::Resource | Kind::Slot | Kind::Unchecked => None,
        };
        let (run, after) = if row.array { split_run(rest) } else { split_first(rest) };
        rest = after;
        let mut comma = |out: &mut B| {
            if !core::mem::take(&mut first) {
                out.put(",");
            }
        };
        match (primitive, row.array) {
            (None, array) => {
                comma(out);
                out.put(row.key);
                if array {
                    write_array(run, out, |item, out| write_node(tape, item, out));
                } else {
                    write_node(tape, run, out);
                }
            }
            (Some(lexical), false) => {
                if node.has_text() {
                    comma(out);
                    out.put(row.key);
                    write_text(tape.value(node), lexical, out);
                }
                if let Some((_, inside)) = run.split_first()
                    && !inside.is_empty()
                {
                    comma(out);
                    out.put("\"_");
                    out.put(row.key.get(1..).unwrap_or_default());
                    write_object(tape, inside, out);
                }
            }
            (Some(lexical), true) => {
                // Values and their extensions are two arrays, with null where one has nothing.
                let items = || items(run);
                if items().any(|item| item.first().is_some_and(Node::has_text)) {
                    comma(out);
                    out.put(row.key);
                    write_array(run, out, |item, out| match item.first() {
                        Some(node) if node.has_text() => {
                            write_text(tape.value(node), lexical, out);
                        }
                        _ => out.put("null"),
                    });
                }
                if items().any(|item| item.len() > 1) {
                    comma(out);
                    out.put("\"_");
                    out.put(row.key.get(1..).unwrap_or_default());
                    write_array(run, out, |item, out| match item.split_first() {
                        Some((_, inside)) if !inside.is_empty() => write_object(tape, inside, out),
                        _ => out.put("null"),
                    });
                }
            }
        }
    }
}

fn write_array<B: Buffer>(run: &[Node], out: &mut B, mut item: impl FnMut(&[Node], &mut B)) {
    out.put("[");
    let mut first = true;
    for nodes in items(run) {
        if !core::mem::take(&mut first) {
            out.put(",");
        }
        item(nodes, out);
    }
    out.put("]");
}

/// The first of `nodes` with what is in it, and the rest.
fn split_first(nodes: &[Node]) -> (&[Node], &[Node]) {
    let len = nodes.first().map_or(0, Node::size);
    nodes.split_at_checked(len).unwrap_or((nodes, &[]))
}

/// The nodes at the beginning that are the same element, each with what is in it, and the rest.
fn split_run(nodes: &[Node]) -> (&[Node], &[Node]) {
    let Some(element) = nodes.first().map(Node::element) else { return (nodes, &[]) };
    let mut len = 0_usize;
    while let Some(node) = nodes.get(len)
        && node.element() == element
    {
        len = len.saturating_add(node.size());
    }
    nodes.split_at_checked(len).unwrap_or((nodes, &[]))
}

fn items(mut run: &[Node]) -> impl Iterator<Item = &[Node]> {
    core::iter::from_fn(move || {
        if run.is_empty() {
            return None;
        }
        let (item, rest) = split_first(run);
        run = rest;
        Some(item)
    })
}

fn write_text<B: Buffer>(text: &str, lexical: Lexical, out: &mut B) {
    let bare = match lexical {
        Lexical::Boolean => matches!(text, "true" | "false"),
        Lexical::Decimal | Lexical::Integer | Lexical::PositiveInt | Lexical::UnsignedInt => {
            is_number(text)
        }
        Lexical::Base64Binary
        | Lexical::Canonical
        | Lexical::Code
        | Lexical::Date
        | Lexical::DateTime
        | Lexical::Id
        | Lexical::Instant
        | Lexical::Markdown
        | Lexical::Oid
        | Lexical::String
        | Lexical::Time
        | Lexical::Uri
        | Lexical::Url
        | Lexical::Uuid
        | Lexical::Xhtml => false,
    };
    if bare {
        out.put(text);
    } else {
        write_string(text, out);
    }
}

/// Whether a text is a number in JSON (RFC 8259, section 6), which is the form of FHIR's decimal.
#[must_use]
pub fn is_number(text: &str) -> bool {
    let text = text.as_bytes();
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(text);
    let (Some(rest), true) =
        (text.get(whole..), whole > 0 && (whole == 1 || text.first() != Some(&b'0')))
    else {
        return false;
    };
    let rest = match rest.split_first() {
        Some((b'.', fraction)) => match digits(fraction) {
            0 => return false,
            n => fraction.get(n..).unwrap_or_default(),
        },
        _ => rest,
    };
    match rest.split_first() {
        None => true,
        Some((b'e' | b'E', exponent)) => {
            let exponent = match exponent.split_first() {
                Some((b'+' | b'-', digits)) => digits,
                _ => exponent,
            };
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        Some(_) => false,
    }
}

fn write_string<B: Buffer>(text: &str, out: &mut B) {
    out.put("\"");
    let mut rest = text;
    while let Some(at) = rest.as_bytes().iter().position(|&b| needs_escape(b)) {
        let (clean, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.put(clean);
        let (escaped, after) = after.split_at_checked(1).unwrap_or((after, ""));
        write_escape(escaped.as_bytes().first().copied().unwrap_or(b' '), out);
        rest = after;
    }
    out.put(rest);
    out.put("\"");
}

const fn needs_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn write_escape<B: Buffer>(byte: u8, out: &mut B) {
    match byte {
        b'"' => out.put("\\\""),
        b'\\' => out.put("\\\\"),
        b'\n' => out.put("\\n"),
        b'\r' => out.put("\\r"),
        b'\t' => out.put("\\t"),
        control => {
            out.put(if control < 0x10 { "\\u000" } else { "\\u001" });
            let digit = usize::from(control & 0xF);
            out.put("0123456789abcdef".get(digit..digit.saturating_add(1)).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::el;
    use iomt_core::wire::Span;

    fn json(tape: &Tape) -> String {
        let mut out = String::new();
        write(tape, tape.root().unwrap(), &mut out);
        let mut bytes = Vec::new();
        write(tape, tape.root().unwrap(), &mut bytes);
        assert_eq!(out.as_bytes(), bytes);
        out
    }

    #[test]
    fn an_observation() {
        let mut tape = Tape::new();
        let root = tape.open(el::ROOT_OBSERVATION, Span::NONE);
        tape.text(el::OBSERVATION_ID, "a");
        tape.text(el::OBSERVATION_STATUS, "final");
        let code = tape.open(el::OBSERVATION_CODE, Span::NONE);
        for code in ["8867-4", "147842"] {
            let coding = tape.open(el::CODEABLE_CONCEPT_CODING, Span::NONE);
            tape.str(el::CODING_CODE, code, Span::NONE);
            tape.close(coding);
        }
        tape.close(code);
        let value = tape.open(el::OBSERVATION_VALUE_QUANTITY, Span::NONE);
        tape.text(el::QUANTITY_VALUE, "72.0");
        tape.close(value);
        tape.close(root);
        assert_eq!(
            json(&tape),
            concat!(
                r#"{"resourceType":"Observation","id":"a","status":"final","#,
                r#""code":{"coding":[{"code":"8867-4"},{"code":"147842"}]},"#,
                r#""valueQuantity":{"value":72.0}}"#
            )
        );
    }

    #[test]
    fn primitives_with_extensions() {
        let mut tape = Tape::new();
        let extend = |tape: &mut Tape| {
            let extension = tape.open(el::ELEMENT_EXTENSION, Span::NONE);
            tape.text(el::EXTENSION_URL, "http://x.org");
            tape.text(el::EXTENSION_VALUE_BOOLEAN, "true");
            tape.close(extension);
        };
        let root = tape.open(el::ROOT_PATIENT, Span::NONE);
        let name = tape.open(el::PATIENT_NAME, Span::NONE);
        tape.text(el::HUMAN_NAME_GIVEN, "A");
        let given = tape.open(el::HUMAN_NAME_GIVEN, Span::NONE);
        extend(&mut tape);
        tape.close(given);
        let prefix = tape.open(el::HUMAN_NAME_PREFIX, Span::NONE);
        extend(&mut tape);
        tape.close(prefix);
        tape.close(name);
        let date = tape.open(el::PATIENT_BIRTH_DATE, Span::NONE);
        tape.value_text(date, "1970");
        extend(&mut tape);
        tape.close(date);
        tape.close(root);
        let extension = r#"{"extension":[{"url":"http://x.org","valueBoolean":true}]}"#;
        assert_eq!(
            json(&tape),
            format!(
                r#"{{"resourceType":"Patient","name":[{{"given":["A",null],"_given":[null,{extension}],"_prefix":[{extension}]}}],"birthDate":"1970","_birthDate":{extension}}}"#
            )
        );
    }

    #[test]
    fn resources_in_slots() {
        let mut tape = Tape::new();
        let root = tape.open(el::ROOT_BUNDLE, Span::NONE);
        for name in [el::ROOT_PATIENT, el::ROOT_DEVICE] {
            let entry = tape.open(el::BUNDLE_ENTRY, Span::NONE);
            let slot = tape.open(el::BUNDLE_ENTRY_RESOURCE, Span::NONE);
            let inner = tape.open(name, Span::NONE);
            tape.close(inner);
            tape.close(slot);
            tape.close(entry);
        }
        tape.close(root);
        assert_eq!(
            json(&tape),
            concat!(
                r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"}},"#,
                r#"{"resource":{"resourceType":"Device"}}]}"#
            )
        );
    }

    #[test]
    fn strings_are_escaped_and_bad_numbers_quoted() {
        let mut tape = Tape::new();
        let root = tape.open(el::ROOT_PATIENT, Span::NONE);
        tape.text(el::PATIENT_ID, "a\"b\\c\n\r\t\u{1}\u{1f}é/\u{7f}");
        tape.text(el::PATIENT_ACTIVE, "yes");
        tape.text(el::PATIENT_MULTIPLE_BIRTH_INTEGER, "+2");
        tape.close(root);
        assert_eq!(
            json(&tape),
            "{\"resourceType\":\"Patient\",\"id\":\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001fé/\u{7f}\",\
             \"active\":\"yes\",\"multipleBirthInteger\":\"+2\"}"
        );
    }

    #[test]
    fn numbers_by_rfc_8259() {
        for good in ["0", "-0", "72.0", "1e5", "1.5E-3", "100", "0.005", "-13"] {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "-", "01", ".5", "5.", "+5", "1e", "1e+", "0x1", "1 ", "NaN", "1.e5"] {
            assert!(!is_number(bad), "{bad}");
        }
    }
}
