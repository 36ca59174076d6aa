//! Changes that come together, in an order in which a plan can take them.
//!
//! **Invariant.** Each comes after those that it says it builds on and those that its operations hang on, and
//! otherwise where it came.  One change at a time is decoded; of the others only headers are held.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

use automerge::legacy::OpId;
use automerge::{ActorId, ChangeHash};
use plenary_limits::{CHANGES_PER_MESSAGE_MAX, HANGING_PER_MESSAGE_MAX};

use crate::gate::{self, hangs_on};

/// What of a change its place hangs on.
#[derive(Debug)]
pub(crate) struct Header {
    pub hash: ChangeHash,
    pub deps: Vec<ChangeHash>,
    /// Operations it makes.
    pub operations: usize,
    actor: ActorId,
    first: u64,
}

impl Header {
    /// Of a change that decodes so far.
    pub fn read(bytes: &[u8]) -> Option<Header> {
        let change = gate::read(bytes).ok()?;
        let (hash, deps, operations) = (change.hash(), change.deps().to_vec(), change.len());
        let (actor, first) = (change.actor_id().clone(), change.start_op().get());
        Some(Header { hash, deps, operations, actor, first })
    }
}

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
    /// How much that it builds or hangs on is to come; what nobody has never comes.
    lacks: usize,
    /// Changes that wait for this one.
    children: Vec<usize>,
}

/// The changes of one message in an order that goes, as far as there is one; the gate says what there is to say
/// of the others.
pub fn in_order(mut changes: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let is_message = (2..=CHANGES_PER_MESSAGE_MAX).contains(&changes.len());
    if !is_message || gate::check_message(&changes).is_err() {
        return changes;
    }
    let headers: Vec<Option<Header>> = changes.iter().map(|bytes| Header::read(bytes)).collect();
    let here: HashSet<ChangeHash> = headers.iter().flatten().map(|header| header.hash).collect();
    // What is not in the message the plan may have.
    let Order { ready, held } = arrange(&headers, &changes, |hash| !here.contains(hash), |_| true);
    ready.into_iter().chain(held).map(|at| std::mem::take(&mut changes[at])).collect()
}

/// Puts changes in order, of which the plan has those that are `known`, and operations that it `has`.
pub(crate) fn arrange(
    headers: &[Option<Header>],
    changes: &[Vec<u8>],
    known: impl Fn(&ChangeHash) -> bool,
    has: impl Fn(&OpId) -> bool,
) -> Order {
    let mut waiting = what_waits(headers, changes, known, has);
    let first = waiting.iter().enumerate().filter(|(_, change)| change.lacks == 0);
    let mut next: BinaryHeap<Reverse<usize>> = first.map(|(index, _)| Reverse(index)).collect();
    let (mut order, mut done) = (Order::default(), vec![false; headers.len()]);
    while let Some(Reverse(index)) = next.pop() {
        done[index] = true;
        order.ready.push(index);
        for child in std::mem::take(&mut waiting[index].children) {
            waiting[child].lacks -= 1;
            if waiting[child].lacks == 0 {
                next.push(Reverse(child));
            }
        }
    }
    order.held = (0..headers.len()).filter(|index| !done[*index]).collect();
    order
}

fn what_waits(
    headers: &[Option<Header>],
    changes: &[Vec<u8>],
    known: impl Fn(&ChangeHash) -> bool,
    has: impl Fn(&OpId) -> bool,
) -> Vec<Waiting> {
    let mut waiting: Vec<Waiting> = headers.iter().map(|_| Waiting::default()).collect();
    let makers = Makers::of(headers);
    let mut hanging = 0;
    for (index, header) in headers.iter().enumerate() {
        let Some(header) = header else { continue };
        let mut before = BTreeSet::new();
        for dep in header.deps.iter().filter(|dep| !known(dep)) {
            match makers.places.get(dep) {
                Some(place) => _ = before.insert(*place),
                None => waiting[index].lacks += 1,
            }
        }
        // What lacks something is held, whatever else it hangs on.
        let is_looked_at = waiting[index].lacks == 0 && hanging < HANGING_PER_MESSAGE_MAX;
        let ids = if is_looked_at { hanging_ids(&changes[index]) } else { Vec::new() };
        // Earlier changes of its own actor it builds on, or the gate does not take it.
        for id in ids.into_iter().filter(|id| *id.actor() != header.actor) {
            if hanging == HANGING_PER_MESSAGE_MAX {
                break;
            }
            match makers.place_of(&id).filter(|place| *place != index) {
                Some(place) if headers[place].as_ref().is_some_and(|maker| known(&maker.hash)) => {}
                Some(place) => hanging += usize::from(before.insert(place)),
                None if !has(&id) => {
                    waiting[index].lacks += 1;
                    break;
                }
                None => {}
            }
        }
        waiting[index].lacks += before.len();
        before.into_iter().for_each(|place| waiting[place].children.push(index));
    }
    waiting
}

/// Operations that a change hangs on; none of one that does not decode.
fn hanging_ids(bytes: &[u8]) -> Vec<OpId> {
    let Ok(arrived) = gate::arrive(bytes) else { return Vec::new() };
    hangs_on(&arrived.expanded).cloned().collect()
}

/// Which change is where, and which made an operation.
struct Makers<'a> {
    places: HashMap<ChangeHash, usize>,
    /// By actor first operation, the one behind the last, and place; in order.
    ranges: HashMap<&'a ActorId, Vec<(u64, u64, usize)>>,
}

impl Makers<'_> {
    fn of(headers: &[Option<Header>]) -> Makers<'_> {
        let (mut places, mut ranges) = (HashMap::new(), HashMap::<_, Vec<_>>::new());
        for (index, header) in headers.iter().enumerate() {
            let Some(Header { hash, operations, actor, first, .. }) = header else { continue };
            places.entry(*hash).or_insert(index);
            ranges.entry(actor).or_default().push((*first, first + *operations as u64, index));
        }
        ranges.values_mut().for_each(|ranges| ranges.sort_unstable());
        Makers { places, ranges }
    }

    fn place_of(&self, id: &OpId) -> Option<usize> {
        let ranges = self.ranges.get(id.actor())?;
        let (_, end, place) =
            ranges[..ranges.partition_point(|(first, ..)| *first <= id.counter())].last()?;
        (id.counter() < *end).then_some(*place)
    }
}

#[cfg(test)]
mod tests {
    use automerge::ROOT;
    use automerge::transaction::Transactable as _;
    use plenary_limits::holds;
    use proptest::prelude::*;

    use super::*;
    use crate::document;

    /// Changes of one replica, each on the one before.
    fn chain(count: usize) -> Vec<Vec<u8>> {
        let mut doc = document::empty();
        for number in 0..count {
            let mut tx = doc.transaction();
            tx.put(ROOT, "number", number as i64).unwrap();
            tx.commit();
        }
        doc.get_changes(&[]).iter().map(|change| change.raw_bytes().to_vec()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn a_chain_comes_out_in_order_however_it_was_mixed(mixed in Just(chain(1_500)).prop_shuffle()) {
            prop_assert_eq!(in_order(mixed), chain(1_500));
        }
    }

    #[test]
    fn two_that_changed_places_come_back_wherever_they_are() {
        let chain = chain(2_000);
        let mut mixed = chain.clone();
        mixed.swap(0, 1);
        mixed.swap(999, 1_000);
        mixed.swap(1_998, 1_999);
        assert_eq!(in_order(mixed), chain);
    }

    #[test]
    fn what_is_no_change_or_lacks_something_is_kept() {
        let mut changes = chain(4);
        changes.remove(1);
        changes.insert(2, vec![1, 2, 3]);
        let sorted = |mut changes: Vec<Vec<u8>>| {
            changes.sort();
            changes
        };
        assert_eq!(sorted(in_order(changes.clone())), sorted(changes));
        assert_eq!(in_order(vec![vec![0; 10]; 2]), vec![vec![0; 10]; 2]);
    }

    /// A text, insertions by one actor into it, and one change that hangs on each of them and says so of none.
    #[test]
    fn so_much_that_is_hung_on_counts_for_the_order() {
        use automerge::legacy::{ElementId, Key, ObjectId, Op, OpType};
        use automerge::{Change, ExpandedChange, ScalarValue};
        use std::num::NonZeroU64;
        let (one, other) = (ActorId::from([1; 16]), ActorId::from([2; 16]));
        let text = OpId::new(1, &one);
        let make = |actor: &ActorId, seq, start, deps: Vec<ChangeHash>, behind: Vec<OpId>| {
            let insert = |id| Op {
                action: OpType::Put(ScalarValue::Str("x".into())),
                obj: ObjectId::Id(text.clone()),
                key: Key::Seq(ElementId::Id(id)),
                pred: Vec::new().into(),
                insert: true,
            };
            Change::from(ExpandedChange {
                operations: behind.into_iter().map(insert).collect(),
                actor_id: actor.clone(),
                hash: None,
                seq,
                start_op: NonZeroU64::new(start).unwrap(),
                time: 0,
                message: None,
                deps,
                extra_bytes: Vec::new(),
                author: None,
            })
        };
        holds!(HANGING_PER_MESSAGE_MAX, |count| {
            let mut changes = Vec::new();
            let mut deps = Vec::new();
            for seq in 0..count as u64 {
                let change = make(&one, seq + 1, seq + 2, deps, vec![text.clone()]);
                deps = vec![change.hash()];
                changes.push(change.raw_bytes().to_vec());
            }
            let behind = (0..count as u64).map(|seq| OpId::new(seq + 2, &one)).collect();
            let hanging = make(&other, 1, count as u64 + 2, Vec::new(), behind).raw_bytes().to_vec();
            changes.insert(0, hanging.clone());
            in_order(changes).last() == Some(&hanging)
        });
    }
}
