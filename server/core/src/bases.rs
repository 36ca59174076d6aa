//! Up to which entry the author of a change had read, from what the change builds on.
//!
//! Replicas are told entries in order, so who builds on somebody else's change has read up to it.  One's
//! own changes are not read but written: whoever wrote a queue offline had read, at its end, what they
//! had at its beginning, however many messages it comes in.

use std::collections::HashMap;

use automerge::ChangeHash;
use plenary_protocol::ids::{Seq, Subject};

/// A change whose author had not read all that stands before it.
#[derive(Debug, Clone)]
struct Unread {
    author: Subject,
    base: Seq,
    /// From here up to the change all entries are its author's.
    run: Seq,
}

/// What the fold knows of it.
#[derive(Debug, Clone, Default)]
pub struct Bases {
    /// Who wrote the last entries, and the first of them.
    run: Option<(Subject, Seq)>,
    unread: HashMap<ChangeHash, Unread>,
}

impl Bases {
    /// Takes in who wrote the next entry.
    pub fn wrote(&mut self, author: &Subject, seq: Seq) {
        if self.run.as_ref().is_none_or(|(last, _)| last != author) {
            self.run = Some((author.clone(), seq));
        }
    }

    /// Takes in a change of the entry that was told last, made by a replica that had read up to `base`.
    pub fn take(&mut self, change: ChangeHash, base: Seq) {
        let Some((author, run)) = &self.run else { return };
        if base.next() < *run {
            self.unread.insert(change, Unread { author: author.clone(), base, run: *run });
        }
    }

    /// The last entry that the author of a change had read; `None` where it builds on nothing.
    ///
    /// `deps` are the changes that it builds on, with their entries.
    pub fn of(&self, deps: &[(ChangeHash, Seq)], author: &Subject) -> Option<Seq> {
        let own = |hash: &ChangeHash| self.unread.get(hash).filter(|unread| unread.author == *author);
        let read = deps.iter().map(|(hash, seq)| own(hash).map_or(*seq, |unread| unread.base));
        let base = read.max()?;
        // What lies between is all their own.
        let up_to = |(hash, seq): &(ChangeHash, Seq)| {
            own(hash).filter(|unread| unread.run <= base.next()).map(|_| *seq)
        };
        Some(deps.iter().filter_map(up_to).max().unwrap_or(base).max(base))
    }
}
