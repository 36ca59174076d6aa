//! The check of a bundle: what it is as a whole, then every entry in it by itself.

use super::BundleFiles;
use super::claims::Claims;
use super::layout::{
    CHECKPOINT_FILE, CONSISTENCY_FILE, EntryFile, KEYS_FILE, MANIFEST_FILE, Name, PREVIOUS_FILE,
};
use super::manifest::Stretch;
use crate::evidence::checkpoint::{Checkpoint, CheckpointError, plan_of};
use crate::evidence::consistency::{ConsistencyProof, ConsistencyProofError};
use crate::evidence::key::{KeyError, VerifierKey};
use crate::evidence::proof::verify_inclusion;
use crate::evidence::{Body, Chain, TlogProof, Verdict};
use crate::ids::{Digest, PlanId, Seq};

/// Why a bundle as a whole shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    /// A file is missing.
    #[error("{name} is missing")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A file is there that nothing in the bundle accounts for.
    #[error("{name:?} does not belong into it")]
    Extra {
        /// Its name.
        name: String,
    },
    /// A file is not text.
    #[error("{name} is not UTF-8")]
    Text {
        /// Its name.
        name: &'static str,
    },
    /// The manifest does not say what is in the bundle.
    #[error("manifest.json: {reason}")]
    Manifest {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key does not read.
    #[error("keys.txt: {0}")]
    Key(KeyError),
    /// No key is of the checkpoint's log.
    #[error("keys.txt has no key of {origin}")]
    NoKey {
        /// The checkpoint's log.
        origin: String,
    },
    /// The key is none of those that are trusted.
    #[error("it is signed by the key {found}, which is not the one you gave")]
    NotTrusted {
        /// The key in the bundle.
        found: String,
    },
    /// The checkpoint does not verify.
    #[error("checkpoint: {0}")]
    Checkpoint(CheckpointError),
    /// The checkpoint is of another plan.
    #[error("the checkpoint is of {origin}, which is no log of {plan}")]
    Plan {
        /// The checkpoint's log.
        origin: String,
        /// The plan in the manifest.
        plan: PlanId,
    },
    /// The earlier checkpoint does not verify.
    #[error("prev-checkpoint: {0}")]
    Previous(CheckpointError),
    /// The log has not just grown since the earlier checkpoint, or that is not shown.
    #[error("consistency: {0}")]
    Growth(ConsistencyProofError),
    /// The proof of growth ends at another checkpoint.
    #[error("consistency: it does not lead to the checkpoint of the bundle")]
    OtherCheckpoint,
    /// The manifest and the earlier checkpoint do not fit each other.
    #[error("the manifest and prev-checkpoint do not say the same")]
    Since,
}

/// What an entry in a bundle shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryVerdict {
    /// Envelope and payload are those that were logged.
    Valid,
    /// The envelope is the one that was logged; the payload was removed.
    PayloadAbsent {
        /// The entry that removed it, as the bundle says.
        removed_by: Option<u64>,
    },
    /// It is not what was logged, or that is not shown.
    Invalid {
        /// Why.
        reason: String,
    },
}

/// What a bundle shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleReport {
    /// The plan.
    pub plan: PlanId,
    /// The key that signed the checkpoint.
    pub key: VerifierKey,
    /// The checkpoint that all proofs lead to.
    pub checkpoint: Checkpoint,
    /// The earlier checkpoint from which the log has only grown, where one is in the bundle.
    pub since: Option<Checkpoint>,
    /// The ends of the range of which no entry is missing, if all entries hold; none for a selection.
    pub complete: Option<Stretch>,
    /// Every entry, in order.
    pub entries: Vec<(u64, EntryVerdict)>,
}

impl BundleReport {
    /// Whether every entry holds.
    pub fn holds(&self) -> bool {
        !self.entries.iter().any(|(_, verdict)| matches!(verdict, EntryVerdict::Invalid { .. }))
    }
}

/// Checks a bundle; with keys that are trusted, its key has to be one of them, without any it is taken
/// from the bundle itself.
///
/// # Errors
/// `BundleFault` when nothing can be shown of any entry.
pub fn verify_bundle(files: &BundleFiles, trusted: &[VerifierKey]) -> Result<BundleReport, BundleFault> {
    let claims = Claims::read(file(files, MANIFEST_FILE)?);
    let claims = claims.map_err(|reason| BundleFault::Manifest { reason })?;
    let note = text(files, CHECKPOINT_FILE)?;
    let key = key(text(files, KEYS_FILE)?, note, trusted)?;
    let checkpoint = Checkpoint::open(note.as_bytes(), &key).map_err(BundleFault::Checkpoint)?;
    if plan_of(&checkpoint.origin) != Some(claims.plan.as_str()) {
        return Err(BundleFault::Plan { origin: checkpoint.origin, plan: claims.plan });
    }
    let since = since(files, note, &key)?;
    if since.as_ref().map(|since| since.size) != claims.since {
        return Err(BundleFault::Since);
    }
    check_extra(files, &claims)?;
    let mut entries = Vec::with_capacity(claims.entries.len());
    // The leaf of the entry before, where it was proved.
    let mut before: Option<(u64, Digest)> = None;
    for seq in &claims.entries {
        let previous = before.filter(|(before, _)| before + 1 == *seq).map(|(_, leaf)| leaf);
        let entry = Entry { files, plan: &claims.plan, seq: *seq, note, checkpoint: &checkpoint };
        let (leaf, verdict) = match entry.check(previous) {
            Ok((leaf, verdict)) => (Some(leaf), verdict),
            Err(reason) => (None, EntryVerdict::Invalid { reason }),
        };
        before = leaf.map(|leaf| (*seq, leaf));
        entries.push((*seq, verdict));
    }
    Ok(BundleReport { plan: claims.plan, key, checkpoint, since, complete: claims.complete, entries })
}

fn file<'a>(files: &'a BundleFiles, name: &'static str) -> Result<&'a [u8], BundleFault> {
    files.get(name).map(Vec::as_slice).ok_or(BundleFault::Missing { name })
}

fn text<'a>(files: &'a BundleFiles, name: &'static str) -> Result<&'a str, BundleFault> {
    str::from_utf8(file(files, name)?).map_err(|_| BundleFault::Text { name })
}

/// The key of the log that a note is of.
fn key(keys: &str, note: &str, trusted: &[VerifierKey]) -> Result<VerifierKey, BundleFault> {
    let lines = keys.split('\n').filter(|line| !line.is_empty());
    let keys: Result<Vec<VerifierKey>, KeyError> = lines.map(str::parse).collect();
    let keys = keys.map_err(BundleFault::Key)?;
    let origin = note.split('\n').next().unwrap_or_default();
    let mut of_log = keys.into_iter().filter(|key| key.name() == origin);
    let key = of_log.next().ok_or_else(|| BundleFault::NoKey { origin: origin.to_owned() })?;
    if !trusted.is_empty() && !trusted.contains(&key) {
        return Err(BundleFault::NotTrusted { found: key.to_string() });
    }
    Ok(key)
}

/// The earlier checkpoint, where there is one, after growth since then was proved.
fn since(files: &BundleFiles, note: &str, key: &VerifierKey) -> Result<Option<Checkpoint>, BundleFault> {
    if !files.contains_key(PREVIOUS_FILE) && !files.contains_key(CONSISTENCY_FILE) {
        return Ok(None);
    }
    let previous = Checkpoint::open(file(files, PREVIOUS_FILE)?, key).map_err(BundleFault::Previous)?;
    let proof = ConsistencyProof::parse(text(files, CONSISTENCY_FILE)?).map_err(BundleFault::Growth)?;
    if proof.checkpoint != note {
        return Err(BundleFault::OtherCheckpoint);
    }
    proof.verify(&previous, key).map_err(BundleFault::Growth)?;
    Ok(Some(previous))
}

/// Whether every file is one that a check or a reader looks for.
fn check_extra(files: &BundleFiles, claims: &Claims) -> Result<(), BundleFault> {
    let is_known = |name: &str| match Name::read(name) {
        Some(Name::Fixed(_)) => true,
        Some(Name::Entry(_, seq)) => claims.entries.binary_search(&seq).is_ok(),
        None => false,
    };
    match files.keys().find(|name| !is_known(name)) {
        Some(name) => Err(BundleFault::Extra { name: name.clone() }),
        None => Ok(()),
    }
}

/// One entry of a bundle.
struct Entry<'a> {
    files: &'a BundleFiles,
    plan: &'a PlanId,
    seq: u64,
    note: &'a str,
    checkpoint: &'a Checkpoint,
}

impl Entry<'_> {
    fn file(&self, file: EntryFile) -> Option<&[u8]> {
        self.files.get(&file.of(self.seq)).map(Vec::as_slice)
    }

    fn needed(&self, file: EntryFile) -> Result<&[u8], String> {
        self.file(file).ok_or_else(|| format!("{} is missing", file.of(self.seq)))
    }

    /// The leaf and what is shown, or why nothing is.
    fn check(&self, previous: Option<Digest>) -> Result<(Digest, EntryVerdict), String> {
        let envelope = self.needed(EntryFile::Envelope)?;
        let removed_by = self.removed_by()?;
        let salt: [u8; 32];
        let body = match removed_by {
            Some(_) => Body::Absent,
            None => {
                let bytes = self.needed(EntryFile::Salt)?;
                salt = bytes.try_into().map_err(|_| format!("the salt has {} bytes, not 32", bytes.len()))?;
                Body::Present { salt: &salt, payload: self.needed(EntryFile::Payload)? }
            }
        };
        let mut chain = Chain::continuing(self.plan.clone(), Seq(self.seq), previous);
        let (leaf, verdict) = chain.take(envelope, body).map_err(|fault| fault.to_string())?;
        self.check_proof(&leaf)?;
        let verdict = match verdict {
            Verdict::Valid => EntryVerdict::Valid,
            Verdict::PayloadAbsent => EntryVerdict::PayloadAbsent { removed_by: removed_by.flatten() },
        };
        Ok((leaf, verdict))
    }

    /// Whether the payload is said to be removed, and by which entry where that is said too.
    fn removed_by(&self) -> Result<Option<Option<u64>>, String> {
        let Some(absent) = self.file(EntryFile::Absent) else { return Ok(None) };
        let name = EntryFile::Absent.of(self.seq);
        if self.file(EntryFile::Payload).or(self.file(EntryFile::Salt)).is_some() {
            return Err(format!("{name} says that payload and salt were removed, and one of them is there"));
        }
        let says: Option<serde_json::Value> = serde_json::from_slice(absent).ok();
        let says = says.filter(serde_json::Value::is_object);
        match says.map(|says| says["removed_by"].clone()) {
            Some(serde_json::Value::Null) => Ok(Some(None)),
            Some(seq) if seq.as_u64().is_some_and(|seq| seq > 0) => Ok(Some(seq.as_u64())),
            _ => Err(format!("{name} does not read")),
        }
    }

    fn check_proof(&self, leaf: &Digest) -> Result<(), String> {
        let name = EntryFile::Proof.of(self.seq);
        let text =
            str::from_utf8(self.needed(EntryFile::Proof)?).map_err(|_| format!("{name} is not UTF-8"))?;
        let proof = TlogProof::parse(text).map_err(|error| format!("{name}: {error}"))?;
        if proof.checkpoint != self.note {
            return Err(format!("{name} does not lead to the checkpoint of the bundle"));
        }
        if proof.index != self.seq - 1 {
            return Err(format!("{name} is a proof of entry {}", proof.index.saturating_add(1)));
        }
        let Checkpoint { size, root, .. } = self.checkpoint;
        verify_inclusion(proof.index, *size, leaf, root, &proof.hashes)
            .map_err(|error| format!("{name}: {error}: the entry is not the one that was logged"))
    }
}
