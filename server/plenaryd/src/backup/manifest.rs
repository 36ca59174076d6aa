//! What a backup says of itself: which entries it has, the sums of its files, when and by what it was made.

use std::collections::BTreeMap;
use std::path::Path;

use plenary_protocol::ids::{Digest, PlanId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::BackupError;
use crate::evidence::{Examination, Tree};

/// The file, at the top of a backup.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The form of manifests that is written and read.
const FORM: &str = "plenary-backup/1";

/// A file and its sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSum {
    /// Its name below the backup, with `/`.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of it.
    pub sha256: Digest,
}

/// How far a plan's log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanMark {
    /// Its last entry.
    pub entries: u64,
    /// The leaf hash of that.
    pub leaf: Digest,
    /// The root of the tree over all.
    pub root: Digest,
}

impl PlanMark {
    /// The mark of a tree.
    pub fn of(tree: &Tree) -> PlanMark {
        PlanMark { entries: tree.size, leaf: tree.leaf, root: tree.root }
    }
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    form: String,
    /// When the backup was begun, RFC 3339 UTC: what was acknowledged before is in it.
    pub begun_at: String,
    /// The program and its version.
    pub made_by: String,
    /// The epoch of the plans' logs.
    pub epoch: u64,
    /// Every plan.
    pub plans: BTreeMap<PlanId, PlanMark>,
    /// Every file but this one.
    pub files: Vec<FileSum>,
}

impl Manifest {
    /// A manifest of this form, by this program.
    pub fn new(
        begun_at: String,
        epoch: u64,
        plans: BTreeMap<PlanId, PlanMark>,
        files: Vec<FileSum>,
    ) -> Manifest {
        let made_by = concat!("plenaryd ", env!("CARGO_PKG_VERSION")).to_owned();
        Manifest { form: FORM.to_owned(), begun_at, made_by, epoch, plans, files }
    }

    /// Its text.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Reads the manifest of a backup.
    ///
    /// # Errors
    /// `Io`, or `Manifest` when it is none of this form.
    pub fn read(backup: &Path) -> Result<Manifest, BackupError> {
        let path = backup.join(MANIFEST_FILE);
        let text = std::fs::read(&path).map_err(BackupError::at("read", &path))?;
        let bad = |reason: String| BackupError::Manifest { path: path.clone(), reason };
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))?;
        if manifest.form != FORM {
            return Err(bad(format!("its form is {:?}, not {FORM:?}", manifest.form)));
        }
        for file in &manifest.files {
            let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
            if !file.name.split('/').all(is_plain) {
                return Err(bad(format!("{:?} is no name of a file in it", file.name)));
            }
        }
        Ok(manifest)
    }

    /// Checks that its plans are those that a walk through the journal beside it has shown.
    ///
    /// # Errors
    /// `Changed` when they are others.
    pub fn check_plans(&self, backup: &Path, walked: &Examination) -> Result<(), BackupError> {
        let marks = walked.plans.iter().map(|(plan, tree)| (plan.clone(), PlanMark::of(tree)));
        if marks.collect::<BTreeMap<_, _>>() != self.plans {
            let what = "its plans are others than those in the journal beside it";
            return Err(BackupError::Changed { path: backup.join(MANIFEST_FILE), what });
        }
        Ok(())
    }

    /// Reads every file of a backup and compares its sum.
    ///
    /// # Errors
    /// `Changed` names the first that differs; `Io`.
    pub fn check_files(&self, backup: &Path) -> Result<(), BackupError> {
        for file in &self.files {
            let path = backup.join(&file.name);
            let bytes = std::fs::read(&path).map_err(BackupError::at("read", &path))?;
            if bytes.len() as u64 != file.bytes {
                return Err(BackupError::Changed { path, what: "its length is another" });
            }
            if Digest(Sha256::digest(&bytes).into()) != file.sha256 {
                return Err(BackupError::Changed { path, what: "its SHA-256 is another" });
            }
        }
        Ok(())
    }
}
