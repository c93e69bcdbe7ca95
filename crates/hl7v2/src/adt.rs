//! HL7 v2 §3.3: ADT, patient administration. Events that create or update a person and a visit.
//!
//! What is said of them holds from now on, which those events alone may say that state it as it is: an
//! event that merges, moves, swaps, cancels or deletes is refused, for as an update it would say the
//! contrary, and so is one that states what is pending, or a part. With MRG any event is refused.

use iomt_core::model::Text;

use crate::context::Context;
use crate::{Component, Message};

/// Admission (§3.3.1), transfer (§3.3.2), discharge (§3.3.3), registration (§3.3.4), pre-admission
/// (§3.3.5), outpatient to inpatient (§3.3.6) and back (§3.3.7), update of a patient (§3.3.8), a person
/// added (§3.3.28) and updated (§3.3.31).
const TRANSLATED: &[&[u8]] =
    &[b"A01", b"A02", b"A03", b"A04", b"A05", b"A06", b"A07", b"A08", b"A28", b"A31"];

/// Whether the event of an ADT is translated.
pub(crate) fn is_translated(message: &Message<'_>) -> bool {
    let event = find(message).map_or(&[][..], |event| event.raw().trim_ascii());
    TRANSLATED.contains(&event) && message.count(b"MRG") == 0
}

/// The event: HL7 table 0003.
pub(crate) fn event<'a>(context: &Context<'a, '_>) -> Option<Text<'a>> {
    find(&context.message).and_then(|event| context.text(event.part()))
}

/// MSH-9.2, and in old versions EVN-1.
fn find<'a>(message: &Message<'a>) -> Option<Component<'a>> {
    let of = |id, field, component| {
        let found = message.field(id, field).and_then(|field| field.component(component));
        found.filter(|found| !found.is_empty())
    };
    of(b"MSH", 9, 2).or_else(|| of(b"EVN", 1, 1))
}
