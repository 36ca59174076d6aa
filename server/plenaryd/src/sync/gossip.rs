//! One peer's part in the ephemeral messages: at most so many a tick, out and in.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use plenary_core::hub::ConnId;
use plenary_limits::{EPHEMERALS_PER_SENDER_MAX, EPHEMERALS_PER_TICK_MAX, GOSSIP_TICK_MS};
use tokio::time::{Instant, sleep_until};

use super::rooms::{Ephemeral, Letterbox, Rooms};

/// Time between two rounds, out and in.
const TICK: Duration = Duration::from_millis(GOSSIP_TICK_MS);

/// See the module.
pub(super) struct Gossip {
    id: ConnId,
    letterbox: Arc<Letterbox>,
    /// What the peer said since its last round; of more the oldest go.
    said: VecDeque<Ephemeral>,
    next_out: Instant,
    next_in: Instant,
}

impl Gossip {
    pub fn new(id: ConnId) -> Self {
        let now = Instant::now();
        Gossip { id, letterbox: Arc::default(), said: VecDeque::new(), next_out: now, next_in: now }
    }

    pub fn letterbox(&self) -> &Arc<Letterbox> {
        &self.letterbox
    }

    /// Tells the others now, or with the next round.
    pub fn say(&mut self, rooms: &Rooms, message: Ephemeral) {
        if self.said.len() == EPHEMERALS_PER_SENDER_MAX {
            self.said.pop_front();
        }
        self.said.push_back(message);
        self.flush(rooms);
    }

    /// Tells the others what the peer said, once a round.
    pub fn flush(&mut self, rooms: &Rooms) {
        let now = Instant::now();
        if self.said.is_empty() || now < self.next_out {
            return;
        }
        self.next_out = now + TICK;
        for message in self.said.drain(..) {
            rooms.say(self.id, &Arc::new(message));
        }
    }

    /// Waits until there is something to tell the peer, or something of it to tell others.
    pub async fn next(&mut self) -> Vec<Arc<Ephemeral>> {
        if self.said.is_empty() {
            self.letterbox.bell.notified().await;
            // The bell is rung again if this is not waited for to its end.
            let rung = Rung(&self.letterbox);
            sleep_until(self.next_in).await;
            std::mem::forget(rung);
        } else {
            sleep_until(self.next_out).await;
        }
        let now = Instant::now();
        if now < self.next_in {
            return Vec::new();
        }
        let taken = self.letterbox.take(EPHEMERALS_PER_TICK_MAX);
        if !taken.is_empty() {
            self.next_in = now + TICK;
        }
        taken
    }
}

/// Rings the bell again when dropped.
struct Rung<'a>(&'a Letterbox);

impl Drop for Rung<'_> {
    fn drop(&mut self) {
        self.0.bell.notify_one();
    }
}
