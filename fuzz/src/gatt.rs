//! GATT: values of one connection.

use iomt::model::DateTime;
use iomt::{Input, Options, Payload};

use crate::sink::Checked;

/// What the connection gives, one after another: a byte that says what, one with the length of the
/// value, the value.
///
/// The lowest two bits say what: 0 blood pressure, 1 heart rate, 2 a characteristic that is not
/// known, 3 the end of the connection. The third: with a time. The next two: which peer, or none.
pub fn gatt(data: &[u8]) {
    let protocol = iomt::protocol("gatt").expect("in this build");
    let mut decoder = (protocol.decoder)(&Options::default());
    let mut sink = Checked::new(data);
    let at = DateTime::parse_rfc3339("2026-11-24T08:30:00.25Z");
    let mut rest = data;
    while let [what, len, tail @ ..] = rest {
        let (value, tail) = tail.split_at(usize::from(*len).min(tail.len()));
        rest = tail;
        let uuid = match what & 3 {
            0 => 0x2A35,
            1 => 0x2A37,
            2 => 0x2A5F,
            _ => {
                sink.push(decoder.as_mut(), Input::new(Payload::Closed), &[]);
                sink.forget();
                continue;
            }
        };
        let mut input = Input::characteristic(uuid, value);
        input.at = at.filter(|_| what & 4 != 0);
        input.peer = [None, Some("peer-1"), Some("peer-2"), Some("")][usize::from(what >> 3 & 3)];
        let (messages, _) = sink.push(decoder.as_mut(), input, value);
        assert_eq!(messages, 1, "a value is a message");
    }
}
