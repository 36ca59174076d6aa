//! What a ticket is bound to, in the form that outlasts the server: its peer comes back after a restart.

use jiff::Timestamp;
use plenary_protocol::{PlanId, Principal};
use serde::{Deserialize, Serialize};

use super::super::shelf::{Hash, Owner};
use super::{Peer, Ticket, Tickets, check_token, digest_of, token_end_ms};

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
    pub fn knows(&mut self, ticket: &str, now: Timestamp) -> bool {
        self.sweep(now);
        digest_of(ticket).is_ok_and(|digest| self.waiting.contains(&digest) || self.peers.contains(&digest))
    }

    /// What a ticket is bound to.
    pub fn binding(&self, ticket: &str) -> Option<Binding> {
        let Peer { name, ticket } = self.peers.get(&digest_of(ticket).ok()?)?;
        let Ticket { principal, plan } = ticket.clone();
        Some(Binding { peer: name.clone(), plan, principal })
    }

    /// Takes a binding of an earlier run in, unless its token has ended.
    pub fn restore(&mut self, key: Hash, binding: Binding, now: Timestamp) {
        let now_ms = self.sweep(now);
        let Binding { peer, plan, principal } = binding;
        if self.peers.contains(&key) || check_token(&principal, now_ms).is_err() {
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
