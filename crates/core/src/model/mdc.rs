/// An IEEE 11073-10101 code: `partition << 16 | term`. A newtype, not an enum: the code space is
/// open, a device may send a code that no table has, and it must not be lost.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Mdc(u32);

impl Mdc {
    /// From the 32-bit context-free code.
    #[must_use]
    pub const fn new(code: u32) -> Self {
        Self(code)
    }

    /// The 32-bit context-free code.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.0
    }

    /// From partition and term code.
    #[must_use]
    pub const fn from_parts(partition: u16, term: u16) -> Self {
        let [a, b] = partition.to_be_bytes();
        let [c, d] = term.to_be_bytes();
        Self(u32::from_be_bytes([a, b, c, d]))
    }

    /// The partition: 1 objects, 2 SCADA, 3 events, 4 dimensions, 128 personal health, …
    #[must_use]
    pub const fn partition(self) -> u16 {
        let [a, b, _, _] = self.0.to_be_bytes();
        u16::from_be_bytes([a, b])
    }

    /// The term code within the partition; 0xF000 and above are private to a vendor.
    #[must_use]
    pub const fn term(self) -> u16 {
        let [_, _, c, d] = self.0.to_be_bytes();
        u16::from_be_bytes([c, d])
    }
}
