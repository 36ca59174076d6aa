//! FIN: money follows the links, and adds up to the financial plan.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Place;
use super::finding::{Out, name};
use super::look::Look;
use super::results::goal_links;
use super::words::THRESHOLD;
use super::{Check, On};

const AIMS: On = On::Each(&["objective", "priority"]);
const ROWS: On = On::Each(&["objective", "priority", "enabler", "offering"]);

pub(super) const CHECKS: &[Check] = &[
    Check { code: "FIN-01", on: ROWS, check: funded },
    Check { code: "FIN-02", on: AIMS, check: along_links },
    Check { code: "FIN-03", on: ROWS, check: percents },
    Check { code: "FIN-04", on: ROWS, check: row_sum },
    Check { code: "FIN-05", on: On::Each(&["goal"]), check: column_sum },
    Check { code: "FIN-06", on: AIMS, check: largest_share },
    Check { code: "FIN-07", on: On::Each(&["allocation"]), check: cell },
    Check { code: "FIN-08", on: On::Plan, check: ceiling },
    Check { code: "FIN-09", on: On::Each(&["priority"]), check: posts },
];

fn amount(look: &Look<'_>, allocation: Place) -> f64 {
    look.number(allocation, "amount").unwrap_or_default()
}

/// Thousands of francs as they are printed.
fn kchf(amount: f64) -> String {
    let whole = format!("{:.0}", amount.abs());
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    let sign = if amount < 0.0 { "-" } else { "" };
    format!("{sign}{out} kCHF")
}

/// Whether the plan gives money to elements of this one's kind.
fn is_costed(look: &Look<'_>, of: Place) -> bool {
    let kind = look.kind(of);
    match kind {
        "objective" | "priority" => look.plan_word("costed").is_none_or(|costed| costed == kind),
        _ => look.plan_set("also_costed").any(|costed| costed == kind),
    }
}

fn funded(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if !is_costed(look, of) || look.children(of, "allocation").iter().any(|one| amount(look, *one) > 0.0) {
        return;
    }
    let found = out.say(&[of], format!("no money is allocated to {}", name(0)));
    if !matches!(look.kind(of), "objective" | "priority") {
        found.weighing(plenary_protocol::wire::findings::Severity::W);
    }
}

/// A row without any money is another finding.
fn along_links(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let allocations = look.children(of, "allocation");
    if allocations.is_empty() {
        return;
    }
    let paid: BTreeSet<Place> = allocations.iter().filter_map(|one| look.named(*one, "goal")).collect();
    let linked: BTreeSet<Place> = goal_links(look, of).into_iter().map(|(_, goal)| goal).collect();
    let by_id = |goals: Vec<&Place>| {
        let mut goals: Vec<Place> = goals.into_iter().copied().collect();
        goals.sort_by_key(|goal| look.id(*goal));
        goals
    };
    for goal in by_id(paid.difference(&linked).collect()) {
        let says = format!("{} gives money to {} and is not linked to it", name(0), name(1));
        out.say(&[of, goal], says).detail("no link");
    }
    for goal in by_id(linked.difference(&paid).collect()) {
        let says = format!("{} is linked to {} and gives no money to it", name(0), name(1));
        out.say(&[of, goal], says).detail("no allocation");
    }
}

fn percents(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let allocations = look.children(of, "allocation").into_iter();
    let percents: Vec<f64> = allocations.filter_map(|one| look.number(one, "percent")).collect();
    let sum: f64 = percents.iter().sum();
    if !percents.is_empty() && (sum - 100.0).abs() > THRESHOLD.percent_sum_off {
        out.say(&[of], format!("the percents of {} add up to {sum}", name(0)));
    }
}

fn row_sum(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let allocations = look.children(of, "allocation");
    let Some(planned) = look.number(of, "planned_cost").filter(|_| !allocations.is_empty()) else { return };
    let sum: f64 = allocations.iter().map(|one| amount(look, *one)).sum();
    if (sum - planned).abs() > THRESHOLD.row_off_kchf {
        let says = format!(
            "the amounts of {} add up to {}, its planned cost is {}",
            name(0),
            kchf(sum),
            kchf(planned)
        );
        out.say(&[of], says);
    }
}

fn column_sum(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let Some(total) = look.number(of, "financial_plan_total") else { return };
    let allocations = look.of_kind("allocation").into_iter();
    let own: Vec<Place> = allocations.filter(|one| look.named(*one, "goal") == Some(of)).collect();
    let sum: f64 = own.iter().map(|one| amount(look, *one)).sum();
    if (sum - total).abs() > THRESHOLD.column_off_kchf {
        let says = format!(
            "the amounts for {} add up to {}, its total in the financial plan is {}",
            name(0),
            kchf(sum),
            kchf(total)
        );
        out.say(&[of], says);
    }
}

fn largest_share(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if !look.plan_is("uses_strengths") {
        return;
    }
    let mut shares: BTreeMap<Place, f64> = BTreeMap::new();
    for one in look.children(of, "allocation") {
        if let Some(goal) = look.named(one, "goal") {
            let share = look.number(one, "percent").unwrap_or_else(|| amount(look, one));
            *shares.entry(goal).or_default() += share;
        }
    }
    let largest = shares.values().copied().fold(0.0, f64::max);
    let primary: BTreeSet<Place> = goal_links(look, of)
        .into_iter()
        .filter(|(link, _)| look.word(*link, "strength") == Some("primary"))
        .map(|(_, goal)| goal)
        .collect();
    let mut first: Vec<Place> =
        shares.iter().filter(|(_, share)| **share == largest).map(|(goal, _)| *goal).collect();
    // Without any primary link there is another finding already.
    if largest > 0.0 && !primary.is_empty() && !first.iter().any(|goal| primary.contains(goal)) {
        first.sort_by_key(|goal| look.id(*goal));
        let says = format!("the largest share of {} goes to {}, without a primary link", name(0), name(1));
        out.say(&[of, first[0]], says);
    }
}

fn cell(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let Some(row) = look.parent(of) else { return };
    let (Some(percent), Some(cost), Some(amount)) =
        (look.number(of, "percent"), look.number(row, "planned_cost"), look.number(of, "amount"))
    else {
        return;
    };
    let due = percent * cost / 100.0;
    if (amount - due).abs() > cost.abs() * THRESHOLD.cell_off_percent_of_cost / 100.0 {
        let goal = look.named(of, "goal");
        let to = goal.map_or_else(String::new, |_| format!(" to {}", name(2)));
        let says = format!(
            "{} gives {}{to}, {percent} percent of its planned cost would be {}",
            name(1),
            kchf(amount),
            kchf(due)
        );
        let all: Vec<Place> = [of, row].into_iter().chain(goal).collect();
        out.say(&all, says);
    }
}

fn ceiling(look: &Look<'_>, _: Place, out: &mut Out<'_, '_>) {
    let Some(ceiling) = look.plan_number("financial_ceiling") else { return };
    let sum: f64 = look.of_kind("allocation").into_iter().map(|one| amount(look, one)).sum();
    if sum > ceiling {
        let says = format!(
            "the allocations add up to {}, the financial plan's ceiling is {}",
            kchf(sum),
            kchf(ceiling)
        );
        out.say_of_plan("", says);
    }
}

fn posts(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if !look.plan_is("counts_posts") {
        return;
    }
    let allocations = look.children(of, "allocation");
    let money = allocations.iter().any(|one| amount(look, *one) > 0.0);
    let posts = allocations.iter().any(|one| look.number(*one, "posts").is_some_and(|posts| posts > 0.0));
    if money != posts {
        let (has, lacks) = if money { ("money", "posts") } else { ("posts", "money") };
        out.say(&[of], format!("{} has {has} and no {lacks}", name(0)));
    }
}
