//! Known answers, other people's implementations as oracles, and every way to alter a proof.

mod chain;
mod note;
mod tree;

use super::{Checkpoint, SigningKey, VerifierKey};
use crate::ids::Digest;

/// Leaves that differ.
fn leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|number| crate::record::leaf_hash(&number.to_be_bytes())).collect()
}

fn key() -> SigningKey {
    SigningKey::of_seed(&[7; 32])
}

fn verifier(name: &str) -> VerifierKey {
    key().verifier(name).expect("a key name")
}

fn checkpoint(size: u64, root: Digest) -> Checkpoint {
    Checkpoint { origin: "plans.example.org/plans/sp/1".into(), size, root }
}

/// What can be done to a list of hashes without it staying the same.
fn mutations(hashes: &[Digest]) -> Vec<Vec<Digest>> {
    let mut all = vec![[hashes, &[Digest::ZERO]].concat(), [&[Digest::ZERO], hashes].concat()];
    if let Some((last, rest)) = hashes.split_last() {
        all.push(rest.to_vec());
        all.push(hashes[1..].to_vec());
        all.push([hashes, &[*last]].concat());
    }
    for at in 0..hashes.len() {
        for bit in [0, 4, 255] {
            let mut flipped = hashes.to_vec();
            flipped[at].0[bit / 8] ^= 1 << (bit % 8);
            all.push(flipped);
        }
        if at > 0 && hashes[at] != hashes[at - 1] {
            let mut swapped = hashes.to_vec();
            swapped.swap(at, at - 1);
            all.push(swapped);
        }
    }
    all
}
