//! One walk along the log: which entries match a filter, and which of their rows.
//!
//! The walk must see every entry from the first, in order, whatever the filter: where an element
//! stood is known only from the entries before.

use std::collections::BTreeSet;

use plenary_protocol::record::EditRow;
use plenary_protocol::wire::event::EventView;

use super::tree::TreeFold;
use crate::history::{ActType, Filter, time_us};

/// What matches in an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// Positions of the matching rows among the entry's rows, ascending; none for other acts.
    pub rows: Vec<usize>,
}

/// A walk along the log of one plan.
#[derive(Debug, Clone)]
pub struct Walk {
    filter: Filter,
    tree: TreeFold,
}

impl Walk {
    /// Before the first entry.
    pub fn new(filter: Filter) -> Self {
        Walk { filter, tree: TreeFold::new() }
    }

    /// Takes in the next entry and says whether and where it matches.
    ///
    /// A change matches with those of its rows that match; an entry without rows matches only when
    /// nothing is asked of rows.
    pub fn feed(&mut self, event: &EventView) -> Option<Matched> {
        let rows = event.edits();
        let in_subtree = self.step(rows);
        if !matches_event(&self.filter, event) {
            return None;
        }
        let is_match = |index: &usize| {
            in_subtree.as_ref().is_none_or(|flags| flags[*index]) && matches_row(&self.filter, &rows[*index])
        };
        let matched = Matched { rows: (0..rows.len()).filter(is_match).collect() };
        (!matched.rows.is_empty() || !self.filter.asks_rows()).then_some(matched)
    }

    /// Moves the tree on by an entry; says of each row whether its element is in the subtree before
    /// or after it.  The entry counts as one step: its rows have no order in time.
    fn step(&mut self, rows: &[EditRow]) -> Option<Vec<bool>> {
        let root = self.filter.subtree.as_ref()?;
        let before: Vec<bool> = rows.iter().map(|row| self.tree.is_under(&row.element, root)).collect();
        self.tree.take(rows);
        let after = rows.iter().map(|row| self.tree.is_under(&row.element, root));
        Some(before.into_iter().zip(after).map(|(before, after)| before || after).collect())
    }
}

/// Whether what is asked of entries holds; what is asked of rows is not looked at.
fn matches_event(filter: &Filter, event: &EventView) -> bool {
    is_asked(&filter.subjects, &event.subject)
        && is_asked(&filter.bureaux, &event.bureau)
        && is_asked(&filter.acts, &ActType::of(&event.what))
        && filter.answers.as_ref().is_none_or(|id| event.answers.contains(id))
        && filter.from_seq.is_none_or(|from| event.seq >= from)
        && filter.to_seq.is_none_or(|to| event.seq <= to)
        && matches_time(filter, &event.at)
}

fn matches_time(filter: &Filter, at: &str) -> bool {
    if filter.since_us.is_none() && filter.until_us.is_none() {
        return true;
    }
    time_us(at).is_some_and(|at| {
        filter.since_us.is_none_or(|since| at >= since) && filter.until_us.is_none_or(|until| at <= until)
    })
}

/// Whether what is asked of rows holds, the subtree apart.
fn matches_row(filter: &Filter, row: &EditRow) -> bool {
    is_asked(&filter.elements, &row.element)
        && is_asked(&filter.fields, &row.field)
        && is_asked(&filter.kinds, &row.kind)
        && is_asked(&filter.ops, &row.op)
        && filter.text.as_ref().is_none_or(|needle| holds(row, needle.as_str()))
}

/// Whether a value of a row holds a text; the texts of these tests are plain.
fn holds(row: &EditRow, looked_for: &str) -> bool {
    let values = [&row.from, &row.to].into_iter().flatten().map(ToString::to_string);
    let texts = [&row.deleted, &row.inserted].into_iter().flatten().cloned();
    let looked_for = looked_for.to_lowercase();
    values.chain(texts).any(|text| text.to_lowercase().contains(&looked_for))
}

fn is_asked<T: Ord>(asked: &BTreeSet<T>, found: &T) -> bool {
    asked.is_empty() || asked.contains(found)
}
