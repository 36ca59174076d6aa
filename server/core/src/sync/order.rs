//! The changes of a message in an order in which the plan can take them.

use std::collections::{BTreeSet, HashSet};

use automerge::ChangeHash;
use automerge::legacy::OpId;

use crate::Reader;
use crate::order::{Header, Order, arrange};
use crate::places::address;
use plenary_limits::{SYNC_ASK_CHANGES_MAX, SYNC_ASK_OPERATIONS_MAX};

/// Changes, sorted out.
#[derive(Default)]
pub(super) struct Sorted {
    /// Those the plan can take, each after those it builds on, with their numbers of operations.
    pub ready: Vec<(Vec<u8>, usize)>,
    /// Those that build or hang on something nobody has.
    pub held: Vec<Vec<u8>>,
    /// Operations of those.
    pub held_operations: usize,
    /// What nobody has.
    pub missing: Vec<ChangeHash>,
    /// Whether all that the replica has is here or in the plan.
    pub is_whole: bool,
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

/// Sorts changes; those that the plan has are left out, those that do not decode come first, for the
/// gate to say so.
pub(super) fn sort(changes: Vec<Vec<u8>>, heads: &[ChangeHash], reader: &Reader) -> Sorted {
    let mut sorted = Sorted::default();
    let (mut waiting, mut headers) = (Vec::new(), Vec::new());
    for bytes in changes {
        let Some(header) = Header::read(&bytes) else {
            sorted.ready.push((bytes, 0));
            continue;
        };
        if !reader.has_change(&header.hash) && sorted.hashes.insert(header.hash) {
            waiting.push(bytes);
            headers.push(Some(header));
        }
    }
    let known = |hash: &ChangeHash| reader.has_change(hash);
    let is_here = |hash: &ChangeHash| known(hash) || sorted.hashes.contains(hash);
    let deps = headers.iter().flatten().flat_map(|header| &header.deps);
    let is_whole = heads.iter().chain(deps).all(is_here);
    sorted.is_whole = is_whole;
    // What it hangs on may be among what is still to come.
    let has = |id: &OpId| is_whole || reader.document().hash_for_opid(&address(id)).is_some();
    let Order { ready, held } = arrange(&headers, &waiting, known, has);
    let length = |index: usize| headers[index].as_ref().map_or(0, |header| header.operations);
    let mut bytes = |index: usize| std::mem::take(&mut waiting[index]);
    sorted.ready.extend(ready.into_iter().map(|index| (bytes(index), length(index))));
    let deps = held.iter().filter_map(|index| headers[*index].as_ref()).flat_map(|held| &held.deps);
    let missing = deps.filter(|dep| !known(dep) && !sorted.hashes.contains(dep));
    sorted.missing = missing.copied().collect::<BTreeSet<_>>().into_iter().collect();
    if sorted.missing.is_empty() && is_whole {
        // They wait for each other, which no replica makes: the gate is to say so.
        sorted.ready.extend(held.into_iter().map(|index| (bytes(index), length(index))));
    } else {
        sorted.held_operations = held.iter().map(|index| length(*index)).sum();
        sorted.held = held.into_iter().map(bytes).collect();
    }
    sorted
}
