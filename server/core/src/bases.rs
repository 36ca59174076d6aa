//! Up to which entry the author of a change had read, from what the change builds on.
//!
//! Replicas are told entries in order, so who builds on somebody else's change has read up to it.  One's
//! own changes are not read but written: whoever wrote a queue offline had read, at its end, what they
//! had at its beginning, however many messages it comes in.

use std::collections::HashMap;

use automerge::ChangeHash;
use plenary_protocol::ids::{Seq, Subject};

use crate::stored::{Reader, Writer};

/// A change whose author had not read all that stands before it.
#[derive(Debug, Clone, PartialEq)]
struct Unread {
    author: Subject,
    base: Seq,
    /// From here up to the change all entries are its author's.
    run: Seq,
}

/// What the fold knows of it.
#[derive(Debug, Clone, Default, PartialEq)]
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

    /// Writes it into a snapshot: the run (author, first entry), if any · of each change whose author had
    /// not read all (hash, 32 bytes) the author, the base and the run.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.list(&self.run, |out, (author, first)| {
            out.text(author.as_str());
            out.number(first.0);
        });
        let mut unread: Vec<_> = self.unread.iter().collect();
        unread.sort_unstable_by_key(|(hash, _)| **hash);
        out.list(unread, |out, (hash, unread)| {
            out.fixed(&hash.0);
            out.text(unread.author.as_str());
            out.number(unread.base.0);
            out.number(unread.run.0);
        });
    }

    /// Reads it back.
    pub(crate) fn read(input: &mut Reader<'_>) -> Option<Bases> {
        let run = input.list(|input| Some((input.parsed()?, Seq(input.number()?))))?.pop();
        let unread = input.list(|input| {
            let hash = ChangeHash(input.fixed()?);
            let (author, base) = (input.parsed()?, Seq(input.number()?));
            Some((hash, Unread { author, base, run: Seq(input.number()?) }))
        })?;
        Some(Bases { run, unread: unread.into_iter().collect() })
    }
}
