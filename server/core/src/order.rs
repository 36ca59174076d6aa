//! Changes that come together, in an order in which a plan can take them.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use automerge::{ActorId, ChangeHash};

use crate::gate::{Arrived, hangs_on};

/// Places of changes in what came.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    /// Of those that the plan can take, in that order.
    pub ready: Vec<usize>,
    /// Of those that wait for something nobody has, or for each other, as they came.
    pub held: Vec<usize>,
}

/// What a change waits for, by places.
#[derive(Default)]
struct Waiting {
    /// How many changes that it says it builds on are to come; one that nobody has never comes.
    deps: usize,
    /// Changes that it hangs on without saying so, until they have come.
    hangs: BTreeSet<usize>,
    /// Changes that wait for this one.
    children: Vec<usize>,
}

/// Puts changes in order: each comes after those it builds on and those it hangs on, and otherwise where it
/// came.
pub(crate) fn arrange(changes: &[Option<Arrived>], known: impl Fn(&ChangeHash) -> bool) -> Order {
    let mut waiting = what_waits(changes, known);
    let ready = |change: &Waiting| change.deps == 0 && change.hangs.is_empty();
    let first = waiting.iter().enumerate().filter(|(_, change)| ready(change));
    let mut next: BinaryHeap<Reverse<usize>> = first.map(|(index, _)| Reverse(index)).collect();
    let (mut order, mut done) = (Order::default(), vec![false; changes.len()]);
    while let Some(Reverse(index)) = next.pop() {
        done[index] = true;
        order.ready.push(index);
        for child in std::mem::take(&mut waiting[index].children) {
            let change = &mut waiting[child];
            if !change.hangs.remove(&index) {
                change.deps -= 1;
            }
            if ready(change) {
                next.push(Reverse(child));
            }
        }
    }
    order.held = (0..changes.len()).filter(|index| !done[*index]).collect();
    order
}

fn what_waits(changes: &[Option<Arrived>], known: impl Fn(&ChangeHash) -> bool) -> Vec<Waiting> {
    let mut waiting: Vec<Waiting> = changes.iter().map(|_| Waiting::default()).collect();
    let mut places: HashMap<ChangeHash, usize> = HashMap::new();
    let mut made: HashMap<&ActorId, Vec<(u64, u64, usize)>> = HashMap::new();
    for (index, Arrived { change, .. }) in decoded(changes) {
        places.entry(change.hash()).or_insert(index);
        let first = change.start_op().get();
        made.entry(change.actor_id()).or_default().push((first, first + change.len() as u64, index));
    }
    made.values_mut().for_each(|ranges| ranges.sort_unstable());
    for (index, Arrived { change, expanded }) in decoded(changes) {
        let mut deps = BTreeSet::new();
        for dep in change.deps().iter().filter(|dep| !known(dep)) {
            waiting[index].deps += 1;
            if let Some(place) = places.get(dep).filter(|place| deps.insert(**place)) {
                waiting[*place].children.push(index);
            }
        }
        for id in hangs_on(expanded) {
            let Some(ranges) = made.get(id.actor()) else { continue };
            let place = ranges[..ranges.partition_point(|(first, ..)| *first <= id.counter())].last();
            let place = place.filter(|(_, end, _)| id.counter() < *end).map(|(.., place)| *place);
            let Some(place) = place.filter(|place| *place != index && !deps.contains(place)) else {
                continue;
            };
            let is_known = changes[place].as_ref().is_some_and(|maker| known(&maker.change.hash()));
            if !is_known && waiting[index].hangs.insert(place) {
                waiting[place].children.push(index);
            }
        }
    }
    waiting
}

fn decoded(changes: &[Option<Arrived>]) -> impl Iterator<Item = (usize, &Arrived)> {
    changes.iter().enumerate().filter_map(|(index, arrived)| Some((index, arrived.as_ref()?)))
}
