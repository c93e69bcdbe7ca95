mod pieces;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use iomt_core::model::{DateTime, Message as Fact, Purpose};
use iomt_core::wire::{ErrorKind, ParseError, Span};
use iomt_core::{
    Confidence, Decoder, Diagnostic, DiagnosticCode, End, Evidence, Input, Inputs, Options,
    Outcome, Payload, Place, Protocol, Sink,
};

use crate::adt;
use crate::batch::{Between, Entry};
use crate::charset;
use crate::context::{Codecs, Context};
use crate::devices::Devices;
use crate::escape::TextCodec;
use crate::frame::{self, Header};
use crate::index::Found;
use crate::mllp::{Deframer, Event, Frame};
use crate::replies::Replies;
use crate::scratch::Scratch;
use crate::segments::msh;
use crate::tree::Tree;
use crate::{Index, Messages, join, limits, oru_r01, parts};
use pieces::Pieces;

/// The registry's row.
pub const PROTOCOL: Protocol = Protocol::new(
    "hl7v2",
    &["HL7 v2.5.1, chapters 2, 2A, 3, 4 and 7; additions of 2.7 and 2.8"],
    Evidence::Specification,
    Inputs::Messages,
    detect,
    |options| Box::new(Hl7Decoder::new(options)),
)
.with_parts(parts::parts);

/// How far into a file a header is looked for.
const DETECTED: usize = 4096;

/// Reads files, messages and streams of HL7 v2. Every ORU, OUL^R22 and ADT of an input is a message
/// of its own; other message types end rejected, and so do events of ADT that take something back.
///
/// A [stream](Payload::Stream) has frames of MLLP, however it is cut; its offsets count from the
/// first byte of the connection. A frame holds one message: one with more is rejected as a whole, for
/// one acknowledgement cannot answer two.
///
/// The acknowledgement of a frame is there to [transmit](Decoder::transmit) once the message is
/// [settled](Decoder::settle), as its MSH-15 and MSH-16 ask: AA or CA where it is stored, AR or CR
/// where it is refused. One that could not be read is answered without that, with AE or CE, or with AR
/// or CR where its type or a limit is the reason; a frame without a header is not answered. MSH-7 of
/// an answer is the time received; without one it is empty.
///
/// A file may come in [pieces](Payload::Piece): a message is read once the header of the next one is
/// there, so that no more than one message and one piece are held.
///
/// With [`Options::continuations`] what ADD and DSC continue is [joined](join) first, within one
/// input or frame; a file that comes in pieces is held until its end.
pub struct Hl7Decoder {
    frames: Deframer,
    reader: Reader,
}

impl fmt::Debug for Hl7Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hl7Decoder").field("frames", &self.frames).finish_non_exhaustive()
    }
}

impl Hl7Decoder {
    /// Before the first message.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        let reader = Reader {
            options: *options,
            index: Index::new(),
            scratch: Scratch::default(),
            devices: Devices::default(),
            tree: Tree::default(),
            joined: Vec::new(),
            replies: Replies::default(),
            pieces: Pieces::default(),
        };
        Self { frames: Deframer::new(options.limits.message_bytes), reader }
    }
}

/// What reads messages, wherever they come from.
struct Reader {
    options: Options,
    index: Index,
    scratch: Scratch<'static>,
    devices: Devices<'static>,
    tree: Tree<'static>,
    /// An input whose continuations are joined.
    joined: Vec<u8>,
    replies: Replies,
    pieces: Pieces,
}

impl Reader {
    /// Reads all messages of an input. Gives the first error.
    fn input(
        &mut self,
        bytes: &[u8],
        received: Option<DateTime>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut joined = core::mem::take(&mut self.joined);
        let bytes = self.joined(bytes, 0, &mut joined, sink);
        let Options { limits, terminators, .. } = self.options;
        let messages = Messages::with(bytes, 0, limits, terminators);
        let all = self.rest(messages, bytes, received, sink);
        self.joined = joined;
        all
    }

    /// Reads what is left of the messages of an input, which end with `bytes`.
    fn rest(
        &mut self,
        mut messages: Messages<'_>,
        bytes: &[u8],
        received: Option<DateTime>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut index = core::mem::take(&mut self.index);
        let mut all = Ok(());
        while let Some(entry) = messages.next(&mut index, |between| tell(between, sink)) {
            all = all.and(self.entry(&entry, messages.position().total, received, sink));
        }
        if messages.position().total == 0 {
            all = reject(bytes, 0, received, no_message(bytes, 0), sink);
        }
        self.index = index;
        all
    }

    /// Reads message `number` of an input.
    fn entry(
        &mut self,
        entry: &Entry<'_>,
        number: u64,
        received: Option<DateTime>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        if number == 2 {
            let (code, span) = (DiagnosticCode::SeveralMessages, Span::new(entry.offset, 3));
            sink.diagnostic(Diagnostic::new(code, span, Place::named("MSH")));
        }
        self.message(entry, received, sink)
    }

    /// The input or frame from `base` on, joined in `out` where the options ask for it.
    fn joined<'a>(
        &self,
        bytes: &'a [u8],
        base: usize,
        out: &'a mut Vec<u8>,
        sink: &mut dyn Sink,
    ) -> &'a [u8] {
        if !self.options.continuations {
            return bytes;
        }
        join(bytes, self.options.terminators, out, |mut diagnostic| {
            let offset = usize::try_from(diagnostic.span.offset).unwrap_or(usize::MAX);
            let len = usize::try_from(diagnostic.span.len).unwrap_or(0);
            diagnostic.span = Span::new(base.saturating_add(offset), len);
            sink.diagnostic(diagnostic);
        });
        out
    }

    /// Takes the next event of a stream.
    fn event(
        &mut self,
        event: Event<'_>,
        received: Option<DateTime>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        match event {
            Event::Frame(frame) => self.frame(&frame, received, sink),
            Event::Tolerated(diagnostic) => {
                sink.diagnostic(diagnostic);
                Ok(())
            }
            Event::Rejected(error, frame) => {
                self.replies.owe(frame.payload, received, Some(error));
                reject(frame.payload, frame.offset, received, error, sink)
            }
        }
    }

    /// Reads the message of a frame.
    fn frame(
        &mut self,
        frame: &Frame<'_>,
        received: Option<DateTime>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        frame.diagnostics().for_each(|diagnostic| sink.diagnostic(diagnostic));
        let bytes = frame.payload;
        // Where the offsets of a stream have come to their end they begin again.
        let base = frame.offset;
        let base = if base.checked_add(bytes.len()).is_some() { base } else { 0 };
        let mut joined = core::mem::take(&mut self.joined);
        let bytes = self.joined(bytes, base, &mut joined, sink);
        let Options { limits, terminators, .. } = self.options;
        let mut messages = Messages::with(bytes, base, limits, terminators);
        let mut index = core::mem::take(&mut self.index);
        let entry = messages.next(&mut index, |between| tell(between, sink));
        let second = messages.another();
        let read = match entry {
            None => {
                let error = no_message(bytes, base);
                reject(bytes, base, received, error, sink)
            }
            Some(entry) => {
                let read = match second {
                    Some(second) => {
                        let error = ParseError::new(ErrorKind::Malformed, "frame", second);
                        reject(bytes, base, received, error, sink)
                    }
                    None => self.message(&entry, received, sink),
                };
                self.replies.owe(entry.raw, received, read.err());
                read
            }
        };
        // What stands after the message; of one with more nothing is read.
        if second.is_none() {
            messages.next(&mut index, |between| tell(between, sink));
        }
        (self.index, self.joined) = (index, joined);
        read
    }

    fn message(
        &mut self,
        entry: &Entry<'_>,
        received: Option<DateTime>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let raw = entry.raw;
        let mut fact = Fact::new(PROTOCOL.name, raw, entry.span);
        fact.received = received;
        let read = entry.message.and_then(|message| {
            limits::check(&message, &self.options.limits)?;
            let (charset, code) = charset::resolve(message.field(b"MSH", 18), raw);
            Ok((message, charset, code))
        });
        let (message, charset, code) = match read {
            Ok(read) => read,
            Err(error) => {
                sink.message(&fact);
                sink.end(End::Rejected(error));
                return Err(error);
            }
        };
        let text = TextCodec { delimiters: message.delimiters(), charset };
        let declared = matches!(code, None | Some(DiagnosticCode::CharacterSetDoubtful));
        let codecs = Codecs { text, declared };
        let mut context = Context::new(message, &codecs, sink);
        let Some(header) = message.line(0) else { return Ok(()) };
        msh::read(&context, header, &mut fact);
        context.sink.message(&fact);
        remarks(&mut context, message.found(), code);
        if let Some(code) = msh::refused(&message) {
            let span = message.field(b"MSH", 9).map_or(message.span(), |field| field.span());
            context.sink.diagnostic(Diagnostic::new(code, span, msh::place(9)));
        }
        let read = msh::message_type(&message).map(|trigger| {
            if let Some(code) = trigger {
                let span = message.field(b"MSH", 9).map_or(message.span(), |field| field.span());
                context.sink.diagnostic(Diagnostic::new(code, span, msh::place(9)));
            }
            let mut scratch = core::mem::take(&mut self.scratch).recycle();
            let line = msh::observe(&mut context, header, fact, &mut scratch);
            let mut devices = core::mem::take(&mut self.devices).recycle();
            let mut tree = core::mem::take(&mut self.tree).recycle();
            let administration = fact.purpose == Purpose::Administration;
            let event = administration.then(|| adt::event(&context)).flatten();
            oru_r01::observe(&mut context, line, event, &mut scratch, &mut devices, &mut tree);
            (self.scratch, self.devices) = (scratch.recycle(), devices.recycle());
            self.tree = tree.recycle();
        });
        context.sink.end(match read {
            Ok(()) => End::Complete,
            Err(error) => End::Rejected(error),
        });
        read
    }
}

/// What is remarkable about the message as a whole.
fn remarks(context: &mut Context<'_, '_>, found: &Found, charset: Option<DiagnosticCode>) {
    let message = context.message;
    let field = |number| message.field(b"MSH", number).map_or(message.span(), |f| f.span());
    let end = Span::new(message.offset().saturating_add(message.raw().len()), 0);
    let short = message.has_short_encoding();
    let mut all = [None; 6];
    let whole = Place::named("message");
    let [lines, last, junk, delimiters, truncation, set] = &mut all;
    *lines = found.line_feed.then_some((DiagnosticCode::LineTerminator, message.span(), whole));
    *last = found.unterminated.then_some((DiagnosticCode::UnterminatedSegment, end, whole));
    *junk = found.junk.map(|junk| {
        let offset = usize::try_from(junk.offset).unwrap_or(0).saturating_add(message.offset());
        let mut span = Span::new(offset, 0);
        span.len = junk.len;
        (DiagnosticCode::Junk, span, whole)
    });
    let code = DiagnosticCode::ShortEncodingCharacters;
    *delimiters = short.then(|| (code, field(2), msh::place(2)));
    let early = message.delimiters().truncation.is_some() && message.is_before_2_7();
    let code = DiagnosticCode::TruncationCharacterEarly;
    *truncation = early.then(|| (code, field(2), msh::place(2)));
    *set = charset.map(|code| (code, field(18), msh::place(18)));
    for (code, span, place) in all.into_iter().flatten() {
        context.sink.diagnostic(Diagnostic::new(code, span, place));
    }
}

/// What stands between two messages. Nothing of an envelope is in the output.
fn tell(between: Between<'_>, sink: &mut dyn Sink) {
    sink.diagnostic(match between {
        Between::Remark(diagnostic) => diagnostic,
        Between::Envelope(segment) => {
            let name = match segment.id() {
                b"FHS" => "FHS",
                b"BHS" => "BHS",
                b"BTS" => "BTS",
                _ => "FTS",
            };
            let code = DiagnosticCode::SegmentNotMapped;
            Diagnostic::new(code, segment.span(), Place::named(name))
        }
    });
}

/// An input or a frame, from `offset` on, as one message that could not be read.
fn reject(
    bytes: &[u8],
    offset: usize,
    received: Option<DateTime>,
    error: ParseError,
    sink: &mut dyn Sink,
) -> Result<(), ParseError> {
    let mut fact = Fact::new(PROTOCOL.name, bytes, Span::new(offset, bytes.len()));
    fact.received = received;
    sink.message(&fact);
    sink.end(End::Rejected(error));
    Err(error)
}

/// Why bytes from `offset` on hold no message: UTF-16 and UTF-32 have none that delimit.
fn no_message(bytes: &[u8], offset: usize) -> ParseError {
    let kind = if is_wide(bytes) { ErrorKind::Malformed } else { ErrorKind::Missing };
    ParseError::new(kind, "MSH", offset)
}

/// Whether `MSH` stands at the start in UTF-16 or UTF-32, after a byte order mark or none.
fn is_wide(bytes: &[u8]) -> bool {
    let start = bytes.get(..24).unwrap_or(bytes);
    let mark = |b: &u8| matches!(*b, 0 | 0xFE | 0xFF);
    let wide = start.get(..4).is_some_and(|start| start.iter().any(mark));
    wide && start.iter().filter(|b| !mark(b)).take(3).eq(b"MSH")
}

/// Yes, where a header is the first thing that can be seen; maybe, where one begins a later line.
fn detect(bytes: &[u8]) -> Confidence {
    let mut at = frame::start(bytes);
    let separated = |at: usize| {
        let separator = bytes.get(at.saturating_add(3));
        separator.is_some_and(u8::is_ascii_punctuation).then(|| Header::at(bytes, at)).flatten()
    };
    if matches!(separated(at), Some(Header::Message | Header::Batch("FHS" | "BHS"))) {
        return Confidence::Yes;
    }
    while at < bytes.len().min(DETECTED) {
        if separated(at) == Some(Header::Message) {
            return Confidence::Maybe;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let len = memchr::memchr3(b'\r', b'\n', frame::VT, rest).unwrap_or(rest.len());
        at = frame::visible(bytes, at.saturating_add(len));
    }
    // It is refused; by whom is known.
    if is_wide(bytes) {
        return Confidence::Maybe;
    }
    Confidence::No
}

impl Decoder for Hl7Decoder {
    fn push(&mut self, input: Input<'_>, sink: &mut dyn Sink) -> Result<(), ParseError> {
        let wrong = || ParseError::new(ErrorKind::WrongInput, "input", 0);
        let Self { frames, reader } = self;
        match input.payload {
            Payload::Message(bytes) => reader.input(bytes, input.at, sink),
            Payload::Stream(mut bytes) => {
                let mut all = Ok(());
                while let Some(event) = frames.next(&mut bytes) {
                    all = all.and(reader.event(event, input.at, sink));
                }
                all
            }
            Payload::Piece(bytes) => reader.piece(bytes, input.at, sink),
            Payload::Timeout => Ok(()),
            Payload::Closed => {
                let read = frames.close().map(|event| reader.event(event, input.at, sink));
                reader.replies.forget();
                reader.last_piece(input.at, sink).and(read.unwrap_or(Ok(())))
            }
            Payload::Characteristic { value, .. } => reject(value, 0, input.at, wrong(), sink),
            // A kind of input that core adds; there is none today.
            _ => reject(&[], 0, input.at, wrong(), sink),
        }
    }

    fn transmit(&mut self) -> Option<&[u8]> {
        self.reader.replies.next()
    }

    fn settle(&mut self, outcome: Outcome) {
        self.reader.replies.settle(outcome);
    }
}
