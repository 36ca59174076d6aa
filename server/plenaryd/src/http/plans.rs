//! Plans as they are now or were: list, whole, one element, export.

use std::sync::Arc;

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpRequest, HttpResponse, web};
use plenary_core::hub::no_such_version;
use plenary_core::policy::{Action, Grant};
use plenary_limits::{EVENTS_PER_PAGE_MAX, PLANS_PER_PAGE_MAX};
use plenary_log::leaf_hash;
use plenary_protocol::ids::{Digest, PlanId};
use plenary_protocol::plan::{ElementView, LinkView, PlanView, Value, codes};
use plenary_protocol::point::{self, Edge, PointError};
use plenary_protocol::wire::api::{Me, PlanSummary};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Point, Seq};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access_log::told;
use super::snapshot::Tag;
use super::{ApiError, Caller, pages};
use crate::plans::no_such_plan;
use crate::readings::Copy;
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

/// The plan in an address; one that cannot be a plan's name answers like one that is not there.
pub(super) fn plan_id(text: &str) -> Result<PlanId, ApiError> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(64).collect();
        Refusal::new(RefusalCode::NoSuchPlan, format!("there is no plan {shown}, or it is not yours to see"))
            .into()
    })
}

/// Who the token says you are.
pub async fn me(caller: Caller) -> HttpResponse {
    let principal = caller.principal;
    HttpResponse::Ok().json(Me {
        subject: principal.subject,
        name: principal.name,
        bureau: principal.bureau,
        role: principal.role,
        token_id: principal.token_id,
        expires_at: plenary_protocol::wire::event::time_text(principal.expires_s.saturating_mul(1_000_000)),
        server: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

fn text_field(view: &PlanView, name: &str) -> Option<String> {
    match view.plan.get(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// A plan that the caller may read and the server cannot.
fn unreadable(id: PlanId, seq: Seq) -> PlanSummary {
    PlanSummary {
        id,
        title: String::new(),
        stage: None,
        seq,
        document: String::new(),
        period_start: None,
        period_end: None,
        predecessor: None,
        changed_at: String::new(),
        unavailable: true,
    }
}

pub(super) fn summary(view: &PlanView) -> PlanSummary {
    PlanSummary {
        id: view.id.clone(),
        title: view.title.clone(),
        stage: Some(view.stage),
        seq: view.seq,
        document: view.document.clone(),
        period_start: text_field(view, "period_start"),
        period_end: text_field(view, "period_end"),
        predecessor: text_field(view, "predecessor"),
        changed_at: view.at.clone(),
        unavailable: false,
    }
}

/// A page of the list of plans.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// The plan after which the page begins, in the order of names; the first page when absent.
    after: Option<PlanId>,
    /// How many plans, 1 to 1000; 1000 when absent.
    #[serde(default, deserialize_with = "pages::limit")]
    #[schemars(range(min = 1, max = EVENTS_PER_PAGE_MAX))]
    limit: Option<usize>,
}

/// All plans that the caller may read, in order of their names.
pub async fn list(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.may(Action::Read)?;
    let limit = query.limit.unwrap_or(PLANS_PER_PAGE_MAX);
    let mut plans: Vec<PlanSummary> = Vec::new();
    let mut more = false;
    for name in server.plans.log().plans() {
        let Ok(id) = name.parse::<PlanId>() else { continue };
        if query.after.as_ref().is_some_and(|after| id <= *after) {
            continue;
        }
        match server.grant(&caller.principal, &id, Action::Read) {
            // Only a plan that the caller may read makes a next page.
            Ok(_) if plans.len() == limit => {
                more = true;
                break;
            }
            Ok(grant) => match server.view(&grant).await {
                Ok(view) => plans.push(summary(&view)),
                Err(refusal) if refusal.code == RefusalCode::Unavailable => {
                    plans.push(unreadable(id, server.past(&grant).head()));
                }
                // It was closed to the caller meanwhile.
                Err(refusal) if refusal.code == RefusalCode::NoSuchPlan => {}
                Err(refusal) => return Err(refusal.into()),
            },
            // Where it can not be told who may read a plan, nobody is told that it is there.
            Err(refusal) if matches!(refusal.code, RefusalCode::NoSuchPlan | RefusalCode::Unavailable) => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    let mut answer = HttpResponse::Ok();
    if let Some(last) = plans.last().filter(|_| more) {
        pages::next(&request, ("after", last.id.as_str())).map(|link| answer.insert_header(link));
    }
    let count = plans.len();
    Ok(told(answer.json(plans), count))
}

/// A point of the past, and whether removed elements are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WholeQuery {
    /// The point of the past: an entry (a sequence number), a time (RFC 3339), a date (its end, UTC), or
    /// `version:NAME`; now when absent.
    at: Option<String>,
    /// Whether elements and links that are marked removed are given too.
    #[serde(default)]
    removed: bool,
}

/// A point of the past.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointQuery {
    /// The point of the past: an entry (a sequence number), a time (RFC 3339), a date (its end, UTC), or
    /// `version:NAME`; now when absent.
    pub(super) at: Option<String>,
}

/// Reads a point of the past.
pub(super) fn point(text: &str) -> Result<Point, ApiError> {
    text.parse().map_err(|error: PointError| ApiError::malformed(error.to_string()))
}

/// Reads a time, or a date as one of its edges (UTC), microseconds since 1970.
pub(super) fn time_us(text: &str, edge: Edge) -> Result<i64, ApiError> {
    point::time_us(text, edge).map_err(|error| ApiError::malformed(error.to_string()))
}

/// The sequence number of a point; one beyond the last entry is refused rather than guessed.
pub(super) fn seq_of(copy: &Copy, point: Option<Point>) -> Result<Seq, Refusal> {
    match point {
        None => Ok(copy.seq()),
        Some(Point::TimeUs(us)) => Ok(copy.seq_at(us)),
        Some(Point::Seq(seq)) if seq <= copy.seq() => Ok(seq),
        Some(Point::Seq(seq)) => Err(Refusal::new(
            RefusalCode::BaseAhead,
            format!("entry {seq} is not there yet; the last one is {}", copy.seq()),
        )),
        Some(Point::Version(name)) => {
            let found = copy.reader().versions().find(&name).ok_or_else(|| no_such_version(&name))?;
            Ok(found.covers.seq)
        }
    }
}

async fn view_at(server: &Shared, grant: &Grant, at: Option<&str>) -> Result<Arc<PlanView>, ApiError> {
    let asked = at.map(point).transpose()?;
    let ask = move |copy: &Copy| {
        let seq = seq_of(copy, asked)?;
        Ok::<_, Refusal>(copy.view(Some(seq)))
    };
    // Now is a question of everybody; a point in time waits its turn.
    let view = match at {
        None => server.read(grant, ask).await??,
        Some(_) => server.study(grant, ask).await??,
    };
    if view.seq == Seq::ZERO && at.is_some() {
        return Err(no_such_point(grant.plan()));
    }
    Ok(view)
}

pub(super) fn no_such_point(plan: &PlanId) -> ApiError {
    let mut refusal = no_such_plan(plan);
    refusal.reason = format!("plan {plan} did not exist yet at that point");
    refusal.into()
}

/// The plan without removed elements and what hangs on them.
fn without_removed(view: &PlanView) -> PlanView {
    let gone = view.hidden();
    let mut out = view.clone();
    out.elements.retain(|element| !gone.contains(&element.id));
    out.links.retain(|link| !link.removed && !gone.contains(&link.from) && !gone.contains(&link.to));
    out
}

/// The leaf hash of an entry, as text: after a restore another entry may stand at the same place; with what of
/// the plan is set aside.
fn leaf_of(server: &Shared, grant: &Grant, seq: Seq) -> String {
    let entry = server.plans.log().entry(grant.plan().as_str(), seq.0).ok().flatten();
    let leaf = entry.map(|entry| Digest(leaf_hash(&entry.envelope)).to_string()).unwrap_or_default();
    leaf + &server.past(grant).read_as()
}

/// The whole plan, now or as it was.
pub async fn get(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    query: web::Query<WholeQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let view = view_at(&server, &grant, query.at.as_deref()).await?;
    let tag = Tag::new(&request, &plan, view.seq, &[&leaf_of(&server, &grant, view.seq)]);
    Ok(tag.on(&request, || {
        let mut answer = HttpResponse::Ok();
        if query.removed { answer.json(&*view) } else { answer.json(without_removed(&view)) }
    }))
}

/// The plan as a file that `POST /plans` takes.
pub async fn export(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    query: web::Query<PointQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let view = view_at(&server, &grant, query.at.as_deref()).await?;
    let tag = Tag::new(&request, &plan, view.seq, &[&leaf_of(&server, &grant, view.seq)]);
    let name = format!("{plan}-{}.json", view.seq);
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name)],
    };
    Ok(tag.on(&request, || {
        HttpResponse::Ok()
            .insert_header(disposition)
            .content_type("application/json")
            .body(plenary_protocol::plan::file::write(&view))
    }))
}

/// One element with its links.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ElementAnswer<'a> {
    /// The entry this is the state after.
    seq: Seq,
    /// The element.
    element: &'a ElementView,
    /// The links from and to it.
    links: Vec<&'a LinkView>,
    /// Its display code today, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    code_now: Option<String>,
}

/// One element by id or display code, now or as it was; a code is read as of that point.
pub async fn element(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: web::Query<PointQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path.0)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let view = view_at(&server, &grant, query.at.as_deref()).await?;
    let now = server.read(&grant, |copy| copy.outline(copy.seq())).await?;
    let element = codes::resolve(&view.elements, &path.1)
        .map_err(|error| Refusal::new(RefusalCode::NoSuchElement, error.to_string()))?;
    let code_now = now.element(&element.id).and_then(|element| element.code.clone());
    let answer = ElementAnswer {
        seq: view.seq,
        element,
        links: view.links.iter().filter(|link| link.from == element.id || link.to == element.id).collect(),
        code_now: code_now.filter(|code| Some(code) != element.code.as_ref()),
    };
    let code_now = answer.code_now.as_deref().unwrap_or_default();
    let tag = Tag::new(&request, &plan, view.seq, &[&leaf_of(&server, &grant, view.seq), code_now]);
    Ok(tag.on(&request, || HttpResponse::Ok().json(&answer)))
}
