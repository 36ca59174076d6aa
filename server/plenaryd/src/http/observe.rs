//! What every request has: an id, a span in the log, its time in the metrics.
//!
//! A proxy's `x-request-id` is kept where it is well-formed, so that one id leads from the proxy's log
//! to ours and, for edits, to the session named in their entries.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use tracing::Instrument;

use super::{access_log, problem};
use crate::clock;
use crate::metrics::Request;
use crate::server::Server;
use plenary_limits::REQUEST_ID_BYTES_MAX;

/// The header that carries the id, both ways.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The route of a request that is for none.
const NO_ROUTE: &str = "none";

/// The id of a request: letters, digits, `.`, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As entries name the session of an edit that came by a request.
    pub fn session(&self) -> String {
        format!("http-{}", self.0)
    }

    fn of(request: &ServiceRequest) -> RequestId {
        let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let well_formed = |text: &&str| {
            (1..=REQUEST_ID_BYTES_MAX).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        match given.filter(well_formed) {
            Some(text) => RequestId(text.to_owned()),
            None => RequestId(format!("{:016x}", u64::from_be_bytes(clock::entropy::<8>()))),
        }
    }
}

impl FromRequest for RequestId {
    type Error = Error;
    type Future = Ready<Result<RequestId, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.extensions().get::<RequestId>().cloned();
        ready(Ok(id.unwrap_or_else(|| RequestId(NO_ROUTE.to_owned()))))
    }
}

/// Gives a request its id, its span and its place in the metrics.
///
/// # Errors
/// Those of the service.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let id = RequestId::of(&request);
    request.extensions_mut().insert(id.clone());
    let server = request.app_data::<web::Data<Arc<Server>>>().cloned();
    let method = method_name(request.method());
    let span = tracing::info_span!("request", id = id.as_str(), method, path = request.path());
    let answer = next.call(request).instrument(span.clone()).await?;
    let answer = match &server {
        Some(server) => access_log::written_down(server, answer).instrument(span.clone()).await,
        None => answer.map_into_boxed_body(),
    };
    let (mut answer, refused) = problem::tell(answer, &id);
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
    let status = answer.status().as_u16();
    let after = began.elapsed();
    span.in_scope(|| tracing::debug!(status, ms = after.as_secs_f64() * 1_000.0, "answered"));
    if let Some(server) = server {
        let route = answer.request().match_pattern().unwrap_or_else(|| NO_ROUTE.to_owned());
        server.metrics.answered(&Request { method, route, status }, after);
        if let Some(code) = refused {
            server.metrics.refused("http", code);
        }
    }
    Ok(answer)
}

/// The method's name, where it is one that is used; others share a name, so that labels stay few.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use plenary_limits::holds;

    use super::*;

    #[test]
    fn an_id_that_is_too_long_is_replaced() {
        holds!(REQUEST_ID_BYTES_MAX, |bytes| {
            let given = "i".repeat(bytes);
            let request = TestRequest::default().insert_header((REQUEST_ID, given.as_str())).to_srv_request();
            RequestId::of(&request).0 == given
        });
    }
}
