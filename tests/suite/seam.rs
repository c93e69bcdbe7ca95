//! The seam between decoders and FHIR, with decoders made by hand: the hard cases of protocols
//! that are still to come.

use std::collections::BTreeSet;

use iomt::model::{
    Absent, AbsentReason, Code, CodeSystem, Coding, Component, Concept, DateTime, Decimal, Device,
    DeviceKey, Effective, Given, Identifier, Mdc, Measurement, Message, Patient, PersonIndex,
    Quantity, Report, ReportKey, SampleEncoding, Samples, Specimen, SpecimenKey, StatusCode,
    StatusTable, Subject, SubjectKey, Text, Time, Unit, Value,
};
use iomt::wire::{ErrorKind, ParseError, Scaled, Span};
use iomt::{
    Config, Connection, Decoder, DiagnosticCode, End, Form, Input, OnInvalid, Partial, Payload,
    Sink, Tee, Translator,
};

use crate::support::Record;

/// A decoder that says what it is told to.
struct Script(fn(&mut dyn Sink) -> End);

impl Decoder for Script {
    fn push(&mut self, input: Input<'_>, sink: &mut dyn Sink) -> Result<(), ParseError> {
        let mut message = Message::new("script", b"bytes", Span::new(0, 5));
        message.received = input.at;
        sink.message(&message);
        let end = (self.0)(sink);
        sink.end(end);
        match end {
            End::Complete => Ok(()),
            End::Rejected(error) => Err(error),
        }
    }
}

const FINAL: StatusCode<'static> = StatusCode::new(StatusTable::Measured, None);

fn text(text: &'static str) -> Text<'static> {
    Text::literal(text)
}

fn heart_rate(value: i64) -> Measurement<'static> {
    let unit = Unit::fixed("{beat}/min", Mdc::new(264_864));
    let quantity = Quantity::new(Decimal::Scaled(Scaled::new(value, 0)), unit, Span::NONE);
    let code = Concept::mdc(Mdc::new(147_842));
    let mut m = Measurement::new(code, Value::Quantity(quantity), FINAL);
    let at = DateTime::parse_rfc3339("2026-11-24T08:00:00Z").unwrap();
    m.effective = Effective::At(Time::binary(at, Span::NONE));
    m
}

fn run(script: fn(&mut dyn Sink) -> End, config: Config) -> Record {
    let mut record = Record::default();
    let mut translator = Translator::new(config);
    let mut connection = Connection::new(Box::new(Script(script)));
    let _ = translator.push(&mut connection, Input::message(b""), &mut record);
    record
}

fn ndjson() -> Config {
    let mut config = Config::default();
    (config.to, config.subject) = (Form::Ndjson, Some("Patient/p1".into()));
    config
}

/// Facts whose wire order is measurement, specimen, serial number: a first pass hands over the
/// declarations, and the measurement names them by key.
fn forward(sink: &mut dyn Sink) -> End {
    let mut patient = Patient::new(SubjectKey(7));
    let ids = [Identifier::new(text("4711"))];
    patient.identifiers = &ids;
    sink.patient(&patient);
    let mut specimen = Specimen::new(SpecimenKey(3), Some(SubjectKey(7)));
    specimen.filler = Some(Identifier::new(text("SP-1")));
    sink.specimen(&specimen);
    let mut monitor = Device::new(DeviceKey(1));
    let ids = [Identifier::new(text("0011223344556677"))];
    (monitor.identifiers, monitor.serial_number) = (&ids, Some(text("SN-9")));
    sink.device(&monitor);
    let mut module = Device::new(DeviceKey(2));
    let ids = [Identifier::new(text("0011223344556677.2"))];
    (module.identifiers, module.parent) = (&ids, Some(DeviceKey(1)));
    sink.device(&module);
    let mut report = Report::new(ReportKey(1), Some(SubjectKey(7)));
    let specimens = [SpecimenKey(3)];
    report.specimens = &specimens;
    report.code = Concept::text(text("panel"));
    sink.report(&report);
    let mut m = heart_rate(72);
    (m.subject, m.specimen) = (Subject::Patient(SubjectKey(7)), Some(SpecimenKey(3)));
    (m.device, m.report) = (Some(DeviceKey(2)), Some(ReportKey(1)));
    sink.measurement(&m);
    End::Complete
}

#[test]
fn forward_references_are_resolved() {
    let record = run(forward, ndjson());
    let of = |kind: &str| record.documents.iter().find(|d| d.contains(kind)).cloned().unwrap();
    let id = |kind: &str| {
        let document = of(&format!("\"resourceType\":\"{kind}\""));
        document.split("\"id\":\"").nth(1).unwrap()[..36].to_owned()
    };
    let observation = of("\"resourceType\":\"Observation\"");
    for kind in ["Patient", "Specimen"] {
        assert!(observation.contains(&format!("{kind}/{}", id(kind))), "{kind}");
    }
    let report = of("\"resourceType\":\"DiagnosticReport\"");
    assert!(report.contains(&format!("Observation/{}", id("Observation"))));
    assert!(report.contains(&format!("Specimen/{}", id("Specimen"))));
    assert!(record.documents.iter().any(|d| d.contains("SN-9")), "the parent goes out too");
    assert!(observation.contains("\"device\":{\"reference\":\"Device/"));
}

fn rejected(sink: &mut dyn Sink) -> End {
    forward(sink);
    End::Rejected(ParseError::new(ErrorKind::Malformed, "field", 3))
}

#[test]
fn a_rejected_message_is_taken_back() {
    let record = run(rejected, ndjson());
    assert!(record.documents.is_empty() && record.has(DiagnosticCode::Rejected));
    assert_eq!(record.outcomes.len(), 1);
    let mut config = ndjson();
    config.partial = Partial::Keep;
    let record = run(rejected, config);
    assert!(!record.documents.is_empty() && record.has(DiagnosticCode::PartialKept));
}

/// A session: the device is declared again with more facts, and a person by number.
struct Session(u32);

impl Decoder for Session {
    fn push(&mut self, input: Input<'_>, sink: &mut dyn Sink) -> Result<(), ParseError> {
        let mut message = Message::new("session", b"x", Span::new(0, 1));
        (message.received, message.session) = (input.at, true);
        sink.message(&message);
        if self.0 != 1 {
            let mut device = Device::new(DeviceKey(0));
            device.peer = Some(text("strap"));
            device.model = (self.0 > 1).then(|| text("HR-2"));
            sink.device(&device);
            let mut person = Patient::new(SubjectKey(1));
            person.person = Some(PersonIndex::Known(1));
            sink.patient(&person);
        }
        let mut m = heart_rate(60);
        (m.device, m.subject) = (Some(DeviceKey(0)), Subject::Patient(SubjectKey(1)));
        (m.effective, m.live) = (Effective::Unknown, true);
        sink.measurement(&m);
        sink.end(End::Complete);
        self.0 += 1;
        Ok(())
    }
}

fn session(to: Form, messages: usize) -> Record {
    let mut config = ndjson();
    config.to = to;
    config.persons.insert(1, "Patient/p2".into());
    let mut record = Record::default();
    let mut translator = Translator::new(config);
    let mut connection = Connection::new(Box::new(Session(0)));
    let at = DateTime::parse_rfc3339("2026-11-24T08:00:00Z").unwrap();
    for _ in 0..messages {
        let input = Input::new(Payload::Timeout).received(at);
        translator.push(&mut connection, input, &mut record).unwrap();
    }
    record
}

#[test]
fn a_session_keeps_its_keys_and_learns_more() {
    let record = session(Form::Ndjson, 3);
    let devices: Vec<_> = record.documents.iter().filter(|d| d.contains("\"Device\"")).collect();
    assert_eq!(devices.len(), 2, "declared again with more facts, it goes out again");
    assert!(devices[1].contains("HR-2") && devices[0][..70] == devices[1][..70]);
    let observations: BTreeSet<_> =
        record.documents.iter().filter(|d| d.contains("\"Observation\"")).collect();
    assert_eq!(observations.len(), 3, "equal readings of one instant are three");
    assert!(observations.iter().all(|o| o.contains("Patient/p2")));
    assert!(record.has(DiagnosticCode::IdentityRepeated));
    let record = session(Form::Bundle, 2);
    assert!(record.documents.iter().all(|d| d.matches("\"resourceType\":\"Device\"").count() == 1));
}

fn waveform(sink: &mut dyn Sink) -> End {
    let raw = [0x00, 0x64, 0xFF, 0x9C, 0x80, 0x00, 0x00, 0x00];
    // Bytes of the message, of which nobody reads text.
    let codec = Bytes;
    let unit = Unit::fixed("mV", Mdc::new(266_418));
    let raw = Text::coded(&raw, 10, &codec);
    let mut samples =
        Samples::new(raw, SampleEncoding::I16Be, Some(Given::fixed(Scaled::new(4, 0))), unit);
    samples.factor = Some(Given::fixed(Scaled::new(5, -3)));
    samples.sentinels = &[-32_768];
    let code = Concept::mdc(Mdc::new(131_329));
    let mut m = Measurement::new(code, Value::Samples(samples), FINAL);
    m.effective = heart_rate(0).effective;
    sink.measurement(&m);
    End::Complete
}

struct Bytes;

impl iomt::model::Codec for Bytes {
    fn decode(&self, _: &[u8], _: &mut dyn core::fmt::Write) -> core::fmt::Result {
        Err(core::fmt::Error)
    }
}

#[test]
fn waves_are_sampled_data() {
    let record = run(waveform, ndjson());
    let document = &record.documents[0];
    for part in [
        r#""origin":{"value":0,"#,
        r#""period":4,"factor":0.005,"#,
        r#""dimensions":1,"data":"100 -100 E 0"}"#,
    ] {
        assert!(document.contains(part), "{part}\n{document}");
    }
}

#[test]
fn a_tee_gives_both_everything() {
    #[derive(Default)]
    struct Count(usize);
    impl Sink for Count {
        fn measurement(&mut self, _: &Measurement<'_>) {
            self.0 += 1;
        }
        fn end(&mut self, _: End) {
            self.0 += 10;
        }
    }
    let (mut a, mut b) = (Count::default(), Count::default());
    Script(forward).push(Input::message(b""), &mut Tee(&mut a, &mut b)).unwrap();
    assert_eq!((a.0, b.0), (11, 11));
}

/// Two Observations; the text of the first is no string of FHIR, and its specimen neither.
fn invalid(sink: &mut dyn Sink) -> End {
    let mut specimen = Specimen::new(SpecimenKey(1), None);
    specimen.kind = Concept::text(text("\u{1}"));
    sink.specimen(&specimen);
    let mut m = heart_rate(71);
    m.specimen = Some(SpecimenKey(1));
    sink.measurement(&m);
    sink.measurement(&heart_rate(72));
    End::Complete
}

fn run_invalid(on_invalid: OnInvalid) -> Record {
    let mut config = ndjson();
    config.on_invalid = on_invalid;
    run(invalid, config)
}

#[test]
fn what_is_invalid_is_withheld_dropped_or_reported() {
    let record = run_invalid(OnInvalid::Withhold);
    assert!(record.documents.is_empty() && record.has(DiagnosticCode::Withheld));
    assert!(record.has(DiagnosticCode::Invalid) && record.outcomes.len() == 1);
    let record = run_invalid(OnInvalid::Drop);
    assert!(record.has(DiagnosticCode::Dropped));
    assert!(record.documents.len() == 1 && record.documents[0].contains("\"value\":72"));
    let record = run_invalid(OnInvalid::Warn);
    assert!(record.documents.len() == 3 && record.has(DiagnosticCode::Invalid));
}

/// The same as XML, which has no such character.
fn not_xml() -> Record {
    let mut config = ndjson();
    (config.to, config.on_invalid) = (Form::Xml, OnInvalid::Warn);
    run(invalid, config)
}

#[test]
fn what_xml_cannot_hold_is_withheld() {
    let record = not_xml();
    assert!(record.documents.is_empty() && record.has(DiagnosticCode::NotXml));
}

#[test]
fn a_bundle_goes_out_as_xml() {
    use iomt::{
        BundleKind,
        fhir::{Format, Reader, Tape, json, table::el},
    };
    let two = |sink: &mut dyn Sink| {
        sink.measurement(&heart_rate(71));
        sink.measurement(&heart_rate(72));
        End::Complete
    };
    for bundle in [BundleKind::Transaction, BundleKind::Collection, BundleKind::Message] {
        let form = |to| {
            let mut config = ndjson();
            (config.to, config.bundle) = (to, bundle);
            run(two, config).documents
        };
        let (expected, documents) = (form(Form::Bundle), form(Form::Xml));
        let (mut tape, mut issues, mut json) = (Tape::new(), Vec::new(), String::new());
        let format = Format::detect(documents[0].as_bytes());
        assert_eq!(format, Format::Xml);
        let root = Reader::new().read(format, documents[0].as_bytes(), &mut tape, &mut issues);
        json::write(&tape, root.unwrap(), &mut json);
        assert_eq!((&[json][..], issues.len()), (&expected[..], 0));
        assert_eq!(tape.element(root.unwrap()), Some(el::ROOT_BUNDLE));
    }
}

fn strict() -> Record {
    let mut config = ndjson();
    config.strict = true;
    run(
        |sink| {
            let code = Concept::coded(Coding::new(CodeSystem::Loinc, text("2339-0")));
            let absent = Value::Absent(Absent::new(AbsentReason::Unknown, Span::NONE));
            let status = StatusCode::new(StatusTable::Hl70085, Some(text("U")));
            sink.measurement(&heart_rate(72));
            sink.measurement(&Measurement::new(code, absent, status));
            End::Complete
        },
        config,
    )
}

#[test]
fn strict_rejects_on_errors() {
    let record = strict();
    assert!(record.documents.is_empty());
    assert!(
        record.has(DiagnosticCode::Strict) && record.has(DiagnosticCode::ValueNotRetransmitted)
    );
}

#[test]
fn components_keep_their_own_absence() {
    let record = run(
        |sink| {
            let code = |n| Concept::mdc(Mdc::new(n));
            let unit = Unit::ucum("mm[Hg]");
            let quantity = Quantity::new(Decimal::Scaled(Scaled::new(120, 0)), unit, Span::NONE);
            let nan = Value::Absent(Absent::new(AbsentReason::NotANumber, Span::NONE));
            let parts = [
                Component::new(code(150_021), Value::Quantity(quantity)),
                Component::new(code(150_022), nan),
            ];
            let mut m = Measurement::new(code(150_020), Value::Compound(&parts), FINAL);
            m.effective = heart_rate(0).effective;
            sink.measurement(&m);
            End::Complete
        },
        ndjson(),
    );
    let document = &record.documents[0];
    assert!(document.contains("85354-9") && document.contains("not-a-number"), "{document}");
    assert!(matches!(Code::Mdc(Mdc::new(1)), Code::Mdc(_)));
}

#[test]
fn supplemental_types_are_components() {
    let record = run(
        |sink| {
            let mut m = heart_rate(72);
            let fast = [Mdc::new(150_580)];
            m.supplemental = &fast;
            sink.measurement(&m);
            sink.measurement(&heart_rate(72));
            End::Complete
        },
        ndjson(),
    );
    let coding =
        |code| format!(r#""coding":[{{"system":"urn:iso:std:iso:11073:10101","code":"{code}""#);
    assert!(record.documents[0].contains(&coding("68193")));
    assert!(record.documents[0].contains(&coding("150580")));
    assert!(!record.documents[1].contains("68193"));
}

/// The diagnostics that the scripts here make fire.
pub fn fired() -> BTreeSet<DiagnosticCode> {
    let mut config = ndjson();
    config.partial = Partial::Keep;
    let records = [
        run(rejected, config),
        session(Form::Ndjson, 2),
        run_invalid(OnInvalid::Withhold),
        run_invalid(OnInvalid::Drop),
        strict(),
        not_xml(),
    ];
    records.iter().flat_map(|r| r.diagnostics.iter().map(|(_, d)| d.code)).collect()
}
