//! A copy of the journal, taken while a server may be writing it: closed segments whole, the open one up to
//! its last whole group.
//!
//! What was acknowledged before the call is in the copy, because it was synced before it was acknowledged
//! and segments only grow. Whether the copy is right is for [`crate::verify_journal`] to say. A start or a
//! rebuild of the source meanwhile can make a copy that is not; then it is taken again.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::disk::{self, Disk, DiskError, RealDisk};
use crate::error::OpenError;
use crate::frame::CLOSE_FRAME_BYTES;
use crate::recovery;
use crate::segment::HEADER_BYTES;

/// One segment of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedSegment {
    /// The file's name.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
    /// Whether it was there in the earlier copy and is shared with it.
    pub was_kept: bool,
}

/// A copy of a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalCopy {
    /// Its segments, in order.
    pub segments: Vec<CopiedSegment>,
}

/// Copies the journal of the data directory `from` into the directory `to`, which is there and empty;
/// closed segments that the journal in `earlier` has already become links to those.
///
/// # Errors
/// [`OpenError::Io`] when there is no journal, or reading or writing fails; [`OpenError::Corrupt`] when
/// the open segment is damaged elsewhere than at its end.
pub fn copy_journal(from: &Path, to: &Path, earlier: Option<&Path>) -> Result<JournalCopy, OpenError> {
    let journal = from.join("journal");
    let files = recovery::list(&journal)?;
    if files.is_empty() {
        let cause = io::Error::new(io::ErrorKind::NotFound, "there is no journal");
        return Err(OpenError::Io { action: "read the log in", path: from.to_owned(), cause });
    }
    let mut copy = JournalCopy::default();
    for (index, file) in files.iter().enumerate() {
        let is_last = index + 1 == files.len();
        let name = file.path.file_name().unwrap_or_default();
        let target = to.join(name);
        let kept = earlier.map(|earlier| earlier.join(name)).filter(|kept| {
            // What cannot be read is copied, and fails there if it must.
            !is_last && is_same_segment(&file.path, kept).unwrap_or(false)
        });
        let (bytes, was_kept) = match kept {
            Some(kept) => {
                fs::hard_link(&kept, &target).map_err(DiskError::at("link", &target))?;
                (disk::read(&target)?, true)
            }
            None if is_last => {
                let loaded = recovery::load(file)?.map_err(|fault| {
                    recovery::corrupt(&file.path, &fault, &recovery::way_out_last(&journal))
                })?;
                // An end that is being written, or that a power cut left, is left out; bytes that were whole
                // and are no longer, with later groups behind them, are damage, and no copy is made of that.
                if let Some((fault, later)) = &loaded.scan.fault
                    && (later.is_some() || fault.written_so)
                {
                    return Err(recovery::corrupt(&file.path, fault, &recovery::way_out_last(&journal)));
                }
                let mut bytes = loaded.bytes;
                if loaded.scan.fault.is_some() {
                    bytes.truncate(loaded.scan.end);
                }
                disk::write_new(&RealDisk, &target, &bytes)?;
                (bytes, false)
            }
            None => {
                let bytes = disk::read(&file.path)?;
                disk::write_new(&RealDisk, &target, &bytes)?;
                (bytes, false)
            }
        };
        let sha256 = Sha256::digest(&bytes).into();
        let name = name.to_string_lossy().into_owned();
        copy.segments.push(CopiedSegment { name, bytes: bytes.len() as u64, sha256, was_kept });
    }
    RealDisk.sync_dir(to).map_err(DiskError::at("sync", to))?;
    Ok(copy)
}

/// Tells whether two closed segments say the same: their closing frames hold a hash of all before them.
fn is_same_segment(one: &Path, other: &Path) -> io::Result<bool> {
    Ok(ends(one)? == ends(other)?)
}

/// Gives the length, the header and the closing frame of a segment.
fn ends(path: &Path) -> io::Result<(u64, Vec<u8>, Vec<u8>)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut head = vec![0; HEADER_BYTES];
    file.read_exact(&mut head)?;
    file.seek(SeekFrom::Start(length.saturating_sub(CLOSE_FRAME_BYTES as u64)))?;
    let mut close = Vec::with_capacity(CLOSE_FRAME_BYTES);
    file.read_to_end(&mut close)?;
    Ok((length, head, close))
}
