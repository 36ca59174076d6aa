//! Headers that cannot be true: sequence, counters, ancestors, author.

use automerge::{ActorId, Change, ChangeHash};
use plenary_protocol::wire::RefusalCode::{BadHeader, ForeignActor, MissingDependency};

use super::Row;
use crate::parts::{altered, start};

/// Headers that cannot be.
pub const HEADERS_THAT_CANNOT_BE: &[Row] = &[
    ("a gap in the sequence of a known actor", BadHeader, |b| altered(&b.field, |c| c.seq += 2)),
    ("a gap in the sequence of a new actor", BadHeader, |b| {
        altered(&b.field, |c| {
            c.actor_id = ActorId::from(vec![0xab; 16]);
            c.seq = 3;
        })
    }),
    ("sequence number 0", BadHeader, |b| altered(&b.field, |c| c.seq = 0)),
    ("another change under a number that was used", BadHeader, |b| altered(&b.field, |c| c.seq = 1)),
    ("an author footer later than at the first change", BadHeader, |b| {
        altered(&b.field, |c| c.extra_bytes = [&[1, 11], &b"tsb-drafter"[..]].concat())
    }),
    ("an author footer of somebody else", BadHeader, |b| {
        altered(&b.field, |c| {
            c.actor_id = ActorId::from(vec![0xab; 16]);
            c.seq = 1;
            c.extra_bytes = [&[1, 10], &b"br-drafter"[..]].concat();
        })
    }),
    ("bytes after the last column", BadHeader, |b| altered(&b.field, |c| c.extra_bytes = vec![9; 20])),
    ("a first operation near 2^32", BadHeader, |b| {
        altered(&b.field, |c| c.start_op = start(u64::from(u32::MAX) - 10))
    }),
    ("a first operation just too far ahead", BadHeader, |b| {
        altered(&b.field, |c| c.start_op = start(c.start_op.get() + 100_100))
    }),
    ("a first operation before those it depends on", BadHeader, |b| {
        altered(&b.field, |c| c.start_op = start(2))
    }),
    ("a first operation equal to the last it depends on", BadHeader, |b| {
        altered(&b.field, |c| c.start_op = start(c.start_op.get() - 1))
    }),
    ("its own ancestor is missing", BadHeader, |b| altered(&b.field, |c| c.deps = b.early.clone())),
    ("no dependencies at all", BadHeader, |b| altered(&b.field, |c| c.deps = Vec::new())),
    ("an empty change that leaves a gap", BadHeader, |b| {
        altered(&b.field, |c| {
            c.operations = Vec::new();
            c.start_op = start(c.start_op.get() + 5);
        })
    }),
    ("a dependency named twice", BadHeader, |b| altered(&b.field, |c| c.deps = vec![c.deps[0], c.deps[0]])),
    ("a dependency nobody has", MissingDependency, |b| {
        altered(&b.field, |c| c.deps.push(ChangeHash([7; 32])))
    }),
    ("the server's own actor", ForeignActor, |b| {
        let changes = b.doc.get_changes(&[]);
        altered(&b.field, |c| c.actor_id = changes[0].actor_id().clone()).clone_with_seq(2)
    }),
];

/// The same change under another sequence number.
trait WithSeq {
    fn clone_with_seq(self, seq: u64) -> Vec<u8>;
}

impl WithSeq for Vec<u8> {
    fn clone_with_seq(self, seq: u64) -> Vec<u8> {
        altered(&Change::from_bytes(self).expect("it reads"), |change| change.seq = seq)
    }
}
