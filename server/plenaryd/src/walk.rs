//! A walk through the entries of a plan that match a filter, a stretch at a time.
//!
//! Between two stretches nothing of the plan is held: no turn, no copy, no entry.  So a walk of any
//! length takes the memory of one stretch, others have their turn between, and it ends when nobody
//! asks for the next.  Each stretch asks anew whether its holder may still read the plan.

use std::sync::Arc;

use actix_web::web;
use plenary_core::history::{Filter, Matched};
use plenary_core::policy::{Action, Grant};
use plenary_limits::{STRETCH_BYTES_MAX, STRETCH_ENTRIES_MAX};
use plenary_log::Entry;
use plenary_protocol::Seq;
use plenary_protocol::wire::event::EventView;
use plenary_protocol::wire::{Refusal, RefusalCode};

use crate::past::{EventsError, LogPast};
use crate::server::Server;

/// An entry that matches.
pub struct Found {
    /// As it is kept.
    pub entry: Entry,
    /// In plain words.
    pub event: EventView,
    /// Positions of the rows that match, ascending; none for acts without rows.
    pub rows: Vec<usize>,
}

/// A walk through matching entries.
pub struct Walk {
    server: Arc<Server>,
    grant: Grant,
    filter: Filter,
    newest_first: bool,
    at: Option<Seq>,
    is_done: bool,
}

/// Where a stretch ended.
struct Reached {
    at: Option<Seq>,
    is_done: bool,
}

impl Walk {
    /// A walk from the oldest entry on, or after an entry.
    pub fn forth(server: &Arc<Server>, grant: &Grant, filter: Filter, after: Option<Seq>) -> Walk {
        Walk {
            server: server.clone(),
            grant: grant.clone(),
            filter,
            newest_first: false,
            at: after,
            is_done: false,
        }
    }

    /// A walk from the newest entry back.
    pub fn back(server: &Arc<Server>, grant: &Grant, filter: Filter) -> Walk {
        Walk { newest_first: true, ..Walk::forth(server, grant, filter, None) }
    }

    /// Whether there is nothing more.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// The next stretch, on the blocking pool: `take` is handed every entry that matches, until it says
    /// no; `work` goes in and comes back.
    ///
    /// # Errors
    /// A refusal with code `unauthenticated`, `no_such_plan` or `unavailable`; the walk ends with it.
    pub async fn stretch<W: Send + 'static>(
        &mut self,
        mut work: W,
        mut take: impl FnMut(&mut W, Found) -> bool + Send + 'static,
    ) -> Result<W, Refusal> {
        self.is_done = true;
        let grant = self.server.grant(self.grant.principal(), self.grant.plan(), Action::Read)?;
        let turn = self.server.turn().await;
        let (filter, at, newest_first) = (self.filter.clone(), self.at, self.newest_first);
        let asked = filter.clone();
        let candidates = self
            .server
            .read(&grant, move |copy| copy.index().stretch(&asked, at, STRETCH_ENTRIES_MAX, newest_first));
        let candidates = candidates.await?;
        let past = self.server.past(&grant);
        // Without the copy: others catch up meanwhile.
        let walked = web::block(move || {
            let reached = walk(&past, &filter, candidates, |found| take(&mut work, found));
            drop(turn);
            reached.map(|reached| (reached, work))
        });
        let (reached, work) =
            walked.await.map_err(|error| unreadable(&error))?.map_err(|error| unreadable(&error))?;
        self.at = reached.at.or(self.at);
        self.is_done = reached.is_done;
        Ok(work)
    }
}

fn walk(
    past: &LogPast,
    filter: &Filter,
    candidates: Vec<Matched>,
    mut take: impl FnMut(Found) -> bool,
) -> Result<Reached, EventsError> {
    let mut reached = Reached { at: None, is_done: candidates.len() < STRETCH_ENTRIES_MAX };
    let (count, mut bytes) = (candidates.len(), 0);
    for (number, candidate) in candidates.into_iter().enumerate() {
        let seq = candidate.seq;
        let (entry, event) = past.opened(seq)?;
        bytes += entry.payload.len();
        reached.at = Some(seq);
        let goes_on = match filter.keep(candidate, &event) {
            Some(Matched { rows, .. }) => take(Found { entry, event, rows }),
            None => true,
        };
        if !goes_on || (bytes > STRETCH_BYTES_MAX && number + 1 < count) {
            reached.is_done = false;
            break;
        }
    }
    Ok(reached)
}

/// What is answered when entries cannot be read; told to the operator.
pub fn unreadable(error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(%error, "entries could not be read");
    Refusal::new(RefusalCode::Unavailable, "the entries could not be read; the operator has been told")
}
