//! Who stood under whom after each entry.
//!
//! Rows tell the parent that the document has after their entry, so this agrees with the document at
//! every entry, also where replicas moved one element at the same time.

use std::collections::HashMap;

use plenary_limits::ANCESTRY_STEPS_MAX;
use plenary_protocol::ElementId;
use plenary_protocol::plan::Value;
use plenary_protocol::record::{EditRow, RowOp};

use super::NONE;
use crate::history::FIELD_LINK;

/// The parents that elements have had, and the starts of links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Above {
    /// Of each element: from which entry on what stood above it; `NONE` at the top.
    pub changes: HashMap<u32, Vec<(u32, u32)>>,
}

/// From which entry on, and before which one, an answer holds.
type Span = (u32, u32);

impl Above {
    /// Takes in all rows of the next entry.
    pub fn take(&mut self, rows: &[EditRow], entry: u32, number: &mut dyn FnMut(&ElementId) -> u32) {
        for row in rows {
            let above = match row.op {
                RowOp::Add if row.field == FIELD_LINK => &row.from,
                RowOp::Add | RowOp::Move => &row.to,
                RowOp::Set | RowOp::Text | RowOp::Remove | RowOp::Restore => continue,
            };
            let above = match above {
                Some(Value::Text(id)) => id.parse().ok().map_or(NONE, |id: ElementId| number(&id)),
                _ => NONE,
            };
            let changes = self.changes.entry(number(&row.element)).or_default();
            match changes.last_mut() {
                Some((at, last)) if *at == entry => *last = above,
                _ => changes.push((entry, above)),
            }
        }
    }

    /// What stands above an element after an entry, and how long it does.
    fn of(&self, element: u32, entry: u32) -> (u32, Span) {
        let Some(changes) = self.changes.get(&element) else { return (NONE, (0, NONE)) };
        let after = changes.partition_point(|(at, _)| *at <= entry);
        let until = changes.get(after).map_or(NONE, |(at, _)| *at);
        match after.checked_sub(1) {
            None => (NONE, (0, until)),
            Some(index) => (changes[index].1, (changes[index].0, until)),
        }
    }

    /// Whether an element is `root` or stands under it after an entry, and how long that holds.
    pub fn is_under(&self, element: u32, root: u32, entry: u32) -> (bool, Span) {
        let mut span = (0, NONE);
        let mut at = element;
        for _ in 0..=ANCESTRY_STEPS_MAX.min(self.changes.len() + 1) {
            if at == root {
                return (true, span);
            }
            let (above, holds) = self.of(at, entry);
            span = (span.0.max(holds.0), span.1.min(holds.1));
            if above == NONE {
                break;
            }
            at = above;
        }
        (false, span)
    }

    /// Bytes of memory that it takes, about.
    pub fn memory_bytes(&self) -> usize {
        self.changes.capacity() * 40 + self.changes.values().map(|list| list.capacity() * 8).sum::<usize>()
    }
}
