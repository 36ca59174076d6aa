//! One walk along the log: which entries match a filter, and which of their rows.
//!
//! The walk must see every entry from the first, in order, whatever the filter: where an element
//! stood is known only from the entries before.

use plenary_protocol::record::EditRow;
use plenary_protocol::wire::event::{EventView, What};

use super::codes::Structure;
use super::filter::Filter;
use super::tree::TreeFold;

/// What matches in an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// Positions of the matching rows among the entry's rows, ascending; none for other acts.
    pub rows: Vec<usize>,
}

impl Matched {
    /// The entry with its matching rows alone.
    pub fn narrow(&self, event: &EventView) -> EventView {
        match &event.what {
            What::Change { edits } => {
                let edits = self.rows.iter().filter_map(|row| edits.get(*row).cloned()).collect();
                EventView { what: What::Change { edits }, ..event.clone() }
            }
            _ => event.clone(),
        }
    }
}

/// A walk along the log of one plan.
#[derive(Debug, Clone)]
pub struct Walk {
    filter: Filter,
    tree: TreeFold,
    structure: Structure,
}

impl Walk {
    /// Before the first entry.
    pub fn new(filter: Filter) -> Self {
        Walk { filter, tree: TreeFold::new(), structure: Structure::default() }
    }

    /// Takes in the next entry and says whether and where it matches.
    ///
    /// A change matches with those of its rows that match; an entry without rows matches only when
    /// nothing is asked of rows.
    pub fn feed(&mut self, event: &EventView) -> Option<Matched> {
        self.structure.note(event);
        let rows = event.edits();
        let in_subtree = self.step(rows);
        if !self.filter.matches_event(event) {
            return None;
        }
        let is_match = |index: &usize| {
            in_subtree.as_ref().is_none_or(|flags| flags[*index]) && self.filter.matches_row(&rows[*index])
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

    /// Where display codes can have changed, up to the last entry taken in.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// The same, when the walk is over.
    pub fn into_structure(self) -> Structure {
        self.structure
    }
}
