//! HL7 v2 §2.9: the acknowledgements that a connection owes, in the order of its frames.
//!
//! Nothing positive is said before the caller has stored the message: until then its header waits.
//! What could not be read is answered at once, but not before what came earlier.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use iomt_core::Outcome;
use iomt_core::model::{DateTime, Precision};
use iomt_core::wire::{ErrorKind, ParseError};

use crate::ack::{Ack, AckCode, AckError, Disposition, Fault, FaultSeverity};
use crate::{Index, Message, frame, mllp};

/// Headers that wait, at most: a caller that settles nothing owes the sender nothing. Of more the
/// older half is given up, and the sender will send again.
const WAITING: usize = 4096;
/// Bytes of them at most.
const WAITING_BYTES: usize = 1 << 20;

/// A message that is not answered yet.
#[derive(Clone, Copy)]
struct Waiting {
    /// Bytes of its header.
    len: usize,
    received: Option<DateTime>,
    error: Option<ParseError>,
}

#[derive(Default)]
pub(crate) struct Replies {
    waiting: VecDeque<Waiting>,
    /// Their headers, one after the other.
    headers: Vec<u8>,
    /// Frames to be sent, and their lengths.
    ready: Vec<u8>,
    lengths: VecDeque<usize>,
    sent: usize,
    /// MSH-10 of the last one.
    number: u64,
    index: Index,
    payload: Vec<u8>,
    time: String,
    control_id: String,
}

impl Replies {
    /// A message has ended, whose bytes begin with its header. Bytes without one are not answered.
    pub(crate) fn owe(
        &mut self,
        message: &[u8],
        received: Option<DateTime>,
        error: Option<ParseError>,
    ) {
        let (_, header) = frame::first_line(message);
        if !header.starts_with(b"MSH") {
            return;
        }
        if let (Some(_), true) = (error, self.waiting.is_empty()) {
            return self.answer(header, received, error, Disposition::Error);
        }
        self.headers.extend_from_slice(header);
        self.waiting.push_back(Waiting { len: header.len(), received, error });
        while self.waiting.len() > WAITING || self.headers.len() > WAITING_BYTES {
            let given_up = self.waiting.len().div_ceil(2);
            let bytes = self.waiting.drain(..given_up).map(|waiting| waiting.len).sum();
            self.headers.drain(..self.headers.len().min(bytes));
        }
    }

    /// What became of all that wait.
    pub(crate) fn settle(&mut self, outcome: Outcome) {
        let disposition = match outcome {
            Outcome::Stored => Disposition::Accepted,
            // It may be sent again: nothing is wrong with it.
            Outcome::Refused => Disposition::Rejected,
        };
        let headers = core::mem::take(&mut self.headers);
        let mut rest = headers.as_slice();
        while let Some(Waiting { len, received, error }) = self.waiting.pop_front() {
            let (header, after) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            rest = after;
            self.answer(header, received, error, disposition);
        }
        self.headers = headers;
        self.headers.clear();
    }

    /// The next frame to be sent.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        let Some(len) = self.lengths.pop_front() else {
            self.ready.clear();
            self.sent = 0;
            return None;
        };
        let start = self.sent;
        self.sent = start.saturating_add(len);
        self.ready.get(start..self.sent)
    }

    /// The connection is closed: nobody waits for an answer.
    pub(crate) fn forget(&mut self) {
        self.waiting.clear();
        self.headers.clear();
        self.lengths.clear();
        self.ready.clear();
        self.sent = 0;
    }

    fn answer(
        &mut self,
        header: &[u8],
        received: Option<DateTime>,
        error: Option<ParseError>,
        stored: Disposition,
    ) {
        let disposition = error.map_or(stored, |error| disposition(&error));
        let refused = || AckError {
            fault: Fault::ApplicationInternalError,
            location: None,
            severity: FaultSeverity::Error,
        };
        let reason = match (error, disposition) {
            (Some(error), _) => Some(AckError::from(error)),
            (None, Disposition::Accepted) => None,
            (None, _) => Some(refused()),
        };
        self.time.clear();
        if let Some(received) = received {
            // Writing to a String does not fail.
            let _ = write_dtm(&received, &mut self.time);
        }
        self.number = self.number.wrapping_add(1);
        self.control_id.clear();
        let _ = write!(self.control_id, "{}", self.number);
        self.payload.clear();
        let ack = |code| Ack {
            code,
            control_id: &self.control_id,
            time: &self.time,
            errors: reason.as_slice(),
        };
        match Message::parse(header, &mut self.index) {
            Ok(message) => match message.ack_code(disposition) {
                Some(code) => ack(code).write(&message, &mut self.payload),
                // The sender wants none.
                None => return,
            },
            Err(_) => {
                let code = match disposition {
                    // Past a limit, under a header that is none.
                    Disposition::Rejected => AckCode::AR,
                    Disposition::Accepted | Disposition::Error => AckCode::AE,
                };
                ack(code).write_unread(header, &mut self.payload);
            }
        }
        let before = self.ready.len();
        // An acknowledgement escapes what a frame cannot hold.
        if mllp::encode(&self.payload, &mut self.ready).is_ok() {
            self.lengths.push_back(self.ready.len().saturating_sub(before));
        }
    }
}

/// Table 0008: a message type that is not read, and a limit, are no fault of the content.
fn disposition(error: &ParseError) -> Disposition {
    match error.kind() {
        ErrorKind::Limit(_) | ErrorKind::Unsupported(_) => Disposition::Rejected,
        _ => Disposition::Error,
    }
}

/// As DTM, to the second.
fn write_dtm(time: &DateTime, out: &mut String) -> core::fmt::Result {
    write!(out, "{:04}", time.year)?;
    for (part, precision) in [(time.month, Precision::Month), (time.day, Precision::Day)] {
        if time.precision >= precision {
            write!(out, "{part:02}")?;
        }
    }
    if time.precision > Precision::Day {
        write!(out, "{:02}{:02}{:02}", time.hour, time.minute, time.second)?;
        if let Some(zone) = time.zone {
            let (sign, minutes) =
                (if zone.minutes() < 0 { '-' } else { '+' }, zone.minutes().unsigned_abs());
            write!(out, "{sign}{:02}{:02}", minutes / 60, minutes % 60)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::time::Dtm;

    #[test]
    fn a_time_is_written_as_far_as_it_is_known() {
        for raw in ["2026", "202601", "20260115", "20260115143000", "20260115143000-0330"] {
            let mut out = String::new();
            write_dtm(&Dtm::parse(raw.as_bytes()).unwrap().value(), &mut out).unwrap();
            assert_eq!(out, raw);
        }
    }
}
