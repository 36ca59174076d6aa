//! The HTTP API under `/api/v1`: unwrap the request, ask, wrap the answer.

mod blame;
mod caller;
mod compare;
mod edits;
mod health;
mod observe;
mod past;
mod plans;
mod problem;

use actix_web::{ResponseError as _, web};
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
        .route("/healthz", web::get().to(health::healthz))
        .route("/readyz", web::get().to(health::readyz))
        .route("/live", web::get().to(crate::live::socket))
        .route("/sync", web::get().to(crate::sync::socket))
        .service(
            web::scope("/api/v1")
                .route("/me", web::get().to(plans::me))
                .route("/kinds", web::get().to(plans::kinds))
                .route("/tickets", web::post().to(edits::ticket))
                .route("/plans", web::get().to(plans::list))
                .route("/plans", web::post().to(edits::import))
                .route("/plans/{plan}", web::get().to(plans::get))
                .route("/plans/{plan}/export", web::get().to(plans::export))
                .route("/plans/{plan}/elements/{element}", web::get().to(plans::element))
                .route("/plans/{plan}/elements/{element}/blame", web::get().to(blame::blame))
                .route("/plans/{plan}/elements/{element}/timeline", web::get().to(blame::timeline))
                .route("/plans/{plan}/diff", web::get().to(compare::diff))
                .route("/plans/{plan}/diff/predecessor", web::get().to(compare::predecessor))
                .route("/plans/{plan}/appearances", web::get().to(blame::appearances))
                .route("/plans/{plan}/events", web::get().to(past::events))
                .route("/plans/{plan}/history", web::get().to(past::history))
                .route("/plans/{plan}/edits", web::post().to(edits::edit))
                .route("/plans/{plan}/stage", web::post().to(edits::stage)),
        )
        .default_service(web::to(problem::no_such_route));
}
