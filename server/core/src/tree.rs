//! Who stands where, and what is linked, as last written in the order of the log.
//!
//! An index for commands that need siblings or an existing link at hand.  Where replicas wrote a
//! place at the same time the document may have chosen the other one: authority is read there, this
//! only helps to find a good place.

mod stored;

use std::collections::{BTreeSet, HashMap};

use automerge::legacy::{Key, OpType};
use automerge::{ExpandedChange, ScalarValue};
use plenary_protocol::ElementId;
use plenary_protocol::plan::layout::{KEY_FROM, KEY_KIND, KEY_ORDER, KEY_PARENT, KEY_TO};

use crate::places::{Place, Places};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Spot {
    kind: String,
    parent: String,
    order: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Ends {
    kind: String,
    from: String,
    to: String,
}

/// The index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    spots: HashMap<ElementId, Spot>,
    children: HashMap<String, BTreeSet<ElementId>>,
    links: HashMap<ElementId, Ends>,
    linked: HashMap<(String, String, String), ElementId>,
}

impl Tree {
    /// Takes in a change of the log whose objects `places` knows already.
    pub fn grow(&mut self, change: &ExpandedChange, places: &Places) {
        for operation in &change.operations {
            let (Key::Map(key), OpType::Put(ScalarValue::Str(value))) = (&operation.key, &operation.action)
            else {
                continue;
            };
            match places.of(&operation.obj) {
                Some(Place::Element(id)) => self.put(id, key, value),
                Some(Place::Link(id)) => self.put_link(id, key, value),
                _ => {}
            }
        }
    }

    fn put(&mut self, id: &ElementId, key: &str, value: &str) {
        let spot = self.spots.entry(id.clone()).or_default();
        match key {
            KEY_KIND => spot.kind = value.to_owned(),
            KEY_ORDER => spot.order = value.to_owned(),
            KEY_PARENT => {
                let before = std::mem::replace(&mut spot.parent, value.to_owned());
                if let Some(siblings) = self.children.get_mut(&before) {
                    siblings.remove(id);
                    if siblings.is_empty() {
                        self.children.remove(&before);
                    }
                }
                self.children.entry(value.to_owned()).or_default().insert(id.clone());
            }
            _ => {}
        }
    }

    fn put_link(&mut self, id: &ElementId, key: &str, value: &str) {
        let ends = self.links.entry(id.clone()).or_default();
        match key {
            KEY_KIND => ends.kind = value.to_owned(),
            KEY_FROM => ends.from = value.to_owned(),
            KEY_TO => ends.to = value.to_owned(),
            _ => return,
        }
        if !ends.kind.is_empty() && !ends.from.is_empty() && !ends.to.is_empty() {
            self.linked.insert((ends.kind.clone(), ends.from.clone(), ends.to.clone()), id.clone());
        }
    }

    /// Places an element that the change being made adds or moves.
    pub fn place(&mut self, id: &ElementId, kind: &str, parent: Option<&ElementId>, order: &str) {
        self.put(id, KEY_KIND, kind);
        self.put(id, KEY_PARENT, parent.map_or("", ElementId::as_str));
        self.put(id, KEY_ORDER, order);
    }

    /// Notes a link that the change being made adds.
    pub fn join(&mut self, id: &ElementId, kind: &str, from: &ElementId, to: &ElementId) {
        for (key, value) in [(KEY_KIND, kind), (KEY_FROM, from.as_str()), (KEY_TO, to.as_str())] {
            self.put_link(id, key, value);
        }
    }

    /// Elements of one kind under a parent in their order, each with its order key.
    pub fn siblings(&self, parent: Option<&ElementId>, kind: &str) -> Vec<(String, ElementId)> {
        let ids = self.children.get(parent.map_or("", ElementId::as_str));
        let mut out: Vec<(String, ElementId)> = ids
            .into_iter()
            .flatten()
            .filter_map(|id| {
                let spot = self.spots.get(id)?;
                (spot.kind == kind).then(|| (spot.order.clone(), id.clone()))
            })
            .collect();
        out.sort();
        out
    }

    /// The order key of the last element of one kind under a parent, `except` one.
    pub fn last_order(
        &self,
        parent: Option<&ElementId>,
        kind: &str,
        except: Option<&ElementId>,
    ) -> Option<&str> {
        let ids = self.children.get(parent.map_or("", ElementId::as_str));
        let others = ids.into_iter().flatten().filter(|id| except != Some(*id));
        let spots = others.filter_map(|id| self.spots.get(id)).filter(|spot| spot.kind == kind);
        spots.map(|spot| spot.order.as_str()).max()
    }

    /// The last link made of a kind between two elements.
    pub fn link_between(&self, kind: &str, from: &ElementId, to: &ElementId) -> Option<&ElementId> {
        self.linked.get(&(kind.to_owned(), from.to_string(), to.to_string()))
    }

    /// Elements that stand under one, each with its kind, in the order of ids.
    pub fn children(&self, parent: &ElementId) -> Vec<(ElementId, &str)> {
        let ids = self.children.get(parent.as_str()).into_iter().flatten();
        ids.filter_map(|id| Some((id.clone(), self.spots.get(id)?.kind.as_str()))).collect()
    }

    /// Links that start or end at an element, in the order of ids: id, kind, from, to.
    pub fn links_of(&self, id: &ElementId) -> Vec<(ElementId, &str, &str, &str)> {
        let touches = |ends: &Ends| ends.from == id.as_str() || ends.to == id.as_str();
        let links = self.links.iter().filter(|(_, ends)| touches(ends));
        let mut links: Vec<_> = links
            .map(|(id, ends)| (id.clone(), ends.kind.as_str(), ends.from.as_str(), ends.to.as_str()))
            .collect();
        links.sort();
        links
    }

    /// Elements of one kind, in the order of ids.
    pub fn of_kind(&self, kind: &str) -> Vec<ElementId> {
        let spots = self.spots.iter().filter(|(_, spot)| spot.kind == kind);
        let mut ids: Vec<ElementId> = spots.map(|(id, _)| id.clone()).collect();
        ids.sort();
        ids
    }

    /// How many elements and links there are, removed ones included.
    pub fn len(&self) -> usize {
        self.spots.len() + self.links.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
