//! Evidence that a plan's history was not altered: one Merkle tree a plan over its envelopes, one
//! signed checkpoint of it, and proofs that others can check without trusting the server.
//!
//! The formats are the public ones of certificate-transparency logs (RFC 6962, RFC 9162, and
//! signed-note, tlog-checkpoint and tlog-proof of c2sp.org), so that other people's tools verify them.
//! Entry `seq` stands at index `seq - 1` of the tree, and its leaf is SHA-256 of a zero byte and the
//! envelope.  Keys come in as bytes: nothing here makes one, reads a file or asks the time.

pub mod bundle;
mod chain;
mod checkpoint;
mod consistency;
mod key;
mod leaves;
mod note;
mod place;
mod proof;
mod sequence;
mod tlog_proof;
mod tree;

#[cfg(test)]
mod tests;

pub use chain::{Body, Chain, EntryFault, Verdict};
pub use checkpoint::{Checkpoint, CheckpointError, log_and_epoch, origin, plan_of};
pub use consistency::{ConsistencyProof, ConsistencyProofError};
pub use key::{KeyError, SigningKey, VerifierKey};
pub use leaves::Leaves;
pub use note::{Note, NoteError};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use sequence::{RawEntry, SEQUENCE_TYPE, SequenceError, put_entry, read_entries};
pub use tlog_proof::{TlogProof, TlogProofError};
pub use tree::{Frontier, empty_root, node_hash};
