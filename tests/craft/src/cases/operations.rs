//! Operations on what is not there; the panics they cause in the library go no further.

use automerge::legacy::{ObjectId, Op, OpType};
use plenary_protocol::wire::RefusalCode::{BadMeaning, FailedTrial, MissingDependency};

use super::Row;
use crate::parts::{after, key, nowhere, operation, word};

/// Operations on what is not there.
pub const OPERATIONS_ON_WHAT_IS_NOT_THERE: &[Row] = &[
    ("an object of an unknown actor", BadMeaning, |b| {
        b.with(vec![operation(ObjectId::Id(nowhere(4)), key("note"), word("x"))])
    }),
    ("an unknown object of a known actor", BadMeaning, |b| {
        b.with(vec![operation(ObjectId::Id(b.own(900)), key("note"), word("x"))])
    }),
    ("an object that the change makes later", BadMeaning, |b| {
        let mut operations = b.new_element("tgt-new", "target", |_| true);
        operations.rotate_left(1);
        b.with(operations)
    }),
    ("an insertion after an unknown character", MissingDependency, |b| {
        let op = Op { insert: true, ..operation(b.text(), after(nowhere(5)), word("x")) };
        b.with(vec![op])
    }),
    ("an insertion after an unknown character of a known actor", BadMeaning, |b| {
        let op = Op { insert: true, ..operation(b.text(), after(b.own(700)), word("x")) };
        b.with(vec![op])
    }),
    ("an insertion after a character that the change makes later", BadMeaning, |b| {
        let behind = |id| Op { insert: true, ..operation(b.text(), after(id), word("x")) };
        b.with(vec![behind(b.own(1)), behind(b.own(0))])
    }),
    ("an update of an unknown character, unnamed", BadMeaning, |b| {
        b.with(vec![operation(b.text(), after(nowhere(5)), word("x"))])
    }),
    ("an update of an unknown character", MissingDependency, |b| {
        let op = Op { pred: vec![nowhere(5)].into(), ..operation(b.text(), after(nowhere(5)), word("x")) };
        b.with(vec![op])
    }),
    ("a deletion that names nothing deleted", FailedTrial, |b| {
        let there = b.words.decode().operations.into_iter().find(|op| !op.insert).expect("it deletes");
        b.with(vec![operation(b.text(), there.key, OpType::Delete)])
    }),
    ("a deletion of a key that names nothing deleted", FailedTrial, |b| {
        b.with(vec![operation(b.element("tgt-1"), key("note"), OpType::Delete)])
    }),
    ("a predecessor that nobody made", MissingDependency, |b| {
        let op =
            Op { pred: vec![nowhere(5)].into(), ..operation(b.element("tgt-1"), key("source"), word("x")) };
        b.with(vec![op])
    }),
    ("a predecessor of a known actor that is not there", BadMeaning, |b| {
        let op =
            Op { pred: vec![b.own(500)].into(), ..operation(b.element("tgt-1"), key("source"), word("x")) };
        b.with(vec![op])
    }),
    ("the predecessor of another key", FailedTrial, |b| {
        let pred = b.field.decode().operations[0].pred.clone();
        let op = Op { pred, ..operation(b.element("tgt-1"), key("source"), word("x")) };
        b.with(vec![op])
    }),
    ("an insertion with a predecessor", FailedTrial, |b| {
        let mut operations = b.words.decode().operations;
        let pred = operations.iter().find(|op| !op.insert).expect("it deletes").pred.clone();
        operations.retain(|op| op.insert);
        operations[0].pred = pred;
        b.with(operations)
    }),
];
