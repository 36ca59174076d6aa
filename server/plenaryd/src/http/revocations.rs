//! Revoking tokens, and which are revoked.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_core::policy::Action;
use plenary_limits::{BECAUSE_BYTES_MAX, EVENTS_PER_PAGE_MAX};
use plenary_protocol::wire::api::{RevocationBody, RevocationPage, RevocationView};
use plenary_protocol::wire::event::time_text;
use plenary_protocol::wire::{Refusal, RefusalCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::edits::check_running;
use super::{ApiError, Caller, pages};
use crate::identity::{Revocation, RevocationKey, Revoked, is_token_id};
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

/// Revokes a token, or all tokens of somebody issued so far; what stood already is told as it stands.
pub async fn post(
    server: Shared,
    caller: Caller,
    body: web::Json<RevocationBody>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    caller.may(Action::Revoke)?;
    let asked = revocation(&server, &caller, body.into_inner())?;
    let shared = server.get_ref().clone();
    let done = web::block(move || shared.revoke(asked)).await;
    let (made, is_new) =
        done.map_err(|error| Refusal::new(RefusalCode::Unavailable, error.to_string()))??;
    if is_new {
        tracing::info!(what = ?made.key, by = %made.by, "tokens were revoked");
    }
    Ok(HttpResponse::Ok().json(view(made)))
}

fn revocation(server: &Server, caller: &Caller, body: RevocationBody) -> Result<Revocation, ApiError> {
    let RevocationBody { jti, subject, issuer, because } = body;
    let what = match (jti, subject) {
        (Some(id), None) if is_token_id(&id) => Revoked::Token(id),
        (Some(_), None) => {
            let reason = "jti: a token's id has 1 to 128 characters of visible ASCII";
            return Err(ApiError::malformed(reason.to_owned()));
        }
        (None, Some(subject)) => Revoked::Subject(subject),
        _ => return Err(ApiError::malformed("name one of jti and subject".to_owned())),
    };
    if let Some(issuer) = &issuer
        && !server.verifier.issuers().any(|known| known == issuer)
    {
        let known: Vec<&str> = server.verifier.issuers().collect();
        return Err(ApiError::malformed(format!("issuer: configured are {}", known.join(", "))));
    }
    let because = because.filter(|text| !text.trim().is_empty());
    if because.as_ref().is_some_and(|text| text.len() > BECAUSE_BYTES_MAX) {
        let reason = format!("because: at most {BECAUSE_BYTES_MAX} bytes");
        return Err(Refusal::new(RefusalCode::TooLarge, reason).into());
    }
    let (since_s, by) = (server.now().as_second(), caller.principal.subject.clone());
    Ok(Revocation { key: RevocationKey { what, issuer }, since_s, by, because })
}

/// Which page is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// After how many the page begins: `next_after` of the page before; the first page when absent.
    #[serde(default)]
    after: usize,
    /// How many, 1 to 1000; 1000 when absent.
    #[serde(default, deserialize_with = "pages::limit")]
    #[schemars(range(min = 1, max = EVENTS_PER_PAGE_MAX))]
    limit: Option<usize>,
}

/// The revocations in force.
pub async fn list(
    server: Shared,
    caller: Caller,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.may(Action::SeeRevocations)?;
    let limit = query.limit.unwrap_or(EVENTS_PER_PAGE_MAX);
    let all = server.revocations.list(server.now());
    let end = query.after.saturating_add(limit);
    let next_after = (end < all.len()).then_some(end);
    let revocations = all.into_iter().skip(query.after).take(limit).map(view).collect();
    Ok(HttpResponse::Ok().json(RevocationPage { revocations, next_after }))
}

fn view(revocation: Revocation) -> RevocationView {
    let time = |seconds: i64| time_text(seconds.saturating_mul(1_000_000));
    let (since, until) = (time(revocation.since_s), time(revocation.until_s()));
    let Revocation { key: RevocationKey { what, issuer }, by, because, .. } = revocation;
    let (jti, subject) = match what {
        Revoked::Token(id) => (Some(id), None),
        Revoked::Subject(subject) => (None, Some(subject)),
    };
    RevocationView { jti, subject, issuer, since, until, by, because }
}
