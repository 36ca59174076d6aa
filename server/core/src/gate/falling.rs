//! What falls with changes that are set aside, refused or not tried yet: all that hangs on them, directly or by
//! others.
//!
//! **Invariant.** A change hangs on another when it says it builds on it, and when an operation of it comes behind
//! one of the other's, takes its place, or writes in an object that the other made, whatever it says.

use std::collections::{BTreeMap, HashMap, HashSet};

use automerge::legacy::{ObjectId, OpId};
use automerge::{ActorId, Change, ChangeHash, ExpandedChange};

use super::{Arrived, hangs_on};

/// Changes that fall, and the operations that they made.
#[derive(Debug, Default)]
pub(crate) struct Falling {
    changes: HashSet<ChangeHash>,
    /// By actor the first counters of stretches of operations, with the one behind the last; none overlap.
    made: HashMap<ActorId, BTreeMap<u64, u64>>,
}

impl Falling {
    /// Takes in a change that falls.
    pub fn add(&mut self, change: &Change) {
        self.changes.insert(change.hash());
        let first = change.start_op().get();
        let (mut first, mut end) = (first, first + change.len() as u64);
        let made = self.made.entry(change.actor_id().clone()).or_default();
        while let Some((start, reach)) = made.range(..=end).next_back().map(|(start, end)| (*start, *end))
            && reach >= first
        {
            made.remove(&start);
            (first, end) = (first.min(start), end.max(reach));
        }
        made.insert(first, end);
    }

    /// Whether a change hangs on one of them.
    pub fn takes(&self, change: &Change) -> bool {
        self.builds(change) || self.hangs(&change.decode())
    }

    /// As `takes`, of one that is decoded already.
    pub fn takes_decoded(&self, Arrived { change, expanded }: &Arrived) -> bool {
        self.builds(change) || self.hangs(expanded)
    }

    fn builds(&self, change: &Change) -> bool {
        change.deps().iter().any(|dep| self.changes.contains(dep))
    }

    fn hangs(&self, expanded: &ExpandedChange) -> bool {
        let mut objects = expanded.operations.iter().map(|operation| &operation.obj);
        hangs_on(expanded).any(|id| self.has_made(id))
            || objects.any(|object| matches!(object, ObjectId::Id(id) if self.has_made(id)))
    }

    fn has_made(&self, id: &OpId) -> bool {
        let made = self.made.get(id.actor());
        let last = made.and_then(|made| made.range(..=id.counter()).next_back());
        last.is_some_and(|(_, end)| id.counter() < *end)
    }
}
