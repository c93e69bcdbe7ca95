//! Where a byte stands: words of eight bytes in parts, which have five on average, so that a call of
//! memchr costs more than it saves; blocks of 64 in lines, which the compiler reads with vectors.

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const SEVENS: u64 = u64::from_ne_bytes([0x7F; 8]);
const TOPS: u64 = u64::from_ne_bytes([0x80; 8]);
const BLANKS: u64 = u64::from_ne_bytes([b' '; 8]);

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

/// Where `byte` first stands in `text`, or its length.
#[inline]
pub(crate) fn find(text: &[u8], byte: u8) -> usize {
    let mut rest = text;
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let hits = hits(*chunk, byte);
        if hits != 0 {
            return text.len().wrapping_sub(rest.len()).wrapping_add(first(hits));
        }
        rest = after;
    }
    // The last eight bytes overlap what is read.
    let found = match text.last_chunk() {
        Some(last) => match hits(*last, byte) {
            0 => None,
            hits => Some(text.len().wrapping_sub(8).wrapping_add(first(hits))),
        },
        None => text.iter().position(|b| *b == byte),
    };
    found.unwrap_or(text.len())
}

/// Where the first CR or LF stands in `text`.
#[inline]
pub(crate) fn line_end(text: &[u8]) -> Option<usize> {
    let (blocks, rest) = text.as_chunks::<64>();
    for (number, block) in (0_usize..).zip(blocks) {
        // Of most lines all other bytes are above.
        if block.iter().fold(false, |any, b| any | (*b < b' '))
            && let Some(at) = end_in(block)
        {
            return Some((number << 6).wrapping_add(at));
        }
    }
    Some(text.len().wrapping_sub(rest.len()).wrapping_add(end_in(rest)?))
}

#[inline]
fn end_in(text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks();
    for (number, word) in (0_usize..).zip(words) {
        // None is below, or the first that is so marked is; it may mark others.
        let below =
            u64::from_le_bytes(*word).wrapping_sub(BLANKS) & !u64::from_le_bytes(*word) & TOPS;
        if below != 0 {
            let hits = hits(*word, b'\r') | hits(*word, b'\n');
            if hits != 0 {
                return Some((number << 3).wrapping_add(first(hits)));
            }
        }
    }
    let at = rest.iter().position(|b| matches!(b, b'\r' | b'\n'))?;
    Some(text.len().wrapping_sub(rest.len()).wrapping_add(at))
}

/// Where part `number`, from 0, of what `byte` splits begins and ends.
pub(crate) fn part(text: &[u8], byte: u8, number: usize) -> Option<(usize, usize)> {
    if number == 0 {
        return Some((0, find(text, byte)));
    }
    let (mut rest, mut left) = (text, number);
    // The first parts are near.
    while number > 3
        && let Some((block, after)) = rest.split_first_chunk()
    {
        let marks = marks(block, |b| b == byte);
        let count = usize::try_from(marks.count_ones()).unwrap_or(0);
        if count >= left {
            let passed = text.len().wrapping_sub(rest.len());
            let found = from_nth(marks, left);
            let start = passed.wrapping_add(lowest(found)).wrapping_add(1);
            return Some(match found & found.wrapping_sub(1) {
                0 => to_end(text, start, byte),
                next => (start, passed.wrapping_add(lowest(next))),
            });
        }
        (rest, left) = (after, left.wrapping_sub(count));
    }
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let hits = hits(*chunk, byte);
        let count = usize::try_from((hits >> 7).wrapping_mul(ONES) >> 56).unwrap_or(0);
        if count >= left {
            let at = first(from_nth(hits, left));
            let start = text.len().wrapping_sub(rest.len()).wrapping_add(at).wrapping_add(1);
            return Some(to_end(text, start, byte));
        }
        (rest, left) = (after, left.wrapping_sub(count));
    }
    let passed = text.len().wrapping_sub(rest.len());
    for (at, other) in (1..).zip(rest) {
        left = left.wrapping_sub(usize::from(*other == byte));
        if left == 0 {
            return Some(to_end(text, passed.wrapping_add(at), byte));
        }
    }
    None
}

/// The part that begins at `start`.
#[inline]
fn to_end(text: &[u8], start: usize, byte: u8) -> (usize, usize) {
    (start, start.wrapping_add(find(text.get(start..).unwrap_or_default(), byte)))
}

/// A block that begins with `text`, which is shorter.
#[cold]
#[inline(never)]
pub(crate) fn padded(text: &[u8]) -> [u8; 64] {
    let mut block = [0; 64];
    block.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    block
}

/// A bit for each byte of `block` that is `wanted`; the first is the lowest.
#[inline]
pub(crate) fn marks(block: &[u8; 64], wanted: impl Fn(u8) -> bool) -> u64 {
    let mut flags = [0_u8; 64];
    for (flag, byte) in flags.iter_mut().zip(block) {
        *flag = u8::from(wanted(*byte));
    }
    flags.as_chunks().0.iter().fold(0, |marks: u64, eight| {
        // Brings the low bits of eight bytes together in the top one.
        let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080);
        marks >> 8 | bits & (0xFF << 56)
    })
}

/// The `marks` from the `number`th on, from 1 and the lowest on.
#[inline]
fn from_nth(mut marks: u64, number: usize) -> u64 {
    for _ in 1..number {
        marks &= marks.wrapping_sub(1);
    }
    marks
}

/// Which the lowest of `marks` is.
#[inline]
pub(crate) fn lowest(marks: u64) -> usize {
    usize::try_from(marks.trailing_zeros()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_where_it_stands() {
        // Neighbours of the byte, high bytes, and every distance up to some blocks.
        let text: alloc::vec::Vec<u8> =
            (0..200_u8).map(|n| if n % 7 == 3 || n > 190 { b'|' } else { n ^ 0x7D }).collect();
        for from in 0..text.len() {
            let part = &text[from..];
            let bars: alloc::vec::Vec<_> = (0..part.len()).filter(|at| part[*at] == b'|').collect();
            assert_eq!(find(part, b'|'), bars.first().copied().unwrap_or(part.len()));
            let (mut number, mut start) = (0, 0);
            for bar in bars.iter().copied().chain([part.len()]) {
                assert_eq!(super::part(part, b'|', number), Some((start, bar)));
                (number, start) = (number + 1, bar + 1);
            }
            assert_eq!(super::part(part, b'|', number), None);
        }
    }

    #[test]
    fn lines_end_at_the_first_cr_or_lf() {
        for at in 0..150 {
            for end in [b'\r', b'\n'] {
                // Other control characters before it, and high bytes.
                let mut text: alloc::vec::Vec<u8> = (0..200_u8)
                    .map(|n| [b'x', b'\t', 0x8D, 0x8A, 0x0E, 0x0B][usize::from(n % 6)])
                    .collect();
                assert_eq!((line_end(&text), line_end(&text[..at])), (None, None));
                text[at] = end;
                text[at + 20] = b'\r';
                assert_eq!(line_end(&text), Some(at));
                assert_eq!(line_end(&text[..=at]), Some(at));
            }
        }
    }
}
