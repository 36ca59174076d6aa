//! Reader copies of plans: made on first demand, fed from the store, dropped when idle.
//!
//! A copy is asked on the blocking pool, catches up with the store first, and so shows everything
//! that was acknowledged before the question.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use plenary_core::Reader;
use plenary_core::reader::ReaderError;
use plenary_log::Snapshot;
use plenary_protocol::Seq;
use plenary_protocol::ids::PlanId;
use plenary_protocol::plan::PlanView;

use crate::past::EventsError;
use crate::plans::Plans;

/// After how many entries a new snapshot is kept.
const SNAPSHOT_EVERY: u64 = 2_000;
/// Version of what a snapshot holds.
const SNAPSHOT_SCHEMA: u32 = 1;
/// Views of earlier points kept beside the latest, for questions that name the same points again.
const VIEWS_KEPT: usize = 8;

/// Why a plan could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    /// The store cannot be read, or an entry does not open.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// The entries do not make a document.
    #[error(transparent)]
    Reader(#[from] ReaderError),
}

/// The reader copy of one plan.
pub struct Copy {
    reader: Reader,
    snapshot_at: Seq,
    views: Vec<(Seq, Arc<PlanView>)>,
}

struct Slot {
    copy: Mutex<Option<Copy>>,
    used: Mutex<Instant>,
}

/// All reader copies.
#[derive(Clone)]
pub struct Readings {
    plans: Plans,
    slots: Arc<Mutex<HashMap<PlanId, Arc<Slot>>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Readings {
    /// No copies yet.
    pub fn new(plans: Plans) -> Self {
        Readings { plans, slots: Arc::default() }
    }

    /// Asks the copy of a plan, caught up with the store.  Blocking.
    ///
    /// # Errors
    /// `ReadingError` when the log cannot be read; the copy is made anew at the next question.
    pub fn with<T>(&self, plan: &PlanId, ask: impl FnOnce(&mut Copy) -> T) -> Result<T, ReadingError> {
        let slot = {
            let mut slots = lock(&self.slots);
            let new = || Arc::new(Slot { copy: Mutex::new(None), used: Mutex::new(Instant::now()) });
            slots.entry(plan.clone()).or_insert_with(new).clone()
        };
        *lock(&slot.used) = Instant::now();
        let mut held = lock(&slot.copy);
        let mut copy = held.take().unwrap_or_else(|| Copy {
            reader: Reader::new(plan.clone()),
            snapshot_at: self
                .plans
                .log()
                .snapshot(plan.as_str())
                .map_or(Seq::ZERO, |snapshot| Seq(snapshot.seq)),
            views: Vec::new(),
        });
        self.catch_up(plan, &mut copy)?;
        let answer = ask(&mut copy);
        *held = Some(copy);
        Ok(answer)
    }

    fn catch_up(&self, plan: &PlanId, copy: &mut Copy) -> Result<(), ReadingError> {
        let past = self.plans.past(plan);
        let head = past.head();
        if head <= copy.reader.seq() {
            return Ok(());
        }
        let mut events = Vec::new();
        past.each(copy.reader.seq(), head, &mut |event| {
            events.push(event);
            Ok::<(), EventsError>(())
        })?;
        copy.reader.take(events)?;
        if head.0 >= copy.snapshot_at.0 + SNAPSHOT_EVERY {
            copy.snapshot_at = head;
            self.keep_snapshot(plan, &copy.reader);
        }
        Ok(())
    }

    /// A snapshot replaces the last good one only after it loads to the same heads.
    fn keep_snapshot(&self, plan: &PlanId, reader: &Reader) {
        let Some((bytes, heads)) = reader.verified_save() else {
            tracing::error!(%plan, seq = reader.seq().0, "the saved document does not load as it was; the last good snapshot stays");
            return;
        };
        let heads = heads.iter().map(|head| head.0).collect();
        let snapshot = Snapshot::new(SNAPSHOT_SCHEMA, reader.seq().0, heads, bytes);
        if let Err(error) = self.plans.log().put_snapshot(plan.as_str(), &snapshot) {
            tracing::warn!(%plan, %error, "a snapshot could not be kept");
        }
    }

    /// Drops copies that nobody asked for as long as `idle`.
    pub fn sweep(&self, idle: Duration) {
        lock(&self.slots).retain(|_, slot| Arc::strong_count(slot) > 1 || lock(&slot.used).elapsed() < idle);
    }
}

impl Copy {
    /// The copy itself.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The copy itself, for the library's calls that want it mutable and leave it as it is.
    pub fn reader_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }

    /// The last entry the copy has.
    pub fn seq(&self) -> Seq {
        self.reader.seq()
    }

    /// The last entry at or before a time, microseconds since 1970 UTC.
    pub fn seq_at(&self, time_us: i64) -> Seq {
        self.reader.seq_at(time_us)
    }

    /// The plan after an entry, or now.
    pub fn view(&mut self, at: Option<Seq>) -> Arc<PlanView> {
        let seq = at.unwrap_or_else(|| self.seq()).min(self.seq());
        if let Some((_, view)) = self.views.iter().find(|(kept, _)| *kept == seq) {
            return view.clone();
        }
        let view = Arc::new(self.reader.view(Some(seq)));
        if self.views.len() >= VIEWS_KEPT {
            self.views.remove(0);
        }
        self.views.push((seq, view.clone()));
        view
    }

    /// The saved document as of the last entry.
    pub fn save(&self) -> Vec<u8> {
        self.reader.save()
    }
}
