//! What all connections of `/sync` share: who the server is, which plan a document is, whom a peer
//! id belongs to, and which replicas were refused.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use plenary_core::hub::ConnId;
use plenary_limits::{SYNC_LARGE_AT_ONCE_MAX, SYNC_REFUSED_PEERS_MAX};
use plenary_log::{AppendError, Fact, FactKind, Record};
use plenary_protocol::Principal;
use plenary_protocol::ids::{PlanId, Seq, Subject};
use plenary_protocol::record::Act;
use tokio::sync::{Notify, Semaphore};

use super::rooms::Rooms;
use crate::clock;
use crate::identity::{Binding, Tickets};
use crate::plans::Plans;

/// The key of the one fact of its kind.
pub(crate) const SERVER_KEY: &[u8] = b"server";

/// Who the server is in the protocol, over restarts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerIdentity {
    /// Its peer id.
    pub peer: String,
    /// Its storage id: heads that it tells are durable in this storage.
    pub storage: String,
}

impl ServerIdentity {
    fn of(bytes: [u8; 16]) -> Self {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        ServerIdentity { peer: format!("plenary-{}", &hex[..16]), storage: parts.join("-") }
    }
}

/// Somebody's peer id in use.
struct Joined {
    issuer: String,
    subject: Subject,
    conn: ConnId,
    replaced: Arc<Notify>,
}

/// A peer id belongs to somebody else at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerTaken;

/// Peers and the documents of which their replicas were refused: a plan has another one after a quarantine.
#[derive(Default)]
struct Refused {
    known: HashSet<(String, String)>,
    order: VecDeque<(String, String)>,
}

/// See the module.
pub struct Shared {
    plans: Plans,
    identity: OnceLock<ServerIdentity>,
    documents: Mutex<Documents>,
    joined: Mutex<HashMap<String, Joined>>,
    refused: Mutex<Refused>,
    turns: Mutex<HashMap<(String, Subject), Weak<Semaphore>>>,
    /// Who hears whose ephemeral messages.
    pub rooms: Rooms,
}

#[derive(Default)]
struct Documents {
    plans: HashMap<String, PlanId>,
    /// The document of each plan, and the quarantine since which it is that.
    read: HashMap<PlanId, (Option<Seq>, String)>,
}

impl Documents {
    /// Whether what is known of a plan's document holds: a quarantine gives it another id.
    fn is_current(&self, plan: &PlanId, plans: &Plans) -> bool {
        let known = self.read.get(plan).map(|(since, _)| *since);
        known.is_some_and(|since| plans.past(plan).quarantined_in().is_ok_and(|last| last == since))
    }

    /// Reads what a plan's document is; where that fails it is none.
    fn read(&mut self, plan: PlanId, plans: &Plans) {
        if let Some((_, before)) = self.read.remove(&plan) {
            self.plans.remove(&before);
        }
        let past = plans.past(&plan);
        let Ok(quarantine) = past.quarantine() else { return };
        let address = match quarantine.document() {
            Some(address) => address.to_owned(),
            None => {
                let Ok(events) = past.events(Seq::ZERO, 1) else { return };
                let Some(Act::PlanCreated { document, .. }) = events.first().map(|event| &event.payload.act)
                else {
                    return;
                };
                document.clone()
            }
        };
        let id = address.trim_start_matches("automerge:").to_owned();
        self.plans.insert(id.clone(), plan.clone());
        self.read.insert(plan, (quarantine.spans().last(), id));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Nobody connected yet.
    pub fn new(plans: Plans) -> Self {
        Shared {
            plans,
            identity: OnceLock::new(),
            documents: Mutex::default(),
            joined: Mutex::default(),
            refused: Mutex::default(),
            turns: Mutex::default(),
            rooms: Rooms::default(),
        }
    }

    /// Who the server is; drawn once and kept in the log.  Blocking.
    ///
    /// # Errors
    /// `AppendError` when it is new and cannot be made durable.
    pub fn identity(&self) -> Result<ServerIdentity, AppendError> {
        if let Some(identity) = self.identity.get() {
            return Ok(identity.clone());
        }
        // Under this lock, so that two first connections do not draw two.
        let _guard = lock(&self.documents);
        let kept = self.plans.log().fact(FactKind::ServerIdentity, SERVER_KEY);
        let kept = kept.map_err(|error| AppendError::Failed { reason: error.to_string() })?;
        let bytes = match kept.and_then(|value| <[u8; 16]>::try_from(value).ok()) {
            Some(bytes) => bytes,
            None => {
                let bytes = clock::entropy::<16>();
                let fact =
                    Fact { kind: FactKind::ServerIdentity, key: SERVER_KEY.to_vec(), value: bytes.to_vec() };
                self.plans.log().append(vec![Record::Fact(fact)])?;
                bytes
            }
        };
        Ok(self.identity.get_or_init(|| ServerIdentity::of(bytes)).clone())
    }

    /// The binding of a ticket that an earlier run, or this one, made durable.  Blocking.
    pub fn binding(&self, key: &[u8; 32]) -> Option<Binding> {
        let value = self.plans.log().fact(FactKind::TicketBound, key).ok()??;
        serde_json::from_slice(&value).ok()
    }

    /// Makes the binding of a ticket durable, if it is not.  Blocking.
    ///
    /// # Errors
    /// `AppendError` when it cannot be written.
    pub fn keep_binding(&self, ticket: &str, binding: &Binding) -> Result<(), AppendError> {
        let failed = |reason: String| AppendError::Failed { reason };
        let Some(key) = Tickets::key(ticket) else { return Err(failed("no ticket".into())) };
        if self.binding(&key).as_ref() == Some(binding) {
            return Ok(());
        }
        let value = serde_json::to_vec(binding).map_err(|error| failed(error.to_string()))?;
        self.plans.log().append(vec![Record::Fact(Fact {
            kind: FactKind::TicketBound,
            key: key.to_vec(),
            value,
        })])
    }

    /// The plan whose document has an id.  Blocking the first time.
    pub fn plan_of(&self, document: &str) -> Option<PlanId> {
        let mut documents = lock(&self.documents);
        if let Some(plan) = documents.plans.get(document)
            && documents.is_current(plan, &self.plans)
        {
            return Some(plan.clone());
        }
        for name in self.plans.log().plans() {
            let Ok(plan) = name.parse::<PlanId>() else { continue };
            if !documents.is_current(&plan, &self.plans) {
                documents.read(plan, &self.plans);
            }
        }
        documents.plans.get(document).cloned()
    }

    /// Takes a peer id for a connection; an older connection of the same subject under it ends.
    ///
    /// # Errors
    /// `PeerTaken` when it belongs to another subject.
    pub fn join(&self, peer: &str, who: &Principal, conn: ConnId) -> Result<Arc<Notify>, PeerTaken> {
        let mut joined = lock(&self.joined);
        if let Some(older) = joined.get(peer) {
            if older.issuer != who.issuer || older.subject != who.subject {
                return Err(PeerTaken);
            }
            older.replaced.notify_one();
        }
        let replaced = Arc::new(Notify::new());
        let (issuer, subject) = (who.issuer.clone(), who.subject.clone());
        joined.insert(peer.to_owned(), Joined { issuer, subject, conn, replaced: replaced.clone() });
        Ok(replaced)
    }

    /// Gives a peer id back, unless a newer connection has it.
    pub fn leave(&self, peer: &str, conn: ConnId) {
        let mut joined = lock(&self.joined);
        if joined.get(peer).is_some_and(|joined| joined.conn == conn) {
            joined.remove(peer);
        }
    }

    /// The turns in which large messages of a subject are taken apart.
    pub fn turns_of(&self, who: &Principal) -> Arc<Semaphore> {
        let mut turns = lock(&self.turns);
        turns.retain(|_, turns| turns.strong_count() > 0);
        let key = (who.issuer.clone(), who.subject.clone());
        if let Some(known) = turns.get(&key).and_then(Weak::upgrade) {
            return known;
        }
        let new = Arc::new(Semaphore::new(SYNC_LARGE_AT_ONCE_MAX));
        turns.insert(key, Arc::downgrade(&new));
        new
    }

    /// Remembers that a peer's replica of a document was refused: it holds what the plan will never take.
    pub fn refuse(&self, peer: &str, document: &str) {
        let mut refused = lock(&self.refused);
        let key = (peer.to_owned(), document.to_owned());
        if !refused.known.insert(key.clone()) {
            return;
        }
        refused.order.push_back(key);
        if refused.order.len() > SYNC_REFUSED_PEERS_MAX
            && let Some(oldest) = refused.order.pop_front()
        {
            refused.known.remove(&oldest);
        }
    }

    /// Whether a peer's replica of a document was refused.
    pub fn is_refused(&self, peer: &str, document: &str) -> bool {
        lock(&self.refused).known.contains(&(peer.to_owned(), document.to_owned()))
    }
}
