//! Nothing that is not output holds a byte of the input: no error, no diagnostic, no `Debug`, no
//! OperationOutcome.

use iomt::{
    Connection, Diagnostic, Input, Options, Output, PROTOCOLS, Payload, Sink, Tee, Translator,
    model::{Device, Encounter, Measurement, Message, Patient, Report, Specimen},
};

use crate::support;

const CANARY: &str = "ZQCANARY";

/// Facts of which a number alone says too much.
#[test]
fn facts_show_no_numbers() {
    let mut shown = Shown::default();
    let value =
        [0x1e, 0x6f, 0, 0x4d, 0, 0x5d, 0, 0xea, 0x07, 11, 24, 8, 30, 0, 0x58, 0, 99, 0x21, 0];
    let mut decoder = (PROTOCOLS[0].decoder)(&Options::default());
    decoder.push(Input::characteristic(0x2a35, &value), &mut shown).unwrap();
    for number in ["111", "77", "88", "2026", "99", "33"] {
        let words = shown.0.split(|c: char| !c.is_ascii_alphanumeric());
        assert!(!words.clone().any(|word| word == number), "{number} in {}", shown.0);
    }
}

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
                let found = shown.0.find("CANARY").or(shown.0.find("67, 65, 78"));
                let around = found.map(|at| &shown.0[at.saturating_sub(200)..]);
                assert!(found.is_none(), "{}: {around:.300?}", vector.path.display());
            }
        }
    }
    assert!(checked > 100);
    let translator = Translator::new(iomt::Config::default());
    let connection: Connection = translator.connect(&PROTOCOLS[0]);
    assert!(format!("{translator:?} {connection:?}").len() < 1000);
}
