//! Backups of logs that are whole and that are not, and what a restore makes of what it knows.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use plenary_limits::holds;
use plenary_log::{Log, Options, Record};
use plenary_protocol::evidence::{Checkpoint, SigningKey};
use plenary_protocol::ids::Digest;

use super::{BackupError, Loss, LostTail, Manifest, Restore, Restored, make, restore};
use crate::evidence::samples::{chain, plan};
use crate::evidence::{CheckpointRecord, Examiner, Notary};
use crate::indexer::EntryIndexer;

/// How a restore is asked for.
struct How {
    replace: bool,
    nothing_lost: bool,
}

const PLAINLY: How = How { replace: false, nothing_lost: false };
const REPLACING: How = How { replace: true, nothing_lost: false };

struct World {
    root: tempfile::TempDir,
}

fn options(dir: &Path) -> Options {
    let mut options = Options::new(dir);
    options.segment_bytes_max = 4_096;
    options.ballast_bytes = 0;
    options
}

fn open(dir: &Path) -> Log {
    Log::open(options(dir), Arc::new(EntryIndexer)).unwrap().0
}

/// Appends the entries of a plan from one to another, and the record of their tree.
fn append(log: &Log, name: &str, from: u64, to: u64) -> CheckpointRecord {
    let (entries, record) = chain(name, to);
    for entry in entries.into_iter().skip(from as usize - 1) {
        log.append(vec![Record::Entry(entry)]).unwrap();
    }
    log.append(vec![Record::Fact(record.fact(&plan(name)).unwrap())]).unwrap();
    record
}

impl World {
    /// Entries of two plans, sealed.
    fn new() -> World {
        let world = World { root: tempfile::tempdir().unwrap() };
        let log = open(&world.data());
        append(&log, "one", 1, 40);
        append(&log, "two", 1, 3);
        log.close().unwrap();
        world
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.at("data")
    }

    fn backup(&self) -> super::Made {
        make(&self.data(), &self.at("backup"), false, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn restore(&self, to: &str, how: How) -> Result<Restored, BackupError> {
        self.restore_knowing(to, how, &[])
    }

    fn restore_knowing(&self, to: &str, how: How, heads: &[PathBuf]) -> Result<Restored, BackupError> {
        let (from, data) = (self.at("backup"), self.at(to));
        let How { replace, nothing_lost } = how;
        let what = Restore { from: &from, data: &data, replace, heads, nothing_lost };
        restore(&what, Timestamp::UNIX_EPOCH, [9; 16])
    }

    /// Entries of a plan in a data directory.
    fn head(&self, dir: &str, plan: &str) -> u64 {
        let log = open(&self.at(dir));
        let head = log.head(plan).map_or(0, |head| head.seq);
        log.close().unwrap();
        head
    }
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> =
        fs::read_dir(dir.join("journal")).unwrap().map(|item| item.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn of_a_damaged_or_shortened_journal_no_backup_is_made_and_the_one_before_stays() {
    let world = World::new();
    let log = open(&world.data());
    append(&log, "two", 4, 8);
    let made = world.backup();
    let last = segments(&world.data()).pop().unwrap();
    let whole = fs::read(&last).unwrap();
    let again = || make(&world.data(), &world.at("backup"), false, Timestamp::UNIX_EPOCH);
    // A bit anywhere but in the last group: others stand behind it.
    for at in (80..whole.len() - 600).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&last, bytes).unwrap();
        let error = again().unwrap_err();
        assert!(error.to_string().contains("damaged at byte"), "{at}: {error}");
    }
    // Cut at the end of a group it is whole, but shorter than what was kept.
    for cut in [64, whole.len() / 2] {
        fs::write(&last, &whole[..cut]).unwrap();
        let error = again().unwrap_err();
        assert!(error.to_string().contains("and the backup that stands there"), "{cut}: {error}");
    }
    assert_eq!(Manifest::read(&made.path).unwrap(), made.manifest);
    fs::write(&last, whole).unwrap();
    again().unwrap();
}

#[test]
fn two_restores_of_one_backup_begin_two_epochs() {
    let world = World::new();
    world.backup();
    let begun = |to: &str, second: i64| {
        let (from, data) = (world.at("backup"), world.at(to));
        let what = Restore { from: &from, data: &data, replace: false, heads: &[], nothing_lost: false };
        let now = Timestamp::from_second(second).unwrap();
        restore(&what, now, [9; 16]).unwrap().epoch.unwrap().epoch
    };
    assert_eq!((begun("a", 1_795_000_000), begun("b", 1_795_000_001)), (1_795_000_000, 1_795_000_001));
}

#[test]
fn a_backup_has_all_that_was_appended_before_it_and_is_its_own_witness() {
    let world = World::new();
    // While the log is open, as of a server.
    let log = open(&world.data());
    append(&log, "two", 4, 5);
    let made = world.backup();
    append(&log, "two", 6, 7);
    let marks: Vec<_> =
        made.manifest.plans.iter().map(|(plan, mark)| (plan.as_str(), mark.entries)).collect();
    assert_eq!(marks, [("one", 40), ("two", 5)]);
    let (_, record) = chain("two", 5);
    assert_eq!(made.manifest.plans[&plan("two")].root, record.root);
    assert_eq!(made.kept_bytes, 0);
    Manifest::read(&made.path).unwrap().check_files(&made.path).unwrap();
    assert!(!made.path.join("keys").exists() && !world.at("backup.new").exists());

    // The next one takes over the closed segments, and has what came since.
    let again = world.backup();
    assert_eq!(again.manifest.plans[&plan("two")].entries, 7);
    assert!(again.kept_bytes > 0 && again.written_bytes < made.written_bytes, "{again:?}");
    log.close().unwrap();
}

#[test]
fn what_does_not_hold_is_no_backup_and_the_one_before_stays() {
    let world = World::new();
    let before = world.backup().manifest;
    let log = open(&world.data());
    let (mut entries, _) = chain("two", 4);
    entries[3].payload[0] ^= 1;
    log.append(vec![Record::Entry(entries.remove(3))]).unwrap();
    log.close().unwrap();
    let refused = make(&world.data(), &world.at("backup"), false, Timestamp::UNIX_EPOCH).unwrap_err();
    assert!(matches!(refused, BackupError::DoesNotHold { .. }) && refused.exit_code() == 78, "{refused}");
    assert!(refused.to_string().contains("plan two: the payload of entry 4"), "{refused}");
    assert_eq!(Manifest::read(&world.at("backup")).unwrap(), before);

    fs::create_dir(world.at("other")).unwrap();
    fs::write(world.at("other").join("letter"), "dear").unwrap();
    let refused = make(&world.data(), &world.at("other"), false, Timestamp::UNIX_EPOCH).unwrap_err();
    assert!(matches!(refused, BackupError::NotABackup { .. }), "{refused}");
}

#[test]
fn a_damaged_closed_segment_is_taken_from_the_backup_before() {
    let world = World::new();
    world.backup();
    let first = segments(&world.data()).remove(0);
    let mut bytes = fs::read(&first).unwrap();
    bytes[200] ^= 1;
    fs::write(&first, bytes).unwrap();
    assert_eq!(world.backup().manifest.plans[&plan("one")].entries, 40);
}

#[test]
fn a_restore_where_nothing_is_known_begins_an_epoch() {
    let world = World::new();
    world.backup();
    let done = world.restore("fresh", PLAINLY).unwrap();
    assert_eq!((done.loss, done.epoch.map(|epoch| epoch.epoch), done.kept), (Loss::Unknown, Some(2), None));
    let log = open(&world.at("fresh"));
    assert_eq!((log.head("one").unwrap().seq, log.head("two").unwrap().seq), (40, 3));
    let notary = Notary::open(&world.at("fresh"), "plans.example.org", &log, [7; 32]).unwrap();
    assert_eq!(notary.origin(&plan("one")), "plans.example.org/plans/one/2");
    assert_eq!(notary.vouched(&plan("one")), None, "nothing of the new name is vouched for");
    assert!(notary.epoch().because.contains("restored from a backup"), "{:?}", notary.epoch());
    let identity = log.fact(plenary_log::FactKind::ServerIdentity, crate::sync::SERVER_KEY).unwrap();
    assert_eq!(identity, Some(vec![9; 16]));
    log.close().unwrap();

    let refused = world.restore("fresh", PLAINLY).unwrap_err();
    assert!(matches!(refused, BackupError::NotEmpty { .. }), "{refused}");
    // Once more in its place: epochs only grow.
    let done = world.restore("fresh", REPLACING).unwrap();
    assert_eq!(done.loss, Loss::Nothing, "all of it is in the backup");
    assert_eq!(done.epoch, None);
}

#[test]
fn a_restore_knows_what_it_loses_and_nobody_can_talk_it_away() {
    let world = World::new();
    world.backup();
    let log = open(&world.data());
    append(&log, "two", 4, 6);
    append(&log, "three", 1, 2);
    log.close().unwrap();
    let refused = world.restore("data", How { replace: true, nothing_lost: true });
    let refused = refused.unwrap_err();
    assert!(matches!(refused, BackupError::Contradicted { .. }), "{refused}");
    assert_eq!(world.head("data", "two"), 6, "nothing was changed");

    let done = world.restore("data", REPLACING).unwrap();
    let tail = |plan: &str, backup, known| LostTail { plan: plan.to_owned(), backup, known };
    assert_eq!(done.loss, Loss::Lost(vec![tail("three", 0, 2), tail("two", 3, 6)]));
    assert_eq!(done.epoch.unwrap().epoch, 2);
    let kept = done.kept.unwrap();
    assert!(kept.starts_with(world.data().join("aside")));
    assert_eq!((world.head("data", "two"), world.head("data", "three")), (3, 0));
    // What was there is there still, whole.
    fs::rename(&kept, world.at("before")).unwrap();
    assert_eq!(world.head("before", "two"), 6);
}

#[test]
fn another_history_of_the_same_length_is_a_loss() {
    let world = World::new();
    world.backup();
    let other = open(&world.at("other"));
    append(&other, "one", 1, 40);
    let (mut entries, _) = chain("two", 2);
    let last = plenary_protocol::record::leaf_hash(&entries[1].envelope);
    let mut third = crate::evidence::samples::entry("two", 3, last);
    third.salt = [8; 32];
    third.envelope = {
        let commitment = plenary_protocol::record::payload_commitment(&third.salt, &third.payload);
        let keep = third.envelope.len() - 32;
        [&third.envelope[..keep], &commitment.0].concat()
    };
    entries.push(third);
    entries.into_iter().for_each(|entry| other.append(vec![Record::Entry(entry)]).unwrap());
    other.close().unwrap();
    let done = world.restore("other", REPLACING).unwrap();
    let Loss::Lost(lost) = done.loss else { panic!("{:?}", done.loss) };
    assert_eq!((lost.len(), lost[0].plan.as_str(), lost[0].known), (1, "two", 3));
    assert!(lost[0].to_string().contains("another"), "{}", lost[0]);
}

#[test]
fn what_the_operator_kept_counts() {
    let world = World::new();
    world.backup();
    let heads = [world.at("heads")];
    let told = |text: &str, to: &str| {
        fs::write(&heads[0], text).unwrap();
        world.restore_knowing(to, PLAINLY, &heads)
    };
    holds!(HEADS_BYTES_MAX, |bytes| {
        fs::write(&heads[0], vec![b'\n'; bytes]).unwrap();
        !matches!(super::known::Known::default().read(&heads[0]), Err(super::HeadsError::TooLarge { .. }))
    });
    assert_eq!(told("# mine\none 40\ntwo 3\n", "a").unwrap().loss, Loss::Nothing);
    assert_eq!(told("one 40\n", "b").unwrap().loss, Loss::Unknown, "of the other plan nothing is known");
    assert!(matches!(told("one 41\ntwo 3\n", "c").unwrap().loss, Loss::Lost(lost) if lost[0].known == 41));
    let bad = told("one\n", "d").unwrap_err();
    assert!(bad.to_string().contains("line 1") && bad.exit_code() == 64, "{bad}");

    // A checkpoint that was printed: of the same tree, and of another.
    let key = SigningKey::of_seed(&[7; 32]);
    let signed = |root| {
        let origin = "plans.example.org/plans/one/4".to_owned();
        Checkpoint { origin, size: 40, root }.sign(&key).unwrap()
    };
    let (_, record) = chain("one", 40);
    let same = told(&signed(record.root), "e").unwrap();
    assert_eq!(
        (same.loss, same.epoch.unwrap().epoch),
        (Loss::Unknown, 5),
        "the epoch that was reached counts"
    );
    assert!(
        matches!(told(&signed(Digest([1; 32])), "f").unwrap().loss, Loss::Lost(lost) if lost[0].known == 40)
    );
}

#[test]
fn a_changed_backup_is_not_restored() {
    let world = World::new();
    let made = world.backup();
    let last = segments(&made.path).pop().unwrap();
    let bytes = fs::read(&last).unwrap();
    let hurt = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        fs::write(&last, bytes).unwrap();
        world.restore("fresh", PLAINLY).unwrap_err()
    };
    let refused = hurt(&|bytes| bytes[100] ^= 1);
    assert!(matches!(refused, BackupError::Changed { .. }) && refused.exit_code() == 78, "{refused}");
    assert!(matches!(hurt(&|bytes| _ = bytes.pop()), BackupError::Changed { .. }));
    fs::write(&last, &bytes).unwrap();
    // Sums that were made to fit do not help: the manifest's plans are those of the journal.
    let manifest = made.path.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"entries\": 40", "\"entries\": 41")).unwrap();
    assert!(matches!(world.restore("fresh", PLAINLY).unwrap_err(), BackupError::Changed { .. }));
    fs::write(&manifest, text.replace("journal/", "journal/../../")).unwrap();
    assert!(matches!(world.restore("fresh", PLAINLY).unwrap_err(), BackupError::Manifest { .. }));
    assert!(super::files::is_empty(&world.at("fresh")).unwrap(), "nothing was made but the lock");
}

#[test]
fn records_of_an_epoch_that_has_ended_are_no_finding() {
    let (entries, record) = chain("one", 3);
    let ahead = CheckpointRecord { size: 9, ..record };
    let walk = |epoch: Option<u64>| {
        let mut examiner = Examiner::new();
        entries.iter().for_each(|entry| examiner.entry(entry));
        examiner.fact(&ahead.fact(&plan("one")).unwrap());
        if let Some(epoch) = epoch {
            let (since, because) = (String::new(), String::new());
            examiner.fact(&crate::evidence::EpochRecord { epoch, since, because }.fact().unwrap());
        }
        examiner.finish().findings.len()
    };
    assert_eq!((walk(None), walk(Some(1)), walk(Some(2))), (1, 1, 0));
}
