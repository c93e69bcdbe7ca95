//! The two ways, for any version.

use crate::compare;
use core::fmt;
use iomt_fhir::{
    Version,
    issue::{Issue, Rule, Severity},
    json,
    table::{ElementId, Kind},
    tape::{NodeId, Path, Tape},
};
use serde::Serialize;

/// The types of a version.
pub(crate) trait Types: Serialize + Sized {
    const VERSION: Version;

    /// Reads the resource that `root` is. `None`: it is none of the element table.
    fn read(root: ElementId, json: &str) -> Option<serde_json::Result<Self>>;
}

/// A resource in the types of fhir-sdk. Its `Debug` shows no content.
#[derive(Clone)]
#[non_exhaustive]
pub struct Converted<R> {
    /// The resource.
    pub resource: R,
    /// What it says in another spelling.
    pub losses: Losses,
}

/// What has another spelling in fhir-sdk, in the order of the resource.
#[derive(Clone)]
pub struct Losses {
    tape: Tape,
    found: Vec<(Loss, NodeId)>,
}

/// What fhir-sdk does not keep of a value. The value is the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Loss {
    /// The same number in other digits: how precise it was is not known any more.
    Digits,
    /// The same instant, time or bytes, otherwise written.
    Spelling,
}

/// Why there is no conversion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error {
    kind: ErrorKind,
    path: String,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It is no resource as the element table and FHIR JSON have it.
    #[error("{} ({})", .0.text, .0.key)]
    Rule(&'static Rule),
    /// Something did not fit on the tape: [`Tape::is_incomplete`].
    #[error("the tape is incomplete")]
    Incomplete,
    /// It is a resource of a type that the element table does not have.
    #[error("resources of this type are not converted")]
    Foreign,
    /// fhir-sdk does not take what is here, or something in it.
    #[error("fhir-sdk does not take it")]
    Refused,
    /// fhir-sdk takes it, and it is not there.
    #[error("fhir-sdk drops it")]
    Dropped,
    /// fhir-sdk makes something else of it.
    #[error("fhir-sdk changes it")]
    Changed,
}

impl Losses {
    /// Whether fhir-sdk keeps everything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many they are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.found.len()
    }

    /// Each, with the FHIRPath location of its value.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Loss, Path<'_>)> {
        self.found.iter().map(|&(loss, node)| (loss, self.tape.path(node)))
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, path: Path<'_>) -> Self {
        Self { kind, path: path.to_string() }
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The FHIRPath location; empty where there is no resource to speak of.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        self.kind.fmt(f)
    }
}

impl core::error::Error for Error {}

impl<R> fmt::Debug for Converted<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Converted").field("losses", &self.losses).finish_non_exhaustive()
    }
}

impl fmt::Debug for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

pub(crate) fn from_tape<R: Types>(tape: &Tape, node: NodeId) -> Result<Converted<R>, Error> {
    if tape.is_incomplete() {
        return Err(Error::new(ErrorKind::Incomplete, tape.path(node)));
    }
    let mut text = String::new();
    json::write(tape, node, &mut text);
    from_json(text.as_bytes())
}

pub(crate) fn from_json<R: Types>(json: &[u8]) -> Result<Converted<R>, Error> {
    let mut tape = Tape::new();
    let root = read(json, R::VERSION, &mut tape)?;
    let error = |(kind, node)| Error::new(kind, tape.path(node));
    let resource: R = take(json, &tape, root).map_err(error)?;
    let written = serde_json::to_vec(&resource).map_err(|_| error((ErrorKind::Refused, root)))?;
    let mut theirs = Tape::new();
    // What it writes and we do not read was not like that before.
    let again = read(&written, R::VERSION, &mut theirs)
        .map_err(|e| Error { kind: ErrorKind::Changed, ..e })?;
    let found = compare::losses((&tape, root), (&theirs, again)).map_err(error)?;
    Ok(Converted { resource, losses: Losses { tape, found } })
}

pub(crate) fn to_tape<R: Types>(resource: &R, tape: &mut Tape) -> Result<NodeId, Error> {
    let nothing = Error { kind: ErrorKind::Refused, path: String::new() };
    let written = serde_json::to_vec(resource).map_err(|_| nothing)?;
    read(&written, R::VERSION, tape)
}

/// Appends the resource that `json` is to `tape`, if nothing is wrong with it.
fn read(json: &[u8], version: Version, tape: &mut Tape) -> Result<NodeId, Error> {
    let (start, mut issues) = (tape.mark(), Vec::new());
    let root = json::Reader::new().for_version(version).read(json, tape, &mut issues);
    let wrong = |issue: &&Issue| issue.rule.severity >= Severity::Error;
    match (root, issues.iter().find(wrong)) {
        (Some(root), None) => Ok(root),
        (_, issue) => {
            let rule = issue.map(|issue| ErrorKind::Rule(issue.rule));
            let path = root.and(issue).map(|issue| tape.path(issue.node).to_string());
            tape.truncate(start);
            Err(Error { kind: rule.unwrap_or(ErrorKind::Refused), path: path.unwrap_or_default() })
        }
    }
}

/// The resource at `node` of a tape that was read from `json`; or what does not go, and where.
fn take<R: Types>(json: &[u8], tape: &Tape, node: NodeId) -> Result<R, (ErrorKind, NodeId)> {
    let read = tape.node(node).and_then(|it| {
        let text = json.get(index(it.span().offset)..index(it.span().end()))?;
        let text = core::str::from_utf8(text).ok()?;
        Some((index(it.span().offset), text, R::read(it.element(), text)?))
    });
    let Some((start, text, result)) = read else { return Err((ErrorKind::Foreign, node)) };
    result.or_else(|error| {
        let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
        let line = lines.fold(start, |at, line| at.saturating_add(line.len()));
        let at = innermost(tape, node, line.saturating_add(error.column()));
        // Resources in slots are read as a whole before they are looked at, so that an error has no
        // place in them: each is read by itself.
        for (slot, _) in tape.entries(at).filter(|(_, node)| node.element().kind() == Kind::Slot) {
            for resource in tape.children(slot) {
                take::<R>(json, tape, resource)?;
            }
        }
        Err((ErrorKind::Refused, at))
    })
}

/// The innermost element in `node` whose text `offset` is in, or ends.
fn innermost(tape: &Tape, node: NodeId, offset: usize) -> NodeId {
    let mut at = node;
    while let Some((next, _)) = tape
        .entries(at)
        .find(|(_, node)| index(node.span().offset) < offset && offset <= index(node.span().end()))
    {
        at = next;
    }
    at
}

fn index(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
