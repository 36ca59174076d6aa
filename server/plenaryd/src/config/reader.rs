//! Reading a TOML table key by key: what has the wrong type, and what was never asked for, becomes a
//! problem with its line, and the rest is read all the same.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Problems;

/// A value and where it was said.
#[derive(Debug, Clone)]
pub(super) struct Sourced<T> {
    pub(super) value: T,
    pub(super) place: String,
}

/// The text of a file, for finding lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'t> {
    pub(super) name: &'t str,
    pub(super) text: &'t str,
}

impl Source<'_> {
    /// `plenary.toml line 3`.
    pub(super) fn place(&self, offset: usize) -> String {
        let before = self.text.as_bytes().iter().take(offset);
        format!("{} line {}", self.name, before.filter(|byte| **byte == b'\n').count() + 1)
    }
}

/// One table of the file while it is read.
pub(super) struct TableReader<'t> {
    source: Source<'t>,
    table: &'t DeTable<'t>,
    /// `issuer.`, or nothing at the top.
    prefix: String,
    asked: BTreeSet<&'static str>,
}

impl<'t> TableReader<'t> {
    pub(super) fn new(source: Source<'t>, table: &'t DeTable<'t>, prefix: &str) -> Self {
        Self { source, table, prefix: prefix.to_owned(), asked: BTreeSet::new() }
    }

    pub(super) fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<Sourced<String>> {
        self.typed(key, "a text in quotes", problems, |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn boolean(&mut self, key: &'static str, problems: &mut Problems) -> Option<Sourced<bool>> {
        self.typed(key, "true or false", problems, DeValue::as_bool)
    }

    pub(super) fn integer(&mut self, key: &'static str, problems: &mut Problems) -> Option<Sourced<i64>> {
        self.typed(key, "a whole number", problems, |value| {
            let integer = value.as_integer()?;
            i64::from_str_radix(integer.as_str(), integer.radix()).ok()
        })
    }

    pub(super) fn texts(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Vec<Sourced<String>>> {
        let array = self.typed(key, "a list of texts in quotes", problems, |value| value.as_array())?;
        let mut texts = Vec::new();
        for item in array.value {
            let place = self.place(key, item);
            match item.get_ref().as_str() {
                Some(text) => texts.push(Sourced { value: text.to_owned(), place }),
                None => problems.add(place, wrong_type("a text in quotes", item.get_ref())),
            }
        }
        Some(texts)
    }

    /// The table under `[key]`.
    pub(super) fn table(&mut self, key: &'static str, problems: &mut Problems) -> Option<TableReader<'t>> {
        let found = self.typed(key, "a table", problems, |value| value.as_table())?;
        Some(TableReader::new(self.source, found.value, &format!("{}{key}.", self.prefix)))
    }

    /// The tables under `[[key]]`, each with its place.
    pub(super) fn tables(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Vec<Sourced<TableReader<'t>>> {
        let wanted = "a list of tables";
        let Some(array) = self.typed(key, wanted, problems, |value| value.as_array()) else {
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in array.value {
            let place = self.place(key, item);
            match item.get_ref().as_table() {
                Some(table) => {
                    let value = TableReader::new(self.source, table, &format!("{}{key}.", self.prefix));
                    tables.push(Sourced { value, place });
                }
                None => problems.add(place, wrong_type("a table", item.get_ref())),
            }
        }
        tables
    }

    /// Ends the table: keys that were not asked for are unknown.
    pub(super) fn finish(self, problems: &mut Problems) {
        let unknown = self.table.keys().filter(|key| !self.asked.contains(key.get_ref().as_ref()));
        for key in unknown {
            let known = self.asked.iter().copied().collect::<Vec<_>>().join(", ");
            let message = format!("the key {:?} is unknown here; known are {known}", key.get_ref());
            problems.add(self.source.place(key.span().start), message);
        }
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        problems: &mut Problems,
        read: impl FnOnce(&'t DeValue<'t>) -> Option<T>,
    ) -> Option<Sourced<T>> {
        self.asked.insert(key);
        let found = self.table.get(key)?;
        let place = self.place(key, found);
        match read(found.get_ref()) {
            Some(value) => Some(Sourced { value, place }),
            None => {
                problems.add(place, wrong_type(wanted, found.get_ref()));
                None
            }
        }
    }

    fn place(&self, key: &str, value: &Spanned<DeValue<'_>>) -> String {
        format!("{} ({}{key})", self.source.place(value.span().start), self.prefix)
    }
}

fn wrong_type(wanted: &str, found: &DeValue<'_>) -> String {
    format!("this must be {wanted}, not {}", found.type_str())
}
