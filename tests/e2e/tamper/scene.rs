//! An honest data directory, copies of it, and everybody who looks at one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use plenary_log::{CheckOlder, Entry, Fact, FactKind, Log, Options, Record};
use plenary_protocol::evidence::{Checkpoint, ConsistencyProof, Leaves, VerifierKey};
use plenary_protocol::{Digest, PlanId, Seq};
use plenary_tests::{ADOPTED, DRAFT, TestServer, plan_id};
use plenaryd::evidence::{CheckpointRecord, Examiner, Notary};
use plenaryd::indexer::EntryIndexer;
use plenaryd::self_check::check_tails;
use tempfile::TempDir;

use crate::people::{BR, splice};

/// The name of the server.
const SERVER: &str = "plans.example.org";
/// Edits between two stops of the honest past.
const EDITS: usize = 8;

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % count.max(1) as u64) as usize
    }
}

/// What a client kept of a plan.
#[derive(Clone)]
pub struct Kept {
    plan: PlanId,
    key: VerifierKey,
    checkpoint: Checkpoint,
}

/// An honest past.
pub struct Honest {
    server: TestServer,
    /// The directory as it was when clients kept their checkpoints.
    earlier: TempDir,
    kept: Vec<Kept>,
    entries: Vec<Entry>,
}

/// What came of a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody found it.
    Found {
        /// Who.
        by: &'static str,
        /// What they said.
        says: String,
    },
    /// Nobody did, and every entry is there byte for byte.
    Harmless,
    /// Nobody did.
    Nothing,
}

impl Outcome {
    pub fn by(&self) -> &'static str {
        match self {
            Outcome::Found { by, .. } => by,
            Outcome::Harmless => "changed nothing",
            Outcome::Nothing => "NOT FOUND",
        }
    }
}

/// A copy that may be tampered with.
pub struct Scene<'a> {
    honest: &'a Honest,
    folder: TempDir,
    /// Whether anything was done to it.
    touched: bool,
}

fn edits(server: &TestServer) {
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "1.1");
    let mut base = br.head(DRAFT);
    for _ in 0..EDITS {
        base = br.edited(DRAFT, &[splice(&target, "title", 0, "x", base)]).seq;
    }
}

/// Makes a past with a restart and kills in it, so that the journal has several segments.
pub fn honest() -> Honest {
    let mut server = TestServer::demo_with(|launch, _| launch.args(["--server-name", SERVER]));
    for _ in 0..3 {
        edits(&server);
        server.kill9();
        server.start();
    }
    let client = server.client(&BR);
    let kept = [ADOPTED, DRAFT].map(|plan| {
        let get = |what| client.get(&format!("/api/v1/plans/{plan}/evidence/{what}")).text;
        let key: VerifierKey = get("key").trim_end().parse().unwrap();
        let checkpoint = Checkpoint::open(get("checkpoint").as_bytes(), &key).unwrap();
        Kept { plan: plan_id(plan), key, checkpoint }
    });
    server.restart();
    server.terminate();
    let earlier = TempDir::with_prefix("plenary-tamper-").unwrap();
    copy(&server.data(), &earlier.path().join("data"));
    server.start();
    edits(&server);
    server.terminate();
    let (log, _) = Log::open(options(&server.data()), Arc::new(EntryIndexer)).unwrap();
    let entries = all_entries(&log);
    log.close().unwrap();
    Honest { server, earlier, kept: kept.to_vec(), entries }
}

pub fn options(dir: &Path) -> Options {
    Options { ballast_bytes: 0, check_older_segments: CheckOlder::Never, ..Options::new(dir) }
}

fn all_entries(log: &Log) -> Vec<Entry> {
    let of = |plan: &String| log.entries(plan, 0, usize::MAX).unwrap_or_default();
    log.plans().iter().flat_map(of).collect()
}

/// Copies a directory with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_name() != "ballast" {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Scene<'_> {
    pub fn of(honest: &Honest) -> Scene<'_> {
        let folder = TempDir::with_prefix("plenary-tamper-").unwrap();
        copy(&honest.server.data(), &folder.path().join("data"));
        Scene { honest, folder, touched: false }
    }

    /// The directory.
    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The directory as it was when clients kept their checkpoints.
    pub fn earlier(&self) -> PathBuf {
        self.honest.earlier.path().join("data")
    }

    /// The journal's segments, in order.
    pub fn segments(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.dir().join("journal")).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|end| end == "seg")).collect();
        files.sort();
        files
    }

    /// Entries of one plan of the honest past.
    pub fn entries_of(&self, plan: &str) -> Vec<Entry> {
        self.honest.entries.iter().filter(|entry| entry.plan == plan).cloned().collect()
    }

    /// How many entries of a plan the client has a checkpoint of.
    pub fn kept_size(&self, plan: &str) -> usize {
        let kept = self.honest.kept.iter().find(|kept| kept.plan.as_str() == plan).unwrap();
        kept.checkpoint.size as usize
    }

    /// Puts a past that checks in itself in the place of the one there: journal, store and records.
    pub fn rewrite(&mut self, entries: Vec<Entry>, vouched_anew: bool) {
        self.touched = true;
        let dir = self.dir();
        let (log, _) = Log::open(options(&dir), Arc::new(EntryIndexer)).unwrap();
        let kinds = [FactKind::ServerIdentity, FactKind::TicketBound, FactKind::Revocation];
        let mut facts: Vec<Fact> = kinds.iter().flat_map(|kind| log.facts(*kind).unwrap()).collect();
        let mut records = log.facts(FactKind::CheckpointRecord).unwrap();
        log.close().unwrap();
        if vouched_anew {
            records = records_of(&entries);
        }
        facts.extend(records);
        for part in ["journal", "store"] {
            std::fs::remove_dir_all(dir.join(part)).unwrap();
        }
        let (log, _) = Log::open(options(&dir), Arc::new(EntryIndexer)).unwrap();
        for entry in entries {
            log.append(vec![Record::Entry(entry)]).unwrap();
        }
        log.append(facts.into_iter().map(Record::Fact).collect()).unwrap();
        log.close().unwrap();
    }

    /// Everybody looks, one after the other.
    pub fn look(&self) -> Outcome {
        let (log, _) = match Log::open(options(&self.dir()), Arc::new(EntryIndexer)) {
            Ok(opened) => opened,
            Err(error) => return Outcome::Found { by: "start", says: error.to_string() },
        };
        let notary = match Notary::open(&self.dir(), SERVER, &log, [9; 32]) {
            Ok(notary) => notary,
            Err(error) => return Outcome::Found { by: "start", says: error.to_string() },
        };
        match check_tails(&log, &notary) {
            Err(error) => return Outcome::Found { by: "start", says: error.to_string() },
            Ok(found) if !found.is_empty() => {
                return Outcome::Found { by: "start", says: found[0].to_string() };
            }
            Ok(_) => {}
        }
        let checked = check(&log, &notary);
        let asked = self.honest.kept.iter().find_map(|kept| kept.asks(&log, &notary).err());
        let entries = all_entries(&log);
        log.close().unwrap();
        match (checked, asked) {
            (Err(says), _) => Outcome::Found { by: "check", says },
            (Ok(()), Some(says)) => Outcome::Found { by: "client", says },
            (Ok(()), None) if self.touched && entries == self.honest.entries => Outcome::Harmless,
            (Ok(()), None) => Outcome::Nothing,
        }
    }

    pub fn touch(&mut self) {
        self.touched = true;
    }
}

fn records_of(entries: &[Entry]) -> Vec<Fact> {
    let mut trees: std::collections::BTreeMap<&str, Leaves> = Default::default();
    for entry in entries {
        trees.entry(&entry.plan).or_default().push(Digest(plenary_log::leaf_hash(&entry.envelope)));
    }
    let fact = |(plan, leaves): (&str, Leaves)| {
        let (size, root) = (leaves.size(), leaves.root(leaves.size()).unwrap());
        CheckpointRecord { epoch: 1, size, root }.fact(&plan_id(plan)).unwrap()
    };
    trees.into_iter().map(fact).collect()
}

/// The walk that a server makes in the background, over what its store gives.
fn check(log: &Log, notary: &Notary) -> Result<(), String> {
    let mut examiner = Examiner::new();
    for name in log.plans() {
        let plan: PlanId = name.parse().map_err(|_| "a plan without a name".to_owned())?;
        if let Some(record) = notary.vouched(&plan) {
            examiner.expect(&plan, record.size, record.root);
        }
        let entries = log.entries(&name, 0, usize::MAX).map_err(|error| error.to_string())?;
        entries.iter().for_each(|entry| examiner.entry(entry));
    }
    examiner.finish().findings.first().map_or(Ok(()), |found| Err(found.to_string()))
}

impl Kept {
    /// Asks for the last checkpoint, and for the proof that it goes on from the one kept.
    fn asks(&self, log: &Log, notary: &Notary) -> Result<(), String> {
        let key = notary.key(&self.plan).map_err(|error| error.to_string())?;
        if key != self.key {
            return Err("the key is another".to_owned());
        }
        let signed = notary.checkpoint(&self.plan).map_err(|error| error.to_string())?;
        let signed = signed.ok_or("there is no checkpoint")?;
        let leaves = log.entries(self.plan.as_str(), 0, usize::MAX).map_err(|error| error.to_string())?;
        let leaves: Leaves =
            leaves.iter().map(|entry| Digest(plenary_log::leaf_hash(&entry.envelope))).collect();
        let from = self.checkpoint.size;
        let hashes = leaves.consistency(from, signed.checkpoint.size);
        let hashes = hashes.ok_or_else(|| format!("the log has fewer than {from} entries"))?;
        let proof = ConsistencyProof { from, hashes, checkpoint: signed.note.to_string() };
        proof.verify(&self.checkpoint, &self.key).map(|_| ()).map_err(|error| error.to_string())
    }
}

/// The number of the entry at a place of a plan's log.
pub fn seq_of(at: usize) -> Seq {
    Seq(at as u64 + 1)
}
