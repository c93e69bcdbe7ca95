//! Resources that stand in one output already.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    mem,
};

use iomt::Limits;

/// Resources other than Observations, by what was last written under their ids. Files are
/// translated each by itself, perhaps side by side; this makes one output of them.
#[derive(Default)]
pub(crate) struct Repeats {
    hasher: RandomState,
    young: HashMap<u64, u64>,
    old: HashMap<u64, u64>,
}

impl Repeats {
    /// Whether `json` is not what was last written under its id.
    pub(crate) fn is_new(&mut self, json: &str) -> bool {
        let mut parts = json.splitn(9, '"');
        let mut part = |n| parts.nth(n).unwrap_or_default();
        // {"resourceType":"Patient","id":"…"
        let (resource_type, member, id) = (part(3), part(1), part(1));
        if resource_type == "Observation" || member != "id" {
            return true;
        }
        let key = self.hasher.hash_one((resource_type, id));
        let value = self.hasher.hash_one(json);
        let before = self.young.get(&key).or_else(|| self.old.get(&key));
        if before == Some(&value) {
            return false;
        }
        if self.young.len() >= Limits::DEFAULT.remembered {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, value);
        true
    }

    pub(crate) fn forget(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_there_already() {
        let mut repeats = Repeats::default();
        let one = r#"{"resourceType":"Patient","id":"1","active":true}"#;
        let other = r#"{"resourceType":"Patient","id":"1","active":false}"#;
        let device = r#"{"resourceType":"Device","id":"1","active":true}"#;
        let new = [one, one, other, one, one, device, "{}", "{}"].map(|json| repeats.is_new(json));
        assert_eq!(new, [true, false, true, true, false, true, true, true]);
        let observation = r#"{"resourceType":"Observation","id":"1"}"#;
        assert!(repeats.is_new(observation) && repeats.is_new(observation));
        for n in 0..Limits::DEFAULT.remembered * 2 {
            repeats.is_new(&format!(r#"{{"resourceType":"Patient","id":"x{n}"}}"#));
        }
        assert!(repeats.is_new(one), "forgotten");
    }
}
