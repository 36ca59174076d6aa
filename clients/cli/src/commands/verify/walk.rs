//! The entries so far of a log that is checked, and what stands among them of a log that was checked before.

use std::collections::VecDeque;

use plenary_protocol::evidence::{Chain, Verdict};
use plenary_protocol::ids::{Digest, PlanId, Seq};
use plenary_protocol::wire::api::EpochView;

use super::earlier::Comparison;
use super::kept::{Kept, RECENT_LEAVES_MAX};
use super::told::Earlier;

/// The entries so far.
pub struct Walk {
    /// What each of them is held against.
    pub chain: Chain,
    /// Those whose payload is not there.
    pub absent: Vec<u64>,
    recent: VecDeque<Digest>,
    comparison: Option<Comparison>,
}

impl Walk {
    /// A walk from the first entry, on which a log that was verified before is looked for.
    pub fn whole(plan: &PlanId, before: Option<&Kept>) -> Walk {
        let comparison = before.map(Comparison::with);
        Walk { chain: Chain::whole(plan.clone()), absent: Vec::new(), recent: VecDeque::new(), comparison }
    }

    /// A walk that goes on from what was verified.
    pub fn after(plan: &PlanId, kept: &Kept) -> Walk {
        let chain = Chain::after(plan.clone(), kept.tree.clone(), kept.last);
        Walk { chain, absent: Vec::new(), recent: kept.recent.clone().into(), comparison: None }
    }

    /// Takes in an entry that the chain has taken.
    pub fn took(&mut self, seq: Seq, leaf: Digest, verdict: Verdict) {
        if self.recent.len() == RECENT_LEAVES_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(leaf);
        if let Some((comparison, tree)) = self.comparison.as_mut().zip(self.chain.tree()) {
            comparison.take(leaf, tree);
        }
        match verdict {
            Verdict::Valid => {}
            Verdict::PayloadAbsent => self.absent.push(seq.0),
        }
    }

    /// The leaf of the last entry.
    pub fn last(&self) -> Digest {
        self.recent.back().copied().unwrap_or(Digest::ZERO)
    }

    /// The leaves of the last entries.
    pub fn recent(&self) -> Vec<Digest> {
        self.recent.iter().copied().collect()
    }

    /// What the log, now of `size` entries, has of those that were verified before.
    pub fn earlier(&self, before: &Kept, size: u64, epoch: Option<EpochView>) -> Earlier {
        match &self.comparison {
            Some(comparison) => comparison.end(before, size, epoch),
            None => Comparison::with(before).end(before, size, epoch),
        }
    }
}
