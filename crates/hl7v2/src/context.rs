//! What the reading of one message shares: its text codec, the sink, and the place under way.

use alloc::vec::Vec;
use core::fmt::{self, Write};

use iomt_core::model::{
    Authority, Codec, DateTime, LocationKey, Participant, ParticipantKey, Performer, Role, Text,
};
use iomt_core::wire::Span;
use iomt_core::{Diagnostic, DiagnosticCode, Place, Severity, Sink};
use memchr::memchr;

use crate::charset::is_control;
use crate::escape::TextCodec;
use crate::parts;
use crate::types::dtm;
use crate::{Charset, Field, Message, Repetition, Segment};

/// Bytes of a component or subcomponent, and their offset.
pub(crate) type Part<'a> = (&'a [u8], usize);

/// The codecs of a message.
#[derive(Clone, Copy)]
pub(crate) struct Codecs {
    pub(crate) text: TextCodec,
    /// MSH-18 says what the character set is.
    pub(crate) declared: bool,
}

/// What the reading of one message shares.
pub(crate) struct Context<'a, 's> {
    pub(crate) message: Message<'a>,
    pub(crate) sink: &'s mut dyn Sink,
    codecs: &'a Codecs,
    /// All of the message as text, if no byte of it needs a codec.
    plain: Option<&'a str>,
    /// Some field repeats.
    repeats: bool,
    name: &'static str,
    line: usize,
    field: u16,
    /// Numbers of the next participant and of the next place.
    participants: u32,
    locations: u32,
    /// The time that was read last: most rows have the same one.
    time: (&'a [u8], Option<DateTime>),
    /// Those declared last: most rows name the same ones.
    recent: [Option<Recent<'a>>; RECENT],
}

/// How many participants are remembered.
const RECENT: usize = 4;

/// A participant that was declared: the data type, the bytes, the key.
type Recent<'a> = (&'static str, &'a [u8], ParticipantKey);

impl<'a, 's> Context<'a, 's> {
    pub(crate) fn new(message: Message<'a>, codecs: &'a Codecs, sink: &'s mut dyn Sink) -> Self {
        let delimiters = message.delimiters();
        // MSH-2 itself holds an escape character.
        let body = message.raw().get(9..).unwrap_or_default();
        let escapes = memchr(delimiters.escape, body).is_some();
        let plain = (!escapes && body.is_ascii() && !has_control(body))
            .then(|| core::str::from_utf8(message.raw()).ok())
            .flatten();
        let repeats = memchr(delimiters.repetition, body).is_some();
        Self {
            message,
            sink,
            codecs,
            plain,
            repeats,
            name: "MSH",
            line: 0,
            field: 0,
            participants: 0,
            locations: 0,
            time: (&[], None),
            recent: [None; RECENT],
        }
    }

    /// Whom the same bytes gave before, if they were read not long ago.
    fn known_participant(&self, kind: &'static str, raw: &[u8]) -> Option<ParticipantKey> {
        let same = |(k, bytes, _): &&Recent<'a>| *k == kind && *bytes == raw;
        self.recent.iter().flatten().find(same).map(|(_, _, key)| *key)
    }

    /// A participant with a key of its own.
    pub(crate) fn new_participant<'b>(&mut self, span: Span) -> Participant<'b> {
        let mut participant = Participant::new(ParticipantKey(self.participants));
        self.skip_participant();
        participant.span = span;
        participant
    }

    /// The next key is that of nobody.
    pub(crate) const fn skip_participant(&mut self) {
        self.participants = self.participants.wrapping_add(1);
    }

    /// The key of the next place.
    pub(crate) const fn next_location(&mut self) -> LocationKey {
        let key = LocationKey(self.locations);
        self.locations = self.locations.wrapping_add(1);
        key
    }

    /// Declares the participant that `read` finds in a repetition of type `kind`. The
    /// same bytes, met again soon after, give the same key and are not read again. What names nobody
    /// is, to say so at each place.
    pub(crate) fn declare(
        &mut self,
        kind: &'static str,
        repetition: Repetition<'a>,
        read: impl FnOnce(&mut Self) -> Option<Participant<'a>>,
    ) -> Option<ParticipantKey> {
        let raw = repetition.raw();
        if let Some(known) = self.known_participant(kind, raw) {
            return Some(known);
        }
        let participant = read(self);
        if let Some(participant) = &participant {
            self.sink.participant(participant);
        }
        let key = participant?.key;
        self.recent.rotate_right(1);
        if let Some(first) = self.recent.first_mut() {
            *first = Some((kind, raw, key));
        }
        Some(key)
    }

    /// Reads who takes part in `role` from each repetition of a field.
    pub(crate) fn performers(
        &mut self,
        role: Role,
        field: Field<'a>,
        read: impl Fn(&mut Self, Repetition<'a>) -> Option<ParticipantKey>,
        into: &mut Vec<Performer>,
    ) {
        for repetition in field.valued() {
            self.performer(role, repetition, &read, into);
        }
    }

    /// The same, from one repetition.
    pub(crate) fn performer(
        &mut self,
        role: Role,
        repetition: Repetition<'a>,
        read: impl Fn(&mut Self, Repetition<'a>) -> Option<ParticipantKey>,
        into: &mut Vec<Performer>,
    ) {
        let span = repetition.span();
        let participant = read(self, repetition);
        into.extend(participant.map(|participant| Performer { role, participant, span }));
    }

    /// The segment `name` on line `line` is read from here on.
    pub(crate) fn enter(&mut self, name: &'static str, line: usize) {
        (self.name, self.line, self.field) = (name, line, 0);
    }

    /// Field `number` of it is read from here on.
    pub(crate) fn at(&mut self, number: u16) {
        self.field = number;
    }

    fn place(&self) -> Place {
        let number =
            |number: Option<usize>| number.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let index = match self.name.as_bytes().first_chunk::<3>() {
            Some(id) if self.name.len() == 3 => match self.message.count(id) {
                0 | 1 => 0,
                _ => number(self.message.ordinal(self.line)),
            },
            _ => number(self.line.checked_add(1)),
        };
        Place::field(self.name, index, self.field)
    }

    /// Tells the sink something about `span`, at the place under way.
    #[cold]
    pub(crate) fn say(&mut self, code: DiagnosticCode, span: Span) {
        let diagnostic = Diagnostic::new(code, span, self.place());
        self.sink.diagnostic(diagnostic);
    }

    /// A field that no arm reads: a rule passes it over, or it is not mapped.
    pub(crate) fn rest(&mut self, field: Field<'a>) {
        if parts::rule(self.name.as_bytes(), self.field).is_none() {
            self.say(DiagnosticCode::FieldNotMapped, field.span());
        }
    }

    /// A part that is not mapped, of a field that is.
    pub(crate) fn unmapped(&mut self, part: Part<'a>) {
        if !part.0.is_empty() {
            self.say(DiagnosticCode::FieldNotMapped, Span::new(part.1, part.0.len()));
        }
    }

    /// Something that was read, and has no place.
    pub(crate) fn lost(&mut self, span: Span) {
        if span.is_some() && span.len > 0 {
            self.say(DiagnosticCode::FieldNotMapped, span);
        }
    }

    /// Something that `before` said of the same thing; the first stands.
    #[cold]
    pub(crate) fn repeated(&mut self, before: Span, again: Span) {
        let bytes = |span: Span| {
            let start = usize::try_from(span.offset).ok()?.checked_sub(self.message.offset())?;
            let end = start.checked_add(usize::try_from(span.len).ok()?)?;
            self.message.raw().get(start..end)
        };
        if bytes(before) == bytes(again) {
            self.lost(again);
        } else {
            self.say(DiagnosticCode::DescriptionRepeated, again);
        }
    }

    /// An authority and a type without the identifier that they would be of.
    pub(crate) fn lose(&mut self, authority: &Authority<'a>, type_code: Option<Text<'a>>) {
        let Authority { namespace, universal_id, universal_id_type, .. } = authority;
        let parts = [*namespace, *universal_id, *universal_id_type, type_code];
        parts.iter().flatten().for_each(|part| self.lost(part.span()));
    }

    /// Says what is remarkable about the text of `segment`.
    pub(crate) fn check(&mut self, segment: Segment<'a>) {
        if self.plain.is_some() {
            return;
        }
        let escape = self.message.delimiters().escape;
        let strange =
            |raw: &[u8]| memchr(escape, raw).is_some() || !raw.is_ascii() || has_control(raw);
        if !strange(segment.raw()) {
            return;
        }
        let skipped = if segment.id() == b"MSH" { 2 } else { 0 };
        for (number, field) in segment.numbered().skip(skipped) {
            if !strange(field.raw()) {
                continue;
            }
            self.at(number);
            let found = self.codecs.text.findings(field.raw());
            for (seen, code) in [
                (found.unknown, DiagnosticCode::EscapeUnknown),
                (found.unterminated, DiagnosticCode::EscapeUnterminated),
                (found.control, DiagnosticCode::ControlCharacter),
                (found.mismatch, DiagnosticCode::CharacterSetMismatch),
            ] {
                let mut diagnostic = Diagnostic::new(code, field.span(), self.place());
                if code == DiagnosticCode::CharacterSetMismatch
                    && found.broken
                    && self.codecs.declared
                {
                    diagnostic.severity = Severity::Error;
                }
                if seen {
                    self.sink.diagnostic(diagnostic);
                }
            }
        }
    }

    /// A component or subcomponent as text, without blanks around it; nothing where it is empty or
    /// null.
    #[inline]
    pub(crate) fn text(&self, (raw, offset): Part<'a>) -> Option<Text<'a>> {
        match raw {
            [] => None,
            // Neither blank nor null.
            [first, ..] if *first > b'"' && raw.last() > Some(&b' ') => self.make(raw, offset),
            _ => self.trimmed(raw, offset),
        }
    }

    #[inline(never)]
    fn trimmed(&self, raw: &'a [u8], offset: usize) -> Option<Text<'a>> {
        let start = raw.iter().position(|b| *b != b' ')?;
        let end = raw.iter().rposition(|b| *b != b' ')?;
        let trimmed = raw.get(start..=end)?;
        if trimmed == b"\"\"" || trimmed.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        self.make(trimmed, offset.saturating_add(start))
    }

    /// All of a field or repetition as one text, with the blanks and delimiters in it.
    pub(crate) fn whole(&self, (raw, offset): Part<'a>) -> Option<Text<'a>> {
        if raw == b"\"\"" || raw.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let delimiters = self.codecs.text.delimiters;
        if self.repeats && delimiters.position(delimiters.repetition, raw).is_some() {
            return self.coded(raw, offset, &self.codecs.text);
        }
        self.make(raw, offset)
    }

    #[inline]
    fn make(&self, raw: &'a [u8], offset: usize) -> Option<Text<'a>> {
        match self.plain((raw, offset)) {
            Some(text) => Some(Text::plain(text, offset)),
            None => self.decode(raw, offset),
        }
    }

    /// The bytes as text, if no byte of the message needs a codec.
    #[inline]
    pub(crate) fn plain(&self, (raw, offset): Part<'a>) -> Option<&'a str> {
        let start = offset.wrapping_sub(self.message.offset());
        self.plain?.get(start..start.wrapping_add(raw.len()))
    }

    #[inline(never)]
    fn decode(&self, raw: &'a [u8], offset: usize) -> Option<Text<'a>> {
        let TextCodec { delimiters, charset } = self.codecs.text;
        let clean = delimiters.position(delimiters.escape, raw).is_none()
            && !has_control(raw)
            && (charset == Charset::Utf8 || raw.is_ascii());
        match core::str::from_utf8(raw) {
            Ok(text) if clean => Some(Text::plain(text, offset)),
            _ => self.coded(raw, offset, &self.codecs.text),
        }
    }

    fn coded(&self, raw: &'a [u8], offset: usize, codec: &'a dyn Codec) -> Option<Text<'a>> {
        let text = Text::coded(raw, offset, codec);
        is_visible(text).then_some(text)
    }

    /// What the bytes of a time mean.
    pub(crate) fn date_time(&mut self, raw: &'a [u8]) -> Option<DateTime> {
        if self.time.0 != raw {
            self.time = (raw, dtm::date_time(raw));
        }
        self.time.1
    }

    /// Whether a field has several repetitions.
    pub(crate) fn repeats(&self, field: Field<'a>) -> bool {
        let delimiters = field.delimiters();
        self.repeats && delimiters.position(delimiters.repetition, field.raw()).is_some()
    }

    /// The first repetition of a field whose target has one.
    #[inline]
    pub(crate) fn first(&mut self, field: Field<'a>) -> Repetition<'a> {
        if !self.repeats {
            return Repetition::new(field.raw(), field.offset(), field.delimiters());
        }
        let mut all = field.repetitions();
        let first = all.next().unwrap_or(Repetition::new(&[], field.offset(), field.delimiters()));
        for other in all.filter(|other| !other.is_empty()) {
            self.say(DiagnosticCode::RepetitionsIgnored, other.span());
        }
        first
    }

    /// The first component of a repetition whose target has one.
    pub(crate) fn primitive(&mut self, repetition: Repetition<'a>) -> Part<'a> {
        let delimiters = repetition.delimiters();
        if delimiters.position(delimiters.component, repetition.raw()).is_none() {
            return repetition.part();
        }
        let mut all = repetition.components();
        let first = all.next().map_or((&[][..], repetition.offset()), |first| first.part());
        if let Some(other) = all.find(|other| !other.is_empty()) {
            let others = all.fold(other.span(), |span, other| span.to(other.span()));
            self.say(DiagnosticCode::ComponentsIgnored, others);
        }
        first
    }

    /// A coded field of which the target has the code alone.
    pub(crate) fn code(&mut self, field: Field<'a>) -> Option<Text<'a>> {
        let repetition = self.first(field);
        let part = self.primitive(repetition);
        self.text(part)
    }
}

/// Whether there are control characters that FHIR does not allow. Without a branch, for most have
/// none.
fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |seen, b| seen | is_control(*b))
}

/// Whether anything of a text can be seen: highlighting alone, say, means nothing at all.
pub(crate) fn is_visible(text: Text<'_>) -> bool {
    let mut visible = Visible(false);
    text.write(&mut visible).is_ok() && visible.0
}

/// Whether anything that is written can be seen.
struct Visible(bool);

impl Write for Visible {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 |= text.chars().any(|c| !c.is_whitespace());
        Ok(())
    }
}
