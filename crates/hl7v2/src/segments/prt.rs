//! HL7 v2 §7.4.4: PRT, participation (2.7 and later): of a device, of persons and organizations, and
//! where.

use alloc::vec::Vec;

use iomt_core::model::{
    CodeSystem, Concept, Device, DeviceKey, Identifier, Location, LocationKey, Performer, Role,
    Telecom, Text,
};
use iomt_core::wire::Span;

use crate::context::Context;
use crate::devices::{self, Devices};
use crate::scratch::Roles;
use crate::types::{cwe, dtm, ei, pl, pln, xad, xcn, xon, xtn};
use crate::{Field, Segment};

/// What the participants of a segment are for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Owner {
    /// Of a PID.
    Patient,
    /// Of a PV1.
    Visit,
    /// Of an ORC.
    Order,
    /// Of an OBR, which has one specimen or not.
    Request { specimen: bool },
    /// Of an OBX.
    Observation,
}

impl Owner {
    /// The segments that may stand between it and its PRT.
    pub(crate) const fn between(self) -> &'static [&'static [u8; 3]] {
        match self {
            Self::Patient => &[b"PD1", b"ARV", b"ROL", b"NTE"],
            Self::Visit => &[b"PV2", b"ARV", b"ROL", b"NTE"],
            Self::Request { .. } => &[b"NTE", b"ROL", b"TQ1", b"TQ2", b"CTD"],
            Self::Order | Self::Observation => &[b"NTE"],
        }
    }

    /// As whom somebody with a code of table 0443 or 0912 takes part; `None` is not mapped.
    fn role(self, code: &[u8]) -> Option<Role> {
        match (self, code) {
            (Self::Patient, b"PP") => Some(Role::GeneralPractitioner),
            (Self::Visit, b"AD") => Some(Role::Admitter),
            (Self::Visit, b"AT") => Some(Role::Attender),
            (Self::Visit, b"CP") => Some(Role::Consultant),
            (Self::Visit, b"RP") => Some(Role::Referrer),
            (Self::Visit, _) => Some(Role::Other),
            (Self::Order | Self::Request { .. }, b"OP") => Some(Role::Orderer),
            (Self::Request { .. }, b"ARI" | b"TN" | b"TR") => Some(Role::Performer),
            (Self::Request { .. }, b"PRI") => Some(Role::Interpreter),
            (Self::Request { specimen: true }, b"SC") => Some(Role::Collector),
            // Who gets a copy has performed nothing.
            (Self::Observation, b"RCT") => None,
            (Self::Observation, _) => Some(Role::Performer),
            (Self::Patient | Self::Order | Self::Request { .. }, _) => None,
        }
    }

    /// Whether an organization alone does not take part in it.
    const fn needs_person(self) -> bool {
        matches!(self, Self::Visit | Self::Observation)
    }
}

/// Whether a field says something of a person, an organization or a place.
const fn is_of_people(number: u16) -> bool {
    matches!(number, 4..=9 | 11 | 12 | 14 | 15 | 23 | 24)
}

/// Whether a person, an organization or a place takes part.
pub(crate) fn has_people(segment: Segment<'_>) -> bool {
    let mut fields = segment.numbered();
    fields.any(|(number, field)| matches!(number, 5 | 8 | 9 | 14) && !field.is_empty())
}

/// Diagnoses what is said of persons, organizations and places.
pub(crate) fn lose<'a>(context: &mut Context<'a, '_>, segment: Segment<'a>, line: usize) {
    context.enter("PRT", line);
    for (number, field) in segment.numbered().filter(|(number, _)| is_of_people(*number)) {
        context.at(number);
        context.rest(field);
    }
}

/// As whom somebody takes part: `None` where that has no place, or is taken back (PRT-2).
fn role(segment: Segment<'_>, owner: Owner) -> Option<Role> {
    let raw = |number, component| {
        let field: Option<Field<'_>> = segment.field(number);
        let part = field.and_then(|field| field.component(component));
        part.map_or(&[][..], |part| part.raw().trim_ascii())
    };
    if matches!(raw(2, 1), b"D" | b"DE") {
        return None;
    }
    let code = match raw(4, 3) {
        b"" | b"HL70443" | b"HL70912" => raw(4, 1),
        _ => b"",
    };
    owner.role(code)
}

/// How a PRT is read.
#[derive(Clone, Copy)]
pub(crate) struct Read {
    pub(crate) owner: Owner,
    /// What is said of a device is read elsewhere.
    pub(crate) device: bool,
    /// It may say where something was observed.
    pub(crate) place: bool,
}

/// Reads and declares who takes part, into `people`; gives where, of an observation.
pub(crate) fn people<'a>(
    context: &mut Context<'a, '_>,
    (segment, line): (Segment<'a>, usize),
    Read { owner, device, place }: Read,
    roles: &mut Roles<'a>,
    people: &mut Vec<Performer>,
) -> Option<(LocationKey, Span)> {
    context.enter("PRT", line);
    context.check(segment);
    let role = role(segment, owner);
    let observed = place && role.is_some() && owner == Owner::Observation;
    let valued = |number| segment.field(number).filter(|field| !field.is_empty());
    let (persons, organizations) = (valued(5), valued(8));
    let named = persons.is_some() || (!owner.needs_person() && organizations.is_some());
    let role = role.filter(|_| named);
    let Roles { identifiers, telecoms, addresses } = roles;
    identifiers.clear();
    telecoms.clear();
    addresses.clear();
    let mut participant = context.new_participant(segment.span());
    let [mut function, mut specialty, mut kind] = [Concept::EMPTY; 3];
    let (mut preferred, mut place) = (None, None);
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            4 if role.is_some() => {
                let one = context.first(field);
                cwe::concept(context, one, CodeSystem::Hl7Table(912), &mut function);
            }
            5 | 8 if role.is_some() => {}
            6 if role.is_some() => cwe::field(context, field, &mut specialty),
            7 if role.is_some() => cwe::field(context, field, &mut kind),
            9 if role.is_some() || observed => {
                let one = context.first(field);
                place = if one.is_empty() { None } else { pl::place(context, one) };
            }
            10 | 16..=22 if device => {}
            11 if role.is_some() => participant.start = dtm::field(context, field),
            12 if role.is_some() => participant.end = dtm::field(context, field),
            14 if role.is_some() || observed => {
                addresses.extend(field.valued().filter_map(|r| xad::address(context, r)));
            }
            15 if role.is_some() => {
                telecoms.extend(field.valued().filter_map(|r| xtn::telecom(context, r, None)));
            }
            23 if role.is_some() => preferred = context.code(field),
            24 if role.is_some() => {
                identifiers.extend(field.valued().filter_map(|r| pln::identifier(context, r)));
            }
            _ => context.rest(field),
        }
    }
    context.at(23);
    prefer(context, preferred, telecoms);
    context.at(5);
    let mut others = persons.into_iter().flat_map(|field| field.valued());
    participant.person = others.next().and_then(|one| xcn::person(context, one));
    context.at(8);
    let organization = organizations.filter(|_| role.is_some()).map(|field| context.first(field));
    participant.organization = organization.and_then(|one| xon::organization(context, one));
    let who = participant.person.is_some()
        || (participant.organization.is_some() && !owner.needs_person());
    context.at(14);
    let mut rest = addresses.as_slice();
    if let Some(person) = &mut participant.person {
        person.addresses = core::mem::take(&mut rest);
    } else if observed && let [first, others @ ..] = rest {
        let place = place.get_or_insert_with(|| {
            let mut place = Location::new(context.next_location());
            place.span = first.span;
            place
        });
        (place.address, rest) = (Some(*first), others);
    }
    rest.iter().for_each(|address| context.lost(address.span));
    let place = place.map(|place| {
        context.sink.location(&place);
        (place.key, place.span)
    });
    let kinds = if kind.is_empty() { &[][..] } else { core::slice::from_ref(&kind) };
    match &mut participant.organization {
        Some(organization) => organization.kinds = kinds,
        None => {
            context.at(7);
            kind.spans().for_each(|span| context.lost(span));
        }
    }
    let Some(role) = role.filter(|_| who) else {
        // Nobody is named after all.
        lose_read(context, [&function, &specialty], telecoms, identifiers);
        if let (Some(field), Some(_)) = (organizations, &participant.organization) {
            context.at(8);
            context.lost(field.span());
            context.at(7);
            kind.spans().for_each(|span| context.lost(span));
        }
        for (number, time) in [(11, participant.start), (12, participant.end)] {
            context.at(number);
            time.iter().for_each(|time| context.lost(time.span));
        }
        return place.filter(|_| observed);
    };
    participant.location = place;
    // That a practitioner is the general one is said by where it stands.
    let alone = owner == Owner::Patient
        && specialty.is_empty()
        && participant.organization.is_none()
        && place.is_none()
        && telecoms.is_empty()
        && identifiers.is_empty()
        && participant.start.or(participant.end).is_none();
    let slice = |concept| core::slice::from_ref(concept);
    if !function.is_empty() && !alone {
        participant.functions = slice(&function);
    }
    if !specialty.is_empty() {
        participant.specialties = slice(&specialty);
    }
    (participant.telecoms, participant.identifiers) = (telecoms, identifiers);
    let named = persons.or(organizations).map_or(segment.span(), |field| field.span());
    let span = if alone { function.span.to(named) } else { named };
    context.sink.participant(&participant);
    people.push(Performer { role, participant: participant.key, span });
    context.at(5);
    for other in others {
        context.performer(role, other, xcn::declare, people);
    }
    place.filter(|_| observed)
}

/// Diagnoses what was read of nobody.
fn lose_read<'a>(
    context: &mut Context<'a, '_>,
    concepts: [&Concept<'a>; 2],
    telecoms: &[Telecom<'a>],
    identifiers: &[Identifier<'a>],
) {
    for (number, concept) in [4, 6].into_iter().zip(concepts) {
        context.at(number);
        concept.spans().for_each(|span| context.lost(span));
    }
    context.at(15);
    telecoms.iter().for_each(|telecom| context.lost(telecom.span));
    context.at(23);
    let method = telecoms.iter().find_map(|telecom| telecom.preferred);
    method.iter().for_each(|span| context.lost(*span));
    context.at(24);
    identifiers.iter().for_each(|identifier| context.lost(identifier.span));
}

/// PRT-23, HL7 table 0185: which of the telecommunication addresses is preferred.
fn prefer<'a>(
    context: &mut Context<'a, '_>,
    method: Option<Text<'a>>,
    telecoms: &mut [Telecom<'a>],
) {
    let Some(method) = method else { return };
    let mut found = false;
    for telecom in telecoms.iter_mut().filter(|telecom| is_by(telecom, method)) {
        (telecom.preferred, found) = (Some(method.span()), true);
    }
    if !found {
        context.lost(method.span());
    }
}

/// Whether a telecommunication address is of a method.
fn is_by(telecom: &Telecom<'_>, method: Text<'_>) -> bool {
    let equipment =
        |all: &[&str]| telecom.equipment.is_some_and(|sent| all.iter().any(|code| sent.is(code)));
    let used =
        |all: &[&str]| telecom.use_code.is_some_and(|sent| all.iter().any(|code| sent.is(code)));
    let phone = telecom.equipment.is_none() || equipment(&["PH"]);
    match method.raw() {
        b"B" => equipment(&["BP"]) || used(&["BPN"]),
        b"C" => equipment(&["CP"]),
        b"E" => equipment(&["Internet", "X.400"]) || used(&["NET"]),
        b"F" => equipment(&["FX"]),
        b"H" => phone && used(&["PRN", "ORN", "VHN"]),
        b"O" => phone && used(&["WPN"]),
        _ => false,
    }
}

/// Whether the participant is a device: PRT-10, or PRT-16 to PRT-22.
pub(crate) fn is_device(segment: Segment<'_>) -> bool {
    let mut fields = segment.numbered();
    fields.any(|(number, field)| matches!(number, 10 | 16..=22) && !field.is_empty())
}

/// Whether PRT-10 has one of these identifiers.
pub(crate) fn names(segment: Segment<'_>, identifiers: &[Identifier<'_>]) -> bool {
    let Some(field) = segment.field(10) else { return false };
    let mut parts = field.repetitions().flat_map(|one| one.components());
    parts.any(|part| {
        let raw = part.raw().trim_ascii();
        identifiers
            .iter()
            .any(|own| own.universal.is_some() && own.value.raw().eq_ignore_ascii_case(raw))
    })
}

/// Reads what it says of a device: its identifiers too, which come first.
pub(crate) fn device<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    device: &mut Device<'a>,
    identifiers: &mut Vec<Identifier<'a>>,
) {
    context.enter("PRT", line);
    context.check(segment);
    let people = has_people(segment);
    for (number, field) in segment.numbered() {
        context.at(number);
        // One device has one of each; the first stands.
        let before = match number {
            16 => device.udi.map(|udi| udi.span),
            17 => device.manufactured.map(|time| time.span),
            18 => device.expires.map(|time| time.span),
            19 => device.lot_number.map(|text| text.span()),
            20 => device.serial_number.map(|text| text.span()),
            21 => device.distinct.map(|text| text.span()),
            22 => Some(device.kind.span).filter(|span| span.is_some()),
            _ => None,
        };
        if let Some(before) = before {
            if field.valued().next().is_some() {
                context.repeated(before, field.span());
            }
            continue;
        }
        match number {
            // Read elsewhere.
            _ if people && is_of_people(number) => {}
            10 => {
                for repetition in field.valued() {
                    devices::identifiers(context, repetition, identifiers);
                }
            }
            16 => device.udi = ei::field(context, field),
            17 => device.manufactured = dtm::field(context, field),
            18 => device.expires = dtm::field(context, field),
            19 => device.lot_number = context.code(field),
            20 => device.serial_number = context.code(field),
            21 => device.distinct = context.code(field),
            22 => cwe::field(context, field, &mut device.kind),
            _ => context.rest(field),
        }
    }
    device.span = device.span.to(segment.span());
}

/// Declares the device as one of its own, which is part of `parent`.
pub(crate) fn declare<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    devices: &mut Devices<'a>,
    parent: Option<DeviceKey>,
) -> DeviceKey {
    let key = devices.mint(parent);
    let mut identifiers = core::mem::take(&mut devices.identifiers);
    identifiers.clear();
    let mut read: Device<'a> = Device::new(key);
    (read.parent, read.stated) = (parent, true);
    device(context, segment, line, &mut read, &mut identifiers);
    let mut whole = read;
    whole.identifiers = &identifiers;
    context.sink.device(&whole);
    devices.identifiers = identifiers;
    key
}
