//! A sink that writes each fact as a line, which tests compare.

use alloc::{collections::BTreeMap, format, string::String, vec::Vec};

use iomt_core::model::{
    Authority, Code, CodeSystem, Concept, Content, Decimal, Device, Effective, Encounter, Given,
    Header, HumanName, Identifier, Measurement, Message, Note, Order, Organization, Participant,
    Patient, Performer, Quantity, Report, Specimen, Subject, Text, Time, Unit, Value,
};
use iomt_core::wire::{ParseError, Span};
use iomt_core::{Decoder, Diagnostic, End, Input, Options, Sink};

use crate::Hl7Decoder;

#[derive(Default)]
pub(crate) struct Lines {
    /// Facts and ends, a line each.
    pub(crate) facts: Vec<String>,
    pub(crate) diagnostics: Vec<String>,
    pub(crate) spans: Vec<Span>,
    /// Those who take part, by their keys.
    participants: BTreeMap<u32, String>,
    /// Messages that have begun and not ended.
    pub(crate) open: usize,
}

/// What a decoder says of an input, one line a segment: LF stands for CR.
pub(crate) fn read(text: &str) -> Lines {
    read_bytes(text.replace('\n', "\r").as_bytes(), &Options::default()).0
}

pub(crate) fn read_bytes(bytes: &[u8], options: &Options) -> (Lines, Result<(), ParseError>) {
    let mut sink = Lines::default();
    let result = Hl7Decoder::new(options).push(Input::message(bytes), &mut sink);
    assert_eq!(sink.open, 0);
    for span in sink.spans.iter().filter(|span| span.is_some()) {
        assert!(usize::try_from(span.end()).unwrap() <= bytes.len(), "{span:?}");
    }
    (sink, result)
}

pub(crate) fn text(text: Text<'_>) -> String {
    let mut out = String::new();
    text.write(&mut out).unwrap();
    out
}

fn maybe(name: &str, value: Option<Text<'_>>) -> String {
    value.map_or(String::new(), |value| format!(" {name}={}", text(value)))
}

fn authority(authority: &Authority<'_>) -> String {
    let Authority { namespace, universal_id, universal_id_type, .. } = authority;
    let parts = [namespace, universal_id, universal_id_type];
    let parts: Vec<_> = parts.into_iter().map(|part| part.map(text).unwrap_or_default()).collect();
    let all = parts.join("&");
    all.trim_end_matches('&').into()
}

fn identifier(identifier: &Identifier<'_>) -> String {
    let kind = identifier.type_code.map(text).unwrap_or_default();
    let all = format!("{}@{}:{kind}", text(identifier.value), authority(&identifier.authority));
    all.trim_end_matches(':').trim_end_matches('@').into()
}

fn name(name: &HumanName<'_>) -> String {
    let [first, second] = name.given;
    let parts = [name.family, first, second, name.suffix, name.prefix, name.degree, name.use_code];
    let all = parts.map(|part| part.map(text).unwrap_or_default()).join("^");
    all.trim_end_matches('^').into()
}

fn concept(concept: &Concept<'_>) -> String {
    let codings = concept.codings().map(|coding| {
        let system = match coding.system {
            CodeSystem::Mdc => "MDC".into(),
            CodeSystem::Loinc => "LN".into(),
            CodeSystem::SnomedCt => "SCT".into(),
            CodeSystem::Ucum => "UCUM".into(),
            CodeSystem::Hl7Table(number) => format!("HL7{number:04}"),
            CodeSystem::Named(name) => format!("named {}", text(name)),
            CodeSystem::Unknown => "?".into(),
        };
        let code = match coding.code {
            Code::Text(code) => text(code),
            Code::Mdc(mdc) => format!("={}", mdc.code()),
            Code::Meant(mdc, sent) => format!("{}={}", text(sent), mdc.code()),
        };
        let (display, version) =
            (maybe("display", coding.display), maybe("version", coding.version));
        format!("{system}|{code}{display}{version}")
    });
    let words = concept.text.map(|words| format!("{:?}", text(words)));
    codings.chain(words).collect::<Vec<_>>().join(" / ")
}

fn time(time: &Time<'_>) -> String {
    match time.value {
        Some(value) => {
            let mut out = String::new();
            value.write_iso(&mut out).unwrap();
            out
        }
        None => format!("no time {}", text(time.sent.unwrap())),
    }
}

fn effective(effective: &Effective<'_>) -> String {
    match effective {
        Effective::Unknown => String::new(),
        Effective::At(at) => format!(" at={}", time(at)),
        Effective::Period(from, to) => format!(" from={} to={}", time(from), time(to)),
    }
}

fn unit(unit: &Unit<'_>) -> String {
    let mdc = unit.mdc.map_or(String::new(), |mdc| format!(" mdc={}", mdc.code()));
    format!("{}{mdc}{}", maybe("ucum", unit.ucum), maybe("unit", unit.text))
}

fn quantity(quantity: &Quantity<'_>) -> String {
    let comparator = quantity.comparator.map_or(String::new(), |c| format!("{c:?} "));
    let number = match quantity.value {
        Decimal::Scaled(scaled) => format!("{scaled}"),
        Decimal::Lexical(digits) => format!("long {}", text(digits)),
    };
    format!("{comparator}{number}{}", unit(&quantity.unit))
}

fn value(value: &Value<'_>) -> String {
    match value {
        Value::Absent(absent) => format!("absent{}", maybe("sent", absent.sent)),
        Value::Compound(parts) => {
            let part = |part: &iomt_core::model::Component<'_>| self::value(&part.value);
            format!("[{}]", parts.iter().map(part).collect::<Vec<_>>().join("; "))
        }
        Value::Attachment(one) => {
            let content = match one.content {
                Content::Data(encoding, data) => format!("{encoding:?} {}", text(data)),
                Content::Pointer(pointer) => format!("at {}", text(pointer)),
            };
            format!(
                "attachment {content}{}{}",
                maybe("kind", one.kind),
                maybe("subtype", one.subtype)
            )
        }
        Value::Concept(coded) => format!("coded {}", concept(coded)),
        Value::Quantity(number) => quantity(number),
        Value::Range(low, high) => {
            let bound =
                |bound: &Option<Quantity<'_>>| bound.as_ref().map(quantity).unwrap_or_default();
            format!("range {} to {}", bound(low), bound(high))
        }
        Value::Ratio(over, under) => format!("ratio {} to {}", quantity(over), quantity(under)),
        Value::Text(words) => format!("text {:?}", text(*words)),
        Value::Time(at) => format!("time {}", time(at)),
        Value::Period(from, to) => format!("period{}{}", when("from", *from), when("to", *to)),
        Value::TimeOfDay(at, sent) => {
            let second = if at.to_second { format!(":{:02}", at.second) } else { String::new() };
            format!("clock {:02}:{:02}{second} sent={}", at.hour, at.minute, text(*sent))
        }
        Value::Samples(samples) => {
            let given = |name: &str, given: Option<Given>| {
                given.map_or(String::new(), |given| format!(" {name}={}", given.value))
            };
            let all = [
                given("period", samples.period),
                given("factor", samples.factor),
                given("lower", samples.lower),
                given("upper", samples.upper),
            ];
            let (size, none) = (samples.dimensions, samples.sentinels);
            format!(
                "samples {:?} x{size}{}{} none={none:?}",
                text(samples.raw),
                unit(&samples.unit),
                all.join("")
            )
        }
        Value::Bits(_) => panic!("no OBX has such a value"),
    }
}

fn participant(participant: &Participant<'_>) -> String {
    if let Some(person) = &participant.person {
        let number = person.identifier.as_ref().map(identifier).unwrap_or_default();
        return format!("({number} {})", name(&person.name));
    }
    let organization = participant.organization.as_ref().unwrap();
    let number = organization.identifier.as_ref().map(identifier).unwrap_or_default();
    format!(" org({number} {})", organization.name.map(text).unwrap_or_default())
}

fn notes(notes: &[Note<'_>]) -> String {
    notes.iter().map(|note| format!(" note={:?}", text(note.text))).collect()
}

fn key(name: &str, key: Option<u32>) -> String {
    key.map_or(String::new(), |key| format!(" {name}={key}"))
}

fn coded(name: &str, coded: &Concept<'_>) -> String {
    if coded.is_empty() { String::new() } else { format!(" {name}={}", concept(coded)) }
}

fn all<T>(name: &str, items: &[T], show: impl Fn(&T) -> String) -> String {
    items.iter().map(|item| format!(" {name}={}", show(item))).collect()
}

fn when(name: &str, at: Option<Time<'_>>) -> String {
    at.map_or(String::new(), |at| format!(" {name}={}", time(&at)))
}

impl Lines {
    fn performers(&self, performers: &[Performer]) -> String {
        let one = |performer: &Performer| {
            format!(" {:?}{}", performer.role, self.participants[&performer.participant.0])
        };
        performers.iter().map(one).collect()
    }

    fn say(&mut self, line: String, span: Span) {
        self.facts.push(line);
        self.spans.push(span);
    }
}

impl Sink for Lines {
    fn message(&mut self, message: &Message<'_>) {
        assert_eq!((message.protocol, self.open), ("hl7v2", 0));
        assert_eq!(usize::try_from(message.span.len), Ok(message.bytes.len()));
        self.open = 1;
        self.participants.clear();
        let from = format!("{}/{}", authority(&message.application), authority(&message.facility));
        let (id, sent) = (maybe("id", message.id), when("sent", message.sent));
        self.say(format!("message from={from}{id}{sent}"), message.span);
    }

    /// What is said beyond who sends what.
    fn header(&mut self, header: &Header<'_>) {
        let name = |kind: &str, named: &Authority<'_>| match authority(named) {
            empty if empty.is_empty() => empty,
            named => format!(" {kind}={named}"),
        };
        let organization = |kind: &str, said: &Option<Organization<'_>>| {
            let number = |o: &Organization<'_>| o.identifier.as_ref().map(identifier);
            let show = |o: &Organization<'_>| {
                format!(
                    " {kind}={}/{}",
                    o.name.map_or("".into(), text),
                    number(o).unwrap_or_default()
                )
            };
            said.as_ref().map_or(String::new(), show)
        };
        let mut line = name("to", &header.receiving_application);
        line += &name("at", &header.receiving_facility);
        line += &maybe("security", header.security);
        line += &maybe("processing", header.processing.filter(|code| !code.is("P")));
        line += &maybe("mode", header.processing_mode);
        line += &maybe("language", header.language);
        line += &organization("responsible", &header.responsible);
        line += &organization("receiver", &header.receiver);
        line += &name("source", &header.source);
        line += &name("destination", &header.destination);
        line += &coded("classification", &header.classification);
        line += &all("handling", header.handling, concept);
        line += &all("software", header.software, |s| {
            let parts = [s.manufacturer, s.version, s.name, s.build, s.note];
            parts.map(|part| part.map(text).unwrap_or_default()).join("/")
        });
        if !line.is_empty() {
            let event = header.event.map_or("".into(), text);
            self.say(format!("header {event}{line}"), Span::NONE);
        }
    }

    fn participant(&mut self, participant: &Participant<'_>) {
        let before = self.participants.insert(participant.key.0, self::participant(participant));
        assert_eq!(before, None);
    }

    fn order(&mut self, order: &Order<'_>) {
        let numbers = [order.placer, order.filler, order.group];
        let numbers = numbers.iter().flatten().map(identifier);
        let mut line = format!("order {} {}", order.key.0, numbers.collect::<Vec<_>>().join(" "));
        line += &maybe("status", order.status.code);
        line += &maybe("control", order.control);
        line += &self.performers(order.performers);
        line += &notes(order.notes);
        self.say(line, order.span);
    }

    fn patient(&mut self, patient: &Patient<'_>) {
        let mut line = format!("patient {}", patient.key.0);
        line += &all("id", patient.identifiers, identifier);
        line += &all("name", patient.names, name);
        line += &when("born", patient.birth_date);
        line += &maybe("sex", patient.sex);
        line += &all("address", patient.addresses, |a| {
            let [first, _, _, second, _] = a.lines;
            let parts =
                [first, second, a.city, a.state, a.postal_code, a.country, a.use_code, a.district];
            parts
                .map(|part| part.map(text).unwrap_or_default())
                .join("^")
                .trim_end_matches('^')
                .into()
        });
        line += &all("telecom", patient.telecoms, |t| {
            let (equipment, usage) = (maybe("by", t.equipment), maybe("use", t.use_code));
            let parts = [t.country, t.area, t.local, t.extension].into_iter().flatten();
            let number = t.value.into_iter().chain(parts).map(text).collect::<Vec<_>>().join(" ");
            format!("{number}{equipment}{usage}")
        });
        line += &when("died", patient.deceased_at);
        line += &maybe("dead", patient.deceased);
        self.say(line, patient.span);
    }

    fn encounter(&mut self, encounter: &Encounter<'_>) {
        let mut line = format!("encounter {}", encounter.key.0);
        line += &key("of", encounter.subject.map(|key| key.0));
        line += &maybe("class", encounter.class.and_then(|class| class.code.text()));
        line += &all("id", encounter.identifiers, identifier);
        line += &self.performers(encounter.participants);
        line += &when("start", encounter.start);
        line += &when("end", encounter.end);
        self.say(line, encounter.span);
    }

    fn device(&mut self, device: &Device<'_>) {
        let mut line = format!("device {}", device.key.0);
        line += &key("in", device.parent.map(|key| key.0));
        line += &maybe("at", device.path);
        line += &coded("kind", &device.kind);
        line += &all("id", device.identifiers, |id| match id.universal {
            Some(kind) => format!("{kind:?} {}", text(id.value)),
            None => identifier(id),
        });
        let texts = [
            ("maker", device.manufacturer),
            ("model", device.model),
            ("part", device.part_number),
            ("serial", device.serial_number),
            ("lot", device.lot_number),
        ];
        texts.iter().for_each(|(name, text)| line += &maybe(name, *text));
        line += &all("udi", device.udi.as_slice(), identifier);
        line += &when("made", device.manufactured);
        line += &when("expires", device.expires);
        line += &all("version", device.versions, |version| {
            format!("{}:{}", version.kind.unwrap().code(), text(version.value))
        });
        self.say(line, device.span);
    }

    fn specimen(&mut self, specimen: &Specimen<'_>) {
        let mut line = format!("specimen {}", specimen.key.0);
        line += &key("of", specimen.subject.map(|key| key.0));
        line += &coded("kind", &specimen.kind);
        line += &all("placer", specimen.placer.as_slice(), identifier);
        line += &all("filler", specimen.filler.as_slice(), identifier);
        line += &coded("method", &specimen.method);
        line += &coded("site", &specimen.body_site);
        line += &effective(&specimen.collected);
        line += &when("received", specimen.received);
        line += &notes(specimen.notes);
        self.say(line, specimen.span);
    }

    fn report(&mut self, report: &Report<'_>) {
        let mut line = format!("report {}", report.key.0);
        line += &key("of", report.subject.map(|key| key.0));
        line += &key("encounter", report.encounter.map(|key| key.0));
        line += &coded("code", &report.code);
        line += &all("placer", report.placer.as_slice(), identifier);
        line += &all("filler", report.filler.as_slice(), identifier);
        line += &maybe("status", report.status.code);
        line += &maybe("category", report.category);
        line += &effective(&report.effective);
        line += &when("issued", report.issued);
        line += &self.performers(report.performers);
        line += &report.specimens.iter().map(|s| format!(" specimen={}", s.0)).collect::<String>();
        line += &notes(report.notes);
        self.say(line, report.span);
    }

    fn measurement(&mut self, measurement: &Measurement<'_>) {
        let mut line = format!("{}: {}", concept(&measurement.code), value(&measurement.value));
        line += &maybe("status", measurement.status.code);
        line += &effective(&measurement.effective);
        if let Subject::Patient(subject) = measurement.subject {
            line += &key("of", Some(subject.0));
        }
        line += &key("device", measurement.device.map(|key| key.0));
        if let Some(metric) = &measurement.metric {
            line += &format!(" metric{}", maybe("category", metric.category));
        }
        line += &all("facet", measurement.facets, |facet| {
            format!("{}: {}", concept(&facet.code), value(&facet.value))
        });
        line += &key("specimen", measurement.specimen.map(|key| key.0));
        line += &key("report", measurement.report.map(|key| key.0));
        line += &key("encounter", measurement.encounter.map(|key| key.0));
        line += &maybe("sub", measurement.sub_id);
        line += &all("id", measurement.identifier.as_slice(), identifier);
        line += &coded("method", &measurement.method);
        line += &coded("site", &measurement.body_site);
        line += &all("flag", measurement.interpretation, concept);
        if let Some(range) = measurement.reference_range {
            let bound = |bound: Option<_>| bound.map_or(String::new(), |b| format!("{b}"));
            let (low, high) = (bound(range.low), bound(range.high));
            line += &format!(" range={:?}({low},{high})", text(range.text.unwrap()));
        }
        line += &self.performers(measurement.performers);
        line += &notes(measurement.notes);
        self.say(line, measurement.span);
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        assert!(diagnostic.span.is_some());
        self.diagnostics.push(format!("{} {}", diagnostic.code.name(), diagnostic.place));
        self.spans.push(diagnostic.span);
    }

    fn end(&mut self, end: End) {
        assert_eq!(core::mem::replace(&mut self.open, 0), 1);
        self.facts.push(match end {
            End::Complete => String::from("complete"),
            End::Rejected(error) => format!("rejected: {error}"),
        });
    }
}
