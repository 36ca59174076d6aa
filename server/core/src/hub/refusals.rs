//! What of refusals becomes entries: the first of each replica and code, and of all others how many.
//!
//! **Invariant.** However much is offered again and again, a sender makes so many entries a minute and one
//! that tells a number.  It is kept for one run of a plan, and what is counted is written down before the
//! plan leaves memory in an orderly way; a server that is killed loses the numbers of at most a minute.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet, VecDeque};

use plenary_limits::{
    REFUSAL_ENTRIES_PER_MINUTE_MAX, REFUSALS_COUNTED_SUBJECTS_MAX, REFUSALS_RECORDED_MAX,
    REFUSED_CHANGES_REMEMBERED_MAX,
};
use plenary_protocol::Digest;
use plenary_protocol::ids::Subject;
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::{Ask, Input};

/// A minute, microseconds.
const MINUTE_US: i64 = 60_000_000;

/// What is known of refusals in this run of the plan.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    /// Replicas and codes that have an entry.
    told: HashSet<(String, RefusalCode)>,
    /// Changes that were refused to somebody and why, and in which order.
    changes: HashSet<Offer>,
    order: VecDeque<Offer>,
    /// Those to whom something was refused in the last minute.
    subjects: BTreeMap<Subject, Minute>,
}

/// Whose change was refused, and why.
type Offer = (Subject, Digest, RefusalCode);

/// A minute of one sender.
#[derive(Debug)]
struct Minute {
    began_us: i64,
    entries: usize,
    /// The last that got no entry, and how many there were.
    counted: Option<(Counted, u64)>,
}

/// Refusals that have no entries of their own.
#[derive(Debug)]
pub(super) struct Counted {
    /// The last one's sender, as the entry names them; nothing is asked.
    pub input: Input,
    /// The last one.
    pub refusal: Refusal,
}

impl Refusals {
    /// Takes in a refusal; tells whether it is to be an entry.
    pub fn is_news(&mut self, input: &Input, change: Option<Digest>, refusal: &Refusal, now_us: i64) -> bool {
        let subject = input.grant.principal().subject.clone();
        let is_again = change.is_some_and(|change| !self.remember((subject.clone(), change, refusal.code)));
        let replica = input.session.clone().unwrap_or_else(|| subject.to_string());
        let key = (replica, refusal.code);
        let is_known = is_again || self.told.contains(&key);
        if !self.subjects.contains_key(&subject) && self.subjects.len() >= REFUSALS_COUNTED_SUBJECTS_MAX {
            return false;
        }
        let minute =
            self.subjects.entry(subject).or_insert(Minute { began_us: now_us, entries: 0, counted: None });
        let is_news = !is_known
            && minute.entries < REFUSAL_ENTRIES_PER_MINUTE_MAX
            && self.told.len() < REFUSALS_RECORDED_MAX;
        if is_news {
            minute.entries += 1;
            self.told.insert(key);
        } else {
            let count = minute.counted.take().map_or(0, |(_, count)| count) + 1;
            minute.counted = Some((Counted { input: sender(input), refusal: refusal.clone() }, count));
        }
        is_news
    }

    /// Gives what was counted of senders whose minute is over, and forgets it.
    pub fn due(&mut self, now_us: i64) -> Vec<(Counted, u64)> {
        // A clock that was set back ends a minute, too.
        let is_over = |minute: &Minute| !(0..MINUTE_US).contains(&now_us.saturating_sub(minute.began_us));
        let over = self.subjects.extract_if(.., |_, minute| is_over(minute));
        over.filter_map(|(_, minute)| minute.counted).collect()
    }

    /// Whether there are numbers that no entry tells yet.
    pub fn are_owed(&self) -> bool {
        self.subjects.values().any(|minute| minute.counted.is_some())
    }

    /// Gives everything that was counted, whether or not its minute is over, and forgets it.
    pub fn all_owed(&mut self) -> Vec<(Counted, u64)> {
        std::mem::take(&mut self.subjects).into_values().filter_map(|minute| minute.counted).collect()
    }

    /// Notes a change that was refused to somebody for a reason; tells whether it is the first time.
    fn remember(&mut self, offer: Offer) -> bool {
        if !self.changes.insert(offer.clone()) {
            return false;
        }
        self.order.push_back(offer);
        if self.order.len() > REFUSED_CHANGES_REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.changes.remove(&oldest);
        }
        true
    }
}

/// Who sent it and how, without what was asked.
fn sender(input: &Input) -> Input {
    let ask = Ask::Changes { changes: Vec::new(), because: None, answers: Vec::new() };
    let Input { reply, grant, session, build, ask: _ } = input;
    Input { reply: *reply, grant: grant.clone(), session: session.clone(), build: build.clone(), ask }
}
