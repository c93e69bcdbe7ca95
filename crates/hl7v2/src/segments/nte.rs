//! HL7 v2 §2.15.10: NTE, notes and comments.

use iomt_core::model::Note;

use crate::Segment;
use crate::context::Context;
use crate::types::{dtm, xcn};

/// Reads a note; repetitions are its lines.
pub(crate) fn note<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
) -> Option<Note<'a>> {
    context.enter("NTE", line);
    context.check(segment);
    let (mut note, mut author, mut time) = (None, None, None);
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            3 => note = context.whole(field.part()).map(Note::new),
            5 => {
                let one = context.first(field);
                author = xcn::declare(context, one).map(|author| (author, one.span()));
            }
            6 => time = dtm::field(context, field),
            _ => context.rest(field),
        }
    }
    match &mut note {
        Some(note) => (note.author, note.time) = (author, time),
        None => {
            context.at(5);
            author.iter().for_each(|(_, span)| context.lost(*span));
            context.at(6);
            time.iter().for_each(|time| context.lost(time.span));
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
