//! What rules find and note grows with a plan, not with its square, whatever somebody makes of it.

use plenary_limits::{FINDINGS_PER_LOOK_MAX, holds};
use plenary_protocol::wire::findings::Finding;
use serde_json::{Value as Json, json};

use super::cases::plan;
use super::*;

/// So many elements at the top of a plan.
fn many(count: usize, element: impl Fn(usize) -> Json) -> PlanView {
    plan(&json!({ "elements": (0..count).map(element).collect::<Vec<Json>>() }))
}

fn found(code: &str, view: &PlanView, before: Option<&PlanView>) -> Vec<Finding> {
    let mut all = findings(view, before);
    all.retain(|finding| finding.code == code);
    all
}

fn alike(count: usize) -> PlanView {
    many(count, |at| json!([format!("ind-{at:05}"), "indicator", "", { "measure": "Coverage" }]))
}

#[test]
fn so_many_indicators_of_one_measure_are_told_in_pairs_and_more_as_a_group() {
    holds!(ALIKE_PAIRED_MAX, |count| found("MEC-01", &alike(count), None).len() == count * (count - 1) / 2);
    let told = found("MEC-01", &alike(5_000), None);
    assert_eq!((told.len(), told[0].elements.len()), (1, 5_000));
    assert!(told[0].says.ends_with(" and 4988 more are of one measure"), "{}", told[0].says);
}

#[test]
fn so_many_goals_are_compared() {
    let goals = |count: usize| {
        many(
            count,
            |at| json!([format!("gol-{at:05}"), "goal", "", { "title": format!("Goal{at} word{at}") }]),
        )
    };
    holds!(GOALS_COMPARED_MAX, |count| found("MEC-03", &goals(count), None).is_empty());
    let says = &found("MEC-03", &goals(65), None)[0].says;
    assert_eq!(says, "Of 65 goals the words of 64 are compared");
}

#[test]
fn so_many_findings_has_a_rule_of_one_subject() {
    let goals = |count: usize| {
        let goal = |at: usize| json!([format!("gol-{at:05}"), "goal", "", { "title": format!("G{at}") }]);
        PlanView { id: "the-one-before".parse().unwrap(), ..many(count, goal) }
    };
    let new = many(0, |_| Json::Null);
    let told = |count: usize| found("MAP-01", &new, Some(&goals(count)));
    holds!(FINDINGS_PER_LOOK_MAX, |count| told(count).iter().all(|finding| !finding.former.is_empty()));
    let more = told(FINDINGS_PER_LOOK_MAX + 7);
    assert_eq!(more.len(), FINDINGS_PER_LOOK_MAX + 1);
    assert!(more.iter().any(|finding| finding.says == "7 more findings of MAP-01 are left out here"));
}

#[test]
fn what_is_noted_grows_with_the_plan() {
    let coded = |count: usize| {
        many(count, |at| json!([format!("gol-{at:05}"), "goal", "", { "title": "Same", "own_code": "1" }]))
    };
    let keys = |view: PlanView| Checker::of(&view, Voices::default(), None).keys();
    for plan in [coded as fn(usize) -> PlanView, alike] {
        // The words of a bounded number of goals are compared.
        let (few, many) = (keys(plan(100)), keys(plan(400)));
        assert!(many < 5 * few, "{few} keys of 100 elements, {many} of 400");
    }
}
