//! IHE DEV TF-2 appendix B.8: OBX-4 as a place in the containment of a device,
//! `MDS.VMD.CHANNEL.METRIC[.FACET]`.

use iomt_core::model::Level;

/// A place in the containment of a device. Its numbers hold within one OBR and MDS.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Containment([u32; 5]);

impl Containment {
    /// Reads four or five numbers with points between them; `None` is another kind of sub-id.
    ///
    /// ```
    /// use iomt_core::model::Level;
    /// use iomt_hl7v2::Containment;
    /// let level = |raw: &[u8]| Containment::parse(raw).and_then(|place| place.level());
    /// assert_eq!(level(b"1.1.0.0"), Some(Level::Vmd));
    /// assert_eq!(level(b"1.2.1.3"), Some(Level::Metric));
    /// assert_eq!(level(b"1a"), None);
    /// ```
    #[must_use]
    pub fn parse(raw: &[u8]) -> Option<Self> {
        let raw = raw.trim_ascii();
        // Most sub-ids are none, and are known by their first bytes.
        if !raw.first()?.is_ascii_digit() {
            return None;
        }
        let (mut all, mut count) = ([0_u32; 5], 0_usize);
        for part in raw.split(|b| *b == b'.') {
            *all.get_mut(count)? = number(part)?;
            count = count.wrapping_add(1);
        }
        (count >= 4).then_some(Self(all))
    }

    /// What stands there; `None` where five numbers are no facet of a metric.
    #[must_use]
    pub const fn level(self) -> Option<Level> {
        Some(match self.0 {
            [_, 0, 0, 0, 0] => Level::Mds,
            [_, _, 0, 0, 0] => Level::Vmd,
            [_, _, _, 0, 0] => Level::Channel,
            [_, _, _, 0, _] => return None,
            [_, _, _, _, 0] => Level::Metric,
            [_, _, _, _, _] => Level::Facet,
        })
    }

    /// The number of the MDS.
    pub(crate) const fn mds(self) -> u32 {
        self.0[0]
    }

    /// The number of the VMD; 0 for none.
    pub(crate) const fn vmd(self) -> u32 {
        self.0[1]
    }

    /// The container that it is, or that it is right under.
    pub(crate) const fn container(self) -> Self {
        let [mds, vmd, channel, _, _] = self.0;
        Self([mds, vmd, channel, 0, 0])
    }

    /// The metric that it is, or that it is a facet of.
    pub(crate) const fn metric(self) -> Self {
        let [mds, vmd, channel, metric, _] = self.0;
        Self([mds, vmd, channel, metric, 0])
    }
}

/// ASCII digits alone.
fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| byte.wrapping_sub(b'0'))?;
        number.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_levels() {
        let level = |text: &str| Containment::parse(text.as_bytes()).map(Containment::level);
        for (text, want) in [
            ("1.0.0.0", Some(Some(Level::Mds))),
            ("70000.1.0.0", Some(Some(Level::Vmd))),
            (" 1.2.3.0 ", Some(Some(Level::Channel))),
            ("1.0.0.2", Some(Some(Level::Metric))),
            ("1.3.1.150456", Some(Some(Level::Metric))),
            ("1.1.1.1.7", Some(Some(Level::Facet))),
            ("21766848.1.0.0.1", Some(None)),
        ] {
            assert_eq!(level(text), want, "{text}");
        }
        for text in
            ["", "1", "0", "1.1.1", "1.1.1.1.1.1", "1..1.1", "1.1.1.", "a.1.1.1", "1.1.1.-1"]
        {
            assert_eq!(level(text), None, "{text}");
        }
        assert_eq!(level("1.1.1.4294967296"), None, "more than any number of a device");
    }

    #[test]
    fn what_is_above_comes_before() {
        let place = |text: &str| Containment::parse(text.as_bytes()).unwrap();
        let all = ["1.0.0.0", "1.0.0.1", "1.1.0.0", "1.1.1.0", "1.1.1.1", "1.1.1.1.1", "2.0.0.0"];
        assert!(all.map(place).is_sorted());
        assert_eq!(place("1.2.3.4.5").metric(), place("1.2.3.4"));
        assert_eq!(place("1.2.3.4").container(), place("1.2.3.0"));
    }
}
