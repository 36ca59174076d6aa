//! Headers that cannot be true: sequence, counters, ancestors, author.

use automerge::PatchLog;
use plenary_protocol::wire::RefusalCode::BadHeader;

use super::*;
use crate::document;

#[test]
fn headers_that_cannot_be() {
    refused(cases::HEADERS_THAT_CANNOT_BE);
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

#[test]
fn an_edit_at_earlier_heads_that_passes_over_empty_changes_of_its_own_is_refused() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, drafter(Bureau::BR), 1);
    let mut fresh = replica.doc.clone();
    replica.write(|tx| put(tx, "tgt-1", "due_year", 2030));
    let early = replica.doc.get_heads();
    replica.write_nothing();
    replica.write_nothing();
    let mut tx = replica.doc.transaction_at(PatchLog::inactive(), &early).unwrap();
    put(&mut tx, "tgt-2", "due_year", 2031);
    tx.commit();
    let last = replica.doc.get_last_local_change().unwrap();
    assert_eq!((last.seq(), last.deps()), (4, &early[..]), "the library passes over them");
    assert_eq!(code(replica.send(&mut world)), BadHeader);
    quiet();
    document::apply(&mut fresh, replica.waiting()).expect_err("and does not take them together itself");
    world.check();
}
