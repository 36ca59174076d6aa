//! Which findings a plan has, kept up entry by entry.
//!
//! A unit is one rule looking at one subject.  It keeps what it looked at and what it found; an entry has
//! those units look again that looked at something it touched, and no others.  What that gives equals a
//! full run.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use plenary_protocol::PlanId;
use plenary_protocol::plan::PlanView;
use plenary_protocol::record::Event;

use super::facts::{Facts, Key, Place, TOP, Touched, Voices};
use super::finding::{Found, Identity, Out};
use super::look::{Former, Look};
use super::{On, RULES, Then};

/// One rule looking at one subject.
#[derive(Debug, Clone, Default)]
struct Unit {
    rule: usize,
    subject: Place,
    seen: Vec<Key>,
    found: Vec<Found>,
}

/// What an entry did to the findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// A finding that was not there.
    Came(Found),
    /// A finding that is there no more, as it was last told.
    Went(Found),
    /// A finding that reads otherwise.
    Reworded(Found),
}

/// The findings of a plan.
#[derive(Debug, Clone)]
pub struct Checker {
    plan: PlanId,
    facts: Facts,
    former: Option<Arc<Former>>,
    units: Vec<Unit>,
    free: Vec<usize>,
    of: HashMap<(usize, Place), usize>,
    lookers: HashMap<Key, BTreeSet<usize>>,
}

impl Checker {
    /// Looks at a plan with every rule.
    pub fn of(view: &PlanView, voices: Voices, former: Option<Arc<Former>>) -> Checker {
        let mut checker = Checker {
            plan: view.id.clone(),
            facts: Facts::of(view, voices),
            former,
            units: Vec::new(),
            free: Vec::new(),
            of: HashMap::new(),
            lookers: HashMap::new(),
        };
        let places: Vec<Place> = checker.facts.living().chain([TOP]).collect();
        let mut fresh = BTreeSet::new();
        places.into_iter().for_each(|place| checker.begin(place, &mut fresh));
        fresh.into_iter().for_each(|unit| _ = checker.look(unit));
        checker
    }

    /// The plan before, as it is looked at.
    pub fn former(&self) -> Option<&Arc<Former>> {
        self.former.as_ref()
    }

    /// How many units there are.
    pub fn units(&self) -> usize {
        self.of.len()
    }

    /// How many keys all units looked at.
    pub fn keys(&self) -> usize {
        self.units.iter().map(|unit| unit.seen.len()).sum()
    }

    /// Takes in the next entry; tells what it did to the findings.
    pub fn take(&mut self, event: &Event, then: &dyn Then) -> Vec<Turn> {
        let Touched { mut keys, mut turned } = self.facts.take(event, then);
        keys.sort_unstable();
        keys.dedup();
        turned.sort_unstable();
        turned.dedup();
        let mut dirty: BTreeSet<usize> =
            keys.iter().filter_map(|key| self.lookers.get(key)).flatten().copied().collect();
        let mut turns = Turns::default();
        for place in turned {
            if self.facts.is_live(place) {
                self.begin(place, &mut dirty);
            } else {
                self.end(place, &mut dirty, &mut turns);
            }
        }
        for unit in dirty {
            let (before, now) = self.look(unit);
            turns.take(before, now);
        }
        turns.finish()
    }

    /// Every finding, by rule, then by elements.
    pub fn findings(&self) -> Vec<&Found> {
        let mut found: Vec<&Found> = self.units.iter().flat_map(|unit| &unit.found).collect();
        found.sort_by(|a, b| {
            (a.rule, &a.elements, &a.former, &a.detail).cmp(&(b.rule, &b.elements, &b.former, &b.detail))
        });
        found
    }

    /// Has every rule that looks at such a subject begin with it.
    fn begin(&mut self, place: Place, fresh: &mut BTreeSet<usize>) {
        let kind = self.facts_kind(place);
        for (rule, check) in RULES.iter().enumerate() {
            let fits = match check.on {
                On::Plan => place == TOP,
                On::Under => place == TOP || kind.is_some(),
                On::Links => place != TOP && kind.is_none(),
                On::Each(kinds) => kind.is_some_and(|kind| kinds.contains(&kind)),
                On::All => kind.is_some() || (place != TOP),
            };
            if fits && !self.of.contains_key(&(rule, place)) {
                let unit = self.free.pop().unwrap_or_else(|| {
                    self.units.push(Unit::default());
                    self.units.len() - 1
                });
                self.units[unit] = Unit { rule, subject: place, ..Unit::default() };
                self.of.insert((rule, place), unit);
                fresh.insert(unit);
            }
        }
    }

    fn facts_kind(&self, place: Place) -> Option<&'static str> {
        if place == TOP { None } else { self.facts.element(place).map(|element| element.kind.name()) }
    }

    /// Ends what was looked at.
    fn end(&mut self, place: Place, dirty: &mut BTreeSet<usize>, turns: &mut Turns) {
        for rule in 0..RULES.len() {
            let Some(unit) = self.of.remove(&(rule, place)) else { continue };
            let gone = std::mem::take(&mut self.units[unit]);
            gone.seen.iter().for_each(|key| self.unlook(*key, unit));
            turns.take(gone.found, &[]);
            dirty.remove(&unit);
            self.free.push(unit);
        }
    }

    fn unlook(&mut self, key: Key, unit: usize) {
        if let Some(lookers) = self.lookers.get_mut(&key) {
            lookers.remove(&unit);
            if lookers.is_empty() {
                self.lookers.remove(&key);
            }
        }
    }

    /// Has a unit look again; gives what it found before, and what it finds now.
    fn look(&mut self, unit: usize) -> (Vec<Found>, &[Found]) {
        let Unit { rule, subject, .. } = self.units[unit];
        let look = Look::new(&self.plan, &self.facts, self.former.as_deref());
        let mut out = Out::new(&look, RULES[rule].row);
        (RULES[rule].check)(&look, subject, &mut out);
        let found = out.found(subject);
        let seen = look.seen();
        let before = std::mem::replace(&mut self.units[unit].found, found);
        if self.units[unit].seen != seen {
            let old = std::mem::replace(&mut self.units[unit].seen, seen.clone());
            for key in old.iter().filter(|key| seen.binary_search(key).is_err()) {
                self.unlook(*key, unit);
            }
            for key in seen.into_iter().filter(|key| old.binary_search(key).is_err()) {
                self.lookers.entry(key).or_default().insert(unit);
            }
        }
        (before, &self.units[unit].found)
    }
}

/// What came and went while units looked again; what went in one and came in another did neither.
#[derive(Default)]
struct Turns {
    went: HashMap<Identity, Found>,
    came: HashMap<Identity, Found>,
}

impl Turns {
    fn take(&mut self, before: Vec<Found>, now: &[Found]) {
        if before == now {
            return;
        }
        self.went.extend(before.into_iter().map(|found| (found.identity(), found)));
        self.came.extend(now.iter().map(|found| (found.identity(), found.clone())));
    }

    fn finish(mut self) -> Vec<Turn> {
        let mut turns = Vec::new();
        for (identity, found) in self.came {
            match self.went.remove(&identity) {
                None => turns.push((identity, Turn::Came(found))),
                Some(before) if before != found => turns.push((identity, Turn::Reworded(found))),
                Some(_) => {}
            }
        }
        turns.extend(self.went.into_iter().map(|(identity, found)| (identity, Turn::Went(found))));
        turns.sort_by(|a, b| a.0.cmp(&b.0));
        turns.into_iter().map(|(_, turn)| turn).collect()
    }
}
