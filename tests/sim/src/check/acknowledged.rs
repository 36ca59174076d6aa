//! What was acknowledged is in the log, as it was acknowledged, after any crash; and once.

use std::collections::{BTreeMap, BTreeSet};

use plenary_protocol::record::Event;
use plenary_protocol::wire::live::AckEntry;
use plenary_protocol::{Digest, Seq};

/// All acknowledgements that ever left.
#[derive(Debug, Default)]
pub struct Acknowledged {
    leaves: BTreeMap<Seq, Digest>,
}

impl Acknowledged {
    /// Notes an acknowledgement.
    ///
    /// # Errors
    /// When it contradicts an earlier one.
    pub fn note(&mut self, entries: &[AckEntry]) -> Result<(), String> {
        for entry in entries {
            let before = self.leaves.insert(entry.seq, entry.leaf);
            if before.is_some_and(|before| before != entry.leaf) {
                return Err(format!("entry {} was acknowledged with two leaf hashes", entry.seq));
            }
        }
        Ok(())
    }

    /// How many entries were acknowledged.
    pub fn count(&self) -> usize {
        self.leaves.len()
    }

    /// Holds them against a log.
    ///
    /// # Errors
    /// The entry that is missing, is another, or is there twice.
    pub fn check(&self, log: &[Event]) -> Result<(), String> {
        for (seq, leaf) in &self.leaves {
            let found = (seq.0 as usize).checked_sub(1).and_then(|index| log.get(index));
            match found {
                None => return Err(format!("entry {seq} was acknowledged and is not in the log")),
                Some(event) if event.leaf != *leaf => {
                    return Err(format!("entry {seq} was acknowledged and another stands there"));
                }
                Some(_) => {}
            }
        }
        let mut names = BTreeSet::new();
        for event in log {
            let Some(client) = &event.envelope.client_id else { continue };
            let name = (event.envelope.principal.subject.to_string(), client.to_string());
            if !names.insert(name) {
                return Err(format!("the edit {client} is in the log twice"));
            }
        }
        Ok(())
    }
}
