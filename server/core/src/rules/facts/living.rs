//! What of a plan is there, and what it is called: both follow from what stands, and are kept beside it.
//!
//! An element is there when neither it nor anything above it is removed; a parent that nobody knows hides
//! nothing, nor does a circle of parents.

use std::collections::BTreeSet;

use plenary_protocol::ElementId;
use plenary_protocol::plan::kinds::Kind;
use plenary_protocol::plan::{ElementView, Value};

use super::{Facts, Held, Key, Place, TOP, Touched, hash_of};
use crate::rules::words::fold_text;

impl Facts {
    /// Says of everything anew whether it is there.
    pub(super) fn enliven(&mut self, touched: &mut Touched) {
        let mut known: Vec<Option<bool>> = vec![None; self.slots.len()];
        for place in 0..self.slots.len() as Place {
            let live = self.lives(place, &mut known);
            self.set_live(place, live, touched);
        }
    }

    /// Says of one that nothing stands under whether it is there.
    pub(super) fn enliven_one(&mut self, place: Place, touched: &mut Touched) {
        if !self.children(place).is_empty() {
            return self.enliven(touched);
        }
        let live = match &self.slots[place as usize].held {
            Held::Nothing => false,
            Held::Link(link) => !link.removed,
            Held::Element(element) => {
                let above = element.parent.as_ref().and_then(|id| self.place(id));
                let above = above.filter(|above| self.element(*above).is_some());
                !element.removed && above.is_none_or(|above| self.is_live(above))
            }
        };
        self.set_live(place, live, touched);
    }

    fn lives(&self, place: Place, known: &mut [Option<bool>]) -> bool {
        let mut path = Vec::new();
        let mut at = place;
        // A parent that is not there hides nothing; nor does a circle of parents, which a merge can make.
        let live = loop {
            if let Some(live) = known[at as usize] {
                break live;
            }
            match &self.slots[at as usize].held {
                Held::Nothing => break path.last().is_some(),
                Held::Link(link) => break !link.removed,
                Held::Element(element) if element.removed => {
                    known[at as usize] = Some(false);
                    break false;
                }
                Held::Element(element) => {
                    path.push(at);
                    match element.parent.as_ref().and_then(|id| self.place(id)) {
                        Some(above) if path.contains(&above) => break true,
                        Some(above) => at = above,
                        None => break true,
                    }
                }
            }
        };
        path.iter().for_each(|at| known[*at as usize] = Some(live));
        live
    }

    fn set_live(&mut self, place: Place, live: bool, touched: &mut Touched) {
        if self.slots[place as usize].live == live {
            return;
        }
        self.slots[place as usize].live = live;
        touched.turned.push(place);
        let id = self.id(place).clone();
        touched.keys.extend([Key::Live(place), Key::Called(hash_of(&id))]);
        if let Some(link) = self.link(place) {
            let ends = (self.place(&link.from), self.place(&link.to));
            touched.keys.extend(ends.0.map(Key::From).into_iter().chain(ends.1.map(Key::To)));
            return;
        }
        // What stands under it may be there all the same, and stand elsewhere now.
        let below = self.children(place).iter().flat_map(|child| self.known_as(*child));
        touched.keys.extend(below.map(Key::Alike));
        let Some(element) = self.element(place) else { return };
        let kind = element.kind.name();
        let above = element.parent.as_ref().and_then(|id| self.place(id)).unwrap_or(TOP);
        touched.keys.extend([Key::Kind(kind), Key::Children(above)]);
        turn(self.kinds.entry(kind).or_default(), (id.clone(), place), live);
        for alike in self.known_as(place) {
            touched.keys.push(Key::Alike(alike));
            turn(self.alike.entry(alike).or_default(), (id.clone(), place), live);
        }
    }

    /// Takes note of what an element is called now, and what it measures.
    pub(super) fn rename(&mut self, place: Place, touched: &mut Touched) {
        let new = [self.called_now(place), self.measured_now(place)];
        let old = std::mem::replace(&mut self.slots[place as usize].alike, new);
        for (old, new) in old.into_iter().zip(new).filter(|(old, new)| old != new) {
            touched.keys.extend(old.into_iter().chain(new).map(Key::Alike));
            if !self.is_live(place) {
                continue;
            }
            let one = (self.id(place).clone(), place);
            if let Some(old) = old.and_then(|old| self.alike.get_mut(&old)) {
                old.remove(&one);
            }
            if let Some(new) = new {
                self.alike.entry(new).or_default().insert(one);
            }
        }
    }

    /// What an indicator measures, of whatever population.
    fn measured_now(&self, place: Place) -> Option<u64> {
        let element = self.element(place).filter(|element| Some(element.kind) == Kind::named("indicator"))?;
        Some(hash_of(&("measure", self.name_now(place, element)?)))
    }

    /// Elements of a kind with the same title are called the same; indicators where they measure the same
    /// of the same population.
    fn called_now(&self, place: Place) -> Option<u64> {
        let element = self.element(place)?;
        let is_indicator = element.kind == Kind::named("indicator")?;
        let population = if is_indicator { folded(element, "population") } else { String::new() };
        Some(hash_of(&(element.kind.name(), self.name_now(place, element)?, population)))
    }

    /// An indicator's measure, or a title.
    fn name_now(&self, place: Place, element: &ElementView) -> Option<String> {
        let is_indicator = element.kind == Kind::named("indicator")?;
        let measure = is_indicator.then(|| folded(element, "measure")).filter(|measure| !measure.is_empty());
        let name = measure.unwrap_or_else(|| fold_text(self.text(place, "title")));
        (!name.is_empty()).then_some(name)
    }
}

fn folded(element: &ElementView, name: &str) -> String {
    match element.fields.get(name) {
        Some(Value::Text(text)) => fold_text(text),
        _ => String::new(),
    }
}

fn turn(set: &mut BTreeSet<(ElementId, Place)>, one: (ElementId, Place), into: bool) {
    if into {
        set.insert(one);
    } else {
        set.remove(&one);
    }
}
