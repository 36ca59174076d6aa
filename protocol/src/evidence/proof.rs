//! The two checks that others make: that an entry is in a tree, and that one tree goes on from
//! another (RFC 9162 §2.1.3.2 and §2.1.4.2).

use super::tree::{empty_root, node_hash};
use crate::ids::Digest;

/// Why a proof shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The entry is not one of a tree of this size.
    #[error("index {index} is not in a tree of {size} entries")]
    Index {
        /// The index.
        index: u64,
        /// The size.
        size: u64,
    },
    /// The earlier tree is larger than the later one.
    #[error("a tree of {from} entries is not an earlier one of a tree of {to}")]
    Sizes {
        /// The size of the earlier tree.
        from: u64,
        /// The size of the later tree.
        to: u64,
    },
    /// The proof has more or fewer hashes than the sizes ask for.
    #[error("the proof has {found} hashes, which is not what a proof between these sizes has")]
    Length {
        /// How many it has.
        found: usize,
    },
    /// The hashes do not lead to the root of the tree.
    #[error("the proof does not lead to the root of the tree")]
    Root,
    /// The hashes do not lead to the root of the earlier tree.
    #[error("the proof does not lead to the root of the earlier tree")]
    EarlierRoot,
}

/// Checks that `leaf` stands at `index` of the tree of `size` leaves with `root`.
///
/// # Errors
/// `Index`, `Length` or `Root`.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Digest,
    root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Index { index, size });
    }
    let length = ProofError::Length { found: proof.len() };
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that the tree of `to` leaves with `to_root` begins with the tree of `from` leaves with
/// `from_root`.
///
/// Every tree goes on from the empty one, by a proof without hashes.
///
/// # Errors
/// `Sizes`, `Length`, `Root` or `EarlierRoot`.
pub fn verify_consistency(
    from: u64,
    to: u64,
    from_root: &Digest,
    to_root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    let length = ProofError::Length { found: proof.len() };
    if from > to {
        return Err(ProofError::Sizes { from, to });
    }
    if from == 0 || from == to {
        let is_same = if from == to { from_root == to_root } else { *from_root == empty_root() };
        return match (proof.is_empty(), is_same) {
            (false, _) => Err(length),
            (true, false) => Err(ProofError::EarlierRoot),
            (true, true) => Ok(()),
        };
    }
    let (mut node, mut last) = (from - 1, to - 1);
    let ones = node.trailing_ones();
    node >>= ones;
    last >>= ones;
    let mut hashes = proof.iter();
    // A perfect earlier tree is a node of the later one: its root is where the way begins.
    let first = if from.is_power_of_two() { from_root } else { hashes.next().ok_or(length)? };
    let (mut earlier, mut later) = (*first, *first);
    for sibling in hashes {
        if last == 0 {
            return Err(length);
        }
        if node & 1 == 1 || node == last {
            earlier = node_hash(sibling, &earlier);
            later = node_hash(sibling, &later);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            later = node_hash(&later, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    match () {
        () if last != 0 => Err(length),
        () if earlier != *from_root => Err(ProofError::EarlierRoot),
        () if later != *to_root => Err(ProofError::Root),
        () => Ok(()),
    }
}
