//! NUM, REF, EXT, CNF: codes, references and external codes stand for something, fields for one thing.

use std::collections::BTreeMap;

use plenary_protocol::plan::Value;
use plenary_protocol::plan::kinds::{CodeForm, FieldType, Kind};

use super::facts::Place;
use super::finding::{Out, a, name, quoted};
use super::look::Look;
use super::words::{LEXICON, SDG_CODES, fold_text};
use super::{Check, On};

/// Kinds whose codes are counted among siblings.
const CODED: &[&str] = &[
    "goal",
    "target",
    "indicator",
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
    "guidance_principle",
    "guidance_request",
    "guidance_response",
    "consultation",
    "coordination",
    "feedback_item",
];

pub(super) const CHECKS: &[Check] = &[
    Check { code: "EXT-01", on: On::Each(&["external_link", "indicator"]), check: external },
    Check { code: "NUM-01", on: On::Under, check: counted },
    Check { code: "NUM-02", on: On::Each(CODED), check: formed },
    Check { code: "REF-01", on: On::Links, check: link_ends },
    Check { code: "REF-01", on: On::All, check: references },
    Check { code: "CNF-01", on: On::All, check: settled },
    Check { code: "CNF-01", on: On::Plan, check: plan_settled },
];

/// The number that a code ends in among its siblings: a number, or a letter.
fn last_number(code: &str) -> Option<usize> {
    let end = code.trim_end_matches(':');
    let digits: String = end.chars().rev().take_while(char::is_ascii_digit).collect();
    if !digits.is_empty() {
        return digits.chars().rev().collect::<String>().parse().ok();
    }
    let letters: String = end.chars().rev().take_while(char::is_ascii_lowercase).collect();
    let number = |sum: usize, letter: char| Some(sum.checked_mul(26)? + (letter as usize - 'a' as usize + 1));
    letters.chars().rev().try_fold(0, number).filter(|number| *number > 0)
}

/// Codes that are made from places neither repeat nor leave gaps, so it is looked at only where one is
/// carried; told of the first sibling that carries one.
fn counted(look: &Look<'_>, above: Place, out: &mut Out<'_, '_>) {
    for kind in CODED {
        let mut by_sector: BTreeMap<Option<&str>, Vec<Place>> = BTreeMap::new();
        for one in look.children(above, kind) {
            by_sector.entry(look.sector(one)).or_default().push(one);
        }
        for siblings in by_sector.into_values() {
            counted_among(look, look.in_order(siblings), out);
        }
    }
}

fn counted_among(look: &Look<'_>, siblings: Vec<Place>, out: &mut Out<'_, '_>) {
    let Some(of) = siblings.iter().find(|one| look.own_code(**one).is_some()).copied() else { return };
    let codes = look.codes(&siblings);
    let mut alike: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
    for (one, code) in &codes {
        alike.entry(code).or_default().push(*one);
    }
    for (code, mut all) in alike.into_iter().filter(|(_, all)| all.len() > 1) {
        all.sort_by_key(|one| look.id(*one));
        let kind = look.kind(of).replace('_', " ");
        out.say(&all, format!("{} siblings of the kind {kind} have the code {code}", all.len()))
            .detail("repeat");
    }
    let mut numbers: Vec<usize> = codes.iter().filter_map(|(_, code)| last_number(code)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let gap = numbers.iter().zip(1..).find(|(number, due)| **number != *due);
    if let Some((number, due)) = gap.filter(|_| numbers.len() == codes.len()) {
        let says =
            format!("the codes of {} and its siblings reach number {number} and leave out {due}", name(0));
        out.say(&[of], says).detail("gap");
    }
}

/// Whether a code has the form of its kind: what stands above, a separator, a number or letter.
fn is_formed(look: &Look<'_>, of: Place, code: &str) -> bool {
    let Some(kind) = Kind::named(look.kind(of)) else { return true };
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let letter = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase());
    let above = |rest: Option<(&str, &str)>, last: &dyn Fn(&str) -> bool| {
        rest.is_some_and(|(above, end)| {
            last(end) && look.parent(of).and_then(|parent| look.code(parent)).is_none_or(|code| code == above)
        })
    };
    match kind.spec().code {
        CodeForm::None => true,
        CodeForm::Ordinal(prefix) => code.strip_prefix(prefix).is_some_and(number),
        CodeForm::ChildNumber(separator) => above(code.rsplit_once(separator), &number),
        CodeForm::ChildLetter(separator) => above(code.rsplit_once(separator), &letter),
        CodeForm::SectorNumber => code
            .split_once('.')
            .is_some_and(|(sector, end)| ["R", "T", "D", "I"].contains(&sector) && number(end)),
    }
}

fn formed(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let Some(code) = look.own_code(of) else { return };
    // The colon ends the code in a table's cell; it is no part of it.
    if !is_formed(look, of, code.trim_end_matches(':')) {
        let says =
            format!("the code {} is not in the form of the code of {}", quoted(code), a(look.kind(of)));
        out.say(&[of], says);
    }
}

/// Codes of a text: words that begin with a digit and have a dot inside.
fn codes_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
    let words = words.map(|word| word.trim_matches('.'));
    words.filter(|word| word.starts_with(|letter: char| letter.is_ascii_digit()) && word.contains('.'))
}

/// The edition in force when the plan was adopted, or now.
fn edition(look: &Look<'_>) -> &'static str {
    let named = look.plan_year("sdg_edition").map(|year| year.to_string());
    let known = named.and_then(|year| SDG_CODES.indicators.get_key_value(&year));
    known.or_else(|| SDG_CODES.indicators.last_key_value()).map_or("", |(year, _)| year.as_str())
}

fn is_sdg(look: &Look<'_>, code: &str) -> bool {
    let code = code.to_lowercase();
    let in_edition = SDG_CODES.indicators.get(edition(look)).is_some_and(|codes| codes.contains(&code));
    let goal = code.parse::<u8>().is_ok_and(|goal| (1..=17).contains(&goal));
    goal || SDG_CODES.targets.contains(&code) || in_edition
}

fn external(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if look.kind(of) == "indicator" {
        for code in look.word(of, "sdg").into_iter().flat_map(codes_in).filter(|code| !is_sdg(look, code)) {
            let says = format!("{} names the SDG code {code}, which does not exist", name(0));
            out.say(&[of], says).detail(code);
        }
        return;
    }
    let Some(framework) = look.word(of, "framework").map(fold_text) else { return };
    let reference = look.word(of, "reference");
    let codes = reference.into_iter().chain(look.set(of, "indicators"));
    let unknown: Vec<&str> = match framework.as_str() {
        "sdg" | "sdgs" => codes.filter(|code| !is_sdg(look, code.trim())).collect(),
        "wsis" => codes.filter(|code| !LEXICON.wsis.contains(code.trim())).collect(),
        _ => Vec::new(),
    };
    for code in unknown {
        let list =
            if framework == "wsis" { "WSIS".into() } else { format!("SDG ({} edition)", edition(look)) };
        match look.parent(of) {
            Some(above) => {
                let says = format!(
                    "{} is linked to the {list} code {}, which does not exist",
                    name(1),
                    quoted(code)
                );
                out.say(&[of, above], says).detail(code);
            }
            None => {
                _ = out.say(&[of], format!("the {list} code {} does not exist", quoted(code))).detail(code)
            }
        }
    }
}

fn link_ends(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let Some((from, to)) = look.link(of) else { return };
    // A link goes with the element that it starts from.
    let Some(from) = look.find(from) else { return };
    if look.find(to).is_none() {
        let says = format!("a link of {} ends in {to}, which is removed or not there", name(0));
        out.say(&[from, of], says);
    }
}

fn references(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let Some(kind) = Kind::named(look.kind(of)) else { return };
    for field in kind.fields() {
        let lost = match (field.ty, look.value(of, field.name)) {
            (FieldType::Element(_), Some(Value::Text(id))) => {
                let found = id.parse().ok().and_then(|id| look.find(&id));
                if found.is_none() { Some(id.clone()) } else { None }
            }
            (FieldType::Reference, Some(Value::Reference(to))) => lost_former(look, &to.plan, &to.element),
            (FieldType::Quotation, Some(Value::Quotation(to))) => lost_former(look, &to.plan, &to.element),
            _ => None,
        };
        if let Some(lost) = lost {
            let says = format!(
                "{} refers as its {} to {lost}, which is removed or not there",
                name(0),
                field.name.replace('_', " ")
            );
            out.say(&[of], says).detail(field.name);
        }
    }
}

fn lost_former(
    look: &Look<'_>,
    plan: &plenary_protocol::PlanId,
    element: &plenary_protocol::ElementId,
) -> Option<String> {
    let lost = if plan == look.own() {
        look.find(element).is_none()
    } else {
        look.former().is_some_and(|former| former.plan == *plan && former.facts.standing(element).is_none())
    };
    lost.then(|| format!("{element} of {plan}"))
}

fn settled(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    for field in look.concurrent(of) {
        let short = field.rsplit('.').next().unwrap_or(field).replace('_', " ");
        out.say(&[of], format!("the {short} of {} holds several values", name(0))).detail(field);
    }
}

fn plan_settled(look: &Look<'_>, _: Place, out: &mut Out<'_, '_>) {
    for field in look.plan_concurrent() {
        let says = format!("the plan's {} holds several values", field.replace('_', " "));
        out.say_of_plan(field, says);
    }
}
