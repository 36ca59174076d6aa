//! A proof that one entry is in a log, to be kept (c2sp.org/tlog-proof): index, hashes, checkpoint.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, CheckpointError, decimal, hash};
use super::key::VerifierKey;
use super::proof::{ProofError, verify_inclusion};
use crate::ids::Digest;

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Hashes of a proof: a tree has at most 2^63 leaves.
const HASHES_MAX: usize = 63;

/// Why a proof shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// The text is no such proof.
    #[error("not a tlog-proof: {reason}")]
    Form {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Its checkpoint does not verify.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Its hashes do not lead from the entry to the checkpoint.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// A proof as read, nothing of it checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// The index of the entry, its sequence number less one.
    pub index: u64,
    /// The hashes, the leaf's sibling first.
    pub hashes: Vec<Digest>,
    /// The signed note, exactly as the log gave it.
    pub checkpoint: String,
}

impl TlogProof {
    /// The proof as text.
    pub fn text(&self) -> String {
        let mut text = format!("{HEADER}\nindex {}\n", self.index);
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
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        let form = |reason| TlogProofError::Form { reason };
        let (head, checkpoint) = text.split_once("\n\n").ok_or(form("no empty line ends its hashes"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(form("its first line is another"));
        }
        let mut line = lines.next();
        // Of extra data nothing is vouched for, and none is needed here.
        if line.is_some_and(|line| line.starts_with("extra ")) {
            line = lines.next();
        }
        let index = line.and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or(form("it names no index"))?;
        let mut hashes = Vec::new();
        for line in lines {
            if hashes.len() == HASHES_MAX {
                return Err(form("it has too many hashes"));
            }
            hashes.push(hash(line).ok_or(form("a line is no hash"))?);
        }
        Ok(TlogProof { index, hashes, checkpoint: checkpoint.to_owned() })
    }

    /// Checks that the entry with this leaf stands at the index of the log that `key` signs for; gives
    /// the checkpoint that says so.
    ///
    /// # Errors
    /// `Checkpoint` or `Proof`.
    pub fn verify(&self, leaf: &Digest, key: &VerifierKey) -> Result<Checkpoint, TlogProofError> {
        let checkpoint = Checkpoint::open(self.checkpoint.as_bytes(), key)?;
        verify_inclusion(self.index, checkpoint.size, leaf, &checkpoint.root, &self.hashes)?;
        Ok(checkpoint)
    }
}
