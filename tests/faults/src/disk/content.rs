//! The bytes of one file: those that are certain, and the changes that may or may not have reached the disk.

use std::collections::VecDeque;

use plenary_sim::random::Random;

/// A drive writes whole sectors.
const SECTOR_BYTES: usize = 512;

/// A change of a file's bytes.
#[derive(Clone)]
pub enum Change {
    /// Bytes at an offset.
    Write {
        /// Where.
        offset: usize,
        /// Which.
        bytes: Vec<u8>,
    },
    /// The length.
    Length(usize),
}

struct Pending {
    change: Change,
    /// Its sync failed: no later one can make it certain.
    is_doomed: bool,
}

/// The bytes of a file.
pub struct Content {
    certain: Vec<u8>,
    pending: VecDeque<Pending>,
    /// Changes that are no longer pending.
    settled: usize,
}

/// What became of the changes that nobody was promised.
#[derive(Clone, Copy)]
enum Luck {
    None,
    All,
    /// The first of them, the last of these torn.
    First,
    /// Any of them, each torn.
    Any,
    /// The lengths have reached the disk, the bytes have not.
    LengthsOnly,
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Change::Write { offset, bytes } => put(to, *offset, bytes),
            Change::Length(length) => to.resize(*length, 0),
        }
    }

    /// Applies some of its sectors.
    fn apply_torn(&self, to: &mut Vec<u8>, chance: &mut Random) {
        let Change::Write { offset, bytes } = self else {
            if chance.chance(50) {
                self.apply(to);
            }
            return;
        };
        let mut at = 0;
        while at < bytes.len() {
            let length = (SECTOR_BYTES - (offset + at) % SECTOR_BYTES).min(bytes.len() - at);
            if chance.chance(50) {
                put(to, offset + at, &bytes[at..at + length]);
            }
            at += length;
        }
    }

    fn overlaps(&self, other: &Change) -> bool {
        match (self, other) {
            (Change::Write { offset: a, bytes: x }, Change::Write { offset: b, bytes: y }) => {
                *a < b + y.len() && *b < a + x.len()
            }
            _ => true,
        }
    }
}

fn put(to: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if to.len() < offset + bytes.len() {
        to.resize(offset + bytes.len(), 0);
    }
    to[offset..offset + bytes.len()].copy_from_slice(bytes);
}

impl Content {
    /// A file whose bytes are certain.
    pub fn certain(bytes: Vec<u8>) -> Content {
        Content { certain: bytes, pending: VecDeque::new(), settled: 0 }
    }

    /// How many changes there were.
    pub fn changes(&self) -> usize {
        self.settled + self.pending.len()
    }

    /// A change that nobody has synced yet.
    pub fn change(&mut self, change: Change) {
        self.pending.push_back(Pending { change, is_doomed: false });
    }

    /// The first changes, so many, are synced; those whose sync has failed stay uncertain, unless a later one that
    /// is certain now lies over them.
    pub fn settle(&mut self, changes: usize) {
        let count = changes.saturating_sub(self.settled).min(self.pending.len());
        let rest = self.pending.split_off(count);
        let mut doomed: VecDeque<Pending> = VecDeque::new();
        for pending in std::mem::replace(&mut self.pending, rest) {
            if pending.is_doomed {
                doomed.push_back(pending);
                continue;
            }
            doomed.retain(|before| !before.change.overlaps(&pending.change));
            pending.change.apply(&mut self.certain);
        }
        self.settled += count - doomed.len();
        doomed.append(&mut self.pending);
        self.pending = doomed;
    }

    /// The first changes, so many, could not be synced.
    pub fn doom(&mut self, changes: usize) {
        let count = changes.saturating_sub(self.settled).min(self.pending.len());
        self.pending.iter_mut().take(count).for_each(|pending| pending.is_doomed = true);
    }

    /// The bytes that a power cut may leave.
    pub fn cut(&self, chance: &mut Random) -> Vec<u8> {
        let mut bytes = self.certain.clone();
        let luck = *chance.pick(&[Luck::None, Luck::All, Luck::First, Luck::Any, Luck::LengthsOnly]);
        let first = chance.below(self.pending.len() + 1);
        for (number, pending) in self.pending.iter().enumerate() {
            let change = &pending.change;
            match luck {
                Luck::None => break,
                Luck::All => change.apply(&mut bytes),
                Luck::First if number < first => change.apply(&mut bytes),
                Luck::First if number == first => change.apply_torn(&mut bytes, chance),
                Luck::First => break,
                Luck::Any => match chance.below(3) {
                    0 => {}
                    1 => change.apply(&mut bytes),
                    _ => change.apply_torn(&mut bytes, chance),
                },
                Luck::LengthsOnly => match change {
                    Change::Write { offset, bytes: more } => {
                        bytes.resize(bytes.len().max(offset + more.len()), 0);
                    }
                    Change::Length(_) => change.apply(&mut bytes),
                },
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(content: &mut Content, offset: usize, bytes: &[u8]) {
        content.change(Change::Write { offset, bytes: bytes.to_vec() });
    }

    fn cuts(content: &Content) -> std::collections::BTreeSet<Vec<u8>> {
        (0..200).map(|seed| content.cut(&mut Random::new(seed))).collect()
    }

    #[test]
    fn what_was_synced_is_in_every_cut_and_what_came_later_in_some() {
        let mut content = Content::certain(b"old".to_vec());
        write(&mut content, 3, b" new");
        let before = content.changes();
        write(&mut content, 7, b" later");
        content.settle(before);
        let cuts = cuts(&content);
        assert!(cuts.iter().all(|bytes| bytes.starts_with(b"old new")), "{cuts:?}");
        assert!(cuts.contains(b"old new".as_slice()) && cuts.contains(b"old new later".as_slice()));
        assert!(cuts.contains(b"old new\0\0\0\0\0\0".as_slice()), "the length alone");
    }

    #[test]
    fn a_sync_after_one_that_failed_proves_nothing_of_what_failed() {
        let mut content = Content::certain(Vec::new());
        write(&mut content, 0, b"lost");
        content.doom(content.changes());
        write(&mut content, 4, b"kept");
        content.settle(content.changes());
        let cuts = cuts(&content);
        assert!(cuts.iter().all(|bytes| bytes.ends_with(b"kept")), "{cuts:?}");
        assert!(
            cuts.contains(b"\0\0\0\0kept".as_slice()) && cuts.contains(b"lostkept".as_slice()),
            "{cuts:?}"
        );
        // Written again and synced, it is there.
        write(&mut content, 0, b"anew");
        content.settle(content.changes());
        assert_eq!(self::cuts(&content), [b"anewkept".to_vec()].into());
    }

    #[test]
    fn a_write_is_torn_at_sectors() {
        let mut content = Content::certain(vec![b'.'; 1_500]);
        write(&mut content, 500, &[b'x'; 600]);
        for bytes in cuts(&content) {
            for sector in [500..512, 512..1_024, 1_024..1_100] {
                assert!(bytes[sector.clone()].iter().all(|byte| *byte == bytes[sector.start]), "{sector:?}");
            }
        }
    }
}
