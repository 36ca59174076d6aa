//! One message of changes: how far it is, what of it is not done, and what is answered.
//!
//! **Invariant.** A change is done, refused, or waits; what only waits is not told to be refused.

use automerge::Change;
use plenary_limits::REASON_CHARS_MAX;
use plenary_protocol::Digest;
use plenary_protocol::wire::Refusal;
use plenary_protocol::wire::live::AckEntry;

use super::{Answer, Ask};
use crate::document::digest;
use crate::gate::{self, Arrived, Falling};

/// What is known of the changes of one message so far.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// How many of its changes have had their turn.
    pub at: usize,
    /// The entries of those that are done.
    pub entries: Vec<AckEntry>,
    pub refused: Undone,
    /// Those that were not tried, and may come again.
    pub waiting: Undone,
}

/// Changes of a message that are not done.
#[derive(Debug, Default)]
pub(super) struct Undone {
    changes: Falling,
    /// The hashes to be told, in order.
    hashes: Vec<Digest>,
    /// Why the first of them is not done.
    pub first: Option<Refusal>,
}

impl Undone {
    /// Takes in one that is not done, where it is a change.
    pub fn take(&mut self, change: Option<&Change>, refusal: Refusal) {
        if let Some(change) = change {
            self.changes.add(change);
            self.hashes.push(digest(&change.hash()));
        }
        self.first.get_or_insert(refusal);
    }

    /// Whether a change builds or hangs on one of them.
    pub fn takes(&self, arrived: &Arrived) -> bool {
        !self.hashes.is_empty() && self.changes.takes_decoded(arrived)
    }
}

impl Message {
    /// Whether all of it that had its turn is done.
    pub fn is_done_so_far(&self) -> bool {
        self.refused.first.is_none() && self.waiting.first.is_none()
    }

    /// Refuses the changes that are left.
    pub fn give_up(&mut self, ask: &Ask, refusal: Refusal) {
        let Ask::Changes { changes, .. } = ask else { return };
        let left = changes[self.at..].iter().filter_map(|bytes| gate::arrive(bytes).ok());
        self.refused.hashes.extend(left.map(|arrived| digest(&arrived.change.hash())));
        self.at = changes.len();
        self.refused.first.get_or_insert(refusal);
    }

    /// What is refused is named under the first reason; what only waits is named where nothing is refused.
    pub fn answer(self) -> Answer {
        let Message { entries, refused, waiting, .. } = self;
        let (refusal, changes) = match (refused.first, waiting.first) {
            (None, None) => return Answer::Done { duplicate: false, made: Vec::new(), entries },
            (Some(refusal), None) => (refusal, refused.hashes),
            (Some(mut refusal), Some(_)) => {
                let waits = format!(
                    "; {} more changes of the message were not tried for now: send those again that are neither \
                     done nor named here",
                    waiting.hashes.len()
                );
                cut(&mut refusal.reason, REASON_CHARS_MAX - waits.chars().count());
                refusal.reason.push_str(&waits);
                (refusal, refused.hashes)
            }
            (None, Some(refusal)) => (refusal, waiting.hashes),
        };
        if entries.is_empty() {
            Answer::Refused { refusal, changes }
        } else {
            Answer::Partly { entries, refusal, changes }
        }
    }
}

/// Cuts a reason to so many characters.
pub(super) fn cut(reason: &mut String, chars: usize) {
    if let Some((end, _)) = reason.char_indices().nth(chars) {
        reason.truncate(end);
    }
}
