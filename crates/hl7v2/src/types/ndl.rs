//! HL7 v2 chapter 2A, NDL, name with date and location.

use iomt_core::model::ParticipantKey;

use crate::Repetition;
use crate::context::Context;
use crate::types::xcn;

/// Reads and declares a person; when and where are not mapped.
pub(crate) fn declare<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<ParticipantKey> {
    if let Some(known) = context.known_participant("NDL", repetition.raw()) {
        return known;
    }
    let mut parts = repetition.components();
    let person = parts.next().and_then(|part| xcn::nested(context, part));
    parts.for_each(|part| context.unmapped(part.part()));
    let participant = person.map(|person| {
        let mut participant = context.new_participant(repetition.span());
        participant.person = Some(person);
        participant
    });
    context.declare_participant("NDL", repetition.raw(), participant.as_ref())
}
