//! What the log holds: entries and facts, and the rows that an entry has in the index.

use sha2::{Digest, Sha256};

use crate::error::AppendError;

/// A SHA-256 value.
pub(crate) type Hash = [u8; 32];

/// One entry of a plan's log: exact bytes, never re-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The plan's name, `[a-z0-9-]{1,64}`.
    pub plan: String,
    /// The place in the plan's log: 1, 2, 3, … without gaps.
    pub seq: u64,
    /// What the tree hashes, at most [`plenary_limits::ENVELOPE_BYTES_MAX`] bytes.
    pub envelope: Vec<u8>,
    /// The salt of the payload's commitment.
    pub salt: [u8; 32],
    /// What the envelope commits to, at most [`plenary_limits::PAYLOAD_BYTES_MAX`] bytes.
    pub payload: Vec<u8>,
}

/// What a fact is about; its code stands on disk and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// Size and root of a plan's tree, written before the checkpoint is signed (code 1).
    CheckpointRecord,
    /// The peer that a ticket is bound to, by the ticket's digest (code 2).
    TicketBound,
    /// A token, session or grant that no longer counts (code 3).
    Revocation,
    /// A repair or rebuild of the log itself: what was done, and what was lost (code 4).
    Maintenance,
    /// Who the server is to replicas, over restarts (code 5).
    ServerIdentity,
    /// Since when the log's names in evidence count anew, after entries were lost (code 6).
    Epoch,
    /// A plan whose edits are stopped, because of an entry that its document does not read back with (code 7).
    EditsStopped,
    /// A kind that this crate has no name for; get it through [`FactKind::from_code`].
    Other(u8),
}

impl FactKind {
    /// Gives the code that stands on disk.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::CheckpointRecord => 1,
            Self::TicketBound => 2,
            Self::Revocation => 3,
            Self::Maintenance => 4,
            Self::ServerIdentity => 5,
            Self::Epoch => 6,
            Self::EditsStopped => 7,
            Self::Other(code) => code,
        }
    }

    /// Gives the kind with this code; a code without a name is [`FactKind::Other`].
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::CheckpointRecord,
            2 => Self::TicketBound,
            3 => Self::Revocation,
            4 => Self::Maintenance,
            5 => Self::ServerIdentity,
            6 => Self::Epoch,
            7 => Self::EditsStopped,
            other => Self::Other(other),
        }
    }
}

/// What is durable but not an entry; a later fact of the same kind and key replaces the earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What the fact is about.
    pub kind: FactKind,
    /// At most [`plenary_limits::FACT_KEY_BYTES_MAX`] bytes.
    pub key: Vec<u8>,
    /// At most [`plenary_limits::FACT_VALUE_BYTES_MAX`] bytes.
    pub value: Vec<u8>,
}

/// One thing to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The next entry of a plan.
    Entry(Entry),
    /// A fact, new or replacing the earlier one of its key.
    Fact(Fact),
}

/// The last entry of a plan's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its sequence number.
    pub seq: u64,
    /// The leaf hash of its envelope.
    pub hash: [u8; 32],
}

/// One row that an entry has in the index: what a client's name for an edit became, and the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexRow {
    /// At most [`plenary_limits::INDEX_KEY_BYTES_MAX`] bytes; a later row of the same key replaces it and has
    /// a greater value, byte by byte: so one that was lost is told from one that was replaced.
    pub key: Vec<u8>,
    /// What the row says.
    pub value: Vec<u8>,
}

/// Tells what an entry means to the index; pure, so that replay makes the rows of live commit.
pub trait Indexer: Send + Sync {
    /// Gives the index rows of an entry: a function of the entry alone.
    fn rows(&self, entry: &Entry) -> Vec<IndexRow>;

    /// Gives the entry, as plan and sequence number, that a fact shows to have been acknowledged.
    ///
    /// A checkpoint record over a tree of *n* entries vouches for entry *n*: a start never cuts it.
    fn vouches_for(&self, fact: &Fact) -> Option<(String, u64)> {
        let _ = fact;
        None
    }
}

/// Gives the leaf hash of an envelope: SHA-256(0x00 ‖ envelope).
#[must_use]
pub fn leaf_hash(envelope: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(envelope);
    hasher.finalize().into()
}

/// Tells whether a name is one a plan can have: `[a-z0-9-]{1,64}`.
#[must_use]
pub fn is_plan_name(name: &str) -> bool {
    (1..=plenary_limits::PLAN_NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

impl Record {
    /// Gives the bytes it takes in the journal, near enough for the bounds of groups and queues.
    pub(crate) fn weight_bytes(&self) -> usize {
        match self {
            Self::Entry(entry) => 128 + entry.plan.len() + entry.envelope.len() + entry.payload.len(),
            Self::Fact(fact) => 32 + fact.key.len() + fact.value.len(),
        }
    }

    /// Checks what can be checked of a record alone.
    pub(crate) fn check(&self) -> Result<(), AppendError> {
        let bounded = |what, length: usize, max: usize| {
            if length <= max { Ok(()) } else { Err(AppendError::TooLarge { what, length, max }) }
        };
        match self {
            Self::Entry(entry) => {
                if !is_plan_name(&entry.plan) {
                    return Err(AppendError::PlanName { name: entry.plan.chars().take(80).collect() });
                }
                bounded("envelope", entry.envelope.len(), plenary_limits::ENVELOPE_BYTES_MAX)?;
                bounded("payload", entry.payload.len(), plenary_limits::PAYLOAD_BYTES_MAX)
            }
            Self::Fact(fact) => {
                bounded("fact key", fact.key.len(), plenary_limits::FACT_KEY_BYTES_MAX)?;
                bounded("fact value", fact.value.len(), plenary_limits::FACT_VALUE_BYTES_MAX)
            }
        }
    }
}
