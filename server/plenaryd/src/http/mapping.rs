//! The mapping of a plan at a glance: the former plan, the membership's requests, quotations held to account.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_core::mapping::{mapping, quoted_in, quoted_points};
use plenary_core::policy::Action;
use plenary_protocol::plan::PlanView;
use plenary_protocol::plan::value::Quotation;
use plenary_protocol::{PlanId, Seq};

use super::compare::{Seen, name_today, seen};
use super::former::former;
use super::plans::{PointQuery, plan_id};
use super::{ApiError, Caller};
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

/// What became of the former plan, what was asked and answered, and what is quoted rightly.
pub async fn get(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<PointQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let Seen { then, now } = seen(&server, &grant, query.at.as_deref()).await?;
    let former = former(&server, &caller.principal, &then, query.at.is_some()).await?;
    let mut quoted = Vec::new();
    for (plan, seq) in quoted_points(&then) {
        if let Some(view) = quoted_plan(&server, &caller, &plan, seq).await? {
            quoted.push((plan, seq, view));
        }
    }
    let find = |of: &Quotation| {
        let (.., view) = quoted.iter().find(|(plan, seq, _)| (plan, *seq) == (&of.plan, of.seq))?;
        quoted_in(view, of)
    };
    let mut told = mapping(&then, former.as_ref().map(|former| &*former.view), &find);
    if let Some(former) = &mut told.former_plan {
        let heirs = former.former.iter_mut().flat_map(|one| &mut one.fates).flat_map(|fate| &mut fate.heirs);
        let new = former.without_predecessor.iter_mut().map(|new| &mut new.about);
        heirs.map(|heir| &mut heir.about).chain(new).for_each(|named| name_today(named, &now));
    }
    Ok(HttpResponse::Ok().json(told))
}

/// A quoted plan after an entry; none where it is not there, or not the caller's to read.
async fn quoted_plan(
    server: &Shared,
    caller: &Caller,
    plan: &PlanId,
    seq: Seq,
) -> Result<Option<Arc<PlanView>>, ApiError> {
    let Ok(grant) = caller.grant(server, plan, Action::Read) else { return Ok(None) };
    let view = server
        .study(&grant, move |copy| (seq > Seq::ZERO && seq <= copy.seq()).then(|| copy.view(Some(seq))));
    Ok(view.await?)
}
