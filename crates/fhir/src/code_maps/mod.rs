//! Codes and units of a site: what stands for them in systems that others know.
//!
//! A map says what a code *means*, so only an equal meaning is taken: a ConceptMap may say that a
//! target is wider, narrower or merely related, and such a target is left out and counted. A map of
//! units names the same unit in UCUM; a number is never scaled by it.

mod concept_map;
mod csv;
mod json;
mod look_up;
mod table;

use std::sync::Arc;

use iomt_core::Limits;
use iomt_core::model::Mdc;
use iomt_nomenclature::unit::Unit;

pub(crate) use look_up::{added, vital};
use table::{At, Problem, Table};

use crate::policy::{LOINC, MDC, SNOMED_CT, UCUM, maps};

/// The tables of HL7 v2, with what a site adds to them, before their numbers.
const V2_OID: &str = "urn:oid:2.16.840.1.113883.12.";

/// What is published of them as code systems.
const V2: &str = "http://terminology.hl7.org/CodeSystem/v2-";

/// The system of a code, however it is named.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum System<S> {
    /// None is sent.
    None,
    Loinc,
    Mdc,
    SnomedCt,
    Ucum,
    /// An HL7 v2 table.
    Table(u16),
    /// A URI, an object identifier, or a name as it stands in messages.
    Other(S),
}

impl<'s> System<&'s str> {
    /// The system of a name or URI: `LN`, `http://loinc.org`, `HL70078`, `L`.
    fn of(name: &'s str) -> Self {
        let table = |digits: &str| digits.parse().ok().map(Self::Table);
        let known = match name {
            "" => Some(Self::None),
            "LN" | LOINC | "urn:oid:2.16.840.1.113883.6.1" => Some(Self::Loinc),
            "MDC" | MDC => Some(Self::Mdc),
            "SCT" | "SNOMED-CT" | SNOMED_CT => Some(Self::SnomedCt),
            "UCUM" | UCUM => Some(Self::Ucum),
            _ => match (name.strip_prefix("HL7"), name.strip_prefix(V2)) {
                (Some(digits), _) | (_, Some(digits)) if digits.len() == 4 => table(digits),
                _ => name.strip_prefix(V2_OID).and_then(table),
            },
        };
        known.unwrap_or_else(|| {
            let of_table = maps::find(maps::CODING_SYSTEM, name);
            Self::Other(of_table.unwrap_or_else(|| name.strip_prefix("urn:oid:").unwrap_or(name)))
        })
    }

    fn to_owned(&self) -> System<Box<str>> {
        self.map(|name| (*name).into())
    }
}

impl<S> System<S> {
    /// The same system, its name in another form.
    fn map<'a, T>(&'a self, form: impl FnOnce(&'a S) -> T) -> System<T> {
        match self {
            Self::None => System::None,
            Self::Loinc => System::Loinc,
            Self::Mdc => System::Mdc,
            Self::SnomedCt => System::SnomedCt,
            Self::Ucum => System::Ucum,
            Self::Table(number) => System::Table(*number),
            Self::Other(name) => System::Other(form(name)),
        }
    }
}

impl System<Box<str>> {
    /// A name that [`System::of`] reads as it.
    fn name(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Loinc => LOINC.into(),
            Self::Mdc => MDC.into(),
            Self::SnomedCt => SNOMED_CT.into(),
            Self::Ucum => UCUM.into(),
            Self::Table(number) => format!("{V2}{number:04}"),
            Self::Other(name) => name.as_ref().into(),
        }
    }

    fn as_ref(&self) -> System<&str> {
        self.map(|name| &**name)
    }
}

/// What a code of a system means in another one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Row {
    source: System<Box<str>>,
    code: Box<str>,
    pub(crate) target: System<Box<str>>,
    /// The target as it goes out.
    pub(crate) uri: Box<str>,
    pub(crate) to: Box<str>,
    pub(crate) display: Option<Box<str>>,
}

impl Row {
    /// The target, if it is a LOINC code.
    pub(crate) fn loinc(&self) -> Option<&str> {
        (self.target == System::Loinc).then_some(&*self.to)
    }

    /// The target, if it is a code of IEEE 11073.
    pub(crate) fn mdc(&self) -> Option<Mdc> {
        let is_mdc = self.target == System::Mdc;
        self.to.parse().ok().filter(|_| is_mdc).map(Mdc::new)
    }

    fn key(&self) -> (System<&str>, &str, System<&str>) {
        (self.source.as_ref(), &self.code, self.target.as_ref())
    }
}

/// What codes and units of a site are in systems that others know, in the order that finds them.
///
/// As JSON, in a [`Config`](crate::Config), an array: an object is a ConceptMap, or CSV as
/// `{"csv": "…"}`; a text is the name of a file, which [`take_unread`](Self::take_unread) gives to
/// whoever opens files.
///
/// A copy shares what is mapped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CodeMaps {
    /// Sorted by key.
    rows: Arc<Vec<Row>>,
    /// Sorted by text.
    units: Arc<Vec<(Box<str>, &'static Unit)>>,
    unread: Vec<String>,
}

/// Rows that say something else than that two codes mean the same; they are not used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct LeftOut {
    /// How many.
    pub rows: usize,
    /// Where the first one is: line and column, from 1; 0 where there is none.
    pub line: usize,
    /// See `line`.
    pub column: usize,
    /// The same as a byte of the text.
    pub offset: usize,
}

/// What is wrong with a map, and where: never what it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
#[non_exhaustive]
pub struct CodeMapError {
    /// What.
    pub kind: CodeMapErrorKind,
    /// The line, from 1.
    pub line: usize,
    /// In JSON the byte of the line, in CSV the number of the field, from 1.
    pub column: usize,
}

/// What can be wrong with a map.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeMapErrorKind {
    /// It is too long, has too many rows, or nests too deeply: [`Limits`].
    #[error("the map is larger than the limits allow")]
    Limit,
    /// It is not UTF-8.
    #[error("the text is not UTF-8")]
    Utf8,
    /// It is neither JSON nor CSV.
    #[error("the text is not well-formed")]
    Syntax,
    /// Its JSON is not a ConceptMap of FHIR R4.
    #[error("this is not as a ConceptMap of FHIR R4 has it")]
    NoConceptMap,
    /// Its first line has other columns.
    #[error(
        "the columns are neither source_system, source_code, target_system, target_code, \
         target_display nor source_unit, ucum"
    )]
    Columns,
    /// A code or a system is missing.
    #[error("a code or system is missing")]
    Missing,
    /// It is no code of FHIR, or longer than 64 bytes, or no LOINC code by its check digit.
    #[error("no code of its system")]
    Code,
    /// The target system is no URI.
    #[error("the target system is no URI")]
    NoUri,
    /// Only of units of our own table it is known that they are units.
    #[error("no unit of UCUM that is known")]
    UnitUnknown,
    /// A target without its equivalence.
    #[error("the target has no equivalence")]
    NoEquivalence,
    /// A modifier extension may change what all the rest means.
    #[error("a modifier extension")]
    Modified,
    /// Two targets of one code in one system.
    #[error("another target of a code that has one in this system")]
    Contradiction,
}

impl CodeMaps {
    /// Without any map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what a file says: a ConceptMap of FHIR R4 as JSON, or CSV with the columns
    /// `source_system`, `source_code`, `target_system`, `target_code` and, if it is to be,
    /// `target_display`; or `source_unit` and `ucum`.
    ///
    /// A source system is a URI or a name as it stands in messages, and empty for codes without one.
    /// What is mapped to UCUM is a unit, by its text, whatever its system.
    ///
    /// Gives the rows that are not used, as they do not say that two codes mean the same.
    ///
    /// # Errors
    /// Then nothing is added.
    pub fn add(&mut self, bytes: &[u8], limits: &Limits) -> Result<LeftOut, CodeMapError> {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        self.try_add(text, limits).map_err(|(kind, at)| {
            let (line, column) = at.place(text);
            CodeMapError { kind, line, column }
        })
    }

    fn try_add(&mut self, text: &[u8], limits: &Limits) -> Result<LeftOut, Problem> {
        if text.len() > limits.message_bytes || u32::try_from(text.len()).is_err() {
            return Err((CodeMapErrorKind::Limit, At::Byte(0)));
        }
        let mut table = Table::new(limits.segments);
        match text.trim_ascii_start() {
            [b'{', ..] => concept_map::read(text, limits.depth, &mut table)?,
            _ => csv::read(text, &mut table)?,
        }
        let (rows, first) = table.left_out;
        self.merge(table)?;
        let (line, column) = first.map_or((0, 0), |at| at.place(text));
        Ok(LeftOut { rows, line, column, offset: first.map_or(0, At::offset) })
    }

    fn merge(&mut self, table: Table) -> Result<(), Problem> {
        let Table { mut rows, mut units, .. } = table;
        rows.sort_by(|(a, _), (b, _)| a.key().cmp(&b.key()));
        units.sort_by(|a, b| a.0.cmp(&b.0));
        // A row is the same or in the way of the one before it, or of one that was there.
        let mut before = None;
        for (row, place) in &rows {
            let key = row.key();
            let there = self.rows.binary_search_by(|other| other.key().cmp(&key)).ok();
            let others = [before, there.and_then(|at| self.rows.get(at))];
            if others.into_iter().flatten().any(|other| other.key() == key && other.to != row.to) {
                return Err((CodeMapErrorKind::Contradiction, *place));
            }
            before = Some(row);
        }
        let mut before: Option<(&str, &Unit)> = None;
        for (text, unit, place) in &units {
            let same = before.filter(|(other, _)| *other == &**text).map(|(_, unit)| unit);
            if [same, self.unit(text)].into_iter().flatten().any(|other| other.ucum != unit.ucum) {
                return Err((CodeMapErrorKind::Contradiction, *place));
            }
            before = Some((text, *unit));
        }
        let all = Arc::make_mut(&mut self.rows);
        all.extend(rows.into_iter().map(|(row, _)| row));
        all.sort_by(|a, b| a.key().cmp(&b.key()));
        all.dedup_by(|a, b| a.key() == b.key());
        let all = Arc::make_mut(&mut self.units);
        all.extend(units.into_iter().map(|(text, unit, _)| (text, unit)));
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all.dedup_by(|a, b| a.0 == b.0);
        Ok(())
    }

    /// Whether there is no map.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.units.is_empty()
    }

    /// How many codes and units are mapped.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len().saturating_add(self.units.len())
    }

    /// Files that the configuration names and nobody has read. A writer opens none: it reports each
    /// message as long as there are any.
    #[must_use]
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// Takes the names of files away, to [`add`](Self::add) what they say.
    pub fn take_unread(&mut self) -> Vec<String> {
        core::mem::take(&mut self.unread)
    }

    /// The unit that a site means by a text.
    fn unit(&self, text: &str) -> Option<&'static Unit> {
        let at = self.units.binary_search_by(|(own, _)| (**own).cmp(text)).ok()?;
        self.units.get(at).map(|(_, unit)| *unit)
    }
}

#[cfg(test)]
mod tests;
