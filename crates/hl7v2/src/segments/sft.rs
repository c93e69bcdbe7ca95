//! HL7 v2 §2.15.12: SFT, software of the sending application.

use alloc::vec::Vec;

use iomt_core::model::Software;

use crate::Segment;
use crate::context::Context;
use crate::types::xon;

/// Reads the segments that follow the header; gives the line after them.
pub(crate) fn read<'a>(context: &mut Context<'a, '_>, into: &mut Vec<Software<'a>>) -> usize {
    into.clear();
    let mut line = 1;
    while let Some(segment) = context.message.line(line).filter(|s| s.id() == b"SFT") {
        into.push(software(context, segment, line));
        line = line.saturating_add(1);
    }
    line
}

fn software<'a>(context: &mut Context<'a, '_>, segment: Segment<'a>, line: usize) -> Software<'a> {
    context.enter("SFT", line);
    context.check(segment);
    let mut software = Software::default();
    software.span = segment.span();
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            1 => {
                let repetition = context.first(field);
                software.manufacturer = xon::named(context, repetition);
            }
            2 => software.version = context.code(field),
            3 => software.name = context.code(field),
            4 => software.build = context.code(field),
            5 => software.note = context.whole(field.part()),
            _ => context.rest(field),
        }
    }
    software
}
