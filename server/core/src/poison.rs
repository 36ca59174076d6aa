//! Which logged change makes a document that cannot be saved and loaded again.
//!
//! The gate lets no such change into the log; should one stand there all the same, it is looked for by
//! halves: the shortest run of changes, from the first on, whose document does not read back ends with it.
//! What hangs on it falls with it.  Nothing is mended here: the entries stay as they are.

use std::collections::HashSet;

use automerge::{Change, ChangeHash};
use plenary_protocol::ids::Seq;
use plenary_protocol::record::{Act, Event};

use crate::document;

/// A change in the log that the saved document does not load with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poison {
    /// Its entry.
    pub seq: Seq,
    /// The entries of the changes that hang on it, directly or by others, in order.
    pub behind: Vec<Seq>,
    /// What the library says of the document as of that entry.
    pub reason: String,
    /// Whether the document of all other changes reads back.
    pub is_alone: bool,
}

/// The changes of a plan, in the order of its log, to be looked through.
#[derive(Debug, Default)]
pub struct Search(Vec<(Seq, Change)>);

impl Search {
    /// Takes in the next entry.
    ///
    /// # Errors
    /// What the library says of a change that does not decode.
    pub fn take(&mut self, event: &Event) -> Result<(), String> {
        if let Act::Change(act) = &event.payload.act {
            let change = Change::from_bytes(act.change.clone()).map_err(|error| error.to_string())?;
            self.0.push((event.envelope.seq, change));
        }
        Ok(())
    }

    /// The first change whose document does not read back; none where the document of all does.
    pub fn find(&self) -> Option<Poison> {
        let all = self.0.iter().map(|(_, change)| change);
        let mut reason = reads_back(all).err()?;
        // So many changes read back, and so many do not.
        let (mut whole, mut broken) = (0, self.0.len());
        while broken - whole > 1 {
            let middle = whole + (broken - whole) / 2;
            match reads_back(self.0[..middle].iter().map(|(_, change)| change)) {
                Ok(()) => whole = middle,
                Err(found) => (broken, reason) = (middle, found),
            }
        }
        let (seq, change) = &self.0[whole..].first()?;
        let mut out: HashSet<ChangeHash> = [change.hash()].into();
        let (mut behind, mut others) = (Vec::new(), Vec::new());
        for (at, change) in &self.0 {
            if change.deps().iter().any(|dep| out.contains(dep)) {
                out.insert(change.hash());
                behind.push(*at);
            } else if at != seq {
                others.push(change);
            }
        }
        let is_alone = reads_back(others.into_iter()).is_ok();
        Some(Poison { seq: *seq, behind, reason, is_alone })
    }
}

/// Whether the document of some changes loads as it was saved.
fn reads_back<'a>(changes: impl Iterator<Item = &'a Change>) -> Result<(), String> {
    let mut doc = document::empty();
    document::apply(&mut doc, changes.cloned().collect())?;
    document::save(&doc).map(drop)
}
