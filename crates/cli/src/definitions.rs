//! `--definitions`.

use std::path::{Path, PathBuf};

use iomt::fhir::{
    Version,
    definitions::{Definitions, Types},
};

use crate::{
    Failure,
    input::{self, Input},
};

/// The types that the files of these arguments define.
pub(crate) fn read(arguments: &[PathBuf], version: Version) -> Result<Types, Failure> {
    if arguments.is_empty() {
        return Ok(Types::default());
    }
    let mut definitions = Definitions::new(version);
    for argument in arguments {
        let whole = argument.is_dir();
        for input in input::expand(std::slice::from_ref(argument)) {
            if !whole || is_json(&input.below) {
                add(&mut definitions, &input)?;
            }
        }
    }
    Ok(definitions.types())
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

fn add(definitions: &mut Definitions, input: &Input) -> Result<(), Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::Usage(format!("--definitions: {}: {error}", input.name))
    };
    let bytes = input.read().map_err(|error| wrong(&error))?;
    let bytes = bytes.ok_or_else(|| wrong(&"the file is too long"))?;
    definitions.add(&bytes).map_err(|error| wrong(&error))
}
