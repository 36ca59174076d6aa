//! Entries one after the other: each names the one before, stands in the tree, and commits to its
//! payload.
//!
//! Whoever checks a whole log, a range of it or a bundle walks it with a `Chain`; nobody needs the
//! server's word for anything in it.

use super::place::Place;
use super::tree::Frontier;
use crate::ids::{Digest, PlanId, Seq};
use crate::record::{ENVELOPE_VERSION, leaf_hash, payload_commitment};

/// What is there of an entry besides its envelope.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Salt and payload.
    Present {
        /// The salt of the commitment.
        salt: &'a [u8; 32],
        /// The payload.
        payload: &'a [u8],
    },
    /// The payload was erased, or is not at hand.
    Absent,
}

/// What an entry that holds shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Envelope and payload are those that were logged.
    Valid,
    /// The envelope is the one that was logged; what it said cannot be shown.
    PayloadAbsent,
}

/// Why an entry is not what the log had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// The envelope does not decode.
    #[error("the envelope of entry {seq} is not readable: {reason}")]
    Envelope {
        /// The entry expected.
        seq: Seq,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The envelope has a format that this program does not know.
    #[error("the envelope of entry {seq} has version {found}; this program reads up to {ENVELOPE_VERSION}")]
    Version {
        /// The entry expected.
        seq: Seq,
        /// The version found.
        found: u64,
    },
    /// The envelope has another number.
    #[error("entry {seq} has the envelope of entry {found}: entries are missing, or out of order")]
    Seq {
        /// The entry expected.
        seq: Seq,
        /// The one found.
        found: Seq,
    },
    /// The envelope is of another plan.
    #[error("entry {seq} is of another plan, {found}")]
    Plan {
        /// The entry expected.
        seq: Seq,
        /// The plan found.
        found: String,
    },
    /// The entry names another entry as the one before it.
    #[error("entry {seq} does not name the entry before it: one of the two was altered")]
    Previous {
        /// The entry.
        seq: Seq,
    },
    /// The payload is not the one that was logged.
    #[error("the payload of entry {seq} is not the one that its envelope commits to")]
    Payload {
        /// The entry.
        seq: Seq,
    },
}

/// A walk over the entries of one plan in order, from the first or from any other.
#[derive(Debug, Clone)]
pub struct Chain {
    plan: PlanId,
    next: Seq,
    /// The leaf of the entry before; unknown before the first entry of a range.
    previous: Option<Digest>,
    /// The tree so far, where the walk began at the first entry.
    tree: Option<Frontier>,
}

impl Chain {
    /// A walk from the first entry, which builds the tree on its way.
    pub fn whole(plan: PlanId) -> Self {
        Chain { plan, next: Seq::ZERO.next(), previous: Some(Digest::ZERO), tree: Some(Frontier::new()) }
    }

    /// A walk that goes on after the entry at which a tree was known.
    pub fn after(plan: PlanId, tree: Frontier, last: Digest) -> Self {
        Chain { plan, next: Seq(tree.size()).next(), previous: Some(last), tree: Some(tree) }
    }

    /// A walk over a range: that its entries are in the log is shown by proofs, not by the walk.
    pub fn range(plan: PlanId, from: Seq) -> Self {
        Chain::continuing(plan, from, None)
    }

    /// As `range`, where the leaf of the entry before the first may be known.
    pub fn continuing(plan: PlanId, from: Seq, previous: Option<Digest>) -> Self {
        Chain { plan, next: from, previous, tree: None }
    }

    /// The number of the entry that is expected next.
    pub fn next(&self) -> Seq {
        self.next
    }

    /// The tree over the entries so far, where the walk began at the first.
    pub fn tree(&self) -> Option<&Frontier> {
        self.tree.as_ref()
    }

    /// Takes the next entry; gives its leaf and what it shows.
    ///
    /// # Errors
    /// `EntryFault` when it is not the next entry of this plan, or not as it was logged; the walk
    /// stays where it was.
    pub fn take(&mut self, envelope: &[u8], body: Body<'_>) -> Result<(Digest, Verdict), EntryFault> {
        let seq = self.next;
        let place = Place::read(envelope).map_err(|reason| EntryFault::Envelope { seq, reason })?;
        if place.version > u64::from(ENVELOPE_VERSION) {
            return Err(EntryFault::Version { seq, found: place.version });
        }
        if place.seq != seq {
            return Err(EntryFault::Seq { seq, found: place.seq });
        }
        if place.plan != self.plan.as_str() {
            return Err(EntryFault::Plan { seq, found: place.plan.to_owned() });
        }
        let is_first = seq == Seq::ZERO.next();
        let previous = if is_first { Some(Digest::ZERO) } else { self.previous };
        if previous.is_some_and(|previous| previous != place.previous) {
            return Err(EntryFault::Previous { seq });
        }
        let verdict = match body {
            Body::Absent => Verdict::PayloadAbsent,
            Body::Present { salt, payload } => {
                let is_same = payload.len() as u64 == place.payload_length
                    && payload_commitment(salt, payload) == place.payload_commitment;
                if !is_same {
                    return Err(EntryFault::Payload { seq });
                }
                Verdict::Valid
            }
        };
        let leaf = leaf_hash(envelope);
        if let Some(tree) = &mut self.tree {
            tree.push(leaf);
        }
        self.previous = Some(leaf);
        self.next = seq.next();
        Ok((leaf, verdict))
    }
}
