//! JSON text to a flat list of tokens (RFC 8259), without recursion.

use super::read::rules;
use crate::{issue::Rule, scan};

/// A value, or a key of an object.
#[derive(Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// The first byte of the text.
    pub(crate) start: u32,
    /// After the last byte.
    pub(crate) end: u32,
    /// The token after all that is in this one.
    pub(crate) next: u32,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum TokenKind {
    Object,
    Array,
    /// A string without escapes.
    Text,
    /// A string with escapes.
    Escaped,
    Number,
    True,
    False,
    Null,
}

pub(crate) struct Lexer {
    pub(crate) tokens: Vec<Token>,
    /// Containers that are not closed yet.
    open: Vec<u32>,
    max_depth: usize,
}

/// What broke, and where.
pub(crate) type Failure = (&'static Rule, usize);

#[derive(Clone, Copy)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
}

impl Lexer {
    pub(crate) const fn new(max_depth: usize) -> Self {
        Self { tokens: Vec::new(), open: Vec::new(), max_depth }
    }

    /// Reads one value and nothing behind it but white space.
    pub(crate) fn run(&mut self, text: &[u8]) -> Result<(), Failure> {
        self.tokens.clear();
        self.open.clear();
        let mut at = 0_usize;
        let mut expect = Expect::Value;
        loop {
            at = skip_space(text, at);
            let Some(&byte) = text.get(at) else { return Err((&rules::SYNTAX, at)) };
            let (next, done) = match (expect, byte) {
                (Expect::ValueOrEnd, b']') | (Expect::KeyOrEnd, b'}') => {
                    (at.saturating_add(1), self.close(at)?)
                }
                (Expect::CommaOrEnd, b',') => {
                    at = at.saturating_add(1);
                    expect =
                        if self.inside(TokenKind::Object) { Expect::Key } else { Expect::Value };
                    continue;
                }
                (Expect::CommaOrEnd, b'}') if self.inside(TokenKind::Object) => {
                    (at.saturating_add(1), self.close(at)?)
                }
                (Expect::CommaOrEnd, b']') if self.inside(TokenKind::Array) => {
                    (at.saturating_add(1), self.close(at)?)
                }
                (Expect::Key | Expect::KeyOrEnd, b'"') => {
                    let end = self.string(text, at)?;
                    let colon = skip_space(text, end);
                    if text.get(colon) != Some(&b':') {
                        return Err((&rules::SYNTAX, colon));
                    }
                    at = colon.saturating_add(1);
                    expect = Expect::Value;
                    continue;
                }
                (Expect::Value | Expect::ValueOrEnd, b'{' | b'[') => {
                    if self.open.len() >= self.max_depth {
                        return Err((&rules::DEPTH, at));
                    }
                    let (kind, then) = if byte == b'{' {
                        (TokenKind::Object, Expect::KeyOrEnd)
                    } else {
                        (TokenKind::Array, Expect::ValueOrEnd)
                    };
                    self.open.push(number(self.tokens.len()));
                    self.push(kind, at, at);
                    at = at.saturating_add(1);
                    expect = then;
                    continue;
                }
                (Expect::Value | Expect::ValueOrEnd, _) => {
                    (self.scalar(text, at, byte)?, self.open.is_empty())
                }
                _ => return Err((&rules::SYNTAX, at)),
            };
            at = next;
            if done {
                let end = skip_space(text, at);
                return if end == text.len() { Ok(()) } else { Err((&rules::SYNTAX, end)) };
            }
            expect = Expect::CommaOrEnd;
        }
    }

    fn inside(&self, kind: TokenKind) -> bool {
        let token = self.open.last().and_then(|&at| self.tokens.get(index(at)));
        token.is_some_and(|token| token.kind == kind)
    }

    /// Closes the innermost container at its bracket; gives whether it was the outermost.
    fn close(&mut self, at: usize) -> Result<bool, Failure> {
        let next = number(self.tokens.len());
        let token = self.open.pop().and_then(|open| self.tokens.get_mut(index(open)));
        let token = token.ok_or((&rules::SYNTAX, at))?;
        token.end = number(at.saturating_add(1));
        token.next = next;
        Ok(self.open.is_empty())
    }

    fn scalar(&mut self, text: &[u8], at: usize, byte: u8) -> Result<usize, Failure> {
        let (kind, literal): (_, &[u8]) = match byte {
            b'"' => return self.string(text, at),
            b't' => (TokenKind::True, b"true"),
            b'f' => (TokenKind::False, b"false"),
            b'n' => (TokenKind::Null, b"null"),
            b'-' | b'0'..=b'9' => {
                let rest = text.get(at..).unwrap_or_default();
                let len = rest.iter().take_while(|b| is_in_number(**b)).count();
                let number = rest.get(..len).and_then(|n| core::str::from_utf8(n).ok());
                if !number.is_some_and(super::is_number) {
                    return Err((&rules::SYNTAX, at));
                }
                let end = at.saturating_add(len);
                self.push(TokenKind::Number, at, end);
                return Ok(end);
            }
            _ => return Err((&rules::SYNTAX, at)),
        };
        if text.get(at..).is_some_and(|rest| rest.starts_with(literal)) {
            let end = at.saturating_add(literal.len());
            self.push(kind, at, end);
            Ok(end)
        } else {
            Err((&rules::SYNTAX, at))
        }
    }

    /// A string from its first quotation mark; gives the place after its last.
    fn string(&mut self, text: &[u8], start: usize) -> Result<usize, Failure> {
        let mut at = start.wrapping_add(1);
        let mut kind = TokenKind::Text;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            at = at.wrapping_add(scan::plain(rest));
            match text.get(at) {
                Some(b'"') => {
                    let end = at.saturating_add(1);
                    self.push(kind, start, end);
                    return Ok(end);
                }
                Some(b'\\') => {
                    kind = TokenKind::Escaped;
                    let Some((_, len)) = text.get(at..).and_then(unescape) else {
                        return Err((&rules::SYNTAX, at));
                    };
                    at = at.saturating_add(len);
                }
                _ => return Err((&rules::SYNTAX, at)),
            }
        }
    }

    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        let next = number(self.tokens.len().saturating_add(1));
        self.tokens.push(Token { kind, start: number(start), end: number(end), next });
    }
}

/// The character of the escape at the beginning of `text`, and its length.
pub(crate) fn unescape(text: &[u8]) -> Option<(char, usize)> {
    let simple = |c| Some((c, 2));
    match text.get(1)? {
        b'"' => simple('"'),
        b'\\' => simple('\\'),
        b'/' => simple('/'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'u' => {
            let first = hex4(text.get(2..6)?)?;
            if let Some(c) = char::from_u32(first) {
                return Some((c, 6));
            }
            let second = text.get(6..12)?.strip_prefix(b"\\u").and_then(hex4)?;
            let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
            Some((char::decode_utf16(units).next()?.ok()?, 12))
        }
        _ => None,
    }
}

fn hex4(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |all: u32, &digit| Some(all.wrapping_shl(4) | char::from(digit).to_digit(16)?))
}

const fn is_in_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

#[inline]
fn skip_space(text: &[u8], at: usize) -> usize {
    // Most: none.
    match text.get(at) {
        Some(b) if *b > b' ' => at,
        _ => skip_spaces(text, at),
    }
}

fn skip_spaces(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let space = rest.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t')).count();
    at.saturating_add(space)
}

pub(crate) fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

pub(crate) fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lex(text: &str) -> Result<usize, usize> {
        let mut lexer = Lexer::new(64);
        lexer.run(text.as_bytes()).map(|()| lexer.tokens.len()).map_err(|(_, at)| at)
    }

    #[test]
    fn json_and_what_is_none() {
        assert_eq!(lex(r#" {"a":[1,{"b":null}],"c":true} "#), Ok(9));
        assert_eq!(lex("[]"), Ok(1));
        assert_eq!(lex(r#""\ud83d\ude00""#), Ok(1));
        for (text, at) in [
            ("", 0),
            ("  ", 2),
            ("{", 1),
            ("[1,]", 3),
            (r#"{"a":1,}"#, 7),
            (r#"{"a" 1}"#, 5),
            (r#"{"a":1]"#, 6),
            ("[1}", 2),
            ("01", 0),
            ("[1] x", 4),
            ("tru", 0),
            (r#""\ud83d""#, 1),
            (r#""\x""#, 1),
            ("\"a\nb\"", 2),
            (r#"{1:2}"#, 1),
            ("'a'", 0),
        ] {
            assert_eq!(lex(text), Err(at), "{text}");
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(lex(&nested(64)), Ok(64));
        assert_eq!(lex(&nested(65)), Err(64));
        assert_eq!(lex(&"[".repeat(1_000_000)), Err(64));
    }

    proptest! {
        #[test]
        fn accepts_what_serde_json_accepts(text in "[\\[\\]{},:\"\\\\a1e.\\- 0utrfnl]{0,12}") {
            let other = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(lex(&text).is_ok(), other);
        }
    }
}
