//! Headers that cannot be true: sequence, counters, ancestors, author.

use super::*;

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
