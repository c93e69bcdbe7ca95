//! A memory of bounded size.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use foldhash::quality::RandomState;

/// Remembers the last `limit` to twice `limit` things: two generations, of which the older one is
/// forgotten whole.
#[derive(Debug)]
pub(crate) struct Remembered<K, V> {
    young: HashMap<K, V, RandomState>,
    old: HashMap<K, V, RandomState>,
}

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self { young: HashMap::default(), old: HashMap::default() }
    }
}

impl<K: Eq + Hash, V> Remembered<K, V> {
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    pub(crate) fn insert(&mut self, key: K, value: V, limit: usize) {
        if self.young.len() >= limit.max(1) {
            core::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Uuid;

    #[test]
    fn the_last_ones_are_known() {
        let key = |n: u8| Uuid::from_bytes([n; 16]);
        let mut memory = Remembered::default();
        for n in 0..10 {
            memory.insert(key(n), u64::from(n), 3);
        }
        let known: Vec<u8> = (0..10).filter(|n| memory.get(&key(*n)).is_some()).collect();
        assert_eq!(known, [6, 7, 8, 9]);
        memory.insert(key(9), 99, 3);
        assert_eq!(memory.get(&key(9)), Some(&99));
    }
}
