//! The two explicit ways out when journal and store do not agree: make either anew from the other.
//!
//! What is replaced is kept in `aside/`, and a fact of kind [`FactKind::Maintenance`] says what was
//! done. A rebuild that was interrupted can be run again: until its last step a start still refuses.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::disk::{self, Disk, DiskError, RealDisk};
use crate::entry::{Fact, FactKind, Indexer, Record};
use crate::error::{OpenError, ReadError};
use crate::frame::Heads;
use crate::journal::{Journal, Mark};
use crate::open::{self, FillError};
use crate::options::Options;
use crate::recovery::{self, Chain};
use crate::segment::Header;
use crate::store::{self, Store, StoreOpenError};
use plenary_limits::REBUILD_GROUP_ENTRIES_MAX;

/// What a rebuild made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildReport {
    /// Plans in it.
    pub plans: u64,
    /// Entries in it.
    pub entries: u64,
    /// Where the replaced journal or store is kept; none when there was none.
    pub kept: Option<PathBuf>,
    /// The last group of the journal.
    pub position: u64,
}

/// Makes a new journal from the store: the same entries, byte for byte, plan by plan, and the facts.
///
/// `note` says who did it and why; it becomes part of the fact that remains.
///
/// # Errors
/// [`OpenError::StoreLost`] when the store lacks an entry, [`OpenError::Locked`] while a server runs,
/// [`OpenError::Io`] and [`OpenError::Store`] when reading or writing fails.
pub fn rebuild_from_store(
    options: &Options,
    indexer: &dyn Indexer,
    note: &str,
) -> Result<RebuildReport, OpenError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let _lock = open::lock_dir(&*disk, &options.dir)?;
    let path = options.store_dir();
    let lost = |reason: String| OpenError::StoreLost {
        path: path.clone(),
        reason,
        why: "it is what the journal was to be made of".to_owned(),
    };
    let failed = |cause: ReadError| OpenError::Store { path: path.clone(), cause };
    if !path.exists() {
        return Err(lost("there is none".to_owned()));
    }
    let store = Store::open(&path, options.cache_bytes).map_err(|error| match error {
        StoreOpenError::Damaged(reason) => lost(reason),
        StoreOpenError::System(reason) => failed(ReadError::Store { action: "open", reason }),
    })?;
    let heads = store.last_entries().map_err(failed)?;
    if let Some((plan, seq)) = store.first_gap(&heads).map_err(failed)? {
        return Err(lost(format!("entry {seq} of plan {plan} is missing")));
    }

    let (journal_dir, fresh_dir) = (options.journal_dir(), options.dir.join("journal.new"));
    make_empty_dir(&*disk, &fresh_dir)?;
    let header = Header::new(1, Mark::START.hash);
    let max = options.segment_bytes_max;
    let mut journal =
        Journal::start_segment(Arc::clone(&disk), fresh_dir.clone(), max, &header, &[], Mark::START)?;
    copy_entries(&store, indexer, &heads, &mut journal).map_err(|error| match error {
        FillError::Open(error) => error,
        FillError::Store(error) => failed(error),
    })?;
    for facts in store.facts(None).map_err(failed)?.chunks(REBUILD_GROUP_ENTRIES_MAX) {
        let records: Vec<Record> = facts.iter().cloned().map(Record::Fact).collect();
        journal.append(records.iter())?;
    }
    let done = maintenance(&format!("rebuilt the journal from the store: {note}"));
    journal.append([&done].into_iter())?;
    let mark = journal.seal(&heads)?;
    drop(journal);

    let kept = if journal_dir.exists() {
        let kept = disk::aside_path(&*disk, &options.dir, "journal")?;
        disk::move_to(&*disk, &journal_dir, &kept)?;
        Some(kept)
    } else {
        None
    };
    disk::move_to(&*disk, &fresh_dir, &journal_dir)?;
    store.apply([&done].into_iter(), mark, indexer).map_err(failed)?;
    store.flush().map_err(failed)?;
    store::sync_file(&path).map_err(DiskError::at("sync", &path))?;
    Ok(report_of(&heads, kept, mark.position))
}

/// Makes a new store from the journal; what only the old store held is then only in `aside/`.
///
/// `note` says who did it and why; it becomes part of the fact that remains.
///
/// # Errors
/// [`OpenError::Corrupt`] when the journal is damaged anywhere, [`OpenError::StoreLost`] when its
/// beginning was archived, [`OpenError::Locked`] while a server runs, [`OpenError::Io`] and
/// [`OpenError::Store`] when reading or writing fails.
pub fn rebuild_from_journal(
    options: &Options,
    indexer: &dyn Indexer,
    note: &str,
) -> Result<RebuildReport, OpenError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let _lock = open::lock_dir(&*disk, &options.dir)?;
    let journal_dir = options.journal_dir();
    let way_out = recovery::way_out_last(&journal_dir);
    let chain = Chain::read(&journal_dir, recovery::list(&journal_dir)?)?;
    if let Some(error) = chain.last.fault(&way_out) {
        return Err(error);
    }
    open::check_begins_at_one(options, &chain, "it is to be replaced")?;
    let heads = open::expected_heads(&chain, Mark::START, Heads::new(), &way_out)?;

    let mut journal = chain.settle(Arc::clone(&disk), &journal_dir, options.segment_bytes_max)?;
    journal.append([&maintenance(&format!("rebuilt the store from the journal: {note}"))].into_iter())?;
    let mark = journal.seal(&heads)?;
    drop(journal);
    let chain = Chain::read(&journal_dir, recovery::list(&journal_dir)?)?;
    let kept = match options.store_dir().exists() {
        true => Some(open::move_store_aside(options, &*disk)?),
        false => None,
    };
    let store = open::new_store(options)?;
    let failed = |cause: ReadError| OpenError::Store { path: options.store_dir(), cause };
    open::replay(indexer, &chain, &store, Mark::START).map_err(|error| match error {
        FillError::Open(error) => error,
        FillError::Store(error) => failed(error),
    })?;
    store.flush().map_err(failed)?;
    store::sync_file(&options.store_dir()).map_err(DiskError::at("sync", &options.store_dir()))?;
    Ok(report_of(&heads, kept, mark.position))
}

/// Makes the fact that remains of an act of maintenance.
pub(crate) fn maintenance(text: &str) -> Record {
    let key = Sha256::digest(text.as_bytes())[..16].to_vec();
    Record::Fact(Fact { kind: FactKind::Maintenance, key, value: text.as_bytes().to_vec() })
}

fn copy_entries(
    store: &Store,
    indexer: &dyn Indexer,
    heads: &Heads,
    journal: &mut Journal,
) -> Result<(), FillError> {
    let (known, mark) = (store.heads()?, store.mark()?);
    for (plan, head) in heads {
        let known_seq = known.get(plan).map_or(0, |head| head.seq);
        let mut after = 0;
        while after < head.seq {
            let page = store.entries(plan, after, head.seq, REBUILD_GROUP_ENTRIES_MAX)?;
            after += page.len() as u64;
            let records: Vec<Record> = page.into_iter().map(Record::Entry).collect();
            journal.append(records.iter()).map_err(OpenError::from)?;
            if after > known_seq {
                // Entries behind the store's own head may lack their rows: a group half taken.
                store.apply(records.iter(), mark, indexer)?;
            }
        }
    }
    Ok(())
}

fn make_empty_dir(disk: &dyn Disk, path: &std::path::Path) -> Result<(), DiskError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(DiskError::at("remove", path)(error));
        }
        _ => {}
    }
    disk.create_dir_all(path).map_err(DiskError::at("create", path))
}

fn report_of(heads: &Heads, kept: Option<PathBuf>, position: u64) -> RebuildReport {
    let entries = heads.values().map(|head| head.seq).sum();
    RebuildReport { plans: heads.len() as u64, entries, kept, position }
}
