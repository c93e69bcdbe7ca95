use alloc::boxed::Box;
use core::fmt;

use crate::model::DateTime;
use crate::sink::{Outcome, Sink};
use crate::{Limits, Parts, wire::ParseError};

/// What a transport delivers. Borrowed; a decoder keeps nothing of it that it does not copy.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Input<'a> {
    /// When it was received, if the caller knows: there is no clock in here.
    pub at: Option<DateTime>,
    /// How the transport names the sending device (address, port, serial number), if it does.
    pub peer: Option<&'a str>,
    /// The bytes.
    pub payload: Payload<'a>,
}

impl<'a> Input<'a> {
    /// A payload of which nothing else is known.
    #[must_use]
    pub const fn new(payload: Payload<'a>) -> Self {
        Self { at: None, peer: None, payload }
    }

    /// A whole file, datagram or message.
    #[must_use]
    pub const fn message(bytes: &'a [u8]) -> Self {
        Self::new(Payload::Message(bytes))
    }

    /// A notification, indication or read of a characteristic with a 16-bit assigned number.
    #[must_use]
    pub const fn characteristic(uuid: u16, value: &'a [u8]) -> Self {
        Self::new(Payload::Characteristic { uuid, value })
    }

    /// The same, received at `at`.
    #[must_use]
    pub const fn received(mut self, at: DateTime) -> Self {
        self.at = Some(at);
        self
    }

    /// The same, from the device that the transport names `peer`.
    #[must_use]
    pub const fn from_peer(mut self, peer: &'a str) -> Self {
        self.peer = Some(peer);
        self
    }
}

/// The kinds of input.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// A whole file, datagram or message.
    Message(&'a [u8]),
    /// Some bytes of a stream, cut anywhere.
    Stream(&'a [u8]),
    /// Some bytes of a file, cut anywhere; [`Closed`](Self::Closed) is its end. It gives what the whole
    /// file gives as a [`Message`](Self::Message).
    Piece(&'a [u8]),
    /// The value of a GATT characteristic.
    Characteristic {
        /// The assigned number; 128-bit UUIDs on the Bluetooth base shorten to it.
        uuid: u16,
        /// The value.
        value: &'a [u8],
    },
    /// Time has passed: the caller's clock.
    Timeout,
    /// The connection, session or file has ended.
    Closed,
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(bytes) => write!(f, "Message({} byte(s))", bytes.len()),
            Self::Stream(bytes) => write!(f, "Stream({} byte(s))", bytes.len()),
            Self::Piece(bytes) => write!(f, "Piece({} byte(s))", bytes.len()),
            Self::Characteristic { uuid, value } => {
                write!(f, "Characteristic({uuid:#06x}, {} byte(s))", value.len())
            }
            Self::Timeout => f.write_str("Timeout"),
            Self::Closed => f.write_str("Closed"),
        }
    }
}

/// The one trait of a protocol: bytes in, facts out. One value is one connection, device session
/// or file. No I/O and no clock.
pub trait Decoder {
    /// Takes the next input and hands its facts to `sink`, in the order of the message.
    ///
    /// # Errors
    /// The first message of the input that could not be read. It has ended `Rejected`, its siblings
    /// have not, and the decoder is ready for the next input.
    fn push(&mut self, input: Input<'_>, sink: &mut dyn Sink) -> Result<(), ParseError>;

    /// Bytes to send now. Those that promise custody wait for [`settle`](Self::settle).
    fn transmit(&mut self) -> Option<&[u8]> {
        None
    }

    /// The caller has stored, or refused, every message ended so far.
    fn settle(&mut self, _outcome: Outcome) {}
}

/// What a decoder is told when it is made.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// What an input may cost.
    pub limits: Limits,
    /// HL7 v2: what ends a segment.
    pub terminators: Terminators,
    /// HL7 v2: join ADD and DSC to what they continue.
    pub continuations: bool,
}

/// What ends a segment of HL7 v2, or a line of a file alike.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there are two bytes")]
pub enum Terminators {
    /// CR; LF where the header ends with it, or where a segment begins after it.
    #[default]
    Auto,
    /// CR alone: LF is data, but for one after CR.
    Cr,
    /// Each CR and each LF.
    Lf,
}

impl Terminators {
    /// As it is written: `auto`, `cr`, `lf`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cr => "cr",
            Self::Lf => "lf",
        }
    }

    /// What is written so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Auto, Self::Cr, Self::Lf].into_iter().find(|choice| choice.as_str() == text)
    }
}

impl Options {
    /// With these limits.
    #[must_use]
    pub const fn with_limits(limits: Limits) -> Self {
        Self { limits, terminators: Terminators::Auto, continuations: false }
    }
}

/// Which kinds of payload a protocol takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new kind must stop every caller")]
pub enum Inputs {
    /// [`Payload::Message`]
    Messages,
    /// [`Payload::Characteristic`]
    Characteristics,
}

/// What a protocol was proven on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new kind must stop every caller")]
pub enum Evidence {
    /// Public captures of real devices or senders.
    Captures,
    /// The text of the standard, and vectors written from it.
    Specification,
}

/// How sure a protocol is that bytes are its own.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "an order of three")]
pub enum Confidence {
    /// They are not.
    No,
    /// They may be.
    Maybe,
    /// They are.
    Yes,
}

/// A row of the registry.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Protocol {
    /// The feature, the crate's suffix, and the folder under `tests/vectors`.
    pub name: &'static str,
    /// What the decoder was written against, with the edition.
    pub specs: &'static [&'static str],
    /// What it was proven on.
    pub evidence: Evidence,
    /// What it takes.
    pub inputs: Inputs,
    /// Looks at the first bytes of a file.
    pub detect: fn(&[u8]) -> Confidence,
    /// A decoder in its initial state.
    pub decoder: fn(&Options) -> Box<dyn Decoder + Send>,
    /// Gives the parts of a file, where the protocol can account for them.
    pub parts: Option<Parts>,
}

impl Protocol {
    /// A row.
    #[must_use]
    pub const fn new(
        name: &'static str,
        specs: &'static [&'static str],
        evidence: Evidence,
        inputs: Inputs,
        detect: fn(&[u8]) -> Confidence,
        decoder: fn(&Options) -> Box<dyn Decoder + Send>,
    ) -> Self {
        Self { name, specs, evidence, inputs, detect, decoder, parts: None }
    }

    /// The same, which accounts for the parts of an input.
    #[must_use]
    pub const fn with_parts(mut self, parts: Parts) -> Self {
        self.parts = Some(parts);
        self
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protocol").field("name", &self.name).finish_non_exhaustive()
    }
}
