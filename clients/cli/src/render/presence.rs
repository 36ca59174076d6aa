//! Where somebody is in a plan, on one line.

use plenary_protocol::wire::live::{Person, Whereabouts};

use crate::names::Names;
use crate::term::Paint;

/// Where somebody is, for people who watch; set off from the entries by a dot in place of a number.
pub fn presence_line(person: &Person, names: &Names, paint: Paint) -> String {
    let who = paint.bold(&format!("{} ({})", person.name, person.bureau));
    let does = match &person.state {
        Some(state) => format!("is in {}", place(state, names)),
        None => "left".to_owned(),
    };
    format!("{} {who} {does}", paint.dim("    ·"))
}

fn place(state: &Whereabouts, names: &Names) -> String {
    let element = state.element.as_ref().map_or_else(|| "the plan".to_owned(), |id| names.words(id, ""));
    let lang = state.lang.as_ref().map(|lang| format!(" [{lang}]")).unwrap_or_default();
    match &state.field {
        Some(field) => format!("{field} of {element}{lang}"),
        None => format!("{element}{lang}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn people_are_told_by_name_and_place() {
        let names = Names::of(&fixture::plan());
        let line = |state: serde_json::Value| {
            let person = serde_json::json!({
                "session": "3-00c0ffee", "subject": "tsb", "name": "TSB desk", "bureau": "TSB",
                "role": "drafter", "state": state
            });
            presence_line(&serde_json::from_value(person).unwrap(), &names, Paint(false))
        };
        let place = serde_json::json!({ "element": "tgt-a", "field": "title", "lang": "en" });
        assert_eq!(line(place), "    · TSB desk (TSB) is in title of target 1.1 [en]");
        assert_eq!(line(serde_json::json!({ "element": "tgt-a" })), "    · TSB desk (TSB) is in target 1.1");
        assert_eq!(line(serde_json::json!({})), "    · TSB desk (TSB) is in the plan");
        assert_eq!(line(serde_json::Value::Null), "    · TSB desk (TSB) left");
    }
}
