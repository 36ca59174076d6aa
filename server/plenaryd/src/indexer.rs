//! The index rows of an entry: a pure function, so that replay makes the rows that live commit made.
//!
//! Keys are the plan's name, a zero byte, what is looked up, and where several entries share it a
//! zero byte and the sequence number, big-endian.

use plenary_log::{Entry, IndexRow, IndexTree, Indexer};
use plenary_protocol::ids::{ClientId, Subject};
use plenary_protocol::record::{Act, Event, Touched, decode_envelope};

/// The name of the act that binds an actor id, as envelopes have it.
const ACTOR_BOUND: &str = "actor_bound";
/// The name of the act that says who may read a plan, as envelopes have it.
const ACCESS_CHANGED: &str = "access_changed";

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

fn key(plan: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = plan.as_bytes().to_vec();
    for part in parts {
        out.push(0);
        out.extend_from_slice(part);
    }
    out
}

impl Indexer for EntryIndexer {
    fn rows(&self, entry: &Entry) -> Vec<IndexRow> {
        // An entry that does not read was refused by its writer or damaged; verification reports it.
        let Ok(envelope) = decode_envelope(&entry.envelope) else { return Vec::new() };
        let seq = entry.seq.to_be_bytes();
        let principal = &envelope.principal;
        let mut rows = vec![
            IndexRow {
                tree: IndexTree::ByPrincipal,
                key: key(&entry.plan, &[principal.subject.as_str().as_bytes(), &seq]),
                value: Vec::new(),
            },
            IndexRow {
                tree: IndexTree::ByTime,
                key: key(&entry.plan, &[&envelope.at.to_be_bytes(), &seq]),
                value: Vec::new(),
            },
        ];
        if let Some(id) = &envelope.client_id {
            rows.push(IndexRow {
                tree: IndexTree::Idempotency,
                key: idempotency_key(&entry.plan, &principal.subject, id),
                value: seq.to_vec(),
            });
        }
        if envelope.act == ACCESS_CHANGED {
            rows.push(IndexRow {
                tree: IndexTree::Idempotency,
                key: access_key(&entry.plan),
                value: seq.to_vec(),
            });
        }
        // The payload is opened only for what the envelope does not say.
        let opened = match &envelope.touched {
            Touched::Rows(_) | Touched::Ids(_) if envelope.act != ACTOR_BOUND => None,
            _ => Event::open(&entry.envelope, &entry.salt, &entry.payload).ok(),
        };
        let act = opened.as_ref().map(|event| &event.payload.act);
        if let Some(Act::ActorBound { actor, .. }) = act {
            rows.push(IndexRow {
                tree: IndexTree::Actors,
                key: key(&entry.plan, &[actor]),
                value: principal.subject.as_str().as_bytes().to_vec(),
            });
        }
        let mut elements: Vec<&str> = match &envelope.touched {
            Touched::Rows(rows) => rows.iter().map(|(element, ..)| element.as_str()).collect(),
            Touched::Ids(ids) => ids.iter().map(|element| element.as_str()).collect(),
            Touched::Counts(_) => {
                act.map_or(&[][..], Act::edits).iter().map(|row| row.element.as_str()).collect()
            }
        };
        elements.sort_unstable();
        elements.dedup();
        rows.extend(elements.into_iter().map(|element| IndexRow {
            tree: IndexTree::ByElement,
            key: key(&entry.plan, &[element.as_bytes(), &seq]),
            value: Vec::new(),
        }));
        rows
    }
}
