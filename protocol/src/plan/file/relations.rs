//! What elements and links are to one another: one space of ids, parents, depth, references, ends.

use std::collections::HashMap;

use super::super::kinds::{FieldType, Kind};
use super::super::value::Value;
use super::element::{Element, Link};
use super::{Problems, json};
use crate::ids::ElementId;
use plenary_limits::DEPTH_MAX;

/// What an id stands for.
#[derive(Clone, Copy)]
enum Holder {
    Element(usize),
    Link,
}

/// Checks everything that needs more than one element to judge.
pub(super) fn check(elements: &[Element], links: &[Link], problems: &mut Problems) {
    let holders = holders(elements, links, problems);
    let mut parents = vec![None; elements.len()];
    for (index, element) in elements.iter().enumerate() {
        parents[index] = parent(element, elements, &holders, problems);
        references(element, elements, &holders, problems);
    }
    depths(elements, &parents, problems);
    for link in links {
        ends(link, elements, &holders, problems);
    }
}

fn holders<'a>(
    elements: &'a [Element],
    links: &'a [Link],
    problems: &mut Problems,
) -> HashMap<&'a str, Holder> {
    let ids = elements.iter().enumerate().map(|(i, e)| (&e.id, &e.pointer, Holder::Element(i)));
    let ids = ids.chain(links.iter().map(|link| (&link.id, &link.pointer, Holder::Link)));
    let mut first: HashMap<&str, &str> = HashMap::new();
    let mut holders = HashMap::new();
    for (id, pointer, holder) in ids {
        let Some(id) = id else { continue };
        let place = json::under(pointer, "id");
        if id.is_plan() {
            problems.add_structural(place, "\"plan\" is the id of the plan itself; take another");
        } else if let Some(before) = first.get(id.as_str()) {
            let says =
                format!("{id} is the id of {before} already; elements and links share one space of ids");
            problems.add_structural(place, says);
        } else {
            first.insert(id.as_str(), pointer);
            holders.insert(id.as_str(), holder);
        }
    }
    holders
}

/// The index and kind of the element of that id.  Says what is wrong otherwise.
fn find(
    id: &ElementId,
    elements: &[Element],
    holders: &HashMap<&str, Holder>,
) -> Result<(usize, Option<Kind>), String> {
    match holders.get(id.as_str()) {
        Some(Holder::Element(index)) => Ok((*index, elements[*index].kind)),
        Some(Holder::Link) => Err(format!("{id} is a link, not an element")),
        None => Err(format!("no element of the file has the id {id}")),
    }
}

fn parent(
    element: &Element,
    elements: &[Element],
    holders: &HashMap<&str, Holder>,
    problems: &mut Problems,
) -> Option<usize> {
    let place = json::under(&element.pointer, "parent");
    let above = match &element.parent {
        None => None,
        Some(id) => match find(id, elements, holders) {
            Ok(above) => Some(above),
            Err(says) => {
                problems.add_structural(place, says);
                return None;
            }
        },
    };
    let known = above.is_none_or(|(_, kind)| kind.is_some());
    let under = above.and_then(|(_, kind)| kind);
    if let Some(kind) = element.kind.filter(|kind| known && !kind.may_stand_under(under)) {
        let under =
            under.map_or("at the top of the plan".to_owned(), |kind| format!("under {}", json::one(kind)));
        let allowed: Vec<&str> = kind
            .spec()
            .parents
            .iter()
            .map(|name| match *name {
                "-" => "the top",
                "*" => "any element",
                name => name,
            })
            .collect();
        let says = format!("{} may not stand {under}; its place is: {}", json::one(kind), allowed.join(", "));
        problems.add_structural(place, says);
    }
    above.map(|(index, _)| index)
}

fn references(
    element: &Element,
    elements: &[Element],
    holders: &HashMap<&str, Holder>,
    problems: &mut Problems,
) {
    let Some(kind) = element.kind else { return };
    for (name, value) in &element.fields {
        let (Some(FieldType::Element(kinds)), Value::Text(id)) =
            (kind.field(name).map(|field| field.ty), value)
        else {
            continue;
        };
        let Ok(id) = id.parse::<ElementId>() else { continue };
        let says = match find(&id, elements, holders) {
            Ok((_, Some(found))) if !kinds.is_empty() && !kinds.contains(&found.name()) => {
                format!("{id} is {}; this field takes {}", json::one(found), json::one(kinds.join(" or ")))
            }
            Ok(_) => continue,
            Err(says) => says,
        };
        problems.add(json::under(&element.pointer, name), says);
    }
}

fn ends(link: &Link, elements: &[Element], holders: &HashMap<&str, Holder>, problems: &mut Problems) {
    let mut kinds = [None, None];
    for (slot, (key, end)) in kinds.iter_mut().zip([("from", &link.from), ("to", &link.to)]) {
        match end.as_ref().map(|id| find(id, elements, holders)) {
            Some(Ok((_, kind))) => *slot = kind,
            Some(Err(says)) => problems.add(json::under(&link.pointer, key), says),
            None => {}
        }
    }
    if let (Some(kind), [Some(from), Some(to)]) = (link.kind, kinds)
        && !kind.may_join(from, to)
    {
        let spec = kind.spec();
        let says = format!(
            "{kind} may not go from {} to {}; it goes from {} to {}",
            json::one(from),
            json::one(to),
            spec.from.join(", "),
            spec.to.join(", ")
        );
        problems.add(&link.pointer, says);
    }
}

/// How far the climb from an element has come.
#[derive(Clone, Copy)]
enum Depth {
    Unknown,
    /// On the path that is being climbed.
    Climbing,
    /// Levels from the top, 1 for an element at the top.
    Level(usize),
    /// In a cycle or under one.
    Endless,
}

/// Names every element of a cycle of parents, and every element one level too deep.
fn depths(elements: &[Element], parents: &[Option<usize>], problems: &mut Problems) {
    let mut depths = vec![Depth::Unknown; elements.len()];
    for start in 0..elements.len() {
        let mut path = Vec::new();
        let mut at = Some(start);
        let mut above = Depth::Level(0);
        while let Some(index) = at {
            match depths[index] {
                Depth::Unknown => {
                    depths[index] = Depth::Climbing;
                    path.push(index);
                    at = parents[index];
                }
                Depth::Climbing => {
                    let cycle = path.iter().skip_while(|on_path| **on_path != index);
                    for index in cycle {
                        let place = json::under(&elements[*index].pointer, "parent");
                        problems.add_structural(place, "stands under itself; its parents form a circle");
                    }
                    above = Depth::Endless;
                    break;
                }
                known => {
                    above = known;
                    break;
                }
            }
        }
        for index in path.into_iter().rev() {
            if let Depth::Level(level) = above {
                above = Depth::Level(level + 1);
                if level == DEPTH_MAX {
                    let place = json::under(&elements[index].pointer, "parent");
                    let says = format!("stands {} levels deep; {DEPTH_MAX} is the most", level + 1);
                    problems.add_structural(place, says);
                }
            }
            depths[index] = above;
        }
    }
}
