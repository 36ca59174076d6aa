//! RES: the chain of results, from offerings over outcomes to goals, without a link missing.

use std::collections::{BTreeSet, VecDeque};

use super::facts::Place;
use super::finding::{Out, name, names};
use super::look::Look;
use super::{Check, On};

const AIMS: &[&str] = &["objective", "priority"];
const CONTRIBUTES: &str = "contributes_to";

pub(super) const CHECKS: &[Check] = &[
    Check { code: "RES-01", on: On::Each(AIMS), check: contributes },
    Check { code: "RES-02", on: On::Each(&["goal"]), check: goal_has_target },
    Check { code: "RES-02", on: On::Each(&["target"]), check: target_has_indicator },
    Check { code: "RES-03", on: On::Each(&["outcome"]), check: outcome_has_indicator },
    Check { code: "RES-04", on: On::Each(AIMS), check: has_outcome },
    Check { code: "RES-05", on: On::Each(AIMS), check: has_primary_link },
    Check { code: "RES-06", on: On::Each(&["objective"]), check: objective_has_output },
    Check { code: "RES-06", on: On::Each(&["output"]), check: output_in_operational_plan },
    Check { code: "RES-07", on: On::Each(&["goal"]), check: outcome_reaches },
    Check { code: "RES-08", on: On::Each(&["offering", "enabler"]), check: supports },
    Check { code: "RES-09", on: On::Each(&["objective", "priority", "outcome"]), check: no_circle },
];

/// Links of an objective or priority to goals.
pub(super) fn goal_links(look: &Look<'_>, of: Place) -> Vec<(Place, Place)> {
    let mut links = look.from(of, CONTRIBUTES);
    links.retain(|(_, to)| look.kind(*to) == "goal");
    links
}

fn contributes(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if goal_links(look, of).is_empty() {
        out.say(&[of], format!("{} contributes to no goal", name(0)));
    }
}

fn lacks(look: &Look<'_>, of: Place, kind: &str, out: &mut Out<'_, '_>) {
    if look.children(of, kind).is_empty() {
        out.say(&[of], format!("{} has no {kind}", name(0)));
    }
}

fn goal_has_target(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    lacks(look, of, "target", out);
}

fn target_has_indicator(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    lacks(look, of, "indicator", out);
}

fn outcome_has_indicator(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if look.plan_is("outcome_indicators") {
        lacks(look, of, "indicator", out);
    }
}

fn has_outcome(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    lacks(look, of, "outcome", out);
}

fn has_primary_link(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if !look.plan_is("uses_strengths") {
        return;
    }
    let links = goal_links(look, of);
    // Without any link there is another finding already.
    if !links.is_empty() && !links.iter().any(|(link, _)| look.word(*link, "strength") == Some("primary")) {
        out.say(&[of], format!("{} has no primary link to a goal", name(0)));
    }
}

fn objective_has_output(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if !look.is_from_2024() {
        lacks(look, of, "output", out);
    }
}

fn output_in_operational_plan(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if look.is_from_2024() && !look.above(of).iter().any(|above| look.kind(*above) == "operational_plan") {
        out.say(&[of], format!("{} stands in no operational plan", name(0)));
    }
}

/// Along links and from what an outcome stands under.
fn outcome_reaches(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let mut seen = BTreeSet::from([of]);
    let mut waiting = VecDeque::from([of]);
    // What contributes to a target of the goal contributes to the goal.
    for target in look.children(of, "target") {
        seen.insert(target);
        waiting.push_back(target);
    }
    while let Some(at) = waiting.pop_front() {
        for (_, from) in look.to(at, CONTRIBUTES) {
            if look.kind(from) == "outcome" || !look.children(from, "outcome").is_empty() {
                return;
            }
            if seen.insert(from) {
                waiting.push_back(from);
            }
        }
    }
    out.say(&[of], format!("no outcome reaches {}", name(0)));
}

fn supports(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let links = match look.kind(of) {
        "offering" => [look.from(of, "delivers"), look.from(of, CONTRIBUTES)].concat(),
        _ if look.is(of, "supports_all") => return,
        _ => look.from(of, "supports"),
    };
    if links.is_empty() {
        out.say(&[of], format!("{} supports nothing", name(0)));
    }
}

/// Told once a circle, by the one of its elements with the first id.
fn no_circle(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let ahead = reach(look, of, false);
    if !ahead.contains(&of) {
        return;
    }
    let behind = reach(look, of, true);
    let mut circle: Vec<Place> = ahead.intersection(&behind).copied().collect();
    circle.sort_by_key(|one| look.id(*one));
    if circle.first() == Some(&of) {
        out.say(&circle, format!("{} contribute to each other in a circle", names(0..circle.len())));
    }
}

fn reach(look: &Look<'_>, of: Place, back: bool) -> BTreeSet<Place> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![of];
    while let Some(at) = waiting.pop() {
        let next = if back { look.to(at, CONTRIBUTES) } else { look.from(at, CONTRIBUTES) };
        waiting.extend(next.into_iter().map(|(_, other)| other).filter(|other| seen.insert(*other)));
    }
    seen
}
