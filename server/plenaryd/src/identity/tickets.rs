//! Tickets: what a browser puts into the address of a WebSocket, where it can send no header.
//!
//! A ticket is asked for with a token, used within 30 seconds, and then worth nothing, except to the
//! one peer of the automerge-repo protocol that used it, whose library reconnects to the same address
//! for ever.  Only the SHA-256 of a ticket is kept, so neither a memory dump nor the time of a
//! look-up tells one.

mod binding;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::jwk::ThumbprintHash;
use plenary_limits::{
    LEEWAY_S_MAX, PEER_NAME_BYTES_MAX, PEERS_MAX, PEERS_PER_SUBJECT_MAX, TICKET_LIFETIME_S_MAX, TICKETS_MAX,
    TICKETS_PER_SUBJECT_MAX,
};
use plenary_protocol::{PlanId, Principal};

use super::revocations::{Revocations, TokenRevoked};
use super::shelf::{Hash, Owner, Shelf};

pub use binding::Binding;

/// A ticket, bytes: 32 bytes as base64url.
const TICKET_BYTES: usize = 43;

/// Why there is no ticket, or why one does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// Never given out, used before, or not used in time; which of them is not told.
    #[error("the ticket is not valid: get a new one")]
    NotValid,
    /// The token it was asked for with has ended.
    #[error("the token of the ticket has ended: get a new one")]
    TokenEnded,
    /// The token it was asked for with was revoked.
    #[error("the token of the ticket was revoked: get a new one")]
    TokenRevoked,
    /// The subject has too many tickets waiting.
    #[error("{TICKETS_PER_SUBJECT_MAX} tickets are waiting for their use: use them or wait 30 s")]
    TooManyOfSubject,
    /// All subjects together have too many tickets waiting.
    #[error("too many tickets are waiting for their use: wait some seconds")]
    TooMany,
    /// The entropy is that of another ticket, so it is none.
    #[error("no ticket could be made")]
    Entropy,
}

/// The tickets given out and not yet over.
#[derive(Debug, Default)]
pub struct Tickets {
    waiting: Shelf<Ticket>,
    peers: Shelf<Peer>,
    revocations: Arc<Revocations>,
}

#[derive(Debug, Clone)]
struct Ticket {
    principal: Principal,
    plan: Option<PlanId>,
}

#[derive(Debug)]
struct Peer {
    name: String,
    ticket: Ticket,
}

impl Tickets {
    /// No tickets, and no tokens revoked.
    pub fn new() -> Self {
        Self::default()
    }

    /// No tickets; those of revoked tokens will not count.
    pub fn under(revocations: Arc<Revocations>) -> Self {
        Self { revocations, ..Self::default() }
    }

    /// Gives out a ticket that stands for the principal, on one plan or on any; the entropy is the
    /// ticket.
    ///
    /// # Errors
    ///
    /// [`TicketError::TokenEnded`] when the principal's token is over,
    /// [`TicketError::TooManyOfSubject`] and [`TicketError::TooMany`] at the limits,
    /// [`TicketError::Entropy`] when the entropy was used before.
    pub fn issue(
        &mut self,
        principal: Principal,
        plan: Option<PlanId>,
        now: Timestamp,
        entropy: [u8; 32],
    ) -> Result<String, TicketError> {
        let now_ms = self.sweep(now);
        self.check_token(&principal, now_ms)?;
        let owner = Owner::of(&principal);
        if self.waiting.len_of(&owner) >= TICKETS_PER_SUBJECT_MAX {
            return Err(TicketError::TooManyOfSubject);
        }
        if self.waiting.len() >= TICKETS_MAX {
            return Err(TicketError::TooMany);
        }
        let text = URL_SAFE_NO_PAD.encode(entropy);
        let digest = sha256(text.as_bytes());
        if self.waiting.contains(&digest) || self.peers.contains(&digest) {
            return Err(TicketError::Entropy);
        }
        let end_ms = now_ms.saturating_add(TICKET_LIFETIME_S_MAX * 1_000);
        self.waiting.put(digest, owner, end_ms, Ticket { principal, plan });
        Ok(text)
    }

    /// Takes a ticket in exchange for whom it stands; a second time it is not valid.
    ///
    /// # Errors
    ///
    /// [`TicketError::NotValid`] when it is none, was used, or came too late;
    /// [`TicketError::TokenEnded`] when the token it stands for is over.
    pub fn redeem(
        &mut self,
        ticket: &str,
        now: Timestamp,
    ) -> Result<(Principal, Option<PlanId>), TicketError> {
        let now_ms = self.sweep(now);
        let ticket = self.waiting.take(&digest_of(ticket)?).ok_or(TicketError::NotValid)?;
        self.check_token(&ticket.principal, now_ms)?;
        Ok((ticket.principal, ticket.plan))
    }

    /// Takes a ticket for a peer, who may come back with it under the same name until the token ends.
    ///
    /// # Errors
    ///
    /// As [`Tickets::redeem`]; [`TicketError::NotValid`] also for another peer's ticket and for a
    /// name that is no peer's (empty or over [`PEER_NAME_BYTES_MAX`]).
    pub fn redeem_for_peer(
        &mut self,
        ticket: &str,
        peer: &str,
        now: Timestamp,
    ) -> Result<(Principal, Option<PlanId>), TicketError> {
        let now_ms = self.sweep(now);
        let digest = digest_of(ticket)?;
        if peer.is_empty() || peer.len() > PEER_NAME_BYTES_MAX {
            return Err(TicketError::NotValid);
        }
        if let Some(known) = self.peers.touch(&digest) {
            if known.name != peer {
                return Err(TicketError::NotValid);
            }
            let Ticket { principal, plan } = known.ticket.clone();
            self.check_token(&principal, now_ms)?;
            return Ok((principal, plan));
        }
        let (principal, plan) = self.redeem(ticket, now)?;
        let owner = Owner::of(&principal);
        self.make_room(&owner);
        let end_ms = token_end_ms(&principal);
        assert!(end_ms > now_ms, "a ticket of a token that has ended is not redeemed");
        let kept = Ticket { principal: principal.clone(), plan: plan.clone() };
        self.peers.put(digest, owner, end_ms, Peer { name: peer.to_owned(), ticket: kept });
        Ok((principal, plan))
    }

    /// Makes room for one more peer of an owner.
    fn make_room(&mut self, owner: &Owner) {
        if self.peers.len_of(owner) >= PEERS_PER_SUBJECT_MAX {
            self.peers.drop_oldest_of(owner);
        }
        if self.peers.len() >= PEERS_MAX {
            self.peers.drop_first_to_end();
        }
    }

    fn check_token(&self, principal: &Principal, now_ms: i64) -> Result<(), TicketError> {
        if token_end_ms(principal) <= now_ms {
            return Err(TicketError::TokenEnded);
        }
        self.revocations.check(principal).map_err(|TokenRevoked| TicketError::TokenRevoked)
    }

    fn sweep(&mut self, now: Timestamp) -> i64 {
        let now_ms = now.as_millisecond();
        self.waiting.sweep(now_ms);
        self.peers.sweep(now_ms);
        now_ms
    }
}

/// When the verifier stops to accept the principal's token, milliseconds since 1970 UTC.
fn token_end_ms(principal: &Principal) -> i64 {
    principal.expires_s.saturating_add(LEEWAY_S_MAX).saturating_mul(1_000)
}

/// Longer texts are not hashed: they are no tickets, and hashing them would be work for free.
fn digest_of(ticket: &str) -> Result<Hash, TicketError> {
    if ticket.len() == TICKET_BYTES { Ok(sha256(ticket.as_bytes())) } else { Err(TicketError::NotValid) }
}

fn sha256(bytes: &[u8]) -> Hash {
    let digest = (DEFAULT_PROVIDER.key_utils.compute_digest)(bytes, ThumbprintHash::SHA256)
        .ok()
        .and_then(|digest| Hash::try_from(digest).ok());
    digest.expect("hashing bytes in memory can not fail, and SHA-256 has 32 bytes")
}
