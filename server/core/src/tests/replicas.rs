//! Honest replicas: every form of change that they make is taken, and everybody converges.

mod concurrent;
mod convergence;

use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::Transactable;
use automerge::{ActorId, Author, ObjType, PatchLog, ReadDoc, ScalarValue};
use plenary_protocol::plan::Value;
use plenary_protocol::record::{Act, RowOp};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::{Bureau, Principal, Seq};
use proptest::prelude::*;

use super::plan::*;
use super::replica::*;
use super::world::{World, chair, code, content, done, drafter, id, set, text};
use crate::hub::Answer;

fn br() -> Principal {
    drafter(Bureau::BR)
}

fn tsb() -> Principal {
    drafter(Bureau::TSB)
}

/// Everybody sends, everybody takes in, and all have the same document.
fn converge(world: &mut World, replicas: &mut [&mut Replica]) {
    for replica in &mut *replicas {
        done(replica.send(world)).unwrap();
    }
    for replica in &mut *replicas {
        replica.take(world);
        assert_eq!(content(&replica.doc), content(&world.folded()));
    }
}

#[test]
fn every_honest_form_of_change_is_taken() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    replica.write(|tx| write_text(tx, "tgt-1", "statement", 0, 2, "70"));
    replica.write(|tx| put(tx, "tgt-1", "due_year", 2030));
    replica.write(|tx| put(tx, "tgt-1", "due_year", ScalarValue::Uint(2031)));
    replica.write(|tx| put(tx, "tgt-1", "due_year", 2032.0));
    replica.write(|tx| put(tx, "gol-1", "financial_plan_total", 12.5));
    replica.write(|tx| put(tx, "tgt-1", "note", "a remark"));
    replica.write(|tx| {
        let element = element_object(tx, "tgt-1");
        tx.delete(&element, "note").unwrap();
    });
    replica
        .write(|tx| make_element(tx, "tgt-3", "target", "gol-1", &[("statement", "Third"), ("title", "T")]));
    replica.write(|tx| make_link(tx, "lnk-2", "contributes_to", "obj-br", "tgt-3"));
    replica.write(|tx| {
        let link = element_object(tx, "lnk-2");
        tx.put(&link, "share", 40).unwrap();
        let note = tx.put_object(&link, "note", ObjType::Text).unwrap();
        tx.splice_text(&note, 0, 0, "a note").unwrap();
    });
    replica.write(|tx| {
        let sectors = object(tx, &["elements", "pri-1", "sectors"]);
        tx.put(&sectors, "ITU-D", true).unwrap();
        tx.delete(&sectors, "ITU-T").unwrap();
    });
    replica.write(|tx| {
        let element = element_object(tx, "tgt-2");
        let set = tx.put_object(&element, "inferred", ObjType::Map).unwrap();
        tx.put(&set, "statement", true).unwrap();
        let texts = object(tx, &["elements", "tgt-2", "text"]);
        let french = tx.put_object(&texts, "fr", ObjType::Map).unwrap();
        let text = tx.put_object(&french, "statement", ObjType::Text).unwrap();
        tx.splice_text(&text, 0, 0, "Accès pour tous 👩🏽‍🚀").unwrap();
    });
    replica.write(|tx| {
        let text = text_object(tx, "tgt-2", "statement");
        tx.mark(&text, Mark::new("bold".into(), true, 0, 6), ExpandMark::Both).unwrap();
    });
    replica.write_nothing();
    replica.write(|tx| put(tx, "tgt-2", "order", "zz"));
    replica.write(|tx| put(tx, "tgt-2", "removed", true));
    replica.write(|tx| put(tx, "obj-br", "code", "R.9"));
    done(replica.send(&mut world)).unwrap();
    let target = world.element("tgt-1");
    assert_eq!((&target.fields["due_year"], target.fields.get("note")), (&Value::Int(2032), None));
    assert_eq!(world.element("gol-1").fields["financial_plan_total"], Value::Number(12.5));
    assert_eq!(world.element("pri-1").fields["sectors"], set(&["ITU-D", "ITU-R"]));
    assert_eq!(world.element("tgt-2").text["fr"]["statement"], "Accès pour tous 👩🏽‍🚀");
    assert_eq!(world.element("obj-br").code.as_deref(), Some("R.9"));
    let note = world.view().links.into_iter().find(|link| link.id == id("lnk-2")).unwrap().note;
    assert_eq!(note, "a note");
    let ops: Vec<RowOp> =
        world.log.events[4..].iter().flat_map(|e| e.payload.act.edits()).map(|row| row.op).collect();
    use RowOp::{Add, Move, Remove, Set, Text};
    assert_eq!(
        ops,
        [
            Text, Set, Set, Set, Set, Set, Set, Add, Text, Text, Add, Set, Text, Set, Set, Text, Move,
            Remove, Set
        ]
    );
}

#[test]
fn a_change_at_old_heads_comes_under_an_actor_of_its_own() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    let then = replica.doc.get_heads();
    replica.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "now "));
    let mut tx = replica.doc.transaction_at(PatchLog::inactive(), &then).unwrap();
    write_text(&mut tx, "tgt-1", "statement", 0, 0, "then ");
    tx.commit();
    done(replica.send(&mut world)).unwrap();
    let bound = world.log.events.iter().filter(|e| e.envelope.principal.subject == br().subject);
    assert_eq!(bound.filter(|e| matches!(e.payload.act, Act::ActorBound { .. })).count(), 2);
}

#[test]
fn words_that_hang_on_a_mark_come_after_it_in_whatever_order_they_are_sent() {
    for first in [0, 1] {
        let mut world = World::new();
        let mut replica = Replica::join(&world, br(), 1);
        let mut changes = mark_and_what_hangs_on_it(&mut replica.doc);
        changes.rotate_left(first);
        let Answer::Done { entries, .. } = world.changes(&br(), changes.to_vec()) else { panic!() };
        assert_eq!(entries.len(), 2);
        assert!(world.element("tgt-1").text["en"]["statement"].contains("then "));
        world.check();
    }
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    let [mark, hanging] = mark_and_what_hangs_on_it(&mut replica.doc);
    let alone = world.changes(&br(), vec![hanging.clone()]);
    assert_eq!(code(alone), RefusalCode::MissingDependency, "alone it is refused, untried");
    done(world.changes(&br(), vec![mark, hanging])).unwrap();
    world.check();
}

#[test]
fn changes_of_one_message_may_come_before_those_they_build_on() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    for round in 0..40 {
        replica.write(|tx| write_text(tx, "tgt-1", "statement", round, 0, "x"));
        replica.write(|tx| put(tx, "tgt-1", "due_year", 2030 + round as i64));
    }
    let mut changes: Vec<Vec<u8>> =
        replica.waiting().iter().map(|change| change.raw_bytes().to_vec()).collect();
    changes.reverse();
    let lacks = changes.pop().unwrap();
    assert_eq!(code(world.changes(&br(), changes.clone())), RefusalCode::MissingDependency);
    changes.push(lacks);
    let Answer::Done { entries, .. } = world.changes(&br(), changes) else { panic!() };
    assert_eq!(entries.len(), 80);
    world.check();
}

#[test]
fn an_author_footer_must_name_the_subject() {
    for (author, expected) in [("br-drafter", None), ("tsb-drafter", Some(RefusalCode::BadHeader))] {
        let mut world = World::new();
        let mut replica = Replica::join(&world, br(), 1);
        replica.doc.set_author(Some(Author::from(author.as_bytes().to_vec())));
        replica.write(|tx| put(tx, "tgt-1", "note", "x"));
        replica.write(|tx| put(tx, "tgt-1", "note", "y"));
        assert_eq!(done(replica.send(&mut world)).err().map(|refusal| refusal.code), expected);
    }
}

#[test]
fn actors_are_bound_once_and_to_one_subject() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    replica.write(|tx| put(tx, "tgt-1", "note", "x"));
    done(replica.send(&mut world)).unwrap();
    replica.write(|tx| put(tx, "tgt-1", "note", "y"));
    done(replica.send(&mut world)).unwrap();
    let actor = vec![1; 16];
    let bindings = world.log.events.iter().filter(
        |event| matches!(&event.payload.act, Act::ActorBound { actor: bound, thin: false } if *bound == actor),
    );
    assert_eq!(bindings.count(), 1);
    let mut thief = Replica::join(&world, tsb(), 1);
    thief.write(|tx| put(tx, "tgt-1", "note", "z"));
    assert_eq!(code(thief.send(&mut world)), RefusalCode::ForeignActor);
    let mut thief = Replica::join(&world, tsb(), 9);
    let thin = world.hub.state().thin_actor(&chair().subject).cloned().unwrap();
    thief.doc.set_actor(thin);
    thief.write(|tx| put(tx, "tgt-1", "note", "z"));
    assert_eq!(code(thief.send(&mut world)), RefusalCode::ForeignActor, "the server's actors are taken too");
}

#[test]
fn a_change_sent_again_is_acknowledged_with_its_old_place() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    replica.write(|tx| put(tx, "tgt-1", "note", "x"));
    let bytes: Vec<Vec<u8>> = replica.waiting().iter().map(|change| change.raw_bytes().to_vec()).collect();
    let entries = |answer| match answer {
        Answer::Done { entries, .. } => entries,
        other => panic!("{other:?}"),
    };
    let first = entries(world.changes(&br(), bytes.clone()));
    let seq = world.seq();
    assert_eq!(entries(world.changes(&br(), bytes.clone())), first);
    world.restart();
    assert_eq!(entries(world.changes(&br(), bytes)), first);
    assert_eq!(world.seq(), seq);
}

#[test]
fn what_builds_on_missing_or_refused_changes_is_refused_too() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    replica.write(|tx| put(tx, "tgt-1", "note", "x"));
    replica.write(|tx| put(tx, "tgt-1", "colour", "red"));
    replica.write(|tx| put(tx, "tgt-1", "note", "y"));
    let changes = replica.waiting();
    let bytes: Vec<Vec<u8>> = changes.iter().map(|change| change.raw_bytes().to_vec()).collect();
    assert_eq!(code(world.changes(&br(), vec![bytes[1].clone()])), RefusalCode::MissingDependency);
    let Answer::Partly { entries, refusal, changes: refused } = world.changes(&br(), bytes) else { panic!() };
    assert_eq!((entries.len(), refusal.code), (1, RefusalCode::UnknownField));
    assert_eq!(refused, changes[1..].iter().map(|c| crate::document::digest(&c.hash())).collect::<Vec<_>>());
    assert_eq!(world.element("tgt-1").fields["note"], text("x"));
    assert_eq!(world.recorded(), ["missing_dependency", "unknown_field", "depends_on_refused"]);
}

#[test]
fn a_long_offline_queue_comes_home() {
    let mut world = World::new();
    let mut offline = Replica::join(&world, br(), 1);
    let base = world.seq();
    for n in 0..500 {
        offline.write(|tx| write_text(tx, "tgt-1", "statement", n, 0, "x"));
        if n % 100 == 0 {
            done(world.edit(&tsb(), [splice("tgt-1", 0, 0, "T", base)])).unwrap();
        }
    }
    let start = std::time::Instant::now();
    done(offline.send(&mut world)).unwrap();
    println!("500 queued changes: {:?}", start.elapsed());
    converge(&mut world, &mut [&mut offline]);
    let words = world.text("tgt-1", "statement");
    assert_eq!((words.matches('x').count(), words.matches('T').count()), (500, 5));
}

#[test]
fn merges_depend_on_several_changes() {
    let mut world = World::new();
    let (mut one, mut two) = (Replica::join(&world, br(), 1), Replica::join(&world, tsb(), 2));
    one.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "one "));
    two.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "two "));
    converge(&mut world, &mut [&mut one, &mut two]);
    assert_eq!(world.hub.state().heads_at(world.seq()).len(), 2);
    one.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "both "));
    two.write_nothing();
    assert!(one.waiting()[0].deps().len() == 2 && two.waiting()[0].deps().len() == 2);
    converge(&mut world, &mut [&mut one, &mut two]);
}

#[test]
fn an_actor_id_of_any_allowed_length_is_taken() {
    for length in [1, 21, 64] {
        let mut world = World::new();
        let mut replica = Replica::join(&world, br(), 1);
        replica.doc.set_actor(ActorId::from(vec![7; length]));
        replica.write(|tx| put(tx, "tgt-1", "note", "x"));
        done(replica.send(&mut world)).unwrap();
    }
}
