use iomt_core::wire::ParseError;
use iomt_core::{Decoder, Input, Limits, Options, Protocol};
use iomt_fhir::config::Config;
use iomt_fhir::{Output, Session, Writer};
use iomt_validate::Validator;

/// Turns what devices say into FHIR. One for any number of connections and files; its buffers are
/// reused, so that in the steady state nothing is allocated.
#[derive(Debug)]
pub struct Translator {
    writer: Writer,
    limits: Limits,
}

/// One connection, device session or file: its decoder, and what it has declared.
pub struct Connection {
    decoder: Box<dyn Decoder + Send>,
    session: Session,
}

impl core::fmt::Debug for Connection {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    /// Over a decoder of your own.
    #[must_use]
    pub fn new(decoder: Box<dyn Decoder + Send>) -> Self {
        Self { decoder, session: Session::default() }
    }

    /// Bytes to send to the device now.
    pub fn transmit(&mut self) -> Option<&[u8]> {
        self.decoder.transmit()
    }

    /// Tells the device's side what became of the messages that ended.
    pub fn settle(&mut self, outcome: iomt_core::Outcome) {
        self.decoder.settle(outcome);
    }
}

impl Translator {
    /// A translator with default limits.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_limits(config, Limits::DEFAULT)
    }

    /// A translator.
    #[must_use]
    pub fn with_limits(config: Config, limits: Limits) -> Self {
        let validator = Validator::new().for_version(config.fhir);
        Self { writer: Writer::new(config, limits, Some(Box::new(validator))), limits }
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        self.writer.config()
    }

    /// The limits.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A new connection of a protocol.
    #[must_use]
    pub fn connect(&self, protocol: &Protocol) -> Connection {
        Connection::new((protocol.decoder)(&self.options()))
    }

    /// What its decoders are told.
    #[must_use]
    pub fn options(&self) -> Options {
        let mut options = Options::with_limits(self.limits);
        let Config { terminators, continuations, .. } = *self.config();
        (options.terminators, options.continuations) = (terminators, continuations);
        options
    }

    /// Translates the next input of a connection. Documents and diagnostics go to `output`; a
    /// document is whole before it is handed over.
    ///
    /// # Errors
    /// The first message of the input that could not be read. Its siblings are written, and the
    /// connection is ready for the next input.
    pub fn push(
        &mut self,
        connection: &mut Connection,
        input: Input<'_>,
        output: &mut dyn Output,
    ) -> Result<(), ParseError> {
        let mut sink = self.writer.sink(&mut connection.session, output);
        connection.decoder.push(input, &mut sink)
    }

    /// Hands facts of your own to FHIR.
    pub fn sink<'w>(
        &'w mut self,
        session: &'w mut Session,
        output: &'w mut dyn Output,
    ) -> impl iomt_core::Sink + use<'w> {
        self.writer.sink(session, output)
    }
}
