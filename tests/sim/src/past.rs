//! What the store is to the hub: committed entries, the names of edits, and the last snapshot.

use std::collections::BTreeMap;

use plenary_core::Past;
use plenary_core::hub::PastError;
use plenary_log::Record;
use plenary_protocol::ids::{ClientId, Subject};
use plenary_protocol::record::{Act, Event, Quarantine};
use plenary_protocol::{Digest, Seq};

/// The committed past, in memory.
#[derive(Debug, Default)]
pub struct MemoryPast {
    /// All entries, in order.
    pub events: Vec<Event>,
    /// The last snapshot, and the entry it is as of.
    pub snapshot: Option<(Seq, Vec<u8>)>,
    by_client: BTreeMap<(String, String), usize>,
    quarantine: Quarantine,
}

impl MemoryPast {
    /// Takes in what is durable.
    ///
    /// # Errors
    /// What does not read.
    pub fn take(&mut self, records: &[Record]) -> Result<(), String> {
        for event in events(records)? {
            if let Some(client) = &event.envelope.client_id {
                let key = (event.envelope.principal.subject.to_string(), client.to_string());
                self.by_client.entry(key).or_insert(self.events.len());
            }
            let sets_aside = matches!(event.payload.act, Act::Quarantined { .. });
            self.quarantine.take(&event);
            self.events.push(event);
            if sets_aside {
                self.mark();
            }
        }
        Ok(())
    }
}

impl MemoryPast {
    /// Reads what was set aside as that, and drops a snapshot that has it in it.
    fn mark(&mut self) {
        let quarantine = &self.quarantine;
        self.events = self.events.drain(..).map(|event| quarantine.mark(event)).collect();
        let holds = |(seq, _): &(Seq, Vec<u8>)| quarantine.spans().since(*seq).is_none();
        self.snapshot = self.snapshot.take().filter(holds);
    }
}

/// The entries in records of a journal.
///
/// # Errors
/// What does not read.
pub fn events(records: &[Record]) -> Result<Vec<Event>, String> {
    let entries = records.iter().filter_map(|record| match record {
        Record::Entry(entry) => Some(entry),
        Record::Fact(_) => None,
    });
    entries
        .map(|entry| {
            Event::open(&entry.envelope, &entry.salt, &entry.payload)
                .map_err(|error| format!("entry {} does not read: {error}", entry.seq))
        })
        .collect()
}

impl Past for MemoryPast {
    fn by_client_id(&self, subject: &Subject, id: &ClientId) -> Result<Option<Event>, PastError> {
        let index = self.by_client.get(&(subject.to_string(), id.to_string()));
        Ok(index.and_then(|index| self.events.get(*index)).cloned())
    }

    fn leaf(&self, seq: Seq) -> Result<Option<Digest>, PastError> {
        let index = (seq.0 as usize).checked_sub(1);
        Ok(index.and_then(|index| self.events.get(index)).map(|event| event.leaf))
    }

    fn replay(
        &self,
        after: Seq,
        take: &mut dyn FnMut(Event) -> Result<(), PastError>,
    ) -> Result<(), PastError> {
        self.events.iter().skip(after.0 as usize).cloned().try_for_each(take)
    }

    fn snapshot(&self) -> Option<Vec<u8>> {
        self.snapshot.as_ref().map(|(_, bytes)| bytes.clone())
    }
}
