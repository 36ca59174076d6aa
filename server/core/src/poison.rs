//! Which logged changes make a document that cannot be saved and loaded again.
//!
//! The gate lets no such change into the log; should one stand there all the same, it is looked for by
//! halves: the shortest run of changes, from the first on, whose document does not read back ends with it.
//! What hangs on it falls with it, and the rest is looked through again.  Nothing is mended here: the entries
//! stay as they are.

use automerge::Change;
use plenary_limits::QUARANTINE_ROOTS_MAX;
use plenary_protocol::ids::Seq;
use plenary_protocol::record::{Act, Event};

use crate::document;
use crate::gate::Falling;

/// Changes in the log that the saved document does not load with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Poison {
    /// Their entries, in the order in which they were found.
    pub seqs: Vec<Seq>,
    /// The entries of the changes that hang on them, directly or by others, in order.
    pub behind: Vec<Seq>,
    /// What the library says of the document as of the first of them.
    pub reason: String,
    /// Whether the document of all other changes reads back.
    pub rest_loads: bool,
}

/// A search that was ended before it had found anything out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the search was ended")]
pub struct Ended;

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

    /// The changes whose document does not read back, of which so many are looked for; none where the document of
    /// all does.  Before each look, of which one may take seconds, it is asked whether to go on.
    ///
    /// # Errors
    /// `Ended` when it is not.
    pub fn find(self, goes_on: &dyn Fn() -> bool) -> Result<Option<Poison>, Ended> {
        let mut rest = self.0;
        let mut poison: Option<Poison> = None;
        loop {
            let Err(reason) = reads_back(&rest, goes_on)? else {
                let found = poison.map(|poison| Poison { rest_loads: true, ..poison });
                return Ok(found.map(sorted));
            };
            if poison.as_ref().is_some_and(|poison| poison.seqs.len() == QUARANTINE_ROOTS_MAX) {
                return Ok(poison.map(sorted));
            }
            let (at, reason) = first(&rest, reason, goes_on)?;
            let Some((seq, change)) = rest.get(at) else { return Ok(poison.map(sorted)) };
            let (seq, mut falling) = (*seq, Falling::default());
            falling.add(change);
            let poison = poison.get_or_insert_with(|| Poison { reason, ..Poison::default() });
            poison.seqs.push(seq);
            rest.retain(|(at, change)| {
                let hangs_on_it = falling.takes(change);
                if hangs_on_it {
                    falling.add(change);
                    poison.behind.push(*at);
                }
                *at != seq && !hangs_on_it
            });
        }
    }
}

fn sorted(mut poison: Poison) -> Poison {
    poison.behind.sort_unstable();
    poison
}

/// The place of the first change with which the document does not read back, and what the library says then.
fn first(
    changes: &[(Seq, Change)],
    mut reason: String,
    goes_on: &dyn Fn() -> bool,
) -> Result<(usize, String), Ended> {
    // So many changes read back, and so many do not.
    let (mut whole, mut broken) = (0, changes.len());
    while broken - whole > 1 {
        let middle = whole + (broken - whole) / 2;
        match reads_back(&changes[..middle], goes_on)? {
            Ok(()) => whole = middle,
            Err(found) => (broken, reason) = (middle, found),
        }
    }
    Ok((whole, reason))
}

/// Whether the document of some changes loads as it was saved.
fn reads_back(changes: &[(Seq, Change)], goes_on: &dyn Fn() -> bool) -> Result<Result<(), String>, Ended> {
    if !goes_on() {
        return Err(Ended);
    }
    let mut doc = document::empty();
    let applied = document::apply(&mut doc, changes.iter().map(|(_, change)| change.clone()).collect());
    Ok(applied.and_then(|()| document::save(&doc).map(drop)))
}
