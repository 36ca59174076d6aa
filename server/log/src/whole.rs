//! Whether the store still holds what the journal says, looked for while the log serves; what it has
//! lost is put back.
//!
//! A killed process loses nothing that sled had written, and what it had not written a start replays.
//! Only a power cut can take bytes out of the middle of sled's file: it syncs without the drive's cache,
//! moves pages when it cleans up, and its recovery drops what does not checksum, wherever it stands. So
//! no part of the store is safe by its age, and after a stop that was not clean every entry, index row
//! and fact of the journal is looked for: those of the last segment before anything is served
//! ([`first_missing`]), the rest in the background ([`Mending`]). Until then a lost entry is an error for
//! whoever reads it, never an answer; that a row is not there proves nothing ([`crate::Log::may_lack_rows`]), and
//! no stop is sealed as clean.

use std::collections::BTreeMap;

use crate::entry::{Entry, Fact, FactKind, IndexRow, Indexer, Record};
use crate::error::ReadError;
use crate::store::Store;
use plenary_limits::PUT_BACK_ROWS_MAX;

/// What a store was found to have lost, and has again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mended {
    pub entries: u64,
    pub rows: usize,
}

/// Why a store could not be made whole while it serves.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MendError {
    #[error("entry {seq} of plan {plan} is another than the journal's")]
    Differs { plan: String, seq: u64 },
    #[error("more than {PUT_BACK_ROWS_MAX} index rows and facts are missing")]
    TooMany,
    #[error(transparent)]
    Store(#[from] ReadError),
}

/// A walk over the journal's records beside the store.
pub(crate) struct Mending<'a> {
    store: &'a Store,
    indexer: &'a dyn Indexer,
    entries: u64,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    facts: BTreeMap<(FactKind, Vec<u8>), Vec<u8>>,
}

/// Says what the store lacks or holds otherwise of the last records that it was given, the first that is;
/// nothing was written after them.
pub(crate) fn first_missing<'a>(
    store: &Store,
    indexer: &dyn Indexer,
    records: impl Iterator<Item = &'a Record>,
) -> Result<Option<String>, ReadError> {
    let (mut rows, mut facts) = (BTreeMap::new(), BTreeMap::new());
    for record in records {
        match record {
            Record::Entry(entry) => {
                let (plan, seq) = (&entry.plan, entry.seq);
                if store.entry(plan, seq)?.as_ref() != Some(entry) {
                    return Ok(Some(format!(
                        "entry {seq} of plan {plan} is missing or not as the journal has it"
                    )));
                }
                rows.extend(indexer.rows(entry).into_iter().map(|row| (row.key, (row.value, plan, seq))));
            }
            Record::Fact(fact) => {
                facts.insert((fact.kind, &fact.key), &fact.value);
            }
        }
    }
    for (key, (value, plan, seq)) in rows {
        if store.index(&key)? != Some(value) {
            return Ok(Some(format!("an index row of entry {seq} of plan {plan} is missing or another")));
        }
    }
    for ((kind, key), value) in facts {
        if store.fact(kind, key)?.as_ref() != Some(value) {
            return Ok(Some(format!("a fact of kind {} is missing or another", kind.code())));
        }
    }
    Ok(None)
}

impl<'a> Mending<'a> {
    pub(crate) fn new(store: &'a Store, indexer: &'a dyn Indexer) -> Self {
        Self { store, indexer, entries: 0, rows: BTreeMap::new(), facts: BTreeMap::new() }
    }

    /// Looks for one record, the oldest first; an entry is put back at once, rows and facts at the end,
    /// because later records may have replaced them.
    pub(crate) fn look(&mut self, record: &Record) -> Result<(), MendError> {
        match record {
            Record::Entry(entry) => {
                self.look_for_entry(entry)?;
                for IndexRow { key, value } in self.indexer.rows(entry) {
                    // A smaller value is an earlier one: a power cut can bring an old page back.
                    if !matches!(self.store.index(&key), Ok(Some(held)) if held >= value) {
                        self.rows.insert(key, value);
                    }
                }
            }
            Record::Fact(Fact { kind, key, value }) => {
                if !matches!(self.store.fact(*kind, key), Ok(Some(_))) {
                    self.facts.insert((*kind, key.clone()), value.clone());
                }
            }
        }
        if self.rows.len() + self.facts.len() > PUT_BACK_ROWS_MAX {
            return Err(MendError::TooMany);
        }
        Ok(())
    }

    fn look_for_entry(&mut self, entry: &Entry) -> Result<(), MendError> {
        match self.store.entry(&entry.plan, entry.seq) {
            Ok(Some(held)) if held == *entry => Ok(()),
            Ok(Some(_)) => Err(MendError::Differs { plan: entry.plan.clone(), seq: entry.seq }),
            // Gone, or with bytes gone from it: the journal's own bytes take its place.
            Ok(None) | Err(_) => {
                self.store.put_back(entry)?;
                self.entries += 1;
                Ok(())
            }
        }
    }

    /// Puts the missing rows and facts back where nothing later stands by now.
    pub(crate) fn finish(self) -> Result<Mended, MendError> {
        let rows: Vec<_> = self.rows.into_iter().map(|(key, value)| IndexRow { key, value }).collect();
        let facts: Vec<_> =
            self.facts.into_iter().map(|((kind, key), value)| Fact { kind, key, value }).collect();
        let rows = self.store.put_back_lost(&rows, &facts)?;
        Ok(Mended { entries: self.entries, rows })
    }
}
