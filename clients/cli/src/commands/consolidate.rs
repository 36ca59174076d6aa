//! `merge`, `split`: several elements become one, one becomes several, with dispositions, in one entry.

use std::collections::BTreeMap;

use clap::Args;
use plenary_protocol::plan::command::Part;
use plenary_protocol::plan::value::Reference;
use plenary_protocol::plan::{Command, Kind, PlanView};

use super::change::place;
use crate::context::{Around, Context};
use crate::examples;
use crate::failure::Failure;
use crate::names;
use crate::values::{self, Lookup as _, Slot, slot_of};

/// Make one element of several of one kind.
///
/// The new element, a disposition for each of them, and their links, united, become one entry; what
/// stands under them moves along, and those of this plan are removed.  Texts and fields that are not
/// given come from the first that has them.
#[derive(Debug, Args)]
#[command(after_help = examples::MERGE)]
pub struct Merge {
    /// The plan.
    plan: String,
    /// The elements, two at least; of a former plan as PLAN/ELEMENT.
    #[arg(required = true, num_args = 2..)]
    elements: Vec<String>,
    /// A text or field of the new element; may be given several times.
    #[arg(long = "field", value_name = "NAME=VALUE")]
    fields: Vec<String>,
    /// The element it comes to stand under [default: as the first of this plan].
    #[arg(long, value_name = "ELEMENT")]
    under: Option<String>,
    /// The sibling it follows.
    #[arg(long, value_name = "ELEMENT")]
    after: Option<String>,
    /// The Bureau it belongs to [default: theirs, where it is one].
    #[arg(long, value_name = "BUREAU")]
    owner: Option<String>,
    /// Language of the texts [default: that of the plan].
    #[arg(long)]
    lang: Option<String>,
    /// Why they become one.
    #[arg(long, value_name = "TEXT")]
    rationale: Option<String>,
}

impl Merge {
    /// Merges them.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let owner = self.owner.as_deref().map(values::owner).transpose()?;
        let view = context.open(&self.plan, false)?;
        let around = Around::new(context, &view);
        let mut elements = Vec::new();
        let mut kind = None;
        for name in &self.elements {
            let (reference, found) = meant(&view, &around, name)?;
            kind = kind.or(found);
            elements.push(reference);
        }
        let kind = kind.ok_or_else(|| Failure::Usage("the elements have no kind".into()))?;
        let (mut text, mut fields) = (BTreeMap::new(), BTreeMap::new());
        for pair in &self.fields {
            let (name, value) = values::pair(pair)?;
            match slot_of(kind, name)? {
                Slot::Text(name) => _ = text.insert(name.to_owned(), value.to_owned()),
                Slot::Field("owner", _) => {
                    return Err(Failure::Usage("give the owner with --owner".into()));
                }
                Slot::Field(name, ty) => {
                    fields.insert(name.to_owned(), values::parse(name, ty, value, &around)?);
                }
            }
        }
        let command = Command::Merge {
            elements,
            place: place(&view, Some(kind), self.under.as_deref(), self.after.as_deref(), None)?,
            owner,
            fields,
            lang: self.lang.clone(),
            text,
            rationale: self.rationale.clone(),
            base: view.seq,
        };
        let done = context.edit(&view, vec![command])?;
        let made = done.as_ref().and_then(|done| done.made.first());
        let into = made.map(|id| format!(" into {id}")).unwrap_or_default();
        let words = format!("merged {}{into}", self.elements.join(", "));
        context.report(done.as_ref(), made, None, &words)
    }
}

/// Make several elements of one.
///
/// The new elements and a disposition that names them become one entry; one of this plan is removed.
/// Its links go to every part, what stands under it to the first, unless --keep says otherwise.
#[derive(Debug, Args)]
#[command(after_help = examples::SPLIT)]
pub struct Split {
    /// The plan.
    plan: String,
    /// The element; of a former plan as PLAN/ELEMENT.
    element: String,
    /// The title (or statement, where it has no title) of a part; two at least.
    #[arg(long, value_name = "TEXT", required = true)]
    into: Vec<String>,
    /// Part NUMBER alone keeps a link, or an element that stands under it.
    #[arg(long, value_name = "NUMBER=ID")]
    keep: Vec<String>,
    /// The element that the parts come to stand under [default: as it does].
    #[arg(long, value_name = "ELEMENT")]
    under: Option<String>,
    /// Language of the texts [default: that of the plan].
    #[arg(long)]
    lang: Option<String>,
    /// Why it becomes several.
    #[arg(long, value_name = "TEXT")]
    rationale: Option<String>,
}

impl Split {
    /// Splits it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let view = context.open(&self.plan, false)?;
        let around = Around::new(context, &view);
        let (element, kind) = meant(&view, &around, &self.element)?;
        let kind = kind.ok_or_else(|| Failure::Usage(format!("{} has no kind", self.element)))?;
        let own = view.element(&element.element).filter(|_| element.plan == view.id);
        let texts =
            |name: &str| own.is_some_and(|own| own.text.values().any(|texts| texts.contains_key(name)));
        let has = |name: &str| kind.text(name).is_some();
        let name = match () {
            () if has("statement") && (!has("title") || (texts("statement") && !texts("title"))) => {
                "statement"
            }
            () => "title",
        };
        let part = |text: &String| Part { text: [(name.to_owned(), text.clone())].into(), ..Part::default() };
        let mut into: Vec<Part> = self.into.iter().map(part).collect();
        for pair in &self.keep {
            let wrong = || {
                Failure::Usage(format!(
                    "--keep takes NUMBER=ID, the number of a part from 1; {pair:?} is not that"
                ))
            };
            let (number, name) = pair.split_once('=').ok_or_else(wrong)?;
            let number: usize = number.parse().map_err(|_| wrong())?;
            let part = number.checked_sub(1).and_then(|index| into.get_mut(index)).ok_or_else(wrong)?;
            part.keeps.push(names::target(&view, name)?.id());
        }
        let command = Command::Split {
            element,
            into,
            place: place(&view, Some(kind), self.under.as_deref(), None, None)?,
            lang: self.lang.clone(),
            rationale: self.rationale.clone(),
            base: view.seq,
        };
        let done = context.edit(&view, vec![command])?;
        let made = done.iter().flat_map(|done| done.made.iter().take(self.into.len()));
        let made: Vec<String> = made.map(ToString::to_string).collect();
        let into = if made.is_empty() { String::new() } else { format!(" into {}", made.join(", ")) };
        context.report(done.as_ref(), None, None, &format!("split {}{into}", self.element))
    }
}

/// The element that is meant, of this plan or of another, and its kind.
fn meant(view: &PlanView, around: &Around<'_>, name: &str) -> Result<(Reference, Option<Kind>), Failure> {
    match name.split_once('/') {
        None => {
            let element = names::element(view, name)?;
            Ok((Reference { plan: view.id.clone(), element: element.id.clone() }, Some(element.kind)))
        }
        Some((plan, element)) => {
            let (plan, element, _) = around.there(plan, element)?;
            let kind = Kind::all().find(|kind| {
                element.as_str().strip_prefix(kind.spec().prefix).is_some_and(|rest| rest.starts_with('-'))
            });
            Ok((Reference { plan, element }, kind))
        }
    }
}
