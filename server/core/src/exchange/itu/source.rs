//! The source as typed sections, each with its pointer.

use std::collections::BTreeSet;

use plenary_protocol::plan::file::{self, Problem};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::SOURCE_SCHEMA;

/// An item of a list of the source, with its pointer.
pub(super) struct At<T> {
    pub(super) pointer: String,
    pub(super) item: T,
}

/// A source that is being read: sections are taken out one by one, what remains is unknown.
pub(super) struct Source<'a> {
    bytes: &'a [u8],
    root: Map<String, Json>,
    taken: BTreeSet<&'static str>,
    problems: Vec<Problem>,
}

impl<'a> Source<'a> {
    /// Reads the JSON and checks its schema.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Source<'a>, Vec<Problem>> {
        let one = |pointer: &str, says: String| vec![Problem { pointer: pointer.to_owned(), says }];
        let root = match file::parse(bytes)? {
            Json::Object(root) => root,
            _ => return Err(one("", "expected an object".into())),
        };
        match root.get("schema").and_then(Json::as_str) {
            Some(SOURCE_SCHEMA) => {
                Ok(Source { bytes, root, taken: BTreeSet::from(["schema"]), problems: Vec::new() })
            }
            other => Err(one("/schema", format!("is {other:?}; this reader takes {SOURCE_SCHEMA:?}"))),
        }
    }

    /// Whether the source has such a section.
    pub(super) fn has(&self, key: &str) -> bool {
        self.root.contains_key(key)
    }

    /// Notes a problem at a place.
    pub(super) fn problem(&mut self, pointer: impl Into<String>, says: impl Into<String>) {
        self.problems.push(Problem { pointer: pointer.into(), says: says.into() });
    }

    /// A section of one value; nothing, with the problem noted, when it is missing or of another form.
    pub(super) fn one<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        self.taken.insert(key);
        match self.root.get(key).cloned() {
            Some(json) => self.typed(json, &format!("/{key}")),
            None => {
                self.problem(format!("/{key}"), "is missing");
                None
            }
        }
    }

    /// A section that is a list, its items one by one; those of another form are noted and left out.
    pub(super) fn list<T: DeserializeOwned>(&mut self, key: &'static str) -> Vec<At<T>> {
        let Some(items) = self.one::<Vec<Json>>(key) else { return Vec::new() };
        let mut list = Vec::with_capacity(items.len());
        for (index, json) in items.into_iter().enumerate() {
            let pointer = format!("/{key}/{index}");
            if let Some(item) = self.typed(json, &pointer) {
                list.push(At { pointer, item });
            }
        }
        list
    }

    /// Reads the source once more as `T`, for what needs the order in which keys are printed.
    pub(super) fn in_print_order<T: Deserialize<'a>>(&mut self) -> Option<T> {
        serde_json::from_slice(self.bytes).map_err(|error| self.problem("", error.to_string())).ok()
    }

    /// Marks a section as known and deliberately not carried over.
    pub(super) fn leave(&mut self, key: &'static str) {
        self.taken.insert(key);
    }

    /// Compares the source's own counts with what it holds.
    pub(super) fn check_counts(&mut self, found: &[(&str, usize)]) {
        let Some(counts) = self.one::<Map<String, Json>>("counts") else { return };
        for (name, said) in &counts {
            let pointer = file::under("/counts", name);
            match found.iter().find(|(known, _)| known == name) {
                Some((_, count)) if said.as_u64() == Some(*count as u64) => {}
                Some((_, count)) => self.problem(pointer, format!("says {said}, the source holds {count}")),
                None => self.problem(pointer, "counts nothing this reader knows"),
            }
        }
    }

    /// Notes every section that was neither taken nor left.
    pub(super) fn close(&mut self) {
        let unknown: Vec<String> =
            self.root.keys().filter(|key| !self.taken.contains(key.as_str())).cloned().collect();
        for key in unknown {
            self.problem(file::under("", &key), "is no section this reader knows; it would be lost");
        }
    }

    /// The problems noted so far; afterwards there are none.
    pub(super) fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    fn typed<T: DeserializeOwned>(&mut self, json: Json, pointer: &str) -> Option<T> {
        serde_json::from_value(json).map_err(|error| self.problem(pointer, error.to_string())).ok()
    }
}

/// First and last day of a plan.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Period {
    pub(super) start: String,
    pub(super) end: String,
}

/// A source of the data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceRow {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) caveat: Option<String>,
    /// Where it was obtained: not carried over.
    #[serde(rename = "obtained_from")]
    _obtained_from: Option<String>,
    /// Where else it is: not carried over.
    #[serde(rename = "also_at")]
    _also_at: Option<Vec<String>>,
    /// The file it was read from: not carried over.
    #[serde(rename = "file")]
    _file: Option<String>,
}

/// The plan's `sources` and the caveats on them.
pub(super) fn sources(source: &mut Source) -> (BTreeSet<String>, Vec<String>) {
    let rows = source.list::<SourceRow>("sources");
    let caveat = |row: &SourceRow| row.caveat.as_ref().map(|caveat| format!("{}: {caveat}", row.id));
    (
        rows.iter().map(|row| format!("{}: {}", row.item.id, row.item.title)).collect(),
        rows.iter().filter_map(|row| caveat(&row.item)).collect(),
    )
}
