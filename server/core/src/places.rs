//! Where every object of a document lies: object id → element, field, language.
//!
//! One row an object, grown by the make-operations of changes in the order of the log, so that an
//! operation's meaning is known before it is applied.  It also answers the other way round: which
//! objects stand for a text or a set (more than one where replicas made them at the same time).

mod stored;

use std::collections::HashMap;

use automerge::legacy::{Key, ObjectId, OpId, OpType};
use automerge::{ExpandedChange, ObjId};
use plenary_protocol::ElementId;
use plenary_protocol::plan::layout::{KEY_ELEMENTS, KEY_LINKS, KEY_NOTE, KEY_PLAN, KEY_TEXT};

/// What an object of the document is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// The root map.
    Root,
    /// The map of the plan's own fields.
    Plan,
    /// The map of elements.
    Elements,
    /// The map of links.
    Links,
    /// One element.
    Element(ElementId),
    /// The texts of an element, by language.
    Texts(ElementId),
    /// The texts of an element in one language.
    Lang(ElementId, String),
    /// One text.
    Text(ElementId, String, String),
    /// A set field of an element, link or the plan.
    Set(ElementId, String),
    /// One link.
    Link(ElementId),
    /// The remark of a link.
    Note(ElementId),
    /// Nothing that the layout knows; only in documents of a newer layout.
    Unknown,
}

/// The map from objects to places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    by_object: HashMap<OpId, Place>,
    objects: HashMap<Place, Vec<OpId>>,
}

/// The library's address of an object made by an operation.
pub(crate) fn address(id: &OpId) -> ObjId {
    ObjId::Id(id.counter(), id.actor().clone(), 0)
}

impl Places {
    /// The place of an object.
    pub fn of(&self, object: &ObjectId) -> Option<&Place> {
        match object {
            ObjectId::Root => Some(&Place::Root),
            ObjectId::Id(id) => self.by_object.get(id),
        }
    }

    /// The objects that stand for a place, oldest first.
    pub fn objects(&self, place: &Place) -> impl Iterator<Item = ObjId> {
        self.objects.get(place).into_iter().flatten().map(address)
    }

    /// The first object that stands for a place.
    pub fn object(&self, place: &Place) -> Option<ObjId> {
        self.objects(place).next()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.by_object.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_object.is_empty()
    }

    /// Takes in the objects that a change of the log makes.
    pub fn grow(&mut self, change: &ExpandedChange) {
        for (id, place) in self.made_by(change) {
            self.objects.entry(place.clone()).or_default().push(id.clone());
            self.by_object.insert(id, place);
        }
    }

    /// The objects that a change makes, with their places.
    pub fn made_by(&self, change: &ExpandedChange) -> Vec<(OpId, Place)> {
        let mut made: Vec<(OpId, Place)> = Vec::new();
        let mut index: HashMap<OpId, usize> = HashMap::new();
        let counters = change.start_op.get()..;
        for (counter, operation) in counters.zip(&change.operations) {
            let OpType::Make(_) = operation.action else { continue };
            let above = match &operation.obj {
                ObjectId::Id(id) => index.get(id).map(|at| &made[*at].1).or_else(|| self.by_object.get(id)),
                ObjectId::Root => Some(&Place::Root),
            };
            let place = match (above, &operation.key) {
                (Some(above), Key::Map(key)) => below(above, key),
                _ => Place::Unknown,
            };
            let id = OpId::new(counter, &change.actor_id);
            index.insert(id.clone(), made.len());
            made.push((id, place));
        }
        made
    }
}

/// What an object is that stands under `key` of the map at `above`.
fn below(above: &Place, key: &str) -> Place {
    let id = || key.parse::<ElementId>();
    match above {
        Place::Root => match key {
            KEY_PLAN => Place::Plan,
            KEY_ELEMENTS => Place::Elements,
            KEY_LINKS => Place::Links,
            _ => Place::Unknown,
        },
        Place::Plan => Place::Set(ElementId::plan(), key.to_owned()),
        Place::Elements => id().map_or(Place::Unknown, Place::Element),
        Place::Links => id().map_or(Place::Unknown, Place::Link),
        Place::Element(element) if key == KEY_TEXT => Place::Texts(element.clone()),
        Place::Element(element) => Place::Set(element.clone(), key.to_owned()),
        Place::Texts(element) => Place::Lang(element.clone(), key.to_owned()),
        Place::Lang(element, lang) => Place::Text(element.clone(), lang.clone(), key.to_owned()),
        Place::Link(link) if key == KEY_NOTE => Place::Note(link.clone()),
        Place::Link(link) => Place::Set(link.clone(), key.to_owned()),
        Place::Text(..) | Place::Set(..) | Place::Note(_) | Place::Unknown => Place::Unknown,
    }
}
