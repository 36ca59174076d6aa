//! DIS: breakdowns name their categories, and keep what titles promise.

use std::collections::{BTreeMap, BTreeSet};

use plenary_limits::ALIKE_PAIRED_MAX;

use super::facts::Place;
use super::finding::{Out, name, quoted};
use super::look::Look;
use super::words::{LEXICON, dimension, fold_text, has_phrase};
use super::{Check, On};

pub(super) const CHECKS: &[Check] = &[
    Check { code: "DIS-01", on: On::Each(&["disaggregation"]), check: categories },
    Check { code: "DIS-02", on: On::Each(&["target"]), check: particulars },
    Check { code: "DIS-03", on: On::Each(&["indicator"]), check: one_operation },
    Check { code: "DIS-04", on: On::Each(&["target"]), check: gaps },
];

fn categories(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if look.set(of, "categories").next().is_some() {
        return;
    }
    let dimension = look.word(of, "dimension").unwrap_or("no dimension");
    match look.parent(of) {
        Some(indicator) => {
            let says = format!("the breakdown of {} by {} names no categories", name(1), quoted(dimension));
            out.say(&[of, indicator], says);
        }
        None => _ = out.say(&[of], format!("the breakdown by {} names no categories", quoted(dimension))),
    }
}

/// Dimensions of a target's indicators, as the vocabulary names them.
fn dimensions(look: &Look<'_>, target: Place) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for indicator in look.children(target, "indicator") {
        found.extend(dimensions_of(look, indicator));
    }
    found
}

fn dimensions_of(look: &Look<'_>, indicator: Place) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for one in look.children(indicator, "disaggregation") {
        let named = look.word(one, "dimension").into_iter().chain(look.set(one, "categories"));
        found.extend(named.map(known));
    }
    found
}

fn known(words: &str) -> String {
    dimension(words).map_or_else(|| fold_text(words), str::to_owned)
}

/// What a title names after "in particular", up to the end of its clause.
fn named_particulars(title: &str) -> Vec<String> {
    let lower = title.to_lowercase();
    let after = LEXICON.particulars.iter().filter_map(|marker| lower.split_once(marker.as_str())).next();
    let Some((_, rest)) = after else { return Vec::new() };
    let clause = rest.split([')', '.', ';', ':']).next().unwrap_or_default();
    let words = clause.split([',', '&']).flat_map(|part| part.split(" and "));
    words
        .map(|word| word.trim().trim_start_matches("and ").to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

fn particulars(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let title = look.text(of, "title");
    let title = if title.is_empty() { look.text(of, "statement") } else { title };
    let named = named_particulars(title);
    if named.is_empty() {
        return;
    }
    let has = dimensions(look, of);
    // Only what is a dimension can be a breakdown.
    for word in named.into_iter().filter(|word| dimension(word).is_some_and(|known| !has.contains(known))) {
        let says =
            format!("the title of {} names {}, no breakdown of its indicators does", name(0), quoted(&word));
        out.say(&[of], says).detail(word);
    }
}

fn one_operation(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let mut operations: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for one in look.children(of, "disaggregation") {
        if let (Some(dimension), Some(operation)) = (look.word(one, "dimension"), look.word(one, "operation"))
        {
            operations.entry(known(dimension)).or_default().insert(operation);
        }
    }
    for (dimension, _) in operations.into_iter().filter(|(_, operations)| operations.len() > 1) {
        let says = format!("{} is both broken down and aggregated by {}", name(0), quoted(&dimension));
        out.say(&[of], says).detail(dimension);
    }
}

/// A target for a level of development alone, or for the gap between two, looks at the gap by itself; so
/// does one whose measure another target has broken down or of such a population.
fn gaps(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let indicators = look.children(of, "indicator");
    if indicators.is_empty() {
        return;
    }
    let looks_at_gap = |one: &Place| {
        let has = dimensions_of(look, *one);
        names_gap(look.word(*one, "population").unwrap_or_default(), 1)
            || LEXICON.gaps.iter().any(|gap| has.contains(gap))
    };
    let beside = |one: &Place| look.of_one_measure(*one, ALIKE_PAIRED_MAX).iter().any(looks_at_gap);
    let is_seen = names_gap(look.wording(of), 2)
        || indicators.iter().any(looks_at_gap)
        || indicators.iter().any(beside);
    if !is_seen {
        out.say(
            &[of],
            format!("no indicator of {} is broken down by region or level of development", name(0)),
        );
    }
}

/// Whether a text names a region or level of development, by a phrase of so many words at least.
fn names_gap(text: &str, words_min: usize) -> bool {
    let text = fold_text(text);
    let gaps = LEXICON.dimensions.iter().filter(|known| LEXICON.gaps.contains(&known.name));
    let mut phrases = gaps.flat_map(|known| &known.words).map(|word| fold_text(word));
    phrases.any(|phrase| phrase.split(' ').count() >= words_min && has_phrase(&text, &phrase))
}
