//! Tokens that no longer count though they have not ended: one by its id, or all of somebody so far.
//!
//! A revocation of a person is of the tokens issued up to and with its second: one issued later counts.
//! Each is forgotten when no token that it could be about can be valid any more, so what is kept is
//! bounded by the life of a token.  Durability is the business of whoever calls.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use plenary_limits::{REVOCATION_KEPT_S, REVOCATIONS_MAX};
use plenary_protocol::Principal;
use plenary_protocol::ids::Subject;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// What is revoked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    /// The token with this id (`jti`).
    Token(String),
    /// All tokens of this person that were issued so far.
    Subject(Subject),
}

/// What is revoked, and of which issuer; of any when none is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RevocationKey {
    /// What.
    pub what: Revoked,
    /// Of which issuer.
    pub issuer: Option<String>,
}

/// A revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// What is revoked.
    pub key: RevocationKey,
    /// Since when, seconds since 1970 UTC.
    pub since_s: i64,
    /// Who revoked.
    pub by: Subject,
    /// Why.
    pub because: Option<String>,
}

/// The token of a principal was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token was revoked: get a new one")]
pub struct TokenRevoked;

/// The revocations in force.
#[derive(Debug)]
pub struct Revocations {
    list: RwLock<BTreeMap<RevocationKey, Revocation>>,
    /// Counts the changes.
    changed: watch::Sender<u64>,
}

/// Waits for the revocation of one principal's token.
#[derive(Debug)]
pub struct RevocationWatch {
    revocations: Arc<Revocations>,
    principal: Principal,
    changed: watch::Receiver<u64>,
}

impl Default for Revocations {
    fn default() -> Self {
        Self { list: RwLock::default(), changed: watch::Sender::new(0) }
    }
}

impl Revocation {
    /// When it is forgotten, seconds since 1970 UTC.
    pub fn until_s(&self) -> i64 {
        self.since_s.saturating_add(REVOCATION_KEPT_S)
    }

    fn is_about(&self, principal: &Principal) -> bool {
        match &self.key.what {
            Revoked::Token(_) => true,
            Revoked::Subject(_) => principal.issued_s <= self.since_s,
        }
    }
}

impl Revocations {
    /// Checks that the principal's token was not revoked.
    ///
    /// # Errors
    ///
    /// [`TokenRevoked`] when it was.
    pub fn check(&self, principal: &Principal) -> Result<(), TokenRevoked> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        if list.is_empty() {
            return Ok(());
        }
        let token = principal.token_id.clone().map(Revoked::Token);
        let subject = Revoked::Subject(principal.subject.clone());
        for what in token.into_iter().chain([subject]) {
            for issuer in [None, Some(principal.issuer.clone())] {
                let found = list.get(&RevocationKey { what: what.clone(), issuer });
                if found.is_some_and(|revocation| revocation.is_about(principal)) {
                    return Err(TokenRevoked);
                }
            }
        }
        Ok(())
    }

    /// The revocation of a key, if it is in force and makes another one needless: a token is revoked
    /// once, a person whenever there may be newer tokens.
    pub fn standing(&self, key: &RevocationKey, now: Timestamp) -> Option<Revocation> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let found = list.get(key).filter(|revocation| revocation.until_s() > now.as_second())?;
        let needless = matches!(key.what, Revoked::Token(_)) || found.since_s >= now.as_second();
        needless.then(|| found.clone())
    }

    /// Whether there is room for one more of this key.
    pub fn has_room(&self, key: &RevocationKey, now: Timestamp) -> bool {
        self.sweep(now);
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.len() < REVOCATIONS_MAX || list.contains_key(key)
    }

    /// Puts a revocation in force, and tells whoever watches.
    pub fn add(&self, revocation: Revocation) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        list.insert(revocation.key.clone(), revocation);
        drop(list);
        self.changed.send_modify(|count| *count += 1);
    }

    /// The revocations in force, of tokens first.
    pub fn list(&self, now: Timestamp) -> Vec<Revocation> {
        self.sweep(now);
        self.list.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Forgets what is about no token that can be valid.
    fn sweep(&self, now: Timestamp) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        list.retain(|_, revocation| revocation.until_s() > now.as_second());
    }

    /// Watches the token of a principal.
    pub fn watch(self: &Arc<Self>, principal: &Principal) -> RevocationWatch {
        let changed = self.changed.subscribe();
        RevocationWatch { revocations: self.clone(), principal: principal.clone(), changed }
    }
}

impl RevocationWatch {
    /// Waits until the token is revoked; does not end before.
    pub async fn revoked(&mut self) {
        while self.revocations.check(&self.principal).is_ok() {
            if self.changed.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}
