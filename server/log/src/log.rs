//! The handle: what callers append through and read from.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::disk::{self, RealDisk};
use crate::entry::{Entry, Fact, FactKind, Head, Indexer, Record, is_plan_name};
use crate::error::{AppendError, CloseError, OpenError, ReadError};
use crate::frame::Heads;
use crate::journal::Mark;
use crate::look::{self, Sight};
use crate::open::{self, DirLock, StartReport};
use crate::options::Options;
use crate::queue::{Call, Ending, Queue};
use crate::reserve::{Ballast, ReserveWatch, Space};
use crate::snapshot::{self, Snapshot};
use crate::store::{self, Store};
use plenary_limits::{CALL_BYTES_MAX, CALL_RECORDS_MAX};

/// Is told what became of an append; runs on the writer's thread, so it must be short and must not
/// wait for another append.
pub type Done = Box<dyn FnOnce(Result<(), AppendError>) + Send>;

/// What the log can do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogState {
    /// It appends and reads.
    Serving,
    /// The disk is below its reserve: it reads, and appends again when space returns.
    ReadOnly {
        /// What is missing, with numbers.
        reason: String,
    },
    /// A write failed: it reads, and never appends again.
    Failed {
        /// What failed first.
        reason: String,
    },
}

/// What a log measures of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Calls that wait for the writer.
    pub waiting_calls: usize,
    /// Bytes of them.
    pub waiting_bytes: usize,
    /// Groups that are in the journal and not yet in the store.
    pub store_lag_groups: u64,
    /// Groups in the store that its file does not have yet; the journal has them.
    pub unflushed_groups: u64,
    /// Bytes of the journal's files.
    pub journal_bytes: u64,
    /// Bytes of the store's files.
    pub store_bytes: u64,
    /// Bytes of the disk; none when the system does not tell.
    pub space: Option<Space>,
}

/// A log, open; clones are handles to the same one.
///
/// When the last handle is dropped without [`Log::close`], what was appended is written but not
/// sealed: the next start takes it for a stop that was not clean.
#[derive(Clone)]
pub struct Log {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What handles and threads share.
pub(crate) struct Shared {
    pub options: Options,
    pub store: Store,
    pub queue: Queue,
    pub reserve: Mutex<ReserveWatch>,
    /// The last group in the journal.
    pub written: AtomicU64,
    /// The last group in the store.
    pub applied: AtomicU64,
    /// The last group that the store wrote to its file.
    pub flushed: AtomicU64,
    /// Whether the store may still lack what a stop that was not clean took from it.
    pub mending: AtomicBool,
    /// Whether rows and facts that a stop which was not clean took from the store are not put back.
    pub may_lack_rows: AtomicBool,
    /// Whether a look in the background found the journal damaged.
    pub journal_damaged: AtomicBool,
    /// Why a clean stop did not write the store out.
    pub unflushed: Mutex<Option<String>>,
    heads: RwLock<Heads>,
    state: Mutex<LogState>,
    stop: Mutex<bool>,
    stopped: Condvar,
    snapshots: Mutex<()>,
    /// Last, so that the directory is free only when all else is closed.
    _lock: DirLock,
}

/// Locks, whatever happened to another thread: what is guarded here is never half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Log {
    /// Opens the log of a data directory, making it when there is none, and says what it found.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing was changed when it is one of [`OpenError::Corrupt`],
    /// [`OpenError::StoreAhead`] and [`OpenError::StoreLost`].
    pub fn open(options: Options, indexer: Arc<dyn Indexer>) -> Result<(Self, StartReport), OpenError> {
        open::open(options, indexer, Arc::new(RealDisk))
    }

    pub(crate) fn of(shared: Shared) -> Self {
        Self { inner: Arc::new(Inner { shared: Arc::new(shared), threads: Mutex::new(Vec::new()) }) }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    pub(crate) fn add_thread(&self, thread: JoinHandle<()>) {
        lock(&self.inner.threads).push(thread);
    }

    /// Appends records, all or none, and returns when they are durable and in the store.
    ///
    /// No records at all make a barrier: it returns when what was appended before is durable.
    ///
    /// # Errors
    /// See [`AppendError`]; after [`AppendError::Failed`] it is not known whether the records are
    /// durable, after any other nothing was written.
    pub fn append(&self, records: Vec<Record>) -> Result<(), AppendError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.append_then(
            records,
            Box::new(move |result| {
                let _ = sender.send(result);
            }),
        )?;
        let stopped = || AppendError::Failed { reason: "the writer has stopped".to_owned() };
        receiver.recv().map_err(|_| stopped())?
    }

    /// Queues records and returns at once; `done` is told when they are durable and in the store.
    ///
    /// # Errors
    /// As [`Log::append`], for what is known at once: a full queue, a limit, a log that has failed or
    /// is closed. `done` is then never called. Otherwise it is called exactly once.
    pub fn append_then(&self, records: Vec<Record>, done: Done) -> Result<(), AppendError> {
        if records.len() > CALL_RECORDS_MAX {
            let (length, max) = (records.len(), CALL_RECORDS_MAX);
            return Err(AppendError::TooLarge { what: "call in records", length, max });
        }
        records.iter().try_for_each(Record::check)?;
        let length = records.iter().map(Record::weight_bytes).sum();
        if length > CALL_BYTES_MAX {
            return Err(AppendError::TooLarge { what: "call in bytes", length, max: CALL_BYTES_MAX });
        }
        if let Some(reason) = self.failed() {
            return Err(AppendError::Failed { reason });
        }
        self.inner.shared.queue.push(Call::new(records, done))
    }

    /// Gives the head of a plan; none when it has no entry.
    #[must_use]
    pub fn head(&self, plan: &str) -> Option<Head> {
        self.inner.shared.head(plan)
    }

    /// Lists the plans that have an entry, in order of their names.
    #[must_use]
    pub fn plans(&self) -> Vec<String> {
        self.inner.shared.heads().into_keys().collect()
    }

    /// Gives one entry; none when the plan does not reach that far.
    ///
    /// # Errors
    /// [`ReadError::Missing`] when the store lacks an entry it should have, [`ReadError::Store`] when
    /// it fails.
    pub fn entry(&self, plan: &str, seq: u64) -> Result<Option<Entry>, ReadError> {
        if seq == 0 || self.head(plan).is_none_or(|head| seq > head.seq) {
            return Ok(None);
        }
        let entry = self.inner.shared.store.entry(plan, seq)?;
        entry.map(Some).ok_or_else(|| ReadError::Missing { plan: plan.to_owned(), seq })
    }

    /// Gives the entries of a plan behind `after`, in order and without gaps, at most `limit`.
    ///
    /// # Errors
    /// As [`Log::entry`].
    pub fn entries(&self, plan: &str, after: u64, limit: usize) -> Result<Vec<Entry>, ReadError> {
        let Some(head) = self.head(plan) else { return Ok(Vec::new()) };
        self.inner.shared.store.entries(plan, after, head.seq, limit)
    }

    /// Gives the value of an index row, as the [`Indexer`] made it.
    ///
    /// # Errors
    /// [`ReadError::Store`] when the store fails.
    pub fn index(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.inner.shared.store.index(key)
    }

    /// Gives the value of a fact.
    ///
    /// # Errors
    /// [`ReadError::Store`] when the store fails.
    pub fn fact(&self, kind: FactKind, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.inner.shared.store.fact(kind, key)
    }

    /// Gives all facts of a kind, in ascending order of their keys.
    ///
    /// # Errors
    /// As [`Log::fact`].
    pub fn facts(&self, kind: FactKind) -> Result<Vec<Fact>, ReadError> {
        self.inner.shared.store.facts(Some(kind))
    }

    /// Puts a snapshot in place of a plan's last one; the caller has seen that it loads.
    ///
    /// # Errors
    /// [`ReadError::SnapshotHash`] when the hash is not that of the bytes, [`ReadError::TooLarge`]
    /// above a limit, [`ReadError::Store`] when the store fails. The last good one then stays.
    pub fn put_snapshot(&self, plan: &str, snapshot: &Snapshot) -> Result<(), ReadError> {
        assert!(is_plan_name(plan), "a snapshot belongs to a plan");
        let _one_at_a_time = lock(&self.inner.shared.snapshots);
        snapshot::put(&self.inner.shared.store, plan, snapshot)
    }

    /// Gives a plan's snapshot; none when there is none, or it is not as it was written.
    #[must_use]
    pub fn snapshot(&self, plan: &str) -> Option<Snapshot> {
        let _one_at_a_time = lock(&self.inner.shared.snapshots);
        snapshot::get(&self.inner.shared.store, plan)
    }

    /// Deletes the snapshot of a plan, which changes nothing but time.
    ///
    /// # Errors
    /// [`ReadError::Store`] when the store fails.
    pub fn delete_snapshot(&self, plan: &str) -> Result<(), ReadError> {
        let _one_at_a_time = lock(&self.inner.shared.snapshots);
        snapshot::delete(&self.inner.shared.store, plan)
    }

    /// Deletes all snapshots, which changes nothing but time.
    ///
    /// # Errors
    /// [`ReadError::Store`] when the store fails.
    pub fn delete_snapshots(&self) -> Result<(), ReadError> {
        let _one_at_a_time = lock(&self.inner.shared.snapshots);
        snapshot::delete_all(&self.inner.shared.store)
    }

    /// Tells what the log can do now.
    #[must_use]
    pub fn state(&self) -> LogState {
        self.inner.shared.state()
    }

    /// Gives what made the log fail; none while it has not. See also [`Options::on_failure`].
    #[must_use]
    pub fn failed(&self) -> Option<String> {
        self.inner.shared.failure()
    }

    /// Measures the log: what waits, how far the store is, what the files take.
    #[must_use]
    pub fn measure(&self) -> Measure {
        let shared = &self.inner.shared;
        // In this order, so that neither difference is ever taken from a later group.
        let flushed = shared.flushed.load(Ordering::Acquire);
        let applied = shared.applied.load(Ordering::Acquire);
        let written = shared.written.load(Ordering::Acquire);
        let (waiting_calls, waiting_bytes) = shared.queue.waiting();
        Measure {
            waiting_calls,
            waiting_bytes,
            store_lag_groups: written.saturating_sub(applied),
            unflushed_groups: applied.saturating_sub(flushed),
            journal_bytes: disk::size_of(&shared.options.journal_dir()),
            store_bytes: disk::size_of(&shared.options.store_dir()),
            space: (shared.options.free_space)(&shared.options.dir).ok(),
        }
    }

    /// Walks through the whole journal from its first group, each entry held beside the store's; the
    /// log serves meanwhile. The caller sets the pace by how long `visit` takes. One segment is in memory
    /// at a time.
    ///
    /// # Errors
    /// [`OpenError::Io`] when the segments cannot be listed; damage in them is a [`Sight`].
    pub fn look_through(&self, visit: &mut dyn FnMut(Sight<'_>) -> ControlFlow<()>) -> Result<(), OpenError> {
        look::look_through(&self.inner.shared, visit)
    }

    /// Tells whether the store may still lack entries that a stop that was not clean took from it; they
    /// are being put back.
    #[must_use]
    pub fn is_being_mended(&self) -> bool {
        self.inner.shared.mending.load(Ordering::Acquire)
    }

    /// Tells whether index rows and facts may be missing, or be old ones, that a stop which was not clean took from
    /// the store: until they are put back, and for good where that cannot be done.  That a row is not there
    /// proves nothing then; a missing entry is an error at any time.
    #[must_use]
    pub fn may_lack_rows(&self) -> bool {
        self.inner.shared.may_lack_rows.load(Ordering::Acquire)
    }

    /// Tells whether somebody waits for the writer.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.inner.shared.queue.waiting().0 > 0
    }

    /// Whether the journal was found damaged since the start; the store has what was in it.
    #[must_use]
    pub fn is_journal_damaged(&self) -> bool {
        self.inner.shared.journal_damaged.load(Ordering::Acquire)
    }

    /// Writes the store out and returns when its file is on the disk.
    ///
    /// # Errors
    /// [`ReadError::Store`] when the store or the disk fails.
    pub fn flush_store(&self) -> Result<(), ReadError> {
        self.inner.shared.store.flush()?;
        store::sync_file(&self.inner.shared.options.store_dir())
            .map_err(|error| ReadError::Store { action: "sync its file", reason: error.to_string() })
    }

    /// Stops cleanly: writes what waits, seals the journal, writes the store out.
    ///
    /// Where the store may lack rows there is no seal, so that the next start looks for them again.
    ///
    /// Other handles still read; their appends are answered with [`AppendError::Closed`]. The data
    /// directory is free for another log when the last handle is gone.
    ///
    /// # Errors
    /// [`CloseError::Failed`] when there is no seal, [`CloseError::Store`] when there is one but the
    /// store was not written out.
    pub fn close(self) -> Result<(), CloseError> {
        self.inner.stop(Ending::Sealed);
        if let Some(reason) = self.failed() {
            return Err(CloseError::Failed { reason });
        }
        match lock(&self.inner.shared.unflushed).clone() {
            Some(reason) => Err(CloseError::Store { reason }),
            None => Ok(()),
        }
    }
}

impl Inner {
    fn stop(&self, ending: Ending) {
        self.shared.queue.end(ending);
        *lock(&self.shared.stop) = true;
        self.shared.stopped.notify_all();
        for thread in std::mem::take(&mut *lock(&self.threads)) {
            // The last handle may be dropped by a caller's function, on the writer's own thread.
            if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
                self.shared.fail("a thread of the log has panicked".to_owned());
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop(Ending::Dropped);
    }
}

impl Shared {
    pub(crate) fn new(options: Options, store: Store, heads: Heads, mark: Mark, lock: DirLock) -> Self {
        let (probe, dir) = (Arc::clone(&options.free_space), options.dir.clone());
        let ballast = Ballast::new(&dir, options.ballast_bytes);
        let watch = ReserveWatch::new(options.reserve, probe, dir, ballast);
        Self {
            queue: Queue::new(options.queue_calls_max, options.queue_bytes_max),
            options,
            store,
            reserve: Mutex::new(watch),
            written: AtomicU64::new(mark.position),
            applied: AtomicU64::new(mark.position),
            flushed: AtomicU64::new(mark.position),
            mending: AtomicBool::new(false),
            may_lack_rows: AtomicBool::new(false),
            journal_damaged: AtomicBool::new(false),
            unflushed: Mutex::new(None),
            heads: RwLock::new(heads),
            state: Mutex::new(LogState::Serving),
            stop: Mutex::new(false),
            stopped: Condvar::new(),
            snapshots: Mutex::new(()),
            _lock: lock,
        }
    }

    pub(crate) fn head(&self, plan: &str) -> Option<Head> {
        self.heads.read().unwrap_or_else(PoisonError::into_inner).get(plan).copied()
    }

    pub(crate) fn heads(&self) -> Heads {
        self.heads.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn plan_count(&self) -> usize {
        self.heads.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Makes a group that is durable and in the store visible.
    pub(crate) fn publish(&self, heads: Heads, mark: Mark) {
        self.heads.write().unwrap_or_else(PoisonError::into_inner).extend(heads);
        self.applied.store(mark.position, Ordering::Release);
    }

    pub(crate) fn state(&self) -> LogState {
        lock(&self.state).clone()
    }

    pub(crate) fn failure(&self) -> Option<String> {
        match self.state() {
            LogState::Failed { reason } => Some(reason),
            LogState::Serving | LogState::ReadOnly { .. } => None,
        }
    }

    /// Fails for ever; the first reason counts and is told once.
    pub(crate) fn fail(&self, reason: String) {
        let is_first = {
            let mut state = lock(&self.state);
            let is_first = !matches!(*state, LogState::Failed { .. });
            if is_first {
                *state = LogState::Failed { reason: reason.clone() };
            }
            is_first
        };
        if !is_first {
            return;
        }
        tracing::error!(%reason, "the log has failed and appends nothing more");
        if let Some(on_failure) = &self.options.on_failure
            && std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| on_failure(&reason))).is_err()
        {
            tracing::error!("the function that is told of a failure panicked");
        }
    }

    /// Gives why nothing may be written now, and keeps the state in step.
    pub(crate) fn look_at_reserve(&self) -> Option<String> {
        let shortage = lock(&self.reserve).shortage();
        let mut state = lock(&self.state);
        if !matches!(*state, LogState::Failed { .. }) {
            *state = match &shortage {
                None => LogState::Serving,
                Some(reason) => LogState::ReadOnly { reason: reason.clone() },
            };
        }
        shortage
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *lock(&self.stop)
    }

    /// Waits this long, or until the log stops; tells whether it does.
    pub(crate) fn wait_for_stop(&self, for_at_most: Duration) -> bool {
        let stop = lock(&self.stop);
        let waited = self.stopped.wait_timeout_while(stop, for_at_most, |stop| !*stop);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
