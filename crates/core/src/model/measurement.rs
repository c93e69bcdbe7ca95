use core::fmt;

use super::{
    Authority, Component, Concept, DateTime, Identifier, Level, Mdc, Metric, Performer, Quantity,
    StatusCode, StatusTable, Text, Time, Value,
};
use crate::wire::{Scaled, Span};

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[expect(clippy::exhaustive_structs, reason = "a number")]
        pub struct $name(pub u32);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // A decoder may mint keys from what was sent.
                f.write_str(stringify!($name))
            }
        }
    )*};
}

keys! {
    /// Names a [`super::Patient`] within its message or session.
    SubjectKey;
    /// Names a [`Device`] within its message or session.
    DeviceKey;
    /// Names a [`Specimen`] within its message.
    SpecimenKey;
    /// Names a [`Report`] within its message.
    ReportKey;
    /// Names an [`super::Encounter`] within its message.
    EncounterKey;
    /// Names a [`super::Location`] within its message.
    LocationKey;
    /// Names an [`super::Order`] within its message.
    OrderKey;
    /// Names a [`super::Participant`] within its message.
    ParticipantKey;
}

/// What a message says of itself.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Message<'a> {
    /// The protocol's name in the registry.
    pub protocol: &'static str,
    /// Its identifier for the sender: MSH-10.
    pub id: Option<Text<'a>>,
    /// The sending application: MSH-3.
    pub application: Authority<'a>,
    /// The sending facility: MSH-4.
    pub facility: Authority<'a>,
    /// When it was made: MSH-7.
    pub sent: Option<Time<'a>>,
    /// What kind of message it is: MSH-9.
    pub kind: Option<Text<'a>>,
    /// When it was received, if the caller said so.
    pub received: Option<DateTime>,
    /// It belongs to a session: keys declared before it still hold.
    pub session: bool,
    /// What it is for.
    pub purpose: Purpose,
    /// All its bytes.
    pub bytes: &'a [u8],
    /// Where they stand.
    pub span: Span,
}

impl<'a> Message<'a> {
    /// `bytes` at `span`, of which nothing else is known.
    #[must_use]
    pub const fn new(protocol: &'static str, bytes: &'a [u8], span: Span) -> Self {
        let (application, facility) = (Authority::NONE, Authority::NONE);
        let (id, sent, kind, received) = (None, None, None, None);
        let (session, purpose) = (false, Purpose::Results);
        Self {
            protocol,
            id,
            application,
            facility,
            sent,
            kind,
            received,
            session,
            purpose,
            bytes,
            span,
        }
    }
}

/// What a message is for: who says more of a person than that there are results for them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum Purpose {
    /// It carries results; what it says of persons and visits is there to find them.
    #[default]
    Results,
    /// It administers persons and visits: what it says of them holds from now on.
    Administration,
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("protocol", &self.protocol)
            .field("id", &self.id)
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}

/// Point or stretch of time that a fact is about.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum Effective<'a> {
    /// Nothing says when.
    Unknown,
    /// At a time.
    At(Time<'a>),
    /// From one time to another.
    Period(Time<'a>, Time<'a>),
}

/// A remark.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Note<'a> {
    /// The words.
    pub text: Text<'a>,
    /// Who made it, declared before, and the bytes that say so.
    pub author: Option<(ParticipantKey, Span)>,
    /// When it was made.
    pub time: Option<Time<'a>>,
}

impl<'a> Note<'a> {
    /// The words.
    #[must_use]
    pub const fn new(text: Text<'a>) -> Self {
        Self { text, author: None, time: None }
    }

    /// The bytes of all that it says.
    #[must_use]
    pub fn span(&self) -> Span {
        let author = self.author.map_or(Span::NONE, |(_, span)| span);
        self.text.span().to(author).to(self.time.map_or(Span::NONE, |time| time.span))
    }
}

/// A version of a device's hardware, software or protocol.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Version<'a> {
    /// Of what, as IEEE 11073-10101 has it.
    pub kind: Option<Mdc>,
    /// The version.
    pub value: Text<'a>,
}

impl<'a> Version<'a> {
    /// A version of `kind`.
    #[must_use]
    pub const fn new(kind: Option<Mdc>, value: Text<'a>) -> Self {
        Self { kind, value }
    }
}

/// A device, or a part of one: MDS > VMD > channel > metric.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Device<'a> {
    /// How others name it.
    pub key: DeviceKey,
    /// What it is part of.
    pub parent: Option<DeviceKey>,
    /// What it is.
    pub kind: Concept<'a>,
    /// What it is in the containment of a device, if it has a place there.
    pub level: Option<Level>,
    /// Where in its whole it is: a containment path. It tells parts of one kind apart.
    pub path: Option<Text<'a>>,
    /// The message is about it: it goes out though no measurement names it.
    pub stated: bool,
    /// How the transport names it: an address or a port, which is no identifier of the device.
    pub peer: Option<Text<'a>>,
    /// Identifiers that the device itself gives.
    pub identifiers: &'a [Identifier<'a>],
    /// Maker.
    pub manufacturer: Option<Text<'a>>,
    /// Model number.
    pub model: Option<Text<'a>>,
    /// Part number.
    pub part_number: Option<Text<'a>>,
    /// Serial number.
    pub serial_number: Option<Text<'a>>,
    /// Lot number.
    pub lot_number: Option<Text<'a>>,
    /// The device identifier of its UDI.
    pub udi: Option<Identifier<'a>>,
    /// The distinct identification code of a biological product.
    pub distinct: Option<Text<'a>>,
    /// When it was made.
    pub manufactured: Option<Time<'a>>,
    /// When it expires.
    pub expires: Option<Time<'a>>,
    /// Versions.
    pub versions: &'a [Version<'a>],
    /// The bytes.
    pub span: Span,
}

impl Device<'_> {
    /// A device of which nothing is known.
    #[must_use]
    pub const fn new(key: DeviceKey) -> Self {
        Self {
            key,
            parent: None,
            kind: Concept::EMPTY,
            level: None,
            path: None,
            stated: false,
            peer: None,
            identifiers: &[],
            manufacturer: None,
            model: None,
            part_number: None,
            serial_number: None,
            lot_number: None,
            udi: None,
            distinct: None,
            manufactured: None,
            expires: None,
            versions: &[],
            span: Span::NONE,
        }
    }
}

/// A specimen.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Specimen<'a> {
    /// How others name it.
    pub key: SpecimenKey,
    /// From whom.
    pub subject: Option<SubjectKey>,
    /// The placer's number of what it was taken from: SPM-3.1.
    pub parent_placer: Option<Identifier<'a>>,
    /// The filler's number of that: SPM-3.2.
    pub parent_filler: Option<Identifier<'a>>,
    /// The number under which the laboratory took it in: SPM-30.
    pub accession: Option<Identifier<'a>>,
    /// Further numbers: SPM-31.
    pub identifiers: &'a [Identifier<'a>],
    /// Number of the shipment: SPM-32.
    pub shipment: Option<Identifier<'a>>,
    /// HL7 table 0136: whether it is at hand, SPM-20.
    pub available: Option<Text<'a>>,
    /// What it is: SPM-4.
    pub kind: Concept<'a>,
    /// What was added: SPM-6.
    pub additives: &'a [Concept<'a>],
    /// What it is in: SPM-27.
    pub container: Concept<'a>,
    /// How much was taken: SPM-12.
    pub quantity: Option<Quantity<'a>>,
    /// In which condition it is: SPM-24.
    pub conditions: &'a [Concept<'a>],
    /// Who took it.
    pub performers: &'a [Performer],
    /// The placer's number: SPM-2.1.
    pub placer: Option<Identifier<'a>>,
    /// The filler's number: SPM-2.2.
    pub filler: Option<Identifier<'a>>,
    /// How it was taken: SPM-7.
    pub method: Concept<'a>,
    /// From where on the body: SPM-8.
    pub body_site: Concept<'a>,
    /// Whether the patient had fasted: HL7 table 0916, OBR-13.
    pub fasting: Concept<'a>,
    /// When it was taken: SPM-17.
    pub collected: Effective<'a>,
    /// When it was received: SPM-18.
    pub received: Option<Time<'a>>,
    /// Remarks.
    pub notes: &'a [Note<'a>],
    /// The bytes.
    pub span: Span,
}

impl Specimen<'_> {
    /// A specimen of which nothing is known.
    #[must_use]
    pub const fn new(key: SpecimenKey, subject: Option<SubjectKey>) -> Self {
        Self {
            key,
            subject,
            parent_placer: None,
            parent_filler: None,
            accession: None,
            identifiers: &[],
            shipment: None,
            available: None,
            kind: Concept::EMPTY,
            additives: &[],
            container: Concept::EMPTY,
            quantity: None,
            conditions: &[],
            performers: &[],
            placer: None,
            filler: None,
            method: Concept::EMPTY,
            body_site: Concept::EMPTY,
            fasting: Concept::EMPTY,
            collected: Effective::Unknown,
            received: None,
            notes: &[],
            span: Span::NONE,
        }
    }
}

/// A report that measurements belong to: OBR.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Report<'a> {
    /// How others name it.
    pub key: ReportKey,
    /// About whom.
    pub subject: Option<SubjectKey>,
    /// During which visit.
    pub encounter: Option<EncounterKey>,
    /// What was asked for: OBR-4.
    pub code: Concept<'a>,
    /// The placer's order number: OBR-2.
    pub placer: Option<Identifier<'a>>,
    /// The filler's order number: OBR-3.
    pub filler: Option<Identifier<'a>>,
    /// Number of the group that the placer ordered together: ORC-4.1.
    pub group: Option<Identifier<'a>>,
    /// Number of the group that the filler does together: ORC-4.2.
    pub filler_group: Option<Identifier<'a>>,
    /// OBR-25.
    pub status: StatusCode<'a>,
    /// Why it has its status: ORC-16.
    pub status_reason: Concept<'a>,
    /// Who may see it: ORC-28.
    pub confidentiality: Concept<'a>,
    /// HL7 table 0074: OBR-24.
    pub category: Option<Text<'a>>,
    /// What was ordered, declared before.
    pub order: Option<OrderKey>,
    /// The result that made for these, as a culture makes for a susceptibility.
    pub parent: Option<ParentResult<'a>>,
    /// The time that matters clinically: OBR-7, OBR-8.
    pub effective: Effective<'a>,
    /// When the results were reported: OBR-22.
    pub issued: Option<Time<'a>>,
    /// Who takes part.
    pub performers: &'a [Performer],
    /// The specimens, all declared before.
    pub specimens: &'a [SpecimenKey],
    /// Remarks.
    pub notes: &'a [Note<'a>],
    /// The bytes.
    pub span: Span,
}

impl Report<'_> {
    /// A report of which nothing is known.
    #[must_use]
    pub const fn new(key: ReportKey, subject: Option<SubjectKey>) -> Self {
        Self {
            key,
            subject,
            encounter: None,
            code: Concept::EMPTY,
            placer: None,
            filler: None,
            group: None,
            filler_group: None,
            status: StatusCode::new(StatusTable::Hl70123, None),
            status_reason: Concept::EMPTY,
            confidentiality: Concept::EMPTY,
            category: None,
            order: None,
            parent: None,
            effective: Effective::Unknown,
            issued: None,
            performers: &[],
            specimens: &[],
            notes: &[],
            span: Span::NONE,
        }
    }
}

/// A result of another order: OBR-26 and OBR-29.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ParentResult<'a> {
    /// The placer's number of that order: OBR-29.1.
    pub placer: Option<Identifier<'a>>,
    /// The filler's number of that order: OBR-29.2.
    pub filler: Option<Identifier<'a>>,
    /// Its code: OBR-26.1.
    pub code: Concept<'a>,
    /// What tells it from others of that code: OBR-26.2.
    pub sub_id: Option<Text<'a>>,
    /// The bytes of OBR-26.
    pub span: Span,
}

/// Whom or what a measurement is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every mapping")]
pub enum Subject {
    /// A person that the message declares.
    Patient(SubjectKey),
    /// The device itself: a setting, a control solution.
    Device(DeviceKey),
    /// The message does not say; the caller may know.
    Unknown,
}

/// A flag of the device as sent: a table of the specification, and which of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Flag {
    /// The table: `2A37.sensor-contact`, `0x0A66`, …
    pub table: &'static str,
    /// The value, or the number of the bit that is set.
    pub code: u16,
    /// The bytes.
    pub span: Span,
}

impl Flag {
    /// `code` of `table`.
    #[must_use]
    pub const fn new(table: &'static str, code: u16, span: Span) -> Self {
        Self { table, code, span }
    }
}

/// Normal or therapeutic limits: OBX-7.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct ReferenceRange<'a> {
    /// Lower limit, in the unit of the value.
    pub low: Option<Scaled>,
    /// Upper limit.
    pub high: Option<Scaled>,
    /// As sent.
    pub text: Option<Text<'a>>,
    /// The bytes.
    pub span: Span,
}

impl fmt::Debug for ReferenceRange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReferenceRange").field("span", &self.span).finish_non_exhaustive()
    }
}

/// Something measured, observed or reported.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Measurement<'a> {
    /// What.
    pub code: Concept<'a>,
    /// The value, or why there is none.
    pub value: Value<'a>,
    /// Status as sent.
    pub status: StatusCode<'a>,
    /// When.
    pub effective: Effective<'a>,
    /// The specification makes this a live notification: the time received stands in.
    pub live: bool,
    /// About whom.
    pub subject: Subject,
    /// Of which device or part of one.
    pub device: Option<DeviceKey>,
    /// The bytes that name it.
    pub device_span: Span,
    /// The metric of that device, where it has one for this measurement alone.
    pub metric: Option<Metric<'a>>,
    /// Of which specimen.
    pub specimen: Option<SpecimenKey>,
    /// The placer's number of its specimen, and the filler's: OBX-33.
    pub specimen_numbers: [Option<Identifier<'a>>; 2],
    /// What kind of observation it is, HL7 table 0936: OBX-29.
    pub kind: Option<Text<'a>>,
    /// In which report.
    pub report: Option<ReportKey>,
    /// During which visit.
    pub encounter: Option<EncounterKey>,
    /// HL7 OBX-4, or a containment path: tells equal codes apart.
    pub sub_id: Option<Text<'a>>,
    /// The device's number for this record.
    pub sequence: Option<u32>,
    /// Which item of a list this is, from 1.
    pub item: Option<u32>,
    /// An instance identifier: OBX-21.
    pub identifier: Option<Identifier<'a>>,
    /// How: OBX-17.
    pub method: Concept<'a>,
    /// Where on the body: OBX-20.
    pub body_site: Concept<'a>,
    /// How it is judged: OBX-8, as sent.
    pub interpretation: &'a [Concept<'a>],
    /// Limits: OBX-7.
    pub reference_range: Option<ReferenceRange<'a>>,
    /// What qualifies it: facets of a metric, each with a value of its own.
    pub facets: &'a [Component<'a>],
    /// Further codes that say what it is (IEEE 11073 supplemental types).
    pub supplemental: &'a [Mdc],
    /// Flags of the device that qualify the value.
    pub flags: &'a [Flag],
    /// Who did it.
    pub performers: &'a [Performer],
    /// Where it was observed, declared before, and the bytes that say so.
    pub location: Option<(LocationKey, Span)>,
    /// Remarks.
    pub notes: &'a [Note<'a>],
    /// The bytes.
    pub span: Span,
}

impl<'a> Measurement<'a> {
    /// `value` of `code`; the rest is unknown.
    #[must_use]
    pub const fn new(code: Concept<'a>, value: Value<'a>, status: StatusCode<'a>) -> Self {
        Self {
            code,
            value,
            status,
            effective: Effective::Unknown,
            live: false,
            subject: Subject::Unknown,
            device: None,
            device_span: Span::NONE,
            metric: None,
            specimen: None,
            specimen_numbers: [None; 2],
            kind: None,
            report: None,
            encounter: None,
            sub_id: None,
            sequence: None,
            item: None,
            identifier: None,
            method: Concept::EMPTY,
            body_site: Concept::EMPTY,
            interpretation: &[],
            reference_range: None,
            facets: &[],
            supplemental: &[],
            flags: &[],
            performers: &[],
            location: None,
            notes: &[],
            span: Span::NONE,
        }
    }
}
