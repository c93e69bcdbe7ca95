use super::{Authority, Concept, Message, Organization, Text};
use crate::wire::Span;

/// What a message says of where it comes from and goes to, and of what its data are.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Header<'a> {
    /// What it says of itself.
    pub message: Message<'a>,
    /// What has happened, HL7 table 0003: MSH-9.2.
    pub event: Option<Text<'a>>,
    /// The receiving application: MSH-5.
    pub receiving_application: Authority<'a>,
    /// The receiving facility: MSH-6.
    pub receiving_facility: Authority<'a>,
    /// Who may see it, in words: MSH-8.
    pub security: Option<Text<'a>>,
    /// Whether its data are real, HL7 table 0103: MSH-11.1.
    pub processing: Option<Text<'a>>,
    /// Whether they are current, HL7 table 0207: MSH-11.2.
    pub processing_mode: Option<Text<'a>>,
    /// The language of its texts: MSH-19.
    pub language: Option<Text<'a>>,
    /// Who is responsible for what is sent: MSH-22.
    pub responsible: Option<Organization<'a>>,
    /// Who is responsible for what is received: MSH-23.
    pub receiver: Option<Organization<'a>>,
    /// The address in the network that it comes from: MSH-24.
    pub source: Authority<'a>,
    /// The address in the network that it goes to: MSH-25.
    pub destination: Authority<'a>,
    /// Who may see it, HL7 table 0952: MSH-26.
    pub classification: Concept<'a>,
    /// How it is to be handled, HL7 table 0953: MSH-27.
    pub handling: &'a [Concept<'a>],
    /// The software of the sender.
    pub software: &'a [Software<'a>],
}

impl<'a> Header<'a> {
    /// That of a message of which nothing else is known.
    #[must_use]
    pub const fn new(message: Message<'a>) -> Self {
        Self {
            message,
            event: None,
            receiving_application: Authority::NONE,
            receiving_facility: Authority::NONE,
            security: None,
            processing: None,
            processing_mode: None,
            language: None,
            responsible: None,
            receiver: None,
            source: Authority::NONE,
            destination: Authority::NONE,
            classification: Concept::EMPTY,
            handling: &[],
            software: &[],
        }
    }
}

/// Software that a message was made with: SFT.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Software<'a> {
    /// Who makes it, by name, else by number: SFT-1.
    pub manufacturer: Option<Text<'a>>,
    /// Its version: SFT-2.
    pub version: Option<Text<'a>>,
    /// What it is called: SFT-3.
    pub name: Option<Text<'a>>,
    /// What tells this build from others: SFT-4.
    pub build: Option<Text<'a>>,
    /// More about it: SFT-5.
    pub note: Option<Text<'a>>,
    /// The bytes.
    pub span: Span,
}
