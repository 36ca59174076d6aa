//! Who may read a plan: shown to whoever may, set by chairs and admins, and kept as an entry.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_core::hub::Ask;
use plenary_core::policy::Action;
use plenary_protocol::wire::api::{AccessBody, PlanAccess};

use super::edits::{check_running, done};
use super::plans::plan_id;
use super::{ApiError, Caller};
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

/// Who may read the plan.
pub async fn get(server: Shared, caller: Caller, path: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    caller.grant(&server, &plan, Action::Read)?;
    let access = server.plans.access(&plan)?;
    Ok(HttpResponse::Ok().json(PlanAccess { plan, access }))
}

/// Another rule; whoever it shuts out is told nothing more.
pub async fn put(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    body: web::Json<AccessBody>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::SetAccess)?;
    let AccessBody { id, access, because } = body.into_inner();
    let answer =
        server.plans.ask(&plan, grant, caller.origin, Ask::SetAccess { id, access, because }).await?;
    Ok(HttpResponse::Ok().json(done(answer)?))
}
