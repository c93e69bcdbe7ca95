//! What is measured. Every result is asserted when a work is made, before anything counts.

use std::hint::black_box;

use iomt::fhir::{Issue, Tape, Validate, json};
use iomt::hl7v2::{Hl7Decoder, Index, Message, mllp};
use iomt::model::{DateTime, Measurement};
use iomt::validate::Validator;
use iomt::{
    BundleKind, Config, Decoder, Form, Input, Options, Outcome, Output, Payload, Severity, Sink,
    Translator,
};
use iomt_benches::{Feed, HEART_RATE, adt, blood_pressure, oru, oru_sum, tenths, time_of_day};

/// A piece of work that can be done again and again.
pub struct Work {
    pub name: String,
    /// How many of `unit` there are in one run.
    pub units: u64,
    /// What the figures are for: `message`, `Observation`, …
    pub unit: &'static str,
    /// Bytes read in one run.
    #[allow(dead_code, reason = "only criterion tells them")]
    pub bytes: u64,
    pub run: Box<dyn FnMut()>,
}

impl Work {
    fn new(
        name: impl Into<String>,
        (units, unit): (usize, &'static str),
        bytes: usize,
        run: impl FnMut() + 'static,
    ) -> Self {
        let run = Box::new(run);
        Self { name: name.into(), units: units as u64, unit, bytes: bytes as u64, run }
    }
}

/// A message as the works read it, and its name.
fn messages() -> [(&'static str, String); 3] {
    [("adt", adt()), ("oru10", oru(10)), ("oru1000", oru(1000))]
}

pub fn all() -> Vec<Work> {
    let mut works = Vec::new();
    works.extend(messages().map(|(name, text)| parse(format!("hl7v2 parse {name}"), text)));
    works.extend(messages().map(|(name, text)| walk(format!("hl7v2 walk {name}"), text)));
    let [adt, ten_rows, _] = messages();
    works.extend([adt, ten_rows].map(|(name, text)| ten(format!("hl7v2 ten fields {name}"), text)));
    works.push(by_path(1000));
    works.push(numbers(1000));
    works.push(stream("hl7v2 stream oru10", 10, usize::MAX));
    works.push(stream("hl7v2 stream oru10 by byte", 10, 1));
    works.push(oru_to_fhir(10, Form::Bundle));
    works.push(oru_to_fhir(10, Form::Ndjson));
    works.push(oru_to_fhir(1000, Form::Bundle));
    works.push(blood_pressure_to_fhir());
    works.push(heart_rate_to_fhir());
    works.extend(observation());
    works
}

/// Works that must not grow faster than their input, of `rows` OBX.
#[allow(dead_code, reason = "criterion does not look at growth")]
pub fn growing(rows: usize) -> Vec<Work> {
    vec![
        parse("hl7v2 parse".into(), oru(rows)),
        walk("hl7v2 walk".into(), oru(rows)),
        by_path(rows),
        stream("hl7v2 stream", rows, usize::MAX),
        stream("hl7v2 stream by byte", rows, 1),
        oru_to_fhir(rows, Form::Bundle),
        oru_to_fhir(rows, Form::Ndjson),
    ]
}

fn parse(name: String, text: String) -> Work {
    let mut index = Index::new();
    let lines = Message::parse(text.as_bytes(), &mut index).unwrap().lines();
    assert_eq!(lines, text.matches('\r').count());
    Work::new(name, (1, "message"), text.len(), move || {
        black_box(Message::parse(black_box(text.as_bytes()), &mut index).unwrap());
    })
}

/// Parses, and visits every leaf.
fn walk(name: String, text: String) -> Work {
    let mut index = Index::new();
    let mut run = move |text: &str| {
        let message = Message::parse(text.as_bytes(), &mut index).unwrap();
        message.leaves().map(|leaf| leaf.raw.len()).sum::<usize>()
    };
    // All but delimiters, segment ids and ends, where nothing is escaped; and MSH-1 and MSH-2.
    let data = text.split(['|', '^', '&', '~', '\r']).map(str::len).sum::<usize>();
    let ids = 3 * text.matches('\r').count();
    let msh_2 = "\\".len();
    assert_eq!(run(&text), data - ids - msh_2 + "|^~\\&".len());
    Work::new(name, (1, "message"), text.len(), move || {
        black_box(run(black_box(&text)));
    })
}

/// Parses, and reads ten fields by their paths.
fn ten(name: String, text: String) -> Work {
    const TEN: [(&[u8; 3], usize, usize); 10] = [
        (b"MSH", 3, 1),
        (b"MSH", 9, 2),
        (b"MSH", 10, 1),
        (b"PID", 3, 1),
        (b"PID", 5, 1),
        (b"PID", 5, 2),
        (b"PID", 7, 1),
        (b"PID", 8, 1),
        (b"PV1", 2, 1),
        (b"PV1", 3, 1),
    ];
    let mut index = Index::new();
    let mut run = move |text: &str| {
        let message = Message::parse(text.as_bytes(), &mut index).unwrap();
        TEN.iter().fold(0, |sum, (id, field, component)| {
            let part = message.component(id, *field, *component);
            sum * 31 + part.unwrap().raw().len()
        })
    };
    let lengths = |texts: [&str; 10]| texts.iter().fold(0, |sum, text| sum * 31 + text.len());
    let header = if text.contains("ADT") { ["REGISTER", "A01"] } else { ["MONITORS", "R01"] };
    let [application, event] = header;
    let person = ["800417", "Sample", "Alexandra", "19710203", "F", "I", "ICU"];
    let [a, b, c, d, e, f, g] = person;
    assert_eq!(run(&text), lengths([application, event, "A000017", a, b, c, d, e, f, g]));
    Work::new(name, (1, "message"), text.len(), move || {
        black_box(run(black_box(&text)));
    })
}

/// Reads OBX-5 of every row by its path: `OBX[n]-5`.
fn by_path(rows: usize) -> Work {
    let text = oru(rows);
    let mut index = Index::new();
    let mut run = move |text: &str| {
        let message = Message::parse(text.as_bytes(), &mut index).unwrap();
        let value = |row| message.nth(b"OBX", row)?.field(5).and_then(|v| tenths(v.raw()));
        (1..=rows).map(value).sum::<Option<i64>>()
    };
    assert_eq!(run(&text), Some(oru_sum(rows)));
    Work::new(format!("hl7v2 obx-5 by path of {rows}"), (rows, "value"), text.len(), move || {
        black_box(run(black_box(&text)));
    })
}

/// Adds up OBX-5 of every row, one after another.
fn numbers(rows: usize) -> Work {
    let text = oru(rows);
    let mut index = Index::new();
    let mut run = move |text: &str| {
        let message = Message::parse(text.as_bytes(), &mut index).unwrap();
        let values = message.all(b"OBX").map(|obx| tenths(obx.field(5)?.raw()));
        values.sum::<Option<i64>>()
    };
    assert_eq!(run(&text), Some(oru_sum(rows)));
    Work::new(format!("hl7v2 obx-5 of {rows}"), (rows, "value"), text.len(), move || {
        black_box(run(black_box(&text)));
    })
}

/// Looks at documents once; later only counts them.
#[derive(Default)]
struct Counts {
    documents: usize,
    observations: usize,
    errors: usize,
    looks: bool,
}

impl Output for Counts {
    fn document(&mut self, json: &str) {
        self.documents += 1;
        if self.looks {
            self.observations += json.matches(r#""resourceType":"Observation""#).count();
        }
    }

    fn diagnostic(&mut self, _: u64, diagnostic: &iomt::Diagnostic) {
        self.errors += usize::from(diagnostic.severity == Severity::Error);
    }
}

impl Counts {
    fn looking() -> Self {
        Self { looks: true, ..Self::default() }
    }
}

fn config(to: Form) -> Config {
    let mut config = Config::default();
    (config.to, config.bundle) = (to, BundleKind::Transaction);
    config.subject = Some("Patient/42".into());
    config.device = Some("Device/7".into());
    config
}

/// A monitor's vital signs to validated FHIR.
/// The facts of a frame that comes in pieces of `piece` bytes, and its acknowledgement.
fn stream(name: &str, rows: usize, piece: usize) -> Work {
    #[derive(Default)]
    struct Counted(usize);
    impl Sink for Counted {
        fn measurement(&mut self, _: &Measurement<'_>) {
            self.0 += 1;
        }
    }
    let mut framed = Vec::new();
    mllp::encode(oru(rows).as_bytes(), &mut framed).unwrap();
    let (mut decoder, bytes) = (Hl7Decoder::new(&Options::default()), framed.len());
    let mut run = move || {
        let mut sink = Counted::default();
        for piece in black_box(&framed).chunks(piece) {
            decoder.push(Input::new(Payload::Stream(piece)), &mut sink).unwrap();
        }
        decoder.settle(Outcome::Stored);
        let mut answered = 0;
        while let Some(answer) = decoder.transmit() {
            answered += answer.len();
        }
        (sink.0, answered > 0)
    };
    assert_eq!(run(), (rows, true));
    Work::new(name, (1, "message"), bytes, move || {
        black_box(run());
    })
}

fn oru_to_fhir(rows: usize, to: Form) -> Work {
    let text = oru(rows);
    let mut feed = Feed::new(&text);
    let mut translator = Translator::new(config(to));
    let mut connection = translator.connect(iomt::protocol("hl7v2").unwrap());
    let mut run = move |output: &mut Counts| {
        translator.push(&mut connection, Input::message(black_box(feed.next())), output).unwrap();
    };
    let mut counts = Counts::looking();
    run(&mut counts);
    assert_eq!((counts.observations, counts.errors), (rows, 0));
    assert!(counts.documents == 1 || to == Form::Ndjson);
    let name = format!("fhir {} of oru{rows}", to.as_str());
    Work::new(name, (rows, "Observation"), text.len(), move || run(&mut Counts::default()))
}

/// A cuff's readings to validated FHIR: pressures and pulse rate.
fn blood_pressure_to_fhir() -> Work {
    let mut second = 0;
    let mut translator = Translator::new(config(Form::Ndjson));
    let mut connection = translator.connect(iomt::protocol("gatt").unwrap());
    let mut run = move |output: &mut Counts| {
        second += 1;
        let value = blood_pressure(second);
        let input = Input::characteristic(0x2A35, black_box(&value));
        translator.push(&mut connection, input, output).unwrap();
    };
    let mut counts = Counts::looking();
    run(&mut counts);
    assert_eq!((counts.observations, counts.errors), (2, 0));
    let bytes = blood_pressure(0).len();
    Work::new("fhir ndjson of 2a35", (2, "Observation"), bytes, move || {
        run(&mut Counts::default());
    })
}

/// A heart rate strap's notifications to validated FHIR.
fn heart_rate_to_fhir() -> Work {
    let mut second = 0;
    let mut at = DateTime::parse_rfc3339("2026-11-24T00:00:00Z").unwrap();
    let mut translator = Translator::new(config(Form::Ndjson));
    let mut connection = translator.connect(iomt::protocol("gatt").unwrap());
    let mut run = move |output: &mut Counts| {
        second += 1;
        (at.hour, at.minute, at.second) = time_of_day(second);
        let input = Input::characteristic(0x2A37, black_box(&HEART_RATE)).received(at);
        translator.push(&mut connection, input, output).unwrap();
    };
    let mut counts = Counts::looking();
    run(&mut counts);
    assert_eq!((counts.observations, counts.errors), (1, 0));
    Work::new("fhir ndjson of 2a37", (1, "Observation"), HEART_RATE.len(), move || {
        run(&mut Counts::default());
    })
}

/// One Observation: read, validated, written.
fn observation() -> [Work; 3] {
    let document = r#"{"resourceType":"Observation","id":"4e9f2f5c-7a9b-5d2e-8f37-0d5b8b6f6c11","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"},{"system":"urn:iso:std:iso:11073:10101","code":"147842"}]},"subject":{"reference":"Patient/42"},"effectiveDateTime":"2026-11-24T08:30:00+01:00","valueQuantity":{"value":72,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"},"device":{"reference":"Device/7"}}"#;
    let (mut reader, mut tape, mut issues) = (json::Reader::new(), Tape::new(), Vec::new());
    let node = reader.read(document.as_bytes(), &mut tape, &mut issues).unwrap();
    let mut validator = Validator::new();
    assert!(validator.validate(&tape, node, &mut issues) && issues.is_empty(), "{issues:?}");
    let mut text = String::new();
    json::write(&tape, node, &mut text);
    assert_eq!(text, document);

    let written = tape.clone();
    let mut read: (Tape, Vec<Issue>) = (Tape::new(), Vec::new());
    let unit = (1, "Observation");
    [
        Work::new("fhir read observation", unit, document.len(), move || {
            read.0.clear();
            black_box(reader.read(black_box(document.as_bytes()), &mut read.0, &mut read.1));
        }),
        Work::new("fhir validate observation", unit, document.len(), move || {
            black_box(validator.validate(black_box(&tape), node, &mut issues));
        }),
        Work::new("fhir write observation", unit, document.len(), move || {
            text.clear();
            json::write(black_box(&written), node, &mut text);
            black_box(&text);
        }),
    ]
}
