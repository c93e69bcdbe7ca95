//! `iomt config`, and the options that say what a site may decide.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use iomt::{
    BundleKind, CodeMaps, Config, Form, Guide, LeftOut, Limits, OnInvalid, Partial, Terminators,
    TimeZone, fhir::Version,
};

use serde::{Serialize, Serializer};

use crate::{Ended, Failure, Verdict, complain};

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Arguments {
    /// Print the defaults as JSON, each with its reason; `translate --config` takes it back
    #[arg(long)]
    print_defaults: bool,
    /// Check a configuration
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Ended {
    if let Some(path) = &arguments.check {
        return Ok(match read(path) {
            Ok((_, partly)) => {
                for Partly { name, left_out } in partly {
                    let LeftOut { rows, line, column, .. } = left_out;
                    complain(&format!(
                        "{name}: {rows} rows do not say that two codes mean the same, and are not \
                         used; the first is at line {line}, column {column}"
                    ));
                }
                Verdict::Fine
            }
            Err(text) => {
                complain(&text);
                Verdict::Errors
            }
        });
    }
    let printed = Printed { reasons: Reasons, config: Config::default() };
    let text = serde_json::to_string_pretty(&printed);
    let text = text.map_err(|error| Failure::stdout(error.into()))?;
    writeln!(io::stdout(), "{text}").map_err(Failure::stdout)?;
    Ok(Verdict::Fine)
}

/// A configuration, and before it what each of its members decides and why.
#[derive(Serialize)]
struct Printed {
    #[serde(rename = "//")]
    reasons: Reasons,
    #[serde(flatten)]
    config: Config,
}

struct Reasons;

impl Serialize for Reasons {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let reasons = Config::MEMBERS.iter();
        to.collect_map(reasons.map(|(name, reason)| (name.replace('_', "-"), reason)))
    }
}

/// A map of which a part is not used.
pub(crate) struct Partly {
    pub(crate) name: String,
    pub(crate) left_out: LeftOut,
}

/// Reads a configuration, and the code maps that it names, from where it is.
fn read(path: &Path) -> Result<(Config, Vec<Partly>), String> {
    let name = path.display();
    let text = fs::read(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
    let config = serde_json::from_slice(&text);
    let mut config: Config =
        config.map_err(|error| format!("{name} is no configuration: {error}"))?;
    let mut partly = Vec::new();
    for file in config.code_maps.take_unread() {
        let file = path.parent().map_or_else(|| file.clone().into(), |dir| dir.join(&file));
        partly.extend(add_map(&mut config.code_maps, &file)?);
    }
    Ok((config, partly))
}

/// Adds a code map; gives what of it is not used.
fn add_map(maps: &mut CodeMaps, path: &Path) -> Result<Option<Partly>, String> {
    let (name, limits) = (path.display().to_string(), Limits::DEFAULT);
    let mut text = Vec::new();
    // One byte more than is allowed is enough to know.
    let most = u64::try_from(limits.message_bytes).unwrap_or(u64::MAX).saturating_add(1);
    fs::File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut text))
        .map_err(|error| format!("{name} cannot be read: {error}"))?;
    let left_out =
        maps.add(&text, &limits).map_err(|error| format!("{name} is no code map: {error}"))?;
    Ok((left_out.rows > 0).then_some(Partly { name, left_out }))
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
    /// One Bundle a message, as JSON or as XML, or one resource a line [default: bundle]
    #[arg(long, value_parser = choice(&["bundle", "ndjson", "xml"], Form::parse))]
    to: Option<Form>,
    /// The version of FHIR [default: r4]
    #[arg(long, value_parser = choice(&["r4", "r4b", "r5"], |text| text.parse::<Version>().ok()))]
    fhir: Option<Version>,
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
    /// What codes or units of the site are in systems that others know: a ConceptMap, or CSV; may be
    /// given again
    #[arg(long = "code-map", value_name = "FILE")]
    code_maps: Vec<PathBuf>,
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
    /// The configuration file, or the defaults, with what the options say; and the code maps of which
    /// a part is not used.
    pub(crate) fn config(&self) -> Result<(Config, Vec<Partly>), Failure> {
        let read = self.config.as_deref().map_or_else(|| Ok(Default::default()), read);
        let (mut config, mut partly) = read.map_err(Failure::Usage)?;
        for path in &self.code_maps {
            partly.extend(add_map(&mut config.code_maps, path).map_err(Failure::Usage)?);
        }
        set(&mut config.to, self.to);
        set(&mut config.fhir, self.fhir);
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
        Ok((config, partly))
    }
}

fn set<T>(value: &mut T, option: Option<T>) {
    if let Some(option) = option {
        *value = option;
    }
}

pub(crate) fn choice<T: Clone + Send + Sync + 'static>(
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
