//! MEC: goals, outcomes, outputs and indicators exclude each other, and together cover the mandate.

use std::collections::BTreeSet;

use plenary_limits::{ALIKE_PAIRED_MAX, GOALS_COMPARED_MAX};
use plenary_protocol::wire::findings::Severity;

use super::facts::Place;
use super::finding::{Out, name, names, quoted};
use super::look::Look;
use super::words::{LEXICON, THRESHOLD, dimension, fold_text};
use super::{Check, On};

/// Kinds of which titles tell elements apart wherever they stand.
const TOLD_APART: [&str; 2] = ["outcome", "output"];
/// Kinds of which siblings are told apart by their titles.
const TITLED: &[&str] = &[
    "goal",
    "target",
    "objective",
    "priority",
    "outcome",
    "output",
    "offering",
    "enabler",
    "value",
    "measure",
    "risk",
    "mitigation",
    "activity",
    "glossary_term",
    "criterion",
    "operational_plan",
];

pub(super) const CHECKS: &[Check] = &[
    Check { code: "MEC-01", on: On::Each(&["indicator"]), check: one_measure },
    Check { code: "MEC-02", on: On::Each(TITLED), check: titles_differ },
    Check { code: "MEC-03", on: On::Each(&["outcome"]), check: one_primary_goal },
    Check { code: "MEC-03", on: On::Plan, check: goals_differ },
    Check { code: "MEC-04", on: On::Plan, check: mandate_covered },
];

fn dimensions(look: &Look<'_>, indicator: Place) -> BTreeSet<String> {
    let named = look.children(indicator, "disaggregation");
    let named = named.into_iter().filter_map(|one| look.word(one, "dimension"));
    named.map(|name| dimension(name).map_or_else(|| fold_text(name), str::to_owned)).collect()
}

/// Each pair is told once, by the one with the first id; of many that are alike, the group.
fn one_measure(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let own = look.id(of);
    let others = look.called_alike(of);
    if others.len() > ALIKE_PAIRED_MAX {
        if others.first() == Some(&of) {
            out.say(&others, format!("{} are of one measure", names(0..others.len()))).of_equals();
        }
        return;
    }
    for other in others.into_iter().filter(|other| look.id(*other) > own) {
        let (mine, theirs) = (dimensions(look, of), dimensions(look, other));
        let shared: Vec<&str> = mine.intersection(&theirs).map(String::as_str).collect();
        let both = [of, other];
        if !shared.is_empty() {
            let says =
                format!("{} are of one measure, both broken down by {}", names(0..2), shared.join(", "));
            out.say(&both, says);
        } else if mine.is_empty() || theirs.is_empty() {
            let bare = usize::from(!mine.is_empty());
            let says = format!(
                "{} are of one measure, and {} has no breakdown that sets it apart",
                names(0..2),
                name(bare)
            );
            out.say(&both, says);
        } else {
            let says = format!("{} share one measure and break it down differently", names(0..2));
            out.say(&both, says).weighing(Severity::I);
        }
    }
}

/// Each group is told once, by the one with the first id.
fn titles_differ(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let anywhere = TOLD_APART.contains(&look.kind(of));
    let group = if anywhere { look.called_alike(of) } else { look.siblings_alike(of) };
    if group.len() > 1 && group.first() == Some(&of) {
        let says = format!("{} have one title: {}", names(0..group.len()), quoted(look.text(of, "title")));
        out.say(&group, says).of_equals();
    }
}

fn one_primary_goal(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let links = super::results::goal_links(look, of).into_iter();
    let primary = links.filter(|(link, _)| look.word(*link, "strength") == Some("primary"));
    let goals: Vec<Place> = primary.map(|(_, goal)| goal).collect::<BTreeSet<_>>().into_iter().collect();
    if goals.len() > 1 {
        let mut all = vec![of];
        all.extend(goals);
        all[1..].sort_by_key(|goal| look.id(*goal));
        out.say(&all, format!("{} is primary in {}", name(0), names(1..all.len())));
    }
}

fn content(look: &Look<'_>, goal: Place) -> BTreeSet<String> {
    let texts = ["title", "statement", "description"].map(|text| fold_text(look.text(goal, text)));
    let words = texts.iter().flat_map(|text| text.split(' '));
    words.filter(|word| !word.is_empty() && !LEXICON.stop.contains(*word)).map(str::to_owned).collect()
}

/// Each pair is told once, the one with the first id before the other.
fn goals_differ(look: &Look<'_>, _: Place, out: &mut Out<'_, '_>) {
    let goals = look.of_kind("goal");
    let compared = &goals[..goals.len().min(GOALS_COMPARED_MAX)];
    let contents: Vec<BTreeSet<String>> = compared.iter().map(|goal| content(look, *goal)).collect();
    for (at, (of, mine)) in compared.iter().zip(&contents).enumerate() {
        for (other, theirs) in compared.iter().zip(&contents).skip(at + 1) {
            let shared = mine.intersection(theirs).count();
            let all = mine.len() + theirs.len() - shared;
            if all > 0 && shared as f64 / all as f64 >= THRESHOLD.goal_words_shared {
                let says =
                    format!("{} share {shared} of the {all} words that they are worded with", names(0..2));
                out.say(&[*of, *other], says);
            }
        }
    }
    if goals.len() > compared.len() {
        let says = format!("of {} goals the words of {} are compared", goals.len(), compared.len());
        out.say_of_plan("not compared", says);
    }
}

/// What covers an item of the mandate names it in an external link of the framework "mandate".
fn mandate_covered(look: &Look<'_>, _: Place, out: &mut Out<'_, '_>) {
    let items: Vec<&str> = look.plan_set("mandate").collect();
    if items.is_empty() {
        return;
    }
    let links = look.of_kind("external_link").into_iter();
    let mandate =
        links.filter(|link| look.word(*link, "framework").is_some_and(|name| fold_text(name) == "mandate"));
    let covered: BTreeSet<String> =
        mandate.filter_map(|link| look.word(link, "reference")).map(fold_text).collect();
    for item in items.into_iter().filter(|item| !covered.contains(&fold_text(item))) {
        out.say_of_plan(item, format!("nothing covers {} of the mandate", quoted(item)));
    }
}
