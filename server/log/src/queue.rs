//! The bounded queue between callers and the writer: a full one is an answer, never a wait.
//!
//! A call that is dropped unanswered (the writer has panicked) answers itself with a failure.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::entry::Record;
use crate::error::AppendError;
use crate::log::Done;
use plenary_limits::{GROUP_BYTES_MAX, GROUP_RECORDS_MAX};

/// One call: records that become durable together, and who wants to know.
pub(crate) struct Call {
    pub records: Vec<Record>,
    pub bytes: usize,
    done: Option<Done>,
}

impl Call {
    pub(crate) fn new(records: Vec<Record>, done: Done) -> Self {
        let bytes = records.iter().map(Record::weight_bytes).sum();
        Self { records, bytes, done: Some(done) }
    }

    /// Answers the call; a panic of the caller's own function does not stop the log.
    pub(crate) fn answer(mut self, result: Result<(), AppendError>) {
        self.answer_once(result);
    }

    /// Lets go of the call without an answer, because the caller is told in another way.
    fn forget(mut self) {
        self.done = None;
    }

    fn answer_once(&mut self, result: Result<(), AppendError>) {
        let Some(done) = self.done.take() else { return };
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| done(result))).is_err() {
            tracing::error!("a caller's function panicked when it was told of its append");
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.answer_once(Err(AppendError::Failed { reason: "the writer has stopped".to_owned() }));
    }
}

/// How the queue ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The last handle was dropped: what waits is written, no seal.
    Dropped,
    /// A clean stop: what waits is written, then the seal.
    Sealed,
}

struct Waiting {
    calls: VecDeque<Call>,
    bytes: usize,
    ending: Option<Ending>,
}

/// The queue.
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    calls_max: usize,
    bytes_max: usize,
}

impl Queue {
    pub(crate) fn new(calls_max: usize, bytes_max: usize) -> Self {
        let waiting = Waiting { calls: VecDeque::new(), bytes: 0, ending: None };
        Self { waiting: Mutex::new(waiting), changed: Condvar::new(), calls_max, bytes_max }
    }

    /// Adds a call, or says why not; its function is called only when it was added.
    pub(crate) fn push(&self, call: Call) -> Result<(), AppendError> {
        let mut waiting = self.lock();
        let is_full = waiting.calls.len() >= self.calls_max
            || (!waiting.calls.is_empty() && waiting.bytes + call.bytes > self.bytes_max);
        let refusal = if waiting.ending.is_some() {
            Some(AppendError::Closed)
        } else if is_full {
            Some(AppendError::QueueFull { calls: waiting.calls.len(), bytes: waiting.bytes })
        } else {
            None
        };
        if let Some(refusal) = refusal {
            drop(waiting);
            call.forget();
            return Err(refusal);
        }
        waiting.bytes += call.bytes;
        waiting.calls.push_back(call);
        drop(waiting);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for calls and takes those that share one sync; none when the queue has ended.
    pub(crate) fn take(&self) -> Result<Vec<Call>, Ending> {
        let mut waiting = self.lock();
        loop {
            if !waiting.calls.is_empty() {
                break;
            }
            if let Some(ending) = waiting.ending {
                return Err(ending);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let (mut taken, mut records, mut bytes) = (Vec::new(), 0, 0);
        while let Some(call) = waiting.calls.pop_front() {
            let fits =
                records + call.records.len() <= GROUP_RECORDS_MAX && bytes + call.bytes <= GROUP_BYTES_MAX;
            if !fits && !taken.is_empty() {
                waiting.calls.push_front(call);
                break;
            }
            records += call.records.len();
            bytes += call.bytes;
            taken.push(call);
        }
        waiting.bytes -= bytes;
        Ok(taken)
    }

    /// Gives how many calls wait, and their bytes.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let waiting = self.lock();
        (waiting.calls.len(), waiting.bytes)
    }

    /// Ends the queue; the first ending counts.
    pub(crate) fn end(&self, ending: Ending) {
        self.lock().ending.get_or_insert(ending);
        self.changed.notify_all();
    }

    /// Drops what waits; each call answers itself with a failure.
    pub(crate) fn drop_waiting(&self) {
        let calls = {
            let mut waiting = self.lock();
            waiting.bytes = 0;
            std::mem::take(&mut waiting.calls)
        };
        drop(calls);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
