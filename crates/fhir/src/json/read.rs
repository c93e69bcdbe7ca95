//! JSON to a tape.

use super::lex::{Lexer, Token, TokenKind, index, number, unescape};
use crate::{
    definitions::{self, Types},
    format::text_of,
    issue::{Issue, Report, Rule},
    table::{self, ElementId, JsonType, Kind, Lexical, TypeId, el, ty},
    tape::{Mark, NodeId, Tape},
    version::Version,
};
use core::fmt::Write;
use iomt_core::wire::Span;

/// What can be wrong with a resource as JSON.
pub(crate) mod rules {
    use crate::issue::{
        IssueCode::{Duplicate, Invariant, NotSupported, Structure, TooLong, Value},
        Rule,
    };

    pub(crate) static UTF8: Rule = Rule::fatal("json-utf8", Structure, "the text is not UTF-8");
    pub(crate) static SYNTAX: Rule = Rule::fatal("json-syntax", Structure, "the text is not JSON");
    pub(crate) static DEPTH: Rule = Rule::fatal("limit-depth", TooLong, "values nest too deeply");
    pub(crate) static SIZE: Rule = Rule::fatal("limit-bytes", TooLong, "the text is too long");
    pub(crate) static OBJECT: Rule =
        Rule::fatal("json-resource", Structure, "a resource is an object with a resourceType");
    pub(crate) static NO_TYPE: Rule =
        Rule::error("resource-type", Structure, "there is no resource type of this name");
    pub(crate) static UNCHECKED: Rule =
        Rule::warning("unchecked-type", NotSupported, "resources of this type are not checked");
    pub(crate) static UNKNOWN: Rule =
        Rule::error("unknown-element", Structure, "the type has no such element");
    pub(crate) static DUPLICATE: Rule =
        Rule::error("json-duplicate", Duplicate, "the property stands twice");
    pub(crate) static TYPE: Rule =
        Rule::error("json-type", Value, "the value has another JSON type than its element");
    pub(crate) static ARRAY: Rule =
        Rule::error("json-array", Structure, "the element repeats and needs an array");
    pub(crate) static NO_ARRAY: Rule =
        Rule::error("json-no-array", Structure, "the element does not repeat and has an array");
    pub(crate) static NULL: Rule =
        Rule::error("json-null", Structure, "null stands for nothing, or for too much");
    pub(crate) static EMPTY: Rule =
        Rule::error("json-empty", Structure, "an array or a string is empty");
    pub(crate) static ELE_1: Rule =
        Rule::error("ele-1", Invariant, "an element has neither value nor children");
}

/// The depth that [`read`] allows: objects and arrays in one another.
pub const DEFAULT_DEPTH: usize = 64;

/// Reads a resource of R4 with a reader of its own. Who reads many keeps a [`Reader`].
pub fn read(bytes: &[u8], tape: &mut Tape, issues: &mut Vec<Issue>) -> Option<NodeId> {
    Reader::new().read(bytes, tape, issues)
}

/// Reads resources from JSON. It keeps its memory from one to the next.
pub struct Reader {
    lexer: Lexer,
    members: Vec<Member>,
    key: String,
    version: Version,
    types: Option<Types>,
}

/// What stands under one name in an object: the value, and what `_name` adds.
#[derive(Clone, Copy)]
struct Member {
    element: ElementId,
    /// Its place in the canonical order.
    place: u8,
    value: Option<u32>,
    extra: Option<u32>,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Reader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader of R4 that allows [`DEFAULT_DEPTH`].
    #[must_use]
    pub const fn new() -> Self {
        Self::with_max_depth(DEFAULT_DEPTH)
    }

    /// A reader that allows `max_depth` objects and arrays in one another, 90 at most.
    #[must_use]
    pub const fn with_max_depth(max_depth: usize) -> Self {
        let max_depth = if max_depth > 90 { 90 } else { max_depth };
        Self {
            lexer: Lexer::new(max_depth),
            members: Vec::new(),
            key: String::new(),
            version: Version::R4,
            types: None,
        }
    }

    /// The same, of another version: what that does not have is unknown.
    #[must_use]
    pub const fn for_version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// The same, which reads resources of these types too.
    #[must_use]
    pub fn with_types(mut self, types: Types) -> Self {
        self.types = Some(types);
        self
    }

    /// Reads one resource from the whole of `bytes` and appends it to `tape`, in canonical order
    /// and with the place of every value in `bytes`.
    ///
    /// What is wrong as JSON goes to `issues`, and what can be read is read. `None`: it could not
    /// be read at all, and the tape is as it was. A resource of a type that the table does not
    /// have is one node, [`el::ROOT_UNCHECKED`], with a warning.
    pub fn read(
        &mut self,
        bytes: &[u8],
        tape: &mut Tape,
        issues: &mut Vec<Issue>,
    ) -> Option<NodeId> {
        let start = tape.mark();
        let mut report = Report::new(issues);
        let mut fatal = |rule, at| {
            report.add(Issue::new(rule, start.node(), Span::new(at, 0)));
            None
        };
        let (text, skipped) = match text_of(bytes, &rules::UTF8) {
            Ok(text) => text,
            Err((rule, at)) => return fatal(rule, at),
        };
        if let Err((rule, at)) = self.lexer.run(text.as_bytes()) {
            return fatal(rule, at.saturating_add(skipped));
        }
        self.members.clear();
        let mut build = Build {
            text,
            skipped: number(skipped),
            tokens: &self.lexer.tokens,
            members: &mut self.members,
            key: &mut self.key,
            version: self.version,
            types: self.types.as_ref(),
            tape,
            report,
            parent: start.node(),
        };
        let root = build.resource(0);
        if root.is_none() {
            build.tape.truncate(start);
        }
        root
    }
}

struct Build<'a> {
    text: &'a str,
    /// Bytes before `text`.
    skipped: u32,
    tokens: &'a [Token],
    members: &'a mut Vec<Member>,
    key: &'a mut String,
    version: Version,
    types: Option<&'a Types>,
    tape: &'a mut Tape,
    report: Report<'a>,
    /// The node that an issue belongs to.
    parent: NodeId,
}

impl<'a> Build<'a> {
    fn token(&self, at: u32) -> Token {
        const NONE: Token = Token { kind: TokenKind::Null, start: 0, end: 0, next: u32::MAX };
        self.tokens.get(index(at)).copied().unwrap_or(NONE)
    }

    fn span(&self, at: u32) -> Span {
        let token = self.token(at);
        let start = index(token.start.saturating_add(self.skipped));
        Span::new(start, index(token.end.saturating_sub(token.start)))
    }

    fn issue(&mut self, rule: &'static Rule, at: u32) {
        self.report.add(Issue::new(rule, self.parent, self.span(at)));
    }

    /// The text of a token as it stands: of a string, without its quotation marks.
    fn raw(&self, token: Token) -> &'a str {
        let quote = match token.kind {
            TokenKind::Text | TokenKind::Escaped => 1,
            TokenKind::Object
            | TokenKind::Array
            | TokenKind::Number
            | TokenKind::True
            | TokenKind::False
            | TokenKind::Null => 0,
        };
        let (start, end) = (index(token.start), index(token.end));
        self.text.get(start.wrapping_add(quote)..end.wrapping_sub(quote)).unwrap_or_default()
    }

    /// A key, or another short string, without its escapes.
    fn string(&mut self, token: Token) -> &str {
        let raw = self.raw(token);
        if token.kind != TokenKind::Escaped {
            return raw;
        }
        self.key.clear();
        // Writing to a String does not fail.
        let _ = write_unescaped(raw, self.key);
        self.key
    }

    /// The items of an array; or the keys of an object, each followed by its value.
    fn inside(&self, at: u32) -> impl Iterator<Item = u32> + use<'a> {
        let tokens = self.tokens;
        let end = self.token(at).next;
        let mut next = at.saturating_add(1);
        core::iter::from_fn(move || {
            let token = tokens.get(index(next)).filter(|_| next < end)?;
            Some(core::mem::replace(&mut next, token.next))
        })
    }

    fn property(&mut self, object: u32, name: &str) -> Option<u32> {
        let mut inside = self.inside(object);
        while let (Some(key), Some(value)) = (inside.next(), inside.next()) {
            if self.string(self.token(key)) == name {
                return Some(value);
            }
        }
        None
    }

    /// A resource: the node of its type. `None` if it is none.
    fn resource(&mut self, at: u32) -> Option<NodeId> {
        let kind = if self.token(at).kind == TokenKind::Object {
            self.property(at, "resourceType")
        } else {
            None
        };
        let string = |kind: &u32| matches!(self.tokens.get(index(*kind)), Some(t) if t.kind == TokenKind::Text);
        let Some(kind) = kind.filter(string) else {
            self.issue(&rules::OBJECT, at);
            return None;
        };
        let name = self.raw(self.token(kind));
        if let Some(root) = definitions::root(self.types, name) {
            let mark = self.tape.open(root, self.span(at));
            self.members_of(at, root.row().ty, mark);
            self.tape.close(mark);
            return Some(mark.node());
        }
        if !table::resource_type(name, self.version) {
            self.issue(&rules::NO_TYPE, kind);
            return None;
        }
        let mark = self.tape.open(el::ROOT_UNCHECKED, self.span(at));
        self.tape.value_str(mark, self.raw(self.token(at)));
        self.tape.str(el::UNCHECKED_RESOURCE_TYPE, name, self.span(kind));
        if let Some(id) = self.property(at, "id")
            && matches!(self.token(id).kind, TokenKind::Text | TokenKind::Escaped)
        {
            self.text(el::UNCHECKED_ID, id);
        }
        self.tape.close(mark);
        self.report.add(Issue::new(&rules::UNCHECKED, mark.node(), self.span(kind)));
        Some(mark.node())
    }

    /// The members of an object as children of the open node of `mark`.
    fn members_of(&mut self, object: u32, parent: TypeId, mark: Mark) {
        let outer = core::mem::replace(&mut self.parent, mark.node());
        let first = self.members.len();
        self.collect(object, parent, first);
        let mut at = first;
        while let Some(&member) = self.members.get(at) {
            self.member(member);
            at = at.saturating_add(1);
        }
        self.members.truncate(first);
        self.parent = outer;
    }

    /// Appends the members of an object to `members`, in canonical order.
    fn collect(&mut self, object: u32, parent: TypeId, first: usize) {
        let (ty, version) = (parent.row(), self.version);
        let order = ty.order(version);
        let (mut sorted, mut typed, mut last) = (true, false, None);
        let mut inside = self.inside(object);
        while let (Some(key), Some(value)) = (inside.next(), inside.next()) {
            let name = self.string(self.token(key));
            let (name, extra) = match name.strip_prefix('_') {
                Some(name) => (name, true),
                None => (name, false),
            };
            let primitive = |e: &ElementId| matches!(e.kind(), Kind::Primitive(_));
            if ty.kind == Kind::Resource && name == "resourceType" && !extra {
                if core::mem::replace(&mut typed, true) {
                    self.issue(&rules::DUPLICATE, key);
                }
                continue;
            }
            let element = ty.element_after(last, name, version);
            let Some(element) = element.filter(|e| !extra || primitive(e)) else {
                self.issue(&rules::UNKNOWN, key);
                continue;
            };
            last = Some(element);
            let own = self.members.get_mut(first..).unwrap_or_default();
            let known = own.iter_mut().find(|member| member.element == element);
            let (slot, value) = match known {
                Some(known) if extra => (&mut known.extra, value),
                Some(known) => (&mut known.value, value),
                None => {
                    let place = order.place(element.row());
                    sorted &= own.last().is_none_or(|last| last.place < place);
                    let (value, extra) =
                        if extra { (None, Some(value)) } else { (Some(value), None) };
                    self.members.push(Member { element, place, value, extra });
                    continue;
                }
            };
            if slot.is_some() {
                self.issue(&rules::DUPLICATE, key);
            } else {
                *slot = Some(value);
            }
        }
        if !sorted && let Some(own) = self.members.get_mut(first..) {
            own.sort_unstable_by_key(|member| member.place);
        }
    }

    /// One element with all its repetitions.
    fn member(&mut self, member: Member) {
        let Member { element, value, extra, .. } = member;
        // Most: a value, or an array of some, as the element has it.
        if let (Some(at), None) = (value, extra) {
            let Token { kind, next, .. } = self.token(at);
            match (kind, element.row().array) {
                (TokenKind::Array, true) if next > at.saturating_add(1) => {
                    self.inside(at).for_each(|at| self.one(element, at));
                    return;
                }
                (TokenKind::Array | TokenKind::Null, _) | (_, true) => {}
                _ => return self.one(element, at),
            }
        }
        let mut one = [None, None];
        for (slot, given) in one.iter_mut().zip([value, extra]) {
            let Some(at) = given else { continue };
            let is_array = self.token(at).kind == TokenKind::Array;
            if self.token(at).kind == TokenKind::Null {
                self.issue(&rules::NULL, at);
                continue;
            }
            if is_array != element.row().array {
                self.issue(if is_array { &rules::NO_ARRAY } else { &rules::ARRAY }, at);
            }
            if is_array && self.token(at).next == at.saturating_add(1) {
                self.issue(&rules::EMPTY, at);
            }
            *slot = Some((at, is_array));
        }
        // Of an array that should be none, the first: the others have no place.
        let most = if element.row().array { usize::MAX } else { 1 };
        let [mut values, mut extras] = one.map(|given| {
            given.map(|(at, is_array)| {
                let items = is_array.then(|| self.inside(at).take(most));
                let single = (!is_array).then_some(at);
                items.into_iter().flatten().chain(single)
            })
        });
        loop {
            let value = values.as_mut().and_then(Iterator::next);
            let extra = extras.as_mut().and_then(Iterator::next);
            if value.is_none() && extra.is_none() {
                break;
            }
            self.item(element, value, extra);
        }
    }

    /// One repetition of an element that nothing extends.
    fn one(&mut self, element: ElementId, at: u32) {
        let token = self.token(at);
        match (element.kind(), token.kind) {
            (_, TokenKind::Null) => self.item(element, Some(at), None),
            (Kind::Primitive(lexical), kind) => {
                // Most: a string without escapes.
                let raw = if kind == TokenKind::Text { self.raw(token) } else { "" };
                if !raw.is_empty() && lexical.json() == JsonType::String {
                    let start = index(token.start.wrapping_add(self.skipped));
                    let span = Span::new(start, raw.len().wrapping_add(2));
                    self.tape.str(element, raw, span);
                } else if self.check_type(lexical, at) {
                    self.text(element, at);
                }
            }
            (Kind::Complex | Kind::Backbone, TokenKind::Object) => {
                let mark = self.tape.open(element, self.span(at));
                self.object(at, element.row().ty, mark);
                self.close(mark);
            }
            _ => self.item(element, Some(at), None),
        }
    }

    /// One repetition of an element.
    fn item(&mut self, element: ElementId, value: Option<u32>, extra: Option<u32>) {
        let some = |build: &Self, at: Option<u32>| {
            at.filter(|&at| build.token(at).kind != TokenKind::Null)
        };
        let (present, added) = (some(self, value), some(self, extra));
        let any = value.or(extra).unwrap_or_default();
        match element.kind() {
            Kind::Primitive(lexical) => {
                if present.is_none() && added.is_none() {
                    self.issue(&rules::NULL, any);
                } else if let Some(added) = added {
                    let mark = self.tape.open(element, self.span(present.unwrap_or(added)));
                    if let Some(at) = present
                        && self.check_type(lexical, at)
                    {
                        self.value(mark, at);
                    }
                    if self.token(added).kind == TokenKind::Object {
                        self.object(added, ty::ELEMENT, mark);
                    } else {
                        self.issue(&rules::TYPE, added);
                    }
                    self.close(mark);
                } else if let Some(at) = present
                    && self.check_type(lexical, at)
                {
                    self.text(element, at);
                }
            }
            Kind::Complex | Kind::Backbone => match present {
                Some(at) if self.token(at).kind == TokenKind::Object => {
                    let mark = self.tape.open(element, self.span(at));
                    self.object(at, element.row().ty, mark);
                    self.close(mark);
                }
                Some(at) => self.issue(&rules::TYPE, at),
                None => self.issue(&rules::NULL, any),
            },
            Kind::Slot => match present {
                Some(at) => {
                    let mark = self.tape.open(element, self.span(at));
                    let outer = self.parent;
                    self.parent = mark.node();
                    self.resource(at);
                    self.parent = outer;
                    self.close(mark);
                }
                None => self.issue(&rules::NULL, any),
            },
            // Never the content of an element, only of a slot.
            Kind::Resource | Kind::Unchecked => {}
        }
    }

    /// An object that is to have members.
    fn object(&mut self, at: u32, parent: TypeId, mark: Mark) {
        if self.token(at).next == at.saturating_add(1) {
            self.issue(&rules::ELE_1, at);
        }
        self.members_of(at, parent, mark);
    }

    /// Closes an element; what was wrong in one that goes again was wrong in its parent.
    fn close(&mut self, mark: Mark) {
        if !self.tape.close(mark) {
            self.report.hand_up(mark.node(), self.parent);
        }
    }

    /// Whether the JSON type is that of the element, and the value can be taken at all.
    fn check_type(&mut self, lexical: Lexical, at: u32) -> bool {
        let kind = self.token(at).kind;
        let fits = match lexical.json() {
            JsonType::Boolean => matches!(kind, TokenKind::True | TokenKind::False),
            JsonType::Number => kind == TokenKind::Number,
            JsonType::String => matches!(kind, TokenKind::Text | TokenKind::Escaped),
        };
        if !fits {
            self.issue(&rules::TYPE, at);
        } else if kind == TokenKind::Text && self.raw(self.token(at)).is_empty() {
            self.issue(&rules::EMPTY, at);
        }
        !matches!(kind, TokenKind::Object | TokenKind::Array)
    }

    fn text(&mut self, element: ElementId, at: u32) {
        let (token, span) = (self.token(at), self.span(at));
        let raw = self.raw(token);
        match token.kind {
            TokenKind::True => self.tape.text_at(element, "true", span),
            TokenKind::False => self.tape.text_at(element, "false", span),
            TokenKind::Escaped => self.tape.write(element, span, |out| write_unescaped(raw, out)),
            _ => self.tape.str(element, raw, span),
        };
    }

    fn value(&mut self, mark: Mark, at: u32) {
        let token = self.token(at);
        let raw = self.raw(token);
        if token.kind == TokenKind::Escaped {
            self.tape.value_write(mark, |out| write_unescaped(raw, out));
        } else {
            self.tape.value_str(mark, raw);
        }
    }
}

/// The text of a string whose escapes the lexer has checked.
pub(crate) fn write_unescaped(mut raw: &str, out: &mut dyn Write) -> core::fmt::Result {
    while let Some(at) = raw.find('\\') {
        let (clean, rest) = raw.split_at_checked(at).unwrap_or((raw, ""));
        out.write_str(clean)?;
        let Some((c, len)) = unescape(rest.as_bytes()) else { return Ok(()) };
        out.write_char(c)?;
        raw = rest.get(len..).unwrap_or_default();
    }
    out.write_str(raw)
}

#[cfg(test)]
mod tests;
