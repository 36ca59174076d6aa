//! What was verified last of each plan, and what failed: files in the folder for state.
//!
//! **Invariant.** What is kept was verified, and is replaced only by what goes on from it.  It is never
//! overwritten by anything else: another log puts it aside, and a failure leaves it where it is.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use plenary_protocol::evidence::{Checkpoint, Frontier, VerifierKey};
use plenary_protocol::ids::{Digest, PlanId};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::state;

/// The form of the file.
const FORM: u8 = 1;
/// How many leaves are kept: so far back it can be said to the entry where another log parts from this
/// one, in a file of some 70 KiB.
pub const RECENT_LEAVES_MAX: usize = 1024;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    form: u8,
    url: String,
    plan: PlanId,
    key: String,
    checkpoint: String,
    /// The right edge of the tree: what is needed to go on from here.
    frontier: Vec<Digest>,
    /// The leaf of the last entry.
    last: Digest,
    /// The leaves of the last entries, that one included; files of earlier builds have none.
    #[serde(default)]
    recent: Vec<Digest>,
    /// Entries so far whose payload was not there.
    payloads_absent: u64,
    verified_at: String,
}

/// What was verified last.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The key of the log.
    pub key: VerifierKey,
    /// The signed note.
    pub note: String,
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The tree then.
    pub tree: Frontier,
    /// The leaf of the last entry.
    pub last: Digest,
    /// The leaves of the last entries, in order, that one included: at most `RECENT_LEAVES_MAX`.
    pub recent: Vec<Digest>,
    /// Entries so far whose payload was not there.
    pub payloads_absent: u64,
    /// When, RFC 3339 UTC.
    pub verified_at: String,
}

/// Where things of one plan of one server are kept.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    url: String,
    plan: PlanId,
}

impl Place {
    /// The place of a plan.
    pub fn new(url: &str, plan: &PlanId) -> Result<Place, Failure> {
        let folder = state::folder()?.join("verified").join(state::file_name(url));
        Ok(Place { folder, url: url.to_owned(), plan: plan.clone() })
    }

    fn file(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.plan))
    }

    /// What was verified last, if anything was.
    pub fn load(&self) -> Result<Option<Kept>, Failure> {
        let path = self.file();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::Local(format!("cannot read {}: {error}", path.display()))),
        };
        let damaged = |reason: String| {
            Failure::Local(format!(
                "{} does not read: {reason}\nWhat was verified before is in it. Get it from a copy, or put it away and \
                 begin anew.",
                path.display()
            ))
        };
        let stored: Stored = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if stored.form != FORM {
            return Err(damaged(format!("it has form {}, this program reads {FORM}", stored.form)));
        }
        if stored.url != self.url || stored.plan != self.plan {
            return Err(damaged(format!("it is of {} at {}", stored.plan, stored.url)));
        }
        Self::open(stored).map(Some).map_err(damaged)
    }

    fn open(stored: Stored) -> Result<Kept, String> {
        let key: VerifierKey = stored.key.parse().map_err(|error| format!("{error}"))?;
        let checkpoint = Checkpoint::open(stored.checkpoint.as_bytes(), &key);
        let checkpoint = checkpoint.map_err(|error| error.to_string())?;
        let tree = Frontier::of(checkpoint.size, stored.frontier);
        let tree = tree.filter(|tree| tree.root() == checkpoint.root);
        let recent = if stored.recent.is_empty() { vec![stored.last] } else { stored.recent };
        if recent.last() != Some(&stored.last) || recent.len() as u64 > checkpoint.size {
            return Err("its last leaves are not those of its entries".to_owned());
        }
        Ok(Kept {
            key,
            note: stored.checkpoint,
            tree: tree.ok_or("its tree is not that of its checkpoint")?,
            checkpoint,
            last: stored.last,
            recent,
            payloads_absent: stored.payloads_absent,
            verified_at: stored.verified_at,
        })
    }

    /// Keeps what was verified, in the place of what it goes on from.
    pub fn save(&self, kept: &Kept) -> Result<PathBuf, Failure> {
        let stored = Stored {
            form: FORM,
            url: self.url.clone(),
            plan: self.plan.clone(),
            key: kept.key.to_string(),
            checkpoint: kept.note.clone(),
            frontier: kept.tree.roots().to_vec(),
            last: kept.last,
            recent: kept.recent.clone(),
            payloads_absent: kept.payloads_absent,
            verified_at: kept.verified_at.clone(),
        };
        let path = self.file();
        state::write_private(&path, &json(&stored)?)?;
        Ok(path)
    }

    /// Puts what was verified aside, because another log begins; gives where it is now.
    pub fn put_aside(&self) -> Result<PathBuf, Failure> {
        let path = self.file();
        let failed =
            |error: std::io::Error| Failure::Local(format!("cannot read {}: {error}", path.display()));
        let bytes = fs::read(&path).map_err(failed)?;
        state::write_numbered(&self.folder, &format!("{}-before", self.plan), &bytes)
    }

    /// Keeps the record of a failure beside the others; gives where it is.
    pub fn record<T: Serialize>(&self, fails: &T) -> Result<PathBuf, Failure> {
        state::write_numbered(&self.folder, &format!("{}-FAILS", self.plan), &json(fails)?)
    }
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec_pretty(value).map_err(|error| Failure::Local(error.to_string()))
}
