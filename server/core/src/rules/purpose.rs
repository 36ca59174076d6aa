//! STR: vision and mission, and titles that are printed in one wording.

use super::facts::Place;
use super::finding::{Out, name, names, quoted};
use super::look::Look;
use super::words::fold_text;
use super::{Check, On};
use crate::quotes;
use plenary_protocol::plan::Value;

pub(super) const CHECKS: &[Check] = &[
    Check { code: "STR-01", on: On::Plan, check: one_vision_and_mission },
    Check { code: "STR-02", on: On::All, check: one_wording },
    Check { code: "STR-02", on: On::Each(&["quote"]), check: own_words_quoted },
];

fn one_vision_and_mission(look: &Look<'_>, _: Place, out: &mut Out<'_, '_>) {
    for kind in ["vision", "mission"] {
        match look.of_kind(kind).as_slice() {
            [] => _ = out.say_of_plan(kind, format!("the plan has no {kind}")),
            [_] => {}
            several => {
                let says = format!(
                    "{} options of the {kind} are unresolved: {}",
                    several.len(),
                    names(0..several.len())
                );
                out.say(several, says).detail(kind);
            }
        }
    }
}

/// Wordings that the plan's own texts and tables print are noted as `<where>: <wording>`.
fn one_wording(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if look.kind(of).is_empty() {
        return;
    }
    for printed in look.set(of, "also_printed") {
        let title = look.text(of, "title");
        let (place, wording) = printed.split_once(": ").unwrap_or(("elsewhere", printed));
        if !title.is_empty() && fold_text(wording) != fold_text(title) {
            let says =
                format!("{} is called {} and printed {} in {place}", name(0), quoted(title), quoted(wording));
            out.say(&[of], says).detail(printed);
        }
    }
}

/// A quotation of the plan's own text.
fn own_words_quoted(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let Some(Value::Quotation(quote)) = look.value(of, "of") else { return };
    let Some(quoted_one) =
        Some(&quote.element).filter(|_| quote.plan == *look.own()).and_then(|id| look.find(id))
    else {
        return;
    };
    let printed = look.text(of, "as_printed");
    let texts = ["title", "statement", "description"];
    let Some(own) =
        texts.into_iter().find(|text| *text == quote.field).map(|text| look.text(quoted_one, text))
    else {
        return;
    };
    if !quotes::agrees(printed, own) {
        let says = format!("{} reads {} and is quoted as {}", name(0), quoted(own), quoted(printed));
        out.say(&[quoted_one, of], says);
    }
}
