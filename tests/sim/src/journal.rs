//! The disk under the server: a journal of real frames, of which only what was synced outlives a crash.
//!
//! Like the server's writer it writes one group, syncs it, and only then writes the next.  The faults
//! that can be planted here are for tests of the checkers.

use std::collections::VecDeque;

use plenary_log::{Record, SegmentImage, leaf_hash};
use plenary_protocol::Digest;

use crate::random::Random;

/// Something that is wrong on purpose, which a checker is to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing is.
    #[default]
    None,
    /// The disk says that a group is synced before it is written.
    SaysSynced,
    /// A crash takes the last synced group too.
    LosesSynced,
    /// The edge takes everybody for the chair.
    MistakesWho,
    /// The network loses entries on a connection that stays.
    LosesEntries,
}

/// A journal that can lose its end.
#[derive(Debug)]
pub struct Journal {
    image: SegmentImage,
    /// Bytes that a crash leaves for certain.
    synced_bytes: usize,
    /// Where the last synced group begins.
    before_last: usize,
    /// Leaf hashes of the entries in them.
    certain: Vec<Digest>,
    waiting: VecDeque<Vec<Record>>,
    written: Option<Vec<Record>>,
    fault: Fault,
}

fn leaves(records: &[Record]) -> impl Iterator<Item = Digest> {
    records.iter().filter_map(|record| match record {
        Record::Entry(entry) => Some(Digest(leaf_hash(&entry.envelope))),
        Record::Fact(_) => None,
    })
}

impl Journal {
    /// An empty journal.
    pub fn new(nonce: u32, fault: Fault) -> Journal {
        Journal::of(SegmentImage::new(nonce), &[], fault)
    }

    fn of(image: SegmentImage, records: &[Record], fault: Fault) -> Journal {
        let synced_bytes = image.bytes().len();
        let (waiting, certain) = (VecDeque::new(), leaves(records).collect());
        Journal { image, synced_bytes, before_last: synced_bytes, certain, waiting, written: None, fault }
    }

    /// All that was written, synced or not.
    pub fn bytes(&self) -> &[u8] {
        self.image.bytes()
    }

    /// Goes wrong from now on.
    pub fn plant(&mut self, fault: Fault) {
        self.fault = fault;
    }

    /// Takes a group that is to be written.
    pub fn append(&mut self, records: Vec<Record>) {
        self.waiting.push_back(records);
    }

    /// Whether something is not synced yet.
    pub fn is_busy(&self) -> bool {
        self.written.is_some() || !self.waiting.is_empty()
    }

    /// Does the disk's next step; gives the records that are said to be durable now.
    pub fn step(&mut self) -> Option<Vec<Record>> {
        if let Some(records) = self.written.take() {
            self.before_last = self.synced_bytes;
            self.synced_bytes = self.image.bytes().len();
            self.certain.extend(leaves(&records));
            return (self.fault != Fault::SaysSynced).then_some(records);
        }
        let records = self.waiting.pop_front()?;
        self.image.append(&records);
        self.written = Some(records.clone());
        (self.fault == Fault::SaysSynced).then_some(records)
    }

    /// Leaf hashes of the entries that a power cut at this moment leaves for certain.
    pub fn certain(&self) -> &[Digest] {
        &self.certain
    }

    /// The power goes: of what was not synced some is there, some of it torn.
    ///
    /// # Errors
    /// Why a start on what is left is refused.
    pub fn crash(&self, random: &mut Random) -> Result<(Journal, Vec<Record>), String> {
        let certain = if self.fault == Fault::LosesSynced { self.before_last } else { self.synced_bytes };
        let tail = self.image.bytes().len() - certain;
        let kept = match random.below(4) {
            _ if self.fault == Fault::LosesSynced => 0,
            0 => 0,
            1 => tail,
            _ => random.below(tail + 1),
        };
        let mut bytes = self.image.bytes()[..certain + kept].to_vec();
        if kept > 0 && random.chance(50) {
            // A sector of it never came to the disk.
            let at = certain + random.below(kept);
            let end = (at + 1 + random.below(512)).min(bytes.len());
            bytes[at..end].fill(0);
        }
        let (image, records) = SegmentImage::recover(bytes)?;
        Ok((Journal::of(image, &records, self.fault), records))
    }
}
