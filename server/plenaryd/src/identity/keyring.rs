//! The keys of one issuer over time: how fresh they are, when they are asked for again, and when they
//! no longer count.
//!
//! **Rules.**  Keys are asked for at most once a minute, whoever asks and however often; keys that a
//! later set does not have are gone; a set that cannot be had anew counts for some hours more and then
//! not at all.  Time comes in as an argument, and how keys are had is the business of `fetch`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::error::TokenDetail;
use super::fetch::JwksUrl;
use super::key_set::KeySetError;
use super::keys::{KeySet, TokenAlgorithm};
use plenary_limits::{KEYS_ASKED_EVERY_S, KEYS_KEPT_S_MAX, KEYS_OF_FILE_FRESH_S, KEYS_OF_URL_FRESH_S};

/// Where the keys of an issuer come from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// They are these, for as long as the server runs.
    Fixed(KeySet),
    /// A JWKS file, and the keys that it held when the configuration was read.
    File(PathBuf, KeySet),
    /// An address that answers with a JWKS.
    Url(JwksUrl, TokenAlgorithm),
}

/// Why keys are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// A token names a key that is not known.
    UnknownKey,
    /// It is time, if it is.
    Time,
}

/// What the operator is to be told of an asking.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing that was not told before.
    None,
    /// Keys came where the last asking had failed, or for the first time.
    Had {
        /// How many.
        keys: usize,
    },
    /// The asking failed and the one before had not; what is known counts for some time.
    Failing,
    /// The asking failed, and nothing counts any more, or nothing ever came.
    Closed,
}

/// The keys of one issuer.
#[derive(Debug)]
pub(super) struct KeyRing {
    pub source: KeySource,
    state: Mutex<State>,
    /// Counts the askings that ended.
    ended: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    keys: Option<Arc<KeySet>>,
    /// When the last good asking began.
    had_s: Option<i64>,
    /// When the last asking began.
    asked_s: Option<i64>,
    asking: bool,
    told: Told,
}

/// What the operator was told last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    Well,
    Failing,
    Closed,
}

impl KeySource {
    /// The algorithm that the keys are for.
    pub fn algorithm(&self) -> TokenAlgorithm {
        match self {
            Self::Fixed(keys) | Self::File(_, keys) => keys.algorithm(),
            Self::Url(_, algorithm) => *algorithm,
        }
    }
}

impl KeyRing {
    /// The ring of a source, with the keys that it brings, had at the time given.
    pub fn new(source: KeySource, now: Timestamp) -> Self {
        let keys = match &source {
            KeySource::Fixed(keys) | KeySource::File(_, keys) => Some(Arc::new(keys.clone())),
            KeySource::Url(..) => None,
        };
        let had_s = keys.is_some().then(|| now.as_second());
        let told = if keys.is_some() { Told::Well } else { Told::Nothing };
        let state = State { keys, had_s, told, ..State::default() };
        Self { source, state: Mutex::new(state), ended: watch::Sender::new(0) }
    }

    /// The keys that count now.
    ///
    /// # Errors
    ///
    /// [`TokenDetail::NoKeys`] when none ever came, or those that did are too old.
    pub fn keys(&self, issuer: &str, now: Timestamp) -> Result<Arc<KeySet>, TokenDetail> {
        let state = self.state();
        let counts = self.is_fixed() || !state.is_too_old(now.as_second());
        let keys = state.keys.as_ref().filter(|_| counts);
        keys.cloned().ok_or_else(|| TokenDetail::NoKeys { issuer: issuer.to_owned() })
    }

    /// Whether the caller is to ask for the keys now, and then to call [`KeyRing::end`].
    pub fn begin(&self, why: Why, now: Timestamp) -> bool {
        let now_s = now.as_second();
        let mut state = self.state();
        let fresh_s = match &self.source {
            KeySource::Fixed(_) => return false,
            KeySource::File(..) => KEYS_OF_FILE_FRESH_S,
            KeySource::Url(..) => KEYS_OF_URL_FRESH_S,
        };
        // A clock that was set back must not keep the keys from being asked for.
        let passed = |since_s: Option<i64>, wait_s: i64| {
            since_s.is_none_or(|since_s| now_s.abs_diff(since_s) >= wait_s.unsigned_abs())
        };
        let wanted = why == Why::UnknownKey || passed(state.had_s, fresh_s);
        // An asking ends within seconds; one that did not has failed in a way that nobody foresaw.
        if !wanted || !passed(state.asked_s, KEYS_ASKED_EVERY_S) {
            return false;
        }
        state.asking = true;
        state.asked_s = Some(now_s);
        true
    }

    /// Ends an asking that began: good keys take the place of all before, anything else changes none.
    pub fn end(&self, had: &Result<KeySet, KeySetError>, now: Timestamp) -> News {
        let now_s = now.as_second();
        let mut state = self.state();
        state.asking = false;
        let told = match had {
            Ok(keys) => {
                state.keys = Some(Arc::new(keys.clone()));
                state.had_s = state.asked_s;
                Told::Well
            }
            Err(_) if state.is_too_old(now_s) => Told::Closed,
            Err(_) => Told::Failing,
        };
        let news = match (had, told) {
            _ if told == state.told => News::None,
            (Ok(keys), _) => News::Had { keys: keys.len() },
            (Err(_), Told::Closed) => News::Closed,
            (Err(_), _) => News::Failing,
        };
        state.told = told;
        drop(state);
        self.ended.send_modify(|count| *count += 1);
        news
    }

    /// Hears of the end of an asking, if one is on its way.
    pub fn asking(&self) -> Option<watch::Receiver<u64>> {
        let state = self.state();
        state.asking.then(|| self.ended.subscribe())
    }

    fn is_fixed(&self) -> bool {
        matches!(self.source, KeySource::Fixed(_))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_too_old(&self, now_s: i64) -> bool {
        self.had_s.is_none_or(|had_s| now_s.saturating_sub(had_s) >= KEYS_KEPT_S_MAX)
    }
}
