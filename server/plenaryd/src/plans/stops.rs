//! Plans whose edits are stopped, because the document that the log makes does not load as it was saved.
//!
//! That is an incident: the gate lets no such change in.  The stop is durable, so that a restart does not
//! lift it.  The changes at fault are looked for and set aside by an entry of the log, and the stop ends when the
//! document is seen to load: after that, or with another version of the library.  Nothing is repaired silently;
//! who may read the plan goes on reading it, and exports go on.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use plenary_core::poison::{Ended, Poison, Search};
use plenary_core::{Answer, Ask, Grant};
use plenary_log::{Fact, FactKind, ReadError, Record};
use plenary_protocol::Seq;
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::{Refusal, RefusalCode};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::{Mail, Origin, Part, Plans, lock, unavailable};
use crate::clock;
use crate::past::EventsError;

/// How many of the entries that hang on the one at fault the operator's log names.
const ENTRIES_TOLD: usize = 20;
/// How much of what the library says is kept, in characters.
const REASON_CHARS: usize = 500;
/// Who sets changes aside, as entries name it.
const SERVER: &str = "plenary-server";
/// How often the plan is asked to, where its thread ends before it could.
const TRIES: usize = 3;
/// After how long a document that could not be mended is looked at again: what failed may have been the disk.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Why it is not known which plans take no edits.
#[derive(Debug, thiserror::Error)]
pub enum StopsError {
    /// The store cannot be read.
    #[error("the plans whose edits are stopped cannot be read")]
    Read(#[from] ReadError),
    /// One does not read; it was written by a newer version, or is damaged.
    #[error("a plan whose edits are stopped is kept in a form that this version does not read")]
    Form,
}

/// Why the entry at fault could not be looked for.
#[derive(Debug, thiserror::Error)]
enum SearchError {
    #[error(transparent)]
    Events(#[from] EventsError),
    #[error("a change does not decode: {0}")]
    Change(String),
    #[error("the server stops; the next run looks for them")]
    Ended,
}

impl From<Ended> for SearchError {
    fn from(Ended: Ended) -> Self {
        SearchError::Ended
    }
}

/// What came of a document that does not load as it was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Changes were set aside: the document is to be looked at anew.
    SetAside,
    /// The log's document loads: the copy is at fault, and is to be made anew.
    CopyAtFault,
    /// Edits stay stopped.
    Stopped,
}

/// What stops the edits of a plan, as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stop {
    /// The first entry with which the saved document does not load; none while it is not known.
    #[serde(default)]
    seq: Option<Seq>,
    /// How many entries fall with it: others at fault, and all that hang on them.
    behind: usize,
    /// What the library says.
    reason: String,
    /// When it was found, RFC 3339 UTC.
    since: String,
}

/// A plan whose edits are stopped.
#[derive(Debug, Default)]
struct Stopped {
    /// What is known of it; nothing until that is written down.
    stop: Option<Stop>,
    /// When they were looked for last in this run.
    looked: Option<Instant>,
    /// Whether nothing more can be done here: too much is at fault.
    is_final: bool,
}

impl Stopped {
    fn awaits_look(&self) -> bool {
        !self.is_final && self.looked.is_none_or(|at| at.elapsed() >= LOOK_AGAIN)
    }
}

/// The plans whose edits are stopped.
#[derive(Debug, Default)]
pub(super) struct Stops {
    plans: Mutex<HashMap<PlanId, Stopped>>,
    /// Whether the server stops: nothing more is looked for.
    ends: AtomicBool,
}

impl Stops {
    /// Ends searches, and begins none.
    pub fn end_searches(&self) {
        self.ends.store(true, Ordering::Release);
    }

    fn goes_on(&self) -> bool {
        !self.ends.load(Ordering::Acquire)
    }
}

impl Plans {
    /// Takes up the stops that the log knows of; those that are known here stay as they are.
    ///
    /// # Errors
    /// `StopsError` when they cannot be read: edits that were stopped must not go on for that.
    pub fn resume_stops(&self) -> Result<(), StopsError> {
        for fact in self.log().facts(FactKind::EditsStopped)? {
            let plan: Option<PlanId> = str::from_utf8(&fact.key).ok().and_then(|name| name.parse().ok());
            let plan = plan.ok_or(StopsError::Form)?;
            let stop: Option<Stop> = serde_json::from_slice(&fact.value).map_err(|_| StopsError::Form)?;
            let Some(stop) = stop.filter(|_| !self.is_stopped(&plan)) else { continue };
            tracing::error!(
                %plan, entry = stop.seq.map(|seq| seq.0), behind = stop.behind, reason = stop.reason, since = stop.since,
                "edits of the plan are still stopped: its saved document does not load"
            );
            self.note(&plan, Part::Saved, true);
            lock(&self.inner.stops.plans).insert(plan, Stopped { stop: Some(stop), ..Stopped::default() });
        }
        Ok(())
    }

    /// The plans whose edits are stopped and whose document is to be looked at anew: not looked at in this run, or
    /// not lately, as what could not be done then may be done now.
    pub fn await_look(&self) -> Vec<PlanId> {
        let stops = lock(&self.inner.stops.plans);
        stops.iter().filter(|(_, stopped)| stopped.awaits_look()).map(|(plan, _)| plan.clone()).collect()
    }

    /// Takes note that the document of a plan is being looked at.
    pub fn note_look(&self, plan: &PlanId) {
        if let Some(stopped) = lock(&self.inner.stops.plans).get_mut(plan) {
            stopped.looked = Some(Instant::now());
        }
    }

    /// Whether a plan is one of them.
    pub fn awaits_look(&self, plan: &PlanId) -> bool {
        lock(&self.inner.stops.plans).get(plan).is_some_and(Stopped::awaits_look)
    }

    /// Whether edits of a plan are stopped.
    pub fn is_stopped(&self, plan: &PlanId) -> bool {
        lock(&self.inner.stops.plans).contains_key(plan)
    }

    /// Checks that the plan's document can be handed out as it is saved.
    ///
    /// # Errors
    /// A refusal with code `read_only`, while edits of the plan are stopped.
    pub fn check_document(&self, plan: &PlanId) -> Result<(), Refusal> {
        match lock(&self.inner.stops.plans).get(plan) {
            None => Ok(()),
            Some(stopped) => Err(refusal(stopped.stop.as_ref())),
        }
    }

    /// Checks that an ask is not one that goes on with a plan whose edits are stopped.
    ///
    /// # Errors
    /// As `check_document`.
    pub(super) fn check_goes_on(&self, plan: &PlanId, ask: &Ask) -> Result<(), Refusal> {
        match ask {
            Ask::Edit { .. }
            | Ask::Changes { .. }
            | Ask::Advance { .. }
            | Ask::SetRule { .. }
            | Ask::Restore(_)
            | Ask::NameVersion(_)
            | Ask::SignVersion(_) => self.check_document(plan),
            // Who may read it can be narrowed, and what there is can be taken elsewhere.
            Ask::SetAccess { .. }
            // And so it goes on.
            | Ask::Quarantine { .. }
            | Ask::Export { .. }
            | Ask::Preview(_)
            | Ask::Subscribe { .. }
            | Ask::Unsubscribe { .. } => Ok(()),
        }
    }

    /// Stops the edits of a plan whose document, as of an entry, does not load as it was saved, for what the library
    /// says; then looks for the entries at fault, tells the operator, and sets them aside.  The stop goes on until
    /// the document is seen to load.  Blocking, for as long as several loads take.
    pub fn stop_edits(&self, plan: &PlanId, until: Seq, said: &str) -> Outcome {
        let is_known = {
            let mut stops = lock(&self.inner.stops.plans);
            let stopped = stops.entry(plan.clone()).or_default();
            if stopped.is_final {
                tracing::warn!(%plan, "the saved document still does not load; edits stay stopped");
                return Outcome::Stopped;
            }
            stopped.stop.is_some()
        };
        self.note(plan, Part::Saved, true);
        if !is_known {
            // Before the search: a run that ends in it must not lift the stop.
            self.know(plan, None, 0, said);
        }
        let told = "the saved document does not load as it was: edits of the plan are stopped, and the last good \
                    snapshot stays";
        match self.search(plan, until) {
            Ok(Some(poison)) => {
                let behind = &poison.behind;
                let some: Vec<u64> = behind.iter().take(ENTRIES_TOLD).map(|seq| seq.0).collect();
                let at_fault: Vec<u64> = poison.seqs.iter().map(|seq| seq.0).collect();
                tracing::error!(
                    %plan, entries = ?at_fault, behind = behind.len(), entries_behind = ?some,
                    reason = poison.reason, others_load = poison.rest_loads, "{told}"
                );
                self.found(plan, &poison);
                if !poison.rest_loads {
                    self.give_up(plan);
                    return Outcome::Stopped;
                }
                self.set_aside_found(plan, poison)
            }
            Ok(None) => {
                self.end_stop(plan);
                tracing::error!(
                    %plan, "the reader copy's document does not load as it was saved, and the log's does: it is \
                    the copy that is at fault, and edits go on"
                );
                Outcome::CopyAtFault
            }
            Err(error) => {
                tracing::error!(%plan, %error, "{told}; the entries at fault could not be looked for");
                Outcome::Stopped
            }
        }
    }

    /// Takes note of the entries at fault, durably.
    fn found(&self, plan: &PlanId, poison: &Poison) {
        let Some(seq) = poison.seqs.iter().min().copied() else { return };
        self.know(plan, Some(seq), poison.seqs.len() - 1 + poison.behind.len(), &poison.reason);
    }

    fn know(&self, plan: &PlanId, seq: Option<Seq>, behind: usize, reason: &str) {
        let stop = Stop { seq, behind, reason: short(reason), since: clock::now().to_string() };
        self.keep_stop(plan, Some(&stop));
        lock(&self.inner.stops.plans).entry(plan.clone()).or_default().stop = Some(stop);
    }

    /// Has the document of a plan looked at no more in this run.
    fn give_up(&self, plan: &PlanId) {
        lock(&self.inner.stops.plans).entry(plan.clone()).or_default().is_final = true;
    }

    /// Has the plan set the entries at fault aside, and tells the operator what became of it.
    fn set_aside_found(&self, plan: &PlanId, poison: Poison) -> Outcome {
        let reason = short(&format!("the saved document does not load: {}", poison.reason));
        match self.quarantine(plan, &poison.seqs, &reason) {
            Ok(by) => tracing::warn!(
                %plan, %by, entries = poison.seqs.len() + poison.behind.len(),
                "changes were set aside: they stay in the log and count for nothing, and the plan's document has a \
                 new address"
            ),
            Err(refusal) => {
                tracing::error!(%plan, reason = refusal.reason, "nothing could be set aside; edits stay stopped");
                if matches!(refusal.code, RefusalCode::NothingToDo | RefusalCode::TooLarge) {
                    self.give_up(plan);
                }
                return Outcome::Stopped;
            }
        }
        Outcome::SetAside
    }

    /// Has the plan set changes aside, with all that hang on them; gives the entry that does.
    fn quarantine(&self, plan: &PlanId, roots: &[Seq], reason: &str) -> Result<Seq, Refusal> {
        let server = SERVER.parse().map_err(|_| unavailable())?;
        let grant = Grant::to_quarantine(plan, server);
        let mut last = unavailable();
        for _ in 0..TRIES {
            let ask = Ask::Quarantine { roots: roots.to_vec(), reason: reason.to_owned() };
            self.check_writable(plan, &ask)?;
            let (reply, answer) = oneshot::channel();
            let mail = Mail::Ask { grant: grant.clone(), origin: Origin::default(), ask, reply };
            match self.post(plan, mail).map(|()| answer.blocking_recv()) {
                Ok(Ok(Answer::Done { entries, .. })) => {
                    return entries.last().map(|entry| entry.seq).ok_or_else(unavailable);
                }
                Ok(Ok(Answer::Refused { refusal, .. })) => return Err(refusal),
                // Its thread ended, as it does where it was in the middle of a long message.
                Ok(_) => {}
                Err(refusal) => last = refusal,
            }
        }
        Err(last)
    }

    /// Lets edits of a plan go on, as its saved document loads; says so where they were stopped.
    pub fn end_stop(&self, plan: &PlanId) {
        if lock(&self.inner.stops.plans).remove(plan).is_some() {
            self.note(plan, Part::Saved, false);
            self.keep_stop(plan, None);
            tracing::warn!(%plan, "the saved document loads again: edits of the plan go on");
        }
    }

    fn search(&self, plan: &PlanId, until: Seq) -> Result<Option<Poison>, SearchError> {
        let mut search = Search::default();
        let goes_on = || self.inner.stops.goes_on();
        self.past(plan).each(Seq::ZERO, until, &mut |event| match goes_on() {
            true => search.take(&event).map_err(SearchError::Change),
            false => Err(SearchError::Ended),
        })?;
        Ok(search.find(&goes_on)?)
    }

    fn keep_stop(&self, plan: &PlanId, stop: Option<&Stop>) {
        let kept = serde_json::to_vec(&stop).map_err(|error| error.to_string()).and_then(|value| {
            let key = plan.as_str().as_bytes().to_vec();
            let fact = Fact { kind: FactKind::EditsStopped, key, value };
            self.log().append(vec![Record::Fact(fact)]).map_err(|error| error.to_string())
        });
        if let Err(error) = kept {
            tracing::error!(%plan, error, "whether edits of the plan are stopped could not be written down");
        }
    }
}

fn short(reason: &str) -> String {
    reason.chars().take(REASON_CHARS).collect()
}

fn refusal(stop: Option<&Stop>) -> Refusal {
    let seq = stop.and_then(|stop| stop.seq);
    let which = seq.map_or(String::new(), |seq| format!(" since entry {seq}"));
    let reason = format!(
        "the plan takes no edits: its document does not load as it was saved{which}. The operator has been told; \
         reading, its past and exports go on"
    );
    Refusal::new(RefusalCode::ReadOnly, reason)
}
