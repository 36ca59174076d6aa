//! A journal of one segment, as bytes in memory: for simulations of a disk that loses what was not synced.
//!
//! Frames, scan and the rule of what is a torn write are those of the journal on disk.  It never
//! touches a file, draws no nonce of its own, and does not begin a second segment.

use crate::entry::Record;
use crate::frame::{self, Item};
use crate::journal::Mark;
use crate::segment::{self, GroupContent, HEADER_BYTES, Header};

/// A journal's only segment, as its file would be.
#[derive(Debug)]
pub struct SegmentImage {
    bytes: Vec<u8>,
    nonce: u32,
    mark: Mark,
}

impl SegmentImage {
    /// An empty journal whose checksums begin with this number.
    #[must_use]
    pub fn new(nonce: u32) -> Self {
        let header = Header { copies_last: false, first: 1, hash_before: Mark::START.hash, nonce };
        Self { bytes: header.encode(), nonce, mark: Mark::START }
    }

    /// The file so far.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes one group at the end; of no records nothing.
    pub fn append(&mut self, records: &[Record]) {
        if records.is_empty() {
            return;
        }
        let position = self.mark.position + 1;
        let items = records.iter().map(Item::Record);
        let group = frame::encode_group(items, self.nonce, position, &self.mark.hash);
        self.bytes.extend_from_slice(&group.bytes);
        self.mark = Mark { position, hash: group.hash };
    }

    /// Opens a file that a crash left: a torn last group is cut; gives the records of all others, in order.
    ///
    /// # Errors
    /// Why the start would be refused, in words.
    pub fn recover(mut bytes: Vec<u8>) -> Result<(Self, Vec<Record>), String> {
        let told = |fault: frame::Fault| format!("expected {}, found {}", fault.expected, fault.found);
        let header = Header::decode(&bytes, 1).map_err(told)?;
        let scan = segment::scan(&bytes, &header);
        if let Some((fault, _)) = &scan.fault
            && let Some(why) = scan.why_not_torn()
        {
            return Err(format!("at byte {}: {} ({why})", fault.offset, told(fault.clone())));
        }
        let mut mark = Mark::START;
        let mut records = Vec::new();
        for span in &scan.groups {
            if let GroupContent::Records(found) =
                segment::group_content(&bytes, span, header.nonce).map_err(told)?
            {
                records.extend(found);
            }
            mark = Mark { position: span.position, hash: span.hash_after };
        }
        bytes.truncate(scan.end.max(HEADER_BYTES));
        Ok((Self { bytes, nonce: header.nonce, mark }, records))
    }
}
