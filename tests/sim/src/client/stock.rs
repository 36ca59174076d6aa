//! A stock client of automerge-repo: the library's own sync, which knows nothing of entries.

use automerge::Automerge;
use automerge::sync::{Message, State, SyncDoc};
use plenary_core::document;
use plenary_protocol::Bureau;

use super::{Client, Down, Up, pen};
use crate::random::Random;

/// A document and what its sync state keeps.
#[derive(Debug)]
pub struct Stock {
    number: u8,
    own: Bureau,
    doc: Automerge,
    state: State,
    loads: u64,
    /// Whether it has had the plan.
    joined: bool,
    garbled: bool,
}

impl Stock {
    /// A client with nothing.
    pub fn new(number: u8, own: Bureau) -> Stock {
        let doc = document::empty().with_actor(pen::actor(number, 0));
        Stock { number, own, doc, state: State::new(), loads: 0, joined: false, garbled: false }
    }

    fn say(&mut self) -> Vec<Up> {
        let message = self.doc.generate_sync_message(&mut self.state);
        message.map(|message| Up::Sync(message.encode())).into_iter().collect()
    }
}

impl Client for Stock {
    fn connected(&mut self) -> Result<Vec<Up>, String> {
        self.garbled = false;
        self.state = State::decode(&self.state.encode()).map_err(|error| error.to_string())?;
        Ok(self.say())
    }

    fn act(&mut self, random: &mut Random) -> Result<Vec<Up>, String> {
        if !self.joined {
            return Ok(Vec::new());
        }
        let own = self.own;
        pen::write(&mut self.doc, |tx| pen::honest(tx, own, random))?;
        let mut said = self.say();
        if random.chance(4) {
            // A line that alters bytes, or a client that does.
            for up in &mut said {
                if let Up::Sync(bytes) = up {
                    let at = random.below(bytes.len());
                    bytes[at] ^= 1 << random.below(8);
                    self.garbled = true;
                }
            }
        }
        Ok(said)
    }

    fn hear(&mut self, down: Down) -> Result<Vec<Up>, String> {
        let Down::Sync(bytes) = down else { return Ok(Vec::new()) };
        let message = Message::decode(&bytes).map_err(|error| error.to_string())?;
        self.doc.receive_sync_message(&mut self.state, message).map_err(|error| error.to_string())?;
        self.joined |= pen::object(&self.doc, &["elements"]).is_some();
        Ok(self.say())
    }

    fn refused(&mut self) {
        self.loads += 1;
        self.joined = false;
        self.doc = document::empty().with_actor(pen::actor(self.number, self.loads));
        self.state = State::new();
    }

    fn document(&self) -> Option<&Automerge> {
        Some(&self.doc)
    }

    fn is_garbled(&self) -> bool {
        self.garbled
    }

    fn is_stock(&self) -> bool {
        true
    }
}
