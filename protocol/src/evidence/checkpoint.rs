//! Checkpoints (c2sp.org/tlog-checkpoint): the size and the root of a plan's tree, signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::{KeyError, SigningKey, VerifierKey};
use super::note::{self, Note, NoteError};
use crate::ids::{Digest, PlanId};

/// Why a note is not a checkpoint of the log that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note does not verify.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not a checkpoint.
    #[error("not a checkpoint: {reason}")]
    Form {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It is of another log than the key.
    #[error("the checkpoint is of {found}, not of {expected}")]
    Origin {
        /// The name of the key.
        expected: String,
        /// The origin it has.
        found: String,
    },
}

/// The size and the root of a tree at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, the same as that of its key.
    pub origin: String,
    /// How many entries the tree has.
    pub size: u64,
    /// Its root.
    pub root: Digest,
}

/// The name of a plan's log, and of the key that signs its checkpoints: `server/plans/plan/epoch`.
///
/// An epoch begins, from 1, whenever a server lost entries that it may have vouched for: it must never
/// sign two checkpoints of one name that contradict each other.
pub fn origin(server: &str, plan: &PlanId, epoch: u64) -> String {
    format!("{server}/plans/{plan}/{epoch}")
}

/// The plan that a log of this name is of; none when it is no name that `origin` makes.
pub fn plan_of(origin: &str) -> Option<&str> {
    let (log, epoch) = origin.rsplit_once('/')?;
    let (server, plan) = log.rsplit_once("/plans/")?;
    (decimal(epoch).is_some() && !server.is_empty()).then_some(plan)
}

/// A log's name without its epoch, and the epoch; none when it is no name that `origin` makes.
pub fn log_and_epoch(origin: &str) -> Option<(&str, u64)> {
    plan_of(origin)?;
    let (log, epoch) = origin.rsplit_once('/')?;
    Some((log, decimal(epoch)?))
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// The signed note.
    ///
    /// # Errors
    /// `KeyError::Name` when the origin cannot be the name of a key.
    pub fn sign(&self, key: &SigningKey) -> Result<String, KeyError> {
        Ok(note::sign(&self.text(), key, &key.verifier(&self.origin)?))
    }

    /// Reads a signed note; the checkpoint is the one of the log whose name `key` has.
    ///
    /// # Errors
    /// `CheckpointError`, one variant for each thing that can be wrong.
    pub fn open(bytes: &[u8], key: &VerifierKey) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Self::parse(note.verify(std::slice::from_ref(key))?)?;
        if checkpoint.origin != key.name() {
            return Err(CheckpointError::Origin {
                expected: key.name().to_owned(),
                found: checkpoint.origin,
            });
        }
        Ok(checkpoint)
    }

    /// Reads the text of a note whose signatures are somebody else's business; lines after the third are
    /// passed over.
    ///
    /// # Errors
    /// `Form`.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let form = |reason| CheckpointError::Form { reason };
        let text = text.strip_suffix('\n').ok_or(form("its last line does not end"))?;
        let mut lines = text.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or(form("it has no origin"))?;
        let size = lines.next().and_then(decimal).ok_or(form("its second line is no size"))?;
        let root = lines.next().and_then(hash).ok_or(form("its third line is no root"))?;
        if lines.any(str::is_empty) {
            return Err(form("it has an empty line"));
        }
        Ok(Checkpoint { origin: origin.to_owned(), size, root })
    }
}

/// A decimal number as such texts have it: digits, no sign, no leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}

/// A hash in base64.
pub(super) fn hash(text: &str) -> Option<Digest> {
    STANDARD.decode(text).ok()?.try_into().ok().map(Digest)
}
