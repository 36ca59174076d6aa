//! Commands of thin clients: each kind of command, edits of several, edits sent twice.

use std::collections::BTreeMap;

use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::value::Reference;
use plenary_protocol::plan::{Command, Value};
use plenary_protocol::record::{RowOp, Touched};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::{Bureau, Seq};

use super::plan::*;
use super::world::{World, chair, code, done, drafter, id, input, made, set, text};
use crate::hub::{Answer, Ask};
use crate::policy::Action;

#[test]
fn a_drafter_adds_a_target_and_everybody_reads_it() {
    let mut world = World::new();
    let answer =
        world.edit(&drafter(Bureau::BR), [add("target", "gol-1", &[("statement", "Half of all schools")])]);
    let made = made(answer);
    let element = world.element(made[0].as_str());
    assert_eq!((element.code.as_deref(), element.kind.name()), (Some("1.3"), "target"));
    assert_eq!(element.text["en"]["statement"], "Half of all schools");
    let rows = world.rows();
    assert_eq!(rows.iter().map(|row| row.op).collect::<Vec<_>>(), [RowOp::Add, RowOp::Text]);
    assert_eq!(rows[0].to, Some(text("gol-1")));
    assert_eq!(
        (rows[1].inserted.as_deref(), rows[1].to.clone()),
        (Some("Half of all schools"), rows[1].to.clone())
    );
    let touched = &world.log.events.last().unwrap().envelope.touched;
    let expected = Touched::Rows(vec![
        (made[0].clone(), "element".into(), RowOp::Add),
        (made[0].clone(), "statement".into(), RowOp::Text),
    ]);
    assert_eq!(*touched, expected);
}

#[test]
fn an_element_goes_between_two_others() {
    let mut world = World::new();
    let place = Place { parent: Some(id("gol-1")), after: Some(id("tgt-1")), before: None };
    let Command::Add { kind, .. } = add("target", "gol-1", &[]) else { unreachable!() };
    let command = Command::Add {
        kind,
        id: Some(id("tgt-between")),
        place,
        owner: None,
        fields: [("due_year".to_owned(), Value::Int(2026))].into(),
        lang: Some("fr".into()),
        text: [("statement".to_owned(), "Un objectif".to_owned())].into(),
    };
    done(world.edit(&drafter(Bureau::BR), [command.clone()])).unwrap();
    let targets: Vec<String> = world
        .view()
        .elements
        .iter()
        .filter(|e| e.kind.name() == "target")
        .map(|e| e.id.to_string())
        .collect();
    assert_eq!(targets, ["tgt-1", "tgt-between", "tgt-2"]);
    assert_eq!(world.element("tgt-between").text["fr"]["statement"], "Un objectif");
    assert_eq!(world.element("tgt-between").fields["due_year"], Value::Int(2026));
    assert_eq!(code(world.edit(&drafter(Bureau::BR), [command])), RefusalCode::BadId);
}

#[test]
fn a_text_is_set_and_spliced_with_from_and_to() {
    let mut world = World::new();
    let seq = done(world.edit(
        &drafter(Bureau::TSB),
        [set_text("tgt-1", "statement", "70 % of households online", world.seq())],
    ));
    assert_eq!(seq, Ok(world.seq()));
    assert_eq!(world.text("tgt-1", "statement"), "70 % of households online");
    let row = world.rows().remove(0);
    assert_eq!((row.op, row.kind.as_str(), row.lang.as_deref()), (RowOp::Text, "target", Some("en")));
    assert_eq!(row.from, Some(text("65 % of households connected")));
    assert_eq!(row.to, Some(text("70 % of households online")));
    done(world.edit(&drafter(Bureau::BR), [splice("tgt-1", 0, 2, "75", world.seq())])).unwrap();
    let row = world.rows().remove(0);
    assert_eq!((row.deleted.as_deref(), row.inserted.as_deref(), row.at), (Some("0"), Some("5"), Some(1)));
    let out = world.edit(&drafter(Bureau::BR), [splice("tgt-1", 20, 40, "", world.seq())]);
    assert_eq!(code(out), RefusalCode::OutOfRange);
}

#[test]
fn a_field_gets_a_value_loses_it_and_says_from_what_to_what() {
    let mut world = World::new();
    done(world.edit(&drafter(Bureau::BR), [set_field("tgt-1", "due_year", Value::Int(2025), world.seq())]))
        .unwrap();
    let row = world.rows().remove(0);
    assert_eq!((row.op, row.from, row.to), (RowOp::Set, Some(Value::Int(2023)), Some(Value::Int(2025))));
    done(world.edit(&drafter(Bureau::BR), [set_field("tgt-1", "due_year", Value::Null, world.seq())]))
        .unwrap();
    assert_eq!(world.element("tgt-1").fields.get("due_year"), None);
    assert_eq!((&world.rows()[0].from, &world.rows()[0].to), (&Some(Value::Int(2025)), &None));
    for (field, value, expected) in [
        ("due_year", text("soon"), RefusalCode::WrongType),
        ("statement", text("x"), RefusalCode::WrongType),
        ("colour", text("red"), RefusalCode::UnknownField),
    ] {
        let answer = world.edit(&drafter(Bureau::BR), [set_field("tgt-1", field, value, world.seq())]);
        assert_eq!(code(answer), expected, "{field}");
    }
    done(world.edit(&chair(), [set_field("plan", "period_start", text("2024-01-01"), world.seq())])).unwrap();
    assert_eq!(world.view().plan["period_start"], text("2024-01-01"));
}

#[test]
fn a_set_is_changed_member_by_member() {
    let mut world = World::new();
    let base = world.seq();
    done(world.edit(&drafter(Bureau::BR), [set_field("pri-1", "sectors", set(&["ITU-R", "ITU-D"]), base)]))
        .unwrap();
    assert_eq!(world.element("pri-1").fields["sectors"], set(&["ITU-D", "ITU-R"]));
    let row = world.rows().remove(0);
    assert_eq!((row.from, row.to), (Some(set(&["ITU-R", "ITU-T"])), Some(set(&["ITU-D", "ITU-R"]))));
    done(world.edit(&drafter(Bureau::BR), [set_field("pri-1", "sectors", Value::Null, world.seq())]))
        .unwrap();
    assert_eq!(world.element("pri-1").fields.get("sectors"), None);
}

#[test]
fn elements_move_and_the_codes_follow() {
    let mut world = World::new();
    let goal =
        made(world.edit(&drafter(Bureau::GS), [add("goal", "", &[("title", "Inclusiveness")])])).remove(0);
    done(world.edit(&drafter(Bureau::GS), [move_under("tgt-1", goal.as_str())])).unwrap();
    assert_eq!(world.element("tgt-1").code.as_deref(), Some("2.1"));
    assert_eq!(world.element("tgt-2").code.as_deref(), Some("1.1"));
    let row = world.rows().remove(0);
    assert_eq!((row.op, row.from, row.to), (RowOp::Move, Some(text("gol-1")), Some(text(goal.as_str()))));
    assert_eq!(
        code(world.edit(&drafter(Bureau::GS), [move_under("tgt-1", "pri-1")])),
        RefusalCode::WrongPlace
    );
    let reply = made(world.edit(&drafter(Bureau::GS), [comment("cmt-1", "No.")])).remove(0);
    let under_itself = world.edit(&drafter(Bureau::GS), [move_under("cmt-1", reply.as_str())]);
    assert_eq!(code(under_itself), RefusalCode::WrongPlace);
}

#[test]
fn what_is_removed_can_be_restored() {
    let mut world = World::new();
    done(world.edit(&drafter(Bureau::BR), [remove("tgt-1")])).unwrap();
    assert!(world.element("tgt-1").removed);
    assert_eq!(world.rows()[0].op, RowOp::Remove);
    assert_eq!(code(world.edit(&drafter(Bureau::BR), [remove("tgt-1")])), RefusalCode::NothingToDo);
    done(world.edit(&drafter(Bureau::TSB), [restore("tgt-1")])).unwrap();
    assert_eq!((world.element("tgt-1").removed, world.rows()[0].op), (false, RowOp::Restore));
}

#[test]
fn links_are_made_once_removed_and_restored() {
    let mut world = World::new();
    let br = drafter(Bureau::BR);
    let made = made(world.edit(&br, [link("contributes_to", "out-br", "tgt-1")]));
    let row = world.rows().remove(0);
    assert_eq!((row.op, row.from, row.to), (RowOp::Add, Some(text("out-br")), Some(text("tgt-1"))));
    let again = world.edit(&br, [link("contributes_to", "out-br", "tgt-1")]);
    assert_eq!(code(again), RefusalCode::NothingToDo);
    let twice = [link("contributes_to", "out-br", "tgt-2"), link("contributes_to", "out-br", "tgt-2")];
    assert_eq!(code(world.edit(&br, twice)), RefusalCode::NothingToDo);
    assert_eq!(code(world.edit(&br, [link("contributes_to", "tgt-1", "out-br")])), RefusalCode::WrongPlace);
    done(world.edit(&br, [Command::Unlink { link: made[0].clone() }])).unwrap();
    assert!(world.view().links.iter().any(|link| link.id == made[0] && link.removed));
    done(world.edit(&br, [restore(made[0].as_str())])).unwrap();
    done(world.edit(&br, [set_field("lnk-1", "strength", text("secondary"), world.seq())])).unwrap();
    assert_eq!(world.rows()[0].from, Some(text("primary")));
    done(world.edit(&br, [set_text("lnk-1", "note", "as by Table 4", world.seq())])).unwrap();
    let view = world.view();
    let first = view.links.iter().find(|link| link.id == id("lnk-1")).unwrap();
    assert_eq!((first.note.as_str(), &first.fields["strength"]), ("as by Table 4", &text("secondary")));
}

#[test]
fn a_comment_carries_its_author() {
    let mut world = World::new();
    let made = made(world.edit(&drafter(Bureau::BDT), [comment("tgt-2", "For whom?")]));
    let element = world.element(made[0].as_str());
    assert_eq!(element.text["en"]["statement"], "For whom?");
    assert_eq!(element.fields["author"], text("bdt-drafter of BDT"));
    assert_eq!(element.parent, Some(id("tgt-2")));
}

#[test]
fn a_former_element_is_carried_over_in_one_entry() {
    let mut world = World::new();
    let former = Reference { plan: "old".parse().unwrap(), element: id("tgt-old") };
    let mut view = element("tgt-old", "target", "gol-old", "V");
    view.text = [("en".to_owned(), [("statement".to_owned(), "An old aim".to_owned())].into())].into();
    view.fields = [("due_year".to_owned(), Value::Int(2020))].into();
    let carry = Command::Carry {
        former: former.clone(),
        what: None,
        into: Vec::new(),
        kind: None,
        place: under("gol-1"),
        rationale: Some("still needed".into()),
    };
    let edit = world.named_edit("carry", [carry.clone()]);
    let before = world.seq();
    let ask = Ask::Edit { edit, formers: vec![(former.clone(), view)] };
    let made = made(world.ask(&drafter(Bureau::GS), Action::Edit, ask));
    assert_eq!(world.seq(), Seq(before.0 + 2), "the actor's binding and one change");
    let (heir, disposition) = (world.element(made[0].as_str()), world.element(made[1].as_str()));
    assert_eq!(
        (heir.text["en"]["statement"].as_str(), &heir.fields["due_year"]),
        ("An old aim", &Value::Int(2020))
    );
    assert_eq!(disposition.fields["former"], Value::Reference(former));
    assert_eq!(disposition.text["en"]["rationale"], "still needed");
    assert!(world.view().links.iter().any(|link| link.from == made[1] && link.to == made[0]));
    assert_eq!(code(world.edit(&drafter(Bureau::GS), [carry])), RefusalCode::NoSuchElement);
}

#[test]
fn one_bad_command_undoes_the_whole_edit() {
    let mut world = World::new();
    let br = drafter(Bureau::BR);
    done(world.edit(&br, [splice("tgt-1", 0, 0, "About ", world.seq())])).unwrap();
    let (before, seq) = (world.view(), world.seq());
    let commands = [
        splice("tgt-1", 0, 5, "Around", seq),
        add("target", "gol-1", &[("statement", "New")]),
        set_field("tgt-2", "due_year", Value::Int(1), seq),
    ];
    let refusal = done(world.edit(&br, commands)).unwrap_err();
    assert_eq!((refusal.code, refusal.command), (RefusalCode::WrongType, Some(2)));
    assert_eq!((world.view(), world.seq()), (before, seq));
    let fine = [
        splice("tgt-1", 0, 5, "Around", seq),
        set_field("tgt-2", "due_year", Value::Int(2030), seq),
        remove("pri-1"),
    ];
    assert_eq!(done(world.edit(&br, fine)), Ok(seq.next()), "three commands are one entry");
    assert_eq!(world.rows().len(), 3);
    assert_eq!(world.text("tgt-1", "statement"), "Around 65 % of households connected");
}

#[test]
fn an_edit_that_changes_nothing_is_no_entry() {
    let mut world = World::new();
    let seq = world.seq();
    for command in [
        set_text("tgt-1", "statement", "65 % of households connected", seq),
        set_field("tgt-1", "due_year", Value::Int(2023), seq),
        set_field("tgt-1", "note", Value::Null, seq),
        set_field("pri-1", "sectors", set(&["ITU-T", "ITU-R"]), seq),
        splice("tgt-1", 3, 0, "", seq),
        settle("tgt-1", "due_year", Value::Int(2023), seq),
    ] {
        assert_eq!(code(world.edit(&drafter(Bureau::BR), [command])), RefusalCode::NothingToDo);
    }
    let other = Command::SetText {
        element: id("tgt-1"),
        field: "statement".into(),
        lang: Some("fr".into()),
        text: String::new(),
        base: seq,
    };
    assert_eq!(code(world.edit(&drafter(Bureau::BR), [other])), RefusalCode::NothingToDo);
    assert_eq!(code(world.edit(&drafter(Bureau::BR), [])), RefusalCode::NothingToDo);
    assert_eq!(world.seq(), seq);
}

#[test]
fn an_edit_may_write_one_field_twice_and_the_last_value_stands() {
    let mut world = World::new();
    let br = drafter(Bureau::BR);
    for year in [2026, 2028] {
        let base = world.seq();
        let year_of = |year| set_field("tgt-1", "due_year", Value::Int(year), base);
        done(world.edit(&br, [year_of(year), year_of(year + 1)])).unwrap();
        assert_eq!(world.element("tgt-1").fields["due_year"], Value::Int(year + 1));
    }
}

#[test]
fn the_same_client_id_is_never_done_twice() {
    let mut world = World::new();
    let br = drafter(Bureau::BR);
    let command = || [splice("tgt-1", 0, 0, "x", Seq(3))];
    let seq = done(world.edit_as(&br, "mine", command())).unwrap();
    let duplicate = |answer| match answer {
        Answer::Done { entries, duplicate, .. } => (entries.last().unwrap().seq, duplicate),
        other => panic!("{other:?}"),
    };
    assert_eq!(duplicate(world.edit_as(&br, "mine", command())), (seq, true));
    world.restart();
    assert_eq!(duplicate(world.edit_as(&br, "mine", command())), (seq, true));
    assert_eq!(
        done(world.edit_as(&drafter(Bureau::TSB), "mine", command())),
        Ok(Seq(seq.0 + 2)),
        "another's id"
    );
    let edit = || Ask::Edit { edit: world.named_edit("twin", command()), formers: Vec::new() };
    let group = vec![input(&br, Action::Edit, edit()), input(&br, Action::Edit, edit())];
    let mut answers = world.group(group).into_iter().map(duplicate);
    let (first, second) = (answers.next().unwrap(), answers.next().unwrap());
    assert_eq!((first.1, second), (false, (first.0, true)));
    assert_eq!(world.text("tgt-1", "statement"), "xxx65 % of households connected");
}

#[test]
fn because_and_answers_stand_in_the_entry() {
    let mut world = World::new();
    let mut edit = world.named_edit("why", [splice("tgt-1", 0, 2, "70", world.seq())]);
    edit.because = Some("the Council asked".into());
    edit.answers = vec![id("cmt-1")];
    done(world.ask(
        &drafter(Bureau::BR),
        Action::Edit,
        Ask::Edit { edit: edit.clone(), formers: Vec::new() },
    ))
    .unwrap();
    let payload = &world.log.events.last().unwrap().payload;
    assert_eq!(
        (payload.because.as_deref(), payload.answers.as_slice()),
        (Some("the Council asked"), &[id("cmt-1")][..])
    );
    edit.id = "why-2".parse().unwrap();
    edit.answers = vec![id("tgt-1")];
    let answer = world.ask(&drafter(Bureau::BR), Action::Edit, Ask::Edit { edit, formers: Vec::new() });
    assert_eq!(code(answer), RefusalCode::WrongType);
}

#[test]
fn additions_of_one_edit_can_build_on_each_other() {
    let mut world = World::new();
    let Command::Add { kind, .. } = add("goal", "", &[]) else { unreachable!() };
    let goal = Command::Add {
        kind,
        id: Some(id("gol-new")),
        place: Place::default(),
        owner: None,
        fields: BTreeMap::new(),
        lang: None,
        text: BTreeMap::new(),
    };
    let commands = [
        goal,
        add("target", "gol-new", &[]),
        link("contributes_to", "obj-br", "gol-new"),
        comment("gol-new", "Hm"),
    ];
    assert_eq!(made(world.edit(&drafter(Bureau::BR), commands)).len(), 4);
    assert_eq!(world.element("gol-new").code.as_deref(), Some("2"));
}

#[test]
fn an_answer_given_again_still_names_what_was_made() {
    let mut world = World::new();
    let br = drafter(Bureau::BR);
    let comment = || Command::Comment { element: id("tgt-1"), text: "Which year?".into() };
    let first = made(world.edit_as(&br, "once", [comment()]));
    assert_eq!(first.len(), 1);
    assert_eq!(made(world.edit_as(&br, "once", [comment()])), first);
    world.restart();
    assert_eq!(made(world.edit_as(&br, "once", [comment()])), first);
}

#[test]
fn a_comment_goes_to_the_top_of_the_plan() {
    let mut world = World::new();
    let br = drafter(Bureau::BR);
    let comment = Command::Comment { element: id("tgt-1"), text: "About everything".into() };
    let made = made(world.edit(&br, [comment]));
    let place = Place { parent: Some(id("plan")), ..Place::default() };
    done(world.edit(&br, [Command::Move { element: made[0].clone(), place }])).unwrap();
    assert_eq!(world.element(made[0].as_str()).parent, None);
}

#[test]
fn a_name_given_to_another_edit_is_refused() {
    let mut world = World::new();
    let br = drafter(Bureau::BR);
    let base = world.seq();
    let seq = done(world.edit_as(&br, "mine", [set_text("tgt-1", "statement", "First", base)])).unwrap();
    let other = || [set_text("tgt-1", "statement", "Second", base)];
    assert_eq!(code(world.edit_as(&br, "mine", other())), RefusalCode::IdReused);
    world.restart();
    assert_eq!(code(world.edit_as(&br, "mine", other())), RefusalCode::IdReused);
    assert_eq!(world.seq(), seq);
}

#[test]
fn nobody_edits_a_text_from_before_it_was_there() {
    let mut world = World::new();
    let br = drafter(Bureau::BR);
    let before = world.seq();
    let made = made(world.edit(&br, [add("target", "gol-1", &[("statement", "New")])]));
    let early = [set_text(made[0].as_str(), "statement", "Newer", before)];
    assert_eq!(code(world.edit(&br, early)), RefusalCode::OutOfRange);
    assert_eq!(world.text(made[0].as_str(), "statement"), "New");
}
