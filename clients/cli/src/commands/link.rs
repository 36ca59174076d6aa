//! `link`, `unlink`, `carry`: how elements hang together, within a plan and with the one before it.

use std::collections::BTreeMap;

use clap::Args;
use plenary_protocol::plan::{Command, LinkKind, LinkView, PlanView};

use super::change::place;
use crate::context::{Around, Context};
use crate::examples;
use crate::failure::Failure;
use crate::names::{self, Names, Target};
use crate::values::{self, Slot, link_slot};

/// Link two elements.
#[derive(Debug, Args)]
#[command(after_help = examples::LINK)]
pub struct Link {
    /// The plan.
    plan: String,
    /// The kind, a verb: contributes_to, delivers, supports, …
    kind: String,
    /// Where it starts.
    from: String,
    /// Where it ends.
    to: String,
    /// A field; may be given several times.
    #[arg(long = "field", value_name = "NAME=VALUE")]
    fields: Vec<String>,
}

impl Link {
    /// Links them.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let kind = link_kind(&self.kind)?;
        let view = context.open(&self.plan, false)?;
        let from = names::element_of(&view, &self.from, some(kind.spec().from))?;
        let to = names::element_of(&view, &self.to, some(kind.spec().to))?;
        let mut fields = BTreeMap::new();
        for pair in &self.fields {
            let (name, value) = values::pair(pair)?;
            match link_slot(kind, name)? {
                Slot::Text(_) => {
                    return Err(Failure::Usage(
                        "a link's note is set once the link is there: plenary set PLAN LINK note TEXT".into(),
                    ));
                }
                Slot::Field(name, ty) => {
                    let value = values::parse(name, ty, value, &Around::new(context, &view))?;
                    fields.insert(name.to_owned(), value);
                }
            }
        }
        let command = Command::Link { kind, id: None, from: from.id.clone(), to: to.id.clone(), fields };
        let done = context.edit(&view, vec![command])?;
        let made = done.as_ref().and_then(|done| done.made.first());
        let words = format!(
            "linked: {} {kind} {}{}",
            names::element_words(from),
            names::element_words(to),
            made.map(|id| format!("  {id}")).unwrap_or_default()
        );
        context.report(done.as_ref(), made, None, &words)
    }
}

/// Remove a link.
#[derive(Debug, Args)]
#[command(after_help = examples::UNLINK)]
pub struct Unlink {
    /// The plan.
    plan: String,
    /// The link's id, or the element where it starts.
    link: String,
    /// The element where it ends.
    to: Option<String>,
    /// The kind, where several links go from one to the other.
    #[arg(long, requires = "to")]
    kind: Option<String>,
}

impl Unlink {
    /// Removes it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let kind = self.kind.as_deref().map(link_kind).transpose()?;
        let view = context.open(&self.plan, false)?;
        let link = match &self.to {
            None => match names::target(&view, &self.link)? {
                Target::Link(link) => link,
                _ => {
                    return Err(Failure::Usage(format!(
                        "{} is not a link; give the link's id, or both elements: plenary unlink PLAN FROM TO",
                        self.link
                    )));
                }
            },
            Some(to) => find_link(&view, &self.link, to, kind)?,
        };
        let done = context.edit(&view, vec![Command::Unlink { link: link.id.clone() }])?;
        let words = format!("removed the link {}", Names::of(&view).words(&link.id, "link"));
        context.report(done.as_ref(), Some(&link.id), None, &words)
    }
}

/// Take an element of a former plan into this one, and say what became of it.
///
/// Element, disposition and link become one entry.  Without --into a new element is made.
#[derive(Debug, Args)]
#[command(after_help = examples::CARRY)]
pub struct Carry {
    /// The plan.
    plan: String,
    /// The former element, PLAN/ELEMENT.
    former: String,
    /// An element of this plan in which it lives on; may be given several times.
    #[arg(long, value_name = "ELEMENT")]
    into: Vec<String>,
    /// The element that the new one comes to stand under.
    #[arg(long, value_name = "ELEMENT", conflicts_with = "into")]
    under: Option<String>,
    /// The sibling that the new one follows.
    #[arg(long, value_name = "ELEMENT", conflicts_with = "into")]
    after: Option<String>,
    /// What became of it: carried_into, merged, split, moved_to_outcome, dropped, …
    #[arg(long = "type", value_name = "TYPE")]
    what: Option<String>,
    /// The kind of the new element [default: that of the former one].
    #[arg(long, conflicts_with = "into")]
    kind: Option<String>,
    /// Why it became that.
    #[arg(long, value_name = "TEXT")]
    rationale: Option<String>,
}

impl Carry {
    /// Carries it over.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let kind = self.kind.as_deref().map(names::kind).transpose()?;
        let view = context.open(&self.plan, false)?;
        let around = Around::new(context, &view);
        let Some(former) = values::reference(&self.former, &around)? else {
            return Err(Failure::Usage(format!(
                "{:?} is not an element of a former plan; it looks like PLAN/2.7 or PLAN/tgt-4k2m9qx7",
                self.former
            )));
        };
        let into = self.into.iter().map(|name| names::element(&view, name).map(|element| element.id.clone()));
        let command = Command::Carry {
            former: former.clone(),
            what: self.what.clone(),
            into: into.collect::<Result<_, _>>()?,
            kind,
            place: place(&view, kind, self.under.as_deref(), self.after.as_deref(), None)?,
            rationale: self.rationale.clone(),
        };
        let done = context.edit(&view, vec![command])?;
        let made: Vec<String> = done.iter().flat_map(|done| &done.made).map(|id| id.to_string()).collect();
        let words = format!(
            "carried {}/{} {}{}",
            former.plan,
            former.element,
            self.what.as_deref().unwrap_or("over").replace('_', " "),
            if made.is_empty() { String::new() } else { format!("; made {}", made.join(", ")) }
        );
        context.report(done.as_ref(), None, None, &words)
    }
}

/// The kind of link of that name.
pub fn link_kind(name: &str) -> Result<LinkKind, Failure> {
    LinkKind::named(name).ok_or_else(|| {
        let names: Vec<&str> = LinkKind::all().map(LinkKind::name).collect();
        Failure::Usage(format!("{name:?} is not a kind of link; they are:\n{}", names::wrapped_list(&names)))
    })
}

/// Kinds of the table as `element_of` takes them: `*` is any.
pub fn some(kinds: &'static [&'static str]) -> &'static [&'static str] {
    if kinds.contains(&"*") { &[] } else { kinds }
}

fn find_link<'a>(
    view: &'a PlanView,
    from: &str,
    to: &str,
    kind: Option<LinkKind>,
) -> Result<&'a LinkView, Failure> {
    // A code that several kinds share means whichever of them the link joins.
    let meant = |name: &str, kinds: &'static [&'static str]| {
        names::element_of(view, name, some(kinds)).map(|element| &element.id)
    };
    let joins = |link: &&LinkView| {
        !link.removed
            && kind.is_none_or(|kind| kind == link.kind)
            && meant(from, link.kind.spec().from).is_ok_and(|id| *id == link.from)
            && meant(to, link.kind.spec().to).is_ok_and(|id| *id == link.to)
    };
    let found: Vec<&LinkView> = view.links.iter().filter(joins).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            names::element(view, from)?;
            names::element(view, to)?;
            Err(Failure::NotFound(format!("no such link goes from {from} to {to}")))
        }
        several => {
            let list: String = several.iter().map(|link| format!("\n  {} {}", link.id, link.kind)).collect();
            Err(Failure::Usage(format!(
                "several links go from {from} to {to}; name one by id or --kind:{list}"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn a_link_is_found_by_its_ends() {
        let view = fixture::plan();
        // Both ends are called 1; the link says which kinds it joins.
        assert_eq!(find_link(&view, "priority:1", "1", None).unwrap().id.as_str(), "lnk-1");
        assert_eq!(find_link(&view, "1", "1", None).unwrap().id.as_str(), "lnk-1");
        assert_eq!(find_link(&view, "1", "1.1", None).unwrap_err().exit_code(), 3);
        assert_eq!(find_link(&view, "1", "1", LinkKind::named("supports")).unwrap_err().exit_code(), 3);
    }

    #[test]
    fn an_unknown_kind_lists_the_known_ones() {
        let message = link_kind("helps").unwrap_err().message();
        assert!(message.contains("contributes_to"), "{message}");
    }
}
