//! The records of the log that evidence rests on, as their bytes stand there: JSON.

use jiff::Timestamp;
use plenary_log::{Fact, FactKind};
use plenary_protocol::ids::{Digest, PlanId};
use serde::{Deserialize, Serialize};

/// The key of the record of the epoch; there is one.
pub const EPOCH_KEY: &[u8] = b"epoch";

/// Size and root of a plan's tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointRecord {
    /// The epoch of the plan's log.
    pub epoch: u64,
    /// How many entries the tree has.
    pub size: u64,
    /// Its root.
    pub root: Digest,
}

/// Since when the plans' logs have the names they have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The number in the names: 1, or the second in which it began.
    pub epoch: u64,
    /// When it began, RFC 3339 UTC.
    pub since: String,
    /// Why.
    pub because: String,
}

impl EpochRecord {
    /// The epoch of a log of which no record says otherwise.
    pub fn first() -> Self {
        EpochRecord { epoch: 1, since: String::new(), because: String::new() }
    }

    /// The number of the epoch that follows the one reached: the second since 1970 in which it begins, so that
    /// of several restores of one backup no two have the same, and the later one has the higher.
    pub fn next(reached: u64, now: Timestamp) -> u64 {
        u64::try_from(now.as_second()).unwrap_or(0).max(reached + 1)
    }

    /// The fact that keeps it.
    ///
    /// # Errors
    /// What the encoder says; it does not fail for a number and texts.
    pub fn fact(&self) -> Result<Fact, serde_json::Error> {
        Ok(Fact { kind: FactKind::Epoch, key: EPOCH_KEY.to_vec(), value: serde_json::to_vec(self)? })
    }

    /// The record of a fact; none when the fact is another, or does not read.
    pub fn of(fact: &Fact) -> Option<EpochRecord> {
        if fact.kind != FactKind::Epoch || fact.key != EPOCH_KEY {
            return None;
        }
        serde_json::from_slice(&fact.value).ok()
    }
}

impl CheckpointRecord {
    /// The fact that keeps it.
    ///
    /// # Errors
    /// What the encoder says; it does not fail for numbers and a hash.
    pub fn fact(&self, plan: &PlanId) -> Result<Fact, serde_json::Error> {
        let key = plan.as_str().as_bytes().to_vec();
        Ok(Fact { kind: FactKind::CheckpointRecord, key, value: serde_json::to_vec(self)? })
    }

    /// The record of a fact, with the plan it is of; none when the fact is another, or does not read.
    pub fn of(fact: &Fact) -> Option<(PlanId, CheckpointRecord)> {
        if fact.kind != FactKind::CheckpointRecord {
            return None;
        }
        let plan = str::from_utf8(&fact.key).ok()?.parse().ok()?;
        Some((plan, serde_json::from_slice(&fact.value).ok()?))
    }
}
