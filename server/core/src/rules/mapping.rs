//! MAP: what became of the plan before, and that it is quoted as it stands there.

use std::collections::BTreeSet;

use plenary_protocol::ElementId;
use plenary_protocol::plan::Value;

use super::facts::Place;
use super::finding::{Out, a, former_name, name, quoted};
use super::look::Look;
use super::{Check, On};
use crate::quotes;

/// Kinds that a plan accounts for.
const ACCOUNTED: &[&str] = &["goal", "target"];
/// Kinds of which a new element has a predecessor or a reason.
const RENEWED: &[&str] = &["goal", "target", "priority", "enabler"];

pub(super) const CHECKS: &[Check] = &[
    Check { code: "MAP-01", on: On::Plan, check: all_disposed },
    Check { code: "MAP-02", on: On::Each(&["disposition"]), check: reasoned },
    Check { code: "MAP-03", on: On::Each(&["disposition"]), check: moved_to },
    Check { code: "MAP-04", on: On::Each(&["quote"]), check: quoted_as_adopted },
    Check { code: "MAP-05", on: On::Each(RENEWED), check: descended },
];

fn former_of(look: &Look<'_>, disposition: Place) -> Option<ElementId> {
    match look.value(disposition, "former") {
        Some(Value::Reference(to)) if Some(&to.plan) == look.former().map(|former| &former.plan) => {
            Some(to.element.clone())
        }
        _ => None,
    }
}

fn all_disposed(look: &Look<'_>, _: Place, out: &mut Out<'_, '_>) {
    let Some(former) = look.former() else { return };
    let dispositions = look.of_kind("disposition");
    let disposed: BTreeSet<ElementId> =
        dispositions.into_iter().filter_map(|disposition| former_of(look, disposition)).collect();
    for kind in ACCOUNTED {
        for place in former.facts.of_kind(kind) {
            let id = former.facts.id(place);
            if !disposed.contains(id) {
                out.say_of_plan("", format!("{} has no disposition", former_name(0)))
                    .of_former(vec![id.clone()]);
            }
        }
    }
}

fn reasoned(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if look.word(of, "type") != Some("dropped") || !look.text(of, "rationale").trim().is_empty() {
        return;
    }
    match former_of(look, of) {
        Some(former) => {
            let says = format!("{} was dropped without a reason", former_name(0));
            out.say(&[of], says).of_former(vec![former]);
        }
        None => _ = out.say(&[of], format!("{} drops something without a reason", name(0))),
    }
}

fn moved_to(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let Some(to) = look.word(of, "type").and_then(|kind| kind.strip_prefix("moved_to_")) else { return };
    if !look.from(of, "becomes").is_empty() {
        return;
    }
    match former_of(look, of) {
        Some(former) => {
            let says = format!("{} moved to {} that is not named", former_name(0), a(to));
            out.say(&[of], says).of_former(vec![former]);
        }
        None => _ = out.say(&[of], format!("{} does not name what it moved to", name(0))),
    }
}

/// Held against what the plan before says as it is looked at, not as of the quoted entry: a plan that is
/// quoted as adopted takes no edits, and a look has one view of it.
fn quoted_as_adopted(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let (Some(Value::Quotation(quote)), Some(former)) = (look.value(of, "of"), look.former()) else { return };
    if quote.plan != former.plan {
        return;
    }
    // What refers to nothing is another finding.
    let Some(element) = former.facts.standing(&quote.element) else { return };
    let Some(adopted) = quotes::said(element, former.facts.language(), &quote.field) else { return };
    let printed = look.text(of, "as_printed");
    if !quotes::agrees(printed, &adopted) {
        let says =
            format!("{} reads {} and is quoted as {}", former_name(0), quoted(&adopted), quoted(printed));
        out.say(&[of], says).of_former(vec![quote.element.clone()]);
    }
}

fn descended(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if look.plan_word("predecessor").is_none() || !look.to(of, "becomes").is_empty() {
        return;
    }
    if look.text(of, "without_predecessor").trim().is_empty() {
        out.say(&[of], format!("{} has neither a predecessor nor a reason for having none", name(0)));
    }
}
