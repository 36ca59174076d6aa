//! Named versions of a plan: listed with who signed them, named, signed.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use plenary_core::blame::origin;
use plenary_core::hub::{Ask, Naming, Signing};
use plenary_core::policy::Action;
use plenary_core::versions;
use plenary_limits::VERSIONS_PER_PAGE_MAX;
use plenary_protocol::VersionName;
use plenary_protocol::wire::event::What;
use plenary_protocol::wire::versions::{Signature, SignatureBody, Version, VersionBody, VersionPage};
use plenary_protocol::wire::{Refusal, RefusalCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::edits::{check_running, done};
use super::plans::plan_id;
use super::restore::seq_to;
use super::{ApiError, Caller, pages};
use crate::past::{EventsError, LogPast};
use crate::server::Server;
use crate::walk::unreadable;

type Shared = web::Data<Arc<Server>>;

/// A page of the list of versions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionsQuery {
    /// The version after which the page begins; the first page when absent.
    after: Option<VersionName>,
    /// How many, 1 to 100; 100 when absent.
    #[serde(default, deserialize_with = "pages::limit_to::<VERSIONS_PER_PAGE_MAX, _>")]
    #[schemars(range(min = 1, max = VERSIONS_PER_PAGE_MAX))]
    limit: Option<usize>,
}

/// The versions of a plan, in the order in which they were named.
pub async fn list(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    query: web::Query<VersionsQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let VersionsQuery { after, limit } = query.into_inner();
    let limit = limit.unwrap_or(VERSIONS_PER_PAGE_MAX);
    let past = server.past(&grant);
    let page = server.read(&grant, move |copy| {
        let all = copy.reader().versions();
        let from = match &after {
            None => 0,
            Some(after) => {
                let found = all.all().iter().position(|version| version.name == *after);
                found.ok_or_else(|| plenary_core::hub::no_such_version(after))? + 1
            }
        };
        let rest = all.all().get(from..).unwrap_or_default();
        let told: Result<Vec<Version>, _> =
            rest.iter().take(limit).map(|version| tell(&past, version)).collect();
        let next_after =
            (rest.len() > limit).then(|| rest.get(limit - 1).map(|version| version.name.clone()));
        Ok::<_, Refusal>(told.map(|versions| VersionPage { versions, next_after: next_after.flatten() }))
    });
    let page = page.await??.map_err(|error| unreadable(&error))?;
    let mut answer = HttpResponse::Ok();
    if let Some(after) = &page.next_after {
        pages::next(&request, ("after", after.as_str())).map(|link| answer.insert_header(link));
    }
    Ok(answer.json(page))
}

/// A version as its entries tell it.
fn tell(past: &LogPast, version: &versions::Version) -> Result<Version, EventsError> {
    let event = past.event(version.named)?;
    let note = match &event.what {
        What::VersionNamed { note, .. } => note.clone(),
        _ => None,
    };
    let signature = |signed: &versions::Signed| {
        let event = past.event(signed.seq)?;
        Ok::<_, EventsError>(Signature { meaning: signed.meaning, signed: origin(&event) })
    };
    Ok(Version {
        name: version.name.clone(),
        covers: version.covers,
        note,
        named: origin(&event),
        signatures: version.signed.iter().map(signature).collect::<Result<_, _>>()?,
    })
}

/// Gives a point of a plan a name.
pub async fn name(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    body: web::Json<VersionBody>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::NameVersion)?;
    let VersionBody { id, name, at, note, because } = body.into_inner();
    let seq = match at {
        Some(at) => Some(seq_to(&server, &grant, &at).await?),
        None => None,
    };
    let asked = Naming { id, name, seq, note, because };
    let answer = server.plans.ask(&plan, grant, caller.origin, Ask::NameVersion(asked)).await?;
    Ok(HttpResponse::Ok().json(done(answer)?))
}

/// Signs a version.
pub async fn sign(
    server: Shared,
    caller: Caller,
    path: web::Path<(String, String)>,
    body: web::Json<SignatureBody>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    let (plan, name) = path.into_inner();
    let plan = plan_id(&plan)?;
    let grant = caller.grant(&server, &plan, Action::SignVersion)?;
    let name: VersionName = name.parse().map_err(|error| {
        Refusal::new(RefusalCode::NoSuchVersion, format!("this plan has no version of that name: {error}"))
    })?;
    let SignatureBody { id, meaning, because } = body.into_inner();
    let asked = Signing { id, name, meaning, because };
    let answer = server.plans.ask(&plan, grant, caller.origin, Ask::SignVersion(asked)).await?;
    Ok(HttpResponse::Ok().json(done(answer)?))
}
