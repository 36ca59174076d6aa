//! Entries for tests that are in a chain and commit to their payloads, and say nothing else.

use plenary_log::{Entry, Record};
use plenary_protocol::evidence::Frontier;
use plenary_protocol::ids::{Digest, PlanId};
use plenary_protocol::record::{leaf_hash, payload_commitment};

use super::CheckpointRecord;

/// The plan of a name.
pub(crate) fn plan(name: &str) -> PlanId {
    name.parse().unwrap()
}

/// An envelope with just what holds an entry in place, as deterministic CBOR.
pub(crate) fn entry(plan: &str, seq: u64, previous: Digest) -> Entry {
    let (salt, payload) = ([7; 32], format!("payload of {plan} {seq}").into_bytes());
    let commitment = payload_commitment(&salt, &payload);
    let mut envelope = vec![0xa6];
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend([0x78, text.len() as u8]);
        out.extend(text.as_bytes());
    };
    let number = |out: &mut Vec<u8>, number: u64| {
        out.push(0x1b);
        out.extend(number.to_be_bytes());
    };
    text(&mut envelope, "v");
    number(&mut envelope, 1);
    text(&mut envelope, "seq");
    number(&mut envelope, seq);
    text(&mut envelope, "plan");
    text(&mut envelope, plan);
    text(&mut envelope, "prev");
    envelope.extend([0x58, 32]);
    envelope.extend(previous.0);
    text(&mut envelope, "payload_len");
    number(&mut envelope, payload.len() as u64);
    text(&mut envelope, "payload_commitment");
    envelope.extend([0x58, 32]);
    envelope.extend(commitment.0);
    Entry { plan: plan.to_owned(), seq, envelope, salt, payload }
}

/// So many entries of a plan, in a chain, and the record of their tree.
pub(crate) fn chain(plan: &str, count: u64) -> (Vec<Entry>, CheckpointRecord) {
    let (mut tree, mut last) = (Frontier::new(), Digest::ZERO);
    let mut entries = Vec::new();
    for seq in 1..=count {
        let entry = entry(plan, seq, last);
        last = leaf_hash(&entry.envelope);
        tree.push(last);
        entries.push(entry);
    }
    (entries, CheckpointRecord { epoch: 1, size: count, root: tree.root() })
}

pub(crate) fn records(name: &str, entries: Vec<Entry>, record: CheckpointRecord) -> Vec<Record> {
    let fact = record.fact(&plan(name)).unwrap();
    entries.into_iter().map(Record::Entry).chain([Record::Fact(fact)]).collect()
}
