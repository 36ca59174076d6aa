//! The people of one plan: what changed since they were last told, and when to tell it.
//!
//! Time comes in as an argument; nobody is told anything here.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use plenary_core::hub::ConnId;
use plenary_limits::{PRESENCE_PEOPLE_MAX, PRESENCE_ROUND_MS};
use plenary_protocol::wire::live::Person;
use tokio::time::Instant;

/// Time between two rounds: at rest a change is told at once, under load five times a second, however
/// many people move and however often.
pub const ROUND_EVERY: Duration = Duration::from_millis(PRESENCE_ROUND_MS);

/// As many people are shown as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// What everybody is told at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Round {
    /// What changed.
    Changes {
        /// Who came, moved or went, each once, as they are now.
        people: Vec<Person>,
        /// The one connection it is about, where it is about one: it knows already.
        by: Option<ConnId>,
    },
    /// All who are there: more changed than is told one by one.
    Whole,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Room {
    people: BTreeMap<ConnId, Person>,
    moved: BTreeSet<ConnId>,
    gone: BTreeMap<ConnId, Person>,
    /// More went since the last round than are told one by one.
    is_crowd_gone: bool,
    number: u64,
    not_before: Option<Instant>,
}

impl Room {
    /// Shows somebody at a place; whether that is the first change since the last round.
    ///
    /// # Errors
    /// `Full` when they are new and as many are shown as may be.
    pub fn show(&mut self, conn: ConnId, person: Person) -> Result<bool, Full> {
        if self.people.get(&conn) == Some(&person) {
            return Ok(false);
        }
        if self.people.len() >= PRESENCE_PEOPLE_MAX && !self.people.contains_key(&conn) {
            return Err(Full);
        }
        let is_first = !self.is_changed();
        self.gone.remove(&conn);
        self.people.insert(conn, person);
        self.moved.insert(conn);
        Ok(is_first)
    }

    /// Shows somebody no more; whether that is the first change since the last round.
    pub fn hide(&mut self, conn: ConnId) -> bool {
        let Some(person) = self.people.remove(&conn) else { return false };
        let is_first = !self.is_changed();
        self.moved.remove(&conn);
        if self.gone.len() < PRESENCE_PEOPLE_MAX {
            self.gone.insert(conn, Person { state: None, ..person });
        } else {
            self.is_crowd_gone = true;
        }
        is_first
    }

    fn is_changed(&self) -> bool {
        self.is_crowd_gone || !self.moved.is_empty() || !self.gone.is_empty()
    }

    /// When the next round is due; `None` while nothing changes.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        self.is_changed().then(|| self.not_before.map_or(now, |not_before| not_before.max(now)))
    }

    /// The number of the last round.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether nobody is shown.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Everybody who is shown.
    pub fn whole(&self) -> Vec<Person> {
        self.people.values().cloned().collect()
    }

    /// Begins the next round if it is due.
    pub fn round(&mut self, now: Instant) -> Option<Round> {
        if self.due(now).is_none_or(|due| due > now) {
            return None;
        }
        self.not_before = Some(now + ROUND_EVERY);
        self.number += 1;
        let (moved, gone) = (std::mem::take(&mut self.moved), std::mem::take(&mut self.gone));
        if std::mem::take(&mut self.is_crowd_gone) {
            return Some(Round::Whole);
        }
        let by = match (moved.first(), gone.first_key_value(), moved.len() + gone.len()) {
            (Some(conn), None, 1) | (None, Some((conn, _)), 1) => Some(*conn),
            _ => None,
        };
        let moved = moved.iter().filter_map(|conn| self.people.get(conn).cloned());
        Some(Round::Changes { people: moved.chain(gone.into_values()).collect(), by })
    }
}
