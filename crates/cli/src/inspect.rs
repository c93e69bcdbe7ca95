//! `iomt inspect`: what a file says, with its content. It is the user's own terminal.

mod leaves;
mod tree;

use std::{
    collections::HashMap,
    env,
    fmt::{self, Write as _},
    io::{self, BufWriter, IsTerminal, Write},
    path::PathBuf,
};

use iomt::{
    Decoder, Diagnostic, DiagnosticCode, Input, Inputs, Limits, Options, Place, Protocol, Sink,
    hl7v2::{self, Between, Charset, Index, Messages, TextCodec},
    model::{CodeSystem, Concept, Decimal, Device, Measurement, Patient, Text, Value},
    readings::Readings,
    wire::{ErrorKind, ParseError, Span},
};

use crate::{
    Ended, Failure, Verdict,
    config::Lines,
    diagnostics::{Reporter, Style},
    formats::Format,
    input,
    progress::Progress,
};
use tree::{Tree, as_sent};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A file; `-`, or none at all, is standard input
    #[arg(value_name = "FILE|-")]
    file: Option<PathBuf>,
    /// Its format
    #[arg(long, value_parser = Format::parser(), default_value = "auto")]
    format: Format,
    /// HL7 v2: write every value, `PID[1]-3[1].1.1`, a tabulator and its text, a line each
    #[arg(long)]
    leaves: bool,
    #[command(flatten)]
    lines: Lines,
}

pub(crate) fn run(arguments: &Arguments) -> Ended {
    let mut reporter = Reporter::new(Style::Text, false, Progress::NONE);
    // https://no-color.org
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let form = match arguments.leaves {
        true => Form::Leaves,
        false if io::stdout().is_terminal() && !plain => Form::Tree(COLOURED),
        false => Form::Tree(PLAIN),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    for input in input::expand(arguments.file.as_slice()) {
        let mut report = |code, span, place, why: Option<&io::Error>| {
            reporter.report(&input.name, 0, &Diagnostic::new(code, span, place), why);
        };
        let place = Place::named("file");
        match input.read() {
            Err(error) => {
                report(DiagnosticCode::FileUnreadable, Span::NONE, place, Some(&error));
            }
            Ok(None) => report(DiagnosticCode::LimitExceeded, Span::NONE, place, None),
            Ok(Some(bytes)) => match arguments.format.of(&bytes) {
                None => report(DiagnosticCode::FormatUnknown, Span::new(0, 0), place, None),
                Some(protocol) => {
                    let mut rejected = |message, error: &ParseError| {
                        reporter.report(&input.name, message, &Diagnostic::rejected(error), None);
                    };
                    let shown = match protocol.inputs {
                        Inputs::Messages => {
                            messages(&bytes, form, &arguments.lines, &mut out, &mut rejected)
                        }
                        Inputs::Characteristics if arguments.leaves => {
                            rejected(0, &ParseError::new(ErrorKind::WrongInput, "input", 0));
                            Ok(())
                        }
                        Inputs::Characteristics => {
                            readings(protocol, &bytes, &mut out, &mut rejected)
                        }
                    };
                    shown.map_err(Failure::stdout)?;
                }
            },
        }
        out.flush().map_err(Failure::stdout)?;
        reporter.flush();
    }
    Ok(if reporter.errors { Verdict::Errors } else { Verdict::Fine })
}

/// How messages are shown.
#[derive(Clone, Copy)]
enum Form {
    Tree(Colours),
    Leaves,
}

/// What is written before an offset, before a path, and after each.
type Colours = [&'static str; 3];

const PLAIN: Colours = [""; 3];
/// Dim, and cyan.
const COLOURED: Colours = ["\x1b[2m", "\x1b[36m", "\x1b[0m"];

/// HL7 v2: every message of the file. A frame that is cut short is shown as far as it goes.
fn messages(
    bytes: &[u8],
    form: Form,
    lines: &Lines,
    out: &mut impl Write,
    rejected: &mut dyn FnMut(u64, &ParseError),
) -> io::Result<()> {
    let terminators = lines.terminators.unwrap_or_default();
    let mut joined = Vec::new();
    let bytes = if lines.continuations {
        hl7v2::join(bytes, terminators, &mut joined, |_| {});
        &joined
    } else {
        bytes
    };
    let (mut index, mut second) = (Index::new(), Index::new());
    let mut messages = Messages::new(bytes).terminated(terminators);
    let mut ahead = messages.clone();
    let several = std::iter::from_fn(|| ahead.next(&mut second, |_| {}).map(drop)).nth(1).is_some();
    let mut around = Vec::new();
    loop {
        let entry = messages.next(&mut index, |between| around.extend(envelope(between)));
        if let Form::Tree(colours) = form {
            for segment in around.drain(..) {
                let codec = TextCodec { delimiters: segment.delimiters(), charset: Charset::Utf8 };
                let name = String::from_utf8_lossy(segment.id());
                Tree { codec: as_sent(codec), start: 0, colours }.segment(&segment, &name, out)?;
            }
        }
        let Some(entry) = entry else { break };
        let number = messages.position().total;
        let start = usize::try_from(entry.span.offset).unwrap_or(usize::MAX);
        if let Err(error) = &entry.message {
            rejected(number, error);
        }
        let (message, start) = match entry.message {
            Ok(message) => (message, 0),
            // What is cut short is read by itself.
            Err(error) if error.field() == "frame" => {
                let mut alone = Messages::new(entry.raw).terminated(terminators);
                match alone.next(&mut second, |_| {}).map(|entry| entry.message) {
                    Some(Ok(message)) => (message, start),
                    _ => continue,
                }
            }
            Err(_) => continue,
        };
        match form {
            Form::Leaves => leaves::write(&message, several.then_some(number), out)?,
            Form::Tree(colours) => {
                let tree = Tree { codec: as_sent(message.codec()), start, colours };
                tree.message(&message, number, out)?;
            }
        }
    }
    if messages.position().total == 0 {
        rejected(0, &ParseError::new(ErrorKind::Missing, "MSH", 0));
    }
    Ok(())
}

/// A segment that stands around messages.
fn envelope(between: Between<'_>) -> Option<hl7v2::Segment<'_>> {
    match between {
        Between::Envelope(segment) => Some(segment),
        _ => None,
    }
}

/// Text for a terminal: what controls it, or turns the order of characters, is escaped.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| {
            let turns = matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
            if c.is_control() || turns {
                write!(f, "{}", c.escape_default())
            } else {
                f.write_char(c)
            }
        })
    }
}

/// JSON Lines of readings: the facts of each.
fn readings(
    protocol: &Protocol,
    bytes: &[u8],
    out: &mut impl Write,
    rejected: &mut dyn FnMut(u64, &ParseError),
) -> io::Result<()> {
    let mut devices: HashMap<String, Box<dyn Decoder + Send>> = HashMap::new();
    let mut lines = Readings::new(bytes, Limits::DEFAULT);
    while let Some((line, reading)) = lines.read_next() {
        let reading = match reading {
            Ok(reading) => reading,
            Err(error) => {
                rejected(line.number, &error);
                continue;
            }
        };
        let (number, offset, len) = (line.number, line.offset, reading.value.len());
        let device = reading.device.as_deref().unwrap_or_default();
        let name = if device.is_empty() { "" } else { " of " };
        let shown = Shown(device);
        let uuid = reading.characteristic;
        writeln!(out, "reading {number} at {offset}: {uuid:04X}{name}{shown}, {len} bytes")?;
        if devices.len() > Limits::DEFAULT.sessions {
            devices.clear();
        }
        let decoder =
            devices.entry(device.into()).or_insert_with(|| (protocol.decoder)(&Options::default()));
        let mut facts = Facts { text: String::new(), value: reading.value_offset };
        let mut input = Input::characteristic(reading.characteristic, reading.value);
        (input.at, input.peer) = (reading.at, reading.device.as_deref());
        if let Err(error) = decoder.push(input, &mut facts) {
            rejected(line.number, &error);
        }
        out.write_all(facts.text.as_bytes())?;
    }
    Ok(())
}

/// Writes facts: where they stand in the file, and what they are.
struct Facts {
    text: String,
    /// Where the digits of the value begin.
    value: usize,
}

impl Facts {
    fn fact(&mut self, span: Span, fact: fmt::Arguments<'_>) {
        // Two digits a byte. Writing to a String does not fail.
        let _ = match usize::try_from(span.offset) {
            Ok(offset) if span.is_some() => {
                let offset = self.value.saturating_add(offset.saturating_mul(2));
                writeln!(self.text, "{offset:>8}  {fact}")
            }
            _ => writeln!(self.text, "{:>8}  {fact}", "-"),
        };
    }
}

impl Sink for Facts {
    fn patient(&mut self, patient: &Patient<'_>) {
        self.fact(patient.span, format_args!("patient"));
    }

    fn device(&mut self, device: &Device<'_>) {
        let kind = Name(&device.kind).to_string();
        self.fact(device.span, format_args!("{}", format!("device {kind}").trim_end()));
    }

    fn measurement(&mut self, measurement: &Measurement<'_>) {
        let (code, value) = (Name(&measurement.code), &measurement.value);
        self.fact(measurement.span, format_args!("{code} {}", Kind(value)));
        if let Value::Compound(components) = value {
            for component in *components {
                let (code, value) = (Name(&component.code), Kind(&component.value));
                self.fact(span_of(&component.value), format_args!("  {code} {value}"));
            }
        }
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        let Diagnostic { code, severity, place, .. } = diagnostic;
        let (code, severity) = (code.name(), severity.as_str());
        self.fact(diagnostic.span, format_args!("{severity} {code} {place}"));
    }
}

/// A concept by its first code.
struct Name<'a>(&'a Concept<'a>);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(coding) = self.0.codings.iter().flatten().next() else {
            return self.0.text.map_or(Ok(()), |text| write_text(f, text));
        };
        match coding.system {
            CodeSystem::Mdc => f.write_str("MDC ")?,
            CodeSystem::Loinc => f.write_str("LOINC ")?,
            CodeSystem::SnomedCt => f.write_str("SNOMED CT ")?,
            CodeSystem::Ucum => f.write_str("UCUM ")?,
            CodeSystem::Hl7Table(table) => write!(f, "HL7{table:04} ")?,
            CodeSystem::Named(text) => {
                write_text(f, text)?;
                f.write_char(' ')?;
            }
            CodeSystem::Unknown => {}
        }
        let mut code = String::new();
        coding.code.write(&mut code)?;
        write!(f, "{}", Shown(&code))
    }
}

/// The kind of a value, and a number.
struct Kind<'a>(&'a Value<'a>);

impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Value::Absent(absent) => return write!(f, "absent ({:?})", absent.reason),
            Value::Bits(bits) => return write!(f, "bits {:#b}", bits.set),
            Value::Quantity(quantity) => {
                f.write_str("quantity ")?;
                match quantity.value {
                    Decimal::Scaled(number) => write!(f, "{number}")?,
                    Decimal::Lexical(text) => write_text(f, text)?,
                }
                let unit = quantity.unit.ucum.or(quantity.unit.text);
                return unit.map_or(Ok(()), |unit| {
                    f.write_char(' ')?;
                    write_text(f, unit)
                });
            }
            Value::Attachment(_) => "attachment",
            Value::Compound(_) => "compound",
            Value::Concept(_) => "concept",
            Value::Period(..) => "period",
            Value::Range(..) => "range",
            Value::Ratio(..) => "ratio",
            Value::Samples(_) => "samples",
            Value::Text(_) => "text",
            Value::Time(_) => "time",
            Value::TimeOfDay(..) => "time of day",
        })
    }
}

fn span_of(value: &Value<'_>) -> Span {
    match value {
        Value::Absent(absent) => absent.span,
        Value::Quantity(quantity) => quantity.span,
        Value::Concept(concept) => concept.span,
        Value::Attachment(attachment) => attachment.span,
        Value::Bits(_)
        | Value::Compound(_)
        | Value::Period(..)
        | Value::Range(..)
        | Value::Ratio(..)
        | Value::Samples(_)
        | Value::Text(_)
        | Value::Time(_)
        | Value::TimeOfDay(..) => Span::NONE,
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, text: Text<'_>) -> fmt::Result {
    let mut decoded = String::new();
    text.write(&mut decoded)?;
    write!(f, "{}", Shown(&decoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_around_offsets_and_paths() {
        let text = b"MSH|^~\\&|A\rPID|\x1b[31m\r";
        let shown = |colours| {
            let mut out = Vec::new();
            let lines = Lines { terminators: None, continuations: false };
            messages(text, Form::Tree(colours), &lines, &mut out, &mut |_, _| panic!("it is read"))
                .unwrap();
            String::from_utf8(out).unwrap()
        };
        let (plain, coloured) = (shown(PLAIN), shown(COLOURED));
        let line = "\x1b[2m      15\x1b[0m    \x1b[36mPID-1\x1b[0m  \\u{1b}[31m";
        assert_eq!(coloured.lines().last(), Some(line));
        assert!(!plain.contains('\x1b'));
        let stripped = COLOURED.iter().fold(coloured, |text, colour| text.replace(colour, ""));
        assert_eq!(stripped, plain);
    }
}
