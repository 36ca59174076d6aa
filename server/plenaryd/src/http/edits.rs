//! What changes something: tickets, edits, stages, imports.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_core::Answer;
use plenary_core::exchange::{lines, stratml};
use plenary_core::hub::{Ask, Creation};
use plenary_core::policy::{Action, check};
use plenary_limits::{JSON_BYTES_MAX, TICKET_LIFETIME_S_MAX};
use plenary_protocol::ids::ClientId;
use plenary_protocol::plan::value::Reference;
use plenary_protocol::plan::{Command, Edit, ElementView, PlanView, file};
use plenary_protocol::wire::api::{
    EditBody, EditDone, FileProblem, ImportRemark, Imported, StageBody, Ticket, TicketBody,
};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Access, ElementId, PlanId, Principal};
use schemars::JsonSchema;
use serde::Deserialize;

use super::former::former;
use super::plans::{plan_id, summary};
use super::{ApiError, Caller};
use crate::clock;
use crate::identity::TicketError;
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

pub(super) fn check_running(server: &Server) -> Result<(), ApiError> {
    if server.is_stopping() {
        return Err(
            Refusal::new(RefusalCode::ReadOnly, "the server is stopping: try again in a moment").into()
        );
    }
    Ok(())
}

/// A ticket for one socket.
pub async fn ticket(server: Shared, caller: Caller, body: web::Bytes) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    caller.may(Action::Read)?;
    if body.len() > JSON_BYTES_MAX {
        let reason =
            format!("the body has {} bytes, more than the {JSON_BYTES_MAX} of this call", body.len());
        return Err(Refusal::new(RefusalCode::TooLarge, reason).into());
    }
    // A body that does not read must not give a ticket that is good for more than was asked.
    let TicketBody { plan } = if body.is_empty() {
        TicketBody::default()
    } else {
        serde_json::from_slice(&body)
            .map_err(|error| ApiError::malformed(format!("the body is not what this call takes: {error}")))?
    };
    if let Some(plan) = &plan {
        caller.grant(&server, plan, Action::Read)?;
    }
    server.limits.ticket(&caller.principal)?;
    let made = server.tickets().issue(caller.principal, plan, server.now(), clock::entropy());
    let ticket = made.map_err(|error| {
        let code = match error {
            TicketError::TokenEnded | TicketError::TokenRevoked | TicketError::NotValid => {
                RefusalCode::Unauthenticated
            }
            TicketError::TooManyOfSubject | TicketError::TooMany | TicketError::Entropy => RefusalCode::Busy,
        };
        Refusal::new(code, error.to_string())
    })?;
    Ok(HttpResponse::Ok().json(Ticket { ticket, expires_in_s: TICKET_LIFETIME_S_MAX.unsigned_abs() }))
}

/// Elements of other plans that an edit of a plan carries over, each read once, as their caller may.
pub(crate) async fn formers(
    server: &Arc<Server>,
    who: &Principal,
    plan: &PlanId,
    commands: &[Command],
) -> Vec<(Reference, ElementView)> {
    let mut wanted: BTreeMap<&PlanId, BTreeSet<&ElementId>> = BTreeMap::new();
    for command in commands {
        // What is merged or split in its own plan is read there by the core.
        let carries = matches!(command, Command::Carry { .. });
        for former in command.formers().iter().filter(|former| carries || former.plan != *plan) {
            wanted.entry(&former.plan).or_default().insert(&former.element);
        }
    }
    let mut out = Vec::new();
    for (plan, elements) in wanted {
        // One that is not there, or not theirs, is left out; the core refuses the command and says so.
        let Ok(grant) = server.grant(who, plan, Action::Read) else { continue };
        let Ok(view) = server.view(&grant).await else { continue };
        for element in view.elements.iter().filter(|element| elements.contains(&element.id)) {
            out.push((Reference { plan: plan.clone(), element: element.id.clone() }, element.clone()));
        }
    }
    out
}

/// The answer of an edit, as the API tells it.
pub(super) fn done(answer: Answer) -> Result<EditDone, ApiError> {
    match answer {
        Answer::Done { entries, made, duplicate } => {
            let Some(last) = entries.last() else {
                return Err(Refusal::new(RefusalCode::NothingToDo, "nothing was changed").into());
            };
            Ok(EditDone { seq: last.seq, leaf: last.leaf, made, duplicate, entries })
        }
        Answer::Refused { refusal, .. } | Answer::Partly { refusal, .. } => Err(refusal.into()),
        Answer::Subscribed { .. } | Answer::Preview { .. } => Err(another_answer()),
    }
}

pub(super) fn another_answer() -> ApiError {
    Refusal::new(RefusalCode::Unavailable, "the server gave another answer").into()
}

/// Commands of a thin client.
pub async fn edit(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    body: web::Json<EditBody>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Edit)?;
    let body = body.into_inner();
    if let Some(known) = body.known {
        server.plans.check_known(&plan, known)?;
    }
    let edit = Edit {
        id: body.id,
        plan: plan.clone(),
        commands: body.commands,
        because: body.because,
        answers: body.answers,
    };
    let formers = formers(&server, &caller.principal, &plan, &edit.commands).await;
    let origin = caller.origin;
    let answer = server.plans.ask(&plan, grant, origin, Ask::Edit { edit, formers }).await?;
    Ok(HttpResponse::Ok().json(done(answer)?))
}

/// Another stage.
pub async fn stage(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    body: web::Json<StageBody>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Advance)?;
    let StageBody { id, stage, because, despite_findings: despite } = body.into_inner();
    let read = caller.grant(&server, &plan, Action::Read)?;
    let (view, voices) =
        server.read(&read, |copy| (copy.view(None), copy.reader().voices(copy.seq()))).await?;
    let former = former(&server, &caller.principal, &view, false).await?.map(|former| former.view);
    let ask = Ask::Advance { id, stage, because, despite, former, voices };
    let answer = server.plans.ask(&plan, grant, caller.origin, ask).await?;
    Ok(HttpResponse::Ok().json(done(answer)?))
}

/// The form of a file for import.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportFormat {
    /// A plan file.
    #[default]
    Plan,
    /// A plan as JSON Lines.
    Lines,
    /// StratML, Part 1 or Part 2.
    Stratml,
}

/// Form and id, why, the client's name for an import, and for whom it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    /// The form of the file; a plan file when absent.
    #[serde(default)]
    format: ImportFormat,
    /// The id of the plan, in place of the one that the file says.
    plan: Option<PlanId>,
    /// Why it is imported; kept in the plan's first entries.
    because: Option<String>,
    /// The client's name for the import.
    id: Option<ClientId>,
    /// Who may read the plan from its first day, JSON as in `PUT …/access`; everybody when absent.
    access: Option<String>,
}

/// A file becomes a plan, or nothing does and every problem is told with its place.
pub async fn import(
    server: Shared,
    caller: Caller,
    query: web::Query<ImportQuery>,
    body: Result<web::Bytes, ApiError>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    caller.may(Action::Create)?;
    let body = body?;
    let ImportQuery { format, plan, because, id, access } = query.into_inner();
    let access = access.map_or(Ok(Access::Everybody), |text| serde_json::from_str(&text));
    let access = access.map_err(|error| ApiError::malformed(format!("access: {error}")))?;
    let (view, remarks) = taken(format, body, plan).await?;
    let plan = view.id.clone();
    let grant = check(&caller.principal, &plan, &Access::Everybody, Action::Create)?;
    let read = grant.clone();
    let origin = caller.origin;
    let plans = server.plans.clone();
    let creation = Creation { view, id, access, because };
    let created = web::block(move || plans.create(grant, origin, creation)).await;
    created.map_err(|error| Refusal::new(RefusalCode::Unavailable, error.to_string()))??;
    let view = server.view(&read).await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/api/v1/plans/{plan}")))
        .json(Imported { plan: summary(&view), remarks }))
}

/// Reads a file aside: a large one takes long.
async fn taken(
    format: ImportFormat,
    body: web::Bytes,
    plan: Option<PlanId>,
) -> Result<(PlanView, Vec<ImportRemark>), ApiError> {
    let read = move || {
        let mut remarks = Vec::new();
        let mut view = match format {
            ImportFormat::Plan => file::read(&body)?,
            ImportFormat::Lines => lines::read(&body)?,
            ImportFormat::Stratml => {
                let taken = stratml::read(&body, plan.as_ref())?;
                let told = |remark: stratml::Remark| ImportRemark {
                    line: remark.line,
                    column: remark.column,
                    says: remark.says,
                };
                remarks = taken.remarks.into_iter().map(told).collect();
                taken.view
            }
        };
        if let Some(plan) = plan {
            view.id = plan;
        }
        Ok::<_, Vec<file::Problem>>((view, remarks))
    };
    let read = web::block(read).await;
    let read = read.map_err(|error| Refusal::new(RefusalCode::Unavailable, error.to_string()))?;
    read.map_err(|problems| {
        let told = |problem: file::Problem| FileProblem { pointer: problem.pointer, says: problem.says };
        ApiError::bad_file(problems.into_iter().map(told).collect())
    })
}
