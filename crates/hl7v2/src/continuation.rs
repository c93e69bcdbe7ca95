//! HL7 v2 §2.10.2: segments that go on in `ADD`, messages that go on after `DSC`.

use alloc::vec::Vec;

use iomt_core::wire::Span;
use iomt_core::{Diagnostic, DiagnosticCode, Place, Terminators};

use crate::frame::{self, Header, Lines};
use crate::{Delimiters, Segment};

/// Writes to `out` what `bytes` say once what is continued is joined: the text of `ADD` follows the
/// last field of the segment before it, be that `MSH`; a message whose MSH-14 is the DSC-1 at the end
/// of the message before it, with the same delimiters, goes on with that one.
///
/// `out` has the length of `bytes`, and whatever is not continued stands where it stood: terminators
/// fill what is left over. Within a segment that is continued, offsets count the text as joined.
///
/// `say` is told what is joined, and which message goes on in one that is not the next.
pub fn join(
    bytes: &[u8],
    terminators: Terminators,
    out: &mut Vec<u8>,
    mut say: impl FnMut(Diagnostic),
) {
    out.clear();
    out.extend_from_slice(bytes);
    let mut join = Join { bytes, out, delimiters: None, end: 0, suspended: None };
    let mut lines = Lines::new(bytes, b'|', terminators);
    let mut at = frame::start(bytes);
    while at < bytes.len() {
        let header = Header::at(bytes, at);
        if header.is_some() {
            let separator = bytes.get(at.saturating_add(3)).copied().unwrap_or(b'|');
            lines = Lines::new(bytes, separator, terminators);
        }
        let (stop, next) = lines.end(at);
        join.line(header, at, stop, &mut say);
        at = next;
    }
    join.missing(&mut say);
}

/// A message that ends with DSC: where that line stands, and its pointer.
#[derive(Clone, Copy)]
struct Suspended<'a> {
    span: Span,
    start: usize,
    pointer: &'a [u8],
    delimiters: Delimiters,
}

struct Join<'a, 'o> {
    bytes: &'a [u8],
    out: &'o mut Vec<u8>,
    /// Those of the message under way, if there is one.
    delimiters: Option<Delimiters>,
    /// Where its last segment ends in `out`.
    end: usize,
    suspended: Option<Suspended<'a>>,
}

impl<'a> Join<'a, '_> {
    /// Takes the line from `at` to `stop`.
    fn line(
        &mut self,
        header: Option<Header>,
        at: usize,
        stop: usize,
        say: &mut impl FnMut(Diagnostic),
    ) {
        let raw = self.bytes.get(at..stop).unwrap_or_default();
        match header {
            Some(Header::Message) => return self.header(raw, at, say),
            Some(Header::Batch(_)) => {
                self.missing(say);
                self.delimiters = None;
                return;
            }
            None => {}
        }
        let Some(delimiters) = self.delimiters else { return };
        let segment = frame::segment_begins(self.bytes, at, delimiters.field);
        if segment && raw.starts_with(b"ADD") {
            let text = raw.get(4..).unwrap_or_default();
            let end = self.end.saturating_add(text.len());
            if let Some(place) = self.out.get_mut(self.end..end) {
                place.copy_from_slice(text);
            }
            self.end = end;
            self.fill(end, stop);
            remark(DiagnosticCode::ContinuationJoined, Span::new(at, raw.len()), "ADD", say);
            return;
        }
        // What follows DSC is no end of a message.
        self.missing(say);
        if segment && raw.starts_with(b"DSC") {
            let segment = Segment::new(raw, at, delimiters);
            let pointer = segment.field(1).map_or(&[][..], |field| field.raw());
            if !pointer.is_empty() {
                let span = Span::new(at, raw.len());
                self.suspended = Some(Suspended { span, start: at, pointer, delimiters });
                return;
            }
        }
        self.end = stop;
    }

    fn header(&mut self, raw: &'a [u8], at: usize, say: &mut impl FnMut(Diagnostic)) {
        let delimiters = Delimiters::parse(raw, at).ok().map(|(own, _)| own);
        let pointer = delimiters.and_then(|own| Segment::new(raw, at, own).field(14));
        // A header with another one inside is cut, and nothing goes on with it.
        let cut = frame::header_inside(raw).is_some();
        let pointer = pointer.filter(|field| !cut && !field.raw().is_empty());
        match (self.suspended, pointer) {
            (Some(before), Some(pointer))
                if before.pointer == pointer.raw() && delimiters == Some(before.delimiters) =>
            {
                self.suspended = None;
                let span = Span::new(at, raw.len());
                // What ends the frame of a message without segments of its own stays.
                self.fill(before.start, at.saturating_add(raw.len()));
                return remark(DiagnosticCode::ContinuationJoined, span, "MSH", say);
            }
            (None, Some(pointer)) => {
                let place = Place::field("MSH", 0, 14);
                let code = DiagnosticCode::ContinuationMissing;
                say(Diagnostic::new(code, pointer.span(), place));
            }
            _ => self.missing(say),
        }
        self.delimiters = delimiters;
        self.end = at.saturating_add(raw.len());
    }

    /// A message is suspended, and what goes on with it is not there.
    fn missing(&mut self, say: &mut impl FnMut(Diagnostic)) {
        if let Some(suspended) = self.suspended.take() {
            remark(DiagnosticCode::ContinuationMissing, suspended.span, "DSC", say);
            let len = usize::try_from(suspended.span.len).unwrap_or(0);
            self.end = suspended.start.saturating_add(len);
        }
    }

    /// Nothing stands from `start` to `end` any more.
    fn fill(&mut self, start: usize, end: usize) {
        // Where lines end with LF they go on doing so.
        let after = self.bytes.get(self.bytes.len().min(end)).copied();
        let filler = if after == Some(b'\n') { b'\n' } else { b'\r' };
        if let Some(place) = self.out.get_mut(start..end) {
            place.fill(filler);
        }
    }
}

fn remark(code: DiagnosticCode, span: Span, name: &'static str, say: &mut impl FnMut(Diagnostic)) {
    say(Diagnostic::new(code, span, Place::named(name)));
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;

    /// What is joined, a line a segment, and what is told of it.
    fn joined(text: &str) -> (String, Vec<String>) {
        let (mut out, mut told) = (Vec::new(), Vec::new());
        join(text.as_bytes(), Terminators::Auto, &mut out, |d| {
            told.push(format!("{} {}", d.code.name(), d.place));
        });
        assert_eq!(out.len(), text.len());
        let text = String::from_utf8(out).unwrap();
        let lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
        (lines.collect::<Vec<_>>().join("/"), told)
    }

    #[test]
    fn add_goes_on_with_the_last_field() {
        for end in ["\r", "\n", "\r\n"] {
            let text =
                "MSH|^~\\&|M/ADD|ESA/ADD||B/PID|1/NTE|1||a/ADD/ADD|b^c/OBX|1/".replace('/', end);
            let (text, told) = joined(&text);
            assert_eq!(text, "MSH|^~\\&|MESA|B/PID|1/NTE|1||ab^c/OBX|1", "{end:?}");
            assert_eq!(told, ["ContinuationJoined ADD"; 4]);
        }
        // Of other delimiters it is no segment; and where there is nothing to continue.
        assert_eq!(joined("MSH#!~\\&#M\rADD|x\rADD#y").0, "MSH#!~\\&#M/ADD|xy");
        assert_eq!(joined("ADD|x\rBHS|^~\\&\rADD|y").1, [""; 0]);
    }

    #[test]
    fn what_is_not_continued_stays_where_it_is() {
        let text = b"MSH|^~\\&|M\rADD|ESA\rPID|1\r";
        let mut out = Vec::new();
        join(text, Terminators::Auto, &mut out, |_| {});
        assert_eq!(out, b"MSH|^~\\&|MESA\r\r\r\r\r\rPID|1\r");
    }

    #[test]
    fn dsc_goes_on_in_the_next_message() {
        let one = "MSH|^~\\&|A||||||||||\rNTE|1||x\rDSC|p1\r";
        let two = "MSH|^~\\&|A|||||||||||p1\rADD|y\rOBX|1\rDSC|p2\r";
        let three = "\x1c\r\x0bMSH|^~\\&|A|||||||||||p2\rOBX|2\r";
        let (text, told) = joined(&format!("{one}{two}{three}"));
        assert_eq!(text, "MSH|^~\\&|A||||||||||/NTE|1||xy/OBX|1/OBX|2");
        assert_eq!(told, ["MSH", "ADD", "MSH"].map(|name| format!("ContinuationJoined {name}")));
        let told = joined(&format!("{one}{three}")).1;
        assert_eq!(told, ["ContinuationMissing DSC"]);
        assert_eq!(joined(one).1, ["ContinuationMissing DSC"]);
        assert_eq!(joined(two).1[0], "ContinuationMissing MSH-14");
        assert_eq!(joined(&format!("{one}BTS|1\r{two}")).1[0], "ContinuationMissing DSC");
        let other = two.replace('^', "!");
        assert_eq!(joined(&format!("{one}{other}")).1[0], "ContinuationMissing DSC");
        let more = format!("{one}PV1|1\rADD|2\r{two}");
        assert_eq!(
            joined(&more).1[..3],
            ["ContinuationMissing DSC", "ContinuationJoined ADD", "ContinuationMissing MSH-14"]
        );
        let cut = two.replace("p1", "p1|MSH|^~\\&|A");
        assert_eq!(joined(&format!("{one}{cut}")).1[0], "ContinuationMissing DSC");
        assert_eq!(joined("MSH|^~\\&|A\rDSC||F\r").1, [""; 0]);
    }
}
