//! Replicas of the automerge-repo protocol: what one has, what it is to be told, and when it is quiet.
//!
//! A replica's changes never reach the library's sync code: they are taken out of the message, go
//! through the hub's gate, and come back to the reader copy as committed entries.  Only then is the
//! replica answered, so the heads of an answer are a receipt.  A replica in step is told new entries
//! by one message that is the same for all (`in_step`); the library makes a message only for one that
//! lags or asks.

mod message;
mod order;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::ChangeHash;
use automerge::sync::{ChunkList, Have, Message, MessageFlags, MessageVersion, State, SyncDoc};
use plenary_limits::{
    SYNC_HEADS_TOLD_MAX, SYNC_HELD_BYTES_MAX, SYNC_HELD_OPERATIONS_MAX, SYNC_SAME_ANSWERS_MAX,
    SYNC_SENT_HASHES_MAX,
};
use plenary_protocol::wire::{Refusal, RefusalCode};
use sha2::{Digest as _, Sha256};

use crate::Reader;

pub use message::Incoming;

/// Bytes of a change before what is hashed: magic and checksum.
const CHANGE_PREFIX_BYTES: usize = 8;

/// What a message brought.
#[derive(Debug, Default)]
pub struct Received {
    /// Changes that the plan lacks, each after those it builds on, in groups that are one ask each.
    pub groups: Vec<Vec<Vec<u8>>>,
    /// Whether the replica wants nothing and has nothing else: the step that tells all of them is
    /// all the answer it needs.
    pub complete: bool,
}

/// One replica of one plan, for as long as its connection.
#[derive(Debug)]
pub struct Peer {
    state: State,
    /// Heads it was told, the latest last.
    told: VecDeque<Vec<ChangeHash>>,
    /// Changes that build on one it did not send: its summary of what we have was wrong about that.
    held: Vec<Vec<u8>>,
    /// Changes that `held` builds on.
    missing: Vec<ChangeHash>,
    last: Option<(Vec<ChangeHash>, Vec<ChangeHash>)>,
    same: usize,
}

/// What every replica in step is told of a group of entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The heads after them.
    pub heads: Vec<ChangeHash>,
    /// The changes in it.
    pub changes: Vec<ChangeHash>,
    /// The sync message.
    pub message: Vec<u8>,
}

/// The message for every replica in step: new changes, and the heads after them.
///
/// It says that all before is shared, so a replica answers with exactly what it has beyond; one that
/// lacks something asks for it.  It has no flags: with flags, clients begin to send whole documents.
pub fn in_step(heads: &[ChangeHash], changes: Vec<Vec<u8>>) -> Step {
    let heads = heads.to_vec();
    let told = changes.iter().filter_map(|change| hash_of(change)).collect();
    let message = Message {
        heads: heads.clone(),
        need: Vec::new(),
        have: vec![Have { last_sync: heads.clone(), ..Have::default() }],
        changes: ChunkList::from(changes),
        flags: None,
        version: MessageVersion::V1,
    };
    Step { heads, changes: told, message: message.encode() }
}

/// The hash of a change as the log has it: of all behind magic and checksum.
fn hash_of(change: &[u8]) -> Option<ChangeHash> {
    change.get(CHANGE_PREFIX_BYTES..).map(|rest| ChangeHash(Sha256::digest(rest).into()))
}

fn lacks(reader: &Reader, hashes: &[ChangeHash]) -> bool {
    hashes.iter().any(|hash| !reader.has_change(hash))
}

fn failed() -> Refusal {
    Refusal::new(RefusalCode::Unavailable, "the document library failed on the sync message")
}

impl Peer {
    /// A replica that nothing is known of yet; a read-only one is told and never heard.
    pub fn new(read_only: bool) -> Self {
        let state = if read_only { State::new_read_only() } else { State::new() };
        Peer { state, told: VecDeque::new(), held: Vec::new(), missing: Vec::new(), last: None, same: 0 }
    }

    /// Whether its changes are not taken.
    pub fn is_read_only(&self) -> bool {
        self.state.read_only
    }

    /// Takes none of its changes from now on.
    pub fn refuse(&mut self) {
        self.state.set_read_only(true);
        self.held.clear();
        self.missing.clear();
        self.same = 0;
    }

    /// Takes note that it was sent a step.
    pub fn told(&mut self, step: &Step) {
        self.state.last_sent_heads.clone_from(&step.heads);
        self.state.in_flight = true;
        self.state.have_responded = true;
        // What it was told is not told again in an answer.  One that never says what it has is told
        // twice rather than remembered without end.
        if self.state.sent_hashes.len() + step.changes.len() > SYNC_SENT_HASHES_MAX {
            self.state.sent_hashes.clear();
        }
        self.state.sent_hashes.extend(&step.changes);
        self.note(&step.heads);
    }

    fn note(&mut self, heads: &[ChangeHash]) {
        if heads.is_empty() || self.told.back().is_some_and(|last| last == heads) {
            return;
        }
        if self.told.len() == SYNC_HEADS_TOLD_MAX {
            self.told.pop_front();
        }
        self.told.push_back(heads.to_vec());
    }

    /// Takes a message that only says "I have what you told me"; `false` when it says more, and is
    /// to be `receive`d.
    pub fn acknowledges(&mut self, incoming: &Incoming) -> bool {
        let Message { heads, need, have, flags, .. } = &incoming.message;
        let has = |flag: u8| flags.is_some_and(|flags| flags.contains(flag));
        let plain = !incoming.has_changes()
            && need.is_empty()
            && self.held.is_empty()
            && !has(MessageFlags::SYNC_RESET)
            && has(MessageFlags::READ_ONLY) == self.state.peer_read_only
            && self.told.contains(heads);
        if plain {
            self.state.in_flight = false;
            self.state.shared_heads.clone_from(heads);
            self.state.their_heads = Some(heads.clone());
            self.state.their_have = Some(have.clone());
            self.state.their_need = Some(Vec::new());
            if *heads == self.state.last_sent_heads {
                self.state.sent_hashes.clear();
            }
        }
        plain
    }

    /// Takes a message in and gives back its changes that the plan lacks, in an order in which each
    /// comes after those it builds on, and whether anything is left to ask or answer once they are in.
    ///
    /// Changes that build on one that nobody has are kept until the replica has sent that one.
    ///
    /// # Errors
    /// A refusal with code `unavailable` when the library fails, and with code `busy` when too many
    /// changes would wait; the replica is to start anew then.
    pub fn receive(&mut self, reader: &mut Reader, incoming: Incoming) -> Result<Received, Refusal> {
        let Incoming { message, changes } = incoming;
        if self.state.their_heads.as_ref() != Some(&message.heads) || !changes.is_empty() {
            self.same = 0;
        }
        let heads = message.heads.clone();
        let needs =
            !message.need.is_empty() || message.have.iter().any(|have| lacks(reader, &have.last_sync));
        let (state, document) = (&mut self.state, reader.document_mut());
        let received = catch_unwind(AssertUnwindSafe(|| document.receive_sync_message(state, message)));
        if !matches!(received, Ok(Ok(()))) {
            return Err(failed());
        }
        if self.state.read_only || (changes.is_empty() && self.held.is_empty()) {
            return Ok(Received::default());
        }
        let waited = std::mem::take(&mut self.held);
        let sorted = order::sort(waited.into_iter().chain(changes).collect(), &heads, reader);
        let bytes = sorted.held.iter().map(Vec::len).sum::<usize>();
        if bytes > SYNC_HELD_BYTES_MAX || sorted.held_operations > SYNC_HELD_OPERATIONS_MAX {
            // It comes back with another summary of what we have, which will hardly hide the same one.
            let reason = "too many of its changes build on one that it did not send";
            return Err(Refusal::new(RefusalCode::Busy, reason));
        }
        (self.held, self.missing) = (sorted.held, sorted.missing);
        let complete = !needs && self.held.is_empty() && sorted.is_whole;
        Ok(Received { groups: order::groups(sorted.ready), complete })
    }

    /// The message that it is to be sent now, if there is anything to say.
    ///
    /// # Errors
    /// As `receive`; and `missing_dependency` when it was asked for a change and does not send it.
    pub fn answer(&mut self, reader: &Reader) -> Result<Option<Vec<u8>>, Refusal> {
        let (state, document) = (&mut self.state, reader.document());
        let made = catch_unwind(AssertUnwindSafe(|| document.generate_sync_message(state)));
        let mut message = match made {
            Ok(message) => message,
            Err(_) => return Err(failed()),
        };
        if !self.missing.is_empty() {
            // Without a summary of ours it sends what is asked for and nothing else.
            let asks = message.get_or_insert_with(|| self.plain(document.get_heads()));
            asks.need.clone_from(&self.missing);
            asks.have.clear();
        }
        let Some(mut message) = message else { return Ok(None) };
        if !self.state.read_only {
            message.flags = None;
        }
        let said = (message.heads.clone(), message.need.clone());
        if message.changes.is_empty() && self.last.as_ref() == Some(&said) {
            self.same += 1;
            if self.same > SYNC_SAME_ANSWERS_MAX {
                if !self.missing.is_empty() {
                    let missing = self.missing.first().map(ToString::to_string).unwrap_or_default();
                    let reason = format!("the replica's changes build on {missing}, which it does not send");
                    return Err(Refusal::new(RefusalCode::MissingDependency, reason));
                }
                return Ok(None);
            }
        } else {
            self.same = 0;
        }
        self.last = Some(said);
        let heads = message.heads.clone();
        self.note(&heads);
        Ok(Some(message.encode()))
    }

    fn plain(&self, heads: Vec<ChangeHash>) -> Message {
        Message {
            heads,
            need: Vec::new(),
            have: Vec::new(),
            changes: ChunkList::empty(),
            flags: None,
            version: MessageVersion::V1,
        }
    }
}
