//! What differs between two points of a plan, and between a plan and the one before it.
//!
//! Differences are told by element and field out of two views; nothing here reads entries, so what
//! was done and undone in between does not show.

mod between;
mod predecessor;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};

use plenary_limits::LABEL_CHARS_MAX;
use plenary_protocol::ElementId;
use plenary_protocol::plan::{ElementView, Kind, LinkView, PlanView};
use plenary_protocol::wire::past::{Change, Difference, Named};

pub use between::diff;
pub(crate) use between::{text_changes, typed};
pub use predecessor::{against_predecessor, point};

/// Which differences are asked for; an empty set asks nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiffFilter {
    /// Of these elements or links.
    pub elements: BTreeSet<ElementId>,
    /// Of what stands under this element at either point; a link counts to the element it starts from.
    pub subtree: Option<ElementId>,
    /// Of these fields; `place`, `removed`, `element`, `link` and `code` name what is no field.
    pub fields: BTreeSet<String>,
    /// Of elements and links of these kinds.
    pub kinds: BTreeSet<String>,
}

/// As `diff`, only what the filter asks for.
pub fn diff_of(before: &PlanView, after: &PlanView, filter: &DiffFilter) -> Vec<Difference> {
    let asked = |set: &BTreeSet<String>, found: &str| set.is_empty() || set.contains(found);
    let under = filter.subtree.as_ref().map(|root| {
        let mut either = under(before, root);
        either.extend(under(after, root));
        either
    });
    let mut found = diff(before, after);
    found.retain(|one| {
        let id = &one.about.element;
        (filter.elements.is_empty() || filter.elements.contains(id))
            && under.as_ref().is_none_or(|under| under.contains(id))
            && asked(&filter.kinds, &one.about.kind)
            && asked(&filter.fields, field_of(&one.what, one.about.kind.as_str()))
    });
    found
}

/// The field that a difference is about, by the name that history gives it.
fn field_of<'a>(change: &'a Change, kind: &str) -> &'a str {
    match change {
        Change::Added { .. } if Kind::named(kind).is_none() => "link",
        Change::Added { .. } => "element",
        Change::Removed | Change::Restored => "removed",
        Change::Moved { .. } => "place",
        Change::Renumbered => "code",
        Change::Set { field, .. } | Change::Text { field, .. } => field,
    }
}

/// An element by its names as of a view.
pub fn named(element: &ElementView, lang: &str) -> Named {
    Named {
        element: element.id.clone(),
        kind: element.kind.to_string(),
        code: element.code.clone(),
        code_now: None,
        label: element.label(lang).chars().take(LABEL_CHARS_MAX).collect(),
    }
}

/// A link by its names.
pub fn named_link(link: &LinkView) -> Named {
    Named {
        element: link.id.clone(),
        kind: link.kind.to_string(),
        code: None,
        code_now: None,
        label: String::new(),
    }
}

/// The plan itself by its names.
pub fn named_plan(view: &PlanView) -> Named {
    Named {
        element: ElementId::plan(),
        kind: "plan".to_owned(),
        code: None,
        code_now: None,
        label: view.title.clone(),
    }
}

/// An element, what stands under it, and the links that start there; everything for the plan.
fn under(view: &PlanView, root: &ElementId) -> HashSet<ElementId> {
    let mut found: HashSet<&ElementId> = HashSet::from([root]);
    // Reading order: a parent stands before its children.
    for element in &view.elements {
        if root.is_plan() || element.parent.as_ref().is_some_and(|parent| found.contains(parent)) {
            found.insert(&element.id);
        }
    }
    let links = view.links.iter().filter(|link| found.contains(&link.from)).map(|link| &link.id);
    found.iter().copied().chain(links).cloned().collect()
}
