//! From facts to output: what a message says is built, checked and held until the message ends.

mod header;
mod locations;
mod mapping;
mod memo;
mod message;
mod metric;
mod observe;
mod parents;
mod participants;
mod pressure;
mod release;
mod remembered;
mod render;
mod session;
mod shapes;
mod spelled;
mod templates;
mod version;
mod xml;

use core::fmt;
use core::ops::ControlFlow;
use std::hash::BuildHasher;

use foldhash::quality::RandomState;
use iomt_core::model::{Authority, Identifier};
use iomt_core::{Diagnostic, Limits, Sink};

use crate::Version;
use crate::config::{Config, Form};
use crate::identity::{Blocks, Uuid};
use crate::issue::{Issue, Validate};
use crate::policy::{Context, Holes, name_of};
use crate::tape::{NodeId, Tape};
use crate::trace::{Trace, Traces};

use mapping::Mapping;
use message::MessageState;
pub use session::Session;

/// Takes what is ready.
pub trait Output {
    /// A document: a Bundle, or one resource. JSON or XML, compact, without a line end after it.
    fn document(&mut self, text: &str);

    /// Something that a reader should know. `message` counts the messages of the session from 1;
    /// 0 is before the first.
    fn diagnostic(&mut self, _message: u64, _diagnostic: &Diagnostic) {}

    /// Whether [`trace`](Self::trace) is wanted: it takes time.
    fn traces(&self) -> bool {
        false
    }

    /// An element of the documents of a message, which were just handed over, and where it came from.
    fn trace(&mut self, _message: u64, _trace: &Trace<'_>) {}

    /// An OperationOutcome: what is wrong with a resource that is withheld, dropped or reported,
    /// or with a message that was rejected.
    fn outcome(&mut self, _message: u64, _json: &str) {}

    /// More of the input is waited for: what is buffered may go out. Where it breaks, no more of it is
    /// wanted.
    fn idle(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Documents into a vector, one an entry.
impl Output for Vec<String> {
    fn document(&mut self, text: &str) {
        self.push(text.into());
    }
}

/// Turns the facts of messages into FHIR. One for any number of sessions; its buffers are reused.
pub struct Writer {
    cx: Context,
    limits: Limits,
    validator: Option<Box<dyn Validate + Send>>,
    tape: Tape,
    extra: Tape,
    issues: Vec<Issue>,
    notes: Vec<Diagnostic>,
    holes: Holes,
    /// The first reference of a list, whose others follow it when it is written.
    list: Option<NodeId>,
    memo: memo::Memo,
    places: locations::Known,
    spelled: spelled::Spelled,
    shapes: shapes::Shapes,
    blocks: Blocks,
    other: version::Other,
    outcome: Tape,
    text: String,
    /// Where Bundles go out as XML.
    xml: Option<Box<xml::AsXml>>,
    message: MessageState,
    remembered: remembered::Remembered<Uuid, u64>,
    hasher: RandomState,
    /// The sender of messages that name none.
    nobody: Uuid,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// A writer; `validator` checks every resource before it leaves, as one of the version that
    /// `config` asks for.
    #[must_use]
    pub fn new(
        config: Config,
        mut limits: Limits,
        validator: Option<Box<dyn Validate + Send>>,
    ) -> Self {
        let validator = validator.filter(|_| config.validate);
        if config.fhir != Version::R4 {
            // A template does not tell again what conversion leaves out.
            limits.templates = 0;
        }
        let xml = (config.to == Form::Xml).then(|| Box::new(xml::AsXml::new(config.fhir)));
        let mut blocks = Blocks::default();
        let nobody = mapping::sender(&config, &mut blocks, &Authority::NONE, &Authority::NONE);
        Self {
            cx: Context { config, ..Context::default() },
            limits,
            validator,
            tape: Tape::new(),
            extra: Tape::new(),
            issues: Vec::new(),
            notes: Vec::new(),
            holes: Holes::default(),
            list: None,
            memo: memo::Memo::default(),
            places: locations::Known::default(),
            spelled: spelled::Spelled::default(),
            shapes: shapes::Shapes::default(),
            blocks,
            other: version::Other::default(),
            outcome: Tape::new(),
            text: String::new(),
            xml,
            message: MessageState::default(),
            remembered: remembered::Remembered::default(),
            hasher: RandomState::default(),
            nobody,
        }
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.cx.config
    }

    /// A sink for the facts of one session, whose documents go to `output`.
    pub fn sink<'w>(
        &'w mut self,
        session: &'w mut Session,
        output: &'w mut dyn Output,
    ) -> impl Sink + use<'w> {
        if output.traces() != self.message.traces.is_some() {
            self.message.traces = output.traces().then(Traces::default);
        }
        Mapping { w: self, session, output }
    }

    /// How many templates are kept for the message at work: none where they would hide what its own
    /// bytes say.
    fn templates(&self) -> usize {
        let own = self.message.traces.is_some() || self.cx.test.is_some();
        if own { 0 } else { self.limits.templates }
    }

    /// The identity of what an identifier names.
    fn identity(&mut self, kind: &str, identifier: &Identifier<'_>) -> Uuid {
        name_of(&self.cx, kind, identifier).finish_known(&mut self.blocks)
    }

    fn hash(&self, bytes: &[u8]) -> u64 {
        self.hasher.hash_one(bytes)
    }
}

/// A builder over the parts of a writer that it needs.
macro_rules! builder {
    ($writer:expr) => {
        builder!($writer, tape)
    };
    ($writer:expr => $tape:expr) => {
        crate::policy::Builder {
            tape: $tape,
            cx: &$writer.cx,
            notes: &mut $writer.notes,
            holes: &mut $writer.holes,
        }
    };
    ($writer:expr, $tape:ident) => {
        crate::policy::Builder {
            tape: &mut $writer.$tape,
            cx: &$writer.cx,
            notes: &mut $writer.notes,
            holes: &mut $writer.holes,
        }
    };
}
use builder;
