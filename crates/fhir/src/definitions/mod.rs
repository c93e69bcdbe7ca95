//! Types that the table does not have, from the definitions of a user: StructureDefinitions with their
//! snapshots, as the packages of HL7 hold them.
//!
//! ```no_run
//! use iomt_fhir::{Version, definitions::Definitions, json};
//!
//! let mut definitions = Definitions::new(Version::R4);
//! definitions.add(&std::fs::read("StructureDefinition-MedicationRequest.json")?)?;
//! let mut reader = json::Reader::new().with_types(definitions.types());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is read with them is on the tape as any other resource: both formats, and the rules of
//! cardinality, order and form, work from the same rows. Codes, and the invariants of such a type, are
//! not checked. The types of the table itself are never replaced.

mod read;
mod rows;

use crate::{
    Version,
    table::{self, ElementId, added, ty},
};
use read::{Place, StructureDefinition};
use std::{collections::BTreeMap, sync::Arc};

/// Definitions that were read, not yet rows of the table.
#[derive(Debug)]
pub struct Definitions {
    version: Version,
    all: BTreeMap<String, StructureDefinition>,
}

/// The resource types that definitions added to the table.
///
/// Their rows stay for the life of the process, and there is room for some 60,000 elements in 32
/// additions: load definitions once.
#[derive(Clone, Debug, Default)]
pub struct Types(Arc<Added>);

#[derive(Debug, Default)]
struct Added {
    roots: BTreeMap<&'static str, ElementId>,
    left_out: Vec<(String, LeftOut)>,
}

/// Why a type that is defined was not added.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LeftOut {
    /// It has more elements in one place than a set holds.
    #[error("more than 64 elements in one place")]
    TooManyElements,
    /// An element is of a type that neither the table nor the definitions have.
    #[error("an element of a type that is not defined")]
    TypeMissing,
    /// There is no room for its rows.
    #[error("no room for more types")]
    NoRoom,
}

/// A definition that cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// It is not JSON, or not as StructureDefinition has it.
    #[error("line {line}: not the JSON of a StructureDefinition")]
    Json {
        /// From 1.
        line: usize,
    },
    /// It has no snapshot.
    #[error("a StructureDefinition without snapshot")]
    NoSnapshot,
}

impl Definitions {
    /// None yet, of a version.
    #[must_use]
    pub const fn new(version: Version) -> Self {
        Self { version, all: BTreeMap::new() }
    }

    /// Reads a definition. Other resources, profiles, logical models and abstract types are passed
    /// over.
    ///
    /// # Errors
    /// It is not JSON, or a StructureDefinition that has no snapshot.
    pub fn add(&mut self, json: &[u8]) -> Result<(), DefinitionError> {
        if let Some(definition) = read::definition(json)? {
            self.all.insert(definition.name().to_owned(), definition);
        }
        Ok(())
    }

    /// Adds what was read to the table: the types that it does not have.
    #[must_use]
    pub fn types(&self) -> Types {
        let version = self.version;
        let new = |name: &str| rows::type_named(name, version).is_none();
        let defined = self.all.iter().filter(|(name, _)| new(name));
        let mut wanted: BTreeMap<&str, Vec<Place<'_>>> =
            defined.map(|(name, definition)| (name.as_str(), definition.places())).collect();
        let mut added = Added::default();
        // Where one type is left out, those that have elements of it cannot stand.
        loop {
            let is_known = |name: &str| wanted.contains_key(name) || !new(name);
            let wrong = |places: &Vec<Place<'_>>| places.iter().find_map(|p| p.wrong(is_known));
            let wrong: Vec<(&str, LeftOut)> =
                wanted.iter().filter_map(|(name, places)| Some((*name, wrong(places)?))).collect();
            if wrong.is_empty() {
                break;
            }
            for (name, reason) in wrong {
                wanted.remove(name);
                added.left_out.push((name.to_owned(), reason));
            }
        }
        let places: Vec<Place<'_>> = wanted.into_values().flatten().collect();
        if places.is_empty() {
            return Types(added.into());
        }
        match added::add(|first| rows::rows(&places, version, first)) {
            Some(rows) => {
                let roots = (rows.first.element..).map(ElementId::numbered).zip(&rows.elements);
                let roots = roots.filter(|(_, row)| row.parent == ty::RESOURCE);
                added.roots = roots.map(|(id, row)| (row.name, id)).collect();
            }
            None => {
                let resources = places.iter().filter(|place| place.is_resource());
                added.left_out.extend(resources.map(|p| (p.name.to_owned(), LeftOut::NoRoom)));
            }
        }
        Types(added.into())
    }
}

impl Types {
    /// How many resource types there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.roots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.roots.is_empty()
    }

    /// What was defined and is not there, with the reason.
    pub fn left_out(&self) -> impl Iterator<Item = (&str, LeftOut)> {
        self.0.left_out.iter().map(|(name, reason)| (name.as_str(), *reason))
    }

    /// The resource of this type as an element.
    #[must_use]
    pub fn root(&self, resource_type: &str) -> Option<ElementId> {
        self.0.roots.get(resource_type).copied()
    }
}

/// The resource of this type as an element, in the table or among those that were added.
pub(crate) fn root(added: Option<&Types>, resource_type: &str) -> Option<ElementId> {
    table::root(resource_type).or_else(|| added?.root(resource_type))
}

#[cfg(test)]
mod tests;
