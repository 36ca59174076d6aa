//! What a ticket is bound to, in the form that outlasts the server: its peer comes back after a restart.

use jiff::Timestamp;
use plenary_protocol::{PlanId, Principal};
use serde::{Deserialize, Serialize};

use super::super::shelf::{Hash, Owner};
use super::{Peer, Ticket, TicketError, Tickets, digest_of, token_end_ms};

/// The peer that a ticket is good for, and whom it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The peer's name.
    pub peer: String,
    /// The one plan it is good for, or any.
    pub plan: Option<PlanId>,
    /// Whom it stands for, until their token ends.
    pub principal: Principal,
}

impl Tickets {
    /// The name under which a ticket's binding is kept; `None` for what cannot be a ticket.
    pub fn key(ticket: &str) -> Option<Hash> {
        digest_of(ticket).ok()
    }

    /// Whether a ticket waits for its use or is bound; which of them is not told.
    ///
    /// # Errors
    ///
    /// [`TicketError::TokenRevoked`] when it is one, and its token was revoked.
    pub fn knows(&mut self, ticket: &str, now: Timestamp) -> Result<bool, TicketError> {
        let now_ms = self.sweep(now);
        let Ok(digest) = digest_of(ticket) else { return Ok(false) };
        let bound = self.peers.get(&digest).map(|peer| &peer.ticket);
        let Some(known) = self.waiting.get(&digest).or(bound) else { return Ok(false) };
        self.check_token(&known.principal, now_ms).map(|()| true)
    }

    /// Whom a ticket that waits or is bound stands for; used or not is not told.
    pub fn holder(&self, ticket: &str) -> Option<&Principal> {
        let digest = digest_of(ticket).ok()?;
        let bound = self.peers.get(&digest).map(|peer| &peer.ticket);
        self.waiting.get(&digest).or(bound).map(|known| &known.principal)
    }

    /// What a ticket is bound to.
    pub fn binding(&self, ticket: &str) -> Option<Binding> {
        let Peer { name, ticket } = self.peers.get(&digest_of(ticket).ok()?)?;
        let Ticket { principal, plan } = ticket.clone();
        Some(Binding { peer: name.clone(), plan, principal })
    }

    /// Takes a binding of an earlier run in, unless its token has ended; one whose token was revoked
    /// too, so that its peer is refused without asking the store again.
    pub fn restore(&mut self, key: Hash, binding: Binding, now: Timestamp) {
        let now_ms = self.sweep(now);
        let Binding { peer, plan, principal } = binding;
        if self.peers.contains(&key) || token_end_ms(&principal) <= now_ms {
            return;
        }
        self.make_room(&Owner::of(&principal));
        let (owner, end_ms) = (Owner::of(&principal), token_end_ms(&principal));
        self.peers.put(key, owner, end_ms, Peer { name: peer, ticket: Ticket { principal, plan } });
    }

    /// Forgets a binding that could not be made durable; its ticket is worth nothing then.
    pub fn forget(&mut self, ticket: &str) {
        if let Ok(digest) = digest_of(ticket) {
            self.peers.take(&digest);
        }
    }
}
