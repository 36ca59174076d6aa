//! What the self-check of the evidence found, with names: for those who may read every plan.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_core::policy::Action;
use plenary_protocol::wire::api::{EpochView, SelfCheckFailure, SelfCheckView};

use super::edits::check_running;
use super::{ApiError, Caller};
use crate::evidence::{EpochRecord, Finding};
use crate::self_check::Report;
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

/// What was found.
pub async fn get(server: Shared, caller: Caller) -> Result<HttpResponse, ApiError> {
    caller.may(Action::SelfCheck)?;
    Ok(HttpResponse::Ok().json(view(&server)))
}

/// Everything is looked at again as soon as may be; what is known until then is told.
pub async fn post(server: Shared, caller: Caller) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    caller.may(Action::SelfCheck)?;
    server.self_check.ask();
    tracing::info!(by = %caller.principal.subject, "a self-check was asked for");
    Ok(HttpResponse::Accepted().json(view(&server)))
}

fn view(server: &Server) -> SelfCheckView {
    let Report { state, last, age, seen, findings, more_findings } = server.self_check.report();
    let failure = |Finding { plan, seq, what }| SelfCheckFailure { plan, seq, what };
    SelfCheckView {
        state,
        checked_at: last.map(|done| done.at.to_string()),
        age_s: age.as_secs(),
        entries: last.map_or(0, |done| done.entries),
        running: seen,
        failures: findings.into_iter().map(failure).collect(),
        more_failures: more_findings,
        epoch: epoch(server.plans.notary().epoch()),
    }
}

/// An epoch as the API tells it.
pub fn epoch(record: &EpochRecord) -> EpochView {
    let EpochRecord { epoch, since, because } = record.clone();
    let said = |text: String| (!text.is_empty()).then_some(text);
    EpochView { epoch, since: said(since), because: said(because) }
}
