//! REG, OWN, FOC, ONE, SIM: regions, owners, focus, Sectors, and how much there is of everything.

use plenary_protocol::Bureau;
use plenary_protocol::plan::Value;

use super::facts::Place;
use super::finding::{Out, name, names};
use super::look::Look;
use super::words::{LEXICON, has_any};
use super::{Check, On};

/// Kinds that somebody answers for.
const OWNED: &[&str] =
    &["objective", "priority", "outcome", "output", "offering", "enabler", "operational_plan"];
/// Kinds that may represent the regional presence.
const PRESENT: [&str; 7] = ["enabler", "offering", "priority", "objective", "outcome", "output", "goal"];

pub(super) const CHECKS: &[Check] = &[
    Check { code: "REG-01", on: On::Plan, check: regional_presence },
    Check { code: "OWN-01", on: On::Each(OWNED), check: responsible },
    Check { code: "OWN-01", on: On::Plan, check: heard },
    Check { code: "FOC-01", on: On::Each(&["output", "activity"]), check: focus },
    Check { code: "ONE-01", on: On::Each(&["priority", "outcome"]), check: one_sector },
    Check { code: "SIM-01", on: On::Plan, check: counts },
];

fn regional_presence(look: &Look<'_>, _: Place, out: &mut Out<'_, '_>) {
    let speaks = |one: &Place| {
        ["title", "statement", "description"]
            .into_iter()
            .any(|text| has_any(look.text(*one, text), &LEXICON.regional_presence))
    };
    let all = PRESENT.into_iter().flat_map(|kind| look.of_kind(kind));
    if !all.collect::<Vec<_>>().iter().any(speaks) {
        out.say_of_plan("", "nothing in the plan represents the regional presence");
    }
}

/// Whether a Bureau or Sector is named by an element or by what it stands under.
fn has_owner(look: &Look<'_>, of: Place) -> bool {
    let named = |one: Place| {
        look.owner(one).is_some()
            || look.set(one, "sectors").next().is_some()
            || look.word(one, "sector").is_some_and(|sector| sector != "inter-sectoral")
    };
    std::iter::once(of).chain(look.above(of)).any(named)
}

/// Where what it stands under has nobody either, that one is told.
fn responsible(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let told_above = look.above(of).into_iter().any(|above| OWNED.contains(&look.kind(above)));
    if !told_above && !has_owner(look, of) {
        out.say(&[of], format!("no Bureau or Sector is named as responsible for {}", name(0)));
    }
}

fn heard(look: &Look<'_>, _: Place, out: &mut Out<'_, '_>) {
    if !look.stage().is_open() {
        return;
    }
    for bureau in Bureau::ALL.into_iter().filter(|bureau| look.is_silent(*bureau)) {
        let all = OWNED.iter().flat_map(|kind| look.of_kind(kind));
        let mut owned: Vec<Place> = all.filter(|one| look.owner(*one) == Some(bureau)).collect();
        if !owned.is_empty() {
            owned.sort_by_key(|one| look.id(*one));
            let says = format!(
                "{bureau} has written nothing for more than 60 days while the plan moved, and owns {}",
                names(0..owned.len())
            );
            out.say(&owned, says).detail(bureau.as_str());
        }
    }
}

fn focus(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if !look.is_from_2024() {
        return;
    }
    let under = look.above(of).iter().any(|above| look.kind(*above) == "operational_plan");
    // An output that stands in no operational plan is another finding.
    if under || look.kind(of) == "activity" {
        out.say(
            &[of],
            format!("{} is a detail of operational plans and stands inside a strategic plan", name(0)),
        );
    }
}

fn one_sector(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let sectors: Vec<&str> = look.set(of, "sectors").collect();
    if let [one] = sectors.as_slice() {
        out.say(&[of], format!("only {one} contributes to {}", name(0)));
    }
}

fn counts(look: &Look<'_>, _: Place, out: &mut Out<'_, '_>) {
    let Some(former) = look.former() else { return };
    // Of these the source prints only a part.
    let parts: Vec<&str> = look.plan_set("incomplete").collect();
    let count = |kind: &String| {
        let kind = plenary_protocol::plan::Kind::named(kind)?.name();
        let (now, before) = (look.of_kind(kind), former.facts.of_kind(kind).collect::<Vec<_>>());
        const OURS: &str = "our_reading";
        let ours = !now.is_empty() && now.iter().all(|one| look.word(*one, "provenance") == Some(OURS));
        let was_ours = |one: &Place| {
            let provenance = former.facts.element(*one).and_then(|element| element.fields.get("provenance"));
            matches!(provenance, Some(Value::Text(text)) if text == OURS)
        };
        let were_ours = !before.is_empty() && before.iter().all(was_ours);
        let is_part = parts.contains(&kind);
        let marked = |count: usize, is_ours: bool, is_part: bool| match (is_ours, is_part) {
            (true, true) => format!("{count} (our reading, a part)"),
            (true, false) => format!("{count} (our reading)"),
            (false, true) => format!("{count} (a part)"),
            (false, false) => count.to_string(),
        };
        let several = match kind {
            "priority" => "priorities".to_owned(),
            kind => format!("{kind}s"),
        };
        let (was, is) = (marked(before.len(), were_ours, false), marked(now.len(), ours, is_part));
        (now.len() + before.len() > 0).then(|| format!("{several} {was} → {is}"))
    };
    let told: Vec<String> = LEXICON.quantities.iter().filter_map(count).collect();
    out.say_of_plan("", format!("against {}: {}", former.plan, told.join(", ")));
}
