//! Readings as JSON Lines: one value of a characteristic a line,
//! `{"at":"2026-11-24T08:00:00Z","device":"cuff-1","characteristic":"2A35","value":"02…"}`.
//!
//! `at` (RFC 3339, when it was received), `device` (any text) are optional; `characteristic` is the
//! 16-bit assigned number or a 128-bit UUID on the Bluetooth base; `value` is hexadecimal. Each
//! device is a connection of its own; a line is a message.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use iomt_core::model::{DateTime, Message};
use iomt_core::wire::{ErrorKind, ParseError, Span};
use iomt_core::{
    Diagnostic, DiagnosticCode, End, Input, LimitKind, Limits, Payload, Place, Protocol, Sink,
};
use iomt_fhir::{Output, Session};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use crate::translator::{Connection, Translator};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whether the first line looks like a reading.
pub(crate) fn detect(bytes: &[u8]) -> bool {
    let start = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).trim_ascii_start();
    let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = line.get(..4096).unwrap_or(line);
    line.starts_with(b"{") && line.windows(16).any(|w| w == b"\"characteristic\"")
}

/// A line, as it stands.
#[derive(Default)]
struct Members<'a> {
    at: Option<Cow<'a, str>>,
    device: Option<Cow<'a, str>>,
    characteristic: Option<Cow<'a, str>>,
    value: Option<Cow<'a, str>>,
    others: bool,
}

/// A string that borrows where it has no escapes.
#[derive(Deserialize)]
struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Visit)
    }
}

struct Visit;

impl<'de> Visitor<'de> for Visit {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reading")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = Members::default();
        while let Some(Borrowed(key)) = map.next_key()? {
            let member = match &*key {
                "at" => &mut members.at,
                "device" => &mut members.device,
                "characteristic" => &mut members.characteristic,
                "value" => &mut members.value,
                _ => {
                    members.others = true;
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let Borrowed(text) = map.next_value()?;
            if member.replace(text).is_some() {
                return Err(M::Error::custom("a member stands twice"));
            }
        }
        Ok(members)
    }
}

/// A line that is a reading.
#[derive(Clone)]
#[non_exhaustive]
pub struct Reading<'a> {
    /// When it was received.
    pub at: Option<DateTime>,
    /// The device, as the line names it.
    pub device: Option<Cow<'a, str>>,
    /// The assigned number of the characteristic; 0 where its UUID is not on the Bluetooth base.
    pub characteristic: u16,
    /// The value.
    pub value: &'a [u8],
    /// Where the first digit of the value stands in the file.
    pub value_offset: usize,
    /// The line has members that are not known.
    pub others: bool,
}

impl fmt::Debug for Reading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { characteristic, value, .. } = self;
        write!(f, "Reading({characteristic:#06x}, {} byte(s))", value.len())
    }
}

/// The lines of a file that are not blank.
pub struct Readings<'a> {
    bytes: &'a [u8],
    offset: usize,
    number: u64,
    message_bytes: usize,
    value: Vec<u8>,
}

impl fmt::Debug for Readings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Readings(at {} of {})", self.offset, self.bytes.len())
    }
}

impl<'a> Readings<'a> {
    /// The lines of `bytes`, each at most `limits.message_bytes` long.
    #[must_use]
    pub const fn new(bytes: &'a [u8], limits: Limits) -> Self {
        let message_bytes = limits.message_bytes;
        Self { bytes, offset: 0, number: 0, message_bytes, value: Vec::new() }
    }

    /// Reads the next line: where it stands, and what it is.
    pub fn read_next(&mut self) -> Option<(Line<'a>, Result<Reading<'_>, ParseError>)> {
        loop {
            let line = self.bytes.get(self.offset..)?.split_inclusive(|b| *b == b'\n').next()?;
            let end = self.offset.saturating_add(line.len());
            let line = match line.strip_prefix(BYTE_ORDER_MARK) {
                Some(after) if self.offset == 0 => after,
                _ => line,
            };
            let bytes = line.trim_ascii_start();
            let offset = end.saturating_sub(bytes.len());
            self.offset = end;
            let bytes = bytes.trim_ascii_end();
            if !bytes.is_empty() {
                self.number = self.number.saturating_add(1);
                let reading = read(bytes, offset, self.message_bytes, &mut self.value);
                return Some((Line { number: self.number, bytes, offset }, reading));
            }
        }
    }
}

/// A line of the file, without blanks around it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Line<'a> {
    /// Its number among the lines that are not blank, from 1.
    pub number: u64,
    /// What stands there.
    pub bytes: &'a [u8],
    /// Where that begins in the file.
    pub offset: usize,
}

impl Line<'_> {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(self.offset, self.bytes.len())
    }
}

impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({:?})", self.span())
    }
}

/// The connections of a file, in the order of their first readings. There are at most twice as
/// many as the limit says: then the older half is closed.
#[derive(Default)]
struct Connections {
    young: Generation,
    old: Generation,
}

#[derive(Default)]
struct Generation {
    places: HashMap<String, usize>,
    connections: Vec<Connection>,
}

impl Connections {
    /// The connection of a device, and the ones that close for it.
    fn of(
        &mut self,
        device: &str,
        limit: usize,
        connect: impl FnOnce() -> Connection,
    ) -> (Option<&mut Connection>, Vec<Connection>) {
        let mut closed = Vec::new();
        let young = self.young.places.get(device).copied();
        let at = match young {
            Some(at) => at,
            None => {
                if self.young.connections.len() >= limit.max(1) {
                    closed = core::mem::take(&mut self.old).connections;
                    core::mem::swap(&mut self.young, &mut self.old);
                }
                let connection = match self.old.places.remove(device) {
                    // What stays behind keeps the places of the others.
                    Some(at) => self
                        .old
                        .connections
                        .get_mut(at)
                        .map(|old| core::mem::replace(old, connect())),
                    None => Some(connect()),
                };
                let at = self.young.connections.len();
                self.young.connections.extend(connection);
                self.young.places.insert(device.into(), at);
                at
            }
        };
        (self.young.connections.get_mut(at), closed)
    }
}

pub(crate) fn translate(
    translator: &mut Translator,
    protocol: &Protocol,
    bytes: &[u8],
    output: &mut dyn Output,
) {
    let mut connections = Connections::default();
    let mut stray = Session::default();
    let mut readings = Readings::new(bytes, *translator.limits());
    let mut last = 0;
    while let Some((line, reading)) = readings.read_next() {
        let message = line.number;
        last = message;
        let mut placed = Placed { output, message, start: line.offset, value: None };
        let reading = match reading {
            Ok(reading) => reading,
            Err(error) => {
                let mut sink = translator.sink(&mut stray, &mut placed);
                sink.message(&Message::new("readings", line.bytes, line.span()));
                sink.end(End::Rejected(error));
                continue;
            }
        };
        if reading.others {
            let place = Place::named("reading");
            let unmapped = Diagnostic::new(DiagnosticCode::FieldNotMapped, line.span(), place);
            placed.output.diagnostic(message, &unmapped);
        }
        placed.value = Some(reading.value_offset);
        let device = reading.device.as_deref();
        let limit = translator.limits().sessions;
        let (connection, closed) =
            connections.of(device.unwrap_or(""), limit, || translator.connect(protocol));
        for mut connection in closed {
            let _ = translator.push(&mut connection, Input::new(Payload::Closed), &mut placed);
        }
        let mut input = Input::characteristic(reading.characteristic, reading.value);
        (input.at, input.peer) = (reading.at, device);
        if let Some(connection) = connection {
            // A value that cannot be read is reported as a diagnostic.
            let _ = translator.push(connection, input, &mut placed);
        }
    }
    let mut placed = Placed { output, message: last, start: bytes.len(), value: None };
    for generation in [connections.old, connections.young] {
        for mut connection in generation.connections {
            let _ = translator.push(&mut connection, Input::new(Payload::Closed), &mut placed);
        }
    }
}

/// Reads a line that begins at `start`; `value` takes what its digits mean.
fn read<'a>(
    line: &'a [u8],
    start: usize,
    message_bytes: usize,
    value: &'a mut Vec<u8>,
) -> Result<Reading<'a>, ParseError> {
    let error = |kind, field| ParseError::new(kind, field, start);
    if line.len() > message_bytes {
        return Err(error(ErrorKind::Limit(LimitKind::MessageBytes), "reading"));
    }
    // The text of a serde_json error may quote the input: only its column is taken.
    let members: Members<'a> = serde_json::from_slice(line).map_err(|e| {
        let column = e.column().saturating_sub(1);
        ParseError::new(ErrorKind::Malformed, "reading", start.saturating_add(column))
    })?;
    let at = match members.at.as_deref() {
        None => None,
        Some(text) => {
            Some(DateTime::parse_rfc3339(text).ok_or_else(|| error(ErrorKind::Malformed, "at"))?)
        }
    };
    let name = members.characteristic.as_deref();
    let name = name.ok_or_else(|| error(ErrorKind::Missing, "characteristic"))?;
    let characteristic = assigned_number(name);
    let characteristic =
        characteristic.ok_or_else(|| error(ErrorKind::Malformed, "characteristic"))?;
    let digits = members.value.as_deref().ok_or_else(|| error(ErrorKind::Missing, "value"))?;
    unhex(digits, value).ok_or_else(|| error(ErrorKind::Malformed, "value"))?;
    // Digits need no escapes, so that they mostly stand where they were read.
    let place = digits.as_ptr().addr().wrapping_sub(line.as_ptr().addr());
    let place = if place < line.len() { place } else { 0 };
    let value_offset = start.saturating_add(place);
    let (device, others) = (members.device, members.others);
    Ok(Reading { at, device, characteristic, value, value_offset, others })
}

/// The 16-bit number of `2A35`, or of `00002a35-0000-1000-8000-00805f9b34fb`; 0 for a UUID that is
/// not on the Bluetooth base.
fn assigned_number(name: &str) -> Option<u16> {
    const BASE: &str = "-0000-1000-8000-00805f9b34fb";
    let hex = |s: &str| s.bytes().all(|b| b.is_ascii_hexdigit());
    match name.len() {
        4 if hex(name) => u16::from_str_radix(name, 16).ok(),
        36 => {
            let (head, tail) = name.split_at_checked(8)?;
            let shape = |(i, b): (usize, u8)| match i {
                8 | 13 | 18 | 23 => b == b'-',
                _ => b.is_ascii_hexdigit(),
            };
            if !name.bytes().enumerate().all(shape) {
                return None;
            }
            let short = head.strip_prefix("0000").filter(|_| tail.eq_ignore_ascii_case(BASE));
            Some(short.and_then(|s| u16::from_str_radix(s, 16).ok()).unwrap_or(0))
        }
        _ => None,
    }
}

fn unhex(digits: &str, value: &mut Vec<u8>) -> Option<()> {
    value.clear();
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let nibble = |b: u8| char::from(b).to_digit(16).and_then(|n| u8::try_from(n).ok());
    for [high, low] in pairs {
        value.push((nibble(*high)? << 4) | nibble(*low)?);
    }
    rest.is_empty().then_some(())
}

/// Counts messages by lines, and places by the digits that stand for the bytes of a value.
struct Placed<'a> {
    output: &'a mut dyn Output,
    message: u64,
    start: usize,
    value: Option<usize>,
}

impl Output for Placed<'_> {
    fn document(&mut self, json: &str) {
        self.output.document(json);
    }

    fn diagnostic(&mut self, _: u64, diagnostic: &Diagnostic) {
        let mut placed = *diagnostic;
        if let (Some(digits), true) = (self.value, placed.span.is_some()) {
            let doubled = |n: u32| usize::try_from(n).unwrap_or(usize::MAX).saturating_mul(2);
            let at = digits.saturating_add(doubled(placed.span.offset));
            placed.span = Span::new(at, doubled(placed.span.len));
        } else if !placed.span.is_some() {
            placed.span = Span::new(self.start, 0);
        }
        self.output.diagnostic(self.message, &placed);
    }

    fn outcome(&mut self, _: u64, json: &str) {
        self.output.outcome(self.message, json);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characteristics_by_short_and_long_names() {
        assert_eq!(assigned_number("2A35"), Some(0x2a35));
        assert_eq!(assigned_number("00002a35-0000-1000-8000-00805F9B34FB"), Some(0x2a35));
        assert_eq!(assigned_number("00000100-0000-1000-0000-009132591325"), Some(0));
        for name in ["", "2A3", "2A3G", "+2A3", "00002a35-0000-1000-8000-00805F9B34F", "é234"] {
            assert_eq!(assigned_number(name), None, "{name}");
        }
    }

    #[test]
    fn values_are_hexadecimal() {
        let mut value = vec![9];
        assert_eq!(unhex("02fF", &mut value).map(|()| value.clone()), Some(vec![2, 255]));
        assert_eq!(unhex("", &mut value).map(|()| value.len()), Some(0));
        assert_eq!(unhex("2", &mut value), None);
        assert_eq!(unhex("+1", &mut value), None);
    }

    #[test]
    fn lines_and_values_have_their_places() {
        let text = b"\xEF\xBB\xBF {\"characteristic\":\"2A37\",\"value\":\"0049\"}\r\n\n \n[]";
        let mut readings = Readings::new(text, Limits::DEFAULT);
        let (line, reading) = readings.read_next().unwrap();
        let reading = reading.unwrap();
        assert_eq!((line.number, line.span()), (1, Span::new(4, 40)));
        assert_eq!((reading.characteristic, reading.value), (0x2a37, &[0, 0x49][..]));
        assert_eq!(text[reading.value_offset..][..4], *b"0049");
        let (line, reading) = readings.read_next().unwrap();
        assert_eq!((line.number, line.span(), reading.is_err()), (2, Span::new(49, 2), true));
        assert!(readings.read_next().is_none());
    }

    #[test]
    fn the_first_line_tells() {
        assert!(detect(b"\n {\"characteristic\":\"2A35\"}"));
        assert!(!detect(b"{\"resourceType\":\"Bundle\"}\n{\"characteristic\":1}"));
        assert!(!detect(b"MSH|^~\\&|"));
    }
}
