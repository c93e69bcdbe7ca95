//! HL7 Point-of-Care Device guide: the profiles that resources claim, where they meet them.

use iomt_core::model::{Device, Level, Measurement, Quantity, Value};
use iomt_core::wire::Span;

use super::{Builder, Links, When};
use crate::code_maps::CodeMaps;
use crate::config::Guide;
use crate::table::{ElementId, el};

macro_rules! profiles {
    ($($name:ident)*) => {
        /// A profile of the guide.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum Profile { $($name,)* }

        impl Profile {
            pub(crate) const fn url(self) -> &'static str {
                match self {
                    $(Self::$name => concat!(
                        "http://hl7.org/fhir/uv/pocd/StructureDefinition/",
                        stringify!($name),
                    ),)*
                }
            }
        }
    };
}

profiles! {
    MdsDevice VmdDevice ChannelDevice
    NumericDeviceMetric SampleArrayDeviceMetric EnumerationDeviceMetric
    NumericObservation SampleArrayObservation EnumerationObservation
}

/// The profile of a device whose parent has `parent`.
pub(crate) fn device(device: &Device<'_>, parent: Option<Profile>) -> Option<Profile> {
    device.kind.codings().next()?;
    match (device.level?, parent) {
        (Level::Mds, None) if device.parent.is_none() => {
            (!device.identifiers.is_empty() || device.udi.is_some()).then_some(Profile::MdsDevice)
        }
        (Level::Vmd, Some(Profile::MdsDevice)) => Some(Profile::VmdDevice),
        (Level::Channel, Some(Profile::VmdDevice)) => Some(Profile::ChannelDevice),
        _ => None,
    }
}

/// The profile of the metric of a measurement, by its value, else by its unit.
pub(crate) fn metric(m: &Measurement<'_>, maps: &CodeMaps) -> Option<Profile> {
    let unit = m.metric.as_ref()?.unit;
    match &m.value {
        Value::Quantity(_) | Value::Ratio(..) => Some(Profile::NumericDeviceMetric),
        Value::Absent(_) if maps.known_unit(&unit).is_some() => Some(Profile::NumericDeviceMetric),
        Value::Samples(_) => Some(Profile::SampleArrayDeviceMetric),
        Value::Concept(_) | Value::Text(_) if unit.is_none() => {
            Some(Profile::EnumerationDeviceMetric)
        }
        _ => None,
    }
}

/// The profile of an Observation whose metric has one.
fn observation(
    m: &Measurement<'_>,
    when: &When<'_>,
    links: &Links<'_>,
    maps: &CodeMaps,
) -> Option<Profile> {
    let metric = links.profile.filter(|_| links.subject.is_some() && when.is_known())?;
    let coded = |quantity: &Quantity<'_>| maps.known_unit(&quantity.unit).is_some();
    match (metric, &m.value) {
        (Profile::NumericDeviceMetric, Value::Quantity(quantity)) if coded(quantity) => {
            Some(Profile::NumericObservation)
        }
        (Profile::NumericDeviceMetric, Value::Absent(_)) => Some(Profile::NumericObservation),
        (Profile::SampleArrayDeviceMetric, Value::Samples(samples)) => {
            maps.known_unit(&samples.unit).map(|_| Profile::SampleArrayObservation)
        }
        (Profile::EnumerationDeviceMetric, Value::Concept(_) | Value::Text(_)) => {
            Some(Profile::EnumerationObservation)
        }
        _ => None,
    }
}

impl Builder<'_> {
    /// Whether the guide is asked for.
    pub(crate) fn is_pocd(&self) -> bool {
        self.cx.config.profile == Some(Guide::Pocd)
    }

    /// The profile that an Observation claims.
    pub(crate) fn observation_profile(
        &self,
        m: &Measurement<'_>,
        when: &When<'_>,
        links: &Links<'_>,
    ) -> Option<Profile> {
        observation(m, when, links, &self.cx.config.code_maps).filter(|_| self.is_pocd())
    }

    /// Writes a Meta: the profile, and that the data are not real.
    pub(crate) fn meta(&mut self, meta: ElementId, profile: Option<Profile>) {
        if profile.is_none() && self.cx.test.is_none() {
            return;
        }
        let meta = self.tape.open(meta, Span::NONE);
        if let Some(profile) = profile {
            self.tape.text(el::META_PROFILE, profile.url());
        }
        self.test_label(self.cx.test);
        self.tape.close(meta);
    }
}
