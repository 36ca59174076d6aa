//! Limits of changes and edits: one below and at is taken, one above is refused for its size.

use automerge::legacy::{ObjectId, OpType};
use automerge::{ActorId, Change, ScalarValue};
use plenary_limits::{
    OPERATIONS_PER_MESSAGE_MAX, START_OPERATIONS_AHEAD_MAX, SUSPECT_COPIED_PER_MINUTE_MAX, holds,
};
use plenary_protocol::access::Access;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Bureau, Role};

use super::craft::*;
use super::plan::*;
use super::replica::{Replica, put};
use super::world::{World, code, done, drafter, input, person};
use crate::blame::Query;
use crate::document::digest;
use crate::gate::{arrive, check_message};
use crate::hub::{Answer, Ask};
use crate::policy::Action;

fn bench() -> Bench {
    let mut world = World::new();
    let replica = Replica::join(&world, drafter(Bureau::TSB), 2);
    bench_of(&mut world, replica)
}

fn fits<T>(result: Result<T, Refusal>) -> bool {
    !matches!(result, Err(Refusal { code: RefusalCode::TooLarge, .. }))
}

#[test]
fn bytes_of_a_change_are_measured_to_the_one() {
    let bench = bench();
    holds!(CHANGE_BYTES_MAX, |bytes| fits(arrive(&sized(&bench, bytes, 7))));
    holds!(ACTOR_BYTES_MAX, |bytes| {
        arrive(&altered(&bench.field, |change| change.actor_id = ActorId::from(vec![1; bytes]))).is_ok()
    });
    holds!(CHANGE_MESSAGE_BYTES_MAX, |bytes| {
        fits(arrive(&altered(&bench.field, |change| change.message = Some("m".repeat(bytes)))))
    });
    holds!(CHANGE_OPERATIONS_MAX, |count| fits(arrive(&bomb(&bench.field, count))));
    holds!(CHANGE_ACTORS_MAX, |count| {
        let actor = |n: usize| ActorId::from([&[0xbb; 12], &(n as u32).to_be_bytes()[..]].concat());
        let mut op = operation(ObjectId::Root, key("note"), OpType::Put(ScalarValue::Boolean(true)));
        op.pred = (0..count).map(|n| automerge::legacy::OpId::new(1, &actor(n))).collect::<Vec<_>>().into();
        fits(arrive(&bench.with(vec![op])))
    });
    holds!(PREDECESSORS_MAX, |count| {
        let (one, many) = (run(1, &[1]), count as u64);
        let columns = columns(
            &bench,
            &[
                (0x15, run(1, b"\x04note")),
                (0x34, vec![1]),
                (0x42, one),
                (0x70, run(1, &number(many))),
                (0x71, run(many, &[0])),
                (0x73, run(many, &[1])),
            ],
        );
        fits(arrive(&columns))
    });
}

#[test]
fn a_message_of_changes_holds_to_the_one() {
    let bench = bench();
    holds!(OPERATIONS_PER_MESSAGE_MAX, |count| {
        let whole = OPERATIONS_PER_MESSAGE_MAX / 20_000;
        let mut bombs = vec![bomb(&bench.field, 20_000); whole];
        bombs.push(bomb(&bench.field, count - whole * 20_000));
        fits(check_message(&bombs))
    });
    let mut world = World::new();
    holds!(CHANGES_PER_MESSAGE_MAX, |count| {
        code(world.changes(&drafter(Bureau::BR), vec![Vec::new(); count])) == RefusalCode::BadChange
    });
}

#[test]
fn operation_counters_may_lie_so_far_ahead_and_no_further() {
    let skips = |gaps: &[u64]| {
        let mut world = World::new();
        let who = drafter(Bureau::TSB);
        gaps.iter().all(|ahead| {
            let mut replica = Replica::join(&world, who.clone(), 2);
            replica.write(|tx| put(tx, "tgt-1", "due_year", 2000 + (world.seq().0 % 100) as i64));
            let next = world.hub.state().graph.max_op() + 1;
            let change = altered(&replica.waiting()[0], |change| change.start_op = start(next + ahead));
            done(world.changes(&who, vec![change])).is_ok()
        })
    };
    holds!(START_OPERATIONS_AHEAD_MAX, |ahead| skips(&[ahead as u64]));
    holds!(GAPS_PER_SUBJECT_OPERATIONS_MAX, |sum| {
        let sum = sum as u64;
        let mut gaps = vec![START_OPERATIONS_AHEAD_MAX; (sum / START_OPERATIONS_AHEAD_MAX) as usize];
        gaps.push(sum % START_OPERATIONS_AHEAD_MAX);
        skips(&gaps)
    });
}

#[test]
fn one_text_element_has_so_many_bytes() {
    holds!(TEXT_ELEMENT_BYTES_MAX, |bytes| {
        let mut world = World::new();
        let who = drafter(Bureau::TSB);
        let replica = Replica::join(&world, who.clone(), 2);
        let bench = bench_of(&mut world, replica);
        let change = altered(&bench.words, |change| {
            let inserted = change.operations.iter_mut().filter(|operation| operation.insert);
            inserted.for_each(|operation| operation.action = word(&"x".repeat(bytes)));
        });
        done(world.changes(&who, vec![change])).is_ok()
    });
}

#[test]
fn after_a_failed_trial_only_so_much_is_tried_a_minute() {
    let mut world = World::new();
    let who = drafter(Bureau::TSB);
    let mut replica = Replica::join(&world, who.clone(), 2);
    world.hub.suspect(who.subject.clone(), world.now_us, SUSPECT_COPIED_PER_MINUTE_MAX);
    // The second builds on the first: it waits, too, and does not become a change that is refused.
    for year in [2030, 2031] {
        replica.write(|tx| put(tx, "tgt-1", "due_year", year));
    }
    assert_eq!(code(replica.send(&mut world)), RefusalCode::Busy);
    assert_eq!(world.recorded(), [""; 0], "that it was not tried is on no record");
    world.now_us += 60_000_000;
    done(replica.send(&mut world)).unwrap();
    assert_eq!(world.recorded(), [""; 0]);
}

#[test]
fn what_only_waits_is_not_told_to_be_refused_beside_what_is() {
    let mut world = World::new();
    let who = drafter(Bureau::TSB);
    let mut replica = Replica::join(&world, who.clone(), 2);
    world.hub.suspect(who.subject.clone(), world.now_us, SUSPECT_COPIED_PER_MINUTE_MAX);
    for year in [2030, 2031] {
        replica.write(|tx| put(tx, "tgt-1", "due_year", year));
    }
    let waiting = replica.waiting();
    let bad = altered(&waiting[0], |change| (change.actor_id, change.seq) = (ActorId::from([9; 16]), 5));
    let hash = digest(&Change::from_bytes(bad.clone()).unwrap().hash());
    let waiting: Vec<Vec<u8>> = waiting.iter().map(|change| change.raw_bytes().to_vec()).collect();
    for at in 0..=2 {
        let mut changes = waiting.clone();
        changes.insert(at, bad.clone());
        let Answer::Refused { refusal, changes } = world.changes(&who, changes) else { panic!() };
        assert_eq!((refusal.code, changes), (RefusalCode::BadHeader, vec![hash]), "{at}");
        assert!(refusal.reason.contains("2 more changes"), "{}", refusal.reason);
    }
    assert_eq!(world.recorded(), ["bad_header"]);
    world.now_us += 60_000_000;
    done(world.changes(&who, waiting)).unwrap();
}

#[test]
fn a_refusal_s_reason_and_the_records_of_a_minute_are_bounded() {
    let reason = |name: usize| {
        let mut world = World::new();
        let mut replica = Replica::join(&world, drafter(Bureau::TSB), 2);
        replica.write(|tx| put(tx, "tgt-1", &"c".repeat(name), "x"));
        done(replica.send(&mut world)).unwrap_err().reason.chars().count()
    };
    let around = reason(100) - 100;
    holds!(REASON_CHARS_MAX, |chars| reason(chars - around) == chars);
    holds!(REFUSAL_ENTRIES_PER_MINUTE_MAX, |count| {
        let mut world = World::new();
        let ask = |n: usize| {
            let changes = Ask::Changes { changes: vec![Vec::new()], because: None, answers: Vec::new() };
            let mut input = input(&drafter(Bureau::BR), Action::Edit, changes);
            input.session = Some(format!("s-{n}"));
            input
        };
        let answers = world.propose_only((0..count).map(ask).collect());
        assert!(
            answers.iter().all(|answer| matches!(answer, Answer::Refused { .. } | Answer::Partly { .. }))
        );
        world.settle_log();
        world.recorded().len() == count
    });
}

#[test]
fn a_rule_of_readers_and_a_question_hold_to_the_one() {
    holds!(READERS_MAX, |count| {
        let mut world = World::new();
        let readers = (0..count).map(|n| format!("subject:s{n}").parse().unwrap()).collect();
        let access = Access::Only(readers);
        let ask = Ask::SetAccess { id: "a".parse().unwrap(), access, because: None };
        fits(done(world.ask(&person("admin", Bureau::GS, Role::Admin), Action::SetAccess, ask)))
    });
    holds!(QUERY_CHARS_MAX, |chars| Query::new(&"é".repeat(chars), false).is_ok());
}

#[test]
fn a_short_text_is_kept_whole_in_its_row() {
    holds!(TEXT_WHOLE_CHARS_MAX, |chars| {
        let mut world = World::new();
        let words = "é".repeat(chars);
        done(world.edit(&drafter(Bureau::BR), [set_text("tgt-1", "statement", &words, world.seq())]))
            .unwrap();
        world.rows()[0].to.is_some()
    });
}

#[test]
fn a_text_changed_meanwhile_loses_no_more_than_so_many_characters_at_once() {
    let delete = |chars: usize| {
        let mut world = World::new();
        let words = "x".repeat(20_100);
        done(world.edit(&drafter(Bureau::BR), [set_text("tgt-1", "statement", &words, world.seq())]))
            .unwrap();
        let base = world.seq();
        done(world.edit(&drafter(Bureau::BR), [splice("tgt-1", 0, 0, "meanwhile ", base)])).unwrap();
        let answer = world.edit(&drafter(Bureau::BR), [splice("tgt-1", 20, chars, "", base)]);
        let told = fits(done(answer));
        if told {
            let left = format!("meanwhile {}", "x".repeat(20_100 - chars));
            assert_eq!(world.text("tgt-1", "statement"), left, "{chars}");
        }
        told
    };
    holds!(CONCURRENT_DELETE_CHARS_MAX, delete);
    // Found one by one or by a walk: what stands afterwards is the same.
    plenary_limits::held_here!(CURSORS_MAX);
    for chars in
        [plenary_limits::CURSORS_MAX - 1, plenary_limits::CURSORS_MAX, plenary_limits::CURSORS_MAX + 1]
    {
        assert!(delete(chars));
    }
}
