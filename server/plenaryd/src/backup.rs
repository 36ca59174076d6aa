//! Copies of a server's log, and servers made of them again.
//!
//! **Invariant.** A backup that stands under its name was read through after it was made; what is restored
//! is read through before it takes the place of anything, and what it replaces is kept. A restore that may
//! have lost what was acknowledged begins a new epoch, so that no two checkpoints of one name contradict
//! each other. The store is not in a backup: the journal makes it.

mod files;
mod known;
mod make;
mod manifest;
mod restore;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use plenary_log::{AppendError, CloseError, OpenError};

pub(crate) use self::known::place_of;
pub use self::known::{Dropped, HeadsError, Loss, LostTail};
pub use self::make::{Made, make};
pub use self::manifest::{FileSum, MANIFEST_FILE, Manifest, PlanMark};
pub use self::restore::{Restore, Restored, begin_epoch, restore};

use crate::evidence::Finding;

/// Exit code: what was asked for cannot be done so.
const EXIT_USAGE: u8 = 64;

/// Why a backup was not made, or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The log does not allow it.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// A file cannot be read or written.
    #[error("could not {action} {}: {cause}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The place of the backup holds something else.
    #[error(
        "{} is not empty and no backup of plenaryd (it has no {MANIFEST_FILE}); name a directory that is not \
         there yet",
        path.display()
    )]
    NotABackup {
        /// The directory.
        path: PathBuf,
    },
    /// The manifest is not one.
    #[error("{} is not the manifest of a backup that this version reads: {reason}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the backup is not as the manifest has it.
    #[error("{} is not as it was when the backup was made: {what}; use another backup", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// How.
        what: &'static str,
    },
    /// The log does not hold.
    #[error("{}", findings_text(path, findings, way_out))]
    DoesNotHold {
        /// Where it is.
        path: PathBuf,
        /// What was found.
        findings: Vec<Finding>,
        /// What the operator can do.
        way_out: &'static str,
    },
    /// The data directory has data.
    #[error(
        "{} is not empty; nothing was changed. Restore into a directory that is not there yet, or give \
         --replace: what is there is then kept in {}",
        path.display(), path.join("aside").display()
    )]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// The operator says that nothing was lost, and something was.
    #[error(
        "--nothing-lost is contradicted: {}. Nothing was changed; without that flag a new epoch is begun",
        lost_text(lost)
    )]
    Contradicted {
        /// What was lost.
        lost: Vec<LostTail>,
    },
    /// What the operator knows of heads does not read.
    #[error(transparent)]
    Heads(#[from] HeadsError),
    /// The new epoch could not be written down.
    #[error("the new epoch could not be written down: {0}; nothing was replaced")]
    Append(#[from] AppendError),
    /// The restored log could not be closed.
    #[error("the restored log could not be closed: {0}; nothing was replaced")]
    Close(#[from] CloseError),
    /// A record could not be encoded.
    #[error("a record could not be encoded: {0}")]
    Encode(#[from] serde_json::Error),
}

impl BackupError {
    pub(crate) fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { action, path, cause }
    }

    /// The exit code of `plenaryd`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Log(error) => error.exit_code(),
            Self::Io { .. } | Self::Append(_) | Self::Close(_) | Self::Encode(_) => 74,
            Self::Manifest { .. } | Self::Changed { .. } | Self::DoesNotHold { .. } => 78,
            Self::NotABackup { .. } | Self::NotEmpty { .. } | Self::Contradicted { .. } => EXIT_USAGE,
            Self::Heads(_) => EXIT_USAGE,
        }
    }
}

/// Findings told in one error; the rest is counted.
const FINDINGS_TOLD_MAX: usize = 10;

/// What does not hold, in lines.
pub(crate) fn findings_text(path: &Path, findings: &[Finding], way_out: &str) -> String {
    let mut text = format!("the log in {} does not hold:", path.display());
    for finding in findings.iter().take(FINDINGS_TOLD_MAX) {
        text.push_str(&format!("\n  {finding}"));
    }
    if let Some(more) = findings.len().checked_sub(FINDINGS_TOLD_MAX).filter(|more| *more > 0) {
        text.push_str(&format!("\n  and {more} more"));
    }
    format!("{text}\n{way_out}")
}

/// What was lost, in one line.
fn lost_text(lost: &[LostTail]) -> String {
    let told: Vec<String> = lost.iter().map(ToString::to_string).collect();
    told.join("; ")
}
