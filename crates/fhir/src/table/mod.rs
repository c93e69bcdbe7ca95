//! The element table: every type that we read, write or check, with its elements in canonical
//! order. JSON, XML and the rules all work from these rows.
//!
//! The facts are in `data/*.csv`; `cargo xtask codegen` makes the rows of them. A choice is one
//! element per type (`valueQuantity`, `valueString` …), a backbone element is a type of its own
//! (`Observation.component`), and a slot for any resource (`Bundle.entry.resource`, `contained`)
//! has the type [`ty::RESOURCE`], whose elements are the resources themselves
//! ([`el::ROOT_OBSERVATION`] …).
//!
//! One table serves all versions of FHIR. An element of one name is one row as long as its content
//! type is the same and it repeats or not; what else differs (whether a version has it, whether it
//! must stand, codes, targets) is looked up by [`Version`] in that row. Only where the content
//! differs are there several rows of one name: [`el::DEVICE_TYPE`] and [`el::DEVICE_TYPE_R5`].

pub(crate) mod added;
mod generated;

use crate::version::Version;
use generated::{BY_NAME, ELEMENTS, RESOURCE_TYPES, TYPES};
pub use generated::{el, ty};

/// A set of versions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Versions(u8);

impl Versions {
    /// Whether `version` is among them.
    #[inline]
    #[must_use]
    pub const fn has(self, version: Version) -> bool {
        self.0 & version.bit() != 0
    }

    /// Whether none is.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn of(version: Version) -> Self {
        Self(version.bit())
    }
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
    /// The versions in which it must stand; for a choice, one of the group.
    pub required: Versions,
    /// How often it may stand; 255 is without limit.
    pub max: u8,
    /// Whether JSON has an array here.
    pub array: bool,
    /// The choice that it belongs to: a number within the type, 0 for none.
    pub choice: u8,
    /// The codes that it may have, where the binding is required and its codes are enumerated.
    pub binding: Option<&'static Binding>,
    /// The resource types that a reference may point to, its own or that of a CodeableReference,
    /// or that a slot may hold; empty: any.
    pub targets: &'static [Code],
    /// The versions in which it is a SimpleQuantity: a Quantity without comparator.
    pub simple: Versions,
    /// The versions that have it.
    pub versions: Versions,
}

/// One type: its elements stand together, in the canonical order of the oldest version that has
/// each.
#[derive(Debug)]
#[non_exhaustive]
pub struct Type {
    /// `Quantity`, `Observation.component`, `dateTime`.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    first: u16,
    len: u16,
    required: &'static [(u64, u8)],
    /// Its choices, as sets of [`bits`](ElementId::bit): [`Element::choice`] 1 is the first.
    pub choices: &'static [u64],
    /// The versions that have another order.
    reordered: Versions,
    /// The place of each element there.
    order: &'static [u8],
}

/// The canonical order of a type in one version.
#[derive(Clone, Copy, Debug)]
pub struct Order(&'static [u8]);

impl Order {
    /// Whether it is another than that of [`Element::ordinal`].
    #[inline]
    #[must_use]
    pub const fn is_own(self) -> bool {
        !self.0.is_empty()
    }

    /// The place of an element of the type: of two that the version has, the one that stands
    /// first has the lower.
    #[inline]
    #[must_use]
    pub fn place(self, row: &Element) -> u8 {
        self.0.get(usize::from(row.ordinal)).copied().unwrap_or(row.ordinal)
    }
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
    Integer64,
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
            // Not every reader of JSON holds 64 bits in a number (R5, "JSON Representation").
            | Self::Integer64
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
    /// Its canonical URL, without version; versions may have different ones. A version without
    /// one does not enumerate the codes.
    pub value_sets: &'static [Code],
    /// The codes, sorted.
    pub codes: &'static [Code],
}

/// A code of a value set, or another text that some versions have.
#[derive(Debug)]
#[non_exhaustive]
pub struct Code {
    /// The code.
    pub code: &'static str,
    /// The versions that have it.
    pub versions: Versions,
}

impl Binding {
    /// The versions whose value set has `code`.
    #[must_use]
    pub fn versions(&self, code: &str) -> Versions {
        find_code(self.codes, code)
    }

    /// Whether only its codes may stand in `version`.
    #[must_use]
    pub fn applies(&self, version: Version) -> bool {
        self.value_sets.iter().any(|set| set.versions.has(version))
    }
}

impl Element {
    /// A row that definitions add: an element that may stand once.
    pub(crate) fn added(
        name: &str,
        parent: TypeId,
        (ty, kind): (TypeId, Kind),
        ordinal: u8,
        versions: Versions,
    ) -> Self {
        Self {
            name: name.to_owned().leak(),
            key: format!("\",\"{name}\":\"").leak(),
            parent,
            ty,
            kind,
            ordinal,
            versions,
            ..NOTHING
        }
    }
}

impl Type {
    /// A row that definitions add.
    pub(crate) fn added(
        name: &str,
        kind: Kind,
        (first, len): (u16, u16),
        (required, choices): (Vec<u64>, Vec<u64>),
        versions: Versions,
    ) -> Self {
        let required: Vec<(u64, u8)> =
            required.into_iter().map(|bits| (bits, versions.0)).collect();
        t(name.to_owned().leak(), kind, first, len, required.leak(), choices.leak(), 0, &[])
    }

    /// The elements of all versions.
    pub fn elements(&self) -> impl ExactSizeIterator<Item = ElementId> + use<> {
        (self.first..self.first.saturating_add(self.len)).map(ElementId)
    }

    /// What must stand in `version` and is not among `seen`, a set of [`bits`](ElementId::bit). Of
    /// a choice, one must stand: it is a set of several.
    #[inline]
    pub fn missing(&self, seen: u64, version: Version) -> impl Iterator<Item = u64> + use<> {
        let missing = move |&(bits, versions): &(u64, u8)| {
            (seen & bits == 0 && Versions(versions).has(version)).then_some(bits)
        };
        self.required.iter().filter_map(missing)
    }

    /// The canonical order of its elements in `version`.
    #[inline]
    #[must_use]
    pub fn order(&self, version: Version) -> Order {
        Order(if self.reordered.has(version) { self.order } else { &[] })
    }

    /// Whether `element` is one of this type.
    #[must_use]
    pub const fn has(&self, element: ElementId) -> bool {
        element.0.wrapping_sub(self.first) < self.len
    }

    /// [`element`](Self::element), which is mostly one of those after `last`.
    pub(crate) fn element_after(
        &self,
        last: Option<ElementId>,
        name: &str,
        version: Version,
    ) -> Option<ElementId> {
        let next = last.map_or(self.first, |last| last.0.saturating_add(1));
        let end = self.first.saturating_add(self.len);
        let mut near = (next..end.min(next.saturating_add(4))).map(ElementId);
        near.find(|id| id.name() == name && id.row().versions.has(version))
            .or_else(|| self.element(name, version))
    }

    /// The first element of a set of [`bits`](ElementId::bit).
    #[must_use]
    pub fn first_of(&self, bits: u64) -> Option<ElementId> {
        let place = u16::try_from(bits.trailing_zeros()).ok().filter(|&place| place < self.len)?;
        Some(ElementId(self.first.checked_add(place)?))
    }

    /// The element that has this name in `version`.
    #[must_use]
    pub fn element(&self, name: &str, version: Version) -> Option<ElementId> {
        let first = usize::from(self.first);
        let Some(rows) = BY_NAME.get(first..first.saturating_add(usize::from(self.len))) else {
            let is = |id: &ElementId| id.name() == name && id.row().versions.has(version);
            return self.elements().find(is);
        };
        let at = rows.partition_point(|&row| ElementId(row).name() < name);
        let named = rows.get(at..)?.iter().map(|&row| ElementId(row));
        named.take_while(|id| id.name() == name).find(|id| id.row().versions.has(version))
    }
}

impl ElementId {
    pub(crate) const fn numbered(number: u16) -> Self {
        Self(number)
    }

    pub(crate) const fn to_bytes(self) -> [u8; 2] {
        self.0.to_le_bytes()
    }

    /// Its row.
    #[must_use]
    pub fn row(self) -> &'static Element {
        match ELEMENTS.get(usize::from(self.0)) {
            Some(row) => row,
            None => added::element(self.0),
        }
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

/// The type of this name.
pub(crate) fn type_by_name(name: &str) -> Option<TypeId> {
    let at = TYPES.iter().position(|row| row.name == name)?;
    u16::try_from(at).ok().map(TypeId)
}

impl TypeId {
    pub(crate) const fn numbered(number: u16) -> Self {
        Self(number)
    }

    /// Its row.
    #[must_use]
    pub fn row(self) -> &'static Type {
        match TYPES.get(usize::from(self.0)) {
            Some(row) => row,
            None => added::ty(self.0),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }
}

/// The resource of this type as an element: `ROOT_OBSERVATION` for `Observation`. `None` where the
/// table has no such resource. Those that it has are in all versions.
#[must_use]
pub fn root(resource_type: &str) -> Option<ElementId> {
    let root = ty::RESOURCE.row().element(resource_type, Version::R4);
    root.filter(|&root| root != el::ROOT_UNCHECKED)
}

/// Whether `version` has a resource type of this name, in the table or not.
#[must_use]
pub fn resource_type(name: &str, version: Version) -> bool {
    find_code(RESOURCE_TYPES, name).has(version)
}

fn find_code(codes: &[Code], code: &str) -> Versions {
    let found = codes.binary_search_by(|row| row.code.cmp(code)).ok();
    found.and_then(|at| codes.get(at)).map_or(Versions(0), |row| row.versions)
}

/// Numbers come from the table alone, so nothing ever falls back on these.
const NOTHING: Element = r!("", 0, 0, Kind::Complex, 0, 0, 0, false, 0, None, &[], 0, 0);
static NO_TYPE: Type = t("", Kind::Complex, 0, 0, &[], &[], 0, &[]);

/// A row: name, parent, type, kind, place, required, max, array, choice, binding, targets, simple,
/// versions.
macro_rules! r {
    ($name:literal, $parent:expr, $ty:expr, $kind:expr, $ordinal:expr, $required:expr, $max:expr, $array:expr, $choice:expr,
     $binding:expr, $targets:expr, $simple:expr, $versions:expr) => {
        Element {
            name: $name,
            key: concat!("\",\"", $name, "\":\""),
            parent: TypeId($parent),
            ty: TypeId($ty),
            kind: $kind,
            ordinal: $ordinal,
            required: Versions($required),
            max: $max,
            array: $array,
            choice: $choice,
            binding: $binding,
            targets: $targets,
            simple: Versions($simple),
            versions: Versions($versions),
        }
    };
}
use r;

#[expect(clippy::too_many_arguments, reason = "a row of the table")]
const fn t(
    name: &'static str,
    kind: Kind,
    first: u16,
    len: u16,
    required: &'static [(u64, u8)],
    choices: &'static [u64],
    reordered: u8,
    order: &'static [u8],
) -> Type {
    Type { name, kind, first, len, required, choices, reordered: Versions(reordered), order }
}

const fn b(value_sets: &'static [Code], codes: &'static [Code]) -> Binding {
    Binding { value_sets, codes }
}

const fn c(code: &'static str, versions: u8) -> Code {
    Code { code, versions: Versions(versions) }
}

#[cfg(test)]
mod tests;
