//! Crafted changes: an honest one taken apart, altered and put together again, or bytes by hand.

use std::num::NonZeroU64;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ExpandedChange, ObjId, ScalarValue};
use sha2::{Digest as _, Sha256};

use crate::bench::Bench;

/// The bytes of a change after its parts were altered.
pub fn altered(change: &Change, alter: impl FnOnce(&mut ExpandedChange)) -> Vec<u8> {
    let mut expanded = change.decode();
    alter(&mut expanded);
    Change::from(expanded).raw_bytes().to_vec()
}

/// An operation counter.
pub fn start(at: u64) -> NonZeroU64 {
    NonZeroU64::new(at).expect("operations count from 1")
}

/// An operation id of an actor that nobody ever was.
pub fn nowhere(counter: u64) -> OpId {
    OpId::new(counter, &ActorId::from(vec![0xee; 16]))
}

/// An operation that names nothing before it.
pub fn operation(object: ObjectId, key: Key, action: OpType) -> Op {
    Op { action, obj: object, key, pred: Vec::new().into(), insert: false }
}

/// A key of a map.
pub fn key(name: &str) -> Key {
    Key::Map(name.into())
}

/// The place behind a character.
pub fn after(id: OpId) -> Key {
    Key::Seq(ElementId::Id(id))
}

/// A text as a scalar, or as one character.
pub fn word(text: &str) -> OpType {
    OpType::Put(ScalarValue::Str(text.into()))
}

/// An object of the document as operations name it.
pub fn named(object: &ObjId) -> ObjectId {
    match object {
        ObjId::Root => ObjectId::Root,
        ObjId::Id(counter, actor, _) => ObjectId::Id(OpId::new(*counter, actor)),
    }
}

/// A change of exactly so many bytes: one long value under a key that nobody knows.
pub fn sized(bench: &Bench, bytes: usize, actor: u8) -> Vec<u8> {
    let of = |value: usize| {
        altered(&bench.field, |change| {
            change.actor_id = ActorId::from(vec![actor; 16]);
            change.operations = vec![operation(ObjectId::Root, key("note"), word(&"x".repeat(value)))];
        })
    };
    // The lengths in it take more bytes where the value is long; a second look corrects for that.
    let first = of(bytes - 200).len() - (bytes - 200);
    let second = of(bytes - first).len() - (bytes - first);
    let made = of(bytes - second);
    assert_eq!(made.len(), bytes);
    made
}

/// A small change that says so many operations by run lengths.
pub fn bomb(change: &Change, operations: usize) -> Vec<u8> {
    altered(change, |change| {
        let op = operation(ObjectId::Root, key("note"), OpType::Put(ScalarValue::Boolean(true)));
        change.operations = vec![op; operations];
    })
}

/// A number in unsigned LEB128.
pub fn number(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

/// A chunk with the right checksum.
pub fn chunk(ty: u8, body: &[u8]) -> Vec<u8> {
    let mut rest = vec![ty];
    rest.extend(number(body.len() as u64));
    rest.extend(body);
    let hash = Sha256::digest(&rest);
    [&[0x85, 0x6f, 0x4a, 0x83], &hash[..4], &rest[..]].concat()
}

/// The header of a change up to its columns: dependencies, actor, sequence, first operation, no
/// message, no other actors.
pub fn header(bench: &Bench, actor: &[u8], message: &[u8]) -> Vec<u8> {
    let deps = bench.field.deps();
    let mut out = number(deps.len() as u64);
    deps.iter().for_each(|dep| out.extend(dep.as_ref()));
    for bytes in [actor, &number(1), &number(bench.field.start_op().get()), &[0], message, &[0]] {
        if bytes == actor || bytes == message {
            out.extend(number(bytes.len() as u64));
        }
        out.extend(bytes);
    }
    out
}

/// A whole change of these columns under a new actor.
pub fn columns(bench: &Bench, columns: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut body = header(bench, &[0xaa; 16], b"no message here");
    body.extend(number(columns.len() as u64));
    for (spec, data) in columns {
        body.extend(number(*spec));
        body.extend(number(data.len() as u64));
    }
    columns.iter().for_each(|(_, data)| body.extend(data));
    chunk(1, &body)
}

/// A run of equal values in a run-length column: the count is signed LEB128.
pub fn run(count: u64, value: &[u8]) -> Vec<u8> {
    let mut out = number(count);
    // The sign bit of the last byte must be clear.
    if out.last().is_some_and(|byte| byte & 0x40 != 0) {
        if let Some(last) = out.last_mut() {
            *last |= 0x80;
        }
        out.push(0);
    }
    out.extend(value);
    out
}
