//! What a data directory still knows of what was acknowledged, however damaged it is: the heads that its
//! journal and its store lead to, and the last of some facts.
//!
//! Nothing here decides anything: whoever replaces the directory asks what may be lost by it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::entry::{Entry, Fact, FactKind, Head, Record, leaf_hash};
use crate::error::OpenError;
use crate::open::DirLock;
use crate::recovery;
use crate::segment::GroupContent;
use crate::store::Store;
use plenary_limits::CACHE_BYTES_DEFAULT;

/// What a data directory knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// The head of every plan, as far as the journal can be read.
    pub journal: BTreeMap<String, Head>,
    /// The head of every plan in the store; none when there is none, or it does not open.
    pub store: BTreeMap<String, Head>,
    /// The last facts of the kinds that were asked for: those of the journal, then those of the store.
    pub facts: Vec<Fact>,
    /// Whether the journal is whole and ends with the seal of a clean stop: what was acknowledged on this
    /// directory is in it.
    pub is_sealed: bool,
}

/// Looks at a data directory that nobody else uses; damage is passed over.
///
/// # Errors
/// [`OpenError::Io`] when a file cannot be read at all.
pub fn inspect(dir: &Path, _held: &DirLock, kinds: &[FactKind]) -> Result<Inspection, OpenError> {
    let mut found = Inspection::default();
    let mut facts = BTreeMap::new();
    let files = recovery::list(&dir.join("journal"))?;
    let mut is_whole = files.first().is_some_and(|file| file.first == 1);
    let mut before = None;
    for (index, file) in files.iter().enumerate() {
        let Ok(loaded) = recovery::load(file)? else {
            is_whole = false;
            continue;
        };
        is_whole &= loaded.scan.fault.is_none()
            && before.is_none_or(|mark| mark == loaded.header.first)
            && (loaded.scan.is_closed || index + 1 == files.len());
        before = Some(loaded.end_mark().position + 1);
        found.is_sealed = loaded.is_sealed();
        let mut records = Vec::new();
        for span in &loaded.scan.groups {
            if let GroupContent::Records(of_group) = loaded.content(span)? {
                records.extend(of_group);
            }
        }
        if loaded.scan.fault.is_some() {
            records.extend(loaded.readable_after(loaded.scan.end));
        }
        for record in records {
            match record {
                Record::Entry(entry) => advance(&mut found.journal, &entry),
                Record::Fact(fact) if kinds.contains(&fact.kind) => {
                    _ = facts.insert((fact.kind, fact.key), fact.value);
                }
                Record::Fact(_) => {}
            }
        }
    }
    found.is_sealed &= is_whole;
    found.facts.extend(facts.into_iter().map(|((kind, key), value)| Fact { kind, key, value }));
    let path = dir.join("store");
    if path.exists()
        && let Ok(store) = Store::open(&path, CACHE_BYTES_DEFAULT)
    {
        // A store that does not read knows nothing.
        found.store = store.last_entries().unwrap_or_default();
        for kind in kinds {
            found.facts.extend(store.facts(Some(*kind)).unwrap_or_default());
        }
    }
    Ok(found)
}

fn advance(heads: &mut BTreeMap<String, Head>, entry: &Entry) {
    if heads.get(&entry.plan).is_none_or(|head| head.seq < entry.seq) {
        heads.insert(entry.plan.clone(), Head { seq: entry.seq, hash: leaf_hash(&entry.envelope) });
    }
}
