//! The text that a filter looks for, found in entries that are opened for it.
//!
//! The index does not hold values, so only what passes every other part of a filter is opened.

use std::collections::HashMap;

use plenary_protocol::Seq;
use plenary_protocol::wire::event::EventView;

use crate::history::needle::Needle;

/// Says which rows hold the text that a filter looks for.
pub(super) trait Texts {
    /// Whether a row of an entry does, by its position among the entry's rows.
    fn holds(&mut self, entry: u32, row: u32) -> bool;
}

/// Entries opened for the text looked for, each once.
pub(super) struct Opened<'a, E> {
    needle: &'a Needle,
    open: &'a mut dyn FnMut(Seq) -> Result<EventView, E>,
    /// The rows of opened entries that hold it.
    known: HashMap<u32, Box<[u32]>>,
    failed: Option<E>,
}

impl<'a, E> Opened<'a, E> {
    pub fn new(needle: &'a Needle, open: &'a mut dyn FnMut(Seq) -> Result<EventView, E>) -> Self {
        Opened { needle, open, known: HashMap::new(), failed: None }
    }

    /// What failed, if an entry could not be opened.
    pub fn finish(self) -> Result<(), E> {
        self.failed.map_or(Ok(()), Err)
    }

    fn rows(&self, event: &EventView) -> Box<[u32]> {
        let rows = event.edits().iter().zip(0..);
        rows.filter(|(row, _)| self.needle.is_in_row(row)).map(|(_, at)| at).collect()
    }
}

impl<E> Texts for Opened<'_, E> {
    fn holds(&mut self, entry: u32, row: u32) -> bool {
        if let Some(rows) = self.known.get(&entry) {
            return rows.binary_search(&row).is_ok();
        }
        // After a failure nothing is told, so nothing more is opened.
        if self.failed.is_some() {
            return false;
        }
        match (self.open)(Seq(u64::from(entry) + 1)) {
            Ok(event) => {
                let rows = self.rows(&event);
                let holds = rows.binary_search(&row).is_ok();
                self.known.insert(entry, rows);
                holds
            }
            Err(error) => {
                self.failed = Some(error);
                false
            }
        }
    }
}
