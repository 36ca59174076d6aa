//! What was found and not taken back.
//!
//! **Invariant.** A finding goes only when a later look has examined all of the same source for the same
//! plan (or the whole log) and found nothing there; until then it stays with the time at which it was found
//! last. It is bounded: what has no place is counted by plan and source, and holds its plan all the same.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use plenary_limits::FINDINGS_KEPT_MAX;
use plenary_protocol::ids::PlanId;

use crate::evidence::Finding;

/// In what something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// The journal.
    Journal,
    /// The store's copy.
    Store,
    /// Journal and store differ: either may be the altered one.
    Both,
    /// The copy in memory.
    Memory,
}

/// What one look examined to the end and found to hold.
#[derive(Debug, Default)]
pub(super) struct Examined {
    /// Whether the journal was walked from its first group to its last.
    pub journal: bool,
    /// Whether every plan's copy in the store was walked to its end.
    pub store: bool,
    /// Plans whose journal and store hold, entry by entry.
    pub in_both: BTreeSet<PlanId>,
    /// Plans whose copy in the store holds.
    pub in_store: BTreeSet<PlanId>,
    /// Plans whose copy in memory holds.
    pub in_memory: BTreeSet<PlanId>,
}

impl Examined {
    fn covers(&self, plan: Option<&PlanId>, source: Source) -> bool {
        match (plan, source) {
            (None, Source::Journal | Source::Both) => self.journal,
            (None, Source::Store) => self.journal || self.store,
            (None, Source::Memory) => false,
            (Some(plan), Source::Journal | Source::Both) => self.in_both.contains(plan),
            (Some(plan), Source::Store) => self.in_both.contains(plan) || self.in_store.contains(plan),
            (Some(plan), Source::Memory) => self.in_memory.contains(plan),
        }
    }
}

struct Kept {
    finding: Finding,
    source: Source,
    at: Timestamp,
    look: u64,
}

impl Kept {
    fn is_of(&self, finding: &Finding, source: Source) -> bool {
        // Of the whole log, what stands before the colon says what and where; the rest may count on.
        let place = |finding: &Finding| finding.what.split(':').next().map(str::to_owned);
        let same =
            (&self.finding.plan, self.finding.seq, self.source) == (&finding.plan, finding.seq, source);
        same && (finding.plan.is_some() || place(&self.finding) == place(finding))
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Ledger {
    kept: Vec<Kept>,
    /// What has no place: in which look it was found last, and how many there were in it.
    unkept: HashMap<(Option<PlanId>, Source), (u64, u64)>,
    look: u64,
}

impl Ledger {
    /// Takes in a finding of the look that goes on; tells whether it was not known.
    pub fn keep(&mut self, finding: &Finding, source: Source, at: Timestamp) -> bool {
        let look = self.look;
        // The same in journal and store is one thing; it goes when both hold.
        if let Some(kept) =
            self.kept.iter_mut().find(|kept| kept.finding == *finding && kept.source != source)
        {
            *kept = Kept { finding: finding.clone(), source: Source::Both, at, look };
            return false;
        }
        if let Some(kept) = self.kept.iter_mut().find(|kept| kept.is_of(finding, source)) {
            *kept = Kept { finding: finding.clone(), source, at, look };
            return false;
        }
        if self.kept.len() < FINDINGS_KEPT_MAX {
            self.kept.push(Kept { finding: finding.clone(), source, at, look });
            return true;
        }
        let unkept = self.unkept.entry((finding.plan.clone(), source));
        let is_new = matches!(unkept, std::collections::hash_map::Entry::Vacant(_));
        let (last, count) = unkept.or_insert((look, 0));
        (*last, *count) = if *last == look { (look, *count + 1) } else { (look, 1) };
        is_new
    }

    /// Ends a look: takes back what it examined and did not find again.
    pub fn settle(&mut self, examined: &Examined) {
        let look = self.look;
        self.kept
            .retain(|kept| kept.look == look || !examined.covers(kept.finding.plan.as_ref(), kept.source));
        self.unkept
            .retain(|(plan, source), (last, _)| *last == look || !examined.covers(plan.as_ref(), *source));
        self.look += 1;
    }

    /// Whether nothing is left of a plan.
    pub fn holds(&self, plan: &PlanId) -> bool {
        self.kept.iter().all(|kept| kept.finding.plan.as_ref() != Some(plan))
            && self.unkept.keys().all(|(unkept, _)| unkept.as_ref() != Some(plan))
    }

    /// What is kept; of what the last whole look could not examine, since when.
    pub fn findings(&self) -> Vec<Finding> {
        let told = |kept: &Kept| match kept.look + 1 < self.look {
            false => kept.finding.clone(),
            true => Finding {
                what: format!("{} (found at {}, not examined since)", kept.finding.what, kept.at),
                ..kept.finding.clone()
            },
        };
        self.kept.iter().map(told).collect()
    }

    /// How many findings have no place.
    pub fn more(&self) -> u64 {
        self.unkept.values().map(|(_, count)| count).sum()
    }
}
