//! Ephemeral messages between the replicas of a plan: bounded, the latest of each sender, never kept.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plenary_core::hub::ConnId;
use plenary_limits::{EPHEMERALS_PER_SENDER_MAX, EPHEMERALS_WAITING_BYTES_MAX, EPHEMERALS_WAITING_MAX};
use plenary_protocol::ids::PlanId;
use tokio::sync::Notify;

/// One message, as its sender named it.
#[derive(Debug, PartialEq, Eq)]
pub struct Ephemeral {
    /// The peer it is from.
    pub sender: String,
    /// The plan.
    pub plan: PlanId,
    /// The document.
    pub document: String,
    /// Its number in the sender's session.
    pub count: u64,
    /// The sender's session.
    pub session: String,
    /// What it says.
    pub data: Vec<u8>,
}

/// What waits for one reader.
#[derive(Debug, Default)]
pub struct Letterbox {
    waiting: Mutex<VecDeque<Arc<Ephemeral>>>,
    /// Rung when something comes.
    pub bell: Notify,
}

/// Who hears what.
#[derive(Debug, Default)]
pub struct Rooms {
    rooms: Mutex<HashMap<PlanId, HashMap<ConnId, Arc<Letterbox>>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Letterbox {
    /// Puts a message in; what it makes too many goes, the sender's own oldest first.
    pub fn put(&self, message: Arc<Ephemeral>) {
        let mut waiting = lock(&self.waiting);
        let same = |other: &Ephemeral| other.sender == message.sender && other.plan == message.plan;
        if waiting.iter().filter(|other| same(other)).count() >= EPHEMERALS_PER_SENDER_MAX
            && let Some(oldest) = waiting.iter().position(|other| same(other))
        {
            waiting.remove(oldest);
        }
        waiting.push_back(message);
        let mut bytes: usize = waiting.iter().map(|message| message.data.len()).sum();
        while waiting.len() > EPHEMERALS_WAITING_MAX || bytes > EPHEMERALS_WAITING_BYTES_MAX {
            let Some(oldest) = waiting.pop_front() else { break };
            bytes -= oldest.data.len();
        }
        drop(waiting);
        self.bell.notify_one();
    }

    /// Takes out up to `limit` messages; rings again when some are left.
    pub fn take(&self, limit: usize) -> Vec<Arc<Ephemeral>> {
        let mut waiting = lock(&self.waiting);
        let count = waiting.len().min(limit);
        let taken = waiting.drain(..count).collect();
        if !waiting.is_empty() {
            self.bell.notify_one();
        }
        taken
    }
}

impl Rooms {
    /// Lets a connection hear what is said about a plan.
    pub fn enter(&self, plan: &PlanId, conn: ConnId, letterbox: &Arc<Letterbox>) {
        lock(&self.rooms).entry(plan.clone()).or_default().insert(conn, letterbox.clone());
    }

    /// Ends that.
    pub fn leave(&self, plan: &PlanId, conn: ConnId) {
        let mut rooms = lock(&self.rooms);
        if let Some(room) = rooms.get_mut(plan) {
            room.remove(&conn);
            if room.is_empty() {
                rooms.remove(plan);
            }
        }
    }

    /// Puts a message into everybody's letterbox but the sender's own.
    pub fn say(&self, from: ConnId, message: &Arc<Ephemeral>) {
        let readers: Vec<Arc<Letterbox>> = lock(&self.rooms)
            .get(&message.plan)
            .into_iter()
            .flatten()
            .filter(|(conn, _)| **conn != from)
            .map(|(_, letterbox)| letterbox.clone())
            .collect();
        for letterbox in readers {
            letterbox.put(message.clone());
        }
    }
}
