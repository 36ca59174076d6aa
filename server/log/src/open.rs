//! Start-up: lock, read, judge, and only then change anything.
//!
//! The journal and the store are compared before a byte is written. What they agree on is served;
//! what only the journal has is replayed; what only the store has stops the start.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use crate::disk::{self, Disk, DiskError, RealDisk};
use crate::entry::{Head, Indexer, Record};
use crate::error::{HeadDifference, OpenError, ReadError};
use crate::frame::{Fault, Heads};
use crate::journal::{Journal, Mark};
use crate::log::{Log, Shared};
use crate::options::{CheckOlder, Options};
use crate::recovery::{self, Chain};
use crate::reserve::Ballast;
use crate::segment::{GroupContent, Header};
use crate::store::{Store, StoreOpenError};
use crate::{verify, whole, writer};
use plenary_limits::{GROUP_BYTES_MAX, GROUP_RECORDS_MAX, LOCK_WAIT_MS_MAX, LOCK_WAIT_STEP_MS};

/// What a start found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartReport {
    /// Whether the last stop was clean; a new log counts as clean.
    pub was_clean: bool,
    /// The end of the journal that was cut: bytes that were never acknowledged.
    pub torn_tail: Option<TornTail>,
    /// Groups of the journal that the store was behind.
    pub replayed_groups: u64,
    /// Why the store was made anew, and where the old one is kept.
    pub store_rebuilt: Option<(String, PathBuf)>,
    /// The last group of the journal.
    pub position: u64,
}

/// Bytes at the end of a journal that a stop has left half written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The segment.
    pub path: PathBuf,
    /// Where its last whole group ends, in bytes.
    pub offset: u64,
    /// How many bytes were cut.
    pub length_bytes: u64,
    /// What should have stood there.
    pub expected: String,
    /// What stood there.
    pub found: String,
    /// Where the bytes are kept.
    pub kept: PathBuf,
}

/// The lock on a data directory; free again when it is dropped.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

/// Takes the lock of a data directory, making the directory when there is none: no server starts on it
/// until it is dropped.
///
/// # Errors
/// [`OpenError::Locked`] while a server runs on it, [`OpenError::Io`] when it cannot be made.
pub fn lock(dir: &Path) -> Result<DirLock, OpenError> {
    lock_dir(&RealDisk, dir)
}

/// Takes the lock of a data directory, making the directory when there is none.
pub(crate) fn lock_dir(disk: &dyn Disk, dir: &Path) -> Result<DirLock, OpenError> {
    disk.create_dir_all(dir).map_err(DiskError::at("create", dir))?;
    let path = dir.join("lock");
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = open.map_err(DiskError::at("create", &path))?;
    match try_lock_a_while(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let pid = fs::read_to_string(&path).unwrap_or_default();
            let pid = pid.trim();
            let holder = if pid.is_empty() { String::new() } else { format!(" by process {pid}") };
            return Err(OpenError::Locked { path, holder });
        }
        Err(TryLockError::Error(error)) => return Err(DiskError::at("lock", &path)(error).into()),
    }
    // The number is for a person who meets the lock; a full disk must not stop a start here.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(DirLock { _file: file })
}

/// Takes a lock that its last holder may be about to let go: a killed process holds it until the
/// system has taken it apart.
fn try_lock_a_while(file: &File) -> Result<(), TryLockError> {
    let give_up_at = Instant::now() + Duration::from_millis(LOCK_WAIT_MS_MAX);
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < give_up_at => {
                thread::sleep(Duration::from_millis(LOCK_WAIT_STEP_MS));
            }
            answer => return answer,
        }
    }
}

/// Opens a log on a disk.
pub(crate) fn open(
    options: Options,
    indexer: Arc<dyn Indexer>,
    disk: Arc<dyn Disk>,
) -> Result<(Log, StartReport), OpenError> {
    let lock = lock_dir(&*disk, &options.dir)?;
    Ballast::new(&options.dir, options.ballast_bytes).give_up_if_needed(&options.free_space);
    let Prepared { journal, store, heads, report } = prepare(&options, &*indexer, &disk)?;
    let may_lack = !report.was_clean && report.store_rebuilt.is_none();
    let checks_older = match options.check_older_segments {
        CheckOlder::Never => false,
        CheckOlder::AfterUncleanStop => may_lack,
        CheckOlder::Always => true,
    };
    let shared = Shared::new(options, store, heads, journal.mark(), lock);
    shared.look_at_reserve();
    let log = Log::of(shared);
    let spawn = |name: &'static str, body: Box<dyn FnOnce() + Send>| {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(body);
        thread.map_err(|cause| OpenError::Thread { name, cause })
    };
    let (shared, rows) = (Arc::clone(log.shared()), Arc::clone(&indexer));
    log.add_thread(spawn("plenary-log", Box::new(move || writer::run(&shared, journal, &*rows)))?);
    let shared = Arc::clone(log.shared());
    log.add_thread(spawn("plenary-store", Box::new(move || writer::keep(&shared)))?);
    if checks_older {
        log.shared().mending.store(may_lack, Ordering::Release);
        log.shared().may_lack_rows.store(may_lack, Ordering::Release);
        let shared = Arc::clone(log.shared());
        let check = move || verify::check_older_segments(&shared, &*indexer, may_lack);
        log.add_thread(spawn("plenary-check", Box::new(check))?);
    }
    Ok((log, report))
}

/// A journal and a store that agree.
struct Prepared {
    journal: Journal,
    store: Store,
    heads: Heads,
    report: StartReport,
}

/// The store as it was found.
enum Found {
    Whole { store: Box<Store>, mark: Mark, heads: Heads, last_entries: Heads },
    Damaged(String),
}

fn prepare(options: &Options, indexer: &dyn Indexer, disk: &Arc<dyn Disk>) -> Result<Prepared, OpenError> {
    let journal_dir = options.journal_dir();
    let files = recovery::list(&journal_dir)?;
    if files.is_empty() {
        return prepare_new(options, disk);
    }
    recovery::check_begins_at_one(&journal_dir, &files)?;
    let chain = Chain::read(&journal_dir, files)?;
    let found = find_store(options)?;
    let judged = judge(options, indexer, &chain, &found)?;

    // Nothing was changed so far; from here on the journal is right.
    let mut report = StartReport { was_clean: chain.last.is_sealed(), ..StartReport::default() };
    report.torn_tail = keep_torn_tail(&**disk, options, &chain)?;
    remove_leftovers(&journal_dir)?;
    let journal = chain.settle(Arc::clone(disk), &journal_dir, options.segment_bytes_max)?;
    report.position = journal.mark().position;
    let damage = match found {
        Found::Damaged(reason) => reason,
        Found::Whole { store, mark, .. } => {
            let filled = fill(options, indexer, &chain, &store, mark, &judged, &mut report)?;
            match filled {
                None => return Ok(Prepared { journal, store: *store, heads: judged, report }),
                Some(reason) => reason,
            }
        }
    };
    check_begins_at_one(options, &chain, &damage)?;
    let kept = move_store_aside(options, &**disk)?;
    tracing::warn!(reason = %damage, kept = %kept.display(), "the store was not whole; it is made anew from the journal");
    report.store_rebuilt = Some((damage, kept));
    let store = new_store(options)?;
    let reason = fill(options, indexer, &chain, &store, Mark::START, &judged, &mut report)?;
    match reason {
        None => Ok(Prepared { journal, store, heads: judged, report }),
        Some(reason) => {
            let why = "the store made of it is not whole either".to_owned();
            Err(OpenError::StoreLost { path: options.store_dir(), reason, why })
        }
    }
}

/// A store can be made anew only of a journal that has its first segment.
pub(crate) fn check_begins_at_one(options: &Options, chain: &Chain, damage: &str) -> Result<(), OpenError> {
    if chain.files[0].first == 1 {
        return Ok(());
    }
    let why = format!("the journal begins at group {}", chain.files[0].first);
    Err(OpenError::StoreLost { path: options.store_dir(), reason: damage.to_owned(), why })
}

/// Starts a log where there is no journal; a store beside it must be empty.
fn prepare_new(options: &Options, disk: &Arc<dyn Disk>) -> Result<Prepared, OpenError> {
    let journal_dir = options.journal_dir();
    let lost = |reason| {
        let why = "there is no journal".to_owned();
        OpenError::StoreLost { path: options.store_dir(), reason, why }
    };
    let store = match find_store(options)? {
        Found::Damaged(reason) => return Err(lost(reason)),
        Found::Whole { store, mark, heads, last_entries } => {
            let is_empty = store.is_empty().map_err(|error| lost(error.to_string()))?;
            if !is_empty {
                let in_store = if last_entries.is_empty() { heads } else { last_entries };
                return Err(store_ahead(options, Mark::START, mark, &Heads::new(), &in_store));
            }
            *store
        }
    };
    disk.create_dir_all(&journal_dir).map_err(DiskError::at("create", &journal_dir))?;
    disk.sync_dir(&options.dir).map_err(DiskError::at("sync", &options.dir))?;
    remove_leftovers(&journal_dir)?;
    let header = Header::new(1, Mark::START.hash);
    let max = options.segment_bytes_max;
    let journal = Journal::start_segment(Arc::clone(disk), journal_dir, max, &header, &[], Mark::START)?;
    let report = StartReport { was_clean: true, ..StartReport::default() };
    Ok(Prepared { journal, store, heads: Heads::new(), report })
}

fn find_store(options: &Options) -> Result<Found, OpenError> {
    let path = options.store_dir();
    let store = match Store::open(&path, options.cache_bytes) {
        Ok(store) => store,
        Err(StoreOpenError::Damaged(reason)) => return Ok(Found::Damaged(reason)),
        Err(StoreOpenError::System(reason)) => {
            return Err(OpenError::Store { path, cause: ReadError::Store { action: "open", reason } });
        }
    };
    let read = || Ok::<_, ReadError>((store.mark()?, store.heads()?, store.last_entries()?));
    Ok(match read() {
        Ok((mark, heads, last_entries)) => Found::Whole { store: Box::new(store), mark, heads, last_entries },
        Err(error) => Found::Damaged(error.to_string()),
    })
}

/// Compares journal and store, and gives the heads that both lead to; changes nothing.
fn judge(options: &Options, indexer: &dyn Indexer, chain: &Chain, found: &Found) -> Result<Heads, OpenError> {
    let end = chain.last.end_mark();
    let way_out = recovery::way_out_last(&options.journal_dir());
    let corrupt = |fault: &Fault, why: &str| {
        let found = format!("{} ({why})", fault.found);
        recovery::corrupt(&chain.last.path, &Fault { found, ..fault.clone() }, &way_out)
    };
    if let Some((fault, _)) = &chain.last.scan.fault {
        if let Some(why) = chain.last.scan.why_not_torn() {
            return Err(corrupt(fault, &why));
        }
        if let Found::Whole { mark, .. } = found
            && mark.position > end.position
        {
            let why = format!("the store has taken group {}, so this one was acknowledged", mark.position);
            return Err(corrupt(fault, &why));
        }
    }
    let (store, mark, heads, last_entries) = match found {
        Found::Whole { store, mark, heads, last_entries } => (store, mark, heads, last_entries),
        Found::Damaged(reason) => {
            check_begins_at_one(options, chain, reason)?;
            if end == Mark::START {
                let (path, reason) = (options.store_dir(), reason.clone());
                return Err(OpenError::StoreLost { path, reason, why: "the journal is empty".to_owned() });
            }
            return expected_heads(chain, Mark::START, Heads::new(), &way_out);
        }
    };
    if mark.position > end.position {
        return Err(store_ahead(options, end, *mark, &chain.heads(), last_entries));
    }
    match chain.hash_at(mark.position)? {
        Some(hash) if hash == mark.hash => {}
        Some(_) => return Err(store_ahead(options, end, *mark, &chain.heads(), last_entries)),
        None => {
            return Err(OpenError::StoreLost {
                path: options.store_dir(),
                reason: format!("it ends at group {}", mark.position),
                why: format!("the journal begins at group {}", chain.files[0].first),
            });
        }
    }
    let judged = match expected_heads(chain, *mark, heads.clone(), &way_out) {
        // A store that was stopped in the middle of a group has heads that its mark does not know yet, and one
        // that a power cut took rows from may have old ones: the journal alone says what follows what.
        Err(OpenError::Corrupt { .. }) if chain.files[0].first == 1 => {
            expected_heads(chain, Mark::START, Heads::new(), &way_out)?
        }
        judged => judged?,
    };
    if let Some((fault, _)) = &chain.last.scan.fault {
        let beyond = |plan: &str, seq| judged.get(plan).is_none_or(|head| head.seq < seq);
        if let Some((plan, head)) = last_entries.iter().find(|(plan, head)| beyond(plan, head.seq)) {
            return Err(corrupt(fault, &format!("the store has entry {} of plan {plan}", head.seq)));
        }
        let facts =
            store.facts(None).map_err(|cause| OpenError::Store { path: options.store_dir(), cause })?;
        let vouched = facts.iter().filter_map(|fact| indexer.vouches_for(fact));
        if let Some((plan, seq)) = vouched.into_iter().find(|(plan, seq)| beyond(plan, *seq)) {
            return Err(corrupt(
                fault,
                &format!("a record in the store vouches for entry {seq} of plan {plan}"),
            ));
        }
    }
    let contradicts = |(plan, stored): (&String, &Head)| match judged.get(plan) {
        None => true,
        Some(head) => stored.seq > head.seq || (stored.seq == head.seq && stored.hash != head.hash),
    };
    if last_entries.iter().any(contradicts) {
        return Err(store_ahead(options, end, *mark, &judged, last_entries));
    }
    Ok(judged)
}

/// Follows the journal from a mark and checks that every entry is the next of its plan.
pub(crate) fn expected_heads(
    chain: &Chain,
    from: Mark,
    mut heads: Heads,
    way_out: &str,
) -> Result<Heads, OpenError> {
    chain.for_each_after(from, &mut |span, content| {
        let GroupContent::Records(records) = content else { return Ok(()) };
        for record in &records {
            let Record::Entry(entry) = record else { continue };
            let expected = heads.get(&entry.plan).map_or(0, |head| head.seq) + 1;
            if entry.seq != expected {
                let expected = format!("entry {expected} of plan {} in group {}", entry.plan, span.position);
                let fault =
                    Fault { offset: span.start, expected, found: entry.seq.to_string(), written_so: true };
                return Err(recovery::corrupt(&chain.last.path, &fault, way_out));
            }
            recovery::advance(&mut heads, std::slice::from_ref(record));
        }
        Ok(())
    })?;
    Ok(heads)
}

/// Brings a store up to the journal; gives why it is not whole, if it is not.
fn fill(
    options: &Options,
    indexer: &dyn Indexer,
    chain: &Chain,
    store: &Store,
    from: Mark,
    expected: &Heads,
    report: &mut StartReport,
) -> Result<Option<String>, OpenError> {
    report.replayed_groups = 0;
    match fill_guarded(indexer, chain, store, from, expected, report) {
        Ok(reason) => Ok(reason),
        Err(FillError::Open(error)) => Err(error),
        // The first store may be made anew; the new one may not fail.
        Err(FillError::Store(error)) if from != Mark::START => Ok(Some(error.to_string())),
        Err(FillError::Store(cause)) => Err(OpenError::Store { path: options.store_dir(), cause }),
    }
}

/// Why a store could not be brought up to the journal.
pub(crate) enum FillError {
    Open(OpenError),
    Store(ReadError),
}

impl From<OpenError> for FillError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<ReadError> for FillError {
    fn from(error: ReadError) -> Self {
        Self::Store(error)
    }
}

fn fill_guarded(
    indexer: &dyn Indexer,
    chain: &Chain,
    store: &Store,
    from: Mark,
    expected: &Heads,
    report: &mut StartReport,
) -> Result<Option<String>, FillError> {
    report.replayed_groups = replay(indexer, chain, store, from)?;
    if !report.was_clean {
        // What a power cut may have taken from the last segment is found before it is served; the rest
        // of the store is looked through while it is, see `whole`.
        let records = chain.last.records()?;
        if let Some(missing) = whole::first_missing(store, indexer, records.iter())? {
            return Ok(Some(missing));
        }
    }
    let heads = store.heads()?;
    let last_entries = store.last_entries()?;
    let differs = |found: &Heads| expected.iter().find(|(plan, head)| found.get(*plan) != Some(head));
    Ok(match differs(&heads).or_else(|| differs(&last_entries)) {
        Some((plan, head)) => Some(format!("plan {plan} does not end with entry {}", head.seq)),
        None if heads.len() != expected.len() => Some("it has heads that the journal has not".to_owned()),
        None => None,
    })
}

/// Gives the store the groups behind `from`, several at a time; gives how many there were.
pub(crate) fn replay(
    indexer: &dyn Indexer,
    chain: &Chain,
    store: &Store,
    from: Mark,
) -> Result<u64, FillError> {
    let mut waiting: Vec<Record> = Vec::new();
    let (mut bytes, mut groups, mut mark) = (0, 0, from);
    let mut failed = None;
    let visited = chain.for_each_after(from, &mut |span, content| {
        if failed.is_some() {
            return Ok(());
        }
        groups += 1;
        mark = Mark { position: span.position, hash: span.hash_after };
        if let GroupContent::Records(records) = content {
            bytes += records.iter().map(Record::weight_bytes).sum::<usize>();
            waiting.extend(records);
        }
        if bytes >= GROUP_BYTES_MAX || waiting.len() >= GROUP_RECORDS_MAX {
            failed = store.apply(waiting.iter(), mark, indexer).err();
            waiting.clear();
            bytes = 0;
        }
        Ok(())
    });
    visited.map_err(FillError::Open)?;
    if let Some(error) = failed {
        return Err(FillError::Store(error));
    }
    if mark != from {
        store.apply(waiting.iter(), mark, indexer).map_err(FillError::Store)?;
    }
    Ok(groups)
}

fn keep_torn_tail(disk: &dyn Disk, options: &Options, chain: &Chain) -> Result<Option<TornTail>, OpenError> {
    let last = &chain.last;
    let Some((fault, _)) = &last.scan.fault else { return Ok(None) };
    let kept = disk::aside_path(disk, &options.dir, &format!("torn-tail-{:020}", last.header.first))?;
    let bytes = &last.bytes[last.scan.end..];
    disk::write_new(disk, &kept, bytes)?;
    let torn = TornTail {
        path: last.path.clone(),
        offset: last.scan.end as u64,
        length_bytes: bytes.len() as u64,
        expected: fault.expected.clone(),
        found: fault.found.clone(),
        kept,
    };
    tracing::warn!(
        file = %torn.path.display(), offset = torn.offset, bytes = torn.length_bytes, expected = %torn.expected,
        found = %torn.found, kept = %torn.kept.display(),
        "the journal ends with a group that was never acknowledged; it was cut"
    );
    Ok(Some(torn))
}

/// Removes segments that were never finished: they never had their name.
fn remove_leftovers(journal: &Path) -> Result<(), OpenError> {
    let entries = fs::read_dir(journal).map_err(DiskError::at("list", journal))?;
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if path.extension().is_some_and(|extension| extension == "new") {
            fs::remove_file(&path).map_err(DiskError::at("remove", &path))?;
        }
    }
    Ok(())
}

/// Moves the store aside and gives where it is.
pub(crate) fn move_store_aside(options: &Options, disk: &dyn Disk) -> Result<PathBuf, OpenError> {
    let kept = disk::aside_path(disk, &options.dir, "store")?;
    disk::move_to(disk, &options.store_dir(), &kept)?;
    Ok(kept)
}

/// Makes a store where none is.
pub(crate) fn new_store(options: &Options) -> Result<Store, OpenError> {
    let path = options.store_dir();
    Store::open(&path, options.cache_bytes).map_err(|error| {
        let (StoreOpenError::Damaged(reason) | StoreOpenError::System(reason)) = error;
        OpenError::Store { path, cause: ReadError::Store { action: "open", reason } }
    })
}

fn store_ahead(
    options: &Options,
    journal: Mark,
    store: Mark,
    in_journal: &Heads,
    in_store: &Heads,
) -> OpenError {
    let plans: std::collections::BTreeSet<&String> = in_journal.keys().chain(in_store.keys()).collect();
    let differences = plans.into_iter().map(|plan| HeadDifference {
        plan: plan.clone(),
        journal: in_journal.get(plan).copied(),
        store: in_store.get(plan).copied(),
    });
    OpenError::StoreAhead {
        dir: options.dir.clone(),
        journal_position: journal.position,
        store_position: store.position,
        differences: differences.filter(|found| found.journal != found.store).collect(),
    }
}
