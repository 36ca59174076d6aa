//! Hostile and broken changes, each alone and beside honest ones: refused with a code, nothing
//! spreads, and the saved document still loads.

use std::sync::Once;
use std::time::{Duration, Instant};

use automerge::legacy::{MarkData, ObjectId, Op, OpType};
use automerge::{ActorId, ObjType, ScalarValue};
use plenary_protocol::Bureau;
use plenary_protocol::plan::Value;
use plenary_protocol::record::Act;
use plenary_protocol::wire::RefusalCode::{
    self, BadChange, BadHeader, BadId, BadMeaning, FailedTrial, ForeignActor, MissingDependency,
    NoSuchElement, TooLarge, UnknownField, WrongPlace, WrongType,
};

use super::craft::*;
use super::plan::*;
use super::replica::{Replica, put, write_text};
use super::world::{World, code, done, drafter, input};
use crate::hub::{Answer, Ask};
use crate::policy::Action;

type Craft = fn(&Bench) -> Vec<u8>;

/// Panics inside the document library are expected here and need not be printed.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let library = ["automerge", "hexane"];
            let from = info.location().map_or("", |location| location.file());
            if !library.iter().any(|name| from.contains(name)) {
                loud(info);
            }
        }));
    });
}

/// Every crafted change: refused alone, refused beside honest ones, and all goes on.
fn refused(crafts: &[(&str, RefusalCode, Craft)]) {
    quiet();
    for (name, expected, craft) in crafts {
        let mut world = World::new();
        let attacker = drafter(Bureau::TSB);
        let replica = Replica::join(&world, attacker.clone(), 2);
        let bench = Bench::new(&mut world, replica);
        let bytes = craft(&bench);
        let mut honest = Replica::join(&world, drafter(Bureau::BR), 1);
        honest.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "before "));
        done(honest.send(&mut world)).unwrap();
        let start = Instant::now();
        let alone = done(world.changes(&attacker, vec![bytes.clone()])).map_err(|refusal| refusal.code);
        assert_eq!(alone, Err(*expected), "{name}, alone");
        assert!(start.elapsed() < Duration::from_secs(2), "{name} took {:?}", start.elapsed());
        honest.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "beside "));
        let beside = honest.waiting()[0].raw_bytes().to_vec();
        let thin = world.named_edit("thin", [splice("tgt-2", 0, 0, "thin ", world.seq())]);
        let changes = |changes| Ask::Changes { changes, because: None, answers: Vec::new() };
        let own = bench.words.raw_bytes().to_vec();
        let answers = world.group(vec![
            input(&honest.who, Action::Edit, changes(vec![beside])),
            input(&attacker, Action::Edit, changes(vec![bytes.clone(), own])),
            input(&drafter(Bureau::GS), Action::Edit, Ask::Edit { edit: thin, formers: Vec::new() }),
        ]);
        let [first, second, third] = answers.try_into().unwrap();
        assert!(matches!(first, Answer::Done { .. }), "{name}: {first:?}");
        assert!(
            matches!(&second, Answer::Partly { refusal, .. } if refusal.code == *expected),
            "{name}: {second:?}"
        );
        assert!(matches!(third, Answer::Done { .. }), "{name}: {third:?}");
        let mut later = Replica::join(&world, drafter(Bureau::BR), 3);
        later.write(|tx| put(tx, "tgt-1", "due_year", 2044));
        done(later.send(&mut world)).unwrap();
        assert_eq!(world.element("tgt-1").fields["due_year"], Value::Int(2044), "{name}");
        assert_eq!(world.recorded(), [expected.as_str()], "{name}: recorded once a session and code");
        world.check();
    }
}

#[test]
fn headers_that_cannot_be() {
    refused(&[
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
        ("a dependency named twice", BadHeader, |b| {
            altered(&b.field, |c| c.deps = vec![c.deps[0], c.deps[0]])
        }),
        ("a dependency nobody has", MissingDependency, |b| {
            altered(&b.field, |c| c.deps.push(automerge::ChangeHash([7; 32])))
        }),
        ("the server's own actor", ForeignActor, |b| {
            let changes = b.doc.get_changes(&[]);
            altered(&b.field, |c| c.actor_id = changes[0].actor_id().clone()).clone_with_seq(2)
        }),
    ]);
}

/// The same change under another sequence number.
trait WithSeq {
    fn clone_with_seq(self, seq: u64) -> Vec<u8>;
}

impl WithSeq for Vec<u8> {
    fn clone_with_seq(self, seq: u64) -> Vec<u8> {
        altered(&automerge::Change::from_bytes(self).unwrap(), |change| change.seq = seq)
    }
}

#[test]
fn operations_on_what_is_not_there() {
    refused(&[
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
        ("an insertion after an unknown character", FailedTrial, |b| {
            let op = Op { insert: true, ..operation(b.text(), after(nowhere(5)), word("x")) };
            b.with(vec![op])
        }),
        ("an insertion after an unknown character of a known actor", FailedTrial, |b| {
            let op = Op { insert: true, ..operation(b.text(), after(b.own(700)), word("x")) };
            b.with(vec![op])
        }),
        ("an update of an unknown character", FailedTrial, |b| {
            b.with(vec![operation(b.text(), after(nowhere(5)), word("x"))])
        }),
        ("a deletion that names nothing deleted", FailedTrial, |b| {
            let there = b.words.decode().operations.into_iter().find(|op| !op.insert).unwrap();
            b.with(vec![operation(b.text(), there.key, OpType::Delete)])
        }),
        ("a deletion of a key that names nothing deleted", FailedTrial, |b| {
            b.with(vec![operation(b.element("tgt-1"), key("note"), OpType::Delete)])
        }),
        ("a predecessor that nobody made", FailedTrial, |b| {
            let op =
                Op { pred: vec![nowhere(5)].into(), ..operation(b.element("tgt-1"), key("note"), word("x")) };
            b.with(vec![op])
        }),
        ("a predecessor of a known actor that is not there", FailedTrial, |b| {
            let op =
                Op { pred: vec![b.own(500)].into(), ..operation(b.element("tgt-1"), key("note"), word("x")) };
            b.with(vec![op])
        }),
        ("the predecessor of another key", FailedTrial, |b| {
            let pred = b.field.decode().operations[0].pred.clone();
            let op = Op { pred, ..operation(b.element("tgt-1"), key("source"), word("x")) };
            b.with(vec![op])
        }),
        ("an insertion with a predecessor", FailedTrial, |b| {
            let mut operations = b.words.decode().operations;
            let pred = operations.iter().find(|op| !op.insert).unwrap().pred.clone();
            operations.retain(|op| op.insert);
            operations[0].pred = pred;
            b.with(operations)
        }),
    ]);
}

#[test]
fn operations_that_the_layout_does_not_know() {
    fn remake(b: &Bench, path: &[&str], name: &str, action: OpType) -> Vec<u8> {
        b.with(vec![operation(b.at(path), key(name), action)])
    }
    refused(&[
        ("a key of a text", BadMeaning, |b| b.with(vec![operation(b.text(), key("x"), word("x"))])),
        ("a character of a map", BadMeaning, |b| {
            b.with(vec![operation(b.element("tgt-1"), after(b.own(0)), word("x"))])
        }),
        ("an increment of a field", BadMeaning, |b| {
            b.with(vec![operation(b.element("tgt-1"), key("due_year"), OpType::Increment(1))])
        }),
        ("an increment in a text", BadMeaning, |b| {
            let place = b.words.decode().operations.into_iter().find(|op| !op.insert).unwrap().key;
            b.with(vec![operation(b.text(), place, OpType::Increment(1))])
        }),
        ("a counter", WrongType, |b| {
            let counter = OpType::Put(ScalarValue::counter(1));
            b.with(vec![operation(b.element("tgt-1"), key("due_year"), counter)])
        }),
        ("a map in a text", BadMeaning, |b| {
            let place = b.words.decode().operations.into_iter().find(|op| op.insert).unwrap().key;
            let op = Op { insert: true, ..operation(b.text(), place, OpType::Make(ObjType::Map)) };
            b.with(vec![op])
        }),
        ("a long text as one character", BadMeaning, |b| {
            let place = b.words.decode().operations.into_iter().find(|op| op.insert).unwrap().key;
            let op = Op { insert: true, ..operation(b.text(), place, word(&"x".repeat(200))) };
            b.with(vec![op])
        }),
        ("a mark on a map", BadMeaning, |b| {
            let mark = MarkData { name: "bold".into(), value: ScalarValue::Boolean(true), expand: false };
            b.with(vec![operation(b.element("tgt-1"), key("note"), OpType::MarkBegin(mark))])
        }),
        ("another map in the place of an element", BadMeaning, |b| {
            remake(b, &["elements"], "tgt-1", OpType::Make(ObjType::Map))
        }),
        ("an element deleted", BadMeaning, |b| remake(b, &["elements"], "tgt-1", OpType::Delete)),
        ("an element that is a text", BadMeaning, |b| remake(b, &["elements"], "tgt-x", word("x"))),
        ("another schema", BadMeaning, |b| remake(b, &[], "schema", OpType::Put(2.into()))),
        ("another map of elements", BadMeaning, |b| remake(b, &[], "elements", OpType::Make(ObjType::Map))),
        ("a new top", BadMeaning, |b| remake(b, &[], "mine", OpType::Make(ObjType::Map))),
        ("a text deleted", BadMeaning, |b| {
            remake(b, &["elements", "tgt-1", "text", "en"], "statement", OpType::Delete)
        }),
        ("a text that is a scalar", BadMeaning, |b| {
            remake(b, &["elements", "tgt-1", "text", "en"], "title", word("x"))
        }),
        ("a text the kind does not have", UnknownField, |b| {
            remake(b, &["elements", "tgt-1", "text", "en"], "poem", OpType::Make(ObjType::Text))
        }),
        ("a language that is none", BadMeaning, |b| {
            remake(b, &["elements", "tgt-1", "text"], "Klingon!", OpType::Make(ObjType::Map))
        }),
        ("another kind", BadMeaning, |b| remake(b, &["elements", "tgt-1"], "kind", word("goal"))),
        ("other ends of a link", BadMeaning, |b| remake(b, &["links", "lnk-see"], "to", word("gol-1"))),
        ("a member that is no", BadMeaning, |b| {
            remake(b, &["elements", "pri-1", "sectors"], "ITU-D", OpType::Put(ScalarValue::Boolean(false)))
        }),
        ("a member of no vocabulary", WrongType, |b| {
            remake(b, &["elements", "pri-1", "sectors"], "ITU-X", OpType::Put(ScalarValue::Boolean(true)))
        }),
        ("a field the kind does not have", UnknownField, |b| {
            remake(b, &["elements", "tgt-1"], "colour", word("red"))
        }),
        ("a year that is a word", WrongType, |b| remake(b, &["elements", "tgt-1"], "due_year", word("soon"))),
        ("an order key that is none", BadMeaning, |b| {
            remake(b, &["elements", "tgt-1"], "order", word("000"))
        }),
        ("a parent that is not there", NoSuchElement, |b| {
            remake(b, &["elements", "tgt-1"], "parent", word("gol-9"))
        }),
        ("a comment under itself", WrongPlace, |b| {
            remake(b, &["elements", "cmt-1"], "parent", word("cmt-1"))
        }),
        ("elements under each other", WrongPlace, |b| {
            let mut operations = b.new_element("cmt-2", "comment", |name| name != "parent");
            operations.push(operation(ObjectId::Id(b.own(0)), key("parent"), word("cmt-1")));
            operations.push(operation(b.element("cmt-1"), key("parent"), word("cmt-2")));
            b.with(operations)
        }),
    ]);
}

#[test]
fn new_elements_that_are_not_whole() {
    refused(&[
        ("no kind", BadMeaning, |b| b.with(b.new_element("tgt-x", "target", |name| name != "kind"))),
        ("no parent", BadMeaning, |b| b.with(b.new_element("tgt-x", "target", |name| name != "parent"))),
        ("no order key", BadMeaning, |b| b.with(b.new_element("tgt-x", "target", |name| name != "order"))),
        ("no texts", BadMeaning, |b| b.with(b.new_element("tgt-x", "target", |name| name != "text"))),
        ("an unknown kind", BadMeaning, |b| b.with(b.new_element("tgt-x", "wish", |_| true))),
        ("the kind of the plan", BadMeaning, |b| b.with(b.new_element("plan-x", "plan", |_| true))),
        ("the id of another kind", BadId, |b| b.with(b.new_element("gol-x", "target", |_| true))),
        ("an id that only begins alike", BadId, |b| b.with(b.new_element("tgtx", "target", |_| true))),
        ("an id that is none", BadId, |b| b.with(b.new_element("tgt-Ä", "target", |_| true))),
        ("made twice", BadId, |b| {
            let mut operations = b.new_element("tgt-x", "target", |_| true);
            operations.push(operations[0].clone());
            b.with(operations)
        }),
        ("a link with the id of an element", BadId, |b| {
            let own = ObjectId::Id(b.own(0));
            let mut operations = vec![operation(b.at(&["links"]), key("tgt-x"), OpType::Make(ObjType::Map))];
            for (name, value) in [("kind", "refers_to"), ("from", "tgt-1"), ("to", "gol-1")] {
                operations.push(operation(own.clone(), key(name), word(value)));
            }
            b.with(operations)
        }),
        ("a link without an end", BadMeaning, |b| {
            let own = ObjectId::Id(b.own(0));
            let mut operations = vec![operation(b.at(&["links"]), key("lnk-x"), OpType::Make(ObjType::Map))];
            for (name, value) in [("kind", "refers_to"), ("from", "tgt-1")] {
                operations.push(operation(own.clone(), key(name), word(value)));
            }
            b.with(operations)
        }),
    ]);
}

#[test]
fn bytes_that_are_no_change() {
    refused(&[
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
        ("an actor of 300 bytes", BadChange, |b| {
            altered(&b.field, |c| c.actor_id = ActorId::from(vec![1; 300]))
        }),
        ("an actor of no bytes", BadChange, |b| {
            altered(&b.field, |c| c.actor_id = ActorId::from(Vec::new()))
        }),
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
    ]);
}

#[test]
fn counts_that_are_larger_than_the_change() {
    refused(&[
        ("100,000 operations by one run", TooLarge, |b| {
            let op = operation(b.element("tgt-1"), key("note"), OpType::Put(ScalarValue::Boolean(true)));
            let bytes = b.with(vec![op; 100_000]);
            assert!(bytes.len() < 250, "{} bytes", bytes.len());
            bytes
        }),
        ("2^50 operations by one run", TooLarge, |b| {
            columns(
                b,
                &[(0x15, run(1 << 50, b"\x04note")), (0x34, number(1 << 50)), (0x42, run(1 << 50, &[1]))],
            )
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
    ]);
}

#[test]
fn replicas_keep_the_limits_of_texts_sets_and_marks() {
    refused(&[
        ("a set of 300 members", TooLarge, |b| {
            let own = ObjectId::Id(b.own(0));
            let mut operations =
                vec![operation(b.element("tgt-1"), key("inferred"), OpType::Make(ObjType::Map))];
            for n in 0..300 {
                let yes = OpType::Put(ScalarValue::Boolean(true));
                operations.push(operation(own.clone(), key(&format!("m{n}")), yes));
            }
            b.with(operations)
        }),
        ("a mark of 3,000 bytes", TooLarge, |b| {
            let place = b.words.decode().operations.into_iter().find(|op| op.insert).unwrap().key;
            let mark = MarkData {
                name: "m".into(),
                value: ScalarValue::Str("x".repeat(3_000).into()),
                expand: false,
            };
            let begin = Op { insert: true, ..operation(b.text(), place, OpType::MarkBegin(mark)) };
            b.with(vec![begin])
        }),
    ]);
    let mut world = World::new();
    let mut replica = Replica::join(&world, drafter(Bureau::BR), 1);
    let mut codes = Vec::new();
    for _ in 0..14 {
        replica.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, &"x".repeat(19_000)));
        codes.push(done(replica.send(&mut world)).map_err(|refusal| refusal.code).err());
    }
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 13);
    assert_eq!(codes.last(), Some(&Some(TooLarge)));
}

#[test]
fn after_a_panic_in_the_library_the_scout_is_made_again() {
    quiet();
    let mut world = World::new();
    let attacker = drafter(Bureau::TSB);
    let replica = Replica::join(&world, attacker.clone(), 2);
    let bench = Bench::new(&mut world, replica);
    let panics = {
        let op = Op { insert: true, ..operation(bench.text(), after(nowhere(5)), word("x")) };
        bench.with(vec![op])
    };
    for round in 0..3 {
        let seq = world.seq();
        assert_eq!(code(world.changes(&attacker, vec![panics.clone()])), FailedTrial);
        assert!(!world.hub.is_broken());
        let recorded = if round == 0 { 1 } else { 0 };
        assert_eq!(world.seq().0, seq.0 + recorded, "recorded once");
        done(world.edit(&drafter(Bureau::BR), [splice("tgt-1", 0, 0, "x", seq)])).unwrap();
        world.check();
    }
    let Act::Refused { code, change, reason } = &world.log.events[5].payload.act else { panic!() };
    assert_eq!((code.as_str(), change.is_some(), reason.is_empty()), ("failed_trial", true, false));
}

#[test]
fn gaps_of_one_subject_add_up() {
    let mut world = World::new();
    let attacker = drafter(Bureau::TSB);
    let mut answers = Vec::new();
    let mut replica = Replica::join(&world, attacker.clone(), 2);
    for n in 0..12 {
        replica.write(|tx| put(tx, "tgt-1", "due_year", 2000 + n));
        let change = replica.waiting().remove(0);
        let ahead = altered(&change, |c| c.start_op = start(world.hub.state().graph.max_op() + 100_000));
        let answer = done(world.changes(&attacker, vec![ahead]));
        answers.push(answer.map_err(|refusal| refusal.code).is_ok());
        let hash = world.hub.state().heads_at(world.seq()).to_vec();
        assert_eq!(hash.len(), 1);
        replica = Replica::join(&world, attacker.clone(), 2);
    }
    assert_eq!(answers.iter().filter(|taken| **taken).count(), 10, "{answers:?}");
    done(world.edit(&drafter(Bureau::BR), [splice("tgt-1", 0, 0, "x", world.seq())])).unwrap();
}

#[test]
fn a_long_reason_is_cut_before_it_is_recorded() {
    let mut world = World::new();
    let attacker = drafter(Bureau::TSB);
    let mut replica = Replica::join(&world, attacker.clone(), 2);
    replica.write(|tx| put(tx, "tgt-1", &"c".repeat(2_000), "x"));
    let refusal = done(replica.send(&mut world)).unwrap_err();
    assert_eq!((refusal.code, refusal.reason.chars().count()), (UnknownField, 1_000));
}
