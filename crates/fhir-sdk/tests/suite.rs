//! Our resources in the types of fhir-sdk and back, for each version that is built.

#![cfg(any(feature = "r4b", feature = "r5"))]

#[path = "suite/corpora.rs"]
mod corpora;
#[path = "suite/losses.rs"]
mod losses;

use iomt_fhir::{
    Version, json,
    tape::{NodeId, Tape},
};
use iomt_fhir_sdk::{Error, Loss, Losses};
use serde_json::Value;

/// What a conversion gave: what fhir-sdk writes of it, with what is said to be lost.
struct Sdk {
    /// What we write of what we read.
    ours: String,
    json: Value,
    losses: Vec<(Loss, String)>,
    /// What came back.
    back: String,
}

type Convert = fn(&[u8]) -> Result<Sdk, Error>;

fn write(tape: &Tape, node: NodeId) -> String {
    let mut text = String::new();
    json::write(tape, node, &mut text);
    text
}

macro_rules! convert {
    ($version:ident, $table:ident) => {
        |text| {
            let converted = iomt_fhir_sdk::$version::from_json(text)?;
            let losses = |losses: Losses| {
                losses.iter().map(|(loss, at)| (loss, at.to_string())).collect::<Vec<_>>()
            };
            let mut reader = json::Reader::new().for_version(Version::$table);
            let (mut tape, mut back) = (Tape::new(), Tape::new());
            let root = reader.read(text, &mut tape, &mut Vec::new()).unwrap();
            let again = iomt_fhir_sdk::$version::from_tape(&tape, root).unwrap();
            assert_eq!(again.resource, converted.resource);
            let node = iomt_fhir_sdk::$version::to_tape(&converted.resource, &mut back).unwrap();
            let sdk = Sdk {
                ours: write(&tape, root),
                json: serde_json::to_value(&converted.resource).unwrap(),
                losses: losses(converted.losses),
                back: write(&back, node),
            };
            assert_eq!(losses(again.losses), sdk.losses);
            Ok(sdk)
        }
    };
}

const VERSIONS: &[(&str, Convert)] = &[
    #[cfg(feature = "r4b")]
    ("r4b", convert!(r4b, R4B)),
    #[cfg(feature = "r5")]
    ("r5", convert!(r5, R5)),
];
