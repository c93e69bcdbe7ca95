//! HL7 v2 §2.15.10: NTE, notes and comments.

use iomt_core::model::Note;

use crate::Segment;
use crate::context::Context;

/// Reads a note; repetitions are its lines.
pub(crate) fn note<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
) -> Option<Note<'a>> {
    context.enter("NTE", line);
    context.check(segment);
    let mut note = None;
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            3 => note = context.whole(field.part()).map(Note::new),
            _ => context.rest(field),
        }
    }
    note
}

/// Reads a note that belongs to nothing that is mapped.
pub(crate) fn diagnose<'a>(context: &mut Context<'a, '_>, segment: Segment<'a>, line: usize) {
    context.enter("NTE", line);
    for (number, field) in segment.numbered() {
        context.at(number);
        context.rest(field);
    }
}
