//! HL7 v2 chapter 2A, NDL, name with date and location.

use iomt_core::model::ParticipantKey;

use crate::Repetition;
use crate::context::Context;
use crate::types::{dtm, xcn};

/// Reads and declares a person, from when and to when; where is not mapped.
pub(crate) fn declare<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<ParticipantKey> {
    context.declare("NDL", repetition, |context| {
        let (mut person, mut times) = (None, [None; 2]);
        for (number, component) in (1_u32..).zip(repetition.components()) {
            let [start, end] = &mut times;
            match number {
                1 => person = xcn::nested(context, component),
                2 => *start = dtm::time(context, component.part()),
                3 => *end = dtm::time(context, component.part()),
                _ => context.unmapped(component.part()),
            }
        }
        let participant = person.map(|person| {
            let mut participant = context.new_participant(repetition.span());
            participant.person = Some(person);
            [participant.start, participant.end] = times;
            participant
        });
        if participant.is_none() {
            times.iter().flatten().for_each(|time| context.lost(time.span));
        }
        participant
    })
}
