//! A sink that writes each fact as a line, which tests compare.

use alloc::{format, string::String, vec::Vec};

use iomt_core::model::{
    Code, Comparator, Concept, Decimal, Device, Effective, Measurement, Message, Patient,
    PersonIndex, Quantity, Subject, Value,
};
use iomt_core::wire::{ParseError, Span};
use iomt_core::{Decoder, Diagnostic, End, Input, Options, Sink};

use crate::GattDecoder;

#[derive(Default)]
pub(crate) struct Lines {
    pub(crate) lines: Vec<String>,
    pub(crate) spans: Vec<Span>,
}

/// What a new connection says to one value.
pub(crate) fn lines(uuid: u16, value: &[u8]) -> Vec<String> {
    read(uuid, value).0.lines
}

pub(crate) fn read(uuid: u16, value: &[u8]) -> (Lines, Result<(), ParseError>) {
    let mut sink = Lines::default();
    let mut decoder = GattDecoder::new(&Options::default());
    let result = decoder.push(Input::characteristic(uuid, value), &mut sink);
    (sink, result)
}

impl Lines {
    fn say(&mut self, line: String, span: Span) {
        self.lines.push(format!("{line}{}", at(span)));
        self.spans.push(span);
    }

    fn value(&mut self, value: &Value<'_>) -> String {
        match value {
            Value::Absent(absent) => {
                assert!(absent.sent.is_none());
                self.spans.push(absent.span);
                format!("{:?}{}", absent.reason, at(absent.span))
            }
            Value::Bits(bits) => {
                format!("{} {:#08b} of {:#08b}", bits.mdc.code(), bits.set, bits.known)
            }
            Value::Compound(parts) => {
                let part = |part: &iomt_core::model::Component<'_>| {
                    format!("{} = {}", concept(&part.code), self.value(&part.value))
                };
                parts.iter().map(part).collect::<Vec<_>>().join(", ")
            }
            Value::Quantity(quantity) => {
                self.spans.push(quantity.span);
                number(quantity)
            }
            _ => panic!("no characteristic has such a value"),
        }
    }
}

fn at(span: Span) -> String {
    if span.is_some() { format!(" @{}+{}", span.offset, span.len) } else { String::new() }
}

fn concept(concept: &Concept<'_>) -> String {
    let codes = concept.codings().map(|coding| match coding.code {
        Code::Mdc(mdc) => format!("{}", mdc.code()),
        _ => panic!("a code that is no MDC"),
    });
    let text = concept.text.map(|text| format!("{:?}", text.as_str().unwrap()));
    codes.chain(text).collect::<Vec<_>>().join(" ")
}

fn number(quantity: &Quantity<'_>) -> String {
    let Decimal::Scaled(scaled) = quantity.value else { panic!("a lexical number") };
    let comparator = match quantity.comparator {
        None => "",
        Some(Comparator::GreaterOrEqual) => ">=",
        Some(_) => panic!("no field has such a comparator"),
    };
    let unit = quantity.unit.ucum.unwrap();
    let mdc = quantity.unit.mdc.map_or(String::new(), |mdc| format!("({})", mdc.code()));
    format!("{comparator}{scaled} {}{mdc}{}", unit.as_str().unwrap(), at(quantity.span))
}

fn time(effective: &Effective<'_>) -> String {
    match effective {
        Effective::Unknown => String::new(),
        Effective::At(time) => {
            let mut out = String::new();
            match time.value {
                Some(value) => value.write_iso(&mut out).unwrap(),
                None => out.push_str("no time"),
            }
            format!(", at {out}{}", at(time.span))
        }
        Effective::Period(..) => panic!("no characteristic has a period"),
    }
}

impl Sink for Lines {
    fn message(&mut self, message: &Message<'_>) {
        assert!(message.protocol == "gatt" && message.session);
        assert_eq!(usize::try_from(message.span.len), Ok(message.bytes.len()));
        let mut line = String::from("message");
        if let Some(received) = message.received {
            line.push(' ');
            received.write_iso(&mut line).unwrap();
        }
        self.say(line, message.span);
    }

    fn patient(&mut self, patient: &Patient<'_>) {
        let person = match patient.person.unwrap() {
            PersonIndex::Known(number) => format!("Known({number})"),
            PersonIndex::Unknown => "Unknown".into(),
        };
        self.say(format!("patient {}: {person}", patient.key.0), patient.span);
    }

    fn device(&mut self, device: &Device<'_>) {
        assert!(device.parent.is_none() && device.kind.is_empty());
        let peer = device.peer.map(|peer| peer.as_str().unwrap().into());
        self.lines.push(format!("device {}: {}", device.key.0, peer.unwrap_or(String::from("?"))));
    }

    fn measurement(&mut self, measurement: &Measurement<'_>) {
        let value = self.value(&measurement.value);
        let mut line = format!("{}: {value}", concept(&measurement.code));
        line.push_str(&time(&measurement.effective));
        if measurement.live {
            line.push_str(", live");
        }
        match measurement.subject {
            Subject::Patient(key) => line.push_str(&format!(", of patient {}", key.0)),
            Subject::Device(_) => panic!("no characteristic is about the device"),
            Subject::Unknown => {}
        }
        if let Some(item) = measurement.item {
            line.push_str(&format!(", item {item}"));
        }
        for flag in measurement.flags {
            line.push_str(&format!(", {} {}{}", flag.table, flag.code, at(flag.span)));
        }
        assert_eq!(measurement.device.map(|key| key.0), Some(0));
        assert!(measurement.status.code.is_none());
        self.say(line, measurement.span);
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.say(format!("{} {}", diagnostic.code.name(), diagnostic.place), diagnostic.span);
    }

    fn end(&mut self, end: End) {
        self.lines.push(match end {
            End::Complete => String::from("complete"),
            End::Rejected(error) => format!("rejected: {error}"),
        });
    }
}
