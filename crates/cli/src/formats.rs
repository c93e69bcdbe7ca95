//! `iomt formats`, and `--format`.

use std::io::{self, Read, Write};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use iomt::{Evidence, Inputs, PROTOCOLS, Protocol};

use crate::{Ended, Failure, Verdict};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// One JSON array instead of a table
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Ended {
    let mut text = if arguments.json { iomt::formats() } else { table() };
    if arguments.json {
        text.push('\n');
    }
    io::stdout().write_all(text.as_bytes()).map_err(Failure::stdout)?;
    Ok(Verdict::Fine)
}

fn table() -> String {
    let row = |name: &str, inputs: &str, evidence: &str, specs: &str| {
        format!("{name:<10} {inputs:<26} {evidence:<14} {specs}\n")
    };
    let mut text = row("FORMAT", "INPUTS", "PROVEN ON", "WRITTEN AGAINST");
    for protocol in PROTOCOLS {
        let inputs = match protocol.inputs {
            Inputs::Messages => "messages in a file",
            Inputs::Characteristics => "readings as JSON Lines",
        };
        let evidence = match protocol.evidence {
            Evidence::Captures => "captures",
            Evidence::Specification => "specification",
        };
        text.push_str(&row(protocol.name, inputs, evidence, &protocol.specs.join("; ")));
    }
    text
}

/// No format is told by what comes after so many bytes.
const TELLING: usize = 64 << 10;

/// `auto`, or a protocol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format(Option<&'static Protocol>);

impl Format {
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        let names = PROTOCOLS.iter().map(|protocol| protocol.name);
        PossibleValuesParser::new(std::iter::once("auto").chain(names))
            .map(|name| Self(iomt::protocol(&name)))
    }

    /// The protocol of an input, and its first bytes: as few as tell, for the others may come late.
    pub(crate) fn read(
        self,
        input: &mut dyn Read,
    ) -> io::Result<(Option<&'static Protocol>, Vec<u8>)> {
        let mut first = Vec::new();
        if self.0.is_some() {
            return Ok((self.0, first));
        }
        loop {
            let len = first.len();
            first.resize(len.saturating_add(TELLING), 0);
            let read = input.read(first.get_mut(len..).unwrap_or_default());
            let more = match read {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                Err(_) => None,
                Ok(read) => Some(read),
            };
            first.truncate(len.saturating_add(more.unwrap_or(0)));
            let protocol = iomt::detect(&first);
            if protocol.is_some() || more == Some(0) || first.len() >= TELLING {
                return Ok((protocol, first));
            }
        }
    }

    /// The protocol of these bytes.
    pub(crate) fn of(self, bytes: &[u8]) -> Option<&'static Protocol> {
        self.0.or_else(|| iomt::detect(bytes))
    }
}
