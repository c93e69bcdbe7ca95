//! Results of a message that others of it may be derived from (OBR-26): named by order, code and what
//! tells equal codes apart.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::quality::RandomState;
use iomt_core::model::{Concept, Text};

use crate::identity::Uuid;

/// Longer names are none.
const LONGEST: usize = 64;

/// Hardly a message asks for a parent: until one does, its results are only noted.
#[derive(Debug, Default)]
pub(super) struct Parents {
    results: Vec<Named>,
    /// The names of all results.
    texts: String,
    /// How many of the results are found by their names.
    known: usize,
    by_name: HashMap<u64, usize, RandomState>,
}

/// A result. Its code begins in `texts` where that of the one before ends.
#[derive(Clone, Copy, Debug)]
struct Named {
    id: Uuid,
    order: Uuid,
    /// Where its code ends in `texts`, and its sub-id.
    code: usize,
    sub_id: usize,
}

impl Parents {
    pub(super) fn clear(&mut self) {
        self.results.clear();
        self.texts.clear();
        self.known = 0;
        self.by_name.clear();
    }

    /// Notes a result.
    pub(super) fn note(
        &mut self,
        order: Uuid,
        code: &Concept<'_>,
        sub_id: Option<Text<'_>>,
        id: Uuid,
    ) {
        let code = match code.codings().next() {
            Some(coding) => coding.code.text(),
            None => code.text,
        };
        if let Some(code) = code.and_then(|code| self.add(code)) {
            let sub_id = sub_id.and_then(|sub_id| self.add(sub_id)).unwrap_or(code);
            self.results.push(Named { id, order, code, sub_id });
        }
    }

    /// Adds a name to the texts, unless it is too long; gives where it ends.
    fn add(&mut self, name: Text<'_>) -> Option<usize> {
        let start = self.texts.len();
        let written = name.write(&mut self.texts).is_ok();
        let len = self.texts.len().saturating_sub(start);
        if !written || len > LONGEST {
            self.texts.truncate(start);
            return None;
        }
        Some(self.texts.len())
    }

    /// The last result of these names.
    pub(super) fn find(
        &mut self,
        order: Uuid,
        code: &Concept<'_>,
        sub_id: Option<Text<'_>>,
    ) -> Option<Uuid> {
        for at in self.known..self.results.len() {
            let hash = self.name(at).map(|name| self.by_name.hasher().hash_one(name));
            self.by_name.extend(hash.map(|hash| (hash, at)));
        }
        self.known = self.results.len();
        // What is asked for is noted for as long as it takes.
        let texts = self.texts.len();
        self.note(order, code, sub_id, Uuid::default());
        let found = self.name(self.known).and_then(|name| {
            let at = *self.by_name.get(&self.by_name.hasher().hash_one(name))?;
            self.results.get(at).filter(|_| self.name(at) == Some(name)).map(|result| result.id)
        });
        self.results.truncate(self.known);
        self.texts.truncate(texts);
        found
    }

    /// What names a result.
    fn name(&self, at: usize) -> Option<(Uuid, &str, &str)> {
        let Named { order, code, sub_id, .. } = *self.results.get(at)?;
        let before = at.checked_sub(1).and_then(|before| self.results.get(before));
        let start = before.map_or(0, |before| before.sub_id);
        Some((order, self.texts.get(start..code)?, self.texts.get(code..sub_id)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_found_by_all_of_their_names() {
        let id = |n: u8| Uuid::from_bytes([n; 16]);
        let code = |text: &'static str| Concept::text(Text::literal(text));
        let mut parents = Parents::default();
        parents.note(id(1), &code("a"), Some(Text::literal("bc")), id(10));
        parents.note(id(1), &code("ab"), Some(Text::literal("c")), id(11));
        parents.note(id(1), &Concept::EMPTY, None, id(12));
        assert_eq!(parents.find(id(1), &code("ab"), Some(Text::literal("c"))), Some(id(11)));
        parents.note(id(1), &code("abc"), None, id(13));
        parents.note(id(2), &code("abc"), None, id(14));
        parents.note(id(1), &code("a"), Some(Text::literal("bc")), id(15));
        for _ in 0..2 {
            assert_eq!(parents.find(id(1), &code("a"), Some(Text::literal("bc"))), Some(id(15)));
            assert_eq!(parents.find(id(1), &code("abc"), None), Some(id(13)));
            assert_eq!(parents.find(id(2), &code("abc"), None), Some(id(14)));
            assert_eq!(parents.find(id(2), &code("ab"), None), None);
            assert_eq!(parents.find(id(1), &Concept::EMPTY, None), None);
        }
        parents.clear();
        assert_eq!(parents.find(id(1), &code("abc"), None), None);
    }
}
