//! `diff`: what differs between two points of a plan, or between it and the one before it.

use std::fmt::Write as _;

use clap::Args;
use plenary_protocol::wire::past::{DiffAnswer, Former, Named, PlanPoint, PredecessorDiff};
use plenary_protocol::{Point, VersionName};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::names::Names;
use crate::render::difference::{differences, segments};
use crate::render::element::Layout;
use crate::render::past::title;
use crate::render::time::{moment, point};
use crate::render::wrap::{one_line, wrap};

/// Show what differs between two points of a plan.
///
/// By element and field, in reading order of the later point; texts word by word.  What was done and
/// undone in between does not show; `log` has it.
#[derive(Debug, Args)]
#[command(after_help = examples::DIFF)]
pub struct Diff {
    /// The plan.
    plan: String,
    /// The earlier point: an entry, a date (its end, UTC), a time or version:NAME [default: the plan as it
    /// was made].
    from: Option<String>,
    /// The later point [default: now].
    to: Option<String>,
    /// Of this element or link (id or code as of the later point), or `plan`.
    #[arg(long)]
    element: Option<String>,
    /// Of this element and what stands under it at either point.
    #[arg(long, value_name = "ELEMENT")]
    subtree: Option<String>,
    /// Of this text or field; also place, removed, element, link, code.
    #[arg(long)]
    field: Option<String>,
    /// Of elements or links of this kind.
    #[arg(long)]
    kind: Option<String>,
    /// This version against the one before it, or the plan as it was made.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["from", "to"])]
    version: Option<VersionName>,
    /// Against the plan before it, along the dispositions.
    #[arg(long, conflicts_with_all = ["version", "from", "to", "element", "subtree", "field", "kind"])]
    predecessor: bool,
    /// With --predecessor: as of this entry, date, time or version:NAME.
    #[arg(long, value_name = "WHEN", requires = "predecessor")]
    at: Option<String>,
}

impl Diff {
    /// Shows it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        if self.predecessor { self.against_predecessor(context) } else { self.between(context) }
    }

    fn between(&self, context: &Context<'_>) -> Result<(), Failure> {
        let plan = context.plan(&self.plan)?;
        let read = |typed: &Option<String>| typed.as_deref().map(point).transpose();
        let to = match &self.version {
            Some(version) => Some(Point::Version(version.clone()).to_string()),
            None => read(&self.to)?,
        };
        let query = [
            ("from", read(&self.from)?),
            ("to", to.clone().filter(|_| self.version.is_none())),
            ("version", self.version.as_ref().map(ToString::to_string)),
            ("element", self.element.clone()),
            ("subtree", self.subtree.clone()),
            ("field", self.field.clone()),
            ("kind", self.kind.clone()),
        ];
        let query: Vec<(&str, String)> =
            query.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect();
        let answer: DiffAnswer = context.http.get(&["plans", plan.id.as_str(), "diff"], &query)?;
        if context.term.is_json() {
            return context.term.json(&answer);
        }
        let names = Names::of(&context.view(&plan.id, to.as_deref(), true)?);
        let layout = context.layout();
        context.term.note(&format!("From {} to {}.", when(&answer.from), when(&answer.to)));
        if answer.differences.is_empty() {
            context.term.note("Nothing differs.");
            return Ok(());
        }
        context.term.line(&differences(&answer.differences, &names, layout))
    }

    fn against_predecessor(&self, context: &Context<'_>) -> Result<(), Failure> {
        let plan = context.plan(&self.plan)?;
        let at = self.at.as_deref().map(point).transpose()?;
        let query: Vec<(&str, String)> = at.into_iter().map(|at| ("at", at)).collect();
        let answer: PredecessorDiff =
            context.http.get(&["plans", plan.id.as_str(), "diff", "predecessor"], &query)?;
        if context.term.is_json() {
            return context.term.json(&answer);
        }
        context.term.line(&predecessor(&answer, context.layout()))
    }
}

fn when(point: &PlanPoint) -> String {
    format!("entry {} ({})", point.seq, moment(&point.at))
}

/// What became of each former element, then what is not accounted for.
fn predecessor(answer: &PredecessorDiff, layout: Layout) -> String {
    let names = Names::default();
    let paint = layout.paint;
    let mut parts: Vec<String> = answer.former.iter().map(|one| former(one, &names, layout)).collect();
    let list = |heading: &str, named: &mut dyn Iterator<Item = (&Named, &str)>| {
        let mut text = String::new();
        for (one, reason) in named {
            let reason = if reason.is_empty() { String::new() } else { format!(": {}", one_line(reason)) };
            let line = format!("{}{reason}", title(one, None, &names, paint));
            _ = write!(text, "\n{}", wrap("  ", "    ", &line, layout.width));
        }
        (!text.is_empty()).then(|| format!("{heading}{text}"))
    };
    let forgotten = &mut answer.without_disposition.iter().map(|one| (one, ""));
    parts.extend(list(
        &format!("Of {} no disposition says what became of:", answer.predecessor.plan),
        forgotten,
    ));
    let new = &mut answer.without_predecessor.iter().map(|one| (&one.about, one.reason.as_str()));
    parts.extend(list("New, without a predecessor:", new));
    parts.join("\n\n")
}

fn former(former: &Former, names: &Names, layout: Layout) -> String {
    let paint = layout.paint;
    let mut lines = vec![wrap("former ", "  ", &title(&former.about, None, names, paint), layout.width)];
    for fate in &former.fates {
        let kind = fate.kind.as_deref().unwrap_or("no type given").replace('_', " ");
        let why = if fate.rationale.is_empty() {
            String::new()
        } else {
            format!(": {}", one_line(&fate.rationale))
        };
        lines.push(wrap("  ", "    ", &format!("{}{why}", paint.bold(&kind)), layout.width));
        for heir in &fate.heirs {
            lines.push(wrap("  → ", "    ", &title(&heir.about, None, names, paint), layout.width));
            for change in &heir.texts {
                if let plenary_protocol::wire::past::Change::Text { field, segments: parts, .. } = change
                    && ["title", "statement", "wording"].contains(&field.as_str())
                {
                    let text = format!("{field}: {}", segments(parts, paint));
                    lines.push(wrap("      ", "      ", &text, layout.width));
                }
            }
        }
    }
    lines.join("\n")
}
