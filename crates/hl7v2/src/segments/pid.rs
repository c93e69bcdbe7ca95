//! HL7 v2 §3.4.2: PID, patient identification.

use alloc::vec::Vec;

use iomt_core::model::{
    Address, AttributeValue, Authority, Identifier, Patient, PersonAttribute, SubjectKey, Telecom,
    Text,
};

use crate::attributes;
use crate::context::Context;
use crate::scratch::Scratch;
use crate::segments::pd1;
use crate::types::{cx, dln, dtm, hd, xad, xpn, xtn};
use crate::{Field, Segment};

/// What PID-19 is called in lists of identifier systems, and as the kind of its number: the standard
/// does not say of which country it is.
const SSN: Text<'static> = Text::literal("SSN");

/// Reads and declares a person, with the PD1 that follows.
pub(crate) fn observe<'a>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    more: Option<(Segment<'a>, usize)>,
    key: SubjectKey,
    scratch: &mut Scratch<'a>,
) {
    context.enter("PID", line);
    context.check(segment);
    let Scratch { identifiers, names, telecoms, addresses, performers, people, person, .. } =
        scratch;
    identifiers.clear();
    names.clear();
    telecoms.clear();
    addresses.clear();
    performers.clear();
    person.clear();
    let mut patient = Patient::new(key);
    let mut social = None;
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            2..=4 => identifiers.extend(field.valued().filter_map(|r| cx::identifier(context, r))),
            5 | 9 => field.valued().for_each(|r| xpn::names(context, r, names)),
            6 => {
                let repetition = context.first(field);
                let name = xpn::name(context, repetition).map(AttributeValue::Name);
                attributes::put(PersonAttribute::MothersMaidenName, name, person);
            }
            7 => patient.birth_date = dtm::field(context, field),
            8 => patient.sex = context.code(field),
            11 => addresses.extend(field.valued().filter_map(|r| xad::address(context, r))),
            12 => county(context, field, addresses),
            13 => phones(context, field, Some("PRN"), telecoms),
            14 => phones(context, field, Some("WPN"), telecoms),
            15 => attributes::concept(context, field, PersonAttribute::Language, person),
            16 => attributes::concept(context, field, PersonAttribute::MaritalStatus, person),
            17 => attributes::concept(context, field, PersonAttribute::Religion, person),
            19 => social = context.code(field).map(number_of),
            20 => {
                let repetition = context.first(field);
                identifiers.extend(dln::identifier(context, repetition));
            }
            23 => attributes::text(context, field, PersonAttribute::BirthPlace, person),
            24 => attributes::text(context, field, PersonAttribute::MultipleBirth, person),
            25 => attributes::text(context, field, PersonAttribute::BirthOrder, person),
            26 | 39 => attributes::concepts(context, field, PersonAttribute::Citizenship, person),
            28 => attributes::concept(context, field, PersonAttribute::Nationality, person),
            29 => patient.deceased_at = dtm::field(context, field),
            30 => patient.deceased = context.code(field),
            33 => patient.updated = dtm::field(context, field),
            34 => patient.updated_by = hd::field(context, field),
            35 => attributes::concept(context, field, PersonAttribute::Species, person),
            36 => attributes::concept(context, field, PersonAttribute::Breed, person),
            40 => phones(context, field, None, telecoms),
            _ => context.rest(field),
        }
    }
    // The number of no hospital comes last: the first one names the person.
    identifiers.extend(social);
    if let Some((segment, line)) = more {
        pd1::read(context, segment, line, performers, person);
    }
    performers.extend_from_slice(people);
    (patient.identifiers, patient.names) = (identifiers, names);
    (patient.telecoms, patient.addresses) = (telecoms, addresses);
    (patient.practitioners, patient.attributes) = (performers, person);
    patient.span = more.map_or(segment.span(), |(more, _)| segment.span().to(more.span()));
    context.sink.patient(&patient);
}

fn phones<'a>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    default_use: Option<&'static str>,
    into: &mut Vec<Telecom<'a>>,
) {
    into.extend(field.valued().filter_map(|r| xtn::telecom(context, r, default_use)));
}

/// PID-19.
fn number_of(value: Text<'_>) -> Identifier<'_> {
    let mut identifier = Identifier::new(value);
    identifier.authority = Authority::named(SSN);
    identifier.type_code = Some(SSN);
    identifier
}

/// PID-12: the county of the one address; else of an address of its own, unless that one says it.
fn county<'a>(context: &mut Context<'a, '_>, field: Field<'a>, addresses: &mut Vec<Address<'a>>) {
    let Some(county) = context.code(field) else { return };
    match addresses.as_mut_slice() {
        [only] if only.district.is_none() => only.district = Some(county),
        [Address { district: Some(district), .. }] if district.raw() == county.raw() => {
            context.rest(field);
        }
        _ => {
            let mut address = Address::default();
            (address.district, address.span) = (Some(county), county.span());
            addresses.push(address);
        }
    }
}
