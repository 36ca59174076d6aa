//! Reader copies of plans: made on first demand, fed from the store, dropped when idle.
//!
//! A copy is asked on the blocking pool, catches up with the store first, and so shows everything
//! that was acknowledged before the question.  Many read one copy at a time; only catching up waits
//! for them, and they for it.  Snapshots are written beside, of a clone.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use plenary_core::Reader;
use plenary_core::history::Index;
use plenary_core::reader::ReaderError;
use plenary_core::rules::{Checker, Facts, Former, Found, Voices};
use plenary_core::snapshot::{self, SNAPSHOT_FORM};
use plenary_core::state::{FoldError, PlanState};
use plenary_limits::{OUTLINES_KEPT_MAX, VIEWS_KEPT_MAX};
use plenary_log::Snapshot;
use plenary_protocol::Seq;
use plenary_protocol::evidence::Leaves;
use plenary_protocol::ids::{Digest, PlanId};
use plenary_protocol::plan::PlanView;
use plenary_protocol::wire::event::EventView;

use crate::past::{EventsError, LogPast};
use crate::plans::{Outcome, Part, Plans};

/// After how many entries a new snapshot is kept, at least; of a long log after a twentieth of it,
/// since a snapshot costs what the plan is large.
const SNAPSHOT_EVERY: u64 = 2_000;
const SNAPSHOT_PARTS: u64 = 20;

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

/// Why no snapshot could be made of a plan.
#[derive(Debug, thiserror::Error)]
enum SnapshotError {
    #[error(transparent)]
    Events(#[from] EventsError),
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error(transparent)]
    Write(#[from] snapshot::SnapshotError),
    #[error(transparent)]
    Store(#[from] plenary_log::ReadError),
}

/// Views by the entry they are as of, the last asked for last.
#[derive(Default)]
struct Views(Mutex<Vec<(Seq, Arc<PlanView>)>>);

impl Views {
    fn get_or_make(&self, seq: Seq, kept: usize, make: impl FnOnce() -> PlanView) -> Arc<PlanView> {
        let find = || lock(&self.0).iter().find(|(at, _)| *at == seq).map(|(_, view)| view.clone());
        if let Some(view) = find() {
            return view;
        }
        // Not under the lock: others look for other points meanwhile.
        let view = Arc::new(make());
        let mut views = lock(&self.0);
        if views.len() >= kept {
            views.remove(0);
        }
        views.push((seq, view.clone()));
        view
    }
}

/// The plan before as it was at an entry, by the document it had when it was looked at: with what of it is set
/// aside since, it has another one, and the same entry reads otherwise.
type Before = (PlanId, Seq, String);

/// The findings of the plan as it is now, against the plan before.
struct Findings {
    before: Option<Before>,
    checker: Checker,
}

/// How many are kept: for whoever may read the plan before, and whoever may not.
const FINDINGS_KEPT: usize = 2;
/// After how many entries at once they are looked for anew instead of being kept up.
const KEPT_UP_MAX: usize = 512;

/// The reader copy of one plan.
pub struct Copy {
    reader: Reader,
    /// Made anew at the next entry while a search still looks at it.
    index: Arc<Index>,
    leaves: Leaves,
    snapshot_at: Seq,
    /// The last entry that set something aside when the copy was opened; with another one it is made anew.
    quarantined_in: Option<Seq>,
    views: Views,
    outlines: Views,
    findings: Mutex<Vec<Findings>>,
}

/// What of a copy goes into a snapshot.
type Parts = (Reader, Arc<Index>, Leaves);

struct Slot {
    copy: RwLock<Option<Copy>>,
    used: Mutex<Instant>,
}

/// All reader copies.
#[derive(Clone)]
pub struct Readings {
    plans: Plans,
    slots: Arc<Mutex<HashMap<PlanId, Arc<Slot>>>>,
    /// The thread that writes the last snapshot; one at a time.
    writing: Arc<Mutex<Option<JoinHandle<()>>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Readings {
    /// No copies yet.
    pub fn new(plans: Plans) -> Self {
        Readings { plans, slots: Arc::default(), writing: Arc::default() }
    }

    fn slot(&self, plan: &PlanId) -> Arc<Slot> {
        let new = || Arc::new(Slot { copy: RwLock::new(None), used: Mutex::new(Instant::now()) });
        let slot = lock(&self.slots).entry(plan.clone()).or_insert_with(new).clone();
        *lock(&slot.used) = Instant::now();
        slot
    }

    /// Asks the copy of a plan, caught up with the store.  Blocking.
    ///
    /// # Errors
    /// `ReadingError` when the log cannot be read; the copy is made anew at the next question.
    pub fn with<T>(&self, plan: &PlanId, ask: impl FnOnce(&Copy) -> T) -> Result<T, ReadingError> {
        let slot = self.slot(plan);
        {
            let held = slot.copy.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(copy) = held.as_ref()
                && self.plans.past(plan).head() <= copy.seq()
            {
                return Ok(ask(copy));
            }
        }
        let mut held = slot.copy.write().unwrap_or_else(PoisonError::into_inner);
        let copy = self.caught_up(plan, held.take())?;
        *held = Some(copy);
        let held = RwLockWriteGuard::downgrade(held);
        match held.as_ref() {
            Some(copy) => Ok(ask(copy)),
            // It was put there under the same lock.
            None => Err(ReaderError::Order { expected: Seq::ZERO, found: Seq::ZERO }.into()),
        }
    }

    /// As `with`, for the library's calls that want the document mutable; nobody else reads meanwhile.
    ///
    /// # Errors
    /// As `with`.
    pub fn with_mut<T>(&self, plan: &PlanId, ask: impl FnOnce(&mut Copy) -> T) -> Result<T, ReadingError> {
        let slot = self.slot(plan);
        let mut held = slot.copy.write().unwrap_or_else(PoisonError::into_inner);
        let mut copy = self.caught_up(plan, held.take())?;
        let answer = ask(&mut copy);
        *held = Some(copy);
        Ok(answer)
    }

    /// The copy with all entries of the store, opened from the last snapshot where there is none.
    fn caught_up(&self, plan: &PlanId, copy: Option<Copy>) -> Result<Copy, ReadingError> {
        let caught_up = self.try_catch_up(plan, copy);
        self.plans.note(plan, Part::View, caught_up.is_err());
        caught_up
    }

    fn try_catch_up(&self, plan: &PlanId, copy: Option<Copy>) -> Result<Copy, ReadingError> {
        let past = self.plans.past(plan);
        let head = past.head();
        // Asked after it, it knows of all quarantines up to there.
        let quarantined_in = past.quarantined_in()?;
        let copy = copy.filter(|copy| copy.quarantined_in == quarantined_in);
        let mut copy = copy.unwrap_or_else(|| Copy::open(plan, &past, quarantined_in));
        if head <= copy.seq() {
            if self.plans.awaits_look(plan) {
                self.start_snapshot(plan, &mut copy);
            }
            return Ok(copy);
        }
        let mut events = Vec::new();
        let (index, leaves) = (Arc::make_mut(&mut copy.index), &mut copy.leaves);
        past.each(copy.reader.seq(), head, &mut |event| {
            index.take(&EventView::of(&event));
            leaves.push(event.leaf);
            events.push(event);
            Ok::<(), EventsError>(())
        })?;
        let findings = copy.findings.get_mut().unwrap_or_else(PoisonError::into_inner);
        if events.len() > KEPT_UP_MAX {
            findings.clear();
        }
        let looked_at = if findings.is_empty() { Vec::new() } else { events.clone() };
        copy.reader.take(events)?;
        for kept in findings {
            looked_at.iter().for_each(|event| _ = kept.checker.take(event, &copy.reader));
        }
        let is_due = head.0 >= copy.snapshot_at.0 + SNAPSHOT_EVERY.max(head.0 / SNAPSHOT_PARTS);
        if is_due || self.plans.awaits_look(plan) {
            self.start_snapshot(plan, &mut copy);
        }
        Ok(copy)
    }

    /// Has a snapshot of a clone written by a thread of its own, unless one is being written.
    fn start_snapshot(&self, plan: &PlanId, copy: &mut Copy) {
        let mut writing = lock(&self.writing);
        if writing.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        copy.snapshot_at = copy.seq();
        let (readings, of, parts) = (self.clone(), plan.clone(), copy.parts());
        let thread = std::thread::Builder::new().name(format!("snapshot {plan}"));
        let thread = thread.spawn(move || readings.keep_snapshots(&of, parts));
        match thread {
            Ok(thread) => *writing = Some(thread),
            Err(error) => tracing::warn!(%plan, %error, "no thread for a snapshot"),
        }
    }

    /// Keeps a snapshot; where the document does not load, changes of it may be set aside, and then it is looked at
    /// once more.
    fn keep_snapshots(&self, plan: &PlanId, mut parts: Parts) {
        let mut is_made_anew = false;
        loop {
            let (reader, index, leaves) = &parts;
            let seq = reader.seq();
            self.plans.note_look(plan);
            match keep_snapshot(&self.plans, plan, reader, index, leaves) {
                Ok(()) => {
                    tracing::debug!(%plan, seq = seq.0, "snapshot kept");
                    return self.plans.end_stop(plan);
                }
                Err(SnapshotError::Write(snapshot::SnapshotError::Document(said))) => {
                    match self.plans.stop_edits(plan, seq, &said) {
                        Outcome::SetAside => {}
                        Outcome::CopyAtFault if !std::mem::replace(&mut is_made_anew, true) => {
                            self.drop_copy(plan);
                        }
                        Outcome::CopyAtFault | Outcome::Stopped => return,
                    }
                }
                Err(error @ SnapshotError::Write(_)) => {
                    return tracing::error!(%plan, seq = seq.0, %error, "the last good snapshot stays");
                }
                Err(error) => return tracing::warn!(%plan, %error, "a snapshot could not be kept"),
            }
            match self.with(plan, Copy::parts) {
                Ok(again) => parts = again,
                Err(error) => {
                    return tracing::error!(%plan, %error, "the plan cannot be read to be looked at anew");
                }
            }
        }
    }

    /// Drops a copy that is at fault, with the snapshot that it may come from: the next one is made of the log alone.
    fn drop_copy(&self, plan: &PlanId) {
        if let Err(error) = self.plans.log().delete_snapshot(plan.as_str()) {
            tracing::error!(%plan, %error, "the plan's snapshot could not be dropped");
        }
        *self.slot(plan).copy.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The root that the copy of a plan gives for its first `size` entries, where a copy is in memory, has as
    /// many and is not busy; it is left as old as it is.
    pub fn root(&self, plan: &PlanId, size: u64) -> Option<Digest> {
        let slot = lock(&self.slots).get(plan).cloned()?;
        let held = slot.copy.try_read().ok()?;
        held.as_ref()?.leaves().root(size)
    }

    /// Has the documents of plans whose edits are stopped looked at, where that is due, whoever asks for them or
    /// not.  Blocking.
    pub fn look_at_stopped(&self) {
        for plan in self.plans.await_look() {
            if let Err(error) = self.with(&plan, |_| ()) {
                tracing::warn!(%plan, %error, "the plan whose edits are stopped cannot be read");
            }
        }
    }

    /// Drops copies that nobody asked for as long as `idle`.
    pub fn sweep(&self, idle: Duration) {
        lock(&self.slots).retain(|_, slot| Arc::strong_count(slot) > 1 || lock(&slot.used).elapsed() < idle);
    }

    /// Waits until no snapshot is being written.  Blocking.
    pub fn stop(&self) {
        let thread = lock(&self.writing).take();
        _ = thread.map(JoinHandle::join);
    }
}

/// A snapshot replaces the last good one only after it reads back as it was, document and all.
///
/// The fold goes on from the last snapshot: it is nobody's memory in between.
fn keep_snapshot(
    plans: &Plans,
    plan: &PlanId,
    reader: &Reader,
    index: &Index,
    leaves: &Leaves,
) -> Result<(), SnapshotError> {
    let past = plans.past(plan);
    let bytes = past.snapshot_bytes();
    let kept = bytes.as_deref().and_then(snapshot::Snapshot::open);
    let kept = kept.and_then(|kept| kept.state(plan)).filter(|kept| kept.seq <= reader.seq());
    let mut state = kept.unwrap_or_else(|| PlanState::new(plan.clone()));
    past.each(state.seq, reader.seq(), &mut |event| {
        state.apply(&event)?;
        Ok::<(), SnapshotError>(())
    })?;
    let (bytes, heads) = snapshot::write(&state, reader, index, leaves)?;
    let heads = heads.iter().map(|head| head.0).collect();
    let kept = Snapshot::new(SNAPSHOT_FORM, reader.seq().0, heads, bytes);
    Ok(plans.log().put_snapshot(plan.as_str(), &kept)?)
}

impl Copy {
    /// The copy as of the last snapshot, or before the first entry.
    fn open(plan: &PlanId, past: &LogPast, quarantined_in: Option<Seq>) -> Copy {
        let bytes = past.snapshot_bytes();
        let kept = bytes.as_deref().and_then(snapshot::Snapshot::open).and_then(|kept| kept.reader(plan));
        let new = || (Reader::new(plan.clone()), Index::new(), Leaves::new());
        let (reader, index, leaves) = kept.unwrap_or_else(new);
        let snapshot_at = reader.seq();
        Copy {
            reader,
            index: Arc::new(index),
            leaves,
            snapshot_at,
            quarantined_in,
            views: Views::default(),
            outlines: Views::default(),
            findings: Mutex::default(),
        }
    }

    fn parts(&self) -> Parts {
        (self.reader.clone(), self.index.clone(), self.leaves.clone())
    }

    /// What the rules find in a view of the plan, against a view of the plan before: of now what is kept up
    /// entry by entry, of earlier points what a full run finds.
    pub fn found(&self, view: &PlanView, before: Option<&Arc<PlanView>>) -> Vec<Found> {
        let look = || {
            let former = before.map(|before| {
                Arc::new(Former { plan: before.id.clone(), facts: Facts::of(before, Voices::default()) })
            });
            Checker::of(view, self.reader.voices(view.seq), former)
        };
        let tell = |checker: &Checker| checker.findings().into_iter().cloned().collect();
        if view.seq != self.seq() {
            return tell(&look());
        }
        let key = before.map(|before| (before.id.clone(), before.seq, before.document.clone()));
        let mut kept = lock(&self.findings);
        if let Some(found) = kept.iter().find(|one| one.before == key) {
            return tell(&found.checker);
        }
        let checker = look();
        let found = tell(&checker);
        if kept.len() >= FINDINGS_KEPT {
            kept.remove(0);
        }
        kept.push(Findings { before: key, checker });
        found
    }

    /// The copy itself.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The copy itself, for the library's calls that want it mutable and leave it as it is.
    pub fn reader_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }

    /// The past in small.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The leaves of the tree of evidence.
    pub fn leaves(&self) -> &Leaves {
        &self.leaves
    }

    /// The past in small as it is now, to look at without the copy.
    pub fn index_to_keep(&self) -> Arc<Index> {
        self.index.clone()
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
    pub fn view(&self, at: Option<Seq>) -> Arc<PlanView> {
        let seq = at.unwrap_or_else(|| self.seq()).min(self.seq());
        self.views.get_or_make(seq, VIEWS_KEPT_MAX, || self.reader.view(Some(seq)))
    }

    /// What has a place and a display code after an entry, without texts and links: as of the last entry
    /// before it that bears on codes.
    pub fn outline(&self, at: Seq) -> Arc<PlanView> {
        let seq = self.index.structure().since(at).unwrap_or(Seq::ZERO);
        self.outlines.get_or_make(seq, OUTLINES_KEPT_MAX, || self.reader.outline(seq))
    }

    /// The saved document as of the last entry.
    pub fn save(&self) -> Vec<u8> {
        self.reader.save()
    }
}
