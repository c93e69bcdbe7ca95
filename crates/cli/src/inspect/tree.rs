//! `iomt inspect`: the parts of HL7 v2, each with its offset.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use iomt::hl7v2::{self, TextCodec};

use super::{Colours, Shown};

/// Reads characters, and leaves escapes as they stand: CR, which is in no value, begins them.
pub(super) fn as_sent(mut codec: TextCodec) -> TextCodec {
    codec.delimiters.escape = b'\r';
    codec
}

/// A line for each part, with its offset in the file and, where it has no parts, its content.
pub(super) struct Tree {
    pub(super) codec: TextCodec,
    /// Where that begins in the file from which offsets are counted.
    pub(super) start: usize,
    pub(super) colours: Colours,
}

impl Tree {
    pub(super) fn message(
        &self,
        message: &hl7v2::Message<'_>,
        number: u64,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let (start, len) = (self.start.saturating_add(message.offset()), message.raw().len());
        writeln!(out, "message {number} at {start}, {len} bytes")?;
        for line in 0..message.lines() {
            let Some(segment) = message.line(line) else { break };
            if !message.is_segment(line) {
                self.line(0, segment.offset(), "no segment:", Some(segment.raw()), out)?;
                continue;
            }
            let mut name = String::from_utf8_lossy(segment.id()).into_owned();
            if message.count(segment.id()) > 1 {
                let _ = write!(name, "[{}]", message.ordinal(line).unwrap_or(0));
            }
            self.segment(&segment, &name, out)?;
        }
        Ok(())
    }

    fn line(
        &self,
        depth: usize,
        offset: usize,
        path: &str,
        raw: Option<&[u8]>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let [dim, bright, end] = self.colours;
        let (offset, indent) = (self.start.saturating_add(offset), depth.saturating_mul(2));
        write!(out, "{dim}{offset:>8}{end}  {:indent$}{bright}{path}{end}", "")?;
        if let Some(raw) = raw {
            let mut text = String::new();
            // Writing to a String does not fail.
            let _ = self.codec.unescape(raw, &mut text);
            write!(out, "  {}", Shown(&text))?;
        }
        writeln!(out)
    }

    pub(super) fn segment(
        &self,
        segment: &hl7v2::Segment<'_>,
        name: &str,
        out: &mut impl Write,
    ) -> io::Result<()> {
        self.line(0, segment.offset(), name, None, out)?;
        for (n, field) in (1_u32..).zip(segment.fields()).filter(|(_, field)| !field.is_empty()) {
            let path = format!("{name}-{n}");
            if n < 3 && matches!(segment.id(), b"MSH" | b"FHS" | b"BHS") {
                self.line(1, field.offset(), &path, Some(field.raw()), out)?;
                continue;
            }
            let several = field.repetitions().nth(1).is_some();
            if several {
                self.line(1, field.offset(), &path, None, out)?;
            }
            for (n, repetition) in (1_u32..).zip(field.repetitions()) {
                let (depth, path) =
                    if several { (2_usize, format!("{path}[{n}]")) } else { (1, path.clone()) };
                self.repetition(&repetition, depth, &path, out)?;
            }
        }
        Ok(())
    }

    fn repetition(
        &self,
        repetition: &hl7v2::Repetition<'_>,
        depth: usize,
        path: &str,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let whole = repetition.components().nth(1).is_none()
            && repetition.component(1).is_none_or(|c| c.subcomponents().nth(1).is_none());
        self.line(depth, repetition.offset(), path, whole.then_some(repetition.raw()), out)?;
        if whole {
            return Ok(());
        }
        let components = (1_u32..).zip(repetition.components());
        for (n, component) in components.filter(|(_, component)| !component.is_empty()) {
            let (depth, path) = (depth.saturating_add(1), format!("{path}.{n}"));
            let whole = component.subcomponents().nth(1).is_none();
            self.line(depth, component.offset(), &path, whole.then_some(component.raw()), out)?;
            let parts = (1_u32..).zip(component.subcomponents()).filter(|_| !whole);
            for (n, part) in parts.filter(|(_, part)| !part.is_empty()) {
                let path = format!("{path}.{n}");
                self.line(depth.saturating_add(1), part.offset(), &path, Some(part.raw()), out)?;
            }
        }
        Ok(())
    }
}
