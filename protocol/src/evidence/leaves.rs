//! The leaves of a tree, from which any proof of it is made.
//!
//! Besides the leaves it keeps the roots of whole blocks of 256, of 256 blocks, and so on: 32 bytes an
//! entry in memory, and a proof costs some hundred hashes however long the log.

use super::tree::{empty_root, node_hash};
use crate::ids::Digest;

/// Levels of the tree between two that are kept: blocks of 256, as in the tiles of c2sp.org/tlog-tiles.
const BLOCK_LEVELS: u32 = 8;
const BLOCK: u64 = 1 << BLOCK_LEVELS;

/// All leaves of a tree, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leaves {
    /// Nodes of level 0, 8, 16, …: only those over whole blocks.
    levels: Vec<Vec<Digest>>,
}

impl Leaves {
    /// No leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are.
    pub fn size(&self) -> u64 {
        self.all().len() as u64
    }

    /// All of them, in order.
    pub fn all(&self) -> &[Digest] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The leaf at an index.
    pub fn get(&self, index: u64) -> Option<Digest> {
        self.all().get(usize::try_from(index).ok()?).copied()
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        let mut count = 0;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            if let Some(nodes) = self.levels.get_mut(level) {
                nodes.push(node);
                count = nodes.len() as u64;
            }
            if !count.is_multiple_of(BLOCK) {
                break;
            }
            node = self.perfect(BLOCK_LEVELS * (level as u32 + 1), count / BLOCK - 1);
        }
    }

    /// The root of the tree of the first `size` leaves; `None` when there are fewer.
    pub fn root(&self, size: u64) -> Option<Digest> {
        (size <= self.size()).then(|| if size == 0 { empty_root() } else { self.range(0, size) })
    }

    /// The proof that the leaf at `index` is in the tree of the first `size` leaves (RFC 9162 §2.1.3.1),
    /// its sibling first; `None` when the tree has no such leaf, or there are fewer leaves.
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Digest>> {
        if index >= size || size > self.size() {
            return None;
        }
        let mut proof = Vec::new();
        let (mut start, mut end) = (0, size);
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                proof.push(self.range(middle, end));
                end = middle;
            } else {
                proof.push(self.range(start, middle));
                start = middle;
            }
        }
        proof.reverse();
        Some(proof)
    }

    /// The proof that the tree of the first `to` leaves goes on from that of the first `from`
    /// (RFC 9162 §2.1.4.1); `None` when `from` is larger than `to`, or there are fewer leaves.
    pub fn consistency(&self, from: u64, to: u64) -> Option<Vec<Digest>> {
        if from > to || to > self.size() {
            return None;
        }
        let mut proof = Vec::new();
        if from == 0 {
            return Some(proof);
        }
        let (mut start, mut end) = (0, to);
        while from != end {
            let middle = start + split(end - start);
            if from <= middle {
                proof.push(self.range(middle, end));
                end = middle;
            } else {
                proof.push(self.range(start, middle));
                start = middle;
            }
        }
        // Where the earlier tree is a node of the later one, whoever checks has its root already.
        if start != 0 {
            proof.push(self.range(start, end));
        }
        proof.reverse();
        Some(proof)
    }

    /// The root over the leaves from `start` to before `end`; `start` lies where such a subtree begins.
    fn range(&self, start: u64, end: u64) -> Digest {
        let width = end - start;
        if width.is_power_of_two() {
            return self.perfect(width.trailing_zeros(), start / width);
        }
        let middle = start + split(width);
        node_hash(&self.range(start, middle), &self.range(middle, end))
    }

    /// The root of the perfect subtree of 2^level leaves with this number.
    fn perfect(&self, level: u32, number: u64) -> Digest {
        let kept =
            self.levels.get((level / BLOCK_LEVELS) as usize).filter(|_| level.is_multiple_of(BLOCK_LEVELS));
        if let Some(root) = kept.and_then(|nodes| nodes.get(number as usize)) {
            return *root;
        }
        // Level 0 is kept whole: who asks for a leaf that is not there asks beyond the size.
        if level == 0 {
            return Digest::ZERO;
        }
        node_hash(&self.perfect(level - 1, 2 * number), &self.perfect(level - 1, 2 * number + 1))
    }
}

impl FromIterator<Digest> for Leaves {
    fn from_iter<T: IntoIterator<Item = Digest>>(leaves: T) -> Self {
        let mut all = Leaves::new();
        leaves.into_iter().for_each(|leaf| all.push(leaf));
        all
    }
}

/// The largest power of two below `width`, which is at least 2.
fn split(width: u64) -> u64 {
    1 << (u64::BITS - 1 - (width - 1).leading_zeros())
}
