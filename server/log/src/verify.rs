//! Reading the whole journal to see that every byte is as it was written; changes nothing.

use std::path::Path;

use crate::entry::Record;
use crate::error::OpenError;
use crate::journal::Mark;
use crate::recovery::{self, Loaded};
use crate::segment::GroupContent;

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
}

/// Reads all segments of a data directory, their bodies too; takes no lock.
///
/// # Errors
/// [`OpenError::Corrupt`] at the first damage that is not the unfinished end of the last segment,
/// [`OpenError::Io`] when reading fails.
pub fn verify(dir: &Path) -> Result<VerifyReport, OpenError> {
    verify_segments(dir, true, &mut || false)
}

/// Reads all segments but the last, until `stop` says so.
pub(crate) fn verify_older(dir: &Path, stop: &mut dyn FnMut() -> bool) -> Result<VerifyReport, OpenError> {
    verify_segments(dir, false, stop)
}

fn verify_segments(
    dir: &Path,
    with_last: bool,
    stop: &mut dyn FnMut() -> bool,
) -> Result<VerifyReport, OpenError> {
    let journal = dir.join("journal");
    let way_out = recovery::way_out_older(&journal);
    let files = recovery::list(&journal)?;
    let mut report = VerifyReport::default();
    let mut before: Option<Mark> = None;
    for (index, file) in files.iter().enumerate() {
        let is_last = index + 1 == files.len();
        if stop() || (is_last && !with_last) {
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
        count(&loaded, &mut report)?;
        before = Some(loaded.end_mark());
    }
    Ok(report)
}

fn check_start(loaded: &Loaded, before: Option<Mark>, way_out: &str) -> Result<(), OpenError> {
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

fn count(loaded: &Loaded, report: &mut VerifyReport) -> Result<(), OpenError> {
    report.segments += 1;
    report.bytes += loaded.bytes.len() as u64;
    for span in &loaded.scan.groups {
        report.groups += 1;
        let GroupContent::Records(records) = loaded.content(span)? else { continue };
        for record in records {
            match record {
                Record::Entry(_) => report.entries += 1,
                Record::Fact(_) => report.facts += 1,
            }
        }
    }
    Ok(())
}
