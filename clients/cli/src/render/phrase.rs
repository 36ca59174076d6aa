//! One deed in plain words: what was done to what, from what to what.

use plenary_protocol::plan::Value;
use plenary_protocol::record::{EditRow, RowOp};
use plenary_protocol::wire::api::Revision;

use super::wrap::{cut, one_line};
use crate::diff;
use crate::names::Names;
use crate::term::Paint;

/// Most characters of a value in a line.
const VALUE_CHARS_MAX: usize = 160;

/// One deed.
#[derive(Debug)]
pub struct Deed<'a> {
    /// `add`, `set`, `text`, `move`, `remove`, `restore`, or another act.
    pub op: &'a str,
    /// To what, in words.
    pub to_what: String,
    /// The field.
    pub field: &'a str,
    /// The language, for a text.
    pub lang: Option<&'a str>,
    /// The value before.
    pub from: Option<&'a Value>,
    /// The value after.
    pub to: Option<&'a Value>,
    /// Of a long text: what went and what came.
    pub spliced: Option<(&'a str, &'a str)>,
    /// Whether the field holds several values after it.
    pub concurrent: bool,
}

impl<'a> Deed<'a> {
    /// A row of an entry.
    pub fn of_row(row: &'a EditRow, names: &Names) -> Deed<'a> {
        Deed {
            op: op_name(row.op),
            to_what: names.words(&row.element, &row.kind),
            field: &row.field,
            lang: row.lang.as_deref(),
            from: row.from.as_ref(),
            to: row.to.as_ref(),
            spliced: row.deleted.as_deref().zip(row.inserted.as_deref()),
            concurrent: row.concurrent,
        }
    }

    /// A revision; it carries its own code.
    pub fn of_revision(revision: &'a Revision, names: &Names) -> Deed<'a> {
        let kind = revision.kind.as_deref().unwrap_or_default();
        let to_what = match (&revision.code, &revision.element) {
            (Some(code), _) => format!("{kind} {code}"),
            (None, Some(id)) => names.words(id, kind),
            (None, None) => "the plan".into(),
        };
        let now = revision.code_now.as_ref().map(|now| format!(" (today: {now})")).unwrap_or_default();
        Deed {
            op: &revision.op,
            to_what: format!("{to_what}{now}"),
            field: revision.field.as_deref().unwrap_or_default(),
            lang: revision.lang.as_deref(),
            from: revision.from.as_ref(),
            to: revision.to.as_ref(),
            spliced: None,
            concurrent: revision.concurrent,
        }
    }

    /// The deed on one line, unchanged stretches of text left out.
    pub fn line(&self, names: &Names, paint: Paint) -> String {
        let (act, detail) = self.parts(names, paint, true);
        one_line(&join(&act, &detail))
    }

    /// What was done, and from what to what with nothing left out.
    pub fn whole(&self, names: &Names, paint: Paint) -> (String, String) {
        self.parts(names, paint, false)
    }

    fn parts(&self, names: &Names, paint: Paint, short: bool) -> (String, String) {
        let lang = self.lang.map(|lang| format!(" [{lang}]")).unwrap_or_default();
        let field = paint.bold(self.field);
        let to_what = paint.bold(&self.to_what);
        let value = |value: &Value| {
            let text = names.value(value);
            if short { cut(&text, VALUE_CHARS_MAX) } else { text }
        };
        let place =
            |value: Option<&Value>| value.map_or("the top of the plan".to_owned(), &value_of_place(names));
        let (act, mut detail) = match self.op {
            "add" if self.field == "link" => (format!("linked {to_what}"), String::new()),
            // A row names the parent, a revision the title.
            "add" => match self.to {
                Some(Value::Text(text)) if !text.is_empty() => match names.named(text) {
                    Some(parent) => (format!("added {to_what} under {parent}"), String::new()),
                    None => (format!("added {to_what}"), value(&Value::Text(text.clone()))),
                },
                _ => (format!("added {to_what}"), String::new()),
            },
            "move" if self.from == self.to => {
                (format!("moved {to_what} to another place under {}", place(self.to)), String::new())
            }
            "move" => {
                (format!("moved {to_what}"), format!("from {} to {}", place(self.from), place(self.to)))
            }
            "remove" => (format!("removed {to_what}"), String::new()),
            "restore" => (format!("restored {to_what}"), String::new()),
            "text" => (format!("changed {field} of {to_what}{lang}"), self.difference(paint, short)),
            "set" => match (given(self.from), given(self.to)) {
                (from, Some(to)) => {
                    let from = from.map_or("–".to_owned(), value);
                    (format!("set {field} of {to_what}"), format!("{from} → {}", value(to)))
                }
                (Some(from), None) => {
                    (format!("took away {field} of {to_what}"), format!("was {}", value(from)))
                }
                (None, None) => (format!("took away {field} of {to_what}"), String::new()),
            },
            "stage_advanced" => ("moved the plan to another stage".to_owned(), self.arrow(&value)),
            "access_changed" => ("said who may read the plan".to_owned(), self.arrow(&value)),
            "plan_created" => ("created the plan".to_owned(), given(self.to).map(value).unwrap_or_default()),
            "batch" => ("changed much at once".to_owned(), given(self.to).map(value).unwrap_or_default()),
            "exported" => ("exported".to_owned(), given(self.to).map(value).unwrap_or_default()),
            "actor_bound" => ("wrote here for the first time".to_owned(), String::new()),
            "refused" => ("was refused a change".to_owned(), given(self.to).map(value).unwrap_or_default()),
            "version_named" => ("named a version".to_owned(), given(self.to).map(value).unwrap_or_default()),
            "version_signed" => {
                ("signed a version".to_owned(), given(self.to).map(value).unwrap_or_default())
            }
            other => (format!("{}: {to_what}", other.replace('_', " ")), self.arrow(&value)),
        };
        if self.concurrent {
            detail.push_str(&format!(" {}", paint.yellow("(several values at once; to settle)")));
        }
        (act, detail)
    }

    fn arrow(&self, value: &dyn Fn(&Value) -> String) -> String {
        let from = given(self.from).map(|from| format!("{} → ", value(from))).unwrap_or_default();
        format!("{from}{}", given(self.to).map(value).unwrap_or_default())
    }

    fn difference(&self, paint: Paint, short: bool) -> String {
        let text = |value: Option<&Value>| match value {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        match (self.from, self.to, self.spliced) {
            (None, None, Some((gone, new))) => {
                let both = diff::inline(gone, new, paint);
                if short {
                    format!("…{}…", cut(&both, 2 * VALUE_CHARS_MAX))
                } else {
                    format!("…{both}…")
                }
            }
            (from, to, _) if short => diff::excerpt(&text(from), &text(to), paint),
            (from, to, _) => diff::inline(&text(from), &text(to), paint),
        }
    }
}

fn value_of_place(names: &Names) -> impl Fn(&Value) -> String + '_ {
    |value| match value {
        Value::Text(id) if id.is_empty() => "the top of the plan".into(),
        value => names.value(value),
    }
}

fn given(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_absent())
}

fn join(act: &str, detail: &str) -> String {
    if detail.is_empty() { act.to_owned() } else { format!("{act}: {detail}") }
}

fn op_name(op: RowOp) -> &'static str {
    match op {
        RowOp::Add => "add",
        RowOp::Set => "set",
        RowOp::Text => "text",
        RowOp::Move => "move",
        RowOp::Remove => "remove",
        RowOp::Restore => "restore",
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn line(op: &str, field: &str, from: Option<Value>, to: Option<Value>) -> String {
        let deed = Deed {
            op,
            to_what: "target 2.7".into(),
            field,
            lang: None,
            from: from.as_ref(),
            to: to.as_ref(),
            spliced: None,
            concurrent: false,
        };
        deed.line(&Names::of(&fixture::plan()), Paint(false))
    }

    #[test]
    fn deeds_read_as_sentences() {
        let text = |text: &str| Some(Value::Text(text.into()));
        assert_eq!(
            line("set", "due_year", None, Some(Value::Int(2027))),
            "set due_year of target 2.7: – → 2027"
        );
        assert_eq!(
            line("set", "due_year", Some(Value::Int(2026)), None),
            "took away due_year of target 2.7: was 2026"
        );
        assert_eq!(
            line("text", "statement", text("by 2026"), text("by 2027")),
            "changed statement of target 2.7: by [-2026-]{+2027+}"
        );
        assert_eq!(line("add", "element", None, text("Climate")), "added target 2.7: Climate");
        assert_eq!(line("add", "element", None, text("gol-a")), "added target 2.7 under goal 1");
        assert_eq!(
            line("move", "place", text("gol-a"), None),
            "moved target 2.7: from goal 1 to the top of the plan"
        );
        assert_eq!(line("remove", "removed", None, None), "removed target 2.7");
        let stages = line("stage_advanced", "", text("council"), text("adopted"));
        assert_eq!(stages, "moved the plan to another stage: council → adopted");
    }

    #[test]
    fn a_long_text_shows_what_was_spliced() {
        let deed = Deed {
            op: "text",
            to_what: "goal 1".into(),
            field: "description",
            lang: Some("fr"),
            from: None,
            to: None,
            spliced: Some(("vieux", "neuf")),
            concurrent: true,
        };
        let text = deed.line(&Names::default(), Paint(false));
        assert_eq!(
            text,
            "changed description of goal 1 [fr]: …[-vieux-]{+neuf+}… (several values at once; to settle)"
        );
    }
}
