//! The forms of FHIR's primitive types (R4, "Data Types", with the regular expressions of the
//! definitions), and calendar days that exist.

use crate::time::{DateTime, is_time};
use iomt_fhir::{Version, json, scan::Class, table::Lexical};

/// FHIR's limit for a string, in characters; `maxLength` of `string.value`.
const MAX_STRING: usize = 1_048_576;

/// Whether `text`, which is of `class`, has the form of its type in `version`. Narrative is checked
/// elsewhere.
pub(crate) fn is_valid(lexical: Lexical, text: &str, class: Class, version: Version) -> bool {
    match lexical {
        Lexical::Base64Binary => is_base64(text.as_bytes()),
        Lexical::Boolean => matches!(text, "true" | "false"),
        Lexical::Canonical | Lexical::Uri | Lexical::Url => is_uri(text, class),
        Lexical::Code => is_code(text, class),
        Lexical::Date => DateTime::parse(text).is_some_and(|date| !date.has_time()),
        Lexical::DateTime => DateTime::parse(text).is_some(),
        Lexical::Decimal => {
            json::is_number(text) && (version != Version::R5 || is_short_decimal(text))
        }
        Lexical::Id => is_id(text),
        Lexical::Instant => DateTime::parse(text).is_some_and(DateTime::has_time),
        Lexical::Integer => integer(text).is_some(),
        Lexical::Integer64 => is_integer64(text),
        Lexical::Markdown | Lexical::String => is_string(text, class),
        Lexical::Oid => is_oid(text),
        Lexical::PositiveInt => integer(text).is_some_and(|n| n > 0),
        Lexical::Time => is_time(text),
        Lexical::UnsignedInt => integer(text).is_some_and(|n| n >= 0),
        Lexical::Uuid => is_uuid(text),
        Lexical::Xhtml => true,
    }
}

fn is_string(text: &str, class: Class) -> bool {
    let allowed = |b: u8| b >= b' ' || matches!(b, b'\t' | b'\n' | b'\r');
    text.len() <= MAX_STRING && (!class.has_control() || text.bytes().all(allowed))
}

/// `[^\s]+(\s[^\s]+)*`: no space at either end, and one at a time.
fn is_code(text: &str, class: Class) -> bool {
    if !class.has_space() {
        return true;
    }
    let mut space = true;
    for b in text.bytes() {
        let this = is_space(b);
        if (this && space) || b < b' ' {
            return false;
        }
        space = this;
    }
    !space
}

/// No white space. A `urn:uuid:` or `urn:oid:` has the form of its scheme.
fn is_uri(text: &str, class: Class) -> bool {
    !class.has_space()
        && match text.strip_prefix("urn:") {
            Some(rest) if rest.starts_with("uuid:") => is_uuid(text),
            Some(rest) if rest.starts_with("oid:") => is_oid(text),
            _ => true,
        }
}

/// Whether a URI has a scheme (RFC 3986, 3.1).
pub(crate) fn is_absolute(text: &str) -> bool {
    if text.starts_with("http://") || text.starts_with("urn:") {
        return true;
    }
    let Some((scheme, _)) = text.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}

/// `urn:oid:[0-2](\.(0|[1-9][0-9]*))+`
fn is_oid(text: &str) -> bool {
    let Some(mut arcs) = text.strip_prefix("urn:oid:").map(|oid| oid.split('.')) else {
        return false;
    };
    let arc = |arc: &str| {
        !arc.is_empty()
            && arc.bytes().all(|b| b.is_ascii_digit())
            && (arc == "0" || !arc.starts_with('0'))
    };
    let first = matches!(arcs.next(), Some("0" | "1" | "2"));
    let mut rest = arcs.peekable();
    first && rest.peek().is_some() && rest.all(arc)
}

/// `urn:uuid:` and the five groups, in lower case.
fn is_uuid(text: &str) -> bool {
    let Some(uuid) = text.strip_prefix("urn:uuid:") else { return false };
    let mut groups = uuid.split('-');
    let group = |group: Option<&str>, len| {
        group.is_some_and(|g| {
            g.len() == len && g.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    [8, 4, 4, 4, 12].into_iter().all(|len| group(groups.next(), len)) && groups.next().is_none()
}

/// `-?([0]|([1-9][0-9]*))`, 32 bits.
pub(crate) fn integer(text: &str) -> Option<i32> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = digits == "0" || !digits.starts_with(['0', '+', '-']);
    canonical.then(|| text.parse().ok())?
}

/// `[0]|[-+]?[1-9][0-9]*`, 64 bits.
fn is_integer64(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    text == "0" || (!digits.starts_with(['0', '+', '-']) && text.parse::<i64>().is_ok())
}

/// R5 limits a decimal: 18 digits before the point, 17 behind it, 9 in the exponent.
fn is_short_decimal(number: &str) -> bool {
    let (number, exponent) = number.split_once(['e', 'E']).unwrap_or((number, ""));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    [(whole, 18), (fraction, 17), (exponent, 9)]
        .iter()
        .all(|(digits, most)| digits.trim_start_matches(['-', '+']).len() <= *most)
}

/// Groups of four with padding only at the end, and white space anywhere.
fn is_base64(text: &[u8]) -> bool {
    let (mut count, mut padding) = (0_u8, 0_u8);
    for &b in text {
        match b {
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            b'=' => padding = padding.saturating_add(1),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            _ => return false,
        }
        count = count.wrapping_add(1) & 3;
    }
    count == 0 && padding <= 2
}

const fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0xB | 0xC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lexical: Lexical, good: &[&str], bad: &[&str]) {
        check_in(&Version::ALL, lexical, good, bad);
    }

    #[track_caller]
    fn check_in(versions: &[Version], lexical: Lexical, good: &[&str], bad: &[&str]) {
        let is = |text: &str, version| is_valid(lexical, text, Class::of(text), version);
        for &version in versions {
            for text in good {
                assert!(is(text, version), "{version} {lexical:?} {text}");
            }
            for text in bad {
                assert!(!is(text, version), "{version} {lexical:?} {text}");
            }
        }
    }

    #[test]
    fn decimals_of_r5_are_limited() {
        let fits = [
            "123456789012345678.12345678901234567",
            "-123456789012345678.12345678901234567e-123456789",
        ];
        let long = ["1234567890123456789", "0.123456789012345678", "1e1234567890"];
        check_in(&[Version::R5], Lexical::Decimal, &fits, &long);
        check_in(&[Version::R4, Version::R4B], Lexical::Decimal, &long, &[]);
    }

    #[test]
    fn forms_by_the_definitions() {
        check(Lexical::Boolean, &["true", "false"], &["True", "1", ""]);
        check(
            Lexical::Integer,
            &["0", "-5", "2147483647", "-2147483648"],
            &["", "-", "+5", "05", "2147483648", "1.0", "1e2", "--1", "-0."],
        );
        check(
            Lexical::Integer64,
            &["0", "-5", "+5", "9223372036854775807", "-9223372036854775808"],
            &["", "-", "-0", "05", "9223372036854775808", "1.0", "+-1"],
        );
        check(Lexical::PositiveInt, &["1", "2147483647"], &["0", "-1", "01"]);
        check(Lexical::UnsignedInt, &["0", "7"], &["-1", "00"]);
        check(
            Lexical::Decimal,
            &["0", "-0.0", "72.00", "1e3", "1.5E-10", "100"],
            &["", ".5", "5.", "+1", "01", "-", "1e", "NaN", "1,5", "0x1", " 1"],
        );
        check(Lexical::String, &["a", "é\tb\r\n", " "], &["\u{0}", "a\u{1b}b"]);
        check(Lexical::Code, &["final", "a b", "/min"], &[" a", "a ", "a  b", "a\u{1}"]);
        check(Lexical::Id, &["a", "A-1.b", &"x".repeat(64)], &["", "a_b", "é", &"x".repeat(65)]);
        check(
            Lexical::Uri,
            &[
                "http://a.b/c",
                "urn:oid:1.2.3",
                "x",
                "urn:uuid:187e0c12-8dd2-67e2-99b2-bf273c878281",
            ],
            &["a b", "a\n", "urn:oid:1.02", "urn:uuid:1", "urn:oid:3.1"],
        );
        check(
            Lexical::Oid,
            &["urn:oid:0.0", "urn:oid:2.16.840"],
            &["1.2.3", "urn:oid:1", "urn:oid:1.", "urn:oid:1.a", "urn:oid:4.1"],
        );
        check(
            Lexical::Uuid,
            &["urn:uuid:187e0c12-8dd2-67e2-99b2-bf273c878281"],
            &[
                "187e0c12-8dd2-67e2-99b2-bf273c878281",
                "urn:uuid:187E0C12-8dd2-67e2-99b2-bf273c878281",
                "urn:uuid:187e0c12-8dd2-67e2-99b2-bf273c878281-",
                "urn:uuid:187e0c128dd267e299b2bf273c878281",
            ],
        );
        check(
            Lexical::Base64Binary,
            &["", "QQ==", "QUI=", "QUJD", "QU\nJD "],
            &["Q", "QQ=", "Q===", "=QQQ", "QQ=Q", "QQ-_"],
        );
        check(Lexical::Date, &["2024", "2024-02-29"], &["2024-01-01T00:00:00Z", "2023-02-29"]);
        check(Lexical::DateTime, &["2024", "2024-01-01T00:00:00Z"], &["2024-01-01T00:00:00"]);
        check(Lexical::Instant, &["2024-01-01T00:00:00.5+01:00"], &["2024-01-01", "2024"]);
        check(Lexical::Time, &["23:59:59"], &["24:00:00", "23:59"]);
    }

    #[test]
    fn schemes() {
        for good in ["http://a", "urn:x", "mailto:a@b", "a+b-c.1:"] {
            assert!(is_absolute(good), "{good}");
        }
        for bad in ["", "Patient/1", ":x", "1a:x", "a b:x", "#x"] {
            assert!(!is_absolute(bad), "{bad}");
        }
    }
}
