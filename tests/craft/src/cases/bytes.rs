//! Bytes that are no change, or claim to be a huge one.

use automerge::legacy::OpType;
use automerge::{ActorId, ScalarValue};
use plenary_protocol::wire::RefusalCode::{BadChange, TooLarge};

use super::Row;
use crate::parts::{altered, chunk, columns, key, number, operation, run};

/// Bytes that are no change.
pub const BYTES_THAT_ARE_NO_CHANGE: &[Row] = &[
    ("a wrong checksum", BadChange, |b| {
        let mut bytes = b.field.raw_bytes().to_vec();
        bytes[5] ^= 1;
        bytes
    }),
    ("a compressed change", BadChange, |b| {
        let mut change = automerge::Change::from(automerge::ExpandedChange {
            message: Some("x".repeat(900)),
            ..b.field.decode()
        });
        let bytes = change.bytes().to_vec();
        assert_eq!(bytes[8], 2);
        bytes
    }),
    ("a document", BadChange, |b| b.doc.save()),
    ("an actor of 300 bytes", BadChange, |b| altered(&b.field, |c| c.actor_id = ActorId::from(vec![1; 300]))),
    ("an actor of no bytes", BadChange, |b| altered(&b.field, |c| c.actor_id = ActorId::from(Vec::new()))),
    ("a message of 200 kB", TooLarge, |b| altered(&b.field, |c| c.message = Some("x".repeat(200_000)))),
    ("300 kB", TooLarge, |b| altered(&b.field, |c| c.message = Some("x".repeat(300_000)))),
    ("nothing", BadChange, |_| Vec::new()),
    ("garbage", BadChange, |_| (0..200u32).map(|n| (n * 37) as u8).collect()),
    ("half a change", BadChange, |b| b.field.raw_bytes()[..b.field.raw_bytes().len() / 2].to_vec()),
    ("two changes in one", BadChange, |b| [b.field.raw_bytes(), b.words.raw_bytes()].concat()),
    ("a byte too many", BadChange, |b| [b.field.raw_bytes(), &[0]].concat()),
    ("a chunk cut and sealed again", BadChange, |b| {
        let bytes = b.field.raw_bytes();
        chunk(1, &bytes[11..bytes.len() - 9])
    }),
    ("an unknown chunk type", BadChange, |b| chunk(7, &b.field.raw_bytes()[10..])),
    ("an unknown action", BadChange, |b| {
        columns(b, &[(0x15, run(1, b"\x04note")), (0x34, vec![1]), (0x42, run(2, &[99]))])
    }),
    ("an actor that is not named", BadChange, |b| {
        columns(
            b,
            &[
                (0x01, run(1, &[9])),
                (0x02, run(1, &[1])),
                (0x15, run(1, b"\x04note")),
                (0x34, vec![1]),
                (0x42, run(1, &[1])),
            ],
        )
    }),
    ("a column nobody knows", BadChange, |b| columns(b, &[(0x42, run(1, &[1])), (0x1f5, vec![0; 4])])),
    ("a compressed column", BadChange, |b| columns(b, &[(0x4a, run(1, &[1]))])),
    ("columns out of order", BadChange, |b| columns(b, &[(0x42, run(1, &[1])), (0x34, vec![1])])),
];

/// Counts that are larger than the change.
pub const COUNTS_THAT_ARE_LARGER_THAN_THE_CHANGE: &[Row] = &[
    ("100,000 operations by one run", TooLarge, |b| {
        let op = operation(b.element("tgt-1"), key("note"), OpType::Put(ScalarValue::Boolean(true)));
        let bytes = b.with(vec![op; 100_000]);
        assert!(bytes.len() < 250, "{} bytes", bytes.len());
        bytes
    }),
    ("2^50 operations by one run", TooLarge, |b| {
        columns(b, &[(0x15, run(1 << 50, b"\x04note")), (0x34, number(1 << 50)), (0x42, run(1 << 50, &[1]))])
    }),
    ("2^60 operations without a value", TooLarge, |b| {
        columns(b, &[(0x42, [&[0], &number(1 << 60)[..]].concat())])
    }),
    ("2^50 predecessors of one operation", TooLarge, |b| {
        let many = number(1 << 50);
        columns(
            b,
            &[
                (0x15, run(1, b"\x04note")),
                (0x34, vec![1]),
                (0x42, run(1, &[1])),
                (0x70, run(1, &many)),
                (0x71, run(1 << 50, &[0])),
                (0x73, run(1 << 50, &[1])),
            ],
        )
    }),
    ("a long key said 10,000 times", TooLarge, |b| {
        let name = [&number(100_000)[..], &[b'k'; 100_000]].concat();
        columns(b, &[(0x15, run(10_000, &name)), (0x34, run(10_000, &[])), (0x42, run(10_000, &[1]))])
    }),
    ("2^40 dependencies", BadChange, |_| chunk(1, &[&number(1 << 40)[..], &[0; 64]].concat())),
];
