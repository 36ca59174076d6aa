//! Who takes part in the demonstration, for the page's sign-in: one click each.
//!
//! Tokens are given to nobody but this machine: the server must have been started for the demonstration,
//! listen on a loopback address, and be asked by a name of this machine, so that no page of another site
//! gets them under a name of its own.

use actix_web::http::header::HOST;
use actix_web::{HttpRequest, HttpResponse, web};
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::{ApiError, problem};
use crate::clock;
use crate::demo::Demo;

/// Lists them, each with a fresh token.
pub async fn people(request: HttpRequest, demo: web::Data<Option<Demo>>) -> Result<HttpResponse, ApiError> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let Some(demo) = demo.as_ref().as_ref().filter(|_| is_here(host)) else {
        return problem::no_such_route(request).await;
    };
    let people = demo.people(clock::now(), clock::entropy).map_err(|error| {
        tracing::error!(%error, "tokens of the demonstration could not be made");
        Refusal::new(RefusalCode::Unavailable, "no tokens can be made; the operator has been told")
    })?;
    Ok(HttpResponse::Ok().json(people))
}

/// Whether a host is a name of this machine, with or without a port.
fn is_here(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::is_here;

    #[test]
    fn only_names_of_this_machine_are_here() {
        for host in ["localhost", "localhost:7400", "127.0.0.1:1", "[::1]:7400", "[::1]"] {
            assert!(is_here(host), "{host}");
        }
        for host in ["", "evil.example:7400", "127.0.0.1.evil.example", "localhost.evil.example:80", "::1"] {
            assert!(!is_here(host), "{host}");
        }
    }
}
