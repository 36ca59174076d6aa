//! The server looks at its own evidence: the end of every log before it serves, everything while it does.
//!
//! **Invariant.** A plan of which something was found is not vouched for any more, and nothing is added to
//! it: every new entry names the one before, so it would vouch for what is broken. Reading goes on. A finding
//! is taken back only by a later look that examined all of the same plan in the same source (journal, store,
//! memory) and found that it holds; where damage kept the look away it stays, with the time it was found. The
//! looking is bounded in bytes a second and gives way to writers, and no more than one goes on at a time.

mod ledger;
mod pace;
mod round;
mod tail;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use plenary_protocol::wire::api::SelfCheckState;

use crate::clock;
use crate::evidence::Finding;
use crate::plans::Plans;
use crate::readings::Readings;
use ledger::{Examined, Ledger, Source};

pub use self::tail::{TailError, check_tails};

/// How the looking goes.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Bytes a second.
    pub bytes_per_s: u64,
    /// From the end of one look to the next.
    pub every: Duration,
}

/// The end of a look at everything.
#[derive(Debug, Clone, Copy)]
pub struct Done {
    /// When it ended.
    pub at: Timestamp,
    /// Entries that were looked at.
    pub entries: u64,
    /// How long it took.
    pub took: Duration,
    ended: Instant,
}

/// What is known at one moment.
#[derive(Debug, Clone)]
pub struct Report {
    /// In one word.
    pub state: SelfCheckState,
    /// The last whole look.
    pub last: Option<Done>,
    /// How long ago it ended, or the server started.
    pub age: Duration,
    /// Entries that the look going on now has seen; none when none goes on.
    pub seen: Option<u64>,
    /// What does not hold.
    pub findings: Vec<Finding>,
    /// Findings that are not among them.
    pub more_findings: u64,
}

impl Report {
    /// How many things do not hold.
    pub fn failures(&self) -> u64 {
        self.findings.len() as u64 + self.more_findings
    }
}

struct State {
    started: Instant,
    last: Option<Done>,
    seen: Option<u64>,
    /// Of all looks, as far as nothing was taken back.
    ledger: Ledger,
    is_asked: bool,
    is_stopping: bool,
}

/// The looking; clones are handles to the same one.
#[derive(Clone)]
pub struct SelfCheck {
    inner: Arc<Inner>,
}

struct Inner {
    plans: Plans,
    readings: Readings,
    settings: Settings,
    state: Mutex<State>,
    changed: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SelfCheck {
    /// Nothing was looked at yet but the ends of the logs, with what was found there.
    pub fn new(plans: Plans, readings: Readings, settings: Settings, findings: Vec<Finding>) -> Self {
        let mut ledger = Ledger::default();
        for finding in &findings {
            // The ends were read from the store.
            ledger.keep(finding, Source::Store, clock::now());
        }
        // That was a look of its own: the first whole one may take it back.
        ledger.settle(&Examined::default());
        let state = State {
            started: Instant::now(),
            last: None,
            seen: None,
            ledger,
            is_asked: false,
            is_stopping: false,
        };
        let (state, changed) = (Mutex::new(state), Condvar::new());
        let inner = Inner { plans, readings, settings, state, changed, thread: Mutex::default() };
        SelfCheck { inner: Arc::new(inner) }
    }

    /// Starts looking, on a thread of its own.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(&self) -> std::io::Result<()> {
        let check = self.clone();
        let thread = std::thread::Builder::new().name("self-check".to_owned());
        *lock(&self.inner.thread) = Some(thread.spawn(move || check.run())?);
        Ok(())
    }

    /// Ends the looking.  Blocking, shortly.
    pub fn stop(&self) {
        lock(&self.inner.state).is_stopping = true;
        self.inner.changed.notify_all();
        let thread = lock(&self.inner.thread).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the self-check has panicked");
        }
    }

    /// Has everything looked at as soon as may be: at once, or after the look that goes on now.
    pub fn ask(&self) {
        lock(&self.inner.state).is_asked = true;
        self.inner.changed.notify_all();
    }

    /// What is known now.
    pub fn report(&self) -> Report {
        let state = lock(&self.inner.state);
        let findings = state.ledger.findings();
        let known = match (&state.last, !findings.is_empty()) {
            (_, true) => SelfCheckState::Failed,
            (Some(_), false) => SelfCheckState::Verified,
            (None, false) => SelfCheckState::Checking,
        };
        Report {
            state: known,
            last: state.last,
            age: state.last.map_or(state.started, |done| done.ended).elapsed(),
            seen: state.seen,
            findings,
            more_findings: state.ledger.more(),
        }
    }

    fn run(&self) {
        loop {
            // What a stop that was not clean took from the store is put back first.
            while self.inner.plans.log().is_being_mended() {
                if self.pause(Duration::from_millis(50)) {
                    return;
                }
            }
            let began = Instant::now();
            let Some(found) = round::look(self) else { return };
            self.end(&found, began);
            if self.wait_for_the_next() {
                return;
            }
        }
    }

    /// Takes in what a whole look examined.
    fn end(&self, found: &round::Found, began: Instant) {
        let round::Found { entries, examined } = found;
        let done = Done { at: clock::now(), entries: *entries, took: began.elapsed(), ended: Instant::now() };
        let mut state = lock(&self.inner.state);
        state.ledger.settle(examined);
        self.inner.plans.notary().acquit(|plan| state.ledger.holds(plan));
        state.seen = None;
        state.last = Some(done);
        let failures = state.ledger.findings().len() as u64 + state.ledger.more();
        tracing::info!(
            entries,
            failures,
            took_ms = done.took.as_millis() as u64,
            "everything in the log was looked at"
        );
    }

    /// Takes in one thing that was found, at once; said once, however often it is found.
    fn found(&self, finding: &Finding, source: Source) {
        let is_new = lock(&self.inner.state).ledger.keep(finding, source, clock::now());
        if let Some(plan) = &finding.plan {
            self.inner.plans.notary().contradict(plan, &finding.what);
        }
        if is_new {
            let plan = finding.plan.as_ref().map(tracing::field::display);
            tracing::error!(
                plan,
                seq = finding.seq,
                what = finding.what,
                "the self-check found what does not hold"
            );
        }
    }

    fn saw(&self, entries: u64) {
        lock(&self.inner.state).seen = Some(entries);
    }

    /// Waits until the next look is due or asked for; tells whether the server stops.
    fn wait_for_the_next(&self) -> bool {
        let state = lock(&self.inner.state);
        let waits = |state: &mut State| !state.is_stopping && !state.is_asked;
        let waited = self.inner.changed.wait_timeout_while(state, self.inner.settings.every, waits);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_asked = false;
        state.is_stopping
    }

    /// Waits this long; tells whether the server stops.
    fn pause(&self, length: Duration) -> bool {
        let state = lock(&self.inner.state);
        let waited = self.inner.changed.wait_timeout_while(state, length, |state| !state.is_stopping);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_stopping
    }
}
