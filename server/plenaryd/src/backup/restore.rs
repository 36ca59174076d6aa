//! Making a data directory of a backup.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use plenary_log::{
    CheckOlder, Fact, FactKind, Log, OpenError, Options, Record, Sight, copy_journal, exchange, inspect,
    set_aside, verify, verify_journal,
};
use plenary_protocol::record::leaf_hash;

use super::files::{self, KEYS_DIR};
use super::known::{Known, Loss};
use super::{BackupError, Manifest};
use crate::evidence::{EpochRecord, Examination, Examiner, KEY_FILE};
use crate::indexer::EntryIndexer;
use crate::sync::SERVER_KEY;

const WAY_OUT: &str = "Nothing was changed; use another backup";

/// What is to be restored, and how.
#[derive(Debug, Clone)]
pub struct Restore<'a> {
    /// The backup.
    pub from: &'a Path,
    /// The data directory.
    pub data: &'a Path,
    /// Whether data that is there may be replaced; it is kept aside.
    pub replace: bool,
    /// Files that say what was acknowledged.
    pub heads: &'a [PathBuf],
    /// Whether the operator says that nothing was acknowledged after the backup.
    pub nothing_lost: bool,
}

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// The backup's manifest.
    pub manifest: Manifest,
    /// Entries in all.
    pub entries: u64,
    /// What is lost.
    pub loss: Loss,
    /// The new epoch, where one was begun.
    pub epoch: Option<EpochRecord>,
    /// Where what was there before is kept.
    pub kept: Option<PathBuf>,
    /// Keys that came from the backup.
    pub keys: Vec<String>,
    /// Whether the key that signs checkpoints is there.
    pub has_evidence_key: bool,
}

/// Makes a data directory of a backup.
///
/// # Errors
/// `BackupError`; nothing was replaced then.
pub fn restore(what: &Restore<'_>, now: Timestamp, identity: [u8; 16]) -> Result<Restored, BackupError> {
    let Restore { from, data, .. } = *what;
    let manifest = Manifest::read(from)?;
    manifest.check_files(from)?;
    let is_empty = files::is_empty(data)?;
    if !is_empty && !what.replace {
        return Err(BackupError::NotEmpty { path: data.to_owned() });
    }
    let held = plenary_log::lock(data)?;
    let mut known = match is_empty {
        true => Known::nothing(),
        false => Known::of(&inspect(data, &held, &Known::FACTS)?),
    };
    for path in what.heads {
        known.read(path)?;
    }
    let (walked, differ) = examine(from, &known)?;
    manifest.check_plans(from, &walked)?;
    let loss = known.loss(&walked, &differ);
    let begins = match &loss {
        Loss::Nothing => false,
        Loss::Unknown => !what.nothing_lost,
        Loss::Lost(lost) if what.nothing_lost => {
            return Err(BackupError::Contradicted { lost: lost.clone() });
        }
        Loss::Lost(_) => true,
    };
    let reached = walked.epoch.as_ref().map_or(1, |record| record.epoch).max(known.epoch);
    let epoch = begins.then(|| EpochRecord {
        epoch: EpochRecord::next(reached, now),
        since: now.to_string(),
        because: format!(
            "restored from a backup that was begun at {}: what was acknowledged after it may be lost",
            manifest.begun_at
        ),
    });

    let fresh = data.join("restore.new");
    if fresh.exists() {
        // A restore that was stopped half way may have put there what it replaced.
        set_aside(data, &fresh, "restore-unfinished")?;
    }
    fill(&fresh, from, epoch.as_ref(), identity)?;
    let keys = restore_keys(from, data)?;
    let kept = put_in_place(&fresh, data)?;
    drop(held);
    let has_evidence_key = data.join(KEY_FILE).exists();
    Ok(Restored { manifest, entries: walked.entries, loss, epoch, kept, keys, has_evidence_key })
}

/// Reads a backup through; gives what differs from what is known, by plan.
fn examine(from: &Path, known: &Known) -> Result<(Examination, BTreeMap<String, u64>), BackupError> {
    let mut examiner = Examiner::new();
    let mut differ = BTreeMap::new();
    let report = verify_journal(from, &mut |sight| match sight {
        Sight::Entry { entry, .. } => {
            examiner.entry(entry);
            let leaf = known.leaf(&entry.plan).filter(|(seq, _)| *seq == entry.seq);
            let other_leaf = leaf.is_some_and(|(_, leaf)| leaf != leaf_hash(&entry.envelope));
            let root = examiner.root(&entry.plan);
            let mut roots = known.roots(&entry.plan).filter(|(size, _)| *size == entry.seq);
            if other_leaf || roots.any(|(_, wanted)| root.is_some_and(|root| root != wanted)) {
                differ.entry(entry.plan.clone()).or_insert(entry.seq);
            }
        }
        Sight::Fact(fact) => examiner.fact(fact),
        Sight::Group { .. } | Sight::Damage(_) => {}
    })?;
    let walked = examiner.finish();
    if let Some(what) = report.unfinished_end {
        let at = from.join("journal");
        tracing::debug!(what, "the backup ends with half a group");
        return Err(BackupError::Changed { path: at, what: "it ends with half a group" });
    }
    if !walked.findings.is_empty() {
        let (path, findings) = (from.to_owned(), walked.findings);
        return Err(BackupError::DoesNotHold { path, findings, way_out: WAY_OUT });
    }
    Ok((walked, differ))
}

/// Makes journal and store of the backup, whole and sealed, in a directory of their own.
fn fill(
    fresh: &Path,
    from: &Path,
    epoch: Option<&EpochRecord>,
    identity: [u8; 16],
) -> Result<(), BackupError> {
    let journal = fresh.join("journal");
    files::make_dir(&journal)?;
    copy_journal(from, &journal, None)?;
    match epoch {
        Some(epoch) => begin_epoch(fresh, epoch, identity)?,
        None => open(fresh)?.close()?,
    }
    verify(fresh, &mut |_| ())?;
    let lock = fresh.join("lock");
    std::fs::remove_file(&lock).map_err(BackupError::at("remove", &lock))
}

fn open(dir: &Path) -> Result<Log, OpenError> {
    let mut options = Options::new(dir);
    // Nobody serves from it yet.
    options.check_older_segments = CheckOlder::Never;
    options.ballast_bytes = 0;
    Ok(Log::open(options, Arc::new(EntryIndexer))?.0)
}

/// Begins a new epoch in a data directory that no server runs on; `identity` is who the server is to
/// replicas from then on, since what it told them is not what it has.
///
/// # Errors
/// `BackupError` when it cannot be written down.
pub fn begin_epoch(dir: &Path, epoch: &EpochRecord, identity: [u8; 16]) -> Result<(), BackupError> {
    let said = format!("began epoch {}: {}", epoch.epoch, epoch.because);
    let fact = |kind, key: &[u8], value: &[u8]| {
        Record::Fact(Fact { kind, key: key.to_vec(), value: value.to_vec() })
    };
    let key = leaf_hash(format!("{} {said}", epoch.since).as_bytes());
    let log = open(dir)?;
    log.append(vec![
        Record::Fact(epoch.fact()?),
        fact(FactKind::ServerIdentity, SERVER_KEY, &identity),
        fact(FactKind::Maintenance, &key.0[..16], said.as_bytes()),
    ])?;
    Ok(log.close()?)
}

/// Puts the keys of the backup where the data directory lacks them; those it has stay.
fn restore_keys(from: &Path, data: &Path) -> Result<Vec<String>, BackupError> {
    let keys = files::keys(from)?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let to = data.join(KEYS_DIR);
    files::make_dir(&to)?;
    let mut restored = Vec::new();
    for (name, bytes) in keys {
        let path = to.join(&name);
        if !path.exists() {
            files::write(&path, &bytes)?;
            restored.push(name);
        }
    }
    files::sync_dir(&to)?;
    Ok(restored)
}

/// Puts the new journal and store in the place of the old ones; gives where those are kept.
///
/// Whoever is stopped between the two leaves a new journal beside an old store: a start refuses that unless
/// the one goes on from the other, and the restore can be run again.
fn put_in_place(fresh: &Path, data: &Path) -> Result<Option<PathBuf>, BackupError> {
    let mut replaces = false;
    for name in ["journal", "store"] {
        let (new, old) = (fresh.join(name), data.join(name));
        if old.exists() {
            exchange(&new, &old)?;
            replaces = true;
        } else {
            std::fs::rename(&new, &old).map_err(BackupError::at("rename", &new))?;
        }
    }
    files::sync_dir(data)?;
    if replaces {
        return Ok(Some(set_aside(data, fresh, "replaced")?));
    }
    files::remove_dir(fresh)?;
    Ok(None)
}
