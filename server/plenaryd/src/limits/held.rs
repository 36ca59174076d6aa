//! How many of something are held at once, by whom.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts by key; a key that holds nothing is not kept, so there are never more keys than are held.
#[derive(Debug)]
pub(super) struct Held<K: Hash + Eq>(Arc<Mutex<HashMap<K, u32>>>);

/// One that is held, until it is dropped.
#[derive(Debug)]
pub struct Seat<K: Hash + Eq> {
    counts: Arc<Mutex<HashMap<K, u32>>>,
    key: K,
}

fn lock<K>(counts: &Mutex<HashMap<K, u32>>) -> MutexGuard<'_, HashMap<K, u32>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Hash + Eq> Default for Held<K> {
    fn default() -> Self {
        Held(Arc::default())
    }
}

impl<K: Hash + Eq + Clone> Held<K> {
    /// One more of this key, unless `max` are held.
    pub(super) fn take(&self, key: K, max: u32) -> Option<Seat<K>> {
        let mut counts = lock(&self.0);
        let count = counts.get(&key).copied().unwrap_or(0);
        if count >= max {
            return None;
        }
        counts.insert(key.clone(), count + 1);
        drop(counts);
        Some(Seat { counts: self.0.clone(), key })
    }

    /// Keys that hold something.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        lock(&self.0).len()
    }
}

impl<K: Hash + Eq> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        match counts.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => _ = counts.remove(&self.key),
        }
    }
}
