//! One sync message through the plan: taken in on the reader copy, through the hub's gate, and only
//! then answered.

use std::sync::Arc;
use std::time::Duration;

use plenary_core::policy::{Action, Grant};
use plenary_core::sync::{Incoming, Peer};
use plenary_core::{Answer, Ask};
use plenary_limits::{SYNC_BUSY_TRIES_MAX, SYNC_BUSY_WAIT_MS};
use plenary_protocol::Principal;
use plenary_protocol::ids::{PlanId, Seq};
use plenary_protocol::wire::{Refusal, RefusalCode};

use crate::plans::Origin;
use crate::server::Server;

/// What one message needs.
pub(super) struct Job {
    pub server: Arc<Server>,
    pub principal: Principal,
    pub origin: Origin,
    pub plan: PlanId,
    pub peer: Peer,
    /// Whether it is to be answered whatever it says.
    pub answer: bool,
}

/// What came of it.
pub(super) struct Done {
    pub plan: PlanId,
    pub peer: Peer,
    /// The sync message to send, and the entry it is as of.
    pub answer: Option<(Vec<u8>, Seq)>,
    /// Why changes were refused: the replica is read-only now.
    pub refused: Option<Refusal>,
}

/// A refusal that passes: the replica is to come back with the same changes.
pub(super) fn passes(code: RefusalCode) -> bool {
    matches!(code, RefusalCode::Busy | RefusalCode::ReadOnly | RefusalCode::Unavailable)
}

impl Job {
    /// Takes a large message apart on the blocking pool, so many of one subject at a time, and runs it.
    ///
    /// # Errors
    /// As `run`.
    pub async fn run_large(self, data: Vec<u8>) -> Result<Done, Refusal> {
        let turns = self.server.sync.turns_of(&self.principal);
        let turn = turns.acquire().await;
        let decoded = actix_web::web::block(move || Incoming::decode(&data)).await;
        let decoded = decoded.map_err(|error| Refusal::new(RefusalCode::Unavailable, error.to_string()))?;
        let done = match decoded {
            Ok(incoming) => self.run(incoming).await,
            Err(refusal) => self.reject(refusal).await,
        };
        drop(turn);
        done
    }

    /// A message that is not taken apart: nothing of it is taken, and the replica is read-only.
    ///
    /// # Errors
    /// As `run`.
    pub async fn reject(mut self, refusal: Refusal) -> Result<Done, Refusal> {
        self.peer.refuse();
        let grant = self.server.grant(&self.principal, &self.plan, Action::Read)?;
        answered(&self.server, grant, self.peer, Some(refusal)).await
    }

    /// Runs it.
    ///
    /// # Errors
    /// A refusal that passes; the connection is to end then.
    pub async fn run(self, incoming: Incoming) -> Result<Done, Refusal> {
        let Job { server, principal, origin, plan, peer, answer } = self;
        let mut peer = peer;
        let was_told = incoming.is_empty();
        let grant = server.grant(&principal, &plan, Action::Read)?;
        let (back, received) = server
            .read_mut(&grant, move |copy| {
                let received = peer.receive(copy.reader_mut(), incoming);
                (peer, received)
            })
            .await?;
        peer = back;
        let received = received?;
        let mut refused = None;
        let mut wrote = false;
        for group in &received.groups {
            match propose(&server, &principal, &origin, &plan, group).await {
                Ok(()) => wrote = true,
                Err(refusal) if passes(refusal.code) => return Err(refusal),
                Err(refusal) => {
                    peer.refuse();
                    refused = Some(refusal);
                    break;
                }
            }
        }
        // The step that tells its own changes to everybody tells the replica too.
        if wrote && received.complete && refused.is_none() && !answer && !was_told {
            return Ok(Done { plan, peer, answer: None, refused });
        }
        answered(&server, grant, peer, refused).await
    }
}

/// The answer that the reader copy has for a replica, whatever it said last.
///
/// # Errors
/// A refusal that passes.
pub(super) async fn answered(
    server: &Arc<Server>,
    grant: Grant,
    peer: Peer,
    refused: Option<Refusal>,
) -> Result<Done, Refusal> {
    let mut refused = refused;
    let mut peer = peer;
    let (peer, message, again, seq) = server
        .read(&grant, move |copy| {
            let seq = copy.seq();
            match peer.answer(copy.reader()) {
                Ok(message) => (peer, Ok(message), None, seq),
                Err(refusal) if refusal.code == RefusalCode::MissingDependency => {
                    peer.refuse();
                    let message = peer.answer(copy.reader());
                    (peer, message, Some(refusal), seq)
                }
                Err(refusal) => (peer, Err(refusal), None, seq),
            }
        })
        .await?;
    refused = refused.or(again);
    let plan = grant.plan().clone();
    Ok(Done { plan, peer, answer: message?.map(|message| (message, seq)), refused })
}

async fn propose(
    server: &Arc<Server>,
    principal: &Principal,
    origin: &Origin,
    plan: &PlanId,
    changes: &[Vec<u8>],
) -> Result<(), Refusal> {
    let grant = server.grant(principal, plan, Action::Edit)?;
    let mut tries = 0;
    loop {
        let ask = Ask::Changes { changes: changes.to_vec(), because: None, answers: Vec::new() };
        let answer = match server.plans.ask(plan, grant.clone(), origin.clone(), ask).await {
            Ok(Answer::Done { .. } | Answer::Subscribed { .. } | Answer::Preview { .. }) => return Ok(()),
            Ok(Answer::Partly { refusal, .. } | Answer::Refused { refusal, .. }) | Err(refusal) => refusal,
        };
        tries += 1;
        let Some(wait) = busy_wait(tries).filter(|_| answer.code == RefusalCode::Busy) else {
            return Err(answer);
        };
        tokio::time::sleep(wait).await;
    }
}

/// How long a plan that was busy so many times is left alone; none when it is to be given up.
fn busy_wait(tries: usize) -> Option<Duration> {
    (tries < SYNC_BUSY_TRIES_MAX).then(|| Duration::from_millis(SYNC_BUSY_WAIT_MS << (tries - 1)))
}

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::*;

    #[test]
    fn a_busy_plan_is_asked_so_often_after_longer_and_longer_waits() {
        holds!(SYNC_BUSY_TRIES_MAX, |tries| (1..tries).all(|tries| busy_wait(tries).is_some()));
        let waits: Vec<Duration> = (1..SYNC_BUSY_TRIES_MAX).filter_map(busy_wait).collect();
        assert!(waits.windows(2).all(|waits| waits[1] == waits[0] * 2), "{waits:?}");
    }
}
