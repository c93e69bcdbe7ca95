//! Where a byte stands in a part: parts have five bytes on average, so a call of memchr costs more
//! than it saves.

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
    let found = rest.iter().position(|b| *b == byte);
    text.len().wrapping_sub(rest.len()).wrapping_add(found.unwrap_or(rest.len()))
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
    while let Some((block, after)) = rest.split_first_chunk() {
        let mut marks = marks(block, |b| b == byte);
        while left > 1 && marks != 0 {
            (marks, left) = (marks & marks.wrapping_sub(1), left.wrapping_sub(1));
        }
        if marks != 0 {
            return Some(ends(text, rest, lowest(marks), byte));
        }
        rest = after;
    }
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let mut hits = hits(*chunk, byte);
        while left > 1 && hits != 0 {
            (hits, left) = (hits & hits.wrapping_sub(1), left.wrapping_sub(1));
        }
        if hits != 0 {
            return Some(ends(text, rest, first(hits), byte));
        }
        rest = after;
    }
    for (at, other) in (0..).zip(rest) {
        left = left.wrapping_sub(usize::from(*other == byte));
        if left == 0 {
            return Some(ends(text, rest, at, byte));
        }
    }
    None
}

/// Where the part begins and ends that follows byte `at` of the `rest` of `text`.
#[inline]
fn ends(text: &[u8], rest: &[u8], at: usize, byte: u8) -> (usize, usize) {
    let start = text.len().wrapping_sub(rest.len()).wrapping_add(at).wrapping_add(1);
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
    flags.as_chunks().0.iter().zip(0_u32..).fold(0, |marks, (eight, number)| {
        // Brings the low bits of eight bytes together in the top one.
        let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        marks | bits.wrapping_shl(number << 3)
    })
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
            assert_eq!(
                find(part, b'\n'),
                part.iter().position(|b| *b == b'\n').unwrap_or(part.len())
            );
        }
    }
}
