//! Every cap, with its source.

use iomt_core::wire::{ErrorKind, ParseError};
use iomt_core::{LimitKind, Limits};
use memchr::memchr_iter;

use crate::Message;

/// Fields of one segment. No segment of the standard has a hundred; a message of nothing but
/// separators is no message.
pub const SEGMENT_FIELDS: usize = 10_000;

/// Refuses a message of more fields or repetitions than the limits allow.
pub(crate) fn check(message: &Message<'_>, limits: &Limits) -> Result<(), ParseError> {
    let (raw, delimiters) = (message.raw(), message.delimiters());
    let per_segment = limits.fields.min(SEGMENT_FIELDS);
    if raw.len() <= per_segment.min(limits.repetitions) {
        return Ok(());
    }
    let error = |limit, offset| Err(ParseError::new(ErrorKind::Limit(limit), "message", offset));
    let fields = memchr_iter(delimiters.field, raw).count();
    if fields > limits.fields {
        return error(LimitKind::Fields, message.offset());
    }
    let repetitions = memchr_iter(delimiters.repetition, raw).count();
    if fields <= per_segment && repetitions < limits.repetitions {
        return Ok(());
    }
    for segment in
        message.segments().filter(|s| s.raw().len() > per_segment.min(limits.repetitions))
    {
        if memchr_iter(delimiters.field, segment.raw()).count() > per_segment {
            return error(LimitKind::Fields, segment.offset());
        }
        for field in segment.fields().filter(|f| f.raw().len() >= limits.repetitions) {
            if memchr_iter(delimiters.repetition, field.raw()).count() >= limits.repetitions {
                return error(LimitKind::Repetitions, field.offset());
            }
        }
    }
    Ok(())
}
