//! Operations on what is not there; the panics they cause in the library go no further.

use super::*;

#[test]
fn operations_on_what_is_not_there() {
    refused(cases::OPERATIONS_ON_WHAT_IS_NOT_THERE);
}

#[test]
fn what_is_refused_untried_fails_nobody_s_trial() {
    let mut world = World::new();
    let attacker = drafter(Bureau::TSB);
    let replica = Replica::join(&world, attacker.clone(), 2);
    let bench = bench_of(&mut world, replica);
    let mut honest = Replica::join(&world, drafter(Bureau::BR), 1);
    honest.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "a"));
    done(honest.send(&mut world)).unwrap();
    for round in 1..=20 {
        honest.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "b"));
        let beside = honest.waiting()[0].raw_bytes().to_vec();
        let own = automerge::legacy::Op {
            insert: true,
            ..operation(bench.text(), after(bench.own(round)), word("x"))
        };
        let changes = |changes| Ask::Changes { changes, because: None, answers: Vec::new() };
        let answers = world.group(vec![
            input(&honest.who, Action::Edit, changes(vec![beside])),
            input(&attacker, Action::Edit, changes(vec![bench.with(vec![own])])),
        ]);
        let [first, second] = answers.try_into().unwrap();
        done(first).unwrap();
        assert_eq!(code(second), BadMeaning);
        honest.take(&world);
        assert_eq!(world.hub.tried_together(), round as usize, "it is tried in a run that passes");
    }
}

#[test]
fn after_a_panic_in_the_library_the_scout_is_made_again() {
    quiet();
    let mut world = World::new();
    let attacker = drafter(Bureau::TSB);
    let replica = Replica::join(&world, attacker.clone(), 2);
    let bench = bench_of(&mut world, replica);
    let panics = {
        let there = bench.words.decode().operations.into_iter().find(|op| !op.insert).unwrap();
        bench.with(vec![operation(bench.text(), there.key, automerge::legacy::OpType::Delete)])
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
    let Act::Refused { code, change, reason, count: None } = &world.log.events[5].payload.act else {
        panic!()
    };
    assert_eq!((code.as_str(), change.is_some(), reason.is_empty()), ("failed_trial", true, false));
}
