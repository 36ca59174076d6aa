//! `plans`, `kinds` and `show`: what there is.

use clap::Args;
use plenary_protocol::plan::kinds::{CodeForm, FieldSpec, Ownership};
use plenary_protocol::plan::{Kind, LinkKind};
use serde_json::{Value as Json, json};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::names;
use crate::render::outline::{Outline, codes_now, heading, outline, plans as plans_text};
use crate::render::time::point;
use crate::render::wrap::wrap;
use crate::term::Term;

/// Lists the plans.
pub fn plans(context: &Context<'_>) -> Result<(), Failure> {
    let plans = context.plans()?;
    if context.term.is_json() {
        return context.term.json(&plans);
    }
    if plans.is_empty() {
        context.term.note("There is no plan that you may read.  `plenary import FILE` makes one.");
        return Ok(());
    }
    context.term.line(&plans_text(&plans, context.term.paint(), context.term.width()))
}

/// List the kinds of elements and links, or the fields of one.
#[derive(Debug, Args)]
#[command(after_help = examples::KINDS)]
pub struct Kinds {
    /// A kind of element or link: show its texts, fields and places.
    kind: Option<String>,
}

impl Kinds {
    /// Shows the table that this program was built with.
    pub fn run_offline(&self, term: &Term) -> Result<(), Failure> {
        let width = term.width();
        let text = match self.kind.as_deref() {
            None => all_kinds(width),
            Some(name) => match (Kind::named(name), LinkKind::named(name)) {
                (Some(kind), _) => one_kind(kind, width),
                (None, Some(kind)) => one_link_kind(kind, width),
                (None, None) => return Err(no_such_kind(name)),
            },
        };
        term.line(&text)
    }

    /// Prints the server's table as JSON.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let table: Json = context.http.get(&["kinds"], &[])?;
        let Some(name) = &self.kind else { return context.term.json(&table) };
        let mut all = ["elements", "links"].iter().filter_map(|key| table[*key].as_array()).flatten();
        match all.find(|row| row["name"] == json!(name)) {
            Some(row) => context.term.json(row),
            None => Err(no_such_kind(name)),
        }
    }
}

fn no_such_kind(name: &str) -> Failure {
    Failure::NotFound(format!("{name:?} is no kind; `plenary kinds` lists them"))
}

fn all_kinds(width: Option<usize>) -> String {
    let row = |name: &str, about: &str| wrap(&format!("  {name:<20}"), &" ".repeat(22), about, width);
    let mut lines = vec!["Kinds of elements:".to_owned()];
    lines.extend(Kind::all().map(|kind| row(kind.name(), kind.spec().about)));
    lines.push("\nKinds of links:".to_owned());
    lines.extend(LinkKind::all().map(|kind| row(kind.name(), kind.spec().about)));
    lines.push(String::new());
    lines.push(wrap("", "", "`plenary kinds KIND` shows texts, fields and places of one.", width));
    lines.join("\n")
}

fn one_kind(kind: Kind, width: Option<usize>) -> String {
    let spec = kind.spec();
    let places: Vec<&str> = spec
        .parents
        .iter()
        .map(|parent| match *parent {
            "-" => "the top of the plan",
            "*" => "any element",
            other => other,
        })
        .collect();
    let owner = match spec.ownership {
        Ownership::Shared => "every drafter",
        Ownership::Bureau => "the Bureau that owns it, or what it stands under",
        Ownership::Open => "every drafter; contributors add them and edit their own",
    };
    let code = match spec.code {
        CodeForm::None => "none",
        CodeForm::Ordinal(_) => "counted among its like",
        CodeForm::ChildNumber(_) | CodeForm::ChildLetter(_) => {
            "that of what it stands under, and its own number"
        }
        CodeForm::SectorNumber => "letter of the Sector and number",
    };
    let texts: Vec<String> = spec
        .texts
        .iter()
        .map(|text| format!("{}{}", text.name, if text.required { " (required)" } else { "" }))
        .collect();
    let row = |name: &str, text: &str| wrap(&format!("  {name:<14}"), &" ".repeat(16), text, width);
    let mut lines = vec![wrap(&format!("{}: ", kind.name()), "  ", spec.about, width)];
    if !places.is_empty() {
        lines.push(row("under", &places.join(", ")));
    }
    lines.push(row("written by", owner));
    lines.push(row("code", code));
    lines.push(row("texts", &if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }));
    lines.push("  fields".to_owned());
    lines.extend(kind.fields().map(|field| field_row(field, width)));
    lines.join("\n")
}

fn one_link_kind(kind: LinkKind, width: Option<usize>) -> String {
    let spec = kind.spec();
    let ends = |kinds: &[&str]| if kinds == ["*"] { "any element".to_owned() } else { kinds.join(", ") };
    let row = |name: &str, text: &str| wrap(&format!("  {name:<14}"), &" ".repeat(16), text, width);
    let mut lines = vec![
        wrap(&format!("{} (link): ", kind.name()), "  ", spec.about, width),
        row("from", &ends(spec.from)),
        row("to", &ends(spec.to)),
        row("texts", "note"),
    ];
    if !spec.fields.is_empty() {
        lines.push("  fields".to_owned());
        lines.extend(spec.fields.iter().map(|field| field_row(field, width)));
    }
    lines.join("\n")
}

fn field_row(field: &FieldSpec, width: Option<usize>) -> String {
    let text = format!("{} – {}", field.about, field.ty.describe());
    wrap(&format!("    {:<22}", field.name), &" ".repeat(26), &text, width)
}

/// Show a plan as an outline with display codes.
#[derive(Debug, Args)]
#[command(after_help = examples::SHOW)]
pub struct Show {
    /// The plan.
    plan: String,
    /// As of this entry, date, time or version:NAME.
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// Only elements of this kind, as a list.
    #[arg(long, conflicts_with_all = ["depth", "under"])]
    kind: Option<String>,
    /// Only so many levels.
    #[arg(long, value_name = "LEVELS")]
    depth: Option<usize>,
    /// Only this element and what stands under it.
    #[arg(long, value_name = "ELEMENT")]
    under: Option<String>,
    /// Language of titles [default: that of the plan].
    #[arg(long)]
    lang: Option<String>,
    /// With removed elements.
    #[arg(long)]
    removed: bool,
}

impl Show {
    /// Shows the plan.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let kind = self.kind.as_deref().map(names::kind).transpose()?;
        let at = self.at.as_deref().map(point).transpose()?;
        let plan = context.plan(&self.plan)?;
        let view = context.view(&plan.id, at.as_deref(), self.removed)?;
        if context.term.is_json() {
            return context.term.json(&view);
        }
        let under = match &self.under {
            Some(name) => Some(names::element(&view, name)?.id.clone()),
            None => None,
        };
        let now = match at {
            Some(_) => Some(codes_now(&context.view(&plan.id, None, false)?)),
            None => None,
        };
        let layout = context.layout();
        let options = Outline {
            kind,
            depth: self.depth,
            under,
            lang: self.lang.clone().unwrap_or_else(|| view.language().to_owned()),
            width: layout.width,
            codes_now: now,
        };
        let body = outline(&view, &options, layout.paint);
        context.term.line(&format!("{}\n\n{body}", heading(&view, layout.paint, layout.width)))?;
        if body.is_empty() {
            context.term.note("(nothing of that kind yet)");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_can_be_shown() {
        for kind in Kind::all() {
            let text = one_kind(kind, Some(80));
            assert!(text.contains("fields") && text.starts_with(kind.name()), "{text}");
        }
        let text = one_link_kind(LinkKind::named("contributes_to").unwrap(), None);
        assert!(text.contains("strength") && text.contains("primary, secondary"), "{text}");
        assert!(all_kinds(None).lines().count() > 40);
    }
}
