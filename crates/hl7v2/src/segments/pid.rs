//! HL7 v2 §3.4.2: PID, patient identification.

use iomt_core::model::{Patient, SubjectKey};

use crate::Segment;
use crate::context::Context;
use crate::scratch::Scratch;
use crate::types::{cx, dtm, xad, xpn, xtn};

/// Reads and declares a person.
pub(crate) fn observe<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    key: SubjectKey,
    scratch: &mut Scratch<'a>,
) {
    context.enter("PID", line);
    context.check(segment);
    let Scratch { identifiers, names, telecoms, addresses, .. } = scratch;
    identifiers.clear();
    names.clear();
    telecoms.clear();
    addresses.clear();
    let mut patient = Patient::new(key);
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            2..=4 => identifiers.extend(field.valued().filter_map(|r| cx::identifier(context, r))),
            5 => names.extend(field.valued().filter_map(|r| xpn::name(context, r))),
            7 => patient.birth_date = dtm::field(context, field),
            8 => patient.sex = context.code(field),
            11 => addresses.extend(field.valued().filter_map(|r| xad::address(context, r))),
            13 => telecoms.extend(field.valued().filter_map(|r| xtn::telecom(context, r, "PRN"))),
            14 => telecoms.extend(field.valued().filter_map(|r| xtn::telecom(context, r, "WPN"))),
            29 => patient.deceased_at = dtm::field(context, field),
            30 => patient.deceased = context.code(field),
            _ => context.rest(field),
        }
    }
    (patient.identifiers, patient.names) = (identifiers, names);
    (patient.telecoms, patient.addresses) = (telecoms, addresses);
    patient.span = segment.span();
    context.sink.patient(&patient);
}
