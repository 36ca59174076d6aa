//! What others need to check a plan's history by themselves: key, checkpoint, proofs, exact entries.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use plenary_core::policy::{Action, Grant};
use plenary_limits::{EVENTS_PER_PAGE_MAX, EXACT_ENTRIES_PER_READ_MAX, SEQUENCE_BYTES_MAX};
use plenary_log::ReadError;
use plenary_protocol::Seq;
use plenary_protocol::evidence::{Body, ConsistencyProof, SEQUENCE_TYPE, TlogProof, put_entry};
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::{Refusal, RefusalCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::plans::plan_id;
use super::{ApiError, Caller, pages};
use crate::evidence::{CHECKPOINT_EVERY, CheckpointDenied, Signed};
use crate::past::LogPast;
use crate::plans::contradicted;
use crate::server::Server;

/// How long a question waits for the checkpoint that it needs: one comes at least so often, and the disk
/// may take as long again.
const CHECKPOINT_WAIT_MAX: Duration = CHECKPOINT_EVERY.saturating_mul(2);
/// The media type of keys, checkpoints and proofs.
pub const TEXT: &str = "text/plain";

type Shared = web::Data<Arc<Server>>;

/// Which entry is to be proved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofQuery {
    /// The entry.
    seq: u64,
}

/// From where growth is to be proved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyQuery {
    /// How many entries the earlier checkpoint has.
    from: u64,
}

/// Which exact entries.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntriesQuery {
    /// Where the page begins: after this entry; the first when absent.
    after: Option<u64>,
    /// How many at most, 1 to 1000; 1000 when absent.
    #[serde(default, deserialize_with = "pages::limit")]
    #[schemars(range(min = 1, max = EVENTS_PER_PAGE_MAX))]
    limit: Option<usize>,
}

fn text(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body(text)
}

pub(super) fn unsigned(error: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%error, "evidence cannot be given");
    let reason = "no checkpoint of this plan can be given; the operator has been told";
    Refusal::new(RefusalCode::Unavailable, reason).into()
}

/// The last checkpoint of a plan; one of at least `size` entries where that comes soon enough.
pub(super) async fn checkpoint(server: &Shared, plan: &PlanId, size: u64) -> Result<Signed, ApiError> {
    let notary = server.plans.notary();
    notary.check(plan).map_err(|found| contradicted(&found))?;
    if notary.vouched(plan).is_none_or(|record| record.size < size) {
        // A plan that is not in memory owes a checkpoint only after a stop that was not clean; a server
        // that cannot write gives the last one that it has.
        if server.plans.want_checkpoint(plan).is_ok() {
            _ = tokio::time::timeout(CHECKPOINT_WAIT_MAX, notary.reached(plan, size)).await;
        }
    }
    let signed = notary.checkpoint(plan).map_err(|denied| match denied {
        CheckpointDenied::Contradicted(found) => contradicted(&found).into(),
        CheckpointDenied::Name(error) => unsigned(&error),
    })?;
    signed.ok_or_else(|| unsigned(&"nothing of the plan is vouched for"))
}

/// What checks the checkpoints of a plan.
pub async fn key(server: Shared, caller: Caller, path: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    caller.grant(&server, &plan, Action::Read)?;
    let key = server.plans.notary().key(&plan).map_err(|error| unsigned(&error))?;
    Ok(text(format!("{key}\n")))
}

/// Since when the log has the name it has.
pub async fn epoch(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    caller.grant(&server, &plan, Action::Read)?;
    Ok(HttpResponse::Ok().json(super::self_check::epoch(server.plans.notary().epoch())))
}

/// The last checkpoint.
pub async fn checkpoint_now(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let head = server.past(&grant).head();
    let signed = checkpoint(&server, &plan, head.0).await?;
    Ok(text(signed.note.to_string()))
}

/// The proof that an entry is in the log.
pub async fn proof(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<ProofQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let seq = query.seq;
    check_entry(&server.past(&grant), seq)?;
    let signed = checkpoint(&server, &plan, seq).await?;
    let size = signed.checkpoint.size;
    let index = seq - 1;
    let hashes = server.read(&grant, move |copy| copy.leaves().inclusion(index, size)).await?;
    let hashes = hashes.ok_or_else(|| not_yet(seq))?;
    Ok(text(TlogProof { index, hashes, checkpoint: signed.note.to_string() }.text()))
}

/// The proof that the log has gone on from an earlier size.
pub async fn consistency(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<ConsistencyQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let from = query.from;
    if from > 0 {
        check_entry(&server.past(&grant), from)?;
    }
    let head = server.past(&grant).head();
    let signed = checkpoint(&server, &plan, head.0).await?;
    let size = signed.checkpoint.size;
    let hashes = server.read(&grant, move |copy| copy.leaves().consistency(from, size)).await?;
    let hashes = hashes.ok_or_else(|| not_yet(from))?;
    Ok(text(ConsistencyProof { from, hashes, checkpoint: signed.note.to_string() }.text()))
}

pub(super) fn check_entry(past: &LogPast, seq: u64) -> Result<(), ApiError> {
    let head = past.head();
    if seq == 0 {
        return Err(ApiError::malformed("seq: entries are counted from 1".to_owned()));
    }
    if seq > head.0 {
        let reason = format!("entry {seq} is not there yet; the last one is {head}");
        return Err(Refusal::new(RefusalCode::BaseAhead, reason).into());
    }
    Ok(())
}

pub(super) fn not_yet(seq: u64) -> ApiError {
    let reason = format!("entry {seq} has no checkpoint yet; ask again in a moment");
    Refusal::new(RefusalCode::Busy, reason).into()
}

/// The exact bytes of entries.
pub async fn entries(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    query: web::Query<EntriesQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant: Grant = caller.grant(&server, &plan, Action::Read)?;
    let limit = query.limit.unwrap_or(EVENTS_PER_PAGE_MAX);
    let (past, after) = (server.past(&grant), Seq(query.after.unwrap_or(0)));
    let head = past.head();
    let read = web::block(move || sequence(&past, after, limit)).await;
    let (last, sequence) = match read {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => return Err(unread(&error)),
        Err(error) => return Err(unread(&error)),
    };
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, SEQUENCE_TYPE));
    if last < head
        && let Some(next) = pages::next(&request, ("after", &last.to_string()))
    {
        answer.insert_header(next);
    }
    Ok(answer.body(sequence))
}

fn unread(error: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%error, "entries could not be read");
    Refusal::new(RefusalCode::Unavailable, "the entries could not be read; the operator has been told").into()
}

fn sequence(past: &LogPast, after: Seq, limit: usize) -> Result<(Seq, Vec<u8>), ReadError> {
    let (mut last, mut left) = (after, limit);
    let mut sequence = Vec::new();
    while left > 0 && sequence.len() < SEQUENCE_BYTES_MAX {
        let entries = past.raw(last, left.min(EXACT_ENTRIES_PER_READ_MAX))?;
        let Some(read) = entries.last() else { break };
        last = Seq(read.seq);
        left -= entries.len();
        for entry in &entries {
            let body = Body::Present { salt: &entry.salt, payload: &entry.payload };
            put_entry(&mut sequence, &entry.envelope, body);
        }
    }
    Ok((last, sequence))
}
