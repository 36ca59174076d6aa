//! `restore`: a removed element comes back, or an earlier point of the plan is put back as a new entry.

use std::collections::HashMap;

use clap::Args;
use plenary_protocol::ids::ElementId;
use plenary_protocol::plan::{Command, PlanView};
use plenary_protocol::record::{EditRow, Scope};
use plenary_protocol::wire::api::{EditDone, RestoreBody, RestorePreview};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::names::{self, Names};
use crate::render::phrase::Deed;
use crate::render::time::point;
use crate::render::wrap::wrap;
use crate::retry::until_answered;

/// Changes of a restoration that are told before it is done; `--preview` tells all.
const CHANGES_TOLD_MAX: usize = 40;

/// Bring a removed element back, or put the plan back to how it stood at an earlier point.
///
/// With --to, a field, an element (all it holds, its place, the links that start from it) or the whole plan
/// goes back to how it stood, as one new entry: what was made since is marked removed, what was removed comes
/// back, of texts only the words that differ change.  What would change is shown first, and on a terminal you
/// are asked; if somebody changes it meanwhile, nothing is done.
#[derive(Debug, Args)]
#[command(after_help = examples::RESTORE)]
#[command(override_usage = "plenary restore <PLAN> <ELEMENT>\n       \
    plenary restore <PLAN> --to WHEN [--element E [--field F [--lang L]]]")]
pub struct Restore {
    /// The plan.
    plan: String,
    /// The id of a removed element or link to bring back; `plenary show PLAN --removed` lists them.
    #[arg(value_name = "ELEMENT", required_unless_present = "to", conflicts_with = "to")]
    removed: Option<String>,
    /// Put back how it stood at this entry, date, time or version:NAME.
    #[arg(long, value_name = "WHEN")]
    to: Option<String>,
    /// Only this element or link (id or code), or `plan` for the plan's own fields.
    #[arg(long, requires = "to")]
    element: Option<String>,
    /// Only this text or field of it; also place, removed.
    #[arg(long, requires = "element")]
    field: Option<String>,
    /// Of the text only this language [default: all].
    #[arg(long, requires = "field")]
    lang: Option<String>,
    /// Only show what would change.
    #[arg(long, requires = "to", conflicts_with = "yes")]
    preview: bool,
    /// Do it without asking.
    #[arg(long, requires = "to")]
    yes: bool,
}

impl Restore {
    /// Restores it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let view = context.open(&self.plan, true)?;
        match (&self.to, &self.removed) {
            (Some(to), _) => self.put_back(context, &view, &point(to)?),
            (None, Some(removed)) => bring_back(context, &view, removed),
            (None, None) => Err(Failure::Usage("say which element, or with --to which point".into())),
        }
    }

    fn put_back(&self, context: &Context<'_>, view: &PlanView, to: &str) -> Result<(), Failure> {
        context.check_reason()?;
        let answers = context.answers(view)?;
        let target = self.element.as_deref().map(|name| names::target(view, name)).transpose()?;
        let words = match (&target, &self.field, &self.lang) {
            (None, ..) => "the whole plan".to_owned(),
            (Some(target), None, _) => target.words(),
            (Some(target), Some(field), None) => format!("{field} of {}", target.words()),
            (Some(target), Some(field), Some(lang)) => format!("{field} [{lang}] of {}", target.words()),
        };
        let scope = Scope {
            lang: self.lang.clone(),
            field: self.field.clone(),
            element: target.map(|target| target.id()),
        };
        let seen = preview(context, view, to, &scope)?;
        if self.preview && context.term.is_json() {
            return context.term.json(&seen);
        }
        if seen.edits.is_empty() {
            return context.report(None, None, None, "");
        }
        let seq = seen.restores.seq;
        if !context.term.is_json() {
            context
                .term
                .note(&format!("Putting {words} back to entry {seq} changes, as of entry {}:", seen.base));
            context.term.line(&told(&seen.edits, view, context, !self.preview))?;
        }
        if self.preview {
            context.term.note("Nothing was changed: this is a preview.");
            return Ok(());
        }
        if !self.yes && !context.term.ask("Do it?")? {
            context.term.note("Nothing was changed.");
            return Ok(());
        }
        let body = RestoreBody {
            id: context.edit_id.clone(),
            to: seq.to_string(),
            scope,
            base: Some(seen.base),
            because: context.because.clone(),
            answers,
        };
        let done: EditDone = until_answered(
            || context.http.post_once(&["plans", view.id.as_str(), "restorations"], &[], &body),
            |length, reason| context.pause(length, reason),
            |reason| context.lost(&view.id, reason),
        )?;
        context.report(Some(&done), None, None, &format!("restored {words} to entry {seq}"))
    }
}

fn preview(
    context: &Context<'_>,
    view: &PlanView,
    to: &str,
    scope: &Scope,
) -> Result<RestorePreview, Failure> {
    let scope = scope.clone();
    let named = [
        ("to", Some(to.to_owned())),
        ("element", scope.element.map(|id| id.to_string())),
        ("field", scope.field),
        ("lang", scope.lang),
    ];
    let query: Vec<(&str, String)> =
        named.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect();
    context.http.get(&["plans", view.id.as_str(), "restorations", "preview"], &query)
}

/// Each change on a line, in reading order.
fn told(edits: &[EditRow], view: &PlanView, context: &Context<'_>, shortly: bool) -> String {
    let names = Names::of(view);
    let layout = context.layout();
    let most = if shortly { CHANGES_TOLD_MAX } else { edits.len() };
    let line = |row: &&EditRow| {
        wrap("  ", "    ", &Deed::of_row(row, &names).line(&names, layout.paint), layout.width)
    };
    let mut lines: Vec<String> = in_reading_order(edits, view).iter().take(most).map(line).collect();
    let more = edits.len().saturating_sub(most);
    if more > 0 {
        lines.push(format!("  and {more} more; --preview shows all"));
    }
    lines.join("\n")
}

/// The plan's own fields first, links after the element they start from.
fn in_reading_order<'a>(edits: &'a [EditRow], view: &PlanView) -> Vec<&'a EditRow> {
    let mut places: HashMap<&ElementId, (usize, bool)> = HashMap::new();
    for (place, element) in (1..).zip(&view.elements) {
        places.insert(&element.id, (place, false));
    }
    for link in &view.links {
        if let Some((place, _)) = places.get(&link.from).copied() {
            places.insert(&link.id, (place, true));
        }
    }
    let mut rows: Vec<&EditRow> = edits.iter().collect();
    rows.sort_by_key(|row| match row.element.is_plan() {
        true => (0, false),
        false => places.get(&row.element).copied().unwrap_or((usize::MAX, false)),
    });
    rows
}

fn bring_back(context: &Context<'_>, view: &PlanView, removed: &str) -> Result<(), Failure> {
    let id = names::target(view, removed)?.id();
    let done = context.edit(view, vec![Command::Restore { element: id.clone() }])?;
    // The edit is done whatever this read says; a link has no code.
    let now = context.element_now(&view.id, &id).ok().map(|answer| answer.element);
    let words = match &now {
        Some(element) => format!("restored {}", names::element_words(element)),
        None => format!("restored {id}"),
    };
    let code = now.as_ref().and_then(|element| element.code.as_deref());
    context.report(done.as_ref(), Some(&id), code, &words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn changes_are_told_in_reading_order() {
        let row = |element: &str| {
            let row = serde_json::json!({"op": "set", "element": element, "kind": "x", "field": "f"});
            serde_json::from_value::<EditRow>(row).unwrap()
        };
        let edits = ["unknown", "tgt-a", "lnk-1", "plan", "gol-a"].map(row);
        let view = fixture::plan();
        let order: Vec<&str> =
            in_reading_order(&edits, &view).iter().map(|row| row.element.as_str()).collect();
        let place = |id: &str| order.iter().position(|one| *one == id).unwrap();
        assert_eq!((place("plan"), place("unknown")), (0, 4));
        assert!(place("gol-a") < place("tgt-a"), "{order:?}");
    }
}
