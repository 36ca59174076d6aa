//! The past as a stream: a starting point, then every matching entry in order, one JSON value a line.
//!
//! A stretch of entries is read when the client has taken the one before, so a replay of any length
//! holds one stretch in memory and one place of its subject.  It can be stopped anywhere by going, and
//! goes on from the last entry that came.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use futures_util::stream::unfold;
use plenary_core::history::Filter;
use plenary_core::policy::Action;
use plenary_protocol::Seq;
use plenary_protocol::plan::PlanView;
use plenary_protocol::wire::past::ReplayLine;
use plenary_protocol::wire::{Refusal, RefusalCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::access_log::Ending;
use super::filters::filtered;
use super::past::named;
use super::plans::{plan_id, point, seq_of};
use super::{ApiError, Caller};
use crate::limits::Streaming;
use crate::readings::Copy;
use crate::server::Server;
use crate::walk::{Found, Walk};

type Shared = web::Data<Arc<Server>>;

/// The media type of lines of JSON.
pub const LINES: &str = "application/x-ndjson";

filtered! {
    /// What is replayed; several values of one filter are separated by commas.
    ReplayQuery {
        /// The point at which it begins: an entry, a time or a date; entries after it are told. Before the
        /// first entry when absent. To go on, the last entry that came.
        from: Option<String>,
        /// The point at which it ends: an entry, a time or a date; now when absent.
        to: Option<String>,
        /// Whether the first line holds the whole plan as of `from`.
        #[serde(default)]
        view: bool,
    }
}

/// Where a stream is.
struct Replay {
    server: Arc<Server>,
    walk: Walk,
    /// The first line, until it is told.
    start: Option<ReplayLine>,
    /// The last entry that was told.
    last: Seq,
    told: u64,
    is_over: bool,
    ending: Ending,
    _place: Streaming,
}

/// Entries in order, as a stream of lines.
pub async fn replay(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<ReplayQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let mut query = query.into_inner();
    let place = server.limits.stream(&caller.principal)?;
    let (from, to) =
        (query.from.as_deref().map(point).transpose()?, query.to.as_deref().map(point).transpose()?);
    let wants_view = query.view;
    let filter = named(&server, &grant, query.filters()).await?;
    let begin = server.study(&grant, move |copy: &Copy| {
        let after = from.map_or(Ok(Seq::ZERO), |from| seq_of(copy, Some(from)))?;
        let view = (wants_view && after != Seq::ZERO).then(|| PlanView::clone(&copy.view(Some(after))));
        Ok::<_, Refusal>((after, seq_of(copy, to)?, view.map(Box::new)))
    });
    let (after, to, view) = begin.await??;
    let filter = Filter { to_seq: Some(filter.to_seq.map_or(to, |until| until.min(to))), ..filter };
    let ending = Ending::of(&server, &caller, "/api/v1/plans/{plan}/replay", &plan);
    let replay = Replay {
        walk: Walk::forth(&server, &grant, filter, Some(after)),
        server: server.get_ref().clone(),
        start: Some(ReplayLine::Start { plan, after, to, view }),
        last: after,
        told: 0,
        is_over: false,
        ending,
        _place: place,
    };
    let lines = unfold(replay, |mut replay| async move {
        let bytes = replay.next().await?;
        Some((Ok::<_, actix_web::Error>(bytes), replay))
    });
    Ok(HttpResponse::Ok().content_type(LINES).streaming(lines))
}

impl Replay {
    /// The next lines; `None` when all has been told.
    async fn next(&mut self) -> Option<web::Bytes> {
        if let Some(start) = self.start.take() {
            return Some(line(&start).into());
        }
        while !self.is_over {
            if self.server.is_stopping() {
                let reason = "the server stops: go on from the last entry in a moment";
                return Some(self.fail(Refusal::new(RefusalCode::Unavailable, reason)));
            }
            if self.walk.is_done() {
                self.is_over = true;
                return Some(line(&ReplayLine::End { last: self.last, entries: self.told }).into());
            }
            let take = |(lines, last, told): &mut (Vec<u8>, Seq, u64), found: Found| {
                *last = found.event.seq;
                *told += 1;
                lines.extend(line(&ReplayLine::Entry { event: Box::new(found.event), rows: found.rows }));
                true
            };
            match self.walk.stretch((Vec::new(), self.last, self.told), take).await {
                Ok((lines, last, told)) => {
                    (self.last, self.told) = (last, told);
                    self.ending.reached(last, told);
                    if !lines.is_empty() {
                        return Some(lines.into());
                    }
                }
                Err(refusal) => return Some(self.fail(refusal)),
            }
        }
        None
    }

    /// Says why the stream ends early; the status has been told long ago.
    fn fail(&mut self, refusal: Refusal) -> web::Bytes {
        self.is_over = true;
        line(&ReplayLine::Failed { last: self.last, code: refusal.code, reason: refusal.reason }).into()
    }
}

fn line(line: &ReplayLine) -> Vec<u8> {
    // Lines are of types that serialise; should one not, its reader would miss it.
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
