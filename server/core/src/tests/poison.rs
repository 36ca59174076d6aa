//! A change in the log that the gate would not have let in: the saved document does not load with it, and it is
//! found with all that hangs on it.

use automerge::ActorId;
use automerge::legacy::{ElementId as LegacyElementId, Key, OpId};
use plenary_limits::{QUARANTINE_ROOTS_MAX, holds};
use plenary_protocol::record::{Act, ChangeAct, Event, Payload, SUMMARY_VERSION, Touched};
use plenary_protocol::wire::event::What;
use plenary_protocol::wire::{EventView, RefusalCode};
use plenary_protocol::{Bureau, Seq};

use super::craft::{Bench, altered, bench_of, start};
use super::plan::splice;
use super::replica::{Replica, mark_and_what_hangs_on_it, put};
use super::world::{World, code, done, drafter};
use crate::history::Index;
use crate::poison::{Ended, Search};
use crate::snapshot::{self, SnapshotError};
use crate::state::PlanState;
use crate::{Reader, document};

/// Appends a change to a log beneath the gate.
fn slip_in(events: &mut Vec<Event>, change: Vec<u8>) -> Seq {
    let last = events.last().unwrap();
    let mut envelope = last.envelope.clone();
    (envelope.seq, envelope.prev, envelope.act) = (envelope.seq.next(), last.leaf, "change".into());
    (envelope.touched, envelope.client_id) = (Touched::of(&[]), None);
    let act =
        Act::Change(ChangeAct { edits: vec![], change, restores: None, summary_version: SUMMARY_VERSION });
    let payload = Payload { act, name: "somebody".into(), answers: vec![], because: None, request: None };
    let seq = envelope.seq;
    events.push(Event::seal(envelope, payload, [3; 32]).unwrap().1);
    seq
}

/// A change whose operations are numbered below those it builds on.
fn numbered_too_low(bench: &Bench, actor: u8) -> Vec<u8> {
    altered(&bench.field, |change| {
        (change.actor_id, change.seq) = (ActorId::from(vec![actor; 16]), 1);
        change.start_op = start(2);
    })
}

fn found(events: &[Event]) -> Option<crate::poison::Poison> {
    let mut search = Search::default();
    events.iter().for_each(|event| search.take(event).unwrap());
    search.find(&|| true).unwrap()
}

#[test]
fn the_change_at_fault_is_found_with_what_hangs_on_it_and_nothing_else() {
    let mut world = World::new();
    let replica = Replica::join(&world, drafter(Bureau::TSB), 2);
    let bench = bench_of(&mut world, replica);
    assert_eq!(found(&world.log.events), None, "an honest log has none");

    let poison = numbered_too_low(&bench, 9);
    let mut doc = bench.doc.clone();
    document::apply(&mut doc, vec![automerge::Change::from_bytes(poison.clone()).unwrap()]).unwrap();
    let mut later = |actor: u8| {
        let before = doc.get_heads();
        doc.set_actor(ActorId::from(vec![actor; 16]));
        let mut tx = doc.transaction();
        put(&mut tx, "tgt-1", "due_year", i64::from(actor));
        tx.commit();
        doc.get_changes(&before).remove(0).raw_bytes().to_vec()
    };
    let (next, last) = (later(7), later(8));
    let mut log = world.log.events.clone();
    let at = slip_in(&mut log, poison);
    let first_behind = slip_in(&mut log, next);
    slip_in(&mut log, bench.words.raw_bytes().to_vec());
    let last_behind = slip_in(&mut log, last);

    let (mut state, mut index) = (PlanState::new(world.plan()), Index::new());
    log.iter().for_each(|event| {
        state.apply(event).unwrap();
        index.take(&EventView::of(event));
    });
    let leaves = log.iter().map(|event| event.leaf).collect();
    let mut reader = Reader::new(world.plan());
    reader.take(log.clone()).unwrap();
    let written = snapshot::write(&state, &reader, &index, &leaves);
    assert!(matches!(written, Err(SnapshotError::Document(_))), "{:?}", written.map(drop));
    let poison = found(&log).unwrap();
    assert_eq!((poison.seqs, poison.behind), (vec![at], vec![first_behind, last_behind]));
    assert!(poison.rest_loads, "all others load: {}", poison.reason);
    assert!(!poison.reason.is_empty());

    // Up to the entry before, all is as ever.
    let mut before = Reader::new(world.plan());
    before.take(log[..at.0 as usize - 1].to_vec()).unwrap();
    assert!(before.verified_save().is_ok());
}

#[test]
fn a_search_ends_before_the_next_look_when_it_is_to() {
    let mut world = World::new();
    let replica = Replica::join(&world, drafter(Bureau::TSB), 2);
    let bench = bench_of(&mut world, replica);
    let mut log = world.log.events.clone();
    slip_in(&mut log, numbered_too_low(&bench, 9));
    let asked = std::cell::Cell::new(0);
    let found_in = |looks: usize| {
        let mut search = Search::default();
        log.iter().for_each(|event| search.take(event).unwrap());
        asked.set(0);
        search.find(&|| asked.replace(asked.get() + 1) < looks)
    };
    assert!(found_in(usize::MAX).unwrap().is_some());
    let needed = asked.get();
    assert!(needed > 2);
    assert_eq!((found_in(needed - 1), asked.get()), (Err(Ended), needed), "nothing is looked at after it");
}

#[test]
fn several_changes_at_fault_are_all_found_and_of_too_many_it_is_said_that_the_rest_does_not_load() {
    let mut world = World::new();
    let replica = Replica::join(&world, drafter(Bureau::TSB), 2);
    let bench = bench_of(&mut world, replica);
    let with = |count: usize| {
        let mut log = world.log.events.clone();
        let seqs: Vec<Seq> =
            (0..count).map(|actor| slip_in(&mut log, numbered_too_low(&bench, 50 + actor as u8))).collect();
        (found(&log).unwrap(), seqs)
    };
    holds!(QUARANTINE_ROOTS_MAX, |count| {
        let (poison, seqs) = with(count);
        assert_eq!(poison.seqs, seqs[..seqs.len().min(QUARANTINE_ROOTS_MAX)]);
        poison.rest_loads
    });
}

/// A world with a change in its log that the gate would have refused, and a thin edit that hangs on it.
fn poisoned() -> (World, Bench, Seq, Seq) {
    let mut world = World::new();
    let replica = Replica::join(&world, drafter(Bureau::TSB), 2);
    let bench = bench_of(&mut world, replica);
    let at = slip_in(&mut world.log.events, numbered_too_low(&bench, 9));
    world.restart();
    world.settle_log();
    assert!(world.reader.verified_save().is_err());
    let base = world.seq();
    let thin =
        done(world.edit_as(&drafter(Bureau::BR), "lost", [splice("tgt-1", 0, 0, "Lost ", base)])).unwrap();
    (world, bench, at, thin)
}

#[test]
fn what_is_set_aside_is_no_longer_of_the_plan_and_it_goes_on_without_it() {
    let (mut world, bench, at, thin) = poisoned();
    let before = world.hub.state().document.clone();
    let (told, words) = (world.told.len(), world.text("tgt-1", "statement"));
    assert!(words.starts_with("Lost "), "{words}");
    let by = world.quarantine(&[at]).unwrap();

    let Act::Quarantined { seqs, reason, earlier, document } = &world.log.events.last().unwrap().payload.act
    else {
        panic!("no quarantine")
    };
    assert_eq!((seqs.as_slice(), reason.as_str(), *earlier), (&[at, thin][..], "it does not load", None));
    assert!(document != &before && document.starts_with("automerge:"));
    assert_eq!((&world.view().document, &world.hub.state().document), (document, document));
    assert_eq!(world.told.len(), told, "who may have it is told nothing: they take the plan anew");
    assert!(!world.text("tgt-1", "statement").contains("Lost"));
    assert!(world.reader.verified_save().is_ok());
    assert_eq!(world.reader.view(Some(thin)).elements, world.view().elements, "nor was it there then");
    let index = world.folded_to(world.log.events.len()).2;
    assert_eq!(index.subject(thin).unwrap().as_str(), "br-drafter", "the entry is still theirs");
    let read = EventView::of(&world.log.events[thin.0 as usize - 1]);
    let What::SetAside { by: told_by, edits, .. } = &read.what else { panic!("{read:?}") };
    assert_eq!((*told_by, edits.len(), read.edits().len()), (by, 1, 0));

    // What goes by a reading that had it in it is refused, all else goes on, under a new actor of the server's.
    for base in [at, thin] {
        let edit = [splice("tgt-1", 0, 5, "", base)];
        assert_eq!(code(world.edit(&drafter(Bureau::BR), edit)), RefusalCode::OtherHistory);
    }
    let base = world.seq();
    done(world.edit(&drafter(Bureau::BR), [splice("tgt-1", 0, 0, "Kept ", base)])).unwrap();
    assert!(world.text("tgt-1", "statement").starts_with("Kept "));
    done(world.changes(&drafter(Bureau::TSB), vec![bench.words.raw_bytes().to_vec()])).unwrap();
    // Asked again under its name, the edit that is gone is not told to be done.
    let base = world.seq();
    let again = world.edit_as(&drafter(Bureau::BR), "lost", [splice("tgt-1", 0, 0, "Lost ", base)]);
    assert_eq!((code(again), world.seq()), (RefusalCode::OtherHistory, base));
    // An earlier base is as good as ever.
    let base = Seq(at.0 - 1);
    done(world.edit(&drafter(Bureau::BR), [splice("tgt-1", 0, 0, "Well ", base)])).unwrap();
}

#[test]
fn words_that_hang_on_what_is_set_aside_without_saying_so_go_with_it() {
    let who = drafter(Bureau::TSB);
    let mut world = World::new();
    let mut replica = Replica::join(&world, who.clone(), 2);
    let [mark, hanging] = mark_and_what_hangs_on_it(&mut replica.doc);
    done(world.changes(&who, vec![mark])).unwrap();
    let at = world.seq();
    done(world.changes(&who, vec![hanging])).unwrap();
    let behind = world.seq();
    world.quarantine(&[at]).unwrap();
    let Act::Quarantined { seqs, .. } = &world.log.events.last().unwrap().payload.act else {
        panic!("no quarantine")
    };
    assert_eq!(seqs, &[at, behind]);
    assert!(world.reader.verified_save().is_ok());
    world.check();
}

#[test]
fn the_search_knows_what_hangs_on_a_change_at_fault_without_saying_so() {
    let mut world = World::new();
    let replica = Replica::join(&world, drafter(Bureau::TSB), 2);
    let bench = bench_of(&mut world, replica);
    let at_fault = ActorId::from(vec![9; 16]);
    let poison = altered(&bench.words, |change| {
        (change.actor_id, change.seq, change.start_op) = (at_fault.clone(), 1, start(2));
    });
    let made = OpId::new(2, &at_fault);
    let behind = altered(&bench.words, |change| {
        (change.actor_id, change.seq) = (ActorId::from(vec![8; 16]), 1);
        change.operations[0].key = Key::Seq(LegacyElementId::Id(made));
    });
    let mut log = world.log.events.clone();
    let at = slip_in(&mut log, poison);
    let behind = slip_in(&mut log, behind);
    let beside = slip_in(&mut log, bench.field.raw_bytes().to_vec());
    let poison = found(&log).unwrap();
    assert_eq!((poison.seqs, poison.behind), (vec![at], vec![behind]), "and not {beside}");
    assert!(poison.rest_loads, "{}", poison.reason);
}

#[test]
fn what_was_set_aside_does_not_come_again_and_neither_does_what_hangs_on_it() {
    let (mut world, bench, at, thin) = poisoned();
    let change = |seq: Seq| match &world.log.events[seq.0 as usize - 1].payload.act {
        Act::Change(act) => act.change.clone(),
        other => panic!("{other:?}"),
    };
    let (poison, behind) = (change(at), change(thin));
    world.quarantine(&[at]).unwrap();
    let on_top = altered(&bench.field, |change| {
        (change.actor_id, change.seq) = (ActorId::from(vec![77; 16]), 1);
        change.deps = vec![automerge::Change::from_bytes(behind.clone()).unwrap().hash()];
    });
    let next = altered(&bench.field, |change| {
        (change.actor_id, change.seq) = (ActorId::from(vec![9; 16]), 1);
        change.message = Some("another of its actor".into());
    });
    let who = drafter(Bureau::TSB);
    assert_eq!(code(world.changes(&who, vec![poison])), RefusalCode::BadHeader);
    assert_eq!(code(world.changes(&who, vec![behind])), RefusalCode::BadHeader);
    assert_eq!(code(world.changes(&who, vec![next])), RefusalCode::BadHeader);
    assert_eq!(code(world.changes(&who, vec![on_top])), RefusalCode::MissingDependency);
}

#[test]
fn a_second_quarantine_names_the_first_and_the_plan_s_first_change_is_never_set_aside() {
    let (mut world, bench, at, _) = poisoned();
    let first = world.hub.state().first_change().unwrap();
    assert_eq!(world.quarantine(&[first]).unwrap_err().code, RefusalCode::NothingToDo);
    assert_eq!(world.quarantine(&[Seq(1)]).unwrap_err().code, RefusalCode::NothingToDo, "it is no change");
    let one = world.quarantine(&[at]).unwrap();
    let again = slip_in(&mut world.log.events, numbered_too_low(&bench, 10));
    world.restart();
    world.settle_log();
    let two = world.quarantine(&[again]).unwrap();
    let Act::Quarantined { earlier, seqs, .. } = &world.log.events.last().unwrap().payload.act else {
        panic!("no quarantine")
    };
    assert_eq!((*earlier, seqs.as_slice()), (Some(one), &[again][..]));
    let spans = &world.hub.state().spans;
    assert_eq!((spans.since(at), spans.since(again), spans.last()), (Some(one), Some(two), Some(two)));
}
