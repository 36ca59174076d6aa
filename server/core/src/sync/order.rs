//! The changes of a message in an order in which the plan can take them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use automerge::ChangeHash;

use crate::Reader;
use crate::gate;
use plenary_limits::{SYNC_ASK_CHANGES_MAX, SYNC_ASK_OPERATIONS_MAX};

/// Changes, sorted out.
#[derive(Default)]
pub(super) struct Sorted {
    /// Those the plan can take, each after those it builds on, with their numbers of operations.
    pub ready: Vec<(Vec<u8>, usize)>,
    /// Those that build on something nobody has.
    pub held: Vec<Vec<u8>>,
    /// What nobody has.
    pub missing: Vec<ChangeHash>,
    /// The hashes of all that came and the plan lacks.
    pub hashes: HashSet<ChangeHash>,
}

/// Changes in groups, each small enough to be one ask, so that others' edits come between.
pub(super) fn groups(changes: Vec<(Vec<u8>, usize)>) -> Vec<Vec<Vec<u8>>> {
    let mut groups: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut operations = 0;
    for (bytes, more) in changes {
        operations += more;
        match groups.last_mut() {
            Some(group) if group.len() < SYNC_ASK_CHANGES_MAX && operations <= SYNC_ASK_OPERATIONS_MAX => {
                group.push(bytes);
            }
            _ => {
                groups.push(vec![bytes]);
                operations = more;
            }
        }
    }
    groups
}

struct Waiting {
    hash: ChangeHash,
    bytes: Vec<u8>,
    operations: usize,
    deps: Vec<ChangeHash>,
}

/// Sorts changes; those that the plan has are left out, those that do not decode come first, for the
/// gate to say so.  Where the order in which they came is one, they keep it: an edit at earlier heads may
/// hang its words on a mark that its replica made before and that it does not say it builds on.
pub(super) fn sort(changes: Vec<Vec<u8>>, reader: &Reader) -> Sorted {
    let mut sorted = Sorted::default();
    let mut waiting: Vec<Option<Waiting>> = Vec::new();
    let mut here: HashSet<ChangeHash> = HashSet::new();
    for bytes in changes {
        let Ok(arrived) = gate::arrive(&bytes) else {
            sorted.ready.push((bytes, 0));
            continue;
        };
        let hash = arrived.change.hash();
        if !reader.has_change(&hash) && here.insert(hash) {
            let deps = arrived.change.deps().iter().filter(|dep| !reader.has_change(dep)).copied().collect();
            let operations = arrived.change.len();
            waiting.push(Some(Waiting { hash, bytes, operations, deps }));
        }
    }
    // Each change counts what it waits for; the one that comes counts down those that waited for it.
    let mut children: HashMap<ChangeHash, Vec<usize>> = HashMap::new();
    let mut open: Vec<usize> = Vec::with_capacity(waiting.len());
    let mut next: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
    for (index, change) in waiting.iter().enumerate() {
        let deps = change.as_ref().map(|change| change.deps.as_slice()).unwrap_or_default();
        open.push(deps.len());
        for dep in deps {
            children.entry(*dep).or_default().push(index);
        }
        if deps.is_empty() {
            next.push(Reverse(index));
        }
    }
    while let Some(Reverse(index)) = next.pop() {
        let Some(change) = waiting[index].take() else { continue };
        for child in children.get(&change.hash).into_iter().flatten() {
            open[*child] -= 1;
            if open[*child] == 0 {
                next.push(Reverse(*child));
            }
        }
        sorted.ready.push((change.bytes, change.operations));
    }
    let mut missing = HashSet::new();
    for change in waiting.into_iter().flatten() {
        missing.extend(change.deps.iter().filter(|dep| !here.contains(dep)).copied());
        sorted.held.push(change.bytes);
    }
    sorted.missing = missing.into_iter().collect();
    sorted.missing.sort();
    sorted.hashes = here;
    sorted
}
