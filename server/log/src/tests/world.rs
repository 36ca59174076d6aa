//! What the tests share: a data directory, an indexer, entries made of numbers, a disk with faults.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::disk::{Disk, DiskFile, RealDisk};
use crate::{
    CheckOlder, Entry, Fact, FactKind, IndexRow, Indexer, Log, OpenError, Options, Record, Space,
    StartReport, leaf_hash,
};

pub(crate) struct TestIndexer;

impl Indexer for TestIndexer {
    fn rows(&self, entry: &Entry) -> Vec<IndexRow> {
        let place = place(&entry.plan, entry.seq);
        let last = [&b"last of "[..], entry.plan.as_bytes()].concat();
        vec![
            IndexRow { key: last, value: place.clone() },
            IndexRow { key: leaf_hash(&entry.envelope).to_vec(), value: place },
        ]
    }

    fn vouches_for(&self, fact: &Fact) -> Option<(String, u64)> {
        let text = std::str::from_utf8(&fact.value).ok()?;
        let (plan, seq) = text.split_once(' ').filter(|_| fact.kind == FactKind::CheckpointRecord)?;
        Some((plan.to_owned(), seq.parse().ok()?))
    }
}

/// What an index row of [`TestIndexer`] says.
pub(crate) fn place(plan: &str, seq: u64) -> Vec<u8> {
    [plan.as_bytes(), &[0], &seq.to_be_bytes()].concat()
}

/// An entry whose every byte follows from its place and size.
pub(crate) fn entry_of(plan: &str, seq: u64, payload_bytes: usize) -> Entry {
    let salt = leaf_hash(format!("salt {plan} {seq}").as_bytes());
    let payload = salt.iter().copied().cycle().take(payload_bytes).collect();
    Entry {
        plan: plan.to_owned(),
        seq,
        envelope: format!("envelope {plan} {seq}").into_bytes(),
        salt,
        payload,
    }
}

pub(crate) fn entry(plan: &str, seq: u64) -> Record {
    Record::Entry(entry_of(plan, seq, 40))
}

pub(crate) fn fact(key: &str, value: &str) -> Record {
    let (key, value) = (key.as_bytes().to_vec(), value.as_bytes().to_vec());
    Record::Fact(Fact { kind: FactKind::CheckpointRecord, key, value })
}

pub(crate) struct World {
    pub root: tempfile::TempDir,
    pub options: Options,
}

impl World {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let options = options_at(&root.path().join("data"));
        Self { root, options }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.options.dir
    }

    pub(crate) fn open(&self) -> (Log, StartReport) {
        self.try_open().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_open(&self) -> Result<(Log, StartReport), OpenError> {
        Log::open(self.options.clone(), Arc::new(TestIndexer))
    }

    pub(crate) fn open_on(&self, disk: &Arc<FaultDisk>) -> Result<(Log, StartReport), OpenError> {
        let disk: Arc<dyn Disk> = Arc::<FaultDisk>::clone(disk);
        crate::open::open(self.options.clone(), Arc::new(TestIndexer), disk)
    }

    /// The refusal to open, as text; that it is one is what is asserted.
    pub(crate) fn refusal(&self) -> OpenError {
        match self.try_open() {
            Ok((_, report)) => panic!("it opened: {report:?}"),
            Err(error) => error,
        }
    }

    /// A world whose data is a copy of this one's as it is now: what a killed process leaves.
    pub(crate) fn image(&self) -> Self {
        let world = Self::new();
        copy_dir(self.dir(), world.dir());
        Self { options: Options { dir: world.options.dir.clone(), ..self.options.clone() }, root: world.root }
    }

    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(self.options.journal_dir()).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    pub(crate) fn last_segment(&self) -> PathBuf {
        self.segments().pop().unwrap()
    }
}

pub(crate) fn options_at(dir: &Path) -> Options {
    let mut options = Options::new(dir);
    options.cache_bytes = 8 << 20;
    options.free_space = Arc::new(|_: &Path| Ok(Space { free_bytes: 1 << 40, total_bytes: 1 << 41 }));
    options.check_older_segments = CheckOlder::Never;
    options.ballast_bytes = 0;
    // Flushes come when a test asks for one.
    options.flush_idle = Duration::from_secs(3600);
    options
}

pub(crate) fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for found in fs::read_dir(from).unwrap() {
        let found = found.unwrap();
        let target = to.join(found.file_name());
        if found.file_type().unwrap().is_dir() {
            copy_dir(&found.path(), &target);
        } else {
            fs::copy(found.path(), target).unwrap();
        }
    }
}

pub(crate) fn flip(path: &Path, offset: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[offset] ^= 0x40;
    fs::write(path, bytes).unwrap();
}

pub(crate) fn cut(path: &Path, length: usize) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length as u64).unwrap();
}

pub(crate) fn length(path: &Path) -> usize {
    usize::try_from(fs::metadata(path).unwrap().len()).unwrap()
}

/// All entries of a plan, asserted to be those that [`entry_of`] makes.
pub(crate) fn assert_entries(log: &Log, plan: &str, count: u64, payload_bytes: usize) {
    let entries = log.entries(plan, 0, usize::MAX).unwrap();
    assert_eq!(entries.len() as u64, count, "entries of {plan}");
    for (seq, entry) in (1..).zip(entries) {
        assert!(entry == entry_of(plan, seq, payload_bytes), "entry {seq} of {plan} is another");
    }
}

/// A real disk on which a test can make writes and syncs fail.
#[derive(Default)]
pub(crate) struct FaultDisk {
    faults: Arc<Faults>,
}

#[derive(Default)]
pub(crate) struct Faults {
    /// Fail the next write after this many bytes of it.
    pub short_write: Mutex<Option<(usize, io::ErrorKind)>>,
    pub sync_fails: AtomicBool,
    pub create_fails: Mutex<Option<io::ErrorKind>>,
    pub syncs: AtomicUsize,
}

impl FaultDisk {
    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }
}

struct FaultFile {
    file: Box<dyn DiskFile>,
    faults: Arc<Faults>,
}

impl DiskFile for FaultFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some((kept, kind)) = self.faults.short_write.lock().unwrap().take() {
            self.file.append(&bytes[..kept.min(bytes.len())])?;
            return Err(kind.into());
        }
        self.file.append(bytes)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.faults.syncs.fetch_add(1, Ordering::SeqCst);
        if self.faults.sync_fails.load(Ordering::SeqCst) {
            return Err(io::Error::from_raw_os_error(5));
        }
        self.file.sync_data()
    }

    fn cut(&mut self, length_bytes: u64) -> io::Result<()> {
        self.file.cut(length_bytes)
    }
}

impl FaultDisk {
    fn wrap(&self, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(FaultFile { file, faults: Arc::clone(&self.faults) })
    }

    fn may_create(&self) -> io::Result<()> {
        match *self.faults.create_fails.lock().unwrap() {
            Some(kind) => Err(kind.into()),
            None => Ok(()),
        }
    }
}

impl Disk for FaultDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.may_create()?;
        RealDisk.create_dir_all(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.may_create()?;
        RealDisk.create(path).map(|file| self.wrap(file))
    }

    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        RealDisk.open_append(path).map(|file| self.wrap(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_dir(path)
    }
}
