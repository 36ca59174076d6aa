//! Reading the whole log to see that every byte of the journal is as it was written and that the store
//! holds the same entries. [`verify`] changes nothing; the check in the background of a log that serves
//! puts back what the store has lost.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::Ordering;

use crate::disk::{self, RealDisk};
use crate::entry::{Indexer, Record};
use crate::error::{HeadDifference, OpenError, ReadError};
use crate::journal::Mark;
use crate::log::Shared;
use crate::look::{Sight, Twin};
use crate::open;
use crate::recovery::{self, Loaded};
use crate::segment::{GroupContent, Span};
use crate::store::{Store, StoreOpenError};
use crate::whole::{Mended, Mending};
use plenary_limits::CACHE_BYTES_DEFAULT;

/// What a journal holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Segments that were read.
    pub segments: u64,
    /// Groups in them.
    pub groups: u64,
    /// Entries in them.
    pub entries: u64,
    /// Facts in them.
    pub facts: u64,
    /// Bytes read.
    pub bytes: u64,
    /// What is wrong with the end of the last segment; while a server runs this may be a group that
    /// is being written.
    pub unfinished_end: Option<String>,
    /// Entries of the journal that the store holds byte for byte; `None` when the store was not
    /// looked at because a server has it open.
    pub in_store: Option<u64>,
}

/// Reads all segments of a data directory, their bodies too, and compares the store with them; every
/// group, entry and fact of the journal is shown to `visit` in order.
///
/// While a server runs on the directory the store cannot be read; the report says so.
///
/// # Errors
/// [`OpenError::Corrupt`] at the first damage that is not the unfinished end of the last segment and
/// when the first segment is gone, [`OpenError::StoreAhead`] and [`OpenError::StoreBehind`] when the
/// store holds more, other or fewer entries, [`OpenError::Io`] when reading fails.
pub fn verify(dir: &Path, visit: &mut dyn FnMut(Sight<'_>)) -> Result<VerifyReport, OpenError> {
    let mut report = verify_journal(dir, visit)?;
    report.in_store = match open::lock_dir(&RealDisk, dir) {
        Ok(_lock) => Some(compare_store(dir, &recovery::list(&dir.join("journal"))?)?),
        Err(OpenError::Locked { .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(report)
}

/// As [`verify`], without the store: of a copy that has none.
///
/// # Errors
/// As [`verify`], but for the store.
pub fn verify_journal(dir: &Path, visit: &mut dyn FnMut(Sight<'_>)) -> Result<VerifyReport, OpenError> {
    let journal = dir.join("journal");
    let files = recovery::list(&journal)?;
    if files.is_empty() {
        let cause = io::Error::new(io::ErrorKind::NotFound, "there is no journal");
        return Err(OpenError::Io { action: "read the log in", path: dir.to_owned(), cause });
    }
    recovery::check_begins_at_one(&journal, &files)?;
    verify_segments(dir, true, &mut |seen| {
        match seen {
            Seen::Segment => {}
            Seen::Group(span) => visit(Sight::Group { bytes: (span.end - span.start) as u64 }),
            Seen::Record(Record::Entry(entry)) => visit(Sight::Entry { entry, twin: Twin::NotYet }),
            Seen::Record(Record::Fact(fact)) => visit(Sight::Fact(fact)),
        }
        ControlFlow::Continue(())
    })
}

/// Gives the bytes of the journal's files in a data directory.
#[must_use]
pub fn journal_bytes(dir: &Path) -> u64 {
    disk::size_of(&dir.join("journal"))
}

/// Counts the entries of the journal that the store holds too, byte for byte; all of them, or it is
/// an error.
fn compare_store(dir: &Path, files: &[recovery::SegmentFile]) -> Result<u64, OpenError> {
    let path = dir.join("store");
    let behind = |plan: &str, seq: u64, why: &str| OpenError::StoreBehind {
        path: path.clone(),
        entry: format!("entry {seq} of {plan}"),
        reason: why.to_owned(),
    };
    if !path.exists() {
        return Err(behind("any plan", 1, "there is no store"));
    }
    let store = Store::open(&path, CACHE_BYTES_DEFAULT).map_err(|error| {
        let (StoreOpenError::Damaged(reason) | StoreOpenError::System(reason)) = error;
        OpenError::Store { path: path.clone(), cause: ReadError::Store { action: "open", reason } }
    })?;
    let read = |cause| OpenError::Store { path: path.clone(), cause };
    let mut heads: BTreeMap<String, u64> = BTreeMap::new();
    let mut entries = 0;
    for file in files {
        let Ok(loaded) = recovery::load(file)? else { continue };
        for record in loaded.records()? {
            let Record::Entry(entry) = record else { continue };
            match store.entry(&entry.plan, entry.seq).map_err(read)? {
                None => {
                    return Err(behind(&entry.plan, entry.seq, "the journal has it, the store does not"));
                }
                Some(held) if held != entry => {
                    return Err(behind(&entry.plan, entry.seq, "journal and store hold other bytes"));
                }
                Some(_) => entries += 1,
            }
            heads.insert(entry.plan.clone(), entry.seq);
        }
    }
    for (plan, head) in store.heads().map_err(read)? {
        let last = heads.get(&plan).copied().unwrap_or(0);
        if head.seq > last {
            let difference = HeadDifference { plan, journal: None, store: Some(head) };
            return Err(OpenError::StoreAhead {
                dir: dir.to_owned(),
                journal_position: 0,
                store_position: store.mark().map_err(read)?.position,
                differences: vec![difference],
            });
        }
    }
    Ok(entries)
}

/// Reads all segments but the last, in the background of a log that serves; when the store may lack
/// something, it is looked for and put back.
pub(crate) fn check_older_segments(shared: &Shared, indexer: &dyn Indexer, may_lack: bool) {
    if check_and_mend(shared, indexer, may_lack) {
        shared.may_lack_rows.store(false, Ordering::Release);
    }
    shared.mending.store(false, Ordering::Release);
}

/// Tells whether the store is known to be whole.
fn check_and_mend(shared: &Shared, indexer: &dyn Indexer, may_lack: bool) -> bool {
    let mut mending = Mending::new(&shared.store, indexer);
    let mut failed = None;
    let read = verify_segments(&shared.options.dir, false, &mut |seen| {
        if may_lack && let Seen::Record(record) = seen {
            failed = mending.look(record).err();
        }
        if failed.is_some() || shared.is_stopping() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    match read {
        Ok(report) => tracing::debug!(segments = report.segments, "older segments are as they were written"),
        Err(error) => {
            shared.journal_damaged.store(true, Ordering::Release);
            tracing::error!(%error, "an older segment of the journal is damaged");
            return !may_lack;
        }
    }
    if !may_lack || shared.is_stopping() {
        return !may_lack;
    }
    match failed.map_or_else(|| mending.finish(), Err) {
        Ok(Mended { entries: 0, rows: 0 }) => tracing::debug!("the store holds all that the journal says"),
        Ok(Mended { entries, rows }) => tracing::error!(
            entries,
            rows,
            "the store had lost entries or rows in the stop; they were put back from the journal"
        ),
        Err(error) => {
            tracing::error!(
                %error,
                "the store is not whole: stop the server and run `plenaryd rebuild --from journal`"
            );
            return false;
        }
    }
    true
}

/// What comes next.
enum Seen<'a> {
    Segment,
    Group(&'a Span),
    Record(&'a Record),
}

/// Is shown what comes next; says whether to go on.
type Visit<'a> = &'a mut dyn FnMut(Seen<'_>) -> ControlFlow<()>;

fn verify_segments(dir: &Path, with_last: bool, visit: Visit) -> Result<VerifyReport, OpenError> {
    let journal = dir.join("journal");
    let way_out = recovery::way_out_older(&journal);
    let files = recovery::list(&journal)?;
    let mut report = VerifyReport::default();
    let mut before: Option<Mark> = None;
    for (index, file) in files.iter().enumerate() {
        let is_last = index + 1 == files.len();
        if (is_last && !with_last) || visit(Seen::Segment).is_break() {
            break;
        }
        let loaded =
            recovery::load(file)?.map_err(|fault| recovery::corrupt(&file.path, &fault, &way_out))?;
        check_start(&loaded, before, &way_out)?;
        match &loaded.scan.fault {
            Some((fault, None)) if is_last => {
                let (at, expected, found) = (fault.offset, &fault.expected, &fault.found);
                report.unfinished_end = Some(format!("at byte {at}: expected {expected}, found {found}"));
            }
            Some((fault, _)) => return Err(recovery::corrupt(&loaded.path, fault, &way_out)),
            None => {}
        }
        if count(&loaded, &mut report, visit)?.is_break() {
            break;
        }
        before = Some(loaded.end_mark());
    }
    Ok(report)
}

pub(crate) fn check_start(loaded: &Loaded, before: Option<Mark>, way_out: &str) -> Result<(), OpenError> {
    let start = Mark { position: loaded.header.first - 1, hash: loaded.header.hash_before };
    match before {
        Some(before) if before != start => {
            let fault = crate::frame::Fault {
                offset: 16,
                expected: format!("a segment that goes on after group {}", before.position),
                found: format!("one that goes on after group {} or another history", start.position),
                written_so: true,
            };
            Err(recovery::corrupt(&loaded.path, &fault, way_out))
        }
        _ => Ok(()),
    }
}

fn count(loaded: &Loaded, report: &mut VerifyReport, visit: Visit) -> Result<ControlFlow<()>, OpenError> {
    report.segments += 1;
    report.bytes += loaded.bytes.len() as u64;
    for span in &loaded.scan.groups {
        report.groups += 1;
        if visit(Seen::Group(span)).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let GroupContent::Records(records) = loaded.content(span)? else { continue };
        for record in &records {
            match record {
                Record::Entry(_) => report.entries += 1,
                Record::Fact(_) => report.facts += 1,
            }
            if visit(Seen::Record(record)).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}
