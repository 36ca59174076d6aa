//! A proof that a log has gone on from an earlier size, as text: as witnesses are sent it
//! (c2sp.org/tlog-witness): the earlier size, hashes, the later checkpoint.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, CheckpointError, decimal, hash};
use super::key::VerifierKey;
use super::proof::{ProofError, verify_consistency};
use crate::ids::Digest;

/// Hashes of a proof, as c2sp.org/tlog-witness bounds them.
const HASHES_MAX: usize = 63;

/// Why a proof shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsistencyProofError {
    /// The text is no such proof.
    #[error("not a consistency proof: {reason}")]
    Form {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It begins at another size than the checkpoint that was kept.
    #[error("the proof begins at {found} entries, the checkpoint that was kept has {kept}")]
    From {
        /// The size kept.
        kept: u64,
        /// The size found.
        found: u64,
    },
    /// Its checkpoint does not verify.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Its hashes do not lead from the one tree to the other.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// A proof as read, nothing of it checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The size of the earlier tree.
    pub from: u64,
    /// The hashes.
    pub hashes: Vec<Digest>,
    /// The signed note of the later tree, exactly as the log gave it.
    pub checkpoint: String,
}

impl ConsistencyProof {
    /// The proof as text.
    pub fn text(&self) -> String {
        let mut text = format!("old {}\n", self.from);
        for hash in &self.hashes {
            _ = writeln!(text, "{}", STANDARD.encode(hash.0));
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads a proof.
    ///
    /// # Errors
    /// `Form`.
    pub fn parse(text: &str) -> Result<Self, ConsistencyProofError> {
        let form = |reason| ConsistencyProofError::Form { reason };
        let (head, checkpoint) = text.split_once("\n\n").ok_or(form("no empty line ends its hashes"))?;
        let mut lines = head.split('\n');
        let from = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal);
        let from = from.ok_or(form("it names no earlier size"))?;
        let mut hashes = Vec::new();
        for line in lines {
            if hashes.len() == HASHES_MAX {
                return Err(form("it has too many hashes"));
            }
            hashes.push(hash(line).ok_or(form("a line is no hash"))?);
        }
        Ok(ConsistencyProof { from, hashes, checkpoint: checkpoint.to_owned() })
    }

    /// Checks that the log that `key` signs for has gone on from `kept`; gives the later checkpoint.
    ///
    /// # Errors
    /// `From`, `Checkpoint` or `Proof`.
    pub fn verify(&self, kept: &Checkpoint, key: &VerifierKey) -> Result<Checkpoint, ConsistencyProofError> {
        if self.from != kept.size {
            return Err(ConsistencyProofError::From { kept: kept.size, found: self.from });
        }
        let later = Checkpoint::open(self.checkpoint.as_bytes(), key)?;
        verify_consistency(kept.size, later.size, &kept.root, &later.root, &self.hashes)?;
        Ok(later)
    }
}
