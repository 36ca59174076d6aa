//! Evidence that a plan's history was not altered: which checkpoint of each plan is durable, and the key
//! that signs it.
//!
//! **Invariant.** Size and root are durable, as a record of the log, before a checkpoint of them can be
//! had; and of one plan no two are made that contradict each other.  What the trees and proofs are is
//! the protocol's business (`plenary_protocol::evidence`).

mod examine;
mod notary;
mod record;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

pub use examine::{Examination, Examiner, Finding, Tree};
pub use notary::{CHECKPOINT_EVERY, CheckpointDenied, Contradiction, KEY_FILE, Notary, NotaryError, Signed};
pub use record::{CheckpointRecord, EPOCH_KEY, EpochRecord};
