//! Identities as text: most are written several times in one message.

use crate::identity::Uuid;

/// How many are kept.
const PLACES: usize = 64;

/// The texts of the identities written last, each in the place that its bits give.
#[derive(Debug)]
pub(super) struct Spelled([(Uuid, String); PLACES]);

impl Default for Spelled {
    fn default() -> Self {
        let nil = Uuid::default();
        Self(core::array::from_fn(|_| (nil, nil.to_string())))
    }
}

impl Spelled {
    /// The text of an identity.
    pub(super) fn text(&mut self, id: Uuid) -> &str {
        let [.., last] = id.to_bytes();
        let [slots @ .., rest] = &mut self.0;
        let (known, text) = slots.get_mut(usize::from(last) % PLACES).unwrap_or(rest);
        if *known != id {
            text.clear();
            // Writing into a String does not fail.
            let _ = id.write(text);
            *known = id;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_has_one_text() {
        let mut spelled = Spelled::default();
        let ids = (0..=255).map(|n: u8| Uuid::from_bytes([n; 16]));
        // Those of one place follow each other, come again, and the first one is all zeros.
        for id in ids.clone().flat_map(|id| [id, id]).chain(ids) {
            assert_eq!(spelled.text(id), id.to_string());
        }
    }
}
