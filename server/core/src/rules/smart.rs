//! SMT: targets and indicators that say how much, of what, by when, and compared with what.

use plenary_protocol::wire::findings::Severity;

use super::facts::Place;
use super::finding::{Out, name, quoted};
use super::look::Look;
use super::words::{LEXICON, fold_text, has_phrase};
use super::{Check, On};

const INDICATORS: On = On::Each(&["indicator"]);
const TARGETS: On = On::Each(&["target"]);

pub(super) const CHECKS: &[Check] = &[
    Check { code: "SMT-01", on: TARGETS, check: magnitude },
    Check { code: "SMT-02", on: INDICATORS, check: unit },
    Check { code: "SMT-03", on: INDICATORS, check: target_value },
    Check { code: "SMT-04", on: INDICATORS, check: baseline_year },
    Check { code: "SMT-05", on: INDICATORS, check: target_year },
    Check { code: "SMT-06", on: INDICATORS, check: data_source },
    Check { code: "SMT-07", on: INDICATORS, check: direction },
    Check { code: "SMT-08", on: INDICATORS, check: values_fit },
    Check { code: "SMT-09", on: TARGETS, check: verb },
    Check { code: "SMT-10", on: INDICATORS, check: baseline_value },
];

/// Readings of an indicator for all it counts, in a role.
fn readings(look: &Look<'_>, indicator: Place, role: &str) -> Vec<Place> {
    let mut found = look.children(indicator, "reading");
    found.retain(|reading| look.word(*reading, "role") == Some(role));
    found
}

fn value(look: &Look<'_>, indicator: Place, role: &str) -> Option<f64> {
    let all = readings(look, indicator, role);
    let whole = all.iter().filter(|reading| look.word(**reading, "category").is_none());
    let broken_down = all.iter().filter(|reading| look.word(**reading, "category").is_some());
    whole.chain(broken_down).find_map(|reading| look.number(*reading, "value"))
}

fn unit_of<'a>(look: &Look<'a>, indicator: Place) -> Option<&'a str> {
    let measure = || look.word(look.named(indicator, "measure")?, "unit");
    look.word(indicator, "unit").or_else(measure)
}

/// Whether its value is a change and not a level.
fn is_relative(look: &Look<'_>, indicator: Place) -> bool {
    look.word(indicator, "measurement") == Some("relative_change")
        || matches!(look.word(indicator, "comparator"), Some("increase_by" | "decrease_by"))
}

fn magnitude(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let text = fold_text(look.wording(of));
    let Some(vague) = text.split(' ').find(|word| LEXICON.vague.contains(*word)) else { return };
    let number = |word: &&str| word.strip_suffix('%').unwrap_or(word).parse::<f64>().is_ok();
    // The year by which it is due is no magnitude.
    let due =
        |word: &&str| word.len() == 4 && word.parse::<u32>().is_ok_and(|year| (1900..2200).contains(&year));
    let counted = text.split(' ').any(|word| number(&word) && !due(&word));
    let valued = || look.children(of, "indicator").iter().any(|one| value(look, *one, "target").is_some());
    if !counted && !valued() {
        out.say(&[of], format!("{} says {} and no value", name(0), quoted(vague)));
    }
}

fn unit(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if unit_of(look, of).is_none() {
        out.say(&[of], format!("{} has no unit", name(0)));
    }
}

fn target_value(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let scaled =
        look.word(of, "measurement") == Some("qualitative") && look.set(of, "scale").next().is_some();
    if !scaled && value(look, of, "target").is_none() {
        out.say(&[of], format!("{} has no target value", name(0)));
    }
}

/// How many of the first words are a share, as "25%" and "25 per cent" are; nothing where they are none.
fn share(words: &[&str]) -> Option<usize> {
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    match words {
        [one, ..] if one.strip_suffix('%').is_some_and(is_number) => Some(1),
        [one, "%" | "percent", ..] if is_number(one) => Some(2),
        [one, "per", "cent", ..] if is_number(one) => Some(3),
        _ => None,
    }
}

/// Whether a text speaks of a change by so much: "increase by", "by 25 %", "25% more".
fn speaks_of_change(text: &str) -> bool {
    let text = fold_text(text);
    let words: Vec<&str> = text.split(' ').collect();
    let is_change = (0..words.len()).any(|at| {
        let Some(after) = share(&words[at..]).map(|count| at + count) else { return false };
        // "2.5%" is folded to two words; a year is none of them.
        let is_part = |word: &&&str| word.len() < 4 && word.parse::<f64>().is_ok();
        let before = words[..at].iter().rev().find(|word| !is_part(word));
        before == Some(&"by") || words.get(after).is_some_and(|word| ["more", "less", "fewer"].contains(word))
    });
    is_change || LEXICON.relative.iter().any(|phrase| has_phrase(&text, &fold_text(phrase)))
}

fn baseline_year(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let target = look.parent(of).filter(|parent| look.kind(*parent) == "target");
    if !is_relative(look, of) && !target.is_some_and(|target| speaks_of_change(look.wording(target))) {
        return;
    }
    let read = || readings(look, of, "baseline").iter().any(|one| look.int(*one, "year").is_some());
    if look.int(of, "baseline_year").is_none() && !read() {
        out.say(&[of], format!("{} measures a change and has no baseline year", name(0)));
    }
}

fn target_year(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let target = look.parent(of).filter(|parent| look.kind(*parent) == "target");
    let read = readings(look, of, "target").into_iter().filter_map(|one| look.int(one, "year"));
    let due = target.and_then(|target| look.int(target, "due_year"));
    let years: Vec<i64> = read.chain(due).collect();
    let horizon = look.plan_year("target_horizon");
    if years.is_empty() {
        match horizon {
            Some(year) => {
                let says = format!("{} has no target year; the plan looks to {year}", name(0));
                out.say(&[of], says).weighing(Severity::W);
            }
            None => _ = out.say(&[of], format!("{} has no target year", name(0))),
        }
        return;
    }
    let (start, end) = (look.plan_year("period_start"), look.plan_year("period_end"));
    let last = end.max(horizon);
    let outside =
        |year: &&i64| start.is_some_and(|start| **year < start) || last.is_some_and(|last| **year > last);
    if let Some(year) = years.iter().find(outside) {
        let says = format!("{} is due in {year}, outside the plan's period and horizon", name(0));
        out.say(&[of], says).weighing(Severity::W).detail("outside");
    }
}

fn data_source(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let read = || look.children(of, "reading").iter().any(|one| look.word(*one, "data_source").is_some());
    if look.word(of, "data_source").is_none() && !read() {
        out.say(&[of], format!("{} names no source of its data", name(0)));
    }
}

fn direction(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    // A change is not held against a level.
    if is_relative(look, of) {
        return;
    }
    let (Some(from), Some(to)) = (value(look, of, "baseline"), value(look, of, "target")) else { return };
    let worse = match look.word(of, "direction") {
        Some("increase") => to < from,
        Some("decrease") => to > from,
        _ => false,
    };
    if worse {
        let says = format!("the target value {to} of {} is worse than its baseline {from}", name(0));
        out.say(&[of], says);
    }
}

fn values_fit(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let unit = unit_of(look, of);
    let is_share = unit.is_some_and(|unit| LEXICON.percent_units.contains(&unit.to_lowercase()));
    for reading in look.children(of, "reading") {
        if let (Some(own), Some(unit)) = (look.word(reading, "unit"), unit)
            && fold_text(own) != fold_text(unit)
        {
            let says =
                format!("a reading of {} is in {}, the indicator in {}", name(0), quoted(own), quoted(unit));
            out.say(&[of, reading], says).detail("unit");
        }
        if let Some(value) = look.number(reading, "value")
            && is_share
            && !is_relative(look, of)
            && !(0.0..=100.0).contains(&value)
        {
            let says = format!("{value} percent, a reading of {}, lies outside 0 to 100", name(0));
            out.say(&[of, reading], says).detail("range");
        }
    }
}

fn verb(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let text = fold_text(look.wording(of));
    if !text.is_empty() && !text.split(' ').any(|word| LEXICON.verbs.contains(word)) {
        out.say(&[of], format!("{} says no verb: {}", name(0), quoted(look.wording(of))));
    }
}

fn baseline_value(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    // A quality on a scale starts from a step of it, which no number tells.
    let scaled =
        look.word(of, "measurement") == Some("qualitative") && look.set(of, "scale").next().is_some();
    if !scaled && value(look, of, "baseline").is_none() {
        out.say(&[of], format!("{} has no baseline value", name(0)));
    }
}
