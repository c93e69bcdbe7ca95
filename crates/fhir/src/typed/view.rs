//! Reading a tape by the names of its elements.
//!
//! ```
//! use iomt_fhir::{Tape, json, view};
//!
//! let json = br#"{"resourceType":"Observation","status":"final","code":{"text":"pulse"},
//!     "valueQuantity":{"value":72.0,"unit":"beats/minute","code":"/min"}}"#;
//! let (mut tape, mut issues) = (Tape::new(), Vec::new());
//! json::Reader::new().read(json, &mut tape, &mut issues);
//!
//! let observation = view::Resource::of(&tape).and_then(view::Resource::observation).unwrap();
//! assert_eq!(observation.status().unwrap(), "final");
//! let value = observation.value_quantity().and_then(view::Quantity::value).unwrap();
//! assert_eq!(value, "72.0");
//! assert_eq!(value.scaled().unwrap().mantissa, 720);
//! ```
//!
//! An element that may stand once is an `Option`, one that may repeat an iterator; of a choice each
//! type has its own name, as in JSON. Nothing is copied: a view is a place on the tape.

use super::generated::types;
use crate::{
    Tape,
    table::{ElementId, Kind, el, ty},
    tape::{Entries, NodeId},
};
use core::{fmt, iter::FusedIterator};
use iomt_core::wire::{Number, Scaled, Span, number};

/// A node of a tape. `Debug` shows which, never its content.
#[derive(Clone, Copy)]
pub struct Place<'t> {
    tape: &'t Tape,
    node: NodeId,
}

impl fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let element = self.tape.element(self.node).map_or("", ElementId::name);
        write!(f, "{element} at {:?}", self.node)
    }
}

impl<'t> Place<'t> {
    /// The tape.
    #[must_use]
    pub const fn tape(self) -> &'t Tape {
        self.tape
    }

    /// The node.
    #[must_use]
    pub const fn node(self) -> NodeId {
        self.node
    }

    /// The bytes of the input that gave it.
    #[must_use]
    pub fn span(self) -> Span {
        self.tape.node(self.node).map_or(Span::NONE, |node| node.span())
    }

    fn one<V: View<'t>>(self, element: ElementId) -> Option<V> {
        self.tape.find(self.node, element).and_then(|node| V::at(Place { node, ..self }))
    }

    fn many<V: View<'t>>(self, element: ElementId) -> Each<'t, V> {
        let entries = self.tape.entries(self.node);
        Each { tape: self.tape, entries, element, view: core::marker::PhantomData }
    }
}

/// A type of this module: a node, seen as what it is.
pub trait View<'t>: Copy + Sized {
    /// The node seen so; `None` if it is something else.
    fn at(place: Place<'t>) -> Option<Self>;

    /// The node.
    fn place(self) -> Place<'t>;
}

/// All that stand in one place, in their order.
#[derive(Clone)]
pub struct Each<'t, V> {
    tape: &'t Tape,
    entries: Entries<'t>,
    element: ElementId,
    view: core::marker::PhantomData<V>,
}

impl<V> fmt::Debug for Each<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.element.name())
    }
}

impl<'t, V: View<'t>> Iterator for Each<'t, V> {
    type Item = V;

    fn next(&mut self) -> Option<V> {
        let (tape, element) = (self.tape, self.element);
        let mut own = self.entries.by_ref().filter(|(_, node)| node.element() == element);
        own.find_map(|(node, _)| V::at(Place { tape, node }))
    }
}

impl<'t, V: View<'t>> FusedIterator for Each<'t, V> {}

/// An element of a primitive type: its text as it stands, its id and extensions.
#[derive(Clone, Copy)]
pub struct Primitive<'t>(Place<'t>);

impl fmt::Debug for Primitive<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'t> View<'t> for Primitive<'t> {
    fn at(place: Place<'t>) -> Option<Self> {
        let kind = place.tape.element(place.node)?.kind();
        matches!(kind, Kind::Primitive(_)).then_some(Self(place))
    }

    fn place(self) -> Place<'t> {
        self.0
    }
}

impl<'t> Primitive<'t> {
    /// Its text; empty where it has extensions only.
    #[must_use]
    pub fn as_str(self) -> &'t str {
        self.0.tape.text_of(self.0.node)
    }

    /// A `boolean`.
    #[must_use]
    pub fn boolean(self) -> Option<bool> {
        self.as_str().parse().ok()
    }

    /// An `integer`, `positiveInt`, `unsignedInt` or `integer64`.
    #[must_use]
    pub fn integer(self) -> Option<i64> {
        self.as_str().parse().ok()
    }

    /// A `decimal`, exact and with its precision: `None` if it has more than 18 digits or an
    /// exponent beyond 127.
    #[must_use]
    pub fn scaled(self) -> Option<Scaled> {
        let text = self.as_str();
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        match number(digits.as_bytes())? {
            Number::Scaled(scaled) => scaled.shift(exponent.parse().ok()?),
            Number::Long => None,
        }
    }

    /// `Element.id`
    #[must_use]
    pub fn id(self) -> Option<Self> {
        self.0.one(el::ELEMENT_ID)
    }

    /// `Element.extension`
    #[must_use]
    pub fn extension(self) -> Each<'t, Extension<'t>> {
        self.0.many(el::ELEMENT_EXTENSION)
    }
}

impl AsRef<str> for Primitive<'_> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Primitive<'_> {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Primitive<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// A resource of any type.
#[derive(Clone, Copy)]
pub struct Resource<'t>(Place<'t>);

impl fmt::Debug for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'t> View<'t> for Resource<'t> {
    /// A resource, or a slot that holds one.
    fn at(place: Place<'t>) -> Option<Self> {
        let is_root = |node: NodeId| {
            place.tape.element(node).is_some_and(|element| element.row().parent == ty::RESOURCE)
        };
        let mut inside = place.tape.entries(place.node).map(|(node, _)| node);
        let node = if is_root(place.node) { place.node } else { inside.next()? };
        is_root(node).then_some(Self(Place { node, ..place }))
    }

    fn place(self) -> Place<'t> {
        self.0
    }
}

impl<'t> Resource<'t> {
    /// The first resource of a tape: mostly the only one.
    #[must_use]
    pub fn of(tape: &'t Tape) -> Option<Self> {
        Self::at(Place { tape, node: tape.root()? })
    }

    /// Its type, also where it is none of ours.
    #[must_use]
    pub fn resource_type(self) -> &'t str {
        match self.0.tape.element(self.0.node) {
            Some(el::ROOT_UNCHECKED) => {
                self.0.tape.text_in(self.0.node, el::UNCHECKED_RESOURCE_TYPE)
            }
            Some(root) => root.name(),
            None => "",
        }
    }
}

macro_rules! view {
    ($doc:literal Resource $ty:ident [$($path:literal $name:ident $element:ident $id:ident $many:ident $kind:ident)*]) => {
        impl<'t> Resource<'t> {
            $(
                #[doc = concat!("It, if it is of the type ", $path, ".")]
                #[must_use]
                pub fn $name(self) -> Option<$kind<'t>> {
                    $kind::at(self.0)
                }
            )*
        }
    };
    ($doc:literal $type:ident $ty:ident [$($path:literal $name:ident $element:ident $id:ident $many:ident $kind:ident)*]) => {
        #[doc = $doc]
        #[derive(Clone, Copy)]
        pub struct $type<'t>(Place<'t>);

        impl fmt::Debug for $type<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<'t> View<'t> for $type<'t> {
            fn at(place: Place<'t>) -> Option<Self> {
                let own = place.tape.element(place.node)?.row().ty == ty::$ty;
                own.then_some(Self(place))
            }

            fn place(self) -> Place<'t> {
                self.0
            }
        }

        impl<'t> $type<'t> {
            $( accessor!($path $name $id $many $kind); )*
        }
    };
}

macro_rules! accessor {
    ($path:literal $name:ident $id:ident one $kind:ident) => {
        #[doc = $path]
        #[must_use]
        pub fn $name(self) -> Option<content!($kind)> {
            self.0.one(el::$id)
        }
    };
    ($path:literal $name:ident $id:ident many $kind:ident) => {
        #[doc = $path]
        #[must_use]
        pub fn $name(self) -> Each<'t, content!($kind)> {
            self.0.many(el::$id)
        }
    };
}

/// Of all primitive types the text.
macro_rules! content {
    (text) => { Primitive<'t> };
    (boolean) => { Primitive<'t> };
    (integer) => { Primitive<'t> };
    (unsigned) => { Primitive<'t> };
    (long) => { Primitive<'t> };
    (decimal) => { Primitive<'t> };
    ($kind:ident) => { $kind<'t> };
}

types!(view);
