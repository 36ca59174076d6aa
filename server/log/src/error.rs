//! What can go wrong, one enum for each operation; the texts say what, where, and the way out.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk::DiskError;
use crate::entry::Head;
use plenary_limits::DIFFERENCES_NAMED_MAX;

/// Exit codes of the process, as `sysexits.h` names them; part of the interface.
pub mod exit {
    /// The data directory or a file in it cannot be made.
    pub const CANNOT_CREATE: u8 = 73;
    /// Reading or writing failed.
    pub const IO: u8 = 74;
    /// Another server holds the data; trying later may help.
    pub const IN_USE: u8 = 75;
    /// The data is damaged or contradicts itself; an operator must decide.
    pub const DATA_DAMAGED: u8 = 78;
}

/// Why a call was not appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Too much waits for the writer already; nothing was written.
    #[error("the queue of the log is full ({calls} calls, {bytes} bytes are waiting)")]
    QueueFull {
        /// Calls that are waiting.
        calls: usize,
        /// Bytes that are waiting.
        bytes: usize,
    },
    /// The entry is not the next one of its plan: a programming error; nothing was written.
    #[error("plan {plan}: entry {found} was offered where {expected} is next")]
    OutOfOrder {
        /// The plan.
        plan: String,
        /// The sequence number that is next.
        expected: u64,
        /// The sequence number that was offered.
        found: u64,
    },
    /// Something is above its limit; nothing was written.
    #[error("{what} of {length} is above the limit of {max}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size, in bytes or records.
        length: usize,
        /// The limit, in the same unit.
        max: usize,
    },
    /// The plan's name is not `[a-z0-9-]{1,64}`; nothing was written.
    #[error("{name:?} is not the name of a plan (1 to 64 of a-z, 0-9 and -)")]
    PlanName {
        /// The beginning of the name.
        name: String,
    },
    /// The disk is below its reserve; nothing was written. It ends by itself when space returns.
    #[error("read-only: {reason}")]
    ReadOnly {
        /// What is missing, with numbers.
        reason: String,
    },
    /// Writing failed, now or before; whether this call is durable is not known until a restart.
    #[error("the log has failed: {reason}")]
    Failed {
        /// What failed first.
        reason: String,
    },
    /// The log was closed; nothing was written.
    #[error("the log is closed")]
    Closed,
}

/// Why something could not be read from the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// An entry at or below the plan's head is not in the store.
    #[error(
        "plan {plan}: entry {seq} is missing from the store; the journal has it: stop the server and run \
         `plenaryd rebuild --from journal`"
    )]
    Missing {
        /// The plan.
        plan: String,
        /// The entry that is missing.
        seq: u64,
    },
    /// The store failed or holds bytes it cannot have written.
    #[error("the store could not {action}: {reason}")]
    Store {
        /// What was tried.
        action: &'static str,
        /// What the store said.
        reason: String,
    },
    /// Something to be kept is above its limit.
    #[error("{what} of {length} is above the limit of {max}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size, in bytes or counts.
        length: usize,
        /// The limit, in the same unit.
        max: usize,
    },
    /// A snapshot's hash is not that of its bytes.
    #[error("plan {plan}: the snapshot's hash is not that of its bytes")]
    SnapshotHash {
        /// The plan.
        plan: String,
    },
}

/// Why a stop was not clean.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// Writing failed, now or before; no seal was written.
    #[error("the log was not sealed: {reason}")]
    Failed {
        /// What failed first.
        reason: String,
    },
    /// All is sealed and durable in the journal, but the store was not written out; the next start
    /// makes up for it.
    #[error("the journal is sealed, but the store was not written out: {reason}")]
    Store {
        /// What failed.
        reason: String,
    },
}

/// Where the heads of one plan differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadDifference {
    /// The plan.
    pub plan: String,
    /// Its head in the journal.
    pub journal: Option<Head>,
    /// Its head in the store.
    pub store: Option<Head>,
}

/// Why a log was not opened, repaired or rebuilt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process holds the data directory.
    #[error("{} is locked{holder}; one server at a time can use a data directory", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, as far as known.
        holder: String,
    },
    /// Reading or writing failed.
    #[error("could not {action} {}: {cause}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said; part of the text, because an operator needs it in one line.
        cause: io::Error,
    },
    /// The journal holds bytes it cannot have written, or misses some it has written.
    #[error("{} is damaged at byte {offset}: expected {expected}, found {found}. {way_out}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The byte in it, from 0.
        offset: u64,
        /// What should stand there.
        expected: String,
        /// What stands there.
        found: String,
        /// What the operator can do.
        way_out: String,
    },
    /// The store knows more than the journal, or something else.
    #[error("{}", store_ahead_text(dir, *journal_position, *store_position, differences))]
    StoreAhead {
        /// The data directory.
        dir: PathBuf,
        /// The last group of the journal.
        journal_position: u64,
        /// The last group that the store has taken.
        store_position: u64,
        /// The plans whose heads differ; empty when only facts do.
        differences: Vec<HeadDifference>,
    },
    /// The store lacks an entry of the journal, or holds another one in its place.
    #[error(
        "the store {} does not hold {entry} as the journal does: {reason}. What is only missing a start \
         puts back. Where both hold other bytes one of them was altered: OPERATING.md (\"The self-check\") says \
         which of the two to make anew",
        path.display()
    )]
    StoreBehind {
        /// The store's directory.
        path: PathBuf,
        /// The first such entry.
        entry: String,
        /// How they differ.
        reason: String,
    },
    /// The store is not whole, and the journal does not reach back far enough to make it anew.
    #[error(
        "the store {} is not whole ({reason}), and the journal cannot replace it: {why}. Nothing was changed; \
         restore the data directory from a backup",
        path.display()
    )]
    StoreLost {
        /// The store's directory.
        path: PathBuf,
        /// What the store said.
        reason: String,
        /// Why the journal does not suffice.
        why: String,
    },
    /// The store failed while it was filled or compared.
    #[error("the store {} failed: {cause}", path.display())]
    Store {
        /// The store's directory.
        path: PathBuf,
        /// What failed.
        cause: ReadError,
    },
    /// The thread that writes could not be started.
    #[error("could not start the thread {name}: {cause}")]
    Thread {
        /// Its name.
        name: &'static str,
        /// What the system said.
        cause: io::Error,
    },
}

impl OpenError {
    /// Gives the code the process exits with, one of [`exit`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Locked { .. } => exit::IN_USE,
            Self::Io { action: "create", .. } => exit::CANNOT_CREATE,
            Self::Io { .. } | Self::Store { .. } | Self::Thread { .. } => exit::IO,
            Self::Corrupt { .. }
            | Self::StoreAhead { .. }
            | Self::StoreBehind { .. }
            | Self::StoreLost { .. } => exit::DATA_DAMAGED,
        }
    }
}

impl From<DiskError> for OpenError {
    fn from(error: DiskError) -> Self {
        Self::Io { action: error.action, path: error.path, cause: error.cause }
    }
}

fn store_ahead_text(dir: &Path, journal: u64, store: u64, differences: &[HeadDifference]) -> String {
    let mut text = format!(
        "the store and the journal in {} do not agree: the journal ends at group {journal}, the store has \
         taken group {store}",
        dir.display()
    );
    let name = |head: Option<Head>| match head {
        None => "nothing".to_owned(),
        Some(Head { seq, hash }) => {
            let [a, b, c, d, ..] = hash;
            format!("entry {seq} ({a:02x}{b:02x}{c:02x}{d:02x}…)")
        }
    };
    for difference in differences.iter().take(DIFFERENCES_NAMED_MAX) {
        let (in_journal, in_store) = (name(difference.journal), name(difference.store));
        let _ = write!(text, "; plan {}: journal {in_journal}, store {in_store}", difference.plan);
    }
    if differences.len() > DIFFERENCES_NAMED_MAX {
        let _ = write!(text, "; and {} more plans", differences.len() - DIFFERENCES_NAMED_MAX);
    }
    let _ = write!(
        text,
        ". The journal may have lost acknowledged entries whose last copy the store holds. Nothing was \
         changed. To keep what the store holds: `plenaryd rebuild --from store --data {0}`; to keep only what \
         the journal holds: `plenaryd rebuild --from journal --data {0}`",
        dir.display()
    );
    text
}
