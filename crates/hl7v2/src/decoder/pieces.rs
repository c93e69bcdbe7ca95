//! A file that comes in pieces.

use alloc::vec::Vec;

use iomt_core::Sink;
use iomt_core::model::DateTime;
use iomt_core::wire::ParseError;
use memchr::memmem;

use super::{Reader, tell};
use crate::Messages;

/// What came of a file and is not read yet.
#[derive(Default)]
pub(super) struct Pieces {
    buffer: Vec<u8>,
    /// Its messages so far; `None` where no file is under way.
    messages: Option<Messages<'static>>,
    /// Up to here headers were looked for.
    searched: usize,
    /// What may be one was found since messages were last read.
    found: bool,
    /// What may have been one and was none is not tried again before there are so many bytes: so that
    /// none is read more often than the logarithm of the length of its message.
    enough: usize,
}

/// Where what may be a header begins, from `from` on.
fn headers(bytes: &[u8], from: usize) -> impl Iterator<Item = usize> {
    let found = memmem::find_iter(bytes.get(from..).unwrap_or_default(), b"MSH");
    found.map(move |at| from.saturating_add(at)).filter(|at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        // A line end, a blank, the start of a frame, or the end of a byte order mark.
        before.is_none_or(|b| *b <= b' ' || *b == 0xBF) && at.saturating_add(3) < bytes.len()
    })
}

impl Pieces {
    /// Whether a message may be whole that was not before.
    fn may_be_more(&mut self) -> bool {
        self.found |= headers(&self.buffer, self.searched).next().is_some();
        self.searched = self.buffer.len().saturating_sub(3);
        self.found && self.buffer.len() >= self.enough
    }
}

impl Reader {
    /// Takes some bytes of a file, and reads the messages after which another one begins.
    pub(super) fn piece(
        &mut self,
        bytes: &[u8],
        received: Option<DateTime>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut pieces = core::mem::take(&mut self.pieces);
        let (limits, terminators) = (self.options.limits, self.options.terminators);
        let suspended = pieces.messages.take();
        let suspended = suspended.unwrap_or(Messages::with(&[], 0, limits, terminators));
        pieces.buffer.extend_from_slice(bytes);
        let mut all = Ok(());
        if self.options.continuations || !pieces.may_be_more() {
            pieces.messages = Some(suspended);
        } else {
            let mut messages = suspended.resumed(&pieces.buffer);
            let mut index = core::mem::take(&mut self.index);
            (pieces.found, pieces.enough) = (false, 0);
            while headers(&pieces.buffer, messages.at()).nth(1).is_some() {
                let (before, mut around) = (messages.clone(), Vec::new());
                let entry = messages.next(&mut index, |between| around.push(between));
                let Some(entry) = entry.filter(|_| messages.is_settled()) else {
                    messages = before;
                    (pieces.found, pieces.enough) = (true, pieces.buffer.len().saturating_mul(2));
                    break;
                };
                around.into_iter().for_each(|between| tell(between, sink));
                all = all.and(self.entry(&entry, messages.position().total, received, sink));
            }
            self.index = index;
            let (suspended, done) = messages.suspended();
            pieces.messages = Some(suspended);
            pieces.buffer.drain(..done);
            pieces.searched = pieces.searched.saturating_sub(done);
        }
        self.pieces = pieces;
        all
    }

    /// The file that came in pieces, if one did, has ended.
    pub(super) fn last_piece(
        &mut self,
        received: Option<DateTime>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let Some(suspended) = self.pieces.messages.take() else { return Ok(()) };
        let mut buffer = core::mem::take(&mut self.pieces).buffer;
        let all = if self.options.continuations {
            self.input(&buffer, received, sink)
        } else {
            self.rest(suspended.resumed(&buffer), &buffer, received, sink)
        };
        buffer.clear();
        self.pieces.buffer = buffer;
        all
    }
}
