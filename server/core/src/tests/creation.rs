//! A plan made from a plan as read reads as it was given.

use std::path::PathBuf;

use plenary_protocol::plan::{PlanView, Stage, file};
use plenary_protocol::record::Act;
use plenary_protocol::{Bureau, Seq};

use super::plan::*;
use super::world::{World, drafter, made};

/// The view as it was given: what only the server knows is taken out.
fn given(world: &World) -> PlanView {
    let mut view = world.view();
    assert_eq!(view.seq, Seq(3));
    assert!(view.document.starts_with("automerge:") && !view.at.is_empty());
    view.seq = Seq::ZERO;
    view.at.clear();
    view.document.clear();
    view
}

#[test]
fn the_small_plan_reads_as_it_was_given() {
    let world = World::new();
    assert_eq!(given(&world), small_plan());
    let acts: Vec<&str> = world.log.events.iter().map(|event| event.payload.act.name()).collect();
    assert_eq!(acts, ["plan_created", "actor_bound", "change"]);
    assert!(matches!(
        &world.log.events[0].payload.act,
        Act::PlanCreated { stage: Stage::SecretariatDraft, .. }
    ));
}

#[test]
fn both_plans_of_itu_read_as_they_were_given() {
    for name in ["itu-sp-2020-2023", "itu-sp-2024-2027-draft"] {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("plans").join(format!("{name}.json"));
        let mut plan = file::read(&std::fs::read(path).unwrap()).unwrap();
        plan.seq = Seq::ZERO;
        plan.at.clear();
        let world = World::of(plan.clone());
        let read = given(&world);
        for (one, other) in plan.elements.iter().zip(&read.elements) {
            assert_eq!(one, other);
        }
        plan.document.clear();
        assert_eq!(read, plan);
    }
}

#[test]
fn the_plan_of_then_is_what_it_was() {
    let mut world = World::new();
    let first = world.view();
    let goal = made(world.edit(&drafter(Bureau::GS), [add("goal", "", &[("title", "Two")])])).remove(0);
    let second = world.view();
    let seq = world.seq();
    world.edit(&drafter(Bureau::BR), [remove("tgt-1"), splice("tgt-2", 0, 6, "Entry", seq)]);
    assert_ne!(world.view(), second);
    assert_eq!(world.reader.view(Some(second.seq)), second);
    assert_eq!(world.reader.view(Some(first.seq)), first);
    assert!(first.element(&goal).is_none());
    let empty = world.reader.view(Some(Seq(2)));
    assert!(empty.elements.is_empty() && empty.links.is_empty() && empty.plan.is_empty());
    assert_eq!(world.reader.view(Some(Seq::ZERO)).stage, Stage::SecretariatDraft);
    assert_eq!(world.reader.seq_at(i64::MIN), Seq::ZERO);
    assert_eq!(world.reader.seq_at(i64::MAX), world.seq());
}

#[test]
fn a_hub_loads_from_a_snapshot_and_the_entries_after_it() {
    let mut world = World::new();
    let base = world.seq();
    world.edit(&drafter(Bureau::BR), [splice("tgt-1", 0, 0, "a", base)]);
    world.log.snapshot = Some((world.seq(), world.reader.verified_save().unwrap().0));
    world.edit(&drafter(Bureau::TSB), [splice("tgt-1", 0, 0, "b", base)]);
    world.restart();
    world.edit(&drafter(Bureau::TSB), [splice("tgt-1", 0, 0, "c", base)]);
    assert!(world.text("tgt-1", "statement").ends_with("65 % of households connected"));
}
