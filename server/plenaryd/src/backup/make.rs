//! Making a backup, while a server runs on the data or not.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use plenary_log::{Sight, copy_journal, exchange, verify_journal};
use plenary_protocol::ids::{Digest, PlanId};
use sha2::{Digest as _, Sha256};

use super::BackupError;
use super::files::{self, KEYS_DIR};
use super::manifest::{FileSum, MANIFEST_FILE, Manifest, PlanMark};
use crate::evidence::{Examination, Examiner, Finding};

const WAY_OUT: &str = "No backup was made; one that stood there stands unchanged. If a server was starting \
                       or a rebuild was running, try again; otherwise `plenaryd verify` and the page \
                       OPERATING.md say what to do";

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// Where it is.
    pub path: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Bytes that were written anew.
    pub written_bytes: u64,
    /// Bytes that were there from the backup before.
    pub kept_bytes: u64,
    /// Whether the keys are in it.
    pub has_keys: bool,
}

/// Makes a backup of `data` at `to`, in the place of an earlier one if there is one.
///
/// # Errors
/// `BackupError`; an earlier backup then stands as it was.
pub fn make(data: &Path, to: &Path, with_keys: bool, now: Timestamp) -> Result<Made, BackupError> {
    let is_empty = files::is_empty(to)?;
    if !is_empty && !to.join(MANIFEST_FILE).is_file() {
        return Err(BackupError::NotABackup { path: to.to_owned() });
    }
    let fresh = files::beside(to, ".new");
    files::make_dir(&fresh)?;
    // Two backups to one place would spoil each other.
    let held = plenary_log::lock(&fresh)?;
    clear(&fresh)?;
    let journal = fresh.join("journal");
    files::make_dir(&journal)?;
    let earlier = to.join("journal");
    let copy = copy_journal(data, &journal, earlier.is_dir().then_some(earlier.as_path()))?;

    let mut sums: Vec<FileSum> = Vec::new();
    let (mut written_bytes, mut kept_bytes) = (0, 0);
    for segment in copy.segments {
        *(if segment.was_kept { &mut kept_bytes } else { &mut written_bytes }) += segment.bytes;
        let name = format!("journal/{}", segment.name);
        sums.push(FileSum { name, bytes: segment.bytes, sha256: Digest(segment.sha256) });
    }
    if with_keys {
        sums.extend(copy_keys(data, &fresh)?);
    }
    let walked = examine(&fresh)?;
    let epoch = walked.epoch.as_ref().map_or(1, |record| record.epoch);
    let plans = walked.plans.iter().map(|(plan, tree)| (plan.clone(), PlanMark::of(tree))).collect();
    let manifest = Manifest::new(now.to_string(), epoch, plans, sums);
    if !is_empty {
        check_goes_on(&Manifest::read(to)?, &manifest, &fresh)?;
    }
    files::write(&fresh.join(MANIFEST_FILE), manifest.text()?.as_bytes())?;
    std::fs::remove_file(fresh.join("lock")).map_err(BackupError::at("remove", &fresh.join("lock")))?;
    files::sync_dir(&fresh)?;
    put_in_place(&fresh, to)?;
    drop(held);
    Ok(Made { path: to.to_owned(), manifest, written_bytes, kept_bytes, has_keys: with_keys })
}

/// A backup never takes the place of one that has more of the same logs: what is missing may be there alone.
fn check_goes_on(before: &Manifest, now: &Manifest, copy: &Path) -> Result<(), BackupError> {
    // After a restore that began a new epoch the logs are others, and may be shorter.
    if now.epoch > before.epoch {
        return Ok(());
    }
    let missing = |(plan, mark): (&PlanId, &PlanMark)| {
        let entries = now.plans.get(plan).map_or(0, |mark| mark.entries);
        let what =
            format!("the copy has {entries} entries, and the backup that stands there {}", mark.entries);
        (entries < mark.entries).then(|| Finding { plan: Some(plan.clone()), seq: None, what })
    };
    let findings: Vec<Finding> = before.plans.iter().filter_map(missing).collect();
    if findings.is_empty() {
        return Ok(());
    }
    Err(BackupError::DoesNotHold { path: copy.to_owned(), findings, way_out: WAY_OUT })
}

/// Reads the journal of a copy through.
///
/// # Errors
/// `DoesNotHold`, or what the log says.
pub(super) fn examine(copy: &Path) -> Result<Examination, BackupError> {
    let mut examiner = Examiner::new();
    let report = verify_journal(copy, &mut |sight| match sight {
        Sight::Entry { entry, .. } => examiner.entry(entry),
        Sight::Fact(fact) => examiner.fact(fact),
        Sight::Group { .. } | Sight::Damage(_) => {}
    })?;
    let mut walked = examiner.finish();
    if let Some(what) = report.unfinished_end {
        let what = format!("the copy ends with half a group: {what}");
        walked.findings.push(Finding { plan: None, seq: None, what });
    }
    if walked.findings.is_empty() {
        return Ok(walked);
    }
    let findings = walked.findings;
    Err(BackupError::DoesNotHold { path: copy.to_owned(), findings, way_out: WAY_OUT })
}

/// Removes what an earlier try has left, but for the lock that is held.
fn clear(fresh: &Path) -> Result<(), BackupError> {
    for name in ["journal", KEYS_DIR] {
        files::remove_dir(&fresh.join(name))?;
    }
    let manifest = fresh.join(MANIFEST_FILE);
    match std::fs::remove_file(&manifest) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BackupError::at("remove", &manifest)(error))
        }
        _ => Ok(()),
    }
}

fn copy_keys(data: &Path, fresh: &Path) -> Result<Vec<FileSum>, BackupError> {
    let to = fresh.join(KEYS_DIR);
    files::make_dir(&to)?;
    let mut sums = Vec::new();
    for (name, bytes) in files::keys(data)? {
        files::write(&to.join(&name), &bytes)?;
        let sha256 = Digest(Sha256::digest(&bytes).into());
        sums.push(FileSum { name: format!("{KEYS_DIR}/{name}"), bytes: bytes.len() as u64, sha256 });
    }
    files::sync_dir(&to)?;
    Ok(sums)
}

fn put_in_place(fresh: &Path, to: &Path) -> Result<(), BackupError> {
    let parent = to.parent().unwrap_or(Path::new("."));
    if !to.exists() {
        std::fs::rename(fresh, to).map_err(BackupError::at("rename", fresh))?;
        return files::sync_dir(parent);
    }
    exchange(fresh, to)?;
    files::remove_dir(fresh)
}
