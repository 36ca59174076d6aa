//! Asking issuers for their keys: in the background when it is time, and when a token names a key that
//! is not known.
//!
//! When an asking may begin is decided by the ring of each issuer; one asking serves all who wait.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use plenary_limits::{KEYS_ASKED_EVERY_S, KEYS_KEPT_S_MAX, KEYS_WAIT_S_MAX};
use plenary_protocol::Principal;
use tokio::time::timeout;

use super::error::{TokenDetail, TokenError};
use super::fetch::fetch;
use super::keyring::{KeyRing, News, Why};
use super::verifier::Verifier;

/// How long a token may wait for the keys of its issuer: an asking, and its way here.
const WAIT_MAX: Duration = Duration::from_secs(KEYS_WAIT_S_MAX);

impl Verifier {
    /// As [`Verifier::verify`]; where the token names a key that is not known, its issuer is asked for
    /// its keys first, at most once a minute, and the token waits for the answer.
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify`].
    pub async fn verify_asking(&self, token: &str, now: Timestamp) -> Result<Principal, TokenError> {
        let error = match self.verify(token, now) {
            Ok(principal) => return Ok(principal),
            Err(error) => error,
        };
        let (TokenDetail::Key { issuer, .. } | TokenDetail::NoKeys { issuer }) = &error.detail else {
            return Err(error);
        };
        let Some(known) = self.issuers.get(issuer) else { return Err(error) };
        ask(issuer, &known.ring, Why::UnknownKey, now);
        let Some(mut ended) = known.ring.asking() else {
            // It may have ended between the look at the keys and now.
            return self.verify(token, now);
        };
        // In vain when the issuer takes too long: then the keys are what they were.
        _ = timeout(WAIT_MAX, ended.changed()).await;
        self.verify(token, now)
    }

    /// Asks every issuer for its keys whenever it is time, the first time at once; never ends.
    pub async fn keep_fresh(&self, now: impl Fn() -> Timestamp) {
        let mut tick = tokio::time::interval(Duration::from_secs(KEYS_ASKED_EVERY_S.unsigned_abs()));
        loop {
            tick.tick().await;
            for (name, known) in self.issuers.iter() {
                ask(name, &known.ring, Why::Time, now());
            }
        }
    }
}

/// Begins an asking on the blocking pool, if one may begin; it goes on whoever stops waiting.
fn ask(issuer: &str, ring: &Arc<KeyRing>, why: Why, now: Timestamp) {
    if !ring.begin(why, now) {
        return;
    }
    let (issuer, ring) = (issuer.to_owned(), ring.clone());
    drop(tokio::task::spawn_blocking(move || {
        let had = fetch(&ring.source);
        let news = ring.end(&had, now);
        tell(&issuer, &news, had.err().map(|error| super::error_chain(&error)).unwrap_or_default());
    }));
}

/// Tells the operator what changed, once.
fn tell(issuer: &str, news: &News, problem: String) {
    match news {
        News::None => {}
        News::Had { keys } => tracing::info!(issuer, keys, "the keys of an issuer are here"),
        News::Failing => tracing::warn!(
            issuer,
            problem,
            kept_s = KEYS_KEPT_S_MAX,
            "the keys of an issuer cannot be had anew; those known count for some hours more"
        ),
        News::Closed => tracing::error!(
            issuer,
            problem,
            "there are no keys of an issuer that count: its tokens are refused until they can be had"
        ),
    }
}
