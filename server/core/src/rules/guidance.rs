//! GUI, CON: the membership's requests are answered, and its views are taken up.

use super::facts::Place;
use super::finding::{Out, name};
use super::look::Look;
use super::words::{LEXICON, has_any};
use super::{Check, On};

pub(super) const CHECKS: &[Check] = &[
    Check { code: "GUI-01", on: On::Each(&["guidance_request"]), check: answered },
    Check { code: "GUI-02", on: On::Each(&["guidance_response"]), check: kept },
    Check { code: "GUI-03", on: On::Each(&["guidance_response"]), check: on_record },
    Check { code: "CON-01", on: On::Each(&["consultation"]), check: result },
    Check { code: "CON-02", on: On::Each(&["feedback_item"]), check: taken_up },
];

fn answered(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if look.to(of, "answers").is_empty() {
        out.say(&[of], format!("{} is answered by nothing", name(0)));
    }
}

fn kept(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    let status = look.word(of, "status");
    // Who says that it is done has kept the promise, however it is worded.
    if status == Some("promised")
        || (status != Some("done") && has_any(look.text(of, "statement"), &LEXICON.promises))
    {
        out.say(&[of], format!("{} is a promise", name(0)));
    }
}

fn on_record(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if look.int(of, "entry_seq").is_none() {
        out.say(&[of], format!("{} points to no entry of the log", name(0)));
    }
}

fn result(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if look.word(of, "result_document").is_none() {
        out.say(&[of], format!("{} has no result document", name(0)));
    }
}

fn taken_up(look: &Look<'_>, of: Place, out: &mut Out<'_, '_>) {
    if look.word(of, "disposition").is_none() {
        out.say(&[of], format!("{} has no disposition", name(0)));
    } else if look.text(of, "reason").trim().is_empty() {
        out.say(&[of], format!("the disposition of {} has no reason", name(0)));
    }
}
