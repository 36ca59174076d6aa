//! Buckets by key, in a map that does not outgrow its limit.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};

/// So many a minute for every key.
#[derive(Debug)]
pub(super) struct Rate<K: Hash + Eq + Clone, C: Clock> {
    buckets: RateLimiter<Asked<K>, Buckets<K>, C, NoOpMiddleware<C::Instant>>,
    max: NonZeroU32,
}

/// A key, and whether its bucket is only looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Asked<K> {
    key: K,
    look: bool,
}

/// When each bucket will be full again, from the limiter's start.
#[derive(Debug)]
struct Buckets<K> {
    states: Mutex<States<K>>,
    keys_max: usize,
}

#[derive(Debug)]
struct States<K> {
    known: HashMap<K, Nanos>,
    /// Of all who come when there is no room for one more key.
    shared: Option<Nanos>,
}

impl<K: Hash + Eq + Clone, C: Clock> Rate<K, C> {
    /// `max` a minute, all of them at once if need be, for each of `keys_max` keys.
    pub(super) fn a_minute(max: NonZeroU32, keys_max: usize, clock: C) -> Self {
        let states = Mutex::new(States { known: HashMap::new(), shared: None });
        let buckets = Buckets { states, keys_max };
        Rate { buckets: RateLimiter::new(Quota::per_minute(max), buckets, clock), max }
    }

    /// Takes from a key's bucket, more than it can hold counting as all of it; or says how long to wait.
    pub(super) fn take(&self, key: &K, cells: u32) -> Result<(), Duration> {
        match NonZeroU32::new(cells.min(self.max.get())) {
            Some(cells) => self.ask(Asked { key: key.clone(), look: false }, cells),
            None => Ok(()),
        }
    }

    /// Whether one could be taken now; or how long to wait.
    pub(super) fn look(&self, key: &K) -> Result<(), Duration> {
        self.ask(Asked { key: key.clone(), look: true }, NonZeroU32::MIN)
    }

    /// Forgets the keys whose buckets are full.
    pub(super) fn sweep(&self) {
        self.buckets.retain_recent();
    }

    /// Keys that are known.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.buckets.len()
    }

    fn ask(&self, asked: Asked<K>, cells: NonZeroU32) -> Result<(), Duration> {
        match self.buckets.check_key_n(&asked, cells) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => Err(until.wait_time_from(self.buckets.clock().now())),
            // Cannot be: no more is asked for than the bucket holds.
            Err(_) => Err(Duration::from_secs(60)),
        }
    }
}

impl<K> Buckets<K> {
    fn lock(&self) -> MutexGuard<'_, States<K>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> StateStore for Buckets<K> {
    type Key = Asked<K>;

    fn measure_and_replace<T, F, E>(&self, asked: &Asked<K>, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut states = self.lock();
        let known = states.known.get(&asked.key).copied();
        let alone = known.is_some() || states.known.len() < self.keys_max;
        let (answer, after) = measure(if alone { known } else { states.shared })?;
        match (asked.look, alone) {
            (true, _) => {}
            (false, true) => _ = states.known.insert(asked.key.clone(), after),
            (false, false) => states.shared = Some(after),
        }
        Ok(answer)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<Asked<K>> for Buckets<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        let mut states = self.lock();
        states.known.retain(|_, full| *full > drop_below);
        states.known.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.lock().known.len()
    }

    fn is_empty(&self) -> bool {
        self.lock().known.is_empty()
    }
}
