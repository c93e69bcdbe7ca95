//! HL7 v2 §3.4.3: PV1, patient visit.

use iomt_core::model::{Encounter, EncounterKey, Role, SubjectKey};

use crate::Segment;
use crate::context::Context;
use crate::scratch::Scratch;
use crate::types::{cx, dtm, xcn};

/// Reads and declares a visit.
pub(crate) fn observe<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    key: EncounterKey,
    subject: Option<SubjectKey>,
    scratch: &mut Scratch<'a>,
) {
    context.enter("PV1", line);
    context.check(segment);
    let performers = &mut scratch.performers;
    performers.clear();
    let mut encounter = Encounter::new(key, subject);
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            2 => encounter.class = context.code(field),
            7 => context.performers(Role::Attender, field, xcn::declare, performers),
            19 => {
                let repetition = context.first(field);
                encounter.identifier = cx::identifier(context, repetition);
            }
            44 => encounter.start = dtm::field(context, field),
            45 => encounter.end = dtm::field(context, field),
            _ => context.rest(field),
        }
    }
    encounter.participants = performers;
    encounter.span = segment.span();
    context.sink.encounter(&encounter);
}
