//! Identities and times as text: most are written several times in one message.

use iomt_core::model::DateTime;

use crate::identity::Uuid;

/// How many identities are kept.
const PLACES: usize = 128;

/// The texts of the identities written last, each in the place that its bits give, and of the last
/// time.
#[derive(Debug)]
pub(super) struct Spelled {
    ids: Box<[(Uuid, String); PLACES]>,
    time: Option<(DateTime, String)>,
}

impl Default for Spelled {
    fn default() -> Self {
        let nil = Uuid::default();
        let ids = core::array::from_fn(|_| (nil, nil.to_string()));
        Self { ids: Box::new(ids), time: None }
    }
}

impl Spelled {
    /// The text of an identity.
    pub(super) fn text(&mut self, id: Uuid) -> &str {
        let [.., last] = id.to_bytes();
        let [slots @ .., rest] = &mut *self.ids;
        let (known, text) = slots.get_mut(usize::from(last) % PLACES).unwrap_or(rest);
        if *known != id {
            text.clear();
            // Writing into a String does not fail.
            let _ = id.write(text);
            *known = id;
        }
        text
    }

    /// The text of a time, [as it is written](DateTime::write_iso).
    pub(super) fn time(&mut self, time: &DateTime) -> &str {
        let (known, text) = self.time.get_or_insert_with(|| (*time, String::new()));
        if text.is_empty() || known != time {
            text.clear();
            // Writing into a String does not fail.
            let _ = time.write_iso(text);
            *known = *time;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_text() {
        let mut spelled = Spelled::default();
        for text in ["2026-11-24T08:30:00Z", "2026-11-24T08:30:00+00:00", "2026-11-24T08:30:00.0Z"]
        {
            let time = DateTime::parse_rfc3339(text).unwrap();
            assert_eq!(spelled.time(&time), text);
            assert_eq!(spelled.time(&time), text);
        }
    }

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
