//! HL7 v2 §2.5.2, §2.10.3: where lines end and where messages begin.
//!
//! A segment ends with CR. LF is tolerated: in a message whose header ends with LF each LF ends a
//! line; elsewhere LF is data, unless a line end, the end of the message or a header follows after
//! blanks, or else a segment id in capitals and then a separator or a line end. Bytes up to 0x20 at
//! the start of a line belong to none. [`Terminators`] may say so otherwise.

use iomt_core::Terminators;
use iomt_core::wire::Span;
use memchr::{memchr, memchr_iter, memchr2, memchr3, memmem};

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
        Self::of(head(bytes.get(at..)?))
    }

    /// What a line begins that begins so.
    fn of(head: [u8; 4]) -> Option<Self> {
        let [a, b, c, _] = head;
        Self::begins(head).then_some(match &[a, b, c] {
            b"FHS" => Self::Batch("FHS"),
            b"BHS" => Self::Batch("BHS"),
            b"BTS" => Self::Batch("BTS"),
            b"FTS" => Self::Batch("FTS"),
            _ => Self::Message,
        })
    }

    /// Whether a line that begins so is one.
    #[inline]
    pub(crate) fn begins([a, b, c, end]: [u8; 4]) -> bool {
        matches!([a, b, c], [b'M', b'S', b'H'] | [b'F' | b'B', b'H' | b'T', b'S'])
            && (end.is_ascii_punctuation() || matches!(end, b'\r' | b'\n' | FS))
    }
}

/// The first four bytes of a line, which ends with CR where `rest` ends.
#[inline]
pub(crate) fn head(rest: &[u8]) -> [u8; 4] {
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut head = [b'\r'; 4];
        head.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        head
    })
}

const LETTER: u8 = 1;
const LETTER_OR_DIGIT: u8 = 2;

/// What each byte is in the id of a segment.
static IN_ID: [u8; 256] = {
    let mut all = [0; 256];
    let mut rest: &mut [u8] = &mut all;
    let mut byte = 0_u8;
    while let Some((class, after)) = rest.split_first_mut() {
        if byte.is_ascii_alphabetic() {
            *class = LETTER | LETTER_OR_DIGIT;
        } else if byte.is_ascii_digit() {
            *class = LETTER_OR_DIGIT;
        }
        (rest, byte) = (after, byte.wrapping_add(1));
    }
    all
};

/// Whether `id` can name a segment: a letter, then letters or digits.
#[inline]
pub(crate) fn is_segment_id(id: [u8; 3]) -> bool {
    let [a, b, c] = id.map(|byte| IN_ID.get(usize::from(byte)).copied().unwrap_or(0));
    a & LETTER != 0 && b & c & LETTER_OR_DIGIT != 0
}

/// The first byte from `from` on that is not blank, or the end.
pub(crate) fn visible(bytes: &[u8], from: usize) -> usize {
    let blank = |rest: &[u8]| rest.iter().position(|b| *b > b' ');
    bytes.get(from..).and_then(blank).map_or(bytes.len(), |skipped| from.saturating_add(skipped))
}

/// The first byte that is not blank after a byte order mark, or the end.
pub(crate) fn start(bytes: &[u8]) -> usize {
    let marked = bytes.starts_with(BYTE_ORDER_MARK);
    visible(bytes, if marked { BYTE_ORDER_MARK.len() } else { 0 })
}

/// The first line, which ends with CR, LF or the frame, and where it begins.
pub(crate) fn first_line(bytes: &[u8]) -> (usize, &[u8]) {
    let start = start(bytes);
    let rest = bytes.get(start..).unwrap_or_default();
    let len = memchr3(b'\r', b'\n', FS, rest).unwrap_or(rest.len());
    (start, rest.get(..len).unwrap_or_default())
}

/// Whether a segment begins at `at`.
pub(crate) fn segment_begins(bytes: &[u8], at: usize, separator: u8) -> bool {
    bytes.get(at..).is_some_and(|rest| is_segment(head(rest), separator))
}

/// Whether a line that begins so is a segment.
#[inline]
pub(crate) fn is_segment([a, b, c, end]: [u8; 4], separator: u8) -> bool {
    is_segment_id([a, b, c]) && (end == separator || matches!(end, b'\r' | b'\n'))
}

/// The lines of one message.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    separator: u8,
    /// Whether each LF ends a line: how the header ends says so.
    feeds: Option<bool>,
    /// LF is always data.
    returns: bool,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(bytes: &'a [u8], separator: u8, terminators: Terminators) -> Self {
        let feeds = (terminators == Terminators::Lf).then_some(true);
        Self { bytes, separator, feeds, returns: terminators == Terminators::Cr }
    }

    /// Notes that CR ends a line.
    #[inline]
    pub(crate) const fn returned(&mut self) {
        if self.feeds.is_none() {
            self.feeds = Some(false);
        }
    }

    /// Where the line that has `from` ends, and where the next one begins.
    pub(crate) fn end(&mut self, from: usize) -> (usize, usize) {
        let rest = self.bytes.get(from..).unwrap_or_default();
        self.end_at(memchr2(b'\r', b'\n', rest).map(|found| from.saturating_add(found)))
    }

    /// The same for a line whose first CR or LF is that at `found`.
    pub(crate) fn end_at(&mut self, mut found: Option<usize>) -> (usize, usize) {
        while let Some(stop) = found {
            let next = visible(self.bytes, stop.saturating_add(1));
            if self.bytes.get(stop) == Some(&b'\r') {
                self.feeds.get_or_insert(false);
                return (stop, next);
            }
            let run = self.bytes.get(stop..next).unwrap_or_default();
            let returns = memchr(b'\r', run).is_some();
            let blank = run.iter().any(|b| matches!(b, b' ' | b'\t'));
            let ends = || self.feeds == Some(true) || self.begins(next, blank);
            if returns || (!self.returns && ends()) {
                self.feeds.get_or_insert(!returns);
                return (stop, next);
            }
            // Data. The whole run is: so no byte is looked at twice.
            let rest = self.bytes.get(next..).unwrap_or_default();
            found = memchr2(b'\r', b'\n', rest).map(|found| next.saturating_add(found));
        }
        (self.bytes.len(), self.bytes.len())
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

/// What stands outside the messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outside {
    /// A line of a batch or file, and its id.
    Envelope(&'static str),
    /// Segments.
    Segments,
    /// Lines that begin with `#`.
    Comment,
    /// Anything else, where blanks and terminators are nothing.
    Junk,
}

impl Outside {
    /// What the line at `at` is, which begins no message.
    fn line(bytes: &[u8], at: usize, separator: u8) -> Self {
        match Header::at(bytes, at) {
            Some(Header::Batch(name)) => return Self::Envelope(name),
            Some(Header::Message) | None => {}
        }
        match bytes.get(at..).unwrap_or_default() {
            [b'#', ..] => Self::Comment,
            [_, _, _, after, ..] if *after == separator && segment_begins(bytes, at, separator) => {
                Self::Segments
            }
            _ => Self::Junk,
        }
    }
}

/// Where the next message begins, from `at` on. `outside` is told what stands before it, lines of
/// one kind at a time. `separator` is that of the last header.
pub(crate) fn next_message(
    bytes: &[u8],
    at: usize,
    mut separator: u8,
    mut outside: impl FnMut(Outside, Span),
) -> Option<usize> {
    let (mut at, mut kind, mut under_way) = (at, Outside::Junk, Span::NONE);
    let mut tell = |next: Outside, span: Span| {
        if under_way.is_some() && (next != kind || matches!(kind, Outside::Envelope(_))) {
            outside(kind, core::mem::replace(&mut under_way, Span::NONE));
        }
        (kind, under_way) = (next, under_way.to(span));
    };
    let found = loop {
        let start = visible(bytes, at);
        let run = bytes.get(at..start).unwrap_or_default();
        let strange = |b: &u8| !matches!(b, b'\r' | b'\n' | b' ' | b'\t');
        if let (Some(first), Some(last)) =
            (run.iter().position(strange), run.iter().rposition(strange))
        {
            let len = last.saturating_sub(first).saturating_add(1);
            tell(Outside::Junk, Span::new(at.saturating_add(first), len));
        }
        if start >= bytes.len() {
            break None;
        }
        if Header::at(bytes, start) == Some(Header::Message) {
            break Some(start);
        }
        let line = Outside::line(bytes, start, separator);
        if let (Outside::Envelope("FHS" | "BHS"), Some(own)) =
            (line, bytes.get(start.saturating_add(3)))
        {
            separator = *own;
        }
        let rest = bytes.get(start..).unwrap_or_default();
        let len = memchr3(b'\r', b'\n', VT, rest).unwrap_or(rest.len());
        tell(line, Span::new(start, len));
        at = start.saturating_add(len);
    };
    tell(Outside::Junk, Span::NONE);
    if under_way.is_some() {
        outside(kind, under_way);
    }
    found
}

/// Where the frame that has `from` ends: at the next VT with a header after it, without the FS that
/// ends the frame, or at the end of `bytes`.
pub(crate) fn frame_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let mut begins = memchr_iter(VT, rest).map(|vt| from.saturating_add(vt));
    let header = |vt: &usize| Header::at(bytes, vt.saturating_add(1)) == Some(Header::Message);
    begins.find(header).unwrap_or(bytes.len())
}

/// Where a header stands inside a line of a message, which was cut there: no text has the separators
/// of a header unescaped.
pub(crate) fn header_inside(message: &[u8]) -> Option<usize> {
    memmem::find_iter(message, b"MSH").skip(1).find(|at| {
        let header = message.get(at.saturating_add(3)..).unwrap_or_default();
        let Some((separator, rest)) = header.split_first() else { return false };
        let delimiters = rest.iter().position(|b| b == separator).and_then(|end| rest.get(..end));
        let mark = |b: &u8| b.is_ascii_punctuation();
        mark(separator)
            && delimiters.is_some_and(|d| matches!(d.len(), 4 | 5) && d.iter().all(mark))
    })
}

/// Whether the message from `at` to `end` is cut short: VT stands before it, and no FS after it, or
/// nothing after the FS, with which a frame never ends.
pub(crate) fn is_cut(bytes: &[u8], at: usize, end: usize) -> bool {
    let framed = at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&VT);
    let run = bytes.get(end..visible(bytes, end)).unwrap_or_default();
    let closed = memchr(FS, run).and_then(|fs| end.checked_add(fs)?.checked_add(1));
    framed && closed.is_none_or(|after| after >= bytes.len())
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn lines(bytes: &[u8]) -> Vec<&[u8]> {
        let mut all = Lines::new(bytes, b'|', Terminators::Auto);
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
    fn a_header_inside_a_line_is_found() {
        for (text, want) in [
            (&b"MSH|^~\\&|A\rOBX|1|NM|c||1MSH|^~\\&|B"[..], Some(24)),
            (b"MSH|^~\\&|A\rOBX|1MMSH$%~\\&#$B", Some(17)),
            (b"MSH|^~\\&|A\rOBX|1MSH|^~\\&", None),
            (b"MSH|^~\\&|A\rNTE|1||MSH|a|^~\\&|MSH\\F\\^~\\&|", None),
            (b"MSH", None),
        ] {
            assert_eq!(header_inside(text), want, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn what_stands_outside_is_told() {
        let text = b"\x0b# a comment\r\n#\nand more\nFHS|^~\\&|A\rEVN|1\rBHS#\rPID|\rPID#\rPV1#1\r\x1c\r\x0bMSH|";
        let mut told = Vec::new();
        let at = next_message(text, 0, b'|', |kind, span| {
            let at = |offset| usize::try_from(offset).unwrap();
            told.push((kind, &text[at(span.offset)..at(span.end())]));
        });
        assert_eq!(at, Some(text.len() - 4));
        let want: [(_, &[u8]); 9] = [
            (Outside::Junk, b"\x0b"),
            (Outside::Comment, b"# a comment\r\n#"),
            (Outside::Junk, b"and more"),
            (Outside::Envelope("FHS"), b"FHS|^~\\&|A"),
            (Outside::Segments, b"EVN|1"),
            (Outside::Envelope("BHS"), b"BHS#"),
            (Outside::Junk, b"PID|"),
            (Outside::Segments, b"PID#\rPV1#1"),
            (Outside::Junk, b"\x1c\r\x0b"),
        ];
        assert_eq!(told, want);
        assert_eq!(next_message(b" \r\n\t", 0, b'|', |_, _| panic!("blanks are no junk")), None);
    }

    #[test]
    fn terminators_may_be_said() {
        let text = b"MSH|a\r\nNTE|one\nPID|b\nx\rOBX|c\n";
        let of = |terminators| {
            let mut all = Lines::new(text, b'|', terminators);
            let (mut at, mut found) = (0, Vec::new());
            while at < text.len() {
                let (stop, next) = all.end(at);
                found.push(&text[at..stop]);
                at = next;
            }
            found
        };
        let want: [&[u8]; 4] = [b"MSH|a", b"NTE|one", b"PID|b\nx", b"OBX|c"];
        assert_eq!(of(Terminators::Auto), want);
        let want: [&[u8]; 3] = [b"MSH|a", b"NTE|one\nPID|b\nx", b"OBX|c\n"];
        assert_eq!(of(Terminators::Cr), want);
        let want: [&[u8]; 5] = [b"MSH|a", b"NTE|one", b"PID|b", b"x", b"OBX|c"];
        assert_eq!(of(Terminators::Lf), want);
    }

    #[test]
    fn frames_of_mllp() {
        let text = b"\x0bMSH|a\x0b|\r\x1c\r\x0bMSH|b\x1c\r\0";
        let end = frame_end(text, 1);
        assert_eq!(end, 11);
        assert_eq!(frame_end(text, 12), text.len());
        assert!(!is_cut(text, 1, 9) && !is_cut(text, 12, 17));
        assert!(is_cut(text, 1, 6));
        assert!(is_cut(b"\x0bMSH|\r\x1c", 1, 6) && !is_cut(b"\x0bMSH|\r\x1c\r", 1, 6));
        assert!(!is_cut(b"MSH|\r", 0, 5));
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
