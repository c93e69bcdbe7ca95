//! What a site may decide. Every default has its reason beside it.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use iomt_core::Terminators;
use iomt_core::model::{DateTime, Zone};
use iomt_core::wire::{Number, Scaled, number};

use crate::code_maps::CodeMaps;
use crate::version::Version;

macro_rules! config {
    ($($(#[doc = $doc:literal])+ $(#[serde($attribute:meta)])? $name:ident: $type:ty = $default:expr,)*) => {
        /// How facts become resources, and resources output. Reads and writes as JSON, where a member
        /// `//` is a remark.
        #[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        #[non_exhaustive]
        pub struct Config {
            $($(#[doc = $doc])+ $(#[serde($attribute)])? pub $name: $type,)*
            #[serde(rename = "//", skip_serializing)]
            remark: IgnoredAny,
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: $default,)* remark: IgnoredAny }
            }
        }

        impl Config {
            /// Its members, in their order: the name in Rust, and what it decides, with the reason of
            /// its default.
            pub const MEMBERS: &'static [(&'static str, &'static str)] =
                &[$((stringify!($name), concat!($($doc,)+).trim_ascii()),)*];
        }
    };
}

config! {
    /// `bundle` (default: one document a message, which a server takes whole or not at all), the
    /// same as `xml`, or `ndjson`.
    to: Form = Form::Bundle,
    /// The version of FHIR: `r4` (default: what most servers speak), `r4b` or `r5`.
    fhir: Version = Version::R4,
    /// `transaction` (default: a message is stored whole or not at all), `batch`, `collection` or
    /// `message`: a MessageHeader, and what it is about.
    bundle: BundleKind = BundleKind::Transaction,
    /// Check every resource before it leaves. Default: on, for what is not valid is not FHIR.
    validate: bool = true,
    /// What becomes of an invalid resource: `withhold` its message (default, for half a message may
    /// say another thing), `drop` the resource and what refers to it, or only `warn`.
    on_invalid: OnInvalid = OnInvalid::Withhold,
    /// A diagnostic of class error rejects its message. Default: off, for real senders err.
    strict: bool = false,
    /// What becomes of a message that cannot be read to its end: `reject` (default, for half a message
    /// may say another thing) or `keep` what was read.
    partial: Partial = Partial::Reject,
    /// Implementation guide that resources are to claim where they meet it: `pocd`. Default: none, for
    /// a server need not know it.
    profile: Option<Guide> = None,
    /// Reference of the subject where the input names none: `Patient/123`. Default: none, for nobody
    /// is the subject until somebody says so.
    subject: Option<String> = None,
    /// Reference of the device where the input names none: `Device/123`. Default: none, for the same
    /// reason.
    device: Option<String> = None,
    /// References of the persons that a device tells apart by a number. Default: none, for who they are
    /// is known at the site alone.
    persons: BTreeMap<u8, String> = BTreeMap::new(),
    /// HL7 v2: what ends a segment: `auto` (default: CR, and LF where it cannot be data), `cr` (LF is
    /// data) or `lf` (each of them).
    #[serde(with = "terminators")]
    terminators: Terminators = Terminators::Auto,
    /// HL7 v2: join what ADD and DSC continue. Default: off, for a sender may mean another thing by
    /// these ids.
    continuations: bool = false,
    /// Zone of times that have none: `+01:00` or `Europe/Berlin`. Default: none, for a zone that
    /// is guessed is a wrong time.
    timezone: Option<TimeZone> = None,
    /// Name of this feed, gateway or site. It becomes part of every identity that rests on a local
    /// name alone, so that equal names of two sites stay two. Default: empty, which is enough for one.
    source: String = String::new(),
    /// Take the time of the message where nothing says when something was measured. Default: off,
    /// for that is when it was sent.
    message_time: bool = false,
    /// How results are written to a server: `put` (default: a correction replaces) or `post`.
    results: Results = Results::Put,
    /// A Provenance for every message that has an identifier. Default: on, for one should see where a
    /// fact came from.
    provenance: bool = true,
    /// System of the identifiers of an assigning authority, by its namespace: `HOSP` →
    /// `http://hospital.example/mrn`. `SSN` is the number in PID-19, of which the standard does not say
    /// whose it is. Default: none, for a local name says nothing outside; an identifier without a system
    /// gets one of ours beside it.
    identifier_systems: BTreeMap<String, String> = BTreeMap::new(),
    /// URI of a coding system by its name in messages: `L` → `http://hospital.example/codes`. Default:
    /// none but those that the standard has, for `L` means another thing at each site.
    code_systems: BTreeMap<String, String> = BTreeMap::new(),
    /// What codes and units of the site are in systems that others know: a ConceptMap of FHIR R4 each,
    /// or the name of a file with one, or with CSV. Default: none, for what a site means by its own
    /// codes is known there alone.
    code_maps: CodeMaps = CodeMaps::new(),
    /// Numbers by which devices say that there is no measurement, by the name of a device profile
    /// of the site: `{"old-monitor": {"application": "MON", "values": ["-100"]}}`. Default: none,
    /// for every number that can be sent can be measured somewhere.
    sentinels: BTreeMap<String, SentinelProfile> = BTreeMap::new(),
    /// Observation status for codes of HL7 table 0085 (OBX-11) that a site uses in its own way: `R` →
    /// `final`. Default: none, and the map of the v2-to-FHIR guide; `R`, which it lacks, is
    /// `preliminary`, for it says that nobody has verified the result.
    observation_status: BTreeMap<String, ObservationStatus> = BTreeMap::new(),
}

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
        #[expect(clippy::exhaustive_enums, reason = "a new choice must stop every mapping")]
        pub enum $name { $($(#[$case_doc])* #[serde(rename = $text)] $case,)* }

        impl $name {
            /// As it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$case => $text,)* }
            }

            /// What is written so.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$case),)* _ => None }
            }
        }
    )*};
}

choices! {
    /// The form of the output.
    Form {
        /// One Bundle a message.
        Bundle = "bundle",
        /// One resource a line; references are `Type/id`.
        Ndjson = "ndjson",
        /// One Bundle a message, as XML.
        Xml = "xml",
    }
    /// The type of a Bundle.
    BundleKind {
        /// All or nothing.
        Transaction = "transaction",
        /// Each by itself.
        Batch = "batch",
        /// Resources without requests.
        Collection = "collection",
        /// A message: its MessageHeader, then resources without requests.
        Message = "message",
    }
    /// What becomes of an invalid resource.
    OnInvalid {
        /// Its message is not written.
        Withhold = "withhold",
        /// It is left out, and what refers to it.
        Drop = "drop",
        /// It is written all the same, and reported.
        Warn = "warn",
    }
    /// What becomes of a message that cannot be read to its end.
    Partial {
        /// Nothing of it is written.
        Reject = "reject",
        /// What was read is written.
        Keep = "keep",
    }
    /// An implementation guide.
    Guide {
        /// HL7 Point-of-Care Device.
        Pocd = "pocd",
    }
    /// How results are written to a server.
    Results {
        /// `PUT` by identifier.
        Put = "put",
        /// `POST` where there is none of that identifier.
        Post = "post",
    }
    /// Why there is no measurement, as FHIR has it.
    SentinelReason {
        /// The device says that something is wrong.
        Error = "error",
        /// Nothing was measured.
        NotPerformed = "not-performed",
        /// Not at the moment.
        TempUnknown = "temp-unknown",
        /// Nothing says why.
        Unknown = "unknown",
    }
    /// FHIR observation-status.
    ObservationStatus {
        /// Known, without results.
        Registered = "registered",
        /// Not yet verified.
        Preliminary = "preliminary",
        /// Verified.
        Final = "final",
        /// Changed after it was final.
        Amended = "amended",
        /// Changed, for it was wrong.
        Corrected = "corrected",
        /// Not done.
        Cancelled = "cancelled",
        /// Never meant.
        EnteredInError = "entered-in-error",
        /// Not known.
        Unknown = "unknown",
    }
}

mod terminators {
    use iomt_core::Terminators;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(choice: &Terminators, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(choice.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Terminators, D::Error> {
        let text = String::deserialize(from)?;
        Terminators::parse(&text).ok_or_else(|| Error::custom("neither auto, cr nor lf"))
    }
}

/// The numbers by which a device says that there is no measurement.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct SentinelProfile {
    /// Of messages of this sender alone: the name in MSH-3. Default: of all.
    #[serde(default)]
    pub application: Option<String>,
    /// The numbers; `-100` is `-100.00`, too.
    pub values: Vec<Sentinel>,
    /// Why there is no measurement. Default: `unknown`.
    #[serde(default = "unknown")]
    pub reason: SentinelReason,
}

const fn unknown() -> SentinelReason {
    SentinelReason::Unknown
}

/// A number that means that there is none: `-100`, `"-99.9"`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sentinel(Scaled);

impl Sentinel {
    /// Whether a number is it, however many places it is written with.
    #[must_use]
    pub fn is(self, number: Scaled) -> bool {
        shortest(number) == self.0
    }
}

/// A number without zeros at its end.
fn shortest(mut number: Scaled) -> Scaled {
    while number.mantissa % 10 == 0 && number.mantissa != 0 {
        number = Scaled::new(number.mantissa.wrapping_div(10), number.exponent.saturating_add(1));
    }
    if number.mantissa == 0 { Scaled::new(0, 0) } else { number }
}

impl TryFrom<String> for Sentinel {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match number(text.as_bytes()) {
            Some(Number::Scaled(number)) => Ok(Self(shortest(number))),
            _ => Err("no number of at most 18 digits"),
        }
    }
}

impl From<Sentinel> for String {
    fn from(sentinel: Sentinel) -> Self {
        sentinel.0.to_string()
    }
}

/// A zone for times that have none: a fixed offset or a name of the IANA database.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(Rule);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Rule {
    Fixed(Zone),
    Named(jiff::tz::TimeZone),
}

impl TimeZone {
    /// Reads `Z`, `+01:00` or `Europe/Berlin`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let sign = match text.as_bytes() {
            [b'Z'] => return Some(Self(Rule::Fixed(Zone::UTC))),
            [b'+', ..] => 1_i16,
            [b'-', ..] => -1,
            _ => {
                let zones = jiff::tz::TimeZoneDatabase::bundled();
                return zones.get(text).ok().map(|zone| Self(Rule::Named(zone)));
            }
        };
        let (hours, minutes) = text.get(1..)?.split_once(':')?;
        let two = |s: &str| (s.len() == 2).then(|| s.parse::<u8>().ok()).flatten();
        let minutes = i16::from(two(minutes).filter(|m| *m < 60)?);
        let total = i16::from(two(hours)?).checked_mul(60)?.checked_add(minutes)?;
        Zone::from_minutes(total.checked_mul(sign)?).map(|zone| Self(Rule::Fixed(zone)))
    }

    /// The offset that holds at a local time; `None` where the zone skips or repeats it.
    #[must_use]
    pub fn offset_at(&self, local: &DateTime) -> Option<Zone> {
        use chrono::{Datelike, NaiveDate, Timelike};
        let named = match &self.0 {
            Rule::Fixed(zone) => return Some(*zone),
            Rule::Named(named) => named,
        };
        let (month, day) = (u32::from(local.month), u32::from(local.day));
        let date = NaiveDate::from_ymd_opt(i32::from(local.year), month, day)?;
        let (hour, minute) = (u32::from(local.hour), u32::from(local.minute));
        let naive = date.and_hms_opt(hour, minute, u32::from(local.second))?;
        let small = |number: u32| i8::try_from(number).ok();
        let civil = jiff::civil::DateTime::new(
            i16::try_from(naive.year()).ok()?,
            small(naive.month())?,
            small(naive.day())?,
            small(naive.hour())?,
            small(naive.minute())?,
            small(naive.second())?,
            0,
        );
        let seconds = match named.to_ambiguous_timestamp(civil.ok()?).offset() {
            jiff::tz::AmbiguousOffset::Unambiguous { offset } => offset.seconds(),
            _ => return None,
        };
        let minutes = i16::try_from(seconds.checked_div(60)?).ok()?;
        (seconds % 60 == 0).then(|| Zone::from_minutes(minutes)).flatten()
    }
}

impl TryFrom<String> for TimeZone {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("neither an offset (+01:00) nor a name of the IANA database")
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        match zone.0 {
            // A zone of the database has a name.
            Rule::Named(zone) => zone.iana_name().unwrap_or_default().into(),
            Rule::Fixed(zone) => {
                let mut text = Self::new();
                // Writing into a String does not fail.
                let _ = zone.write(true, &mut text);
                text
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_what_they_are_printed_as() {
        let text = serde_json::to_string(&Config::default()).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), Config::default());
        assert_eq!(serde_json::from_str::<Config>("{}").unwrap(), Config::default());
        assert_eq!(
            serde_json::from_str::<Config>(r#"{"//":{"to":"…"}}"#).unwrap(),
            Config::default()
        );
        assert!(serde_json::from_str::<Config>(r#"{"no-such-thing":1}"#).is_err());
        let wire: Config = serde_json::from_str(r#"{"terminators":"lf"}"#).unwrap();
        assert_eq!(wire.terminators, Terminators::Lf);
        assert!(serde_json::from_str::<Config>(r#"{"terminators":"crlf"}"#).is_err());
    }

    #[test]
    fn every_default_has_its_reason() {
        let serde_json::Value::Object(printed) = serde_json::to_value(Config::default()).unwrap()
        else {
            panic!()
        };
        let mut members: Vec<_> =
            Config::MEMBERS.iter().map(|(name, _)| name.replace('_', "-")).collect();
        members.sort();
        let mut keys: Vec<_> = printed.keys().cloned().collect();
        keys.sort();
        assert_eq!(members, keys);
        for (name, reason) in Config::MEMBERS {
            assert!(reason.contains("efault") && reason.ends_with('.'), "{name}: {reason}");
        }
    }

    #[test]
    fn sentinels_are_numbers() {
        let text = r#"{"sentinels":{"old":{"application":"MON","values":["-100","0.10"]}}}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        let old = &config.sentinels["old"];
        assert_eq!(
            (old.reason, old.application.as_deref()),
            (SentinelReason::Unknown, Some("MON"))
        );
        let is = |mantissa, exponent| {
            old.values.iter().any(|value| value.is(Scaled::new(mantissa, exponent)))
        };
        assert!(is(-100, 0) && is(-10_000, -2) && is(1, -1) && is(100, -3));
        assert!(!is(-1000, 0) && !is(0, 0) && !is(100, 0));
        assert_eq!(String::from(old.values[0]), "-100");
        for text in [r#"{"values":["NULL"]}"#, r#"{"values":["1"],"reason":"x"}"#, "{}"] {
            assert!(serde_json::from_str::<SentinelProfile>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn zones() {
        let at = |h| DateTime::from_ymd(2026, 10, 25).unwrap().at(h, 30, 0).unwrap();
        let minutes =
            |zone: &str, h| TimeZone::parse(zone).unwrap().offset_at(&at(h)).map(Zone::minutes);
        assert_eq!(minutes("+05:30", 2), Some(330));
        assert_eq!(minutes("Z", 2), Some(0));
        assert_eq!(minutes("Europe/Berlin", 1), Some(120));
        assert_eq!(minutes("Europe/Berlin", 2), None, "repeated");
        assert_eq!(minutes("Europe/Berlin", 3), Some(60));
        let skipped = DateTime::from_ymd(2026, 3, 29).unwrap().at(2, 30, 0).unwrap();
        assert_eq!(TimeZone::parse("Europe/Berlin").unwrap().offset_at(&skipped), None);
        for text in ["", "+1:00", "+15:00", "+01:60", "Mars/Olympus", "+é:00"] {
            assert_eq!(TimeZone::parse(text), None, "{text}");
        }
        for text in ["Z", "-05:30", "America/New_York"] {
            assert_eq!(String::from(TimeZone::parse(text).unwrap()), text);
        }
    }
}
