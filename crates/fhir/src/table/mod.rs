//! The element table: every type that we read, write or check, with its elements in canonical
//! order. JSON, XML and the rules all work from these rows.
//!
//! The facts are in `data/*.csv`; `cargo xtask codegen` makes the rows of them. A choice is one
//! element per type (`valueQuantity`, `valueString` …), a backbone element is a type of its own
//! (`Observation.component`), and a slot for any resource (`Bundle.entry.resource`, `contained`)
//! has the type [`ty::RESOURCE`], whose elements are the resources themselves
//! ([`el::ROOT_OBSERVATION`] …).

mod generated;

use generated::{BY_NAME, ELEMENTS, RESOURCE_TYPES, TYPES};
pub use generated::{el, ty};

/// Bits of [`Element::versions`] and [`Code::versions`].
pub mod version {
    /// FHIR 4.0.1.
    pub const R4: u8 = 1;
    /// FHIR 4.3.0.
    pub const R4B: u8 = 2;
    /// FHIR 5.0.0.
    pub const R5: u8 = 4;
}

/// A row of the element table. The numbers are not stable between releases.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ElementId(u16);

/// A type of the element table. The numbers are not stable between releases.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TypeId(u16);

/// One element of one type.
#[derive(Debug)]
#[non_exhaustive]
pub struct Element {
    /// The JSON name: `valueQuantity`.
    pub name: &'static str,
    /// The name as a JSON key between two strings: `","valueQuantity":"`.
    pub(crate) key: &'static str,
    /// The type that has this element.
    pub parent: TypeId,
    /// The type of its content.
    pub ty: TypeId,
    /// What that type is.
    pub kind: Kind,
    /// Its place in its type, from 0; below 64.
    pub ordinal: u8,
    /// How often it must stand; for a choice, how often one of the group must.
    pub min: u8,
    /// How often it may stand; 255 is without limit.
    pub max: u8,
    /// Whether JSON has an array here.
    pub array: bool,
    /// The choice that it belongs to: a number within the type, 0 for none.
    pub choice: u8,
    /// The codes that it may have, where the binding is required and its codes are enumerated.
    pub binding: Option<&'static Binding>,
    /// The types that a reference may point to; empty: any.
    pub targets: &'static [&'static str],
    /// Whether it is a SimpleQuantity: a Quantity without comparator.
    pub simple: bool,
    /// The versions that have it.
    pub versions: u8,
}

/// One type: its elements stand together, in canonical order.
#[derive(Debug)]
#[non_exhaustive]
pub struct Type {
    /// `Quantity`, `Observation.component`, `dateTime`.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    first: u16,
    len: u16,
    /// What must stand: of each of these sets of [`bits`](ElementId::bit), one. A choice is one
    /// set.
    pub required: &'static [u64],
    /// Its choices, as sets of [`bits`](ElementId::bit): [`Element::choice`] 1 is the first.
    pub choices: &'static [u64],
}

/// What a type is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every reader and writer")]
pub enum Kind {
    /// A value in one text, perhaps with an id and extensions ([`ty::ELEMENT`]).
    Primitive(Lexical),
    /// A data type.
    Complex,
    /// Elements of one place in a resource or data type.
    Backbone,
    /// A resource.
    Resource,
    /// A place for any resource.
    Slot,
    /// A resource of a type that the table does not have: its text is the resource as it was
    /// read, its elements what is known of it.
    Unchecked,
}

/// The primitive types, by their form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names of the primitive types")]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every reader and writer")]
pub enum Lexical {
    Base64Binary,
    Boolean,
    Canonical,
    Code,
    Date,
    DateTime,
    Decimal,
    Id,
    Instant,
    Integer,
    Markdown,
    Oid,
    PositiveInt,
    String,
    Time,
    UnsignedInt,
    Uri,
    Url,
    Uuid,
    Xhtml,
}

/// What JSON has for a primitive type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum JsonType {
    Boolean,
    Number,
    String,
}

impl Lexical {
    pub(crate) const fn json(self) -> JsonType {
        match self {
            Self::Boolean => JsonType::Boolean,
            Self::Decimal | Self::Integer | Self::PositiveInt | Self::UnsignedInt => {
                JsonType::Number
            }
            Self::Base64Binary
            | Self::Canonical
            | Self::Code
            | Self::Date
            | Self::DateTime
            | Self::Id
            | Self::Instant
            | Self::Markdown
            | Self::Oid
            | Self::String
            | Self::Time
            | Self::Uri
            | Self::Url
            | Self::Uuid
            | Self::Xhtml => JsonType::String,
        }
    }
}

/// A value set that an element's code must be of.
#[derive(Debug)]
#[non_exhaustive]
pub struct Binding {
    /// Its canonical URL, without version.
    pub value_set: &'static str,
    /// Its codes, sorted.
    pub codes: &'static [Code],
}

/// A code of a value set.
#[derive(Debug)]
#[non_exhaustive]
pub struct Code {
    /// The code.
    pub code: &'static str,
    /// The versions whose value set has it.
    pub versions: u8,
}

impl Binding {
    /// The versions whose value set has `code`; 0 for none.
    #[must_use]
    pub fn versions(&self, code: &str) -> u8 {
        find_code(self.codes, code)
    }
}

impl Type {
    /// The elements, in canonical order.
    pub fn elements(&self) -> impl ExactSizeIterator<Item = ElementId> + use<> {
        (self.first..self.first.saturating_add(self.len)).map(ElementId)
    }

    /// Whether `element` is one of this type.
    #[must_use]
    pub const fn has(&self, element: ElementId) -> bool {
        element.0.wrapping_sub(self.first) < self.len
    }

    /// [`element`](Self::element), which is mostly one of those after `last`.
    pub(crate) fn element_after(&self, last: Option<ElementId>, name: &str) -> Option<ElementId> {
        let next = last.map_or(self.first, |last| last.0.saturating_add(1));
        let end = self.first.saturating_add(self.len);
        let mut near = (next..end.min(next.saturating_add(4))).map(ElementId);
        near.find(|id| id.name() == name).or_else(|| self.element(name))
    }

    /// The first element of a set of [`bits`](ElementId::bit).
    #[must_use]
    pub fn first_of(&self, bits: u64) -> Option<ElementId> {
        let place = u16::try_from(bits.trailing_zeros()).ok().filter(|&place| place < self.len)?;
        Some(ElementId(self.first.checked_add(place)?))
    }

    /// The element of this name.
    #[must_use]
    pub fn element(&self, name: &str) -> Option<ElementId> {
        let first = usize::from(self.first);
        let rows = BY_NAME.get(first..first.saturating_add(usize::from(self.len)))?;
        let at = rows.binary_search_by(|&row| ElementId(row).name().cmp(name)).ok()?;
        rows.get(at).map(|&row| ElementId(row))
    }
}

impl ElementId {
    /// Its row.
    #[must_use]
    pub fn row(self) -> &'static Element {
        ELEMENTS.get(usize::from(self.0)).unwrap_or(&NOTHING)
    }

    /// Its JSON name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The type of its content.
    #[must_use]
    pub fn ty(self) -> &'static Type {
        self.row().ty.row()
    }

    /// The type that has it.
    #[must_use]
    pub fn parent(self) -> &'static Type {
        self.row().parent.row()
    }

    /// What its content is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.row().kind
    }

    /// The choice that it belongs to, as a set of [`bits`](Self::bit); itself, where it is none.
    #[must_use]
    pub fn choice_bits(self) -> u64 {
        let row = self.row();
        let choice = usize::from(row.choice).checked_sub(1);
        let choices = row.parent.row().choices;
        choice.and_then(|at| choices.get(at)).copied().unwrap_or_else(|| self.bit())
    }

    /// It as a member of a set of elements of its type.
    #[must_use]
    pub fn bit(self) -> u64 {
        1_u64.wrapping_shl(self.row().ordinal.into())
    }
}

impl TypeId {
    /// Its row.
    #[must_use]
    pub fn row(self) -> &'static Type {
        TYPES.get(usize::from(self.0)).unwrap_or(&NO_TYPE)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }
}

/// The resource of this type as an element: `ROOT_OBSERVATION` for `Observation`. `None` where the
/// table has no such resource.
#[must_use]
pub fn root(resource_type: &str) -> Option<ElementId> {
    ty::RESOURCE.row().element(resource_type).filter(|&root| root != el::ROOT_UNCHECKED)
}

/// The versions that have a resource type of this name, in the table or not; 0 for none.
#[must_use]
pub fn resource_type(name: &str) -> u8 {
    find_code(RESOURCE_TYPES, name)
}

fn find_code(codes: &[Code], code: &str) -> u8 {
    let found = codes.binary_search_by(|row| row.code.cmp(code)).ok();
    found.and_then(|at| codes.get(at)).map_or(0, |row| row.versions)
}

/// Numbers come from the table alone, so nothing ever falls back on these.
static NOTHING: Element = r!("", 0, 0, Kind::Complex, 0, 0, 0, false, 0, None, &[], false, 0);
static NO_TYPE: Type =
    Type { name: "", kind: Kind::Complex, first: 0, len: 0, required: &[], choices: &[] };

/// A row: name, parent, type, kind, place, min, max, array, choice, binding, targets, simple, versions.
macro_rules! r {
    ($name:literal, $parent:expr, $ty:expr, $kind:expr, $ordinal:expr, $min:expr, $max:expr, $array:expr, $choice:expr,
     $binding:expr, $targets:expr, $simple:expr, $versions:expr) => {
        Element {
            name: $name,
            key: concat!("\",\"", $name, "\":\""),
            parent: TypeId($parent),
            ty: TypeId($ty),
            kind: $kind,
            ordinal: $ordinal,
            min: $min,
            max: $max,
            array: $array,
            choice: $choice,
            binding: $binding,
            targets: $targets,
            simple: $simple,
            versions: $versions,
        }
    };
}
use r;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_the_definitions_say() {
        let row = el::OBSERVATION_STATUS.row();
        assert_eq!((row.name, row.min, row.max, row.array), ("status", 1, 1, false));
        assert_eq!(row.ty, ty::CODE);
        let binding = row.binding.unwrap();
        assert_eq!(binding.versions("final"), version::R4);
        assert_eq!(binding.versions("done"), 0);
        assert_eq!(binding.codes.len(), 8);
        let status_and_code = [el::OBSERVATION_STATUS.bit(), el::OBSERVATION_CODE.bit()];
        assert_eq!(ty::OBSERVATION.row().required, status_and_code);
        let choice = ty::USAGE_CONTEXT.row().required.last().copied().unwrap();
        assert_eq!(choice.count_ones(), 4);
        assert_eq!(choice, el::USAGE_CONTEXT_VALUE_RANGE.choice_bits());
        assert_eq!(el::OBSERVATION_VALUE_STRING.choice_bits().count_ones(), 11);
        assert_eq!(el::OBSERVATION_CODE.choice_bits(), el::OBSERVATION_CODE.bit());
        assert_ne!(choice & el::USAGE_CONTEXT_VALUE_RANGE.bit(), 0);
        // contentReference, choice, slot, array by base.max, SimpleQuantity, targets.
        assert_eq!(
            el::OBSERVATION_COMPONENT_REFERENCE_RANGE.row().ty,
            ty::OBSERVATION_REFERENCE_RANGE
        );
        assert_eq!(
            el::OBSERVATION_VALUE_QUANTITY.row().choice,
            el::OBSERVATION_VALUE_STRING.row().choice
        );
        assert_ne!(
            el::OBSERVATION_VALUE_QUANTITY.row().choice,
            el::OBSERVATION_EFFECTIVE_PERIOD.row().choice
        );
        assert_eq!(el::BUNDLE_ENTRY_RESOURCE.row().ty, ty::RESOURCE);
        assert!(el::OBSERVATION_CATEGORY.row().array && !el::OBSERVATION_CODE.row().array);
        assert!(el::RANGE_LOW.row().simple && !el::OBSERVATION_VALUE_QUANTITY.row().simple);
        assert_eq!(
            el::OBSERVATION_SUBJECT.row().targets,
            ["Device", "Group", "Location", "Patient"]
        );
        assert_eq!(el::OBSERVATION_ID.row().ty, ty::ID);
        assert_eq!(el::CODING_ID.row().ty, ty::STRING);
        assert_eq!(el::EXTENSION_URL.row().ty, ty::URI);
    }

    #[test]
    fn every_type_is_whole_and_every_name_is_found() {
        for (i, row) in TYPES.iter().enumerate() {
            let id = TypeId(u16::try_from(i).unwrap());
            for element in row.elements() {
                let name = element.name();
                assert_eq!(row.element(name), Some(element), "{}.{name}", row.name);
                assert_eq!(element.row().parent, id);
                assert!(row.has(element));
                assert_eq!(element.row().key, format!("\",\"{name}\":\""));
                assert_eq!(element.kind(), element.ty().kind);
                assert_eq!(row.first_of(element.bit()), Some(element));
                assert!(usize::from(element.row().ty.0) < TYPES.len());
                assert!(element.row().max >= element.row().min && element.row().versions != 0);
            }
            assert_eq!(row.element("nothing of this name"), None);
        }
        assert_eq!(root("Observation"), Some(el::ROOT_OBSERVATION));
        assert_eq!(root("ImagingStudy"), None);
        assert_eq!(root("Resource"), None);
        assert_eq!(resource_type("ImagingStudy"), version::R4);
        assert_eq!(resource_type("Observation"), version::R4);
        assert_eq!(resource_type("Observations"), 0);
        assert!(!ty::CODING.row().has(el::QUANTITY_VALUE));
        assert!(!ty::QUANTITY.row().has(el::CODING_CODE));
    }

    #[test]
    fn codes_are_sorted() {
        for element in &ELEMENTS {
            if let Some(binding) = element.binding {
                assert!(
                    binding.codes.is_sorted_by(|a, b| a.code < b.code),
                    "{}",
                    binding.value_set
                );
            }
        }
    }
}
