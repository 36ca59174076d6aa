//! Roots and proofs.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use sha2::Sha256;

use super::super::{Frontier, Leaves, ProofError, empty_root, verify_consistency, verify_inclusion};
use super::{leaves, mutations};
use crate::ids::Digest;
use crate::record::leaf_hash;

/// Leaves and roots of the certificate-transparency test tree (RFC 6962 §2.1; transparency-dev/merkle).
const CT_LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const CT_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
/// Beyond two blocks of 256, so that kept levels are used.
const SIZE: u64 = 600;

fn oracle(count: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..count).for_each(|number| tree.push(number.to_be_bytes().to_vec()));
    tree
}

fn concat(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

#[test]
fn roots_are_those_of_the_known_tree() {
    let mut frontier = Frontier::new();
    let mut all = Leaves::new();
    assert_eq!(frontier.root().to_string(), CT_ROOTS[0]);
    for (leaf, root) in CT_LEAVES.iter().zip(&CT_ROOTS[1..]) {
        frontier.push(leaf_hash(leaf));
        all.push(leaf_hash(leaf));
        assert_eq!(frontier.root().to_string(), *root);
        assert_eq!(all.root(all.size()).unwrap().to_string(), *root);
    }
    for (size, root) in CT_ROOTS.iter().enumerate() {
        assert_eq!(all.root(size as u64).unwrap().to_string(), *root);
    }
    assert_eq!(all.root(9), None);
}

#[test]
fn roots_and_proofs_are_those_of_another_implementation() {
    let mut frontier = Frontier::new();
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let all: Leaves = leaves(SIZE).into_iter().collect();
    for size in 1..=SIZE {
        tree.push((size - 1).to_be_bytes().to_vec());
        frontier.push(all.get(size - 1).unwrap());
        assert_eq!(frontier.root().0.as_slice(), tree.root().as_bytes().as_slice(), "size {size}");
        assert_eq!(all.root(size), Some(frontier.root()), "size {size}");
        for index in [0, 1, size / 3, size / 2, size - 1] {
            let Some(proof) = all.inclusion(index, size) else { continue };
            assert_eq!(concat(&proof), tree.prove_inclusion(index as usize).as_bytes(), "{index} of {size}");
        }
        for from in [1, size / 3, size / 2, size - 1] {
            if from == 0 {
                continue;
            }
            let proof = all.consistency(from, size).unwrap();
            let theirs = tree.prove_consistency((size - from) as usize);
            assert_eq!(concat(&proof), theirs.as_bytes(), "{from} to {size}");
        }
    }
    assert_eq!(Frontier::of(SIZE, frontier.roots().to_vec()), Some(frontier.clone()));
    assert_eq!(Frontier::of(SIZE + 1, frontier.roots().to_vec()), None);
}

#[test]
fn another_implementation_accepts_our_proofs() {
    let all: Leaves = leaves(SIZE).into_iter().collect();
    let (from, size, index) = (300, 577, 411_u64);
    let root = |size| {
        let root: Digest = all.root(size).unwrap();
        RootHash::<Sha256>::new(root.0.into(), size)
    };
    let proof = InclusionProof::<Sha256>::from_bytes(concat(&all.inclusion(index, size).unwrap()));
    root(size).verify_inclusion(&index.to_be_bytes().to_vec(), index, &proof).unwrap();
    let proof = concat(&all.consistency(from, size).unwrap());
    let proof = ConsistencyProof::<Sha256>::try_from_bytes(proof).unwrap();
    root(size).verify_consistency(&root(from), &proof).unwrap();
    assert_eq!(oracle(size).root().as_bytes(), root(size).as_bytes());
}

#[test]
fn every_inclusion_is_proved_and_no_altered_proof_is_taken() {
    let all: Leaves = leaves(70).into_iter().collect();
    for size in 1..=70 {
        let root = all.root(size).unwrap();
        for index in 0..size {
            let leaf = all.get(index).unwrap();
            let proof = all.inclusion(index, size).unwrap();
            assert_eq!(verify_inclusion(index, size, &leaf, &root, &proof), Ok(()));
            for altered in mutations(&proof) {
                assert!(verify_inclusion(index, size, &leaf, &root, &altered).is_err(), "{index} of {size}");
            }
            for other in [index + 1, index ^ 1, index + size, u64::MAX] {
                // In a perfect tree nothing but the index itself leads the same way.
                assert!(verify_inclusion(other, size, &leaf, &root, &proof).is_err(), "{other} of {size}");
            }
            assert!(verify_inclusion(index, size, &root, &leaf, &proof).is_err() || size == 1);
            assert!(verify_inclusion(index, 2 * size, &leaf, &root, &proof).is_err());
        }
    }
    assert_eq!(
        verify_inclusion(3, 3, &Digest::ZERO, &Digest::ZERO, &[]),
        Err(ProofError::Index { index: 3, size: 3 })
    );
    assert_eq!(all.inclusion(70, 70), None);
    assert_eq!(all.inclusion(3, 71), None);
}

#[test]
fn every_growth_is_proved_and_no_altered_proof_is_taken() {
    let all: Leaves = leaves(70).into_iter().collect();
    let flip = |root: &Digest| {
        let mut root = *root;
        root.0[31] ^= 1;
        root
    };
    for to in 1..=70 {
        let to_root = all.root(to).unwrap();
        for from in 1..=to {
            let from_root = all.root(from).unwrap();
            let proof = all.consistency(from, to).unwrap();
            assert_eq!(verify_consistency(from, to, &from_root, &to_root, &proof), Ok(()), "{from} to {to}");
            for altered in mutations(&proof) {
                assert!(
                    verify_consistency(from, to, &from_root, &to_root, &altered).is_err(),
                    "{from} to {to}"
                );
            }
            assert!(verify_consistency(from, to, &flip(&from_root), &to_root, &proof).is_err());
            assert!(verify_consistency(from, to, &from_root, &flip(&to_root), &proof).is_err());
            assert!(from == to || verify_consistency(from, to, &to_root, &from_root, &proof).is_err());
            assert!(verify_consistency(to + 1, to, &from_root, &to_root, &proof).is_err());
        }
        assert_eq!(verify_consistency(0, to, &empty_root(), &to_root, &[]), Ok(()));
        assert!(verify_consistency(0, to, &flip(&empty_root()), &to_root, &[]).is_err());
        assert!(verify_consistency(0, to, &empty_root(), &to_root, &[to_root]).is_err());
    }
    assert_eq!(all.consistency(5, 71), None);
    assert_eq!(all.consistency(6, 5), None);
}

proptest! {
    #[test]
    fn a_tree_that_begins_otherwise_is_never_consistent(
        from in 1_u64..400, more in 1_u64..200, at in 0_u64..400,
    ) {
        let to = from + more;
        let honest: Leaves = leaves(to).into_iter().collect();
        let mut other = leaves(to);
        other[(at % from) as usize].0[0] ^= 1;
        let other: Leaves = other.into_iter().collect();
        let (from_root, to_root) = (honest.root(from).unwrap(), other.root(to).unwrap());
        let honest = honest.consistency(from, to).unwrap();
        let forged = other.consistency(from, to).unwrap();
        prop_assert!(verify_consistency(from, to, &from_root, &to_root, &honest).is_err());
        prop_assert!(verify_consistency(from, to, &from_root, &to_root, &forged).is_err());
    }
}
