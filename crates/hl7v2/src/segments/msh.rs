//! HL7 v2 §2.15.9: MSH, message header.

use iomt_core::model::{Authority, Message as Fact, Purpose, Time};
use iomt_core::wire::{ErrorKind, ParseError};
use iomt_core::{DiagnosticCode, Place};
use memchr::memmem;

use crate::adt;
use crate::context::Context;
use crate::types::{dtm, hd};
use crate::{Field, Message, Segment};

/// Reads into `fact` what a message says of itself. Nothing is diagnosed: the message has not yet
/// begun.
pub(crate) fn read<'a>(context: &Context<'a, '_>, header: Segment<'a>, fact: &mut Fact<'a>) {
    let authority = |field: Field<'a>| {
        let mut parts = field.repetition(1).into_iter().flat_map(|r| r.components());
        let mut text = || parts.next().and_then(|c| context.text(c.part()));
        let mut authority = Authority::NONE;
        authority.namespace = text();
        authority.universal_id = text();
        authority.universal_id_type = text();
        authority
    };
    for (number, field) in header.numbered() {
        let leaf = || field.component(1).and_then(|c| context.text(c.part()));
        match number {
            3 => fact.application = authority(field),
            4 => fact.facility = authority(field),
            7 => fact.sent = leaf().map(|sent| Time::text(dtm::date_time(sent.raw()), sent)),
            9 => {
                fact.kind = context.whole(field.part());
                if leaf().is_some_and(|kind| kind.is("ADT")) {
                    fact.purpose = Purpose::Administration;
                }
            }
            10 => fact.id = leaf(),
            _ => {}
        }
    }
}

/// Diagnoses what [`read`] has read, and what is not mapped.
pub(crate) fn diagnose<'a>(context: &mut Context<'a, '_>, header: Segment<'a>) {
    context.enter("MSH", 0);
    context.check(header);
    for (number, field) in header.numbered() {
        context.at(number);
        match number {
            3 | 4 => {
                let repetition = context.first(field);
                _ = hd::authority(context, repetition.components().map(|c| c.part()));
            }
            7 => _ = dtm::field(context, field),
            10 => _ = context.code(field),
            _ => context.rest(field),
        }
    }
}

/// Checks the message type, MSH-9: an ADT is read, and an ORU, of which the trigger is read as R01.
pub(crate) fn message_type(message: &Message<'_>) -> Result<Option<DiagnosticCode>, ParseError> {
    let field = message.field(b"MSH", 9);
    let Some(field) = field.filter(|f| f.component(1).is_some_and(|c| !c.is_empty())) else {
        let offset = field.map_or(message.offset(), |field| field.offset());
        return Err(ParseError::new(ErrorKind::Missing, "MSH-9", offset));
    };
    let part = |number| field.component(number).map_or(&[][..], |part| part.raw().trim_ascii());
    match (part(1), part(2)) {
        (b"ORU" | b"ADT", _) if refused(message).is_some() => {}
        (b"ADT", _) | (b"ORU", b"R01") => return Ok(None),
        (b"ORU", _) => return Ok(Some(DiagnosticCode::TriggerNotMapped)),
        _ => {}
    }
    Err(ParseError::new(ErrorKind::Unsupported(0), "MSH-9", field.offset()))
}

/// Why a message is refused although it can be read: events of administration that take something
/// back, commands to a device (IHE PCD-03, the
/// RGV of a pump) are no observations, and alerts (PCD-04, -05 and -10) are not mapped.
pub(crate) fn refused(message: &Message<'_>) -> Option<DiagnosticCode> {
    let field = message.field(b"MSH", 9)?;
    let part = |number| field.component(number).map_or(&[][..], |part| part.raw().trim_ascii());
    let of_devices = || {
        message.field(b"MSH", 21).is_some_and(|field| memmem::find(field.raw(), b"PCD").is_some())
    };
    match (part(1), part(2)) {
        (b"ADT", _) if !adt::is_translated(message) => Some(DiagnosticCode::EventRefused),
        (b"RGV", _) => Some(DiagnosticCode::CommandRefused),
        (b"RRG", _) if of_devices() => Some(DiagnosticCode::CommandRefused),
        (b"ORU", b"R40" | b"R42") | (b"ORA", b"R41" | b"R42") => Some(DiagnosticCode::AlertRefused),
        _ => None,
    }
}

/// Where a diagnostic about field `number` of the header is.
pub(crate) const fn place(number: u16) -> Place {
    Place::field("MSH", 0, number)
}
