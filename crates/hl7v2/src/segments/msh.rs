//! HL7 v2 §2.15.9: MSH, message header.

use iomt_core::model::{
    Authority, CodeSystem, Concept, Header, Message as Fact, Organization, Purpose, Time,
};
use iomt_core::wire::{ErrorKind, ParseError};
use iomt_core::{DiagnosticCode, Place};
use memchr::memmem;

use crate::adt;
use crate::context::Context;
use crate::scratch::Scratch;
use crate::segments::sft;
use crate::types::{cwe, dtm, hd, xon};
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

/// Declares the header of the message `fact`: the fields that [`read`] has not read, and the software
/// of the sender, which follows. Diagnoses what [`read`] has read. Gives the line after the header.
pub(crate) fn observe<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    fact: Fact<'a>,
    scratch: &mut Scratch<'a>,
) -> usize {
    let Scratch { software, handling, .. } = scratch;
    context.enter("MSH", 0);
    context.check(segment);
    handling.clear();
    let mut header: Header<'a> = Header::new(fact);
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            3 | 4 => _ = hd::field(context, field),
            5 => header.receiving_application = hd::field(context, field),
            6 => header.receiving_facility = hd::field(context, field),
            7 => _ = dtm::field(context, field),
            8 => header.security = context.code(field),
            9 => header.event = field.component(2).and_then(|event| context.text(event.part())),
            10 => _ = context.code(field),
            11 => {
                let repetition = context.first(field);
                for (number, component) in (1_u32..).zip(repetition.components()) {
                    match number {
                        1 => header.processing = context.text(component.part()),
                        2 => header.processing_mode = context.text(component.part()),
                        _ => context.unmapped(component.part()),
                    }
                }
            }
            19 => header.language = context.code(field),
            22 => header.responsible = organization(context, field),
            23 => header.receiver = organization(context, field),
            24 => header.source = hd::field(context, field),
            25 => header.destination = hd::field(context, field),
            26 => cwe::field(context, field, &mut header.classification),
            27 => handling.extend(field.valued().map(|repetition| {
                let mut concept: Concept<'a> = Concept::EMPTY;
                cwe::concept(context, repetition, CodeSystem::Unknown, &mut concept);
                concept
            })),
            _ => context.rest(field),
        }
    }
    let line = sft::read(context, software);
    let mut whole: Header<'_> = header;
    (whole.software, whole.handling) = (software, handling);
    context.sink.header(&whole);
    line
}

fn organization<'a>(context: &mut Context<'a, '_>, field: Field<'a>) -> Option<Organization<'a>> {
    let repetition = context.first(field);
    xon::organization(context, repetition)
}

/// Whether the orders of a message follow the specimens that they are for: an OUL.
pub(crate) fn is_by_specimen(message: &Message<'_>) -> bool {
    let kind = message.component(b"MSH", 9, 1);
    kind.is_some_and(|kind| kind.raw().trim_ascii() == b"OUL")
}

/// Checks the message type, MSH-9: an ADT is read, OUL^R22, and an ORU, of which the trigger is read as
/// R01.
pub(crate) fn message_type(message: &Message<'_>) -> Result<Option<DiagnosticCode>, ParseError> {
    let field = message.field(b"MSH", 9);
    let Some(field) = field.filter(|f| f.component(1).is_some_and(|c| !c.is_empty())) else {
        let offset = field.map_or(message.offset(), |field| field.offset());
        return Err(ParseError::new(ErrorKind::Missing, "MSH-9", offset));
    };
    let part = |number| field.component(number).map_or(&[][..], |part| part.raw().trim_ascii());
    match (part(1), part(2)) {
        (b"ORU" | b"ADT", _) if refused(message).is_some() => {}
        (b"ADT", _) | (b"ORU", b"R01") | (b"OUL", b"R22") => return Ok(None),
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
