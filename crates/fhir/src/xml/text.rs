//! Characters of XML 1.0: which there are, how they are escaped, and how an attribute is read.

use core::fmt::Write;

use super::lex::rules;
use crate::{issue::Rule, json::Buffer, scan};

/// Where a text first has a character that XML 1.0 cannot hold (production 2, `Char`).
pub(super) fn bad_character(text: &str) -> Option<usize> {
    // Noncharacters begin with EF; so do others.
    let suspect = |b: u8| (b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r')) | (b == 0xEF);
    let find = || text.char_indices().find(|(_, c)| !is_char(*c)).map(|(at, _)| at);
    if scan::any(text.as_bytes(), suspect) { find() } else { None }
}

const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether a text is a name without a colon (Namespaces in XML, production 4).
pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_in_name)
}

const fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
        | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
        | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

const fn is_in_name(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// The character that a reference stands for, from the name between `&` and `;`.
pub(super) fn reference(name: &str) -> Result<char, &'static Rule> {
    let number = match name.strip_prefix('#') {
        Some(number) => number,
        None => {
            return match name {
                "amp" => Ok('&'),
                "lt" => Ok('<'),
                "gt" => Ok('>'),
                "quot" => Ok('"'),
                "apos" => Ok('\''),
                _ if is_name(name) => Err(&rules::ENTITY),
                _ => Err(&rules::SYNTAX),
            };
        }
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    let code = digits.chars().try_fold(0_u32, |all, c| {
        Some(all.saturating_mul(radix).saturating_add(c.to_digit(radix)?))
    });
    let code = code.filter(|_| !digits.is_empty()).ok_or(&rules::SYNTAX)?;
    char::from_u32(code).filter(|c| is_char(*c)).ok_or(&rules::CHARACTER)
}

/// Checks the references of an attribute's value, and that it has no `<`. An error is a rule and a
/// place in `raw`.
pub(super) fn check_value(raw: &str) -> Result<(), (&'static Rule, usize)> {
    if !scan::any(raw.as_bytes(), |b| (b == b'<') | (b == b'&')) {
        return Ok(());
    }
    let mut rest = raw;
    while let Some(at) = rest.bytes().position(|b| matches!(b, b'<' | b'&')) {
        let here = raw.len().saturating_sub(rest.len()).saturating_add(at);
        let (_, after) = rest.split_at_checked(at).unwrap_or_default();
        let after = after.strip_prefix('&').ok_or((&rules::SYNTAX, here))?;
        let (name, after) = split_name(after).ok_or((&rules::SYNTAX, here))?;
        reference(name).map_err(|rule| (rule, here))?;
        rest = after;
    }
    Ok(())
}

/// The name of a reference and what stands after its `;`. It has no end beyond another `&`: looking
/// for it stays linear.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|b| matches!(b, b';' | b'&' | b'<'))?;
    let (name, after) = text.split_at_checked(end)?;
    Some((name, after.strip_prefix(';')?))
}

/// Whether an attribute's value is what it looks like.
pub(super) fn is_plain(raw: &str) -> bool {
    !scan::any(raw.as_bytes(), |b| (b < b' ') | (b == b'&'))
}

/// The value of an attribute that was checked: references stand for their characters, and a line end
/// or a tab for a space (XML 1.0, sections 2.11 and 3.3.3).
pub(super) fn write_value(mut raw: &str, out: &mut dyn Write) -> core::fmt::Result {
    while let Some(at) = raw.bytes().position(|b| matches!(b, b'&' | b'\t' | b'\n' | b'\r')) {
        let (clean, after) = raw.split_at_checked(at).unwrap_or((raw, ""));
        out.write_str(clean)?;
        raw = if let Some(reference) = after.strip_prefix('&') {
            let (name, after) = split_name(reference).unwrap_or((reference, ""));
            out.write_char(self::reference(name).unwrap_or('\u{FFFD}'))?;
            after
        } else {
            out.write_char(' ')?;
            let line = after.strip_prefix("\r\n");
            line.or_else(|| after.split_at_checked(1).map(|(_, rest)| rest)).unwrap_or("")
        };
    }
    out.write_str(raw)
}

/// Writes a text as the value of an attribute, so that it comes back as it is.
pub(super) fn escape<B: Buffer>(mut text: &str, out: &mut B) {
    let special = |b: u8| (b < b' ') | (b == b'"') | (b == b'&') | (b == b'<') | (b == b'>');
    if scan::any(text.as_bytes(), special) {
        while let Some(at) = text.bytes().position(special) {
            let (clean, after) = text.split_at_checked(at).unwrap_or((text, ""));
            let (escaped, after) = after.split_at_checked(1).unwrap_or((after, ""));
            out.put(clean);
            out.put(match escaped {
                "&" => "&amp;",
                "<" => "&lt;",
                ">" => "&gt;",
                "\"" => "&quot;",
                "\t" => "&#9;",
                "\n" => "&#10;",
                "\r" => "&#13;",
                // It was checked that there is no other.
                _ => "",
            });
            text = after;
        }
    }
    out.put(text);
}
