//! The change graph of a plan, and line 2 of the gate: can this header be true?
//!
//! Automerge accepts headers that make the saved document unloadable for ever (a first operation
//! not after those it depends on, a missing own ancestor, an empty change that leaves a gap), and
//! panics on others.  None of them passes here.

mod stored;

use std::collections::{HashMap, HashSet};

use automerge::{ActorId, Change, ChangeHash};
use plenary_limits::{GAPS_PER_SUBJECT_OPERATIONS_MAX, START_OPERATIONS_AHEAD_MAX};
use plenary_protocol::ids::Subject;
use plenary_protocol::wire::{Refusal, RefusalCode};

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    max_op: u64,
    deps: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct LastOfActor {
    seq: u64,
    node: u32,
}

/// What taking in a change replaced.
#[derive(Debug)]
pub(crate) struct Grown {
    hash: ChangeHash,
    actor: ActorId,
    last_before: Option<LastOfActor>,
    subject: Subject,
    gap: u64,
    max_op_before: u64,
}

/// What the header check finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Header {
    /// It can be true; `gap` operation counters are skipped by it.
    New {
        /// Skipped counters.
        gap: u64,
    },
    /// The change is in the log already.
    Known,
}

/// Hash → sequence, operations and dependencies of every change in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeGraph {
    nodes: Vec<Node>,
    by_hash: HashMap<ChangeHash, u32>,
    last: HashMap<ActorId, LastOfActor>,
    gaps: HashMap<Subject, u64>,
    max_op: u64,
    /// Changes that were set aside, and their actors: neither comes again.
    aside: HashSet<ChangeHash>,
    aside_actors: HashSet<ActorId>,
}

impl ChangeGraph {
    /// Whether a change is in the log.
    pub fn contains(&self, hash: &ChangeHash) -> bool {
        self.by_hash.contains_key(hash)
    }

    /// How many changes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The highest operation counter of the plan.
    pub fn max_op(&self) -> u64 {
        self.max_op
    }

    /// Checks the header of a change by `subject`.
    ///
    /// # Errors
    /// A refusal with code `missing_dependency` or `bad_header`.
    pub fn check(&self, change: &Change, subject: &Subject) -> Result<Header, Refusal> {
        if self.contains(&change.hash()) {
            return Ok(Header::Known);
        }
        if self.aside.contains(&change.hash()) {
            return bad("it was set aside: the plan's document does not load with it".into());
        }
        if self.aside_actors.contains(change.actor_id()) {
            return bad(
                "earlier changes of its actor were set aside: take the plan anew, under a new actor".into()
            );
        }
        let deps = self.dependencies(change)?;
        self.check_sequence(change, &deps)?;
        let start = change.start_op().get();
        let before = deps.iter().map(|dep| self.nodes[*dep as usize].max_op).max().unwrap_or(0);
        if start <= before {
            return bad(format!(
                "its first operation is {start}, but a change it depends on ends at {before}"
            ));
        }
        if change.is_empty() && start != before + 1 {
            return bad(format!(
                "it has no operations and leaves a gap: it must start at {}, not {start}",
                before + 1
            ));
        }
        let ahead = start.saturating_sub(self.max_op + 1);
        let opened = self.gaps.get(subject).copied().unwrap_or(0) + ahead;
        if ahead > START_OPERATIONS_AHEAD_MAX || opened > GAPS_PER_SUBJECT_OPERATIONS_MAX {
            return bad(format!(
                "its first operation {start} lies {ahead} beyond the plan's last one; allowed are \
                 {START_OPERATIONS_AHEAD_MAX} at once and {GAPS_PER_SUBJECT_OPERATIONS_MAX} for one person in all"
            ));
        }
        if !change.extra_bytes().is_empty() && change.author().is_none() {
            return bad("it has extra bytes that are no author footer".into());
        }
        if let Some(author) = change.author() {
            let claimed = author.as_bytes();
            if change.seq() != 1 || claimed != subject.as_str().as_bytes() {
                return bad("its author footer is not that of your subject at sequence 1".into());
            }
        }
        Ok(Header::New { gap: ahead })
    }

    fn dependencies(&self, change: &Change) -> Result<Vec<u32>, Refusal> {
        let mut deps = Vec::with_capacity(change.deps().len());
        for dep in change.deps() {
            let Some(index) = self.by_hash.get(dep) else {
                if self.aside.contains(dep) {
                    let reason =
                        format!("it depends on change {dep}, which was set aside: take the plan anew");
                    return Err(Refusal::new(RefusalCode::MissingDependency, reason));
                }
                return Err(Refusal::new(
                    RefusalCode::MissingDependency,
                    format!("it depends on change {dep}, which the plan does not have: send that one first"),
                ));
            };
            if deps.contains(index) {
                return Err(Refusal::new(RefusalCode::BadHeader, format!("it names change {dep} twice")));
            }
            deps.push(*index);
        }
        Ok(deps)
    }

    /// An actor's changes build on each other: the library puts those that come together in the order of what
    /// they build on, and panics where that is not the order of their numbers.  It makes such a change itself,
    /// by an edit at heads before an empty change of the same actor; that one is refused like any other.
    fn check_sequence(&self, change: &Change, deps: &[u32]) -> Result<(), Refusal> {
        let (expected, own) = match self.last.get(change.actor_id()) {
            Some(last) => (last.seq + 1, Some(last.node)),
            None => (1, None),
        };
        if change.seq() != expected {
            return bad(format!(
                "it is number {} of its actor, expected number {expected}: an actor writes in one place only",
                change.seq()
            ));
        }
        if own.is_some_and(|own| !self.is_ancestor(own, deps)) {
            return bad("it does not build on its actor's own last change".into());
        }
        Ok(())
    }

    /// Whether `sought` is among `from` or what they build on; nodes stand in log order, so nothing
    /// before `sought` needs a look, and one walk back from the last finds all.
    fn is_ancestor(&self, sought: u32, from: &[u32]) -> bool {
        if from.contains(&sought) {
            return true;
        }
        let Some(last) = from.iter().copied().filter(|node| *node > sought).max() else { return false };
        let mut reached = vec![false; (last - sought) as usize + 1];
        let reach = |reached: &mut [bool], node: u32| {
            if let Some(at) = node.checked_sub(sought) {
                reached[at as usize] = true;
            }
        };
        from.iter().for_each(|node| reach(&mut reached, *node));
        for at in (1..reached.len()).rev() {
            if reached[at] {
                let deps = &self.nodes[sought as usize + at].deps;
                deps.iter().for_each(|dep| reach(&mut reached, *dep));
            }
            if reached[0] {
                return true;
            }
        }
        false
    }

    /// Takes in a change of the log, by `subject`.
    ///
    /// Changes of the log have passed `check`; one whose dependencies are unknown is taken without them.
    pub fn grow(&mut self, change: &Change, subject: &Subject) {
        self.grow_for_now(change, subject);
    }

    /// Takes note of a change that was set aside: it is none of the plan's, and it does not come again.
    pub fn set_aside(&mut self, change: &Change) {
        self.aside.insert(change.hash());
        self.aside_actors.insert(change.actor_id().clone());
    }

    /// Takes in a change that may be taken back: one that is tried together with those after it.
    pub(crate) fn grow_for_now(&mut self, change: &Change, subject: &Subject) -> Grown {
        let node = self.nodes.len() as u32;
        let deps = change.deps().iter().filter_map(|dep| self.by_hash.get(dep).copied()).collect();
        let start = change.start_op().get();
        let gap = start.saturating_sub(self.max_op + 1);
        if gap > 0 {
            *self.gaps.entry(subject.clone()).or_default() += gap;
        }
        let max_op = (start + change.len() as u64).saturating_sub(1);
        let max_op_before = self.max_op;
        self.max_op = max_op_before.max(max_op);
        self.nodes.push(Node { max_op, deps });
        self.by_hash.insert(change.hash(), node);
        let (actor, last) = (change.actor_id().clone(), LastOfActor { seq: change.seq(), node });
        let last_before = self.last.insert(actor.clone(), last);
        Grown { hash: change.hash(), actor, last_before, subject: subject.clone(), gap, max_op_before }
    }

    /// Takes back what was taken in last.
    pub(crate) fn take_back(&mut self, grown: Grown) {
        let Grown { hash, actor, last_before, subject, gap, max_op_before } = grown;
        self.nodes.pop();
        self.by_hash.remove(&hash);
        match last_before {
            Some(last) => _ = self.last.insert(actor, last),
            None => _ = self.last.remove(&actor),
        }
        if let Some(opened) = self.gaps.get_mut(&subject) {
            *opened -= gap;
            if *opened == 0 {
                self.gaps.remove(&subject);
            }
        }
        self.max_op = max_op_before;
    }
}

fn bad<T>(reason: String) -> Result<T, Refusal> {
    Err(Refusal::new(RefusalCode::BadHeader, reason))
}
