//! `iomt inspect --leaves`: every value of HL7 v2 messages, a line each, for programs that compare.

use std::io::{self, Write};

use iomt::hl7v2::Message;

/// `SEG[n]-F[r].C.S<TAB>value`, and before it the number of the message where the input holds
/// several. Values are unescaped, but for formatting, highlighting and escapes that are not known;
/// control characters and `\` are `\xnn`. MSH-1 and MSH-2 are left out.
pub(super) fn write(
    message: &Message<'_>,
    number: Option<u64>,
    out: &mut impl Write,
) -> io::Result<()> {
    let verbatim = message.verbatim();
    let (mut line, mut ordinal) = (usize::MAX, 0_usize);
    for leaf in message.leaves() {
        if leaf.field < 3 && leaf.id == b"MSH" {
            continue;
        }
        if leaf.line != line {
            (line, ordinal) = (leaf.line, message.ordinal(leaf.line).unwrap_or(0));
        }
        if let Some(number) = number {
            write!(out, "{number}:")?;
        }
        out.write_all(leaf.id)?;
        let (field, repetition) = (leaf.field, leaf.repetition);
        let (component, subcomponent) = (leaf.component, leaf.subcomponent);
        write!(out, "[{ordinal}]-{field}[{repetition}].{component}.{subcomponent}\t")?;
        value(&verbatim.text(leaf.raw), out)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn value(text: &str, out: &mut impl Write) -> io::Result<()> {
    let special = |b: &u8| *b < b' ' || matches!(*b, 0x7F | b'\\');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(special) {
        let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.write_all(plain)?;
        let Some((byte, after)) = tail.split_first() else { return Ok(()) };
        write!(out, "\\x{byte:02x}")?;
        rest = after;
    }
    out.write_all(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_one_line_each() {
        let written = |text: &str| {
            let mut out = Vec::new();
            value(text, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written("a\tb\\.br\\\r\n\u{7f}é\u{0}"), r"a\x09b\x5c.br\x5c\x0d\x0a\x7fé\x00");
        assert_eq!(written(""), "");
    }
}
