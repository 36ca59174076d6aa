//! What auditors read: every request of theirs on its way out, and the pages that tell it.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::{HttpMessage, HttpResponse, ResponseError as _, web};
use plenary_core::policy::Action;
use plenary_limits::{EVENTS_PER_PAGE_DEFAULT, EVENTS_PER_PAGE_MAX};
use plenary_protocol::ids::{PlanId, Subject};
use plenary_protocol::wire::api::AccessLogPage;
use plenary_protocol::{Principal, Role, Seq};
use schemars::JsonSchema;
use serde::Deserialize;

use super::plans::plan_id;
use super::{ApiError, Caller, RequestId, pages};
use crate::access_log::{self, Asked, Read, is_watched};
use crate::server::Server;
use crate::walk::unreadable;

type Shared = web::Data<Arc<Server>>;

/// Who made a request, where what they read is written down.
#[derive(Debug, Clone)]
pub struct Watched(Principal);

/// How much an answer tells, for the access log.
#[derive(Debug, Clone, Copy)]
pub struct Told(pub u64);

/// Remembers who asks, if what they read is written down.
pub fn watch(request: &actix_web::HttpRequest, who: &Principal) {
    if is_watched(who) {
        request.extensions_mut().insert(Watched(who.clone()));
    }
}

/// Says how much an answer tells.
pub fn told(mut answer: HttpResponse, count: usize) -> HttpResponse {
    answer.extensions_mut().insert(Told(count as u64));
    answer
}

/// Writes down what an auditor is about to be told; where that fails the answer is another.
pub async fn written_down<B: MessageBody + 'static>(
    server: &Server,
    answer: ServiceResponse<B>,
) -> ServiceResponse<BoxBody> {
    let request = answer.request();
    let watched = request.extensions().get::<Watched>().cloned();
    let Some(Watched(who)) = watched else { return answer.map_into_boxed_body() };
    let plan = request.match_info().get("plan").and_then(|plan| plan.parse().ok());
    let read = Read {
        session: request.extensions().get::<RequestId>().map(RequestId::session).unwrap_or_default(),
        method: request.method().to_string(),
        route: request.match_pattern().unwrap_or_default(),
        path: request.path().to_owned(),
        query: without_ticket(request.query_string()),
        plan,
        status: Some(answer.status().as_u16()),
        count: answer.response().extensions().get::<Told>().map(|told| told.0),
        last: None,
    };
    match server.access_log.record(&who, read).await {
        Ok(()) => answer.map_into_boxed_body(),
        Err(refusal) => answer.into_response(ApiError::from(refusal).error_response()).map_into_boxed_body(),
    }
}

/// A query without what would open a socket.
fn without_ticket(query: &str) -> String {
    let kept = query.split('&').filter(|part| !part.starts_with("ticket"));
    kept.collect::<Vec<_>>().join("&")
}

/// How a stream of an auditor ended, told when it is dropped.
pub struct Ending {
    server: Arc<Server>,
    who: Principal,
    read: Read,
}

impl Ending {
    /// For a stream that begins.
    pub fn of(server: &Arc<Server>, caller: &Caller, route: &str, plan: &PlanId) -> Ending {
        let read = Read {
            session: caller.origin.session.clone().unwrap_or_default(),
            method: "end".to_owned(),
            route: route.to_owned(),
            plan: Some(plan.clone()),
            ..Read::default()
        };
        Ending { server: server.clone(), who: caller.principal.clone(), read }
    }

    /// How far it has come.
    pub fn reached(&mut self, last: Seq, count: u64) {
        (self.read.last, self.read.count) = (Some(last), Some(count));
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.server.access_log.note(&self.who, std::mem::take(&mut self.read));
    }
}

/// Which lines are asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessLogQuery {
    /// Lines before this one: `next_before` of the page before; the newest when absent.
    before: Option<u64>,
    /// How many, 1 to 1000; 100 when absent.
    #[serde(default, deserialize_with = "pages::limit")]
    #[schemars(range(min = 1, max = EVENTS_PER_PAGE_MAX))]
    limit: Option<usize>,
    /// Only reads of this plan.
    plan: Option<String>,
    /// Only reads by this person.
    subject: Option<Subject>,
}

/// A page of what auditors read, newest first; to an auditor only what is on plans that they may read.
pub async fn list(
    server: Shared,
    caller: Caller,
    query: web::Query<AccessLogQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.may(Action::SeeAccessLog)?;
    let AccessLogQuery { before, limit, plan, subject } = query.into_inner();
    let plan = plan.as_deref().map(plan_id).transpose()?;
    let limit = limit.unwrap_or(EVENTS_PER_PAGE_DEFAULT);
    let asked = Asked { before, limit, plan, subject };
    let (shared, who) = (server.get_ref().clone(), caller.principal);
    let turn = server.turn().await;
    let read = web::block(move || {
        let mut known: HashMap<PlanId, bool> = HashMap::new();
        let may_see = |plan: &PlanId| {
            who.role == Role::Admin
                || *known
                    .entry(plan.clone())
                    .or_insert_with(|| shared.grant(&who, plan, Action::Read).is_ok())
        };
        let page = access_log::page(shared.access_log.folder(), &asked, may_see);
        drop(turn);
        page
    });
    let page = read.await.map_err(|error| unreadable(&error))?.map_err(|error| unreadable(&error))?;
    let count = page.lines.len();
    let page = AccessLogPage { lines: page.lines, next_before: page.next_before };
    Ok(told(HttpResponse::Ok().json(page), count))
}
