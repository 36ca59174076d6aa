//! Tables that come back: what they would change, and the change, as edits of the caller.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plenary_core::exchange::tables::import::{self, Asked, Form, SheetProblem};
use plenary_core::exchange::tables::{Grid, GridError};
use plenary_core::hub::Ask;
use plenary_core::policy::{Action, Grant};
use plenary_protocol::PlanId;
use plenary_protocol::plan::Edit;
use plenary_protocol::record::Content;
use plenary_protocol::wire::api::{FileProblem, TableBody, TablePreview};
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::edits::{check_running, done};
use super::plans::{plan_id, seq_of};
use super::{ApiError, Caller};
use crate::readings::Copy;
use crate::server::Server;
use crate::walk::unreadable;

type Shared = web::Data<Arc<Server>>;

/// Tells what a table would change.
pub async fn preview(
    server: Shared,
    caller: Caller,
    path: web::Path<(String, String)>,
    body: web::Json<TableBody>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path.0)?;
    let grant = caller.grant(&server, &plan, Action::Edit)?;
    let (table, form) = form(&path.1)?;
    let Asked { base, changes, .. } = asked(&server, &grant, form, &body).await?;
    Ok(HttpResponse::Ok().json(TablePreview { plan, table, base, changes }))
}

/// Makes the edits that a table asks for, all or none.
pub async fn import(
    server: Shared,
    caller: Caller,
    path: web::Path<(String, String)>,
    body: web::Json<TableBody>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    let plan: PlanId = plan_id(&path.0)?;
    let grant = caller.grant(&server, &plan, Action::Edit)?;
    let (_, form) = form(&path.1)?;
    let Asked { commands, .. } = asked(&server, &grant, form, &body).await?;
    let TableBody { id, because, answers, .. } = body.into_inner();
    let id = id.ok_or_else(|| ApiError::malformed("id: name the import, so that it is done once".into()))?;
    if commands.is_empty() {
        let reason = "every cell is as it was when the table was taken";
        return Err(Refusal::new(RefusalCode::NothingToDo, reason).into());
    }
    let edit = Edit { id, plan: plan.clone(), commands, because, answers };
    let answer = server.plans.ask(&plan, grant, caller.origin, Ask::Edit { edit, formers: Vec::new() });
    Ok(HttpResponse::Ok().json(done(answer.await?)?))
}

fn form(name: &str) -> Result<(Content, &'static Form), ApiError> {
    let table = name.parse().ok();
    let found = table.and_then(|table| Some((table, Form::of(table)?)));
    found.ok_or_else(|| {
        ApiError::malformed(format!("{name:?} is no table that comes back; indicators and feedback do"))
    })
}

/// What the table asks for, held against the plan as it stood when it was taken.
async fn asked(
    server: &Shared,
    grant: &Grant,
    form: &'static Form,
    body: &TableBody,
) -> Result<Asked, ApiError> {
    let bytes = match (&body.csv, &body.xlsx) {
        (Some(csv), None) => csv.clone().into_bytes(),
        (None, Some(xlsx)) => {
            let decoded = STANDARD.decode(xlsx);
            decoded.map_err(|error| ApiError::malformed(format!("xlsx: it is not base64: {error}")))?
        }
        _ => return Err(ApiError::malformed("send the file as `csv` or as `xlsx`, one of both".into())),
    };
    let read = web::block(move || {
        let grid = Grid::read(&bytes)?;
        let base = import::base(&grid, form);
        Ok::<_, GridError>((grid, base))
    });
    let (grid, base) = read.await.map_err(|error| unreadable(&error))?.map_err(|error| {
        let code = if error.is_size() { RefusalCode::TooLarge } else { RefusalCode::BadTable };
        Refusal::new(code, error.to_string())
    })?;
    let base = base.map_err(told)?;
    let asked = server.study(grant, move |copy: &Copy| {
        let seq = seq_of(copy, Some(plenary_protocol::Point::Seq(base)))?;
        Ok::<_, Refusal>(import::asked(&grid, form, &copy.view(Some(seq))))
    });
    asked.await??.map_err(told)
}

fn told(problems: Vec<SheetProblem>) -> ApiError {
    let told =
        |SheetProblem { line, column, says }| FileProblem { pointer: format!("/{line}/{column}"), says };
    ApiError::bad_table(problems.into_iter().map(told).collect())
}
