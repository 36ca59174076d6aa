//! The index rows of an entry: a pure function, so that replay makes the rows that live commit made.
//!
//! Keys are the plan's name, a zero byte, and what is looked up; a value is the sequence number,
//! big-endian. Who, when and where of entries is not here: history has its own index in memory.

use plenary_log::{Entry, Fact, IndexRow, Indexer};
use plenary_protocol::ids::{ClientId, Subject};
use plenary_protocol::record::decode_envelope;

use crate::evidence::CheckpointRecord;

/// The name of the act that says who may read a plan, as envelopes have it.
const ACCESS_CHANGED: &str = "access_changed";

/// The name of the act that sets changes aside.
const QUARANTINED: &str = "quarantined";

/// Derives the rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct EntryIndexer;

/// The key of a client's name for an edit.
pub fn idempotency_key(plan: &str, subject: &Subject, id: &ClientId) -> Vec<u8> {
    key(plan, &[subject.as_str().as_bytes(), id.as_str().as_bytes()])
}

/// The key of the last entry that said who may read a plan.
///
/// It stands among the clients' names, where no subject is empty.
pub fn access_key(plan: &str) -> Vec<u8> {
    key(plan, &[&[], b"access"])
}

/// The key of the last entry that set changes of a plan aside; it stands beside that of access.
pub fn quarantine_key(plan: &str) -> Vec<u8> {
    key(plan, &[&[], b"quarantine"])
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
        if envelope.act == ACCESS_CHANGED {
            rows.push(IndexRow { key: access_key(&entry.plan), value: seq.clone() });
        }
        if envelope.act == QUARANTINED {
            rows.push(IndexRow { key: quarantine_key(&entry.plan), value: seq });
        }
        rows
    }
}
