//! Replicas that have heard everything have the document that follows from the log alone.

use automerge::{Automerge, Change, ChangeHash};
use plenary_core::document;
use plenary_protocol::record::{Act, Event};

/// The document that follows from a log.
///
/// # Errors
/// What does not apply.
pub fn folded(log: &[Event]) -> Result<Automerge, String> {
    let mut doc = document::empty();
    let mut changes = Vec::new();
    for event in log {
        if let Act::Change(act) = &event.payload.act {
            changes.push(Change::from_bytes(act.change.clone()).map_err(|error| error.to_string())?);
        }
    }
    document::apply(&mut doc, changes)?;
    Ok(doc)
}

fn heads(doc: &Automerge) -> Vec<ChangeHash> {
    let mut heads = doc.get_heads();
    heads.sort();
    heads
}

/// Holds a replica's document against it.
///
/// # Errors
/// How they differ.
pub fn check(name: &str, replica: &Automerge, folded: &Automerge) -> Result<(), String> {
    if heads(replica) != heads(folded) {
        let more = folded.get_changes_added(replica).len();
        let lacks = replica.get_changes_added(folded).len();
        return Err(format!("{name} has other heads than the log: {more} changes more, {lacks} lacking"));
    }
    if replica.hydrate(None) != folded.hydrate(None) {
        return Err(format!("{name} has the log's heads and another content"));
    }
    Ok(())
}

/// Holds that a document loads again after it was saved.
///
/// # Errors
/// What the library says.
pub fn check_loads(doc: &Automerge) -> Result<(), String> {
    let again = document::load(&doc.save())?;
    check("the document loaded again", &again, doc)
}
