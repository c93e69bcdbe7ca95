//! HL7 v2 §2.5.2, §2.10.3: where lines end and where messages begin.
//!
//! A segment ends with CR. LF is tolerated: in a message whose header ends with LF each LF ends a
//! line; elsewhere LF is data, unless a line end, the end of the message or a header follows after
//! blanks, or else a segment id in capitals and then a separator or a line end. Bytes up to 0x20 at
//! the start of a line belong to none.

use memchr::{memchr, memchr2};

/// VT, which begins a frame of the Minimal Lower Layer Protocol.
pub(crate) const VT: u8 = 0x0B;
/// FS, which ends one.
pub(crate) const FS: u8 = 0x1C;

/// The byte order mark of UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What a line of its own kind begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Header {
    /// `MSH`: a message.
    Message,
    /// `FHS`, `BHS`, `BTS`, `FTS`: what stands around messages (§2.10.3).
    Batch(&'static str),
}

impl Header {
    /// What begins at `at`, which is the first byte of a line.
    pub(crate) fn at(bytes: &[u8], at: usize) -> Option<Self> {
        let (id, rest) = bytes.get(at..)?.split_first_chunk::<3>()?;
        let header = match id {
            b"MSH" => Self::Message,
            b"FHS" => Self::Batch("FHS"),
            b"BHS" => Self::Batch("BHS"),
            b"BTS" => Self::Batch("BTS"),
            b"FTS" => Self::Batch("FTS"),
            _ => return None,
        };
        let ends = |b: &u8| b.is_ascii_punctuation() || matches!(b, b'\r' | b'\n');
        rest.first().is_none_or(ends).then_some(header)
    }
}

/// Whether `id` can name a segment: a letter, then letters or digits.
pub(crate) fn is_segment_id(id: [u8; 3]) -> bool {
    let [a, b, c] = id;
    a.is_ascii_alphabetic() && b.is_ascii_alphanumeric() && c.is_ascii_alphanumeric()
}

/// The first byte from `from` on that is not blank, or the end.
pub(crate) fn visible(bytes: &[u8], from: usize) -> usize {
    let blank = |rest: &[u8]| rest.iter().position(|b| *b > b' ');
    bytes.get(from..).and_then(blank).map_or(bytes.len(), |skipped| from.saturating_add(skipped))
}

/// Whether a segment begins at `at`.
pub(crate) fn segment_begins(bytes: &[u8], at: usize, separator: u8) -> bool {
    let Some((id, rest)) = bytes.get(at..).and_then(|b| b.split_first_chunk::<3>()) else {
        return false;
    };
    let ends = |b: &u8| *b == separator || matches!(b, b'\r' | b'\n');
    is_segment_id(*id) && rest.first().is_none_or(ends)
}

/// The lines of one message.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    separator: u8,
    /// Whether each LF ends a line: how the header ends says so.
    feeds: Option<bool>,
}

impl<'a> Lines<'a> {
    pub(crate) const fn new(bytes: &'a [u8], separator: u8) -> Self {
        Self { bytes, separator, feeds: None }
    }

    /// Where the line that has `from` ends, and where the next one begins.
    #[inline]
    pub(crate) fn end(&mut self, from: usize) -> (usize, usize) {
        let mut at = from;
        loop {
            let found = self.bytes.get(at..).and_then(|rest| memchr2(b'\r', b'\n', rest));
            let Some(found) = found else {
                return (self.bytes.len(), self.bytes.len());
            };
            let stop = at.saturating_add(found);
            let next = visible(self.bytes, stop.saturating_add(1));
            if self.bytes.get(stop) == Some(&b'\r') {
                self.feeds.get_or_insert(false);
                return (stop, next);
            }
            let run = self.bytes.get(stop..next).unwrap_or_default();
            let returns = memchr(b'\r', run).is_some();
            let blank = run.iter().any(|b| matches!(b, b' ' | b'\t'));
            if returns || self.feeds == Some(true) || self.begins(next, blank) {
                self.feeds.get_or_insert(!returns);
                return (stop, next);
            }
            // Data. The whole run is: so no byte is looked at twice.
            at = next;
        }
    }

    /// Whether a line begins at `at`, where LF and perhaps blanks stand before.
    fn begins(&self, at: usize, blank: bool) -> bool {
        let id = self.bytes.get(at..).unwrap_or_default().iter().take(3);
        at >= self.bytes.len()
            || Header::at(self.bytes, at).is_some()
            || (!blank
                && segment_begins(self.bytes, at, self.separator)
                && !id.into_iter().any(u8::is_ascii_lowercase))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn lines(bytes: &[u8]) -> Vec<&[u8]> {
        let mut all = Lines::new(bytes, b'|');
        let (mut at, mut found) = (visible(bytes, 0), Vec::new());
        while at < bytes.len() {
            let (stop, next) = all.end(at);
            found.push(&bytes[at..stop]);
            at = next;
        }
        found
    }

    #[test]
    fn lines_end_with_cr_lf_or_both() {
        let want: [&[u8]; 3] = [b"MSH|a", b"PID|b", b"OBX|c"];
        for text in [
            &b"MSH|a\rPID|b\rOBX|c\r"[..],
            b"MSH|a\nPID|b\nOBX|c\n",
            b"MSH|a\r\nPID|b\r\nOBX|c\r\n",
            b"MSH|a\r\nPID|b\nOBX|c\r",
            b"MSH|a\n\rPID|b\r\r\nOBX|c",
            b"\x0bMSH|a\r  PID|b\r\x1c\rOBX|c\r\x1c\r",
        ] {
            assert_eq!(lines(text), want, "{:?}", core::str::from_utf8(text));
        }
    }

    #[test]
    fn lf_inside_a_field_is_data() {
        let all = lines(b"MSH|a\rNTE|1||one\n OBX|\nOBXX\nend\rOBX|1\nPV1\nZZ9|\n\r");
        let want: [&[u8]; 5] =
            [b"MSH|a", b"NTE|1||one\n OBX|\nOBXX\nend", b"OBX|1", b"PV1", b"ZZ9|"];
        assert_eq!(all, want);
        assert_eq!(lines(b"MSH|a\nNTE|1||one\ntwo\n"), [&b"MSH|a"[..], b"NTE|1||one", b"two"]);
    }

    #[test]
    fn a_header_needs_a_separator() {
        assert_eq!(Header::at(b"MSH|", 0), Some(Header::Message));
        assert_eq!(Header::at(b"MSH", 0), Some(Header::Message));
        assert_eq!(Header::at(b"xBTS\r", 1), Some(Header::Batch("BTS")));
        assert_eq!(Header::at(b"MSHX|", 0), None);
        assert_eq!(Header::at(b"MSH |", 0), None);
        assert_eq!(Header::at(b"MS", 0), None);
    }
}
