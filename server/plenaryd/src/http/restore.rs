//! An earlier point put back, and what that would do.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_core::Answer;
use plenary_core::hub::{Ask, Restoration};
use plenary_core::policy::{Action, Grant};
use plenary_protocol::record::{Restores, Scope};
use plenary_protocol::wire::Refusal;
use plenary_protocol::wire::api::{RestoreBody, RestorePreview};
use plenary_protocol::{ElementId, Seq};
use schemars::JsonSchema;
use serde::Deserialize;

use super::edits::{another_answer, check_running, done};
use super::plans::{no_such_point, plan_id, point, seq_of};
use super::{ApiError, Caller};
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

/// Which point is to be put back, and how much of the plan: all of it when no element is named.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewQuery {
    /// The point that would be put back: an entry (a sequence number), a time (RFC 3339), a date (its end,
    /// UTC), or `version:NAME`.
    to: String,
    /// Only this element or link, by its id, or `plan` for the plan's own fields.
    element: Option<ElementId>,
    /// Only this field or text of it; `place` is where it stands, `removed` whether it is removed.
    field: Option<String>,
    /// Of a text only this language.
    lang: Option<String>,
}

/// The entry that a point means.
pub(super) async fn seq_to(server: &Shared, grant: &Grant, to: &str) -> Result<Seq, ApiError> {
    let point = point(to)?;
    let seq = server.read(grant, move |copy| seq_of(copy, Some(point))).await??;
    if seq == Seq::ZERO { Err(no_such_point(grant.plan())) } else { Ok(seq) }
}

/// What putting a point back would do.
pub async fn preview(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<PreviewQuery>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Edit)?;
    let PreviewQuery { to, element, field, lang } = query.into_inner();
    let seq = seq_to(&server, &grant, &to).await?;
    let restores = Restores { seq, scope: Scope { lang, field, element } };
    let answer = server.plans.ask(&plan, grant, caller.origin, Ask::Preview(restores.clone())).await?;
    match answer {
        Answer::Preview { base, edits } => {
            Ok(HttpResponse::Ok().json(RestorePreview { plan, restores, base, edits }))
        }
        Answer::Refused { refusal, .. } => Err(Refusal::into(refusal)),
        _ => Err(another_answer()),
    }
}

/// Puts a point back as a new entry.
pub async fn restore(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    body: web::Json<RestoreBody>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Edit)?;
    let RestoreBody { id, to, scope, base, because, answers } = body.into_inner();
    let seq = seq_to(&server, &grant, &to).await?;
    let asked = Restoration { id, restores: Restores { seq, scope }, base, because, answers };
    let answer = server.plans.ask(&plan, grant, caller.origin, Ask::Restore(asked)).await?;
    Ok(HttpResponse::Ok().json(done(answer)?))
}
