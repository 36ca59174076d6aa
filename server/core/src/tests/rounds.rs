//! A long message has its turns between those of others, and proposals may follow each other to the
//! disk.

use automerge::legacy::OpId;
use plenary_protocol::access::{Access, Reader};
use plenary_protocol::plan::Stage;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::{Bureau, Role, Seq};

use super::craft::{after, altered};
use super::plan::*;
use super::replica::{Replica, write_text};
use super::world::{World, chair, code, done, drafter, input, person};
use crate::hub::{Answer, Ask, ConnId, Input};
use crate::policy::Action;

/// A message of many changes by the chair.
fn long_message(world: &World, changes: usize) -> Input {
    let mut replica = Replica::join(world, chair(), 1);
    for _ in 0..changes {
        replica.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "x"));
    }
    let changes = replica.waiting().iter().map(|change| change.raw_bytes().to_vec()).collect();
    input(&chair(), Action::Edit, Ask::Changes { changes, because: None, answers: Vec::new() })
}

fn edit(world: &World, who: &plenary_protocol::Principal, element: &str) -> Input {
    let edit = world.named_edit(element, [set_text(element, "title", "Words", world.seq())]);
    input(who, Action::Edit, Ask::Edit { edit, formers: Vec::new() })
}

#[test]
fn others_have_their_turn_before_a_long_message_ends_and_its_own_connection_after_it() {
    let mut world = World::new();
    let long = long_message(&world, 600);
    let inputs = vec![long, edit(&world, &chair(), "tgt-2"), edit(&world, &drafter(Bureau::BR), "gol-1")];
    let answers: Vec<Seq> = world.group(inputs).into_iter().map(|answer| done(answer).unwrap()).collect();
    let [long, behind, between] = answers[..] else { panic!("{answers:?}") };
    assert!(between < long, "entry {between} of another before the message's last, {long}");
    assert!(behind > long, "entry {behind} of the same connection after it");
    assert_eq!(world.hub.tried_together(), 599, "all but the first, which binds its actor");
    assert_eq!(world.text("tgt-1", "statement").matches('x').count(), 600);
}

#[test]
fn a_plan_that_is_closed_meanwhile_takes_no_more_of_a_long_message() {
    let mut world = World::new();
    let long = long_message(&world, 600);
    let stage = Ask::Advance {
        id: "s".parse().unwrap(),
        stage: Stage::Withdrawn,
        because: Some("why".into()),
        despite: false,
        former: None,
        voices: Default::default(),
    };
    let close = input(&person("admin", Bureau::GS, Role::Admin), Action::Advance, stage);
    let mut answers = world.group(vec![long, close]);
    done(answers.remove(1)).unwrap();
    let Answer::Partly { entries, refusal, changes } = answers.remove(0) else { panic!("{answers:?}") };
    assert_eq!(refusal.code, RefusalCode::StageForbids);
    assert_eq!(entries.len() + changes.len(), 600);
    assert_eq!(world.text("tgt-1", "statement").matches('x').count(), entries.len());
}

/// The chair says that only a Bureau may read the plan.
fn narrow(bureau: &str) -> Input {
    let access = Access::Only([bureau.parse::<Reader>().unwrap()].into_iter().collect());
    let ask = Ask::SetAccess { id: "narrow".parse().unwrap(), access, because: None };
    input(&person("admin", Bureau::GS, Role::Admin), Action::SetAccess, ask)
}

#[test]
fn a_plan_that_is_no_longer_ones_own_to_read_takes_no_more_of_ones_long_message() {
    let mut world = World::new();
    let long = long_message(&world, 600);
    let mut answers = world.group(vec![long, narrow("bureau:BR")]);
    done(answers.remove(1)).unwrap();
    let Answer::Partly { entries, refusal, changes } = answers.remove(0) else { panic!("{answers:?}") };
    assert_eq!(refusal.code, RefusalCode::NoSuchPlan);
    assert_eq!(entries.len() + changes.len(), 600);
    assert_eq!(world.text("tgt-1", "statement").matches('x').count(), entries.len());
    world.check();
}

#[test]
fn a_rule_on_its_way_to_the_disk_shuts_out_when_it_is_there() {
    let mut world = World::new();
    let tsb = drafter(Bureau::TSB);
    let subscribe = |conn| input(&tsb, Action::Read, Ask::Subscribe { conn: ConnId(conn) });
    let first = vec![subscribe(1), edit(&world, &drafter(Bureau::BR), "gol-1")];
    let first = world.propose(first);
    let second = vec![narrow("bureau:BR"), subscribe(2)];
    let second = world.propose(second);
    let head = first.last().unwrap();
    let answers = world.land(first);
    assert!(matches!(answers[0].1, Answer::Subscribed { head: at } if at == head), "{answers:?}");
    world.told.clear();
    let refused = world.land(second).into_iter().filter_map(|(_, answer)| done(answer).err());
    assert_eq!(refused.map(|refusal| refusal.code).collect::<Vec<_>>(), [RefusalCode::NoSuchPlan]);
    let (tsb, told) = ([ConnId(1), ConnId(2)], &world.told);
    let told: Vec<_> = told.iter().filter(|(conn, _)| tsb.contains(conn)).collect();
    assert_eq!(told, [&(ConnId(1), None)], "that it is over, and nothing of the rule");
    world.check();
}

#[test]
fn what_fails_on_its_way_with_others_is_taken_back_alone() {
    let mut world = World::new();
    let mut honest = Replica::join(&world, chair(), 1);
    honest.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "a"));
    done(honest.send(&mut world)).unwrap();
    let mut other = Replica::join(&world, drafter(Bureau::BR), 2);
    other.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "b"));
    done(other.send(&mut world)).unwrap();
    for _ in 0..3 {
        honest.write(|tx| write_text(tx, "tgt-1", "statement", 1, 0, "Z"));
        other.write(|tx| write_text(tx, "tgt-2", "statement", 1, 0, "d"));
    }
    let ask = |changes| Ask::Changes { changes, because: None, answers: Vec::new() };
    let raw =
        |replica: &Replica| replica.waiting().iter().map(|change| change.raw_bytes().to_vec()).collect();
    // A character after one of its own, which stands in another text: only the trial shows it.
    let hostile = |honest: &Replica| {
        altered(&other.waiting()[0], |change| {
            let own = OpId::new(change.start_op.get(), &change.actor_id);
            change.operations[0].key = after(own);
            change.operations.insert(0, honest.waiting()[0].decode().operations[0].clone());
        })
    };
    let changes: Vec<Vec<u8>> = raw(&honest);
    let inputs = vec![
        input(&chair(), Action::Edit, ask(changes[..2].to_vec())),
        input(&drafter(Bureau::BR), Action::Edit, ask(vec![hostile(&honest)])),
        input(&chair(), Action::Edit, ask(changes[2..].to_vec())),
    ];
    let mut answers = world.group(inputs).into_iter();
    done(answers.next().unwrap()).unwrap();
    assert_eq!(code(answers.next().unwrap()), RefusalCode::FailedTrial);
    done(answers.next().unwrap()).unwrap();
    assert_eq!(world.text("tgt-1", "statement").matches('Z').count(), 3);
    assert_eq!(world.hub.tried_together(), 0, "none of the run has passed as one");
    // Whoever it was fails nobody's run again.
    for _ in 0..3 {
        honest.take(&world);
        honest.write(|tx| write_text(tx, "tgt-1", "statement", 1, 0, "Z"));
        let inputs = vec![
            input(&chair(), Action::Edit, ask(raw(&honest))),
            input(&drafter(Bureau::BR), Action::Edit, ask(vec![hostile(&honest)])),
        ];
        done(world.group(inputs).remove(0)).unwrap();
    }
    assert_eq!(world.hub.tried_together(), 3);
    world.check();
}
