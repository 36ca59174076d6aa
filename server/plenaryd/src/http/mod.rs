//! The HTTP API under `/api/v1`: unwrap the request, ask, wrap the answer.

mod access;
mod blame;
mod caller;
mod compare;
mod edits;
mod health;
mod observe;
mod past;
mod plans;
mod problem;
mod revocations;

use std::future::ready;

use actix_web::{FromRequest, Handler, HttpRequest, Resource, Responder, ResponseError as _, web};
use plenary_protocol::limits::PLAN_FILE_BYTES_MAX;

pub use caller::{Caller, build_of};
pub(crate) use edits::formers;
pub use observe::{RequestId, observe};
pub use problem::ApiError;

/// Most bytes of a JSON body, an import apart.
const JSON_BYTES_MAX: usize = 4 * 1024 * 1024;

/// All routes.
pub fn routes(config: &mut web::ServiceConfig) {
    let json = web::JsonConfig::default()
        .limit(JSON_BYTES_MAX)
        .content_type_required(false)
        .error_handler(|error, _| ApiError::unread(error.status_code(), &error).into());
    let query = web::QueryConfig::default().error_handler(|error, _| {
        ApiError::malformed(format!("the query is not what this call takes: {error}")).into()
    });
    let path = web::PathConfig::default()
        .error_handler(|error, _| ApiError::malformed(format!("the address is not right: {error}")).into());
    config
        .app_data(json)
        .app_data(query)
        .app_data(path)
        .app_data(web::PayloadConfig::new(PLAN_FILE_BYTES_MAX))
        .service(get("/healthz", health::healthz))
        .service(get("/readyz", health::readyz))
        .service(get("/live", crate::live::socket))
        .service(get("/sync", crate::sync::socket))
        .service(
            web::scope("/api/v1")
                .service(get("/server", health::about))
                .service(get("/me", plans::me))
                .service(get("/kinds", plans::kinds))
                .service(post("/tickets", edits::ticket))
                .service(
                    methods("/revocations", "GET, POST")
                        .route(web::get().to(revocations::list))
                        .route(web::post().to(revocations::post)),
                )
                .service(
                    methods("/plans", "GET, POST")
                        .route(web::get().to(plans::list))
                        .route(web::post().to(edits::import)),
                )
                .service(get("/plans/{plan}", plans::get))
                .service(get("/plans/{plan}/export", plans::export))
                .service(get("/plans/{plan}/elements/{element}", plans::element))
                .service(get("/plans/{plan}/elements/{element}/blame", blame::blame))
                .service(get("/plans/{plan}/elements/{element}/timeline", blame::timeline))
                .service(get("/plans/{plan}/diff", compare::diff))
                .service(get("/plans/{plan}/diff/predecessor", compare::predecessor))
                .service(get("/plans/{plan}/appearances", blame::appearances))
                .service(get("/plans/{plan}/events", past::events))
                .service(get("/plans/{plan}/history", past::history))
                .service(post("/plans/{plan}/edits", edits::edit))
                .service(post("/plans/{plan}/stage", edits::stage))
                .service(
                    methods("/plans/{plan}/access", "GET, PUT")
                        .route(web::get().to(access::get))
                        .route(web::put().to(access::put)),
                ),
        )
        .default_service(web::to(problem::no_such_route));
}

/// An address to read.
fn get<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    methods(path, "GET").route(web::get().to(handler))
}

/// An address to ask something of.
fn post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    methods(path, "POST").route(web::post().to(handler))
}

/// An address with the methods it takes; for others the answer lists them.
fn methods(path: &str, allow: &'static str) -> Resource {
    let wrong = move |request: HttpRequest| ready(problem::wrong_method(&request, allow));
    web::resource(path).default_service(web::to(wrong))
}
