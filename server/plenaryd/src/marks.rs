//! Which entry of a plan said last who may read it, and which set changes aside last.
//!
//! **Invariant.** That a row of the index is not there, or which entry it names, proves nothing while the store may
//! have lost rows in a power cut: then the plan's entries say it, of which a missing one is an error.  What was
//! lost is put back by the log, not here.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use plenary_limits::ENTRIES_PER_READ_MAX;
use plenary_log::Log;
use plenary_protocol::Seq;
use plenary_protocol::ids::PlanId;
use plenary_protocol::record::decode_envelope;

use crate::indexer::{Mark, mark_key, mark_of};
use crate::past::EventsError;

/// What the entries of plans say that were read because their rows were not to be trusted.
#[derive(Debug, Default)]
pub struct Marks(Mutex<HashMap<PlanId, Found>>);

/// The last entries with a mark among the first `until`.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    until: u64,
    access: Option<Seq>,
    quarantine: Option<Seq>,
}

impl Marks {
    /// The last entry of a plan that has a mark, as of its last entry in the store.
    ///
    /// # Errors
    /// `EventsError` when it cannot be told.
    pub fn last(&self, log: &Log, plan: &PlanId, mark: Mark) -> Result<Option<Seq>, EventsError> {
        if !log.may_lack_rows() {
            let row = log.index(&mark_key(plan.as_str(), mark))?;
            return Ok(row.map(|value| Seq(value.as_slice().try_into().map_or(0, u64::from_be_bytes))));
        }
        let found = self.of_entries(log, plan)?;
        Ok(match mark {
            Mark::Access => found.access,
            Mark::Quarantine => found.quarantine,
        })
    }

    /// Reads on from where it was read to; nobody waits for another plan's entries meanwhile.
    fn of_entries(&self, log: &Log, plan: &PlanId) -> Result<Found, EventsError> {
        let mut found = self.found().get(plan).copied().unwrap_or_default();
        let known = found.until;
        loop {
            let entries = log.entries(plan.as_str(), found.until, ENTRIES_PER_READ_MAX)?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                match mark_of(&decode_envelope(&entry.envelope)?.act) {
                    Some(Mark::Access) => found.access = Some(Seq(entry.seq)),
                    Some(Mark::Quarantine) => found.quarantine = Some(Seq(entry.seq)),
                    None => {}
                }
                found.until = entry.seq;
            }
        }
        if found.until > known {
            let mut all = self.found();
            let kept = all.entry(plan.clone()).or_default();
            if kept.until < found.until {
                *kept = found;
            }
        }
        Ok(found)
    }

    fn found(&self) -> MutexGuard<'_, HashMap<PlanId, Found>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use plenary_core::policy::{Action, check};
    use plenary_core::{Ask, Grant};
    use plenary_log::{Fact, FactKind, Record};
    use plenary_protocol::access::Readers;
    use plenary_protocol::{Access, Bureau};

    use super::*;
    use crate::plans::Plans;
    use crate::tests::{admin, asked, draft, edited, open};

    const SEGMENT_BYTES: u64 = 65_536;

    /// What the rows and the past say: who may read the draft, and how much of it is set aside.
    fn said(plans: &Plans) -> ([Option<Vec<u8>>; 2], Access, usize) {
        let row = |mark| plans.log().index(&mark_key(draft().as_str(), mark)).unwrap();
        let past = plans.past(&draft());
        let aside = past.quarantine().unwrap().count();
        ([Mark::Access, Mark::Quarantine].map(row), past.access().unwrap(), aside)
    }

    #[test]
    fn what_a_lost_row_said_is_read_from_the_entries_until_the_row_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let plans = open(folder.path(), SEGMENT_BYTES);
        let roots = vec![edited(&plans, "Resolution 71")];
        let only = Readers { bureaux: [Bureau::GS].into(), ..Readers::default() };
        let (id, access) = ("narrow".parse().unwrap(), Access::Only(only));
        let grant = check(&admin(), &draft(), &Access::Everybody, Action::SetAccess).unwrap();
        asked(&plans, grant, Ask::SetAccess { id, access: access.clone(), because: None });
        let grant = Grant::to_quarantine(&draft(), "server".parse().unwrap());
        asked(&plans, grant, Ask::Quarantine { roots, reason: "it does not load".into() });
        let before = said(&plans);
        assert!(before.0.iter().all(Option::is_some) && before.1 == access && before.2 == 1, "{before:?}");
        // So that all of it stands in older segments.
        for n in 0..4_u8 {
            let fact = Fact { kind: FactKind::Other(200), key: vec![n], value: vec![n; 40_000] };
            plans.log().append(vec![Record::Fact(fact)]).unwrap();
        }
        plans.stop();
        drop(plans);

        let db = sled::open(folder.path().join("store")).unwrap();
        let tree = db.open_tree("idempotency").unwrap();
        for mark in [Mark::Access, Mark::Quarantine] {
            assert!(tree.remove(mark_key(draft().as_str(), mark)).unwrap().is_some());
        }
        db.flush().unwrap();
        drop((tree, db));
        // The journal cannot say what the store lacks, and a stop in between changes nothing of that.
        let journal = std::fs::read_dir(folder.path().join("journal")).unwrap();
        let first = journal.map(|file| file.unwrap().path()).min().unwrap();
        let whole = std::fs::read(&first).unwrap();
        let mut hurt = whole.clone();
        hurt[whole.len() / 2] ^= 1;
        std::fs::write(&first, &hurt).unwrap();
        for _ in 0..2 {
            let plans = open(folder.path(), SEGMENT_BYTES);
            assert_eq!(said(&plans), ([None, None], access.clone(), 1));
            plans.stop();
            plans.log().clone().close().unwrap();
        }
        std::fs::write(&first, &whole).unwrap();
        let plans = open(folder.path(), SEGMENT_BYTES);
        while plans.log().is_being_mended() {
            std::thread::yield_now();
        }
        assert_eq!(said(&plans), before);
        assert!(!plans.log().may_lack_rows());
        plans.stop();
    }
}
