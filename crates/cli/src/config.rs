//! `iomt config`, and the options that say what a site may decide.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use iomt::{BundleKind, Config, Form, Guide, OnInvalid, Partial, Terminators, TimeZone};

use crate::{Ended, Failure, Verdict, complain};

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Arguments {
    /// Print the defaults as JSON; `translate --config` takes it back
    #[arg(long)]
    print_defaults: bool,
    /// Check a configuration
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Ended {
    if let Some(path) = &arguments.check {
        return Ok(match read(path) {
            Ok(_) => Verdict::Fine,
            Err(text) => {
                complain(&text);
                Verdict::Errors
            }
        });
    }
    let text = serde_json::to_string_pretty(&Config::default());
    let text = text.map_err(|error| Failure::stdout(error.into()))?;
    writeln!(io::stdout(), "{text}").map_err(Failure::stdout)?;
    Ok(Verdict::Fine)
}

fn read(path: &Path) -> Result<Config, String> {
    let name = path.display();
    let text = fs::read(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
    serde_json::from_slice(&text).map_err(|error| format!("{name} is no configuration: {error}"))
}

/// How lines of HL7 v2 are read.
#[derive(clap::Args)]
pub(crate) struct Lines {
    /// HL7 v2: what ends a segment; `auto` is CR, and LF where it cannot be data, `cr` is CR
    /// alone, `lf` is each of them [default: auto]
    #[arg(long, value_name = "auto|cr|lf", hide_possible_values = true,
        value_parser = choice(&["auto", "cr", "lf"], Terminators::parse))]
    pub(crate) terminators: Option<Terminators>,
    /// HL7 v2: join what ADD and DSC continue
    #[arg(long)]
    pub(crate) continuations: bool,
}

/// Each overrides what the configuration says.
#[derive(clap::Args)]
pub(crate) struct Settings {
    /// A configuration as `iomt config --print-defaults` shows it; options override it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One Bundle a message, or one resource a line [default: bundle]
    #[arg(long, value_parser = choice(&["bundle", "ndjson"], Form::parse))]
    to: Option<Form>,
    /// Type of the Bundles [default: transaction]
    #[arg(long, value_name = "TYPE",
        value_parser = choice(&["transaction", "batch", "collection", "message"], BundleKind::parse))]
    bundle: Option<BundleKind>,
    /// Reject a message that has a diagnostic of class error
    #[arg(long)]
    strict: bool,
    /// Implementation guide that resources claim where they meet it
    #[arg(long, value_parser = choice(&["pocd"], Guide::parse))]
    profile: Option<Guide>,
    #[command(flatten)]
    lines: Lines,
    /// Reference of the subject where the input names none
    #[arg(long, value_name = "REF", value_parser = NonEmptyStringValueParser::new())]
    subject: Option<String>,
    /// Reference of the person that a device knows by a number; may be given again
    #[arg(long = "person", value_name = "N=REF", value_parser = person)]
    persons: Vec<(u8, String)>,
    /// Reference of the device where the input names none
    #[arg(long, value_name = "REF", value_parser = NonEmptyStringValueParser::new())]
    device: Option<String>,
    /// Zone of times that have none: +01:00, or a name of the IANA database
    #[arg(long, value_name = "ZONE", value_parser = zone, allow_hyphen_values = true)]
    timezone: Option<TimeZone>,
    /// Check every resource before it leaves [default: on]
    #[arg(long, value_name = "on|off", hide_possible_values = true,
        value_parser = choice(&["on", "off"], |text| Some(text == "on")))]
    validate: Option<bool>,
    /// Withhold the message of an invalid resource, drop the resource, or only warn
    /// [default: withhold]
    #[arg(long, value_name = "WHAT",
        value_parser = choice(&["withhold", "drop", "warn"], OnInvalid::parse))]
    on_invalid: Option<OnInvalid>,
    /// What becomes of a message that cannot be read to its end [default: reject]
    #[arg(long, value_name = "WHAT",
        value_parser = choice(&["reject", "keep"], Partial::parse))]
    partial: Option<Partial>,
}

impl Settings {
    /// The configuration file, or the defaults, with what the options say.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let read = self.config.as_deref().map_or_else(|| Ok(Config::default()), read);
        let mut config = read.map_err(Failure::Usage)?;
        set(&mut config.to, self.to);
        set(&mut config.bundle, self.bundle);
        set(&mut config.validate, self.validate);
        set(&mut config.on_invalid, self.on_invalid);
        set(&mut config.partial, self.partial);
        set(&mut config.terminators, self.lines.terminators);
        config.continuations |= self.lines.continuations;
        config.strict |= self.strict;
        config.profile = self.profile.or(config.profile);
        config.subject = self.subject.clone().or(config.subject);
        config.device = self.device.clone().or(config.device);
        config.timezone = self.timezone.clone().or(config.timezone);
        config.persons.extend(self.persons.iter().cloned());
        Ok(config)
    }
}

fn set<T>(value: &mut T, option: Option<T>) {
    if let Some(option) = option {
        *value = option;
    }
}

fn choice<T: Clone + Send + Sync + 'static>(
    texts: &'static [&'static str],
    parse: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(texts).try_map(move |text| parse(&text).ok_or("no such choice"))
}

fn zone(text: &str) -> Result<TimeZone, &'static str> {
    TimeZone::parse(text).ok_or("neither an offset (+01:00) nor a name of the IANA database")
}

fn person(text: &str) -> Result<(u8, String), &'static str> {
    let (number, reference) = text.split_once('=').ok_or("a number, = and a reference")?;
    let number = number.parse().map_err(|_| "a number from 0 to 255, = and a reference")?;
    if reference.is_empty() {
        Err("the reference is empty")
    } else {
        Ok((number, reference.into()))
    }
}
