//! HL7 v2 §2.10.3: files and batches, `[FHS] { [BHS] { message } [BTS] } [FTS]`.
//!
//! Every bracket may be missing. A message that cannot be read is counted like any other, and the
//! next one is found all the same.

use core::fmt;

use iomt_core::wire::{ErrorKind, ParseError, Span};
use iomt_core::{Diagnostic, DiagnosticCode, Limits, Place, Terminators};

use crate::frame::{self, Outside};
use crate::{Delimiters, Index, Message, Segment};

/// What stands around the messages of an input.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Between<'a> {
    /// `FHS`, `BHS`, `BTS` or `FTS`, with delimiters of its own: those that `FHS` and `BHS` declare
    /// hold up to the trailer.
    Envelope(Segment<'a>),
    /// Something remarkable.
    Remark(Diagnostic),
}

/// One message of an input.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Entry<'a> {
    /// Its bytes, whether or not they can be read.
    pub raw: &'a [u8],
    /// Where they stand.
    pub span: Span,
    /// The message, or why it cannot be read.
    pub message: Result<Message<'a>, ParseError>,
    /// Offset of `raw` in the stream.
    pub(crate) offset: usize,
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({:?}, {:?})", self.span, self.message)
    }
}

/// Where in its file and batch an input is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Position {
    /// `FHS` was there, and not `FTS`.
    pub in_file: bool,
    /// `BHS` was there, and not `BTS`.
    pub in_batch: bool,
    /// Batches of this file, or of the last one, so far. Messages without `BHS` are a batch too.
    pub batches: u64,
    /// Messages of this batch so far.
    pub messages: u64,
    /// Messages of the input so far.
    pub total: u64,
}

/// The messages of an input, and what stands around them: each is found once, from the first on.
///
/// ```
/// use iomt_hl7v2::{Index, Messages};
///
/// let text = b"BHS|^~\\&|LAB\rMSH|^~\\&|LAB|||||||1\rMSH|^~\\&|LAB|||||||2\rBTS|2\r";
/// let (mut messages, mut index) = (Messages::new(text), Index::new());
/// let mut remarks = 0;
/// while let Some(entry) = messages.next(&mut index, |_| remarks += 1) {
///     assert!(entry.message?.field(b"MSH", 10).is_some());
/// }
/// // BHS and BTS.
/// assert_eq!((messages.position().total, remarks), (2, 2));
/// # Ok::<(), iomt_core::wire::ParseError>(())
/// ```
#[derive(Clone)]
pub struct Messages<'a> {
    bytes: &'a [u8],
    /// Offset of the first byte in the stream.
    base: usize,
    /// Where to go on.
    at: usize,
    /// Where the frame of the last message ends.
    frame: usize,
    limits: Limits,
    terminators: Terminators,
    /// Those of the last header of a file or batch.
    delimiters: Delimiters,
    position: Position,
    /// A batch without `BHS` is under way.
    implicit: bool,
    /// `FTS` was there, and nothing since.
    file_ended: bool,
    ended: bool,
}

impl fmt::Debug for Messages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Messages({} of {}, {:?})", self.at, self.bytes.len(), self.position)
    }
}

impl<'a> Messages<'a> {
    /// Those of a file, datagram or frame, with default limits.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self::with(bytes, 0, Limits::DEFAULT, Terminators::Auto)
    }

    /// The same, with segments that end as `terminators` say.
    #[must_use]
    pub const fn terminated(mut self, terminators: Terminators) -> Self {
        self.terminators = terminators;
        self
    }

    pub(crate) const fn with(
        bytes: &'a [u8],
        base: usize,
        limits: Limits,
        terminators: Terminators,
    ) -> Self {
        Self {
            bytes,
            base,
            at: 0,
            frame: 0,
            limits,
            terminators,
            delimiters: Delimiters::DEFAULT,
            position: Position {
                in_file: false,
                in_batch: false,
                batches: 0,
                messages: 0,
                total: 0,
            },
            implicit: false,
            file_ended: false,
            ended: false,
        }
    }

    /// Where in its file and batch the last message stands.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The next message, read into `index`. `between` is told what stands before it, or, where
    /// there is none, before the end.
    pub fn next<'i>(
        &mut self,
        index: &'i mut Index,
        mut between: impl FnMut(Between<'a>),
    ) -> Option<Entry<'i>>
    where
        'a: 'i,
    {
        if self.at == 0 && self.bytes.starts_with(frame::BYTE_ORDER_MARK) {
            self.at = frame::BYTE_ORDER_MARK.len();
            let span = Span::new(self.base, self.at);
            say(DiagnosticCode::ByteOrderMark, span, "message", &mut between);
        }
        let separator = self.delimiters.field;
        let header = frame::next_message(self.bytes, self.at, separator, |kind, span| {
            self.outside(kind, span, &mut between);
        });
        let Some(header) = header else {
            self.at = self.bytes.len();
            self.end(&mut between);
            return None;
        };
        if !self.position.in_batch && !self.implicit {
            self.begin_batch();
            self.implicit = true;
        }
        self.position.messages = self.position.messages.saturating_add(1);
        self.position.total = self.position.total.saturating_add(1);
        if self.frame <= header {
            self.frame = frame::frame_end(self.bytes, header);
        }
        let framed = self.bytes.get(..self.frame).unwrap_or(self.bytes);
        let mut end = index.fill(framed, header, &self.limits, self.terminators);
        let inside = frame::header_inside(self.bytes.get(header..end).unwrap_or_default());
        if let Some(inside) = inside {
            end = header.saturating_add(inside);
        }
        self.at = end;
        let raw = self.bytes.get(header..end).unwrap_or_default();
        let offset = self.base.saturating_add(header);
        let cut = (inside.is_some() || frame::is_cut(self.bytes, header, end)).then(|| {
            let kind = ErrorKind::Truncated { needed: 2, available: 0 };
            ParseError::new(kind, "frame", self.base.saturating_add(end))
        });
        let message = match (Message::new(raw, offset, index), cut) {
            (Ok(_), Some(error)) => Err(error),
            (read, _) => read,
        };
        Some(Entry { raw, span: Span::new(offset, raw.len()), message, offset })
    }

    /// Goes on in `bytes`, the first of which stands where that of the suspended ones stood.
    pub(crate) const fn resumed(self, bytes: &'a [u8]) -> Self {
        Self { bytes, ..self }
    }

    /// Where it goes on.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// What goes on where more bytes are known, without as many as are not needed any more. One is
    /// kept, which may begin a frame.
    pub(crate) const fn suspended(&self) -> (Messages<'static>, usize) {
        let done = self.at.saturating_sub(1);
        let suspended = Messages {
            bytes: &[],
            base: self.base.saturating_add(done),
            at: self.at.saturating_sub(done),
            // What ends it may be among the bytes to come.
            frame: 0,
            limits: self.limits,
            terminators: self.terminators,
            delimiters: self.delimiters,
            position: self.position,
            implicit: self.implicit,
            file_ended: self.file_ended,
            ended: self.ended,
        };
        (suspended, done)
    }

    /// Whether no more bytes can change the last message: a whole header comes after it.
    pub(crate) fn is_settled(&self) -> bool {
        let next = frame::next_message(self.bytes, self.at, self.delimiters.field, |_, _| {});
        next.is_some_and(|at| at.saturating_add(3) < self.bytes.len())
    }

    /// Whether another message begins after the last, and where in the stream.
    pub(crate) fn another(&self) -> Option<usize> {
        let at = frame::next_message(self.bytes, self.at, self.delimiters.field, |_, _| {})?;
        Some(self.base.saturating_add(at))
    }

    /// What stands at `span` of the bytes, outside any message.
    fn outside(&mut self, kind: Outside, span: Span, between: &mut impl FnMut(Between<'a>)) {
        let start = usize::try_from(span.offset).unwrap_or(usize::MAX);
        let len = usize::try_from(span.len).unwrap_or(0);
        let offset = self.base.saturating_add(start);
        let span = Span::new(offset, len);
        let (code, place) = match kind {
            Outside::Envelope(name) => {
                let raw = self.bytes.get(start..start.saturating_add(len)).unwrap_or_default();
                return self.envelope(name, raw, offset, between);
            }
            Outside::Segments => (DiagnosticCode::SegmentOutsideMessage, "segment"),
            Outside::Comment => (DiagnosticCode::Comment, "message"),
            Outside::Junk => (DiagnosticCode::Junk, "message"),
        };
        say(code, span, place, between);
    }

    fn envelope(
        &mut self,
        name: &'static str,
        raw: &'a [u8],
        offset: usize,
        between: &mut impl FnMut(Between<'a>),
    ) {
        let span = Span::new(offset, raw.len());
        let Position { in_file, in_batch, .. } = self.position;
        if matches!(name, "FHS" | "BHS") {
            match Delimiters::parse(raw, offset) {
                Ok((own, _)) => self.delimiters = own,
                Err(_) => {
                    self.delimiters = Delimiters::DEFAULT;
                    say(DiagnosticCode::MalformedSegment, span, name, between);
                }
            }
        }
        // A trailer may have the separator of an outer header.
        let field = raw.get(3).copied().unwrap_or(self.delimiters.field);
        let segment = Segment::new(raw, offset, Delimiters { field, ..self.delimiters });
        between(Between::Envelope(segment));
        match name {
            "FHS" => {
                if in_file {
                    say(DiagnosticCode::EnvelopeRepeated, span, name, between);
                } else if in_batch {
                    say(DiagnosticCode::EnvelopeIncomplete, span, name, between);
                }
                (self.position.in_file, self.position.batches) = (true, 0);
                self.file_ended = false;
                self.end_batch();
            }
            "BHS" => {
                if in_batch {
                    say(DiagnosticCode::EnvelopeRepeated, span, name, between);
                }
                self.begin_batch();
                (self.position.in_batch, self.implicit) = (true, false);
            }
            "BTS" => {
                if !in_batch {
                    say(DiagnosticCode::EnvelopeIncomplete, span, name, between);
                }
                count(segment, name, self.position.messages, between);
                self.end_batch();
            }
            _ => {
                if in_batch || !in_file {
                    say(DiagnosticCode::EnvelopeIncomplete, span, name, between);
                }
                count(segment, name, self.position.batches, between);
                (self.position.in_file, self.file_ended) = (false, true);
                self.end_batch();
            }
        }
    }

    fn begin_batch(&mut self) {
        if core::mem::take(&mut self.file_ended) {
            self.position.batches = 0;
        }
        self.position.batches = self.position.batches.saturating_add(1);
        self.position.messages = 0;
    }

    fn end_batch(&mut self) {
        (self.position.in_batch, self.position.messages, self.implicit) = (false, 0, false);
    }

    fn end(&mut self, between: &mut impl FnMut(Between<'a>)) {
        let Position { in_file, in_batch, .. } = self.position;
        if !self.ended && (in_file || in_batch) {
            let span = Span::new(self.base.saturating_add(self.bytes.len()), 0);
            let name = if in_batch { "BTS" } else { "FTS" };
            say(DiagnosticCode::EnvelopeIncomplete, span, name, between);
        }
        self.ended = true;
    }
}

fn say<'a>(
    code: DiagnosticCode,
    span: Span,
    name: &'static str,
    between: &mut impl FnMut(Between<'a>),
) {
    between(Between::Remark(Diagnostic::new(code, span, Place::named(name))));
}

/// BTS-1 or FTS-1, where it is valued, is the number of what came.
fn count<'a>(
    segment: Segment<'a>,
    name: &'static str,
    came: u64,
    between: &mut impl FnMut(Between<'a>),
) {
    let Some(field) = segment.field(1) else { return };
    let stated = field.raw().trim_ascii();
    if stated.is_empty() || stated == b"\"\"" {
        return;
    }
    let number = core::str::from_utf8(stated).ok().and_then(|text| text.parse::<u64>().ok());
    if number != Some(came) {
        let code = match number {
            Some(_) => DiagnosticCode::CountMismatch,
            None => DiagnosticCode::ValueMalformed,
        };
        let place = Place::field(name, 0, 1);
        between(Between::Remark(Diagnostic::new(code, field.span(), place)));
    }
}

#[cfg(test)]
mod tests;
