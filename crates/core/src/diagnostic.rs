use core::fmt;

use crate::wire::{ParseError, Span};

/// How much a [`Diagnostic`] weighs. With `strict`, an error rejects its message.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "three are enough")]
pub enum Severity {
    /// Worth knowing; nothing is lost.
    Information,
    /// Something was tolerated, or is not in the output as it was sent.
    Warning,
    /// Something that was sent is not in the output, or may not mean what it says.
    Error,
}

impl Severity {
    /// As it is written: `information`, `warning`, `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Where in the terms of the specification: `PID-3`, `OBX[12]-5`, `2A35.flags`. Never content.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Place {
    /// A segment, record, characteristic or field of it.
    pub name: &'static str,
    /// Which of several, from 1; 0 where there is one.
    pub index: u32,
    /// The number of the field, from 1; 0 for the whole.
    pub field: u16,
}

impl Place {
    /// A place by name alone.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self { name, index: 0, field: 0 }
    }

    /// Field `field` of the `index`-th `name`.
    #[must_use]
    pub const fn field(name: &'static str, index: u32, field: u16) -> Self {
        Self { name, index, field }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if self.index > 0 {
            write!(f, "[{}]", self.index)?;
        }
        if self.field > 0 {
            write!(f, "-{}", self.field)?;
        }
        Ok(())
    }
}

/// Something that a reader of the output should know: a code, a weight and a place, never content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// Which.
    pub code: DiagnosticCode,
    /// Its weight: that of the code, unless said otherwise.
    pub severity: Severity,
    /// The bytes that it is about.
    pub span: Span,
    /// The same in the terms of the specification.
    pub place: Place,
}

impl Diagnostic {
    /// `code` with its own severity.
    #[must_use]
    pub const fn new(code: DiagnosticCode, span: Span, place: Place) -> Self {
        Self { code, severity: code.severity(), span, place }
    }

    /// A message that could not be read.
    #[must_use]
    pub fn rejected(error: &ParseError) -> Self {
        let code = match error.kind() {
            crate::wire::ErrorKind::Limit(_) => DiagnosticCode::LimitExceeded,
            _ => DiagnosticCode::Rejected,
        };
        Self::new(code, error.span(), Place::named(error.field()))
    }
}

macro_rules! registry {
    ($($(#[doc = $doc:literal])+ $name:ident $severity:ident,)*) => {
        /// Every diagnostic there is. The name is the code that users see.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum DiagnosticCode {
            $($(#[doc = $doc])+ $name,)*
        }

        impl DiagnosticCode {
            /// All, in the order of the registry.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as users see it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// How much it weighs.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc,)+).trim_ascii(),)* }
            }
        }
    };
}

impl DiagnosticCode {
    /// Whether it says that the bytes of its span are not in the output.
    #[must_use]
    pub const fn leaves_out(self) -> bool {
        self.leaves_out_all()
            || matches!(
                self,
                Self::Junk
                    | Self::Comment
                    | Self::SegmentOutsideMessage
                    | Self::MalformedSegment
                    | Self::SegmentNotMapped
                    | Self::FieldNotMapped
                    | Self::ComponentsIgnored
                    | Self::RepetitionsIgnored
                    | Self::ReservedBits
                    | Self::TrailingBytes
                    | Self::CodeNotMapped
                    | Self::CodeSystemUnknown
                    | Self::ValueInvalid
                    | Self::ValueSentinel
                    | Self::ValueNotRetransmitted
                    | Self::NoEvent
                    | Self::DescriptionRepeated
                    | Self::NotConverted
                    | Self::PanelIncomplete
                    | Self::Dropped
            )
    }

    /// Whether it says that nothing of its message is in the output.
    #[must_use]
    pub const fn leaves_out_all(self) -> bool {
        matches!(
            self,
            Self::Rejected
                | Self::LimitExceeded
                | Self::Replay
                | Self::Withheld
                | Self::NotXml
                | Self::Strict
        )
    }
}

registry! {
    // Framing and structure
    /// The message could not be read; nothing of it is in the output.
    Rejected Error,
    /// A limit is exceeded; the message is rejected.
    LimitExceeded Error,
    /// No protocol knows these bytes.
    FormatUnknown Error,
    /// The file cannot be read.
    FileUnreadable Error,
    /// The input holds several messages; each is translated by itself.
    SeveralMessages Information,
    /// Bytes outside any message.
    Junk Warning,
    /// Comment lines between messages.
    Comment Information,
    /// Segments before any message header; they are in no message.
    SegmentOutsideMessage Error,
    /// A file header inside a file, or a batch header inside a batch.
    EnvelopeRepeated Error,
    /// A batch or file without its header or its trailer.
    EnvelopeIncomplete Warning,
    /// A trailer states another number of messages or batches than there are.
    CountMismatch Error,
    /// Segments that continue another one (ADD), or another message (DSC), are joined to it.
    ContinuationJoined Information,
    /// A message that goes on in another one, which is not there, or is not the next.
    ContinuationMissing Error,
    /// Blanks between frames.
    FrameBlanks Information,
    /// A frame begins before the last one has ended; what came of that one is given up.
    FrameRestarted Error,
    /// The end byte of a frame is followed by LF instead of CR.
    FrameEndLineFeed Warning,
    /// The end byte of a frame is followed by the next frame instead of CR.
    FrameEndWithoutReturn Warning,
    /// An end byte inside a frame; it is data.
    FrameSeparatorInside Warning,
    /// A frame without a payload.
    FrameEmpty Warning,
    /// A byte order mark before the message.
    ByteOrderMark Information,
    /// Lines end with LF or CRLF instead of CR.
    LineTerminator Information,
    /// The last segment has no terminator.
    UnterminatedSegment Information,
    /// MSH-2 declares fewer than four characters; the defaults stand in.
    ShortEncodingCharacters Warning,
    /// MSH-2 declares a truncation character, which versions before 2.7 do not have; it is taken.
    TruncationCharacterEarly Information,
    /// A line that is no segment.
    MalformedSegment Error,
    /// A segment that is not mapped.
    SegmentNotMapped Warning,
    /// A field that is not mapped.
    FieldNotMapped Information,
    /// Components or subcomponents where the data type has none; the first is taken.
    ComponentsIgnored Warning,
    /// Repetitions where the target has one; the first is taken.
    RepetitionsIgnored Warning,
    /// A command to a device is no observation; it is refused.
    CommandRefused Error,
    /// An alert is not translated; it is refused.
    AlertRefused Error,
    /// A segment where its group does not allow it; it is mapped all the same.
    SegmentOutOfOrder Warning,
    /// An event that takes something back, or states a part; as an update it would say something else.
    EventRefused Error,
    /// The trigger event is read as ORU^R01, which it is not.
    TriggerNotMapped Warning,
    /// Bits that the specification reserves are set; they are ignored.
    ReservedBits Warning,
    /// A value that the specification reserves.
    ReservedValue Warning,
    /// Bytes after the end of the structure; they are ignored.
    TrailingBytes Warning,

    // Text
    /// An escape sequence that is not known; kept as sent.
    EscapeUnknown Warning,
    /// An escape character without its partner; kept as sent.
    EscapeUnterminated Warning,
    /// No character set is declared; the bytes are UTF-8.
    CharacterSetAssumed Information,
    /// The declared character set is not known; UTF-8, else Latin-1 stands in.
    CharacterSetUnknown Warning,
    /// Bytes that the character set does not allow are read as UTF-8 if they are, else as Latin-1; an
    /// error where the message declares that set.
    CharacterSetMismatch Warning,
    /// The declared character set is taken, though the bytes are UTF-8 as well.
    CharacterSetDoubtful Warning,
    /// Control characters that FHIR does not allow are left out.
    ControlCharacter Warning,

    // Values
    /// The type of the value is not known or not mapped; the value is kept as text.
    ValueTypeUnknown Warning,
    /// A value without a declared type is read as text.
    ValueTypeMissing Warning,
    /// A value that its declared type does not allow; kept as the text of the absence, unless it is to be
    /// bytes.
    ValueMalformed Warning,
    /// A number is written in a way that its type tolerates only in practice.
    NumberTolerated Information,
    /// A number of more than 18 digits; kept digit by digit.
    NumberLong Information,
    /// A value that its own status says not to be valid; it stands as the text of the absence.
    ValueInvalid Warning,
    /// A number that means "no measurement" in the device profile that is configured.
    ValueSentinel Information,
    /// Nothing says exactly how far the samples of a wave are apart.
    PeriodUnknown Warning,
    /// A status that the code table does not have.
    StatusUnknown Warning,
    /// No status was sent; it is unknown.
    StatusMissing Warning,
    /// A code that has no target; it is kept as text, or stands here.
    CodeNotMapped Information,
    /// A final result without a value would erase the value sent before; it is not written.
    ValueNotRetransmitted Error,
    /// No event bit is set, so that there is nothing to write.
    NoEvent Information,
    /// A unit that is not known to UCUM; kept as text.
    UnitUnknown Warning,
    /// The unit that the profile asks for cannot be reached exactly; the unit as sent stays.
    UnitInexact Information,
    /// A coding system that has no URI; its codes go out without one.
    CodeSystemUnknown Information,
    /// A code of IEEE 11073 that was sent by its reference id alone; its number is taken from there.
    CodeByReferenceId Information,
    /// The number and the reference id of a code of IEEE 11073 differ; the reference id is taken.
    CodeConflict Warning,
    /// A measured thing for which no table has a code; it goes out with its name.
    CodeUnknown Information,

    // Time
    /// A time is written in a way that its type tolerates only in practice.
    TimeTolerated Information,
    /// A time that cannot be read; kept as text.
    TimeMalformed Warning,
    /// A time without zone takes that of the message header.
    ZoneFromHeader Information,
    /// A time without any zone; it goes out to the day, and as sent.
    ZoneUnknown Warning,
    /// A local time that the zone skips or repeats; it goes out without zone.
    ZoneAmbiguous Warning,
    /// A time to the hour has no form in FHIR; it goes out to the day, and as sent.
    TimePrecision Information,
    /// Nothing says when it was measured.
    TimeUnknown Warning,
    /// A period that ends before it begins; its end stays as text, and says no time.
    PeriodReversed Warning,
    /// The time received stands in for the time of a live notification.
    TimeReceived Information,

    // Identity
    /// Nothing identifies the subject.
    SubjectUnidentified Warning,
    /// The same message again; it is not written again.
    Replay Information,
    /// Another message under the control id and time of an earlier one.
    ControlIdReused Warning,
    /// Two equal identities in one message; an ordinal tells them apart.
    IdentityRepeated Warning,
    /// One person or thing is described twice, differently, in one message; the first stands.
    DescriptionRepeated Warning,

    // Output
    /// The sender's coding is kept as text, for the resource does not meet the profile that it implies.
    ProfileNotMet Warning,
    /// The version of FHIR that is asked for does not have the element or its code; it is left out.
    NotConverted Warning,
    /// A corrected, deleted or withdrawn half of a panel without its partner; it is not written.
    PanelIncomplete Error,
    /// The resource breaks a rule of FHIR.
    Invalid Error,
    /// The message is withheld, for a resource of it is invalid.
    Withheld Error,
    /// The message is withheld, for a text of it has a character that XML cannot hold.
    NotXml Error,
    /// An invalid resource, or one that refers to it, is left out.
    Dropped Error,
    /// With `strict`, a diagnostic of class error rejects the message.
    Strict Error,
    /// A rejected message is kept as far as it was read.
    PartialKept Warning,
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn places_read_as_the_specification_writes_them() {
        assert_eq!(Place::field("OBX", 12, 5).to_string(), "OBX[12]-5");
        assert_eq!(Place::field("MSH", 0, 7).to_string(), "MSH-7");
        assert_eq!(Place::named("2A35.flags").to_string(), "2A35.flags");
    }

    #[test]
    fn every_code_has_one_name_and_a_meaning() {
        let mut names: alloc::vec::Vec<_> = DiagnosticCode::ALL.iter().map(|c| c.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), DiagnosticCode::ALL.len());
        assert!(DiagnosticCode::ALL.iter().all(|c| c.meaning().ends_with('.')));
    }
}
