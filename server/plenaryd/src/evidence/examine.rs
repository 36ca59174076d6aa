//! A walk over entries and facts in the order of a log: chains, payload commitments, trees, the roots that
//! were vouched for, the epoch.
//!
//! It looks at bytes only, so it examines a log that serves, one that is stopped, and a copy of one alike.
//! What is wrong becomes a finding and the walk goes on with the other plans; of a plan only the first is
//! told, because nothing behind it can be trusted.

use std::collections::BTreeMap;

use plenary_log::{Entry, Fact, FactKind};
use plenary_protocol::evidence::{Body, Chain, Frontier};
use plenary_protocol::ids::{Digest, PlanId};

use super::record::{CheckpointRecord, EpochRecord};

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The plan; none when it is about the whole log.
    pub plan: Option<PlanId>,
    /// The entry, where it is about one.
    pub seq: Option<u64>,
    /// What was found, for an operator.
    pub what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.plan {
            Some(plan) => write!(f, "plan {plan}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// A size at which the root is known from elsewhere.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    size: u64,
    root: Digest,
}

/// One plan on the way.
struct Walked {
    plan: PlanId,
    chain: Chain,
    last: Digest,
    wanted: Vec<Wanted>,
    /// Records of more entries than were there when they were met.
    ahead: Vec<CheckpointRecord>,
    is_broken: bool,
}

/// The tree of a plan at the end of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    /// How many entries it has.
    pub size: u64,
    /// Its root.
    pub root: Digest,
    /// The leaf of the last entry.
    pub leaf: Digest,
}

/// What a walk has shown.
#[derive(Debug, Clone, Default)]
pub struct Examination {
    /// The tree of every plan, as far as it holds.
    pub plans: BTreeMap<PlanId, Tree>,
    /// Entries that hold.
    pub entries: u64,
    /// Records of checkpoints whose root was compared.
    pub records: u64,
    /// The epoch of the log, where one was begun.
    pub epoch: Option<EpochRecord>,
    /// What does not hold.
    pub findings: Vec<Finding>,
}

/// A walk.
#[derive(Default)]
pub struct Examiner {
    plans: BTreeMap<String, Walked>,
    done: Examination,
}

impl Examiner {
    /// Nothing walked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says which root a plan's tree has to have at a size.
    pub fn expect(&mut self, plan: &PlanId, size: u64, root: Digest) {
        self.walked(plan).wanted.push(Wanted { size, root });
    }

    /// What was found so far.
    pub fn findings(&self) -> &[Finding] {
        &self.done.findings
    }

    /// The root of a plan's tree so far; none where nothing of it holds any more.
    pub fn root(&self, plan: &str) -> Option<Digest> {
        self.plans.get(plan).filter(|walked| !walked.is_broken).map(Walked::root)
    }

    fn walked(&mut self, plan: &PlanId) -> &mut Walked {
        self.plans.entry(plan.to_string()).or_insert_with(|| Walked {
            plan: plan.clone(),
            chain: Chain::whole(plan.clone()),
            last: Digest::ZERO,
            wanted: Vec::new(),
            ahead: Vec::new(),
            is_broken: false,
        })
    }

    /// Takes the next entry.
    pub fn entry(&mut self, entry: &Entry) {
        if !self.plans.contains_key(&entry.plan) {
            match entry.plan.parse::<PlanId>() {
                Ok(plan) => _ = self.walked(&plan),
                Err(error) => {
                    let what = format!("an entry is of {:?}: {error}", entry.plan);
                    return self.done.findings.push(Finding { plan: None, seq: Some(entry.seq), what });
                }
            }
        }
        let Some(walked) = self.plans.get_mut(&entry.plan) else { return };
        if walked.is_broken {
            return;
        }
        match walked.take(entry) {
            Ok(compared) => {
                self.done.entries += 1;
                self.done.records += compared;
            }
            Err(what) => {
                walked.is_broken = true;
                let plan = Some(walked.plan.clone());
                self.done.findings.push(Finding { plan, seq: Some(entry.seq), what });
            }
        }
    }

    /// Takes the next fact.
    pub fn fact(&mut self, fact: &Fact) {
        match fact.kind {
            FactKind::Epoch => match EpochRecord::of(fact) {
                Some(record) => self.done.epoch = Some(record),
                None => self.unread("the record of the epoch"),
            },
            FactKind::CheckpointRecord => match CheckpointRecord::of(fact) {
                Some((plan, record)) => self.record(&plan, record),
                None => self.unread("a record of a checkpoint"),
            },
            _ => {}
        }
    }

    fn unread(&mut self, what: &str) {
        let what = format!("{what} is in a form that this version does not read");
        self.done.findings.push(Finding { plan: None, seq: None, what });
    }

    /// A record of a tree; those of a log written by a server come right behind the last entry of it.
    fn record(&mut self, plan: &PlanId, record: CheckpointRecord) {
        let walked = self.walked(plan);
        let size = walked.size();
        if walked.is_broken || record.size < size {
            return;
        }
        if record.size > size {
            return walked.ahead.push(record);
        }
        let holds = walked.root() == record.root;
        if !holds {
            walked.is_broken = true;
            let finding = other_root(plan, size);
            self.done.findings.push(finding);
        }
        self.done.records += u64::from(holds);
    }

    /// Ends the walk.
    pub fn finish(mut self) -> Examination {
        let epoch = self.done.epoch.as_ref().map_or(1, |record| record.epoch);
        for walked in self.plans.into_values() {
            let size = walked.size();
            if size > 0 {
                let tree = Tree { size, root: walked.root(), leaf: walked.last };
                self.done.plans.insert(walked.plan.clone(), tree);
            }
            if walked.is_broken {
                continue;
            }
            // What an earlier epoch vouched for and this log lacks is why the epoch was begun.
            let ahead = walked.ahead.iter().filter(|record| record.epoch >= epoch).map(|record| record.size);
            let vouched = ahead.chain(walked.wanted.iter().map(|wanted| wanted.size)).max();
            if let Some(vouched) = vouched.filter(|vouched| *vouched > size) {
                let what = format!("the log ends at entry {size}, and {vouched} entries were vouched for");
                self.done.findings.push(Finding { plan: Some(walked.plan), seq: Some(size + 1), what });
            }
        }
        self.done
    }
}

fn other_root(plan: &PlanId, size: u64) -> Finding {
    let what = format!("the tree of the first {size} entries has another root than was vouched for");
    Finding { plan: Some(plan.clone()), seq: Some(size), what }
}

impl Walked {
    fn size(&self) -> u64 {
        self.chain.tree().map_or(0, Frontier::size)
    }

    fn root(&self) -> Digest {
        self.chain.tree().map_or_else(plenary_protocol::evidence::empty_root, Frontier::root)
    }

    /// Takes an entry; gives how many roots were compared at it.
    fn take(&mut self, entry: &Entry) -> Result<u64, String> {
        let body = Body::Present { salt: &entry.salt, payload: &entry.payload };
        let (leaf, _) = self.chain.take(&entry.envelope, body).map_err(|fault| fault.to_string())?;
        self.last = leaf;
        let size = self.size();
        let mut compared = 0;
        for wanted in self.wanted.iter().filter(|wanted| wanted.size == size) {
            if self.root() != wanted.root {
                return Err(other_root(&self.plan, size).what);
            }
            compared += 1;
        }
        Ok(compared)
    }
}
