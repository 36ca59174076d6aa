//! Display codes: "2.7", "R.1-a", "3.R4", made from the place of an element.
//!
//! A code is not an identity: it follows the order and changes when something moves.  An element may
//! carry a code of its own, as its source prints it; then that one stands.

use std::collections::{HashMap, HashSet};

use super::kinds::{CodeForm, Kind};
use super::value::Value;
use super::view::ElementView;

/// Sorts elements into reading order (depth first, siblings by order key and id, removed ones at
/// their place) and gives each its display code.
///
/// Elements whose parent is missing or part of a cycle come last, at the top level.
pub fn arrange(elements: Vec<ElementView>) -> Vec<ElementView> {
    let mut children: HashMap<Option<&str>, Vec<usize>> = HashMap::new();
    let known: HashSet<&str> = elements.iter().map(|e| e.id.as_str()).collect();
    for (index, element) in elements.iter().enumerate() {
        let parent = element.parent.as_ref().map(|id| id.as_str());
        children.entry(parent).or_default().push(index);
    }
    for list in children.values_mut() {
        list.sort_by(|a, b| {
            let key = |i: &usize| {
                let e = &elements[*i];
                (e.kind.rank(), e.order.as_str(), e.id.as_str())
            };
            key(a).cmp(&key(b))
        });
    }
    let mut placed = vec![false; elements.len()];
    let mut order = Vec::with_capacity(elements.len());
    let mut visit = |roots: Vec<usize>| {
        // An explicit stack: a hostile chain of elements may be as deep as the plan is large.
        let mut stack: Vec<usize> = roots.into_iter().rev().collect();
        while let Some(index) = stack.pop() {
            if std::mem::replace(&mut placed[index], true) {
                continue;
            }
            order.push(index);
            let below = children.get(&Some(elements[index].id.as_str()));
            stack.extend(below.into_iter().flatten().rev());
        }
    };
    visit(children.get(&None).cloned().unwrap_or_default());
    let is_lost = |e: &ElementView| e.parent.as_ref().is_some_and(|p| !known.contains(p.as_str()));
    visit((0..elements.len()).filter(|i| is_lost(&elements[*i])).collect());
    visit((0..elements.len()).collect());
    let codes = number(&elements, &order);
    let mut slots: Vec<Option<ElementView>> = elements.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|index| {
            let mut element = slots[index].take()?;
            element.code = codes[index].clone();
            Some(element)
        })
        .collect()
}

fn number(elements: &[ElementView], order: &[usize]) -> Vec<Option<String>> {
    let mut codes: Vec<Option<String>> = vec![None; elements.len()];
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    let mut counts: HashMap<(Option<&str>, KindName, Option<&str>), usize> = HashMap::new();
    for index in order {
        let element = &elements[*index];
        by_id.insert(element.id.as_str(), *index);
        if element.removed {
            codes[*index] = element.own_code.clone();
            continue;
        }
        let parent = element.parent.as_ref().map(|id| id.as_str());
        let sector = match element.fields.get("sector") {
            Some(Value::Text(sector)) => Some(sector.as_str()),
            _ => None,
        };
        let group = if element.kind.spec().code == CodeForm::SectorNumber { sector } else { None };
        let count = counts.entry((parent, element.kind.name(), group)).or_default();
        *count += 1;
        let above = parent.and_then(|id| by_id.get(id)).and_then(|i| codes[*i].clone());
        codes[*index] = element.own_code.clone().or_else(|| match element.kind.spec().code {
            CodeForm::None => None,
            CodeForm::Ordinal(prefix) => Some(format!("{prefix}{count}")),
            CodeForm::ChildNumber(separator) => Some(format!("{}{separator}{count}", above?)),
            CodeForm::ChildLetter(separator) => Some(format!("{}{separator}{}", above?, letters(*count))),
            CodeForm::SectorNumber => Some(format!("{}.{count}", sector_letter(sector?)?)),
        });
    }
    codes
}

type KindName = &'static str;

/// The letter that codes of a Sector's objectives begin with.
pub fn sector_letter(sector: &str) -> Option<char> {
    match sector {
        "ITU-R" => Some('R'),
        "ITU-T" => Some('T'),
        "ITU-D" => Some('D'),
        "inter-sectoral" => Some('I'),
        _ => None,
    }
}

/// a, b, …, z, aa, ab, … for 1, 2, ….
pub fn letters(mut n: usize) -> String {
    let mut out = Vec::new();
    while n > 0 {
        n -= 1;
        out.push(char::from(b'a' + (n % 26) as u8));
        n /= 26;
    }
    out.iter().rev().collect()
}

/// Finds the element that a person means by `name`: an id, `kind:code`, or a display code.
///
/// A bare code that several kinds share means the one that comes first in the table of kinds when
/// that is a goal, target, indicator, objective, priority, outcome or output; otherwise it is
/// ambiguous and the answer lists what it could mean.
///
/// # Errors
/// `CodeError` when nothing or too much fits.
pub fn resolve<'a>(elements: &'a [ElementView], name: &str) -> Result<&'a ElementView, CodeError> {
    if let Some(element) = elements.iter().find(|e| e.id.as_str() == name) {
        return Ok(element);
    }
    let (kind, code) = match name.split_once(':') {
        Some((kind, code)) => match Kind::named(kind) {
            Some(kind) => (Some(kind), code),
            None => return Err(CodeError::Unknown { name: name.to_owned() }),
        },
        None => (None, name),
    };
    let mut found: Vec<&ElementView> = elements
        .iter()
        .filter(|e| !e.removed && e.code.as_deref() == Some(code) && kind.is_none_or(|kind| kind == e.kind))
        .collect();
    found.sort_by_key(|e| e.kind.rank());
    match found.as_slice() {
        [] => Err(CodeError::Unknown { name: name.to_owned() }),
        [one] => Ok(one),
        [first, second, ..] if first.kind != second.kind && is_core(first.kind) => Ok(first),
        several => Err(CodeError::Ambiguous {
            name: name.to_owned(),
            candidates: several.iter().map(|e| format!("{}:{} ({})", e.kind, code, e.id)).collect(),
        }),
    }
}

fn is_core(kind: Kind) -> bool {
    matches!(kind.name(), "goal" | "target" | "indicator" | "objective" | "priority" | "outcome" | "output")
}

/// Why a code does not name one element.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// No element has this id or code.
    #[error("no element has the id or code {name:?}")]
    Unknown {
        /// What was given.
        name: String,
    },
    /// Several elements do.
    #[error("{name:?} could be {}; say which", candidates.join(", "))]
    Ambiguous {
        /// What was given.
        name: String,
        /// What it could be, as `kind:code (id)`.
        candidates: Vec<String>,
    },
}
