//! Looking for bytes in text, eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Whether a byte stands in `text` that JSON wants escaped: a control, `"` or `\`.
#[must_use]
pub fn has_escape(text: &str) -> bool {
    any(text.as_bytes(), |x| below(x, 0x20) | equal(x, b'"') | equal(x, b'\\'))
}

/// Whether a control character of ASCII stands in `text`, tab and line ends too.
#[must_use]
pub fn has_control(text: &str) -> bool {
    any(text.as_bytes(), |x| below(x, 0x20))
}

/// Whether a space or a control character of ASCII stands in `text`.
#[must_use]
pub fn has_space(text: &str) -> bool {
    any(text.as_bytes(), |x| below(x, 0x21) | equal(x, 0x7F))
}

/// High bits where a byte of `x` is less than `n`, which is at most 128. Bits above a true one
/// may be wrong.
const fn below(x: u64, n: u8) -> u64 {
    x.wrapping_sub(ONES.wrapping_mul(spread(n))) & !x & HIGH
}

const fn equal(x: u64, byte: u8) -> u64 {
    below(x ^ ONES.wrapping_mul(spread(byte)), 1)
}

const fn spread(byte: u8) -> u64 {
    u64::from_le_bytes([byte, 0, 0, 0, 0, 0, 0, 0])
}

fn any(bytes: &[u8], found: impl Fn(u64) -> u64) -> bool {
    let (chunks, rest) = bytes.as_chunks::<8>();
    if chunks.iter().any(|&chunk| found(u64::from_le_bytes(chunk)) != 0) {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    // What is left, with bytes that were seen already or stand twice.
    let last = match (bytes.last_chunk::<8>(), rest) {
        (Some(&chunk), _) => chunk,
        (None, &[a]) => [a; 8],
        (None, &[a, b]) => [a, b, b, b, b, b, b, b],
        (None, &[a, b, c]) => [a, b, c, c, c, c, c, c],
        (None, &[a, b, c, d]) => [a, b, c, d, d, d, d, d],
        (None, &[a, b, c, d, e]) => [a, b, c, d, e, e, e, e],
        (None, &[a, b, c, d, e, f]) => [a, b, c, d, e, f, f, f],
        (None, &[a, b, c, d, e, f, g]) => [a, b, c, d, e, f, g, g],
        (None, _) => return false,
    };
    found(u64::from_le_bytes(last)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_byte_at_each_place() {
        for len in 1..20_usize {
            for at in 0..len {
                for byte in 0..0x80_u8 {
                    let mut bytes = vec![b'a'; len];
                    bytes[at] = byte;
                    let text = str::from_utf8(&bytes).unwrap();
                    assert_eq!(has_escape(text), byte < 0x20 || byte == b'"' || byte == b'\\');
                    assert_eq!(has_control(text), byte < 0x20);
                    assert_eq!(has_space(text), byte <= 0x20 || byte == 0x7F);
                }
            }
        }
        assert!(!has_escape("") && !has_control("") && !has_space(""));
    }

    proptest! {
        #[test]
        fn as_byte_by_byte(text in "[\u{0}-\u{22}\\\\a-zé\u{7f}-\u{a0}😀]{0,30}") {
            let has = |f: fn(u8) -> bool| text.bytes().any(f);
            prop_assert_eq!(has_escape(&text), has(|b| b < 0x20 || b == b'"' || b == b'\\'));
            prop_assert_eq!(has_control(&text), has(|b| b < 0x20));
            prop_assert_eq!(has_space(&text), has(|b| b <= 0x20 || b == 0x7F));
        }
    }
}
