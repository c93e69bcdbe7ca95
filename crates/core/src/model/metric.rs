use super::{Text, Unit};

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
