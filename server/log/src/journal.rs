//! The journal that is being written: one segment open at its end, one `fdatasync` for each group.
//!
//! After an error nothing may be written through the same journal again; the writer sees to that.

use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::{Disk, DiskError, DiskFile};
use crate::entry::{Hash, Record};
use crate::frame::{self, CLOSE_FRAME_BYTES, Heads, Item};
use crate::segment::{self, HEADER_BYTES, Header};

/// A place in the journal: the last group taken, and the running hash after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// 0 before the first group.
    pub position: u64,
    pub hash: Hash,
}

impl Mark {
    pub(crate) const START: Self = Self { position: 0, hash: [0; 32] };
}

/// The end of the journal, open to append.
pub(crate) struct Journal {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segment_bytes_max: u64,
    mark: Mark,
    file: Box<dyn DiskFile>,
    path: PathBuf,
    nonce: u32,
    length_bytes: u64,
}

impl Journal {
    /// Starts a segment after `mark`, holding `groups` already: those up to `end`.
    pub(crate) fn start_segment(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        segment_bytes_max: u64,
        header: &Header,
        groups: &[u8],
        end: Mark,
    ) -> Result<Self, DiskError> {
        let file = segment::create(&*disk, &dir, header, groups)?;
        let path = segment::path_of(&dir, header.first);
        let length_bytes = (HEADER_BYTES + groups.len()) as u64;
        Ok(Self { disk, dir, segment_bytes_max, mark: end, file, path, nonce: header.nonce, length_bytes })
    }

    /// Goes on in a segment that ends, whole, after the group `end`; what stands there is synced first.
    pub(crate) fn resume(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        segment_bytes_max: u64,
        header: &Header,
        length_bytes: u64,
        end: Mark,
    ) -> Result<Self, DiskError> {
        let path = segment::path_of(&dir, header.first);
        let mut file = disk.open_append(&path).map_err(DiskError::at("open", &path))?;
        file.sync_data().map_err(DiskError::at("sync", &path))?;
        Ok(Self { disk, dir, segment_bytes_max, mark: end, file, path, nonce: header.nonce, length_bytes })
    }

    pub(crate) fn mark(&self) -> Mark {
        self.mark
    }

    /// Appends one group and returns when it is on the disk.
    pub(crate) fn append<'a>(
        &mut self,
        records: impl Iterator<Item = &'a Record> + Clone,
    ) -> Result<Mark, DiskError> {
        self.append_items(records.map(Item::Record))
    }

    /// Appends the seal of a clean stop; when that fails, takes it back as far as the disk lets it.
    pub(crate) fn seal(&mut self, heads: &Heads) -> Result<Mark, DiskError> {
        let before = (self.path.clone(), self.length_bytes);
        self.append_items([Item::Seal(heads)].into_iter()).inspect_err(|_| {
            // A seal that may not be on the disk must not pass for one at the next start.
            if self.path == before.0 {
                let _ = self.file.cut(before.1);
            }
        })
    }

    fn append_items<'a>(&mut self, items: impl Iterator<Item = Item<'a>> + Clone) -> Result<Mark, DiskError> {
        let position = self.mark.position + 1;
        let mut group = frame::encode_group(items.clone(), self.nonce, position, &self.mark.hash);
        let after = self.length_bytes + (group.bytes.len() + CLOSE_FRAME_BYTES) as u64;
        if after > self.segment_bytes_max && self.length_bytes > HEADER_BYTES as u64 {
            self.next_segment()?;
            group = frame::encode_group(items, self.nonce, position, &self.mark.hash);
        }
        self.file.append(&group.bytes).map_err(DiskError::at("write", &self.path))?;
        self.file.sync_data().map_err(DiskError::at("sync", &self.path))?;
        self.length_bytes += group.bytes.len() as u64;
        self.mark = Mark { position, hash: group.hash };
        Ok(self.mark)
    }

    /// Closes the segment and makes the next one; the closing frame is on the disk before the new file.
    fn next_segment(&mut self) -> Result<(), DiskError> {
        let next = self.mark.position + 1;
        let close = frame::encode_close(self.nonce, next, self.length_bytes, &self.mark.hash);
        self.file.append(&close).map_err(DiskError::at("write", &self.path))?;
        self.file.sync_data().map_err(DiskError::at("sync", &self.path))?;
        let header = Header::new(next, self.mark.hash);
        self.file = segment::create(&*self.disk, &self.dir, &header, &[])?;
        self.path = segment::path_of(&self.dir, next);
        self.nonce = header.nonce;
        self.length_bytes = HEADER_BYTES as u64;
        Ok(())
    }
}
