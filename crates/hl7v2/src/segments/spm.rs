//! HL7 v2 §7.4.3: SPM, specimen.

use iomt_core::model::{Specimen, SpecimenKey, SubjectKey};

use crate::Segment;
use crate::context::Context;
use crate::types::{cwe, dtm, ei};

/// Reads a specimen. Its notes are up to the group.
pub(crate) fn read<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    key: SpecimenKey,
    subject: Option<SubjectKey>,
) -> Specimen<'b> {
    context.enter("SPM", line);
    context.check(segment);
    let mut specimen: Specimen<'a> = Specimen::new(key, subject);
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            2 => {
                // EIP: placer and filler.
                let repetition = context.first(field);
                for (number, component) in (1_u32..).zip(repetition.components()) {
                    let parts = component.subcomponents().map(|s| s.part());
                    match number {
                        1 => specimen.placer = ei::identifier(context, parts),
                        2 => specimen.filler = ei::identifier(context, parts),
                        _ => context.unmapped(component.part()),
                    }
                }
            }
            4 => cwe::field(context, field, &mut specimen.kind),
            7 => cwe::field(context, field, &mut specimen.method),
            8 => cwe::field(context, field, &mut specimen.body_site),
            17 => {
                // DR: from and to.
                let repetition = context.first(field);
                let mut bounds = [None, None];
                for (number, component) in repetition.components().enumerate() {
                    match bounds.get_mut(number) {
                        Some(slot) => *slot = dtm::time(context, component.part()),
                        None => context.unmapped(component.part()),
                    }
                }
                let [start, end] = bounds;
                specimen.collected = dtm::effective(context, start, end);
            }
            18 => specimen.received = dtm::field(context, field),
            _ => context.rest(field),
        }
    }
    specimen.span = segment.span();
    specimen
}
