//! Who stood under whom, folded out of edit rows in the order of the log.
//!
//! Rows tell the parent that the document has after their entry, so the fold agrees with the
//! document at every entry, also where replicas moved one element at the same time.

use std::collections::HashMap;

use plenary_protocol::ElementId;
use plenary_protocol::plan::Value;
use plenary_protocol::record::{EditRow, RowOp};

use crate::history::FIELD_LINK;

/// The tree as of the last entry taken in.
#[derive(Debug, Clone, Default)]
pub struct TreeFold {
    /// The parent of an element, or the start of a link; absent at the top of the plan.
    above: HashMap<ElementId, ElementId>,
}

impl TreeFold {
    /// Before the first entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in all rows of the next entry.
    pub fn take(&mut self, rows: &[EditRow]) {
        for row in rows {
            let above = match row.op {
                RowOp::Add if row.field == FIELD_LINK => &row.from,
                RowOp::Add | RowOp::Move => &row.to,
                RowOp::Set | RowOp::Text | RowOp::Remove | RowOp::Restore => continue,
            };
            match id_of(above.as_ref()) {
                Some(above) => _ = self.above.insert(row.element.clone(), above),
                None => _ = self.above.remove(&row.element),
            }
        }
    }

    /// Whether an element or link is `root` or stands under it, however deep.
    pub fn is_under(&self, element: &ElementId, root: &ElementId) -> bool {
        if root.is_plan() || element == root {
            return true;
        }
        // Moves made at the same time can close a ring: a marker that is set ever more rarely is met
        // again in one, whatever its length (Brent).
        let (mut at, mut marker, mut steps, mut reach) = (element, element, 0_usize, 1_usize);
        while let Some(above) = self.above.get(at) {
            if above == root {
                return true;
            }
            if above == marker {
                return false;
            }
            at = above;
            steps += 1;
            if steps == reach {
                (marker, steps, reach) = (at, 0, reach * 2);
            }
        }
        false
    }
}

fn id_of(value: Option<&Value>) -> Option<ElementId> {
    match value {
        Some(Value::Text(id)) => id.parse().ok(),
        _ => None,
    }
}
