use super::Buffer;

/// How a document is laid out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there are two")]
pub enum Layout {
    /// Without space that means nothing: JSON is one line.
    #[default]
    Compact,
    /// An element a line, two spaces for each that it is in.
    Pretty,
}

/// Lays a JSON text out, and changes nothing else of it.
pub fn lay_out<B: Buffer>(json: &str, layout: Layout, out: &mut B) {
    let pretty = layout == Layout::Pretty;
    let (mut rest, mut depth) = (json, 0_usize);
    let line = |depth: usize, out: &mut B| {
        if pretty {
            out.put("\n");
            (0..depth).for_each(|_| out.put("  "));
        }
    };
    let mut empty = false;
    while let Some(byte) = rest.bytes().next() {
        let (len, opens) = match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            b'{' | b'[' => (1, true),
            b'}' | b']' | b',' | b':' => (1, false),
            b'"' => (string(rest), false),
            // A number or a literal; what is no JSON goes by, too.
            _ => (rest.find(|c: char| " \t\n\r{}[],:\"".contains(c)).unwrap_or(rest.len()), false),
        };
        let (token, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
        rest = after;
        if matches!(byte, b'}' | b']') {
            depth = depth.saturating_sub(1);
            if !empty {
                line(depth, out);
            }
        } else if empty {
            line(depth, out);
        }
        empty = opens;
        out.put(token);
        match byte {
            b'{' | b'[' => depth = depth.saturating_add(1),
            b',' => line(depth, out),
            b':' if pretty => out.put(" "),
            _ => {}
        }
    }
}

/// The length of the string at the beginning of a text.
fn string(text: &str) -> usize {
    let mut at = 1_usize;
    let bytes = text.as_bytes();
    loop {
        at = at.saturating_add(crate::scan::plain(bytes.get(at..).unwrap_or_default()));
        at = match bytes.get(at) {
            Some(b'\\') => at.saturating_add(2),
            Some(b'"') => return at.saturating_add(1),
            Some(_) => at.saturating_add(1),
            None => return text.len(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(json: &str, layout: Layout) -> String {
        let mut out = String::new();
        lay_out(json, layout, &mut out);
        out
    }

    #[test]
    fn space_changes_and_nothing_else() {
        let json = " {\"a\" : [1.0,\n{ } ,[]],\"b c\":\"\\\" { é\\\\\",\"d\":{\"e\":null}} ";
        assert_eq!(
            of(json, Layout::Compact),
            "{\"a\":[1.0,{},[]],\"b c\":\"\\\" { é\\\\\",\"d\":{\"e\":null}}"
        );
        assert_eq!(
            of(json, Layout::Pretty),
            "{\n  \"a\": [\n    1.0,\n    {},\n    []\n  ],\n  \"b c\": \"\\\" { é\\\\\",\n  \
             \"d\": {\n    \"e\": null\n  }\n}"
        );
    }

    proptest! {
        #[test]
        fn laying_out_settles_and_never_panics(json in "[\\[\\]{},:\"\\\\a1é \n]{0,30}") {
            let compact = of(&json, Layout::Compact);
            prop_assert_eq!(&of(&of(&json, Layout::Pretty), Layout::Compact), &compact);
            prop_assert_eq!(of(&compact, Layout::Compact), compact);
        }
    }
}
