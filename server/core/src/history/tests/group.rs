//! What is one revision and what is several.

use super::*;

fn all() -> Filter {
    Filter::default()
}

#[test]
fn keystrokes_in_one_field_are_one_revision() {
    let log = Log::default()
        .change([wrote("goal-1", "title", "", "C")])
        .change([wrote("goal-1", "title", "C", "Co")])
        .at(300)
        .change([wrote("goal-1", "title", "Co", "Connect")])
        .at(500)
        .with(|event| event.claimed_at = Some("2020-01-01T00:00:00Z".into()));
    assert_eq!(log.lines(&all()), ["1-3 x3 text goal-1.title:  > Connect"]);
    let told = log.told(&all());
    assert_eq!(told[0].at, log.0[2].at);
    assert_eq!(told[0].claimed_at, log.0[2].claimed_at);
    assert_eq!(told[0].lang.as_deref(), Some("en"));
}

#[test]
fn scalars_set_in_a_row_are_one_revision() {
    let log = Log::default().change([set("goal-1", "year", 1, 2)]).change([set("goal-1", "year", 2, 3)]);
    assert_eq!(log.lines(&all()), ["1-2 x2 set goal-1.year: 1 > 3"]);
}

/// Two edits of one field; the second one changed so that it is a revision of its own.
fn check_apart(change: impl FnOnce(Log) -> Log) {
    let log = Log::default().change([set("goal-1", "year", 1, 2)]).change([set("goal-1", "year", 2, 3)]);
    let log = change(log);
    assert_eq!(log.told(&all()).len(), 2, "{:?}", log.lines(&all()));
}

#[test]
fn what_tells_edits_apart() {
    check_apart(|log| log.by("bob"));
    check_apart(|log| log.at(301));
    check_apart(|log| log.because("asked"));
    check_apart(|log| log.with(|event| event.bureau = Bureau::GS));
    check_apart(|log| log.with(|event| event.role = Role::Chair));
    check_apart(|log| log.with(|event| event.answers = vec![id("request-1")]));
    check_apart(|log| {
        log.with(|event| {
            event.what = What::Change { edits: vec![set("goal-1", "unit", 2, 3)], restores: None }
        })
    });
    check_apart(|log| {
        log.with(|event| {
            event.what = What::Change { edits: vec![set("goal-2", "year", 2, 3)], restores: None }
        })
    });
    check_apart(|log| {
        let french = EditRow { lang: Some("fr".into()), ..set("goal-1", "year", 2, 3) };
        log.with(|event| event.what = What::Change { edits: vec![french], restores: None })
    });
}

#[test]
fn an_edit_of_somebody_else_interrupts_and_one_elsewhere_does_not() {
    let log = Log::default()
        .change([set("goal-1", "year", 1, 2)])
        .change([set("goal-1", "year", 2, 5)])
        .by("bob")
        .change([set("goal-1", "unit", 0, 1)])
        .by("bob")
        .change([set("goal-1", "year", 5, 3)])
        .change([set("goal-1", "unit", 1, 2)])
        .by("bob");
    let expected = [
        "1-1 x1 set goal-1.year: 1 > 2",
        "2-2 x1 set goal-1.year: 2 > 5",
        "4-4 x1 set goal-1.year: 5 > 3",
        "3-5 x2 set goal-1.unit: 0 > 2",
    ];
    assert_eq!(log.lines(&all()), expected);
    // A filter shows fewer revisions, never other ones.
    let of_ana = Filter { subjects: [subject("ana")].into(), ..all() };
    assert_eq!(log.lines(&of_ana), [expected[0], expected[2]]);
}

#[test]
fn what_does_not_match_interrupts_too() {
    let text = EditRow { lang: None, ..wrote("goal-1", "year", "", "x") };
    let log = Log::default()
        .change([set("goal-1", "year", 1, 2)])
        .change([set("goal-1", "unit", 1, 2), text])
        .change([set("goal-1", "year", 2, 3)]);
    let sets = Filter { ops: [RowOp::Set].into(), ..all() };
    assert_eq!(log.told(&sets).len(), 3);
}

#[test]
fn a_run_that_was_over_stays_over_when_server_time_steps_back() {
    let log = Log::default()
        .change([set("goal-2", "year", 1, 2)])
        .by("bob")
        .at(350)
        .change([set("goal-1", "year", 1, 2)])
        .at(250)
        .change([set("goal-3", "year", 1, 2)])
        .at(600)
        .change([set("goal-1", "year", 2, 3)])
        .at(540);
    let of_goal = Filter { elements: [id("goal-1")].into(), ..all() };
    let expected = ["2-2 x1 set goal-1.year: 1 > 2", "4-4 x1 set goal-1.year: 2 > 3"];
    assert_eq!(log.lines(&of_goal), expected);
    let whole = log.lines(&all());
    assert_eq!([whole[1].as_str(), whole[3].as_str()], expected);
}

#[test]
fn a_text_typed_and_deleted_again_is_a_revision() {
    let log = Log::default()
        .change([wrote("goal-1", "title", "Aim", "Aim!")])
        .change([wrote("goal-1", "title", "Aim!", "Aim")]);
    assert_eq!(log.lines(&all()), ["1-2 x2 text goal-1.title: Aim > Aim"]);
}

#[test]
fn of_a_long_text_the_replaced_stretch_is_told_where_it_is_one() {
    let one = Log::default().change([spliced("goal-1", 600, "sea", "ocean")]);
    assert_eq!(one.lines(&all()), ["1-1 x1 text goal-1.statement: sea > ocean"]);
    let typed = one.change([spliced("goal-1", 605, "", "s")]).change([spliced("goal-1", 599, " o", " O")]);
    assert_eq!(typed.lines(&all()), ["1-3 x3 text goal-1.statement:  sea >  Oceans"]);
    let apart = typed.change([spliced("goal-1", 700, "", "x")]);
    assert_eq!(apart.lines(&all()), ["1-4 x4 text goal-1.statement: - > -"]);
}

#[test]
fn a_text_that_grows_too_long_is_told_by_its_stretch() {
    let log = Log::default()
        .change([EditRow {
            at: Some(3),
            inserted: Some(" b".into()),
            ..wrote("goal-1", "statement", "", "b")
        }])
        .with(|event| {
            let What::Change { edits, .. } = &mut event.what else { unreachable!() };
            edits[0].deleted = Some(String::new());
        })
        .change([spliced("goal-1", 5, "", " c")]);
    assert_eq!(log.lines(&all()), ["1-2 x2 text goal-1.statement:  >  b c"]);
}

#[test]
fn moves_and_removals_are_told_one_by_one() {
    let log = Log::default()
        .change([moved("target-1", "goal-1", "goal-2")])
        .change([moved("target-1", "goal-2", "goal-1")])
        .change([row(RowOp::Remove, "target-1", "removed")])
        .change([row(RowOp::Restore, "target-1", "removed")]);
    let expected = [
        "1-1 x1 move target-1.place: goal-1 > goal-2",
        "2-2 x1 move target-1.place: goal-2 > goal-1",
        "3-3 x1 remove target-1.removed: - > -",
        "4-4 x1 restore target-1.removed: - > -",
    ];
    assert_eq!(log.lines(&all()), expected);
}

#[test]
fn a_new_element_is_one_revision_with_its_name() {
    let log = Log::default()
        .change([
            wrote("target-1", "statement", "", "By 2027"),
            add("target-1", "goal-1"),
            wrote("target-1", "title", "", "Access"),
            set("target-1", "year", 0, 2027),
            set("goal-1", "year", 0, 1),
        ])
        .change([add("target-2", "goal-1")])
        .change([link("measures-1", "target-1", "goal-1"), wrote("measures-1", "note", "", "Half of it")])
        .change([wrote("target-1", "title", "Access", "Access!")]);
    let expected = [
        "1-1 x4 add target-1.element: - > Access",
        "1-1 x1 set goal-1.year: 0 > 1",
        "2-2 x1 add target-2.element: - > goal-1",
        "3-3 x2 add measures-1.link: target-1 > goal-1",
        "4-4 x1 text target-1.title: Access > Access!",
    ];
    assert_eq!(log.lines(&all()), expected);
    let titles = Filter { fields: ["title".to_owned(), "element".to_owned()].into(), ..all() };
    let expected = [
        "1-1 x1 add target-1.element: - > goal-1",
        "1-1 x1 text target-1.title:  > Access",
        "2-2 x1 add target-2.element: - > goal-1",
        "4-4 x1 text target-1.title: Access > Access!",
    ];
    // The title typed later is another revision than the one it was made with only by the gap.
    assert_eq!(log.0.len(), 4);
    let mut told = log;
    told.0[3].at = time_text(at_us(301));
    assert_eq!(told.lines(&titles), expected);
    let made = Filter { ops: [RowOp::Add].into(), elements: [id("target-1")].into(), ..all() };
    assert_eq!(told.lines(&made), ["1-1 x1 add target-1.element: - > Access"]);
}

#[test]
fn a_new_element_is_named_in_the_language_of_the_plan() {
    let arabic = EditRow { lang: Some("ar".into()), ..wrote("goal-1", "title", "", "هدف") };
    let rows = [add("goal-1", ""), arabic, wrote("goal-1", "statement", "", "Aim")];
    let english = Log::default().change(rows.clone());
    assert_eq!(english.lines(&all()), ["1-1 x3 add goal-1.element: - > Aim"]);
    let language = EditRow { to: text("ar"), ..row(RowOp::Set, "plan", "language") };
    let arabic = Log::default().change([language]).change(rows);
    assert_eq!(arabic.lines(&all())[1], "2-2 x3 add goal-1.element: - > هدف");
}

#[test]
fn other_acts_are_revisions_and_actor_ids_only_when_asked_for() {
    let log = Log::default()
        .act(What::PlanCreated { title: "Plan".into(), stage: Stage::Council, document: String::new() })
        .act(What::ActorBound { actor: "0a".into(), thin: true })
        .stage(Stage::Council, Stage::Adopted)
        .act(What::Refused {
            count: None,
            code: "forbidden".into(),
            reason: "not yours".into(),
            change: None,
        });
    let expected = [
        "1-1 x1 plan_created: - > Plan",
        "3-3 x1 stage_advanced: council > adopted",
        "4-4 x1 refused: - > not yours",
    ];
    assert_eq!(log.lines(&all()), expected);
    let actors = Filter { acts: [ActType::ActorBound].into(), ..all() };
    assert_eq!(log.lines(&actors), ["2-2 x1 actor_bound: - > 0a"]);
}

#[test]
fn the_last_change_of_an_element_and_of_a_field() {
    let log = Log::default()
        .change([add("goal-1", ""), wrote("goal-1", "title", "", "Aim")])
        .change([wrote("goal-1", "title", "Aim", "Aim high")])
        .by("bob")
        .because("clearer")
        .change([set("goal-1", "year", 1, 2)])
        .at(1_000)
        .change([set("goal-2", "year", 1, 2)])
        .at(1_001);
    let who = |element: &str, field: Option<&str>| {
        let fields = field.into_iter().map(str::to_owned).collect();
        let filter = Filter { elements: [id(element)].into(), fields, ..all() };
        log.page(&filter, Page { after: None, limit: 1, newest_first: true }).revisions.pop()
    };
    assert_eq!(line(&who("goal-1", None).unwrap()), "3-3 x1 set goal-1.year: 1 > 2");
    let title = who("goal-1", Some("title")).unwrap();
    assert_eq!(line(&title), "2-2 x1 text goal-1.title: Aim > Aim high");
    assert_eq!((title.subject.as_str(), title.because.as_deref()), ("bob", Some("clearer")));
    assert_eq!(who("goal-1", Some("unit")), None);
    assert_eq!(who("goal-9", None), None);
}
