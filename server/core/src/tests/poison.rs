//! A change in the log that the gate would not have let in: the saved document does not load with it, and it is
//! found with all that hangs on it.

use automerge::ActorId;
use plenary_protocol::record::{Act, ChangeAct, Event, Payload, SUMMARY_VERSION, Touched};
use plenary_protocol::wire::EventView;
use plenary_protocol::{Bureau, Seq};

use super::craft::{Bench, altered, start};
use super::replica::{Replica, put};
use super::world::{World, drafter};
use crate::history::Index;
use crate::poison::Search;
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

fn found(events: &[Event]) -> Option<crate::poison::Poison> {
    let mut search = Search::default();
    events.iter().for_each(|event| search.take(event).unwrap());
    search.find()
}

#[test]
fn the_change_at_fault_is_found_with_what_hangs_on_it_and_nothing_else() {
    let mut world = World::new();
    let replica = Replica::join(&world, drafter(Bureau::TSB), 2);
    let bench = Bench::new(&mut world, replica);
    assert_eq!(found(&world.log.events), None, "an honest log has none");

    let poison = altered(&bench.field, |change| {
        (change.actor_id, change.seq) = (ActorId::from(vec![9; 16]), 1);
        change.start_op = start(2);
    });
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
    assert_eq!((poison.seq, poison.behind), (at, vec![first_behind, last_behind]));
    assert!(poison.is_alone, "all others load: {}", poison.reason);
    assert!(!poison.reason.is_empty());

    // Up to the entry before, all is as ever.
    let mut before = Reader::new(world.plan());
    before.take(log[..at.0 as usize - 1].to_vec()).unwrap();
    assert!(before.verified_save().is_ok());
}
