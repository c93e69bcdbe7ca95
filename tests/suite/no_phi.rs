//! Nothing that is not output holds a byte of the input: no error, no diagnostic, no `Debug`, no
//! OperationOutcome.

use iomt::{
    Connection, Diagnostic, Input, Options, Output, PROTOCOLS, Payload, Sink, Tee, Translator,
    model::{Device, Encounter, Measurement, Message, Patient, Report, Specimen},
};

use crate::support;

const CANARY: &str = "ZQCANARY";

/// Formats everything that it is given.
#[derive(Default)]
struct Shown(String);

impl Output for Shown {
    fn document(&mut self, _: &str) {}

    fn diagnostic(&mut self, _: u64, diagnostic: &Diagnostic) {
        self.0 += &format!("{diagnostic:?} {}", diagnostic.place);
    }

    fn outcome(&mut self, _: u64, json: &str) {
        self.0 += json;
    }
}

macro_rules! show {
    ($($name:ident: $fact:ty;)*) => {$(
        fn $name(&mut self, fact: $fact) {
            self.0 += &format!("{fact:?}");
        }
    )*};
}

impl Sink for Shown {
    show! {
        message: &Message<'_>;
        patient: &Patient<'_>;
        encounter: &Encounter<'_>;
        device: &Device<'_>;
        specimen: &Specimen<'_>;
        report: &Report<'_>;
        measurement: &Measurement<'_>;
        diagnostic: Diagnostic;
    }
}

#[test]
fn no_canary_is_shown() {
    let mut checked = 0;
    for protocol in PROTOCOLS {
        for vector in support::vectors(protocol.name) {
            let step = (vector.bytes.len() / 200).max(1);
            for at in (0..=vector.bytes.len()).step_by(step) {
                let mut mutant = vector.bytes.clone();
                mutant.splice(at..at, CANARY.bytes());
                let mut shown = Shown::default();
                Translator::new(vector.config()).file(protocol, &mutant, &mut shown);
                let mut decoder = (protocol.decoder)(&Options::default());
                for payload in [
                    Payload::Message(&mutant),
                    Payload::Characteristic { uuid: 0x2a37, value: &mutant },
                    Payload::Characteristic { uuid: 0x2a35, value: &mutant },
                ] {
                    let mut other = Shown::default();
                    let input = Input::new(payload);
                    let mut both = Tee(&mut shown, &mut other);
                    if let Err(error) = decoder.push(input, &mut both) {
                        shown.0 += &format!("{error} {error:?} {input:?}");
                    }
                }
                checked += 1;
                let text = &shown.0;
                assert!(!text.contains("CANARY") && !text.contains("67, 65, 78"), "{text}");
            }
        }
    }
    assert!(checked > 100);
    let translator = Translator::new(iomt::Config::default());
    let connection: Connection = translator.connect(&PROTOCOLS[0]);
    assert!(format!("{translator:?} {connection:?}").len() < 200);
}
