//! What a session has declared: keys and what they stand for.

use std::collections::HashMap;

use foldhash::quality::RandomState;
use iomt_core::model::{DateTime, ParticipantKey};

use super::remembered::Remembered;
use crate::identity::Uuid;
use crate::policy::pocd::Profile;
use crate::policy::{Actors, Target};
use crate::tape::Tape;

/// A connection, device session or file: what its keys stand for. One for each decoder; the
/// [`Writer`](super::Writer) is shared.
#[derive(Debug, Default)]
pub struct Session {
    entries: Vec<Entry>,
    spares: Vec<Entry>,
    /// By kind and key as one number, sorted.
    index: Vec<(u64, usize)>,
    /// The metric of the measurement at work, and what it claims.
    pub(super) metric: Option<(Uuid, Option<Profile>)>,
    /// Messages so far.
    pub(super) ordinal: u64,
    /// Identities of live readings at `live_at`, and how often each was given.
    pub(super) live: HashMap<Uuid, u64, RandomState>,
    pub(super) live_at: Instant,
    /// Messages that were written, to know a replay.
    pub(super) replays: Remembered<Uuid, u64>,
}

/// When a live reading came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Instant {
    Received(DateTime),
    /// Nobody said when: with this message of the session.
    Message(u64),
}

impl Default for Instant {
    fn default() -> Self {
        Self::Message(0)
    }
}

/// Which of the facts a key names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Patient,
    Location,
    Participant,
    Encounter,
    Device,
    Specimen,
    Order,
}

impl Kind {
    /// The kind and a key as one number.
    const fn with(self, key: u32) -> u64 {
        let [a, b, c, d] = key.to_be_bytes();
        u64::from_be_bytes([0, 0, 0, self.number(), a, b, c, d])
    }

    const fn number(self) -> u8 {
        match self {
            Self::Patient => 0,
            Self::Location => 1,
            Self::Participant => 2,
            Self::Encounter => 3,
            Self::Device => 4,
            Self::Specimen => 5,
            Self::Order => 6,
        }
    }

    pub(super) const fn resource(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Location => "Location",
            // Unless it is an organization or both.
            Self::Participant => "Practitioner",
            Self::Encounter => "Encounter",
            Self::Device => "Device",
            Self::Specimen => "Specimen",
            Self::Order => "ServiceRequest",
        }
    }
}

/// What a reference to an entry is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Refer {
    /// Nothing: it is not known.
    #[default]
    Nobody,
    /// The resource on the tape.
    Resource,
    /// A reference of the caller, in `text`.
    External,
    /// Words, in `text`.
    Display,
    /// The resource was left out, and so is what refers to it.
    Dropped,
}

#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) resource: &'static str,
    pub(super) id: Uuid,
    pub(super) refer: Refer,
    pub(super) text: String,
    /// The query that finds it on a server.
    pub(super) search: String,
    pub(super) tape: Tape,
    /// What a device is part of.
    pub(super) parent: Option<u32>,
    /// Its id is the same whenever it is sent again.
    pub(super) identified: bool,
    /// What a device claims.
    pub(super) profile: Option<Profile>,
    /// It has an identifier of its own.
    pub(super) numbered: bool,
    /// The last message that it went out with.
    pub(super) message: u64,
    /// It went out with a message that was written.
    pub(super) written: bool,
}

impl Session {
    /// Forgets all keys; memory stays.
    pub(super) fn forget(&mut self) {
        self.spares.append(&mut self.entries);
        self.index.clear();
    }

    /// Puts an entry under a key, in the place of what stood there; gives the one replaced, whose
    /// memory may be used again.
    pub(super) fn declare(&mut self, kind: Kind, key: u32, entry: Entry) -> Option<Entry> {
        let named = kind.with(key);
        match self.index.binary_search_by_key(&named, |(named, _)| *named) {
            Ok(found) => {
                let at = self.index.get(found).map_or(0, |(_, at)| *at);
                self.entries.get_mut(at).map(|slot| core::mem::replace(slot, entry))
            }
            Err(place) => {
                self.index.insert(place, (named, self.entries.len()));
                self.entries.push(entry);
                None
            }
        }
    }

    /// An empty entry, with the memory of one that is no longer used.
    pub(super) fn spare(&mut self, kind: Kind) -> Entry {
        let mut entry = self.spares.pop().unwrap_or_default();
        entry.resource = kind.resource();
        entry.text.clear();
        entry.search.clear();
        entry.tape.clear();
        (entry.refer, entry.parent) = (Refer::Nobody, None);
        (entry.identified, entry.numbered, entry.profile) = (false, false, None);
        (entry.message, entry.written) = (0, false);
        entry
    }

    pub(super) fn recycle(&mut self, entry: Option<Entry>) {
        self.spares.extend(entry);
    }

    pub(super) fn entry(&self, kind: Kind, key: u32) -> Option<&Entry> {
        self.find(kind, key).and_then(|at| self.entries.get(at))
    }

    /// The specimen of this identity.
    pub(super) fn specimen(&self, id: Uuid) -> Option<Target<'_>> {
        let [first, last] = [0, u32::MAX].map(|key| Kind::Specimen.with(key));
        let of = self.index.iter().filter(|(named, _)| (first..=last).contains(named));
        let mut entries = of.filter_map(|(_, at)| self.entries.get(*at));
        entries.find(|entry| entry.id == id).and_then(Entry::target)
    }

    pub(super) fn entry_mut(&mut self, kind: Kind, key: u32) -> Option<&mut Entry> {
        self.find(kind, key).and_then(|at| self.entries.get_mut(at))
    }

    fn find(&self, kind: Kind, key: u32) -> Option<usize> {
        let named = kind.with(key);
        let found = self.index.binary_search_by_key(&named, |(named, _)| *named).ok()?;
        self.index.get(found).map(|(_, at)| *at)
    }

    /// Marks what went out with message `message` as written.
    pub(super) fn commit(&mut self, message: u64) {
        for entry in &mut self.entries {
            entry.written |= entry.message == message;
        }
    }
}

impl Entry {
    pub(super) fn target(&self) -> Option<Target<'_>> {
        match self.refer {
            Refer::Nobody | Refer::Dropped => None,
            Refer::Resource => Some(Target::Resource(self.resource, self.id)),
            Refer::External => Some(Target::External(&self.text)),
            Refer::Display => Some(Target::Display(&self.text)),
        }
    }
}

impl Actors for Session {
    fn actor(&self, key: ParticipantKey) -> Option<Target<'_>> {
        self.entry(Kind::Participant, key.0).and_then(Entry::target)
    }
}
