//! A finished resource: checked, and written as the form has it.

use core::fmt::Write;
use core::hash::BuildHasher;

use iomt_core::model::Identifier;
use iomt_core::wire::Span;
use iomt_core::{Diagnostic, DiagnosticCode, Place, Severity};

use super::spelled::Spelled;
use super::{Output, Writer};
use crate::config::{BundleKind, Config, Form, OnInvalid, Results};
use crate::identity::Uuid;
use crate::issue;
use crate::json::{self, Buffer};
use crate::policy::{Hole, system_of, write_value};
use crate::tape::{NodeId, Tape};

/// What results are.
const OBSERVATION: &str = "Observation";

/// How a server is asked to store a resource.
#[derive(Clone, Copy, Debug)]
pub(super) enum Request<'a> {
    /// `POST`, whatever is there.
    Create,
    /// `POST` where there is none of this query.
    CreateIfNone(&'a str),
    /// `PUT` over what has our identifier.
    Put,
    /// `PUT` over what this query finds, or our identifier where it is empty.
    Update(&'a str),
}

/// What became of a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    Written,
    Left,
}

impl Writer {
    pub(super) fn tell(&mut self, ordinal: u64, diagnostic: &Diagnostic, output: &mut dyn Output) {
        if diagnostic.severity == Severity::Error {
            self.message.errors = self.message.errors.saturating_add(1);
        }
        output.diagnostic(ordinal, diagnostic);
    }

    /// Hands on what building a resource has noted.
    pub(super) fn tell_notes(&mut self, ordinal: u64, output: &mut dyn Output) {
        for at in 0..self.notes.len() {
            if let Some(note) = self.notes.get(at).copied() {
                self.tell(ordinal, &note, output);
            }
        }
        self.notes.clear();
    }

    /// Whether the resource on `tape` is valid; what is wrong is left in `issues`.
    pub(super) fn is_valid(&mut self, tape: &Tape, node: NodeId) -> bool {
        self.issues.clear();
        if self.converts() {
            return self.is_valid_converted(tape, node);
        }
        match &mut self.validator {
            Some(validator) => validator.validate(tape, node, &mut self.issues),
            None => true,
        }
    }

    /// What is wrong with the resource on `tape`, as diagnostics and as an OperationOutcome, and
    /// what follows from it.
    fn report_invalid(&mut self, tape: &Tape, ordinal: u64, output: &mut dyn Output) -> Fate {
        let on_invalid = self.cx.config.on_invalid;
        for at in 0..self.issues.len() {
            let Some(found) = self.issues.get(at).copied() else { continue };
            if found.is_error() {
                let place = Place::named(found.rule.key);
                let invalid = Diagnostic::new(DiagnosticCode::Invalid, found.span, place);
                self.tell(ordinal, &invalid, output);
            }
        }
        self.outcome.clear();
        let root = issue::outcome(tape, &self.issues, &mut self.outcome);
        self.text.clear();
        json::write(&self.outcome, root, &mut self.text);
        output.outcome(ordinal, &self.text);
        match on_invalid {
            OnInvalid::Warn => Fate::Written,
            OnInvalid::Withhold => {
                self.message.invalid = true;
                Fate::Left
            }
            OnInvalid::Drop => {
                let span = tape.root().map_or(Span::NONE, |root| tape.span_of(root));
                let dropped = Diagnostic::new(DiagnosticCode::Dropped, span, Place::default());
                self.tell(ordinal, &dropped, output);
                Fate::Left
            }
        }
    }

    /// Checks the resource on `tape` and writes it to the message's output.
    pub(super) fn finish(
        &mut self,
        tape: &Tape,
        what: (&'static str, Uuid),
        request: Request<'_>,
        ordinal: u64,
        output: &mut dyn Output,
    ) -> Fate {
        self.finish_list(tape, what, request, &[], ordinal, output)
    }

    /// [`finish`](Self::finish) of a resource with a list of references: the first one is on the
    /// tape (`list`), and the others are of its form.
    pub(super) fn finish_list(
        &mut self,
        tape: &Tape,
        what: (&'static str, Uuid),
        request: Request<'_>,
        references: &[(&'static str, Uuid)],
        ordinal: u64,
        output: &mut dyn Output,
    ) -> Fate {
        if let Some(template) = self.shapes.find(tape) {
            let ((kind, id), form, list) = (what, self.cx.config.to, self.list.take());
            let others = references.get(1..).unwrap_or_default();
            let start = begin(&self.cx.config, self.spelled.text(id), &mut self.message.out);
            template.write(&mut self.message.out, |node, out| {
                out.push_str(tape.text_of(node));
                if list == Some(node) {
                    push_others(form, others, &mut self.spelled, out);
                }
            });
            self.add_traces(tape, what);
            self.finish_entry(kind, id, request, start);
            return Fate::Written;
        }
        let valid = tape.root().is_some_and(|root| self.is_valid(tape, root));
        if valid && self.issues.is_empty() {
            self.shapes.keep(tape, self.limits.templates);
        }
        self.write_as_asked((tape, valid), what, request, references, ordinal, output)
    }

    /// Writes a resource in the version that is asked for.
    fn write_as_asked(
        &mut self,
        (tape, valid): (&Tape, bool),
        what: (&'static str, Uuid),
        request: Request<'_>,
        references: &[(&'static str, Uuid)],
        ordinal: u64,
        output: &mut dyn Output,
    ) -> Fate {
        if !self.converts() {
            return self.write_list((tape, valid), what, request, references, ordinal, output);
        }
        let converted = self.converted(tape, ordinal, output);
        let checked = (&converted, valid);
        let fate = self.write_list(checked, what, request, references, ordinal, output);
        self.take_back(converted);
        fate
    }

    fn write_list(
        &mut self,
        (tape, valid): (&Tape, bool),
        what: (&'static str, Uuid),
        request: Request<'_>,
        references: &[(&'static str, Uuid)],
        ordinal: u64,
        output: &mut dyn Output,
    ) -> Fate {
        let (Some(root), Some(node)) = (tape.root(), self.list.take()) else {
            return self.write_checked(tape, valid, what, request, ordinal, output);
        };
        if !valid && self.report_invalid(tape, ordinal, output) == Fate::Left {
            return Fate::Left;
        }
        let ((kind, id), form, text) = (what, self.cx.config.to, tape.text_of(node));
        let start = begin(&self.cx.config, self.spelled.text(id), &mut self.message.out);
        let first = (text.as_ptr().addr(), text.len());
        let others = references.get(1..).unwrap_or_default();
        let (out, spelled) = (&mut self.message.out, &mut self.spelled);
        let mut list = List { out, spelled, form, first, others };
        json::write(tape, root, &mut list);
        self.add_traces(tape, what);
        self.finish_entry(kind, id, request, start);
        Fate::Written
    }

    /// [`finish`](Self::finish) of a resource that was checked; what is wrong is in `issues`.
    pub(super) fn finish_checked(
        &mut self,
        tape: &Tape,
        valid: bool,
        what: (&'static str, Uuid),
        request: Request<'_>,
        ordinal: u64,
        output: &mut dyn Output,
    ) -> Fate {
        self.write_as_asked((tape, valid), what, request, &[], ordinal, output)
    }

    fn write_checked(
        &mut self,
        tape: &Tape,
        valid: bool,
        (kind, id): (&'static str, Uuid),
        request: Request<'_>,
        ordinal: u64,
        output: &mut dyn Output,
    ) -> Fate {
        let Some(root) = tape.root() else { return Fate::Left };
        if !valid && self.report_invalid(tape, ordinal, output) == Fate::Left {
            return Fate::Left;
        }
        self.render(tape, root, kind, id, request);
        Fate::Written
    }

    fn render(
        &mut self,
        tape: &Tape,
        root: NodeId,
        kind: &'static str,
        id: Uuid,
        request: Request<'_>,
    ) {
        let start = begin(&self.cx.config, self.spelled.text(id), &mut self.message.out);
        json::write(tape, root, &mut self.message.out);
        self.add_traces(tape, (kind, id));
        self.finish_entry(kind, id, request, start);
    }

    /// Notes where the elements of a resource came from.
    pub(super) fn add_traces(&mut self, tape: &Tape, (kind, id): (&'static str, Uuid)) {
        if let Some(traces) = &mut self.message.traces {
            traces.add(tape, kind, id);
        }
    }

    /// Remembers the Observation on the tape at work, which is valid.
    pub(super) fn keep(&mut self, id: Uuid) {
        let limit = self.templates();
        let Some(root) = self.tape.root().filter(|_| !self.holes.unfit) else { return };
        let (id, tape, config) = (self.spelled.text(id), &self.tape, &self.cx.config);
        let holes = self.holes.list.iter().map(|(node, hole)| (*hole, tape.text_of(*node)));
        let request = result_request(config, self.message.session);
        self.memo.templates.keep(holes.chain([(Hole::Id, id)]), limit, |out| {
            open_entry(config.to, id, out);
            json::write(tape, root, out);
            close_entry(config, OBSERVATION, id, request, out);
        });
    }

    pub(super) fn finish_entry(
        &mut self,
        kind: &'static str,
        id: Uuid,
        request: Request<'_>,
        start: usize,
    ) {
        let (config, out) = (&self.cx.config, &mut self.message.out);
        close_entry(config, kind, self.spelled.text(id), request, out);
        self.note_entry(kind, id, start);
    }

    /// Notes where a resource stands; takes back one that a line before it says.
    pub(super) fn note_entry(&mut self, kind: &'static str, id: Uuid, start: usize) {
        let out = &mut self.message.out;
        if self.cx.config.to != Form::Ndjson {
            let end = out.len();
            if kind != OBSERVATION {
                self.message.ids.insert(id, (start, end));
            }
            return;
        }
        let end = out.len();
        if kind == OBSERVATION {
            self.message.lines.push(end);
            return;
        }
        let hash = self.hasher.hash_one(out.get(start..).unwrap_or_default());
        if self.remembered.get(&id) == Some(&hash) {
            out.truncate(start);
            self.message.ids.insert(id, (start, start));
            return;
        }
        self.message.written.push((id, hash));
        self.message.lines.push(end);
        self.message.ids.insert(id, (start, end));
    }
}

/// How results are stored: by replacement, or where there are none.
pub(super) fn result_request(config: &Config, session: bool) -> Request<'static> {
    match config.results {
        Results::Put if !session => Request::Put,
        Results::Put | Results::Post => Request::CreateIfNone(""),
    }
}

/// Writes the others of a list of references after the first one goes by.
struct List<'a> {
    out: &'a mut String,
    spelled: &'a mut Spelled,
    form: Form,
    /// Address and length of the text of the first reference on the tape.
    first: (usize, usize),
    others: &'a [(&'static str, Uuid)],
}

fn push_others(
    form: Form,
    others: &[(&'static str, Uuid)],
    spelled: &mut Spelled,
    out: &mut String,
) {
    for (kind, id) in others {
        out.push_str("\"},{\"reference\":\"");
        push_reference(form, kind, spelled.text(*id), out);
    }
}

impl Buffer for List<'_> {
    #[inline]
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        if (text.as_ptr().addr(), text.len()) == self.first {
            push_others(self.form, self.others, self.spelled, self.out);
        }
    }
}

/// Begins an entry, and before the first one its Bundle, or a line; gives where it starts.
pub(super) fn begin(config: &Config, id: &str, out: &mut String) -> usize {
    separate(config, out);
    let start = out.len();
    open_entry(config.to, id, out);
    start
}

/// Writes what stands between two entries, or before the first one.
pub(super) fn separate(config: &Config, out: &mut String) {
    if config.to == Form::Ndjson {
        return;
    }
    if !out.is_empty() {
        out.push(',');
    } else if config.bundle != BundleKind::Message {
        let kind = config.bundle.as_str();
        for text in ["{\"resourceType\":\"Bundle\",\"type\":\"", kind, "\",\"entry\":["] {
            out.push_str(text);
        }
    }
}

/// Writes what stands before the resource of an entry.
pub(super) fn open_entry<B: Buffer>(form: Form, id: &str, out: &mut B) {
    if form != Form::Ndjson {
        for text in ["{\"fullUrl\":\"urn:uuid:", id, "\",\"resource\":"] {
            out.put(text);
        }
    }
}

/// Writes what stands after the resource of an entry.
pub(super) fn close_entry<B: Buffer>(
    config: &Config,
    kind: &str,
    id: &str,
    request: Request<'_>,
    out: &mut B,
) {
    if config.to != Form::Ndjson {
        if matches!(config.bundle, BundleKind::Transaction | BundleKind::Batch) {
            write_request(kind, id, request, out);
        }
        out.put("}");
    }
}

/// Writes a reference to the resource of this identity as the form has it.
pub(super) fn push_reference(form: Form, kind: &str, id: &str, out: &mut String) {
    match form {
        Form::Bundle | Form::Xml => out.push_str("urn:uuid:"),
        Form::Ndjson => {
            out.push_str(kind);
            out.push('/');
        }
    }
    out.push_str(id);
}

fn write_request<B: Buffer>(kind: &str, id: &str, request: Request<'_>, out: &mut B) {
    let (start, between, search) = match request {
        Request::Create => ("POST", "", None),
        Request::CreateIfNone(search) => ("POST", "\",\"ifNoneExist\":\"", Some(search)),
        Request::Put => ("PUT", "?", Some("")),
        Request::Update(search) => ("PUT", "?", Some(search)),
    };
    for text in [",\"request\":{\"method\":\"", start, "\",\"url\":\"", kind, between] {
        out.put(text);
    }
    match search {
        None => {}
        Some("") => {
            out.put("identifier=urn:ietf:rfc:3986|urn:uuid:");
            out.put(id);
        }
        Some(search) => out.put(search),
    }
    out.put("\"}");
}

/// Writes the query for an identifier that has a system; nothing for one that has none, which is
/// searched by our own.
pub(super) fn write_search(
    cx: &crate::policy::Context,
    identifier: &Identifier<'_>,
    out: &mut String,
) {
    let Some(system) = system_of(cx, identifier) else { return };
    out.push_str("identifier=");
    let mut escaped = Escaped(out);
    let _ = system.write(&mut escaped);
    escaped.0.push('|');
    if write_value(identifier, &mut Escaped(out)).is_err() {
        out.clear();
    }
}

/// Percent-encodes what a query or JSON would take for its own.
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let is_plain = |b: u8| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b':' | b'/')
        };
        let mut rest = text;
        loop {
            let len = rest.bytes().position(|b| !is_plain(b)).unwrap_or(rest.len());
            let (plain, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
            self.0.push_str(plain);
            let mut chars = after.chars();
            let Some(strange) = chars.next() else { return Ok(()) };
            rest = chars.as_str();
            // FHIR search takes these apart after the query is decoded.
            if matches!(strange, ',' | '|' | '$' | '\\') {
                self.0.push_str("%5C");
            }
            for byte in strange.encode_utf8(&mut [0; 4]).bytes() {
                write!(self.0, "%{byte:02X}")?;
            }
        }
    }
}
