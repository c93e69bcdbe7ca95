//! XML text to a flat list of elements, without recursion: what is not well-formed ends here.

use core::ops::Range;

use quick_xml::{
    Reader,
    events::{BytesStart, Event, attributes::Attributes},
};

use super::{FHIR, XHTML, text};
use crate::issue::Rule;
use crate::json::lex::{index, number};

pub(super) mod rules {
    use crate::issue::{
        IssueCode::{NotSupported, Structure, TooLong},
        Rule,
    };

    pub(crate) static SYNTAX: Rule = Rule::fatal("xml-syntax", Structure, "the text is not XML");
    pub(crate) static CHARACTER: Rule =
        Rule::fatal("xml-character", Structure, "XML has no such character");
    pub(crate) static DTD: Rule =
        Rule::fatal("xml-dtd", NotSupported, "document type declarations are refused");
    pub(crate) static ENTITY: Rule =
        Rule::fatal("xml-entity", NotSupported, "entities are refused but the five of XML");
    pub(crate) static ENCODING: Rule = Rule::fatal(
        "xml-encoding",
        NotSupported,
        "the text is declared as something else than UTF-8",
    );
    pub(crate) static PREFIX: Rule =
        Rule::fatal("xml-prefix", Structure, "the prefix stands for no namespace");
    pub(crate) static ATTRIBUTES: Rule =
        Rule::fatal("limit-attributes", TooLong, "an element has too many attributes");
    pub(crate) static NAMESPACES: Rule =
        Rule::fatal("limit-namespaces", TooLong, "too many namespaces are declared at a place");
    pub(crate) static NAME: Rule = Rule::fatal("limit-name", TooLong, "a name is too long");
}

/// Attributes of one element: more than XHTML has for any.
const MAX_ATTRIBUTES: usize = 64;
/// Declarations of namespaces in force at a place.
const MAX_NAMESPACES: usize = 64;
/// Bytes of a name.
const MAX_NAME: usize = 256;

/// An element outside the narrative, a narrative as a whole, or a text where none belongs.
#[derive(Clone, Copy)]
pub(super) struct Token {
    /// The first byte.
    pub(super) start: u32,
    /// After its start tag.
    pub(super) head: u32,
    /// After the last byte.
    pub(super) end: u32,
    /// The token after all that is in this one.
    pub(super) next: u32,
    pub(super) kind: TokenKind,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum TokenKind {
    /// An element of FHIR.
    Element,
    /// An element of another namespace, or of none.
    Foreign,
    /// An element of XHTML, with all that is in it.
    Narrative(Names),
    /// Text.
    Text,
}

/// What the names in a narrative need.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Names {
    /// Nothing: it declares what it uses, and has no prefix.
    Whole,
    /// The prefix of the outermost element is to go, and the namespace to be declared.
    Outer,
    /// More declarations from outside.
    Mixed,
}

/// A declaration of a namespace.
#[derive(Clone, Copy)]
struct Scope {
    /// How many elements it is in, with the one that has it.
    level: usize,
    /// The prefix, by its place; empty for the default.
    prefix: (u32, u32),
    space: Space,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Space {
    Fhir,
    Xhtml,
    Other,
}

/// A narrative at work.
#[derive(Clone, Copy)]
struct Narrative {
    level: usize,
    token: u32,
    prefix: (u32, u32),
}

#[derive(Default)]
pub(super) struct Lexer {
    pub(super) tokens: Vec<Token>,
    /// The first comment or processing instruction that is not kept.
    pub(super) lost: Option<Range<usize>>,
    /// Elements that are not closed yet, outside a narrative.
    open: Vec<u32>,
    scopes: Vec<Scope>,
    /// The names of the attributes of one tag, by their places.
    names: Vec<(u32, u32)>,
    narrative: Option<Narrative>,
    /// Elements that are not closed yet.
    level: usize,
    max_depth: usize,
}

/// What broke, and where.
pub(super) type Failure = (&'static Rule, usize);

impl Lexer {
    pub(super) fn new(max_depth: usize) -> Self {
        Self { max_depth, ..Self::default() }
    }

    /// Reads a document.
    pub(super) fn run(&mut self, text: &str) -> Result<(), Failure> {
        self.tokens.clear();
        self.open.clear();
        self.scopes.clear();
        (self.lost, self.narrative, self.level) = (None, None, 0);
        if let Some(at) = text::bad_character(text) {
            return Err((&rules::CHARACTER, at));
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        loop {
            let at = place(reader.buffer_position());
            let event = reader.read_event();
            let end = place(reader.buffer_position());
            match event {
                Ok(Event::Start(tag)) => self.element(text, at..end, &tag, false)?,
                Ok(Event::Empty(tag)) => self.element(text, at..end, &tag, true)?,
                Ok(Event::End(_)) => {
                    self.level = self.level.saturating_sub(1);
                    self.close(end);
                }
                Ok(Event::Text(raw)) => {
                    let end = raw.find("]]>").map(|bad| at.saturating_add(bad));
                    if let Some(bad) = end {
                        return Err((&rules::SYNTAX, bad));
                    }
                    if !text::is_blank(&raw) {
                        self.text(at..at.saturating_add(raw.len()))?;
                    }
                }
                Ok(Event::CData(_)) => self.text(at..end)?,
                Ok(Event::GeneralRef(name)) => {
                    text::reference(&name).map_err(|rule| (rule, at))?;
                    self.text(at..end)?;
                }
                Ok(Event::Comment(_)) => self.lose(at..end),
                Ok(Event::PI(pi)) => {
                    if !text::is_name(pi.target()) || pi.target().eq_ignore_ascii_case("xml") {
                        return Err((&rules::SYNTAX, at));
                    }
                    self.lose(at..end);
                }
                Ok(Event::Decl(_)) if at > 0 => return Err((&rules::SYNTAX, at)),
                Ok(Event::Decl(_)) => declaration(text, end)?,
                Ok(Event::DocType(_)) => return Err((&rules::DTD, at)),
                Ok(Event::Eof) => break,
                // What quick-xml says may quote the text.
                Err(_) => {
                    let rest = text.get(at..).unwrap_or_default();
                    if rest.starts_with("<!DOCTYPE") {
                        return Err((&rules::DTD, at));
                    }
                    return Err((&rules::SYNTAX, place(reader.error_position()).min(text.len())));
                }
            }
        }
        if self.level > 0 || self.tokens.is_empty() {
            return Err((&rules::SYNTAX, text.len()));
        }
        Ok(())
    }

    fn lose(&mut self, place: Range<usize>) {
        if self.narrative.is_none() {
            self.lost.get_or_insert(place);
        }
    }

    /// A text that is not blank.
    fn text(&mut self, place: Range<usize>) -> Result<(), Failure> {
        if self.level == 0 {
            return Err((&rules::SYNTAX, place.start));
        }
        if self.narrative.is_none() {
            self.push(place.start, place.end, place.end, TokenKind::Text);
        }
        Ok(())
    }

    fn push(&mut self, start: usize, head: usize, end: usize, kind: TokenKind) {
        let next = number(self.tokens.len().saturating_add(1));
        let (start, head, end) = (number(start), number(head), number(end));
        self.tokens.push(Token { start, head, end, next, kind });
    }

    /// Ends the element that was the innermost, of which [`level`](Self::level) no longer counts.
    fn close(&mut self, end: usize) {
        while self.scopes.last().is_some_and(|scope| scope.level > self.level) {
            self.scopes.pop();
        }
        let token = match self.narrative {
            Some(Narrative { level, .. }) if level <= self.level => return,
            Some(narrative) => {
                self.narrative = None;
                Some(narrative.token)
            }
            None => self.open.pop(),
        };
        let next = number(self.tokens.len());
        if let Some(token) = token.and_then(|token| self.tokens.get_mut(index(token))) {
            (token.end, token.next) = (number(end), next);
        }
    }

    /// A start tag, or an empty element.
    fn element(
        &mut self,
        text: &str,
        place: Range<usize>,
        tag: &BytesStart<'_>,
        empty: bool,
    ) -> Result<(), Failure> {
        let at = place.start;
        let name = tag.name();
        let name = name.as_ref();
        let (prefix, local) = split(name);
        if name.len() > MAX_NAME {
            return Err((&rules::NAME, at));
        }
        if !(text::is_name(local) && (prefix.is_empty() || text::is_name(prefix))) {
            return Err((&rules::SYNTAX, at));
        }
        if self.level == 0 && !self.tokens.is_empty() {
            return Err((&rules::SYNTAX, at));
        }
        if self.narrative.is_none() && self.open.len() > self.max_depth {
            return Err((&crate::json::rules::DEPTH, at));
        }
        let level = self.level.saturating_add(1);
        self.attributes(text, at, tag, level)?;
        let prefix_at = at.saturating_add(1);
        let prefix_place = (number(prefix_at), number(prefix_at.saturating_add(prefix.len())));
        let scope = self.resolve(text, prefix);
        if scope.is_none() && !prefix.is_empty() {
            return Err((&rules::PREFIX, at));
        }
        let (space, declared) = scope.map_or((Space::Other, 0), |s| (s.space, s.level));
        self.prefixes(text, at)?;
        if let Some(narrative) = self.narrative {
            let own = same(text, prefix_place, narrative.prefix);
            self.use_name(narrative, declared, own || prefix.is_empty(), space);
        } else {
            let kind = match space {
                Space::Fhir => TokenKind::Element,
                Space::Other => TokenKind::Foreign,
                Space::Xhtml if prefix.is_empty() && declared == level => {
                    TokenKind::Narrative(Names::Whole)
                }
                Space::Xhtml => TokenKind::Narrative(Names::Outer),
            };
            let token = number(self.tokens.len());
            self.push(at, place.end, place.end, kind);
            if space == Space::Xhtml {
                let narrative = Narrative { level, token, prefix: prefix_place };
                self.narrative = Some(narrative);
                self.prefixes_in(text, narrative);
            } else {
                self.open.push(token);
            }
        }
        if empty {
            self.close(place.end)
        } else {
            self.level = level
        }
        Ok(())
    }

    /// Notes what a name in a narrative needs. `known`: its prefix is that of the narrative, or none.
    fn use_name(&mut self, narrative: Narrative, declared: usize, known: bool, space: Space) {
        let Some(token) = self.tokens.get_mut(index(narrative.token)) else { return };
        let fits = match token.kind {
            TokenKind::Narrative(Names::Whole) => declared >= narrative.level,
            TokenKind::Narrative(Names::Outer) => {
                known && space == Space::Xhtml && declared <= narrative.level
            }
            _ => true,
        };
        if !fits {
            token.kind = TokenKind::Narrative(Names::Mixed);
        }
    }

    /// Looks at the attributes of a tag: their form, each once, and the namespaces that they declare.
    fn attributes(
        &mut self,
        text: &str,
        at: usize,
        tag: &BytesStart<'_>,
        level: usize,
    ) -> Result<(), Failure> {
        self.names.clear();
        let mut attributes = tag.attributes();
        attributes.with_checks(false);
        for attribute in attributes {
            let attribute = attribute.map_err(|_| (&rules::SYNTAX, at))?;
            let key = attribute.key.as_ref();
            let start = offset(text, key);
            let before = start.checked_sub(1).and_then(|before| text.as_bytes().get(before));
            let (prefix, local) = split(key);
            if !before.copied().is_some_and(text::is_space)
                || !text::is_name(local)
                || !(prefix.is_empty() || text::is_name(prefix))
            {
                return Err((&rules::SYNTAX, start));
            }
            if self.names.len() >= MAX_ATTRIBUTES {
                return Err((&rules::ATTRIBUTES, start));
            }
            if key.len() > MAX_NAME {
                return Err((&rules::NAME, start));
            }
            if self.names.iter().any(|name| slice(text, *name) == key) {
                return Err((&rules::SYNTAX, start));
            }
            let end = start.saturating_add(key.len());
            self.names.push((number(start), number(end)));
            let value = attribute.value.as_ref();
            text::check_value(value)
                .map_err(|(rule, bad)| (rule, offset(text, value).saturating_add(bad)))?;
            let declared = match (prefix, local) {
                ("", "xmlns") => (0, 0),
                ("xmlns", _) if value.is_empty() => return Err((&rules::SYNTAX, start)),
                ("xmlns", local) => (number(end.saturating_sub(local.len())), number(end)),
                _ => continue,
            };
            if self.scopes.len() >= MAX_NAMESPACES {
                return Err((&rules::NAMESPACES, start));
            }
            let space = match value {
                FHIR => Space::Fhir,
                XHTML => Space::Xhtml,
                _ => Space::Other,
            };
            self.scopes.push(Scope { level, prefix: declared, space });
        }
        Ok(())
    }

    /// Whether the prefixes of the attributes at work stand for something.
    fn prefixes(&mut self, text: &str, at: usize) -> Result<(), Failure> {
        for name in 0..self.names.len() {
            let Some(prefix) = self.prefix_of(text, name) else { continue };
            let scope = self.resolve(text, prefix).ok_or((&rules::PREFIX, at))?;
            if let Some(narrative) = self.narrative {
                self.use_name(narrative, scope.level, false, scope.space);
            }
        }
        Ok(())
    }

    /// The same of the tag that begins a narrative, which is known now.
    fn prefixes_in(&mut self, text: &str, narrative: Narrative) {
        for name in 0..self.names.len() {
            if let Some(prefix) = self.prefix_of(text, name)
                && let Some(scope) = self.resolve(text, prefix)
            {
                self.use_name(narrative, scope.level, false, scope.space);
            }
        }
    }

    /// The prefix of an attribute at work that stands for a namespace which is declared.
    fn prefix_of<'t>(&self, text: &'t str, name: usize) -> Option<&'t str> {
        let name = slice(text, *self.names.get(name)?);
        Some(split(name).0).filter(|prefix| !matches!(*prefix, "" | "xml" | "xmlns"))
    }

    fn resolve(&self, text: &str, prefix: &str) -> Option<Scope> {
        self.scopes.iter().rev().find(|scope| slice(text, scope.prefix) == prefix).copied()
    }

    /// The token that the narrative or element at `token` is, and those in it.
    pub(super) fn token(&self, at: u32) -> Option<Token> {
        self.tokens.get(index(at)).copied()
    }
}

/// The attributes of the start tag of a token.
pub(super) fn attributes<'t>(text: &'t str, token: Token) -> Attributes<'t> {
    let tag = text.get(index(token.start)..index(token.head)).unwrap_or_default();
    let tag = tag.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')).unwrap_or_default();
    let tag = tag.strip_suffix('/').unwrap_or(tag);
    let mut attributes = Attributes::new(tag, name(text, token).len());
    attributes.with_checks(false);
    attributes
}

/// The name of the element of a token.
pub(super) fn name(text: &str, token: Token) -> &str {
    let start = token.start.saturating_add(1);
    let rest = text.get(index(start)..index(token.head)).unwrap_or_default();
    let end = rest.bytes().position(|b| text::is_space(b) || matches!(b, b'/' | b'>'));
    end.and_then(|end| rest.get(..end)).unwrap_or_default()
}

/// Prefix and local name.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// Where a part of `text` stands in it.
pub(super) fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

fn slice(text: &str, (start, end): (u32, u32)) -> &str {
    text.get(index(start)..index(end)).unwrap_or_default()
}

fn same(text: &str, a: (u32, u32), b: (u32, u32)) -> bool {
    slice(text, a) == slice(text, b)
}

fn place(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// The declaration that ends at `end`: version 1.0, and no other encoding than UTF-8.
fn declaration(text: &str, end: usize) -> Result<(), Failure> {
    let inside = text.get(..end).and_then(|d| d.strip_prefix("<?")?.strip_suffix("?>"));
    let mut attributes = Attributes::new(inside.unwrap_or_default(), "xml".len());
    attributes.with_checks(false);
    let mut expected = ["version", "encoding", "standalone"].iter();
    let mut first = true;
    for attribute in attributes {
        let attribute = attribute.map_err(|_| (&rules::SYNTAX, 0))?;
        let (key, value) = (attribute.key.as_ref(), attribute.value.as_ref());
        if !expected.any(|name| *name == key) || core::mem::take(&mut first) != (key == "version") {
            return Err((&rules::SYNTAX, offset(text, key)));
        }
        let fits = match key {
            "version" => value == "1.0",
            "encoding" => value.eq_ignore_ascii_case("utf-8"),
            _ => matches!(value, "yes" | "no"),
        };
        if !fits {
            let rule = if key == "encoding" { &rules::ENCODING } else { &rules::SYNTAX };
            return Err((rule, offset(text, value)));
        }
    }
    if first { Err((&rules::SYNTAX, 0)) } else { Ok(()) }
}
