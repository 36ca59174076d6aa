//! A plan made from a plan as read reads as it was given.

use std::path::PathBuf;

use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::kinds::{FieldType, Kind};
use plenary_protocol::plan::value::{Quotation, Reference};
use plenary_protocol::plan::{Command, ElementView, PlanView, Stage, Value, file};
use plenary_protocol::record::Act;
use plenary_protocol::{Bureau, Seq};

use super::plan::*;
use super::world::{World, chair, done, drafter, id, made, set, text};

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
    world.log.snapshot = Some(world.snapshot());
    world.edit(&drafter(Bureau::TSB), [splice("tgt-1", 0, 0, "b", base)]);
    world.restart();
    world.edit(&drafter(Bureau::TSB), [splice("tgt-1", 0, 0, "c", base)]);
    assert!(world.text("tgt-1", "statement").ends_with("65 % of households connected"));
}

/// A value of the type; elements that it names are looked up among those made so far.
fn value(ty: FieldType, made: &[ElementView]) -> Option<Value> {
    let plan = "other".parse().unwrap();
    Some(match ty {
        FieldType::Str => text("words"),
        FieldType::Int => Value::Int(-7),
        FieldType::Number => Value::Number(2.5),
        FieldType::Bool => Value::Bool(true),
        FieldType::Year => Value::Int(2027),
        FieldType::Date => text("2026-11-24"),
        FieldType::OneOf(words) => text(words.last()?),
        FieldType::Set([]) => set(&["one", "two words"]),
        FieldType::Set(words) => set(&words[..1]),
        FieldType::Element(kinds) => {
            let found = made.iter().find(|e| kinds.is_empty() || kinds.contains(&e.kind.name()))?;
            text(found.id.as_str())
        }
        FieldType::Reference => Value::Reference(Reference { plan, element: id("tgt-x") }),
        FieldType::Quotation => {
            Value::Quotation(Quotation { plan, element: id("tgt-x"), field: "statement".into(), seq: Seq(3) })
        }
    })
}

/// One element of every kind of the table, with every text and field.
fn one_of_every_kind() -> Vec<ElementView> {
    let mut made: Vec<ElementView> = Vec::new();
    let mut waiting: Vec<Kind> = Kind::all().filter(|kind| *kind != Kind::plan()).collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|kind| {
            let above = made.iter().find(|e| kind.may_stand_under(Some(e.kind)));
            let parent = above.map(|e| e.id.clone()).filter(|_| !kind.may_stand_under(None));
            if parent.is_none() && !kind.may_stand_under(None) {
                return true;
            }
            let name = format!("{}-1", kind.spec().prefix);
            let mut view = element(&name, kind.name(), parent.as_ref().map_or("", |id| id.as_str()), "V");
            for (lang, word) in [("en", "Words"), ("zh-Hans", "文字")] {
                let words = kind.spec().texts.iter().map(|spec| (spec.name.to_owned(), word.to_owned()));
                view.text.insert(lang.into(), words.collect());
            }
            view.text.retain(|_, words: &mut std::collections::BTreeMap<String, String>| !words.is_empty());
            for field in kind.fields().filter(|field| field.name != "code") {
                view.fields.extend(value(field.ty, &made).map(|value| (field.name.to_owned(), value)));
            }
            view.removed = made.len() % 3 == 2;
            view.own_code = (made.len() % 4 == 1).then(|| "X.1".to_owned());
            made.push(view);
            false
        });
        assert!(waiting.len() < before, "no place for {waiting:?}");
    }
    made
}

#[test]
fn every_kind_with_every_field_reads_as_it_was_given() {
    let mut plan = small_plan();
    plan.links.clear();
    plan.elements = plenary_protocol::plan::codes::arrange(one_of_every_kind());
    let mut fields: Vec<_> = Kind::plan().fields().collect();
    fields.retain(|field| field.name != "title" && field.name != "language");
    for field in fields {
        plan.plan.extend(value(field.ty, &plan.elements).map(|value| (field.name.to_owned(), value)));
    }
    let world = World::of(plan.clone());
    let read = given(&world);
    for (one, other) in plan.elements.iter().zip(&read.elements) {
        assert_eq!(one, other);
    }
    assert_eq!(read, plan);
}

#[test]
fn every_kind_is_served_by_commands_without_a_line_of_its_own() {
    let mut world = World::new();
    for view in one_of_every_kind() {
        let mut wanted = view.clone();
        let name = format!("{}-second", view.kind.spec().prefix);
        let command = |lang: &str, texts| Command::Add {
            kind: view.kind,
            id: Some(id(&name)),
            place: Place { parent: view.parent.clone(), ..Place::default() },
            owner: None,
            fields: view.fields.clone(),
            lang: Some(lang.to_owned()),
            text: texts,
        };
        // Parents of the list itself are made first, under their own names.
        let made =
            world.edit(&chair(), [command("zh-Hans", view.text.get("zh-Hans").cloned().unwrap_or_default())]);
        done(made).unwrap_or_else(|refusal| panic!("{}: {refusal:?}", view.kind));
        let read = world.element(&name);
        wanted.text.remove("en");
        assert_eq!((read.kind, &read.fields, &read.text), (wanted.kind, &wanted.fields, &wanted.text));
        let same = Command::Add {
            kind: view.kind,
            id: Some(view.id.clone()),
            place: Place { parent: view.parent.clone(), ..Place::default() },
            owner: None,
            fields: Default::default(),
            lang: None,
            text: Default::default(),
        };
        // `gol-1` and others stand in the small plan already.
        _ = world.edit(&chair(), [same]);
    }
}
