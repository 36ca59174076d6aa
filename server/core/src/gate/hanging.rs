//! What a change hangs on: operations that its own ones come behind or take the place of.
//!
//! The library lets an edit at earlier heads hang words on a mark that came after those heads and that the edit
//! does not say it builds on.  Tried before that mark, it makes the library panic or a document that does not load.

use automerge::legacy::{ElementId, Key, OpId};
use automerge::{Automerge, ExpandedChange};
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::meaning::bad;
use crate::places::address;

/// Operations of other changes that those of a change hang on; some of them more than once.
pub(crate) fn hangs_on(change: &ExpandedChange) -> impl Iterator<Item = &OpId> {
    held(change).filter(|(_, id)| !is_own(change, id)).map(|(_, id)| id)
}

/// Holds a change against the document that is to take it: all that it hangs on is there.
///
/// # Errors
/// A refusal with code `missing_dependency`, or `bad_meaning` where it hangs on what it makes later.
pub(crate) fn check_hold(change: &ExpandedChange, doc: &Automerge) -> Result<(), Refusal> {
    for (at, id) in held(change) {
        let name = || format!("operation {}@{}", id.counter(), id.actor());
        if is_own(change, id) {
            if id.counter() >= at {
                return bad(format!("it hangs operation {at} on {}, which it does not make before", name()));
            }
        } else if doc.hash_for_opid(&address(id)).is_none() {
            let reason = format!(
                "it hangs on {}, which the plan does not have: send the change that made it first",
                name()
            );
            return Err(Refusal::new(RefusalCode::MissingDependency, reason));
        }
    }
    Ok(())
}

/// What each operation comes behind or takes the place of, with its own number.
fn held(change: &ExpandedChange) -> impl Iterator<Item = (u64, &OpId)> {
    (change.start_op.get()..).zip(&change.operations).flat_map(|(at, operation)| {
        let behind = match &operation.key {
            Key::Seq(ElementId::Id(id)) => Some(id),
            Key::Seq(ElementId::Head) | Key::Map(_) => None,
        };
        let replaced = operation.pred.iter().filter(move |pred| Some(*pred) != behind);
        behind.into_iter().chain(replaced).map(move |id| (at, id))
    })
}

fn is_own(change: &ExpandedChange, id: &OpId) -> bool {
    id.counter() >= change.start_op.get() && *id.actor() == change.actor_id
}
