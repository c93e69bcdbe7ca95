//! Looking for bytes in text, sixteen at a time.

use wide::u8x16;

/// What kinds of bytes stand in a text.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Class(u8);

const ESCAPE: u8 = 1;
const SPACE: u8 = 2;
const CONTROL: u8 = 4;
const FREE: u8 = 8;

impl Class {
    /// Looks at a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        // Most texts have nothing of it (and no `!`, which is cheaper not to tell apart).
        if any(bytes, |b| b <= b'"' || b == b'\\') { Self::detailed(bytes) } else { Self(0) }
    }

    fn detailed(bytes: &[u8]) -> Self {
        let bit = |is, bit| if is { bit } else { 0 };
        let control = bit(any(bytes, |b| b < b' '), ESCAPE | CONTROL);
        let escape = bit(any(bytes, |b| b == b'"' || b == b'\\'), ESCAPE);
        let space = bit(any(bytes, |b| b <= b' '), SPACE);
        Self(control | escape | space)
    }

    /// Whether there is what JSON wants escaped: a control below space, `"` or `\`.
    #[must_use]
    pub const fn has_escape(self) -> bool {
        self.0 & ESCAPE != 0
    }

    /// Whether there is a space or a control below it.
    #[must_use]
    pub const fn has_space(self) -> bool {
        self.0 & SPACE != 0
    }

    /// Whether there is nothing of all this.
    pub(crate) const fn is_plain(self) -> bool {
        self.0 & (ESCAPE | SPACE | CONTROL) == 0
    }

    /// The same, of a text in whose place others may stand.
    pub(crate) const fn free(self) -> Self {
        Self(self.0 | FREE)
    }

    pub(crate) const fn is_free(self) -> bool {
        self.0 & FREE != 0
    }

    /// Whether there is a control below space: tab and line ends too.
    #[must_use]
    pub const fn has_control(self) -> bool {
        self.0 & CONTROL != 0
    }
}

/// How many bytes at the beginning are neither control, `"` nor `\`.
#[inline]
pub(crate) fn plain(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((lane, after)) = rest.split_first_chunk() {
        let found = special_of(lane);
        if found != 0 {
            let at = usize::try_from(found.trailing_zeros()).unwrap_or(0);
            return bytes.len().wrapping_sub(rest.len()).wrapping_add(at);
        }
        rest = after;
    }
    let special = |b: &u8| *b < b' ' || *b == b'"' || *b == b'\\';
    let left = rest.iter().position(special).unwrap_or(rest.len());
    bytes.len().wrapping_sub(rest.len()).wrapping_add(left)
}

/// A bit for each byte of `lane` that is a control, `"` or `\`; the first is the lowest.
#[inline]
fn special_of(lane: &[u8; 16]) -> u32 {
    let lane = u8x16::new(*lane);
    let is = |byte: u8| lane.cmp_eq(u8x16::splat(byte));
    let control = lane.min(u8x16::splat(0x1F)).cmp_eq(lane);
    (is(b'"') | is(b'\\') | control).move_mask().cast_unsigned()
}

/// Whether a byte is `found`, without stopping at it: the loops become vector instructions.
pub(crate) fn any(bytes: &[u8], found: impl Fn(u8) -> bool) -> bool {
    let any_of = |chunk: &[u8]| chunk.iter().fold(false, |any, &b| any | found(b));
    let (chunks, rest) = bytes.as_chunks::<16>();
    if chunks.iter().fold(false, |any, chunk| any | any_of(chunk)) {
        return true;
    }
    // What is left, with bytes that were seen already.
    if let (Some(last), false) = (bytes.last_chunk::<16>(), rest.is_empty()) {
        return any_of(last);
    }
    match (rest.first_chunk::<8>(), rest.last_chunk::<8>()) {
        (Some(first), Some(last)) => any_of(first) | any_of(last),
        _ => match (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
            (Some(first), Some(last)) => any_of(first) | any_of(last),
            _ => rest.iter().any(|&b| found(b)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str) {
        let has = |f: fn(u8) -> bool| text.bytes().any(f);
        let class = Class::of(text);
        assert_eq!(class.has_escape(), has(|b| b < 0x20 || b == b'"' || b == b'\\'));
        assert_eq!(class.has_control(), has(|b| b < 0x20));
        assert_eq!(class.has_space(), has(|b| b <= 0x20));
        let first = text.bytes().position(|b| b < 0x20 || b == b'"' || b == b'\\');
        assert_eq!(plain(text.as_bytes()), first.unwrap_or(text.len()));
    }

    #[test]
    fn each_byte_at_each_place() {
        for len in 1..40_usize {
            for at in 0..len {
                for byte in (0..0x80_u8).filter(|b| *b < 0x24 || *b == b'\\' || *b == 0x7F) {
                    let mut bytes = vec![b'a'; len];
                    bytes[at] = byte;
                    check(str::from_utf8(&bytes).unwrap());
                }
            }
        }
        assert_eq!(Class::of(""), Class::default());
    }

    proptest! {
        #[test]
        fn as_byte_by_byte(text in "[\u{0}-\u{22}\\\\a-zé\u{7f}-\u{a0}😀]{0,50}") {
            check(&text);
        }
    }
}
