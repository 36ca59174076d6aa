//! What a check found, in the shapes that `--json` prints and records keep.

use std::path::{Path, PathBuf};

use plenary_protocol::evidence::Checkpoint;
use plenary_protocol::evidence::bundle::{BundleReport, EntryVerdict, Stretch};
use plenary_protocol::ids::{Digest, PlanId};
use plenary_protocol::wire::api::EpochView;
use serde::Serialize;

/// Why a key is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// It was given by hand.
    Given,
    /// It is the one kept from the first time.
    Kept,
    /// The bytes are those kept from the first time, and the log has begun a later epoch.
    LaterEpoch,
    /// It was seen for the first time, and is kept from now on.
    FirstUse,
}

/// Size and root of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tree {
    /// Its name.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root.
    pub root: Digest,
}

impl Tree {
    /// What a checkpoint says.
    pub fn of(checkpoint: &Checkpoint) -> Tree {
        Tree { origin: checkpoint.origin.clone(), size: checkpoint.size, root: checkpoint.root }
    }
}

/// What was verified the time before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Since {
    /// How many entries there were.
    pub size: u64,
    /// When.
    pub verified_at: String,
}

/// What a log that begins anew has of the entries that were verified in the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Earlier {
    /// What was verified then.
    pub checkpoint: Tree,
    /// When.
    pub verified_at: String,
    /// The key then.
    pub key: String,
    /// Whether every entry of it stands in the new log, unchanged.
    pub is_all_there: bool,
    /// So many of its entries, from the first, stand in the new log unchanged.
    pub unchanged: u64,
    /// Where the first entry stands that is another one: at one number, or somewhere between two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altered_from: Option<Walked>,
    /// Entries that the new log does not have at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<Walked>,
    /// What the server says of the new epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<EpochView>,
}

/// A stretch of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Walked {
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
}

/// A plan that is verified.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// `verified`.
    pub verdict: &'static str,
    /// The plan.
    pub plan: PlanId,
    /// The server.
    pub url: String,
    /// The key.
    pub key: String,
    /// Why it is trusted.
    pub trust: Trust,
    /// What the server signed.
    pub checkpoint: Tree,
    /// What was verified the time before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// What was verified of the log that this one takes the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Earlier>,
    /// The entries looked at this time; none when there was nothing new.
    pub walked: Option<Walked>,
    /// Those of them whose payload is not there.
    pub payload_absent: Vec<u64>,
    /// How many of those verified earlier had none.
    pub payloads_absent_before: u64,
    /// Where what was verified is kept.
    pub state: PathBuf,
    /// Where what was kept of another log was put.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put_aside: Option<PathBuf>,
}

/// Evidence that fails: what contradicts what.
#[derive(Debug, Serialize)]
pub struct Fails {
    /// `fails`.
    pub verdict: &'static str,
    /// The plan.
    pub plan: PlanId,
    /// The server.
    pub url: String,
    /// What contradicts what.
    pub says: String,
    /// What to do.
    pub way_out: String,
    /// When it was found, RFC 3339 UTC.
    pub found_at: String,
    /// The key that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_kept: Option<String>,
    /// The key of now, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_now: Option<String>,
    /// The note verified last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint_kept: Option<String>,
    /// When it was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_at: Option<String>,
    /// The note of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint_now: Option<String>,
    /// The proof that does not lead from the one to the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consistency: Option<String>,
    /// What the new log has of the entries verified in the one before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Earlier>,
    /// The entry that does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// Its envelope as the server gave it, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub envelope: Option<String>,
    /// The file that holds all of this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<PathBuf>,
}

/// An entry of a bundle.
#[derive(Debug, Serialize)]
pub struct BundleEntry {
    /// Its number.
    pub seq: u64,
    /// `valid`, `payload_absent` or `invalid`.
    pub verdict: &'static str,
    /// Why it does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The entry that removed its payload, as the bundle says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_by: Option<u64>,
}

/// What a bundle as a whole shows.
#[derive(Debug, Serialize)]
pub struct BundleWhole {
    /// The plan.
    pub plan: PlanId,
    /// The log's name.
    pub origin: String,
    /// How many entries its checkpoint has.
    pub size: u64,
    /// The key.
    pub key: String,
    /// Whether the key was given by hand.
    pub key_is_given: bool,
    /// The range of which no entry is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Stretch>,
    /// Since how many entries the log has only grown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// Each entry.
    pub entries: Vec<BundleEntry>,
}

/// A bundle that was checked.
#[derive(Debug, Serialize)]
pub struct BundleChecked {
    /// `verified` or `fails`.
    pub verdict: &'static str,
    /// Where it is.
    pub bundle: PathBuf,
    /// Why nothing of it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// What it shows.
    #[serde(flatten)]
    pub whole: Option<BundleWhole>,
}

impl BundleChecked {
    /// A bundle that shows nothing.
    pub fn fault(path: &Path, says: String) -> BundleChecked {
        BundleChecked { verdict: "fails", bundle: path.to_owned(), says: Some(says), whole: None }
    }

    /// A bundle whose entries were checked.
    pub fn of(path: &Path, report: &BundleReport, key_is_given: bool) -> BundleChecked {
        let entry = |(seq, verdict): &(u64, EntryVerdict)| {
            let seq = *seq;
            let (verdict, reason, removed_by) = match verdict {
                EntryVerdict::Valid => ("valid", None, None),
                EntryVerdict::PayloadAbsent { removed_by } => ("payload_absent", None, *removed_by),
                EntryVerdict::Invalid { reason } => ("invalid", Some(reason.clone()), None),
            };
            BundleEntry { seq, verdict, reason, removed_by }
        };
        let whole = BundleWhole {
            plan: report.plan.clone(),
            origin: report.checkpoint.origin.clone(),
            size: report.checkpoint.size,
            key: report.key.to_string(),
            key_is_given,
            range: report.complete,
            since: report.since.as_ref().map(|since| since.size),
            entries: report.entries.iter().map(entry).collect(),
        };
        let verdict = if report.holds() { "verified" } else { "fails" };
        BundleChecked { verdict, bundle: path.to_owned(), says: None, whole: Some(whole) }
    }

    /// Whether all of it holds.
    pub fn holds(&self) -> bool {
        self.verdict == "verified"
    }
}
