//! The two threads of a log: the writer, which alone appends, and the keeper, which flushes the store.
//!
//! The writer persists, then tells: one `fdatasync` for everything that waited, then the store, then
//! the answers. A failed write or sync is never tried again, because the system may have dropped the
//! very pages whose sync failed: from then on every call is answered with the failure.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::entry::{Indexer, Record};
use crate::error::AppendError;
use crate::journal::Journal;
use crate::log::{LogState, Shared, lock};
use crate::options::Group;
use crate::queue::{Call, Ending};
use crate::store::{self, panic_text};
use plenary_limits::LOG_PLANS_MAX;

/// Writes until the queue ends.
pub(crate) fn run(shared: &Shared, journal: Journal, indexer: &dyn Indexer) {
    let mut writer = Writer { shared, journal, indexer };
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| writer.run())) {
        shared.fail(format!("the writer has panicked: {}", panic_text(&*panic)));
    }
    // After a panic calls may still come until the log is closed; nobody else would answer them.
    while let Ok(calls) = shared.queue.take() {
        drop(calls);
    }
    shared.queue.drop_waiting();
}

struct Writer<'a> {
    shared: &'a Shared,
    journal: Journal,
    indexer: &'a dyn Indexer,
}

impl Writer<'_> {
    fn run(&mut self) {
        loop {
            match self.shared.queue.take() {
                Ok(calls) => self.handle(calls),
                Err(Ending::Sealed) if self.shared.failure().is_none() => return self.seal(),
                Err(_) => return,
            }
        }
    }

    fn handle(&mut self, calls: Vec<Call>) {
        if let Some(refusal) = self.refusal() {
            calls.into_iter().for_each(|call| call.answer(Err(refusal.clone())));
            return;
        }
        let accepted = self.accept(calls);
        match self.write(&accepted) {
            Ok(()) => accepted.into_iter().for_each(|call| call.answer(Ok(()))),
            Err(reason) => {
                self.shared.fail(reason.clone());
                let error = AppendError::Failed { reason };
                accepted.into_iter().for_each(|call| call.answer(Err(error.clone())));
            }
        }
    }

    fn refusal(&self) -> Option<AppendError> {
        if let Some(reason) = self.shared.failure() {
            return Some(AppendError::Failed { reason });
        }
        self.shared.look_at_reserve().map(|reason| AppendError::ReadOnly { reason })
    }

    /// Answers the calls whose entries are not the next ones, and gives the others.
    fn accept(&self, calls: Vec<Call>) -> Vec<Call> {
        let mut accepted = Vec::with_capacity(calls.len());
        let mut plans = self.shared.plan_count();
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        for call in calls {
            let mut last_of_call: BTreeMap<&str, u64> = BTreeMap::new();
            let refused = call.records.iter().find_map(|record| {
                let Record::Entry(entry) = record else { return None };
                let plan = entry.plan.as_str();
                let before = last_of_call.get(plan).or_else(|| last.get(plan)).copied();
                let before = before.unwrap_or_else(|| self.shared.head(plan).map_or(0, |head| head.seq));
                let (expected, found) = (before + 1, entry.seq);
                last_of_call.insert(plan, found);
                if expected == 1 {
                    plans += 1;
                }
                if plans > LOG_PLANS_MAX {
                    return Some(AppendError::TooLarge {
                        what: "number of plans",
                        length: plans,
                        max: LOG_PLANS_MAX,
                    });
                }
                (found != expected).then(|| AppendError::OutOfOrder {
                    plan: plan.to_owned(),
                    expected,
                    found,
                })
            });
            match refused {
                Some(refusal) => {
                    tracing::error!(error = %refusal, "an append was refused");
                    call.answer(Err(refusal));
                }
                None => {
                    last.extend(last_of_call.into_iter().map(|(plan, seq)| (plan.to_owned(), seq)));
                    accepted.push(call);
                }
            }
        }
        accepted
    }

    /// Makes the records durable and puts them into the store.
    fn write(&mut self, calls: &[Call]) -> Result<(), String> {
        let records = calls.iter().flat_map(|call| &call.records);
        if records.clone().next().is_none() {
            return Ok(());
        }
        let began = Instant::now();
        let mark = self.journal.append(records.clone()).map_err(|error| error.to_string())?;
        let synced = Instant::now();
        self.shared.written.store(mark.position, Ordering::Release);
        let heads = self.shared.store.apply(records.clone(), mark, self.indexer);
        let heads = heads.map_err(|error| format!("the journal has it, but {error}"))?;
        self.shared.publish(heads, mark);
        let bytes = calls.iter().map(|call| call.bytes as u64).sum();
        lock(&self.shared.reserve).wrote(bytes);
        if let Some(on_group) = &self.shared.options.on_group {
            let (journal, store) = (synced - began, synced.elapsed());
            on_group(&Group { records: records.count(), bytes, journal, store });
        }
        Ok(())
    }

    /// Ends cleanly: the store is on the disk and whole, then the seal says so.
    fn seal(&mut self) {
        let flushed = self.flush_store();
        if self.shared.may_lack_rows.load(Ordering::Acquire) {
            tracing::warn!("the store may still lack rows, so the stop is not sealed as a clean one");
            *lock(&self.shared.unflushed) = flushed.err();
            return;
        }
        let heads = self.shared.heads();
        match self.journal.seal(&heads) {
            Ok(mark) => {
                let applied = self.shared.store.apply([].into_iter(), mark, self.indexer);
                let kept = applied.map_err(|error| error.to_string()).and_then(|_| self.flush_store());
                if let Err(reason) = flushed.and(kept) {
                    *lock(&self.shared.unflushed) = Some(reason);
                }
            }
            Err(error) => self.shared.fail(error.to_string()),
        }
    }

    fn flush_store(&self) -> Result<(), String> {
        self.shared.store.flush().map_err(|error| error.to_string())?;
        store::sync_file(&self.shared.options.store_dir()).map_err(|error| error.to_string())
    }
}

/// Flushes the store when nothing is appended, and now and then when much is; looks at the disk.
pub(crate) fn keep(shared: &Arc<Shared>) {
    let (mut flushed, mut seen) = (shared.applied.load(Ordering::Acquire), 0);
    let mut flushed_at = Instant::now();
    while !shared.wait_for_stop(shared.options.flush_idle) {
        let applied = shared.applied.load(Ordering::Acquire);
        let is_idle = applied == seen;
        seen = applied;
        if applied != flushed && (is_idle || flushed_at.elapsed() >= shared.options.flush_every) {
            if let Err(error) = shared.store.flush() {
                shared.fail(error.to_string());
            }
            (flushed, flushed_at) = (applied, Instant::now());
            shared.flushed.store(applied, Ordering::Release);
        }
        if !matches!(shared.state(), LogState::Failed { .. }) {
            shared.look_at_reserve();
        }
    }
}
