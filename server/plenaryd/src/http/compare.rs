//! Two points of a plan compared, and a plan with the one before it.
//!
//! Elements are named by id, or by their display code as of the moment asked about.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_core::diff::{self, DiffFilter};
use plenary_core::hub::no_such_version;
use plenary_core::policy::{Action, Grant};
use plenary_protocol::plan::{Kind, LinkKind, PlanView, Value, codes};
use plenary_protocol::point::Edge;
use plenary_protocol::wire::past::{DiffAnswer, Named};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{ElementId, Point, Seq, VersionName};
use schemars::JsonSchema;
use serde::Deserialize;

use super::filters::words;
use super::plans::{PointQuery, no_such_point, plan_id, point, seq_of, time_us};
use super::{ApiError, Caller};
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

/// Which two points, and which differences; several values of one filter are separated by commas.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiffQuery {
    /// The earlier point: an entry, a time, a date or `version:NAME`; the plan as it was made when
    /// absent.
    from: Option<String>,
    /// The later point: an entry, a time, a date or `version:NAME`; now when absent.
    to: Option<String>,
    /// Instead of two points: this version, by its name, against the one before it, or the plan as it was
    /// made.
    version: Option<VersionName>,
    /// Only these elements and links: ids or display codes, separated by commas, read as of the later
    /// point, or the earlier one where it has no such; `plan` is the plan itself.
    element: Option<String>,
    /// Only this element and everything under it: an id or display code.
    subtree: Option<String>,
    /// Only these fields and texts, separated by commas.
    field: Option<String>,
    /// Only elements and links of these kinds, separated by commas.
    kind: Option<String>,
}

/// The plan at a point, and the outline of today's.
pub(super) struct Seen {
    pub then: Arc<PlanView>,
    pub now: Arc<PlanView>,
}

pub(super) async fn seen(server: &Shared, grant: &Grant, at: Option<&str>) -> Result<Seen, ApiError> {
    let at = at.map(point).transpose()?;
    let seen = server.study(grant, move |copy| {
        let seq = seq_of(copy, at)?;
        Ok::<_, Refusal>(Seen { then: copy.view(Some(seq)), now: copy.outline(copy.seq()) })
    });
    let seen = seen.await??;
    if seen.then.seq == Seq::ZERO {
        return Err(no_such_point(grant.plan()));
    }
    Ok(seen)
}

/// The element, link or plan that is meant, as of a view.
pub(super) fn find(view: &PlanView, name: &str) -> Result<ElementId, Refusal> {
    if name == "plan" {
        return Ok(ElementId::plan());
    }
    if let Some(link) = view.links.iter().find(|link| link.id.as_str() == name) {
        return Ok(link.id.clone());
    }
    let found = codes::resolve(&view.elements, name);
    found
        .map(|element| element.id.clone())
        .map_err(|error| Refusal::new(RefusalCode::NoSuchElement, error.to_string()))
}

/// Today's display code, where it is another.
pub(super) fn name_today(named: &mut Named, now: &PlanView) {
    let code = now.element(&named.element).and_then(|element| element.code.clone());
    named.code_now = code.filter(|code| named.code.as_ref() != Some(code));
}

/// What differs between two points of a plan.
pub async fn diff(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<DiffQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let query = query.into_inner();
    let (from, to) = match &query.version {
        None => (query.from.as_deref().map(point).transpose()?, query.to.clone()),
        Some(_) if query.from.is_some() || query.to.is_some() => {
            return Err(ApiError::malformed(
                "version: it stands for both points, so leave from and to out".into(),
            ));
        }
        Some(version) => {
            let before = before(&server, &grant, version.clone()).await?;
            (before.map(Point::Seq), Some(Point::Version(version.clone()).to_string()))
        }
    };
    let from = match from {
        Some(from) => from,
        None => Point::Seq(as_made(&server, &grant).await?),
    };
    let after = seen(&server, &grant, to.as_deref()).await?;
    let read = server.study(&grant, move |copy| {
        let seq = seq_of(copy, Some(from))?;
        let before = copy.view(Some(seq));
        let answer = differences(&before, &after, &query)?;
        Ok::<_, Refusal>(answer)
    });
    Ok(HttpResponse::Ok().json(read.await??))
}

/// What the version before one names; nothing where it is the first.
async fn before(server: &Shared, grant: &Grant, name: VersionName) -> Result<Option<Seq>, ApiError> {
    let found = server.read(grant, move |copy| {
        let versions = copy.reader().versions();
        let version = versions.find(&name).ok_or_else(|| no_such_version(&name))?;
        Ok::<_, Refusal>(versions.before(version).map(|before| before.covers.seq))
    });
    Ok(found.await??)
}

/// The entry after which a plan stood as it was made or imported: the first one that changes it.
async fn as_made(server: &Shared, grant: &Grant) -> Result<Seq, ApiError> {
    Ok(server.read(grant, |copy| copy.index().first_change().unwrap_or(Seq(1))).await?)
}

fn differences(before: &PlanView, after: &Seen, query: &DiffQuery) -> Result<DiffAnswer, Refusal> {
    let Seen { then: after, now } = after;
    let find = |name: &str| find(after, name).or_else(|refusal| find(before, name).map_err(|_| refusal));
    let list = |list: &Option<String>| words(list.as_deref()).map(str::to_owned).collect::<BTreeSet<_>>();
    let kinds = list(&query.kind);
    if let Some(kind) =
        kinds.iter().find(|kind| Kind::named(kind).is_none() && LinkKind::named(kind).is_none())
    {
        return Err(Refusal::new(
            RefusalCode::Malformed,
            format!("kind: {kind:?} is no kind of element or link"),
        ));
    }
    let filter = DiffFilter {
        elements: words(query.element.as_deref()).map(find).collect::<Result<_, _>>()?,
        subtree: query.subtree.as_deref().map(find).transpose()?,
        fields: list(&query.field),
        kinds,
    };
    let mut differences = diff::diff_of(before, after, &filter);
    for difference in &mut differences {
        name_today(&mut difference.about, now);
    }
    Ok(DiffAnswer { from: diff::point(before), to: diff::point(after), differences })
}

/// A plan against the one before it: what became of each former element.
pub async fn predecessor(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<PointQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let Seen { then, now } = seen(&server, &grant, query.at.as_deref()).await?;
    let former = match then.plan.get("predecessor") {
        Some(Value::Text(former)) => plan_id(former)?,
        _ => {
            let reason = format!("plan {plan} names no predecessor");
            return Err(Refusal::new(RefusalCode::NoSuchPlan, reason).into());
        }
    };
    // A question about the past means the former plan as it stood then.
    let at = query.at.is_some().then(|| time_us(&then.at, Edge::End)).transpose()?;
    // A former plan that the caller may not read is none.
    let former = caller.grant(&server, &former, Action::Read)?;
    let read = server.study(&former, move |copy| {
        let seq = at.map(|at| copy.seq_at(at));
        let before = copy.view(seq);
        if before.seq == Seq::ZERO {
            let reason = format!("plan {} was not there at that point of {plan}", before.id);
            return Err(Refusal::new(RefusalCode::NoSuchPlan, reason));
        }
        let mut told = diff::against_predecessor(&before, &then);
        let heirs =
            told.former.iter_mut().flat_map(|former| &mut former.fates).flat_map(|fate| &mut fate.heirs);
        let new = told.without_predecessor.iter_mut().map(|new| &mut new.about);
        heirs.map(|heir| &mut heir.about).chain(new).for_each(|named| name_today(named, &now));
        Ok(told)
    });
    Ok(HttpResponse::Ok().json(read.await??))
}
