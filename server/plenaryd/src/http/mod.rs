//! The HTTP API under `/api/v1`: unwrap the request, ask, wrap the answer.

mod access;
mod access_log;
mod blame;
mod bundle;
mod caller;
mod compare;
mod demo;
mod desk;
mod docs;
mod edits;
mod evidence;
mod exports;
mod filters;
mod findings;
mod former;
mod health;
mod kinds;
mod mapping;
mod meanings;
mod observe;
mod openapi;
mod operations;
mod page;
mod pages;
mod past;
mod plans;
mod printed;
mod problem;
mod replay;
mod restore;
mod revocations;
mod self_check;
mod snapshot;
mod tables;
mod versions;

use actix_web::{ResponseError as _, guard, web};
use plenary_limits::{JSON_BYTES_MAX, PLAN_FILE_BYTES_MAX};

pub use caller::{Caller, build_of};
pub(crate) use edits::formers;
pub use observe::{RequestId, observe};
pub use problem::ApiError;

/// All routes: those of the table of operations, and the files of the page.
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
        .configure(operations::mount)
        .service(
            web::resource("/assets/{file:.*}")
                .route(web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(page::file)),
        )
        .default_service(web::to(problem::no_such_route));
}
