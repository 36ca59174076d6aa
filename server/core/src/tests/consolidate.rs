//! Merge and split: new elements, dispositions and everything that hung on the old ones, in one entry.

use std::collections::BTreeMap;

use plenary_limits::holds;
use plenary_protocol::plan::command::{Part, Place};
use plenary_protocol::plan::value::Reference;
use plenary_protocol::plan::{Command, ElementView, LinkView, Value};
use plenary_protocol::record::RowOp;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::{Bureau, ElementId, Seq};

use super::plan::{add, element, link, remove, set_field, set_text};
use super::world::{World, chair, code, done, drafter, id, made, text};
use crate::{Action, Ask};

/// An element of the plan under test.
fn own(world: &World, element: &str) -> Reference {
    Reference { plan: world.view().id, element: id(element) }
}

fn merge(elements: Vec<Reference>, base: Seq) -> Command {
    Command::Merge {
        elements,
        place: Place::default(),
        owner: None,
        fields: BTreeMap::new(),
        lang: None,
        text: BTreeMap::new(),
        rationale: Some("one aim".into()),
        base,
    }
}

fn part(words: &str, keeps: &[&str]) -> Part {
    Part {
        text: [("statement".to_owned(), words.to_owned())].into(),
        fields: BTreeMap::new(),
        keeps: keeps.iter().map(|name| id(name)).collect(),
    }
}

fn split(element: Reference, into: Vec<Part>, base: Seq) -> Command {
    Command::Split { element, into, place: Place::default(), lang: None, rationale: Some("two".into()), base }
}

fn live(world: &World) -> Vec<LinkView> {
    world.view().links.into_iter().filter(|link| !link.removed).collect()
}

fn dispositions(world: &World) -> Vec<ElementView> {
    world.view().elements.into_iter().filter(|element| element.kind.name() == "disposition").collect()
}

#[test]
fn merged_targets_are_one_with_the_indicators_and_links_of_both() {
    let mut world = World::new();
    let gs = drafter(Bureau::GS);
    let links = [link("contributes_to", "pri-1", "tgt-1"), link("contributes_to", "pri-1", "tgt-2")];
    let both = link("refers_to", "tgt-1", "tgt-2");
    done(world.edit(&gs, links.into_iter().chain([both]))).unwrap();
    let before = world.seq();
    let mut command = merge(vec![own(&world, "tgt-1"), own(&world, "tgt-2")], before);
    let Command::Merge { text: given, .. } = &mut command else { panic!("merge") };
    given.insert("title".into(), "Access".into());
    let made = made(world.edit(&gs, [command]));
    assert_eq!(world.seq(), before.next(), "one entry");
    let heir = world.element(made[0].as_str());
    let words = |name: &str| heir.text["en"][name].clone();
    assert_eq!(
        (words("title"), words("statement")),
        ("Access".into(), "65 % of households connected".into())
    );
    assert_eq!((heir.fields["due_year"].clone(), heir.parent.clone()), (Value::Int(2023), Some(id("gol-1"))));
    for gone in ["tgt-1", "tgt-2"] {
        assert!(world.element(gone).removed, "{gone}");
    }
    for moved in ["ind-1", "cmt-1"] {
        assert_eq!(world.element(moved).parent, Some(heir.id.clone()), "{moved}");
    }
    let on_it = |link: &&LinkView| link.from == heir.id || link.to == heir.id;
    let links = live(&world);
    let kinds: Vec<&str> = links.iter().filter(on_it).map(|link| link.kind.name()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "contributes_to").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| **kind == "becomes").count(), 2);
    assert_eq!(kinds.len(), 3, "none between the two: {kinds:?}");
    assert!(links.iter().all(|link| ![id("tgt-1"), id("tgt-2")].contains(&link.to)));
    let told = dispositions(&world);
    let formers: Vec<&Value> = told.iter().map(|one| &one.fields["former"]).collect();
    let [first, second] = ["tgt-1", "tgt-2"].map(|name| Value::Reference(own(&world, name)));
    assert!(formers.contains(&&first) && formers.contains(&&second));
    assert!(
        told.iter()
            .all(|one| one.fields["type"] == text("merged") && one.text["en"]["rationale"] == "one aim")
    );
    let ops: Vec<RowOp> = world.rows().iter().map(|row| row.op).collect();
    for op in [RowOp::Add, RowOp::Move, RowOp::Remove] {
        assert!(ops.contains(&op), "{op:?} in {ops:?}");
    }
}

#[test]
fn fields_that_name_a_merged_element_name_what_it_became() {
    let mut world = World::new();
    let money = [("goal".to_owned(), text("gol-1")), ("amount".to_owned(), Value::Int(7))];
    let mut allocation = add("allocation", "obj-br", &[]);
    let Command::Add { fields, .. } = &mut allocation else { panic!("add") };
    *fields = money.into();
    let made_first = made(world.edit(&chair(), [allocation, add("goal", "", &[("title", "Inclusion")])]));
    let goals = vec![own(&world, "gol-1"), own(&world, made_first[1].as_str())];
    let base = world.seq();
    let made = made(world.edit(&chair(), [merge(goals, base)]));
    assert_eq!(world.element(made_first[0].as_str()).fields["goal"], text(made[0].as_str()));
    assert_eq!(world.element("tgt-1").parent, Some(made[0].clone()));
    let strength = live(&world).into_iter().find(|link| link.from == id("obj-br")).unwrap();
    assert_eq!((strength.to, strength.note.as_str()), (made[0].clone(), "as by Table 3"));
    assert_eq!(strength.fields["strength"], text("primary"));
}

#[test]
fn who_may_not_write_what_hangs_on_it_merges_nothing() {
    let mut world = World::new();
    let two = made(world.edit(&chair(), [add("goal", "", &[("title", "Inclusion")])]));
    let (before, seq) = (world.view(), world.seq());
    let goals = vec![own(&world, "gol-1"), own(&world, two[0].as_str())];
    let refusal = done(world.edit(&drafter(Bureau::TSB), [merge(goals, seq)])).unwrap_err();
    assert_eq!((refusal.code, refusal.command), (RefusalCode::OtherBureau, Some(0)));
    assert!(refusal.reason.contains("lnk-1, would have to change"), "{}", refusal.reason);
    assert_eq!((world.view(), world.seq()), (before, seq));
}

#[test]
fn what_others_wrote_since_is_not_merged_away() {
    let mut world = World::new();
    let base = world.seq();
    done(world.edit(&drafter(Bureau::BDT), [set_text("tgt-2", "statement", "Access for everybody", base)]))
        .unwrap();
    let both = |world: &World| vec![own(world, "tgt-1"), own(world, "tgt-2")];
    let command = merge(both(&world), base);
    assert_eq!(code(world.edit(&drafter(Bureau::GS), [command.clone()])), RefusalCode::Stale);
    done(world.edit(&drafter(Bureau::BDT), [set_field("tgt-1", "due_year", Value::Int(2030), world.seq())]))
        .unwrap();
    assert_eq!(
        code(world.edit(
            &drafter(Bureau::GS),
            [split(own(&world, "tgt-1"), vec![part("a", &[]), part("b", &[])], base)]
        )),
        RefusalCode::Stale
    );
    let ahead = merge(both(&world), Seq(world.seq().0 + 1));
    assert_eq!(code(world.edit(&drafter(Bureau::GS), [ahead])), RefusalCode::BaseAhead);
    let now = merge(both(&world), world.seq());
    done(world.edit(&drafter(Bureau::GS), [now])).unwrap();
}

#[test]
fn a_split_target_leaves_each_part_what_it_keeps() {
    let mut world = World::new();
    let gs = drafter(Bureau::GS);
    done(world.edit(&gs, [link("contributes_to", "pri-1", "tgt-1")])).unwrap();
    let before = world.seq();
    let parts = vec![part("Less energy", &[]), part("Less waste", &["ind-1"])];
    let made = made(world.edit(&gs, [split(own(&world, "tgt-1"), parts, before)]));
    assert_eq!(world.seq(), before.next(), "one entry");
    let (first, second) = (world.element(made[0].as_str()), world.element(made[1].as_str()));
    assert_eq!(
        (first.text["en"]["statement"].as_str(), &first.fields["due_year"]),
        ("Less energy", &Value::Int(2023))
    );
    assert_eq!((first.code.as_deref(), second.code.as_deref()), (Some("1.1"), Some("1.2")));
    assert!(world.element("tgt-1").removed);
    assert_eq!(world.element("ind-1").parent, Some(second.id.clone()));
    assert_eq!(world.element("cmt-1").parent, Some(first.id.clone()));
    let towards = |id: &ElementId, kind: &str| {
        live(&world).iter().filter(|link| link.to == *id && link.kind.name() == kind).count()
    };
    for part in [&first.id, &second.id] {
        assert_eq!((towards(part, "contributes_to"), towards(part, "becomes")), (1, 1));
    }
    let told = dispositions(&world);
    assert_eq!((told.len(), &told[0].fields["type"]), (1, &text("split")));
}

#[test]
fn elements_of_a_former_plan_become_one_of_this() {
    let mut world = World::new();
    let former = |name: &str| Reference { plan: "old".parse().unwrap(), element: id(name) };
    let view = |name: &str, words: &str| {
        let mut view = element(name, "target", "gol-old", "V");
        view.text = [("en".to_owned(), [("statement".to_owned(), words.to_owned())].into())].into();
        (former(name), view)
    };
    let mut command = merge(vec![former("tgt-a"), former("tgt-b")], world.seq());
    let Command::Merge { place, .. } = &mut command else { panic!("merge") };
    place.parent = Some(id("gol-1"));
    let edit = world.named_edit("both", [command.clone()]);
    let ask = Ask::Edit { edit, formers: vec![view("tgt-a", "First"), view("tgt-b", "Second")] };
    let made = made(world.ask(&drafter(Bureau::GS), Action::Edit, ask));
    assert_eq!(world.text(made[0].as_str(), "statement"), "First");
    assert_eq!(dispositions(&world).len(), 2);
    assert_eq!(code(world.edit(&drafter(Bureau::GS), [command])), RefusalCode::NoSuchElement);
}

#[test]
fn what_cannot_be_merged_or_split_says_why() {
    let mut world = World::new();
    let (gs, base) = (drafter(Bureau::GS), world.seq());
    let (one, two, goal) = (own(&world, "tgt-1"), own(&world, "tgt-2"), own(&world, "gol-1"));
    let nobody = own(&world, "tgt-nobody");
    let cases = [
        (merge(vec![one.clone()], base), RefusalCode::NothingToDo),
        (merge(vec![one.clone(), one.clone()], base), RefusalCode::NothingToDo),
        (merge(vec![one.clone(), goal], base), RefusalCode::WrongType),
        (merge(vec![one.clone(), nobody.clone()], base), RefusalCode::NoSuchElement),
        (merge(vec![own(&world, "plan"), one.clone()], base), RefusalCode::WrongPlace),
        (split(nobody, vec![part("a", &[]), part("b", &[])], base), RefusalCode::NoSuchElement),
        (split(one.clone(), vec![part("a", &[])], base), RefusalCode::NothingToDo),
        (split(one.clone(), vec![part("a", &[]), part("", &[])], base), RefusalCode::NothingToDo),
        (split(one.clone(), vec![part("a", &["pri-1"]), part("b", &[])], base), RefusalCode::NoSuchElement),
        (
            split(one.clone(), vec![part("a", &["ind-1"]), part("b", &["ind-1"])], base),
            RefusalCode::NothingToDo,
        ),
    ];
    let before = world.view();
    for (command, expected) in cases {
        assert_eq!(code(world.edit(&gs, [command.clone()])), expected, "{command:?}");
        assert_eq!((world.view(), world.seq()), (before.clone(), base), "{command:?}");
    }
    done(world.edit(&gs, [remove("tgt-2")])).unwrap();
    assert_eq!(code(world.edit(&gs, [merge(vec![one, two], world.seq())])), RefusalCode::NothingToDo);
}

#[test]
fn one_command_is_of_so_many() {
    holds!(CONSOLIDATED_MAX, |count| {
        let mut world = World::new();
        let parts = (0..count).map(|index| part(&format!("Part {index}"), &[])).collect();
        let command = split(own(&world, "tgt-2"), parts, world.seq());
        match done(world.edit(&drafter(Bureau::GS), [command])) {
            Ok(_) => true,
            Err(refusal) => {
                assert_eq!(refusal.code, RefusalCode::TooLarge);
                false
            }
        }
    });
}
