//! A plan as the rules look at it: what stands, who stands under whom, what is linked to what.
//!
//! It is made of a view, and goes on entry by entry; every change tells which keys it touched, so that
//! only what looked at them is looked at again.  The order in which elements came leaves no trace:
//! lists are by id.

mod fold;
mod living;

pub use fold::Then;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use plenary_protocol::ElementId;
use plenary_protocol::plan::{ElementView, LinkView, PlanView, Stage, Value};

/// The number of an element or link within its facts.
pub(crate) type Place = u32;
/// Stands for the top of the plan, and for the plan as a subject.
pub(crate) const TOP: Place = Place::MAX;

/// What somebody can have looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A field of the plan itself.
    Plan(&'static str),
    /// The stage.
    Stage,
    /// Which elements of a kind there are.
    Kind(&'static str),
    /// A typed field.
    Field(Place, &'static str),
    /// A text, in whatever language.
    Text(Place, &'static str),
    /// Parent, order, own code.
    Stand(Place),
    /// Which elements stand under one, in which order, and of which Sector.
    Children(Place),
    /// Which links start from one.
    From(Place),
    /// Which links end in one.
    To(Place),
    /// Whether it is there.
    Live(Place),
    /// Whether what has an id is there, by the id's hash: it may not be known yet.
    Called(u64),
    /// Which elements are called the same, and where they stand.
    Alike(u64),
    /// Fields that hold several values.
    Concurrent(Place),
    /// Whether a Bureau has been silent, by its number.
    Silent(usize),
}

#[derive(Debug, Clone)]
enum Held {
    /// Named by something, and not there.
    Nothing,
    Element(Box<ElementView>),
    Link(Box<LinkView>),
}

#[derive(Debug, Clone)]
struct Slot {
    id: ElementId,
    held: Held,
    live: bool,
    children: Vec<Place>,
    from: Vec<Place>,
    to: Vec<Place>,
    /// What it is called, and what it measures.
    alike: [Option<u64>; 2],
}

/// A plan as the rules look at it.
#[derive(Debug, Clone)]
pub struct Facts {
    pub(super) plan: BTreeMap<String, Value>,
    pub(super) concurrent: BTreeSet<String>,
    pub(super) stage: Stage,
    pub(super) voices: Voices,
    names: HashMap<ElementId, Place>,
    slots: Vec<Slot>,
    tops: Vec<Place>,
    kinds: HashMap<&'static str, BTreeSet<(ElementId, Place)>>,
    alike: HashMap<u64, BTreeSet<(ElementId, Place)>>,
}

/// When each Bureau wrote last, and when anybody did: what the log knows and a view does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Voices {
    /// When the last entry was taken in, microseconds since 1970 UTC.
    pub now_us: i64,
    /// When a Bureau's last change was taken in, by the Bureau's place among all.
    pub last_us: [Option<i64>; 4],
}

/// What a change touched.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub keys: Vec<Key>,
    /// Elements and links that came or went.
    pub turned: Vec<Place>,
}

impl Facts {
    /// The facts of a view.
    pub fn of(view: &PlanView, voices: Voices) -> Facts {
        let mut facts = Facts {
            plan: view.plan.clone(),
            concurrent: view.concurrent.keys().cloned().collect(),
            stage: view.stage,
            voices,
            names: HashMap::new(),
            slots: Vec::new(),
            tops: Vec::new(),
            kinds: HashMap::new(),
            alike: HashMap::new(),
        };
        let mut touched = Touched::default();
        for element in &view.elements {
            facts.put_element(element.clone(), &mut touched);
        }
        for link in &view.links {
            facts.put_link(link.clone(), &mut touched);
        }
        facts.enliven(&mut touched);
        facts
    }

    /// Everything that is there: elements and links.
    pub(crate) fn living(&self) -> impl Iterator<Item = Place> {
        (0..).zip(&self.slots).filter(|(_, slot)| slot.live).map(|(place, _)| place)
    }

    /// Whether it is there: not removed, and nothing above it either.
    pub(crate) fn is_live(&self, place: Place) -> bool {
        self.slots[place as usize].live
    }

    /// Its id.
    pub(crate) fn id(&self, place: Place) -> &ElementId {
        &self.slots[place as usize].id
    }

    /// The place of an id, where anything names it.
    pub(crate) fn place(&self, id: &ElementId) -> Option<Place> {
        self.names.get(id).copied()
    }

    /// The element, removed or not.
    pub(crate) fn element(&self, place: Place) -> Option<&ElementView> {
        match &self.slots[place as usize].held {
            Held::Element(element) => Some(element),
            Held::Nothing | Held::Link(_) => None,
        }
    }

    /// The link, removed or not.
    pub(crate) fn link(&self, place: Place) -> Option<&LinkView> {
        match &self.slots[place as usize].held {
            Held::Link(link) => Some(link),
            Held::Nothing | Held::Element(_) => None,
        }
    }

    /// The element of an id that is there.
    pub fn standing(&self, id: &ElementId) -> Option<&ElementView> {
        self.place(id).filter(|place| self.is_live(*place)).and_then(|place| self.element(place))
    }

    /// The elements of a kind that are there, by id.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = Place> {
        self.kinds.get(kind).into_iter().flatten().map(|(_, place)| *place)
    }

    /// The elements that are called the same, or measure the same.
    pub(crate) fn called(&self, alike: u64) -> impl Iterator<Item = Place> {
        self.alike.get(&alike).into_iter().flatten().map(|(_, place)| *place)
    }

    /// What an element is called, as a number; nothing where it has no name.
    pub(crate) fn alike(&self, place: Place) -> Option<u64> {
        self.slots[place as usize].alike[0]
    }

    /// What an indicator measures, of whatever population, as a number; nothing where that is not said.
    pub(crate) fn measured(&self, place: Place) -> Option<u64> {
        self.slots[place as usize].alike[1]
    }

    /// Both, as far as they are there.
    fn known_as(&self, place: Place) -> impl Iterator<Item = u64> + use<> {
        self.slots[place as usize].alike.into_iter().flatten()
    }

    /// What stands right under an element, or at the top, removed or not.
    pub(crate) fn children(&self, place: Place) -> &[Place] {
        if place == TOP { &self.tops } else { &self.slots[place as usize].children }
    }

    /// Links that start from it, removed or not.
    pub(crate) fn links_from(&self, place: Place) -> &[Place] {
        &self.slots[place as usize].from
    }

    /// Links that end in it, removed or not.
    pub(crate) fn links_to(&self, place: Place) -> &[Place] {
        &self.slots[place as usize].to
    }

    /// The language of the original.
    pub fn language(&self) -> &str {
        match self.plan.get("language") {
            Some(Value::Text(language)) => language,
            _ => "en",
        }
    }

    /// A text in the language of the original, or else in any; empty where there is none.
    pub(crate) fn text(&self, place: Place, name: &str) -> &str {
        self.element(place).map_or("", |element| text_of(element, self.language(), name))
    }

    fn name(&mut self, id: &ElementId) -> Place {
        if let Some(place) = self.names.get(id) {
            return *place;
        }
        let place = self.slots.len() as Place;
        self.slots.push(Slot {
            id: id.clone(),
            held: Held::Nothing,
            live: false,
            children: Vec::new(),
            from: Vec::new(),
            to: Vec::new(),
            alike: [None; 2],
        });
        self.names.insert(id.clone(), place);
        place
    }

    fn above(&mut self, parent: Option<&ElementId>) -> Place {
        parent.map_or(TOP, |id| self.name(id))
    }

    fn below(&mut self, parent: Place) -> &mut Vec<Place> {
        if parent == TOP { &mut self.tops } else { &mut self.slots[parent as usize].children }
    }

    /// Puts an element where it stands; whether it is there is for `enliven` to say.
    fn put_element(&mut self, new: ElementView, touched: &mut Touched) {
        let place = self.name(&new.id);
        let parent = self.above(new.parent.as_ref());
        match self.element(place).cloned() {
            None => self.below(parent).push(place),
            Some(old) => {
                let before = self.above(old.parent.as_ref());
                if before != parent {
                    self.below(before).retain(|child| *child != place);
                    self.below(parent).push(place);
                }
                self.compare(place, (&old, before), (&new, parent), touched);
            }
        }
        self.slots[place as usize].held = Held::Element(Box::new(new));
        self.rename(place, touched);
    }

    fn compare(
        &self,
        place: Place,
        (old, before): (&ElementView, Place),
        (new, after): (&ElementView, Place),
        touched: &mut Touched,
    ) {
        let stand = |one: &ElementView| (one.parent.clone(), one.order.clone(), one.own_code.clone());
        if stand(old) != stand(new) {
            touched.keys.extend([Key::Stand(place), Key::Children(before), Key::Children(after)]);
            touched.keys.extend(self.known_as(place).map(Key::Alike));
        }
        if old.owner != new.owner {
            touched.keys.push(Key::Field(place, "owner"));
        }
        if old.concurrent != new.concurrent {
            touched.keys.push(Key::Concurrent(place));
        }
        let fields = new.kind.fields().map(|field| field.name);
        let changed = fields.filter(|name| old.fields.get(*name) != new.fields.get(*name));
        if old.fields.get("sector") != new.fields.get("sector") {
            touched.keys.push(Key::Children(after));
        }
        touched.keys.extend(changed.map(|name| Key::Field(place, name)));
        let texts = new.kind.spec().texts.iter().map(|text| text.name);
        let every = |one: &ElementView, name: &str| {
            let of = |(lang, texts): (&String, &BTreeMap<String, String>)| {
                texts.get(name).map(|text| (lang.clone(), text.clone()))
            };
            one.text.iter().filter_map(of).collect::<Vec<_>>()
        };
        let changed = texts.filter(|name| every(old, name) != every(new, name));
        touched.keys.extend(changed.map(|name| Key::Text(place, name)));
    }

    fn put_link(&mut self, new: LinkView, touched: &mut Touched) {
        let place = self.name(&new.id);
        let (from, to) = (self.name(&new.from), self.name(&new.to));
        match self.link(place) {
            None => {
                self.slots[from as usize].from.push(place);
                self.slots[to as usize].to.push(place);
            }
            Some(old) => {
                let changed = new
                    .kind
                    .spec()
                    .fields
                    .iter()
                    .filter(|f| old.fields.get(f.name) != new.fields.get(f.name));
                touched.keys.extend(changed.map(|field| Key::Field(place, field.name)));
                if old.concurrent != new.concurrent {
                    touched.keys.push(Key::Concurrent(place));
                }
            }
        }
        self.slots[place as usize].held = Held::Link(Box::new(new));
    }
}

/// A number for something, the same in every run.
pub(crate) fn hash_of(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// A text of an element in a language, or else in any; empty where there is none.
pub(crate) fn text_of<'a>(element: &'a ElementView, lang: &str, name: &str) -> &'a str {
    let of = |texts: &'a BTreeMap<String, String>| texts.get(name).filter(|text| !text.is_empty());
    let own = element.text.get(lang).and_then(of);
    own.or_else(|| element.text.values().find_map(of)).map_or("", String::as_str)
}
