//! Rows of the element table, made of definitions.

use super::read::{Member, Place, PlaceKind};
use crate::{
    Version,
    table::{
        Code, Element, Kind, Type, TypeId, Versions,
        added::{First, Rows},
        ty, type_by_name,
    },
};
use std::collections::BTreeMap;

/// The type of this name that the table has in `version`.
pub(super) fn type_named(name: &str, version: Version) -> Option<TypeId> {
    let own = type_by_name(name)?;
    let mut elements = own.row().elements();
    // A primitive has no elements, a slot those of all versions.
    let has = elements.len() == 0 || elements.any(|id| id.row().versions.has(version));
    has.then_some(own)
}

/// The rows of types, and of those that are resources as elements of the slot; `None` if an element is
/// of no known type.
pub(super) fn rows(places: &[Place<'_>], version: Version, first: First) -> Option<Rows> {
    let own = |(at, place): (usize, &Place<'_>)| {
        let id = first.ty.checked_add(u16::try_from(at).ok()?)?;
        Some((place.name.to_owned(), (TypeId::numbered(id), place.kind)))
    };
    let own: BTreeMap<String, (TypeId, PlaceKind)> =
        places.iter().enumerate().map(own).collect::<Option<_>>()?;
    let mut rows = Rows { first, elements: Vec::new(), types: Vec::new() };
    for place in places {
        let (parent, _) = *own.get(place.name)?;
        let start = first.element.checked_add(u16::try_from(rows.elements.len()).ok()?)?;
        let mut sets = Sets::default();
        for (ordinal, member) in (0_u8..).zip(&place.members) {
            let (content, kind) = match own.get(member.content) {
                Some((id, kind)) => (*id, kind.kind()),
                None => {
                    let id = type_named(member.content, version)?;
                    (id, id.row().kind)
                }
            };
            let choice = sets.add(member, ordinal);
            let versions = Versions::of(version);
            rows.elements.push(Element {
                required: if member.required { versions } else { Versions::NONE },
                max: member.max,
                array: member.array,
                choice,
                targets: targets(&member.targets, versions),
                simple: if member.simple { versions } else { Versions::NONE },
                ..Element::added(&member.name, parent, (content, kind), ordinal, versions)
            });
        }
        let len = u16::try_from(place.members.len()).ok()?;
        rows.types.push(sets.into_type(place, (start, len), version));
    }
    for place in places.iter().filter(|place| place.is_resource()) {
        let (id, kind) = *own.get(place.name)?;
        let versions = Versions::of(version);
        let root = Element::added(place.name, ty::RESOURCE, (id, kind.kind()), 0, versions);
        rows.elements.push(root);
    }
    Some(rows)
}

fn targets(names: &[&str], versions: Versions) -> &'static [Code] {
    let codes = names.iter().map(|name| Code { code: (*name).to_owned().leak(), versions });
    codes.collect::<Vec<_>>().leak()
}

/// The sets of elements of a type: choices, and what must stand.
#[derive(Default)]
struct Sets<'d> {
    choices: Vec<(&'d str, u64, bool)>,
    required: Vec<u64>,
}

impl<'d> Sets<'d> {
    /// Gives the number of the choice that the element is of, 0 for none.
    fn add(&mut self, member: &Member<'d>, ordinal: u8) -> u8 {
        let bit = 1_u64.wrapping_shl(ordinal.into());
        let Some(choice) = member.choice else {
            if member.required {
                self.required.push(bit);
            }
            return 0;
        };
        let known = self.choices.iter().position(|(name, ..)| *name == choice);
        let at = known.unwrap_or(self.choices.len());
        match self.choices.get_mut(at) {
            Some((_, bits, _)) => *bits |= bit,
            None => self.choices.push((choice, bit, member.required)),
        }
        u8::try_from(at.saturating_add(1)).unwrap_or(u8::MAX)
    }

    fn into_type(self, place: &Place<'_>, elements: (u16, u16), version: Version) -> Type {
        let one_of = self.choices.iter().filter(|(.., must)| *must).map(|(_, bits, _)| *bits);
        let required: Vec<u64> = self.required.iter().copied().chain(one_of).collect();
        let choices: Vec<u64> = self.choices.iter().map(|(_, bits, _)| *bits).collect();
        let kind = place.kind.kind();
        Type::added(place.name, kind, elements, (required, choices), Versions::of(version))
    }
}

impl PlaceKind {
    const fn kind(self) -> Kind {
        match self {
            Self::Resource => Kind::Resource,
            Self::Complex => Kind::Complex,
            Self::Backbone => Kind::Backbone,
        }
    }
}
