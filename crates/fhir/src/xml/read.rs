//! XML to a tape.

use core::fmt::Write;

use iomt_core::wire::Span;
use quick_xml::events::Event;

use super::lex::{self, Lexer, Names, Token, TokenKind};
use super::{XHTML, is_attribute, text};
use crate::definitions::{self, Types};
use crate::format::text_of;
use crate::issue::{Issue, Report, Rule};
use crate::json::lex::{index, number};
use crate::json::{is_number, rules as common};
use crate::table::{self, ElementId, JsonType, Kind, Lexical, Type, TypeId, el, ty};
use crate::tape::{Mark, NodeId, Tape};
use crate::version::Version;

/// What can be wrong with a resource as XML, where it is well-formed.
mod rules {
    use crate::issue::{
        IssueCode::{Duplicate, Informational, NotSupported, Structure, Value},
        Rule, Severity,
    };

    pub(super) static UTF8: Rule = Rule::fatal("xml-utf8", Structure, "the text is not UTF-8");
    pub(super) static ROOT: Rule =
        Rule::fatal("xml-resource", Structure, "the document is no resource in FHIR's namespace");
    pub(super) static RESOURCE: Rule =
        Rule::error("xml-resource", Structure, "one resource belongs here, and nothing else");
    pub(super) static NAMESPACE: Rule =
        Rule::error("xml-namespace", Structure, "the element is not in FHIR's namespace");
    pub(super) static ATTRIBUTE: Rule =
        Rule::error("unknown-attribute", Structure, "the element has no such attribute");
    pub(super) static DUPLICATE: Rule =
        Rule::error("xml-duplicate", Duplicate, "the element does not repeat and stands again");
    pub(super) static ORDER: Rule =
        Rule::error("xml-order", Structure, "the element belongs before one that it follows");
    pub(super) static TEXT: Rule =
        Rule::error("xml-text", Structure, "text stands where elements belong");
    pub(super) static TYPE: Rule =
        Rule::error("xml-type", Value, "the value is no number or no boolean");
    pub(super) static EMPTY: Rule = Rule::error("xml-empty", Structure, "an attribute is empty");
    pub(super) static NARRATIVE: Rule =
        Rule::error("xml-narrative", Structure, "the narrative is no XHTML that stands by itself");
    pub(super) static UNREAD: Rule = Rule::warning(
        "unread-type",
        NotSupported,
        "what is in a resource of this type is not read from XML",
    );
    pub(super) static LOST: Rule = Rule {
        key: "xml-lost",
        severity: Severity::Information,
        code: Informational,
        text: "comments, processing instructions and hints for a schema are not kept",
    };
}

/// The depth that [`read`] allows: elements around one.
pub const DEFAULT_DEPTH: usize = 64;

/// Reads a resource of R4 with a reader of its own. Who reads many keeps a [`Reader`].
pub fn read(bytes: &[u8], tape: &mut Tape, issues: &mut Vec<Issue>) -> Option<NodeId> {
    Reader::new().read(bytes, tape, issues)
}

/// Reads resources from XML. It keeps its memory from one to the next; the tokenizer below it
/// (quick-xml) has a little of its own, for the names of open elements.
pub struct Reader {
    lexer: Lexer,
    members: Vec<Member>,
    /// A value without its references.
    value: String,
    version: Version,
    types: Option<Types>,
}

/// An element in an object.
#[derive(Clone, Copy)]
struct Member {
    element: ElementId,
    /// Its place in the canonical order.
    place: u8,
    from: Source,
}

#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Source {
    /// The attribute whose value stands there.
    Attribute { start: u32, end: u32 },
    /// The element of a token.
    Token(u32),
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
    pub fn new() -> Self {
        Self::with_max_depth(DEFAULT_DEPTH)
    }

    /// A reader that allows `max_depth` elements around one, 90 at most. In the narrative, which
    /// is one text, any number may nest.
    #[must_use]
    pub fn with_max_depth(max_depth: usize) -> Self {
        Self {
            lexer: Lexer::new(max_depth.min(90)),
            members: Vec::new(),
            value: String::new(),
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

    /// Reads one resource, a whole document, and appends it to `tape`, in canonical order and with
    /// the place of every value in `bytes`.
    ///
    /// What is wrong as XML goes to `issues`, and what can be read is read. `None`: it could not
    /// be read at all, and the tape is as it was. Of a resource of a type that the table does not
    /// have, type and id are read, with a warning.
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
        if let Err((rule, at)) = self.lexer.run(text) {
            return fatal(rule, at.saturating_add(skipped));
        }
        self.members.clear();
        let lost = self.lexer.lost.clone();
        let mut build = Build {
            text,
            skipped,
            lexer: &self.lexer,
            members: &mut self.members,
            value: &mut self.value,
            version: self.version,
            types: self.types.as_ref(),
            tape,
            report,
            parent: start.node(),
        };
        let root = build.resource(0, &rules::ROOT);
        if let Some(lost) = lost {
            build.issue(&rules::LOST, (number(lost.start), number(lost.end)));
        }
        if root.is_none() {
            build.tape.truncate(start);
        }
        root
    }
}

struct Build<'a> {
    text: &'a str,
    /// Bytes before `text`.
    skipped: usize,
    lexer: &'a Lexer,
    members: &'a mut Vec<Member>,
    value: &'a mut String,
    version: Version,
    types: Option<&'a Types>,
    tape: &'a mut Tape,
    report: Report<'a>,
    /// The node that an issue belongs to.
    parent: NodeId,
}

/// The attributes of one element that mean something, by the places of their values.
#[derive(Clone, Copy, Default)]
struct Known {
    value: Option<(u32, u32)>,
    id: Option<(u32, u32)>,
    url: Option<(u32, u32)>,
}

impl<'a> Build<'a> {
    fn token(&self, at: u32) -> Token {
        const NONE: Token =
            Token { start: 0, head: 0, end: 0, next: u32::MAX, kind: TokenKind::Text };
        self.lexer.token(at).unwrap_or(NONE)
    }

    fn slice(&self, (start, end): (u32, u32)) -> &'a str {
        self.text.get(index(start)..index(end)).unwrap_or_default()
    }

    fn span(&self, (start, end): (u32, u32)) -> Span {
        Span::new(index(start).saturating_add(self.skipped), index(end.saturating_sub(start)))
    }

    /// Where a value stands, with its quotation marks.
    fn quoted(&self, (start, end): (u32, u32)) -> Span {
        self.span((start.saturating_sub(1), end.saturating_add(1)))
    }

    fn whole(&self, at: u32) -> (u32, u32) {
        let token = self.token(at);
        (token.start, token.end)
    }

    fn issue(&mut self, rule: &'static Rule, place: (u32, u32)) {
        self.report.add(Issue::new(rule, self.parent, self.span(place)));
    }

    /// An issue of a whole element, placed at its start tag.
    fn issue_at(&mut self, rule: &'static Rule, at: u32) {
        let token = self.token(at);
        self.issue(rule, (token.start, token.head));
    }

    /// The local name of an element.
    fn name(&self, at: u32) -> &'a str {
        lex::split(lex::name(self.text, self.token(at))).1
    }

    /// The tokens directly in one.
    fn inside(&self, at: u32) -> impl Iterator<Item = u32> + use<'a> {
        let lexer = self.lexer;
        let end = self.token(at).next;
        let mut next = at.saturating_add(1);
        core::iter::from_fn(move || {
            let token = lexer.token(next).filter(|_| next < end)?;
            Some(core::mem::replace(&mut next, token.next))
        })
    }

    /// The attributes of an element; those of `allowed` mean something.
    fn attributes(&mut self, at: u32, allowed: &[&str]) -> Known {
        let mut known = Known::default();
        for attribute in lex::attributes(self.text, self.token(at)).flatten() {
            let key = attribute.key.as_ref();
            let start = lex::offset(self.text, key);
            let place = (number(start), number(start.saturating_add(key.len())));
            let (prefix, _) = lex::split(key);
            if key == "xmlns" || prefix == "xmlns" {
                continue;
            }
            if prefix == "xsi" {
                self.issue(&rules::LOST, place);
                continue;
            }
            let value = lex::offset(self.text, &attribute.value);
            let value = (number(value), number(value.saturating_add(attribute.value.len())));
            let slot = match key {
                "value" => &mut known.value,
                "id" => &mut known.id,
                "url" => &mut known.url,
                _ => {
                    self.issue(&rules::ATTRIBUTE, place);
                    continue;
                }
            };
            if !allowed.contains(&key) {
                self.issue(&rules::ATTRIBUTE, place);
            } else if attribute.value.is_empty() {
                self.issue(&rules::EMPTY, place);
            } else {
                *slot = Some(value);
            }
        }
        known
    }

    /// A resource: the node of its type. `None`, and an issue by `rule`, if it is none.
    fn resource(&mut self, at: u32, rule: &'static Rule) -> Option<NodeId> {
        if self.token(at).kind != TokenKind::Element {
            self.issue_at(rule, at);
            return None;
        }
        let name = self.name(at);
        let span = self.span(self.whole(at));
        if let Some(root) = definitions::root(self.types, name) {
            let mark = self.tape.open(root, span);
            let outer = core::mem::replace(&mut self.parent, mark.node());
            self.attributes(at, &[]);
            self.parent = outer;
            self.members_of(at, root.row().ty, Known::default(), mark);
            self.tape.close(mark);
            return Some(mark.node());
        }
        if !table::resource_type(name, self.version) {
            self.issue_at(&common::NO_TYPE, at);
            return None;
        }
        let mark = self.tape.open(el::ROOT_UNCHECKED, span);
        self.tape.str(el::UNCHECKED_RESOURCE_TYPE, name, span);
        let id = self.inside(at).find(|&child| {
            self.token(child).kind == TokenKind::Element && self.name(child) == "id"
        });
        let id = id.and_then(|id| {
            let mut all = lex::attributes(self.text, self.token(id)).flatten();
            all.find(|attribute| attribute.key.as_ref() == "value")
        });
        if let Some(id) = id {
            let place = lex::offset(self.text, &id.value);
            let span = Span::new(place.saturating_add(self.skipped), id.value.len());
            self.tape.write(el::UNCHECKED_ID, span, |out| text::write_value(&id.value, out));
        }
        self.tape.close(mark);
        self.report.add(Issue::new(&rules::UNREAD, mark.node(), span));
        Some(mark.node())
    }

    /// The elements in one, and its `id` and `url`, as children of the open node of `mark`.
    fn members_of(&mut self, at: u32, parent: TypeId, known: Known, mark: Mark) {
        let outer = core::mem::replace(&mut self.parent, mark.node());
        let first = self.members.len();
        self.collect(at, parent, known, first);
        let mut next = first;
        while let Some(&Member { element, from, .. }) = self.members.get(next) {
            match from {
                Source::Attribute { start, end } => self.text(element, (start, end)),
                Source::Token(at) => self.item(element, at),
            }
            next = next.saturating_add(1);
        }
        self.members.truncate(first);
        self.parent = outer;
    }

    /// The one place where a name becomes a row of the table.
    fn look_up(&self, ty: &Type, last: Option<ElementId>, name: &str) -> Option<ElementId> {
        ty.element_after(last, name, self.version)
    }

    /// Appends the elements in one to `members`, in canonical order.
    fn collect(&mut self, at: u32, parent: TypeId, known: Known, first: usize) {
        let ty = parent.row();
        let order = ty.order(self.version);
        for (name, place) in [("id", known.id), ("url", known.url)] {
            if let Some((start, end)) = place
                && let Some(element) = self.look_up(ty, None, name)
            {
                let from = Source::Attribute { start, end };
                self.members.push(Member { element, place: order.place(element.row()), from });
            }
        }
        let (mut sorted, mut seen) = (known.url.is_none(), 0_u64);
        let (mut last, mut furthest) = (None, 0);
        for child in self.inside(at) {
            let narrative = match self.token(child).kind {
                TokenKind::Element => false,
                TokenKind::Narrative(_) => true,
                TokenKind::Foreign => {
                    self.issue_at(&rules::NAMESPACE, child);
                    continue;
                }
                TokenKind::Text => {
                    self.issue_at(&rules::TEXT, child);
                    continue;
                }
            };
            let found = self.look_up(ty, last, self.name(child)).filter(|e| !is_attribute(*e));
            let Some(element) = found else {
                self.issue_at(&common::UNKNOWN, child);
                continue;
            };
            let is_xhtml = element.kind() == Kind::Primitive(Lexical::Xhtml);
            if narrative != is_xhtml {
                let rule = if is_xhtml { &rules::NARRATIVE } else { &rules::NAMESPACE };
                self.issue_at(rule, child);
                continue;
            }
            if seen & element.bit() != 0 && !element.row().array {
                self.issue_at(&rules::DUPLICATE, child);
                continue;
            }
            seen |= element.bit();
            let place = order.place(element.row());
            if place < furthest {
                self.issue_at(&rules::ORDER, child);
                sorted = false;
            } else {
                (last, furthest) = (Some(element), place);
            }
            self.members.push(Member { element, place, from: Source::Token(child) });
        }
        if !sorted && let Some(own) = self.members.get_mut(first..) {
            own.sort_unstable_by_key(|member| (member.place, member.from));
        }
    }

    /// One element.
    fn item(&mut self, element: ElementId, at: u32) {
        let row = element.row();
        match row.kind {
            Kind::Primitive(Lexical::Xhtml) => self.narrative(element, at),
            Kind::Primitive(lexical) => self.primitive(element, lexical, at),
            Kind::Complex | Kind::Backbone => {
                let mark = self.tape.open(element, self.span(self.whole(at)));
                let outer = core::mem::replace(&mut self.parent, mark.node());
                let url = ["id", "url"];
                let allowed = if row.ty == ty::EXTENSION { &url[..] } else { &["id"] };
                let known = self.attributes(at, allowed);
                self.parent = outer;
                if known.id.is_none() && known.url.is_none() && self.inside(at).next().is_none() {
                    self.issue_at(&common::ELE_1, at);
                }
                self.members_of(at, row.ty, known, mark);
                self.close(mark);
            }
            Kind::Slot => {
                let mark = self.tape.open(element, self.span(self.whole(at)));
                let outer = core::mem::replace(&mut self.parent, mark.node());
                self.attributes(at, &[]);
                let mut inside = self.inside(at);
                match inside.next() {
                    Some(resource) => {
                        self.resource(resource, &rules::RESOURCE);
                    }
                    None => self.issue_at(&rules::RESOURCE, at),
                }
                for other in inside {
                    self.issue_at(&rules::RESOURCE, other);
                }
                self.parent = outer;
                self.close(mark);
            }
            // Never the content of an element, only of a slot.
            Kind::Resource | Kind::Unchecked => {}
        }
    }

    fn primitive(&mut self, element: ElementId, lexical: Lexical, at: u32) {
        let known = self.attributes(at, &["value", "id"]);
        let bare = known.id.is_none() && self.inside(at).next().is_none();
        if let Some(place) = known.value {
            self.check_type(lexical, place);
        }
        if bare {
            match known.value {
                Some(place) => self.text(element, place),
                None => self.issue_at(&common::ELE_1, at),
            }
            return;
        }
        let span =
            known.value.map_or_else(|| self.span(self.whole(at)), |place| self.quoted(place));
        let mark = self.tape.open(element, span);
        if let Some(place) = known.value {
            let raw = self.slice(place);
            if text::is_plain(raw) {
                self.tape.value_str(mark, raw);
            } else {
                self.tape.value_write(mark, |out| text::write_value(raw, out));
            }
        }
        self.members_of(at, ty::ELEMENT, known, mark);
        self.close(mark);
    }

    /// Checks that a value has the form that JSON has for its type.
    fn check_type(&mut self, lexical: Lexical, place: (u32, u32)) {
        let raw = self.slice(place);
        let value = if text::is_plain(raw) || lexical.json() == JsonType::String {
            raw
        } else {
            self.value.clear();
            // Writing to a String does not fail.
            let _ = text::write_value(raw, self.value);
            &*self.value
        };
        let fits = match lexical.json() {
            JsonType::Boolean => matches!(value, "true" | "false"),
            JsonType::Number => is_number(value),
            JsonType::String => true,
        };
        if !fits {
            self.issue(&rules::TYPE, place);
        }
    }

    fn narrative(&mut self, element: ElementId, at: u32) {
        let place = self.whole(at);
        let (raw, span) = (self.slice(place), self.span(place));
        match self.token(at).kind {
            TokenKind::Narrative(Names::Whole) => {
                self.tape.str(element, raw, span);
            }
            TokenKind::Narrative(Names::Outer) => {
                let (prefix, _) = lex::split(lex::name(self.text, self.token(at)));
                self.tape.write(element, span, |out| write_narrative(raw, prefix, out));
            }
            _ => self.issue_at(&rules::NARRATIVE, at),
        }
    }

    /// An element whose text is the value that stands there.
    fn text(&mut self, element: ElementId, place: (u32, u32)) {
        let (raw, span) = (self.slice(place), self.quoted(place));
        if text::is_plain(raw) {
            self.tape.str(element, raw, span);
        } else {
            self.tape.write(element, span, |out| text::write_value(raw, out));
        }
    }

    /// Closes an element; what was wrong in one that goes again was wrong in its parent.
    fn close(&mut self, mark: Mark) {
        if !self.tape.close(mark) {
            self.report.hand_up(mark.node(), self.parent);
        }
    }
}

/// A narrative without the prefix of its outermost element, and with the namespace declared there.
fn write_narrative(raw: &str, prefix: &str, out: &mut dyn Write) -> core::fmt::Result {
    let strip = |name: &str| -> usize {
        let own = !prefix.is_empty() && lex::split(name).0 == prefix;
        if own { prefix.len().saturating_add(1) } else { 0 }
    };
    let mut reader = quick_xml::Reader::from_str(raw);
    let mut first = true;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        // It was read before.
        let Ok(event) = reader.read_event() else { return Err(core::fmt::Error) };
        let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let part = raw.get(at..end).unwrap_or_default();
        match event {
            Event::Eof => return Ok(()),
            Event::Start(ref tag) | Event::Empty(ref tag) if core::mem::take(&mut first) => {
                write!(out, "<{} xmlns=\"{XHTML}\"", lex::split(tag.name().as_ref()).1)?;
                let mut attributes = tag.attributes();
                attributes.with_checks(false);
                for attribute in attributes.flatten() {
                    let key = attribute.key.as_ref();
                    if key == "xmlns" || lex::split(key) == ("xmlns", prefix) {
                        continue;
                    }
                    let start = lex::offset(raw, key);
                    let value = lex::offset(raw, &attribute.value);
                    let end = value.saturating_add(attribute.value.len()).saturating_add(1);
                    out.write_char(' ')?;
                    out.write_str(raw.get(start..end).unwrap_or_default())?;
                }
                out.write_str(if matches!(event, Event::Empty(_)) { "/>" } else { ">" })?;
            }
            Event::Start(tag) | Event::Empty(tag) => {
                let skip = strip(tag.name().as_ref()).saturating_add(1);
                write!(out, "<{}", part.get(skip..).unwrap_or_default())?;
            }
            Event::End(tag) => {
                let skip = strip(tag.name().as_ref()).saturating_add(2);
                write!(out, "</{}", part.get(skip..).unwrap_or_default())?;
            }
            _ => out.write_str(part)?,
        }
    }
}

#[cfg(test)]
mod tests;
