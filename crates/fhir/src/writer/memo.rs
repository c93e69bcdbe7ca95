//! Observations that are alike but for ids, references, time and numbers, which are holes; all else
//! that they are made of is in the key.

use core::fmt::Write;

use iomt_core::model::{
    AbsentReason, Code, CodeSystem, Comparator, Concept, Decimal, Mdc, Measurement, Metric,
    StatusTable, Text, Unit, Value,
};
use iomt_core::wire::Scaled;

use super::remembered::Remembered;
use super::render::{push_reference, separate};
use super::spelled::Spelled;
use super::templates::Templates;
use crate::config::{Config, Form};
use crate::identity::Uuid;
use crate::policy::pocd::Profile;
use crate::policy::{Hole, Links, Target, When};

#[derive(Debug, Default)]
pub(super) struct Memo {
    /// Observations, as entries.
    pub(super) templates: Templates<Hole>,
    /// Metrics as they were rendered, and their ids.
    metrics: Remembered<Box<[u8]>, (Uuid, Box<str>)>,
    /// The key of the metric at work.
    key: Vec<u8>,
}

impl Memo {
    /// Makes the key of a measurement; false if it has parts that no template has.
    pub(super) fn make_key(
        &mut self,
        m: &Measurement<'_>,
        when: &When<'_>,
        links: &Links<'_>,
        session: bool,
    ) -> bool {
        let key = &mut self.templates.key;
        key.clear();
        // It says how results are stored.
        key.push(u8::from(session));
        let made = Key(key).measurement(m, when, links).is_some();
        if !made {
            key.clear();
        }
        made
    }

    /// Finds the metric of a measurement as it was rendered before: all that it is made of is in the
    /// key, which is the one at work from here on. `of` are the devices that it is of.
    pub(super) fn metric(
        &mut self,
        m: &Measurement<'_>,
        metric: &Metric<'_>,
        profile: Option<Profile>,
        of: [Option<Target<'_>>; 2],
    ) -> Option<&(Uuid, Box<str>)> {
        self.key.clear();
        let mut key = Key(&mut self.key);
        key.profile(profile);
        if key.metric(m, metric, of).is_none() {
            self.key.clear();
            return None;
        }
        self.metrics.get(&*self.key)
    }

    /// Remembers a metric under the key at work, if there is one.
    pub(super) fn keep_metric(&mut self, id: Uuid, text: &str, limit: usize) {
        if !self.key.is_empty() && limit > 0 {
            self.metrics.insert(self.key.as_slice().into(), (id, text.into()), limit);
        }
    }

    /// Writes an Observation, as an entry after others, from its template, if there is one.
    pub(super) fn fill(
        &self,
        m: &Measurement<'_>,
        when: &When<'_>,
        links: &Links<'_>,
        (config, id): (&Config, Uuid),
        spelled: &mut Spelled,
        out: &mut String,
    ) -> bool {
        let Some(template) = self.templates.get() else { return false };
        separate(config, out);
        let form = config.to;
        template.write(out, |hole, out| {
            // Writing into a String does not fail.
            let _ = write_hole(hole, m, when, links, (form, id), spelled, out);
        });
        true
    }
}

fn write_hole(
    hole: Hole,
    m: &Measurement<'_>,
    when: &When<'_>,
    links: &Links<'_>,
    (form, id): (Form, Uuid),
    spelled: &mut Spelled,
    out: &mut String,
) -> core::fmt::Result {
    let target = match hole {
        Hole::Id => {
            out.push_str(spelled.text(id));
            return Ok(());
        }
        Hole::Urn => {
            out.push_str("urn:uuid:");
            out.push_str(spelled.text(id));
            return Ok(());
        }
        Hole::Time => {
            return match when {
                When::At(moment) => {
                    moment.value.map_or(Ok(()), |v| out.write_str(spelled.time(&v)))
                }
                When::Unknown | When::Period(..) => Ok(()),
            };
        }
        Hole::Original => {
            return match when {
                When::At(moment) => moment.write_original(out),
                When::Unknown | When::Period(..) => Ok(()),
            };
        }
        Hole::Value(part) => return write_value(part, &m.value, out),
        Hole::Subject => links.subject,
        Hole::Encounter => links.encounter,
        Hole::Specimen => links.specimen,
        Hole::Device => links.device,
    };
    if let Some(Target::Resource(kind, id)) = target {
        push_reference(form, kind, spelled.text(id), out);
    }
    Ok(())
}

fn write_value(part: u8, value: &Value<'_>, out: &mut String) -> core::fmt::Result {
    match value {
        Value::Quantity(quantity) => match quantity.value {
            Decimal::Scaled(scaled) => scaled.write(out),
            Decimal::Lexical(_) => Ok(()),
        },
        Value::Compound(parts) => {
            let part = parts.get(usize::from(part)).map(|part| &part.value);
            match part {
                Some(value @ Value::Quantity(_)) => write_value(0, value, out),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Writes a key: every part that is not a hole, each told apart from its neighbours. `None` where
/// a part has no place in a key.
struct Key<'a>(&'a mut Vec<u8>);

impl Key<'_> {
    fn measurement(
        &mut self,
        m: &Measurement<'_>,
        when: &When<'_>,
        links: &Links<'_>,
    ) -> Option<()> {
        if m.identifier.is_some()
            || !m.notes.is_empty()
            || !m.facets.is_empty()
            || m.kind.is_some()
            || m.specimen_numbers.iter().any(Option::is_some)
            || !links.performers.list.is_empty()
            || links.parent.is_some()
            || links.location.is_some()
        {
            return None;
        }
        self.concept(&m.code)?;
        self.value(&m.value)?;
        self.byte(match m.status.table {
            StatusTable::Hl70085 => 0,
            StatusTable::Hl70123 => 1,
            StatusTable::Measured => 2,
            StatusTable::Ongoing => 3,
            StatusTable::Hl70038 => 5,
            StatusTable::IhePcd => 4,
        });
        self.text(m.status.code)?;
        self.len(m.flags.len())?;
        for flag in m.flags {
            self.str(flag.table)?;
            self.0.extend_from_slice(&flag.code.to_le_bytes());
        }
        self.len(m.interpretation.len())?;
        for concept in m.interpretation {
            self.concept(concept)?;
        }
        self.concept(&m.method)?;
        self.concept(&m.body_site)?;
        self.byte(u8::from(m.reference_range.is_some()));
        if let Some(range) = &m.reference_range {
            self.scaled(range.low);
            self.scaled(range.high);
            self.text(range.text)?;
        }
        self.len(m.supplemental.len())?;
        for mdc in m.supplemental {
            self.0.extend_from_slice(&mdc.code().to_le_bytes());
        }
        self.byte(match when {
            When::Unknown => 0,
            When::At(moment) => moment.form()?,
            When::Period(..) => return None,
        });
        self.profile(links.profile);
        [links.subject, links.encounter, links.specimen, links.device]
            .into_iter()
            .try_for_each(|target| self.target(target))
    }

    fn metric(
        &mut self,
        m: &Measurement<'_>,
        metric: &Metric<'_>,
        of: [Option<Target<'_>>; 2],
    ) -> Option<()> {
        self.concept(&m.code)?;
        self.text(Some(metric.path))?;
        self.unit(&metric.unit)?;
        self.text(metric.category)?;
        of.into_iter().try_for_each(|target| {
            self.target(target)?;
            if let Some(Target::Resource(_, id)) = target {
                self.0.extend_from_slice(&id.to_bytes());
            }
            Some(())
        })
    }

    fn profile(&mut self, profile: Option<Profile>) {
        self.0.extend_from_slice(profile.map_or("", Profile::url).as_bytes());
        self.byte(0);
    }

    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn len(&mut self, len: usize) -> Option<()> {
        self.0.extend_from_slice(&u16::try_from(len).ok()?.to_le_bytes());
        Some(())
    }

    fn str(&mut self, text: &str) -> Option<()> {
        self.len(text.len())?;
        self.0.extend_from_slice(text.as_bytes());
        Some(())
    }

    /// A text that means what it is: of others, the reading may change with the message.
    fn text(&mut self, text: Option<Text<'_>>) -> Option<()> {
        match text {
            None => self.0.extend_from_slice(&u16::MAX.to_le_bytes()),
            Some(text) => self.str(text.as_str().filter(|t| t.len() < 1024)?)?,
        }
        Some(())
    }

    fn scaled(&mut self, value: Option<Scaled>) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            self.0.extend_from_slice(&value.mantissa.to_le_bytes());
            self.0.extend_from_slice(&value.exponent.to_le_bytes());
        }
    }

    fn concept(&mut self, concept: &Concept<'_>) -> Option<()> {
        if concept.is_empty() {
            self.byte(u8::MAX);
            return Some(());
        }
        for coding in &concept.codings {
            let Some(coding) = coding else {
                self.byte(0);
                continue;
            };
            match coding.system {
                CodeSystem::Unknown => self.byte(1),
                CodeSystem::Mdc => self.byte(2),
                CodeSystem::Loinc => self.byte(3),
                CodeSystem::SnomedCt => self.byte(4),
                CodeSystem::Ucum => self.byte(5),
                CodeSystem::Named(name) => {
                    self.byte(6);
                    self.text(Some(name))?;
                }
                CodeSystem::Hl7Table(table) => {
                    self.byte(7);
                    self.0.extend_from_slice(&table.to_le_bytes());
                }
            }
            match coding.code {
                Code::Mdc(mdc) | Code::Meant(mdc, _) => {
                    self.0.extend_from_slice(&mdc.code().to_le_bytes())
                }
                Code::Text(text) => self.text(Some(text))?,
            }
            self.byte(u8::from(matches!(coding.code, Code::Mdc(_) | Code::Meant(..))));
            self.text(coding.display)?;
            self.text(coding.version)?;
        }
        self.text(concept.text)
    }

    fn value(&mut self, value: &Value<'_>) -> Option<()> {
        match value {
            Value::Absent(absent) => {
                self.byte(match absent.reason {
                    AbsentReason::Error => 0,
                    AbsentReason::NegativeInfinity => 1,
                    AbsentReason::NotANumber => 2,
                    AbsentReason::NotPerformed => 3,
                    AbsentReason::NotAsked => 8,
                    AbsentReason::PositiveInfinity => 4,
                    AbsentReason::TempUnknown => 5,
                    AbsentReason::Unknown => 6,
                    AbsentReason::Unsupported => 7,
                });
                self.text(absent.sent)
            }
            Value::Quantity(quantity) => {
                self.byte(match (quantity.value, quantity.comparator) {
                    (Decimal::Lexical(_), _) => return None,
                    (Decimal::Scaled(_), None) => 10,
                    (Decimal::Scaled(_), Some(Comparator::Less)) => 11,
                    (Decimal::Scaled(_), Some(Comparator::LessOrEqual)) => 12,
                    (Decimal::Scaled(_), Some(Comparator::GreaterOrEqual)) => 13,
                    (Decimal::Scaled(_), Some(Comparator::Greater)) => 14,
                });
                self.unit(&quantity.unit)
            }
            Value::Compound(parts) => {
                self.byte(20);
                self.len(parts.len())?;
                for part in *parts {
                    self.concept(&part.code)?;
                    match part.value {
                        Value::Quantity(_) | Value::Absent(_) => self.value(&part.value)?,
                        _ => return None,
                    }
                }
                Some(())
            }
            Value::Attachment(_)
            | Value::Bits(_)
            | Value::Concept(_)
            | Value::Period(..)
            | Value::Range(..)
            | Value::Ratio(..)
            | Value::Samples(_)
            | Value::Text(_)
            | Value::Time(_)
            | Value::TimeOfDay(..) => None,
        }
    }

    fn unit(&mut self, unit: &Unit<'_>) -> Option<()> {
        self.byte(u8::from(unit.span.is_some()));
        self.text(unit.ucum)?;
        self.byte(u8::from(unit.mdc.is_some()));
        self.0.extend_from_slice(&unit.mdc.map_or(0, Mdc::code).to_le_bytes());
        self.text(unit.text)
    }

    fn target(&mut self, target: Option<Target<'_>>) -> Option<()> {
        let (tag, text) = match target {
            None => {
                self.byte(0);
                return Some(());
            }
            Some(Target::Resource(kind, _)) => (1, kind),
            Some(Target::External(text)) => (2, text),
            Some(Target::Display(text)) => (3, text),
        };
        self.byte(tag);
        self.str(text)
    }
}
