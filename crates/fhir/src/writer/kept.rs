//! Resources that come again message after message: patients, visits and devices.

use super::remembered::Remembered;
use crate::identity::Uuid;
use crate::json;
use crate::tape::Tape;

/// Resources as they were found valid, by their ids.
#[derive(Debug, Default)]
pub(super) struct Kept {
    resources: Remembered<Uuid, (Tape, Box<str>)>,
    /// Those that came once: what comes a second time is worth keeping.
    once: Remembered<Uuid, ()>,
}

impl Kept {
    /// The text of a resource, if its tape says the same as the one that was kept.
    pub(super) fn text(&self, id: Uuid, tape: &Tape) -> Option<&str> {
        let (before, text) = self.resources.get(&id)?;
        before.says_same(tape).then_some(text)
    }

    /// Keeps a resource that is valid, at most `limit` to twice `limit`.
    pub(super) fn keep(&mut self, id: Uuid, tape: &Tape, limit: usize) {
        let Some(root) = tape.root().filter(|_| limit > 0) else { return };
        if self.once.get(&id).is_none() {
            return self.once.insert(id, (), limit);
        }
        let mut text = String::new();
        json::write(tape, root, &mut text);
        self.resources.insert(id, (tape.clone(), text.into()), limit);
    }
}
