use std::io::{self, Read};
use std::ops::ControlFlow;

use iomt_core::{Diagnostic, Input, Inputs, Payload, Protocol, Severity};
use iomt_fhir::Output;

use crate::readings;
use crate::translator::Translator;

/// What became of a file.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// Documents written.
    pub documents: u64,
    /// Diagnostics of class error: something that was sent is not in the output.
    pub errors: u64,
    /// Diagnostics of class warning.
    pub warnings: u64,
}

impl Translator {
    /// Translates a whole file: messages of a protocol, or JSON Lines of readings where the
    /// protocol takes values of characteristics.
    pub fn file(&mut self, protocol: &Protocol, bytes: &[u8], output: &mut dyn Output) -> Summary {
        let mut counted = Counted { output, summary: Summary::default() };
        match protocol.inputs {
            Inputs::Messages => {
                let mut connection = self.connect(protocol);
                for input in [Payload::Message(bytes), Payload::Closed] {
                    // A message that cannot be read is reported as a diagnostic.
                    let _ = self.push(&mut connection, Input::new(input), &mut counted);
                }
            }
            Inputs::Characteristics => readings::translate(self, protocol, bytes, &mut counted),
        }
        counted.summary
    }

    /// Translates a file as it comes, of which `first` are bytes that were read before. It gives what
    /// [`file`](Self::file) gives of all of it; of messages no more than one and a piece of 64 KiB are
    /// held, or all where [`Config::continuations`](crate::Config::continuations) joins them. JSON Lines are read to their end first.
    ///
    /// # Errors
    /// Those of `input`. What came before is translated, but for the message under way.
    pub fn read(
        &mut self,
        protocol: &Protocol,
        mut first: Vec<u8>,
        input: &mut dyn Read,
        output: &mut dyn Output,
    ) -> io::Result<Summary> {
        if protocol.inputs == Inputs::Characteristics {
            input.read_to_end(&mut first)?;
            return Ok(self.file(protocol, &first, output));
        }
        let mut counted = Counted { output, summary: Summary::default() };
        let mut connection = self.connect(protocol);
        let mut piece = first;
        loop {
            // A message that cannot be read is reported as a diagnostic.
            let _ = self.push(&mut connection, Input::new(Payload::Piece(&piece)), &mut counted);
            if counted.idle().is_break() {
                break;
            }
            piece.resize(PIECE, 0);
            let len = loop {
                match input.read(&mut piece) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read?,
                }
            };
            if len == 0 {
                break;
            }
            piece.truncate(len);
        }
        let _ = self.push(&mut connection, Input::new(Payload::Closed), &mut counted);
        Ok(counted.summary)
    }
}

/// How much of a file is read at a time.
const PIECE: usize = 64 << 10;

struct Counted<'a> {
    output: &'a mut dyn Output,
    summary: Summary,
}

impl Output for Counted<'_> {
    fn document(&mut self, json: &str) {
        self.summary.documents = self.summary.documents.saturating_add(1);
        self.output.document(json);
    }

    fn diagnostic(&mut self, message: u64, diagnostic: &Diagnostic) {
        let count = match diagnostic.severity {
            Severity::Error => &mut self.summary.errors,
            Severity::Warning => &mut self.summary.warnings,
            Severity::Information => &mut 0,
        };
        *count = count.saturating_add(1);
        self.output.diagnostic(message, diagnostic);
    }

    fn outcome(&mut self, message: u64, json: &str) {
        self.output.outcome(message, json);
    }

    fn traces(&self) -> bool {
        self.output.traces()
    }

    fn trace(&mut self, message: u64, trace: &iomt_fhir::Trace<'_>) {
        self.output.trace(message, trace);
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.output.idle()
    }
}
