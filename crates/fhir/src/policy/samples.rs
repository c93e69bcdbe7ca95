//! SampledData.data: samples with blanks between them.

use core::fmt::{self, Write};

use iomt_core::model::{SampleEncoding, Samples};
use iomt_core::wire::{Number, Scaled, number};

/// Writes samples with blanks between them, `E` for what is missing or no number; gives whether
/// all bytes were samples.
pub(super) fn write(samples: &Samples<'_>, out: &mut dyn Write) -> Result<bool, fmt::Error> {
    let raw = samples.raw.raw();
    let (mut whole, mut line) = (true, Line::new(out));
    let mut put = |sample: Option<Scaled>| {
        let missing = |s: &Scaled| s.exponent == 0 && samples.sentinels.contains(&s.mantissa);
        line.put(sample.filter(|s| !missing(s)))
    };
    let sample = |value: i64| Some(Scaled::new(value, 0));
    match samples.encoding {
        SampleEncoding::U8 => raw.iter().try_for_each(|b| put(sample(i64::from(*b))))?,
        SampleEncoding::U16Be => {
            pairs(raw, &mut whole, |p| put(sample(i64::from(u16::from_be_bytes(p)))))?;
        }
        SampleEncoding::I16Be => {
            pairs(raw, &mut whole, |p| put(sample(i64::from(i16::from_be_bytes(p)))))?;
        }
        SampleEncoding::I16Le => {
            pairs(raw, &mut whole, |p| put(sample(i64::from(i16::from_le_bytes(p)))))?;
        }
        SampleEncoding::Text { separator } => {
            for part in raw.split(|b| *b == separator) {
                if samples.sentinels.is_empty() && is_short_integer(part) {
                    line.copy(part)?;
                } else {
                    let sample = read(part, &mut whole);
                    let missing =
                        |s: &Scaled| s.exponent == 0 && samples.sentinels.contains(&s.mantissa);
                    line.put(sample.filter(|s| !missing(s)))?;
                }
            }
        }
        SampleEncoding::Rows { separator, row } => {
            for line in raw.split(|b| *b == row) {
                let mut parts = line.split(|b| *b == separator);
                for _ in 0..samples.dimensions {
                    put(parts.next().and_then(|part| read(part, &mut whole)))?;
                }
            }
        }
        _ => whole = false,
    }
    line.finish()?;
    Ok(whole)
}

/// Whether a sample is written as FHIR writes it: most are.
fn is_short_integer(part: &[u8]) -> bool {
    let digits = part.strip_prefix(b"-").unwrap_or(part);
    match digits {
        [] | [b'0', _, ..] => false,
        // FHIR has no `-0` either.
        [b'0'] => digits.len() == part.len(),
        digits => digits.len() <= 9 && digits.iter().all(u8::is_ascii_digit),
    }
}

/// A sample; none where the part is empty, or no number.
fn read(part: &[u8], whole: &mut bool) -> Option<Scaled> {
    let part = part.trim_ascii();
    match number(part) {
        Some(Number::Scaled(value)) => Some(value),
        Some(Number::Long) | None => {
            *whole &= part.is_empty();
            None
        }
    }
}

fn pairs(raw: &[u8], whole: &mut bool, mut put: impl FnMut([u8; 2]) -> fmt::Result) -> fmt::Result {
    let (pairs, rest) = raw.as_chunks::<2>();
    *whole &= rest.is_empty();
    pairs.iter().try_for_each(|pair| put(*pair))
}

/// Samples on their way out, many at a time.
struct Line<'o> {
    out: &'o mut dyn Write,
    bytes: [u8; 512],
    len: usize,
    first: bool,
}

impl<'o> Line<'o> {
    fn new(out: &'o mut dyn Write) -> Self {
        Self { out, bytes: [0; 512], len: 0, first: true }
    }

    /// A sample, or `E`.
    fn put(&mut self, sample: Option<Scaled>) -> fmt::Result {
        match sample {
            None => self.copy(b"E"),
            Some(sample) => {
                self.copy(b"")?;
                sample.write(self)
            }
        }
    }

    /// The ASCII of a sample, after a blank.
    fn copy(&mut self, text: &[u8]) -> fmt::Result {
        if self.len.saturating_add(text.len()) >= self.bytes.len() {
            self.flush()?;
        }
        let start = if core::mem::take(&mut self.first) {
            self.len
        } else {
            if let Some(blank) = self.bytes.get_mut(self.len) {
                *blank = b' ';
            }
            self.len.saturating_add(1)
        };
        let end = start.saturating_add(text.len());
        let room = self.bytes.get_mut(start..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text);
        self.len = end;
        Ok(())
    }

    fn flush(&mut self) -> fmt::Result {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        self.len = 0;
        self.out.write_str(core::str::from_utf8(bytes).map_err(|_| fmt::Error)?)
    }

    fn finish(mut self) -> fmt::Result {
        self.flush()
    }
}

impl Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len.saturating_add(text.len());
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            room.copy_from_slice(text.as_bytes());
            self.len = end;
            return Ok(());
        }
        self.flush()?;
        self.out.write_str(text)
    }
}

#[cfg(test)]
mod tests {
    use iomt_core::model::{Text, Unit};

    use super::*;

    fn written(raw: &str, encoding: SampleEncoding, sentinels: &[i64]) -> (String, bool) {
        let mut samples = Samples::new(Text::plain(raw, 0), encoding, None, Unit::NONE);
        samples.sentinels = sentinels;
        samples.dimensions = if matches!(encoding, SampleEncoding::Rows { .. }) { 2 } else { 1 };
        let mut out = String::new();
        let whole = write(&samples, &mut out).unwrap();
        (out, whole)
    }

    #[test]
    fn text_is_written_as_fhir_has_it() {
        let text = SampleEncoding::Text { separator: b'^' };
        for (raw, want, whole) in [
            ("0^-1^12", "0 -1 12", true),
            ("^7^", "E 7 E", true),
            ("+7^007^.5^-0^1.50^ 3 ", "7 7 0.5 0 1.50 3", true),
            ("1^x^2", "1 E 2", false),
            ("12345678901234567890", "E", false),
        ] {
            assert_eq!(written(raw, text, &[]), (want.into(), whole), "{raw}");
        }
        assert_eq!(written("1^99^-99", text, &[99]).0, "1 E -99");
        let rows = SampleEncoding::Rows { separator: b'^', row: b'~' };
        assert_eq!(written("1^2~3~^4", rows, &[]).0, "1 2 3 E E 4");
    }

    #[test]
    fn long_waves_are_whole() {
        let all: Vec<String> = (-2000..2000).map(|n: i32| n.to_string()).collect();
        let text = SampleEncoding::Text { separator: b'^' };
        assert_eq!(written(&all.join("^"), text, &[]), (all.join(" "), true));
        assert_eq!(written(&all.join("^"), text, &[5000]), (all.join(" "), true));
    }
}
