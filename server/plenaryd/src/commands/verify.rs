//! `plenaryd verify`: everything in a data directory read through, by whoever stands before the machine.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plenary_log::Sight;
use plenary_protocol::evidence::{
    Checkpoint, CheckpointError, KeyError, Note, NoteError, SigningKey, VerifierKey,
};
use plenary_protocol::ids::{Digest, PlanId};

use super::CommandError;
use crate::args::VerifyArgs;
use crate::backup::{BackupError, MANIFEST_FILE, Manifest, place_of};
use crate::evidence::{EpochRecord, Examination, Examiner, Finding, KEY_FILE};
use crate::key_file::{self, KeyFileError, KeyUse};

/// Time between two tellings of how far it has come.
const TELL_EVERY: Duration = Duration::from_millis(200);
const MIB: u64 = 1024 * 1024;
const WAY_OUT: &str = "The server says the same of such plans and adds nothing to them. OPERATING.md says \
                       what each means; the way out is mostly `plenaryd restore` of a backup from before";

/// Why a checkpoint cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum AgainstError {
    /// It cannot be read.
    #[error("could not read {}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// It is no signed note.
    #[error("{} is no signed checkpoint: {cause}", path.display())]
    Note {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: NoteError,
    },
    /// It does not verify, or is no checkpoint.
    #[error("the checkpoint {} does not verify: {cause}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: CheckpointError,
    },
    /// It names a log that is none of a plan.
    #[error("the checkpoint {} is of {origin:?}, which is no plan's log", path.display())]
    Origin {
        /// The file.
        path: PathBuf,
        /// What it names.
        origin: String,
    },
    /// The key does not read.
    #[error("--key: {0}")]
    Key(#[from] KeyError),
    /// The directory's own key cannot be had.
    #[error("{0}. Give the key that the checkpoint was signed with: --key VKEY")]
    KeyFile(#[from] KeyFileError),
    /// The log does not contain it.
    #[error("this log does NOT contain the checkpoint {} of {origin}, {size} entries: {what}", path.display())]
    NotContained {
        /// The file.
        path: PathBuf,
        /// The log it is of.
        origin: String,
        /// Its size.
        size: u64,
        /// Why not.
        what: String,
    },
}

impl AgainstError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::NotContained { .. } => 78,
            Self::Io { .. } => 74,
            _ => 65,
        }
    }
}

/// A checkpoint that was kept elsewhere.
struct Against {
    path: PathBuf,
    plan: PlanId,
    epoch: u64,
    checkpoint: Checkpoint,
    /// The root that this log's tree has at its size.
    found: Option<Digest>,
}

impl Against {
    fn read(path: &Path, data: &Path, key: Option<&str>) -> Result<Against, AgainstError> {
        let here = || path.to_owned();
        let bytes = std::fs::read(path).map_err(|cause| AgainstError::Io { path: here(), cause })?;
        let note = Note::parse(&bytes).map_err(|cause| AgainstError::Note { path: here(), cause })?;
        let origin = note.unverified_text().lines().next().unwrap_or_default().to_owned();
        let key: VerifierKey = match key {
            Some(key) => key.trim().parse()?,
            None => {
                let seed = key_file::existing_seed(&data.join(KEY_FILE), KeyUse::Checkpoints)?;
                SigningKey::of_seed(&seed).verifier(&origin)?
            }
        };
        let checkpoint = Checkpoint::open(&bytes, &key);
        let checkpoint = checkpoint.map_err(|cause| AgainstError::Checkpoint { path: here(), cause })?;
        let (plan, epoch) =
            place_of(&checkpoint.origin).ok_or(AgainstError::Origin { path: here(), origin })?;
        Ok(Against { path: here(), plan, epoch, checkpoint, found: None })
    }

    /// Looks whether the tree has come to its size.
    fn look(&mut self, plan: &str, seq: u64, examiner: &Examiner) {
        if seq == self.checkpoint.size && plan == self.plan.as_str() {
            self.found = examiner.root(plan);
        }
    }

    fn verdict(self, walked: &Examination) -> Result<String, AgainstError> {
        let Against { path, plan, epoch, checkpoint: Checkpoint { origin, size, root }, found } = self;
        let epoch_now = walked.epoch.clone().unwrap_or_else(EpochRecord::first);
        let since = if epoch_now.epoch == epoch {
            String::new()
        } else {
            let EpochRecord { epoch, since, because } = epoch_now;
            format!(" (this log is in epoch {epoch} since {since}: {because})")
        };
        let what = match found {
            Some(found) if found == root => {
                return Ok(format!(
                    "this log contains the checkpoint {} of {origin}, {size} entries, byte for byte{since}",
                    path.display()
                ));
            }
            Some(_) => format!("its first {size} entries are others than were signed{since}"),
            None => {
                let here = walked.plans.get(&plan).map_or(0, |tree| tree.size);
                format!("it has {here} entries of {plan}{since}")
            }
        };
        Err(AgainstError::NotContained { path, origin, size, what })
    }
}

/// Tells how far it has come, where somebody looks on.
struct Progress {
    told: Option<Instant>,
    done: u64,
    of: u64,
}

impl Progress {
    fn new(of: u64) -> Self {
        Progress { told: std::io::stderr().is_terminal().then(Instant::now), done: 0, of }
    }

    fn add(&mut self, bytes: u64) {
        self.done += bytes;
        if let Some(told) = self.told.filter(|told| told.elapsed() >= TELL_EVERY) {
            _ = told;
            self.told = Some(Instant::now());
            _ = write!(std::io::stderr(), "\r{} of {} MiB", self.done / MIB, self.of / MIB);
        }
    }

    fn end(&self) {
        if self.told.is_some() {
            _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// Checks every entry of the log; says what was seen.
///
/// # Errors
/// `CommandError` names what does not hold and where.
pub fn verify(args: &VerifyArgs) -> Result<String, CommandError> {
    let data = &args.place.data;
    let read = |path: &PathBuf| Against::read(path, data, args.key.as_deref());
    let mut against = args.against.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut examiner = Examiner::new();
    let mut progress = Progress::new(plenary_log::journal_bytes(data));
    // A backup has no store; what it has is told by its manifest.
    let manifest = match data.join("store").exists() || !data.join(MANIFEST_FILE).exists() {
        true => None,
        false => Some(Manifest::read(data)?),
    };
    let mut see = |sight: Sight<'_>| match sight {
        Sight::Group { bytes } => progress.add(bytes),
        Sight::Entry { entry, .. } => {
            examiner.entry(entry);
            against.iter_mut().for_each(|one| one.look(&entry.plan, entry.seq, &examiner));
        }
        Sight::Fact(fact) => examiner.fact(fact),
        Sight::Damage(_) => {}
    };
    let report = match &manifest {
        None => plenary_log::verify(data, &mut see),
        Some(manifest) => {
            manifest.check_files(data)?;
            plenary_log::verify_journal(data, &mut see)
        }
    };
    progress.end();
    let report = report?;
    let walked = examiner.finish();
    if let Some(manifest) = &manifest {
        manifest.check_plans(data, &walked)?;
    }
    if !walked.findings.is_empty() {
        let findings: Vec<Finding> = walked.findings;
        return Err(BackupError::DoesNotHold { path: data.clone(), findings, way_out: WAY_OUT }.into());
    }
    let mut said = format!(
        "verified: {} segments, {} groups, {} entries, {} facts, {} bytes; {} plans hold, {} checkpoint records \
         were compared",
        report.segments,
        report.groups,
        report.entries,
        report.facts,
        report.bytes,
        walked.plans.len(),
        walked.records
    );
    match (report.in_store, &manifest) {
        (_, Some(manifest)) => {
            said += &format!("; a backup begun at {}: every file is as it was made", manifest.begun_at);
        }
        (Some(entries), None) => said += &format!("; the store holds the same {entries} entries"),
        (None, None) => said += "; the store was not compared: a server has it open",
    }
    if let Some(EpochRecord { epoch, since, because }) = &walked.epoch {
        said += &format!("\nepoch {epoch} since {since}: {because}");
    }
    if let Some(end) = report.unfinished_end {
        said += &format!("\nthe end is half written and was never acknowledged: {end}");
    }
    for one in against {
        said += &format!("\n{}", one.verdict(&walked)?);
    }
    Ok(said)
}
