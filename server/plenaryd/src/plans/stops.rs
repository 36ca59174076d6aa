//! Plans whose edits are stopped, because the document that the log makes does not load as it was saved.
//!
//! That is an incident: the gate lets no such change in.  The stop is durable, so that a restart does not
//! lift it, and it ends when the document is seen to load again (with another version of the library).
//! Nothing is repaired here; who may read the plan goes on reading it, and exports go on.

use std::collections::HashMap;
use std::sync::Mutex;

use plenary_core::Ask;
use plenary_core::poison::{Poison, Search};
use plenary_log::{Fact, FactKind, ReadError, Record};
use plenary_protocol::Seq;
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::{Refusal, RefusalCode};
use serde::{Deserialize, Serialize};

use super::{Part, Plans, lock};
use crate::clock;
use crate::past::EventsError;

/// How many of the entries that hang on the one at fault the operator's log names.
const ENTRIES_TOLD: usize = 20;
/// How much of what the library says is kept, in characters.
const REASON_CHARS: usize = 500;

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
}

/// What stops the edits of a plan, as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stop {
    /// The entry with which the saved document does not load.
    seq: Seq,
    /// How many entries hang on it.
    behind: usize,
    /// What the library says.
    reason: String,
    /// When it was found, RFC 3339 UTC.
    since: String,
}

/// The plans whose edits are stopped; without a stop while the entry at fault is being looked for.
#[derive(Debug, Default)]
pub(super) struct Stops(Mutex<HashMap<PlanId, Option<Stop>>>);

impl Plans {
    /// Takes up the stops that the log knows of.
    ///
    /// # Errors
    /// `StopsError` when they cannot be read: edits that were stopped must not go on for that.
    pub fn resume_stops(&self) -> Result<(), StopsError> {
        for fact in self.log().facts(FactKind::EditsStopped)? {
            let plan: Option<PlanId> = str::from_utf8(&fact.key).ok().and_then(|name| name.parse().ok());
            let plan = plan.ok_or(StopsError::Form)?;
            let stop: Option<Stop> = serde_json::from_slice(&fact.value).map_err(|_| StopsError::Form)?;
            let Some(stop) = stop else { continue };
            tracing::error!(
                %plan, entry = %stop.seq, behind = stop.behind, reason = stop.reason, since = stop.since,
                "edits of the plan are still stopped: its saved document does not load"
            );
            self.note(&plan, Part::Saved, true);
            lock(&self.inner.stops.0).insert(plan, Some(stop));
        }
        Ok(())
    }

    /// Whether edits of a plan are stopped.
    pub fn is_stopped(&self, plan: &PlanId) -> bool {
        lock(&self.inner.stops.0).contains_key(plan)
    }

    /// Checks that the plan's document can be handed out as it is saved.
    ///
    /// # Errors
    /// A refusal with code `read_only`, while edits of the plan are stopped.
    pub fn check_document(&self, plan: &PlanId) -> Result<(), Refusal> {
        match lock(&self.inner.stops.0).get(plan) {
            None => Ok(()),
            Some(stop) => Err(refusal(stop.as_ref())),
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
            | Ask::Export { .. }
            | Ask::Preview(_)
            | Ask::Subscribe { .. }
            | Ask::Unsubscribe { .. } => Ok(()),
        }
    }

    /// Stops the edits of a plan whose document, as of an entry, does not load as it was saved; then looks for
    /// the entry at fault, and tells the operator.  Blocking, for as long as several loads take.
    pub fn stop_edits(&self, plan: &PlanId, until: Seq) {
        if self.is_stopped(plan) {
            tracing::warn!(%plan, "the saved document still does not load; edits stay stopped");
            return;
        }
        lock(&self.inner.stops.0).insert(plan.clone(), None);
        self.note(plan, Part::Saved, true);
        let told = "the saved document does not load as it was: edits of the plan are stopped, and the last good \
                    snapshot stays";
        match self.search(plan, until) {
            Ok(Some(Poison { seq, behind, reason, is_alone })) => {
                let some = &behind[..behind.len().min(ENTRIES_TOLD)];
                let some: Vec<u64> = some.iter().map(|seq| seq.0).collect();
                tracing::error!(
                    %plan, entry = %seq, behind = behind.len(), entries_behind = ?some, reason,
                    others_load = is_alone, "{told}"
                );
                let reason = reason.chars().take(REASON_CHARS).collect();
                let stop = Stop { seq, behind: behind.len(), reason, since: clock::now().to_string() };
                self.keep_stop(plan, Some(&stop));
                lock(&self.inner.stops.0).insert(plan.clone(), Some(stop));
            }
            Ok(None) => {
                lock(&self.inner.stops.0).remove(plan);
                self.note(plan, Part::Saved, false);
                tracing::error!(
                    %plan, "the reader copy's document does not load as it was saved, and the log's does: it is \
                    the copy that is at fault, and edits go on"
                );
            }
            Err(error) => {
                tracing::error!(%plan, %error, "{told}; the entry at fault could not be looked for")
            }
        }
    }

    /// Lets edits of a plan go on, as its saved document loads; says so where they were stopped.
    pub fn end_stop(&self, plan: &PlanId) {
        if lock(&self.inner.stops.0).remove(plan).is_some() {
            self.note(plan, Part::Saved, false);
            self.keep_stop(plan, None);
            tracing::warn!(%plan, "the saved document loads again: edits of the plan go on");
        }
    }

    fn search(&self, plan: &PlanId, until: Seq) -> Result<Option<Poison>, SearchError> {
        let mut search = Search::default();
        self.past(plan)
            .each(Seq::ZERO, until, &mut |event| search.take(&event).map_err(SearchError::Change))?;
        Ok(search.find())
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

fn refusal(stop: Option<&Stop>) -> Refusal {
    let which = stop.map_or(String::new(), |stop| format!(" since entry {}", stop.seq));
    let reason = format!(
        "the plan takes no edits: its document does not load as it was saved{which}. The operator has been told; \
         reading, its past and exports go on"
    );
    Refusal::new(RefusalCode::ReadOnly, reason)
}
