use super::{Text, Unit};

/// What stands at a place in the containment of a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the levels of IEEE 11073-10201")]
pub enum Level {
    /// A medical device system: `1.0.0.0`.
    Mds,
    /// A virtual medical device, a module: `1.1.0.0`.
    Vmd,
    /// A channel: `1.1.1.0`.
    Channel,
    /// A metric: `1.1.1.1`; right under an MDS it is `1.0.0.1`.
    Metric,
    /// What qualifies a metric: `1.1.1.1.1`.
    Facet,
}

/// What a device measures one thing with: the lowest level of MDS > VMD > channel > metric. What it
/// measures is the code of the measurement.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Metric<'a> {
    /// Where in its device it is: a containment path.
    pub path: Text<'a>,
    /// Its unit, also where no value was sent.
    pub unit: Unit<'a>,
    /// How its values come about, as sent: `AMEAS`, `MSET`, …
    pub category: Option<Text<'a>>,
}

impl<'a> Metric<'a> {
    /// A metric of which nothing else is known.
    #[must_use]
    pub const fn new(path: Text<'a>) -> Self {
        Self { path, unit: Unit::NONE, category: None }
    }
}
