//! The entries that tell the past of some elements, with those without which they could not be read.
//!
//! What comes out is a selection: that there are no other entries is true here, and is nothing that
//! whoever gets them can see.

use std::collections::BTreeSet;

use plenary_protocol::ids::Subject;
use plenary_protocol::plan::PlanView;
use plenary_protocol::{ElementId, Seq};

use super::filter::{ActType, Filter};
use super::index::Index;

/// Entries from `from` to `to` about the elements or their links; with them the plan's first entry, which
/// says what plan it is, and those that bind a replica to one of their authors.  None when no entry is
/// about the elements; of very many at most `limit` of each sort.
pub fn touching(
    index: &Index,
    view: &PlanView,
    elements: &BTreeSet<ElementId>,
    (from, to): (Seq, Seq),
    limit: usize,
) -> BTreeSet<Seq> {
    let ends_at_one =
        view.links.iter().filter(|link| elements.contains(&link.from) || elements.contains(&link.to));
    let about = Filter {
        elements: elements.iter().chain(ends_at_one.map(|link| &link.id)).cloned().collect(),
        from_seq: Some(from),
        to_seq: Some(to),
        ..Filter::default()
    };
    let mut found: BTreeSet<Seq> = index.matching(&about).map(|entry| entry.seq).take(limit).collect();
    if found.is_empty() {
        return found;
    }
    let authors: BTreeSet<Subject> = found.iter().filter_map(|seq| index.subject(*seq)).collect();
    let bound = Filter {
        subjects: authors,
        acts: BTreeSet::from([ActType::ActorBound]),
        to_seq: Some(to),
        ..Filter::default()
    };
    found.extend(index.matching(&bound).map(|entry| entry.seq).take(limit));
    found.insert(Seq::ZERO.next());
    found
}
