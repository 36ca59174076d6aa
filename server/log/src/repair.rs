//! The explicit cut of a damaged end: the journal goes on after its last whole group, a copy of what
//! it replaces is kept, and what was lost is said and written down.

use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::{self, Disk, RealDisk};
use crate::entry::Record;
use crate::error::OpenError;
use crate::open;
use crate::options::Options;
use crate::rebuild::maintenance;
use crate::recovery::{self, Chain, Loaded, SegmentFile};
use plenary_limits::LOST_NAMED_MAX;

/// An entry that could still be read behind the damage, and that the journal has no more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LostEntry {
    /// The plan.
    pub plan: String,
    /// Its sequence number.
    pub seq: u64,
}

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// The segment that was cut, and the byte where; none when nothing was damaged.
    pub cut_at: Option<(PathBuf, u64)>,
    /// Bytes that the journal has no more.
    pub lost_bytes: u64,
    /// Entries that could still be read among them; others may have been there.
    pub lost_entries: Vec<LostEntry>,
    /// Facts that could still be read among them.
    pub lost_facts: u64,
    /// Where the segments are kept as they were.
    pub kept: Vec<PathBuf>,
}

/// Cuts the journal at the first damage of its last segment; does nothing when there is none.
///
/// The store is not touched: when it holds what was cut, the next start says so and offers both
/// rebuilds. `note` says who did it and why; it becomes part of the fact that remains.
///
/// # Errors
/// [`OpenError::Corrupt`] when an older segment is damaged, which a cut cannot mend;
/// [`OpenError::Locked`] while a server runs; [`OpenError::Io`] when reading or writing fails.
pub fn repair(options: &Options, note: &str) -> Result<RepairReport, OpenError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let _lock = open::lock_dir(&*disk, &options.dir)?;
    let journal_dir = options.journal_dir();
    let mut report = RepairReport::default();
    let mut files = recovery::list(&journal_dir)?;
    if let Some(last) = files.last().cloned()
        && files.len() > 1
        && recovery::load(&last)?.is_err()
    {
        set_whole_segment_aside(&*disk, options, &last, &mut report)?;
        files.pop();
    }
    let chain = Chain::read(&journal_dir, files)?;
    if chain.last.scan.fault.is_some() {
        let name = format!("damaged-{:020}", chain.last.header.first);
        let kept = disk::aside_path(&*disk, &options.dir, &name)?;
        disk::write_new(&*disk, &kept, &chain.last.bytes)?;
        report.kept.push(kept);
        count_lost(&chain.last, &mut report);
    }
    if report.cut_at.is_none() {
        return Ok(report);
    }
    let mut journal = chain.settle(disk, &journal_dir, options.segment_bytes_max)?;
    journal.append([&maintenance(&text_of(&report, note))].into_iter())?;
    Ok(report)
}

fn set_whole_segment_aside(
    disk: &dyn Disk,
    options: &Options,
    file: &SegmentFile,
    report: &mut RepairReport,
) -> Result<(), OpenError> {
    report.lost_bytes += disk::read(&file.path)?.len() as u64;
    let kept = disk::aside_path(disk, &options.dir, &format!("damaged-{:020}", file.first))?;
    disk::move_to(disk, &file.path, &kept)?;
    report.cut_at = Some((file.path.clone(), 0));
    report.kept.push(kept);
    Ok(())
}

fn count_lost(last: &Loaded, report: &mut RepairReport) {
    report.cut_at = Some((last.path.clone(), last.scan.end as u64));
    report.lost_bytes += (last.bytes.len() - last.scan.end) as u64;
    for record in last.readable_after(last.scan.end) {
        match record {
            Record::Entry(entry) => {
                report.lost_entries.push(LostEntry { plan: entry.plan, seq: entry.seq });
            }
            Record::Fact(_) => report.lost_facts += 1,
        }
    }
    report.lost_entries.sort();
}

pub(crate) fn text_of(report: &RepairReport, note: &str) -> String {
    let named = report.lost_entries.iter().take(LOST_NAMED_MAX);
    let named: Vec<String> = named.map(|lost| format!("{} {}", lost.plan, lost.seq)).collect();
    let (path, offset) = report.cut_at.clone().unwrap_or_default();
    format!(
        "repaired the journal: cut {} at byte {offset}, {} bytes; readable among them were {} facts and {} \
         entries ({}); {note}",
        path.display(),
        report.lost_bytes,
        report.lost_facts,
        report.lost_entries.len(),
        named.join(", ")
    )
}
