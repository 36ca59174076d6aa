//! How a rule looks at a plan: every answer notes what it was read from.
//!
//! A rule sees nothing but what it asks here, so what it noted is all that its findings depend on.

mod codes;

use std::cell::RefCell;

use plenary_protocol::plan::{LinkView, Stage, Value};
use plenary_protocol::{Bureau, ElementId, PlanId};

use super::facts::{Facts, Key, Place, TOP, hash_of};

/// The plan before, by its id.
#[derive(Debug)]
pub struct Former {
    /// Its id.
    pub plan: PlanId,
    /// What stands in it.
    pub facts: Facts,
}

/// A look at a plan that notes what it sees.
pub(crate) struct Look<'a> {
    facts: &'a Facts,
    former: Option<&'a Former>,
    own: &'a PlanId,
    seen: RefCell<Vec<Key>>,
}

impl<'a> Look<'a> {
    /// A fresh look.
    pub fn new(own: &'a PlanId, facts: &'a Facts, former: Option<&'a Former>) -> Self {
        Look { facts, former, own, seen: RefCell::default() }
    }

    /// What was looked at, each once, in order.
    pub fn seen(self) -> Vec<Key> {
        let mut seen = self.seen.into_inner();
        seen.sort_unstable();
        seen.dedup();
        seen
    }

    fn note(&self, key: Key) {
        self.seen.borrow_mut().push(key);
    }

    /// The plan's own id.
    pub fn own(&self) -> &PlanId {
        self.own
    }

    /// The plan before, as it stands; it does not change while findings are kept.
    pub fn former(&self) -> Option<&'a Former> {
        self.former
    }

    /// A field of the plan itself.
    pub fn plan(&self, name: &'static str) -> Option<&'a Value> {
        self.note(Key::Plan(name));
        self.facts.plan.get(name)
    }

    /// A text field of the plan itself.
    pub fn plan_word(&self, name: &'static str) -> Option<&'a str> {
        word(self.plan(name))
    }

    /// A number of the plan itself.
    pub fn plan_number(&self, name: &'static str) -> Option<f64> {
        number(self.plan(name))
    }

    /// A year of the plan itself: of a date the first four digits.
    pub fn plan_year(&self, name: &'static str) -> Option<i64> {
        match self.plan(name) {
            Some(Value::Int(year)) => Some(*year),
            Some(Value::Text(date)) => date.get(..4)?.parse().ok(),
            _ => None,
        }
    }

    /// A switch of the plan itself; off where nothing is said.
    pub fn plan_is(&self, name: &'static str) -> bool {
        self.plan(name) == Some(&Value::Bool(true))
    }

    /// Members of a set of the plan itself.
    pub fn plan_set(&self, name: &'static str) -> impl Iterator<Item = &'a str> {
        members(self.plan(name))
    }

    /// Fields of the plan itself that hold several values.
    pub fn plan_concurrent(&self) -> impl Iterator<Item = &'a str> {
        self.note(Key::Concurrent(TOP));
        self.facts.concurrent.iter().map(String::as_str)
    }

    /// The stage.
    pub fn stage(&self) -> Stage {
        self.note(Key::Stage);
        self.facts.stage
    }

    /// Whether the plan is of the framework that keeps outputs in operational plans (from 2024).
    pub fn is_from_2024(&self) -> bool {
        match self.plan_word("outputs_in") {
            Some(place) => place == "operational_plan",
            None => self.plan_year("period_start").is_some_and(|year| year >= 2024),
        }
    }

    /// Whether a Bureau has not written for long while others did.
    pub fn is_silent(&self, bureau: Bureau) -> bool {
        self.note(Key::Silent(bureau as usize));
        self.facts.is_silent(bureau as usize)
    }

    /// The elements of a kind.
    pub fn of_kind(&self, kind: &'static str) -> Vec<Place> {
        self.note(Key::Kind(kind));
        self.facts.of_kind(kind).collect()
    }

    /// The kind of an element, which never changes.
    pub fn kind(&self, of: Place) -> &'static str {
        self.facts.element(of).map_or("", |element| element.kind.name())
    }

    /// The id of an element or link.
    pub fn id(&self, of: Place) -> &'a ElementId {
        self.facts.id(of)
    }

    /// A text in the language of the original, or else in any; empty where there is none.
    pub fn text(&self, of: Place, name: &'static str) -> &'a str {
        self.note(Key::Text(of, name));
        self.note(Key::Plan("language"));
        self.facts.text(of, name)
    }

    /// What an element says of itself: its statement, or else its title.
    pub fn wording(&self, of: Place) -> &'a str {
        let statement = self.text(of, "statement");
        if statement.is_empty() { self.text(of, "title") } else { statement }
    }

    /// A typed field of an element or link.
    pub fn value(&self, of: Place, name: &'static str) -> Option<&'a Value> {
        self.note(Key::Field(of, name));
        match self.facts.element(of) {
            Some(element) => element.fields.get(name),
            None => self.facts.link(of).and_then(|link| link.fields.get(name)),
        }
    }

    /// A text field.
    pub fn word(&self, of: Place, name: &'static str) -> Option<&'a str> {
        word(self.value(of, name))
    }

    /// A number.
    pub fn number(&self, of: Place, name: &'static str) -> Option<f64> {
        number(self.value(of, name))
    }

    /// A whole number.
    pub fn int(&self, of: Place, name: &'static str) -> Option<i64> {
        match self.value(of, name) {
            Some(Value::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// Members of a set.
    pub fn set(&self, of: Place, name: &'static str) -> impl Iterator<Item = &'a str> {
        members(self.value(of, name))
    }

    /// Whether a switch is on.
    pub fn is(&self, of: Place, name: &'static str) -> bool {
        self.value(of, name) == Some(&Value::Bool(true))
    }

    /// The Bureau that an element names itself.
    pub fn owner(&self, of: Place) -> Option<Bureau> {
        self.note(Key::Field(of, "owner"));
        self.facts.element(of).and_then(|element| element.owner)
    }

    /// The code that an element carries itself.
    pub fn own_code(&self, of: Place) -> Option<&'a str> {
        self.note(Key::Stand(of));
        self.facts.element(of).and_then(|element| element.own_code.as_deref())
    }

    /// Fields that hold several values.
    pub fn concurrent(&self, of: Place) -> Vec<&'a str> {
        self.note(Key::Concurrent(of));
        match (self.facts.element(of), self.facts.link(of)) {
            (Some(element), _) => element.concurrent.keys().map(String::as_str).collect(),
            (None, Some(link)) => link.concurrent.keys().map(String::as_str).collect(),
            (None, None) => Vec::new(),
        }
    }

    /// The element that one stands under.
    pub fn parent(&self, of: Place) -> Option<Place> {
        self.note(Key::Stand(of));
        let place = self.facts.place(self.facts.element(of)?.parent.as_ref()?)?;
        self.note(Key::Live(place));
        self.parent_of(of)
    }

    fn parent_of(&self, of: Place) -> Option<Place> {
        let place = self.facts.place(self.facts.element(of)?.parent.as_ref()?)?;
        self.facts.is_live(place).then_some(place)
    }

    /// The elements above one, the nearest first.
    pub fn above(&self, of: Place) -> Vec<Place> {
        let mut path = Vec::new();
        let mut at = of;
        while let Some(parent) = self.parent(at) {
            if parent == of || path.contains(&parent) {
                break;
            }
            path.push(parent);
            at = parent;
        }
        path
    }

    /// The elements of a kind that stand right under one, by id.
    pub fn children(&self, of: Place, kind: &str) -> Vec<Place> {
        self.note(Key::Children(of));
        let fits = |child: &&Place| {
            self.facts.is_live(**child)
                && self.facts.element(**child).is_some_and(|element| element.kind.name() == kind)
        };
        let mut found: Vec<Place> = self.facts.children(of).iter().filter(fits).copied().collect();
        found.sort_by(|a, b| self.facts.id(*a).cmp(self.facts.id(*b)));
        found
    }

    /// Links of a kind that start from an element, with where they end, by id.
    pub fn from(&self, of: Place, kind: &str) -> Vec<(Place, Place)> {
        self.note(Key::From(of));
        self.ends(self.facts.links_from(of), kind, |link| &link.to)
    }

    /// Links of a kind that end in an element, with where they start, by id.
    pub fn to(&self, of: Place, kind: &str) -> Vec<(Place, Place)> {
        self.note(Key::To(of));
        self.ends(self.facts.links_to(of), kind, |link| &link.from)
    }

    fn ends(&self, links: &[Place], kind: &str, end: fn(&LinkView) -> &ElementId) -> Vec<(Place, Place)> {
        let mut found = Vec::new();
        for place in links {
            let Some(link) = self.facts.link(*place).filter(|link| link.kind.name() == kind) else {
                continue;
            };
            let Some(other) = self.facts.place(end(link)).filter(|_| self.facts.is_live(*place)) else {
                continue;
            };
            self.note(Key::Live(other));
            if self.facts.is_live(other) {
                found.push((*place, other));
            }
        }
        found.sort_by(|a, b| self.facts.id(a.0).cmp(self.facts.id(b.0)));
        found
    }

    /// Both ends of a link.
    pub fn link(&self, of: Place) -> Option<(&'a ElementId, &'a ElementId)> {
        self.facts.link(of).map(|link| (&link.from, &link.to))
    }

    /// The element of an id, if it is there.
    pub fn find(&self, id: &ElementId) -> Option<Place> {
        self.note(Key::Called(hash_of(id)));
        let place = self.facts.place(id)?;
        (self.facts.is_live(place) && self.facts.element(place).is_some()).then_some(place)
    }

    /// The element that a field names, if it is there.
    pub fn named(&self, of: Place, name: &'static str) -> Option<Place> {
        self.find(&self.word(of, name)?.parse().ok()?)
    }

    /// The elements that are called the same as this one, itself among them, by id.
    pub fn called_alike(&self, of: Place) -> Vec<Place> {
        // What an element is called hangs on these and nothing else.
        self.note(Key::Text(of, "title"));
        self.note(Key::Field(of, "measure"));
        self.note(Key::Field(of, "population"));
        self.note(Key::Plan("language"));
        let Some(alike) = self.facts.alike(of) else { return Vec::new() };
        self.note(Key::Alike(alike));
        self.facts.called(alike).collect()
    }

    /// The first so many indicators that measure the same as this one, of whatever population, by id.
    pub fn of_one_measure(&self, of: Place, most: usize) -> Vec<Place> {
        self.note(Key::Text(of, "title"));
        self.note(Key::Field(of, "measure"));
        self.note(Key::Plan("language"));
        let Some(measure) = self.facts.measured(of) else { return vec![of] };
        self.note(Key::Alike(measure));
        self.facts.called(measure).take(most).collect()
    }

    /// The elements with its parent that are called the same as this one, by id, where it is the first of
    /// them; none otherwise.
    pub fn siblings_alike(&self, of: Place) -> Vec<Place> {
        let mut alike = self.called_alike(of);
        let parent = self.parent(of);
        // Where the others stand is part of who is called the same: no key for each of them.
        let is_beside = |one: &Place| self.parent_of(*one) == parent;
        if alike.iter().find(|one| is_beside(one)) != Some(&of) {
            return Vec::new();
        }
        alike.retain(is_beside);
        alike
    }
}

fn word(value: Option<&Value>) -> Option<&str> {
    match value {
        Some(Value::Text(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn number(value: Option<&Value>) -> Option<f64> {
    match value {
        Some(Value::Int(value)) => Some(*value as f64),
        Some(Value::Number(value)) => Some(*value),
        _ => None,
    }
}

fn members(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let set = match value {
        Some(Value::Set(members)) => Some(members),
        _ => None,
    };
    set.into_iter().flatten().map(String::as_str)
}
