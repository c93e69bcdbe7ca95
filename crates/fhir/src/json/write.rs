use crate::{
    table::{JsonType, Kind, Lexical},
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
    if let Some(nodes) = tape.nodes().get(tape.range(node)) {
        let mut writer = Writer { tape, out, quote: false };
        writer.node(nodes);
        writer.flush();
    }
}

struct Writer<'a, B> {
    tape: &'a Tape,
    out: &'a mut B,
    /// Whether the last string still lacks its quotation mark, which goes with what follows.
    quote: bool,
}

impl<B: Buffer> Writer<'_, B> {
    fn flush(&mut self) {
        self.end("\"");
    }

    /// Writes what ends a value: a text that begins with the mark that a string lacks.
    fn end(&mut self, text: &str) {
        if core::mem::take(&mut self.quote) {
            self.out.put(text);
        } else {
            self.out.put(text.strip_prefix('"').unwrap_or(text));
        }
    }

    /// One node, the first of `nodes`, as a value: object, string, number or boolean.
    fn node(&mut self, nodes: &[Node]) {
        let Some((node, inside)) = nodes.split_first() else { return };
        match node.element().kind() {
            Kind::Primitive(lexical) => {
                self.item(node, lexical);
            }
            Kind::Unchecked if node.has_text() => self.out.put(self.tape.value(node)),
            // As it was read from XML: what it is, and no more.
            Kind::Unchecked => {
                self.out.put("{\"resourceType\":\"");
                self.out.put(inside.first().map_or("", |kind| self.tape.value(kind)));
                self.out.put("\"}");
            }
            Kind::Slot if inside.is_empty() => self.out.put("{}"),
            Kind::Slot => self.node(inside),
            Kind::Resource => {
                self.out.put("{\"resourceType\":\"");
                self.out.put(node.element().name());
                self.quote = true;
                self.members(inside, false);
                self.end("\"}");
            }
            Kind::Complex | Kind::Backbone => self.object(inside),
        }
    }

    fn object(&mut self, inside: &[Node]) {
        self.out.put("{");
        self.members(inside, true);
        self.end("\"}");
    }

    /// Siblings as members of an object.
    fn members(&mut self, mut rest: &[Node], mut first: bool) {
        while let Some(node) = rest.first() {
            let row = node.element().row();
            match row.kind {
                // Most.
                Kind::Primitive(lexical) if !row.array => {
                    let (run, after) = split_first(rest);
                    rest = after;
                    if node.has_text() {
                        let text = self.tape.value(node);
                        let bare = is_bare(text, lexical);
                        self.key(row.key, &mut first, !bare);
                        self.value(node, text, bare);
                    }
                    if let Some((_, inside)) = run.split_first()
                        && !inside.is_empty()
                    {
                        self.extra_key(row.key, &mut first);
                        self.object(inside);
                    }
                }
                Kind::Primitive(lexical) => {
                    let (run, after) = split_run(rest);
                    rest = after;
                    self.primitives(run, row.key, lexical, &mut first);
                }
                Kind::Complex | Kind::Backbone if row.array => {
                    self.key(row.key, &mut first, false);
                    rest = self.objects(rest);
                }
                _ if row.array => {
                    let (run, after) = split_run(rest);
                    rest = after;
                    self.key(row.key, &mut first, false);
                    self.array(run, Self::node);
                }
                _ => {
                    let (run, after) = split_first(rest);
                    rest = after;
                    self.key(row.key, &mut first, false);
                    self.node(run);
                }
            }
        }
    }

    /// The nodes at the beginning that are the same element, as an array of objects; gives the rest.
    fn objects<'n>(&mut self, mut rest: &'n [Node]) -> &'n [Node] {
        let element = rest.first().map(Node::element);
        self.out.put("[{");
        loop {
            let (item, after) = split_first(rest);
            rest = after;
            self.members(item.split_first().map_or(&[], |(_, inside)| inside), true);
            if rest.first().map(Node::element) != element {
                self.end("\"}]");
                return rest;
            }
            self.end("\"},{");
        }
    }

    /// Repeated values and what extends them: two arrays, with null where one has nothing.
    fn primitives(&mut self, run: &[Node], key: &str, lexical: Lexical, first: &mut bool) {
        if items(run).any(|item| item.first().is_some_and(Node::has_text)) {
            self.key(key, first, false);
            self.array(run, |this, item| match item.first() {
                Some(node) if node.has_text() => this.item(node, lexical),
                _ => this.out.put("null"),
            });
        }
        if items(run).any(|item| item.len() > 1) {
            self.extra_key(key, first);
            self.array(run, |this, item| match item.split_first() {
                Some((_, inside)) if !inside.is_empty() => this.object(inside),
                _ => this.out.put("null"),
            });
        }
    }

    /// The key of the next member, of `","name":"`: from the end of a string before it to the
    /// beginning of one after it, if `quoted`.
    fn key(&mut self, key: &str, first: &mut bool, quoted: bool) {
        let start = match (core::mem::take(&mut self.quote), core::mem::take(first)) {
            // Most.
            (true, _) if quoted => return self.out.put(key),
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => 2,
        };
        let end = if quoted { key.len() } else { key.len().saturating_sub(1) };
        self.out.put(key.get(start..end).unwrap_or_default());
    }

    /// The key of what extends a primitive: `_name`.
    fn extra_key(&mut self, key: &str, first: &mut bool) {
        self.key("\",\"_\"", first, false);
        let end = key.len().saturating_sub(1);
        self.out.put(key.get(3..end).unwrap_or_default());
    }

    fn array(&mut self, run: &[Node], mut item: impl FnMut(&mut Self, &[Node])) {
        self.out.put("[");
        let mut first = true;
        for nodes in items(run) {
            if !core::mem::take(&mut first) {
                self.end("\",");
            }
            item(self, nodes);
        }
        self.end("\"]");
    }

    fn item(&mut self, node: &Node, lexical: Lexical) {
        let text = self.tape.value(node);
        let bare = is_bare(text, lexical);
        if !bare {
            self.out.put("\"");
        }
        self.value(node, text, bare);
    }

    /// A text whose first quotation mark, if it needs one, is written.
    fn value(&mut self, node: &Node, text: &str, bare: bool) {
        self.quote = !bare;
        if !bare && node.class().has_escape() {
            self.escaped(text);
        } else {
            self.out.put(text);
        }
    }

    #[cold]
    fn escaped(&mut self, mut text: &str) {
        while let Some(at) = text.bytes().position(needs_escape) {
            let (clean, after) = text.split_at_checked(at).unwrap_or((text, ""));
            self.out.put(clean);
            let (escaped, after) = after.split_at_checked(1).unwrap_or((after, ""));
            write_escape(escaped.bytes().next().unwrap_or(b' '), self.out);
            text = after;
        }
        self.out.put(text);
    }
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

/// Whether a text goes without quotation marks: a number or a boolean.
fn is_bare(text: &str, lexical: Lexical) -> bool {
    match lexical.json() {
        JsonType::Boolean => matches!(text, "true" | "false"),
        JsonType::Number => is_number(text),
        JsonType::String => false,
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
