//! Location: HL7 v2 PL is a chain of places, each of them a resource.

use iomt_core::model::{Authority, Concept, Identifier, Location, Text};
use iomt_core::wire::Span;

use super::code::universal_system;
use super::{Builder, Target, URI, maps};
use crate::identity::Uuid;
use crate::table::el;

/// What a place of the chain is. From the outside to the inside (chapter 2A, PL).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Level {
    Facility,
    Building,
    Floor,
    PointOfCare,
    Room,
    Bed,
}

impl Level {
    pub(crate) const ALL: [Self; 6] =
        [Self::Facility, Self::Building, Self::Floor, Self::PointOfCare, Self::Room, Self::Bed];

    /// Its place among them.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Facility => 0,
            Self::Building => 1,
            Self::Floor => 2,
            Self::PointOfCare => 3,
            Self::Room => 4,
            Self::Bed => 5,
        }
    }

    /// As it stands in names.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Facility => "facility",
            Self::Building => "building",
            Self::Floor => "floor",
            Self::PointOfCare => "point of care",
            Self::Room => "room",
            Self::Bed => "bed",
        }
    }

    /// What the sender says of it.
    pub(crate) const fn of<'a>(self, location: &Location<'a>) -> Authority<'a> {
        match self {
            Self::Facility => location.facility,
            Self::Building => location.building,
            Self::Floor => location.floor,
            Self::PointOfCare => location.point_of_care,
            Self::Room => location.room,
            Self::Bed => location.bed,
        }
    }

    /// The bytes that say it.
    pub(crate) fn span(self, location: &Location<'_>) -> Span {
        let Authority { namespace, universal_id, universal_id_type, .. } = self.of(location);
        let parts = [namespace, universal_id, universal_id_type].into_iter().flatten();
        parts.map(|part| part.span()).reduce(Span::to).unwrap_or(Span::NONE)
    }

    /// location-physical-type; a point of care may be a ward, a clinic or another.
    const fn physical_type(self) -> Option<&'static str> {
        match self {
            Self::Facility => Some("si"),
            Self::Building => Some("bu"),
            Self::Floor => Some("lvl"),
            Self::PointOfCare => None,
            Self::Room => Some("ro"),
            Self::Bed => Some("bd"),
        }
    }
}

impl Builder<'_> {
    /// A place of a chain, which is part of `parent`. The lowest one has what is said of all.
    pub(crate) fn place(
        &mut self,
        location: &Location<'_>,
        level: Level,
        lowest: bool,
        id: Uuid,
        parent: Option<Target<'_>>,
    ) {
        let said = level.of(location);
        let span = level.span(location);
        let mark = self.resource(el::ROOT_LOCATION, el::LOCATION_ID, id, span);
        self.meta(el::LOCATION_META, None);
        if let Some(name) = said.namespace {
            let mut identifier = Identifier::new(name);
            identifier.authority = location.authority;
            self.identifier(el::LOCATION_IDENTIFIER, &identifier);
        }
        self.universal_identifier(&said);
        let whole = lowest.then_some(location);
        if let Some(identifier) = whole.and_then(|whole| whole.identifier) {
            self.comprehensive(location, &identifier);
        }
        self.own_identifier(el::LOCATION_IDENTIFIER, id);
        if let Some(status) = whole.and_then(|whole| whole.status) {
            self.bed_status(status);
        }
        if let Some(name) = said.namespace.or(said.universal_id) {
            self.text(el::LOCATION_NAME, name);
        }
        if let Some(description) = whole.and_then(|whole| whole.description) {
            self.text(el::LOCATION_DESCRIPTION, description);
        }
        self.tape.text(el::LOCATION_MODE, "instance");
        if let Some(address) = whole.and_then(|whole| whole.address) {
            self.address(el::LOCATION_ADDRESS, &address);
        }
        if let Some(code) = level.physical_type() {
            let system = "http://terminology.hl7.org/CodeSystem/location-physical-type";
            self.coded(el::LOCATION_PHYSICAL_TYPE, system, code, span);
        }
        if let Some(parent) = parent {
            self.reference(el::LOCATION_PART_OF, parent);
        }
        self.tape.close(mark);
    }

    /// A place of no chain: a number or words that say which, or a kind of places.
    pub(crate) fn other_place(&mut self, location: &Location<'_>, id: Uuid) {
        let mark = self.resource(el::ROOT_LOCATION, el::LOCATION_ID, id, location.span);
        self.meta(el::LOCATION_META, None);
        if let Some(identifier) = location.identifier {
            self.comprehensive(location, &identifier);
        }
        self.own_identifier(el::LOCATION_IDENTIFIER, id);
        if let Some(description) = location.description {
            self.text(el::LOCATION_DESCRIPTION, description);
        }
        let Concept { codings, .. } = &location.class;
        let mode = if location.class.is_empty() { "instance" } else { "kind" };
        self.tape.text(el::LOCATION_MODE, mode);
        if codings.iter().any(Option::is_some) || location.class.text.is_some() {
            self.concept(el::LOCATION_TYPE, &location.class);
        }
        if let Some(address) = &location.address {
            self.address(el::LOCATION_ADDRESS, address);
        }
        self.tape.close(mark);
    }

    /// PL.10, which PL.11 gives out where it does not say itself who does.
    fn comprehensive(&mut self, location: &Location<'_>, identifier: &Identifier<'_>) {
        let mut identifier = *identifier;
        if identifier.authority.is_none() {
            identifier.authority = location.authority;
        }
        self.identifier(el::LOCATION_IDENTIFIER, &identifier);
    }

    /// HD.2 and HD.3 as an identifier of what they name.
    fn universal_identifier(&mut self, said: &Authority<'_>) {
        let Some(universal) = said.universal_id else { return };
        let span = said
            .universal_id_type
            .map_or(universal.span(), |kind| universal.span().to(kind.span()));
        let mark = self.tape.open(el::LOCATION_IDENTIFIER, span);
        let plain = self.tape.mark();
        self.tape.text_at(el::IDENTIFIER_SYSTEM, URI, span);
        let value = universal_system(said)
            .and_then(|uri| self.tape.write(el::IDENTIFIER_VALUE, span, |w| uri.write(w)));
        if value.is_none() {
            self.tape.truncate(plain);
            if let Some(kind) = said.universal_id_type {
                let concept = self.tape.open(el::IDENTIFIER_TYPE, kind.span());
                self.text(el::CODEABLE_CONCEPT_TEXT, kind);
                self.tape.close(concept);
            }
            self.text(el::IDENTIFIER_VALUE, universal);
        }
        self.tape.close(mark);
    }

    /// HL7 table 0116.
    fn bed_status(&mut self, sent: Text<'_>) {
        let mark = self.tape.open(el::LOCATION_OPERATIONAL_STATUS, sent.span());
        if let Some((system, _)) = maps::look_up_coded(maps::BED_STATUS, sent) {
            self.tape.text_at(el::CODING_SYSTEM, system, sent.span());
        }
        self.text(el::CODING_CODE, sent);
        self.tape.close(mark);
    }
}
