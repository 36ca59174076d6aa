//! What may be lost by a restore: what is known of what was acknowledged, held against what the backup has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use plenary_limits::HEADS_BYTES_MAX;
use plenary_log::{FactKind, Head, Inspection};
use plenary_protocol::evidence::{Checkpoint, Note};
use plenary_protocol::ids::{Digest, PlanId};

use crate::evidence::{CheckpointRecord, EpochRecord, Examination};

/// Why a file of heads does not read.
#[derive(Debug, thiserror::Error)]
pub enum HeadsError {
    /// It cannot be read.
    #[error("could not read {}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// It is no such file.
    #[error("{} is larger than {HEADS_BYTES_MAX} bytes: it is no file of heads", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A line is neither.
    #[error(
        "{} line {line}: {text:?} is not `PLAN ENTRIES`, and the file is no checkpoint",
        path.display()
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What stands there, its beginning.
        text: String,
    },
}

/// The end of a log that a backup does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostTail {
    /// The plan.
    pub plan: String,
    /// The last entry in the backup; zero when the plan is not in it.
    pub backup: u64,
    /// The last that is known to have been acknowledged; as large as `backup` or smaller where the two are
    /// different histories.
    pub known: u64,
}

impl fmt::Display for LostTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LostTail { plan, backup, known } = self;
        if known > backup {
            write!(f, "plan {plan}: entries {} to {known} were acknowledged", backup + 1)
        } else {
            write!(f, "plan {plan}: entry {known} was another than the one that is there now")
        }
    }
}

/// What a restore may lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: all that was acknowledged is known, and is in the backup.
    Nothing,
    /// It is not known what was acknowledged after the backup.
    Unknown,
    /// These.
    Lost(Vec<LostTail>),
}

/// What the store of a data directory knows and its journal does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Ends of logs.
    pub lost: Vec<LostTail>,
    /// The epoch that was reached.
    pub epoch: u64,
}

impl Dropped {
    /// Holds the two against each other.
    pub fn of(found: &Inspection) -> Dropped {
        let known = Known::of(found);
        let mut lost = Vec::new();
        for (plan, (known, leaf)) in &known.heads {
            let journal = found.journal.get(plan);
            let backup = journal.map_or(0, |head| head.seq);
            let is_other = journal
                .is_some_and(|head| head.seq == *known && leaf.is_some_and(|leaf| leaf != Digest(head.hash)));
            if *known > backup || is_other {
                lost.push(LostTail { plan: plan.clone(), backup, known: *known });
            }
        }
        Dropped { lost, epoch: known.epoch }
    }
}

/// What is known of what was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The last entries, each with its leaf where that is known.
    heads: BTreeMap<String, (u64, Option<Digest>)>,
    /// Whether nothing more was acknowledged of any plan.
    is_all: bool,
    /// Plans of which nothing more was acknowledged.
    told: BTreeSet<String>,
    /// Roots that trees had, by plan.
    roots: Vec<(PlanId, u64, Digest)>,
    /// The epoch that was reached.
    pub epoch: u64,
}

impl Known {
    /// Nothing is known.
    pub fn nothing() -> Known {
        Known { epoch: 1, ..Known::default() }
    }

    /// What the directory knows that a restore replaces.
    pub fn of(found: &Inspection) -> Known {
        let mut known = Known { is_all: found.is_sealed, ..Known::nothing() };
        for (plan, Head { seq, hash }) in found.journal.iter().chain(&found.store) {
            known.head(plan, *seq, Some(Digest(*hash)));
        }
        for fact in &found.facts {
            if let Some(record) = EpochRecord::of(fact) {
                known.epoch = known.epoch.max(record.epoch);
            }
        }
        for (plan, record) in found.facts.iter().filter_map(CheckpointRecord::of) {
            if record.epoch == known.epoch {
                known.head(plan.as_str(), record.size, None);
            }
        }
        known
    }

    /// The facts it is read from.
    pub const FACTS: [FactKind; 2] = [FactKind::Epoch, FactKind::CheckpointRecord];

    fn head(&mut self, plan: &str, seq: u64, leaf: Option<Digest>) {
        let last = self.heads.entry(plan.to_owned()).or_insert((seq, leaf));
        if last.0 < seq {
            *last = (seq, leaf);
        }
    }

    /// Takes in a file that the operator kept: a signed checkpoint, or lines `PLAN ENTRIES`.
    pub fn read(&mut self, path: &Path) -> Result<(), HeadsError> {
        let bytes = std::fs::read(path).map_err(|cause| HeadsError::Io { path: path.to_owned(), cause })?;
        if bytes.len() as u64 > HEADS_BYTES_MAX {
            return Err(HeadsError::TooLarge { path: path.to_owned() });
        }
        if let Ok(note) = Note::parse(&bytes)
            && let Ok(checkpoint) = Checkpoint::parse(note.unverified_text())
            && let Some((plan, epoch)) = place_of(&checkpoint.origin)
        {
            self.head(plan.as_str(), checkpoint.size, None);
            self.told.insert(plan.to_string());
            self.epoch = self.epoch.max(epoch);
            self.roots.push((plan, checkpoint.size, checkpoint.root));
            return Ok(());
        }
        for (index, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bad = || HeadsError::Line {
                path: path.to_owned(),
                line: index + 1,
                text: line.chars().take(80).collect(),
            };
            let (plan, seq) = line.split_once(char::is_whitespace).ok_or_else(bad)?;
            let plan: PlanId = plan.parse().map_err(|_| bad())?;
            let seq = seq.trim().parse().map_err(|_| bad())?;
            self.head(plan.as_str(), seq, None);
            self.told.insert(plan.to_string());
        }
        Ok(())
    }

    /// Entries whose leaves are to be compared, and roots: what the walk through the backup has to look for.
    pub fn leaf(&self, plan: &str) -> Option<(u64, Digest)> {
        self.heads.get(plan).and_then(|(seq, leaf)| Some((*seq, (*leaf)?)))
    }

    /// Roots that the tree of a plan had.
    pub fn roots(&self, plan: &str) -> impl Iterator<Item = (u64, Digest)> {
        let of_plan = self.roots.iter().filter(move |(of, ..)| of.as_str() == plan);
        of_plan.map(|(_, size, root)| (*size, *root))
    }

    /// What is lost; `differ` are plans of which an entry or a root was another.
    pub fn loss(&self, backup: &Examination, differ: &BTreeMap<String, u64>) -> Loss {
        let size = |plan: &str| {
            let tree = backup.plans.iter().find(|(of, _)| of.as_str() == plan);
            tree.map_or(0, |(_, tree)| tree.size)
        };
        let mut lost = Vec::new();
        for (plan, (known, _)) in &self.heads {
            let backup = size(plan);
            let other = differ.get(plan).copied();
            if *known > backup || other.is_some() {
                let known = if *known > backup { *known } else { other.unwrap_or(*known) };
                lost.push(LostTail { plan: plan.clone(), backup, known });
            }
        }
        if !lost.is_empty() {
            return Loss::Lost(lost);
        }
        let all_told = backup.plans.keys().all(|plan| self.told.contains(plan.as_str()));
        if self.is_all || (all_told && !self.told.is_empty()) { Loss::Nothing } else { Loss::Unknown }
    }
}

/// The plan and the epoch in the name of a log.
pub(crate) fn place_of(origin: &str) -> Option<(PlanId, u64)> {
    let (_, place) = origin.split_once("/plans/")?;
    let (plan, epoch) = place.split_once('/')?;
    Some((plan.parse().ok()?, epoch.parse().ok()?))
}
