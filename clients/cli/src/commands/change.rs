//! `add`, `move`, `remove`, `comment`: elements come, go and change place.

use std::collections::BTreeMap;

use clap::Args;
use plenary_protocol::ids::ElementId;
use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::{Command, Kind, PlanView};

use super::set::from_stdin;
use crate::context::{Around, Context};
use crate::examples;
use crate::failure::Failure;
use crate::names::{self, Names};
use crate::values::{self, Slot, slot_of};

/// Add an element.
///
/// Prints its display code and its id.  `plenary kinds KIND` says where it may stand and what it has.
#[derive(Debug, Args)]
#[command(after_help = examples::ADD)]
pub struct Add {
    /// The plan.
    plan: String,
    /// The kind: goal, target, indicator, …
    kind: String,
    /// The element it comes to stand under [default: the top of the plan].
    #[arg(long, value_name = "ELEMENT")]
    under: Option<String>,
    /// The sibling it follows [default: the last one].
    #[arg(long, value_name = "ELEMENT")]
    after: Option<String>,
    /// Its title.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Its statement.
    #[arg(long, value_name = "TEXT")]
    statement: Option<String>,
    /// A text or field; may be given several times.
    #[arg(long = "field", value_name = "NAME=VALUE")]
    fields: Vec<String>,
    /// The Bureau it belongs to [default: as what it stands under].
    #[arg(long, value_name = "BUREAU")]
    owner: Option<String>,
    /// Language of the texts [default: that of the plan].
    #[arg(long)]
    lang: Option<String>,
}

impl Add {
    /// Adds it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let kind = names::kind(&self.kind)?;
        let owner = self.owner.as_deref().map(values::owner).transpose()?;
        let view = context.open(&self.plan, false)?;
        let place = place(&view, Some(kind), self.under.as_deref(), self.after.as_deref(), None)?;
        let mut text = BTreeMap::new();
        let mut fields = BTreeMap::new();
        let short = [("title", &self.title), ("statement", &self.statement)];
        let short = short.into_iter().filter_map(|(name, value)| value.as_deref().map(|value| (name, value)));
        let long = self.fields.iter().map(|pair| values::pair(pair)).collect::<Result<Vec<_>, _>>()?;
        for (name, value) in short.chain(long) {
            match slot_of(kind, name)? {
                Slot::Text(name) => {
                    text.insert(name.to_owned(), value.to_owned());
                }
                Slot::Field("owner", _) => {
                    return Err(Failure::Usage("give the owner with --owner".into()));
                }
                Slot::Field(name, ty) => {
                    let value = values::parse(name, ty, value, &Around::new(context, &view))?;
                    fields.insert(name.to_owned(), value);
                }
            }
        }
        let id = context.made_id(kind, 0);
        let add =
            Command::Add { kind, id: Some(id.clone()), place, owner, fields, lang: self.lang.clone(), text };
        let done = context.edit(&view, vec![add])?;
        context.report_made(&view.id, done.as_ref(), &id)
    }
}

/// Move an element.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("where").required(true).multiple(true).args(["under", "after", "before"]))]
#[command(after_help = examples::MOVE)]
#[command(override_usage = "plenary move <PLAN> <ELEMENT> [--under E] [--after E | --before E]")]
pub struct Move {
    /// The plan.
    plan: String,
    /// The element.
    element: String,
    /// The element it comes to stand under; `plan` for the top of the plan.
    #[arg(long, value_name = "ELEMENT")]
    under: Option<String>,
    /// The sibling it follows.
    #[arg(long, value_name = "ELEMENT", conflicts_with = "before")]
    after: Option<String>,
    /// The sibling it precedes.
    #[arg(long, value_name = "ELEMENT")]
    before: Option<String>,
}

impl Move {
    /// Moves it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let view = context.open(&self.plan, false)?;
        let element = names::element(&view, &self.element)?;
        let (under, after, before) = (self.under.as_deref(), self.after.as_deref(), self.before.as_deref());
        let mut place = place(&view, Some(element.kind), under, after, before)?;
        if place.parent.is_none() && element.parent.is_some() {
            // For a move, no parent means the one it has; the top has to be named.
            place.parent = Some(ElementId::plan());
        }
        let done = context.edit(&view, vec![Command::Move { element: element.id.clone(), place }])?;
        // The edit is done whatever this read says.
        let now = context.element_now(&view.id, &element.id).ok().and_then(|answer| answer.element.code);
        let words = match &now {
            Some(code) if Some(code) != element.code.as_ref() => {
                format!("moved {}; it is now {code}", names::element_words(element))
            }
            _ => format!("moved {}", names::element_words(element)),
        };
        context.report(done.as_ref(), Some(&element.id), now.as_deref(), &words)
    }
}

/// Remove an element or link; it can be restored.
#[derive(Debug, Args)]
#[command(after_help = examples::REMOVE)]
pub struct Remove {
    /// The plan.
    plan: String,
    /// The element, or the id of a link.
    element: String,
}

impl Remove {
    /// Removes it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let view = context.open(&self.plan, false)?;
        let target = names::target(&view, &self.element)?;
        let id = target.id();
        let done = context.edit(&view, vec![Command::Remove { element: id.clone() }])?;
        let words = format!("removed {}; `plenary restore {} {id}` brings it back", target.words(), view.id);
        context.report(done.as_ref(), Some(&id), None, &words)
    }
}

/// Comment on an element.
#[derive(Debug, Args)]
#[command(after_help = examples::COMMENT)]
pub struct Comment {
    /// The plan.
    plan: String,
    /// The element.
    element: String,
    /// The remark; `-` reads it from standard input.
    #[arg(allow_hyphen_values = true)]
    text: String,
}

impl Comment {
    /// Adds the comment.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let text = if self.text == "-" { from_stdin()? } else { self.text.clone() };
        let view = context.open(&self.plan, false)?;
        let target = names::target(&view, &self.element)?;
        let done = context.edit(&view, vec![Command::Comment { element: target.id(), text }])?;
        let made = done.as_ref().and_then(|done| done.made.first());
        let words = match made {
            Some(id) => format!("commented on {}: {id}", target.words()),
            None => format!("commented on {}", target.words()),
        };
        context.report(done.as_ref(), made, None, &words)
    }
}

/// Where something goes: a sibling brings its parent along; no parent is the top of the plan.
pub fn place(
    view: &PlanView,
    kind: Option<Kind>,
    under: Option<&str>,
    after: Option<&str>,
    before: Option<&str>,
) -> Result<Place, Failure> {
    let parents: &[&str] = kind.map_or(&[], |kind| kind.spec().parents);
    let siblings: Vec<&str> = kind.map(Kind::name).into_iter().collect();
    let sibling = |name: Option<&str>| name.map(|name| names::element_of(view, name, &siblings)).transpose();
    let (after, before) = (sibling(after)?, sibling(before)?);
    let parent = match under {
        Some("plan") => None,
        Some(name) => Some(names::element_of(view, name, parents)?.id.clone()),
        None => after.or(before).and_then(|sibling| sibling.parent.clone()),
    };
    for sibling in [after, before].into_iter().flatten() {
        if parent != sibling.parent {
            let names = Names::of(view);
            let words =
                |id: Option<&ElementId>| id.map_or_else(|| "the plan".into(), |id| names.words(id, ""));
            return Err(Failure::Usage(format!(
                "{} does not stand under {}, but under {}",
                names::element_words(sibling),
                words(parent.as_ref()),
                words(sibling.parent.as_ref())
            )));
        }
    }
    let id =
        |element: Option<&plenary_protocol::plan::ElementView>| element.map(|element| element.id.clone());
    Ok(Place { parent, after: id(after), before: id(before) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn a_sibling_brings_its_parent_along() {
        let view = fixture::plan();
        let target = Kind::named("target");
        let found = place(&view, target, None, Some("1.1"), None).unwrap();
        assert_eq!(found.parent.unwrap().as_str(), "gol-a");
        assert_eq!(found.after.unwrap().as_str(), "tgt-a");
        let top = place(&view, Kind::named("goal"), None, None, Some("1")).unwrap();
        assert_eq!(top.parent, None);
        assert_eq!(place(&view, target, Some("1"), None, None).unwrap().parent.unwrap().as_str(), "gol-a");
        assert_eq!(place(&view, target, None, None, None).unwrap(), Place::default());
    }

    #[test]
    fn a_bare_code_means_the_kind_that_fits_the_place() {
        let view = fixture::plan();
        let under = place(&view, Kind::named("outcome"), Some("1"), None, None).unwrap();
        assert_eq!(under.parent.unwrap().as_str(), "pri-a");
    }

    #[test]
    fn a_sibling_elsewhere_is_a_contradiction() {
        let failure = place(&fixture::plan(), Kind::named("target"), Some("priority:1"), Some("1.1"), None)
            .unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.message().contains("target 1.1 does not stand under priority 1, but under goal 1"));
    }
}
