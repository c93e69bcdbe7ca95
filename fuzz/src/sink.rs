//! A sink that holds every decoder to the contract of [`Sink`].

use std::collections::BTreeSet;
use std::fmt::{self, Debug, Write};

use iomt::model::{
    Address, Attribute, AttributeValue, Authority, Code, CodeSystem, Concept, Content, Decimal,
    Device, Effective, Encounter, Header, HumanName, Identifier, Location, LocationKey,
    Measurement, Message, Note, Order, Organization, Participant, Patient, Performer, Quantity,
    Report, Specimen, Subject, Telecom, Text, Time, Unit, Validity, Value,
};
use iomt::wire::{ParseError, Span};
use iomt::{Decoder, Diagnostic, End, Input, Sink};

/// Checks facts against the input that they came from.
pub struct Checked<'i> {
    input: &'i [u8],
    open: bool,
    messages: usize,
    facts: usize,
    keys: Keys,
}

/// What is declared.
#[derive(Default)]
struct Keys {
    patients: BTreeSet<u32>,
    locations: BTreeSet<u32>,
    participants: BTreeSet<u32>,
    encounters: BTreeSet<u32>,
    devices: BTreeSet<u32>,
    specimens: BTreeSet<u32>,
    orders: BTreeSet<u32>,
    reports: BTreeSet<u32>,
}

impl<'i> Checked<'i> {
    pub fn new(input: &'i [u8]) -> Self {
        Self { input, open: false, messages: 0, facts: 0, keys: Keys::default() }
    }

    /// Pushes the next input, whose bytes are `bytes`. Gives how many messages and facts it had.
    pub fn push(
        &mut self,
        decoder: &mut dyn Decoder,
        input: Input<'_>,
        bytes: &'i [u8],
    ) -> (usize, usize) {
        (self.input, self.messages, self.facts) = (bytes, 0, 0);
        show(&input);
        let result = decoder.push(input, self);
        assert!(!self.open, "the message has no end");
        if let Err(error) = result {
            self.error(&error);
        }
        (self.messages, self.facts)
    }

    /// The connection closes: its keys are gone.
    pub fn forget(&mut self) {
        self.keys = Keys::default();
    }

    fn error(&self, error: &ParseError) {
        show(error);
        assert!(error.offset() <= self.input.len(), "{error}");
        assert!(!error.to_string().is_empty());
    }

    fn fact(&mut self, fact: &dyn Debug, span: Span) {
        assert!(self.open, "a fact outside of a message");
        self.facts += 1;
        show(fact);
        self.span(span);
    }

    fn span(&self, span: Span) {
        inside(span, self.input);
    }

    /// Text stands where it says, and can be decoded.
    fn text(&self, text: &Text<'_>) {
        let span = text.span();
        if span.is_some() {
            assert!(inside(span, self.input) == Some(text.raw()), "text that stands elsewhere");
        }
        let mut decoded = String::new();
        text.write(&mut decoded).expect("a String takes everything");
    }

    fn texts(&self, texts: &[Option<Text<'_>>]) {
        texts.iter().flatten().for_each(|text| self.text(text));
    }

    fn time(&self, time: &Time<'_>) {
        show(time);
        self.span(time.span);
        self.texts(&[time.sent]);
        if let Some(value) = time.value {
            value.write_iso(&mut Nowhere).expect("it takes everything");
        }
    }

    fn times(&self, times: &[Option<Time<'_>>]) {
        times.iter().flatten().for_each(|time| self.time(time));
    }

    fn effective(&self, effective: &Effective<'_>) {
        match effective {
            Effective::Unknown => {}
            Effective::At(time) => self.time(time),
            Effective::Period(from, to) => self.times(&[Some(*from), Some(*to)]),
        }
    }

    fn authority(&self, authority: &Authority<'_>) {
        self.texts(&[authority.namespace, authority.universal_id, authority.universal_id_type]);
    }

    fn organization(&self, organization: &Organization<'_>) {
        self.identifiers(&organization.identifier);
        self.texts(&[organization.name]);
        self.concepts(organization.kinds);
        self.addresses(organization.addresses);
        self.telecoms(organization.telecoms);
    }

    fn identifiers<'f>(&self, identifiers: impl IntoIterator<Item = &'f Identifier<'f>>) {
        for identifier in identifiers {
            self.span(identifier.span);
            self.text(&identifier.value);
            self.texts(&[identifier.type_code, identifier.check_digit]);
            self.valid(&identifier.valid);
            self.authority(&identifier.authority);
        }
    }

    fn valid(&self, valid: &Validity<'_>) {
        self.times(&[valid.start, valid.end]);
    }

    fn attributes<'f, K: 'f>(&self, attributes: &'f [Attribute<'f, K>]) {
        for attribute in attributes {
            match &attribute.value {
                AttributeValue::Concept(concept) => self.concept(concept),
                AttributeValue::Text(text) => self.text(text),
                AttributeValue::Name(name) => self.name(name),
                AttributeValue::Identifier(identifier) => self.identifiers([identifier]),
                AttributeValue::Time(time) => self.times(&[Some(*time)]),
                AttributeValue::Quantity(quantity) => self.quantity(quantity),
            }
        }
    }

    fn name(&self, name: &HumanName<'_>) {
        self.span(name.span);
        let parts = &name.family_parts;
        self.texts(&[parts.own_prefix, parts.own, parts.partner_prefix, parts.partner]);
        self.texts(&[name.professional, name.order]);
        self.valid(&name.valid);
        self.texts(&name.given);
        self.texts(&[name.family, name.prefix, name.suffix, name.degree, name.use_code]);
    }

    fn performers(&self, performers: &[Performer]) {
        for performer in performers {
            self.span(performer.span);
            declared([performer.participant.0], &self.keys.participants, "a participant");
        }
    }

    fn notes(&self, notes: &[Note<'_>]) {
        for note in notes {
            self.text(&note.text);
            self.times(&[note.time]);
            let author = note.author.map(|(key, _)| key.0);
            declared(author, &self.keys.participants, "a participant");
            self.span(note.span());
        }
    }

    fn place(&self, place: Option<(LocationKey, Span)>) {
        if let Some((key, span)) = place {
            declared([key.0], &self.keys.locations, "a place");
            self.span(span);
        }
    }

    fn telecoms(&self, telecoms: &[Telecom<'_>]) {
        for telecom in telecoms {
            self.span(telecom.span);
            self.texts(&[telecom.value, telecom.country, telecom.area, telecom.local]);
            self.texts(&[telecom.extension, telecom.equipment, telecom.use_code, telecom.rank]);
            self.valid(&telecom.valid);
            telecom.preferred.iter().for_each(|span| self.span(*span));
        }
    }

    fn addresses(&self, addresses: &[Address<'_>]) {
        for address in addresses {
            self.span(address.span);
            self.texts(&address.lines);
            self.texts(&[address.city, address.state, address.postal_code, address.country]);
            self.texts(&[address.district, address.census_tract, address.use_code]);
            self.valid(&address.valid);
        }
    }

    fn concepts(&self, concepts: &[Concept<'_>]) {
        concepts.iter().for_each(|concept| self.concept(concept));
    }

    fn concept(&self, concept: &Concept<'_>) {
        self.span(concept.span);
        self.texts(&[concept.text]);
        for coding in concept.codings() {
            self.span(coding.code.span());
            self.texts(&[coding.display, coding.version]);
            if let CodeSystem::Named(name) = &coding.system {
                self.text(name);
            }
            if let Code::Text(text) = &coding.code {
                self.text(text);
            }
        }
    }

    fn unit(&self, unit: &Unit<'_>) {
        self.span(unit.span);
        self.texts(&[unit.ucum, unit.text]);
    }

    fn quantity(&self, quantity: &Quantity<'_>) {
        self.span(quantity.span);
        self.unit(&quantity.unit);
        if let Decimal::Lexical(text) = &quantity.value {
            self.text(text);
        }
    }

    fn value(&self, value: &Value<'_>) {
        match value {
            Value::Absent(absent) => {
                self.span(absent.span);
                self.texts(&[absent.sent]);
            }
            Value::Attachment(one) => {
                self.span(one.span);
                let (Content::Data(_, text) | Content::Pointer(text)) = &one.content;
                self.text(text);
                self.texts(&[one.kind, one.subtype]);
            }
            Value::Bits(_) => {}
            Value::Compound(parts) => {
                for part in *parts {
                    self.concept(&part.code);
                    self.value(&part.value);
                }
            }
            Value::Concept(concept) => self.concept(concept),
            Value::Quantity(quantity) => self.quantity(quantity),
            Value::Range(low, high) => {
                low.iter().chain(high).for_each(|quantity| self.quantity(quantity));
            }
            Value::Ratio(one, other) => [one, other].iter().for_each(|part| self.quantity(part)),
            Value::Samples(samples) => {
                self.unit(&samples.unit);
                self.span(samples.raw.span());
            }
            Value::Period(from, to) => self.times(&[*from, *to]),
            Value::Text(text) | Value::TimeOfDay(_, text) => self.text(text),
            Value::Time(time) => self.time(time),
        }
    }
}

impl Sink for Checked<'_> {
    fn message(&mut self, message: &Message<'_>) {
        assert!(!self.open, "a message within a message");
        self.open = true;
        self.messages += 1;
        if !message.session {
            self.forget();
        }
        self.fact(message, message.span);
        let bytes = inside(message.span, self.input);
        assert!(bytes == Some(message.bytes), "a message that stands elsewhere");
        self.texts(&[message.id]);
        self.authority(&message.application);
        self.authority(&message.facility);
        self.times(&[message.sent]);
    }

    fn header(&mut self, header: &Header<'_>) {
        self.fact(header, header.message.span);
        for authority in [
            &header.receiving_application,
            &header.receiving_facility,
            &header.source,
            &header.destination,
        ] {
            self.authority(authority);
        }
        self.texts(&[header.event, header.security, header.processing, header.processing_mode]);
        self.texts(&[header.language]);
        for organization in [&header.responsible, &header.receiver].into_iter().flatten() {
            self.organization(organization);
        }
        self.concept(&header.classification);
        self.concepts(header.handling);
        for software in header.software {
            self.fact(software, software.span);
            self.texts(&[software.manufacturer, software.version, software.name]);
            self.texts(&[software.build, software.note]);
        }
    }

    fn patient(&mut self, patient: &Patient<'_>) {
        self.fact(patient, patient.span);
        self.keys.patients.insert(patient.key.0);
        self.identifiers(patient.identifiers);
        patient.names.iter().for_each(|name| self.name(name));
        self.telecoms(patient.telecoms);
        self.addresses(patient.addresses);
        self.performers(patient.practitioners);
        self.attributes(patient.attributes);
        self.texts(&[patient.sex, patient.deceased]);
        self.times(&[patient.birth_date, patient.deceased_at, patient.updated]);
        self.authority(&patient.updated_by);
    }

    fn location(&mut self, location: &Location<'_>) {
        self.fact(location, location.span);
        self.keys.locations.insert(location.key.0);
        for part in [
            &location.point_of_care,
            &location.room,
            &location.bed,
            &location.facility,
            &location.building,
            &location.floor,
            &location.authority,
        ] {
            self.authority(part);
        }
        self.texts(&[location.status, location.description]);
        self.concept(&location.class);
        self.identifiers(&location.identifier);
        self.addresses(location.address.as_slice());
    }

    fn participant(&mut self, participant: &Participant<'_>) {
        self.fact(participant, participant.span);
        if let Some(person) = &participant.person {
            self.identifiers(&person.identifier);
            self.name(&person.name);
            self.texts(&[person.qualification]);
            self.addresses(person.addresses);
        }
        if let Some(organization) = &participant.organization {
            self.organization(organization);
        }
        self.place(participant.location);
        self.identifiers(participant.identifiers);
        self.concepts(participant.functions);
        self.concepts(participant.specialties);
        self.telecoms(participant.telecoms);
        self.times(&[participant.start, participant.end]);
        self.keys.participants.insert(participant.key.0);
    }

    fn order(&mut self, order: &Order<'_>) {
        self.fact(order, order.span);
        declared(order.subject.map(|key| key.0), &self.keys.patients, "a patient");
        declared(order.encounter.map(|key| key.0), &self.keys.encounters, "a visit");
        self.keys.orders.insert(order.key.0);
        self.concept(&order.code);
        let numbers = [&order.placer, &order.filler, &order.group, &order.filler_group];
        self.identifiers(numbers.into_iter().flatten());
        self.identifiers(order.identifiers);
        self.identifiers([&order.parent_placer, &order.parent_filler].into_iter().flatten());
        for concept in [&order.status_reason, &order.confidentiality, &order.location] {
            self.concept(concept);
        }
        self.texts(&[order.status.code, order.control, order.priority, order.action]);
        self.effective(&order.occurrence);
        self.times(&[order.authored]);
        self.performers(order.performers);
        self.concepts(order.reasons);
        self.concepts(order.details);
        self.notes(order.notes);
    }

    fn encounter(&mut self, encounter: &Encounter<'_>) {
        self.fact(encounter, encounter.span);
        declared(encounter.subject.map(|key| key.0), &self.keys.patients, "a patient");
        self.keys.encounters.insert(encounter.key.0);
        self.texts(&[encounter.event]);
        encounter.class.iter().for_each(|class| self.concept(&Concept::coded(*class)));
        self.identifiers(encounter.identifiers);
        self.attributes(encounter.attributes);
        self.performers(encounter.participants);
        for stay in encounter.stays {
            self.span(stay.span);
            declared([stay.location.0], &self.keys.locations, "a place");
        }
        self.times(&[encounter.start, encounter.end]);
    }

    fn device(&mut self, device: &Device<'_>) {
        self.fact(device, device.span);
        declared(device.parent.map(|key| key.0), &self.keys.devices, "a device");
        self.keys.devices.insert(device.key.0);
        self.concept(&device.kind);
        self.identifiers(device.identifiers);
        self.texts(&[device.peer, device.manufacturer, device.model, device.serial_number]);
        device.versions.iter().for_each(|version| self.text(&version.value));
    }

    fn specimen(&mut self, specimen: &Specimen<'_>) {
        self.fact(specimen, specimen.span);
        declared(specimen.subject.map(|key| key.0), &self.keys.patients, "a patient");
        self.keys.specimens.insert(specimen.key.0);
        [specimen.kind, specimen.method, specimen.body_site, specimen.fasting]
            .iter()
            .for_each(|c| self.concept(c));
        self.identifiers(specimen.placer.iter().chain(&specimen.filler));
        let parents = specimen.parent_placer.iter().chain(&specimen.parent_filler);
        self.identifiers(parents.chain(&specimen.accession).chain(&specimen.shipment));
        self.identifiers(specimen.identifiers);
        self.concept(&specimen.container);
        self.concepts(specimen.additives);
        self.concepts(specimen.conditions);
        self.texts(&[specimen.available]);
        specimen.quantity.iter().for_each(|quantity| self.quantity(quantity));
        self.performers(specimen.performers);
        self.effective(&specimen.collected);
        self.times(&[specimen.received]);
        self.notes(specimen.notes);
    }

    fn report(&mut self, report: &Report<'_>) {
        self.fact(report, report.span);
        declared(report.subject.map(|key| key.0), &self.keys.patients, "a patient");
        declared(report.encounter.map(|key| key.0), &self.keys.encounters, "a visit");
        declared(report.specimens.iter().map(|key| key.0), &self.keys.specimens, "a specimen");
        self.keys.reports.insert(report.key.0);
        let concepts = [report.code, report.status_reason, report.confidentiality];
        concepts.iter().for_each(|concept| self.concept(concept));
        self.identifiers([&report.group, &report.filler_group].into_iter().flatten());
        self.identifiers(report.placer.iter().chain(&report.filler));
        self.texts(&[report.status.code, report.category]);
        self.effective(&report.effective);
        self.times(&[report.issued]);
        self.performers(report.performers);
        declared(report.order.map(|key| key.0), &self.keys.orders, "an order");
        self.notes(report.notes);
    }

    fn measurement(&mut self, measurement: &Measurement<'_>) {
        self.fact(measurement, measurement.span);
        match measurement.subject {
            Subject::Patient(key) => declared([key.0], &self.keys.patients, "a patient"),
            Subject::Device(key) => declared([key.0], &self.keys.devices, "a device"),
            Subject::Unknown => {}
        }
        declared(measurement.device.map(|key| key.0), &self.keys.devices, "a device");
        declared(measurement.specimen.map(|key| key.0), &self.keys.specimens, "a specimen");
        declared(measurement.report.map(|key| key.0), &self.keys.reports, "a report");
        declared(measurement.encounter.map(|key| key.0), &self.keys.encounters, "a visit");
        [measurement.code, measurement.method, measurement.body_site]
            .iter()
            .chain(measurement.interpretation)
            .for_each(|concept| self.concept(concept));
        self.value(&measurement.value);
        self.texts(&[measurement.status.code, measurement.sub_id]);
        self.effective(&measurement.effective);
        self.identifiers(&measurement.identifier);
        if let Some(range) = &measurement.reference_range {
            self.span(range.span);
            self.texts(&[range.text]);
        }
        measurement.flags.iter().for_each(|flag| self.span(flag.span));
        self.performers(measurement.performers);
        self.place(measurement.location);
        self.notes(measurement.notes);
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.facts += 1;
        show(&diagnostic);
        write!(Nowhere, "{}", diagnostic.place).expect("it takes everything");
        self.span(diagnostic.span);
    }

    fn end(&mut self, end: End) {
        assert!(self.open, "an end without a message");
        self.open = false;
        if let End::Rejected(error) = &end {
            self.error(error);
        }
    }
}

/// Takes text and drops it.
pub struct Nowhere;

impl Write for Nowhere {
    fn write_str(&mut self, _: &str) -> fmt::Result {
        Ok(())
    }
}

/// `Debug` must not panic either.
pub fn show(value: &dyn Debug) {
    write!(Nowhere, "{value:?}").expect("it takes everything");
}

/// The bytes at `span`, which is a place in `input` or none.
pub fn inside(span: Span, input: &[u8]) -> Option<&[u8]> {
    if !span.is_some() {
        return None;
    }
    let (offset, end) = (span.offset as usize, span.end() as usize);
    let bytes = input.get(offset..end);
    assert!(bytes.is_some(), "bytes {offset} to {end} of {}", input.len());
    bytes
}

fn declared(keys: impl IntoIterator<Item = u32>, known: &BTreeSet<u32>, what: &str) {
    for key in keys {
        assert!(known.contains(&key), "{what} that is not declared");
    }
}
