//! Which checkpoint of each plan is durable, and its signature.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use plenary_limits::CHECKPOINT_EVERY_MS;
use plenary_log::{FactKind, Log, ReadError};
use plenary_protocol::evidence::{Checkpoint, KeyError, SigningKey, VerifierKey, origin};
use plenary_protocol::ids::{Digest, PlanId};
use tokio::sync::Notify;

use super::record::{CheckpointRecord, EPOCH_KEY, EpochRecord};
use crate::key_file::{self, KeyFileError, KeyUse};

/// How long a plan's checkpoints lie apart under load: a client waits for the next one at most so long.
pub const CHECKPOINT_EVERY: Duration = Duration::from_millis(CHECKPOINT_EVERY_MS);
/// The file of the key, below the data directory.
pub const KEY_FILE: &str = "keys/evidence.pem";

/// Why a server cannot vouch for its plans.
#[derive(Debug, thiserror::Error)]
pub enum NotaryError {
    /// The key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The store cannot be read.
    #[error("the records of checkpoints cannot be read")]
    Read(#[from] ReadError),
    /// A record does not read; it was written by a newer version, or is damaged.
    #[error("the {what} is kept in a form that this version does not read")]
    Form {
        /// Which record.
        what: String,
    },
    /// The server's name cannot stand in evidence.
    #[error(transparent)]
    Name(#[from] KeyError),
}

/// Why nothing more of a plan is vouched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// The tree is not the one vouched for before, gone on: an entry was altered, or a cache is wrong.
    #[error(
        "{plan} has a checkpoint of {vouched} entries, and its tree of {size} entries contradicts it: nothing \
         more is vouched for; run `plenaryd verify`"
    )]
    Tree {
        /// The plan.
        plan: PlanId,
        /// The size vouched for.
        vouched: u64,
        /// The size found.
        size: u64,
    },
    /// A self-check found that the plan's log does not hold.
    #[error("a self-check found that the log of {plan} does not hold: {what}")]
    Found {
        /// The plan.
        plan: PlanId,
        /// What was found first.
        what: Arc<str>,
    },
}

/// Why a checkpoint is not given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointDenied {
    /// The plan's log contradicts what was vouched for.
    #[error(transparent)]
    Contradicted(#[from] Contradiction),
    /// The log's name cannot stand in a note.
    #[error(transparent)]
    Name(#[from] KeyError),
}

/// A checkpoint and the note that signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: Arc<str>,
}

/// What is durable of one plan.
struct Vouched {
    record: CheckpointRecord,
    signed: Option<Signed>,
}

/// Vouches for the plans of a server; clones are handles to the same one.
#[derive(Clone)]
pub struct Notary {
    inner: Arc<Inner>,
}

struct Inner {
    key: SigningKey,
    server: String,
    epoch: EpochRecord,
    plans: Mutex<HashMap<PlanId, Vouched>>,
    /// What a self-check found of plans that do not hold.
    contradicted: Mutex<HashMap<PlanId, Arc<str>>>,
    grown: Notify,
}

impl Notary {
    /// Reads what the log vouched for, and the key; makes a key of `seed` where there is none.
    ///
    /// # Errors
    /// `NotaryError` when any of it cannot be read: a server must not vouch anew for what it forgot.
    pub fn open(data_dir: &Path, server: &str, log: &Log, seed: [u8; 32]) -> Result<Notary, NotaryError> {
        let path = data_dir.join(KEY_FILE);
        let was_there = path.symlink_metadata().is_ok();
        let seed = key_file::seed(&path, KeyUse::Checkpoints, seed)?;
        if !was_there && !log.plans().is_empty() {
            tracing::warn!(
                path = %path.display(),
                "there was no key that signs checkpoints, though there are plans: a new one was made, and whoever \
                 verified a plan before is told that its key changed. If the old one is kept somewhere, stop and put \
                 it back; else tell auditors the new one by a way of your own"
            );
        }
        let epoch = match log.fact(FactKind::Epoch, EPOCH_KEY)? {
            None => EpochRecord::first(),
            Some(value) => serde_json::from_slice(&value)
                .map_err(|_| NotaryError::Form { what: "record of the epoch".to_owned() })?,
        };
        let mut plans = HashMap::new();
        for fact in log.facts(FactKind::CheckpointRecord)? {
            let unread = || NotaryError::Form {
                what: format!("checkpoint of {}", String::from_utf8_lossy(&fact.key)),
            };
            let (plan, record) = CheckpointRecord::of(&fact).ok_or_else(unread)?;
            if record.epoch == epoch.epoch {
                plans.insert(plan, Vouched { record, signed: None });
            }
        }
        let key = SigningKey::of_seed(&seed);
        key.verifier(server)?;
        let inner = Inner {
            key,
            server: server.to_owned(),
            epoch,
            plans: Mutex::new(plans),
            contradicted: Mutex::default(),
            grown: Notify::new(),
        };
        Ok(Notary { inner: Arc::new(inner) })
    }

    fn plans(&self) -> MutexGuard<'_, HashMap<PlanId, Vouched>> {
        self.inner.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn contradicted(&self) -> MutexGuard<'_, HashMap<PlanId, Arc<str>>> {
        self.inner.contradicted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The epoch of the plans' logs.
    pub fn epoch(&self) -> &EpochRecord {
        &self.inner.epoch
    }

    /// Vouches for nothing more of a plan, since its log was found not to hold; the first thing found
    /// counts.
    pub fn contradict(&self, plan: &PlanId, what: &str) {
        self.contradicted().entry(plan.clone()).or_insert_with(|| what.into());
    }

    /// Takes back what was found of plans that hold, as all of them were looked at again.
    pub fn acquit(&self, holds: impl Fn(&PlanId) -> bool) {
        self.contradicted().retain(|plan, _| {
            let kept = !holds(plan);
            if !kept {
                tracing::warn!(%plan, "the plan's log was found not to hold, and now it does");
            }
            kept
        });
    }

    /// Checks that nothing was found against a plan's log.
    ///
    /// # Errors
    /// `Contradiction::Found`.
    pub fn check(&self, plan: &PlanId) -> Result<(), Contradiction> {
        match self.contradicted().get(plan) {
            Some(what) => Err(Contradiction::Found { plan: plan.clone(), what: what.clone() }),
            None => Ok(()),
        }
    }

    /// Of how many plans the log was found not to hold.
    pub fn contradictions(&self) -> usize {
        self.contradicted().len()
    }

    /// Every plan that something is vouched for of, with what.
    pub fn all_vouched(&self) -> Vec<(PlanId, CheckpointRecord)> {
        self.plans().iter().map(|(plan, vouched)| (plan.clone(), vouched.record)).collect()
    }

    /// The name of a plan's log.
    pub fn origin(&self, plan: &PlanId) -> String {
        origin(&self.inner.server, plan, self.inner.epoch.epoch)
    }

    /// What checks the checkpoints of a plan.
    ///
    /// # Errors
    /// `KeyError::Name`, which the names of plans and servers are too narrow for.
    pub fn key(&self, plan: &PlanId) -> Result<VerifierKey, KeyError> {
        self.inner.key.verifier(&self.origin(plan))
    }

    /// What is durable of a plan, if anything is.
    pub fn vouched(&self, plan: &PlanId) -> Option<CheckpointRecord> {
        self.plans().get(plan).map(|vouched| vouched.record)
    }

    /// The record of a tree, to be made durable; then `vouch` for it.
    ///
    /// # Errors
    /// `Contradiction` when the tree is not one that goes on from what is durable.
    pub fn record(&self, plan: &PlanId, size: u64, root: Digest) -> Result<CheckpointRecord, Contradiction> {
        self.check(plan)?;
        let record = CheckpointRecord { epoch: self.inner.epoch.epoch, size, root };
        match self.vouched(plan) {
            Some(last) if last.size > size || (last.size == size && last.root != root) => {
                Err(Contradiction::Tree { plan: plan.clone(), vouched: last.size, size })
            }
            _ => Ok(record),
        }
    }

    /// Takes in that a record is durable: from now on its checkpoint can be had.
    pub fn vouch(&self, plan: &PlanId, record: CheckpointRecord) {
        self.plans().insert(plan.clone(), Vouched { record, signed: None });
        self.inner.grown.notify_waiters();
    }

    /// The last checkpoint of a plan; none before its first entry is durable.
    ///
    /// # Errors
    /// `CheckpointDenied`: the plan is contradicted, or as `key`.
    pub fn checkpoint(&self, plan: &PlanId) -> Result<Option<Signed>, CheckpointDenied> {
        self.check(plan)?;
        let origin = self.origin(plan);
        let mut plans = self.plans();
        let Some(vouched) = plans.get_mut(plan) else { return Ok(None) };
        if let Some(signed) = &vouched.signed {
            return Ok(Some(signed.clone()));
        }
        let CheckpointRecord { size, root, .. } = vouched.record;
        let checkpoint = Checkpoint { origin, size, root };
        let note = checkpoint.sign(&self.inner.key)?.into();
        let signed = Signed { checkpoint, note };
        vouched.signed = Some(signed.clone());
        Ok(Some(signed))
    }

    /// Waits until a checkpoint of a plan has at least `size` entries; the caller bounds how long.
    pub async fn reached(&self, plan: &PlanId, size: u64) {
        loop {
            let grown = self.inner.grown.notified();
            tokio::pin!(grown);
            // From here on no growth is missed.
            grown.as_mut().enable();
            if self.vouched(plan).is_some_and(|record| record.size >= size) {
                return;
            }
            grown.await;
        }
    }
}
