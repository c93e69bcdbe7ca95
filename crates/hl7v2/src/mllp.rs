//! HL7 v2, Minimal Lower Layer Protocol, release 1: VT, the payload, FS CR.
//!
//! Without I/O: a [`Deframer`] takes the bytes of a stream however they are cut, looks at each once
//! and gives the same events for every cut. What it tolerates it names.
//!
//! Bytes outside any frame belong to none, even where FS CR ends them: without its first byte nobody
//! knows how much of a message is missing. FS without CR, LF or VT after it is data. VT always begins
//! a frame; what stood in the one before is given up, for no FS says that it was whole.

use alloc::vec::Vec;
use core::fmt;

use iomt_core::wire::{ErrorKind, ParseError, Span};
use iomt_core::{Diagnostic, DiagnosticCode, LimitKind, Place};
use memchr::{memchr, memchr2};

use crate::frame::{FS, VT};

const FRAME: &str = "frame";
/// Bytes that are kept of a frame that is too long.
const KEPT: usize = 4096;

/// Appends `payload` as a frame to `out`.
///
/// # Errors
/// `frame` where the payload has a VT or FS, which a frame cannot hold. Nothing is appended then.
pub fn encode(payload: &[u8], out: &mut Vec<u8>) -> Result<(), ParseError> {
    if let Some(at) = memchr2(VT, FS, payload) {
        return Err(ParseError::new(ErrorKind::Malformed, FRAME, at));
    }
    out.reserve(payload.len().saturating_add(3));
    out.push(VT);
    out.extend_from_slice(payload);
    out.extend_from_slice(&[FS, b'\r']);
    Ok(())
}

/// A frame that has ended.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// What stands between VT and FS.
    pub payload: &'a [u8],
    /// Offset of its first byte in the stream.
    pub offset: usize,
    /// What was tolerated at its end.
    end: Option<DiagnosticCode>,
}

impl Frame<'_> {
    /// What was tolerated.
    pub fn diagnostics(&self) -> impl Iterator<Item = Diagnostic> + use<> {
        let empty = self.payload.is_empty().then_some(DiagnosticCode::FrameEmpty);
        let end = Span::new(self.offset.saturating_add(self.payload.len()), 1);
        [empty, self.end].into_iter().flatten().map(move |code| remark(code, end))
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({:?})", Span::new(self.offset, self.payload.len()))
    }
}

/// What a stream gives.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every receiver")]
pub enum Event<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// Something that was tolerated outside the frames, or in the one under way.
    Tolerated(Diagnostic),
    /// A frame that is too long, or that the end of the stream cuts short, and what there is of it: of
    /// one that is too long the first 4,096 bytes, with the header that an answer may need. Errors
    /// name the `frame`, and the offset at which it fails.
    Rejected(ParseError, Frame<'a>),
}

fn remark(code: DiagnosticCode, span: Span) -> Diagnostic {
    Diagnostic::new(code, span, Place::named(FRAME))
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum State {
    #[default]
    Outside,
    Inside,
    /// After the FS of a frame.
    Separator,
    /// In a frame that was too long.
    Skipped,
    SkippedSeparator,
}

/// The receiver's side of a stream. To be reused: it keeps the allocation of the payload, which is
/// the limit of a frame at most.
#[derive(Clone)]
pub struct Deframer {
    state: State,
    limit: usize,
    /// What came of the frame under way in earlier calls.
    payload: Vec<u8>,
    /// Offset of the first byte of the frame under way.
    start: usize,
    /// Offset of the next byte.
    offset: usize,
    /// What stands since the last frame: from the first byte that is not blank to the last, and all.
    junk: Span,
    blanks: Span,
    examined: u64,
}

impl fmt::Debug for Deframer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deframer({:?} at {})", self.state, self.offset)
    }
}

impl Deframer {
    /// At the start of a stream whose frames have payloads of at most `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            state: State::Outside,
            limit,
            payload: Vec::new(),
            start: 0,
            offset: 0,
            junk: Span::NONE,
            blanks: Span::NONE,
            examined: 0,
        }
    }

    /// How many bytes were looked at, for the proof that none is looked at again: never more than
    /// came, and one for each call and event.
    #[must_use]
    pub const fn examined(&self) -> u64 {
        self.examined
    }

    /// Takes bytes from the front of `bytes` up to the next event. Nothing where all are taken.
    ///
    /// A frame that lies in `bytes` as a whole is not copied.
    #[inline]
    pub fn next<'s, 'b: 's>(&'s mut self, bytes: &mut &'b [u8]) -> Option<Event<'s>> {
        // Byte by byte most are data.
        if let [byte] = **bytes
            && self.state == State::Inside
            && !matches!(byte, VT | FS)
            && self.payload.len() < self.limit
        {
            self.payload.push(byte);
            self.offset = self.offset.saturating_add(1);
            self.examined = self.examined.wrapping_add(1);
            *bytes = &[];
            return None;
        }
        self.event(bytes)
    }

    fn event<'s, 'b: 's>(&'s mut self, bytes: &mut &'b [u8]) -> Option<Event<'s>> {
        while let Some(first) = bytes.first() {
            self.examined = self.examined.wrapping_add(1);
            match self.state {
                State::Inside => {
                    let found = memchr2(VT, FS, bytes);
                    let run = self.take(bytes, found.unwrap_or(bytes.len()));
                    if let [FS, b'\r', ..] = *bytes
                        && self.payload.is_empty()
                        && run.len() <= self.limit
                    {
                        self.take(bytes, 2);
                        return Some(self.ended(run, None));
                    }
                    if !self.keep(run) {
                        return Some(self.too_long(run));
                    }
                    match bytes.first() {
                        Some(&VT) => {
                            let len = self.offset.saturating_sub(self.start);
                            let span = Span::new(self.start, len);
                            self.take(bytes, 1);
                            self.begin();
                            let code = DiagnosticCode::FrameRestarted;
                            return Some(Event::Tolerated(remark(code, span)));
                        }
                        Some(_) => {
                            self.take(bytes, 1);
                            self.state = State::Separator;
                        }
                        None => {}
                    }
                }
                State::Separator => {
                    let end = match *first {
                        b'\r' => None,
                        b'\n' => Some(DiagnosticCode::FrameEndLineFeed),
                        VT => Some(DiagnosticCode::FrameEndWithoutReturn),
                        other => {
                            let span = Span::new(self.offset.saturating_sub(1), 1);
                            if !self.keep(&[FS]) {
                                return Some(self.too_long(&[FS]));
                            }
                            if other == FS {
                                self.take(bytes, 1);
                            } else {
                                self.state = State::Inside;
                            }
                            let code = DiagnosticCode::FrameSeparatorInside;
                            return Some(Event::Tolerated(remark(code, span)));
                        }
                    };
                    if *first != VT {
                        self.take(bytes, 1);
                    }
                    self.state = State::Outside;
                    return Some(Event::Frame(Frame {
                        payload: &self.payload,
                        offset: self.start,
                        end,
                    }));
                }
                State::Outside => {
                    let found = memchr(VT, bytes);
                    let start = self.offset;
                    let run = self.take(bytes, found.unwrap_or(bytes.len()));
                    self.between(run, start);
                    if found.is_some() {
                        self.take(bytes, 1);
                        self.begin();
                        if let Some(remark) = self.outside() {
                            return Some(Event::Tolerated(remark));
                        }
                    }
                }
                State::Skipped => {
                    let found = memchr2(VT, FS, bytes);
                    self.take(bytes, found.unwrap_or(bytes.len()));
                    match bytes.first() {
                        Some(&VT) => self.state = State::Outside,
                        Some(_) => {
                            self.take(bytes, 1);
                            self.state = State::SkippedSeparator;
                        }
                        None => {}
                    }
                }
                State::SkippedSeparator => {
                    self.state = match *first {
                        b'\r' | b'\n' => {
                            self.take(bytes, 1);
                            State::Outside
                        }
                        VT => State::Outside,
                        _ => State::Skipped,
                    };
                }
            }
        }
        None
    }

    /// The stream has ended. What comes next is the start of another.
    pub fn close(&mut self) -> Option<Event<'_>> {
        let state = core::mem::take(&mut self.state);
        let offset = core::mem::take(&mut self.offset);
        match state {
            State::Inside | State::Separator => {
                let needed = if state == State::Inside { 2 } else { 1 };
                let kind = ErrorKind::Truncated { needed, available: 0 };
                let frame = Frame { payload: &self.payload, offset: self.start, end: None };
                Some(Event::Rejected(ParseError::new(kind, FRAME, offset), frame))
            }
            State::Outside => self.outside().map(Event::Tolerated),
            State::Skipped | State::SkippedSeparator => None,
        }
    }

    #[inline]
    fn take<'a>(&mut self, bytes: &mut &'a [u8], len: usize) -> &'a [u8] {
        let (taken, rest) = bytes.split_at_checked(len).unwrap_or((*bytes, &[]));
        *bytes = rest;
        self.offset = self.offset.saturating_add(taken.len());
        self.examined = self.examined.wrapping_add(u64::try_from(taken.len()).unwrap_or(0));
        taken
    }

    fn begin(&mut self) {
        self.payload.clear();
        self.state = State::Inside;
        self.start = self.offset;
    }

    fn ended<'a>(&mut self, payload: &'a [u8], end: Option<DiagnosticCode>) -> Event<'a> {
        self.state = State::Outside;
        Event::Frame(Frame { payload, offset: self.start, end })
    }

    /// Keeps some of the payload, unless it is too long then.
    #[inline]
    fn keep(&mut self, run: &[u8]) -> bool {
        let fits = self.payload.len().saturating_add(run.len()) <= self.limit;
        if fits {
            self.payload.extend_from_slice(run);
        }
        fits
    }

    #[cold]
    fn too_long(&mut self, run: &[u8]) -> Event<'_> {
        self.state = State::Skipped;
        let kept = self.limit.min(KEPT);
        let missing = kept.saturating_sub(self.payload.len());
        self.payload.extend(run.iter().take(missing));
        self.payload.truncate(kept);
        let kind = ErrorKind::Limit(LimitKind::MessageBytes);
        let frame = Frame { payload: &self.payload, offset: self.start, end: None };
        Event::Rejected(ParseError::new(kind, FRAME, self.start), frame)
    }

    /// Notes what stands between two frames, from `start` on.
    fn between(&mut self, run: &[u8], start: usize) {
        if run.is_empty() {
            return;
        }
        let span = |first: usize, len| Span::new(start.saturating_add(first), len);
        self.blanks = self.blanks.to(span(0, run.len()));
        let strange = |b: &u8| !matches!(b, b'\r' | b'\n' | b' ' | b'\t');
        if let (Some(first), Some(last)) =
            (run.iter().position(strange), run.iter().rposition(strange))
        {
            let len = last.saturating_sub(first).saturating_add(1);
            self.junk = self.junk.to(span(first, len));
        }
    }

    /// What stood outside the frames since the last.
    fn outside(&mut self) -> Option<Diagnostic> {
        let junk = core::mem::replace(&mut self.junk, Span::NONE);
        let blanks = core::mem::replace(&mut self.blanks, Span::NONE);
        if junk.is_some() {
            return Some(remark(DiagnosticCode::Junk, junk));
        }
        blanks.is_some().then(|| remark(DiagnosticCode::FrameBlanks, blanks))
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests;
