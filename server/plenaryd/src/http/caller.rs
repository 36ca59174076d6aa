//! Who calls: the principal of the request's bearer token.

use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, CONTENT_LENGTH, TRANSFER_ENCODING, USER_AGENT};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use plenary_core::policy::{Action, Grant, may};
use plenary_limits::{BUILD_CHARS_MAX, JSON_BYTES_MAX};
use plenary_protocol::Principal;
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::{ApiError, RequestId};
use crate::identity::TokenReason;
use crate::plans::Origin;
use crate::server::Server;

/// The principal of a request, verified.
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// Where edits of this request come from, as entries name it.
    pub origin: Origin,
}

impl Caller {
    /// Checks that the caller may do something, whichever the plan.
    ///
    /// # Errors
    /// A refusal with code `role_forbids`.
    pub fn may(&self, action: Action) -> Result<(), ApiError> {
        may(&self.principal, action).map_err(ApiError::from)
    }

    /// The proof that the caller may do something to a plan.
    ///
    /// # Errors
    /// As `Server::grant`.
    pub fn grant(&self, server: &Server, plan: &PlanId, action: Action) -> Result<Grant, ApiError> {
        server.grant(&self.principal, plan, action).map_err(ApiError::from)
    }
}

/// What a client calls itself, without control characters and cut to its limit.
pub fn build_of(request: &HttpRequest) -> Option<String> {
    let text = request.headers().get(USER_AGENT)?.to_str().ok()?;
    let clean: String = text.chars().filter(|c| !c.is_control()).take(BUILD_CHARS_MAX).collect();
    (!clean.is_empty()).then_some(clean)
}

/// Bytes of a request's body; one that does not say counts as the largest of JSON.
fn body_bytes(request: &HttpRequest) -> usize {
    let said = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    said.unwrap_or(if request.headers().contains_key(TRANSFER_ENCODING) { JSON_BYTES_MAX } else { 0 })
}

async fn verify(request: HttpRequest) -> Result<Caller, ApiError> {
    let refuse = |reason: String| ApiError::from(Refusal::new(RefusalCode::Unauthenticated, reason));
    let Some(server) = request.app_data::<web::Data<Arc<Server>>>() else {
        return Err(refuse("the server is not ready".into()));
    };
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return Err(refuse("this call needs a token: send `Authorization: Bearer …`".into()));
    };
    // Of two, a proxy may have looked at the other one.
    if request.headers().get_all(AUTHORIZATION).nth(1).is_some() {
        return Err(refuse("there is more than one Authorization header".into()));
    }
    let parts = header.to_str().ok().and_then(|text| text.split_once(' '));
    let token = parts.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token);
    let Some(token) = token else {
        return Err(refuse("the Authorization header is not `Bearer …`".into()));
    };
    let address = server.limits.address(&request);
    // A good token gets in, whoever else is at its address: so each is looked at, which takes one signature
    // at the most.  What is refused there again and again has no issuer asked for its keys.
    let verified = match server.limits.is_refused_often(&address) {
        true => server.verifier.verify(token.trim(), server.now()),
        false => server.verifier.verify_asking(token.trim(), server.now()).await,
    };
    let principal = match verified {
        Ok(principal) => principal,
        Err(error) => {
            tracing::debug!(detail = %error.detail, "a token was refused");
            if error.reason != TokenReason::NoKeys {
                server.limits.refuse(&address)?;
            }
            return Err(refuse(error.to_string()));
        }
    };
    server.limits.request(&principal, body_bytes(&request))?;
    super::access_log::watch(&request, &principal);
    let session = request.extensions().get::<RequestId>().map(RequestId::session);
    Ok(Caller { principal, origin: Origin { session, build: build_of(&request) } })
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Caller, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(verify(request.clone()))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use plenary_limits::holds;

    use super::*;

    #[test]
    fn a_client_s_build_is_cut() {
        holds!(BUILD_CHARS_MAX, |chars| {
            let name = "b".repeat(chars);
            let request = TestRequest::default().insert_header((USER_AGENT, name.as_str())).to_http_request();
            build_of(&request) == Some(name)
        });
    }
}
