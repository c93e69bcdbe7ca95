//! HL7 v2 §2.9: acknowledgements, in the original and in the enhanced mode.

use alloc::vec::Vec;
use core::fmt::Write;
use core::num::NonZeroU32;

use iomt_core::wire::{ErrorKind, ParseError};

use crate::encode::escape;
use crate::{Delimiters, Message, Path, Segment, frame};

/// What has become of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the three of table 0008")]
pub enum Disposition {
    /// It was taken.
    Accepted,
    /// It has an error; to send it again is of no use.
    Error,
    /// It was rejected for a reason that lies not in its content, or in MSH-9, MSH-11 or MSH-12.
    Rejected,
}

/// Table 0008: MSA-1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "all of table 0008")]
pub enum AckCode {
    /// Application accept, or original mode.
    AA,
    /// Application error.
    AE,
    /// Application reject.
    AR,
    /// Accept acknowledgement: commit accept. The message is safe.
    CA,
    /// Accept acknowledgement: commit error.
    CE,
    /// Accept acknowledgement: commit reject.
    CR,
}

impl AckCode {
    /// `AA` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AA => "AA",
            Self::AE => "AE",
            Self::AR => "AR",
            Self::CA => "CA",
            Self::CE => "CE",
            Self::CR => "CR",
        }
    }
}

/// Table 0155: when the sender wants an acknowledgement.
#[derive(Clone, Copy)]
enum Wanted {
    Always,
    Never,
    Failure,
    Success,
}

impl Wanted {
    /// `None` where the field says nothing, or nothing of table 0155.
    fn of(message: &Message<'_>, field: usize) -> Option<Self> {
        let field = message.field(b"MSH", field)?;
        match field.component(1)?.raw().trim_ascii() {
            b"AL" => Some(Self::Always),
            b"NE" => Some(Self::Never),
            b"ER" => Some(Self::Failure),
            b"SU" => Some(Self::Success),
            _ => None,
        }
    }

    fn holds(self, disposition: Disposition) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Failure => disposition != Disposition::Accepted,
            Self::Success => disposition == Disposition::Accepted,
        }
    }
}

impl Message<'_> {
    /// The code of the accept acknowledgement that the sender asks for: MSH-15. `None` in the
    /// original mode, where MSH-15 is empty, and where the sender wants none.
    #[must_use]
    pub fn accept_code(&self, disposition: Disposition) -> Option<AckCode> {
        Wanted::of(self, 15).filter(|wanted| wanted.holds(disposition)).map(|_| match disposition {
            Disposition::Accepted => AckCode::CA,
            Disposition::Error => AckCode::CE,
            Disposition::Rejected => AckCode::CR,
        })
    }

    /// The code of the application acknowledgement: in the original mode the only one, in the
    /// enhanced mode as MSH-16 asks. Where MSH-16 is empty it is wanted. `None` where it is not, and
    /// for a message that is an acknowledgement itself.
    #[must_use]
    pub fn application_code(&self, disposition: Disposition) -> Option<AckCode> {
        let own = self.component(b"MSH", 9, 1);
        if own.is_some_and(|code| code.raw() == b"ACK") {
            return None;
        }
        Wanted::of(self, 16).is_none_or(|wanted| wanted.holds(disposition)).then_some(
            match disposition {
                Disposition::Accepted => AckCode::AA,
                Disposition::Error => AckCode::AE,
                Disposition::Rejected => AckCode::AR,
            },
        )
    }

    /// The code of the first acknowledgement to send: the accept acknowledgement if one is asked
    /// for, else that of the application.
    #[must_use]
    pub fn ack_code(&self, disposition: Disposition) -> Option<AckCode> {
        self.accept_code(disposition).or_else(|| self.application_code(disposition))
    }
}

/// Table 0357: what was wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// 100
    SegmentSequence,
    /// 101
    RequiredFieldMissing,
    /// 102
    DataType,
    /// 103
    TableValueNotFound,
    /// 200
    UnsupportedMessageType,
    /// 201
    UnsupportedEventCode,
    /// 202
    UnsupportedProcessingId,
    /// 203
    UnsupportedVersionId,
    /// 204
    UnknownKeyIdentifier,
    /// 205
    DuplicateKeyIdentifier,
    /// 206
    ApplicationRecordLocked,
    /// 207
    ApplicationInternalError,
}

impl Fault {
    /// Its number and its name.
    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::SegmentSequence => ("100", "Segment sequence error"),
            Self::RequiredFieldMissing => ("101", "Required field missing"),
            Self::DataType => ("102", "Data type error"),
            Self::TableValueNotFound => ("103", "Table value not found"),
            Self::UnsupportedMessageType => ("200", "Unsupported message type"),
            Self::UnsupportedEventCode => ("201", "Unsupported event code"),
            Self::UnsupportedProcessingId => ("202", "Unsupported processing id"),
            Self::UnsupportedVersionId => ("203", "Unsupported version id"),
            Self::UnknownKeyIdentifier => ("204", "Unknown key identifier"),
            Self::DuplicateKeyIdentifier => ("205", "Duplicate key identifier"),
            Self::ApplicationRecordLocked => ("206", "Application record locked"),
            Self::ApplicationInternalError => ("207", "Application internal error"),
        }
    }
}

/// Table 0516: how bad it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "those of table 0516 that all versions have")]
pub enum FaultSeverity {
    /// `E`
    Error,
    /// `W`
    Warning,
    /// `I`
    Information,
}

/// An ERR segment. It has no content of the message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "ERR-2, ERR-3 and ERR-4")]
pub struct AckError {
    /// What was wrong.
    pub fault: Fault,
    /// Where; `None` if it is the whole message.
    pub location: Option<Path>,
    /// How bad it is.
    pub severity: FaultSeverity,
}

impl From<ParseError> for AckError {
    /// The error of a message that was not decoded: the offset is left out, a field is a location.
    fn from(error: ParseError) -> Self {
        let location = Path::parse(error.field()).ok();
        let fault = match error.kind() {
            ErrorKind::Missing if error.field() == "MSH" => Fault::SegmentSequence,
            ErrorKind::Missing | ErrorKind::Truncated { .. } => Fault::RequiredFieldMissing,
            ErrorKind::Unsupported(_) if error.field() == "MSH-9" => Fault::UnsupportedMessageType,
            ErrorKind::Malformed => Fault::DataType,
            _ => Fault::ApplicationInternalError,
        };
        Self { fault, location, severity: FaultSeverity::Error }
    }
}

/// An acknowledgement to be written.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "what an acknowledgement says")]
pub struct Ack<'t> {
    /// MSA-1.
    pub code: AckCode,
    /// MSH-10 of the acknowledgement, in ASCII.
    pub control_id: &'t str,
    /// MSH-7 of the acknowledgement, as DTM: `20261124080000+0100`.
    pub time: &'t str,
    /// From version 2.5 on an ERR segment each; before, the first one is MSA-3.
    pub errors: &'t [AckError],
}

impl core::fmt::Debug for Ack<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Ack({}, {} error(s))", self.code.as_str(), self.errors.len())
    }
}

impl Ack<'_> {
    /// Writes the acknowledgement of `message`: its delimiters, sender and receiver exchanged as a
    /// whole, its trigger, processing id, version and character set as they stand, and in MSA-2 its
    /// control id byte for byte. Each segment ends with CR.
    pub fn write(&self, message: &Message<'_>, out: &mut Vec<u8>) {
        if let Some(header) = message.line(0) {
            self.answer(
                &Request { header: Some(header), quoting: Quoting::Own },
                message.delimiters(),
                out,
            );
        }
    }

    /// Writes the acknowledgement of a message that was not read: with what its header, the first
    /// line after a byte order mark and blanks, does say. Where MSH-2 is none its parts are quoted
    /// in the default delimiters; where there is no header the answer names no message.
    ///
    /// ```
    /// use iomt_hl7v2::{Ack, AckCode, Index, Message};
    ///
    /// let bytes = b"MSH|??|LAB|H|||20261124||ORU^R01|4711|P|2.5.1\r";
    /// let error = Message::parse(bytes, &mut Index::new()).unwrap_err();
    /// let errors = [error.into()];
    /// let nak = Ack { code: AckCode::AR, control_id: "1", time: "20261124", errors: &errors };
    /// let mut out = Vec::new();
    /// nak.write_unread(bytes, &mut out);
    /// assert_eq!(out.split(|b| *b == b'\r').nth(1), Some(&b"MSA|AR|4711"[..]));
    /// ```
    pub fn write_unread(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let (start, line) = frame::first_line(bytes);
        let header = line.starts_with(b"MSH");
        let separator = line.get(3).filter(|b| header && b.is_ascii_punctuation());
        let (delimiters, quoting) = match (Delimiters::parse(line, start), separator) {
            (Ok((delimiters, _)), Some(_)) => (delimiters, Quoting::Own),
            (Err(_), Some(separator)) if !b"^~\\&".contains(separator) => {
                (Delimiters { field: *separator, ..Delimiters::DEFAULT }, Quoting::Fields)
            }
            _ => (Delimiters::DEFAULT, Quoting::Escaped),
        };
        let header = separator.map(|separator| {
            Segment::new(line, start, Delimiters { field: *separator, ..delimiters })
        });
        self.answer(&Request { header, quoting }, delimiters, out);
    }

    fn answer(&self, request: &Request<'_>, delimiters: Delimiters, out: &mut Vec<u8>) {
        let Delimiters { field, component, .. } = delimiters;
        let recent = request.is_recent();
        let fields: [Value<'_>; 18] = core::array::from_fn(|n| match n {
            0 => Value::Encoding,
            1 => Value::Echo(5),
            2 => Value::Echo(6),
            3 => Value::Echo(3),
            4 => Value::Echo(4),
            5 => Value::Text(self.time),
            7 => Value::Type,
            8 => Value::Text(self.control_id),
            9 => Value::EchoOr(11, "P"),
            10 => Value::EchoOr(12, "2.5.1"),
            16 => Value::Echo(18),
            _ => Value::Nothing,
        });
        out.extend_from_slice(b"MSH");
        let begins = out.len();
        for value in fields {
            out.push(field);
            match value {
                Value::Nothing => {}
                Value::Encoding => request.write_encoding(&delimiters, out),
                Value::Text(text) => escape(text.as_bytes(), &delimiters, out),
                Value::Echo(number) => request.write(number, &delimiters, out),
                Value::EchoOr(number, text) => {
                    let before = out.len();
                    request.write(number, &delimiters, out);
                    if out.len() == before {
                        out.extend_from_slice(text.as_bytes());
                    }
                }
                Value::Type => {
                    out.extend_from_slice(b"ACK");
                    if let Some(trigger) = request.trigger() {
                        out.push(component);
                        out.extend_from_slice(trigger);
                        out.push(component);
                        out.extend_from_slice(b"ACK");
                    }
                }
            }
        }
        trim(out, begins, field);
        out.extend_from_slice(b"\rMSA");
        out.push(field);
        out.extend_from_slice(self.code.as_str().as_bytes());
        out.push(field);
        request.write(10, &delimiters, out);
        if let (false, Some(error)) = (recent, self.errors.first()) {
            out.push(field);
            let (_, name) = error.fault.row();
            let mut text = alloc::string::String::from(name);
            if let Some(location) = error.location {
                // Writing to a String does not fail.
                let _ = write!(text, ": {location}");
            }
            escape(text.as_bytes(), &delimiters, out);
        }
        out.push(b'\r');
        for error in self.errors.iter().filter(|_| recent) {
            error.write(&delimiters, out);
        }
    }
}

/// What stands in a field of the header.
enum Value<'t> {
    Nothing,
    Encoding,
    Text(&'t str),
    /// This field of the request.
    Echo(usize),
    EchoOr(usize, &'t str),
    Type,
}

/// Takes the separators at the end of `out` away, but not before `begins`.
fn trim(out: &mut Vec<u8>, begins: usize, separator: u8) {
    while out.len() > begins && out.last() == Some(&separator) {
        out.pop();
    }
}

/// How fields of the request stand in the answer.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Quoting {
    /// As they are: its delimiters are those of the answer.
    Own,
    /// As they are, whatever their parts: only MSH-1 is that of the answer.
    Fields,
    /// Escaped.
    Escaped,
}

/// The message that is acknowledged.
struct Request<'a> {
    header: Option<Segment<'a>>,
    quoting: Quoting,
}

impl<'a> Request<'a> {
    fn raw(&self, number: usize) -> &'a [u8] {
        let field = self.header.and_then(|header| header.field(number));
        field.map_or(&[], |field| field.raw())
    }

    /// Writes a field as it stands, or so that it is read as it stands. What would end the line or
    /// the frame of the answer is always escaped.
    fn write(&self, number: usize, delimiters: &Delimiters, out: &mut Vec<u8>) {
        for byte in self.raw(number) {
            let quoted: &[u8] = match *byte {
                frame::FS => b"X1C",
                frame::VT => b"X0B",
                b'\n' => b"X0A",
                // No field has one: it ends the segment in any case. Should that change, no answer
                // is to be cut in two.
                b'\r' => b"X0D",
                plain if self.quoting == Quoting::Escaped => {
                    escape(&[plain], delimiters, out);
                    continue;
                }
                plain => {
                    out.push(plain);
                    continue;
                }
            };
            out.push(delimiters.escape);
            out.extend_from_slice(quoted);
            out.push(delimiters.escape);
        }
    }

    fn write_encoding(&self, delimiters: &Delimiters, out: &mut Vec<u8>) {
        let Delimiters { component, repetition, escape, subcomponent, .. } = *delimiters;
        if self.quoting == Quoting::Own {
            out.extend_from_slice(self.raw(2));
        } else {
            out.extend_from_slice(&[component, repetition, escape, subcomponent]);
        }
    }

    /// MSH-9.2.
    fn trigger(&self) -> Option<&'a [u8]> {
        let header = self.header.filter(|_| self.quoting == Quoting::Own)?;
        Some(header.field(9)?.component(2)?.raw()).filter(|raw| !raw.is_empty())
    }

    /// Whether ERR has its form of version 2.5 and later. A header without a version is answered in
    /// one that has.
    fn is_recent(&self) -> bool {
        let version = match self.raw(12) {
            [] => return true,
            version => version,
        };
        let digit = |b: Option<&u8>| b.filter(|b| b.is_ascii_digit()).map(|b| b.wrapping_sub(b'0'));
        match version.trim_ascii_start().strip_prefix(b"2.") {
            Some(minor) => {
                digit(minor.get(1)).is_some() || digit(minor.first()).is_some_and(|n| n >= 5)
            }
            None => false,
        }
    }
}

impl AckError {
    /// ERR-2, ERR-3 and ERR-4.
    fn write(&self, delimiters: &Delimiters, out: &mut Vec<u8>) {
        let Delimiters { field, component, .. } = *delimiters;
        out.extend_from_slice(b"ERR");
        out.extend_from_slice(&[field, field]);
        if let Some(Path { segment, number, field, repetition, component: part, subcomponent }) =
            self.location
        {
            out.extend_from_slice(&segment);
            let one = Some(NonZeroU32::MIN);
            let parts = [
                number.or(one),
                field,
                repetition.or(one.filter(|_| field.is_some())),
                part,
                subcomponent,
            ];
            let begins = out.len();
            for part in parts {
                out.push(component);
                if let Some(part) = part {
                    out.extend_from_slice(alloc::format!("{part}").as_bytes());
                }
            }
            trim(out, begins, component);
        }
        let (number, name) = self.fault.row();
        out.push(field);
        out.extend_from_slice(number.as_bytes());
        out.push(component);
        escape(name.as_bytes(), delimiters, out);
        out.push(component);
        out.extend_from_slice(b"HL70357");
        out.push(field);
        out.push(match self.severity {
            FaultSeverity::Error => b'E',
            FaultSeverity::Warning => b'W',
            FaultSeverity::Information => b'I',
        });
        out.push(b'\r');
    }
}

#[cfg(test)]
mod tests;
