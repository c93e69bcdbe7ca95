use alloc::boxed::Box;
use core::fmt;

use iomt_core::model::{DateTime, Message as Fact};
use iomt_core::wire::{ErrorKind, ParseError, Span};
use iomt_core::{
    Confidence, Decoder, Diagnostic, DiagnosticCode, End, Evidence, Input, Inputs, Limits, Options,
    Payload, Place, Protocol, Sink,
};

use crate::charset;
use crate::context::{Codecs, Context};
use crate::devices::Devices;
use crate::escape::{Spaced, TextCodec};
use crate::frame::{self, Header};
use crate::message::Found;
use crate::scratch::Scratch;
use crate::segments::msh;
use crate::{Delimiters, Index, Message, limits, oru_r01};

/// The registry's row.
pub const PROTOCOL: Protocol = Protocol::new(
    "hl7v2",
    &["HL7 v2.5.1, chapters 2, 2A, 3, 4 and 7; additions of 2.7 and 2.8"],
    Evidence::Specification,
    Inputs::Messages,
    detect,
    |options| Box::new(Hl7Decoder::new(options)),
);

/// How far into a file a header is looked for.
const DETECTED: usize = 4096;

/// Reads files and messages of HL7 v2. Every ORU of an input is a message of its own; other message
/// types end rejected.
pub struct Hl7Decoder {
    limits: Limits,
    index: Index,
    scratch: Scratch<'static>,
    devices: Devices<'static>,
}

impl fmt::Debug for Hl7Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hl7Decoder").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Hl7Decoder {
    /// Before the first message.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        let (scratch, devices) = (Scratch::default(), Devices::default());
        Self { limits: options.limits, index: Index::new(), scratch, devices }
    }

    /// Reads all messages of an input. Gives the first error.
    fn input(
        &mut self,
        bytes: &[u8],
        received: Option<DateTime>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut at = 0;
        if bytes.starts_with(frame::BYTE_ORDER_MARK) {
            at = frame::BYTE_ORDER_MARK.len();
            let (span, place) = (Span::new(0, at), Place::named("message"));
            sink.diagnostic(Diagnostic::new(DiagnosticCode::ByteOrderMark, span, place));
        }
        let (mut count, mut all, mut frame) = (0_usize, Ok(()), 0);
        loop {
            let header = frame::next_message(bytes, at, |name, span| {
                let diagnostic = match name {
                    Some(name) => {
                        let place = Place::named(name);
                        Diagnostic::new(DiagnosticCode::SegmentNotMapped, span, place)
                    }
                    None => Diagnostic::new(DiagnosticCode::Junk, span, Place::named("message")),
                };
                sink.diagnostic(diagnostic);
            });
            let Some(header) = header else { break };
            count = count.saturating_add(1);
            if count == 2 {
                let (code, span) = (DiagnosticCode::SeveralMessages, Span::new(header, 3));
                sink.diagnostic(Diagnostic::new(code, span, Place::named("MSH")));
            }
            if frame <= header {
                frame = frame::frame_end(bytes, header);
            }
            let framed = bytes.get(..frame).unwrap_or(bytes);
            let end = self.index.fill(framed, header, &self.limits);
            all = all.and(self.message(bytes, header, end, received, sink));
            at = end;
        }
        if count == 0 {
            let error = ParseError::new(ErrorKind::Missing, "MSH", at.min(bytes.len()));
            return reject(bytes, received, error, sink);
        }
        all
    }

    /// Reads the message from `at` to `end`, for which the index is filled.
    fn message(
        &mut self,
        bytes: &[u8],
        at: usize,
        end: usize,
        received: Option<DateTime>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let raw = bytes.get(at..end).unwrap_or_default();
        let mut fact = Fact::new(PROTOCOL.name, raw, Span::new(at, raw.len()));
        fact.received = received;
        let read = Message::new(bytes, at, end, &self.index).and_then(|message| {
            if frame::is_cut(bytes, at, end) {
                let kind = ErrorKind::Truncated { needed: 2, available: 0 };
                return Err(ParseError::new(kind, "frame", end));
            }
            limits::check(&message, &self.limits)?;
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
        let codecs = Codecs { text, spaced: Spaced(text) };
        let mut context = Context::new(message, &codecs, sink);
        let Some(header) = message.line(0) else { return Ok(()) };
        msh::read(&context, header, &mut fact);
        context.sink.message(&fact);
        remarks(&mut context, self.index.found(), code);
        let read = msh::message_type(&message).map(|trigger| {
            if let Some(code) = trigger {
                let span = message.field(b"MSH", 9).map_or(message.span(), |field| field.span());
                context.sink.diagnostic(Diagnostic::new(code, span, msh::place(9)));
            }
            msh::diagnose(&mut context, header);
            let mut scratch = core::mem::take(&mut self.scratch).recycle();
            let mut devices = core::mem::take(&mut self.devices).recycle();
            oru_r01::observe(&mut context, &mut scratch, &mut devices);
            (self.scratch, self.devices) = (scratch.recycle(), devices.recycle());
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
    let short = Delimiters::parse(message.raw(), 0).is_ok_and(|(_, declared)| declared < 4);
    let mut all = [None; 5];
    let whole = Place::named("message");
    let [lines, last, junk, delimiters, set] = &mut all;
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
    *set = charset.map(|code| (code, field(18), msh::place(18)));
    for (code, span, place) in all.into_iter().flatten() {
        context.sink.diagnostic(Diagnostic::new(code, span, place));
    }
}

/// An input without a message is one message that could not be read.
fn reject(
    bytes: &[u8],
    received: Option<DateTime>,
    error: ParseError,
    sink: &mut dyn Sink,
) -> Result<(), ParseError> {
    let mut fact = Fact::new(PROTOCOL.name, bytes, Span::new(0, bytes.len()));
    fact.received = received;
    sink.message(&fact);
    sink.end(End::Rejected(error));
    Err(error)
}

/// Yes, where a header is the first thing that can be seen; maybe, where one begins a later line.
fn detect(bytes: &[u8]) -> Confidence {
    let skipped = if bytes.starts_with(frame::BYTE_ORDER_MARK) { 3 } else { 0 };
    let mut at = frame::visible(bytes, skipped);
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
    Confidence::No
}

impl Decoder for Hl7Decoder {
    fn push(&mut self, input: Input<'_>, sink: &mut dyn Sink) -> Result<(), ParseError> {
        let wrong = ParseError::new(ErrorKind::WrongInput, "input", 0);
        match input.payload {
            Payload::Message(bytes) => self.input(bytes, input.at, sink),
            Payload::Timeout | Payload::Closed => Ok(()),
            Payload::Stream(bytes) | Payload::Characteristic { value: bytes, .. } => {
                reject(bytes, input.at, wrong, sink)
            }
            _ => reject(&[], input.at, wrong, sink),
        }
    }
}
