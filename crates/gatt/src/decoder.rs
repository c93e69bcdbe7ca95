use alloc::{boxed::Box, string::String};
use core::fmt;

use iomt_core::model::{Device, DeviceKey, Message, Text};
use iomt_core::wire::{Cursor, ErrorKind, ParseError, Span};
use iomt_core::{
    Confidence, Decoder, Diagnostic, DiagnosticCode, End, Evidence, Input, Inputs, LimitKind,
    Options, Payload, Place, Protocol, Sink,
};

use crate::{BloodPressureMeasurement, HeartRateMeasurement, limits};

/// The registry's row. A value has no file form of its own, so no file is detected as one.
pub const PROTOCOL: Protocol = Protocol::new(
    "gatt",
    &["Heart Rate Service 1.0", "Blood Pressure Service 1.1.1", "GATT Specification Supplement"],
    Evidence::Specification,
    Inputs::Characteristics,
    |_| Confidence::No,
    |options| Box::new(GattDecoder::new(options)),
);

/// The key of the device at the other end of the connection.
const DEVICE: DeviceKey = DeviceKey(0);

/// A characteristic that this crate reads: a view of its value.
pub trait Characteristic<'a>: Sized {
    /// Its assigned number.
    const UUID: u16;
    /// The same as diagnostics write it: `2A37`.
    const NAME: &'static str;

    /// Reads a value; gives the view, and what is left after its last field.
    ///
    /// # Errors
    /// `Truncated` in the field that is cut.
    fn parse(value: &'a [u8]) -> Result<(Self, Cursor<'a>), ParseError>;

    /// Hands over what the value says: first what it declares, then what `device` has measured, in
    /// the order of the wire. Total: what was parsed can always be observed.
    fn observe(&self, device: DeviceKey, sink: &mut dyn Sink);
}

/// One connection to one device. Each value is a message of its own.
pub struct GattDecoder {
    longest: usize,
    declared: bool,
    peer: Option<String>,
}

impl fmt::Debug for GattDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GattDecoder").field("declared", &self.declared).finish_non_exhaustive()
    }
}

impl GattDecoder {
    /// Before the first value.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        let longest = options.limits.message_bytes.min(limits::VALUE_BYTES);
        Self { longest, declared: false, peer: None }
    }

    /// One line a characteristic.
    fn characteristic(
        &mut self,
        uuid: u16,
        value: &[u8],
        peer: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        match uuid {
            HeartRateMeasurement::UUID => self.read::<HeartRateMeasurement<'_>>(value, peer, sink),
            BloodPressureMeasurement::UUID => {
                self.read::<BloodPressureMeasurement>(value, peer, sink)
            }
            _ => {
                let kind = ErrorKind::Unsupported(uuid.into());
                Err(ParseError::new(kind, "characteristic", 0))
            }
        }
    }

    fn read<'a, C: Characteristic<'a>>(
        &mut self,
        value: &'a [u8],
        peer: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        if value.len() > self.longest {
            let kind = ErrorKind::Limit(LimitKind::MessageBytes);
            return Err(ParseError::new(kind, "value", self.longest));
        }
        let (view, left) = C::parse(value)?;
        self.declare(peer, sink);
        view.observe(DEVICE, sink);
        if !left.rest().is_empty() {
            let span = Span::new(left.offset(), left.rest().len());
            let place = Place::named(C::NAME);
            sink.diagnostic(Diagnostic::new(DiagnosticCode::TrailingBytes, span, place));
        }
        Ok(())
    }

    /// The device is declared once, and again when its name changes.
    fn declare(&mut self, peer: Option<&str>, sink: &mut dyn Sink) {
        if self.declared && (peer.is_none() || peer == self.peer.as_deref()) {
            return;
        }
        let mut device = Device::new(DEVICE);
        device.peer = peer.map(Text::literal);
        sink.device(&device);
        self.declared = true;
        if let Some(peer) = peer {
            let known = self.peer.get_or_insert_default();
            known.clear();
            known.push_str(peer);
        }
    }
}

impl Decoder for GattDecoder {
    fn push(&mut self, input: Input<'_>, sink: &mut dyn Sink) -> Result<(), ParseError> {
        let wrong = ParseError::new(ErrorKind::WrongInput, "input", 0);
        let (bytes, uuid) = match input.payload {
            Payload::Characteristic { uuid, value } => (value, Some(uuid)),
            Payload::Message(bytes) | Payload::Stream(bytes) => (bytes, None),
            Payload::Timeout => return Ok(()),
            Payload::Closed => {
                // A sink forgets the keys of a session that is closed.
                (self.declared, self.peer) = (false, None);
                return Ok(());
            }
            _ => return Err(wrong),
        };
        let mut message = Message::new(PROTOCOL.name, bytes, Span::new(0, bytes.len()));
        (message.received, message.session) = (input.at, true);
        sink.message(&message);
        let read = match uuid {
            Some(uuid) => self.characteristic(uuid, bytes, input.peer, sink),
            None => Err(wrong),
        };
        sink.end(match read {
            Ok(()) => End::Complete,
            Err(error) => End::Rejected(error),
        });
        read
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, vec::Vec};

    use iomt_core::Limits;
    use iomt_core::model::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Lines, read};

    const HEART_RATE: &[u8] = &[0x00, 72];

    fn new() -> GattDecoder {
        GattDecoder::new(&Options::default())
    }

    fn devices(decoder: &mut GattDecoder, input: Input<'_>) -> Vec<String> {
        let mut sink = Lines::default();
        let _ = decoder.push(input, &mut sink);
        sink.lines.retain(|line| line.starts_with("device"));
        sink.lines
    }

    #[test]
    fn the_device_is_declared_once_and_when_its_name_changes() {
        let decoder = &mut new();
        let value = |peer: Option<&'static str>| {
            let input = Input::characteristic(0x2A37, HEART_RATE);
            peer.map_or(input, |peer| input.from_peer(peer))
        };
        // What is refused declares nothing.
        let cut = Input::characteristic(0x2A37, &[]).from_peer("strap-1");
        assert!(devices(decoder, cut).is_empty());
        assert_eq!(devices(decoder, value(None)), ["device 0: ?"]);
        assert!(devices(decoder, value(None)).is_empty());
        assert_eq!(devices(decoder, value(Some("strap-1"))), ["device 0: strap-1"]);
        assert!(devices(decoder, value(Some("strap-1"))).is_empty());
        assert!(devices(decoder, value(None)).is_empty());
        assert_eq!(devices(decoder, value(Some("strap-2"))), ["device 0: strap-2"]);
        assert!(devices(decoder, value(Some("strap-2"))).is_empty());
        assert!(devices(decoder, Input::new(Payload::Closed)).is_empty());
        assert_eq!(devices(decoder, value(Some("strap-2"))), ["device 0: strap-2"]);
        assert!(!format!("{decoder:?}").contains("strap"));
    }

    #[test]
    fn the_time_received_is_that_of_the_message() {
        let at = DateTime::parse_rfc3339("2026-11-23T10:00:00.000+02:00").unwrap();
        let mut sink = Lines::default();
        let input = Input::characteristic(0x2A37, HEART_RATE).received(at);
        assert_eq!(new().push(input, &mut sink), Ok(()));
        assert_eq!(sink.lines[0], "message 2026-11-23T10:00:00.000+02:00 @0+2");
    }

    #[test]
    fn what_is_not_read_is_refused() {
        let (sink, result) = read(0x2B29, HEART_RATE);
        let kind = ErrorKind::Unsupported(0x2B29);
        assert_eq!(result.map_err(|error| error.kind()), Err(kind));
        assert_eq!(sink.lines.len(), 2);

        for input in [Payload::Message(HEART_RATE), Payload::Stream(HEART_RATE)] {
            let mut sink = Lines::default();
            let result = new().push(Input::new(input), &mut sink);
            assert_eq!(result.map_err(|error| error.kind()), Err(ErrorKind::WrongInput));
            assert_eq!(sink.lines[1], "rejected: wrong kind of input in `input` at byte 0");
        }
        for input in [Payload::Timeout, Payload::Closed] {
            let mut sink = Lines::default();
            assert_eq!(new().push(Input::new(input), &mut sink), Ok(()));
            assert!(sink.lines.is_empty());
        }
    }

    #[test]
    fn a_value_is_no_longer_than_attributes_are() {
        let mut bytes = [0; limits::VALUE_BYTES + 1];
        assert_eq!(read(0x2A37, &bytes[1..]).1, Ok(()));
        bytes[0] = 0x10;
        let error = read(0x2A37, &bytes).1.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(LimitKind::MessageBytes));

        let mut small = Limits::DEFAULT;
        small.message_bytes = 1;
        let mut decoder = GattDecoder::new(&Options::with_limits(small));
        let input = Input::characteristic(0x2A37, HEART_RATE);
        let error = decoder.push(input, &mut Lines::default()).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Limit(LimitKind::MessageBytes), 1));
    }

    #[test]
    fn no_file_is_taken_for_a_value() {
        assert_eq!((PROTOCOL.detect)(HEART_RATE), Confidence::No);
        let mut decoder = (PROTOCOL.decoder)(&Options::default());
        let input = Input::characteristic(0x2A37, HEART_RATE);
        assert_eq!(decoder.push(input, &mut Lines::default()), Ok(()));
    }

    fn uuid() -> impl Strategy<Value = u16> {
        prop_oneof![Just(0x2A37), Just(0x2A35), any::<u16>()]
    }

    proptest! {
        /// Whatever the bytes: one message, ended once; no fact of a refused one; no span beyond.
        #[test]
        fn any_bytes(uuid in uuid(), bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let (sink, result) = read(uuid, &bytes);
            let (last, facts) = sink.lines.split_last().unwrap();
            prop_assert!(facts[0].starts_with("message"));
            prop_assert!(!facts[1..].iter().any(|line| line.starts_with("message")));
            match result {
                Ok(()) => prop_assert_eq!(last, "complete"),
                Err(error) => {
                    prop_assert_eq!(last, &format!("rejected: {error}"));
                    prop_assert_eq!(facts.len(), 1);
                    prop_assert!(error.offset() <= bytes.len());
                }
            }
            for span in sink.spans {
                prop_assert!(usize::try_from(span.end()).unwrap() <= bytes.len());
            }
        }

        /// Bytes after a blood pressure change none of its facts.
        #[test]
        fn what_follows_does_not_matter(
            bytes in proptest::collection::vec(any::<u8>(), 0..24),
            more in proptest::collection::vec(any::<u8>(), 1..8),
        ) {
            let (short, result) = read(0x2A35, &bytes);
            prop_assume!(result.is_ok());
            let both = [&bytes[..], &more].concat();
            let long = read(0x2A35, &both).0.lines;
            let facts = |lines: &[String]| {
                let kept = lines[1..].iter().filter(|line| !line.starts_with("TrailingBytes"));
                kept.cloned().collect::<Vec<_>>()
            };
            prop_assert_eq!(facts(&short.lines), facts(&long));
            prop_assert_eq!(&long[0], &format!("message @0+{}", both.len()));
            prop_assert!(long.iter().rev().nth(1).unwrap().starts_with("TrailingBytes 2A35 "));
        }
    }
}
