//! `blame`, `timeline` and `find`: who wrote what stands, what stood before, where a word came from.

use clap::Args;
use plenary_protocol::wire::past::{AppearancesAnswer, BlameAnswer, TimelineAnswer};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::names::Names;
use crate::render::past;
use crate::render::time::point;

/// Show who gave an element what it holds: each field, and each run of characters of a text.
#[derive(Debug, Args)]
#[command(after_help = examples::BLAME)]
pub struct Blame {
    /// The plan.
    plan: String,
    /// The element (id or code) or link, or `plan`.
    element: String,
    /// A text or field; also place, removed [default: all].
    field: Option<String>,
    /// As of this entry, date, time or version:NAME; a code is resolved as of then.
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// Language of the texts [default: all].
    #[arg(long)]
    lang: Option<String>,
    /// Show deleted characters in their place.
    #[arg(long)]
    deleted: bool,
}

impl Blame {
    /// Shows it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let plan = context.plan(&self.plan)?;
        let at = self.at.as_deref().map(point).transpose()?;
        let deleted = self.deleted.then(|| "true".to_owned());
        let query = given([
            ("at", at.clone()),
            ("field", self.field.clone()),
            ("lang", self.lang.clone()),
            ("deleted", deleted),
        ]);
        let path = ["plans", plan.id.as_str(), "elements", self.element.as_str(), "blame"];
        let answer: BlameAnswer = context.http.get(&path, &query)?;
        if context.term.is_json() {
            return context.term.json(&answer);
        }
        let names = Names::of(&context.view(&plan.id, at.as_deref(), true)?);
        context.term.line(&past::blame(&answer, &names, context.layout()))
    }
}

/// Show all values that a field or text had, oldest first.
///
/// Keystrokes of one person in a row are one step.
#[derive(Debug, Args)]
#[command(after_help = examples::TIMELINE)]
pub struct Timeline {
    /// The plan.
    plan: String,
    /// The element (id or code) or link, or `plan`.
    element: String,
    /// The text or field; also place, removed.
    field: String,
    /// Up to this entry, date, time or version:NAME; a code is resolved as of then.
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// Language of the text [default: that of the plan].
    #[arg(long)]
    lang: Option<String>,
}

impl Timeline {
    /// Shows it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let plan = context.plan(&self.plan)?;
        let at = self.at.as_deref().map(point).transpose()?;
        let query =
            given([("at", at.clone()), ("field", Some(self.field.clone())), ("lang", self.lang.clone())]);
        let path = ["plans", plan.id.as_str(), "elements", self.element.as_str(), "timeline"];
        let answer: TimelineAnswer = context.http.get(&path, &query)?;
        if context.term.is_json() {
            return context.term.json(&answer);
        }
        if answer.left_out > 0 {
            context.term.note(&format!("{} earlier values are left out.", answer.left_out));
        }
        if answer.steps.is_empty() {
            context.term.note(&format!("{} was never given.", self.field));
            return Ok(());
        }
        let names = Names::of(&context.view(&plan.id, at.as_deref(), true)?);
        let layout = context.layout();
        let steps: Vec<String> = answer.steps.iter().map(|step| past::step(step, &names, layout)).collect();
        context.term.line(&steps.join("\n\n"))
    }
}

/// Find where a word or number first appeared in a plan, and where it last went.
#[derive(Debug, Args)]
#[command(after_help = examples::FIND)]
pub struct Find {
    /// The plan.
    plan: String,
    /// The word, number or phrase; upper and lower case are one.
    text: String,
    /// Up to this entry, date, time or version:NAME.
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// Find it inside longer words and numbers too.
    #[arg(long)]
    part: bool,
}

impl Find {
    /// Finds it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let plan = context.plan(&self.plan)?;
        let at = self.at.as_deref().map(point).transpose()?;
        let part = self.part.then(|| "true".to_owned());
        let query = given([("text", Some(self.text.clone())), ("at", at.clone()), ("part", part)]);
        let answer: AppearancesAnswer =
            context.http.get(&["plans", plan.id.as_str(), "appearances"], &query)?;
        if context.term.is_json() {
            return context.term.json(&answer);
        }
        if answer.appearances.is_empty() {
            context.term.note(&format!("{:?} never stood in {}.", self.text, plan.id));
            return Ok(());
        }
        let names = Names::of(&context.view(&plan.id, at.as_deref(), true)?);
        let layout = context.layout();
        let told: Vec<String> =
            answer.appearances.iter().map(|one| past::appearance(one, &names, layout)).collect();
        context.term.line(&told.join("\n\n"))
    }
}

fn given<const N: usize>(all: [(&'static str, Option<String>); N]) -> Vec<(&'static str, String)> {
    all.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect()
}
