//! The index rows of an entry: a pure function, so that replay makes the rows that live commit made.
//!
//! Keys are the plan's name, a zero byte, and what is looked up; a value is the sequence number,
//! big-endian. Who, when and where of entries is not here: history has its own index in memory.

use plenary_log::{Entry, Fact, IndexRow, Indexer};
use plenary_protocol::ids::{ClientId, Subject};
use plenary_protocol::record::decode_envelope;

use crate::evidence::CheckpointRecord;

/// Derives the rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct EntryIndexer;

/// Something that the last entry which says it says for the whole plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Who may read it.
    Access,
    /// Which changes are set aside.
    Quarantine,
}

/// The key of a client's name for an edit.
pub fn idempotency_key(plan: &str, subject: &Subject, id: &ClientId) -> Vec<u8> {
    key(plan, &[subject.as_str().as_bytes(), id.as_str().as_bytes()])
}

/// The key of the last entry of a plan that has a mark.
///
/// It stands among the clients' names, where no subject is empty.
pub fn mark_key(plan: &str, mark: Mark) -> Vec<u8> {
    let name: &[u8] = match mark {
        Mark::Access => b"access",
        Mark::Quarantine => b"quarantine",
    };
    key(plan, &[&[], name])
}

/// The mark of an entry, by its act as envelopes name it.
pub fn mark_of(act: &str) -> Option<Mark> {
    match act {
        "access_changed" => Some(Mark::Access),
        "quarantined" => Some(Mark::Quarantine),
        _ => None,
    }
}

fn key(plan: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = plan.as_bytes().to_vec();
    for part in parts {
        out.push(0);
        out.extend_from_slice(part);
    }
    out
}

impl Indexer for EntryIndexer {
    fn vouches_for(&self, fact: &Fact) -> Option<(String, u64)> {
        let (plan, record) = CheckpointRecord::of(fact)?;
        Some((plan.to_string(), record.size))
    }

    fn rows(&self, entry: &Entry) -> Vec<IndexRow> {
        // An entry that does not read was refused by its writer or damaged; verification reports it.
        let Ok(envelope) = decode_envelope(&entry.envelope) else { return Vec::new() };
        let seq = entry.seq.to_be_bytes().to_vec();
        let mut rows = Vec::new();
        if let Some(id) = &envelope.client_id {
            let key = idempotency_key(&entry.plan, &envelope.principal.subject, id);
            rows.push(IndexRow { key, value: seq.clone() });
        }
        rows.extend(
            mark_of(&envelope.act).map(|mark| IndexRow { key: mark_key(&entry.plan, mark), value: seq }),
        );
        rows
    }
}
