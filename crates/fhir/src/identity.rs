//! Identities that the same facts always give: UUID version 5 (RFC 9562 §5.5) over named parts.

use core::fmt::{self, Write};

use iomt_core::model::{Authority, Code, Concept, DateTime, Effective, Identifier, Text, Time};
use sha1::block_api::compress;

/// The namespace of all our names: version 5 of `iomt` in the URL namespace of the RFC would do as
/// well; it is fixed here, for every stored identity rests on it.
const NAMESPACE: [u8; 16] = [
    0x5b, 0x0c, 0x6f, 0x1e, 0x8d, 0x4a, 0x4b, 0x57, 0x9d, 0x3e, 0x27, 0x61, 0xc0, 0x9a, 0x44, 0x12,
];

/// A UUID.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Uuid(u128);

impl Uuid {
    /// From its 16 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    pub(crate) const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Its text, in lower case, with hyphens.
    fn text(self) -> Text36 {
        const HYPHEN: u64 = 0x2D;
        let word = |shift: u32| u32::try_from((self.0 >> shift) & 0xFFFF_FFFF).unwrap_or(0);
        let [a, b, c, d] = [96, 64, 32, 0].map(|shift| hex(word(shift)));
        let second = HYPHEN | (b & 0xFFFF_FFFF) << 8 | HYPHEN << 40 | b >> 32 << 48;
        let third = b >> 48 | HYPHEN << 16 | (c & 0xFFFF_FFFF) << 24 | HYPHEN << 56;
        let fourth = u32::try_from(c >> 32).unwrap_or(0);
        let mut text = Text36([0; 36]);
        let (words, rest) = text.0.as_chunks_mut();
        for (to, from) in words.iter_mut().zip([a, second, third, u64::from(fourth) | d << 32]) {
            *to = from.to_le_bytes();
        }
        for (to, from) in rest.iter_mut().zip((d >> 32).to_le_bytes()) {
            *to = from;
        }
        text
    }

    /// Writes it in lower case, with hyphens.
    pub fn write(self, out: &mut dyn Write) -> fmt::Result {
        out.write_str(core::str::from_utf8(&self.text().0).map_err(|_| fmt::Error)?)
    }
}

/// The text of a UUID, where words are read at once.
#[repr(align(8))]
struct Text36([u8; 36]);

/// Eight hexadecimal digits, all at once, the first lowest: a nibble to each byte, `0` added to all,
/// and the gap to `a` to those above nine.
const fn hex(word: u32) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    let [a, b, c, d] = word.to_be_bytes();
    let pairs = u64::from_le_bytes([a, b, 0, 0, c, d, 0, 0]);
    let wide = (pairs | pairs << 8) & 0x00FF_00FF_00FF_00FF;
    let nibbles = (wide >> 4 | wide << 8) & (LOW * 0x0F);
    let above = (nibbles.wrapping_add(LOW * 6) >> 4) & LOW;
    nibbles.wrapping_add(LOW * 0x30).wrapping_add(above.wrapping_mul(0x27))
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// A name that is hashed while its parts are given. Each part is followed by its length, so that
/// parts cannot run together; an absent part is not an empty one.
pub(crate) struct Name {
    /// What the blocks before `buffer` gave, and how many bytes they are.
    state: State,
    before: u64,
    /// Parts are short and many: they are gathered before they are hashed.
    buffer: [u8; 192],
    used: usize,
    len: u32,
}

/// The state of SHA-1 (FIPS 180-4).
type State = [u32; 5];
type Block = [u8; 64];

/// §5.3.1: the state before the first block.
const START: State = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];

/// What blocks gave, each in the place that its bits give: the names of the results of one order, device
/// or person begin alike, and those of a sender or patient come again.
#[derive(Debug)]
pub(crate) struct Blocks(Box<[Known; PLACES]>);

/// How many are kept.
const PLACES: usize = 128;

/// A state, the block after it, and the state that they give.
#[derive(Clone, Copy, Debug)]
struct Known {
    before: State,
    block: Block,
    after: State,
}

impl Default for Blocks {
    fn default() -> Self {
        let mut known = Known { before: START, block: [0; 64], after: START };
        compress(&mut known.after, &[known.block]);
        Self(Box::new([known; PLACES]))
    }
}

impl Blocks {
    fn after(&mut self, before: State, block: &Block) -> State {
        let (words, _) = block.as_chunks();
        let [.., start] = before;
        let mixed = words.iter().fold(u64::from(start), |mixed, word| {
            (mixed.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        let [.., place] = mixed.to_le_bytes();
        let [slots @ .., rest] = &mut *self.0;
        let known = slots.get_mut(usize::from(place) % PLACES).unwrap_or(rest);
        if known.block != *block || known.before != before {
            *known = Known { before, block: *block, after: before };
            compress(&mut known.after, &[*block]);
        }
        known.after
    }
}

impl Name {
    /// A name for a kind of thing.
    #[inline]
    pub(crate) fn new(kind: &str) -> Self {
        let mut name = Self { state: START, before: 0, buffer: [0; 192], used: 0, len: 0 };
        name.feed(&NAMESPACE);
        name.str(kind);
        name
    }

    /// The identity. The name is spent.
    pub(crate) fn finish(&mut self) -> Uuid {
        self.pad();
        let filled = self.buffer.get(..self.used).unwrap_or_default();
        compress(&mut self.state, filled.as_chunks().0);
        self.digest()
    }

    /// [`finish`](Self::finish) of one that may begin as others did.
    pub(crate) fn finish_alike(&mut self, blocks: &mut Blocks) -> Uuid {
        if let (0, 64.., Some(block)) = (self.before, self.used, self.buffer.first_chunk()) {
            self.state = blocks.after(self.state, block);
            self.drop_first(64);
        }
        self.finish()
    }

    /// [`finish`](Self::finish) of one that may come again.
    pub(crate) fn finish_known(&mut self, blocks: &mut Blocks) -> Uuid {
        self.pad();
        let filled = self.buffer.get(..self.used).unwrap_or_default();
        for block in filled.as_chunks().0 {
            self.state = blocks.after(self.state, block);
        }
        self.digest()
    }

    /// Hashes the whole blocks of the buffer.
    fn hash(&mut self) {
        let filled = self.buffer.get(..self.used).unwrap_or_default();
        let (blocks, rest) = filled.as_chunks();
        let hashed = self.used.saturating_sub(rest.len());
        compress(&mut self.state, blocks);
        self.drop_first(hashed);
    }

    /// Drops bytes that were hashed.
    fn drop_first(&mut self, hashed: usize) {
        self.before = self.before.saturating_add(u64::try_from(hashed).unwrap_or(0));
        self.buffer.copy_within(hashed..self.used, 0);
        self.used = self.used.saturating_sub(hashed);
    }

    /// FIPS 180-4 §5.1.1: a bit, zeros, and the length in bits.
    fn pad(&mut self) {
        let bytes = self.before.saturating_add(u64::try_from(self.used).unwrap_or(0));
        let zeros = 119_usize.saturating_sub(self.used % 64) % 64;
        let mut end = [0; 72];
        end[0] = 0x80;
        let [_, rest @ ..] = &mut end;
        if let Some(length) = rest.get_mut(zeros..).and_then(<[u8]>::first_chunk_mut) {
            *length = bytes.saturating_mul(8).to_be_bytes();
        }
        self.feed(end.get(..zeros.saturating_add(9)).unwrap_or_default());
    }

    fn digest(&self) -> Uuid {
        let mut bytes = [0; 16];
        for (to, from) in bytes.as_chunks_mut().0.iter_mut().zip(self.state) {
            *to = from.to_be_bytes();
        }
        bytes[6] = (bytes[6] & 0x0F) | 0x50;
        bytes[8] = (bytes[8] & 0x3F) | 0x80;
        Uuid::from_bytes(bytes)
    }

    #[inline]
    fn feed(&mut self, bytes: &[u8]) {
        let end = self.used.saturating_add(bytes.len());
        match self.buffer.get_mut(self.used..end) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.used = end;
            }
            None => self.feed_long(bytes),
        }
    }

    /// Feeds what the buffer has no room for.
    #[cold]
    fn feed_long(&mut self, bytes: &[u8]) {
        let room = self.buffer.get_mut(self.used..).unwrap_or_default();
        let Some((fitting, rest)) = bytes.split_at_checked(room.len()) else { return };
        room.copy_from_slice(fitting);
        self.used = self.buffer.len();
        self.hash();
        for part in rest.chunks(64) {
            self.feed(part);
        }
    }

    /// A part that `write` writes.
    pub(crate) fn part(&mut self, write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> &mut Self {
        self.len = 0;
        // Writing into a hash does not fail; a text that cannot be written is told by its start.
        let failed = write(self).is_err();
        let len = self.len;
        self.length(len);
        if failed { self.none() } else { self }
    }

    pub(crate) fn none(&mut self) -> &mut Self {
        self.length(u32::MAX);
        self
    }

    fn length(&mut self, len: u32) {
        self.feed(&len.to_be_bytes());
    }

    pub(crate) fn str(&mut self, part: &str) -> &mut Self {
        self.bytes(part.as_bytes())
    }

    pub(crate) fn bytes(&mut self, part: &[u8]) -> &mut Self {
        self.feed(part);
        self.length(u32::try_from(part.len()).unwrap_or(u32::MAX));
        self
    }

    pub(crate) fn uuid(&mut self, part: Uuid) -> &mut Self {
        self.feed(&part.0.to_be_bytes());
        self
    }

    pub(crate) fn number(&mut self, part: u64) -> &mut Self {
        self.feed(&part.to_be_bytes());
        self
    }

    /// What a text means, so that another way to escape it is the same name.
    pub(crate) fn text(&mut self, part: Option<Text<'_>>) -> &mut Self {
        match part {
            None => self.none(),
            Some(text) => match text.as_str() {
                Some(plain) => self.str(plain),
                None => self.part(|w| text.write(w)),
            },
        }
    }

    pub(crate) fn authority(&mut self, part: &Authority<'_>) -> &mut Self {
        self.text(part.namespace).text(part.universal_id).text(part.universal_id_type)
    }

    pub(crate) fn identifier(&mut self, part: &Identifier<'_>) -> &mut Self {
        self.authority(&part.authority).text(Some(part.value))
    }

    /// The first coding of a concept, else its text.
    pub(crate) fn concept(&mut self, part: &Concept<'_>) -> &mut Self {
        match part.codings().next().map(|coding| coding.code) {
            Some(Code::Mdc(mdc)) => self.number(u64::from(mdc.code())),
            Some(code @ Code::Meant(..)) => self.part(|w| code.write(w)),
            Some(code) => self.text(code.text()),
            None => self.text(part.text),
        }
    }

    /// A time as sent.
    pub(crate) fn time(&mut self, part: &Time<'_>) -> &mut Self {
        match (part.sent, part.value) {
            (Some(sent), _) => self.text(Some(sent)),
            (None, Some(value)) => self.date_time(&value),
            (None, None) => self.none(),
        }
    }

    /// When, as sent.
    pub(crate) fn effective(&mut self, part: &Effective<'_>) -> &mut Self {
        match part {
            Effective::Unknown => self.none(),
            Effective::At(at) => self.time(at),
            Effective::Period(start, end) => self.time(start).time(end),
        }
    }

    pub(crate) fn date_time(&mut self, part: &DateTime) -> &mut Self {
        self.part(|w| part.write_iso(w))
    }
}

impl Write for Name {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.feed(part.as_bytes());
        self.len = self.len.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_version_5_uuid() {
        let uuid = Name::new("Patient").str("a").finish().to_string();
        assert_eq!((uuid.len(), uuid.as_bytes()[14]), (36, b'5'));
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        assert!(uuid.bytes().all(|b| b == b'-' || b.is_ascii_digit() || b.is_ascii_lowercase()));
    }

    #[test]
    fn names_of_any_length_are_hashed_with_sha_1() {
        use sha1::{Digest, Sha1};
        let mut blocks = Blocks::default();
        let text: Vec<u8> = (0..=255).cycle().take(700).collect();
        for len in (0..text.len()).chain(0..text.len()) {
            let name = || {
                let mut name = Name::new("");
                for part in text[..len].chunks(len / 3 + 1) {
                    name.feed(part);
                }
                name
            };
            let mut whole = NAMESPACE.to_vec();
            whole.extend([0; 4]);
            whole.extend(&text[..len]);
            let mut digest: [u8; 16] = Sha1::digest(&whole)[..16].try_into().unwrap();
            digest[6] = (digest[6] & 0x0F) | 0x50;
            digest[8] = (digest[8] & 0x3F) | 0x80;
            assert_eq!(name().finish(), Uuid::from_bytes(digest), "{len}");
            assert_eq!(name().finish_alike(&mut blocks), Uuid::from_bytes(digest), "{len}");
            for _ in 0..2 {
                assert_eq!(name().finish_known(&mut blocks), Uuid::from_bytes(digest), "{len}");
            }
        }
    }

    #[test]
    fn names_that_begin_otherwise_are_others() {
        let mut blocks = Blocks::default();
        let long = |n: u16| Name::new("Observation").number(n.into()).str(&"x".repeat(50)).finish();
        for n in (0..500).chain(0..500) {
            let mut name = Name::new("Observation");
            name.number(n.into()).str(&"x".repeat(50));
            assert_eq!(name.finish_alike(&mut blocks), long(n));
            let mut name = Name::new("Observation");
            name.number(n.into()).str(&"x".repeat(50));
            assert_eq!(name.finish_known(&mut blocks), long(n));
        }
    }

    #[test]
    fn parts_are_kept_apart() {
        let of = |parts: &[Option<&'static str>]| {
            let mut name = Name::new("x");
            for part in parts {
                name.text(part.map(Text::literal));
            }
            name.finish()
        };
        let all = [
            of(&[Some("ab"), Some("c")]),
            of(&[Some("a"), Some("bc")]),
            of(&[Some("abc")]),
            of(&[None, Some("abc")]),
            of(&[Some(""), Some("abc")]),
            of(&[Some("abc"), None]),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all.iter().skip(i + 1).all(|b| a != b), "{i}");
        }
        assert_eq!(of(&[Some("ab")]), Name::new("x").str("ab").finish());
    }
}
