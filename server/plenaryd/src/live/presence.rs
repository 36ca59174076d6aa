//! Who is where in a plan, told to whoever follows it on `/live`, and kept nowhere.
//!
//! It lives beside the plan, not in it: neither waits for the other.  Nothing is queued for anybody:
//! every connection takes the last round when it gets to it, and one that missed a round takes the
//! whole instead, so that a slow reader is told less often and never too much.  A round is one message,
//! encoded once for all.

mod room;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plenary_core::hub::ConnId;
use plenary_limits::PRESENCE_PEOPLE_MAX;
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::live::{Person, ServerMessage};
use plenary_protocol::wire::{Refusal, RefusalCode};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::encoded::Outgoing;
use room::{Room, Round};

/// The rooms of all plans that somebody follows.
#[derive(Debug, Default)]
pub struct Presence {
    halls: Mutex<HashMap<PlanId, Hall>>,
}

/// A room, and who looks into it.
#[derive(Debug, Default)]
struct Hall {
    room: Room,
    bells: HashMap<ConnId, Arc<Notify>>,
    /// The last round, and the connection that need not hear it; none where it is the whole.
    told: Option<(Option<ConnId>, Arc<Outgoing>)>,
    /// All who are there, as of a round.
    whole: Option<(u64, Arc<Outgoing>)>,
}

impl Hall {
    fn ring(&self) {
        self.bells.values().for_each(|bell| bell.notify_one());
    }

    /// The whole as of the last round, or later.
    fn whole(&mut self, plan: &PlanId) -> Arc<Outgoing> {
        let number = self.room.number();
        match &self.whole {
            Some((of, message)) if *of == number => message.clone(),
            _ => {
                let message = Arc::new(message(plan, true, self.room.whole()));
                self.whole = Some((number, message.clone()));
                message
            }
        }
    }
}

fn message(plan: &PlanId, whole: bool, people: Vec<Person>) -> Outgoing {
    Outgoing::new(ServerMessage::Presence { plan: plan.clone(), whole, people })
}

impl Presence {
    fn halls(&self) -> MutexGuard<'_, HashMap<PlanId, Hall>> {
        self.halls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When something is to be told to one who heard a round.
    fn due(&self, plan: &PlanId, heard: u64, now: Instant) -> Option<Instant> {
        let halls = self.halls();
        let room = &halls.get(plan)?.room;
        if room.number() == heard { room.due(now) } else { Some(now) }
    }

    /// What is to be told now to one who heard a round; begins the next one where it is due.
    fn take(&self, plan: &PlanId, conn: ConnId, heard: &mut u64, now: Instant) -> Option<Arc<Outgoing>> {
        let mut halls = self.halls();
        let hall = halls.get_mut(plan)?;
        if let Some(round) = hall.room.round(now) {
            hall.told = match round {
                Round::Changes { people, by } => Some((by, Arc::new(message(plan, false, people)))),
                Round::Whole => None,
            };
        }
        let number = hall.room.number();
        let missed = number - std::mem::replace(heard, number);
        match (missed, &hall.told) {
            (0, _) => None,
            (1, Some((by, _))) if *by == Some(conn) => None,
            (1, Some((_, message))) => Some(message.clone()),
            _ => Some(hall.whole(plan)),
        }
    }
}

/// One connection's part: the plans it follows, and what it heard of them.
#[derive(Debug)]
pub(super) struct Watcher {
    presence: Arc<Presence>,
    conn: ConnId,
    bell: Arc<Notify>,
    heard: HashMap<PlanId, u64>,
    due: Option<Instant>,
}

impl Watcher {
    pub fn new(presence: Arc<Presence>, conn: ConnId) -> Self {
        Watcher { presence, conn, bell: Arc::default(), heard: HashMap::new(), due: None }
    }

    /// Begins to follow a plan; all who are there, where somebody is.
    pub fn enter(&mut self, plan: &PlanId) -> Option<Arc<Outgoing>> {
        let mut halls = self.presence.halls();
        let hall = halls.entry(plan.clone()).or_default();
        hall.bells.insert(self.conn, self.bell.clone());
        self.heard.insert(plan.clone(), hall.room.number());
        // A change that is not told yet rang before this one listened.
        self.bell.notify_one();
        if hall.room.is_empty() { None } else { Some(hall.whole(plan)) }
    }

    /// Follows a plan no more, and is shown in it no more.
    pub fn leave(&mut self, plan: &PlanId) {
        if self.heard.remove(plan).is_none() {
            return;
        }
        let mut halls = self.presence.halls();
        let Some(hall) = halls.get_mut(plan) else { return };
        hall.bells.remove(&self.conn);
        if hall.room.hide(self.conn) {
            hall.ring();
        }
        if hall.bells.is_empty() {
            halls.remove(plan);
        }
    }

    /// Leaves all plans.
    pub fn leave_all(&mut self) {
        let plans: Vec<PlanId> = self.heard.keys().cloned().collect();
        plans.iter().for_each(|plan| self.leave(plan));
    }

    /// Shows somebody in a plan, or no more where they are nowhere.
    ///
    /// # Errors
    /// `not_subscribed` when the plan is not followed, `busy` when too many are shown.
    pub fn show(&self, plan: &PlanId, person: Person) -> Result<(), Refusal> {
        let mut halls = self.presence.halls();
        let hall = halls.get_mut(plan).filter(|_| self.heard.contains_key(plan)).ok_or_else(|| {
            let reason = format!("you are not subscribed to the plan {plan}: subscribe first");
            Refusal::new(RefusalCode::NotSubscribed, reason)
        })?;
        let is_first = match person.state {
            Some(_) => hall.room.show(self.conn, person).map_err(|room::Full| {
                let reason = format!("{PRESENCE_PEOPLE_MAX} people are shown in this plan, more are not");
                Refusal::new(RefusalCode::Busy, reason)
            })?,
            None => hall.room.hide(self.conn),
        };
        if is_first {
            hall.ring();
        }
        Ok(())
    }

    /// Waits until there is something to tell the client.
    ///
    /// Nothing is lost when this is not waited for to its end.
    pub async fn next(&mut self) -> Vec<Arc<Outgoing>> {
        let due = match self.due {
            Some(due) => due,
            None => loop {
                self.bell.notified().await;
                if let Some(due) = self.next_due() {
                    break due;
                }
            },
        };
        self.due = Some(due);
        sleep_until(due).await;
        let now = Instant::now();
        let (presence, conn) = (&self.presence, self.conn);
        let taken = self.heard.iter_mut().filter_map(|(plan, heard)| presence.take(plan, conn, heard, now));
        let taken = taken.collect();
        self.due = self.next_due();
        taken
    }

    fn next_due(&self) -> Option<Instant> {
        let now = Instant::now();
        self.heard.iter().filter_map(|(plan, heard)| self.presence.due(plan, *heard, now)).min()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.leave_all();
    }
}
