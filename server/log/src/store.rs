//! The sled store: entries, heads, the index, facts and snapshots, and the mark of the last journal
//! group that it has taken.
//!
//! sled may panic on damage, so every call is guarded. Rows are written one by one, heads and mark
//! last: sled's log is one sequence and its recovery takes a beginning of it, so a mark in the store
//! means the rest is there. `apply_batch` and transactions stay out: each rolls sled's buffer twice,
//! wakes all its threads, and from the first one on every reader takes a lock of the whole process.
//! Nothing here is durable until [`Store::flush`]; the journal is what makes it so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sled::Tree;

use crate::entry::{Entry, Fact, FactKind, Head, IndexRow, Indexer, Record, leaf_hash};
use crate::error::ReadError;
use crate::frame::{Heads, Reader};
use crate::journal::Mark;
use crate::store_value;
use plenary_limits::{INDEX_KEY_BYTES_MAX, STORE_CLOSE_WAIT_S_MAX};

/// The key of the mark in `heads`; no plan's name is like it.
const MARK_KEY: &[u8] = b"\0mark";
/// sled's own threads may hold its file for a moment after it was dropped in this process; another
/// process cannot, because it would hold our lock.
const SLED_CLOSE_WAIT_MAX: Duration = Duration::from_secs(STORE_CLOSE_WAIT_S_MAX);
/// Codes of trees in the keys of chunks.
const EVENTS_CODE: u8 = 1;
const FACTS_CODE: u8 = 2;
const INDEX_CODE: u8 = 20;
/// Trees that older programs filled and that nothing reads any more; a start removes them.
const RETIRED_TREES: [&str; 4] = ["by_element", "by_principal", "by_time", "actors"];

/// The trees of the store.
pub(crate) struct Store {
    db: sled::Db,
    events: Tree,
    heads: Tree,
    facts: Tree,
    chunks: Tree,
    pub(crate) snapshots: Tree,
    idempotency: Tree,
    /// Held while rows are written, so that what is put back never meets a later value half way.
    writing: Mutex<()>,
    /// After all other handles to the database.
    _last: LastHandle,
}

/// The last handle to sled's database: dropping it writes and syncs, and sled panics where the disk fails.
struct LastHandle(Option<sled::Db>);

impl Drop for LastHandle {
    fn drop(&mut self) {
        let db = self.0.take();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(db))) {
            // What sled did not write, the journal has.
            tracing::error!(reason = panic_text(&*panic), "the store was not closed cleanly");
        }
    }
}

/// Why a store did not open.
pub(crate) enum StoreOpenError {
    /// The file is damaged; another one can be made.
    Damaged(String),
    /// The system does not let it open; another one would not open either.
    System(String),
}

/// Runs a call into sled; a panic in it is an error like any other.
pub(crate) fn guard<T>(action: &'static str, call: impl FnOnce() -> sled::Result<T>) -> Result<T, ReadError> {
    let reason = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => format!("panic: {}", panic_text(&*panic)),
    };
    Err(ReadError::Store { action, reason })
}

/// Tells whether an error would meet any store that is opened here, not this one alone.
fn is_of_the_system(error: &sled::Error) -> bool {
    use std::io::ErrorKind;
    let sled::Error::Io(error) = error else { return false };
    matches!(
        error.kind(),
        ErrorKind::OutOfMemory
            | ErrorKind::PermissionDenied
            | ErrorKind::QuotaExceeded
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::StorageFull
    )
}

/// Gives the text of a panic, where it has one.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "without a text".to_owned())
}

impl Store {
    /// Opens or makes the store in a directory whose own lock is held.
    pub(crate) fn open(path: &Path, cache_bytes: u64) -> Result<Self, StoreOpenError> {
        let give_up_at = Instant::now() + SLED_CLOSE_WAIT_MAX;
        loop {
            let error = match catch_unwind(AssertUnwindSafe(|| Self::open_trees(path, cache_bytes))) {
                Ok(Ok(store)) => return Ok(store),
                Ok(Err(error)) => error,
                Err(panic) => {
                    return Err(StoreOpenError::Damaged(format!("panic: {}", panic_text(&*panic))));
                }
            };
            let reason = error.to_string();
            if !reason.contains("could not acquire lock") {
                return Err(match is_of_the_system(&error) {
                    true => StoreOpenError::System(reason),
                    false => StoreOpenError::Damaged(reason),
                });
            }
            if Instant::now() >= give_up_at {
                return Err(StoreOpenError::System(reason));
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn open_trees(path: &Path, cache_bytes: u64) -> sled::Result<Self> {
        // Its default thread would sync the file every 500 ms, against the journal's own syncs.
        let config = sled::Config::new().path(path).cache_capacity(cache_bytes).flush_every_ms(None);
        let db = config.open()?;
        for name in RETIRED_TREES {
            if db.drop_tree(name)? {
                tracing::info!(
                    tree = name,
                    "the store had an index that nothing reads any more; it was removed"
                );
            }
        }
        Ok(Self {
            events: db.open_tree("events")?,
            heads: db.open_tree("heads")?,
            facts: db.open_tree("facts")?,
            chunks: db.open_tree("chunks")?,
            snapshots: db.open_tree("snapshots")?,
            idempotency: db.open_tree("idempotency")?,
            _last: LastHandle(Some(db.clone())),
            db,
            writing: Mutex::new(()),
        })
    }

    /// Writes what is in memory to the file; sled does not wait for the drive, see [`sync_file`].
    pub(crate) fn flush(&self) -> Result<(), ReadError> {
        guard("flush", || self.db.flush()).map(|_| ())
    }

    /// Gives the last journal group that was taken.
    pub(crate) fn mark(&self) -> Result<Mark, ReadError> {
        let Some(row) = guard("read its mark", || self.heads.get(MARK_KEY))? else { return Ok(Mark::START) };
        let mut reader = Reader(&row);
        match (reader.u64(), reader.hash()) {
            (Some(position), Some(hash)) => Ok(Mark { position, hash }),
            _ => Err(damaged("read its mark", format!("a row of {} bytes", row.len()))),
        }
    }

    /// Gives the head of every plan.
    pub(crate) fn heads(&self) -> Result<Heads, ReadError> {
        const ACTION: &str = "read its heads";
        let rows = guard(ACTION, || self.heads.iter().collect::<sled::Result<Vec<_>>>())?;
        let mut heads = Heads::new();
        for (key, row) in rows.iter().filter(|(key, _)| key != MARK_KEY) {
            let mut reader = Reader(row);
            let (Ok(plan), Some(seq), Some(hash)) = (std::str::from_utf8(key), reader.u64(), reader.hash())
            else {
                return Err(damaged(ACTION, format!("a row of {} bytes", row.len())));
            };
            heads.insert(plan.to_owned(), Head { seq, hash });
        }
        Ok(heads)
    }

    /// Gives the last entry of every plan that has one, from the entries themselves.
    pub(crate) fn last_entries(&self) -> Result<Heads, ReadError> {
        const ACTION: &str = "list its entries";
        let mut last = Heads::new();
        let mut from = Vec::new();
        while let Some((key, _)) = guard(ACTION, || self.events.range(from.clone()..).next().transpose())? {
            let (plan, _) = split_event_key(&key).ok_or_else(|| bad_key(ACTION, &key))?;
            let after = [plan.as_bytes(), &[1]].concat();
            let Some((key, _)) = guard(ACTION, || self.events.get_lt(&after))? else { break };
            let (plan, seq) = split_event_key(&key).ok_or_else(|| bad_key(ACTION, &key))?;
            if let Some(entry) = self.entry(plan, seq)? {
                last.insert(plan.to_owned(), Head { seq, hash: leaf_hash(&entry.envelope) });
            }
            from = after;
        }
        Ok(last)
    }

    /// Finds the first entry that is missing below a head.
    pub(crate) fn first_gap(&self, heads: &Heads) -> Result<Option<(String, u64)>, ReadError> {
        const ACTION: &str = "list its entries";
        for (plan, head) in heads {
            let mut next = 1;
            for row in self.events.range(event_key(plan, 1)..=event_key(plan, head.seq)).keys() {
                let key = guard(ACTION, || row)?;
                if split_event_key(&key) != Some((plan.as_str(), next)) {
                    return Ok(Some((plan.clone(), next)));
                }
                next += 1;
            }
            if next != head.seq + 1 {
                return Ok(Some((plan.clone(), next)));
            }
        }
        Ok(None)
    }

    /// Takes records of the journal up to `mark`; taking them twice changes nothing.
    pub(crate) fn apply<'a>(
        &self,
        records: impl Iterator<Item = &'a Record>,
        mark: Mark,
        indexer: &dyn Indexer,
    ) -> Result<Heads, ReadError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut heads = Heads::new();
        for record in records {
            match record {
                Record::Entry(entry) => {
                    self.put_entry(entry)?;
                    indexer.rows(entry).iter().try_for_each(|row| self.put_row(row))?;
                    let head = Head { seq: entry.seq, hash: leaf_hash(&entry.envelope) };
                    heads.insert(entry.plan.clone(), head);
                }
                Record::Fact(fact) => self.put_fact(fact)?,
            }
        }
        guard("write", || {
            for (plan, head) in &heads {
                self.heads.insert(plan, number_and_hash(head.seq, &head.hash))?;
            }
            self.heads.insert(MARK_KEY, number_and_hash(mark.position, &mark.hash))
        })?;
        Ok(heads)
    }

    /// Puts an entry back that the store has lost.
    pub(crate) fn put_back(&self, entry: &Entry) -> Result<(), ReadError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.put_entry(entry)
    }

    /// Puts index rows and facts back that the store has lost, where no later one stands in their
    /// place; gives how many.
    pub(crate) fn put_back_lost(&self, rows: &[IndexRow], facts: &[Fact]) -> Result<usize, ReadError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut count = 0;
        for row in rows {
            if !matches!(self.index(&row.key), Ok(Some(held)) if held >= row.value) {
                self.put_row(row)?;
                count += 1;
            }
        }
        for fact in facts {
            if self.fact(fact.kind, &fact.key)?.is_none() {
                self.put_fact(fact)?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Gives an entry; none when the store does not have it.
    pub(crate) fn entry(&self, plan: &str, seq: u64) -> Result<Option<Entry>, ReadError> {
        let key = event_key(plan, seq);
        let Some(row) = guard("read an entry", || self.events.get(&key))? else { return Ok(None) };
        self.entry_of_row(&key, &row).map(Some)
    }

    /// Gives up to `limit` entries after `after` and up to `last`, in order and without gaps.
    pub(crate) fn entries(
        &self,
        plan: &str,
        after: u64,
        last: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, ReadError> {
        let mut entries = Vec::new();
        if after >= last {
            return Ok(entries);
        }
        let mut rows = self.events.range(event_key(plan, after + 1)..=event_key(plan, last));
        for seq in (after + 1..=last).take(limit) {
            let missing = || ReadError::Missing { plan: plan.to_owned(), seq };
            let (key, row) = guard("read entries", || rows.next().transpose())?.ok_or_else(missing)?;
            let entry = self.entry_of_row(&key, &row)?;
            if entry.seq != seq {
                return Err(missing());
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    /// Gives the value of an index row.
    pub(crate) fn index(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.value(&self.idempotency, INDEX_CODE, key)
    }

    /// Gives the value of a fact.
    pub(crate) fn fact(&self, kind: FactKind, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.value(&self.facts, FACTS_CODE, &fact_key(kind, key))
    }

    /// Gives all facts, or those of one kind, in order of kind and key.
    pub(crate) fn facts(&self, kind: Option<FactKind>) -> Result<Vec<Fact>, ReadError> {
        const ACTION: &str = "read facts";
        let prefix: Vec<u8> = kind.map(FactKind::code).into_iter().collect();
        let mut facts = Vec::new();
        for found in self.facts.scan_prefix(prefix) {
            let (key, row) = guard(ACTION, || found)?;
            let value = guard(ACTION, || store_value::read(&self.chunks, FACTS_CODE, &key, &row))?;
            let value = value.map_err(|reason| damaged(ACTION, reason))?;
            let (code, key) = key.split_first().ok_or_else(|| bad_key(ACTION, &key))?;
            facts.push(Fact { kind: FactKind::from_code(*code), key: key.to_vec(), value });
        }
        Ok(facts)
    }

    /// Tells whether nothing was ever stored.
    pub(crate) fn is_empty(&self) -> Result<bool, ReadError> {
        Ok(self.mark()? == Mark::START && self.last_entries()?.is_empty() && self.facts(None)?.is_empty())
    }

    /// Has an earlier mark, as a stop in the middle of a group leaves it.
    #[cfg(test)]
    pub(crate) fn set_mark(&self, mark: Mark) {
        self.heads.insert(MARK_KEY, number_and_hash(mark.position, &mark.hash)).unwrap();
    }

    /// Has the head of a plan as it was.
    #[cfg(test)]
    pub(crate) fn set_head(&self, plan: &str, head: Head) {
        self.heads.insert(plan, number_and_hash(head.seq, &head.hash)).unwrap();
    }

    /// Loses an entry, as a power cut can make sled do.
    #[cfg(test)]
    pub(crate) fn forget_entry(&self, plan: &str, seq: u64) {
        assert!(self.events.remove(event_key(plan, seq)).unwrap().is_some());
    }

    /// Loses an index row.
    #[cfg(test)]
    pub(crate) fn forget_row(&self, key: &[u8]) {
        assert!(self.idempotency.remove(key).unwrap().is_some());
    }

    /// Has an earlier index row back.
    #[cfg(test)]
    pub(crate) fn set_row(&self, key: &[u8], value: &[u8]) {
        self.put_row(&IndexRow { key: key.to_vec(), value: value.to_vec() }).unwrap();
    }

    /// Loses a fact.
    #[cfg(test)]
    pub(crate) fn forget_fact(&self, kind: FactKind, key: &[u8]) {
        assert!(self.facts.remove(fact_key(kind, key)).unwrap().is_some());
    }

    fn put_entry(&self, entry: &Entry) -> Result<(), ReadError> {
        let key = event_key(&entry.plan, entry.seq);
        self.put(&self.events, EVENTS_CODE, &key, &entry_row(entry))
    }

    fn put_row(&self, row: &IndexRow) -> Result<(), ReadError> {
        assert!(row.key.len() <= INDEX_KEY_BYTES_MAX, "an index key is above its limit");
        self.put(&self.idempotency, INDEX_CODE, &row.key, &row.value)
    }

    fn put_fact(&self, fact: &Fact) -> Result<(), ReadError> {
        self.put(&self.facts, FACTS_CODE, &fact_key(fact.kind, &fact.key), &fact.value)
    }

    fn put(&self, tree: &Tree, code: u8, key: &[u8], value: &[u8]) -> Result<(), ReadError> {
        guard("write", || store_value::put(tree, &self.chunks, code, key, value))
    }

    fn value(&self, tree: &Tree, code: u8, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        const ACTION: &str = "read a row";
        let Some(row) = guard(ACTION, || tree.get(key))? else { return Ok(None) };
        let value = guard(ACTION, || store_value::read(&self.chunks, code, key, &row))?;
        value.map(Some).map_err(|reason| damaged(ACTION, reason))
    }

    fn entry_of_row(&self, key: &[u8], row: &[u8]) -> Result<Entry, ReadError> {
        const ACTION: &str = "read an entry";
        let (plan, seq) = split_event_key(key).ok_or_else(|| bad_key(ACTION, key))?;
        let about = |reason: String| damaged(ACTION, format!("plan {plan}, entry {seq}: {reason}"));
        let value =
            guard(ACTION, || store_value::read(&self.chunks, EVENTS_CODE, key, row))?.map_err(about)?;
        let mut reader = Reader(&value);
        let (Some(envelope), Some(salt)) = (reader.short(), reader.hash()) else {
            return Err(about(format!("a value of {} bytes", value.len())));
        };
        let (envelope, payload) = (envelope.to_vec(), reader.rest().to_vec());
        Ok(Entry { plan: plan.to_owned(), seq, envelope, salt, payload })
    }
}

/// Returns when the store's file is on the disk, which sled's own flush does not see to.
pub(crate) fn sync_file(store: &Path) -> std::io::Result<()> {
    std::fs::File::open(store.join("db"))?.sync_all()?;
    std::fs::File::open(store)?.sync_all()
}

fn event_key(plan: &str, seq: u64) -> Vec<u8> {
    [plan.as_bytes(), &[0], &seq.to_be_bytes()].concat()
}

fn split_event_key(key: &[u8]) -> Option<(&str, u64)> {
    let (front, seq) = key.split_last_chunk::<8>()?;
    let (zero, plan) = front.split_last()?;
    (*zero == 0).then_some((std::str::from_utf8(plan).ok()?, u64::from_be_bytes(*seq)))
}

fn fact_key(kind: FactKind, key: &[u8]) -> Vec<u8> {
    [&[kind.code()], key].concat()
}

fn entry_row(entry: &Entry) -> Vec<u8> {
    let length = u16::try_from(entry.envelope.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&length[..], &entry.envelope, &entry.salt, &entry.payload].concat()
}

fn number_and_hash(number: u64, hash: &[u8; 32]) -> Vec<u8> {
    [&number.to_be_bytes()[..], hash].concat()
}

fn damaged(action: &'static str, reason: String) -> ReadError {
    ReadError::Store { action, reason }
}

fn bad_key(action: &'static str, key: &[u8]) -> ReadError {
    damaged(action, format!("a key of {} bytes that is none of an entry", key.len()))
}
