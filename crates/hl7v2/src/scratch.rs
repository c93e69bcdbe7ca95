//! The vectors that facts borrow from. They keep their allocations from message to message.

use alloc::vec::Vec;

use iomt_core::model::{
    Address, Attribute, Component, Concept, HumanName, Identifier, Note, Performer,
    PersonAttribute, Software, SpecimenKey, Stay, Telecom, VisitAttribute,
};
use iomt_core::recycle;

/// The repeating parts of the fact under way.
#[derive(Default)]
pub(crate) struct Scratch<'a> {
    pub(crate) identifiers: Vec<Identifier<'a>>,
    pub(crate) names: Vec<HumanName<'a>>,
    pub(crate) telecoms: Vec<Telecom<'a>>,
    pub(crate) addresses: Vec<Address<'a>>,
    pub(crate) performers: Vec<Performer>,
    pub(crate) requesters: Vec<Performer>,
    pub(crate) collectors: Vec<Performer>,
    /// Those whom PRT names for the segment under way, and what it says of one.
    pub(crate) people: Vec<Performer>,
    pub(crate) roles: Roles<'a>,
    pub(crate) additives: Vec<Concept<'a>>,
    pub(crate) conditions: Vec<Concept<'a>>,
    pub(crate) order_numbers: Vec<Identifier<'a>>,
    pub(crate) reasons: Vec<Concept<'a>>,
    pub(crate) details: Vec<Concept<'a>>,
    pub(crate) person: Vec<Attribute<'a, PersonAttribute>>,
    pub(crate) visit: Vec<Attribute<'a, VisitAttribute>>,
    pub(crate) stays: Vec<Stay>,
    pub(crate) interpretation: Vec<Concept<'a>>,
    pub(crate) components: Vec<Component<'a>>,
    /// What qualifies a metric, and the counts of its wave that stand for none.
    pub(crate) facets: Vec<Component<'a>>,
    pub(crate) sentinels: Vec<i64>,
    pub(crate) notes: Vec<Note<'a>>,
    pub(crate) specimens: Vec<SpecimenKey>,
    pub(crate) software: Vec<Software<'a>>,
    pub(crate) handling: Vec<Concept<'a>>,
}

/// What repeats of somebody in a function.
#[derive(Default)]
pub(crate) struct Roles<'a> {
    pub(crate) identifiers: Vec<Identifier<'a>>,
    pub(crate) telecoms: Vec<Telecom<'a>>,
    pub(crate) addresses: Vec<Address<'a>>,
}

impl Scratch<'_> {
    /// The same allocations, empty, for facts of another message.
    pub(crate) fn recycle<'b>(self) -> Scratch<'b> {
        let Self {
            mut specimens,
            mut performers,
            mut requesters,
            mut collectors,
            mut people,
            mut stays,
            ..
        } = self;
        people.clear();
        stays.clear();
        specimens.clear();
        performers.clear();
        requesters.clear();
        collectors.clear();
        Scratch {
            identifiers: recycle(self.identifiers),
            names: recycle(self.names),
            telecoms: recycle(self.telecoms),
            addresses: recycle(self.addresses),
            performers,
            requesters,
            collectors,
            people,
            roles: Roles {
                identifiers: recycle(self.roles.identifiers),
                telecoms: recycle(self.roles.telecoms),
                addresses: recycle(self.roles.addresses),
            },
            additives: recycle(self.additives),
            conditions: recycle(self.conditions),
            order_numbers: recycle(self.order_numbers),
            reasons: recycle(self.reasons),
            details: recycle(self.details),
            person: recycle(self.person),
            visit: recycle(self.visit),
            stays,
            interpretation: recycle(self.interpretation),
            components: recycle(self.components),
            facets: recycle(self.facets),
            sentinels: recycle(self.sentinels),
            notes: recycle(self.notes),
            specimens,
            software: recycle(self.software),
            handling: recycle(self.handling),
        }
    }
}
