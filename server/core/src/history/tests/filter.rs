//! Each part of a filter alone, parts together, and the subtree as of the entry.

use super::*;

/// Entries 1 to 8, each with something of its own.
fn log() -> Log {
    Log::default()
        .act(What::PlanCreated { title: "Plan".into(), stage: Stage::Council, document: String::new() })
        .change([add("goal-1", ""), wrote("goal-1", "title", "", "Connect")])
        .at(10)
        .change([add("target-1", "goal-1"), set("target-1", "year", 0, 2027)])
        .by("bob")
        .at(20)
        .change([link("measures-1", "target-1", "goal-1")])
        .with(|event| event.bureau = Bureau::GS)
        .at(30)
        .change([set("target-1", "year", 2027, 2028), set("goal-1", "year", 0, 2030)])
        .with(|event| event.answers = vec![id("request-1")])
        .at(40)
        .change([row(RowOp::Remove, "measures-1", "removed")])
        .at(50)
        .act(What::ActorBound { actor: "0a".into(), thin: false })
        .at(60)
        .stage(Stage::Council, Stage::Adopted)
        .by("bob")
        .at(70)
}

/// Which entries match, each with the rows that do: `5:0,1`.
fn walked(log: &Log, filter: Filter) -> Vec<String> {
    let told = |matched: Matched| {
        let rows: Vec<String> = matched.rows.iter().map(usize::to_string).collect();
        format!("{}:{}", matched.seq, rows.join(","))
    };
    log.index().matching(&filter).map(told).collect()
}

fn check(filter: Filter, expected: &[&str]) {
    assert_eq!(walked(&log(), filter.clone()), expected, "{filter:?}");
}

#[test]
fn nothing_asked_is_everything() {
    check(Filter::default(), &["1:", "2:0,1", "3:0,1", "4:0", "5:0,1", "6:0", "7:", "8:"]);
}

#[test]
fn parts_that_ask_for_rows() {
    let all = Filter::default;
    check(Filter { elements: [id("goal-1")].into(), ..all() }, &["2:0,1", "5:1"]);
    check(Filter { elements: [id("measures-1")].into(), ..all() }, &["4:0", "6:0"]);
    check(Filter { elements: [id("goal-9")].into(), ..all() }, &[]);
    check(Filter { fields: ["year".to_owned()].into(), ..all() }, &["3:1", "5:0,1"]);
    check(Filter { kinds: ["target".to_owned()].into(), ..all() }, &["3:0,1", "5:0"]);
    check(Filter { ops: [RowOp::Add].into(), ..all() }, &["2:0", "3:0", "4:0"]);
    check(Filter { ops: [RowOp::Remove, RowOp::Text].into(), ..all() }, &["2:1", "6:0"]);
    check(Filter { subtree: Some(id("target-1")), ..all() }, &["3:0,1", "4:0", "5:0", "6:0"]);
    check(Filter { subtree: Some(id("plan")), ..all() }, &["2:0,1", "3:0,1", "4:0", "5:0,1", "6:0"]);
}

#[test]
fn parts_that_ask_for_entries() {
    let all = Filter::default;
    check(Filter { subjects: [subject("bob")].into(), ..all() }, &["3:0,1", "8:"]);
    check(Filter { bureaux: [Bureau::GS].into(), ..all() }, &["4:0"]);
    check(Filter { answers: Some(id("request-1")), ..all() }, &["5:0,1"]);
    check(Filter { acts: [ActType::StageAdvanced, ActType::ActorBound].into(), ..all() }, &["7:", "8:"]);
    check(Filter { since_us: Some(at_us(60)), ..all() }, &["7:", "8:"]);
    check(Filter { until_us: Some(at_us(10)), ..all() }, &["1:", "2:0,1"]);
    check(Filter { since_us: Some(at_us(10) + 1), until_us: Some(at_us(20)), ..all() }, &["3:0,1"]);
    check(Filter { from_seq: Some(Seq(7)), ..all() }, &["7:", "8:"]);
    check(Filter { to_seq: Some(Seq(2)), ..all() }, &["1:", "2:0,1"]);
}

#[test]
fn parts_together_all_hold() {
    let filter = Filter {
        subtree: Some(id("goal-1")),
        fields: ["year".to_owned()].into(),
        kinds: ["target".to_owned()].into(),
        ops: [RowOp::Set].into(),
        subjects: [subject("ana")].into(),
        bureaux: [Bureau::BR].into(),
        since_us: Some(at_us(20)),
        from_seq: Some(Seq(2)),
        to_seq: Some(Seq(5)),
        answers: Some(id("request-1")),
        acts: [ActType::Change].into(),
        ..Filter::default()
    };
    check(filter.clone(), &["5:0"]);
    check(Filter { subjects: [subject("bob")].into(), ..filter.clone() }, &[]);
    check(Filter { elements: [id("goal-1")].into(), ..filter }, &[]);
}

#[test]
fn a_subtree_is_that_of_the_entry() {
    let log = Log::default()
        .change([add("goal-1", ""), add("goal-2", ""), add("target-1", "goal-1")])
        .change([add("indicator-1", "target-1"), link("measures-1", "indicator-1", "goal-2")])
        .change([set("indicator-1", "base", 1, 2)])
        .change([moved("target-1", "goal-1", "goal-2")])
        .change([set("indicator-1", "base", 2, 3), row(RowOp::Remove, "measures-1", "removed")])
        .change([moved("target-1", "goal-2", "")])
        .change([set("indicator-1", "base", 3, 4)]);
    let under = |root| walked(&log, Filter { subtree: Some(id(root)), ..Filter::default() });
    assert_eq!(under("goal-1"), ["1:0,2", "2:0,1", "3:0", "4:0"]);
    assert_eq!(under("goal-2"), ["1:1", "4:0", "5:0,1", "6:0"]);
}

#[test]
fn a_ring_of_elements_ends() {
    let log = Log::default().change([
        add("goal-1", ""),
        moved("target-0", "", "target-1"),
        moved("target-1", "", "target-2"),
        moved("target-2", "", "target-3"),
        moved("target-3", "", "target-1"),
        moved("target-4", "", "target-4"),
    ]);
    let under = |root| walked(&log, Filter { subtree: Some(id(root)), ..Filter::default() });
    assert_eq!(under("goal-1"), ["1:0"]);
    assert_eq!(under("target-3"), ["1:1,2,3,4"]);
}

#[test]
fn names_of_acts_and_operations_read_back() {
    for act in ActType::ALL {
        assert_eq!(act.as_str().parse(), Ok(act));
    }
    for op in [RowOp::Add, RowOp::Set, RowOp::Text, RowOp::Move, RowOp::Remove, RowOp::Restore] {
        assert_eq!(parse_op(op_name(op)), Ok(op));
    }
    assert!(parse_op("change").is_err());
    assert!("add".parse::<ActType>().is_err());
}
