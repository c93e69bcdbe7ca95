//! What stands for the codes of a message.

use iomt_core::model::{Code, CodeSystem, Coding, Concept, Unit};
use iomt_core::wire::Span;
use iomt_nomenclature::unit;
use iomt_nomenclature::vital::{self, Profile};

use super::{CodeMaps, Row, System};
use crate::config::Config;

/// What the maps add to a concept: the bytes of the code that is mapped, and its target. Nothing in a
/// system in which the sender has a code; of several in one system, the first.
pub(crate) fn added<'c>(
    config: &'c Config,
    concept: &'c Concept<'_>,
) -> impl Iterator<Item = (Span, &'c Row)> + use<'c> {
    // Without maps, nothing is looked at.
    let looked_at = if config.code_maps.rows.is_empty() { 0 } else { concept.codings.len() };
    let codings = concept.codings.iter().flatten().take(looked_at);
    codings.clone().enumerate().flat_map(move |(at, coding)| {
        let earlier = codings.clone().take(at);
        targets(config, coding).iter().map(move |row| (coding.code.span(), row)).filter(
            move |(_, row)| {
                !concept.codings().any(|sent| is_of(config, sent, &row.target))
                    && !earlier
                        .clone()
                        .flat_map(|coding| targets(config, coding))
                        .any(|other| other.target == row.target)
            },
        )
    })
}

/// The vital-signs profile that a target implies.
pub(crate) fn vital(row: &Row) -> Option<&'static Profile> {
    match row.target {
        System::Loinc => vital::by_loinc(&*row.to),
        System::SnomedCt => vital::by_snomed(row.to.as_bytes()).next(),
        System::None | System::Mdc | System::Ucum | System::Table(_) | System::Other(_) => None,
    }
}

/// The rows of a code.
fn targets<'c>(config: &'c Config, coding: &Coding<'_>) -> &'c [Row] {
    let mut digits = iomt_core::model::Short::EMPTY;
    let code = match coding.code {
        Code::Mdc(mdc) | Code::Meant(mdc, _) => {
            use core::fmt::Write;
            // A number has at most ten digits.
            let _ = write!(digits, "{}", mdc.code());
            digits
        }
        Code::Text(text) => match text.short() {
            Some(short) => short,
            None => return &[],
        },
    };
    let code = code.as_str();
    in_systems(config, coding, |system| {
        let rows = config.code_maps.range(&system, code);
        (!rows.is_empty()).then_some(rows)
    })
    .unwrap_or_default()
}

/// Whether the system of a coding is this one.
fn is_of(config: &Config, coding: &Coding<'_>, system: &System<Box<str>>) -> bool {
    in_systems(config, coding, |own| (own == system.as_ref()).then_some(())).is_some()
}

/// What `find` has for the system of a coding: for its name as sent, else for its URI.
fn in_systems<T>(
    config: &Config,
    coding: &Coding<'_>,
    mut find: impl FnMut(System<&str>) -> Option<T>,
) -> Option<T> {
    let name = match coding.system {
        CodeSystem::Unknown => return find(System::None),
        CodeSystem::Mdc => return find(System::Mdc),
        CodeSystem::Loinc => return find(System::Loinc),
        CodeSystem::SnomedCt => return find(System::SnomedCt),
        CodeSystem::Ucum => return find(System::Ucum),
        CodeSystem::Hl7Table(number) => return find(System::Table(number)),
        CodeSystem::Named(name) => name.short()?,
    };
    let name = name.as_str();
    find(System::of(name)).or_else(|| find(System::of(config.code_systems.get(name)?)))
}

impl CodeMaps {
    /// The rows of a code, in the order of their targets.
    fn range(&self, system: &System<&str>, code: &str) -> &[Row] {
        let before = |row: &Row| (row.source.as_ref(), &*row.code) < (system.clone(), code);
        let upto = |row: &Row| (row.source.as_ref(), &*row.code) <= (system.clone(), code);
        let start = self.rows.partition_point(before);
        let end = self.rows.partition_point(upto);
        self.rows.get(start..end).unwrap_or_default()
    }

    /// The unit that was meant, if UCUM has it: by its code, else by what the site says of its text,
    /// else by what the text commonly means.
    pub(crate) fn known_unit(&self, sent: &Unit<'_>) -> Option<&'static unit::Unit> {
        let ucum = sent.ucum.and_then(|t| t.short());
        ucum.and_then(|code| unit::by_ucum(code.as_str()).or_else(|| unit::by_text(code.as_str())))
            .or_else(|| sent.mdc.and_then(unit::by_mdc))
            .or_else(|| {
                let text = sent.text.and_then(|t| t.short())?;
                // A code of UCUM, or of IEEE 11073, that is not known is no text of the site.
                let own = sent.ucum.is_none() && sent.mdc.is_none();
                self.unit(text.as_str()).filter(|_| own).or_else(|| unit::by_text(text.as_str()))
            })
    }
}
