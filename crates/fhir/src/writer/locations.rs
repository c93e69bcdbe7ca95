//! Places: each place of a chain is a resource of its own. Every message of a ward names the same
//! few: what was built, checked and rendered once is remembered by all that it is made of.
//! `Limits::templates` bounds the memory; 0 turns it off, and a test proves that the output is the
//! same.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Address, Authority, Location, LocationKey, Text};

use super::mapping::Mapping;
use super::remembered::Remembered;
use super::render::{Request, close_entry, open_entry, separate, write_search};
use super::session::{Entry, Kind, Refer, Session};
use super::{Writer, builder};
use crate::config::OnInvalid;
use crate::identity::Uuid;
use crate::json;
use crate::policy::{Level, Places, Target, authority_system};

/// Places that were written before.
#[derive(Debug, Default)]
pub(super) struct Known {
    places: Remembered<Box<[u8]>, Place>,
    /// The key at work.
    key: Vec<u8>,
}

/// A rendered place, as an entry.
#[derive(Debug)]
struct Place {
    id: Uuid,
    text: Box<str>,
}

/// How the key of a place is made: of every text and whether there is one.
struct Key<'k>(&'k mut Vec<u8>);

impl Key<'_> {
    fn text(&mut self, text: Option<Text<'_>>) -> Option<()> {
        let plain = match text {
            None => "",
            // What is coded may mean the same in other bytes.
            Some(text) => text.as_str()?,
        };
        let len = u32::try_from(plain.len()).ok()?;
        self.0.extend_from_slice(&text.map_or(u32::MAX, |_| len).to_be_bytes());
        self.0.extend_from_slice(plain.as_bytes());
        Some(())
    }

    fn authority(&mut self, authority: &Authority<'_>) -> Option<()> {
        self.text(authority.namespace)?;
        self.text(authority.universal_id)?;
        self.text(authority.universal_id_type)
    }
}

impl Writer {
    /// Makes the key of a place in what is above it, or of the sender; false where it has parts that
    /// are not remembered, or none is.
    fn place_key(
        &mut self,
        location: &Location<'_>,
        level: Level,
        lowest: bool,
        above: Option<Uuid>,
    ) -> bool {
        let off = self.templates() == 0
            || self.cx.config.on_invalid == OnInvalid::Warn
            || lowest
                && (location.identifier.is_some()
                    || location.description.is_some()
                    || location.address.is_some());
        if off {
            return false;
        }
        let key = &mut self.places.key;
        key.clear();
        key.push(level.number());
        key.push(u8::from(above.is_some()));
        key.extend_from_slice(&above.unwrap_or(self.cx.sender).to_bytes());
        let mut key = Key(key);
        key.authority(&level.of(location)).is_some()
            && key.authority(&location.authority).is_some()
            && key.text(location.status.filter(|_| lowest)).is_some()
    }
}

impl Mapping<'_> {
    /// Declares a place and all that it is part of.
    pub(super) fn declare_location(&mut self, location: &Location<'_>) {
        let lowest = Level::ALL.into_iter().rev().find(|level| !level.of(location).is_none());
        let Some(lowest) = lowest else { return self.declare_other(location) };
        let mut above: Option<Entry> = None;
        for level in Level::ALL {
            if level.of(location).is_none() {
                continue;
            }
            let mut entry = self.session.spare(Kind::Location);
            entry.refer = Refer::Resource;
            self.place(location, level, level == lowest, above.as_ref(), &mut entry);
            self.session.recycle(above.replace(entry));
        }
        if let Some(entry) = above {
            self.keep(Kind::Location, location.key.0, entry);
        }
    }

    /// Writes a place of the chain, of which `above` is the one that it is part of.
    fn place(
        &mut self,
        location: &Location<'_>,
        level: Level,
        lowest: bool,
        above: Option<&Entry>,
        entry: &mut Entry,
    ) {
        let parent = above.and_then(Entry::target);
        let kept = above.is_some() == parent.is_some()
            && self.w.place_key(location, level, lowest, above.map(|above| above.id));
        if kept && let Some(id) = self.known_place(level, location) {
            (entry.id, entry.message) = (id, self.session.ordinal);
            return;
        }
        entry.id = self.place_id(level, location, above);
        let first = !self.w.message.ids.contains_key(&entry.id);
        builder!(self.w => &mut entry.tape).place(location, level, lowest, entry.id, parent);
        let kept = kept && first && self.w.notes.is_empty();
        self.tell_notes();
        self.write_searched(entry);
        let valid = entry.refer == Refer::Resource && !self.w.message.invalid;
        if let Some(root) = entry.tape.root().filter(|_| kept && valid) {
            let (config, name) = (&self.w.cx.config, self.w.spelled.text(entry.id));
            let mut text = String::new();
            open_entry(config.to, name, &mut text);
            json::write(&entry.tape, root, &mut text);
            close_entry(config, "Location", name, Request::CreateIfNone(""), &mut text);
            let place = Place { id: entry.id, text: text.into() };
            let Known { places, key } = &mut self.w.places;
            places.insert(key.as_slice().into(), place, self.w.limits.templates);
        }
    }

    /// Writes the place of the key at work, if it was written before; gives its id.
    fn known_place(&mut self, level: Level, location: &Location<'_>) -> Option<Uuid> {
        let w = &mut *self.w;
        let Place { id, text } = w.places.places.get(&*w.places.key)?;
        let id = *id;
        let out = &mut w.message.out;
        let Some((start, end)) = w.message.ids.get(&id).copied() else {
            separate(&w.cx.config, out);
            let start = out.len();
            out.push_str(text);
            w.note_entry("Location", id, start);
            return Some(id);
        };
        let before = out.get(start..end).unwrap_or_default();
        if !before.is_empty() && !before.contains(&**text) {
            self.tell(DiagnosticCode::DescriptionRepeated, level.span(location), "Location");
        }
        Some(id)
    }

    /// The identity of a place: all that it is part of, and its name there. The outermost one is told
    /// by its system, if it has one, else by the sender: two hospitals may have a bed of one name.
    fn place_id(&self, level: Level, location: &Location<'_>, above: Option<&Entry>) -> Uuid {
        let said = level.of(location);
        let mut name = self.w.cx.name("Location");
        let known = || authority_system(&self.w.cx, &said);
        match above.map_or_else(known, |_| None) {
            Some(system) => {
                return name.part(|w| system.write(w)).str(level.name()).finish();
            }
            None => name.uuid(above.map_or(self.w.cx.sender, |above| above.id)),
        };
        name.str(level.name()).authority(&said).finish()
    }

    /// A place that a number or words tell, or a kind of places.
    fn declare_other(&mut self, location: &Location<'_>) {
        let mut entry = self.session.spare(Kind::Location);
        entry.refer = Refer::Resource;
        entry.id = match (&location.identifier, location.description) {
            (Some(number), _) => {
                write_search(&self.w.cx, number, &mut entry.search);
                self.w.identity("Location", number)
            }
            (None, words) => {
                let mut name = self.w.cx.name("Location");
                name.uuid(self.w.cx.sender).text(words).concept(&location.class);
                if let Some(address) = &location.address {
                    let Address { lines, city, state, postal_code, country, .. } = address;
                    let parts = [city, state, postal_code, country];
                    for part in lines.iter().chain(parts) {
                        name.text(*part);
                    }
                }
                name.finish()
            }
        };
        builder!(self.w => &mut entry.tape).other_place(location, entry.id);
        self.tell_notes();
        self.write_searched(&mut entry);
        self.keep(Kind::Location, location.key.0, entry);
    }
}

impl Places for Session {
    fn place(&self, key: LocationKey) -> Option<Target<'_>> {
        self.entry(Kind::Location, key.0).and_then(Entry::target)
    }
}
