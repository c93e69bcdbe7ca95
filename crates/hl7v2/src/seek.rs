//! Where a byte stands: words of eight bytes for where a part ends, which has five on average, so that
//! a call of memchr costs more than it saves; else 64 bytes at once, with vectors.

use core::ops::Range;

use wide::u8x16;

const SEVENS: u64 = u64::from_ne_bytes([0x7F; 8]);

/// The top bit of each byte of `chunk` that is `byte`; the first is the lowest.
#[inline]
fn hits(chunk: [u8; 8], byte: u8) -> u64 {
    let word = u64::from_le_bytes(chunk) ^ u64::from_ne_bytes([byte; 8]);
    !((word & SEVENS).wrapping_add(SEVENS) | word | SEVENS)
}

/// Which byte the lowest of `hits` is.
#[inline]
fn first(hits: u64) -> usize {
    lowest(hits) >> 3
}

/// Where one `of` these bytes first stands in `text`, or its length.
#[inline]
pub(crate) fn find<const N: usize>(text: &[u8], of: [u8; N]) -> usize {
    let any = |chunk| of.iter().fold(0, |any, byte| any | hits(chunk, *byte));
    let mut rest = text;
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let hits = any(*chunk);
        if hits != 0 {
            return text.len().wrapping_sub(rest.len()).wrapping_add(first(hits));
        }
        rest = after;
    }
    // The last eight bytes overlap what is read.
    let found = match text.last_chunk() {
        Some(last) => match any(*last) {
            0 => None,
            hits => Some(text.len().wrapping_sub(8).wrapping_add(first(hits))),
        },
        None => text.iter().position(|b| of.contains(b)),
    };
    found.unwrap_or(text.len())
}

/// Which bytes are looked for.
pub(crate) trait Pattern: Copy {
    /// All bits of each byte of `lane` that is one of them.
    fn of(self, lane: u8x16) -> u8x16;
}

impl<const N: usize> Pattern for [u8; N] {
    #[inline]
    fn of(self, lane: u8x16) -> u8x16 {
        let same = self.iter().map(|byte| lane.cmp_eq(u8x16::splat(*byte)));
        same.fold(u8x16::ZERO, |any, same| any | same)
    }
}

/// CR, and what is below it: LF, and what is seldom.
#[derive(Clone, Copy)]
pub(crate) struct UpToCr;

impl Pattern for UpToCr {
    #[inline]
    fn of(self, lane: u8x16) -> u8x16 {
        lane.min(u8x16::splat(b'\r')).cmp_eq(lane)
    }
}

/// Where the bytes stand in a text that are one of some: CR and LF, or delimiters.
#[derive(Clone)]
pub(crate) struct Marks<'a, P> {
    text: &'a [u8],
    of: P,
    /// Those still to come of the 64 bytes before `seen`, the first lowest.
    marks: u64,
    seen: usize,
}

impl<'a, P: Pattern> Marks<'a, P> {
    #[inline]
    pub(crate) const fn new(text: &'a [u8], from: usize, of: P) -> Self {
        Self { text, of, marks: 0, seen: from }
    }

    /// Passes over those before `to`.
    #[cold]
    pub(crate) const fn go_to(&mut self, to: usize) {
        (self.marks, self.seen) = (0, to);
    }

    #[inline]
    fn load(&mut self) -> Option<()> {
        self.marks = marks_from(self.text, self.seen, self.of)?;
        self.seen = self.seen.wrapping_add(64);
        Some(())
    }

    /// The next one.
    #[inline]
    fn at(&self) -> usize {
        self.seen.wrapping_sub(64).wrapping_add(lowest(self.marks))
    }
}

impl<P: Pattern> Iterator for Marks<'_, P> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.marks == 0 {
            self.load()?;
        }
        let at = self.at();
        self.marks &= self.marks.wrapping_sub(1);
        Some(at)
    }

    #[inline]
    fn nth(&mut self, mut number: usize) -> Option<usize> {
        loop {
            while self.marks == 0 {
                self.load()?;
            }
            if number == 0 {
                return self.next();
            }
            self.marks &= self.marks.wrapping_sub(1);
            number = number.wrapping_sub(1);
        }
    }
}

/// Where part `number`, from 0, of what `byte` splits begins and ends.
#[inline(always)]
pub(crate) fn part(text: &[u8], byte: u8, number: usize) -> Option<(usize, usize)> {
    let mut marks = Marks::new(text, 0, [byte]);
    let start = match number.checked_sub(1) {
        Some(before) => marks.nth(before)?.wrapping_add(1),
        None => 0,
    };
    Some((start, marks.next().unwrap_or(text.len())))
}

/// Where part `number`, from 1, of what `byte` splits in `range` begins, if 64 bytes follow where it is
/// looked for.
#[inline(always)]
pub(crate) fn part_start(
    text: &[u8],
    range: Range<usize>,
    byte: u8,
    number: usize,
) -> Option<usize> {
    let mut left = number.checked_sub(1)?;
    if left == 0 {
        return Some(range.start);
    }
    let mut base = range.start;
    while base < range.end {
        let mut marks = marks(text.get(base..)?.first_chunk()?, [byte]);
        while marks != 0 {
            left = left.wrapping_sub(1);
            if left == 0 {
                return Some(base.wrapping_add(lowest(marks)).wrapping_add(1));
            }
            marks &= marks.wrapping_sub(1);
        }
        base = base.wrapping_add(64);
    }
    None
}

/// Part `number`, from 1, of what `byte` splits in `block`: if one `of` these ends it, and `byte` each one
/// before it.
#[inline(always)]
pub(crate) fn inner_part(
    block: &[u8; 64],
    byte: u8,
    of: impl Pattern,
    number: usize,
) -> Option<Range<usize>> {
    let (mut left, mut start) = (number, 0);
    for (base, lane) in (0_usize..).step_by(16).zip(block.as_chunks().0) {
        let mut marks = lane_marks(lane, of);
        while marks != 0 {
            let at = base.wrapping_add(lowest(marks));
            left = left.wrapping_sub(1);
            if left == 0 {
                return Some(start..at);
            }
            if block.get(at) != Some(&byte) {
                return None;
            }
            start = at.wrapping_add(1);
            marks &= marks.wrapping_sub(1);
        }
    }
    None
}

/// Where part `number`, from 0, of what `byte` splits begins and ends, if it begins before `last`
/// stands.
#[inline(never)]
pub(crate) fn part_before(
    text: &[u8],
    byte: u8,
    last: u8,
    number: usize,
) -> Option<(usize, usize)> {
    let mut marks = Marks::new(text, 0, [byte, last]);
    let mut start = 0;
    for _ in 0..number {
        let at = marks.next().filter(|at| text.get(*at) == Some(&byte))?;
        start = at.wrapping_add(1);
    }
    Some((start, marks.next().unwrap_or(text.len())))
}

/// The marks of the 64 bytes from `at` on, or of as many as there are.
#[inline]
pub(crate) fn marks_from(text: &[u8], at: usize, of: impl Pattern) -> Option<u64> {
    let rest = text.get(at..)?;
    if let Some(block) = rest.first_chunk() {
        return Some(marks(block, of));
    }
    // The last bytes overlap what is read.
    let before = u32::try_from(64_usize.wrapping_sub(rest.len())).unwrap_or(0);
    text.last_chunk().map_or_else(
        || Some(marks_of_few(rest, of)),
        |last| Some(marks(last, of).checked_shr(before).unwrap_or(0)),
    )
}

/// The marks of a text of fewer than 64 bytes.
#[inline(never)]
fn marks_of_few(text: &[u8], of: impl Pattern) -> u64 {
    let len = u32::try_from(text.len()).unwrap_or(0);
    // What is read last overlaps what is read before.
    if let Some(last) = text.last_chunk() {
        let lanes = (0_u32..).step_by(16).zip(text.as_chunks().0);
        let marks = lanes.fold(0, |marks, (bit, lane)| marks | lane_marks(lane, of) << bit);
        return marks | lane_marks(last, of).wrapping_shl(len.wrapping_sub(16));
    }
    let mut lane = [0; 16];
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        lane = (u128::from(u64::from_le_bytes(*first))
            | u128::from(u64::from_le_bytes(*last)) << 64)
            .to_le_bytes();
        let marks = lane_marks(&lane, of);
        return marks & 0xFF | (marks >> 8).wrapping_shl(len.wrapping_sub(8));
    }
    lane.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    lane_marks(&lane, of) & 1_u64.wrapping_shl(len).wrapping_sub(1)
}

/// A bit for each byte of `block` that is one `of` these; the first is the lowest.
#[inline]
fn marks(block: &[u8; 64], of: impl Pattern) -> u64 {
    let lanes = (0_u32..).step_by(16).zip(block.as_chunks().0);
    lanes.fold(0, |marks, (bit, lane)| marks | lane_marks(lane, of) << bit)
}

#[inline]
fn lane_marks(lane: &[u8; 16], of: impl Pattern) -> u64 {
    u64::from(of.of(u8x16::new(*lane)).move_mask().cast_unsigned())
}

/// Which the lowest of `marks` is.
#[inline]
pub(crate) fn lowest(marks: u64) -> usize {
    usize::try_from(marks.trailing_zeros()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn each_is_found_where_it_stands() {
        // Neighbours of the byte, high bytes, and every distance up to some blocks.
        let text: Vec<u8> =
            (0..200_u8).map(|n| if n % 7 == 3 || n > 190 { b'|' } else { n ^ 0x7D }).collect();
        for from in 0..text.len() {
            let part = &text[from..];
            let bars: Vec<_> = (0..part.len()).filter(|at| part[*at] == b'|').collect();
            assert_eq!(find(part, [b'|']), bars.first().copied().unwrap_or(part.len()));
            let (mut number, mut start) = (0, 0);
            for bar in bars.iter().copied().chain([part.len()]) {
                assert_eq!(super::part(part, b'|', number), Some((start, bar)));
                (number, start) = (number + 1, bar + 1);
            }
            assert_eq!(super::part(part, b'|', number), None);
        }
    }

    #[test]
    fn line_ends_are_cr_and_lf() {
        for at in 0..150 {
            for end in [b'\r', b'\n'] {
                // Other control characters before it, and high bytes.
                let mut text: Vec<u8> = (0..200_u8)
                    .map(|n| [b'x', b'\t', 0x8D, 0x8A, 0x0E, 0x0B][usize::from(n % 6)])
                    .collect();
                assert_eq!(Marks::new(&text, 0, [b'\r', b'\n']).next(), None);
                text[at] = end;
                text[at + 20] = b'\r';
                let all =
                    |text: &[u8], from| Marks::new(text, from, [b'\r', b'\n']).collect::<Vec<_>>();
                assert_eq!(all(&text, 0), [at, at + 20]);
                assert_eq!(all(&text[..=at], at / 2), [at]);
                assert_eq!(all(&text, at + 1), [at + 20]);
                let mut skipping = Marks::new(&text, 0, [b'\r', b'\n']);
                assert_eq!(skipping.next(), Some(at));
                skipping.go_to(at + 21);
                assert_eq!(skipping.next(), None);
            }
        }
    }
}
