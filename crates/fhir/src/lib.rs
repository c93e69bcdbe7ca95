//! FHIR resources on one element table: tape, builders, policy, identity, bundles, JSON, XML.

pub mod code_maps;
pub mod config;
pub mod convert;
pub mod definitions;
mod format;
mod identity;
pub mod issue;
pub mod json;
mod policy;
pub mod scan;
pub mod table;
pub mod tape;
mod trace;
mod typed;
mod version;
mod writer;
pub mod xml;

pub use config::Config;
pub use format::{Format, Reader};
pub use identity::Uuid;
pub use issue::{Issue, Validate};
pub use tape::{NodeId, Tape};
pub use trace::Trace;
pub use typed::{build, view};
pub use version::{Version, VersionError};
pub use writer::{Output, Session, Writer};
