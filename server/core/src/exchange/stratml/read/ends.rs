//! What is known only when all of a file was read: where references and links end, order and codes.

use std::collections::{BTreeMap, HashMap, HashSet};

use plenary_limits::DEPTH_MAX;
use plenary_protocol::ElementId;
use plenary_protocol::plan::{ElementView, FieldType, Kind, LinkView, Value, codes, order};

use super::Reader;

impl Reader<'_> {
    /// Elements with order keys and codes, and the links whose ends are there.
    pub(super) fn finish(&mut self) -> (Vec<ElementView>, Vec<LinkView>) {
        let kinds: HashMap<ElementId, Kind> =
            self.elements.iter().map(|draft| (draft.view.id.clone(), draft.view.kind)).collect();
        self.check_references(&kinds);
        let links = self.link_views(&kinds);
        let drafts = std::mem::take(&mut self.elements);
        let sequences: HashMap<ElementId, String> = drafts
            .iter()
            .filter(|draft| !draft.sequence.is_empty())
            .map(|draft| (draft.view.id.clone(), draft.sequence.clone()))
            .collect();
        let elements = ordered(drafts.into_iter().map(|draft| draft.view).collect());
        (coded(elements, &sequences), links)
    }

    fn check_references(&mut self, kinds: &HashMap<ElementId, Kind>) {
        for draft in &mut self.elements {
            let kind = draft.view.kind;
            let is_there = |name: &str, value: &Value| {
                let (Some(FieldType::Element(allowed)), Value::Text(id)) =
                    (kind.field(name).map(|spec| spec.ty), value)
                else {
                    return true;
                };
                let found = id.parse().ok().and_then(|id: ElementId| kinds.get(&id));
                found.is_some_and(|found| allowed.is_empty() || allowed.contains(&found.name()))
            };
            let gone: Vec<String> = draft
                .view
                .fields
                .iter()
                .filter(|(name, value)| !is_there(name, value))
                .map(|(name, _)| name.clone())
                .collect();
            for name in gone {
                draft.view.fields.remove(&name);
                let says = format!("{name} names an element that is not in the file; left out");
                self.remarks.add(draft.at, says);
            }
        }
    }

    fn link_views(&mut self, kinds: &HashMap<ElementId, Kind>) -> Vec<LinkView> {
        let mut seen = HashSet::new();
        let mut views = Vec::new();
        for link in std::mem::take(&mut self.links) {
            let to = self.named.get(&link.to).cloned().filter(|to| kinds.contains_key(to));
            let Some(to) = to else {
                let shown: String = link.to.chars().take(80).collect();
                self.remarks.add(link.at, format!("{shown:?} is no Identifier of the file; left out"));
                continue;
            };
            let (Some(from_kind), Some(to_kind)) = (kinds.get(&link.from), kinds.get(&to)) else { continue };
            if !link.kind.may_join(*from_kind, *to_kind) {
                let says = format!("{} does not go from {from_kind} to {to_kind}; left out", link.kind);
                self.remarks.add(link.at, says);
                continue;
            }
            if !seen.insert((link.kind.name(), link.from.clone(), to.clone())) {
                self.remarks.add(link.at, format!("a second {} to {to} is left out", link.kind));
                continue;
            }
            let id = link.id.unwrap_or_else(|| self.made_id("lnk", &format!("{} {to}", link.from)));
            views.push(LinkView {
                id,
                kind: link.kind,
                from: link.from,
                to,
                removed: false,
                note: link.note,
                concurrent: BTreeMap::new(),
                fields: link.fields,
            });
        }
        views.sort_by(|a, b| a.id.cmp(&b.id));
        views
    }
}

/// Siblings in the order of the file.
fn ordered(mut elements: Vec<ElementView>) -> Vec<ElementView> {
    let mut siblings: HashMap<Option<ElementId>, Vec<usize>> = HashMap::new();
    for (index, element) in elements.iter().enumerate() {
        siblings.entry(element.parent.clone()).or_default().push(index);
    }
    for group in siblings.into_values() {
        for (index, key) in group.iter().zip(order::spread("", "", group.len())) {
            elements[*index].order = key;
        }
    }
    elements
}

/// Display codes; where the file prints another one than the place gives, the element carries it.
///
/// From the top down, for a code is made from the one above.
fn coded(mut elements: Vec<ElementView>, sequences: &HashMap<ElementId, String>) -> Vec<ElementView> {
    let mut level: HashSet<Option<ElementId>> = [None].into();
    for _ in 0..DEPTH_MAX {
        elements = codes::arrange(elements);
        let mut below = HashSet::new();
        for element in elements.iter_mut().filter(|element| level.contains(&element.parent)) {
            if let Some(printed) = sequences.get(&element.id) {
                element.own_code = Some(printed.clone()).filter(|_| element.code.as_ref() != Some(printed));
            }
            below.insert(Some(element.id.clone()));
        }
        if below.is_empty() {
            break;
        }
        level = below;
    }
    codes::arrange(elements)
}
